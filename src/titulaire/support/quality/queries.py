"""Populations in the facts, items as each reader may see them, what is owed each month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract, User
from titulaire.indicators.engine import connect, table_of
from titulaire.support.dashboards.queries import spans_of
from titulaire.support.dashboards.rules import Grain, Period, Span
from titulaire.support.facts.queries import Stated, files_in_force
from titulaire.support.facts.schema import ItemKind, Marker, Record
from titulaire.support.quality.agreement import (
    Agreement,
    Interval,
    agreement_of,
    interval_of,
    items_needed,
)
from titulaire.support.quality.models import (
    Adviser,
    Calibration,
    Draw,
    Evaluation,
    Feedback,
    Sample,
    Scorecard,
)
from titulaire.support.quality.rules import (
    TWO_SIDED,
    Candidate,
    Owed,
    Standing,
    drawn,
    owed_to,
    population_digest,
    seed_digest,
    sees_mark,
)

RECORD_OF = {
    ItemKind.CALL: Record.LEGS,
    ItemKind.FORM: Record.ITEMS,
    ItemKind.N2_TICKET: Record.ITEMS,
}


def midnight(day: date) -> datetime:
    """The first instant of a civil day."""
    return timezone.make_aware(datetime.combine(day, time()))


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


# Populations


@dataclass(frozen=True, slots=True)
class Handled:
    """An item that an adviser handled: the last answered leg of a call, the first answer to a form, the first
    event of a ticket.
    """

    item: str
    adviser: str
    reason: str
    site: str
    day: date


def handled(
    contract: Contract,
    kind: ItemKind,
    *,
    since: date,
    until: date,
    stated: Stated | None = None,
    item: str = "",
) -> list[Handled]:
    """What advisers handled in a period (`until` not included), by item; one item if asked."""
    files = files_in_force(contract, RECORD_OF[kind], since=since, until=until, stated=stated)
    if not files:
        return []
    with connect() as backend:
        rows = table_of(backend, files)
        if kind is ItemKind.CALL:
            rows = rows.filter(rows.outcome == "ANSWERED", ~rows.internal).mutate(item=rows.call_id)
            order = rows.leg.cast("int64")
        else:
            wanted = rows.event == "ANSWERED" if kind is ItemKind.FORM else rows.event != "MARKED"
            rows = rows.filter(rows.kind == kind.value, wanted).mutate(item=rows.item_id)
            order = -rows.occurred_at.epoch_seconds()
        rows = rows.filter(rows.adviser.notnull(), rows.day >= since, rows.day < until)
        if item:
            rows = rows.filter(rows.item == item)
        rows = rows.mutate(place=order)
        chosen = rows.group_by("item").aggregate(
            adviser=rows.adviser.argmax(rows.place),
            reason=rows.reason.fill_null("").argmax(rows.place),
            site=rows.site.fill_null("").argmax(rows.place),
            day=rows.day.argmax(rows.place),
        )
        found = backend.to_pyarrow(chosen.order_by("item")).to_pylist()
    return [Handled(**row) for row in found]


def candidates_of(found: Iterable[Handled]) -> list[Candidate]:
    """Items as they go into a draw: each adviser is a group, numbered in the order of their numbers."""
    found = list(found)
    groups = {
        number: f"G{rank:04}" for rank, number in enumerate(sorted({each.adviser for each in found}), 1)
    }
    return [Candidate(each.item, groups[each.adviser], each.reason) for each in found]


def population_of(draw: Draw, stated: Stated | None) -> list[Handled]:
    """What a draw chooses from: what was handled in its period, less what had been picked before it was sealed."""
    kind = ItemKind(draw.kind)
    picked = set(
        Sample.objects.filter(
            contract=draw.contract, kind=kind.value, draw__isnull=True, chosen_at__lte=draw.sealed_at
        ).values_list("item", flat=True)
    )
    found = handled(draw.contract, kind, since=draw.since_on, until=draw.until_on, stated=stated)
    return [each for each in found if each.item not in picked]


@dataclass(frozen=True, slots=True)
class Replay:
    """A draw made again from the facts it was made from: what holds."""

    seed_holds: bool
    population_holds: bool
    sample_holds: bool
    population: tuple[Candidate, ...]
    found: tuple[Candidate, ...]

    @property
    def holds(self) -> bool:
        return self.seed_holds and self.population_holds and self.sample_holds


def stated_of(draw: Draw) -> Stated:
    """The statement of facts that a draw was made from."""
    return Stated({(record, date.fromisoformat(month)): version for record, month, version in draw.stated})


@clause("S-4.1-controles")
def replay(draw: Draw) -> Replay:
    """Draw again, from the seed and the facts as they were stated when it was opened."""
    population = candidates_of(population_of(draw, stated_of(draw)))
    found = drawn(population, seed=draw.seed, per_adviser=draw.per_adviser)
    taken = set(draw.samples.values_list("item", flat=True))
    return Replay(
        seed_digest(draw.seed) == draw.seed_sha256,
        population_digest(population) == draw.population_sha256,
        {each.item for each in found} == taken,
        tuple(sorted(population)),
        tuple(found),
    )


def draws_of(contract: Contract) -> QuerySet[Draw]:
    return Draw.objects.filter(contract=contract).select_related("contract").prefetch_related("samples")


def draw_called(contract: Contract, reference: str) -> Draw | None:
    """The draw with this reference, `TIR-0001`."""
    rank = reference.removeprefix("TIR-")
    return draws_of(contract).filter(rank=int(rank)).first() if rank.isdecimal() else None


def scorecards_of(contract: Contract) -> QuerySet[Scorecard]:
    return Scorecard.objects.filter(contract=contract)


def scorecard_in_force(contract: Contract, kind: str) -> Scorecard | None:
    """The last version of the grid for a kind of item."""
    return scorecards_of(contract).filter(kind=kind).order_by("-version").first()


# Who reads what


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. `side` None reads what is settled alone. `advisers` None: all of them. `named`: sees numbers.
    `own`: an adviser, who reads what was done under these numbers on their days.
    """

    side: Marker | None
    advisers: frozenset[str] | None = None
    named: bool = True
    own: tuple[Span, ...] | None = None


def own_reader(contract: Contract, user: User) -> Reader:
    """What an adviser reads: what was done under the numbers that were his or hers, on the days they were."""
    ever = Period(Grain.CONTRACT, date.min, timezone.localdate() + timedelta(days=1))
    return Reader(Marker.CONTRACTOR, own=tuple(spans_of(contract, user, ever)))


def _own(spans: tuple[Span, ...], day: str) -> Q:
    """Rows under one of these numbers, on one of its days; none without a number."""
    found = Q(pk__in=[])
    for each in spans:
        found |= Q(**{"adviser": each.number, f"{day}__gte": each.since, f"{day}__lt": each.until})
    return found


def sessions_of(contract: Contract, reader: Reader) -> QuerySet[Feedback]:
    """The feedback sessions that an adviser was told."""
    return Feedback.objects.filter(_own(reader.own or (), "held_on"), contract=contract)


def team_of(contract: Contract, supervisor: User) -> frozenset[str]:
    """The numbers of the advisers whom a person supervises."""
    return frozenset(
        Adviser.objects.filter(contract=contract, supervisor=supervisor).values_list("number", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An item as one reader sees it: marks that are hidden from that reader are not here at all."""

    sample: Sample
    standing: Standing
    ours: Evaluation | None
    theirs: Evaluation | None
    reader: Reader

    @property
    def adviser(self) -> str:
        return self.sample.adviser if self.reader.named else ""

    @property
    def gap(self) -> int | None:
        """Contractor minus buyer, in hundredths of a point."""
        return self.ours.mark - self.theirs.mark if self.ours and self.theirs else None


def standing_of(sample: Sample) -> Standing:
    """Where an item stands; its evaluations are best prefetched."""
    waived = {
        Marker.CONTRACTOR: sample.contractor_waived_at,
        Marker.BUYER: sample.buyer_waived_at,
    }
    return Standing(
        ItemKind(sample.kind),
        frozenset(Marker(each.side) for each in sample.evaluations.all()),
        frozenset(side for side, at in waived.items() if at is not None),
        any(each.revealed_at is None for each in sample.calibrations.all()),
    )


def current_of(sample: Sample, side: Marker) -> Evaluation | None:
    """The evaluation of a side that nothing replaces."""
    found = [each for each in sample.evaluations.all() if each.side == side]
    replaced = {each.replaces_id for each in found}
    return next((each for each in found if each.pk not in replaced), None)


@clause("S-4.1-controles", "S-4.1-calibrage")
def lines_of(contract: Contract, reader: Reader, *, only: Q | None = None) -> list[Line]:
    """The items that a reader may see, the last chosen first, each with the marks that are not hidden."""
    found = Sample.objects.filter(contract=contract).select_related("contract", "draw")
    if reader.advisers is not None:
        found = found.filter(adviser__in=reader.advisers)
    if reader.own is not None:
        found = found.filter(_own(reader.own, "day"))
    if only is not None:
        found = found.filter(only)
    evaluations = Evaluation.objects.select_related("scorecard")
    return [
        _line(each, reader)
        for each in found.prefetch_related("calibrations", Prefetch("evaluations", evaluations))
    ]


def _line(sample: Sample, reader: Reader) -> Line:
    standing = standing_of(sample)

    def seen(side: Marker) -> Evaluation | None:
        told = (
            standing.settled if reader.side is None else sees_mark(standing, reader=reader.side, marker=side)
        )
        return current_of(sample, side) if told else None

    return Line(sample, standing, seen(Marker.CONTRACTOR), seen(Marker.BUYER), reader)


# What is owed


@clause("S-4.1-controles")
def owed_in(contract: Contract, month: date) -> list[Owed]:
    """The ledger of a month: evaluations and sessions owed to each adviser followed in it, and those made."""
    terms, until = terms_of(contract.code), month_after(month)
    followed = Adviser.objects.filter(contract=contract, since_on__lt=until).filter(
        Q(until_on__isnull=True) | Q(until_on__gt=month)
    )
    evaluations = Evaluation.objects.filter(
        sample__contract=contract,
        side=Marker.CONTRACTOR.value,
        replaces__isnull=True,
        marked_at__gte=midnight(month),
        marked_at__lt=midnight(until),
    ).values_list("sample__adviser", flat=True)
    sessions = Feedback.objects.filter(contract=contract, held_on__gte=month, held_on__lt=until).values_list(
        "adviser", flat=True
    )
    on = max(month, terms.head.notified_on)
    return owed_to(
        followed.values_list("number", flat=True),
        evaluations=Counter(evaluations),
        sessions=Counter(sessions),
        evaluations_owed=terms.count("evaluations_per_month", on=on),
        sessions_owed=terms.count("feedbacks_per_month", on=on),
    )


def ranked(rank: int) -> Q:
    """The item of that rank."""
    return Q(rank=rank)


def shareable(contract: Contract, adviser: str) -> list[Evaluation]:
    """The contractor's evaluations of an adviser that nothing replaces, the last first."""
    found = Evaluation.objects.filter(
        sample__contract=contract,
        sample__adviser=adviser,
        side=Marker.CONTRACTOR.value,
        replaced_by__isnull=True,
    )
    return list(found.select_related("sample").order_by("-pk")[:50])


def first_followed_on(contract: Contract) -> date | None:
    """The first day on which somebody was followed; None when nobody is."""
    found = Adviser.objects.filter(contract=contract).order_by("since_on")
    return found.values_list("since_on", flat=True).first()


# Calibrations


def calibrations_of(contract: Contract) -> QuerySet[Calibration]:
    found = Calibration.objects.filter(contract=contract).select_related("contract")
    return found.prefetch_related("samples__evaluations", "actions")


def calibration_called(contract: Contract, reference: str) -> Calibration | None:
    """The calibration with this reference, `CAL-0001`."""
    rank = reference.removeprefix("CAL-")
    return calibrations_of(contract).filter(rank=int(rank)).first() if rank.isdecimal() else None


def unmarked_in(calibration: Calibration) -> int:
    """How many marks a session still waits for, both sides together."""
    return sum(2 - len({each.side for each in one.evaluations.all()}) for one in calibration.samples.all())


def calibrable(contract: Contract) -> list[Sample]:
    """The items that both sides may still mark blind in a new session."""
    found = Sample.objects.filter(
        contract=contract,
        kind__in=[each.value for each in TWO_SIDED],
        contractor_waived_at__isnull=True,
        buyer_waived_at__isnull=True,
        calibrations__isnull=True,
        evaluations__isnull=True,
    )
    return list(found.order_by("-rank")[:100])


@clause("S-4.1-calibrage", "S-3.3.2-formulaires-qualite")
def agreement_in(contract: Contract, lines: Iterable[Line], *, on: date) -> Compared | None:
    """How two sides compare on the items whose two marks can be read; None without one."""
    pairs = [(one.ours.mark / 100, one.theirs.mark / 100) for one in lines if one.ours and one.theirs]
    terms = terms_of(contract.code)
    gap_max = float(terms.number("forms_quality_gap_max", on=max(on, terms.head.notified_on)))
    agreement = agreement_of(pairs, gap_max=gap_max)
    means = [(ours + theirs) / 2 for ours, theirs in pairs]
    mean = interval_of(means)
    if agreement is None or mean is None:
        return None
    return Compared(agreement, mean, items_needed(means))


@dataclass(frozen=True, slots=True)
class Compared:
    """The agreement of two sides, the mean of their marks with its interval, the marks it would need."""

    agreement: Agreement
    mean: Interval
    needed: int | None

"""What the surveys of a period say, opened by reason, flow, site or day, beside what the facts say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.compute as pc
from django.db.models import Count, F
from django.db.models.functions import TruncMonth

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.engine import connect, table_of
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import ItemEvent, Level, Outcome, Record
from titulaire.support.satisfaction.models import Asked, Invitation, InvitationQuerySet, Mark
from titulaire.support.satisfaction.queries import ONE_DAY, midnight
from titulaire.support.satisfaction.rules import (
    Kind,
    Measure,
    Question,
    Score,
    Sides,
    rival_score,
    score,
    share_score,
)

CUTS = ("reason", "flow", "site", "channel", "day", "month")
READINGS = ("satisfaction_score", "effort_score", "first_contact", "surveyed_contacts", "survey_month")
Key = str | date
Lineage = tuple[Measure, int]


@dataclass(frozen=True, slots=True)
class Line:
    """What the answers to one question say, lineage by lineage: two wordings are two lines, never one.

    `rival` is the reading not retained, with its code, where there is one.
    """

    question: Question
    lineage: int
    score: Score
    rival: tuple[str, Score] | None

    @property
    def measure(self) -> Measure:
        return self.question.measure


@dataclass(frozen=True, slots=True)
class Followed:
    """What callers did after an answered call.

    `kept` of `followed` had no transfer to another level and no new call within the days of the term. `lost`
    are answered calls that nobody can follow so far: the pseudonym changes with the month, or the facts stop.
    `unknown` had no caller at all.
    """

    handled: int = 0
    callers: int = 0
    unknown: int = 0
    followed: int = 0
    kept: int = 0

    @property
    def lost(self) -> int:
        return self.handled - self.unknown - self.followed

    @property
    def score(self) -> Score:
        return share_score(self.kept, self.followed)


@dataclass(frozen=True, slots=True)
class Group:
    """The surveys of a period, or of one value of a cut."""

    key: Key
    invited: int
    answered: int
    lines: tuple[Line, ...]
    behaviour: Followed = field(default_factory=Followed)

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.answered, self.invited) if self.invited else None

    def line(self, measure: Measure, lineage: int | None = None) -> Line | None:
        """What a measure says, by its last wording unless another is named."""
        found = [one for one in self.lines if one.measure is measure and lineage in {None, one.lineage}]
        return max(found, key=lambda one: one.lineage, default=None)


@dataclass(frozen=True, slots=True)
class Results:
    """A period, `until` not included, its groups under the readings retained, and its quality marks by reason."""

    since: date
    until: date
    by: str
    total: Group
    groups: tuple[Group, ...]
    readings: Mapping[str, str]
    repeat_days: int

    @property
    def mixed(self) -> tuple[Measure, ...]:
        """The measures asked in more than one way in the period."""
        return tuple(
            measure for measure in Measure if sum(one.measure is measure for one in self.total.lines) > 1
        )

    def coverage(self, reading: str) -> Fraction | None:
        """Invited over what could have been, by telephone contact or by caller."""
        base = self.total.behaviour.handled if reading == "EACH_CONTACT" else self.total.behaviour.callers
        return Fraction(self.total.invited, base) if base else None


def readings_on(terms: Terms, day: date) -> dict[str, str]:
    """The readings retained on a day, the contract's first when it is earlier."""
    return {code: terms.reading(code, on=max(day, terms.head.notified_on)) for code in READINGS}


@clause("S-3.3.3-satisfaction")
def results_of(
    contract: Contract, *, since: date, until: date, by: str = "reason", with_facts: bool = True
) -> Results:
    """What the surveys of a period say, `until` not included, opened by one of `CUTS`."""
    terms = terms_of(contract.code)
    last = until - ONE_DAY
    readings = readings_on(terms, last)
    days = terms.count("survey_repeat_days", on=max(last, terms.head.notified_on))
    invitations = Invitation.objects.filter(contract=contract)
    invited = invitations.contacted(since, until)
    answered = answered_in(invitations, since, until, readings["survey_month"])
    asked = _counted(invited, by)
    replied = _counted(answered, by)
    marks = _marks(answered, by)
    facts = behaviour_of(contract, since=since, until=until, by=by, days=days) if with_facts else Behaviour()
    scales = _questions(contract)

    def group(key: Key, counts: Mapping[Lineage, Mapping[int, int]], did: Followed) -> Group:
        lines = tuple(
            Line(
                question := scales[measure, lineage],
                lineage,
                score(measure, values, question.scale, readings),
                rival_score(measure, values, question.scale, readings),
            )
            for (measure, lineage), values in sorted(counts.items(), key=_order)
        )
        return Group(key, asked.get(key, 0), replied.get(key, 0), lines, did)

    groups = tuple(
        group(key, marks.get(key, {}), facts.groups.get(key, Followed()))
        for key in sorted({*asked, *replied, *facts.groups} - {None}, key=str)
    )
    everything: dict[Lineage, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for counts in marks.values():
        for name, values in counts.items():
            for value, n in values.items():
                everything[name][value] += n
    total = replace(
        group("", everything, facts.total), invited=sum(asked.values()), answered=sum(replied.values())
    )
    return Results(since, until, by, total, groups, readings, days)


def answered_in(
    invitations: InvitationQuerySet, since: date, until: date, reading: str
) -> InvitationQuerySet:
    """The answered invitations of a period, by the day of the contact or by that of the answer."""
    if reading == "ANSWER_MONTH":
        return invitations.answered_in(midnight(since), midnight(until))
    return invitations.contacted(since, until).filter(answered_at__isnull=False)


def _order(item: tuple[Lineage, object]) -> tuple[int, int]:
    (measure, lineage), _ = item
    return list(Measure).index(measure), lineage


def _counted(found: InvitationQuerySet, by: str) -> dict[Key, int]:
    return {row["cut"]: row["n"] for row in _cut(found, by, "").values("cut").annotate(n=Count("pk"))}


def _cut(found: Any, by: str, prefix: str) -> Any:
    name = f"{prefix}day" if by == "month" else f"{prefix}{by}"
    return found.order_by().annotate(cut=TruncMonth(name) if by == "month" else F(name))


def _marks(answered: InvitationQuerySet, by: str) -> dict[Key, dict[Lineage, dict[int, int]]]:
    found = _cut(Mark.objects.filter(reply__invitation__in=answered), by, "reply__invitation__")
    rows = found.values("cut", "asked__measure", "asked__lineage", "value").annotate(n=Count("pk"))
    marks: dict[Key, dict[Lineage, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        marks[row["cut"]][Measure(row["asked__measure"]), row["asked__lineage"]][row["value"]] = row["n"]
    return marks


def _questions(contract: Contract) -> dict[Lineage, Question]:
    found = Asked.objects.filter(questionnaire__contract=contract)
    return {(Measure(one.measure), one.lineage): one.question for one in found}


# What callers did


@clause("S-3.3.3-satisfaction")
def followed_calls(legs: ir.Table, *, since: date, until: date, days: int) -> ir.Table:
    """One row per answered call of a period: was it followed, and was it kept without transfer or new call?

    A call is followed when its caller keeps one pseudonym for `days` days after its own: not at the end of a
    month, nor of the facts. A new call counts whether it was answered or not.
    """
    answered = (legs.outcome == Outcome.ANSWERED.value) & ~legs.internal
    calls = legs.group_by("call_id").aggregate(
        caller=legs.caller.max(),
        day=legs.day.min(),
        at=legs.arrived_at.min(),
        handled=answered.any(),
        escalated=legs.transferred_to.isin([Level.N1_PLUS.value, Level.N2.value]).any().fill_null(False),
        **{name: legs[name].argmax(legs.leg, where=answered) for name in ("flow", "reason", "site")},
    )
    seen = calls.mutate(
        next_at=calls.at.lead().over(ibis.window(group_by=calls.caller, order_by=[calls.at, calls.call_id]))
    )
    horizon = legs.day.max().as_scalar()
    month_end = seen.day.truncate("M") + ibis.interval(months=1)
    last_day = seen.day + ibis.interval(days=days + 1)
    repeated = seen.next_at.notnull() & (seen.next_at < seen.at + ibis.interval(days=days))
    followed = (
        seen.caller.notnull()
        & (last_day.cast("date") <= month_end.cast("date"))
        & (last_day.cast("date") <= (horizon + ibis.interval(days=1)).cast("date"))
    )
    return seen.mutate(followed=followed, kept=followed & ~repeated & ~seen.escalated).filter(
        seen.handled, seen.day >= since, seen.day < until
    )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What callers did, by one of `CUTS` and in all: a caller of two groups is one caller."""

    groups: Mapping[Key, Followed] = field(default_factory=dict)
    total: Followed = field(default_factory=Followed)


def behaviour_of(contract: Contract, *, since: date, until: date, by: str, days: int) -> Behaviour:
    """What callers did after the answered calls of a period. `until` not included."""
    files = files_in_force(contract, Record.LEGS, since=since, until=until)
    if not files:
        return Behaviour()
    return _behaviour(tuple(files), since, until, by, days)


# A file of facts never changes under its name: what was read of it holds for the life of the process.
@lru_cache(maxsize=32)
def _behaviour(files: tuple[Path, ...], since: date, until: date, by: str, days: int) -> Behaviour:
    with connect() as backend:
        calls = followed_calls(table_of(backend, files), since=since, until=until, days=days)
        match by:
            case "month":
                cut: ir.Value = calls.day.truncate("M").cast("date")
            case "day":
                cut = calls.day
            case "channel":
                cut = ibis.literal("PHONE")
            case _:
                cut = calls[by].fill_null("")
        # Windows over a month of calls are the long part: read once, then summed twice.
        told = backend.to_pyarrow(calls.select("caller", "followed", "kept", cut=cut))
    counted = told.group_by("cut").aggregate(
        [
            ([], "count_all"),
            ("caller", "count"),
            ("caller", "count_distinct"),
            ("followed", "sum"),
            ("kept", "sum"),
        ]
    )
    groups = {row["cut"]: _followed(row) for row in counted.to_pylist()}
    callers = pc.count_distinct(told["caller"]).as_py()
    total = Followed(
        sum(one.handled for one in groups.values()),
        callers,
        sum(one.unknown for one in groups.values()),
        sum(one.followed for one in groups.values()),
        sum(one.kept for one in groups.values()),
    )
    return Behaviour(groups, total)


def _followed(row: Mapping[str, Any]) -> Followed:
    return Followed(
        handled=row["count_all"],
        callers=row["caller_count_distinct"],
        unknown=row["count_all"] - row["caller_count"],
        followed=row["followed_sum"] or 0,
        kept=row["kept_sum"] or 0,
    )


# Perceived and produced


@clause("S-4.1-calibrage")
def sides_of(contract: Contract, found: Results) -> tuple[Sides, ...]:
    """By reason, what callers perceived and the mean of the quality marks, both sides' and both channels'."""
    files = files_in_force(contract, Record.ITEMS, since=found.since, until=found.until)
    marks: dict[str, tuple[int, int]] = {}
    if files:
        with connect() as backend:
            items = table_of(backend, files)
            marked = items.filter(
                items.event == ItemEvent.MARKED.value,
                items.mark.notnull(),
                items.day >= found.since,
                items.day < found.until,
            )
            marked = marked.mutate(cut=marked.reason.fill_null(""))
            sums = marked.group_by("cut").aggregate(total=marked.mark.sum(), n=marked.count())
            rows = backend.to_pyarrow(sums).to_pylist()
        marks = {row["cut"]: (int(row["total"]), int(row["n"])) for row in rows}
    perceived = {str(one.key): one for one in found.groups}
    rows_of = []
    for reason in sorted({*marks, *(key for key, one in perceived.items() if one.answered)}):
        group = perceived.get(reason)
        line = group.line(Measure.CSAT) if group else None
        total, n = marks.get(reason, (0, 0))
        rows_of.append(
            Sides(
                reason,
                line.score if line else Score(Kind.SHARE, 0, 0),
                Fraction(total, 100 * n) if n else None,
                n,
            )
        )
    return tuple(rows_of)


def trend_of(contract: Contract, *, until: date, months: int = 6) -> Sequence[Group]:
    """The months before a day, each a group, without what the facts say."""
    since = until
    for _ in range(months):
        since = (since - timedelta(days=1)).replace(day=1)
    return results_of(contract, since=since, until=until, by="month", with_facts=False).groups

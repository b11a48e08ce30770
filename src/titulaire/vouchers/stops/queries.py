"""Which vouchers a selection names, what a stop would do to them, who is on the list, where vouchers were used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.deadlines.clocks import Clock, WorkingDays
from titulaire.deadlines.days import add_working_days
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.register import LEAVES
from titulaire.vouchers.issuing.rules import cutoff_on
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.stops.models import Claim, Stop, StopList, StoppedVoucher, UseSearch
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason, replacement_term

STOPPABLE = LEAVES[VoucherState.STOPPED]


class NothingNamed(LookupError):
    """The contract has no voucher of that number, booklet, order or beneficiary."""

    def __init__(self, selection: Selection) -> None:
        super().__init__(selection)
        self.selection = selection


@dataclass(frozen=True, slots=True)
class PlaceOfUse:
    """Where and when a voucher was used, as the room that received it knows."""

    used_at: datetime
    name: str
    siret: str
    address: str


PlacesTeller = Callable[[Collection[int]], Mapping[int, PlaceOfUse]]
_tellers: list[PlacesTeller] = []


def tells_places(teller: PlacesTeller) -> PlacesTeller:
    """Declare who knows where vouchers were used: keys in, places out. The room of uses stands above this one."""
    if teller not in _tellers:
        _tellers.append(teller)
    return teller


def usage_of(keys: Collection[int]) -> dict[int, PlaceOfUse]:
    """Where these vouchers, given by primary key, were used; nothing for those of which nobody knows."""
    found: dict[int, PlaceOfUse] = {}
    for teller in _tellers:
        found.update(teller(keys))
    return found


def named(contract: Contract, selection: Selection) -> QuerySet[Voucher]:
    """The contract's vouchers that a selection names."""
    rows = Voucher.objects.filter(contract=contract)
    if selection.designation in {Designation.NUMBER, Designation.RANGE}:
        first, last = selection.serials
        rows = rows.filter(serial__gte=first, serial__lte=last)
        if selection.designation is Designation.NUMBER:
            return rows.filter(number=selection.first)
        # The ends are whole numbers: another issuer's range of the same serials names nothing here.
        return rows.filter(number__regex=rf"^\d\d{selection.first[2:5]}")
    field = {
        Designation.BOOKLET: "booklet__reference",
        Designation.ORDER: "order__number",
        Designation.BENEFICIARY: "booklet__line__reference",
    }[selection.designation]
    return rows.filter(**{field: selection.first})


@dataclass(frozen=True, slots=True)
class StopPlan:
    """What a stop would do now: the vouchers it would stop, those it cannot and where those were used."""

    selection: Selection
    stoppable: tuple[Voucher, ...]
    escaped: tuple[Voucher, ...]
    places: Mapping[int, PlaceOfUse]

    @property
    def amount(self) -> Decimal:
        """The value that would be stopped, in euros."""
        return sum((voucher.face_value for voucher in self.stoppable), Decimal(0))


@clause("T-2.1.5-espace-gestion")
def stop_plan(contract: Contract, selection: Selection) -> StopPlan:
    """The dry run of a stop. Nothing is written.

    Raises:
        NothingNamed: the selection names no voucher of the contract.
    """
    rows = list(named(contract, selection).select_related("contract", "order", "booklet").order_by("serial"))
    if not rows:
        raise NothingNamed(selection)
    escaped = tuple(row for row in rows if row.state not in STOPPABLE)
    return StopPlan(
        selection,
        tuple(row for row in rows if row.state in STOPPABLE),
        escaped,
        usage_of([row.pk for row in escaped]),
    )


def stops_of(contract: Contract) -> QuerySet[Stop]:
    """The contract's stops."""
    return Stop.objects.filter(contract=contract).select_related("contract")


def searches_of(contract: Contract) -> QuerySet[UseSearch]:
    """The contract's searches of places of use."""
    return UseSearch.objects.filter(contract=contract).select_related("contract")


def standing(stop: Stop) -> QuerySet[StoppedVoucher]:
    """The vouchers that a stop still holds, replaced ones included."""
    return stop.held.filter(until_version__isnull=True).select_related(
        "voucher__booklet", "voucher__contract"
    )


@dataclass(frozen=True, slots=True)
class ListedNumbers:
    """The stop list at its version. `since` is None for the whole list; otherwise `added` and `removed` tell what
    changed since that version, and `removed` is empty in a whole list."""

    contract: str
    version: int
    since: int | None
    changed_at: datetime | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


class UnknownVersion(LookupError):
    """The list has not reached this version."""

    def __init__(self, version: int, newest: int) -> None:
        super().__init__(version, newest)
        self.version = version
        self.newest = newest


@clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def stop_list(contract: Contract, *, on: date, since: int | None = None) -> ListedNumbers:
    """The numbers refused on a day, or what changed since a version that a reader already has.

    A vintage leaves the list by itself, the day after its last presentation: its paper is refused for its date.

    Raises:
        UnknownVersion: `since` is not a version of the list yet.
    """
    row = StopList.objects.filter(contract=contract).first()
    version, changed_at = (row.version, row.changed_at) if row else (0, None)
    if since is not None and not 0 <= since <= version:
        raise UnknownVersion(since, version)
    # An act may commit between the two reads: the list is that of its version all the same.
    now = _listed(contract, version, on)
    before = _listed(contract, since, _changed_on(contract, since)) if since is not None else frozenset()
    return ListedNumbers(
        contract.code, version, since, changed_at, tuple(sorted(now - before)), tuple(sorted(before - now))
    )


def _changed_on(contract: Contract, version: int) -> date:
    """The day of a version: whoever holds it may hold all that was listed that day. Version 0 lists nothing."""
    rows = StoppedVoucher.objects.filter(stop__contract=contract)
    instants = [
        rows.filter(since_version=version).values_list("stop__effective_at", flat=True).first(),
        rows.filter(until_version=version).values_list("lift__lifted_at", flat=True).first(),
    ]
    return max((timezone.localdate(instant) for instant in instants if instant), default=date.min)


def _listed(contract: Contract, version: int, on: date) -> frozenset[str]:
    rows = StoppedVoucher.objects.filter(
        Q(until_version__isnull=True) | Q(until_version__gt=version),
        stop__contract=contract,
        since_version__lte=version,
    )
    vintages = set(rows.values_list("voucher__vintage", flat=True))
    lapsed = [vintage for vintage in vintages if _last_presentation_on(contract, vintage) < on]
    return frozenset(rows.exclude(voucher__vintage__in=lapsed).values_list("voucher__number", flat=True))


def _last_presentation_on(contract: Contract, vintage: int) -> date:
    terms = terms_of(contract.code)
    read_on = max(date(vintage, 12, 31), terms.head.notified_on)
    return cutoff_on(
        vintage,
        term=terms.annual_day("presentation_cutoff", on=read_on),
        day_reading=terms.reading("presentation_day", on=read_on),
    )


def stopped_numbers(contract: Contract, numbers: Collection[str]) -> dict[str, Stop]:
    """Which of these numbers are on the stop list now, with the stop that put them there."""
    rows = StoppedVoucher.objects.filter(
        stop__contract=contract, voucher__number__in=numbers, until_version__isnull=True
    ).select_related("stop", "voucher")
    return {row.voucher.number: row.stop for row in rows}


@clause("T-2.6-perte", "T-2.6-defectueux")
def replacement_due_on(contract: Contract, reason: StopReason, *, asked_on: date) -> date | None:
    """The last day to replace and deliver what was asked on a day; None when the reason entitles to nothing."""
    term = replacement_term(reason)
    if term is None:
        return None
    return add_working_days(asked_on, _delay(contract, term, asked_on), working_days(contract).calendar)


def _delay(contract: Contract, term: str, on: date) -> int:
    terms = terms_of(contract.code)
    return terms.days(term, on=max(on, terms.head.notified_on))


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A replacement, its clock, and the instant its last voucher was delivered."""

    claim: Claim
    clock: Clock
    delivered_at: datetime | None


@clause("T-2.6-perte", "T-2.6-defectueux", "T-3.3-tracabilite")
def claims(contract: Contract, *, stop: Stop | None = None) -> list[ClaimLine]:
    """The replacements asked, the most pressing first: those still to deliver, then the others."""
    rows = Claim.objects.filter(stop__contract=contract).select_related(
        "stop", "reissue__order", "reissue__contract"
    )
    if stop is not None:
        rows = rows.filter(stop=stop)
    calendar = working_days(contract).calendar
    lines = []
    for claim in rows:
        term = replacement_term(StopReason(claim.stop.reason))
        assert term is not None  # noqa: S101 - no claim without a delay
        delay = _delay(contract, term, claim.asked_on)
        delivered_at = _delivered_at(claim)
        clock = Clock(
            fact_at=calendar.instant(claim.asked_on),
            rule=WorkingDays(delay),
            calendar=calendar,
            met_at=delivered_at,
            amber_after=WorkingDays(max(delay - 1, 0)),
        )
        lines.append(ClaimLine(claim, clock, delivered_at))
    return sorted(lines, key=lambda line: (line.delivered_at is not None, line.claim.due_on, line.claim.pk))


def _delivered_at(claim: Claim) -> datetime | None:
    """When the last of its vouchers was delivered; None while one is not."""
    vouchers = Voucher.objects.filter(booklet__reissue=claim.reissue)
    if vouchers.exclude(moves__to_state=VoucherState.DELIVERED.value).exists():
        return None
    delivered = VoucherMove.objects.filter(
        voucher__booklet__reissue=claim.reissue, to_state=VoucherState.DELIVERED.value
    )
    return delivered.aggregate(last=Max("at"))["last"]

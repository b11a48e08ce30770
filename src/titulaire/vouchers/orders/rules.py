"""What the contract says about an order: vintage, face value, booklets, ceiling, delivery, calendar. Pure."""

from __future__ import annotations

import calendar
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.contracts.rules import AnnualDay

AddWorkingDays = Callable[[date, int], date]
"""From a day and a number of working days to the day on which that delay ends."""

IsWorkingDay = Callable[[date], bool]


class OrderKind(StrEnum):
    """Monthly: a file after the aid committee. Ad hoc: placed on the portal, outside the monthly file."""

    MONTHLY = "MONTHLY"
    ADHOC = "ADHOC"


class OrderState(StrEnum):
    """Where an order stands, in the order of its life; cancelling stops it before it is issued."""

    CONFIRMED = "CONFIRMED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ISSUED = "ISSUED"
    RELEASED = "RELEASED"
    CANCELLED = "CANCELLED"


class Delivery(StrEnum):
    """Where a line's booklets go: the beneficiary's home, or the buyer's premises."""

    HOME = "HOME"
    CPAM = "CPAM"


NEXT_STATES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.CONFIRMED: frozenset({OrderState.ACKNOWLEDGED, OrderState.CANCELLED}),
    OrderState.ACKNOWLEDGED: frozenset({OrderState.ISSUED, OrderState.CANCELLED}),
    OrderState.ISSUED: frozenset({OrderState.RELEASED}),
    OrderState.RELEASED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}


def states_before(state: OrderState) -> tuple[OrderState, ...]:
    """The states from which an order may pass to this one."""
    return tuple(before for before, after in NEXT_STATES.items() if state in after)


ORDER_MONTH, ORDER_DATE = "ORDER_MONTH", "ORDER_DATE"
"""The two readings of « commandes adressées pour les titres de novembre » (reading `november_order`)."""

ACKNOWLEDGEMENT, ORDER = "ACKNOWLEDGEMENT", "ORDER"
"""The two readings of where the delivery delay starts (reading `delivery_start`)."""

VALIDITY_END = AnnualDay(month=1, day=31, years_after=1)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """The contract's figures and retained readings that an order needs, as they stand on one day."""

    face_value: Decimal
    ceiling: Decimal
    delivery_working_days: int
    booklet_most: int
    vintage_switch_month: int
    validity_end: AnnualDay
    notice_months: int
    november_order: str
    delivery_start: str


# Vintage


@clause("T-2.1.3-millesime", "T-2.4-novembre")
def vintage(month: date, *, switch_month: int = 11) -> int:
    """The vintage of the titles of a month: from November of year N on, N+1. Reading ORDER_MONTH."""
    return month.year + 1 if month.month >= switch_month else month.year


@clause("T-2.1.3-millesime", "T-2.4-novembre")
def vintage_by_order_date(month: date, ordered_on: date, *, switch_month: int = 11) -> int:
    """The vintage of titles by the day of their order, whatever their month. Reading ORDER_DATE.

    Titles of a later year keep that year: an order ahead of time never makes an older vintage.
    """
    return max(vintage(ordered_on, switch_month=switch_month), month.year)


def vintage_read(month: date, ordered_on: date, terms: OrderTerms) -> int:
    """The vintage of an order, by the reading that both parties retained."""
    if terms.november_order == ORDER_DATE:
        return vintage_by_order_date(month, ordered_on, switch_month=terms.vintage_switch_month)
    return vintage(month, switch_month=terms.vintage_switch_month)


@clause("T-2.1.3-millesime")
def last_day_of_use(vintage_year: int, *, validity_end: AnnualDay = VALIDITY_END) -> date:
    """The last day, included, on which titles of a vintage can be used: 31 January of the year after it."""
    return validity_end.of(vintage_year)


@clause("T-2.4-novembre")
def opens_vintage(month: date, *, switch_month: int = 11) -> bool:
    """Whether the titles of this month are the first of a new vintage."""
    return month.month == switch_month


# Face value


@dataclass(frozen=True, slots=True)
class ValueFrom:
    """A face value and the first day on which it applies."""

    effective_on: date
    value: Decimal


@clause("T-2.2-valeur-faciale")
def face_value_on(day: date, base: Decimal, changes: Collection[ValueFrom]) -> Decimal:
    """The face value of titles ordered on a day: the latest change in effect, else the contract's own."""
    in_effect = [change for change in changes if change.effective_on <= day]
    return max(in_effect, key=lambda change: change.effective_on).value if in_effect else base


@clause("T-2.2-valeur-faciale")
def earliest_effect(requested_on: date, *, notice_months: int = 1) -> date:
    """The first day on which a change of face value asked for on a day can take effect.

    A month counts by date; where the next month has no such date, its last day.
    """
    return same_date_later(requested_on, notice_months)


def same_date_later(day: date, months: int) -> date:
    """The same date some months later, or the last day of that month when it has no such date."""
    years, index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


# Booklets and amount


BOOKLET_LIMIT = 25
"""Titles in one booklet at most (T-2.4-carnets)."""


@clause("T-2.4-carnets", "T-2.4-non-identifies")
def booklet_sizes(vouchers: int, *, most: int = BOOKLET_LIMIT) -> tuple[int, ...]:
    """How many titles go in each booklet: as few booklets as possible, as even as possible, larger first.

    26 titles make 13 and 13 rather than 25 and 1: nobody is handed a booklet of a single title beside a
    full one. Titles without a name are split the same way.

    Raises:
        ValueError: fewer than one title.
    """
    if vouchers < 1 or most < 1:
        raise ValueError(f"{vouchers} titles make no booklet")
    booklets = -(-vouchers // most)
    even, over = divmod(vouchers, booklets)
    return (even + 1,) * over + (even,) * (booklets - over)


def order_amount(vouchers: int, face_value: Decimal) -> Decimal:
    """What an order commits, in euros: its titles at their face value."""
    return to_cents(vouchers * face_value)


# Ceiling

ALERT_SHARE = Decimal("0.80")


@dataclass(frozen=True, slots=True)
class CeilingRoom:
    """What an order leaves under the ceiling of the framework agreement, in euros."""

    ceiling: Decimal
    committed: Decimal
    amount: Decimal

    @property
    def left_before(self) -> Decimal:
        return self.ceiling - self.committed

    @property
    def left_after(self) -> Decimal:
        return self.left_before - self.amount

    @property
    def fits(self) -> bool:
        return self.left_after >= 0

    @property
    def alert(self) -> Decimal:
        """The level from which both parties should look ahead: 80 % of the ceiling."""
        return to_cents(self.ceiling * ALERT_SHARE)


@clause("T-1.1-plafond")
def ceiling_room(*, ceiling: Decimal, committed: Decimal, amount: Decimal) -> CeilingRoom:
    """The room under the ceiling: an order up to the last cent fits, one cent more is refused whole."""
    return CeilingRoom(ceiling, committed, amount)


# Delivery


@dataclass(frozen=True, slots=True)
class DeliveryPromise:
    """When an order is to be delivered, and from which facts.

    The morrow of `starts_on` opens the delay and `due_on` is the contract's limit; `promised_on` is what the
    issuer announces, `planned_on` the calendar's date if there is one. `shift` says why delivery is later
    than that: VINTAGE, LATE_ORDER; "" if it is not.
    """

    starts_on: date
    due_on: date
    promised_on: date
    planned_on: date | None = None
    shift: str = ""


def delay_starts_on(*, ordered_on: date, acknowledged_on: date, reading: str = ACKNOWLEDGEMENT) -> date:
    """The fact from which the delivery delay runs, by the retained reading: its day does not count."""
    return ordered_on if reading == ORDER else acknowledged_on


@clause("T-2.6-livraison-cpam", "T-2.4-novembre")
def delivery_promise(
    starts_on: date,
    *,
    add_working_days: AddWorkingDays,
    working_days: int = 10,
    planned_on: date | None = None,
    vintage_ready_on: date | None = None,
) -> DeliveryPromise:
    """The delivery dates of an order whose delay starts on a day, that of its acknowledgement.

    `vintage_ready_on` is the first day on which titles of a vintage just opened can be made: before it, the
    delay runs from there, and a delivery later than planned is announced.
    """
    due_on = add_working_days(starts_on, working_days)
    waits = vintage_ready_on is not None and vintage_ready_on > starts_on
    promised_on = add_working_days(vintage_ready_on, working_days) if waits and vintage_ready_on else due_on
    late = promised_on > (planned_on or due_on)
    shift = "" if not late else "VINTAGE" if waits else "LATE_ORDER"
    return DeliveryPromise(starts_on, due_on, promised_on, planned_on, shift)


# Calendar


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """One month of the yearly calendar: the last day to order its titles, the day they are delivered.

    `vintage_ready_on`: the first day on which titles can be made, for the month that opens a vintage.
    """

    month: date
    order_by_on: date
    delivery_on: date
    vintage_ready_on: date | None = None


@clause("T-2.3-calendrier", "T-2.4-novembre")
def proposed_calendar(
    year: int,
    *,
    add_working_days: AddWorkingDays,
    is_working_day: IsWorkingDay,
    working_days: int = 10,
    order_by_day: int = 20,
) -> tuple[CalendarMonth, ...]:
    """A calendar to discuss: order by the 20th (or the working day before), delivery a full delay later.

    The November order, closed in November, is then delivered in December, in the next vintage.
    """
    months = []
    for number in range(1, 13):
        order_by_on = date(year, number, order_by_day)
        while not is_working_day(order_by_on):
            order_by_on -= timedelta(days=1)
        delivery_on = add_working_days(order_by_on, working_days)
        months.append(CalendarMonth(date(year, number, 1), order_by_on, delivery_on))
    return tuple(months)


def calendar_faults(year: int, months: Sequence[CalendarMonth]) -> tuple[str, ...]:
    """Why a calendar cannot be agreed, as codes; none when it can."""
    faults = []
    if [entry.month for entry in months] != [date(year, number, 1) for number in range(1, 13)]:
        faults.append("NOT_TWELVE_MONTHS")
    if any(entry.delivery_on <= entry.order_by_on for entry in months):
        faults.append("DELIVERY_BEFORE_ORDER")
    if any(later.order_by_on <= earlier.order_by_on for earlier, later in pairwise(months)):
        faults.append("DATES_OUT_OF_ORDER")
    return tuple(faults)


# Numbers and months


def order_number(year: int, rank: int) -> str:
    """The number that both parties write: year, then rank in the contract's year, without gap."""
    return f"{year}-{rank:04d}"


def main_month(months: Sequence[date]) -> date | None:
    """The month of a file: the one most of its rows bear, the earliest of equals."""
    counts = Counter(months)
    return min(counts, key=lambda month: (-counts[month], month)) if counts else None


# Columns


def headings_signature(headings: Sequence[str]) -> str:
    """What tells files of one layout: their headings in order, whatever the case and the spaces around."""
    return hashlib.sha256(
        "\x1f".join(heading.strip().casefold() for heading in headings).encode()
    ).hexdigest()

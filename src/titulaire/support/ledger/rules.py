"""What was ordered, what was produced, at which price: how a month's ledger adds up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import add_working_days, working_days_between

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)


class WorkUnit(StrEnum):
    """The priced units of the contract: hours or acts, on the phone or on forms."""

    UO1 = "UO1"
    UO2 = "UO2"
    UO3 = "UO3"
    UO4 = "UO4"


class OrderKind(StrEnum):
    """An order that binds, or one that tells ahead what will be ordered."""

    FIRM = "FIRM"
    INDICATIVE = "INDICATIVE"


class Standing(StrEnum):
    """What an order is worth on a day."""

    PENDING = "PENDING"
    VALIDATED = "VALIDATED"
    DEEMED = "DEEMED"
    REFUSED = "REFUSED"
    INDICATIVE = "INDICATIVE"
    CANCELLED = "CANCELLED"
    REPLACED = "REPLACED"


HOURS = frozenset({WorkUnit.UO1, WorkUnit.UO3})
PHONE = frozenset({WorkUnit.UO1, WorkUnit.UO2})


class LedgerState(StrEnum):
    """A month that still takes entries, or that is closed and may be invoiced."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Order:
    """Hours ordered from `since` until `until`, not included. It is judged in the month in which it ends.

    `contacts`: how many were forecast with it; None when the order does not say.
    """

    since: date
    until: date
    hours: Fraction
    contacts: int | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order as it was sent: a quantity of one unit over a period, `until` not included."""

    unit: WorkUnit
    since: date
    until: date
    quantity: Decimal
    contacts: int | None = None


@dataclass(frozen=True, slots=True)
class Produced:
    """A quantity of one unit over days, `until` not included, on a site or on all of them ("")."""

    unit: WorkUnit
    since: date
    until: date
    quantity: Decimal
    site: str = ""

    @property
    def days(self) -> range:
        """The days it covers, as ordinals."""
        return range(self.since.toordinal(), self.until.toordinal())


@dataclass(frozen=True, slots=True)
class Price:
    """A unit's price from a day on, in euros, VAT excluded."""

    unit: WorkUnit
    from_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """What one unit comes to at one price over part of a month."""

    unit: WorkUnit
    since: date
    until: date
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Euros, in cents."""
        return to_cents(self.quantity * self.price)


class NoPrice(LookupError):
    """No price of that unit is known on that day."""

    def __init__(self, unit: WorkUnit, on: date) -> None:
        super().__init__(unit.value, on.isoformat())
        self.unit, self.on = unit, on


class PriceChangesWithin(ValueError):
    """An entry covers days before and after a change of price: it must be told day by day."""

    def __init__(self, unit: WorkUnit, on: date) -> None:
        super().__init__(unit.value, on.isoformat())
        self.unit, self.on = unit, on


@clause("S-9-penalites", "S-9-120", "S-7.2-commandes")
def orders_judged(found: Iterable[Ordered]) -> tuple[Order, ...]:
    """Orders of hours as the production plan judges them: phone and forms together over the days that they share.

    What is produced is known for all activities together, so that periods that overlap are judged as one.
    Contacts add up; they are unknown as soon as one of the orders does not say. Orders of acts are not hours.
    """
    judged: list[Order] = []
    hours = sorted((one for one in found if one.unit in HOURS), key=lambda one: (one.since, one.until))
    for one in hours:
        new = Order(one.since, one.until, Fraction(one.quantity), one.contacts)
        if judged and one.since < judged[-1].until:
            last = judged.pop()
            both = None not in {last.contacts, new.contacts}
            new = Order(
                last.since,
                max(last.until, new.until),
                last.hours + new.hours,
                (last.contacts or 0) + (new.contacts or 0) if both else None,
            )
        judged.append(new)
    return tuple(judged)


@clause("S-7.2-validation")
def validated_by(ordered_on: date, working_days: int, calendar: Calendar) -> date:
    """The last day to object to an order: from the day after, it is deemed valid."""
    return add_working_days(ordered_on, working_days, calendar)


@clause("S-7.2-validation")
def standing(accepted: bool | None, last_day: date, today: date) -> Standing:
    """What a firm order in force is worth: as it was answered, else valid by silence after `last_day`."""
    if accepted is not None:
        return Standing.VALIDATED if accepted else Standing.REFUSED
    return Standing.DEEMED if today > last_day else Standing.PENDING


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """How far ahead an order begins, and how long it runs, in working days; what the contract asks of both."""

    lead: int
    asked_leads: tuple[int, ...]
    span: int
    asked_span: int

    @property
    def is_early_enough(self) -> bool:
        """Does it begin on a day that the contract names?"""
        return self.lead in self.asked_leads

    @property
    def is_whole(self) -> bool:
        """Does it cover the days that the contract asks?"""
        return self.span == self.asked_span


@clause("S-7.2-commandes")
def notice_of(
    since: date,
    until: date,
    ordered_on: date,
    *,
    asked_leads: tuple[int, ...],
    asked_span: int,
    calendar: Calendar,
) -> OrderNotice:
    """How an order sits in the calendar of orders: one that begins on J+10 begins on the tenth working day after."""
    return OrderNotice(
        working_days_between(ordered_on, since, calendar),
        asked_leads,
        working_days_between(since - ONE_DAY, until - ONE_DAY, calendar),
        asked_span,
    )


def overlap(one: Ordered | Produced, other: Ordered | Produced) -> bool:
    """Whether two quantities of one unit, on one site, share a day."""
    sites = {getattr(one, "site", ""), getattr(other, "site", "")}
    same_place = len(sites) == 1 or "" in sites
    return one.unit == other.unit and same_place and one.since < other.until and other.since < one.until


def price_on(prices: Iterable[Price], unit: WorkUnit, on: date) -> Decimal:
    """The price of a unit on a day.

    Raises:
        NoPrice
    """
    known = [one for one in prices if one.unit == unit and one.from_on <= on]
    if not known:
        raise NoPrice(unit, on)
    return max(known, key=lambda one: one.from_on).amount


@clause("S-7.2-commandes", "S-9-penalites")
def charges(entries: Iterable[Produced], prices: Sequence[Price]) -> tuple[Charge, ...]:
    """What the entries come to: one charge for each unit and price, in the order of the units and of time.

    Raises:
        NoPrice, PriceChangesWithin
    """
    found: dict[tuple[WorkUnit, date], Charge] = {}
    for one in sorted(entries, key=lambda one: (one.unit, one.since)):
        price, from_on = _priced(prices, one)
        known = found.get((one.unit, from_on))
        if known is None:
            found[one.unit, from_on] = Charge(one.unit, one.since, one.until, one.quantity, price)
        else:
            found[one.unit, from_on] = replace(
                known, until=max(known.until, one.until), quantity=known.quantity + one.quantity
            )
    return tuple(found.values())


def _priced(prices: Sequence[Price], one: Produced) -> tuple[Decimal, date]:
    """The price of an entry, and the day from which it holds."""
    price = price_on(prices, one.unit, one.since)
    last = price_on(prices, one.unit, one.until - ONE_DAY)
    starts = [each.from_on for each in prices if each.unit == one.unit and each.from_on < one.until]
    if last != price:
        raise PriceChangesWithin(one.unit, max(starts))
    return price, max(day for day in starts if day <= one.since)


# Beside what was measured


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours of a day in the ledger and in the facts; None when no fact tells them."""

    on: date
    entered: Decimal
    measured: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.measured is None else self.entered - self.measured


def spread(entries: Iterable[Produced], units: Iterable[WorkUnit]) -> dict[date, Decimal]:
    """Quantities of these units by day: an entry over several days is shared equally between them."""
    wanted, found = frozenset(units), dict[date, Decimal]()
    for one in entries:
        if one.unit in wanted:
            for ordinal in one.days:
                day = date.fromordinal(ordinal)
                found[day] = found.get(day, ZERO) + one.quantity / len(one.days)
    return found

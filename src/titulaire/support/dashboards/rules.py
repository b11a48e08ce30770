"""The periods that a dashboard shows, and what a day still needs before the evening. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

from titulaire.clauses import clause
from titulaire.indicators.rules import Direction, Value, meets

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WHOLE = "marche"


class Grain(StrEnum):
    """How long a period is. CONTRACT: from the first day of the service to the last day with facts."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    CONTRACT = "CONTRACT"


@dataclass(frozen=True, slots=True)
class Life:
    """The days of a contract that may be shown, and those from the service's first to the last with facts."""

    since: date
    until: date
    served_since: date
    measured_until: date


@dataclass(frozen=True, slots=True)
class Period:
    """Some days that are read together, `until` not included."""

    grain: Grain
    since: date
    until: date

    @property
    def code(self) -> str:
        """What an address says: `2026-05-04`, `2026-S19`, `2026-05` or `marche`."""
        match self.grain:
            case Grain.DAY:
                return self.since.isoformat()
            case Grain.WEEK:
                year, week, _ = self.since.isocalendar()
                return f"{year:04}-S{week:02}"
            case Grain.MONTH:
                return f"{self.since:%Y-%m}"
            case Grain.CONTRACT:
                return WHOLE

    @property
    def last_day(self) -> date:
        """The last day of it."""
        return self.until - DAY


@clause("S-3.3.1-tableaux-de-bord")
def period_of(grain: Grain, day: date, life: Life) -> Period:
    """The day, the week or the month that holds a day; or the whole contract so far."""
    match grain:
        case Grain.DAY:
            return Period(grain, day, day + DAY)
        case Grain.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Period(grain, monday, monday + WEEK)
        case Grain.MONTH:
            return Period(grain, day.replace(day=1), month_after(day))
        case Grain.CONTRACT:
            return Period(grain, life.served_since, max(life.measured_until, life.served_since + DAY))


def month_after(day: date) -> date:
    """The first day of the month that follows."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def read_period(code: str, life: Life) -> Period | None:
    """The period that a code names; None when it names none, or one outside the contract."""
    try:
        period = _read(code, life)
    except (ValueError, OverflowError):
        return None
    if period is None or period.until <= life.since or period.since >= life.until:
        return None
    return period


def _read(code: str, life: Life) -> Period | None:
    if code == WHOLE:
        return period_of(Grain.CONTRACT, life.since, life)
    if week := re.fullmatch(r"(\d{4})-S(\d{2})", code, re.ASCII):
        return period_of(Grain.WEEK, date.fromisocalendar(int(week[1]), int(week[2]), 1), life)
    if re.fullmatch(r"\d{4}-\d{2}", code, re.ASCII):
        return period_of(Grain.MONTH, date.fromisoformat(f"{code}-01"), life)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", code, re.ASCII):
        return period_of(Grain.DAY, date.fromisoformat(code), life)
    return None


def before(period: Period, life: Life) -> Period | None:
    """The period that ends where this one starts; None at the contract's beginning, and for the whole of it."""
    if period.grain is Grain.CONTRACT or period.since <= life.since:
        return None
    return period_of(period.grain, period.since - DAY, life)


def following(period: Period, life: Life) -> Period | None:
    """The period that starts where this one ends; None at the contract's end, and for the whole of it."""
    if period.grain is Grain.CONTRACT or period.until >= life.until:
        return None
    return period_of(period.grain, period.until, life)


def latest(period: Period, number: int, life: Life) -> list[Period]:
    """The last periods up to this one, oldest first: at most `number`, fewer at the contract's beginning."""
    found = [period]
    while len(found) < number and (earlier := before(found[0], life)) is not None:
        found.insert(0, earlier)
    return found


# Whose number


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a period during which a number was somebody's, `until` not included."""

    number: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Tie:
    """A number said to be somebody's, from a day; `until` None while it is."""

    number: str
    since: date
    until: date | None = None

    def meets(self, other: Tie) -> bool:
        """Have both a day in common?"""
        starts_before = other.until is None or self.since < other.until
        return starts_before and (self.until is None or other.since < self.until)

    def within(self, since: date, until: date) -> Span | None:
        """Its days inside a period, `until` not included; None when it has none."""
        first, last = max(self.since, since), min(self.until or until, until)
        return Span(self.number, first, last) if first < last else None


# What a day still needs


class Outlook(StrEnum):
    """Can the target still be met in the evening? SECURED: whatever comes; LOST: whatever is done."""

    SECURED = "SECURED"
    OPEN = "OPEN"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Need:
    """What the calls still to come must bring for a target to be met in the evening.

    `least` of the `remaining` must count in the numerator (a rate to reach); `mean` is the most they may
    reach on average, in the unit of the indicator (a duration to contain). None where it does not apply.
    """

    outlook: Outlook
    remaining: int
    least: int | None = None
    mean: Fraction | None = None


@clause("S-3.3.2-intraday")
def need(so_far: Value, target: Fraction, direction: Direction, remaining: int) -> Need:
    """What `remaining` more calls in the denominator must bring. Exact: nothing is rounded but to whole calls.

    Raises:
        ValueError: nothing is divided, or `remaining` is negative.
    """
    if so_far.denominator is None or remaining < 0:
        raise ValueError(f"{so_far}, {remaining} to come")
    base = so_far.denominator + remaining
    if direction is Direction.AT_LEAST:
        least = ceil(target * base / so_far.factor) - so_far.numerator
        outlook = Outlook.SECURED if least <= 0 else Outlook.LOST if least > remaining else Outlook.OPEN
        return Need(outlook, remaining, least=max(least, 0))
    if remaining == 0:
        met = so_far.exact is None or meets(so_far.exact, target, direction)
        return Need(Outlook.SECURED if met else Outlook.LOST, remaining)
    allowed = target * base - so_far.numerator * so_far.factor
    lost = allowed < 0 or (allowed == 0 and direction is Direction.BELOW)
    return Need(Outlook.LOST if lost else Outlook.OPEN, remaining, mean=None if lost else allowed / remaining)


def still_to_come(so_far: int, shape: Mapping[int, int], until_quarter: int) -> int | None:
    """Calls expected after an hour, if the day keeps the shape of others; None when they tell nothing.

    `shape` gives the calls of past days by quarter-hour of the civil day; what came before `until_quarter`
    has come. Halves are rounded up.
    """
    come = sum(count for quarter, count in shape.items() if quarter < until_quarter)
    coming = sum(shape.values()) - come
    if come <= 0:
        return None
    return int(Fraction(so_far * coming, come) + Fraction(1, 2))


def up_to(values: Mapping[int, Value], quarter: int) -> Value | None:
    """The values of the quarter-hours before one, side by side; None when there are none."""
    parts = [value for each, value in sorted(values.items()) if each < quarter]
    return total_of(parts)


def total_of(parts: Sequence[Value]) -> Value | None:
    """Values added side by side; None when there are none."""
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


# Delivery by mail

SENT_FROM = time(7)
"""Nobody reads a dashboard before: the night's imports are over."""
PATIENCE = 2
"""Days that a delivery waits for the facts of its last working day."""


@clause("S-3.3.1-tableaux-de-bord")
def due_period(grain: Grain, local: datetime, life: Life) -> Period | None:
    """The last period that had ended when the day's deliveries start, at an instant on the contract's clocks."""
    day = local.date() if local.time() >= SENT_FROM else local.date() - DAY
    if not life.since <= day - DAY < life.until:
        return None
    return before(period_of(grain, day, life), life)


def is_ready(period: Period, last_working_day: date, life: Life, local: datetime) -> bool:
    """Have the facts of the period come, or been waited for long enough? A day without facts is not sent."""
    if life.measured_until > last_working_day:
        return True
    waited = local.date() >= period.until + PATIENCE * DAY
    return period.grain is not Grain.DAY and waited and life.measured_until > period.since

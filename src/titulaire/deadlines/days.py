"""Delays in days and months, as the CCAG-FCS counts them (2021, article 3.2).

A delay starts at 0 h on the day after its fact, so the fact's own day never counts, and it lasts until the
midnight that ends its last day. Negative numbers count back from the fact (J-10), whose day does not count
either. `stopped` days, those of a suspension, count for nothing.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date

from titulaire.deadlines.calendars import ONE_DAY, Calendar, Closure, Counting, check_day

NO_DAYS: AbstractSet[date] = frozenset()


def add_working_days(
    start: date,
    number: int,
    calendar: Calendar,
    counting: Counting = Counting.OUVRES,
    stopped: AbstractSet[date] = NO_DAYS,
) -> date:
    """The last day of a delay of that many working days; with zero, the start itself.

    Raises:
        NotADay: the start is a datetime.
        YearOutsideTable: the delay leaves the years whose holidays are known.
    """
    return _count(check_day(start), number, lambda day: calendar.counts(day, counting) and day not in stopped)


def working_days_between(
    start: date, end: date, calendar: Calendar, counting: Counting = Counting.OUVRES
) -> int:
    """How many working days a delay from `start` has used at the end of `end`; negative when `end` is before.

    So that `working_days_between(day, add_working_days(day, n, calendar), calendar) == n`.
    """
    if check_day(end) < check_day(start):
        return -sum(calendar.counts(day, counting) for day in _days(end, start))
    return sum(calendar.counts(day, counting) for day in _days(start + ONE_DAY, end + ONE_DAY))


def add_calendar_days(
    start: date, number: int, calendar: Calendar, stopped: AbstractSet[date] = NO_DAYS
) -> date:
    """The last day of a delay in calendar days, moved when that day is not worked.

    Raises:
        NotADay: the start is a datetime.
    """
    end = _count(check_day(start), number, lambda day: day not in stopped)
    return _move(end, -1 if number < 0 else 1, calendar, stopped)


def add_months(start: date, number: int, calendar: Calendar, stopped: AbstractSet[date] = NO_DAYS) -> date:
    """The last day of a delay in months, date by date, moved when that day is not worked.

    Suspended, it loses the days that the suspension takes.

    Raises:
        NotADay: the start is a datetime.
    """
    length = (same_date(check_day(start), number) - start).days
    return add_calendar_days(start, length, calendar, stopped)


def same_date(day: date, months: int) -> date:
    """The same date some months away, or the last day of that month when it has no such date."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def next_working_day(day: date, calendar: Calendar) -> date:
    """The day itself when it is a jour ouvré, else the first one after."""
    return _move(check_day(day), 1, calendar, NO_DAYS)


def previous_working_day(day: date, calendar: Calendar) -> date:
    """The day itself when it is a jour ouvré, else the last one before: what must be done by a fixed date."""
    return _move(check_day(day), -1, calendar, NO_DAYS)


def end_of_next_month(day: date, calendar: Calendar) -> date:
    """The last jour ouvré of the month after that of a day."""
    return previous_working_day(same_date(check_day(day).replace(day=1), 2) - ONE_DAY, calendar)


def uncounted_days(
    start: date, end: date, calendar: Calendar, counting: Counting = Counting.OUVRES
) -> list[tuple[date, Closure]]:
    """The days that a delay between two dates passes over, in order, each with its reason."""
    first, stop = (start + ONE_DAY, end + ONE_DAY) if end >= start else (end, start)
    closures = ((day, calendar.closure(day, counting)) for day in _days(first, stop))
    return [(day, closure) for day, closure in closures if closure]


def _count(start: date, number: int, counted: Callable[[date], bool]) -> date:
    day, step = start, ONE_DAY if number > 0 else -ONE_DAY
    left = abs(number)
    while left:
        day += step
        left -= counted(day)
    return day


def _move(day: date, direction: int, calendar: Calendar, stopped: AbstractSet[date]) -> date:
    # Never onto a Saturday, though « ouvrable »: the article has just refused to let a delay end there.
    while day in stopped or not calendar.counts(day):
        day += direction * ONE_DAY
    return day


def _days(first: date, stop: date) -> list[date]:
    return [date.fromordinal(ordinal) for ordinal in range(first.toordinal(), stop.toordinal())]

"""Delays in hours, and the two readings of « heures ouvrées » side by side.

From Friday 30 April 2027 at 16:00, « 24 heures ouvrées » end on Monday 3 May at 16:00 when 24 hours are one
working day, on Wednesday 5 May at 16:00 when only the eight hours of opening of each day count. The dated
term of the contract says which; `READINGS` finds it by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from titulaire.deadlines.calendars import ONE_DAY, Calendar, Span, in_utc
from titulaire.deadlines.opening import MIDNIGHT

NOTHING = timedelta(0)


def add_whole_days_time(
    start_at: datetime, duration: timedelta, calendar: Calendar, stopped: Sequence[Span] = ()
) -> datetime:
    """First reading: 24 hours are one working day, to the same clock time.

    Time runs day and night on working days and stands still on the others, by the clock on the wall: a
    working day is 24 hours even when the clocks change. A fact on a Sunday starts at 0 h on the next
    working day.

    Raises:
        NaiveInstant: the start has no time zone.
    """
    stopped_by_the_wall = [(_wall(since, calendar), _wall(until, calendar)) for since, until in stopped]

    def spans(day: date) -> Iterator[Span]:
        if calendar.counts(day):
            yield datetime.combine(day, MIDNIGHT), datetime.combine(day + ONE_DAY, MIDNIGHT)

    if duration == NOTHING:
        return calendar.local(start_at)
    end = _add(_wall(start_at, calendar), duration, spans, stopped_by_the_wall)
    return calendar.local(calendar.instant(end.date(), end.time()))


def whole_days_time_between(start_at: datetime, end_at: datetime, calendar: Calendar) -> timedelta:
    """What `add_whole_days_time` would have to add to go from one instant to the other."""
    if in_utc(end_at) < in_utc(start_at):
        return -whole_days_time_between(end_at, start_at, calendar)
    start, end = _wall(start_at, calendar), _wall(end_at, calendar)
    worked = [day for day in _days_from(start.date(), until=end.date()) if calendar.counts(day)]
    midnights = [datetime.combine(day, MIDNIGHT) for day in worked]
    return sum((max(NOTHING, min(end, day + ONE_DAY) - max(start, day)) for day in midnights), NOTHING)


def add_open_time(
    start_at: datetime, duration: timedelta, calendar: Calendar, stopped: Sequence[Span] = ()
) -> datetime:
    """Second reading: only time inside the opening windows counts, as it really passes.

    Raises:
        NaiveInstant: the start has no time zone.
        NoOpeningHours: the calendar has no opening hours.
    """
    if duration == NOTHING:
        return calendar.local(start_at)
    return calendar.local(_add(in_utc(start_at), duration, calendar.open_spans, _all_utc(stopped)))


def open_time_between(start_at: datetime, end_at: datetime, calendar: Calendar) -> timedelta:
    """Opening time between two instants; negative when the end is before the start."""
    start, end = in_utc(start_at), in_utc(end_at)
    if end < start:
        return -open_time_between(end, start, calendar)
    days = _days_from(calendar.local_day(start), until=calendar.local_day(end))
    spans = (span for day in days for span in calendar.open_spans(day))
    return sum((max(NOTHING, min(end, closes) - max(start, opens)) for opens, closes in spans), NOTHING)


def add_elapsed_time(
    start_at: datetime, duration: timedelta, calendar: Calendar, stopped: Sequence[Span] = ()
) -> datetime:
    """Plain hours, day and night, every day: what « 48 heures » means when no one adds « ouvrées »."""
    if duration == NOTHING:
        return calendar.local(start_at)

    def spans(day: date) -> Iterator[Span]:
        midnight = datetime.combine(day, MIDNIGHT, tzinfo=UTC)
        yield midnight, midnight + ONE_DAY

    return calendar.local(_add(in_utc(start_at), duration, spans, _all_utc(stopped)))


@dataclass(frozen=True, slots=True)
class HoursReading:
    """One way to read « heures ouvrées »."""

    code: str
    add: Callable[[datetime, timedelta, Calendar, Sequence[Span]], datetime]
    between: Callable[[datetime, datetime, Calendar], timedelta]


READINGS: Mapping[str, HoursReading] = MappingProxyType(
    {
        reading.code: reading
        for reading in (
            HoursReading("DAYS", add_whole_days_time, whole_days_time_between),
            HoursReading("OPENING", add_open_time, open_time_between),
        )
    }
)


def _add(
    start: datetime, duration: timedelta, spans_of: Callable[[date], Iterable[Span]], stopped: Sequence[Span]
) -> datetime:
    """Walk the spans of counted time, forward or back, until the duration is used.

    The earliest such instant forward, the latest back. A day too many on the side of the start costs
    nothing and spares thinking about zones: its spans are before the start.
    """
    if duration < NOTHING:
        for day in _days_from(start.date() + ONE_DAY, step=-ONE_DAY):
            for opens, closes in reversed([*_outside(spans_of(day), stopped)]):
                ends = min(closes, start)
                if ends - opens >= -duration:
                    return ends + duration
                duration += max(NOTHING, ends - opens)
    for day in _days_from(start.date() - ONE_DAY):
        for opens, closes in _outside(spans_of(day), stopped):
            begins = max(opens, start)
            if closes - begins >= duration:
                return begins + duration
            duration -= max(NOTHING, closes - begins)
    raise AssertionError("days do not end")


def _outside(spans: Iterable[Span], stopped: Sequence[Span]) -> Iterator[Span]:
    """What is left of the spans once the stopped periods are cut out."""
    for opens, closes in spans:
        for since, until in sorted(stopped):
            if opens < since < closes:
                yield opens, since
            if since < closes:
                opens = max(opens, until)
        if opens < closes:
            yield opens, closes


def _days_from(first: date, *, step: timedelta = ONE_DAY, until: date | None = None) -> Iterator[date]:
    day = first
    while until is None or day <= until:
        yield day
        day += step


def _wall(at: datetime, calendar: Calendar) -> datetime:
    """What the clock on the wall shows: a naive local datetime, for the first reading only."""
    return calendar.local(at).replace(tzinfo=None)


def _all_utc(spans: Sequence[Span]) -> list[Span]:
    return [(in_utc(since), in_utc(until)) for since, until in spans]

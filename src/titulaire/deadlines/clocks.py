"""One running delay: start fact, rule, calendar, suspensions, end, and what silence means.

Everything is computed from dated facts. No clock is read: a board or a notice drawn up five days late by a
worker that was off finds the same end and the same effect, at the same instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from titulaire.deadlines.calendars import ONE_DAY, Calendar, Counting, Span, check_day, in_utc
from titulaire.deadlines.days import add_calendar_days, add_months, add_working_days
from titulaire.deadlines.hours import READINGS, add_elapsed_time


class EndsBeforeItStarts(ValueError):
    """A suspension lifted before it began; `suspension` is it."""

    def __init__(self, suspension: Suspension) -> None:
        super().__init__(f"suspended at {suspension.since}, lifted before, at {suspension.until}")
        self.suspension = suspension


class CannotBeSuspended(ValueError):
    """A suspension on a fixed date, or on a delay that counts back from its fact; `rule` is that delay."""

    def __init__(self, rule: Delay) -> None:
        super().__init__(f"{rule} cannot be suspended")
        self.rule = rule


class UnknownReading(KeyError):
    """No reading of « heures ouvrées » bears this code; `code` is it."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no reading {code!r}; known: {', '.join(READINGS)}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Suspension:
    """A delay stands still from `since`, included, to `until`, excluded; None while it lasts.

    Raises:
        NaiveInstant: an instant has no time zone.
        EndsBeforeItStarts: `until` is before `since`.
    """

    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", in_utc(self.since))
        if self.until is not None:
            object.__setattr__(self, "until", in_utc(self.until))
            if self.until < self.since:
                raise EndsBeforeItStarts(self)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A delay in jours ouvrés (or ouvrables)."""

    number: int
    counting: Counting = Counting.OUVRES

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The midnight that ends the last day."""
        days = _stopped_days(stopped, calendar)
        return calendar.end_of(
            add_working_days(calendar.local_day(fact_at), self.number, calendar, self.counting, days)
        )


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """A delay in days, when the contract does not say which."""

    number: int

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The midnight that ends the last day, moved to a working day."""
        days = _stopped_days(stopped, calendar)
        return calendar.end_of(add_calendar_days(calendar.local_day(fact_at), self.number, calendar, days))


@dataclass(frozen=True, slots=True)
class Months:
    """A delay in months, date by date."""

    number: int

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The midnight that ends the last day, moved to a working day."""
        days = _stopped_days(stopped, calendar)
        return calendar.end_of(add_months(calendar.local_day(fact_at), self.number, calendar, days))


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A delay in « heures ouvrées », as read by the reading of that code.

    Raises:
        UnknownReading: no reading bears the code.
    """

    number: int
    reading: str

    def __post_init__(self) -> None:
        if self.reading not in READINGS:
            raise UnknownReading(self.reading)

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The instant the last hour has passed."""
        return READINGS[self.reading].add(fact_at, timedelta(hours=self.number), calendar, stopped)


@dataclass(frozen=True, slots=True)
class ElapsedHours:
    """A delay in plain hours, day and night."""

    number: int

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The instant the last hour has passed."""
        return add_elapsed_time(fact_at, timedelta(hours=self.number), calendar, stopped)


@dataclass(frozen=True, slots=True)
class FixedDate:
    """A date named by the contract: it neither moves nor is suspended."""

    last_on: date

    def __post_init__(self) -> None:
        check_day(self.last_on)

    def ends_at(self, fact_at: datetime, calendar: Calendar, stopped: Sequence[Span] = ()) -> datetime:
        """The midnight that ends the date, whatever the fact."""
        return calendar.end_of(self.last_on)


Delay = WorkingDays | CalendarDays | Months | WorkingHours | ElapsedHours | FixedDate


class State(StrEnum):
    """Where a delay stands: amber warns of the end, DEEMED is silence that has taken effect."""

    RUNNING = "RUNNING"
    AMBER = "AMBER"
    SUSPENDED = "SUSPENDED"
    LATE = "LATE"
    MET = "MET"
    DEEMED = "DEEMED"


@dataclass(frozen=True, slots=True)
class Clock:
    """A delay and the facts known of it.

    `met_at` is when what was awaited was done: delivery, answer, refusal. `silence_is_acceptance` gives the
    end an effect by itself when nothing came before. `amber_after` is a shorter delay from the same fact:
    once it has ended the clock warns. Instants are kept in UTC, and the end given on the contract's clocks.

    Raises:
        NaiveInstant: an instant has no time zone.
        CannotBeSuspended: suspensions on a fixed date or on a delay that counts back.
    """

    fact_at: datetime
    rule: Delay
    calendar: Calendar
    suspensions: tuple[Suspension, ...] = ()
    met_at: datetime | None = None
    silence_is_acceptance: bool = False
    amber_after: Delay | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fact_at", in_utc(self.fact_at))
        if self.met_at is not None:
            object.__setattr__(self, "met_at", in_utc(self.met_at))
        if self.suspensions and (isinstance(self.rule, FixedDate) or self.rule.number < 0):
            raise CannotBeSuspended(self.rule)

    @property
    def due_at(self) -> datetime | None:
        """The first instant that is too late, on the contract's clocks; None while a suspension hides it."""
        return self._end(self.rule)

    @property
    def deemed_at(self) -> datetime | None:
        """The instant silence is worth acceptance; None when it is not, or an answer came before."""
        if not self.silence_is_acceptance or self.due_at is None:
            return None
        answered = self.met_at is not None and self.met_at < self.due_at
        return None if answered else self.due_at

    @property
    def met_in_time(self) -> bool | None:
        """Whether what was awaited came before the end; None when it has not come."""
        if self.met_at is None:
            return None
        return self.due_at is None or self.met_at < self.due_at

    def as_known(self, at: datetime) -> Clock:
        """The same clock with only the facts that had happened by then."""
        at = in_utc(at)
        happened = (
            suspension if suspension.until is None or suspension.until <= at else Suspension(suspension.since)
            for suspension in self.suspensions
            if suspension.since <= at
        )
        met_at = self.met_at if self.met_at is not None and self.met_at <= at else None
        return replace(self, suspensions=tuple(happened), met_at=met_at)

    def state(self, at: datetime) -> State:
        """Where the delay stood at an instant, from the facts known then.

        Raises:
            NaiveInstant: the instant has no time zone.
        """
        at, clock = in_utc(at), self.as_known(at)
        if clock.deemed_at is not None and clock.deemed_at <= at:
            return State.DEEMED
        if clock.met_at is not None:
            return State.MET
        if clock.due_at is None:
            return State.SUSPENDED
        if clock.due_at <= at:
            return State.LATE
        amber_at = None if clock.amber_after is None else clock._end(clock.amber_after)
        return State.AMBER if amber_at is not None and amber_at <= at else State.RUNNING

    def _end(self, rule: Delay) -> datetime | None:
        lifted = [(each.since, each.until) for each in self.suspensions if each.until is not None]
        ends_at = rule.ends_at(self.fact_at, self.calendar, lifted)
        lasting = [self._takes_effect_at(each) for each in self.suspensions if each.until is None]
        return None if lasting and ends_at > min(lasting) else ends_at

    def _takes_effect_at(self, suspension: Suspension) -> datetime:
        if isinstance(self.rule, WorkingHours | ElapsedHours):
            return suspension.since
        return self.calendar.end_of(self.calendar.local_day(suspension.since))


def _stopped_days(stopped: Sequence[Span], calendar: Calendar) -> frozenset[date]:
    """The days a suspension takes: from the day after it begins, like a delay, to the day it is lifted."""
    days: set[date] = set()
    for since, until in stopped:
        day, last = calendar.local_day(since), calendar.local_day(until)
        while day < last:
            day += ONE_DAY
            days.add(day)
    return frozenset(days)

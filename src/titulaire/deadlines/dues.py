"""A date that a contract makes somebody keep, as a room gives it to the board of deadlines.

Each room with dates has a module `clocks` with `ROOM`, its French title, and

    def dates(contract, *, since, until, at) -> Iterable[Due]

where `since` (included) and `until` (not included) bound the last days of the dates wanted, and `at` is the
instant whose facts are known. More than was asked is harmless: the board keeps what it asked for.
`docs/decisions/0026-deadline-board.md` tells more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from titulaire.deadlines.calendars import ONE_DAY, Calendar, Closure, Counting, in_utc
from titulaire.deadlines.clocks import Delay, WorkingDays, WorkingHours
from titulaire.deadlines.days import uncounted_days

SOON_DAYS = 7
"""A date within this many days, the day itself included, belongs to the week ahead."""


class Who(StrEnum):
    """Who must keep the date."""

    BUYER = "BUYER"
    CONTRACTOR = "CONTRACTOR"
    BOTH = "BOTH"


class DueState(StrEnum):
    """Where a date stands. DEEMED: silence has taken effect; FACT: a date to know, that nobody has to keep."""

    OPEN = "OPEN"
    LATE = "LATE"
    DONE = "DONE"
    DONE_LATE = "DONE_LATE"
    DEEMED = "DEEMED"
    FACT = "FACT"


class When(StrEnum):
    """Where a date stands from today, for what is still to do."""

    LATE = "LATE"
    TODAY = "TODAY"
    WEEK = "WEEK"
    LATER = "LATER"
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class Counted:
    """How a date was reached: the fact it runs from, in French, its instant, the delay and the days that count."""

    fact: str
    fact_at: datetime
    rule: Delay
    calendar: Calendar

    def passed_over(self, until_on: date) -> list[tuple[date, Closure]]:
        """The days up to the end that the delay does not count, each with its reason; none when every day counts."""
        if not isinstance(self.rule, WorkingDays | WorkingHours):
            return []
        counting = self.rule.counting if isinstance(self.rule, WorkingDays) else Counting.OUVRES
        return uncounted_days(self.calendar.local_day(self.fact_at), until_on, self.calendar, counting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One date. `key` names it for ever among those of its room; `label` is French.

    `due_on` is its last day, included. Where hours count, `due_at` is the first instant that is too late, and
    `due_on` its day. `done_on`, and `done_at` where hours count, is when what was awaited came. `silence`: without
    an answer in time, silence takes effect. `binding` False is a date to know, such as the end of the contract,
    or one that the contract does not fix: nobody is late by it.
    `url` is the page of its facts.
    """

    key: str
    label: str
    who: Who
    due_on: date
    clause: str = ""
    due_at: datetime | None = None
    done_on: date | None = None
    done_at: datetime | None = None
    silence: bool = False
    binding: bool = True
    url: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    counted: Counted | None = None

    @property
    def kept_in_time(self) -> bool | None:
        """Whether it was kept by its end; None while it is not kept."""
        if self.done_at is not None and self.due_at is not None:
            return in_utc(self.done_at) < in_utc(self.due_at)
        return None if self.done_on is None else self.done_on <= self.due_on

    def is_past(self, at: datetime, calendar: Calendar) -> bool:
        """Whether its end has passed."""
        if self.due_at is not None:
            return in_utc(self.due_at) <= in_utc(at)
        return self.due_on < calendar.local_day(at)

    def state(self, at: datetime, calendar: Calendar) -> DueState:
        """Where it stands at an instant."""
        if not self.binding:
            return DueState.FACT if self.kept_in_time is None else DueState.DONE
        past, kept = self.is_past(at, calendar), self.kept_in_time
        if self.silence and past and not kept:
            return DueState.DEEMED
        if kept is not None:
            return DueState.DONE if kept else DueState.DONE_LATE
        return DueState.LATE if past else DueState.OPEN

    def when(self, at: datetime, calendar: Calendar) -> When:
        """Which part of the board it belongs to."""
        state, today = self.state(at, calendar), calendar.local_day(at)
        if state is DueState.LATE:
            return When.LATE
        if state not in {DueState.OPEN, DueState.FACT} or self.due_on < today:
            return When.OVER
        if self.due_on == today:
            return When.TODAY
        return When.WEEK if self.due_on < today + SOON_DAYS * ONE_DAY else When.LATER

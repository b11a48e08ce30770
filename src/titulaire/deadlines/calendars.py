"""Which days and hours count for one contract: the contract says it, public holidays are only the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from titulaire.deadlines.holidays import PLACES, Territory, public_holidays
from titulaire.deadlines.opening import MIDNIGHT, OpeningHours

SATURDAY, SUNDAY = 5, 6
ONE_DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


class Counting(StrEnum):
    """Jours ouvrés: Monday to Friday less holidays. Jours ouvrables: Monday to Saturday less holidays."""

    OUVRES = "OUVRES"
    OUVRABLES = "OUVRABLES"


_REST_DAYS = {Counting.OUVRES: (SATURDAY, SUNDAY), Counting.OUVRABLES: (SUNDAY,)}


class Reason(StrEnum):
    """Why a day does not count."""

    HOLIDAY = "HOLIDAY"
    CLOSED_BY_CONTRACT = "CLOSED_BY_CONTRACT"
    WEEKEND = "WEEKEND"


@dataclass(frozen=True, slots=True)
class Closure:
    """A day that does not count; `name` is the holiday's, empty for another reason."""

    reason: Reason
    name: str = ""


class NaiveInstant(ValueError):
    """A moment without time zone: nobody can say when it is. `value` is the moment."""

    def __init__(self, value: datetime) -> None:
        super().__init__(f"{value.isoformat()} has no time zone; give an aware datetime")
        self.value = value


class NotADay(TypeError):
    """A datetime where a calendar day is wanted: whose day it is depends on the time zone."""

    def __init__(self, value: datetime) -> None:
        super().__init__(
            f"{value.isoformat()} is an instant; give the local date, as Calendar.local_day does"
        )
        self.value = value


class OpenAndClosed(ValueError):
    """The contract's calendar says both open and closed of the same days."""

    def __init__(self, days: frozenset[date]) -> None:
        super().__init__(f"both open and closed: {', '.join(map(str, sorted(days)))}")
        self.days = days


class NoOpeningHours(ValueError):
    """Hours cannot be counted inside opening windows that the calendar does not have."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days and hours of one contract.

    `extra_closed` days never count; `extra_open` days always do, be they Sundays or holidays.
    `zone_name` is the territory's own when left empty.
    """

    territory: Territory = Territory.METROPOLE
    extra_closed: frozenset[date] = frozenset()
    extra_open: frozenset[date] = frozenset()
    opening: OpeningHours | None = None
    zone_name: str = ""
    zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for day in self.extra_closed | self.extra_open:
            check_day(day)
        if both := self.extra_closed & self.extra_open:
            raise OpenAndClosed(both)
        object.__setattr__(self, "zone", ZoneInfo(self.zone_name or PLACES[self.territory].zone_name))

    def counts(self, day: date, counting: Counting = Counting.OUVRES) -> bool:
        """Whether the day is a jour ouvré (or ouvrable) of this contract."""
        if day in self.extra_open:
            return True
        if day.weekday() in _REST_DAYS[counting] or day in self.extra_closed:
            return False
        return day not in public_holidays(self.territory, day.year)

    def closure(self, day: date, counting: Counting = Counting.OUVRES) -> Closure | None:
        """Why the day does not count, the holiday first; None when it counts."""
        if self.counts(day, counting):
            return None
        if name := public_holidays(self.territory, day.year).get(day):
            return Closure(Reason.HOLIDAY, name)
        if day in self.extra_closed:
            return Closure(Reason.CLOSED_BY_CONTRACT)
        return Closure(Reason.WEEKEND)

    def local(self, at: datetime) -> datetime:
        """The instant on the contract's clocks.

        Raises:
            NaiveInstant: the instant has no time zone.
        """
        return in_utc(at).astimezone(self.zone)

    def local_day(self, at: datetime) -> date:
        """The day it is, at that instant, where the contract is carried out."""
        return self.local(at).date()

    def instant(self, day: date, at: time = MIDNIGHT) -> datetime:
        """A local day and time as an instant in UTC, so that subtraction is of real time."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The midnight that ends a day: the first instant that is too late for it."""
        return self.local(self.instant(day + ONE_DAY))

    def open_spans(self, day: date) -> Iterator[Span]:
        """Opening windows of a day as instants in UTC.

        Raises:
            NoOpeningHours: the calendar has no opening hours.
        """
        if self.opening is None:
            raise NoOpeningHours("this calendar has no opening hours")
        if day in self.extra_open:
            windows = self.opening.on_extra_day(day.weekday())
        elif day in self.extra_closed or day in public_holidays(self.territory, day.year):
            windows = ()
        else:
            windows = self.opening.by_weekday[day.weekday()]
        for window in windows:
            closing_day = day + ONE_DAY if window.closes == MIDNIGHT else day
            yield self.instant(day, window.opens), self.instant(closing_day, window.closes)


def in_utc(at: datetime) -> datetime:
    """The instant in UTC: within one zone, Python compares and subtracts what the walls show, not instants.

    Raises:
        NaiveInstant: it has no time zone.
    """
    if at.utcoffset() is None:
        raise NaiveInstant(at)
    return at.astimezone(UTC)


def check_day(day: date) -> date:
    """Give the day back.

    Raises:
        NotADay: it is an instant (a datetime is a date for Python, not for a contract).
    """
    if isinstance(day, datetime):
        raise NotADay(day)
    return day

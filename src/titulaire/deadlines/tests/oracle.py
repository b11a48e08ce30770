"""An oracle of deadlines that shares nothing with the code it judges: no import of it, nor of its library.

Days are numbers and are walked one by one. Hours are arrays with one cell per minute: counted, or not.
Easter, holidays, months and time zones are written out here a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

DAY = 1440
EVERYWHERE = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
AFTER_EASTER = [1, 39, 50]
ELSEWHERE: dict[str, list[tuple[int, int]]] = {
    "METROPOLE": [],
    "ALSACE_MOSELLE": [(12, 26)],
    "GUADELOUPE": [(5, 27)],
    "MARTINIQUE": [(5, 22)],
    "GUYANE": [(6, 10)],
    "LA_REUNION": [(12, 20)],
    "MAYOTTE": [(4, 27)],
    "SAINT_BARTHELEMY": [(10, 9)],
    "SAINT_MARTIN": [],
    "SAINT_PIERRE_ET_MIQUELON": [],
    "WALLIS_ET_FUTUNA": [(4, 28), (6, 29), (7, 29)],
    "POLYNESIE_FRANCAISE": [(3, 5)],
    "NOUVELLE_CALEDONIE": [(9, 24)],
}
GOOD_FRIDAY = {"ALSACE_MOSELLE", "POLYNESIE_FRANCAISE"}
WINTER_OFFSET = {
    "METROPOLE": 60,
    "ALSACE_MOSELLE": 60,
    "GUADELOUPE": -240,
    "MARTINIQUE": -240,
    "GUYANE": -180,
    "LA_REUNION": 240,
    "MAYOTTE": 180,
    "SAINT_BARTHELEMY": -240,
    "SAINT_MARTIN": -240,
    "SAINT_PIERRE_ET_MIQUELON": -180,
    "WALLIS_ET_FUTUNA": 720,
    "POLYNESIE_FRANCAISE": -600,
    "NOUVELLE_CALEDONIE": 660,
}
MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def easter(year: int) -> int:
    """Knuth's form of Clavius's computation, by golden number and epact."""
    golden, century = year % 19 + 1, year // 100 + 1
    skipped, corrected = 3 * century // 4 - 12, (8 * century + 5) // 25 - 5
    sunday = 5 * year // 4 - skipped - 10
    epact = (11 * golden + 20 + corrected - skipped) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    full_moon = 44 - epact
    if full_moon < 21:
        full_moon += 30
    return date(year, 3, 1).toordinal() - 1 + full_moon + 7 - (sunday + full_moon) % 7


@cache
def holidays(territory: str, year: int) -> frozenset[int]:
    days = {date(year, *day).toordinal() for day in EVERYWHERE + ELSEWHERE[territory]}
    days |= {easter(year) + shift for shift in AFTER_EASTER}
    if territory in GOOD_FRIDAY:
        days.add(easter(year) - 2)
    if territory == "SAINT_MARTIN":
        days.add(date(year, 5, 28 if year >= 2018 else 27).toordinal())
    if territory == "POLYNESIE_FRANCAISE":
        days.add((date(year, 11, 20) if year >= 2025 else date(year, 6, 29)).toordinal())
    return frozenset(days)


def weekday(day: int) -> int:
    return (day - 1) % 7


def sunday_of(year: int, month: int, rank: int) -> int:
    """The n-th Sunday of a month, or the last one when the rank is 0."""
    sundays = [
        day
        for day in range(
            date(year, month, 1).toordinal(), date(year, month, 1).toordinal() + length(year, month)
        )
        if weekday(day) == 6
    ]
    return sundays[rank - 1]


def length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap and month == 2 else MONTH_LENGTHS[month - 1]


def changes(territory: str, year: int) -> tuple[int, int] | None:
    """UTC minutes at which summer time begins and ends, minutes being counted from day 0."""
    if territory in ("METROPOLE", "ALSACE_MOSELLE"):
        return sunday_of(year, 3, 0) * DAY + 60, sunday_of(year, 10, 0) * DAY + 60
    if territory == "SAINT_PIERRE_ET_MIQUELON":
        return sunday_of(year, 3, 2) * DAY + 5 * 60, sunday_of(year, 11, 1) * DAY + 4 * 60
    return None


def offset(territory: str, minute: int) -> int:
    """Minutes between local time and UTC. The rules of Miquelon hold from 2007."""
    between = changes(territory, date.fromordinal(minute // DAY).year)
    summer = between is not None and between[0] <= minute < between[1]
    return WINTER_OFFSET[territory] + 60 * summer


def instant(minute: int) -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minute - date(2000, 1, 1).toordinal() * DAY)


def minute_of(at: datetime) -> int:
    seconds, rest = divmod((at.astimezone(UTC) - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds(), 60)
    assert rest == 0
    return int(seconds) + date(2000, 1, 1).toordinal() * DAY


@dataclass
class Days:
    """The calendar of a contract, day by day."""

    territory: str
    closed: set[int] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)

    def holiday(self, day: int) -> bool:
        return day in holidays(self.territory, date.fromordinal(day).year)

    def works(self, day: int, week: int = 5) -> bool:
        if day in self.opened:
            return True
        return weekday(day) < week and day not in self.closed and not self.holiday(day)

    def add_working(self, day: int, number: int, week: int = 5, stopped: frozenset[int] = frozenset()) -> int:
        step = 1 if number > 0 else -1
        for _ in range(abs(number)):
            day += step
            while not self.works(day, week) or day in stopped:
                day += step
        return day

    def add_plain(self, day: int, number: int, stopped: frozenset[int] = frozenset()) -> int:
        step = -1 if number < 0 else 1
        for _ in range(abs(number)):
            day += step
            while day in stopped:
                day += step
        while not self.works(day) or day in stopped:
            day += step
        return day

    def add_months(self, day: int, number: int, stopped: frozenset[int] = frozenset()) -> int:
        start = date.fromordinal(day)
        year, month = start.year, start.month
        for _ in range(abs(number)):
            month += 1 if number > 0 else -1
            if month in (0, 13):
                year, month = (year + 1, 1) if month == 13 else (year - 1, 12)
        end = date(year, month, min(start.day, length(year, month))).toordinal()
        return self.add_plain(day, end - day, stopped)

    def between(self, start: int, end: int, week: int = 5) -> int:
        if start <= end:
            return len([day for day in range(start + 1, end + 1) if self.works(day, week)])
        return -len([day for day in range(end, start) if self.works(day, week)])


class Minutes:
    """Some years of a contract, minute by minute: in UTC for opening hours, local for whole days."""

    def __init__(self, days: Days, first_year: int, years: int, windows: list[list[tuple[int, int]]]) -> None:
        first, last = date(first_year, 1, 1).toordinal(), date(first_year + years, 1, 1).toordinal()
        self.territory, self.first = days.territory, first * DAY
        size = (last - first) * DAY
        shift = np.full(size, WINTER_OFFSET[days.territory], dtype=np.int64)
        for year in range(first_year, first_year + years):
            if between := changes(days.territory, year):
                shift[between[0] - self.first : between[1] - self.first] += 60
        by_day = np.zeros((last - first + 4, DAY), dtype=bool)
        works = np.zeros((last - first + 4, DAY), dtype=bool)
        by_default = next(spans for spans in windows if spans)
        for row, day in enumerate(range(first - 2, last + 2)):
            spans = windows[weekday(day)]
            if day in days.opened:
                spans = spans or by_default
            elif day in days.closed or days.holiday(day):
                spans = []
            for opens, closes in spans:
                by_day[row, opens:closes] = True
            works[row, :] = days.works(day)
        self.shift = shift
        self.open = by_day.reshape(-1)[np.arange(size) + shift + 2 * DAY]
        self.works = works.reshape(-1)[2 * DAY : 2 * DAY + size]

    def wall(self, minute: int) -> int:
        return minute + int(self.shift[minute - self.first])

    def walk(
        self,
        counted: NDArray[np.bool_],
        start: int,
        number: int,
        stopped: list[tuple[int, int]] | None = None,
    ) -> int:
        """The first minute at which the number is reached, or the last one when walking back."""
        reach = abs(number) * 12 + 40 * DAY
        reach += sum(until - since for since, until in stopped or [])
        if number >= 0:
            origin = start
            cells = counted[start - self.first : start - self.first + reach].copy()
        else:
            origin = start - reach
            cells = counted[origin - self.first : start - self.first].copy()
        for since, until in stopped or []:
            cells[max(0, since - origin) : max(0, until - origin)] = False
        passed = np.concatenate(([0], np.cumsum(cells)))
        if number >= 0:
            assert passed[-1] >= number, "the oracle looked too near"
            return origin + int(np.argmax(passed >= number))
        assert passed[-1] >= -number, "the oracle looked too near"
        return origin + int(np.flatnonzero(passed <= passed[-1] + number)[-1])

    def counted_between(self, counted: NDArray[np.bool_], start: int, end: int) -> int:
        if end < start:
            return -self.counted_between(counted, end, start)
        return int(np.count_nonzero(counted[start - self.first : end - self.first]))

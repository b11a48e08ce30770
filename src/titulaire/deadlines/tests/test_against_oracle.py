"""A hundred thousand generated delays, each computed twice: by the rules, by the oracle that walks them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

import pytest

from titulaire.deadlines.calendars import Calendar, Counting
from titulaire.deadlines.clocks import (
    CalendarDays,
    Clock,
    ElapsedHours,
    Months,
    Suspension,
    WorkingDays,
    WorkingHours,
)
from titulaire.deadlines.days import add_calendar_days, add_months, add_working_days, working_days_between
from titulaire.deadlines.holidays import FIRST_YEAR, LAST_YEAR, Territory, public_holidays
from titulaire.deadlines.hours import READINGS
from titulaire.deadlines.opening import OpeningHours, Window
from titulaire.deadlines.tests import oracle
from titulaire.deadlines.tests.oracle import DAY, Days, Minutes

SEED = int(os.environ.get("TITULAIRE_ORACLE_SEED", "20270428"))
DAY_CASES, CLOCK_CASES, HOUR_CASES = 4_000, 1_000, 900
PATTERNS: list[list[list[tuple[int, int]]]] = [
    [[(510, 750), (810, 1050)]] * 5 + [[], []],
    [[(510, 1050)]] * 6 + [[]],
    [[(0, 1440)]] * 7,
    [[(0, 360), (1320, 1440)]] * 7,
    [[(540, 720)], [(480, 1080)], [], [(60, 90), (1380, 1440)], [(0, 480)], [(600, 601)], []],
]


def test_a_hundred_thousand_cases_are_generated() -> None:
    assert len(Territory) * (DAY_CASES + CLOCK_CASES + HOUR_CASES * 3) >= 100_000


@pytest.mark.parametrize("territory", Territory)
def test_every_holiday_of_every_year_is_the_oracle_s(territory: Territory) -> None:
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        if territory is Territory.POLYNESIE_FRANCAISE and year < 1985:
            continue  # the holiday of 29 June was created in 1985
        days = {day.toordinal() for day in public_holidays(territory, year)}
        assert days == oracle.holidays(territory, year), year


@pytest.mark.parametrize("territory", Territory)
def test_delays_in_days_and_months_are_those_of_the_day_walker(territory: Territory) -> None:
    random = Random(f"{SEED} days {territory}")
    seen: Counter[str] = Counter()
    for case in range(DAY_CASES):
        if case % 100 == 0:
            days, calendar = _calendar(random, territory, 1990, 2150)
        start = _a_day(random, 1990, 2150)
        number, week = (
            random.choice((random.randint(-12, 12), random.randint(-300, 300))),
            random.choice((5, 6)),
        )
        counting = Counting.OUVRES if week == 5 else Counting.OUVRABLES
        on, where = date.fromordinal(start), f"seed {SEED}, {territory} case {case}: {calendar}"
        match operation := random.choice(("working", "working", "between", "plain", "months")):
            case "working":
                ours: object = add_working_days(on, number, calendar, counting)
                theirs: object = date.fromordinal(days.add_working(start, number, week))
            case "between":
                end = start + number
                ours = working_days_between(on, date.fromordinal(end), calendar, counting)
                theirs = days.between(start, end, week)
            case "plain":
                ours = add_calendar_days(on, number, calendar)
                theirs = date.fromordinal(days.add_plain(start, number))
            case _:
                number = random.randint(-30, 30)
                ours = add_months(on, number, calendar)
                theirs = date.fromordinal(days.add_months(start, number))
        seen[operation] += 1
        assert ours == theirs, f"{operation} {number} ({counting}) from {on}; {where}"
    assert min(seen.values()) > DAY_CASES / 10


@pytest.mark.parametrize("territory", Territory)
def test_clocks_with_suspensions_end_where_the_day_walker_says(territory: Territory) -> None:
    random = Random(f"{SEED} clocks {territory}")
    for case in range(CLOCK_CASES):
        if case % 50 == 0:
            days, calendar = _calendar(random, territory, 2008, 2036)
        fact = _a_minute(random, territory, 2008, 2036)
        spans = list(_suspensions(random, fact, reach=40 * DAY))
        stopped = frozenset(
            day
            for since, until in spans
            for day in range(_local_day(territory, since) + 1, _local_day(territory, until) + 1)
        )
        number, start = random.randint(0, 40), _local_day(territory, fact)
        rule = random.choice((WorkingDays(number), CalendarDays(number), Months(number % 4)))
        match rule:
            case WorkingDays():
                last = days.add_working(start, number, 5, stopped)
            case CalendarDays():
                last = days.add_plain(start, number, stopped)
            case _:
                last = days.add_months(start, number % 4, stopped)
        suspensions = tuple(
            Suspension(oracle.instant(since), oracle.instant(until)) for since, until in spans
        )
        due_at = Clock(oracle.instant(fact), rule, calendar, suspensions).due_at
        assert due_at is not None
        minute = oracle.minute_of(due_at)
        where = f"seed {SEED}, case {case}: {rule} from {oracle.instant(fact)} {suspensions} {calendar}"
        assert minute + oracle.offset(territory, minute) == (last + 1) * DAY, where
        assert due_at.time() == time(0), where


@pytest.mark.parametrize("territory", Territory)
def test_delays_in_hours_are_those_of_the_minute_walker(territory: Territory) -> None:
    random = Random(f"{SEED} hours {territory}")
    for index, pattern in enumerate(PATTERNS):
        first_year = random.choice((2010, 2026, 2027, 2034))
        # Sundays of the change of hour opened by exception: real hours differ there from those on the wall.
        change_days = [
            minute // DAY
            for year in range(first_year, first_year + 3)
            for minute in oracle.changes(territory, year) or ()
        ]
        days, calendar = _calendar(
            random,
            territory,
            first_year,
            first_year + 2,
            change_days if index % 2 else [],
            pattern,
            change_days,
        )
        minutes = Minutes(days, first_year, 3, pattern)
        for case in range(HOUR_CASES * 3 // len(PATTERNS)):
            start = _a_minute(random, territory, first_year + 1, first_year + 1)
            code = "OPENING" if index % 2 else random.choice(("DAYS", "OPENING"))
            number = random.choice((60 * random.randint(-72, 72), random.randint(-3000, 3000)))
            operation = random.choice(("add", "add", "between", "clock"))
            where = (
                f"seed {SEED}, {territory} pattern {index} case {case}, {operation} {code} {number} minutes"
            )
            where += f" from {oracle.instant(start)} {calendar}"
            reading, at = READINGS[code], oracle.instant(start)
            axis = minutes.works if code == "DAYS" else minutes.open
            origin = minutes.wall(start) if code == "DAYS" else start
            if operation == "between":
                end = start + number * 7
                ours = reading.between(at, oracle.instant(end), calendar)
                last = minutes.wall(end) if code == "DAYS" else end
                assert ours == timedelta(minutes=minutes.counted_between(axis, origin, last)), where
                continue
            if operation == "add":
                answer = reading.add(at, timedelta(minutes=number), calendar, ())
                expected = minutes.walk(axis, origin, number)
            else:
                number = random.choice((1, 4, 24, 24, 48))
                plain = random.random() < 0.2
                rule = ElapsedHours(number) if plain else WorkingHours(number, code)
                spans = list(_suspensions(random, start, reach=8 * DAY))
                suspensions = tuple(
                    Suspension(oracle.instant(since), oracle.instant(until)) for since, until in spans
                )
                due_at = Clock(at, rule, calendar, suspensions).due_at
                assert due_at is not None
                answer = due_at
                if plain:
                    axis, origin, code = minutes.open | True, start, "OPENING"
                if code == "DAYS":
                    spans = [(minutes.wall(since), minutes.wall(until)) for since, until in spans]
                expected = minutes.walk(axis, origin, number * 60, spans)
                where += f" {rule} {suspensions}"
            if code == "DAYS":
                wall = answer.replace(tzinfo=None) - datetime(2000, 1, 1)
                answered = int(wall.total_seconds()) // 60 + date(2000, 1, 1).toordinal() * DAY
            else:
                answered = oracle.minute_of(answer)
            assert answered == expected, where


def _calendar(
    random: Random,
    territory: Territory,
    first_year: int,
    last_year: int,
    also_open: list[int] | None = None,
    pattern: list[list[tuple[int, int]]] | None = None,
    never_open: list[int] | None = None,
) -> tuple[Days, Calendar]:
    """The same calendar twice, with days closed and opened by the contract."""
    span = range(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal())
    closed = {random.choice(span) for _ in range(random.choice((0, 3, 60)))}
    opened = {random.choice(span) for _ in range(random.choice((0, 3, 60)))}
    opened = (opened - set(never_open or [])) | set(also_open or [])
    closed -= opened
    opening = None
    if pattern:
        opening = OpeningHours(tuple(tuple(_window(*window) for window in windows) for windows in pattern))
    calendar = Calendar(
        territory, frozenset(map(date.fromordinal, closed)), frozenset(map(date.fromordinal, opened)), opening
    )
    return Days(territory.value, closed, opened), calendar


def _window(opens: int, closes: int) -> Window:
    return Window(time(opens // 60, opens % 60), time(closes // 60 % 24, closes % 60))


def _a_day(random: Random, first_year: int, last_year: int) -> int:
    """Any day, but half of the time one near which calendars go wrong."""
    year = random.randint(first_year, last_year)
    if random.random() < 0.5:
        return random.randint(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())
    edges = [date(year, month, oracle.length(year, month)).toordinal() for month in (1, 2, 4, 12)]
    edges += [oracle.sunday_of(year, 3, 0), oracle.sunday_of(year, 10, 0), oracle.sunday_of(year, 3, 2)]
    edges += [oracle.sunday_of(year, 11, 1), oracle.easter(year), oracle.easter(year) + 39]
    return random.choice(edges) + random.randint(-2, 2)


def _a_minute(random: Random, territory: str, first_year: int, last_year: int) -> int:
    """Any minute of such a day, often a round one."""
    minute = random.choice((random.randrange(DAY), random.randrange(24) * 60, 0))
    local = _a_day(random, first_year, last_year) * DAY + minute
    return local - oracle.WINTER_OFFSET[territory]


def _local_day(territory: str, minute: int) -> int:
    return (minute + oracle.offset(territory, minute)) // DAY


def _suspensions(random: Random, start: int, *, reach: int) -> Iterator[tuple[int, int]]:
    """None to three, anywhere around the delay, overlapping at times."""
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        since = start + random.randint(-reach // 8, reach)
        yield since, since + random.choice((random.randrange(300), random.randrange(reach // 2)))

"""Delays in days and months: the golden dates first, then the day before, the day, the day after."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.deadlines.calendars import Calendar, Closure, Counting, NotADay, OpenAndClosed, Reason
from titulaire.deadlines.days import (
    add_calendar_days,
    add_months,
    add_working_days,
    next_working_day,
    previous_working_day,
    same_date,
    uncounted_days,
    working_days_between,
)
from titulaire.deadlines.holidays import Territory, YearOutsideTable

METROPOLE = Calendar()
days = st.dates(date(1990, 1, 1), date(2150, 1, 1))
calendars = st.builds(
    Calendar,
    st.sampled_from(Territory),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=30),
    st.frozensets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=30),
)


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2027-04-28", 10, "2027-05-13"),  # over the Ascension
        ("2027-04-27", 10, "2027-05-12"),
        ("2027-04-29", 10, "2027-05-14"),
        ("2026-12-23", 3, "2026-12-29"),  # over Christmas
        ("2026-12-24", 3, "2026-12-30"),
        ("2026-12-25", 3, "2026-12-30"),
        ("2027-05-13", -10, "2027-04-28"),
        ("2027-05-01", 0, "2027-05-01"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2027-12-31", 1, "2028-01-03"),
    ],
)
def test_working_days_start_the_day_after_the_fact(start: str, number: int, end: str) -> None:
    assert add_working_days(on(start), number, METROPOLE) == on(end)


def test_jours_ouvrables_include_saturdays_but_not_holidays() -> None:
    assert add_working_days(on("2027-04-23"), 1, METROPOLE, Counting.OUVRABLES) == on("2027-04-24")
    assert add_working_days(on("2027-04-30"), 1, METROPOLE, Counting.OUVRABLES) == on("2027-05-03")


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2027-04-27", 10, "2027-05-07"),  # Friday: stays
        ("2027-04-28", 10, "2027-05-10"),  # Saturday and holiday: Monday
        ("2027-04-29", 10, "2027-05-10"),  # Sunday
        ("2027-04-30", 10, "2027-05-10"),  # Monday: stays
        ("2027-05-07", 10, "2027-05-18"),  # Whit Monday: Tuesday
        ("2027-05-19", -10, "2027-05-07"),  # counting back, a Sunday moves back
        ("2026-12-15", 10, "2026-12-28"),  # Friday holiday: Monday, not the jour ouvrable Saturday
    ],
)
def test_calendar_days_all_count_but_the_end_moves_to_a_working_day(
    start: str, number: int, end: str
) -> None:
    assert add_calendar_days(on(start), number, METROPOLE) == on(end)


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2027-01-15", 1, "2027-02-15"),
        ("2028-01-30", 1, "2028-02-29"),  # leap year, no 30 February
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-31", 2, "2027-03-01"),  # 28 February 2027 is a Sunday
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2027-03-31", -1, "2027-02-26"),  # 28 February is a Sunday, counting back
        ("2027-07-31", 1, "2027-08-31"),
    ],
)
def test_months_go_date_by_date(start: str, number: int, end: str) -> None:
    assert add_months(on(start), number, METROPOLE) == on(end)


def test_the_same_date_crosses_years_both_ways() -> None:
    assert same_date(on("2027-12-31"), 2) == on("2028-02-29")
    assert same_date(on("2028-02-29"), -12) == on("2027-02-28")


def test_the_contract_closes_and_opens_days_over_the_public_holidays() -> None:
    bridge, ascension = on("2027-05-07"), on("2027-05-06")
    assert add_working_days(on("2027-05-05"), 1, Calendar(extra_closed=frozenset({bridge}))) == on(
        "2027-05-10"
    )
    assert add_working_days(on("2027-05-05"), 1, Calendar(extra_open=frozenset({ascension}))) == ascension


def test_a_day_both_open_and_closed_is_refused() -> None:
    day = frozenset({on("2027-05-07")})
    with pytest.raises(OpenAndClosed) as refusal:
        Calendar(extra_closed=day, extra_open=day)
    assert refusal.value.days == day


def test_each_day_passed_over_has_its_reason() -> None:
    calendar = Calendar(extra_closed=frozenset({on("2027-05-07")}))
    assert uncounted_days(on("2027-05-05"), on("2027-05-10"), calendar) == [
        (on("2027-05-06"), Closure(Reason.HOLIDAY, "Ascension")),
        (on("2027-05-07"), Closure(Reason.CLOSED_BY_CONTRACT)),
        (on("2027-05-08"), Closure(Reason.HOLIDAY, "Victoire de 1945")),
        (on("2027-05-09"), Closure(Reason.WEEKEND)),
    ]


def test_a_fixed_date_on_a_saturday_is_prepared_the_working_day_before() -> None:
    # Good Friday, 14 April 2028, is worked in métropole and not in Alsace-Moselle.
    assert previous_working_day(on("2028-04-15"), METROPOLE) == on("2028-04-14")
    assert previous_working_day(on("2028-04-15"), Calendar(Territory.ALSACE_MOSELLE)) == on("2028-04-13")
    assert next_working_day(on("2028-04-15"), METROPOLE) == on("2028-04-18")


def test_a_datetime_is_not_a_day() -> None:
    instant = datetime(2027, 4, 28, tzinfo=UTC)
    for refuse in (add_working_days, add_calendar_days, add_months):
        with pytest.raises(NotADay):
            refuse(instant, 10, METROPOLE)
    with pytest.raises(NotADay):
        working_days_between(on("2027-04-28"), instant, METROPOLE)


def test_a_delay_out_of_the_known_years_is_refused() -> None:
    with pytest.raises(YearOutsideTable) as refusal:
        add_working_days(on("2199-12-31"), 1, METROPOLE)
    assert refusal.value.year == 2200


@given(calendars, days, st.integers(0, 300), st.integers(0, 300), st.sampled_from(Counting))
def test_two_delays_end_to_end_are_one(
    calendar: Calendar, start: date, first: int, second: int, counting: Counting
) -> None:
    for sign in (1, -1):
        halfway = add_working_days(start, sign * first, calendar, counting)
        whole = add_working_days(start, sign * (first + second), calendar, counting)
        assert add_working_days(halfway, sign * second, calendar, counting) == whole


@given(calendars, days, st.integers(-300, 300), st.sampled_from(Counting))
def test_what_was_added_is_what_lies_between(
    calendar: Calendar, start: date, number: int, counting: Counting
) -> None:
    end = add_working_days(start, number, calendar, counting)
    assert working_days_between(start, end, calendar, counting) == number


@given(calendars, days, st.integers(0, 60))
def test_no_delay_ends_on_a_day_that_is_not_worked(calendar: Calendar, start: date, number: int) -> None:
    for add in (add_calendar_days, add_months):
        end = add(start, number, calendar)
        assert calendar.counts(end)
        assert end >= start

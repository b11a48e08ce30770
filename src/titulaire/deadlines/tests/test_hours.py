"""Delays in hours: the two readings of « heures ouvrées » on the same facts, and the changes of hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.deadlines.calendars import Calendar, NaiveInstant, NoOpeningHours
from titulaire.deadlines.holidays import Territory
from titulaire.deadlines.hours import (
    READINGS,
    add_elapsed_time,
    add_open_time,
    add_whole_days_time,
    open_time_between,
    whole_days_time_between,
)
from titulaire.deadlines.opening import BadOpeningHours, OpeningHours, Window

OFFICE = Calendar(opening=OpeningHours.weekly("08:30-12:30", "13:30-17:30"))
ALWAYS = Calendar(opening=OpeningHours.weekly("00:00-24:00", weekdays=range(7)))
HOUR = timedelta(hours=1)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))
durations = st.timedeltas(timedelta(0), timedelta(hours=200))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE.zone)


@pytest.mark.parametrize(
    ("start", "hours", "by_days", "by_opening"),
    [
        ("2027-04-30T16:00", 24, "2027-05-03T16:00", "2027-05-05T16:00"),
        ("2027-04-30T16:00", 48, "2027-05-04T16:00", "2027-05-11T16:00"),
        ("2027-04-30T17:30", 24, "2027-05-03T17:30", "2027-05-05T17:30"),
        ("2027-05-01T10:00", 24, "2027-05-04T00:00", "2027-05-05T17:30"),  # a Saturday: from Monday 0 h
        ("2027-05-05T10:00", 24, "2027-05-07T10:00", "2027-05-11T10:00"),  # over the Ascension
        ("2027-04-28T12:30", 1, "2027-04-28T13:30", "2027-04-28T14:30"),
        ("2027-05-03T16:00", -24, "2027-04-30T16:00", "2027-04-28T16:00"),
    ],
)
def test_both_readings_of_heures_ouvrees(start: str, hours: int, by_days: str, by_opening: str) -> None:
    ends = {code: reading.add(paris(start), hours * HOUR, OFFICE, ()) for code, reading in READINGS.items()}
    assert ends == {"DAYS": paris(by_days), "OPENING": paris(by_opening)}


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2027-03-27T18:00", 24, "2027-03-28T19:00"),  # clocks go forward
        ("2027-10-30T18:00", 24, "2027-10-31T17:00"),  # clocks go back
        ("2028-02-28T18:00", 24, "2028-02-29T18:00"),
    ],
)
def test_a_service_open_day_and_night_counts_real_hours(start: str, hours: int, end: str) -> None:
    assert add_open_time(paris(start), hours * HOUR, ALWAYS) == paris(end)
    assert open_time_between(paris(start), paris(end), ALWAYS) == hours * HOUR
    assert add_elapsed_time(paris(start), hours * HOUR, ALWAYS) == paris(end)


@pytest.mark.parametrize("start", ["2027-03-28T01:00", "2027-10-31T01:00"])
def test_real_hours_are_counted_inside_one_window_that_the_clocks_cut(start: str) -> None:
    for add in (add_open_time, add_elapsed_time):
        end = add(paris(start), 4 * HOUR, ALWAYS)
        assert end.astimezone(UTC) - paris(start).astimezone(UTC) == 4 * HOUR


def test_windows_may_touch() -> None:
    touching = Calendar(opening=OpeningHours.weekly("08:00-12:00", "12:00-16:00"))
    assert add_open_time(paris("2027-04-28T11:00"), 2 * HOUR, touching) == paris("2027-04-28T13:00")


def test_a_whole_working_day_keeps_the_clock_time_when_the_clocks_change() -> None:
    for friday, sunday in (("2027-03-26", "2027-03-28"), ("2027-10-29", "2027-10-31")):
        sunday_worked = Calendar(extra_open=frozenset({date.fromisoformat(sunday)}))
        end = add_whole_days_time(paris(f"{friday}T18:00"), 24 * HOUR, sunday_worked)
        assert end == paris(f"{sunday}T18:00")


def test_a_day_opened_by_exception_takes_the_hours_of_the_first_open_weekday() -> None:
    saturday_worked = Calendar(opening=OFFICE.opening, extra_open=frozenset({date(2027, 4, 24)}))
    assert add_open_time(paris("2027-04-23T17:30"), HOUR, saturday_worked) == paris("2027-04-24T09:30")


def test_each_territory_counts_on_its_own_clocks() -> None:
    tahiti = Calendar(Territory.POLYNESIE_FRANCAISE, opening=OFFICE.opening)
    # Friday 23 April, 16:30 in Papeete, is already Saturday in Paris.
    start = datetime(2027, 4, 24, 2, 30, tzinfo=UTC)
    assert add_open_time(start, 2 * HOUR, tahiti).isoformat() == "2027-04-26T09:30:00-10:00"
    assert add_open_time(start, 2 * HOUR, OFFICE).isoformat() == "2027-04-26T10:30:00+02:00"


def test_naive_instants_are_refused_everywhere() -> None:
    naive, aware = datetime(2027, 4, 30, 16), paris("2027-04-30T16:00")
    for reading in READINGS.values():
        for duration in (timedelta(0), HOUR, -HOUR):
            with pytest.raises(NaiveInstant):
                reading.add(naive, duration, OFFICE, ())
        with pytest.raises(NaiveInstant):
            reading.add(aware, HOUR, OFFICE, [(naive, naive)])
        for start, end in ((naive, aware), (aware, naive), (naive, naive)):
            with pytest.raises(NaiveInstant):
                reading.between(start, end, OFFICE)
    with pytest.raises(NaiveInstant):
        add_elapsed_time(naive, HOUR, OFFICE)


def test_hours_cannot_be_counted_without_opening_hours() -> None:
    with pytest.raises(NoOpeningHours):
        add_open_time(paris("2027-04-30T16:00"), HOUR, Calendar())


@pytest.mark.parametrize("text", ["12:30-08:30", "08:30-08:30", "08:30", "24:00-08:00", "8h30-12h30", ""])
def test_a_window_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadOpeningHours):
        Window.read(text)


@pytest.mark.parametrize(
    "windows",
    [["13:30-17:30", "08:30-12:30"], ["08:30-12:30", "12:00-14:00"], ["08:00-24:00", "09:00-10:00"], []],
)
def test_windows_out_of_order_or_absent_are_refused(windows: list[str]) -> None:
    with pytest.raises(BadOpeningHours):
        OpeningHours.weekly(*windows)


def test_a_window_reads_as_it_is_written() -> None:
    assert str(Window.read("22:00-24:00")) == "22:00-24:00"
    assert Window.read(" 08:30-12:30") == Window(time(8, 30), time(12, 30))


@given(instants, durations, durations, st.sampled_from([OFFICE, ALWAYS]))
def test_two_open_times_end_to_end_are_one(
    start: datetime, first: timedelta, second: timedelta, calendar: Calendar
) -> None:
    for sign in (1, -1):
        for add in (add_open_time, add_whole_days_time):
            halfway = add(start, sign * first, calendar)
            assert add(halfway, sign * second, calendar) == add(start, sign * (first + second), calendar)


@given(
    instants, st.timedeltas(timedelta(hours=-200), timedelta(hours=200)), st.sampled_from([OFFICE, ALWAYS])
)
def test_the_open_time_added_is_what_lies_between(
    start: datetime, duration: timedelta, calendar: Calendar
) -> None:
    assert open_time_between(start, add_open_time(start, duration, calendar), calendar) == duration
    assert (
        whole_days_time_between(start, add_whole_days_time(start, duration, calendar), calendar) == duration
    )

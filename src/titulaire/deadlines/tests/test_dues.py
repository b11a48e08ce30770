"""Where a date stands: the day before, the day, the day after; kept in time or late; silence."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import CalendarDays, WorkingDays
from titulaire.deadlines.dues import Counted, Due, DueState, When, Who

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar()
DAY = date(2026, 3, 10)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


def due(**wishes: object) -> Due:
    return Due(key="k", label="Livrer", who=Who.CONTRACTOR, due_on=DAY, **wishes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "state", "when"),
    [
        (at(2), DueState.OPEN, When.LATER),
        (at(3, 0), DueState.OPEN, When.LATER),
        (at(4, 0), DueState.OPEN, When.WEEK),
        (at(9, 23, 59), DueState.OPEN, When.WEEK),
        (at(10, 0), DueState.OPEN, When.TODAY),
        (at(10, 23, 59), DueState.OPEN, When.TODAY),
        (at(11, 0), DueState.LATE, When.LATE),
    ],
)
def test_a_day_is_late_from_the_midnight_that_ends_it(now: datetime, state: DueState, when: When) -> None:
    assert (due().state(now, CALENDAR), due().when(now, CALENDAR)) == (state, when)


@pytest.mark.parametrize(
    ("done_on", "state"),
    [(date(2026, 3, 9), DueState.DONE), (DAY, DueState.DONE), (date(2026, 3, 11), DueState.DONE_LATE)],
)
def test_kept_late_is_told_apart_from_kept(done_on: date, state: DueState) -> None:
    assert due(done_on=done_on).state(at(20), CALENDAR) is state
    assert due(done_on=done_on).when(at(20), CALENDAR) is When.OVER


@pytest.mark.parametrize(
    ("done_at", "now", "state"),
    [
        (None, at(10, 10, 59), DueState.OPEN),
        (None, at(10, 11), DueState.LATE),
        (at(10, 10, 59), at(10, 12), DueState.DONE),
        (at(10, 11), at(10, 12), DueState.DONE_LATE),
    ],
)
def test_where_hours_count_the_instant_decides(
    done_at: datetime | None, now: datetime, state: DueState
) -> None:
    one = due(due_at=at(10, 11), done_at=done_at, done_on=done_at.date() if done_at else None)
    assert one.state(now, CALENDAR) is state


@pytest.mark.parametrize(
    ("done_at", "now", "state"),
    [
        (None, at(10, 10), DueState.OPEN),
        (None, at(10, 11), DueState.DEEMED),
        (at(10, 9), at(20), DueState.DONE),
        (at(12, 9), at(20), DueState.DEEMED),
    ],
)
def test_silence_takes_effect_and_a_late_answer_does_not_undo_it(
    done_at: datetime | None, now: datetime, state: DueState
) -> None:
    one = due(due_at=at(10, 11), silence=True, done_at=done_at, done_on=done_at.date() if done_at else None)
    assert one.state(now, CALENDAR) is state


def test_a_date_to_know_is_never_late() -> None:
    one = due(binding=False)
    assert one.state(at(20), CALENDAR) is DueState.FACT
    assert one.when(at(20), CALENDAR) is When.OVER and one.when(at(10), CALENDAR) is When.TODAY


def test_a_counted_date_tells_the_days_passed_over() -> None:
    counted = Counted("Accusé", datetime(2026, 4, 30, 9, tzinfo=PARIS), WorkingDays(2), CALENDAR)
    assert [day.day for day, _ in counted.passed_over(date(2026, 5, 5))] == [1, 2, 3]
    assert Counted("Avis", at(1), CalendarDays(10), CALENDAR).passed_over(DAY) == []

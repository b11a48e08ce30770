"""When a complaint is due, when it is solved, how long it took."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import State
from titulaire.vouchers.complaints.rules import (
    ComplaintTerms,
    Round,
    Step,
    StepKind,
    clock,
    resolution_days,
    rounds,
)

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar()
TERMS = ComplaintTerms(3, "NEXT_DAY", "SOLUTION_GIVEN")


def at(day: int, hour: int = 10, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=PARIS)


@pytest.mark.clause("T-2.1.2-reclamations")
@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        (at(23), date(2026, 12, 29)),  # Christmas and a weekend between
        (at(21), date(2026, 12, 24)),
        (at(25), date(2026, 12, 30)),  # received on a holiday
        (at(18, 23), date(2026, 12, 23)),
    ],
)
def test_three_working_days_from_the_morrow(received: datetime, last_day: date) -> None:
    due_at = clock(Round(received, None), TERMS, CALENDAR).due_at
    assert due_at is not None and (due_at.date() - last_day).days == 1


@pytest.mark.clause("T-2.1.2-reclamations")
@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(23, 23), State.RUNNING),
        (at(28, 23), State.RUNNING),
        (at(29, 0), State.AMBER),  # the last day
        (at(29, 23), State.AMBER),
        (at(30, 0), State.LATE),
    ],
)
def test_it_warns_on_the_last_day_and_is_late_the_day_after(now: datetime, state: State) -> None:
    assert clock(Round(at(23), None), TERMS, CALENDAR).state(now) is state


def test_under_the_other_reading_the_day_of_the_complaint_counts() -> None:
    terms = ComplaintTerms(3, "SAME_DAY", "SOLUTION_GIVEN")
    due_at = clock(Round(at(21), None), terms, CALENDAR).due_at
    assert due_at == datetime(2026, 12, 24, tzinfo=PARIS)


ANSWERED = (Step(StepKind.OPENED, at(1)), Step(StepKind.ANSWERED, at(2), awaits_vouchers=True))


@pytest.mark.clause("T-2.1.2-reclamations")
def test_the_solution_ends_the_delay_even_when_vouchers_follow() -> None:
    assert rounds(ANSWERED, complaint_end="SOLUTION_GIVEN") == (Round(at(1), at(2)),)


def test_under_the_other_reading_only_the_vouchers_end_it() -> None:
    assert rounds(ANSWERED, complaint_end="VOUCHERS_DELIVERED") == (Round(at(1), None),)
    delivered = (*ANSWERED, Step(StepKind.DELIVERED, at(4)))
    assert rounds(delivered, complaint_end="VOUCHERS_DELIVERED") == (Round(at(1), at(4)),)
    plain = (Step(StepKind.OPENED, at(1)), Step(StepKind.ANSWERED, at(2)))
    assert rounds(plain, complaint_end="VOUCHERS_DELIVERED") == (Round(at(1), at(2)),)


def test_a_reopening_starts_another_round_and_both_count() -> None:
    steps = (
        Step(StepKind.OPENED, at(1)),
        Step(StepKind.ANSWERED, at(2)),
        Step(StepKind.CLOSED, at(2, 11)),
        Step(StepKind.REOPENED, at(7)),
    )
    found = rounds(steps, complaint_end="SOLUTION_GIVEN")
    assert found == (Round(at(1), at(2)), Round(at(7), None))
    assert resolution_days(found, CALENDAR) is None
    solved = rounds((*steps, Step(StepKind.ANSWERED, at(9))), complaint_end="SOLUTION_GIVEN")
    assert resolution_days(solved, CALENDAR) == 1 + 2

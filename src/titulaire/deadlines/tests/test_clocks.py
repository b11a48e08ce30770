"""A running delay: its states before, at and after its end; suspensions; silence. Everything from facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from titulaire.deadlines.calendars import Calendar, NaiveInstant
from titulaire.deadlines.clocks import (
    CalendarDays,
    CannotBeSuspended,
    Clock,
    Delay,
    ElapsedHours,
    EndsBeforeItStarts,
    FixedDate,
    Months,
    State,
    Suspension,
    UnknownReading,
    WorkingDays,
    WorkingHours,
)
from titulaire.deadlines.opening import OpeningHours

OFFICE = Calendar(opening=OpeningHours.weekly("08:30-12:30", "13:30-17:30"))
SECOND = timedelta(seconds=1)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE.zone)


TEN_DAYS = Clock(paris("2027-04-28T09:00"), WorkingDays(10), OFFICE)
DUE_AT = paris("2027-05-14T00:00")


@pytest.mark.parametrize(
    ("rule", "due_at"),
    [
        (WorkingDays(10), "2027-05-14T00:00"),
        (WorkingDays(-10), "2027-04-15T00:00"),
        (CalendarDays(10), "2027-05-11T00:00"),
        (Months(1), "2027-05-29T00:00"),
        (WorkingHours(24, "DAYS"), "2027-04-29T09:00"),
        (WorkingHours(24, "OPENING"), "2027-05-03T09:00"),
        (ElapsedHours(48), "2027-04-30T09:00"),
        (FixedDate(date(2027, 5, 1)), "2027-05-02T00:00"),
    ],
)
def test_each_kind_of_delay_has_a_first_instant_that_is_too_late(rule: Delay, due_at: str) -> None:
    assert replace(TEN_DAYS, rule=rule).due_at == paris(due_at)


def test_a_fact_late_in_the_evening_counts_from_its_local_day() -> None:
    # 22:30 in UTC on the 27th is 0:30 on the 28th in Paris.
    assert replace(TEN_DAYS, fact_at=datetime(2027, 4, 27, 22, 30, tzinfo=UTC)).due_at == DUE_AT


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (paris("2027-04-28T09:00"), State.RUNNING),
        (paris("2027-05-12T00:00") - SECOND, State.RUNNING),
        (paris("2027-05-12T00:00"), State.AMBER),
        (DUE_AT - SECOND, State.AMBER),
        (DUE_AT, State.LATE),
        (DUE_AT + SECOND, State.LATE),
    ],
)
def test_a_delay_runs_warns_and_is_late(at: datetime, state: State) -> None:
    assert replace(TEN_DAYS, amber_after=WorkingDays(8)).state(at) == state


def test_the_hour_that_comes_twice_is_not_confused_with_itself() -> None:
    first, second = (paris("2027-10-31T02:30").replace(fold=fold) for fold in (0, 1))
    clock = Clock(second - timedelta(days=1), ElapsedHours(25), OFFICE, met_at=first + timedelta(minutes=15))
    assert clock.due_at == second.astimezone(UTC).astimezone(OFFICE.zone)
    assert clock.met_in_time
    late = replace(clock, met_at=None)
    assert late.state(first + timedelta(minutes=15)) == State.RUNNING
    assert late.state(second) == State.LATE


def test_a_delay_without_warning_runs_to_its_end() -> None:
    assert TEN_DAYS.state(DUE_AT - SECOND) == State.RUNNING


@pytest.mark.parametrize(
    ("met_at", "in_time"), [(DUE_AT - SECOND, True), (DUE_AT, False), (DUE_AT + timedelta(days=5), False)]
)
def test_what_was_awaited_came_in_time_or_not(met_at: datetime, in_time: bool) -> None:
    clock = replace(TEN_DAYS, met_at=met_at)
    assert clock.met_in_time is in_time
    assert clock.state(met_at) == State.MET
    assert clock.state(met_at - SECOND) == (State.RUNNING if in_time or met_at == DUE_AT else State.LATE)
    assert TEN_DAYS.met_in_time is None


@pytest.mark.parametrize(
    ("answered_at", "deemed_at"),
    [(None, DUE_AT), (DUE_AT - SECOND, None), (DUE_AT, DUE_AT), (DUE_AT + SECOND, DUE_AT)],
)
def test_silence_takes_effect_at_the_end_unless_an_answer_came_before(
    answered_at: datetime | None, deemed_at: datetime | None
) -> None:
    clock = replace(TEN_DAYS, silence_is_acceptance=True, met_at=answered_at)
    assert clock.deemed_at == deemed_at
    assert clock.state(DUE_AT + SECOND) == (State.MET if deemed_at is None else State.DEEMED)
    assert clock.state(DUE_AT - SECOND) == (State.MET if deemed_at is None else State.RUNNING)


def test_silence_is_worth_nothing_unless_the_contract_says_so() -> None:
    assert TEN_DAYS.deemed_at is None
    assert TEN_DAYS.state(DUE_AT) == State.LATE


def test_a_worker_off_for_five_days_finds_the_same_effect_at_the_same_instant() -> None:
    clock = replace(TEN_DAYS, silence_is_acceptance=True)
    assert {clock.as_known(DUE_AT + timedelta(days=late)).deemed_at for late in range(6)} == {DUE_AT}


@pytest.mark.parametrize(
    ("rule", "since", "until", "due_at"),
    [
        # Suspended on Friday 30 April, lifted on Tuesday 4 May: Monday and Tuesday are not counted.
        (WorkingDays(10), "2027-04-30T11:00", "2027-05-04T11:00", "2027-05-19T00:00"),
        (WorkingDays(10), "2027-04-30T11:00", "2027-04-30T15:00", "2027-05-14T00:00"),  # no day taken
        (WorkingDays(10), "2027-04-20T11:00", "2027-04-29T11:00", "2027-05-15T00:00"),  # before the fact
        (WorkingDays(10), "2027-05-13T23:59", "2027-06-01T11:00", "2027-05-14T00:00"),  # after the last day
        (WorkingDays(10), "2027-05-12T23:59", "2027-06-01T11:00", "2027-06-03T00:00"),  # before it
        (CalendarDays(10), "2027-04-30T11:00", "2027-05-04T11:00", "2027-05-13T00:00"),
        (Months(1), "2027-04-30T11:00", "2027-05-04T11:00", "2027-06-02T00:00"),
        (WorkingHours(24, "DAYS"), "2027-04-28T10:00", "2027-04-28T15:00", "2027-04-29T14:00"),
        (WorkingHours(8, "OPENING"), "2027-04-28T12:00", "2027-04-28T14:00", "2027-04-29T10:00"),
        (ElapsedHours(48), "2027-04-29T12:00", "2027-05-03T12:00", "2027-05-04T09:00"),
    ],
)
def test_a_suspension_pushes_the_end(rule: Delay, since: str, until: str, due_at: str) -> None:
    suspension = Suspension(paris(since), paris(until))
    assert replace(TEN_DAYS, rule=rule, suspensions=(suspension,)).due_at == paris(due_at)


def test_overlapping_suspensions_count_once() -> None:
    first = Suspension(paris("2027-04-29T12:00"), paris("2027-05-03T12:00"))
    second = Suspension(paris("2027-04-30T12:00"), paris("2027-05-02T12:00"))
    for rule in (WorkingDays(10), CalendarDays(10), Months(1), WorkingHours(24, "DAYS"), ElapsedHours(48)):
        alone = replace(TEN_DAYS, rule=rule, suspensions=(first,))
        for both in ((first, second), (second, first)):
            assert replace(alone, suspensions=both).due_at == alone.due_at


def test_while_a_suspension_lasts_there_is_no_end_and_silence_has_no_effect() -> None:
    clock = replace(
        TEN_DAYS, silence_is_acceptance=True, suspensions=(Suspension(paris("2027-04-30T11:00")),)
    )
    assert clock.due_at is None
    assert clock.deemed_at is None
    assert clock.state(paris("2027-04-30T10:59")) == State.RUNNING
    assert clock.state(paris("2027-04-30T11:00")) == State.SUSPENDED
    assert clock.state(paris("2028-01-01T00:00")) == State.SUSPENDED


@pytest.mark.parametrize(
    ("rule", "since", "hidden"),
    [
        (WorkingDays(10), DUE_AT - SECOND, False),  # on the last day: it takes effect the day after
        (WorkingDays(10), DUE_AT - timedelta(days=1, seconds=1), True),
        (WorkingHours(24, "DAYS"), paris("2027-04-29T09:00"), False),
        (WorkingHours(24, "DAYS"), paris("2027-04-29T09:00") - SECOND, True),
        (ElapsedHours(24), paris("2027-04-29T09:00") - SECOND, True),
    ],
)
def test_a_suspension_begun_too_late_does_not_undo_the_end(
    rule: Delay, since: datetime, hidden: bool
) -> None:
    clock = replace(TEN_DAYS, rule=rule, suspensions=(Suspension(since),))
    assert (clock.due_at is None) is hidden


def test_the_state_of_a_past_instant_knows_only_the_facts_of_then() -> None:
    suspended = Suspension(paris("2027-04-30T11:00"), paris("2027-05-04T11:00"))
    clock = replace(TEN_DAYS, suspensions=(suspended,), met_at=paris("2027-05-18T10:00"))
    assert [
        clock.state(paris(f"2027-{day}T12:00")) for day in ("04-29", "05-02", "05-04", "05-17", "05-18")
    ] == [
        State.RUNNING,
        State.SUSPENDED,
        State.RUNNING,
        State.RUNNING,
        State.MET,
    ]


def test_a_warning_is_pushed_by_the_same_suspension() -> None:
    suspended = Suspension(paris("2027-04-30T11:00"), paris("2027-05-04T11:00"))
    clock = replace(TEN_DAYS, suspensions=(suspended,), amber_after=WorkingDays(8))
    assert clock.state(paris("2027-05-14T00:00") - SECOND) == State.RUNNING
    assert clock.state(paris("2027-05-14T00:00")) == State.AMBER


def test_what_cannot_be_suspended_says_so() -> None:
    for rule in (FixedDate(date(2028, 3, 31)), WorkingDays(-10)):
        with pytest.raises(CannotBeSuspended) as refusal:
            replace(TEN_DAYS, rule=rule, suspensions=(Suspension(DUE_AT),))
        assert refusal.value.rule == rule


def test_wrong_facts_are_refused() -> None:
    naive = datetime(2027, 4, 28, 9)
    with pytest.raises(EndsBeforeItStarts):
        Suspension(DUE_AT, DUE_AT - SECOND)
    for wrong in (
        lambda: Suspension(naive),
        lambda: Suspension(DUE_AT, naive),
        lambda: replace(TEN_DAYS, fact_at=naive),
        lambda: replace(TEN_DAYS, met_at=naive),
        lambda: TEN_DAYS.state(naive),
    ):
        with pytest.raises(NaiveInstant):
            wrong()
    with pytest.raises(UnknownReading):
        WorkingHours(24, "WEEKS")

"""How long an interruption may last, and what time may be set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import State
from titulaire.support.incidents.rules import claim_fault, interruption_clock, reference_of

# A Saturday: nights and rest days count like the others.
START = datetime(2026, 5, 2, 10, 0, tzinfo=UTC)
LAST = timedelta(hours=48)
TICK = timedelta(seconds=1)


@pytest.mark.clause("S-3.3.2-continuite")
@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(hours=24) - TICK, State.RUNNING),
        (timedelta(hours=24), State.AMBER),
        (LAST - TICK, State.AMBER),
        (LAST, State.LATE),
    ],
)
def test_an_interruption_is_flagged_while_it_runs(after: timedelta, state: State) -> None:
    clock = interruption_clock(START, None, hours=48, warn_hours=24, calendar=Calendar())
    assert clock.state(START + after) is state


@pytest.mark.clause("S-3.3.2-continuite")
@pytest.mark.parametrize(("lasted", "in_time"), [(LAST - TICK, True), (LAST, False)])
def test_what_is_mended_keeps_its_verdict(lasted: timedelta, in_time: bool) -> None:
    clock = interruption_clock(START, START + lasted, hours=48, warn_hours=24, calendar=Calendar())
    assert clock.met_in_time is in_time
    assert clock.state(START + 2 * LAST) is State.MET


HOUR = timedelta(hours=1)


@pytest.mark.clause("S-3.3.2-accessibilite", "S-9-penalites")
@pytest.mark.parametrize(
    ("since", "until", "lines", "ends", "fault"),
    [
        (0, 2, (), 2, ""),
        (0, 2, ("P2", "P3", "P4", "P5"), 2, ""),
        (1, 1, (), 2, "NO_TIME"),
        (-1, 2, (), 2, "OUTSIDE"),
        (0, 3, (), 2, "OUTSIDE"),
        (0, 3, (), None, ""),
        (0, 5, (), None, "NOT_YET"),
        (0, 1, ("P1",), 2, "UNKNOWN_LINE"),
    ],
)
def test_only_past_time_of_the_incident_may_be_set_aside(
    since: int, until: int, lines: tuple[str, ...], ends: int | None, fault: str
) -> None:
    assert fault == claim_fault(
        since_at=START + since * HOUR,
        until_at=START + until * HOUR,
        lines=lines,
        incident_since_at=START,
        incident_until_at=None if ends is None else START + ends * HOUR,
        at=START + 4 * HOUR,
    )


def test_references_are_ranks() -> None:
    assert [reference_of(rank) for rank in (1, 12, 12345)] == ["INC-0001", "INC-0012", "INC-12345"]

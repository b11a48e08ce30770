"""What a change does to the measures of a month: nothing changed, nothing moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from titulaire.indicators.rules import Measured
from titulaire.support.indicators import formulas as f
from titulaire.support.simulator.rules import (
    Cell,
    Centre,
    Change,
    NothingToSimulate,
    centre_of,
    changed,
    moved,
    play,
    replayed,
    shift,
)

DAY = date(2026, 5, 4)
HOUR_MS = 3_600_000
MEASURED = {
    "received_inbound": 5000,
    "received_overflow": 200,
    "overflowed_out": 100,
    "dissuaded_other": 50,
    "timed_out": 20,
    "abandoned": 480,
    "answered": 4550,
    "wait_ms": 90_000_000,
    "talk_ms": 4550 * 250_000,
    "wrapup_ms": 4550 * 50_000,
    "available_ms": 40 * HOUR_MS,
    "busy_ms": 380 * HOUR_MS,
    "logged_ms": 460 * HOUR_MS,
    "pause_ms": 40 * HOUR_MS,
    "productive_ms": 430 * HOUR_MS,
}


def cells(staff: int = 50, calls: int = 156) -> list[Cell]:
    return [Cell(DAY, quarter, calls, staff * 900_000) for quarter in range(34, 66)]


def centre(**changes: Any) -> Centre:
    return centre_of(cells(**changes), MEASURED)


def after(change: Change, measured: dict[str, int] | None = None) -> dict[str, int]:
    here = centre()
    return moved(measured or MEASURED, shift(play(here), play(changed(here, change))), change)


def test_the_month_is_read_from_its_facts() -> None:
    found = centre()
    assert found.handling_seconds == pytest.approx(300)
    assert found.patience_seconds == pytest.approx(180) and found.patience_is_estimated
    assert (found.mean_staff, found.outside) == (50, 0)


def test_calls_that_met_nobody_at_post_stay_outside_the_model() -> None:
    night = Cell(DAY, 80, 7, 0)
    found = centre_of([*cells(), night], MEASURED)
    assert (found.outside, found.calls.sum()) == (7, 156 * 32)
    assert play(found).lost.sum() == pytest.approx(play(centre()).lost.sum())


def test_without_any_call_lost_the_patience_is_supposed() -> None:
    found = centre_of(cells(), {**MEASURED, "abandoned": 0, "timed_out": 0})
    assert (found.patience_seconds, found.patience_is_estimated) == (180, False)


@pytest.mark.parametrize(
    "measured", [{}, {**MEASURED, "answered": 0}, {**MEASURED, "talk_ms": 0, "wrapup_ms": 0}]
)
def test_a_month_without_calls_answered_has_nothing_to_simulate(measured: dict[str, int]) -> None:
    with pytest.raises(NothingToSimulate):
        centre_of(cells(), measured)


def test_without_advisers_told_a_number_is_asked() -> None:
    with pytest.raises(NothingToSimulate):
        centre_of(cells(staff=0), MEASURED)
    assert centre_of(cells(staff=0), MEASURED, staff=42).mean_staff == 42


def test_nothing_changed_nothing_moves() -> None:
    assert after(Change()) == MEASURED


@pytest.mark.parametrize(
    ("change", "answered", "waits", "free"),
    [
        (Change(advisers=3), 1, -1, 1),
        (Change(advisers=-3), -1, 1, -1),
        (Change(handling_seconds=20), -1, 1, -1),
        (Change(calls_rate=0.08), 1, 1, -1),
        (Change(patience_seconds=60), -1, -1, 1),
    ],
)
def test_each_change_moves_the_month_the_way_it_must(
    change: Change, answered: int, waits: int, free: int
) -> None:
    found = after(change)
    for name, way in (("answered", answered), ("wait_ms", waits), ("available_ms", free)):
        assert (found[name] - MEASURED[name]) * way > 0, name


@pytest.mark.parametrize(
    "change",
    [
        Change(advisers=-40),
        Change(advisers=100),
        Change(calls_rate=0.373, handling_seconds=-17.5),
        Change(calls_rate=-0.9),
        Change(advisers=-200, handling_seconds=600),
    ],
)
def test_the_identity_of_the_answer_rate_holds_after_any_change(change: Change) -> None:
    found, marks = after(change), Measured()
    base = f.answer_rate_handled_here_added(marks)
    assert base.denominator is not None
    assert base.denominator.of(found) == f.ended_in_group(marks).numerator.of(found)
    assert 0 <= found["answered"] <= base.denominator.of(found)
    assert min(found.values()) >= 0


def test_a_gap_in_the_facts_stays_as_it_was() -> None:
    broken = {**MEASURED, "answered": 4540}
    assert after(Change(), broken) == broken


def test_more_advisers_are_more_hours_signed_in_paid_and_produced() -> None:
    found = after(Change(advisers=5))
    added = 5 * 32 * 900_000
    assert found["productive_ms"] - MEASURED["productive_ms"] == added
    assert found["logged_ms"] / MEASURED["logged_ms"] == pytest.approx(1 + added / (420 * HOUR_MS))
    assert found["available_ms"] + found["busy_ms"] == pytest.approx(420 * HOUR_MS + added, abs=2)


def test_twenty_seconds_more_are_twenty_seconds_on_each_call() -> None:
    found = after(Change(handling_seconds=20))
    handled = f.handling_time_hold_counted(Measured()).of(found).exact
    assert handled is not None and float(handled) == pytest.approx(320, abs=0.001)


def test_chance_has_the_same_answer_to_the_same_question() -> None:
    one, other = replayed(centre()), replayed(centre())
    assert (one.lost == other.lost).all() and one.lost.std() > 0

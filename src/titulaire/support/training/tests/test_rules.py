"""When a module is ended, when an adviser is trained, and which first day breaches it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from titulaire.support.training.rules import (
    Attended,
    Clearance,
    Course,
    Scope,
    Standing,
    clearances,
    module_ended_on,
    trained_on,
)

HALF, ONE, LONG = Decimal("0.5"), Decimal(1), Decimal("1.5")
ASKED = {"A": HALF, "B": LONG}
MARCH = [date(2026, 3, day) for day in range(1, 32)]


def sat(module: str, days: Decimal, day: int, adviser: str = "C001") -> Attended:
    return Attended(adviser, module, days, MARCH[day - 1])


@pytest.mark.clause("S-5.2-formation-initiale")
@pytest.mark.parametrize(
    ("attended", "ended"),
    [
        ([], None),
        ([sat("B", ONE, 3)], None),
        ([sat("B", LONG, 3)], MARCH[2]),
        # In two times, whatever the order in which they are told.
        ([sat("B", HALF, 9), sat("B", ONE, 3)], MARCH[8]),
        # Once it is ended, sitting in it again changes nothing.
        ([sat("B", LONG, 3), sat("B", LONG, 20)], MARCH[2]),
    ],
)
def test_a_module_is_ended_when_its_days_are_attended(attended: list[Attended], ended: date | None) -> None:
    assert module_ended_on(attended, LONG) == ended


@pytest.mark.clause("S-3.3.2-formation")
def test_who_misses_a_module_is_not_trained() -> None:
    attended = [sat("A", HALF, 2), sat("B", LONG, 4), sat("A", HALF, 2, "C002"), sat("B", ONE, 4, "C002")]
    assert trained_on(attended, ASKED) == {"C001": MARCH[3]}
    assert trained_on(attended, {}) == {}


@pytest.mark.clause("S-3.3.2-formation")
@pytest.mark.parametrize(
    ("trained", "first", "standing"),
    [
        (None, None, Standing.IN_TRAINING),
        (None, MARCH[4], Standing.BREACH),
        (MARCH[4], None, Standing.CLEARED),
        (MARCH[4], MARCH[3], Standing.BREACH),
        (MARCH[4], MARCH[4], Standing.BREACH),
        (MARCH[4], MARCH[5], Standing.CLEARED),
    ],
)
def test_the_first_productive_day_comes_after_the_last_module(
    trained: date | None, first: date | None, standing: Standing
) -> None:
    assert Clearance("C001", {}, trained, first).standing is standing


def test_who_produced_without_any_session_is_told_too() -> None:
    found = clearances([sat("A", HALF, 2)], ASKED, {"C009": MARCH[0]})
    assert [(one.adviser, one.standing) for one in found] == [
        ("C001", Standing.IN_TRAINING),
        ("C009", Standing.BREACH),
    ]
    assert found[0].ended_on == {"A": MARCH[1]}


@pytest.mark.clause("S-5.2-formation-initiale")
def test_the_module_in_option_counts_under_the_reading_that_says_so() -> None:
    course = Course(ASKED, {"C": HALF})
    assert list(course.asked(Scope.REQUIRED_MODULES)) == ["A", "B"]
    assert list(course.asked(Scope.EVERY_MODULE)) == ["A", "B", "C"]

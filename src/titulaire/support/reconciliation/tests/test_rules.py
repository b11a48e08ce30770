"""Equal, close enough or apart; covered or left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from titulaire.support.reconciliation.rules import Cell, Place, Verdict, compare_layout, verdict

DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)
PLACE = Place("b", "stats.xlsx", "Statistiques", "D5", 5)
ONE = Decimal(1)


@pytest.mark.parametrize(
    ("ours", "theirs", "percent", "expected"),
    [
        (100, 100, "0", Verdict.AGREES),
        (0, 0, "1", Verdict.AGREES),
        (99, 100, "1", Verdict.WITHIN),
        (100, 99, "1", Verdict.WITHIN),
        (98, 100, "1", Verdict.APART),
        (99, 100, "0.99", Verdict.APART),
        (99, 100, "0", Verdict.APART),
        (0, 1, "99.9", Verdict.APART),
        (0, 1, "100", Verdict.WITHIN),
        (10**12, 10**12 + 1, "0", Verdict.APART),
    ],
)
def test_two_figures_agree_are_close_or_are_apart(
    ours: int, theirs: int, percent: str, expected: Verdict
) -> None:
    assert verdict(ours, theirs, Decimal(percent)) is expected


def cell(measure: str = "ANSWERED", value: int = 5, day: date = DAY, **cuts: str) -> Cell:
    return Cell(measure, value, "DAY", day, 0, tuple(sorted(cuts.items())), PLACE)


def test_each_cell_is_compared_on_its_own() -> None:
    found = {(DAY, "A"): {"answered": 5}, (DAY, "B"): {"answered": 7}}
    compared = compare_layout(
        [cell(group="A"), cell(group="B")], found, days_told={DAY}, tolerance_percent=ONE
    )
    assert [(one.key, one.ours, one.theirs, one.gap, one.verdict) for one in compared] == [
        ((DAY, "A"), 5, 5, 0, Verdict.AGREES),
        ((DAY, "B"), 7, 5, -2, Verdict.APART),
    ]


def test_a_day_without_any_fact_is_told_apart_from_a_day_without_that_one() -> None:
    for days, expected in ((set(), Verdict.NO_FACTS), ({DAY}, Verdict.APART)):
        [one] = compare_layout([cell()], {}, days_told=days, tolerance_percent=ONE)
        assert one.verdict is expected


def test_what_the_report_leaves_out_of_a_day_that_it_covers_is_a_discrepancy() -> None:
    found = {
        (DAY, "A"): {"answered": 5},
        (DAY, "B"): {"answered": 7, "abandoned": 1},
        (DAY, "C"): {"answered": 0},
        # No group: nothing a report by group could have said. Another day: not covered.
        (DAY, None): {"answered": 3},
        (NEXT, "A"): {"answered": 2},
    }
    compared = list(compare_layout([cell(group="A")], found, days_told={DAY}, tolerance_percent=ONE))
    assert [(one.key, one.theirs, one.verdict) for one in compared] == [
        ((DAY, "A"), 5, Verdict.AGREES),
        ((DAY, "B"), None, Verdict.NO_CELL),
    ]


def test_a_communication_is_the_conversation_and_the_hold() -> None:
    found = {(DAY,): {"talk_ms": 4_000, "hold_ms": 1_000}}
    [one] = compare_layout([cell("COMMUNICATION_MS", 5_000)], found, days_told={DAY}, tolerance_percent=ONE)
    assert one.verdict is Verdict.AGREES


def test_a_level_that_nothing_moved_is_not_compared() -> None:
    assert list(compare_layout([cell("FORMS_STOCK", 12)], {}, days_told={DAY}, tolerance_percent=ONE)) == []

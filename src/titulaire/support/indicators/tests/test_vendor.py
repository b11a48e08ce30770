"""Where a vendor's reports are all there is: which cells stand for a measure, and what stays unsaid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.rules import Grade, State, judge
from titulaire.support.indicators.catalogue import indicators
from titulaire.support.indicators.evaluation import (
    full_day_ms,
    grade_of,
    known_to,
    options_on,
    rivals_on,
)
from titulaire.support.indicators.gathering import Gathered, Question
from titulaire.support.indicators.vendor import Cell, from_cells

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
MONTH = Question(MARCH, APRIL)
TERMS = terms_as_signed("mes")
ROWS = {one.code: one for one in indicators(full_day_ms(TERMS, MARCH))}
I1 = (
    *("RECEIVED_INBOUND", "RECEIVED_TRANSFER", "RECEIVED_OVERFLOW", "DISSUADED_TELECOM"),
    *("DISSUADED_CLOSURE", "OVERFLOWED_OUT", "RECOVERED_IN_TRANSFER", "WIDENED_IN", "WIDENED_OUT"),
    "ANSWERED",
)


def cell(measure: str, value: int, period: str = "MONTH", day: date = MARCH, **cuts: str) -> Cell:
    return Cell(measure, value, period, day, 0, cuts)


def judged(code: str, cells: Iterable[Cell]) -> Any:
    told = from_cells(cells, MONTH)
    gathered = Gathered(told.found, frozenset(), told.known, told.unsplit)
    one = ROWS[code]
    return judge(
        one,
        told.found.get((MARCH,), {}),
        options=options_on(TERMS, one, MARCH),
        rivals=rivals_on(TERMS, one, MARCH, unsplit=told.unsplit),
        known=known_to(one, gathered),
        grade=grade_of(one, gathered),
    )


def test_one_layout_answers_so_that_nothing_counts_twice() -> None:
    cells = [
        cell("ANSWERED", 100),
        cell("ANSWERED", 60, group="N1"),
        cell("ANSWERED", 40, group="N2"),
        cell("ANSWERED", 5, "DAY", date(2026, 3, 2)),
    ]
    assert from_cells(cells, MONTH).found[(MARCH,)]["answered"] == 100
    by_group = from_cells(cells, Question(MARCH, APRIL, ("group",))).found
    assert {key[1]: found["answered"] for key, found in by_group.items()} == {"N1": 60, "N2": 40}
    by_day = from_cells(cells, Question(MARCH, APRIL, ("day",))).found
    assert {key[1].day: found["answered"] for key, found in by_day.items()} == {2: 5}


def test_a_month_is_the_sum_of_its_groups_where_no_cell_gives_the_whole() -> None:
    cells = [cell("ANSWERED", 60, group="N1"), cell("ANSWERED", 40, group="N2")]
    assert from_cells(cells, MONTH).found[(MARCH,)]["answered"] == 100
    only = from_cells(cells, Question(MARCH, APRIL, (), {"group": "N2"})).found
    assert only[(MARCH,)]["answered"] == 40


@pytest.mark.parametrize(
    ("one", "question"),
    [
        (cell("ANSWERED", 1), Question(MARCH, date(2026, 3, 15))),
        (cell("ANSWERED", 1, "WEEK"), MONTH),
        (cell("ANSWERED", 1), Question(MARCH, APRIL, ("hour",))),
        (cell("ANSWERED", 1), Question(MARCH, APRIL, ("site",))),
        (cell("FORMS_STOCK", 1), MONTH),
        (cell("ANSWERED", 1, day=APRIL), MONTH),
    ],
)
def test_a_cell_that_covers_something_else_says_nothing(one: Cell, question: Question) -> None:
    assert from_cells([one], question).found == {}


@pytest.mark.clause("S-3.3.2-decroche", "S-10.1-statistiques")
def test_a_figure_made_of_cells_is_graded_b_and_its_identity_stays_unchecked() -> None:
    values = (1000, 20, 30, 10, 40, 25, 5, 15, 12, 880)
    found = judged("I1", [cell(name, value) for name, value in zip(I1, values, strict=True)])
    assert (found.exact, found.grade, found.gap) == (Fraction(880, 973), Grade.B, 0)
    assert [one.option for one in found.rivals] == ["HANDLED_HERE_REMOVED", "SIMPLE"]


@pytest.mark.clause("S-3.3.2-decroche")
def test_a_term_that_the_reports_lack_leaves_the_figure_unmeasured() -> None:
    found = judged("I1", [cell(name, 10) for name in I1[:-2]])
    assert (found.state, found.grade) == (State.NOT_MEASURABLE, None)


@pytest.mark.clause("S-3.3.2-decroche")
def test_a_whole_report_that_does_not_add_up_blocks_its_figure() -> None:
    whole = [cell(name, 10) for name in (*I1, "ABANDONED", "DISSUADED_OTHER", "TIMED_OUT")]
    assert judged("I1", whole).state is State.BLOCKED


@pytest.mark.clause("S-3.3.2-dmc")
def test_a_communication_given_whole_serves_the_reading_that_counts_the_hold_only() -> None:
    found = judged("I6", [cell("COMMUNICATION_MS", 4_000_000), cell("ANSWERED", 20)])
    assert (found.exact, found.grade) == (200, Grade.B)
    assert found.rivals == ()
    assert "talk_ms" not in from_cells([cell("COMMUNICATION_MS", 1)], MONTH, hold_counted=False).known

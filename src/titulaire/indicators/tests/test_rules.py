"""Values, comparisons, readings and consolidation: exact, whatever the indicator."""

from __future__ import annotations

from fractions import Fraction

import pytest

from titulaire.indicators.rules import (
    Comparison,
    Direction,
    Grade,
    Identity,
    Indicator,
    Measured,
    NotAddable,
    Sides,
    State,
    Sum,
    Unit,
    Value,
    consolidate,
    judge,
    lowest,
    meets,
)
from titulaire.indicators.wording import difference_written, target_written, written

ANSWERED = Indicator(
    code="X1",
    name="Essai",
    clause="S-3.3.2-decroche",
    unit=Unit.RATIO,
    direction=Direction.AT_LEAST,
    readings=("way",),
    formulas={
        ("NET",): lambda m: Sides(m.answered, m.received - m.closed),
        ("GROSS",): lambda m: Sides(m.answered, m.received),
    },
    comparisons=(Comparison("ODD", "Autre chose.", lambda m: Sides(m.closed, m.received), alike=False),),
    identity=Identity("reçus", lambda m: Sides(m.received), lambda m: Sides(m.answered + m.closed + m.lost)),
)


def measured(**values: int) -> dict[str, int]:
    return {"answered": 89, "received": 110, "closed": 10, "lost": 11} | values


def judged(**values: int):  # type: ignore[no-untyped-def]
    return judge(
        ANSWERED,
        measured(**values),
        options={"way": "NET"},
        rivals=[("way", "GROSS", "Sur tout."), ("other", "NO", "D’un autre indicateur.")],
        target=Fraction(9, 10),
        grade=Grade.A,
    )


def test_a_sum_reads_as_it_is_written_and_drops_what_cancels() -> None:
    m = Measured()
    side = m.received - m.closed + 2 * m.lost - m.received
    assert side == Sum((("closed", -1), ("lost", 2)))
    assert side.of({"closed": 3, "lost": 5, "unknown": 9}) == 7


def test_a_value_is_an_exact_fraction() -> None:
    assert judged().exact == Fraction(89, 100)


@pytest.mark.parametrize("denominator", [0, -3])
def test_nothing_to_divide_by_is_not_measurable_and_never_nought_nor_one(denominator: int) -> None:
    assert Value(0, denominator).exact is None
    assert judged(received=10, answered=0, lost=0).state is State.NOT_MEASURABLE


def test_a_count_has_no_denominator() -> None:
    assert Value(7, None).exact == 7
    assert Value(0, None).exact == 0


@pytest.mark.parametrize(
    ("value", "direction", "met"),
    [
        (Fraction(899999999, 10**9), Direction.AT_LEAST, False),
        (Fraction(9, 10), Direction.AT_LEAST, True),
        (Fraction(900000001, 10**9), Direction.AT_LEAST, True),
        (Fraction(9, 10), Direction.AT_MOST, True),
        (Fraction(900000001, 10**9), Direction.AT_MOST, False),
        (Fraction(9, 10), Direction.BELOW, False),
        (Fraction(899999999, 10**9), Direction.BELOW, True),
        (Fraction(0), Direction.FOLLOWED, True),
    ],
)
def test_a_target_is_compared_without_rounding(value: Fraction, direction: Direction, met: bool) -> None:
    assert meets(value, Fraction(9, 10), direction) is met


def test_each_other_option_of_its_readings_is_computed_beside() -> None:
    rivals = judged().rivals
    assert [(one.reading, one.option, one.value.exact) for one in rivals] == [
        ("way", "GROSS", Fraction(89, 110)),
        ("", "ODD", Fraction(10, 110)),
    ]
    assert judged().gap_of(rivals[0]) == Fraction(89, 110) - Fraction(89, 100)
    assert judged().gap_of(rivals[1]) is None


@pytest.mark.parametrize("lost", [10, 12])
def test_facts_that_do_not_add_up_block_the_figure_and_say_by_how_much(lost: int) -> None:
    blocked = judged(lost=lost)
    assert blocked.state is State.BLOCKED
    assert blocked.exact is None
    assert blocked.gap == 11 - lost


def test_without_evidence_nothing_is_measured() -> None:
    assert judge(ANSWERED, measured(), options={"way": "NET"}).state is State.NOT_MEASURABLE


def test_consolidation_sums_both_sides_and_is_no_mean_of_rates() -> None:
    small = judged(answered=1, received=12, closed=0, lost=11)
    both = consolidate([judged(), small])
    assert both.exact == Fraction(90, 112)
    assert both.rivals[0].value == Value(90, 122)


def test_consolidation_keeps_the_weakest_evidence_and_never_nets_gaps() -> None:
    both = consolidate([judged(lost=10), judged(lost=12)])
    assert both.gap == 2
    assert both.state is State.BLOCKED
    assert lowest([Grade.A, Grade.C, Grade.B]) is Grade.C
    assert lowest([]) is None


def test_values_of_different_formulas_do_not_add_up() -> None:
    with pytest.raises(NotAddable):
        Value(1, 2) + Value(1, None)
    with pytest.raises(NotAddable):
        Value(1, 2) + Value(1, 2, Fraction(1, 1000))
    with pytest.raises(ValueError, match="nothing"):
        consolidate([])


@pytest.mark.parametrize(
    ("value", "unit", "beside", "text"),
    [
        (Fraction(880, 973), Unit.RATIO, None, "90,44\u00a0%"),
        (Fraction(89996, 100000), Unit.RATIO, Fraction(9, 10), "89,996\u00a0%"),
        (Fraction(9000001, 10**7), Unit.RATIO, Fraction(9, 10), "90,00001\u00a0%"),
        (Fraction(9, 10), Unit.RATIO, Fraction(9, 10), "90,00\u00a0%"),
        (Fraction(1253, 10), Unit.SECONDS, None, "125,30\u00a0s"),
        (Fraction(122272), Unit.COUNT, None, "122\u202f272"),
        (Fraction(-1, 200), Unit.POINTS, None, "\u22120,01"),
        (None, Unit.RATIO, None, "—"),
    ],
)
def test_two_decimals_are_written_or_more_where_two_would_lie(
    value: Fraction | None, unit: Unit, beside: Fraction | None, text: str
) -> None:
    assert written(value, unit, beside) == text


def test_targets_and_differences_are_written_with_their_sign() -> None:
    assert target_written(Fraction(9, 10), Unit.RATIO, Direction.AT_LEAST) == "≥\u00a090\u00a0%"
    assert target_written(Fraction(1, 10), Unit.RATIO, Direction.BELOW) == "<\u00a010\u00a0%"
    assert target_written(Fraction(85), Unit.POINTS, Direction.FOLLOWED) == ""
    assert difference_written(Fraction(-3, 200), Unit.RATIO) == "\u22121,50\u00a0pt"
    assert difference_written(Fraction(1, 4), Unit.SECONDS) == "+0,25\u00a0s"

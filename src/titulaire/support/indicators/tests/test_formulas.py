"""Each row of the table on figures chosen by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.rules import Direction, Grade, State, judge
from titulaire.indicators.wording import written
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import full_day_ms, options_on, rivals_on, target_on

TERMS = terms_as_signed("mes")
DAY = TERMS.head.starts_on
ROWS = {one.code: one for one in (*indicators(full_day_ms(TERMS, DAY)), production_plan())}

I1 = {
    "received_inbound": 1000,
    "received_transfer": 20,
    "received_overflow": 30,
    "dissuaded_telecom": 10,
    "dissuaded_closure": 40,
    "overflowed_out": 25,
    "recovered_in_transfer": 5,
    "widened_in": 15,
    "widened_out": 12,
    "answered": 880,
    "abandoned": 70,
    "abandoned_short": 3,
    "dissuaded_other": 20,
    "timed_out": 3,
}


def judged(code: str, **measured: int):  # type: ignore[no-untyped-def]
    one = ROWS[code]
    return judge(
        one,
        measured,
        options=options_on(TERMS, one, DAY),
        rivals=rivals_on(TERMS, one, DAY),
        target=target_on(TERMS, one.target, DAY),
        grade=Grade.A,
    )


def rival(result, option: str) -> Fraction | None:  # type: ignore[no-untyped-def]
    return next(one.value.exact for one in result.rivals if one.option == option)


@pytest.mark.clause("S-3.3.2-decroche")
def test_the_answer_rate_of_the_worked_example() -> None:
    found = judged("I1", **I1)
    assert (found.value.numerator, found.value.denominator) == (880, 973)
    assert written(found.exact, found.indicator.unit) == "90,44\u00a0%"
    assert rival(found, "HANDLED_HERE_REMOVED") == Fraction(880, 967)
    assert rival(found, "SIMPLE") == Fraction(880, 1050)
    assert rival(found, "SHORT_ABANDONS_OUT") == Fraction(880, 970)
    assert found.gap == 0
    assert found.state is State.MET


@pytest.mark.clause("S-3.3.2-decroche")
@pytest.mark.parametrize(("answered", "state"), [(900, State.MET), (899, State.MISSED)])
def test_ninety_per_cent_exactly_is_reached(answered: int, state: State) -> None:
    assert judged("I1", received_inbound=1000, answered=answered, abandoned=1000 - answered).state is state


@pytest.mark.clause("S-3.3.2-decroche")
def test_a_base_that_does_not_add_up_blocks_the_answer_rate() -> None:
    found = judged("I1", **I1 | {"abandoned": 66})
    assert (found.state, found.gap, found.exact) == (State.BLOCKED, 4, None)


@pytest.mark.clause("S-3.3.2-attente")
def test_the_wait_is_divided_by_the_calls_received_less_two_dissuasions() -> None:
    found = judged(
        "I2", wait_ms=12_000_000, received_inbound=110, received_overflow=5, set_aside=15, queued=80
    )
    assert found.exact == 120
    assert found.state is State.MET
    assert rival(found, "QUEUED") == 150


@pytest.mark.clause("S-3.3.2-accessibilite")
def test_accessibility_is_the_complement_of_closures_without_incident() -> None:
    found = judged(
        "I3",
        presented=1200,
        presented_in_hours=1000,
        closed_in_hours=20,
        incident_in_hours=30,
        presented_exceptional_closure=60,
        presented_incident_closure=30,
        presented_on_holidays=100,
        closed_on_holidays=100,
    )
    assert found.exact == Fraction(98, 100)
    assert found.state is State.MISSED
    assert rival(found, "LITERAL") == Fraction(30, 1200)
    assert rival(found, "OPEN") == Fraction(980, 1100)
    assert rival(found, "INCIDENTS_COUNTED") == Fraction(950, 1000)


@pytest.mark.clause("S-3.3.2-transfert")
def test_transfers_are_divided_by_inbound_calls() -> None:
    found = judged("I4", transferred_n1_plus=5, received_inbound=100, answered=80)
    assert (found.exact, rival(found, "OF_ANSWERED")) == (Fraction(1, 20), Fraction(1, 16))
    assert found.state is State.FOLLOWED


@pytest.mark.clause("S-3.3.2-disponibilite")
@pytest.mark.parametrize(("available", "state"), [(99, State.MET), (100, State.MISSED)])
def test_ten_per_cent_of_availability_exactly_is_too_much(available: int, state: State) -> None:
    found = judged("I5", available_ms=available, logged_ms=1000, pause_ms=200, busy_ms=600)
    assert found.state is state
    assert rival(found, "PAUSES_OUT") == Fraction(available, 800)
    assert rival(found, "OCCUPANCY") == Fraction(600, 800)


@pytest.mark.clause("S-3.3.2-dmc")
def test_the_hold_counts_in_the_communication() -> None:
    found = judged("I6", talk_ms=2_300_000, hold_ms=100_000, answered=10)
    assert (found.exact, found.state, rival(found, "EXCLUDED")) == (240, State.MET, 230)


@pytest.mark.clause("S-3.3.2-dmt")
def test_the_wrap_up_counts_in_the_handling() -> None:
    found = judged("I7", talk_ms=2_300_000, hold_ms=100_000, wrapup_ms=600_001, answered=10)
    assert found.exact == Fraction(3_000_001, 10_000)
    assert (found.state, rival(found, "EXCLUDED")) == (State.MISSED, Fraction(2_900_001, 10_000))


@pytest.mark.clause("S-3.3.2-volumes")
@pytest.mark.parametrize("code", ["I8", "I9"])
def test_volumes_are_counts(code: str) -> None:
    assert judged(code, answered_clients=12).exact == 12


@pytest.mark.clause("S-3.3.2-qualification")
def test_every_answered_call_is_to_be_qualified() -> None:
    found = judged("I10", qualified=999, qualified_in_turn=990, answered=1000)
    assert (found.state, rival(found, "BEFORE_NEXT_CALL")) == (State.MISSED, Fraction(99, 100))
    assert judged("I10", qualified=1000, answered=1000).state is State.MET


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        pytest.param("I11", "calls", marks=pytest.mark.clause("S-3.3.2-qualite-telephonie")),
        pytest.param("I18", "forms", marks=pytest.mark.clause("S-3.3.2-formulaires-qualite")),
    ],
)
def test_the_mark_of_a_calibration_is_the_mean_of_both(code: str, prefix: str) -> None:
    found = judged(
        code,
        **{
            f"{prefix}_pairs": 2,
            f"{prefix}_both_marks": 34_000,
            f"{prefix}_buyer_marks": 16_800,
            f"{prefix}_contractor_marks": 17_200,
            f"{prefix}_pairs_picked": 1,
            f"{prefix}_both_marks_picked": 20_000,
        },
    )
    assert (found.exact, found.state) == (85, State.MET)
    assert rival(found, "CNAM_PREVAILS") == 84
    assert rival(found, "FREE_CHOICE") == 90
    if code == "I18":
        assert rival(found, "GAP") == 2


@pytest.mark.clause("S-3.3.2-qualite-tickets")
def test_tickets_are_marked_by_the_contractor() -> None:
    found = judged("I12", tickets_own_marks=16_999, tickets_marked=2)
    assert (found.exact, found.state) == (Fraction(16_999, 200), State.MISSED)


@pytest.mark.clause("S-3.3.2-formulaires-taux")
def test_the_rate_of_forms_leaves_out_what_was_set_aside_and_may_pass_one() -> None:
    found = judged("I13", forms_answered=99, forms_received=100, forms_excluded=2)
    assert (found.exact, rival(found, "GROSS")) == (Fraction(99, 98), Fraction(99, 100))


@pytest.mark.clause("S-3.3.2-formulaires-productivite")
def test_forms_per_day_are_counted_in_full_days() -> None:
    day = full_day_ms(TERMS, DAY)
    found = judged("I14", forms_in_days=135, forms_ms=3 * day // 2, forms_in_full_days=80, full_days=1)
    assert (found.exact, found.state, rival(found, "FULL_DAYS_ONLY")) == (90, State.MET, 80)


@pytest.mark.clause("S-3.3.2-formulaires-volumes")
def test_forms_handled_and_left_are_counts() -> None:
    assert judged("I15", forms_answered=3).exact == 3
    assert judged("I16", forms_answered=3).exact == 3
    assert judged("I17", forms_stock=5).exact == 5


@pytest.mark.clause("S-3.3.2-formation")
def test_advisers_are_trained_before_they_work() -> None:
    found = judged("I19", advisers=10, advisers_trained=9, advisers_trained_late=10)
    assert (found.state, rival(found, "SAME_MONTH")) == (State.MISSED, 1)


@pytest.mark.parametrize("code", list(ROWS))
def test_every_reading_of_a_row_has_a_formula_and_every_measure_exists(code: str) -> None:
    one = ROWS[code]
    declared = {"ordered_ms", "advisers", "advisers_trained", "advisers_trained_late"}
    assert {name for name in one.names if name not in MEASURES} <= declared
    for options in one.formulas:
        assert len(options) == len(one.readings)
        for reading, option in zip(one.readings, options, strict=True):
            assert option in {known.code for known in TERMS.readings[reading].options}
    for reading in one.readings:
        for option in TERMS.readings[reading].options:
            assert one.sides(options_on(TERMS, one, DAY) | {reading: option.code})


@pytest.mark.parametrize("code", list(ROWS))
def test_no_figure_of_the_contract_is_in_the_code(code: str) -> None:
    one = ROWS[code]
    assert (one.target is None) == (one.direction is Direction.FOLLOWED)
    assert one.target is None or one.target in TERMS.terms

"""The exchange's rules: when remarks end, what a decision may say, what the cap leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.support.penalties.rules import (
    Change,
    Decision,
    DecisionRefused,
    Outcome,
    changes,
    decided,
    decision,
    digest,
    may_close,
    remarks_end_on,
)

EUROS = Decimal
PROPOSED = EUROS("2000.00")


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("proposed_on", "last"),
    [
        (date(2026, 6, 10), date(2026, 6, 25)),
        (date(2026, 6, 12), date(2026, 6, 29)),  # a Saturday: moved to Monday
        (date(2026, 6, 29), date(2026, 7, 15)),  # 14 July
    ],
)
def test_fifteen_days_for_remarks_end_on_a_working_day(proposed_on: date, last: date) -> None:
    assert remarks_end_on(proposed_on, 15, Calendar()) == last


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("ended", "on", "may"),
    [
        (False, date(2026, 6, 24), False),
        (False, date(2026, 6, 25), False),
        (False, date(2026, 6, 26), True),
        (True, date(2026, 6, 10), True),
    ],
)
def test_nobody_closes_before_the_last_day_is_over_unless_the_contractor_has_no_more_to_say(
    ended: bool, on: date, may: bool
) -> None:
    assert may_close(remarks_due_on=date(2026, 6, 25), remarks_ended=ended, on=on) is may


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("outcome", "amount", "left"),
    [
        (Outcome.KEPT, None, "2000.00"),
        (Outcome.KEPT, EUROS("1.00"), "2000.00"),
        (Outcome.REDUCED, EUROS("1999.99"), "1999.99"),
        (Outcome.REDUCED, EUROS("0.01"), "0.01"),
        (Outcome.WAIVED, None, "0.00"),
        (Outcome.WAIVED, EUROS("500.00"), "0.00"),
    ],
)
def test_a_decision_leaves_an_amount(outcome: Outcome, amount: Decimal | None, left: str) -> None:
    assert decision("P3", outcome, amount, "motif", proposed=PROPOSED).amount == EUROS(left)


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("outcome", "amount", "reason", "proposed", "fault"),
    [
        (Outcome.REDUCED, PROPOSED, "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, EUROS("2000.01"), "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, EUROS("0.00"), "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, EUROS("-1.00"), "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, EUROS("10.001"), "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, None, "motif", PROPOSED, "NOT_A_REDUCTION"),
        (Outcome.REDUCED, EUROS("10.00"), " ", PROPOSED, "NO_REASON"),
        (Outcome.WAIVED, None, "", PROPOSED, "NO_REASON"),
        (Outcome.KEPT, None, "", EUROS("0.00"), "NOTHING_PROPOSED"),
    ],
)
def test_a_decision_never_adds_and_never_goes_without_its_reason(
    outcome: Outcome, amount: Decimal | None, reason: str, proposed: Decimal, fault: str
) -> None:
    with pytest.raises(DecisionRefused) as refused:
        decision("P3", outcome, amount, reason, proposed=proposed)
    assert (refused.value.line, refused.value.fault) == ("P3", fault)


@pytest.mark.clause("S-9-plafond")
@pytest.mark.parametrize(
    ("amounts", "due", "termination"),
    [
        (("11999.99",), "11999.99", False),
        (("12000.00",), "12000.00", False),
        (("12000.01",), "12000.00", True),
        (("7000.00", "7000.00"), "12000.00", True),
        (("0.00", "0.00"), "0.00", False),
    ],
)
def test_past_the_cap_only_the_cap_is_due_and_termination_is_possible(
    amounts: tuple[str, ...], due: str, termination: bool
) -> None:
    given = [Decision(f"P{n}", Outcome.REDUCED, EUROS(one), "motif") for n, one in enumerate(amounts)]
    proposed = {f"P{n}": EUROS("15000.00") for n in range(len(amounts))}
    found = decided(given, proposed=proposed, cap=EUROS("12000.00"))
    assert (found.due, found.termination_possible) == (EUROS(due), termination)


@pytest.mark.clause("S-9-plafond")
def test_nothing_is_decided_while_a_line_that_costs_has_no_decision() -> None:
    proposed = {"P1": EUROS("0.00"), "P3": PROPOSED, "P4": EUROS("500.00")}
    with pytest.raises(DecisionRefused) as refused:
        decided([Decision("P3", Outcome.KEPT, PROPOSED, "")], proposed=proposed, cap=EUROS("12000.00"))
    assert (refused.value.line, refused.value.fault) == ("P4", "UNDECIDED")


def version(**changed: object) -> dict[str, object]:
    line = {"code": "P3", "value": "4/5", "trigger": "89/100", "rate": "0.02", "base": "100000.00"}
    line |= {"state": "TRIGGERED", "amount": "2000.00"}
    return {
        "lines": [line],
        "uncapped": "2000.00",
        "cap": "12000.00",
        "proposed": "2000.00",
        "readings": {"trigger_edge": "STRICTLY_WORSE"},
        "facts": {"LEGS": "v1 aa"},
        "entered": {"orders": [], "incidents": [], "contacts_ordered": None},
        **changed,
    }


@pytest.mark.clause("S-9-penalites")
def test_a_later_version_says_all_that_changed_and_nothing_else() -> None:
    assert changes(version(), version()) == ()
    line = {**version()["lines"][0], "value": "9/10", "state": "RESPECTED", "amount": "0.00"}  # type: ignore[index]
    later = version(
        lines=[line],
        uncapped="0.00",
        proposed="0.00",
        readings={"trigger_edge": "EQUAL_OR_WORSE"},
        facts={"LEGS": "v2 bb", "STATES": "v1 cc"},
        entered={"orders": [], "incidents": [{"reference": "INC-1", "lines": ""}], "contacts_ordered": 5},
    )
    assert set(changes(version(), later)) == {
        Change("P3", "value", "4/5", "9/10"),
        Change("P3", "state", "TRIGGERED", "RESPECTED"),
        Change("P3", "amount", "2000.00", "0.00"),
        Change("", "uncapped", "2000.00", "0.00"),
        Change("", "proposed", "2000.00", "0.00"),
        Change("", "readings:trigger_edge", "STRICTLY_WORSE", "EQUAL_OR_WORSE"),
        Change("", "facts:LEGS", "v1 aa", "v2 bb"),
        Change("", "facts:STATES", "", "v1 cc"),
        Change("", "incidents", "", "INC-1"),
        Change("", "contacts_ordered", "", "5"),
    }


def test_a_digest_knows_no_order_and_sees_every_change() -> None:
    assert digest({"a": 1, "b": ["é"]}) == digest({"b": ["é"], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})

"""P1 to P10 as section 9 writes them: each edge, each base, each reading, in euros."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.cli.penalties import command
from titulaire.contracts.queries import terms_as_signed
from titulaire.contracts.rules import DatedValue, Terms
from titulaire.identity.models import Contract, Organisation
from titulaire.indicators.rules import Grade
from titulaire.penalties.rules import Invoice, NoIncidentReference, State
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.incidents.rules import Incident
from titulaire.support.indicators.evaluation import full_day_ms
from titulaire.support.indicators.gathering import Gathered
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import (
    Entered,
    MonthFacts,
    lines_on,
    proposal_of,
    propose,
    results_of,
    statement_of,
)

AS_SIGNED = terms_as_signed("mes")
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
DAY_MS = full_day_ms(AS_SIGNED, MAY)
PHONE, FORMS = Decimal("100000.00"), Decimal("20000.00")
ENTERED = Entered(Invoice(PHONE, FORMS))
EVERYTHING = Gathered({}, frozenset({"legs", "states", "forms", "marks", "form_days"}))
ORDER = Order(MAY, date(2026, 5, 18), Fraction(100))


def with_forms(since: date = date(2025, 11, 9)) -> Terms:
    """The contract with its optional part begun."""
    return AS_SIGNED.amended(
        values=[("forms_active", DatedValue(since, True, "S-2.1.7-formulaires", "Avenant n° 1"))]
    )


def good() -> dict[str, int]:
    """A month in which every line is respected."""
    return {
        "received_inbound": 1000,
        "answered": 1000,
        "set_aside": 0,
        "wait_ms": 1000,
        "talk_ms": 200_000 * 1000,
        "presented_in_hours": 1000,
        "presented": 1000,
        "calls_pairs": 10,
        "calls_both_marks": 2 * 10 * 9000,
        "tickets_marked": 10,
        "tickets_own_marks": 10 * 9000,
        "forms_received": 1000,
        "forms_answered": 1000,
        "forms_in_days": 100,
        "forms_ms": DAY_MS,
        "forms_pairs": 10,
        "forms_both_marks": 2 * 10 * 9000,
        "forms_buyer_marks": 10 * 9000,
        "forms_contractor_marks": 10 * 9000,
    }


def month(order_ms: int = 100 * 3_600_000, since: date = MAY, **said: int) -> MonthFacts:
    return MonthFacts(since, good() | said, EVERYTHING, ((ORDER, {"productive_ms": order_ms}),))


def told(facts: MonthFacts, terms: Terms | None = None, options: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    statement = statement_of(facts, ENTERED, terms or with_forms(), options)
    return {one.line.code: one for one in statement.lines}, statement


@pytest.mark.clause("S-9-penalites")
def test_a_good_month_costs_nothing() -> None:
    lines, statement = told(month())
    assert {one.state for one in lines.values()} == {State.RESPECTED}
    assert statement.proposed == Decimal("0.00")
    assert list(lines) == [f"P{n}" for n in range(1, 11)]


HOUR = 3_600_000
EDGES = [
    # Line, what is exactly on its trigger, what is just worse, the amount.
    ("P1", {"order_ms": 95 * HOUR}, {"order_ms": 95 * HOUR - 1}, "1800.00"),
    ("P2", {"closed_in_hours": 20}, {"closed_in_hours": 21}, "1000.00"),
    ("P3", {"answered": 890, "abandoned": 110}, {"answered": 889, "abandoned": 111}, "2000.00"),
    ("P4", {"wait_ms": 240_000_000}, {"wait_ms": 240_000_001}, "500.00"),
    ("P5", {"talk_ms": 420_000_000}, {"talk_ms": 420_000_001}, "1000.00"),
    ("P6", {"calls_both_marks": 160_000}, {"calls_both_marks": 159_999}, "1000.00"),
    ("P7", {"tickets_own_marks": 80_000}, {"tickets_own_marks": 79_999}, "1000.00"),
    ("P8", {"forms_answered": 890}, {"forms_answered": 889}, "200.00"),
    ("P9", {"forms_in_days": 70}, {"forms_in_days": 69}, "200.00"),
    ("P10", {"forms_both_marks": 160_000}, {"forms_both_marks": 159_999}, "200.00"),
]


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(("code", "edge", "worse", "amount"), EDGES, ids=[one[0] for one in EDGES])
def test_each_line_is_due_just_past_its_trigger_and_not_on_it(
    code: str, edge: dict[str, int], worse: dict[str, int], amount: str
) -> None:
    on_it, free = told(month(**edge))
    assert on_it[code].state in {State.RESPECTED, State.TARGET_MISSED}
    assert free.proposed == Decimal("0.00")
    past_it, due = told(month(**worse))
    assert past_it[code].state is State.TRIGGERED
    assert due.proposed == past_it[code].amount == Decimal(amount)


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("options", "base"),
    [({}, FORMS), ({"forms_penalty_base": "LITERAL_PHONE"}, PHONE)],
)
def test_the_forms_lines_have_two_readings_of_their_base(options: dict[str, str], base: Decimal) -> None:
    lines, _ = told(month(forms_answered=0), options=options)
    assert [lines[code].base for code in ("P8", "P9", "P10")] == [base] * 3
    assert lines["P8"].amount == base / 100


@pytest.mark.clause("S-9-delai")
@pytest.mark.parametrize(
    ("since", "states"),
    [
        (date(2025, 11, 1), {"P1": State.TRIGGERED, "P2": State.TRIGGERED, "P3": State.IN_GRACE}),
        (date(2026, 3, 1), {"P1": State.TRIGGERED, "P2": State.TRIGGERED, "P3": State.IN_GRACE}),
        (date(2026, 4, 1), {"P1": State.TRIGGERED, "P2": State.TRIGGERED, "P3": State.TRIGGERED}),
    ],
)
def test_the_plan_and_accessibility_are_due_at_once_and_the_rest_after_four_months(
    since: date, states: dict[str, State]
) -> None:
    lines, _ = told(month(0, since, closed_in_hours=500, answered=500, abandoned=500))
    assert {code: lines[code].state for code in states} == states


@pytest.mark.clause("S-9-delai")
def test_the_forms_lines_wait_from_the_day_their_part_begins() -> None:
    lines, _ = told(month(forms_answered=0), AS_SIGNED)
    assert {lines[code].state for code in ("P8", "P9", "P10")} == {State.NOT_IN_FORCE}
    lines, _ = told(month(forms_answered=0), with_forms(date(2026, 2, 1)))
    assert lines["P8"].state is State.IN_GRACE
    assert lines["P8"].line.in_force_from == date(2026, 6, 1)


@pytest.mark.clause("S-9-delai")
def test_a_grace_that_is_agreed_is_never_longer_than_four_months() -> None:
    agreed = {"grace_months": "AGREED_LATER"}
    assert lines_on(AS_SIGNED, MAY, agreed)[2].in_force_from == date(2026, 3, 9)
    shorter = AS_SIGNED.amended(
        values=[("penalty_grace_months", DatedValue(date(2025, 12, 1), 2, "S-9-delai", "Avenant n° 1"))]
    )
    assert lines_on(shorter, MAY, agreed)[2].in_force_from == date(2026, 1, 9)
    assert lines_on(shorter, MAY)[2].in_force_from == date(2026, 3, 9)


@pytest.mark.clause("S-9-plafond")
def test_every_line_at_once_stays_under_the_cap_but_under_the_literal_base_of_a_phone_only_month() -> None:
    worst = month(0, closed_in_hours=999, answered=1, abandoned=999, wait_ms=10**9, talk_ms=10**9)
    worst = MonthFacts(
        MAY,
        {**worst.measured, "calls_both_marks": 0, "tickets_own_marks": 0, "forms_answered": 0}
        | {"forms_in_days": 0, "forms_both_marks": 0},
        EVERYTHING,
        worst.orders,
    )
    _, statement = told(worst)
    assert statement.uncapped == Decimal("1800.00") + Decimal("6500.00") + Decimal("600.00")
    assert statement.cap == Decimal("12000.00")
    assert not statement.termination_possible
    alone = Entered(Invoice(PHONE, Decimal("0.00")))
    literal = statement_of(worst, alone, with_forms(), {"forms_penalty_base": "LITERAL_PHONE"})
    assert (literal.uncapped, literal.proposed) == (Decimal("11000.00"), Decimal("10000.00"))
    assert literal.termination_possible


@pytest.mark.clause("S-9-120")
@pytest.mark.parametrize(("hours", "state"), [(120, State.TRIGGERED), (121, State.SUSPENDED)])
def test_past_a_hundred_and_twenty_per_cent_of_the_hours_every_line_is_suspended(
    hours: int, state: State
) -> None:
    lines, _ = told(month(hours * HOUR, answered=500, abandoned=500))
    assert lines["P3"].state is state


@pytest.mark.clause("S-9-120")
def test_contacts_received_past_a_hundred_and_twenty_per_cent_suspend_too() -> None:
    entered = Entered(Invoice(PHONE, FORMS), contacts_ordered=1666)
    found = statement_of(month(answered=500, abandoned=500), entered, with_forms())
    assert {one.state for one in found.lines} == {State.SUSPENDED}
    produced = statement_of(
        month(answered=500, abandoned=500), entered, with_forms(), {"volume_120": "PRODUCED"}
    )
    assert produced.proposed > 0


@pytest.mark.clause("S-9-penalites")
def test_the_plan_is_judged_by_its_worst_order_or_by_the_month() -> None:
    second = Order(date(2026, 5, 18), JUNE, Fraction(100))
    facts = MonthFacts(
        MAY,
        good(),
        EVERYTHING,
        ((ORDER, {"productive_ms": 90 * HOUR}), (second, {"productive_ms": 105 * HOUR})),
    )
    by_order, _ = told(facts)
    assert (by_order["P1"].value, by_order["P1"].state) == (Fraction(9, 10), State.TRIGGERED)
    by_month, _ = told(facts, options={"plan_period": "MONTH_ONLY"})
    assert (by_month["P1"].value, by_month["P1"].state) == (Fraction(195, 200), State.RESPECTED)


def test_without_an_order_the_plan_cannot_be_measured() -> None:
    lines, _ = told(MonthFacts(MAY, good(), EVERYTHING))
    assert lines["P1"].state is State.NOT_MEASURABLE


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize("period", ["PER_ORDER_BY_MONTH", "MONTH_ONLY"])
def test_hours_that_no_fact_tells_are_unknown_and_cost_nothing(period: str) -> None:
    lines, statement = told(
        MonthFacts(MAY, good(), EVERYTHING, ((ORDER, {}),)), options={"plan_period": period}
    )
    assert lines["P1"].state is State.NOT_MEASURABLE
    assert statement.proposed == Decimal("0.00")


@pytest.mark.clause("S-9-penalites")
def test_an_order_without_facts_leaves_the_others_judged_and_the_month_unknown() -> None:
    second = Order(date(2026, 5, 18), JUNE, Fraction(100))
    facts = MonthFacts(MAY, good(), EVERYTHING, ((ORDER, {"productive_ms": 90 * HOUR}), (second, {})))
    assert told(facts)[0]["P1"].value == Fraction(9, 10)
    assert told(facts, options={"plan_period": "MONTH_ONLY"})[0]["P1"].state is State.NOT_MEASURABLE


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("orders", "value", "grade"),
    [
        # A month of 400 hours, of which two weeks were ordered: 90 hours of 100, not 400.
        (((ORDER, {"productive_ms": 90 * HOUR}),), Fraction(9, 10), Grade.C),
        (
            (
                (ORDER, {"productive_ms": 90 * HOUR}),
                (Order(date(2026, 5, 18), JUNE, Fraction(100)), {"productive_ms": 105 * HOUR}),
            ),
            Fraction(195, 200),
            Grade.C,
        ),
        # Hours that no fact tells are unknown, not unworked.
        (
            ((ORDER, {"productive_ms": 90 * HOUR}), (Order(date(2026, 5, 18), JUNE, Fraction(100)), {})),
            None,
            None,
        ),
        ((), None, None),
    ],
    ids=["two weeks", "two orders", "an order untold", "no order"],
)
def test_the_plan_shown_beside_p1_is_measured_over_the_days_of_the_orders(
    orders: tuple[tuple[Order, dict[str, int]], ...], value: Fraction | None, grade: Grade | None
) -> None:
    facts = MonthFacts(MAY, good() | {"productive_ms": 400 * HOUR}, EVERYTHING, orders)
    (plan,) = (one for one in results_of(facts, with_forms()) if one.indicator.code == "PLAN")
    assert plan.grade is grade
    assert value is None or plan.exact == value


@pytest.mark.clause("S-9-penalites")
def test_the_other_readings_of_the_plan_are_measured_over_the_days_of_the_orders_too() -> None:
    measured = {"productive_ms": 90 * HOUR, "idle_ms": 10 * HOUR, "presence_ms": 97 * HOUR, "outage_ms": HOUR}
    facts = MonthFacts(
        MAY, good() | {name: 4 * ms for name, ms in measured.items()}, EVERYTHING, ((ORDER, measured),)
    )
    (plan,) = (one for one in results_of(facts, with_forms()) if one.indicator.code == "PLAN")
    assert {rival.option: rival.value.exact for rival in plan.rivals} == {
        "WAITING_EXCLUDED": Fraction(80, 100),
        "PAID_PRESENCE": Fraction(97, 100),
        "OUTAGE_OUT": Fraction(89, 100),
    }


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("buyer", "options", "state"),
    [
        (85_000, {}, State.RESPECTED),
        (84_990, {}, State.TO_ADJUDICATE),
        (84_990, {"forms_gap_effect": "TRIGGER"}, State.TRIGGERED),
        (85_000, {"forms_gap_effect": "TRIGGER"}, State.RESPECTED),
    ],
)
def test_marks_of_forms_more_than_five_points_apart_are_judged_again_by_both(
    buyer: int, options: dict[str, str], state: State
) -> None:
    lines, _ = told(month(forms_buyer_marks=buyer), options=options)
    assert lines["P10"].state is state


def test_one_form_whose_marks_are_apart_is_enough_in_the_other_reading() -> None:
    lines, _ = told(month(forms_apart=1), options={"forms_gap": "EACH_ITEM"})
    assert lines["P10"].state is State.TO_ADJUDICATE


@pytest.mark.clause("S-9-penalites")
def test_a_base_that_does_not_add_up_blocks_its_line() -> None:
    lines, statement = told(month(answered=500))
    assert lines["P3"].state is State.BLOCKED
    assert statement.proposed == Decimal("0.00")


@pytest.mark.clause("S-9-penalites")
def test_each_reading_has_its_effect_in_euros() -> None:
    proposal = proposal_of(month(answered=890, abandoned=110, closed_in_hours=10), ENTERED, with_forms())
    effects = {(one.reading, one.option): one.difference for one in proposal.effects}
    assert proposal.statement.proposed == Decimal("0.00")
    assert effects["trigger_edge", "EQUAL_OR_WORSE"] == Decimal("2000.00")
    assert effects["accessibility", "LITERAL"] == Decimal("1000.00")
    assert effects["hold_time", "EXCLUDED"] == Decimal("0.00")
    codes = {one.reading for one in proposal.effects}
    assert codes >= {"widening_direction", "wait_denominator", "forms_penalty_base", "grace_months"}


# From facts


@pytest.fixture
def contract(db: None, tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    made = Contract.objects.create(
        code="mes", title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=at
    )
    nothing = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")
    answered = [row(appel=f"A{n}", arrivee="04/05/2026 10:00:00", decroche="") for n in range(8)]
    lost = [
        row(appel=f"L{n}", arrivee="04/05/2026 14:20:00", issue="Abandonné", decroche="") | nothing
        for n in range(2)
    ]
    import_file(
        contract=made,
        path=acd_csv(tmp_path / "mai.csv", answered + lost),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=at,
    )
    return made


@pytest.mark.clause("S-9-penalites")
def test_the_quarter_hours_of_an_incident_are_taken_from_the_measure(contract: Contract) -> None:
    due = propose(contract, MAY, ENTERED).statement.lines[2]
    assert (due.value, due.state, due.amount) == (Fraction(8, 10), State.TRIGGERED, Decimal("2000.00"))
    outage = Incident("INC-124", datetime(2026, 5, 4, 14, 25), datetime(2026, 5, 4, 15, 0))
    entered = Entered(Invoice(PHONE, FORMS), incidents=(outage, outage))
    free = propose(contract, MAY, entered).statement.lines[2]
    assert (free.measured, free.value, free.state) == (Fraction(8, 10), 1, State.RESPECTED)
    assert free.incidents == ("INC-124",)


def test_an_incident_without_reference_takes_nothing(contract: Contract) -> None:
    nameless = Incident(" ", datetime(2026, 5, 4, 14), datetime(2026, 5, 4, 15))
    with pytest.raises(NoIncidentReference):
        propose(contract, MAY, Entered(Invoice(PHONE, FORMS), incidents=(nameless,)))


@pytest.mark.clause("S-9-plafond")
def test_the_command_tells_the_month_to_machines_and_to_people(contract: Contract) -> None:
    asked = ["--month", "2026-05", "--invoice-phone", "100 000,00", "--invoice-forms", "20000.00"]
    said = json.loads(CliRunner().invoke(command, [*asked, "--json"]).output)
    assert (said["proposed"], said["uncapped"], said["cap"]) == ("2000.00", "2000.00", "12000.00")
    assert said["termination_possible"] is False
    third = said["lines"][2]
    assert (third["code"], third["value"], third["state"], third["amount"]) == (
        *("P3", "4/5", "TRIGGERED", "2000.00"),
    )
    assert "Proposé : 2\u202f000,00\u00a0€." in CliRunner().invoke(command, asked).output
    ordered = json.loads(
        CliRunner().invoke(command, [*asked, "--order", "2026-05-04:2026-05-15:100", "--json"]).output
    )
    assert (ordered["lines"][0]["state"], ordered["proposed"]) == ("NOT_MEASURABLE", "2000.00")
    wrong = CliRunner().invoke(command, ["--month", "2026-05", "--invoice-phone", "1.001"])
    assert wrong.exit_code == 2
    nameless = CliRunner().invoke(command, [*asked, "--incident", ";2026-05-04T14:00;2026-05-04T15:00"])
    assert nameless.exit_code == 2

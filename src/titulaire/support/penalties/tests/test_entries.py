"""What a month's penalties take from the invoices, the orders and the incidents that the house holds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from titulaire.billing import services as billing
from titulaire.billing.rules import Item, charge
from titulaire.billing.tests.factories import parties
from titulaire.cli.penalties import command
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.penalties.rules import Invoice, State
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.incidents import services as incidents
from titulaire.support.incidents.models import Claim
from titulaire.support.incidents.rules import NEUTRALISABLE, Incident, Side
from titulaire.support.ledger import services as ledger
from titulaire.support.ledger.rules import Order, Ordered, WorkUnit
from titulaire.support.penalties.assessing import (
    NEUTRALISED_BY_TIME,
    TO_THE_INDICATOR,
    Entered,
    MonthFacts,
    propose,
    statement_of,
)
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.tests.test_assessing import EVERYTHING, MAY, good, with_forms

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000004"
AT = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def files_stand_apart(tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR = tmp_path / "data"  # type: ignore[attr-defined]


@pytest.fixture
def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def invoiced(contract: Contract, phone: str = "100000", forms: str = "20000", *, issue: bool = True) -> None:
    """May's production, invoiced."""
    billing.save_profile(contract=contract, parties=parties(), series="", actor=ACTOR, at=AT)
    done = billing.draft_invoice(
        contract=contract,
        start_on=MAY,
        end_on=date(2026, 6, 1),
        lines=[
            charge(Item.UO1, "Heures", Decimal(1), Decimal(phone)),
            charge(Item.UO4, "Actes", Decimal(1), Decimal(forms)),
        ],
        request_key="mai",
        actor=ACTOR,
        at=AT,
    )
    if issue:
        billing.issue_invoice(document=done.document, actor=ACTOR, at=AT)


def claimed(contract: Contract, **wishes: object) -> Claim:
    """An outage of 4 May, from 14:25 to 15:00 in Paris, that the contractor asks to set aside."""
    since = datetime(2026, 5, 4, 12, 25, tzinfo=UTC)
    said = incidents.Declaration(
        what="Coupure du réseau national",
        side=Side.NATIONAL_NETWORK,
        since_at=since,
        until_at=since + timedelta(minutes=35),
    )
    made = incidents.declare(contract=contract, said=said, actor=ACTOR, at=AT)
    return incidents.propose_claim(
        dysfunction=made,
        since_at=since,
        until_at=since + timedelta(minutes=35),
        because="Appels perdus hors de notre portée.",
        actor=ACTOR,
        at=AT,
        **wishes,  # type: ignore[arg-type]
    )


@pytest.mark.clause("S-9-penalites")
def test_a_month_without_an_issued_invoice_has_no_base(mes: Contract) -> None:
    assert entered_for(mes, MAY) is None
    invoiced(mes, issue=False)
    assert entered_for(mes, MAY) is None


@pytest.mark.clause("S-9-penalites", "S-9-120")
def test_invoices_by_channel_and_the_orders_that_end_in_the_month(mes: Contract) -> None:
    invoiced(mes)
    for reference, unit, since, until, hours in (
        ("C1", WorkUnit.UO1, date(2026, 4, 20), date(2026, 5, 4), "300"),
        ("C1", WorkUnit.UO3, date(2026, 4, 20), date(2026, 5, 4), "50.5"),
        ("C2", WorkUnit.UO1, date(2026, 5, 18), date(2026, 6, 1), "200"),
        ("C3", WorkUnit.UO1, date(2026, 6, 1), date(2026, 6, 2), "20"),
        ("C4", WorkUnit.UO2, date(2026, 5, 4), date(2026, 5, 18), "999"),
    ):
        ledger.enter_order(
            contract=mes,
            reference=reference,
            ordered=Ordered(unit, since, until, Decimal(hours), 1000),
            ordered_on=date(2026, 4, 1),
            actor=ACTOR,
            at=AT,
        )
    found = entered_for(mes, MAY)
    assert found is not None
    assert found.invoice == Invoice(Decimal("100000.00"), Decimal("20000.00"))
    assert found.orders == (
        Order(date(2026, 4, 20), date(2026, 5, 4), Fraction(701, 2), 2000),
        Order(date(2026, 5, 18), date(2026, 6, 1), Fraction(200), 1000),
    )


def test_an_incident_takes_nothing_before_the_buyer_agrees(mes: Contract) -> None:
    invoiced(mes)
    claim = claimed(mes, lines=("P3",))
    outage = Incident("INC-0001", datetime(2026, 5, 4, 14, 25), datetime(2026, 5, 4, 15), ("P3",))

    def set_aside(**asked: bool) -> tuple[Incident, ...]:
        found = entered_for(mes, MAY, **asked)
        assert found is not None
        return found.incidents

    assert set_aside() == () and set_aside(with_proposed=True) == (outage,)
    incidents.agree_claim(claim=claim, actor=ACTOR, at=AT)
    assert set_aside() == (outage,)
    june = entered_for(mes, date(2026, 6, 1))
    assert june is None


def test_a_refused_incident_is_not_even_a_rival(mes: Contract) -> None:
    invoiced(mes)
    incidents.refuse_claim(claim=claimed(mes), because="Notre supervision ne voit rien.", actor=ACTOR, at=AT)
    found = entered_for(mes, MAY, with_proposed=True)
    assert found is not None and found.incidents == ()


def test_the_lines_that_an_incident_may_take_from_are_those_that_time_is_known_for() -> None:
    assert {TO_THE_INDICATOR[indicator] for indicator in NEUTRALISED_BY_TIME} == set(NEUTRALISABLE)


@pytest.mark.clause("S-9-120")
@pytest.mark.parametrize(
    ("received", "state"), [(1200, State.RESPECTED), (1201, State.SUSPENDED)], ids=["120 %", "more"]
)
def test_contacts_ordered_are_compared_over_the_days_of_their_orders(received: int, state: State) -> None:
    order = Order(MAY, date(2026, 5, 18), Fraction(100), 1000)
    facts = MonthFacts(
        MAY,
        good(),
        EVERYTHING,
        ((order, {"productive_ms": 100 * 3_600_000, "received_inbound": received}),),
    )
    entered = Entered(Invoice(Decimal("100000.00"), Decimal("20000.00")), (order,))
    lines = statement_of(facts, entered, with_forms()).lines
    assert lines[2].state is state


def lost_calls(contract: Contract, tmp_path: Path) -> None:
    """Eight calls answered on 4 May in the morning; two lost at 14:20, on two flows."""
    nothing = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")
    rows = [row(appel=f"A{n}", arrivee="04/05/2026 10:00:00", decroche="") for n in range(8)]
    for n, flow in enumerate(("3422", "3423")):
        lost = row(appel=f"L{n}", arrivee="04/05/2026 14:20:00", issue="Abandonné", decroche="", flux=flow)
        rows.append(lost | nothing)
    import_file(
        contract=contract,
        path=acd_csv(tmp_path / "mai.csv", rows),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )


@pytest.mark.clause("S-9-penalites", "S-3.3.2-accessibilite")
def test_an_agreed_incident_changes_what_is_owed_and_only_its_flows(mes: Contract, tmp_path: Path) -> None:
    invoiced(mes)
    lost_calls(mes, tmp_path)

    def third() -> tuple[Fraction | None, Decimal]:
        found = entered_for(mes, MAY)
        assert found is not None
        line = propose(mes, MAY, found).statement.lines[2]
        return line.value, line.amount

    assert third() == (Fraction(8, 10), Decimal("2000.00"))
    claim = claimed(mes, flows=("3422",))
    assert third() == (Fraction(8, 10), Decimal("2000.00"))
    incidents.agree_claim(claim=claim, actor=ACTOR, at=AT)
    assert third() == (Fraction(8, 9), Decimal("2000.00"))
    incidents.agree_claim(claim=claimed(mes), actor=ACTOR, at=AT)
    assert third() == (Fraction(1), Decimal("0.00"))


def test_the_command_takes_what_the_house_holds_when_nothing_is_given(mes: Contract, tmp_path: Path) -> None:
    asked = ["--contract", "mes", "--month", "2026-05", "--json"]
    bare = CliRunner().invoke(command, asked)
    assert bare.exit_code == 2 and "aucune facture de production" in json.loads(bare.output)["error"]
    invoiced(mes)
    lost_calls(mes, tmp_path)
    told = json.loads(CliRunner().invoke(command, asked).output)
    assert (told["proposed"], told["cap"]) == ("2000.00", "12000.00")
    mixed = CliRunner().invoke(command, [*asked, "--contacts-ordered", "12"])
    assert mixed.exit_code == 2 and "--invoice-phone" in json.loads(mixed.output)["error"]

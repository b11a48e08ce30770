"""The dates that each room gives to the board follow its own acts: open, kept, late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from titulaire.billing.models import Payment
from titulaire.billing.rules import Means
from titulaire.billing.services import record_payment
from titulaire.billing.tests.factories import billed_contract
from titulaire.billing.tests.factories import issued as invoice_issued
from titulaire.deadlines.dues import DueState
from titulaire.governance.board import Line, board, whole_life
from titulaire.identity.models import Contract
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.services import answer_complaint, open_complaint, reopen_complaint
from titulaire.vouchers.delivery.tests.factories import references, released_order, send
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers
from titulaire.vouchers.orders.agreements import agree_calendar, propose_calendar
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.orders.rules import proposed_calendar
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract
from titulaire.vouchers.settlement.services import freeze_report, replace_unused
from titulaire.vouchers.settlement.tests.factories import issued
from titulaire.vouchers.stops.services import reissue_stopped
from titulaire.vouchers.stops.tests.factories import TODAY, WHEN, by_number, stop

pytestmark = pytest.mark.django_db


def lines(contract: Contract, at: datetime) -> dict[str, Line]:
    since, until = whole_life(contract, at.date())
    return {line.key: line for line in board(contract, since=since, until=until, at=at)}


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 11, tzinfo=UTC)


def test_the_contract_s_own_dates_are_to_know_and_never_late() -> None:
    found = lines(make_contract(), noon(2028, 12, 31))
    assert found["contracts.start"].due.due_on == date(2025, 1, 1)
    assert found["contracts.end"].due.due_on == date(2028, 12, 31)
    assert {line.state for line in found.values() if line.room == "contracts"} == {DueState.FACT}


@pytest.mark.clause("T-2.3-calendrier")
def test_a_year_s_calendar_is_agreed_before_it_and_its_months_ordered_by_their_dates() -> None:
    contract = make_contract()
    days = working_days(contract)
    months = proposed_calendar(2026, add_working_days=days.add, is_working_day=days.is_working_day)
    at = noon(2025, 12, 1)
    calendar = propose_calendar(contract=contract, year=2026, months=months, actor=ACTOR, at=at)
    for side in ("BUYER", "CONTRACTOR"):
        agree_calendar(calendar=calendar, side=side, actor=ACTOR, at=at)
    found = lines(contract, noon(2026, 2, 1))
    assert {key: found[f"orders.calendar-{key}"].state for key in (2025, 2026, 2027)} == {
        2025: DueState.LATE, 2026: DueState.DONE, 2027: DueState.OPEN,
    }  # fmt: skip
    assert "orders.calendar-2024" not in found and "orders.calendar-2029" not in found
    assert found["orders.order-2026-01"].due.due_on == date(2026, 1, 20)
    assert found["orders.order-2026-01"].state is DueState.LATE
    assert found["orders.order-2026-02"].state is DueState.OPEN


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_a_delivery_is_due_ten_working_days_after_the_acknowledgement_with_the_days_passed_over() -> None:
    order = released_order()
    key = f"delivery.{order.number}"
    line = lines(order.contract, AT)[key]
    assert line.state is DueState.OPEN and line.due.due_on == order.due_on
    assert order.due_on is not None and line.due.counted is not None
    passed = line.due.counted.passed_over(order.due_on)
    assert len(passed) + 10 == (order.due_on - AT.date()).days
    after = datetime.combine(order.due_on + timedelta(days=1), AT.timetz())
    assert lines(order.contract, after)[key].state is DueState.LATE
    send(order, {f"1A0000000000{rank}": (booklet,) for rank, booklet in enumerate(references(order))})
    assert lines(order.contract, after)[key].due.done_on is None


@pytest.mark.clause("T-2.6-perte")
def test_a_replacement_is_due_three_working_days_after_it_was_asked() -> None:
    order = issued_order()
    made = stop(order.contract, by_number(numbers(order)[0]))
    (claim,) = reissue_stopped(stop=made, asked_on=TODAY, actor=ACTOR, at=WHEN)
    line = lines(order.contract, WHEN)[f"stops.{claim.reissue.reference}"]
    assert (line.due.due_on, line.state, line.due.clause) == (claim.due_on, DueState.OPEN, "T-2.6-perte")
    late = datetime.combine(claim.due_on + timedelta(days=1), WHEN.timetz())
    assert lines(order.contract, late)[line.key].state is DueState.LATE


@pytest.mark.clause("T-2.1.2-reclamations")
def test_each_round_of_a_complaint_has_its_own_date() -> None:
    contract = make_contract()
    at = noon(2026, 3, 2)
    complaint = open_complaint(
        contract=contract, channel=Channel.MAIL, typology=Typology.LATE, description="Rien reçu.",
        received_at=at, actor=ACTOR, at=at,
    )  # fmt: skip
    answer_complaint(complaint=complaint, answer="Renvoyé.", actor=ACTOR, at=noon(2026, 3, 4))
    reopen_complaint(complaint=complaint, because="Toujours rien.", actor=ACTOR, at=noon(2026, 3, 9))
    found = lines(contract, noon(2026, 3, 20))
    assert found["complaints.R2026-0001-1"].state is DueState.DONE
    assert found["complaints.R2026-0001-2"].state is DueState.LATE
    assert found["complaints.R2026-0001-2"].due.due_on == date(2026, 3, 12)


@pytest.mark.clause("T-2.1.4-remplacement", "T-4.4-reporting")
def test_the_end_of_a_vintage_and_the_yearly_report_are_on_the_board() -> None:
    contract = make_contract()
    issued(contract, month=date(2025, 3, 1), at=noon(2025, 3, 3))
    before = lines(contract, noon(2026, 3, 10))
    assert before["settlement.replace-2025"].due.due_on == date(2026, 3, 31)
    assert before["settlement.replace-2025"].state is DueState.OPEN
    assert before["settlement.refund-2025"].due.due_on == date(2026, 4, 15)
    assert before["settlement.refund-2025"].state is DueState.OPEN
    assert before["settlement.reminder-2025-30"].state is DueState.LATE
    assert before["settlement.report-2025"].state is DueState.LATE  # a month after the anniversary
    replace_unused(contract=contract, vintage=2025, actor=ACTOR, at=noon(2026, 3, 12))
    freeze_report(contract=contract, year=2025, actor=ACTOR, at=noon(2026, 3, 12))
    after = lines(contract, noon(2026, 4, 20))
    assert after["settlement.replace-2025"].due.done_on == date(2026, 3, 12)
    assert after["settlement.report-2025"].state is DueState.DONE_LATE
    # Everything was replaced: there is nothing to refund, and nobody is late.
    assert after["settlement.refund-2025"].state is DueState.DONE


def test_an_invoice_is_due_until_the_whole_of_it_is_paid() -> None:
    contract = billed_contract()
    invoice = invoice_issued(contract)
    assert invoice.due_on is not None
    key, at = f"billing.{invoice.number}", noon(2026, 10, 20)
    assert lines(contract, at)[key].state is DueState.OPEN
    for amount in (Decimal("1.00"), invoice.gross - 1):
        assert lines(contract, at)[key].due.done_on is None
        record_payment(
            invoice=invoice, amount=amount, paid_on=date(2026, 10, 19), means=Means.TRANSFER, reference="",
            request_key=str(amount), actor=ACTOR, at=at,
        )  # fmt: skip
    assert Payment.objects.count() == 2
    assert lines(contract, at)[key].due.done_on == date(2026, 10, 19)

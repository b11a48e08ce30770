"""Drafting, issuing, crediting, paying: once, whole, in order; and nothing changes afterwards."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from titulaire.billing import queries, services
from titulaire.billing.models import Counter, Document, Line, Payment
from titulaire.billing.rules import Cause, Channel, DocumentRefused, Item, Means, Standing, charge
from titulaire.billing.tests.factories import (
    ACTOR,
    AT,
    OCTOBER,
    SEPTEMBER,
    billed_contract,
    drafted,
    hours,
    issued,
    parties,
    two_parts,
)
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract
from titulaire.journal import files
from titulaire.journal.models import Entry

pytestmark = pytest.mark.django_db


def credit(invoice: Document, amount: str = "10", *, key: str = "avoir") -> services.Done:
    return services.issue_credit_note(
        invoice=invoice,
        cause=Cause.UNUSED_TITLES,
        reason="Relevé contradictoire",
        lines=[charge(Item.FACE_VALUE, "Titres périmés", Decimal(1), Decimal(amount))],
        request_key=key,
        actor=ACTOR,
        at=AT,
    )


def pay(invoice: Document, amount: str, *, key: str = "virement") -> Payment:
    return services.record_payment(
        invoice=invoice,
        amount=Decimal(amount),
        paid_on=date(2026, 10, 20),
        means=Means.TRANSFER,
        reference="VIR 4711",
        request_key=key,
        actor=ACTOR,
        at=AT,
    )


def left(invoice: Document) -> Decimal:
    found = Document.objects.with_balance().get(pk=invoice.pk)
    return found.left  # type: ignore[attr-defined, no-any-return]


def test_the_same_request_is_one_draft_and_another_content_under_its_key_is_refused() -> None:
    on = billed_contract()
    assert drafted(on) == drafted(on)
    assert Line.objects.count() == 4
    with pytest.raises(services.KeyReused):
        drafted(on, two_parts()[:2])


def test_a_draft_has_no_number_and_leaves_no_gap_when_thrown_away() -> None:
    on = billed_contract()
    services.discard_draft(document=drafted(on, key="a"), actor=ACTOR, at=AT)
    assert issued(on, key="b").number == "F2026-0001"
    assert Document.objects.count() == 1


def test_issuing_numbers_freezes_and_is_traced() -> None:
    document = issued()
    assert (document.number, document.due_on) == ("F2026-0001", date(2026, 11, 4))
    assert (document.engagement_number, document.service_code) == ("EJ-2026-0047", "ASS-47")
    entry = Entry.objects.get(act="INVOICE_ISSUED")
    assert entry.target == "invoice:F2026-0001"
    assert entry.content.body["pdf"] == document.pdf_sha256
    assert files.read(document.pdf_sha256, contract="cpam47").startswith(b"%PDF")


def test_issued_twice_it_keeps_its_number() -> None:
    document = drafted()
    first = services.issue_invoice(document=document, actor=ACTOR, at=AT)
    second = services.issue_invoice(document=document, actor=ACTOR, at=AT + timedelta(days=400))
    assert (first.document.number, first.already_known) == (second.document.number, False)
    assert second.already_known and Counter.objects.get().last == 1


def test_each_year_and_each_kind_counts_from_one() -> None:
    on = billed_contract()
    invoice = issued(on, key="a")
    issued(on, key="b")
    # 23:30 UTC on 31 December is already the next year in Paris.
    later = services.issue_invoice(
        document=drafted(on, key="c"), actor=ACTOR, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    )
    numbers = list(Document.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == ["F2026-0001", "F2026-0002", "F2027-0001"]
    assert (later.document.issued_on, credit(invoice).document.number) == (date(2027, 1, 1), "A2026-0001")


def test_two_contracts_of_a_contractor_tell_their_series_apart() -> None:
    billed_contract()
    with pytest.raises(services.ProfileRefused) as refused:
        billed_contract("mes", "SUPPORT")
    assert refused.value.faults == {"series": "SERIES_TAKEN"}
    assert issued(billed_contract("mes", "SUPPORT", "M")).number == "MF2026-0001"


def test_nothing_is_issued_before_someone_says_who_invoices_whom() -> None:
    with pytest.raises(services.NoProfile):
        services.issue_invoice(document=drafted(contract()), actor=ACTOR, at=AT)
    assert not Counter.objects.exists()


def test_a_later_change_of_address_changes_no_issued_document() -> None:
    document = issued()
    services.save_profile(contract=document.contract, parties=parties("Autre nom"), actor=ACTOR, at=AT)
    document.refresh_from_db()
    assert document.parties["seller"]["name"] == "Titres Garonne (exemple)"


@pytest.mark.parametrize(
    "change",
    [
        lambda document: Document.objects.filter(pk=document.pk).update(gross=1),
        lambda document: Document.objects.filter(pk=document.pk).update(number=""),
        lambda document: document.lines.update(label="autre"),
        lambda document: document.lines.all().delete(),
        lambda document: Line.objects.create(
            document=document, place=9, item="OTHER", label="x", quantity=1, unit="LUMP", unit_price=1,
            vat_rate="0.2", net=1,
        ),
        lambda document: Payment.objects.update(amount=1),
        lambda document: Payment.objects.all().delete(),
    ],
)  # fmt: skip
def test_the_database_refuses_to_change_what_is_issued(change: Any) -> None:
    document = issued()
    pay(document, "1")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        change(document)


@pytest.mark.clause("T-2.1.2-avoirs")
def test_a_credit_note_is_numbered_tied_to_its_invoice_and_its_cause_and_lowers_what_is_owed() -> None:
    invoice = issued()
    done = credit(invoice, "120")
    assert (done.document.number, done.document.corrects, done.document.cause) == (
        "A2026-0001",
        invoice,
        "UNUSED_TITLES",
    )
    assert left(invoice) == Decimal("5399.09")
    again = credit(invoice, "120")
    assert again.already_known and again.document == done.document
    assert Entry.objects.filter(act="INVOICE_CREDITED").count() == 1


@pytest.mark.clause("T-2.1.2-avoirs")
def test_credit_notes_together_never_pass_the_invoice() -> None:
    invoice = issued()
    credit(invoice, "5200")
    with pytest.raises(DocumentRefused) as refused:
        credit(invoice, "0.01", key="de trop")
    assert (refused.value.fault, refused.value.left) == ("MORE_THAN_INVOICED_AT_RATE", Decimal("0.00"))


def test_neither_a_draft_nor_a_credit_note_is_credited_or_paid() -> None:
    on = billed_contract()
    note = credit(issued(on, key="a")).document
    for document in (drafted(on, key="b"), note):
        with pytest.raises(services.NotIssued):
            credit(document, key="x")
        with pytest.raises(services.NotIssued):
            pay(document, "1", key="y")


def test_payments_settle_an_invoice_once_and_never_beyond() -> None:
    invoice = issued()
    assert pay(invoice, "5000") == pay(invoice, "5000")
    with pytest.raises(services.Overpaid) as refused:
        pay(invoice, "519.10", key="deux")
    assert refused.value.left == Decimal("519.09")
    with pytest.raises(services.KeyReused):
        pay(invoice, "1")
    pay(invoice, "519.09", key="deux")
    on = date(2027, 1, 1)
    found = Document.objects.with_balance()
    assert found.get().standing(on=on) is Standing.SETTLED
    assert found.standing("SETTLED", on=on).count() == 1
    assert not found.standing("LATE", on=on).exists()


@pytest.mark.clause("S-9-penalites", "S-9-plafond")
def test_the_base_of_penalties_is_the_production_invoiced_over_the_month() -> None:
    on = billed_contract("mes", "SUPPORT", "M")
    issued(on, key="a")
    drafted(on, hours("9"), key="only a draft")
    month = {"start_on": SEPTEMBER, "end_on": OCTOBER}
    assert queries.production_of(on, **month, channel=Channel.PHONE) == Decimal("37455.60")
    assert queries.production_of(on, **month) == Decimal("39441.35")
    assert queries.production_of(on, start_on=OCTOBER, end_on=date(2026, 11, 1)) == 0


def test_drafts_are_the_contractors_own_business() -> None:
    on = billed_contract()
    draft = drafted(on)
    assert queries.document_called(on, draft.reference, {Role.VOUCHER_OPERATOR}) == draft
    for role in (Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR):
        assert queries.document_called(on, draft.reference, {role}) is None
        assert not queries.documents_of(on, {role}).exists()


# Faults and races


def failing_at(statement: int) -> Any:
    seen = 0

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise OperationalError(f"statement {statement}")
        return execute(sql, params, many, context)

    return fail


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["draft", "issue", "credit", "pay", "discard"])
def test_a_failure_at_any_statement_leaves_nothing(act: str) -> None:
    on = billed_contract()
    invoice = issued(on, key="issued")
    draft = drafted(on, key="draft")

    def run() -> None:
        match act:
            case "draft":
                drafted(on, key="new")
            case "issue":
                services.issue_invoice(document=draft, actor=ACTOR, at=AT)
            case "credit":
                credit(invoice)
            case "pay":
                pay(invoice, "10")
            case "discard":
                services.discard_draft(document=draft, actor=ACTOR, at=AT)

    def state() -> tuple[object, ...]:
        return (
            list(Document.objects.order_by("pk").values_list("pk", "number", "pdf_sha256")),
            Line.objects.count(),
            Payment.objects.count(),
            list(Counter.objects.order_by("pk").values_list("kind", "last")),
            Entry.objects.count(),
        )

    before = state()
    for statement in range(1, 60):
        try:
            with connection.execute_wrapper(failing_at(statement)):
                run()
        except OperationalError:
            assert state() == before, statement
        else:
            break
    assert statement > 5
    assert state() != before


def at_once(*acts: Any) -> list[Exception]:
    """Run the acts in threads that start together; what they raised."""
    start, raised = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        try:
            start.wait()
            act()
        except Exception as fault:
            raised.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_invoices_issued_at_the_same_instant_share_no_number_and_leave_no_gap() -> None:
    on = billed_contract()
    drafts = [drafted(on, key=str(each)) for each in range(5)]
    issue = [
        lambda draft=draft: services.issue_invoice(document=draft, actor=ACTOR, at=AT) for draft in drafts * 2
    ]
    assert at_once(*issue) == []
    numbers = sorted(Document.objects.values_list("number", flat=True))
    assert numbers == [f"F2026-000{rank}" for rank in range(1, 6)]
    assert Entry.objects.filter(act="INVOICE_ISSUED").count() == 5


@pytest.mark.django_db(transaction=True)
def test_payments_at_the_same_instant_never_pass_what_is_owed() -> None:
    invoice = issued()
    raised = at_once(*(lambda key=key: pay(invoice, "3000", key=key) for key in ("a", "b", "a", "c")))
    assert {type(each) for each in raised} == {services.Overpaid}
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("T-2.1.2-avoirs")
def test_credit_notes_at_the_same_instant_never_pass_the_invoice() -> None:
    invoice = issued()
    raised = at_once(*(lambda key=key: credit(invoice, "3000", key=key) for key in ("a", "b", "a", "c")))
    assert {type(each) for each in raised} == {DocumentRefused}
    assert list(Document.objects.filter(kind="CREDIT_NOTE").values_list("number", flat=True)) == [
        "A2026-0001"
    ]

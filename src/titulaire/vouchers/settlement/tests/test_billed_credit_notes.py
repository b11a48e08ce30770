"""A credit note that corrects an invoice is one document of the invoices, to the cent, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from titulaire.billing import services as billing
from titulaire.billing.models import Document
from titulaire.billing.rules import (
    DocumentRefused,
    InvoiceLine,
    Item,
    Unit,
    charge,
    penalty_deduction,
    totals,
)
from titulaire.billing.tests.factories import billed_contract, drafted, issued
from titulaire.cli.settlement import command
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.vouchers.settlement import accounts, services
from titulaire.vouchers.settlement.models import CreditNote
from titulaire.vouchers.settlement.rules import (
    LineNotCharged,
    NotBillable,
    NotToTheCent,
    Volume,
    WrongInvoice,
    line_taken_back,
)
from titulaire.vouchers.settlement.tests.factories import each_statement_failing

ACTOR = "user:00000000-0000-4000-8000-000000000003"
AT = datetime(2026, 10, 20, 9, tzinfo=UTC)
EUROS = Decimal
FACE_VALUE, COMMISSION, POSTAGE = 1, 2, 3
"""The ranks of the lines of `billing`'s own invoice: 520 titles of 10 €, then what is earned on them."""


@pytest.fixture(autouse=True)
def files_of_these_tests_stand_apart(tmp_path: object, settings: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def invoice(db: None) -> Document:
    return issued(billed_contract())


def stated(
    on: Contract,
    amount: str = "12.30",
    *,
    cause: str = "DELIVERY",
    reference: str = "C26-12",
    vouchers: int = 0,
) -> CreditNote:
    return services.issue_credit_note(
        contract=on,
        cause=cause,
        cause_reference=reference,
        label="Lettres perdues par le transporteur",
        amount=EUROS(amount),
        vouchers=vouchers,
        actor=ACTOR,
        at=AT,
    )


def billed(note: CreditNote, invoice: Document, place: int = POSTAGE) -> billing.Done:
    return services.bill_credit_note(note=note, invoice=invoice, place=place, actor=ACTOR, at=AT)


def signed_in(on: Contract, role: Role = Role.VOUCHER_OPERATOR) -> Client:
    client = Client()
    client.force_login(person(role, on=on))
    return client


# The line


TITLES = charge(Item.FACE_VALUE, "Titres", EUROS(520), EUROS(10))
LETTERS = charge(Item.POSTAGE, "Lettres suivies", EUROS(52), EUROS("3.10"))


@pytest.mark.clause("T-2.1.2-avoirs")
@pytest.mark.parametrize(
    ("charged", "amount", "vouchers", "quantity", "net"),
    [
        (TITLES, "50.00", 5, "5", "50.00"),
        (TITLES, "50.00", 0, "1", "50.00"),
        (TITLES, "49.99", 5, "1", "49.99"),
        (TITLES, "0.01", 0, "1", "0.01"),
        (LETTERS, "12.30", 0, "1", "10.25"),
        (LETTERS, "0.01", 0, "1", "0.01"),
        (LETTERS, "0.02", 0, "1", "0.02"),
        (LETTERS, "0.04", 0, "1", "0.03"),
        (LETTERS, "30.00", 3, "1", "25.00"),
        (LETTERS, "99999.98", 0, "1", "83333.32"),
    ],
)
def test_the_line_bears_the_amount_to_the_cent_at_the_rate_of_what_it_takes_back(
    charged: InvoiceLine, amount: str, vouchers: int, quantity: str, net: str
) -> None:
    line = line_taken_back(charged, amount=EUROS(amount), vouchers=vouchers, label="Rendu", source="Constat")
    assert totals([line]).gross == EUROS(amount)
    assert (line.quantity, line.net) == (EUROS(quantity), EUROS(net))
    assert (line.item, line.vat_rate, line.exemption) == (charged.item, charged.vat_rate, charged.exemption)
    assert line.unit is (Unit.TITLE if quantity == "5" else Unit.LUMP)


@pytest.mark.parametrize(("amount", "nearest"), [("0.03", ("0.02", "0.04")), ("12.33", ("12.32", "12.34"))])
def test_an_amount_that_no_net_gives_is_refused_with_its_neighbours(
    amount: str, nearest: tuple[str, ...]
) -> None:
    with pytest.raises(NotToTheCent) as refused:
        line_taken_back(LETTERS, amount=EUROS(amount), vouchers=0, label="Rendu", source="Constat")
    assert refused.value.nearest == tuple(map(EUROS, nearest))


def test_five_cents_in_six_can_be_borne_at_the_normal_rate_and_all_of_them_without_vat() -> None:
    def borne(charged: InvoiceLine) -> int:
        count = 0
        for cents in range(1, 1201):
            try:
                line = line_taken_back(charged, amount=EUROS(cents) / 100, vouchers=0, label="x", source="")
            except NotToTheCent:
                continue
            assert totals([line]).gross == EUROS(cents) / 100
            count += 1
        return count

    assert (borne(LETTERS), borne(TITLES)) == (1000, 1200)


@pytest.mark.parametrize(
    "charged",
    [
        penalty_deduction("Retard", EUROS(100)),
        charge(Item.PENALTY, "Retard", EUROS(1), EUROS(100)),
        charge(Item.POSTAGE, "Remise", EUROS(-1), EUROS(5)),
    ],
)
def test_a_line_that_takes_something_off_is_not_taken_back(charged: InvoiceLine) -> None:
    with pytest.raises(LineNotCharged):
        line_taken_back(charged, amount=EUROS(5), vouchers=0, label="Rendu", source="Constat")


# The act


@pytest.mark.clause("T-2.1.2-avoirs", "T-3.3-tracabilite")
def test_it_is_one_document_however_often_it_is_asked_for(invoice: Document) -> None:
    note = stated(invoice.contract)
    first, again = billed(note, invoice), billed(note, invoice)
    note.refresh_from_db()
    assert (first.already_known, again.already_known) == (False, True)
    assert first.document == again.document == note.document
    assert (note.document.gross, note.document.net, note.document.vat) == (
        EUROS("12.30"), EUROS("10.25"), EUROS("2.05"),
    )  # fmt: skip
    assert note.document.corrects == invoice and note.document.cause == "DEFECT"
    assert Entry.objects.filter(act="CREDIT_NOTE_BILLED").count() == 1
    assert Entry.objects.filter(act="INVOICE_CREDITED").count() == 1
    assert Document.objects.with_balance().get(pk=invoice.pk).credited == EUROS("12.30")  # type: ignore[attr-defined]


@pytest.mark.clause("T-2.1.2-avoirs")
def test_a_signature_between_two_requests_changes_nothing(invoice: Document) -> None:
    note = stated(invoice.contract)
    first = billed(note, invoice)
    services.agree_credit_note(note=note, side="BUYER", actor=ACTOR, at=AT)
    assert billed(note, invoice).document == first.document


@pytest.mark.clause("T-2.1.2-avoirs")
def test_it_is_never_taken_off_a_second_invoice_nor_a_second_line(invoice: Document) -> None:
    note, other = stated(invoice.contract), issued(invoice.contract, key="octobre")
    billed(note, invoice)
    for asked, place in ((other, POSTAGE), (invoice, COMMISSION)):
        with pytest.raises(billing.KeyReused):
            billed(note, asked, place)
    assert Document.objects.filter(kind="CREDIT_NOTE").count() == 1


@pytest.mark.clause("T-2.1.2-avoirs")
@pytest.mark.parametrize("cause", ["REFUND", "OTHER"])
def test_a_cause_that_corrects_no_invoice_is_refused(invoice: Document, cause: str) -> None:
    with pytest.raises(NotBillable):
        billed(stated(invoice.contract, cause=cause), invoice)
    assert not Document.objects.filter(kind="CREDIT_NOTE").exists()


@pytest.mark.parametrize(
    ("cause", "told"),
    [("COMPLAINT", "DEFECT"), ("DELIVERY", "DEFECT"), ("DEFECT", "DEFECT"), ("INVOICE", "ERROR")],
)
def test_the_cause_is_told_as_invoices_name_it(invoice: Document, cause: str, told: str) -> None:
    assert billed(stated(invoice.contract, cause=cause), invoice).document.cause == told


def test_a_credit_note_that_names_its_invoice_corrects_no_other(invoice: Document) -> None:
    other = issued(invoice.contract, key="octobre")
    note = stated(invoice.contract, cause="INVOICE", reference=invoice.number)
    with pytest.raises(WrongInvoice) as refused:
        billed(note, other)
    assert refused.value.named == invoice.number
    assert billed(note, invoice).document.corrects == invoice


def test_another_contract_s_invoice_is_refused(invoice: Document) -> None:
    with pytest.raises(WrongInvoice):
        billed(stated(billed_contract("cpam24", series="B")), invoice)


def test_a_line_that_the_invoice_does_not_have_a_draft_and_too_large_an_amount_are_refused(
    invoice: Document,
) -> None:
    with pytest.raises(LineNotCharged):
        billed(stated(invoice.contract), invoice, 9)
    with pytest.raises(billing.NotIssued):
        billed(stated(invoice.contract), drafted(invoice.contract, key="octobre"))
    with pytest.raises(DocumentRefused):
        billed(stated(invoice.contract, "600.00"), invoice)
    assert not CreditNote.objects.filter(document__isnull=False).exists()


def test_a_failure_at_any_statement_leaves_nothing(invoice: Document) -> None:
    note = stated(invoice.contract)

    def world() -> tuple[object, ...]:
        return (
            list(Document.objects.values_list("pk", "number")),
            list(CreditNote.objects.values_list("pk", "document")),
            Entry.objects.count(),
        )

    assert each_statement_failing(lambda: billed(note, invoice), world) >= 5


# The yearly account


@pytest.mark.clause("T-5.2-controle", "T-2.1.2-avoirs")
def test_each_credited_euro_is_counted_once(invoice: Document) -> None:
    contract = invoice.contract
    billed(stated(contract), invoice)
    stated(contract, "7.00", cause="OTHER", vouchers=1)
    billing.issue_credit_note(
        invoice=invoice,
        cause=billing.Cause.UNUSED_TITLES,
        reason="Titres volés",
        lines=[charge(Item.FACE_VALUE, "Titres", EUROS(2), EUROS(10))],
        request_key="a-la-main",
        actor=ACTOR,
        at=AT,
    )
    found = dict(accounts.credits_of(contract, 2026))
    assert list(found.values()) == [Volume(0, 1230), Volume(1, 700), Volume(2, 2000)]
    taken = Document.objects.filter(kind="CREDIT_NOTE").aggregate(sum=Sum("gross"))["sum"]
    assert sum(one.cents for one in found.values()) == 100 * (taken + EUROS("7.00"))
    assert accounts.credits_of(contract, 2027) == []


def test_what_is_stated_in_december_and_billed_in_january_counts_in_december(invoice: Document) -> None:
    note = stated(invoice.contract)
    services.bill_credit_note(
        note=note, invoice=invoice, place=POSTAGE, actor=ACTOR, at=AT.replace(year=2027, month=1)
    )
    assert [one.cents for _, one in accounts.credits_of(invoice.contract, 2026)] == [1230]
    assert accounts.credits_of(invoice.contract, 2027) == []


# Screens and command


@pytest.mark.clause("T-2.1.2-avoirs")
def test_from_the_statement_to_the_invoice_and_back(invoice: Document) -> None:
    contract, number = invoice.contract, stated(invoice.contract).number
    client = signed_in(contract)
    own = reverse("credit_note", args=["cpam47", number])
    ask = reverse("credit_note_bill", args=["cpam47", number])
    assert f'href="{ask}"' in client.get(own).content.decode()
    page = client.get(ask).content.decode()
    assert f"{invoice.number}:3" in page and "Lettres suivies" in page
    for _ in range(2):
        assert client.post(ask, {"line": f"{invoice.number}:3"}).status_code == 302
    document = Document.objects.get(kind="CREDIT_NOTE")
    there = reverse("invoice", args=["cpam47", document.number])
    told = client.get(own).content.decode()
    assert f'href="{there}"' in told and "Sur facture" in told and f'href="{ask}"' not in told
    assert f'href="{own}"' in client.get(there).content.decode()
    listed = reverse("credit_notes", args=["cpam47"])
    assert "Sur facture" in client.get(listed).content.decode()
    assert document.number in client.get(listed, {"export": "csv"}).content.decode("utf-8-sig")


@pytest.mark.clause("T-2.1.2-avoirs")
@pytest.mark.parametrize(
    "role", [Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR, Role.AFFILIATE, Role.SUPERVISOR]
)
def test_the_operator_alone_puts_it_on_the_invoice(invoice: Document, role: Role) -> None:
    number = stated(invoice.contract).number
    client = signed_in(invoice.contract, role)
    asked = {"line": f"{invoice.number}:3"}
    assert client.post(reverse("credit_note_bill", args=["cpam47", number]), asked).status_code == 403
    assert (
        "Porter sur facture"
        not in client.get(reverse("credit_note", args=["cpam47", number])).content.decode()
    )
    assert not Document.objects.filter(kind="CREDIT_NOTE").exists()


def test_the_page_says_why_it_cannot_and_what_to_do(invoice: Document) -> None:
    client = signed_in(invoice.contract)

    def answered(note: CreditNote, line: str = "3") -> str:
        ask = reverse("credit_note_bill", args=["cpam47", note.number])
        return client.post(ask, {"line": f"{invoice.number}:{line}"}, follow=True).content.decode()

    assert "ne corrige aucune facture" in answered(stated(invoice.contract, cause="REFUND"))
    assert "Aucun montant hors taxe" in answered(stated(invoice.contract, "12.33"))
    assert "dépasse ce que la facture porte" in answered(stated(invoice.contract, "600.00"))
    assert "Aucune facture émise ne porte encore" in answered(stated(invoice.contract, "90000.00"))


def test_a_credit_note_for_an_invoice_that_does_not_exist_is_refused_on_its_form(invoice: Document) -> None:
    asked = {
        "cause": "INVOICE",
        "cause_reference": "F2020-0001",
        "label": "X",
        "vouchers": "0",
        "amount": "10",
    }
    page = signed_in(invoice.contract).post(reverse("credit_note_new", args=["cpam47"]), asked)
    assert "Aucune facture émise" in page.content.decode() and not CreditNote.objects.exists()


def test_a_form_of_billing_does_not_take_the_key_of_a_statement(invoice: Document) -> None:
    page = signed_in(invoice.contract).post(
        reverse("invoice_credit", args=["cpam47", invoice.number]),
        {
            "cause": "DEFECT", "reason": "x", "request_key": "settlement:AV2026-0001",
            "lignes-TOTAL_FORMS": "1", "lignes-INITIAL_FORMS": "0", "lignes-0-item": "FACE_VALUE",
            "lignes-0-label": "Titres", "lignes-0-quantity": "1", "lignes-0-unit_price": "10",
        },
    )  # fmt: skip
    assert page.status_code == 200 and not Document.objects.filter(kind="CREDIT_NOTE").exists()


@pytest.mark.clause("T-2.1.2-avoirs")
def test_the_command_lists_the_lines_then_bills_once(invoice: Document) -> None:
    number = stated(invoice.contract).number

    def asked(*arguments: str) -> dict[str, object]:
        ran = CliRunner().invoke(command, ["bill", number, "--contract", "cpam47", "--json", *arguments])
        assert ran.exit_code == 0, ran.output
        found: dict[str, object] = json.loads(ran.stdout)
        return found

    lines = asked()["lines"]
    assert [one["line"] for one in lines] == [1, 2, 3, 4]  # type: ignore[attr-defined]
    first = asked("--invoice", invoice.number, "--line", "3")
    again = asked("--invoice", invoice.number, "--line", "3")
    assert (first["gross"], first["already_known"], again["already_known"]) == ("12.30", False, True)
    assert first["document"] == again["document"]
    refused = CliRunner().invoke(
        command,
        ["bill", number, "--contract", "cpam47", "--invoice", invoice.number, "--line", "2", "--json"],
    )
    assert refused.exit_code != 0

"""The pages and the command of invoices: each side sees its own, and the same facts."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import facturx
import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from titulaire.billing.models import Document, Payment, Profile
from titulaire.billing.tests.factories import billed_contract, drafted, issued, parties
from titulaire.cli.billing import command
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.django_db


def signed_in(on: Contract, role: Role = Role.VOUCHER_OPERATOR) -> Client:
    client = Client()
    client.force_login(person(role, on=on))
    return client


def address(name: str, *arguments: object, code: str = "cpam47") -> str:
    return reverse(name, args=[code, *arguments])


def typed(*lines: dict[str, str], key: str = "k", **more: str) -> dict[str, str]:
    """What a browser sends for a period and these lines."""
    told = {"start_on": "2026-09-01", "last_on": "2026-09-30", "request_key": key}
    told |= {"lignes-TOTAL_FORMS": str(len(lines)), "lignes-INITIAL_FORMS": "0", **more}
    for place, line in enumerate(lines):
        told |= {f"lignes-{place}-{name}": value for name, value in line.items()}
    return told


TITLES = {"item": "FACE_VALUE", "label": "Titres", "quantity": "520", "unit_price": "10", "vat": ""}
POSTAGE = {
    "item": "POSTAGE",
    "label": "Lettres suivies",
    "quantity": "52",
    "unit_price": "3,10",
    "vat": "0.2",
}


@pytest.mark.clause("T-2.5-pochettes", "T-2.6-domicile")
def test_an_operator_prepares_reads_issues_and_downloads_an_invoice() -> None:
    client = signed_in(billed_contract())
    made = client.post(address("invoice_new"), typed(TITLES, POSTAGE, {"item": ""}))
    draft = Document.objects.get()
    assert made["Location"] == address("invoice", draft.reference)
    assert (draft.gross, draft.outside) == (Decimal("5393.44"), Decimal("5200.00"))
    page = client.get(made["Location"]).content.decode()
    assert "Brouillon" in page and "T-2.6-domicile" in page
    assert "ne changera plus" in client.get(address("invoice_issue", draft.reference)).content.decode()
    done = client.post(address("invoice_issue", draft.reference))
    assert done["Location"] == address("invoice", "F2026-0001").replace(
        "2026", str(Document.objects.get().year)
    )
    number = Document.objects.get().number
    pdf = client.get(address("invoice_file", number, "pdf"))
    _, xml = facturx.get_facturx_xml_from_pdf(io.BytesIO(pdf.content), check_xsd=True, check_schematron=False)
    assert client.get(address("invoice_file", number, "xml")).content == xml
    assert client.get(address("invoice_file", number, "zip")).status_code == 404


def test_the_form_sent_twice_makes_one_draft() -> None:
    client = signed_in(billed_contract())
    for _ in range(2):
        assert client.post(address("invoice_new"), typed(TITLES)).status_code == 302
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([{"item": ""}], "Écrivez au moins une ligne."),
        ([{**TITLES, "vat": "0.2"}], "La valeur faciale des titres ne porte pas de TVA."),
        ([{**TITLES, "quantity": ""}], "Écrivez une quantité."),
        ([{**TITLES, "clause": "T-9"}], "Le marché n’a pas de clause"),
        ([{**TITLES, "quantity": "-1"}], "Le total est nul ou négatif"),
        ([{**TITLES, "item": "UO1"}], "Sélectionnez un choix valide"),
    ],
)
def test_a_refused_form_says_how_to_mend_it_and_keeps_what_was_typed(
    lines: list[dict[str, str]], sentence: str
) -> None:
    client = signed_in(billed_contract())
    page = client.post(address("invoice_new"), typed(*lines)).content.decode()
    assert sentence in page and "Erreur" in page
    assert 'value="2026-09-01"' in page
    assert not Document.objects.exists()


def test_more_lines_are_given_without_losing_what_was_typed() -> None:
    client = signed_in(billed_contract())
    page = client.post(address("invoice_new"), typed(TITLES, add_lines="1")).content.decode()
    assert 'name="lignes-3-quantity"' in page and 'value="520"' in page


@pytest.mark.clause("T-2.1.2-avoirs")
def test_a_credit_note_starts_from_the_lines_of_its_invoice() -> None:
    on = billed_contract()
    invoice, client = issued(on), signed_in(on)
    page = client.get(address("invoice_credit", invoice.number)).content.decode()
    assert "Titres de 10 € émis" in page and "porte encore 5\u202f519,09" in page
    back = {**TITLES, "quantity": "12"}
    sent = {"cause": "UNUSED_TITLES", "reason": "Relevé du 2 octobre"}
    kept = {**POSTAGE, "quantity": ""}
    answer = client.post(address("invoice_credit", invoice.number), typed(back, kept, **sent))
    assert answer["Location"] == address("invoice", Document.objects.get(kind="CREDIT_NOTE").number)
    assert "5\u202f399,09" in client.get(address("invoice", invoice.number)).content.decode()
    too_much = typed({**TITLES, "quantity": "999"}, key="autre", **sent)
    assert "dépasse" in client.post(address("invoice_credit", invoice.number), too_much).content.decode()


def test_a_payment_settles_the_invoice() -> None:
    on = billed_contract()
    invoice, client = issued(on), signed_in(on)
    sent = {"amount": "5 519,09", "paid_on": "2026-10-20", "means": "TRANSFER", "request_key": "p"}
    client.post(address("invoice_pay", invoice.number), sent)
    assert Payment.objects.get().amount == invoice.gross
    assert "Soldée" in client.get(address("invoices")).content.decode()
    over = client.post(address("invoice_pay", invoice.number), {**sent, "request_key": "q", "amount": "1"})
    assert "Il ne reste que 0,00" in over.content.decode()


def test_an_issued_invoice_is_not_thrown_away() -> None:
    on = billed_contract()
    invoice, client = issued(on), signed_in(on)
    client.post(address("invoice_discard", invoice.number))
    assert Document.objects.filter(number=invoice.number).exists()


def test_the_buyer_reads_what_is_issued_and_nothing_of_drafts() -> None:
    on = billed_contract()
    draft, invoice = drafted(on, key="a"), issued(on, key="b")
    for role in (Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR):
        client = signed_in(on, role)
        page = client.get(address("invoices")).content.decode()
        assert invoice.number in page and "Brouillon" not in page
        assert client.get(address("invoice", draft.reference)).status_code == 404
        assert client.get(address("invoice", invoice.number)).status_code == 200
        assert client.post(address("invoice_issue", draft.reference)).status_code == 403


def test_another_contracts_invoice_does_not_exist() -> None:
    invoice = issued()
    mes = contract("mes", "SUPPORT")
    client = signed_in(mes, Role.SUPERVISOR)
    assert client.get(address("invoice", invoice.number, code="mes")).status_code == 404


def test_the_list_filters_by_state_and_is_taken_away() -> None:
    on = billed_contract()
    drafted(on, key="a"), issued(on, key="b")
    client = signed_in(on)
    assert "1\u00a0document" in client.get(address("invoices") + "?etat=DRAFT").content.decode()
    rows = client.get(address("invoices") + "?export=csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3 and "5519,09" in rows[1] + rows[2]


def test_who_invoices_whom_is_saved_or_says_what_is_wrong() -> None:
    client = signed_in(contract())
    told = {
        f"{side}_{name}": "\n".join(value) if name == "street" else value
        for side, party in (("seller", parties().seller), ("buyer", parties().buyer))
        for name, value in party.as_json().items()
        if name != "email"
    }
    told |= {"iban": "FR14 2004 1010 0505 0001 3M02 606", "payment_days": "30", "late_interest": "BCE + 8"}
    wrong = client.post(address("billing_profile"), {**told, "seller_siret": "123"}).content.decode()
    assert "ne passe pas son contrôle" in wrong and not Profile.objects.exists()
    assert client.post(address("billing_profile"), told).status_code == 302
    assert Profile.objects.get().iban == "FR1420041010050500013M02606"
    assert 'value="Titres Garonne (exemple)"' in client.get(address("billing_profile")).content.decode()


def run(*words: str) -> object:
    return json.loads(CliRunner().invoke(command, [*words, "--contract", "cpam47", "--json"]).stdout)


def test_the_command_says_the_same_facts() -> None:
    on = billed_contract()
    draft = drafted(on)
    assert [each["state"] for each in run("list")] == ["DRAFT"]  # type: ignore[attr-defined]
    first, second = run("issue", draft.reference), run("show", Document.objects.get().reference)
    assert first["gross"] == second["gross"] == "5519.09"  # type: ignore[index]
    assert second["lines"][0]["clause"] == "T-1.1-emission"  # type: ignore[index]
    assert run("list", "--state", "DRAFT") == []
    assert "error" in run("show", "F1999-0001")  # type: ignore[operator]

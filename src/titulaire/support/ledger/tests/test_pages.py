"""The pages of the ledger: who enters, who closes, what each sees, what is refused and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.billing.models import Document
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.ledger import queries
from titulaire.support.ledger.models import Entry, Ledger, WorkOrder
from titulaire.support.ledger.reading import entries_of_sheet
from titulaire.support.ledger.rules import Gap, WorkUnit
from titulaire.support.ledger.tests.test_acts import MAY, closed, entered, mes, priced, produced
from titulaire.ui.exports import xlsx_bytes

pytestmark = pytest.mark.django_db
BASE = "/marches/mes/registre/"
MONTH = f"{BASE}2026-05/"
ENTRY = {"unit": "UO1", "since_on": "2026-05-04", "last_on": "2026-05-08", "quantity": "120,5", "site": ""}


def client(*roles: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(*roles, on=mes()))
    return signed_in


@pytest.mark.clause("S-7.2-commandes", "S-9-penalites")
def test_a_month_goes_from_an_order_to_a_draft_invoice_and_back() -> None:
    page = client(Role.SUPERVISOR)
    order = {
        "reference": "C1", "kind": "FIRM", "unit": "UO1", "since_on": "2026-05-04", "last_on": "2026-05-15",
        "quantity": "500", "contacts": "2000", "ordered_on": "2026-04-20",
        "document": SimpleUploadedFile("commande.pdf", b"%PDF-1"),
    }  # fmt: skip
    page.post(f"{BASE}commandes/saisir/", order)
    page.post(f"{MONTH}saisir/", ENTRY)
    shown = page.get(MONTH).content.decode()
    assert "UO1 n’a pas de prix" in shown and "500,00" in shown and "2\u202f000\xa0contacts prévus" in shown
    assert "n’a pas de prix" in page.post(f"{MONTH}clore/", {"explanation": ""}).content.decode()
    page.post(
        f"{BASE}prix/saisir/", {"unit": "UO1", "from_on": "2026-01-01", "amount": "30,25", "source": "Annexe"}
    )
    page.post(f"{MONTH}clore/", {"explanation": ""})
    page.post(f"{MONTH}facturer/")
    invoice = Document.objects.get()
    assert invoice.net == Decimal("3645.13")
    bill = f"/marches/mes/facturation/{invoice.reference}/"
    assert bill in page.get(MONTH).content.decode() and MONTH in page.get(bill).content.decode()
    assert "3\u202f645,13" in page.get(BASE).content.decode()
    paper = WorkOrder.objects.get().document_sha256
    assert page.get(f"{BASE}documents/{paper}/").content == b"%PDF-1"
    assert page.get(f"{BASE}documents/{'0' * 64}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "enters", "closes"),
    [
        (Role.SUPERVISOR, 200, 200),
        (Role.PLANNER, 200, 403),
        (Role.BUYER_MANAGER, 403, 403),
        (Role.AUDITOR, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, enters: int, closes: int) -> None:
    entered(produced())
    page = client(role)
    for address in (BASE, MONTH, f"{BASE}commandes/", f"{BASE}prix/"):
        assert page.get(address).status_code == 200
    for address in (f"{MONTH}saisir/", f"{MONTH}importer/", f"{BASE}commandes/saisir/"):
        assert page.get(address).status_code == enters
    for address in (f"{MONTH}clore/", f"{MONTH}rouvrir/", f"{MONTH}facturer/", f"{BASE}prix/saisir/"):
        assert page.get(address).status_code == closes
    assert client(Role.ADVISER).get(BASE).status_code == 403


def test_the_buyer_sees_a_month_once_it_is_closed() -> None:
    priced(WorkUnit.UO1)
    entered(produced(quantity="77.5"))
    buyer = client(Role.BUYER_READER)
    assert "77,5" not in buyer.get(MONTH).content.decode()
    assert "Aucun mois au registre" in buyer.get(BASE).content.decode()
    closed(produced(day=6, quantity="1"))
    assert "77,5" in buyer.get(MONTH).content.decode()


def test_a_month_is_not_any_text() -> None:
    page = client(Role.SUPERVISOR)
    assert page.get(f"{BASE}mai/").status_code == page.get(f"{BASE}2026-13/").status_code == 404
    assert page.get(f"{MONTH}clore/").status_code == 404


SHEET = "du;au;unite;quantite;site\n2026-05-04;;UO1;120,5;NORD\n05/05/2026;2026-05-06;UO4;40;\n"


def test_a_file_is_refused_cell_by_cell_then_taken_once() -> None:
    page = client(Role.PLANNER)

    def sent(text: str, reason: str = "") -> str:
        said = {"file": SimpleUploadedFile("mai.csv", text.encode()), "reason": reason}
        return page.post(f"{MONTH}importer/", said, follow=True).content.decode()

    shown = sent(SHEET.replace("UO4;40", "UO4;40,5").replace("120,5", "beaucoup"))
    assert "NOT_WHOLE" in shown and "NOT_A_NUMBER" in shown and Entry.objects.count() == 0
    assert "Fichier enregistré" in sent(SHEET) and "déjà au registre" in sent(SHEET)
    assert Entry.objects.count() == 2
    corrected = SHEET.replace("120,5", "119")
    assert "ALREADY_ENTERED" in sent(corrected)
    assert "Fichier enregistré" in sent(corrected, "Relevé du 2 juin")
    assert Entry.objects.in_force().count() == 2 and Entry.objects.count() == 4
    assert "Relevé du 2 juin" in page.get(MONTH).content.decode()


def test_a_workbook_reads_as_the_same_rows() -> None:
    rows = [
        [date(2026, 5, 4), None, "UO1", Decimal("120.5"), "NORD"],
        [date(2026, 5, 5), date(2026, 5, 6), "UO4", Decimal(40), None],
    ]
    kinds = ["date", "date", "text", "number", "text"]
    book = xlsx_bytes(["du", "au", "unite", "quantite", "site"], rows, kinds=kinds)
    assert entries_of_sheet(book) == entries_of_sheet(SHEET.encode())
    with pytest.raises(SheetRefused):
        entries_of_sheet(b"du;unite;quantite\n2026-05-04;UO9;1\n")


def test_a_gap_with_the_facts_is_explained_at_the_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    priced(WorkUnit.UO1)
    entered(produced(quantity="100"))
    gap = Gap(date(2026, 5, 4), Decimal(100), Decimal("97.5"))
    monkeypatch.setattr(queries, "gaps_of", lambda ledger: [gap])
    page = client(Role.SUPERVISOR)
    refused = page.post(f"{MONTH}clore/", {"explanation": ""}).content.decode()
    assert "2,50\xa0h" in refused and "obligatoire" in refused
    page.post(f"{MONTH}clore/", {"explanation": "Formation comptée à part."})
    assert Ledger.objects.get().is_closed
    assert "Formation comptée à part." in page.get(MONTH).content.decode()


def test_hours_are_compared_day_by_day_with_what_the_states_tell(tmp_path: Path) -> None:
    at = timezone.now()
    headings = "conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail"
    rows = [
        f"C1;S1;04/05/2026 {hour:02}:00:00;3600;{state};Téléphone;;;NORD;non"
        for hour, state in ((9, "Disponible"), (10, "Conversation"), (11, "Pause"), (12, "Post-appel"))
    ]
    path = tmp_path / "etats.csv"
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    import_file(
        contract=mes(), path=path, connector=find_connector("etats-csv"),
        actor="user:test", at=at,
    )  # fmt: skip
    entered(produced(day=4, quantity="4"), produced(day=6, quantity="3"))
    ledger = queries.ledger_of(mes(), MAY)
    assert ledger is not None
    assert queries.gaps_of(ledger) == [
        Gap(date(2026, 5, 4), Decimal(4), Decimal(3)),
        Gap(date(2026, 5, 6), Decimal(3), None),
    ]

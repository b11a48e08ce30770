"""The pages of the exchange: each party's own acts, the readers who only read, the files."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.billing.models import Document
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.tests.conftest import AT, MAY, amend, calls, close, decide, proposal_of

pytestmark = pytest.mark.django_db
LIST = "/marches/mes/penalites/"
MONTH = f"{LIST}2026-05/"
FIRST = f"{MONTH}v1/"


@pytest.fixture(autouse=True)
def june(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the pages is the day of the proposal."""
    monkeypatch.setattr(timezone, "now", lambda: AT)


def client(on: Contract, role: Role) -> Client:
    made = Client()
    made.force_login(person(role, on=on))
    return made


def plain(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


def page(on: Contract, address: str, role: Role = Role.SUPERVISOR, status: int = 200) -> str:
    answer = client(on, role).get(address)
    assert answer.status_code == status, address
    return plain(answer)


def post(on: Contract, address: str, role: Role, status: int = 302, **fields: Any) -> str:
    answer = client(on, role).post(address, fields)
    assert answer.status_code == status, plain(answer)
    return plain(answer)


@pytest.mark.clause("S-9-penalites")
def test_a_month_without_invoice_is_proposed_from_what_is_typed(support: Contract) -> None:
    assert f'href="{MONTH}proposer/"' in page(support, LIST)
    assert "Pourquoi cette nouvelle version" not in page(support, f"{MONTH}proposer/")
    post(
        support,
        f"{MONTH}proposer/",
        Role.SUPERVISOR,
        phone="100000,00",
        forms_amount="20000",
        orders="2026-05-04 2026-05-15 100,5",
        incidents="INC-124 2026-05-04T14:15 2026-05-04T15:00 P4",
        contacts_ordered="10",
    )
    entered = PenaltyProposal.objects.get().frozen["entered"]
    assert entered["orders"] == [
        {"since": "2026-05-04", "until": "2026-05-16", "hours": "201/2", "contacts": None}
    ]
    shown = page(support, FIRST)
    assert "Échange ouvert" in shown and "2 000,00 €" in shown
    assert "100,5 h du 04/05/2026 au 15/05/2026" in shown
    assert "Faire une observation" in shown and "Clore l’échange" not in shown
    again = page(support, f"{MONTH}proposer/")
    assert "2026-05-04 2026-05-15 100.5" in again and "INC-124 2026-05-04T14:15:00" in again


@pytest.mark.clause("S-9-penalites")
def test_once_invoiced_a_month_is_proposed_on_its_invoices_and_nothing_typed(billed: Document) -> None:
    on = billed.contract
    form = page(on, f"{MONTH}proposer/")
    assert "Ce que le logiciel sait du mois" in form and "100 000,00 €" in form and 'name="phone"' not in form
    post(on, f"{MONTH}proposer/", Role.SUPERVISOR, phone="1", incidents="INC-9 x", contacts_ordered="10")
    entered = PenaltyProposal.objects.get().frozen["entered"]
    assert (entered["phone"], entered["forms"], entered["incidents"]) == ("100000.00", "20000.00", [])


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("orders", "2026-05-04 100", "Ligne 1 : illisible"),
        ("orders", "2026-05-04 2026-06-05 100", "celle-ci finit ailleurs"),
        ("orders", "2026-05-15 2026-05-04 100", "finit avant de commencer"),
        ("incidents", "INC-1 2026-05-04T15:00 2026-05-04T14:00", "finit avant de commencer"),
        ("incidents", "INC-1 2026-05-04T14:00 2026-05-04T15:00 P11", "de P1 à P10"),
        ("phone", "", "obligatoire"),
    ],
)
def test_what_is_entered_wrong_is_told_and_nothing_is_frozen(
    support: Contract, field: str, text: str, said: str
) -> None:
    fields = {"phone": "100000", field: text}
    assert said in post(support, f"{MONTH}proposer/", Role.SUPERVISOR, 422, **fields)
    assert not PenaltyProposal.objects.exists()


@pytest.mark.parametrize("month", ["2026-13", "x", "2015-01", "2035-01"])
def test_a_month_that_the_contract_has_not_does_not_exist(support: Contract, month: str) -> None:
    page(support, f"{LIST}{month}/proposer/", status=404)
    page(support, f"{LIST}{month}/v1/", status=404)


def test_the_month_in_hand_is_not_proposed_and_the_buyer_does_not_propose(support: Contract) -> None:
    june = post(support, f"{LIST}2026-06/proposer/", Role.SUPERVISOR, 422, phone="1000")
    assert "Juin 2026 n’est pas fini" in june
    buyer = post(support, f"{MONTH}proposer/", Role.BUYER_MANAGER, 422, phone="1000")
    assert "Le titulaire seul peut le faire." in buyer


@pytest.mark.clause("S-9-penalites")
def test_both_sides_remark_and_the_document_leaves_as_it_came(proposed: PenaltyProposal) -> None:
    on = proposed.contract
    file = SimpleUploadedFile("relevé d’incident.html", b"<script>1</script>")
    post(on, f"{FIRST}observer/", Role.SUPERVISOR, text="La file était <b>coupée</b>.", line="P3", file=file)
    post(on, f"{FIRST}observer/", Role.BUYER_MANAGER, text="Sans incident référencé.")
    shown = page(on, FIRST, Role.AUDITOR)
    assert "&lt;b&gt;coupée" in shown and "sur P3" in shown and "L’acheteur" in shown
    number = proposed.remarks.get(line="P3").pk
    answer = client(on, Role.BUYER_READER).get(f"{FIRST}pieces/{number}/")
    assert (answer.content, answer["Content-Type"]) == (b"<script>1</script>", "application/octet-stream")
    assert answer["Content-Disposition"].startswith("attachment")
    page(on, f"{FIRST}pieces/{number + 1}/", status=404)


@pytest.mark.clause("S-9-penalites", "S-9-plafond")
def test_from_the_decision_to_the_credit_note_on_screen(billed: Document, proposed: PenaltyProposal) -> None:
    on = billed.contract
    assert "Décider P3" in page(on, FIRST, Role.BUYER_MANAGER)
    assert "motif d’une réduction" in post(
        on, f"{FIRST}decider/P3/", Role.BUYER_MANAGER, 422, outcome="REDUCED", amount="500"
    )
    post(on, f"{FIRST}decider/P3/", Role.BUYER_MANAGER, outcome="REDUCED", amount="500", reason="à moitié")
    post(on, f"{FIRST}fin-des-observations/", Role.SUPERVISOR)
    assert "Somme décidée" in page(on, f"{FIRST}clore/", Role.BUYER_MANAGER)
    post(on, f"{FIRST}clore/", Role.BUYER_MANAGER)
    assert billed.number in page(on, f"{FIRST}avoir/")
    post(on, f"{FIRST}avoir/", Role.SUPERVISOR)
    post(on, f"{FIRST}avoir/", Role.SUPERVISOR)
    proposed.refresh_from_db()
    assert proposed.credit_note and str(proposed.credit_note.gross) == "500.00"
    assert "Avoir émis" in page(on, FIRST) and proposed.credit_note.number in page(on, LIST)


def test_closing_too_soon_says_until_when_to_wait(proposed: PenaltyProposal) -> None:
    decide(proposed)
    visitor = client(proposed.contract, Role.BUYER_MANAGER)
    answer = visitor.post(f"{FIRST}clore/", follow=True)
    assert "jusqu’au 25 juin 2026 inclus" in plain(answer) and "Échange ouvert" in plain(answer)


@pytest.mark.parametrize("role", [Role.BUYER_READER, Role.AUDITOR, Role.PLANNER])
@pytest.mark.parametrize("act", ["observer/", "fin-des-observations/", "decider/P3/", "clore/", "avoir/"])
def test_those_who_read_do_not_act(proposed: PenaltyProposal, role: Role, act: str) -> None:
    post(proposed.contract, f"{FIRST}{act}", role, 403, text="x", outcome="KEPT")


def test_each_party_has_its_own_acts(proposed: PenaltyProposal) -> None:
    on = proposed.contract
    for act in ("decider/P3/", "clore/"):
        post(on, f"{FIRST}{act}", Role.SUPERVISOR, 403, outcome="KEPT")
    for act in ("fin-des-observations/", "avoir/"):
        post(on, f"{FIRST}{act}", Role.BUYER_MANAGER, 403)
    page(on, f"{FIRST}decider/P4/", Role.BUYER_MANAGER, status=404)


@pytest.mark.clause("S-9-plafond")
def test_past_the_cap_the_grave_fact_stands_first_on_every_page(support: Contract) -> None:
    amend(support, "penalty_answer_rate_rate", Decimal("0.15"))
    made = proposal_of(support)
    for role in (Role.SUPERVISOR, Role.BUYER_MANAGER):
        assert "Plafond dépassé : résiliation possible" in page(support, FIRST, role)
    assert "résiliation possible" in page(support, LIST)
    assert "vous pourrez résilier" not in page(support, f"{FIRST}clore/", Role.BUYER_MANAGER)
    decide(made)
    assert "vous pourrez résilier" in page(support, f"{FIRST}clore/", Role.BUYER_MANAGER)


@pytest.mark.clause("S-9-penalites")
def test_a_new_version_shows_what_changed(
    support: Contract, proposed: PenaltyProposal, tmp_path: Any
) -> None:
    calls(tmp_path, support, "suite", answered=10, lost=0, day="05/05/2026")
    form = page(support, f"{MONTH}proposer/")
    assert "Pourquoi cette nouvelle version" in form
    post(support, f"{MONTH}proposer/", Role.SUPERVISOR, phone="100000", forms_amount="20000", reason="retard")
    shown = page(support, f"{MONTH}v2/")
    assert "Ce qui change depuis la version 1" in shown and "80,00 %" in shown and "90,00 %" in shown
    assert "Version remplacée" in page(support, FIRST)
    file = page(support, f"{MONTH}v2/?changements-export=csv").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(file), delimiter=";"))
    assert {"Ligne": "P3", "Quoi": "Pénalité", "Version 1": "2 000,00 €", "Version 2": "0,00 €"} in rows


@pytest.mark.clause("S-9-penalites", "S-9-delai", "S-9-120")
def test_the_version_is_taken_away_as_numbers_and_as_paper(closed: PenaltyProposal) -> None:
    file = page(closed.contract, f"{FIRST}?export=csv").removeprefix("\ufeff")
    rows = {one["Ligne"]: one for one in csv.DictReader(io.StringIO(file), delimiter=";")}
    assert (rows["P3"]["Mesure exacte"], rows["P3"]["Décidé"]) == ("4/5", "2000,00")
    assert rows["P3"]["Due à partir du"] == "2026-03-09"
    book = client(closed.contract, Role.AUDITOR).get(f"{FIRST}?export=xlsx")
    assert book.content.startswith(b"PK")
    paper = client(closed.contract, Role.AUDITOR).get(f"{FIRST}document.pdf")
    again = client(closed.contract, Role.AUDITOR).get(f"{FIRST}document.pdf")
    assert paper.content.startswith(b"%PDF") and paper.content == again.content


def test_the_list_is_filtered_by_state(proposed: PenaltyProposal) -> None:
    shown = page(proposed.contract, f"{LIST}?etat=OPEN&export=csv")
    assert f"{MAY:%Y-%m-%d}" in shown and "2026-04-01" not in shown
    close(proposed)
    assert f"{MAY:%Y-%m-%d}" in page(proposed.contract, f"{LIST}?etat=CLOSED&export=csv")

"""The pages of incidents: who may do what, what they say, what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.incidents import services
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.incidents.rules import Side
from titulaire.support.incidents.tests.test_acts import ACTOR, SHEET, claimed, declared, mes

pytestmark = pytest.mark.django_db
LIST = "/marches/mes/incidents/"


def client(*roles: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(*roles, on=mes()))
    return signed_in


@pytest.mark.clause("S-3.2-incidents", "S-10.1.3-support")
def test_a_supervisor_declares_and_follows_to_the_end() -> None:
    page = client(Role.SUPERVISOR)
    said = {
        "what": "Bandeau indisponible",
        "side": "BUYER",
        "since_at": "2026-05-04T09:00",
        "flows": "3422, 3423",
    }
    assert page.post(f"{LIST}declarer/", said).headers["Location"] == f"{LIST}INC-0001/"
    later = {"told_at": "2026-05-04T09:10", "how": "Appel au correspondant"}
    page.post(f"{LIST}INC-0001/informer/", later)
    page.post(f"{LIST}INC-0001/mobiliser/", {"done_at": "2026-05-04T09:20", "what": "Équipe réseau"})
    page.post(f"{LIST}INC-0001/fin/", {"ended_at": "2026-05-04T11:00"})
    page.post(f"{LIST}INC-0001/resoudre/", {"resolution": "Certificat renouvelé."})
    page.post(f"{LIST}INC-0001/clore/")
    found = Dysfunction.objects.get()
    assert (found.state, found.flows, found.steps.count()) == ("CLOSED", ["3422", "3423"], 6)
    shown = page.get(f"{LIST}INC-0001/").content.decode()
    for words in ("Certificat renouvelé.", "Appel au correspondant", "Équipe réseau", "Clos", "2\xa0h"):
        assert words in shown
    said["since_at"] = "2099-01-01T00:00"
    assert "dans l’avenir" in page.post(f"{LIST}declarer/", said).content.decode()
    assert "rien n’a changé" in page.post(f"{LIST}INC-0001/clore/", follow=True).content.decode()


@pytest.mark.clause("S-9-penalites", "S-3.3.2-accessibilite")
def test_the_contractor_asks_and_only_the_buyer_answers() -> None:
    declared(until_at=datetime(2026, 5, 4, 12, tzinfo=UTC))
    supervisor, buyer = client(Role.SUPERVISOR), client(Role.BUYER_MANAGER)
    asked = {
        "since_at": "2026-05-04T10:00",
        "until_at": "2026-05-04T11:00",
        "lines": ["P3"],
        "because": "Panne",
    }
    assert buyer.post(f"{LIST}INC-0001/neutraliser/", asked).status_code == 403
    too_long = asked | {"until_at": "2026-05-05T11:00"}
    assert "sort de celui" in supervisor.post(f"{LIST}INC-0001/neutraliser/", too_long).content.decode()
    supervisor.post(f"{LIST}INC-0001/neutraliser/", asked)
    claim = Claim.objects.get()
    answers = f"{LIST}INC-0001/neutralisations/{claim.pk}/"
    assert supervisor.post(f"{answers}accepter/").status_code == 403
    assert "Motif du refus" in buyer.get(f"{answers}refuser/").content.decode()
    assert "obligatoire" in buyer.post(f"{answers}refuser/", {"because": ""}).content.decode()
    assert "Accepter la neutralisation" in buyer.get(f"{LIST}INC-0001/").content.decode()
    buyer.post(f"{answers}accepter/", {"note": "D’accord"})
    claim.refresh_from_db()
    assert (claim.state, claim.answer) == ("AGREED", "D’accord")
    twice = buyer.post(f"{answers}refuser/", {"because": "Non"}, follow=True).content.decode()
    assert "déjà « neutralise »" in twice


@pytest.mark.parametrize(
    ("role", "declare", "close"),
    [
        (Role.SUPERVISOR, 200, 200),
        (Role.PLANNER, 200, 403),
        (Role.BUYER_MANAGER, 403, 200),
        (Role.BUYER_READER, 403, 403),
        (Role.CSO, 403, 403),
        (Role.AUDITOR, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, declare: int, close: int) -> None:
    declared()
    page = client(role)
    assert page.get(LIST).status_code == page.get(f"{LIST}INC-0001/").status_code == 200
    assert page.get(f"{LIST}declarer/").status_code == declare
    assert page.get(f"{LIST}INC-0001/clore/").status_code == close
    assert client(Role.ADVISER).get(LIST).status_code == 403


def test_another_contract_has_no_such_incident() -> None:
    declared(contract("autre", "SUPPORT"))
    assert client(Role.SUPERVISOR).get(f"{LIST}INC-0001/").status_code == 404


@pytest.mark.clause("S-3.3.2-continuite")
def test_a_long_interruption_stands_at_the_top_of_the_list() -> None:
    now = timezone.now()
    said = services.Declaration(
        what="Téléphonie muette", side=Side.OPERATOR, since_at=now - timedelta(hours=49), interrupts=True
    )
    services.declare(contract=mes(), said=said, actor=ACTOR, at=now)
    shown = client(Role.AUDITOR).get(LIST).content.decode()
    assert "devait être rétabli avant le" in shown and "Limite dépassée" in shown


def test_the_list_is_searched_filtered_and_exported() -> None:
    claimed(declared(what="Réseau en panne"))
    declared(what="Outil lent", other_reference="CNAM-1")
    page = client(Role.BUYER_READER)
    assert "Outil lent" not in page.get(f"{LIST}?q=panne").content.decode()
    assert "Réseau en panne" not in page.get(f"{LIST}?neutralisation=NONE").content.decode()
    exported = page.get(f"{LIST}?export=csv").content.decode("utf-8-sig")
    assert "CNAM-1" in exported and "En attente" in exported


def test_a_file_is_refused_cell_by_cell_then_taken_once() -> None:
    page = client(Role.PLANNER)

    def sent(text: str) -> str:
        file = SimpleUploadedFile("incidents.csv", text.encode())
        return page.post(f"{LIST}importer/", {"file": file}, follow=True).content.decode()

    shown = sent(SHEET.replace("2026-05-04 09:00", "hier"))
    assert "Rien n’a été importé" in shown and "NOT_A_DATE" in shown and Dysfunction.objects.count() == 0
    assert "2\xa0incidents importés" in sent(SHEET)
    assert "déjà importé" in sent(SHEET) and Dysfunction.objects.count() == 2


def test_a_document_comes_back_under_its_name() -> None:
    declared()
    page = client(Role.SUPERVISOR)
    page.post(f"{LIST}INC-0001/joindre/", {"file": SimpleUploadedFile("relevé.txt", b"21 %")})
    found = Dysfunction.objects.get().documents.get()
    answer = page.get(f"{LIST}INC-0001/documents/{found.pk}/")
    assert answer.content == b"21 %" and "relev" in answer.headers["Content-Disposition"]
    assert page.get(f"{LIST}INC-0001/documents/{found.pk + 1}/").status_code == 404


@pytest.mark.clause("S-3.3.2-accessibilite", "S-3.2-incidents")
def test_references_of_calls_lead_to_their_incident_or_are_unknown(tmp_path: Path) -> None:
    at = timezone.now()
    day = (timezone.localtime(at) - timedelta(days=10)).strftime("%d/%m/%Y")
    rows = [
        row(appel=f"A{n}", arrivee=f"{day} 10:00:00", decroche="", incident=incident)
        for n, incident in enumerate(("CNAM-9", "CNAM-9", "PERDUE-1", ""))
    ]
    import_file(
        contract=mes(), path=acd_csv(tmp_path / "appels.csv", rows),
        connector=find_connector("acd-csv"), actor="user:test", at=at,
    )  # fmt: skip
    declared(other_reference="CNAM-9")
    shown = (
        client(Role.SUPERVISOR).get(f"{LIST}references/?export=csv").content.decode("utf-8-sig").splitlines()
    )
    assert shown[1].startswith("PERDUE-1;Inconnue;1;") and shown[2].startswith("CNAM-9;Au registre;2;")
    assert (
        "1\xa0référence sans incident" in client(Role.SUPERVISOR).get(f"{LIST}references/").content.decode()
    )

"""The pages of premises: what is written, refused, shown beside the facts, and to whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.journal.models import Entry
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.premises import queries
from titulaire.support.premises.models import FloorCheck, Site, WorkstationFound
from titulaire.support.staff.tests.test_acts import entered, mes

pytestmark = pytest.mark.django_db
HOME = "/marches/mes/lieux/"
TODAY = timezone.localdate


def client(*roles: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(*roles, on=mes()))
    return signed_in


def text(page: Client, address: str, said: dict[str, object] | None = None) -> str:
    answer = page.get(address) if said is None else page.post(address, said, follow=True)
    assert answer.status_code == 200, address
    return answer.content.decode()


def site(**wishes: object) -> dict[str, object]:
    return {
        "code": "EST",
        "name": "Plateau de Metz",
        "kind": "PRODUCTION",
        "cpam": "CPAM de Moselle",
        "rail_minutes": "90",
        "opened_on": "2026-01-05",
        "evidence": SimpleUploadedFile("horaire.pdf", b"12 min"),
    } | wishes


@pytest.mark.clause("S-3.2-sites", "S-3.3.2-plateaux")
def test_a_site_enters_with_its_evidence_and_its_floors_are_controlled() -> None:
    page = client(Role.SUPERVISOR)
    assert "90 minutes" in text(page, f"{HOME}ajouter/", site(rail_minutes="91")).replace("\xa0", " ")
    assert "obligatoire" in text(page, f"{HOME}ajouter/", site(evidence="")) and not Site.objects.exists()
    assert "Jamais contrôlé" in text(page, f"{HOME}ajouter/", site())
    assert "déjà" in text(page, f"{HOME}ajouter/", site(code="est"))
    assert page.get(f"{HOME}sites/EST/preuve/").content == b"12 min"
    floor = {"floor": "2e étage", "on": "2026-05-04", "is_controlled": "on", "control": "Badge et sas"}
    check = f"{HOME}sites/EST/controler/"
    assert "l’avenir" in text(page, check, floor | {"on": "2099-01-01"})
    assert "À corriger" in text(page, check, floor)
    assert "À corriger" in text(page, HOME)
    text(page, check, floor | {"is_dedicated": "on", "on": "2026-05-05"})
    assert "Dédié et contrôlé" in text(page, HOME) and FloorCheck.objects.count() == 2
    assert "trop tôt" in text(page, f"{HOME}sites/EST/fermer/", {"on": "2026-01-05"})
    text(page, f"{HOME}sites/EST/fermer/", {"on": "2026-06-01"})
    assert "déjà fermé" in text(page, f"{HOME}sites/EST/fermer/", {"on": "2026-06-02"})
    assert "Metz" in page.get(f"{HOME}?export=csv&q=moselle").content.decode("utf-8-sig")


@pytest.mark.clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
def test_equipment_is_checked_against_the_minimum_and_the_last_check_stands() -> None:
    entered()
    page = client(Role.CSO)
    assert "Postes jamais contrôlés" in text(page, f"{HOME}materiel/")
    every = ["ordinateur professionnel", "casque ou écouteurs", "clavier et souris", "écrans"]
    said = {
        "number": "A1", "on": "2026-05-04", "items": every, "ram_gb": "8", "cpu_score": "3760", "width": "1680",
        "height": "1050", "browser": "Firefox", "version": "129.0", "phone": "0612000000",
    }  # fmt: skip
    check = f"{HOME}materiel/controler/"
    assert "navigateur refusé par le portail, numéro mobile sans accord" in text(page, check, said)
    assert "Personne n’a le matricule" in text(page, check, said | {"number": "A9"})
    right = said | {"version": "130", "phone": "0184000000"}
    assert "trop tôt" in text(page, check, right | {"on": "2026-05-03"})
    assert "Poste conforme" in text(page, check, right)
    assert WorkstationFound.objects.count() == 2 and WorkstationFound.objects.get(is_last=True).lacks == []
    shown = text(page, f"{HOME}materiel/?etat=GOOD")
    assert "A1" in shown and "jamais" not in shown and "Edge 129" in shown
    assert "A1" not in page.get(f"{HOME}materiel/?etat=BAD&export=csv").content.decode("utf-8-sig")
    assert Entry.objects.filter(act="EQUIPMENT_CHECKED").count() == 2


@pytest.mark.clause("S-3.3.2-plateaux", "S-8.1-teletravail")
def test_places_of_work_are_read_in_the_facts_beside_the_register(tmp_path: Path) -> None:
    entered("C1"), entered("C2"), entered("C3", country="FR")
    lines = [
        f"{adviser};S1;04/05/2026 09:00:00;3600;Disponible;Téléphone;;N1;{at};{remote}"
        for adviser, at, remote in (
            ("C1", "EST", "non"),
            ("C2", "OUEST", "oui"),
            ("C3", "EST", "oui"),
            ("C4", "EST", "non"),
        )
    ]
    head = "conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail"
    path = tmp_path / "etats.csv"
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    at = datetime(2026, 5, 5, 8, tzinfo=UTC)
    connector = find_connector("etats-csv")
    assert (
        import_file(contract=mes(), path=path, connector=connector, actor="user:x", at=at).batch.state
        == "ACCEPTED"
    )
    found = {one.number: one for one in queries.worked_on(mes(), date(2026, 5, 4))}
    assert {number: one.faults for number, one in found.items()} == {
        "C1": (),
        "C2": ("NO_TELEWORK",),
        "C3": ("NOT_CHECKED",),
        "C4": ("UNKNOWN",),
    }
    assert found["C1"].hours == 1 and queries.worked_on(mes(), date(2026, 5, 5)) == []
    page = client(Role.BUYER_READER)
    shown = text(page, f"{HOME}travail/?jour=2026-05-04")
    assert "3\xa0lieux de travail ne s’accordent pas" in shown and "télétravail non prévu" in shown
    exported = page.get(f"{HOME}travail/?jour=2026-05-04&export=csv&ecart=UNKNOWN").content.decode(
        "utf-8-sig"
    )
    assert "C4" in exported and "C1" not in exported
    assert "importez les états" in text(page, f"{HOME}travail/?jour=hier")


@pytest.mark.parametrize(
    ("role", "reads", "keeps"),
    [
        (Role.SUPERVISOR, 200, 200),
        (Role.CSO, 200, 200),
        (Role.PLANNER, 200, 403),
        (Role.BUYER_MANAGER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.ADVISER, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, reads: int, keeps: int) -> None:
    page = client(role)
    assert {page.get(f"{HOME}{each}").status_code for each in ("", "plateaux/", "travail/", "materiel/")} == {
        reads
    }
    assert {page.get(f"{HOME}{each}").status_code for each in ("ajouter/", "materiel/controler/")} == {keeps}
    if keeps == 200:
        assert page.get(f"{HOME}sites/RIEN/fermer/").status_code == 404


def test_another_contract_has_no_such_site() -> None:
    signed_in = Client()
    signed_in.force_login(person(Role.CSO, on=contract("autre", "SUPPORT")))
    assert signed_in.get(HOME).status_code == 404

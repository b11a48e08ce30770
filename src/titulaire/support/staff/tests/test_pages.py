"""The pages of the staff: who may do what, what they say, what they hide."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.support.staff.models import Account, Mandate, Member, UserList
from titulaire.support.staff.tests.test_acts import ACTOR, SHEET, entered, mes, opened

pytestmark = pytest.mark.django_db
HOME = "/marches/mes/personnel/"
ONE = f"{HOME}collaborateurs/A1/"


def client(*roles: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(*roles, on=mes()))
    return signed_in


def text(page: Client, address: str, said: dict[str, object] | None = None) -> str:
    answer = page.get(address) if said is None else page.post(address, said, follow=True)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.clause("S-5.1-ressources", "S-8.1-teletravail", "S-8.1-departs", "S-3.3.2-plateaux")
def test_a_supervisor_keeps_the_register_by_number() -> None:
    page = client(Role.SUPERVISOR)
    said = {
        "number": "A1",
        "first_name": "Léa",
        "last_name": "Brunel",
        "email": "lea@ex.org",
        "from_on": "2026-01-05",
        "post": "ADVISER",
        "site": "EST",
        "dedication": "100",
        "channels": ["PHONE"],
        "skills": "PSN1, Elioz",
        "country": "gb",
    }
    assert "Union européenne" in text(page, f"{HOME}ajouter/", said)
    assert "dédié à 100\xa0%" in text(page, f"{HOME}ajouter/", said | {"dedication": "80"}).replace(
        " %", "\xa0%"
    )
    assert "Matricule A1 ajouté" in text(page, f"{HOME}ajouter/", said | {"country": "fr"})
    shown = text(page, ONE)
    assert "L. B." in shown and "Brunel" not in shown and "Fermé : poste à contrôler" in shown
    assert "Il manque" in text(page, f"{ONE}controler/", {"on": "2026-05-04", "safeguards": ["VPN IPsec"]})
    every = ["Antivirus, IPS, pare-feu, EDR", "Mises à jour régulières", "VPN IPsec", "Rebond sécurisé (VDI)"]
    today = str(timezone.localdate())
    assert "Poste contrôlé" in text(page, f"{ONE}controler/", {"on": today, "safeguards": every})
    moved = said | {"from_on": today, "site": "OUEST", "country": ""}
    assert "OUEST" in text(page, f"{ONE}affecter/", moved)
    assert "Absence enregistrée" in text(page, f"{ONE}absence/", {"on": today})
    assert "vient trop tôt" in text(page, f"{ONE}retour/", {"on": today})
    assert "Départ enregistré" in text(page, f"{ONE}depart/", {"on": today})
    exported = page.get(f"{HOME}?export=csv&q=ouest").content.decode("utf-8-sig")
    assert "A1" in exported and "Brunel" not in exported
    assert "A1" not in page.get(f"{HOME}?export=csv&situation=GONE").content.decode("utf-8-sig")


@pytest.mark.clause("S-8.1-identifiants")
def test_a_name_is_opened_one_by_one_and_each_opening_is_written() -> None:
    entered()
    page = client(Role.CSO)
    assert "NomA1" not in text(page, HOME) + text(page, ONE)
    assert not Entry.objects.filter(act="READ").exists()
    assert "NomA1" in text(page, f"{ONE}identite/")
    assert Entry.objects.get(act="READ").target == f"{ONE}identite/"
    buyer = text(client(Role.BUYER_MANAGER), ONE)
    assert "N." not in buyer and "a…@" not in buyer.lower()


@pytest.mark.clause("S-5.1-ressources")
def test_a_file_is_refused_row_by_row_then_taken_whole() -> None:
    page = client(Role.CSO)

    def sent(content: str) -> str:
        return text(page, f"{HOME}importer/", {"file": SimpleUploadedFile("p.csv", content.encode())})

    assert "Rien n’a été importé" in sent(SHEET.replace("S1", "A1")) and not Member.objects.exists()
    assert "2\xa0collaborateurs ajoutés" in sent(SHEET)


@pytest.mark.clause("S-8.1-identifiants", "S-8.2-hab-01", "S-8.1-departs")
def test_the_officer_alone_opens_and_closes_accounts_with_a_proof() -> None:
    member = entered()
    page = client(Role.CSO)
    said = {"member": "A1", "application": "TELEPHONY", "identifier": "Plateau1"}
    assert "nominatif" in text(page, f"{HOME}comptes/ouvrir/", said)
    assert "pas connu" in text(page, f"{HOME}comptes/ouvrir/", said | {"member": "A9"})
    assert "Compte ouvert" in text(page, f"{HOME}comptes/ouvrir/", said | {"identifier": "lea.b"})
    account = Account.objects.get()
    address = f"{HOME}comptes/{account.pk}/"
    assert "lea.b" not in text(page, f"{HOME}comptes/") and "lea.b" in text(page, address)
    assert "obligatoire" in text(page, f"{address}fermer/", {"reason": "Départ"})
    proof = {"reason": "Départ", "proof": SimpleUploadedFile("capture.png", b"image")}
    shown = text(page, f"{address}fermer/", proof)
    assert "Fermeture" in shown and "/preuves/" in shown
    step = account.steps.get(kind="CLOSED")
    assert page.get(f"{address}preuves/{step.pk}/").content == b"image"
    assert page.get(f"{address}rien/").status_code == 404
    opened(member)
    assert "Aucun départ" in text(page, f"{HOME}acces-a-retirer/")
    text(page, f"{ONE}depart/", {"on": str(timezone.localdate())})
    assert "Portail de support PSN1" in text(page, f"{HOME}acces-a-retirer/?etat=OPEN")


@pytest.mark.clause("S-8.2-hab-02", "S-8.2-hab-03")
def test_the_list_of_users_is_made_sent_and_received() -> None:
    opened(entered())
    page = client(Role.CSO)
    assert "devait partir" in text(page, f"{HOME}utilisateurs/")  # opened in May, told to nobody
    assert "Version 1 établie" in text(page, f"{HOME}utilisateurs/etablir/", {})
    assert "Envoi en retard" in text(page, f"{HOME}utilisateurs/")
    buyer = client(Role.BUYER_MANAGER)
    assert "NomA1;Prénom;A1@ex.org" in buyer.get(f"{HOME}utilisateurs/1/").content.decode("utf-8-sig")
    assert Entry.objects.filter(act="READ").count() == 1
    assert "envoyée" in text(page, f"{HOME}utilisateurs/1/envoyer/", {"sent_to": "Guichet"})
    assert "AR-12" in text(page, f"{HOME}utilisateurs/1/accuser/", {"receipt": "AR-12"})
    assert UserList.objects.get().received_at
    assert "Personne n’est venu" in text(page, f"{HOME}utilisateurs/etablir/", {})


@pytest.mark.clause("S-8.2-hab-03")
def test_officers_are_named_and_the_last_stays() -> None:
    cso = person(Role.CSO, on=mes())
    page = client(Role.SUPERVISOR)
    assert "personne n’est désigné" in text(page, f"{HOME}securite/")
    said = {"user": str(cso.key), "rank": "MAIN", "since_on": "2026-01-05"}
    shown = text(page, f"{HOME}securite/designer/", said)
    assert str(cso) in shown and "Suppléant : personne n’est désigné" in shown
    end = f"{HOME}securite/{Mandate.objects.get().pk}/terminer/"
    assert "plus personne" in text(page, end, {"on": "2026-05-04"})


@pytest.mark.parametrize(
    ("role", "register", "keeps", "accounts", "opens", "file"),
    [
        (Role.CSO, 200, 200, 200, 200, 200),
        (Role.SUPERVISOR, 200, 200, 200, 403, 403),
        (Role.PLANNER, 200, 403, 403, 403, 403),
        (Role.BUYER_MANAGER, 200, 403, 403, 403, 200),
        (Role.BUYER_READER, 200, 403, 403, 403, 403),
        (Role.AUDITOR, 200, 403, 200, 403, 403),
        (Role.ADVISER, 403, 403, 403, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(
    role: Role, register: int, keeps: int, accounts: int, opens: int, file: int
) -> None:
    account = opened(entered())
    UserList.objects.create(
        contract=mes(), version=1, on="2026-05-04", numbers=[], arrivals=[], departures=[],
        file_sha256=_kept(), made_at=timezone.now(), made_by=ACTOR,
    )  # fmt: skip
    page = client(role)

    def answers(*addresses: str) -> set[int]:
        return {page.get(f"{HOME}{each}").status_code for each in addresses}

    assert answers("", "collaborateurs/A1/", "securite/") == {register}
    assert answers("ajouter/", "importer/", "collaborateurs/A1/depart/", "collaborateurs/A1/identite/") == {
        keeps
    }
    assert answers("comptes/") == {accounts}
    assert answers("comptes/ouvrir/", f"comptes/{account.pk}/fermer/", "utilisateurs/etablir/") == {opens}
    assert answers("utilisateurs/1/") == {file}
    if opens == 403:
        assert page.post(f"{HOME}comptes/{account.pk}/bloquer/", {"reason": "x"}).status_code == 403


def _kept() -> str:
    return files.keep(b"nom", contract="mes")


def test_another_contract_has_no_such_member() -> None:
    entered()
    signed_in = Client()
    signed_in.force_login(person(Role.CSO, on=contract("autre", "SUPPORT")))
    assert signed_in.get(ONE).status_code == 404
    assert client(Role.CSO).get(f"{HOME}collaborateurs/A2/").status_code == 404

"""The pages of quality: who may do what, who reads whose marks, what is refused."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.dashboards.services import tie_adviser
from titulaire.support.facts.schema import Marker
from titulaire.support.quality import services
from titulaire.support.quality.models import Evaluation, Feedback, Sample, Scorecard
from titulaire.support.quality.rules import ticket
from titulaire.support.quality.tests.test_acts import BY, HALF, calls, grid, marked, mes, samples, sealed

pytestmark = pytest.mark.django_db
ROOT = "/marches/mes/qualite/"
THEIRS, OURS = Marker.BUYER, Marker.CONTRACTOR


def signed_in(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def client(*roles: Role) -> Client:
    return signed_in(person(*roles, on=mes()))


def followed(number: str, supervisor: User | None = None) -> Client:
    """The adviser's own page."""
    account = person(Role.ADVISER, on=mes())
    services.follow(
        contract=mes(),
        number=number,
        supervisor=supervisor,
        since_on=BY["at"].date().replace(day=1),  # type: ignore[union-attr]
        **BY,
    )
    tie_adviser(contract=mes(), user=account, number=number, since=date(2026, 3, 1), **BY)  # type: ignore[arg-type]
    return signed_in(account)


def text(page: Client, address: str) -> str:
    return page.get(f"{ROOT}{address}").content.decode()


@pytest.mark.clause("S-4.1-controles")
def test_an_item_is_drawn_marked_blind_by_both_and_given_to_the_facts(tmp_path: Path) -> None:
    staff, buyer = client(Role.QUALITY_OFFICER), client(Role.BUYER_MANAGER)
    said = {"kind": "CALL", "title": "Grille d’appel", "criteria": "Accueil ; 40\nRéponse ; 60 ; peut-être"}
    assert "Ligne 2" in staff.post(f"{ROOT}grilles/ecrire/", said).content.decode()
    said["criteria"] = "Accueil ; 40\nRéponse ; 60\nSecret ; 0 ; éliminatoire"
    staff.post(f"{ROOT}grilles/ecrire/", said)
    assert Scorecard.objects.get().lines[2].eliminatory
    calls(tmp_path)
    draw = sealed()
    shown = text(buyer, "tirages/TIR-0001/")
    assert draw.seed_sha256 in shown and ">graine<" not in shown
    assert buyer.post(f"{ROOT}tirages/TIR-0001/ouvrir/").status_code == 403
    assert buyer.get(f"{ROOT}tirages/TIR-0001/population/").status_code == 404
    assert "6\xa0éléments" in staff.post(f"{ROOT}tirages/TIR-0001/ouvrir/", follow=True).content.decode()
    assert "Le tirage se retrouve" in text(buyer, "tirages/TIR-0001/?refaire=1")
    # The buyer draws again from the file alone, without any adviser's number in it.
    file = text(buyer, "tirages/TIR-0001/population/")
    rows = [line.split(";") for line in file.lstrip("\ufeff").splitlines()[1:]]
    assert "C001" not in file and len(rows) == 18
    assert ticket("graine", rows[0][0]) == hashlib.sha256(f"graine|{rows[0][0]}".encode()).hexdigest()
    first = f"{ROOT}elements/EVA-00001/"
    answers = {"C1": "YES", "C2": "YES", "C3": "YES", "comment": "Net"}
    staff.post(f"{first}noter/", answers)
    assert "Note du Titulaire" not in buyer.get(first).content.decode()
    buyer.post(f"{first}noter/", answers | {"C2": "PARTLY"})
    seen = buyer.get(first).content.decode()
    assert "Note du Titulaire" in seen and "Écart" in seen and "C001" not in seen and "Net" in seen
    again = staff.post(f"{first}noter/", answers, follow=True).content.decode()
    assert "déjà noté" in again and Evaluation.objects.count() == 2
    done = staff.post(f"{ROOT}verser/", follow=True).content.decode()
    assert "2\xa0notes au total" in done
    assert "Rien de nouveau" in staff.post(f"{ROOT}verser/", follow=True).content.decode()
    staff.post(f"{first}corriger/", answers | {"C1": "NO", "because": "Réécoute"})
    assert "60" in staff.get(first).content.decode() and "Réécoute" in staff.get(first).content.decode()


@pytest.mark.clause("S-4.1-controles")
def test_a_mark_is_read_by_staff_the_own_supervisor_and_the_adviser_alone(tmp_path: Path) -> None:
    made = samples(tmp_path)
    mine = next(each for each in made if each.adviser == "C001")
    theirs = next(each for each in made if each.adviser == "C002")
    chief = person(Role.SUPERVISOR, on=mes())
    adviser, colleague = followed("C001", chief), followed("C002")
    evaluation = marked(mine, OURS, HALF)
    marked(theirs, OURS)
    page = f"elements/{mine.reference}/"
    for reader, seen in (
        (adviser, 200),
        (colleague, 404),
        (signed_in(chief), 200),
        (client(Role.SUPERVISOR), 404),
        (client(Role.QUALITY_OFFICER), 200),
        (client(Role.ADVISER), 404),
        (client(Role.PLANNER), 403),
    ):
        assert reader.get(f"{ROOT}{page}").status_code == seen
    assert mine.reference in text(adviser, "miennes/") and theirs.reference not in text(adviser, "miennes/")
    assert theirs.reference not in text(signed_in(chief), "")
    assert "C001" not in text(client(Role.BUYER_READER), "") + text(client(Role.AUDITOR), page)
    assert "70" not in text(client(Role.AUDITOR), page).split("L’élément")[1]
    # Shared by the own supervisor, acknowledged by the adviser, once.
    said = {"held_on": "2026-04-01", "summary": "Écoute partagée", "evaluations": [evaluation.pk]}
    assert client(Role.SUPERVISOR).post(f"{ROOT}conseillers/C001/session/", said).status_code == 404
    signed_in(chief).post(f"{ROOT}conseillers/C001/session/", said)
    session = Feedback.objects.get()
    assert colleague.post(f"{ROOT}miennes/{session.pk}/", {"words": "Moi"}).status_code == 404
    assert "Écoute partagée" in text(adviser, "miennes/")
    adviser.post(f"{ROOT}miennes/{session.pk}/", {"words": "D’accord"})
    assert "déjà reconnue" in adviser.post(f"{ROOT}miennes/{session.pk}/", {}, follow=True).content.decode()
    owed = text(client(Role.QUALITY_OFFICER), "dues/?mois=2026-04")
    assert "C001" in owed and "C002" in owed
    assert "C002" not in text(signed_in(chief), "dues/?mois=2026-04")


@pytest.mark.parametrize(
    ("role", "marks", "seals", "owed"),
    [
        (Role.QUALITY_OFFICER, 200, 200, 200),
        (Role.BUYER_MANAGER, 200, 403, 403),
        (Role.BUYER_READER, 403, 403, 403),
        (Role.SUPERVISOR, 403, 403, 200),
        (Role.AUDITOR, 403, 403, 200),
        (Role.ADVISER, 403, 403, 403),
    ],
)
def test_each_role_does_what_is_its_own(role: Role, marks: int, seals: int, owed: int) -> None:
    grid()
    sample = Sample.objects.create(
        contract=mes(),
        rank=1,
        kind="CALL",
        item="A1",
        adviser="C001",
        day="2026-03-02",
        because="Essai",
        chosen_at=BY["at"],
        chosen_by="system:test",
    )
    page = client(role)
    assert page.get(f"{ROOT}elements/{sample.reference}/noter/").status_code == marks
    assert page.get(f"{ROOT}elements/{sample.reference}/renoncer/").status_code == marks
    assert page.get(f"{ROOT}tirages/sceller/").status_code == seals
    assert page.get(f"{ROOT}choisir/").status_code == seals
    assert page.get(f"{ROOT}dues/").status_code == owed

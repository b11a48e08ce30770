"""The pages of training: who plans, who signs, what each sees, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.indicators.tests.test_evaluation import states_csv
from titulaire.support.training.models import Seat, Session
from titulaire.support.training.tests.test_acts import HEADING, INTRO, TRACE, course, mes, planned, sheet
from titulaire.ui.formats import date_fr

pytestmark = pytest.mark.django_db
BASE = "/marches/mes/formation/"
DAY = timezone.localdate()


def client(*roles: Role, user: User | None = None) -> Client:
    signed_in = Client()
    signed_in.force_login(user or person(*roles, on=mes()))
    return signed_in


def adviser(number: str) -> User:
    user = person(Role.ADVISER, on=mes())
    AdviserNumber.objects.create(
        contract=mes(), user=user, number=number, since=date(2026, 1, 1), said_by="test", said_at=TRACE["at"]
    )
    return user


def facts(folder: Path, *told: tuple[str, str]) -> None:
    lines = [f"{who};S;{day} 10:00:00;600;Disponible;Téléphone;;N1;NORD;non" for who, day in told]
    import_file(
        contract=mes(), path=states_csv(folder / "etats.csv", *lines), connector=find_connector("etats-csv"),
        actor=str(TRACE["actor"]), at=timezone.now(),
    )  # fmt: skip


@pytest.mark.clause("S-5.2-formation-initiale")
def test_a_session_is_planned_signed_by_one_and_written_with_a_sheet_for_the_other() -> None:
    trainer, one = client(Role.TRAINER), adviser("C001")
    asked = {
        "module": INTRO, "content": "v1", "starts_on": str(DAY), "ends_on": str(DAY), "days": "0,5",
        "trainer": "F01", "site": "NORD", "place": "", "advisers": "C001, C002\nC001",
    }  # fmt: skip
    refused = trainer.post(f"{BASE}seances/prevoir/", asked | {"days": "3"}).content.decode()
    assert "plus que ses jours de calendrier" in refused
    page = f"{BASE}seances/FOR-0001/"
    assert trainer.post(f"{BASE}seances/prevoir/", asked)["Location"] == page
    assert "Signer ma présence" in client(user=one).get(f"{BASE}mes-formations/").content.decode()
    client(user=one).post(f"{BASE}mes-formations/FOR-0001/signer/")
    stranger = client(user=adviser("C009"))
    assert stranger.post(f"{BASE}mes-formations/FOR-0001/signer/").status_code == 404
    assert "FOR-0001" not in stranger.get(f"{BASE}mes-formations/").content.decode()
    answers = {f"seat-{seat.pk}": "PRESENT" for seat in Seat.objects.all()}
    assert "C002 n’ont pas signé" in trainer.post(f"{page}presence/", answers).content.decode()
    paper = SimpleUploadedFile("feuille.pdf", b"%PDF-1")
    assert trainer.post(f"{page}presence/", answers | {"sheet": paper})["Location"] == page
    assert "Tenue" in trainer.get(page).content.decode()
    assert trainer.get(f"{page}feuille/").content == b"%PDF-1"
    assert client(Role.BUYER_MANAGER).get(f"{page}feuille/").status_code == 403
    assert "obligatoire" in trainer.post(f"{page}presence/", answers).content.decode()
    assert "C001" in trainer.get(f"{page}?export=csv").content.decode()


@pytest.mark.parametrize(
    ("role", "reads", "writes", "own"),
    [
        (Role.TRAINER, 200, 200, 403),
        (Role.SUPERVISOR, 200, 200, 403),
        (Role.PLANNER, 200, 403, 403),
        (Role.BUYER_READER, 200, 403, 403),
        (Role.AUDITOR, 200, 403, 403),
        (Role.ADVISER, 403, 403, 200),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, reads: int, writes: int, own: int) -> None:
    session = planned()
    page = client(role)
    one = f"{BASE}seances/{session.reference}/"
    for address in (BASE, one, f"{BASE}habilitations/"):
        assert page.get(address).status_code == reads, address
    for address in (
        f"{BASE}seances/prevoir/",
        f"{BASE}seances/importer/",
        f"{one}presence/",
        f"{one}annuler/",
        f"{BASE}habilitations/C001/",
    ):
        assert page.get(address).status_code == writes, address
    assert page.get(f"{BASE}mes-formations/").status_code == own
    if role is Role.ADVISER:
        assert "Aucun matricule" in page.get(f"{BASE}mes-formations/").content.decode()


def test_a_file_is_refused_row_by_row_and_taken_whole() -> None:
    page = client(Role.TRAINER)

    def sent(content: bytes) -> str:
        file = SimpleUploadedFile("presences.csv", content)
        return page.post(f"{BASE}seances/importer/", {"file": file}, follow=True).content.decode()

    assert "n’est pas de ceux du contrat" in sent(sheet("Yoga;02/03/2026;;0,5;v1;F01;;;C001;oui;"))
    assert "n’est pas un nombre" in sent(sheet(f"{INTRO};02/03/2026;;long;v1;F01;;;C001;oui;"))
    good = sheet(f"{INTRO};02/03/2026;;0,5;v1;F01;;;C001;oui;")
    assert HEADING.encode() in good and "1\xa0séance" in sent(good)
    assert "déjà enregistré" in sent(good) and Session.objects.count() == 1


@pytest.mark.clause("S-3.3.2-formation", "S-5.2-formation-initiale")
def test_who_produced_before_being_trained_is_listed_and_opened_to_the_facts(tmp_path: Path) -> None:
    course("C001", "C002")  # over on 6 March
    planned("C004")
    facts(tmp_path, ("C001", "06/03/2026"), ("C002", "07/03/2026"), ("C003", "09/03/2026"))
    page = client(Role.BUYER_READER)
    shown = page.get(f"{BASE}habilitations/?export=csv").content.decode("utf-8-sig")
    told = {line.split(";")[0]: line.rsplit(";", 1)[1].strip() for line in shown.splitlines()[1:]}
    assert told == {
        "C001": "A produit avant", "C002": "Autorisé à produire", "C003": "A produit avant",
    }  # fmt: skip
    only = page.get(f"{BASE}habilitations/?situation=CLEARED").content.decode()
    assert "C002" in only and "33,3" in only and "2\xa0conseillers" in only
    assert "habilitations/C001" not in only and page.get(f"{BASE}habilitations/C001/").status_code == 403
    page = client(Role.TRAINER)
    one = page.get(f"{BASE}habilitations/C001/").content.decode()
    # As it is said in Paris: the facts are kept in UTC.
    assert "06/03/2026 10:00" in one.replace("\xa0", " ")
    assert Entry.objects.filter(act="READ", target=f"{BASE}habilitations/C001/").count() == 1
    assert "etats.csv" in one and date_fr(date(2026, 3, 7)) in one
    assert "manque" in page.get(f"{BASE}habilitations/C004/").content.decode()
    assert page.get(f"{BASE}habilitations/C777/").status_code == 404


@pytest.mark.clause("S-3.3.2-formation")
def test_the_dashboard_measures_the_rate_from_the_attendance(tmp_path: Path) -> None:
    facts(tmp_path, ("C001", "06/03/2026"), ("C002", "07/03/2026"))
    march, april = date(2026, 3, 1), date(2026, 3, 1) + timedelta(days=31)

    def rate() -> tuple[int, int, object]:
        (row,) = Figures(mes(), terms_of("mes")).rows(march, april)
        return row["I19"].value.numerator, row["I19"].value.denominator, row["I19"].grade

    assert rate()[2] is None
    course("C001", "C002")
    assert rate()[:2] == (1, 2)

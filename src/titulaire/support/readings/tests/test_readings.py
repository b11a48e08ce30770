"""Each reading beside its rivals: in figures, in euros, as a letter, asked and answered."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from titulaire.cli.readings import command
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import UnknownReading
from titulaire.contracts.services import change_reading
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.identity.tests.factories import person
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.penalties.rules import Invoice
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.penalties.assessing import Entered
from titulaire.support.readings import services
from titulaire.support.readings.letters import letter_pdf, letter_text
from titulaire.support.readings.models import ReadingQuestion
from titulaire.support.readings.queries import Read, read_month
from titulaire.support.readings.services import answer_question, ask_question

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.2-evolution")]
MAY = date(2026, 5, 1)
AT = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
ROOT = "/marches/mes/lectures/"
BILLED = {"mois": "2026-05", "telephonie": "100000"}


@pytest.fixture
def empty(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract_named("mes", "SUPPORT")


@pytest.fixture
def contract(empty: Contract, tmp_path: Path) -> Contract:
    """May 2026: five calls, a quarter of a minute on hold in one of them."""
    rows = [
        row(appel=f"A{n}", arrivee="04/05/2026 10:00:00", decroche="", garde="60" if n == 0 else "0")
        for n in range(5)
    ]
    import_file(
        contract=empty,
        path=acd_csv(tmp_path / "mai.csv", rows),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )
    return empty


def the(contract: Contract, code: str, **more: Any) -> Read:
    return next(one for one in read_month(contract, MAY, **more) if one.reading.code == code)


def test_a_rival_is_told_in_figures_and_in_euros(contract: Contract) -> None:
    hold = the(contract, "hold_time")
    (rival,) = hold.rivals
    moved = {one.code: one for one in rival.figures}
    assert moved["I7"].gap == Fraction(-60, 5)
    assert rival.euros is None and hold.stakes is None and rival.moves
    literal = the(contract, "accessibility", entered=Entered(Invoice(Decimal("100000.00"), Decimal(0))))
    # Read literally, a perfect service is at 0 % and pays.
    assert literal.stakes is not None and literal.stakes > 0
    assert literal.rivals[0].euros == literal.stakes


def test_every_reading_is_there_and_a_month_without_facts_moves_nothing(empty: Contract) -> None:
    rows = read_month(empty, MAY)
    assert [one.reading.code for one in rows] == list(terms_of("mes").readings)
    assert not any(rival.moves for one in rows for rival in one.rivals)
    assert {one.standing for one in rows} == {"OPEN"}


def test_an_agreed_reading_is_agreed_and_nothing_more_is_asked(contract: Contract) -> None:
    change_reading(
        contract=contract,
        reading="hold_time",
        option="EXCLUDED",
        from_on=date(2026, 4, 1),
        buyer_agreed_on=date(2026, 3, 20),
        contractor_agreed_on=date(2026, 3, 21),
        document_name="accord.pdf",
        document_sha256="ab" * 32,
        actor="user:1",
        at=datetime(2026, 3, 22, tzinfo=UTC),
    )
    found = the(contract, "hold_time")
    assert (found.standing, found.kept.option, found.rivals[0].option.code) == (
        "AGREED",
        "EXCLUDED",
        "COUNTED",
    )
    assert found.rivals[0].figures[0].gap is not None and found.rivals[0].figures[0].gap > 0


def test_a_letter_says_the_question_both_readings_and_their_effect(contract: Contract) -> None:
    found = the(contract, "hold_time")
    text = (
        letter_text(contract, found, month=MAY, on=date(2026, 6, 8))
        .replace("\u00a0", " ")
        .replace("\u202f", " ")
    )
    assert found.reading.ask in text and found.option.sentence in text
    assert "en mai 2026 :" in text.lower() and "(-12,00 s)" in text.replace("−", "-")
    first = letter_pdf(contract, found, month=MAY, on=date(2026, 6, 8))
    assert first.startswith(b"%PDF") and first == letter_pdf(contract, found, month=MAY, on=date(2026, 6, 8))


def test_a_question_is_asked_once_then_answered_once(contract: Contract) -> None:
    question = ask_question(contract=contract, reading="hold_time", letter=b"%PDF", actor="user:1", at=AT)
    with pytest.raises(services.AlreadyAsked):
        ask_question(contract=contract, reading="hold_time", letter=b"%PDF", actor="user:1", at=AT)
    with pytest.raises(UnknownReading):
        ask_question(contract=contract, reading="no_such", letter=b"%PDF", actor="user:1", at=AT)
    given: dict[str, Any] = {"question": question, "answer": "Oui.", "actor": "user:1", "at": AT}
    with pytest.raises(services.AnsweredOutOfTime):
        answer_question(**given, answered_on=date(2026, 6, 7))
    with pytest.raises(services.AnsweredOutOfTime):
        answer_question(**given, answered_on=date(2026, 6, 9))
    with pytest.raises(services.UnknownOption):
        answer_question(**given, answered_on=date(2026, 6, 8), option="NO_SUCH")
    answered = answer_question(**given, answered_on=date(2026, 6, 8), option="COUNTED", document=b"mail")
    assert files.read(answered.document_sha256, contract="mes") == b"mail"
    with pytest.raises(services.AlreadyAnswered):
        answer_question(**given, answered_on=date(2026, 6, 8))
    assert the(contract, "hold_time").standing == "ANSWERED"
    # An answer is no agreement: the reading stays what it was.
    assert terms_of("mes").reading("hold_time", on=MAY) == "COUNTED"
    assert ask_question(contract=contract, reading="hold_time", letter=b"x", actor="user:1", at=AT)
    assert list(Entry.objects.order_by("seq").values_list("act", flat=True)) == [
        *(["IMPORT_FACTS"] if Entry.objects.filter(act="IMPORT_FACTS").exists() else []),
        "READING_ASKED",
        "READING_ANSWERED",
        "READING_ASKED",
    ]


def test_the_database_refuses_two_open_questions(contract: Contract) -> None:
    ask_question(contract=contract, reading="hold_time", letter=b"%PDF", actor="user:1", at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingQuestion.objects.create(
            contract=contract, reading="hold_time", asked_on=MAY, letter_sha256="", asked_at=AT, asked_by="x"
        )


# The pages


def client(role: Role, on: Contract) -> Client:
    opened = Client()
    opened.force_login(person(role, on=on))
    return opened


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


def test_the_page_lists_each_reading_with_its_effect_and_what_is_at_stake(contract: Contract) -> None:
    opened = client(Role.BUYER_MANAGER, contract)
    shown = text(opened.get(ROOT))
    assert "mai 2026" in shown and "Sans facture" in shown and "à demander" in shown
    billed = text(opened.get(ROOT, BILLED))
    assert "Sans facture" not in billed and "pénalités : +" in billed
    file = text(opened.get(ROOT, {**BILLED, "export": "csv"}))
    assert "hold_time" not in file and "Enjeu" in file and "S-3.3.2-decroche" in file
    assert opened.get(ROOT, {"mois": "2026-05", "telephonie": "abc"}).status_code == 200
    assert opened.get(f"{ROOT}no-such/").status_code == 404


def test_a_question_is_asked_and_answered_from_its_page(contract: Contract) -> None:
    opened, buyer = client(Role.SUPERVISOR, contract), client(Role.BUYER_MANAGER, contract)
    place = f"{ROOT}hold_time/"
    shown = text(opened.get(place, BILLED))
    assert "Noter comme posée" in shown and "Convenir d’une autre lecture" in shown
    assert "Noter comme posée" not in text(buyer.get(place))
    assert buyer.post(f"{place}poser/").status_code == 403
    letter = buyer.get(f"{place}lettre/pdf/", BILLED)
    assert letter["Content-Type"] == "application/pdf" and letter.content.startswith(b"%PDF")
    assert "question suivante" in text(buyer.get(f"{place}lettre/txt/"))
    assert buyer.get(f"{place}lettre/docx/").status_code == 404
    assert opened.get(f"{place}reponse/").status_code == 404
    assert opened.get(f"{place}poser/").status_code == 200
    assert opened.post(f"{place}poser/?mois=2026-05").status_code == 302
    opened.post(f"{place}poser/?mois=2026-05")
    question = ReadingQuestion.objects.get()
    kept = opened.get(f"{ROOT}pieces/{question.letter_sha256}/")
    assert kept.content.startswith(b"%PDF")
    assert opened.get(f"{ROOT}pieces/{'0' * 64}/").status_code == 404
    assert opened.post(f"{place}reponse/", {"answered_on": "2020-01-01", "answer": "Oui"}).status_code == 422
    answer = opened.post(
        f"{place}reponse/",
        {
            "answered_on": str(timezone.localdate()),
            "answer": "La garde compte.",
            "option": "COUNTED",
            "document": SimpleUploadedFile("reponse.pdf", b"%PDF-1.7", "application/pdf"),
        },
    )
    assert answer.status_code == 302, text(answer)
    assert "La garde compte." in text(opened.get(place))
    question.refresh_from_db()
    assert opened.get(f"{ROOT}pieces/{question.document_sha256}/").content == b"%PDF-1.7"
    again = opened.post(f"{place}reponse/", {"answered_on": str(timezone.localdate()), "answer": "Non"})
    assert again.status_code == 422 and "déjà sa réponse" in text(again)


# The command


def test_the_command_gives_each_reading_and_writes_the_letters(contract: Contract, tmp_path: Path) -> None:
    asked = ["--month", "2026-05", "--invoice-phone", "100000.00"]
    result = CliRunner().invoke(command, [*asked, "--letters", str(tmp_path / "out"), "--json"])
    told = {one["reading"]: one for one in json.loads(result.output)["readings"]}
    assert result.exit_code == 0 and told["hold_time"]["rivals"][0]["figures"][0]["gap"]
    assert Decimal(told["accessibility"]["rivals"][0]["euros"]) > 0
    assert (tmp_path / "out" / "question-mes-hold_time.pdf").read_bytes().startswith(b"%PDF")
    assert "hold_time" in CliRunner().invoke(command, asked[:2]).output
    assert CliRunner().invoke(command, [*asked[:2], "--contract", "absent"]).exit_code == 2
    assert CliRunner().invoke(command, [*asked[:2], "--invoice-phone", "x"]).exit_code == 2

"""The pages of the frozen months: who freezes, who answers, what an issue shows and gives away."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.seals.queries import is_sealed
from titulaire.support.facts.queries import facts_root
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.rules import Verdict
from titulaire.support.months.services import answer_month, freeze_month
from titulaire.support.months.tests.conftest import AT, ENTERED, LATER, Bring, answered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-tableaux-de-bord", "S-3.1-comite-pilotage")]
ROOT = "/marches/mes/mois/"
FIRST = f"{ROOT}2026-05/1/"
MAY = date(2026, 5, 1)


def client(role: Role, on: Contract) -> Client:
    opened = Client()
    opened.force_login(person(role, on=on))
    return opened


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


def freeze(contract: Contract, **given: Any) -> MonthIssue:
    return freeze_month(
        contract=contract, month=MAY, actor="user:1", **{"at": AT, "entered": ENTERED, **given}
    )


def correct(contract: Contract, bring: Bring) -> MonthIssue:
    bring([answered(f"A{n}", 4) for n in (0, 2, 4, 6, 8, 9)], "fichier incomplet", LATER)
    return freeze(contract, at=LATER)


def test_the_contractor_freezes_and_the_buyer_approves(contract: Contract) -> None:
    contractor, buyer = client(Role.SUPERVISOR, contract), client(Role.BUYER_MANAGER, contract)
    listed = text(contractor.get(ROOT))
    assert "mai 2026" in listed and "à arrêter" in listed and "Arrêter mai 2026" in listed
    assert "Arrêter mai 2026" not in text(buyer.get(ROOT))
    place = f"{ROOT}2026-05/arreter/"
    assert buyer.get(place).status_code == buyer.post(place, {}).status_code == 403
    assert contractor.get(place).status_code == 200
    assert contractor.post(place, {"telephonie": "abc"}).status_code == 422
    assert contractor.post(place, {"telephonie": "100000"}).status_code == 302
    again = contractor.post(place, {})
    assert again.status_code == 422 and "dit déjà la même chose" in text(again)
    shown = text(buyer.get(FIRST))
    assert "à approuver par l’acheteur" in shown and "80,00 %" in shown and "2 000,00 €" in shown
    assert "aucun effet au silence" in shown and "Approuver ou contester" in shown
    answer = f"{FIRST}repondre/"
    assert contractor.post(answer, {"verdict": "APPROVED"}).status_code == 403
    wrong = buyer.post(answer, {"verdict": "CONTESTED"})
    assert wrong.status_code == 422 and "Écrivez ce qui est contesté" in text(wrong)
    given = {"verdict": "CONTESTED", "remarks": "Le 4 mai.", "contested": ["I1", "P3"]}
    assert buyer.post(answer, given).status_code == 302
    assert "contestée" in text(contractor.get(ROOT)) and "Le 4 mai. (I1, P3)" in text(buyer.get(FIRST))
    assert buyer.post(answer, {"verdict": "APPROVED"}).status_code == 302
    assert "déjà approuvée" in text(buyer.post(answer, {"verdict": "APPROVED"}))


def test_an_issue_is_verified_and_its_correction_read_on_its_page(contract: Contract, bring: Bring) -> None:
    freeze(contract)
    second = correct(contract, bring)
    opened = client(Role.AUDITOR, contract)
    assert "Édition remplacée" in text(opened.get(FIRST))
    shown = text(opened.get(f"{ROOT}2026-05/{second.number}/?verifier=1"))
    assert "L’édition tient" in shown and "fichier incomplet" in shown and "Édition remplacée" not in shown
    assert "80,00 %" in shown and "100,00 %" in shown
    file = text(opened.get(f"{ROOT}2026-05/2/?corrections-export=csv")).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(file), delimiter=";"))
    assert rows[0]["Chiffre"] and {"Édition 1", "Édition 2"} <= set(rows[0])
    for path in facts_root().rglob("*.parquet"):
        path.unlink()
    assert "L’édition ne tient pas" in text(opened.get(f"{FIRST}?verifier=1"))


def test_a_figure_opens_to_its_rows_as_they_were(contract: Contract, bring: Bring) -> None:
    freeze(contract)
    correct(contract, bring)
    place = f"{FIRST}I1/lignes/"
    supervisor = text(client(Role.SUPERVISOR, contract).get(place))
    assert '<th scope="row">L0</th>' in supervisor and '<th scope="row">A8</th>' not in supervisor
    assert "AGENT-A0" in supervisor
    assert "AGENT-" not in text(client(Role.BUYER_MANAGER, contract).get(place))
    now = text(client(Role.SUPERVISOR, contract).get(f"{ROOT}2026-05/2/I1/lignes/"))
    assert '<th scope="row">A8</th>' in now and '<th scope="row">L0</th>' not in now
    assert client(Role.AUDITOR, contract).get(f"{FIRST}NOPE/lignes/").status_code == 404


def test_facts_that_came_since_are_told(contract: Contract, bring: Bring) -> None:
    freeze(contract)
    opened = client(Role.SUPERVISOR, contract)
    assert "Faits plus récents" not in text(opened.get(FIRST))
    bring([answered("B1", 7)], at=LATER)
    assert "Faits plus récents" in text(opened.get(FIRST))
    assert "oui" in text(opened.get(f"{ROOT}?export=csv"))


@pytest.mark.parametrize("par", ["site", "reason", "flow", "day", "no-such"])
def test_an_issue_is_cut_as_it_was_stated(contract: Contract, par: str) -> None:
    freeze(contract)
    shown = text(client(Role.BUYER_READER, contract).get(f"{FIRST}?par={par}"))
    found = {"site": "NORD", "reason": "CV_ILLISIBLE", "flow": "3422", "day": "04/05/2026", "no-such": "NORD"}
    assert found[par] in shown and "AGENT-" not in shown


def test_the_document_is_taken_away_with_what_proves_it(contract: Contract) -> None:
    issue = freeze(contract)
    opened = client(Role.BUYER_MANAGER, contract)
    document = opened.get(f"{FIRST}fichier/json/").content
    signature = opened.get(f"{FIRST}fichier/sig/").content
    assert is_sealed(document, key=issue.key, signature=signature.hex(), contract="mes")
    assert json.loads(document)["month"] == "2026-05"
    assert opened.get(f"{FIRST}fichier/pem/").content.startswith(b"-----BEGIN PUBLIC KEY")
    assert opened.get(f"{FIRST}fichier/docx/").status_code == 404


@pytest.mark.clause("S-10.1-statistiques")
def test_the_pack_of_the_committee_is_read_and_worked_on(
    contract: Contract, bring: Bring, tmp_path: Path
) -> None:
    issue = freeze(contract)
    answer_month(
        issue=issue, verdict=Verdict.CONTESTED, remarks="Le 4 mai.", contested=["P3"], actor="user:2", at=AT
    )
    correct(contract, bring)
    opened = client(Role.BUYER_MANAGER, contract)
    pdf = opened.get(f"{FIRST}fichier/pdf/").content
    assert pdf == opened.get(f"{FIRST}fichier/pdf/").content
    pages = pypdfium2.PdfDocument(pdf)
    said = " ".join(page.get_textpage().get_text_range() for page in pages).replace("\u00a0", " ")
    assert "Dossier du comité" in said and "Taux de décroché" in said and "Contestation à lever" in said
    assert issue.document_sha256[:20] in said.replace("\r\n", "")
    (tmp_path / "pack.xlsx").write_bytes(opened.get(f"{ROOT}2026-05/2/fichier/xlsx/").content)
    book = CalamineWorkbook.from_path(str(tmp_path / "pack.xlsx"))
    assert book.sheet_names[:3] == ["Indicateurs", "Tendance", "Pénalités"]
    heads, *rows = book.get_sheet_by_name("Indicateurs").to_python()
    found = {(row[1], row[2], row[3]): dict(zip(heads, row, strict=True)) for row in rows}
    assert found["mois", "", "I1"]["Valeur"] == 100 and found["mois", "", "I1"]["Dénominateur"] > 0
    assert ("site", "NORD", "I7") in found and ("jour", "04/05/2026", "I1") in found
    assert len(book.get_sheet_by_name("Corrections").to_python()) > 2


@pytest.mark.parametrize("place", ["2026-13/1/", "2026-05/9/", "2031-01/arreter/", "x/1/"])
def test_what_is_no_issue_does_not_exist(contract: Contract, place: str) -> None:
    assert client(Role.SUPERVISOR, contract).get(f"{ROOT}{place}").status_code == 404


def test_a_lost_document_is_no_page(contract: Contract, settings: Any) -> None:
    issue = freeze(contract)
    sha256 = issue.document_sha256
    (Path(settings.DATA_DIR) / "files" / "mes" / sha256[:2] / sha256).unlink()
    opened = client(Role.SUPERVISOR, contract)
    assert opened.get(FIRST).status_code == 404 and opened.get(ROOT).status_code == 200


def test_a_contract_without_any_fact_says_so(empty: Contract) -> None:
    assert "importez-en" in text(client(Role.SUPERVISOR, empty).get(ROOT))

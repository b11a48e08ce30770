"""`titulaire satisfaction`, as people and machines call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from titulaire.cli.satisfaction import command
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.satisfaction.models import Invitation, OptOut, SurveyPlan
from titulaire.support.satisfaction.tests.test_acts import SHEET, mes

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.3-satisfaction")]


def said(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, [*words, "--contract", "mes"])
    assert done.exit_code == code, done.output
    return done.output


def test_from_a_file_to_the_results(tmp_path: Path) -> None:
    mes()
    sheet, links = tmp_path / "contacts.csv", tmp_path / "liens.csv"
    sheet.write_text(SHEET)
    assert "aucun contact" in said("results", code=2)
    assert "questionnaire" in said("invite", "--file", str(sheet), code=2)
    assert "v1 publié" in said("publish") and "rien n’a changé" in said("publish", code=2)
    assert "Envoi 1 préparé : 2" in said("invite", "--file", str(sheet))
    assert json.loads(said("invite", "--file", str(sheet), "--json"))["new"] is False
    said("links", "1", "--to", str(links))
    token = links.read_text("utf-8-sig").split("/enquete/")[1].split("/")[0]
    assert token not in str(list(Invitation.objects.values()))
    assert "aucun envoi 9" in said("links", "9", "--to", str(links), code=2)
    found = json.loads(said("results", "--month", "2026-05", "--by", "reason", "--json"))
    assert (found["total"]["invited"], found["total"]["answered"]) == (2, 0)
    assert set(found["readings"].values()) >= {"TOP_TWO", "SURVEY", "CONTACT_MONTH"}
    assert "Activation" in said("results") and json.loads(said("waves", "--json"))["waves"][0]["wave"] == 1
    assert "Envoi" in said("waves")


def test_a_plan_and_a_refusal_ask_for_a_role() -> None:
    mes()
    reader = person(Role.BUYER_READER, on=mes())
    asked = ("plan", "--from", "2099-01-01", "--percent", "25")
    said(*asked, "--by", reader.email, code=2)
    said(*asked, "--quota", "100")
    assert str(SurveyPlan.objects.get().share) == "0.2500"
    assert "aujourd’hui" in said("plan", "--from", "2026-01-01", "--percent", "25", code=2)
    said("refuse", "0199001234")
    assert OptOut.objects.count() == 1

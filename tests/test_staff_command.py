"""`titulaire staff`: the register, departures, accounts and lists, as their pages make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils import timezone

from titulaire.cli.main import main
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.premises.models import Site
from titulaire.support.premises.tests.test_acts import equipped
from titulaire.support.staff.tests.test_acts import SHEET

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract("mes", "SUPPORT")


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["staff", *map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*words: object) -> str:
    return str(run(*words, code=2)["error"])


@pytest.mark.clause("S-5.1-ressources", "S-8.1-identifiants", "S-8.1-departs", "S-8.2-hab-02", "S-8.2-hab-03")
def test_staff_come_are_given_accesses_and_leave(mes: Contract, tmp_path: Path) -> None:
    file, proof = tmp_path / "p.csv", tmp_path / "preuve.txt"
    file.write_text(SHEET, encoding="utf-8")
    proof.write_text("fermé", encoding="utf-8")
    by = ("--by", person(Role.CSO, on=mes).email)
    assert run("import", file)["added"] == ["A1", "S1"]
    assert "Ligne 2" in refused("import", file)
    assert [one["telework"] for one in run("list")["staff"]] == ["CLOSED", "NO"]
    assert "nominatif" in refused("open", "A1", "portal", "plateau1", *by)
    assert "--by" in refused("open", "A1", "portal", "lea")
    stranger = person(Role.SUPERVISOR, on=mes).email
    assert "il faut tenir le rôle" in refused("open", "A1", "portal", "lea", "--by", stranger)
    assert run("open", "A1", "portal", "lea", *by)["state"] == "OPEN"
    assert run("users", *by)["arrivals"] == ["A1"]
    assert "pas encore envoyée" in refused("receive-users", 1, "--receipt", "AR", *by)
    assert run("send-users", 1, "--to", "Guichet", *by)["sent_at"]
    assert run("receive-users", 1, "--receipt", "AR", *by)["receipt"] == "AR"
    today = timezone.localdate()
    assert run("absent", "A1", "--on", "2026-05-04")["state"] == "AWAY"
    assert "en cours" in refused("absent", "A1", "--on", "2026-05-04")
    assert run("back", "A1", "--on", "2026-05-05")["state"] == "HERE"
    assert run("leave", "A1", "--on", today)["state"] == "HERE"
    assert run("removals")["removals"][0]["done_on"] is None
    closing = ("step", "A1", "portal", "closed", "--reason", "Départ")
    assert "--proof" in refused(*closing, *by)
    assert run(*closing, "--proof", proof, *by)["state"] == "CLOSED"
    assert "recharger" in refused(*closing, "--proof", proof, *by).replace("rechargez", "recharger")
    assert run("accounts")["accounts"] == [{"number": "A1", "application": "PORTAL", "state": "CLOSED"}]
    assert run("removals")["removals"][0]["done_on"] == str(today)
    assert "staff list" in refused("leave", "A9", "--on", today)


@pytest.mark.clause("S-3.2-sites", "S-10.1.4-materiel")
def test_premises_are_told(mes: Contract) -> None:
    equipped()

    def told(*words: str) -> Any:
        result = CliRunner().invoke(main, ["premises", *words, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert told("equipment")["workstations"] == [
        {"number": "A1", "checked_on": "2026-05-04", "lacks": ["RAM"]}
    ]
    assert told("places", "--on", "2026-05-04")["places"] == []
    assert told("sites")["sites"] == [] and not Site.objects.exists()

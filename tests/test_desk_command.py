"""`titulaire desk`: the same acts as the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from titulaire.cli.desk import command as desk
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.django_db


def run(*words: object, code: int = 0) -> Any:
    result: Result = CliRunner().invoke(desk, [*map(str, words), "--contract", "mes", "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.clause("S-2.1.7-motifs", "S-2.1.2-canaux")
def test_a_contact_is_taken_qualified_and_listed() -> None:
    mes = contract("mes", "SUPPORT")
    by = ("--by", person(Role.ADVISER, on=mes).email)
    call = ("--flow", "3422", "--adviser", "C014", "--site", "NORD", "--call", "88120")
    assert run("take", *call, *by)["reference"] == "CT-000001"
    assert "déjà sa fiche" in run("take", *call, *by, code=2)["error"]
    assert run("take", "--flow", "0", *call[2:], code=2)["faults"] == {"flow": "UNLISTED"}
    assert [one["reference"] for one in run("list", "--waiting")["contacts"]] == ["CT-000001"]
    said = ("--type", "Clôture", "--scheme", "MSA")
    assert run("qualify", "CT-000001", *said, "--reason", "Autre", code=2)["faults"] == {"reason": "UNLISTED"}
    assert run("qualify", "CT-000001", *said, "--reason", "Autres incidents", *by)["state"] == "CLOSED"
    assert "aucun contact" in run("qualify", "CT-9", *said, "--reason", "Autres incidents", code=2)["error"]
    again = run("qualify", "CT-000001", *said, "--reason", "Hors périmètre Mon espace santé", code=2)
    assert "--because" in again["error"]
    assert run("list", "--waiting")["contacts"] == []
    assert run("tell") == {"contract": "mes", "joined": 0, "waiting": 1, "refused": 0, "events": 0}
    assert run("cases") == {"contract": "mes", "file_acts": [], "tickets": [], "transfers": []}
    wrong = ("--by", person(Role.AUDITOR, on=mes).email)
    assert "error" in run("take", *call[:-1], "99", *wrong, code=2)

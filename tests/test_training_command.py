"""`titulaire training`: sessions brought in by a file, and who may produce, as the pages tell it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.cli.main import main
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.training.tests.test_acts import HEADING, MODULES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract("mes", "SUPPORT")


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["training", *map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.clause("S-5.2-formation-initiale", "S-3.3.2-formation")
def test_a_file_of_attendance_clears_an_adviser(mes: Contract, tmp_path: Path) -> None:
    rows = [
        f"{module};{day:02}/03/2026;{day + 1:02}/03/2026;{days};v1;F01;;;C001;oui;"
        for day, (module, days) in enumerate(MODULES.items(), 2)
    ]
    file = tmp_path / "presences.csv"
    file.write_text("\n".join([HEADING, *rows]), encoding="utf-8")
    by = ("--by", person(Role.TRAINER, on=mes).email)
    assert run("import", file, *by)["new"] is True
    assert run("import", file, *by)["new"] is False
    assert [one["participants"] for one in run("list")["sessions"]] == [1] * 4
    (one,) = run("clearances")["advisers"]
    assert (one["trained_on"], one["may_produce_from"], one["state"]) == (
        "2026-03-06",
        "2026-03-07",
        "CLEARED",
    )
    assert run("clearances", "--breaches", "--on", "2026-03-04")["advisers"] == []


def test_a_file_at_fault_and_a_wrong_role_are_refused(mes: Contract, tmp_path: Path) -> None:
    file = tmp_path / "presences.csv"
    file.write_text(f"{HEADING}\nYoga;02/03/2026;;1;v1;F01;;;C001;oui;", encoding="utf-8")
    refused = run("import", file, code=2)["refused"]
    assert [(one["row"], one["column"]) for one in refused] == [(2, "module")]
    assert "rôle" in run("import", file, "--by", person(Role.ADVISER, on=mes).email, code=2)["error"]

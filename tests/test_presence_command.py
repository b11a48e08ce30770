"""`titulaire presence` and `titulaire forecasts`: the same acts as the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click import Command
from click.testing import CliRunner, Result

from titulaire.cli.forecasts import command as forecasts
from titulaire.cli.presence import command as presence
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(tmp_path: Path, settings: Any) -> User:
    settings.DATA_DIR = tmp_path / "var"
    return person(Role.PLANNER, on=contract("mes", "SUPPORT"))


def run(command: Command, *words: object, code: int = 0) -> Any:
    result: Result = CliRunner().invoke(command, [*map(str, words), "--contract", "mes", "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.clause("S-3.3.1-ressources")
def test_a_week_is_announced_counted_and_explained(planner: User, tmp_path: Path) -> None:
    by = ("--by", planner.email)
    file = tmp_path / "plan.csv"
    file.write_text("jour;site;effectif\n04/05/2026;NORD;10\n", "utf-8")
    assert run(presence, "plan", file, "--week", "2026-05-06", *by)["version"] == 1
    morning = ("--date", "2026-05-04", "--site", "NORD")
    why = ("--cause", "TRANSPORT", "--text", "Grève des trains")
    assert "écart" in run(presence, "explain", *morning, *why, *by, code=2)["error"]
    assert run(presence, "count", *morning, "--present", 9, *by)["new"] is True
    assert run(presence, "count", *morning, "--present", 9, *by)["new"] is False
    listed = run(presence, "list", "--week", "2026-05-04")
    assert listed["mornings"][0]["state"] == "UNEXPLAINED" and listed["week"] == "2026-05-04"
    assert run(presence, "explain", *morning, *why, *by)["present"] == 9
    listed = run(presence, "list", "--week", "2026-05-04")
    assert listed["mornings"][0]["explanation"]["cause"] == "TRANSPORT"


def test_a_wrong_file_is_told_by_its_row(planner: User, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("jour;site;effectif\n04/05/2026;NORD;dix\n", "utf-8")
    refused = run(presence, "plan", file, "--week", "2026-05-04", "--by", planner.email, code=2)
    assert (refused["row"], refused["rule"]) == (2, "NOT_A_COUNT")


def test_a_forecast_is_imported_and_listed(planner: User, tmp_path: Path) -> None:
    file = tmp_path / "volumes.csv"
    file.write_text("jour;volume\n04/05/2026;6 400\n", "utf-8")
    told = run(forecasts, "import", file, "--source", "Comité", "--by", planner.email)
    assert (told["version"], told["volumes"], told["since"]) == (1, 1, "2026-05-04")
    assert [one["version"] for one in run(forecasts, "list")["forecasts"]] == [1]

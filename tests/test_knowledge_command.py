"""`titulaire knowledge`: the text in force on a day, and who has not read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.cli.main import main
from titulaire.support.knowledge.tests.test_knowledge import FRIDAY, vouched, written
from titulaire.support.training.tests.test_pages import adviser

pytestmark = pytest.mark.django_db


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["knowledge", *map(str, words), "--contract", "mes", "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.clause("S-5.3-formation-continue")
def test_the_script_in_force_on_a_given_day_can_be_told() -> None:
    adviser("C001")
    vouched(written("Ancien"))
    vouched(written("Nouveau"), FRIDAY)
    assert run("show", "scr-1", "--on", "2026-03-05")["text"] == "Ancien"
    assert run("show", "SCR-1", "--on", "2026-03-06")["version"] == 2
    assert run("unread", "SCR-1", "--on", "2026-03-06")["unread"] == ["C001"]
    assert [one["version"] for one in run("list", "--on", "2026-03-05")["articles"]] == [1]
    assert "en vigueur" in run("show", "SCR-1", "--on", "2026-03-01", code=2)["error"]

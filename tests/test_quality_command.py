"""`titulaire quality`: the same acts as the pages, and a draw made again from its file alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone

from titulaire.cli.quality import command
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.quality.models import Draw
from titulaire.support.quality.queries import replay
from titulaire.support.quality.tests.test_acts import calls, mes, sealed

pytestmark = pytest.mark.django_db


def run(*words: object, code: int = 0, contract: bool = True) -> Any:
    asked = [*map(str, words), *(["--contract", "mes"] if contract else []), "--json"]
    result: Result = CliRunner().invoke(command, asked)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.clause("S-4.1-controles")
def test_a_draw_is_sealed_opened_verified_and_made_again_elsewhere(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    officer, chief = person(Role.QUALITY_OFFICER, on=mes()), person(Role.SUPERVISOR, on=mes())
    today = timezone.localdate()
    days = ("--since", today, "--until", today + timedelta(days=5), "--per-adviser", 2)
    assert "ne peut pas" in run("seal", "--kind", "form", *days, "--by", chief.email, code=2)["error"]
    made = run("seal", "--kind", "form", *days, "--by", officer.email)
    assert (made["state"], made["seed"]) == ("SEALED", None)
    assert run("draw", made["reference"], "--by", officer.email, code=2)["fault"] == "NOT_CLOSED"
    assert "pas encore ouvert" in run("verify", made["reference"], code=2)["error"]
    sealed()
    assert "importez-les" in run("draw", "TIR-0002", code=2)["error"]
    calls(tmp_path)
    opened = run("draw", "TIR-0002")
    assert opened["seed"] == "graine" and len(opened["drawn"]) == 6
    assert run("verify", "TIR-0002")["sample_holds"] is True
    file = tmp_path / "population.csv"
    rows = [f"{each.item};{each.group};{each.reason}" for each in replay(Draw.objects.get(rank=2)).population]
    file.write_text("element;groupe;motif\n" + "\n".join(rows) + "\n", "utf-8")
    again = run("replay", file, "--seed", "graine", "--per-adviser", 2, contract=False)
    assert sorted(again["drawn"]) == sorted(opened["drawn"])
    assert (again["seed_sha256"], again["population_sha256"]) == (
        opened["seed_sha256"],
        opened["population_sha256"],
    )
    assert run("publish")["marks"] == 0
    assert len(run("owed", "--month", "2026-03")["advisers"]) == 3
    assert len(run("draws")["draws"]) == 2
    opened_draw = Draw.objects.get(rank=2)
    opened_draw.samples.first().delete()  # type: ignore[union-attr]
    assert run("verify", "TIR-0002", code=1)["sample_holds"] is False

"""`titulaire facts`: the same facts as the pages, for a terminal and for a machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from titulaire.cli.facts import command
from titulaire.identity.tests.factories import contract
from titulaire.support.facts.tests.conftest import acd_csv, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    contract("mes", "SUPPORT")


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def bring(path: Path, *words: object) -> Result:
    return run("import", path, "--connector", "acd-csv", "--contract", "mes", "--json", *words)


def test_a_refused_file_says_each_row_column_and_rule(tmp_path: Path) -> None:
    result = bring(acd_csv(tmp_path / "a.csv", [row(), row(appel="A2", issue="Perdu")]))
    told = json.loads(result.stdout)
    assert (result.exit_code, told["state"], told["refused_rows"]) == (1, "REFUSED", 1)
    assert {key: told["refused"][0][key] for key in ("row", "column", "rule")} == {
        "row": 3,
        "column": "issue + cause",
        "rule": "UNKNOWN_CODE",
    }


def test_a_file_enters_once_and_its_files_hold(tmp_path: Path) -> None:
    path = acd_csv(tmp_path / "a.csv", [row()])
    first, second = (json.loads(bring(path).stdout) for _ in range(2))
    assert (first["new"], second["new"], first["batch"]) == (True, False, second["batch"])
    assert [
        batch["accepted"] for batch in json.loads(run("batches", "--contract", "mes", "--json").stdout)
    ] == [1]
    verified = json.loads(run("verify", "--contract", "mes", "--json").stdout)
    assert (verified["files"], verified["faults"]) == (1, [])


def test_a_correction_needs_its_reason(tmp_path: Path) -> None:
    path = acd_csv(tmp_path / "a.csv", [row()])
    assert bring(path, "--corrects", "rows").exit_code == 2
    assert bring(path, "--corrects", "rows", "--reason", "Reprise").exit_code == 0


def test_a_wrong_mapping_is_told_by_file_and_line(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text('name = "mine"\nrecord = "LEGS"\n[fields]\ncall_idd = "id"\n')
    path = acd_csv(tmp_path / "a.csv", [row()])
    result = run("import", path, "--connector", mapping, "--contract", "mes")
    assert result.exit_code == 2 and f"{mapping}:4:" in result.output


def test_a_simulated_day_enters(tmp_path: Path) -> None:
    day = ("--from", "2026-05-12", "--to", "2026-05-12")
    told = json.loads(run("simulate", "--contract", "mes", *day, "--import", "--json").stdout)
    assert (told["files"], told["batches"]) == (3, 3)


def test_a_key_is_made_listed_and_ended() -> None:
    made = json.loads(run("keys", "add", "--contract", "mes", "--label", "Odigo", "--json").stdout)
    assert len(made["secret"]) > 30 and made["source"] == "direct"
    listed = run("keys", "list", "--contract", "mes", "--json").stdout
    assert made["secret"] not in listed and json.loads(listed)[0]["revoked_at"] is None
    assert run("keys", "revoke", made["key"], "--contract", "mes").exit_code == 0
    assert json.loads(run("keys", "list", "--contract", "mes", "--json").stdout)[0]["revoked_at"]
    assert run("keys", "revoke", 0, "--contract", "mes").exit_code == 2
    assert run("keys", "add", "--contract", "mes", "--label", "X", "--source", "../x").exit_code == 2

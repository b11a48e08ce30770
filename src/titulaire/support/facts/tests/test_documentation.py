"""The published schemas and the guide say what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from titulaire.support.facts import checking, intake, live, sources
from titulaire.support.facts.live import message_schema, read_message
from titulaire.support.facts.schema import RECORD_TYPES, json_schema, with_field_tables
from titulaire.support.facts.services import Imported

DOCS = Path(__file__).parents[5] / "docs"
REMAKE = "run `titulaire facts schema --docs docs`"


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=lambda kind: kind.record.table)
def test_the_published_schemas_are_those_of_the_code(kind: object) -> None:
    path = DOCS / "schemas" / f"{kind.record.table}.json"  # type: ignore[attr-defined]
    assert json.loads(path.read_text("utf-8")) == json_schema(kind), REMAKE  # type: ignore[arg-type]


def test_the_published_schema_of_a_message_is_that_of_the_code() -> None:
    assert json.loads((DOCS / "schemas" / "message.json").read_text("utf-8")) == message_schema(), REMAKE


def test_the_message_of_the_guide_is_read() -> None:
    guide = (DOCS / "connectors.md").read_text("utf-8")
    said = re.search(r"<!-- envoi -->\n```json\n(.*?)```", guide, re.DOTALL)
    assert said and read_message(said[1].encode()).facts[0]["wait"] == 25_000


def test_the_guide_lists_the_fields_of_the_code() -> None:
    guide = (DOCS / "connectors.md").read_text("utf-8")
    assert guide == with_field_tables(guide), REMAKE


def test_the_guide_names_every_refusal() -> None:
    guide = (DOCS / "connectors.md").read_text("utf-8")
    rules: set[str] = set()
    for module in (intake, checking, sources, live):
        text = Path(module.__file__).read_text("utf-8")
        rules |= set(re.findall(r'(?:Rule|UnreadableSource)\(\s*"([A-Z_]+)"', text))
        rules |= set(re.findall(r'^\s+"([A-Z]+_[A-Z_]+|REPEATED|OVERLAP)",$', text, re.MULTILINE))
    assert {"MISSING_COLUMN", "ALREADY_KNOWN", "BAD_INSTANT", "OVERLAP"} <= rules
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in guide] == []


@pytest.mark.django_db
def test_the_five_minutes_of_the_guide_work(
    bring: Callable[..., Imported], stored: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    guide = (DOCS / "connectors.md").read_text("utf-8")
    export = re.search(r"```\n(Id appel;.*?)```", guide, re.DOTALL)
    mapping = re.search(r"<!-- exemple -->\n```toml\n(.*?)```", guide, re.DOTALL)
    assert export and mapping
    path = tmp_path / "export.csv"
    path.write_text(export[1], "utf-8")
    imported = bring(path=path, connector=mapping[1])
    assert imported.refusals == ()
    assert [(f["outcome"], f["wait_ms"], f["talk_ms"]) for f in stored()] == [
        ("ANSWERED", 25_000, 190_000),
        ("ABANDONED", 62_000, 0),
    ]


def test_the_export_from_elsewhere_of_the_guide_is_read(
    bring: Callable[..., Imported], stored: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    """Another clock, another language, other codes: the guide is enough."""
    guide = (DOCS / "connectors.md").read_text("utf-8")
    export = re.search(r"<!-- export d’ailleurs -->\n```\n(.*?)```", guide, re.DOTALL)
    mapping = re.search(r"<!-- connecteur d’ailleurs -->\n```toml\n(.*?)```", guide, re.DOTALL)
    assert export and mapping
    path = tmp_path / "export.csv"
    path.write_text(export[1], "utf-8")
    imported = bring(path=path, connector=mapping[1])
    assert imported.refusals == ()
    facts = {
        f["call_id"]: (f["arrived_at"], f["ended_at"], f["outcome"], f["wait_ms"], f["talk_ms"])
        for f in stored()
    }
    morning = (utc(8, 33, 21), utc(8, 37, 13), "ANSWERED", 57_000, 182_000)
    afternoon = (utc(13, 23, 42), utc(13, 25, 26), "ABANDONED", 104_000, 0)
    noon = (utc(11, 10), utc(11, 10, 18), "DISSUADED_CLOSURE", 18_000, 0)
    assert facts == {"c-000001": morning, "c-000002": afternoon, "c-000003": noon}
    assert {f["reason"] for f in stored()} == {"Info-Incident « Compte »", None}


def utc(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, second)

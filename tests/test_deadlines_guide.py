"""The user guide of delays is true: every command shown in it prints what is shown."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from titulaire.cli.deadlines import command

GUIDE = Path(__file__).parents[1] / "docs" / "rules" / "delais.md"
PROMPT = "$ titulaire deadlines "


def examples() -> list[tuple[str, list[str]]]:
    """Each command of the guide with the lines shown under it; « … » ends what is shown."""
    found: list[tuple[str, list[str]]] = []
    for block in GUIDE.read_text(encoding="utf-8").split("```console\n")[1:]:
        for line in block.split("```")[0].splitlines():
            if line.startswith(PROMPT):
                found.append((line.removeprefix(PROMPT), []))
            else:
                found[-1][1].append(line)
    return found


def test_the_guide_shows_examples() -> None:
    assert len(examples()) >= 15


@pytest.mark.parametrize(
    ("line", "shown"), examples(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_example_prints_what_the_guide_shows(line: str, shown: list[str]) -> None:
    printed = CliRunner().invoke(command, shlex.split(line)).output.splitlines()
    if shown[-1] == "…":
        shown = shown[:-1]
        printed = printed[: len(shown)]
    assert printed == shown

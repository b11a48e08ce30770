"""The repository tests itself: its walls, its words, its lock."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from titulaire.portal.acts import ACTS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "titulaire"

DOORS = {
    "rules", "queries", "services", "models", "access", "roles", "register", "wording", "tests",
}  # fmt: skip
"""The shelves of a room that another room may use; a room of pure values may open more below."""

OPEN_ROOMS = {"ui", "amounts", "clauses", "deadlines"}
"""Ground that everyone stands on: every module of these is a door."""

ABOVE = {"config", "cli", "portal"}
"""These join the rooms together: a command or a board may reach any act of a room."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        if "migrations" not in parts:
            yield ".".join(parts), ast.parse(path.read_text(encoding="utf-8"))


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[1:3]) if parts[1] in {"vouchers", "support"} and len(parts) > 2 else parts[1]


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("titulaire"):
            yield from (f"{node.module}.{name.name}" for name in node.names)


EXTRA_DOORS = (
    # The terms' catalogue, kept files and e-mails: used by the acts and screens of the rooms above.
    "contracts.catalogue",
    "contracts.loading",
    "journal.files",
    "identity.mail",
    # What prints, signs and answers serves the later chapters of a voucher's life.
    "vouchers.issuing.codes",
    "vouchers.issuing.composition",
    "vouchers.issuing.forms",
    "vouchers.issuing.printing",
    "vouchers.issuing.production",
    "vouchers.issuing.reissuing",
    "vouchers.issuing.signing",
    "vouchers.issuing.statements",
    "vouchers.complaints.views",
    "vouchers.stops.listing",
    "vouchers.stops.losses",
    # What a half makes its indicators of, the facts they are counted in, and what its penalties judge.
    "indicators.measures",
    "indicators.engine",
    "indicators.rollups",
    "support.facts.schema",
    "support.facts.store",
    "support.facts.live",
    "support.facts.pseudonyms",
    "support.facts.live",
    "support.indicators.catalogue",
    "support.indicators.counting",
    "support.indicators.tables",
    "support.dashboards.forms",
    "support.readings.letters",
    "support.indicators.formulas",
    "support.indicators.kept",
    "support.indicators.gathering",
    "support.indicators.evaluation",
    "support.indicators.explaining",
    "support.indicators.guide",
    "support.incidents.sheets",
    "support.penalties.assessing",
    "support.penalties.freezing",
    "support.penalties.entries",
    "support.indicators.counting",
    "support.indicators.tables",
)


def test_another_room_is_entered_by_its_doors() -> None:
    broken = []
    for name, tree in modules():
        if name.startswith("titulaire.conftest") or ".tests" in name:
            continue
        here = room_of(name)
        if here in ABOVE:
            continue
        for target in imports(tree):
            there = room_of(target)
            if there == here or there in OPEN_ROOMS or target.count(".") < 2:
                continue
            rest = target.removeprefix(f"titulaire.{there}.").split(".")
            if (
                len(rest) > 1
                and rest[0] not in DOORS
                and not f"{there}.{'.'.join(rest)}".startswith(EXTRA_DOORS)
            ):
                broken.append(f"{name} enters {there} by {rest[0]}")
    assert broken == []


def test_every_act_of_the_journal_has_its_french_words() -> None:
    acts = set()
    for name, tree in modules():
        if ".tests" in name:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                acts |= {
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == "act"
                    and isinstance(keyword.value, ast.Constant)
                    and isinstance(keyword.value.value, str)
                }
    assert {act for act in acts if act.isupper()} - set(ACTS) == set(), "name these acts in portal/acts.py"


def test_the_lock_names_the_public_index_and_nothing_else() -> None:
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert set(re.findall(r'registry = "([^"]+)"', text)) == {"https://pypi.org/simple"}
    assert set(re.findall(r"https?://([^/\"]+)", text)) <= {"pypi.org", "files.pythonhosted.org"}


def test_the_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    from titulaire import __version__

    assert project["project"]["version"] == __version__


def test_the_commands_of_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "operations.md").read_text(
        encoding="utf-8"
    )
    called = set(re.findall(r"(?:^|`|bin/)titulaire ([a-z]+) ?([a-z-]*)", text, re.M))
    groups = {path.stem for path in (SOURCE / "cli").glob("*.py")}
    assert {group for group, _ in called} <= groups
    targets = set(re.findall(r"make ([a-z-]+)", text)) - {"are", "them"}
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert targets <= made


def test_migrations_form_one_line_in_each_room() -> None:
    for folder in SOURCE.rglob("migrations"):
        numbers = sorted(path.name[:4] for path in folder.glob("0*.py"))
        assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)], folder

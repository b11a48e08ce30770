"""The register of clauses, the marks in the code and docs/clauses.md say the same thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.urls import URLResolver, get_resolver

from titulaire.clauses import evidence, register
from titulaire.cli.clauses import command

ROOT = Path(__file__).resolve().parents[1]
FOUND = evidence.evidence()


def screen_names(resolver: URLResolver, prefix: str = "") -> set[str]:
    """Every URL name of the site, with its namespaces."""
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inside = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            names |= screen_names(pattern, inside)
        elif pattern.name:
            names.add(prefix + pattern.name)
    return names


def test_every_clause_of_both_contracts_is_registered() -> None:
    assert len(register.clauses_of("cpam47")) == 43
    assert len(register.clauses_of("mes")) == 75
    assert len(register.register()) == 118


def test_every_clause_has_a_section_that_its_id_begins_with() -> None:
    for one in register.register().values():
        letter, _, rest = one.id.partition("-")
        assert letter == {"cpam47": "T", "mes": "S"}[one.contract], one.id
        assert one.section.startswith(rest.split("-")[0]), one.id
        assert one.summary.endswith("."), one.id


def test_a_done_clause_has_a_rule_a_test_and_a_screen() -> None:
    lacking = {one.clause.id: one.missing for one in FOUND.values() if one.clause.done and one.missing}
    assert not lacking


def test_every_marked_reference_is_a_clause() -> None:
    assert evidence.unknown_marks() == ()


def test_every_screen_of_a_clause_exists() -> None:
    known = screen_names(get_resolver())
    assert {
        f"{one.id}: {screen}"
        for one in register.register().values()
        for screen in one.screens
        if screen not in known
    } == set()


def test_the_page_of_clauses_is_up_to_date() -> None:
    written = (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8")
    assert written == evidence.as_document(FOUND), "run: titulaire clauses --write-docs"


def test_marks_are_found_on_functions_classes_and_whole_files(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.django_db, pytest.mark.clause("T-1")]\n'
        '@pytest.mark.clause("T-2", "T-3")\n'
        "def test_one() -> None: ...\n"
        '@pytest.mark.clause("T-4")\n'
        "class TestTwo:\n"
        '    @pytest.mark.clause("T-5")\n'
        "    def test_three(self) -> None: ...\n"
        '@other.clause("T-6")\n'
        "def test_four() -> None: ...\n",
        encoding="utf-8",
    )
    assert evidence.marked_tests(tmp_path) == {
        "T-1": ["tests/test_a.py"],
        "T-2": ["tests/test_a.py::test_one"],
        "T-3": ["tests/test_a.py::test_one"],
        "T-4": ["tests/test_a.py::TestTwo"],
        "T-5": ["tests/test_a.py::TestTwo::test_three"],
    }


def test_a_clause_said_to_be_done_lacks_what_it_lacks() -> None:
    clause = register.Clause("T-1", "cpam47", "1", "Rien.", done=True, screens=())
    assert evidence.Evidence(clause, ("a.rule",), ()).missing == ("test", "screen")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[clauses]]\nid = "T-1"\n', "keys must be"),
        (
            '[[clauses]]\nid = "T-1"\ncontract = "x"\nsection = "1"\nsummary = "x"\ndone = false\nscreens = []\n'
            * 2,
            "twice",
        ),
    ],
)
def test_a_wrong_register_is_refused(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "register.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(register, "FILE", file)
    with pytest.raises(register.RegisterRefused, match=reason):
        register.register.__wrapped__()


def test_the_command_counts_and_lists() -> None:
    answer = json.loads(CliRunner().invoke(command, ["--contract", "cpam47", "--json"]).output)
    assert set(answer) == {"covered", "total", "clauses"}
    assert answer["total"] == 43 == len(answer["clauses"])
    assert set(answer["clauses"][0]) == {
        "id", "contract", "section", "summary", "done", "rules", "tests", "screens",
    }  # fmt: skip
    everything = json.loads(CliRunner().invoke(command, ["--json"]).output)
    done = json.loads(CliRunner().invoke(command, ["--done", "--json"]).output)
    left = json.loads(CliRunner().invoke(command, ["--open", "--json"]).output)
    assert len(done["clauses"]) == everything["covered"] == everything["total"] - len(left["clauses"])


def test_the_command_refuses_an_unknown_contract() -> None:
    answer = CliRunner().invoke(command, ["--contract", "nope", "--json"])
    assert answer.exit_code == 2
    assert json.loads(answer.output)["contracts"] == ["cpam47", "mes"]

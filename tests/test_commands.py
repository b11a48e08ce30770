"""What every command shares: French words, one JSON document where it is asked, a refusal that says how to mend."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from titulaire import cli
from titulaire.cli.french import FOR_PROGRAMMERS, MODULES, WORDS
from titulaire.cli.main import NOT_COMMANDS, main
from titulaire.identity.models import Contract, Organisation
from titulaire.identity.tests.factories import contract

GUIDE = Path(__file__).parents[1] / "docs" / "commandes.md"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def said(result: Result) -> str:
    """What was printed, on one line."""
    return " ".join(result.output.split())


# French


def sentences() -> Iterator[str]:
    """What click has to say, in the version that is installed."""
    for name in MODULES:
        source = Path(str(importlib.import_module(f"click.{name}").__file__))
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = {"_": node.args[:1], "ngettext": node.args[:2]}.get(node.func.id, [])
                yield from (str(one.value) for one in texts if isinstance(one, ast.Constant))


def test_click_has_no_sentence_that_is_not_in_french() -> None:
    assert set(sentences()) - set(WORDS) - FOR_PROGRAMMERS == set()


def test_every_french_sentence_keeps_the_places_of_the_english_one() -> None:
    def places(text: str) -> set[str]:
        return {part.split("}")[0].split("!")[0] for part in text.split("{")[1:]}

    assert [text for text, french in WORDS.items() if places(french) - places(text)] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["deadlines", "nothing"], "Refusé : la commande « nothing » n’existe pas."),
        (["nothing"], "Refusé : la commande « nothing » n’existe pas."),
        (["exchange", "show", "2026-05", "--version", "x"], "« x » n’est pas un nombre qui convient."),
        (["deadlines", "add", "2027-01-01", "more"], "un mot de trop : more"),
        (["deadlines", "add", "--hours"], "l’option --hours attend une valeur."),
        (["deadlines", "add", "--colour"], "l’option --colour n’existe pas."),
        (["ledger", "show", "2026/05"], "« 2026/05 » ne se lit pas ; écrivez comme 2026-05."),
        (["ledger", "show"], "il manque l’argument 'MOIS'."),
        (["ledger", "price", "UO9", "1"], "« UO9 » n’est pas parmi 'UO1', 'UO2', 'UO3', 'UO4'."),
        (["ledger", "price", "UO1", "1", "--contract", "mes"], "il manque l’option '--from'"),
        (["ledger", "import", "2026-05", "nowhere.csv"], "Fichier « nowhere.csv » n’existe pas."),
    ],
)
def test_what_click_refuses_is_said_in_french(words: list[str], told: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert told in said(result)


@pytest.mark.parametrize(
    "words", [["ledger", "show"], ["ledger", "nothing"], ["nothing"], ["orders", "list", "--state", "x"]]
)
def test_a_refusal_of_click_is_one_json_document_where_it_is_asked(words: list[str]) -> None:
    result = run(*words, "--json")
    assert result.exit_code == 2
    assert list(json.loads(result.stdout)) == ["error"] and result.stderr == ""


# One contract, or the one that is named


def leaves(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command under a group, with the words that call it."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves(below, *path, name)
    else:
        yield path, command


def commands() -> dict[tuple[str, ...], click.Command]:
    found = {}
    for module in pkgutil.iter_modules(cli.__path__):
        if module.name not in NOT_COMMANDS:
            command = importlib.import_module(f"titulaire.cli.{module.name}").command
            found |= dict(leaves(command, module.name))
    return found


def of_one_contract() -> list[tuple[str, ...]]:
    """The commands that may leave the contract out, called with whatever else they need in the right form."""
    return [
        path
        for path, command in commands().items()
        if {"--contract", "--json"} <= {name for one in command.params for name in one.opts}
        and any("--contract" in one.opts and one.callback for one in command.params)
    ]


def test_every_command_and_option_says_in_french_what_it_does() -> None:
    bare = [path for path, command in commands().items() if not (command.help or "").strip()]
    assert bare == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", of_one_contract(), ids=" ".join)
def test_without_any_contract_a_command_answers_json_and_says_how_to_open_one(path: tuple[str, ...]) -> None:
    result = run(*path, "--json")
    assert result.exit_code == 2, result.output
    assert list(json.loads(result.stdout)) == ["error"] and result.stderr == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        ["ledger", "list"],
        ["incidents", "list"],
        ["exchange", "list"],
        ["presence", "list"],
        ["month", "list"],
    ],
)
def test_a_wrong_contract_is_answered_in_json_with_those_that_are_open(words: list[str]) -> None:
    contract("mes", "SUPPORT")
    result = run(*words, "--contract", "rien", "--json")
    assert result.exit_code == 2
    assert "« rien » (ouverts : mes)" in json.loads(result.stdout)["error"]


@pytest.mark.django_db
def test_several_contracts_ask_for_one() -> None:
    contract("mes", "SUPPORT")
    contract("autre", "SUPPORT")
    result = run("ledger", "list", "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (
        2,
        "plusieurs marchés de support : dites lequel par --contract (autre, mes).",
    )


@pytest.mark.django_db
def test_a_contract_of_which_nothing_is_written_is_refused_with_words() -> None:
    contract("neuf", "SUPPORT")
    result = run("indicators", "--month", "2026-03", "--json")
    assert result.exit_code == 2
    assert "rien n’est écrit de ce que dit le marché « neuf »" in json.loads(result.stdout)["error"]


@pytest.mark.django_db
def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "journal.jsonl"
    result = run("journal", "export", nowhere)
    assert result.exit_code == 1
    assert "ce dossier n’existe pas" in said(result)


# Opening a contract

OPEN = (
    "identity",
    "open-contract",
    "mes",
    "--title",
    "Support",
    "--buyer",
    "cnam",
    "Cnam",
    "--contractor",
    "nous",
    "Nous",
)


@pytest.mark.django_db
def test_a_contract_opens_once() -> None:
    first, second = run(*OPEN, "--kind", "SUPPORT"), run(*OPEN, "--kind", "SUPPORT")
    assert (first.exit_code, second.exit_code, Contract.objects.count()) == (0, 0, 1)
    assert "déjà ouvert" in second.output


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*OPEN, "--kind", "VOUCHERS"), "genre SUPPORT, et non VOUCHERS"),
        ((*OPEN[:6], "autre", "Autre", *OPEN[8:], "--kind", "SUPPORT"), "acheteur cnam, et non autre"),
        ((*OPEN[:2], "a b", *OPEN[3:], "--kind", "SUPPORT"), "lettres, chiffres et tirets"),
    ],
)
def test_a_code_that_is_another_contract_s_is_refused_and_nothing_is_opened(
    words: tuple[str, ...], told: str
) -> None:
    run(*OPEN, "--kind", "SUPPORT")
    result = run(*words)
    assert result.exit_code == 2 and told in said(result)
    assert (Contract.objects.count(), Organisation.objects.count()) == (1, 2)


def test_what_people_typed_is_printed_as_it_is(capsys: Any) -> None:
    from titulaire.cli.output import print_table

    print_table("Essai [/b]", ["Colonne"], [["annexe [/b] ligne"]])


# The guide


def test_the_guide_names_every_group_and_nothing_else() -> None:
    rows = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {row.split("`")[1] for row in rows}
    assert told == {path[0] for path in commands()}


def test_the_guide_names_every_command_of_a_group() -> None:
    rows = {
        line.split("`")[1]: {word for number, word in enumerate(line.split("`")) if number % 2}
        for line in GUIDE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    }
    missing = [path for path in commands() if len(path) > 1 and " ".join(path[1:]) not in rows[path[0]]]
    assert missing == []


# What used to end in a traceback


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["journal", "verify", "--head", "x"], "recopiez une ligne de « titulaire journal heads »"),
        (["journal", "verify", "--head", "mes:x:y"], "recopiez une ligne de « titulaire journal heads »"),
        (["journal", "export", "x.jsonl", "--contract", "rien"], "ne dit rien d’un marché « rien »"),
        (["identity", "list", "--contract", "rien"], "aucun marché « rien » (ouverts : mes)"),
        (
            [
                "identity",
                "open-account",
                "x",
                "--first-name",
                "A",
                "--last-name",
                "B",
                "--organisation",
                "cpam",
            ],
            "écrivez-la comme lea@example.org",
        ),
        (
            [
                *("identity", "grant", "a@demo.example", "mes", "supervisor"),
                *("--since", "2026-01-01", "--until", "2025-01-01"),
            ],
            "donnez un jour après",
        ),
        (["indicators", "--month", "2026-03", "--ordered-hours", "nan"], "écrivez des heures, comme 4200"),
        (
            ["indicators", "--month", "2026-03", "--explain", "I1", "--limit", "-1"],
            "-1 n’est pas dans les bornes",
        ),
        (
            ["indicators", "--month", "2026-03", "--by", "site", "--explain", "I1"],
            "I1 n’a pas de sens par site",
        ),
        (
            ["indicators", "--month", "2026-03", "--by", "flow", "--explain", "I1"],
            "aucun fait sur la période",
        ),
        (["penalties", "--month", "2026-03", "--invoice-phone", "nan"], "écrivez un montant"),
        (["penalties", "--month", "2026-03", "--invoice-phone", "-5"], "écrivez un montant"),
        (
            ["simulate", "--month", "2026-03", "--advisers", "trois"],
            "--advisers « trois » ; écrivez un nombre",
        ),
        (["simulate", "--month", "2026-03", "--patience", "0"], "écrivez un nombre positif"),
    ],
)
def test_a_wrong_value_says_how_to_write_it(
    words: list[str], told: str, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "var"
    contract("mes", "SUPPORT")
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert told in said(result)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--order", "2026-03-13:2026-03-02:10"), "finit avant de commencer"),
        (("--order", "2026-03-02:2026-03-13:0"), "n’a pas d’heures"),
        (("--incident", "A;2026-03-05T10:00+01:00;2026-03-05T11:00+01:00"), "sans fuseau"),
        (("--incident", "A;2026-03-05T10:00;2026-03-05T09:00"), "finit avant de commencer"),
        (("--incident", "A;2026-03-05T10:00;2026-03-05T11:00;P99"), "aucune ligne P99"),
    ],
)
def test_what_is_given_by_hand_for_penalties_is_checked_as_on_the_page(
    option: tuple[str, str], told: str, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "var"
    contract("mes", "SUPPORT")
    result = run("penalties", "--month", "2026-03", "--invoice-phone", "1000.00", *option)
    assert result.exit_code == 2 and told in said(result)


def test_the_settings_that_are_absent_are_named_together_and_in_french() -> None:
    ours = ("TITULAIRE_", "DJANGO_")
    given = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    told = subprocess.run(
        [sys.executable, "-m", "titulaire.cli.main", "identity", "list"],
        env=given, cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert (
        "réglages absents : TITULAIRE_SECRET_KEY" in told.stderr and "TITULAIRE_KEY_PASSPHRASE" in told.stderr
    )

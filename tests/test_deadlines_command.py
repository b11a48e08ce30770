"""`titulaire deadlines`: the answer alone on its line, the reasons under it, refusals in French."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from titulaire.cli.deadlines import command


def run(line: str) -> Result:
    return CliRunner().invoke(command, shlex.split(line))


@pytest.mark.parametrize(
    ("line", "first_line"),
    [
        ("add 2027-04-28 --working-days 10", "2027-05-13"),
        ("add --from 2027-04-28 --working-days 10", "2027-05-13"),
        ("add 2026-12-23 --working-days 3", "2026-12-29"),
        ("add 2027-05-13 --working-days -10", "2027-04-28"),
        ("add 2027-04-28 --working-days 10 --closed 2027-05-07", "2027-05-14"),
        ("add 2027-04-28 --working-days 10 --open 2027-05-06", "2027-05-12"),
        ("add 2026-12-23 --working-days 3 --ouvrables", "2026-12-28"),
        ("add 2027-03-24 --working-days 2 --territory alsace-moselle", "2027-03-30"),
        ("add 2027-04-28 --days 10", "2027-05-10"),
        ("add 2028-01-31 --months 1", "2028-02-29"),
        ("add --hours 24 --reading days --from 2027-04-30T16:00", "2027-05-03T16:00+02:00"),
        ("add --hours 24 --reading opening --from 2027-04-30T16:00", "2027-05-05T16:00+02:00"),
        (
            "add --hours 24 --reading opening --window 08:30-17:30 --from 2027-04-30T16:00",
            "2027-05-05T13:00+02:00",
        ),
        ("add --hours 24 --reading days --from 2027-04-30T14:00+00:00", "2027-05-03T16:00+02:00"),
        ("between 2027-04-28 2027-05-13", "10"),
        ("between 2027-05-13 2027-04-28", "-10"),
        ("holidays 2027", "2027-01-01  vendredi  Jour de l’an"),
    ],
)
def test_the_first_line_is_the_answer_and_nothing_else(line: str, first_line: str) -> None:
    result = run(line)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == first_line


def test_the_lines_under_it_say_which_days_were_passed_over_and_why() -> None:
    assert run("add 2027-04-28 --working-days 10").stdout.splitlines()[1:] == [
        "10 jours ouvrés après le mercredi 28 avril 2027 : du jeudi 29 avril 2027 à 0 h"
        " au jeudi 13 mai 2027 à minuit (calendrier : métropole).",
        "Jours non comptés :",
        "  samedi 1er mai 2027 : Fête du Travail",
        "  dimanche 2 mai 2027",
        "  jeudi 6 mai 2027 : Ascension",
        "  samedi 8 mai 2027 : Victoire de 1945",
        "  dimanche 9 mai 2027",
    ]


def test_an_end_that_moved_says_from_where() -> None:
    assert "car le samedi 8 mai 2027 n’est pas un jour ouvré" in run("add 2027-04-28 --days 10").stdout


def test_a_day_closed_by_the_contract_says_so() -> None:
    shown = run("add 2027-04-28 --working-days 10 --closed 2027-05-07").stdout
    assert "  vendredi 7 mai 2027 : fermé d’après le marché" in shown


def test_a_long_list_of_days_is_cut_and_says_so() -> None:
    lines = run("add 2027-04-28 --working-days 500").stdout.splitlines()
    assert len(lines) < 70
    assert lines[-1].startswith("  … et ")


def test_a_machine_reads_one_json_document() -> None:
    assert json.loads(run("add 2027-05-05 --working-days 1 --json").stdout) == {
        "start_on": "2027-05-05",
        "working_days": 1,
        "counting": "OUVRES",
        "ends_on": "2027-05-07",
        "territory": "METROPOLE",
        "uncounted": [{"on": "2027-05-06", "reason": "HOLIDAY", "name": "Ascension"}],
    }
    assert json.loads(run("between 2027-04-28 2027-05-13 --json").stdout)["working_days"] == 10
    hours = json.loads(run("add --hours 24 --reading opening --from 2027-04-30T16:00 --json").stdout)
    assert (hours["reading"], hours["ends_at"]) == ("OPENING", "2027-05-05T16:00:00+02:00")
    named = json.loads(run("holidays 2027 --territory alsace-moselle --json").stdout)["holidays"]
    assert {"on": "2027-03-26", "name": "Vendredi saint"} in named


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add 2027-02-30 --days 1", "« 2027-02-30 » n’est pas une date"),
        ("add 28/04/2027 --days 1", "n’est pas une date"),
        ("add 2027-04-28", "donnez une durée et une seule"),
        ("add 2027-04-28 --days 1 --months 1", "donnez une durée et une seule"),
        ("add --days 1", "donnez la date de départ une fois"),
        ("add 2027-04-28 --from 2027-04-28 --days 1", "donnez la date de départ une fois"),
        ("add 2027-04-28 --days dix", "« dix » n’est pas un nombre entier"),
        ("add 2027-04-28 --days 99999999999", "est trop long"),
        ("add 2027-04-28 --days 1 --territory corse", "territoire inconnu : « corse »"),
        ("add 2027-04-28 --days 1 --reading days", "--reading ne va qu’avec --hours"),
        ("add 2027-04-28 --days 1 --ouvrables", "--ouvrables ne va qu’avec --working-days"),
        ("add 2027-04-28T16:00 --hours 24", "dites comment lire les heures ouvrées"),
        ("add 2027-04-28T16:00 --hours 24 --reading weeks", "dites comment lire les heures ouvrées"),
        ("add 2027-04-28 --hours 24 --reading days", "n’est pas un instant"),
        ("add 2027-03-28T02:30 --hours 24 --reading days", "n’existe pas"),
        ("add 2027-10-31T02:30 --hours 24 --reading days", "arrive deux fois"),
        ("add 2027-04-28T16:00 --hours 1 --reading days --window 08:00-09:00", "--window ne va qu’avec"),
        (
            "add 2027-04-28T16:00 --hours 1 --reading opening --window 9h-10h",
            "la plage « 9h-10h » n’est pas valable",
        ),
        (
            "add 2027-04-28 --days 1 --open 2027-05-06 --closed 2027-05-06",
            "donné ouvert et fermé : jeudi 6 mai 2027",
        ),
        ("add 2199-12-31 --working-days 1", "ce calcul va en 2200"),
        ("add 9999-12-31 --months 20000", "ce calcul va en 9999"),
        ("add 1985-01-01 --months -20000", "ce calcul va en "),
        ("between 2027-04-28 1950-01-01", "ce calcul va en 1950"),
        ("holidays bientôt", "« bientôt » n’est pas une année"),
        ("holidays 1789", "ce calcul va en 1789"),
    ],
)
def test_bad_input_is_refused_in_french_with_exit_code_2(line: str, words: str) -> None:
    result = run(line)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Refusé : ")
    assert words in result.stderr
    for_machines = run(f"{line} --json")
    assert for_machines.exit_code == 2
    assert words in json.loads(for_machines.stdout)["error"]


def test_the_command_needs_no_settings() -> None:
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "titulaire.cli.main",
            "deadlines",
            "add",
            "2027-04-28",
            "--working-days",
            "10",
        ],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines()[0] == "2027-05-13"

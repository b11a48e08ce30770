"""`titulaire training`: sessions, attendance, who may produce from which day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
from django.utils import timezone

from titulaire.cli.options import a_file, actor_for, by_person, of_contract, support_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.training import queries, services
from titulaire.support.training.reading import sessions_of_sheet
from titulaire.support.training.rules import Clearance, Standing
from titulaire.support.training.views import KEEPERS, row_faults
from titulaire.support.training.wording import SESSIONS, STANDINGS
from titulaire.ui.formats import NONE, date_short

on_contract = of_contract("SUPPORT")
a_day = click.DateTime(["%Y-%m-%d"])


@click.group("training")
def command() -> None:
    """La formation : séances, présences, et qui est autorisé à produire depuis quel jour."""


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Les séances prévues et tenues, leur durée et leurs participants."""
    contract = support_contract(code, json_output=json_output)
    found = list(queries.sessions_of(contract))
    if json_output:
        told = [
            {
                "reference": one.reference,
                "module": one.module,
                "content": one.content,
                "from": one.starts_on,
                "to": one.ends_on,
                "days": one.days,
                "participants": one.seated,  # type: ignore[attr-defined]
                "present": one.came,  # type: ignore[attr-defined]
                "state": one.state,
            }
            for one in found
        ]
        print_json({"contract": code, "sessions": told})
        return
    print_table(
        f"Séances de {contract}",
        ("Séance", "Module", "Du", "Au", "Jours", "Participants", "État"),
        [
            (
                one.reference,
                one.module,
                date_short(one.starts_on),
                date_short(one.ends_on),
                one.days,
                one.seated,  # type: ignore[attr-defined]
                SESSIONS[one.state].label,
            )
            for one in found
        ],
    )


@command.command("import")
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def import_(file: Path, code: str, email: str | None, json_output: bool) -> None:
    """Enregistrer les présences d’un fichier CSV ou Excel, une ligne par participant.

    Toutes les lignes entrent, ou aucune. Le même fichier n’entre qu’une fois.
    """
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, KEEPERS, json_output=json_output)
    content = file.read_bytes()
    try:
        made, known = services.import_sessions(
            contract=contract,
            sessions=sessions_of_sheet(content),
            sheet=services.Sheet(file.name, content),
            actor=actor,
            at=timezone.now(),
        )
    except SheetRefused as sheet:
        _refuse_rows(sheet.faults, json_output)
    except services.SessionsRefused as refused:
        _refuse_rows(row_faults(refused), json_output)
    if json_output:
        print_json({"contract": code, "sessions": [one.reference for one in made], "new": not known})
    elif known:
        click.echo("Ce fichier était déjà enregistré : rien n’a changé.")
    else:
        click.echo(f"Enregistré : {len(made)} séance(s).")


def _refuse_rows(faults: list[Fault], json_output: bool) -> NoReturn:
    told = " ".join(f"Ligne {one.row}, {one.column} : {one.message}" for one in faults)
    rows = [
        {"row": one.row, "column": one.column, "rule": one.rule, "message": one.message} for one in faults
    ]
    refuse(told, json_output=json_output, refused=rows)


@command.command("clearances")
@on_contract
@click.option("--on", type=a_day, help="Le jour où l’on se place ; aujourd’hui sinon.")
@click.option("--breaches", is_flag=True, help="Ne montrer que ceux qui ont produit avant d’être formés.")
@as_json
def clearances(code: str, on: datetime | None, breaches: bool, json_output: bool) -> None:
    """Chaque conseiller : formé quand, autorisé à produire quand, première production des faits."""
    contract = support_contract(code, json_output=json_output)
    day = on.date() if on else timezone.localdate()
    found = [
        one
        for one in queries.clearances_of(contract, until=day + timedelta(days=1))
        if not breaches or one.standing is Standing.BREACH
    ]
    if json_output:
        print_json({"contract": code, "on": day, "advisers": [_document(one) for one in found]})
        return
    print_table(
        f"Autorisés à produire, {contract}",
        ("Matricule", "Formé le", "Autorisé le", "Première production", "Situation"),
        [
            (
                one.adviser,
                *(
                    date_short(each) if each else NONE
                    for each in (one.trained_on, one.may_produce_from, one.first_on)
                ),
                STANDINGS[one.standing.value].label,
            )
            for one in found
        ],
    )


def _document(one: Clearance) -> dict[str, Any]:
    return {
        "adviser": one.adviser,
        "modules": dict(one.ended_on),
        "trained_on": one.trained_on,
        "may_produce_from": one.may_produce_from,
        "first_productive_on": one.first_on,
        "state": one.standing.value,
    }

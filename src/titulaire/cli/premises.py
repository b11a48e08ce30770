"""`titulaire premises`: sites, where people worked on a day, and what their workstations lack."""

from __future__ import annotations

from datetime import datetime

import click

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, print_json, print_table
from titulaire.support.premises import queries
from titulaire.support.premises.models import Site, WorkstationFound
from titulaire.support.premises.wording import KINDS, PLACE_FAULTS, PLACES, lacks_fr
from titulaire.ui.formats import date_short

on_contract = of_contract("SUPPORT")


@click.group("premises")
def command() -> None:
    """Les lieux : sites, lieux de travail d’un jour, matériel."""


@command.command("sites")
@on_contract
@as_json
def sites(code: str, json_output: bool) -> None:
    """Les sites et leur temps de train jusqu’à une CPAM."""
    contract = support_contract(code, json_output=json_output)
    rows = list(Site.objects.filter(contract=contract))
    if json_output:
        found = [
            {
                "code": one.code,
                "kind": one.kind,
                "cpam": one.cpam,
                "rail_minutes": one.rail_minutes,
                "evidence": one.evidence_sha256,
                "closed_on": one.closed_on,
            }
            for one in rows
        ]
        print_json({"contract": code, "sites": found})
        return
    print_table(
        f"Sites de {contract}",
        ("Code", "Usage", "CPAM", "Minutes"),
        [(one.code, KINDS[one.kind], one.cpam, one.rail_minutes) for one in rows],
    )


@command.command("places")
@on_contract
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Le jour.")
@as_json
def places(code: str, day: datetime, json_output: bool) -> None:
    """Où chacun a travaillé un jour, selon les faits, et ce que le registre ne permet pas."""
    contract = support_contract(code, json_output=json_output)
    rows = queries.worked_on(contract, day.date())
    if json_output:
        found = [
            {
                "number": one.number,
                "place": one.place,
                "sites": one.sites,
                "hours": one.hours,
                "faults": one.faults,
            }
            for one in rows
        ]
        print_json({"contract": code, "on": day.date(), "places": found})
        return
    print_table(
        f"Lieux de travail, {contract}",
        ("Matricule", "Lieu", "Site", "Écart"),
        [
            (
                one.number,
                PLACES[one.place],
                ", ".join(one.sites),
                ", ".join(PLACE_FAULTS[each] for each in one.faults),
            )
            for one in rows
        ],
    )


@command.command("equipment")
@on_contract
@as_json
def equipment(code: str, json_output: bool) -> None:
    """Les postes à leur dernier contrôle, et ce qui leur manque."""
    contract = support_contract(code, json_output=json_output)
    rows = list(WorkstationFound.objects.filter(contract=contract, is_last=True))
    if json_output:
        found = [{"number": one.number, "checked_on": one.checked_on, "lacks": one.lacks} for one in rows]
        print_json({"contract": code, "workstations": found})
        return
    print_table(
        f"Matériel, {contract}",
        ("Matricule", "Contrôlé le", "Il manque"),
        [(one.number, date_short(one.checked_on), lacks_fr(one.lacks)) for one in rows],
    )

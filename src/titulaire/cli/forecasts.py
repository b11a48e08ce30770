"""`titulaire forecasts`: the volumes expected, version after version."""

from __future__ import annotations

from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.options import support_contract
from titulaire.cli.orders import actor_of, by_person
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.cli.presence import on_contract
from titulaire.support.forecasts.models import Forecast
from titulaire.support.forecasts.rules import read_volumes
from titulaire.support.forecasts.services import state_forecast
from titulaire.ui.cells import Refused, table_of_file
from titulaire.ui.formats import date_short, instant_short
from titulaire.ui.table_form import refusal_written


@click.group("forecasts")
def command() -> None:
    """Les prévisions de volumes, version après version."""


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Lister les prévisions déposées, la dernière d’abord."""
    contract = support_contract(code, json_output=json_output)
    found = Forecast.objects.filter(contract=contract)
    if json_output:
        print_json({"contract": code, "forecasts": [_document(one) for one in found]})
        return
    print_table(
        f"Prévisions de {code}",
        ["Version", "Source", "Du", "Au", "Déposée le"],
        [
            (
                one.version,
                one.source,
                date_short(one.since),
                date_short(one.last_on),
                instant_short(one.recorded_at),
            )
            for one in found
        ],
    )


def _document(one: Forecast) -> dict[str, object]:
    return {
        "version": one.version,
        "source": one.source,
        "since": one.since,
        "last_on": one.last_on,
        "file": one.file_name,
        "sha256": one.file_sha256,
        "recorded_at": one.recorded_at,
    }


@command.command("import")
@on_contract
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="D’où viennent ces volumes, par exemple un comité.")
@by_person
@as_json
def import_(code: str, file: Path, source: str, email: str | None, json_output: bool) -> None:
    """Déposer une prévision : un CSV ou un Excel de colonnes jour, canal, flux, volume."""
    contract = support_contract(code, json_output=json_output)
    content = file.read_bytes()
    try:
        volumes = read_volumes(table_of_file(content))
    except Refused as refused:
        refuse(refusal_written(refused), json_output=json_output, row=refused.row, rule=refused.rule)
    made = state_forecast(
        contract=contract,
        volumes=volumes,
        source=source,
        content=content,
        file_name=file.name,
        actor=actor_of(email, json_output=json_output),
        at=timezone.now(),
    )
    if json_output:
        print_json({"contract": code, **_document(made), "volumes": len(volumes)})
    else:
        click.echo(f"Prévision enregistrée : version {made.version}, {len(volumes)} volumes.")

"""`titulaire presence`: staff announced, mornings counted, gaps explained."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.orders import actor_of, by_person
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.support.presence.queries import Morning, mornings, plan_clock
from titulaire.support.presence.rules import Cause, Origin, monday_of, read_plan
from titulaire.support.presence.services import (
    NothingToExplain,
    NotYetThatDay,
    SaysNothing,
    count_present,
    explain_gap,
    send_staff_plan,
)
from titulaire.support.presence.wording import STATES
from titulaire.ui.cells import Refused, table_of_file
from titulaire.ui.formats import date_short
from titulaire.ui.table_form import refusal_written

a_day = click.DateTime(["%Y-%m-%d"])
on_contract = of_contract("SUPPORT")


@click.group("presence")
def command() -> None:
    """Les effectifs annoncés, les présents de chaque matin, et l’explication des écarts."""


@command.command("list")
@on_contract
@click.option("--week", type=a_day, help="Un jour de la semaine à montrer ; celle d’aujourd’hui sinon.")
@as_json
def list_(code: str, week: datetime | None, json_output: bool) -> None:
    """Montrer les matinées d’une semaine et l’annonce de la suivante."""
    contract = support_contract(code, json_output=json_output)
    at = timezone.now()
    monday = monday_of(week.date() if week else timezone.localdate(at))
    found = mornings(contract, monday, monday + timedelta(days=7), at=at)
    ahead = plan_clock(contract, monday + timedelta(days=7), at=at)
    if json_output:
        print_json(
            {
                "contract": code,
                "week": monday,
                "next_week": {"due_on": ahead.due_on, "sent_at": ahead.sent_at, "state": ahead.state.value},
                "mornings": [_document(one) for one in found],
            }
        )
        return
    print_table(
        f"Matinées de la semaine du {date_short(monday)}",
        ["Jour", "Site", "Prévus", "Présents", "État"],
        [
            (
                date_short(one.on),
                one.site,
                "—" if one.planned is None else one.planned,
                "—" if one.present is None else one.present,
                STATES[one.state].label,
            )
            for one in found
        ],
    )


def _document(one: Morning) -> dict[str, object]:
    why = one.explanation
    return {
        "on": one.on,
        "site": one.site,
        "planned": one.planned,
        "present": one.present,
        "origin": one.origin.value if one.origin else None,
        "state": one.state.value,
        "due_at": one.due_at,
        "explanation": {"cause": why.cause, "text": why.text, "at": why.explained_at} if why else None,
    }


@command.command("plan")
@on_contract
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--week", type=a_day, required=True, help="Un jour de la semaine annoncée.")
@by_person
@as_json
def plan(code: str, file: Path, week: datetime, email: str | None, json_output: bool) -> None:
    """Annoncer les effectifs d’une semaine par un fichier CSV ou Excel."""
    contract = support_contract(code, json_output=json_output)
    monday, content = monday_of(week.date()), file.read_bytes()
    try:
        days = read_plan(table_of_file(content), monday)
    except Refused as refused:
        refuse(refusal_written(refused), json_output=json_output, row=refused.row, rule=refused.rule)
    made = send_staff_plan(
        contract=contract,
        week=monday,
        days=days,
        content=content,
        file_name=file.name,
        actor=actor_of(email, json_output=json_output),
        at=timezone.now(),
    )
    told = {"contract": code, "week": monday, "version": made.version, "days": len(days)}
    if json_output:
        print_json(told)
    else:
        click.echo(f"Semaine du {date_short(monday)} annoncée : version {made.version}, {len(days)} lignes.")


@command.command("count")
@on_contract
@click.option("--date", "on", type=a_day, required=True, help="Le jour compté.")
@click.option("--site", required=True, help="Le site.")
@click.option("--present", type=click.IntRange(0), required=True, help="Combien sont là.")
@by_person
@as_json
def count(code: str, on: datetime, site: str, present: int, email: str | None, json_output: bool) -> None:
    """Compter les présents d’une matinée."""
    contract = support_contract(code, json_output=json_output)
    try:
        made = count_present(
            contract=contract,
            on=on.date(),
            present={site: present},
            origin=Origin.ENTERED,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except NotYetThatDay:
        refuse("ce jour n’est pas encore venu", json_output=json_output)
    if json_output:
        print_json({"contract": code, "on": on.date(), "site": site, "present": present, "new": bool(made)})
    else:
        click.echo("Compté." if made else "Déjà compté ainsi : rien n’a changé.")


@command.command("explain")
@on_contract
@click.option("--date", "on", type=a_day, required=True, help="Le jour de l’écart.")
@click.option("--site", required=True, help="Le site.")
@click.option("--cause", type=click.Choice(list(Cause)), required=True, help="La cause principale.")
@click.option("--text", required=True, help="L’explication, sans nom ni motif médical.")
@by_person
@as_json
def explain(
    code: str, on: datetime, site: str, cause: str, text: str, email: str | None, json_output: bool
) -> None:
    """Expliquer l’écart d’une matinée."""
    contract = support_contract(code, json_output=json_output)
    day: date = on.date()
    try:
        made = explain_gap(
            contract=contract,
            on=day,
            site=site,
            cause=Cause(cause),
            text=text,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except NothingToExplain:
        refuse("il n’y a pas d’écart à expliquer ce jour-là sur ce site", json_output=json_output)
    except SaysNothing:
        refuse("une explication demande des mots", json_output=json_output)
    if json_output:
        print_json(
            {"contract": code, "on": day, "site": site, "planned": made.planned, "present": made.present}
        )
    else:
        click.echo(f"Écart expliqué : {made.present} présents pour {made.planned} prévus.")

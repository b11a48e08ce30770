"""`titulaire knowledge`: scripts, instructions and articles, the one in force on a day, and who has not read it."""

from __future__ import annotations

from datetime import date, datetime

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.support.knowledge import queries
from titulaire.support.knowledge.models import Version
from titulaire.support.knowledge.wording import KINDS
from titulaire.ui.formats import NONE, date_fr, date_short

on_contract = of_contract("SUPPORT")
on_day = click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Le jour où l’on se place ; aujourd’hui sinon."
)


@click.group("knowledge")
def command() -> None:
    """Les scripts, consignes et articles : la version en vigueur un jour donné, et qui l’a lue."""


def _day(on: datetime | None) -> date:
    return on.date() if on else timezone.localdate()


@command.command("list")
@on_contract
@on_day
@as_json
def list_(code: str, on: datetime | None, json_output: bool) -> None:
    """Les textes en vigueur un jour donné."""
    contract = support_contract(code, json_output=json_output)
    day = _day(on)
    found = [
        (one, held)
        for one in queries.articles_of(contract)
        if (held := queries.version_on(one, day)) is not None
    ]
    if json_output:
        told = [
            {
                "code": one.code,
                "kind": one.kind,
                "title": one.title,
                "version": held.number,
                "in_force_on": held.in_force_on,
                "read_by_on": held.read_by_on,
            }
            for one, held in found
        ]
        print_json({"contract": code, "on": day, "articles": told})
        return
    print_table(
        f"Textes en vigueur le {date_fr(day)}",
        ("Code", "Nature", "Titre", "Version", "Depuis le"),
        [
            (
                one.code,
                KINDS[one.kind],
                one.title,
                held.number,
                date_short(held.in_force_on) if held.in_force_on else NONE,
            )
            for one, held in found
        ],
    )


@command.command("show")
@click.argument("article", metavar="TEXTE")
@on_contract
@on_day
@as_json
def show(article: str, code: str, on: datetime | None, json_output: bool) -> None:
    """Le texte en vigueur un jour donné."""
    contract = support_contract(code, json_output=json_output)
    held = _held(contract, article, _day(on), json_output)
    if json_output:
        print_json(
            {
                "contract": code,
                "code": held.article.code,
                "title": held.article.title,
                "version": held.number,
                "in_force_on": held.in_force_on,
                "read_by_on": held.read_by_on,
                "text": held.text,
                "source": held.source,
            }
        )
        return
    click.echo(f"{held.article.code}, version {held.number}, en vigueur le {date_fr(held.in_force_on)}\n")
    click.echo(held.text)


@command.command("unread")
@click.argument("article", metavar="TEXTE")
@on_contract
@on_day
@as_json
def unread(article: str, code: str, on: datetime | None, json_output: bool) -> None:
    """Les conseillers qui n’ont pas lu la version en vigueur, par leur matricule."""
    contract = support_contract(code, json_output=json_output)
    day = _day(on)
    held = _held(contract, article, day, json_output)
    late = queries.unread(held, day)
    if json_output:
        print_json({"contract": code, "code": article, "version": held.number, "unread": late})
    else:
        click.echo("\n".join(late) if late else "Tous ont lu.")


def _held(contract: Contract, article: str, day: date, json_output: bool) -> Version:
    found = queries.articles_of(contract).filter(code=article.upper()).first()
    held = queries.version_on(found, day) if found else None
    if held is None:
        refuse(
            f"aucun texte « {article} » n’est en vigueur le {date_fr(day)} (voir knowledge list).",
            json_output=json_output,
        )
    return held

"""`titulaire levels`: changes of service level, notified, answered, or accepted by silence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.orders import actor_of, by_person
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.contracts import services
from titulaire.contracts.level_pages import STATES, standing_of
from titulaire.contracts.levels import ONE_DAY
from titulaire.contracts.loading import NotAValue, value_written
from titulaire.contracts.models import LevelChange
from titulaire.contracts.queries import level_changes_of, terms_of
from titulaire.contracts.rules import AlreadyDated, Terms, UnknownTerm, Value
from titulaire.contracts.wording import shown, typed
from titulaire.ui.formats import date_fr, instant_fr

on_contract = of_contract("SUPPORT")


@click.group("levels")
def command() -> None:
    """Les modifications de niveaux de service : notifiées, répondues, ou acceptées par silence."""


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Les modifications, leur délai, leur état."""
    contract, terms = support_contract(code, json_output=json_output), terms_of(code)
    changes = list(level_changes_of(contract))
    if json_output:
        print_json({"contract": code, "changes": [_told(one, terms) for one in changes]})
        return
    now = timezone.now()
    print_table(
        "Modifications de niveaux de service",
        ("N°", "Objet", "Notifiée le", "Réponse jusqu’au", "État", "Applicable le"),
        [
            (
                one.number,
                one.title,
                instant_fr(one.notified_at),
                date_fr(timezone.localdate(one.answer_ends_at) - ONE_DAY),
                STATES[standing_of(one, now)].label,
                date_fr(one.from_on),
            )
            for one in changes
        ],
    )


@command.command()
@click.argument("title", metavar="OBJET")
@on_contract
@click.option(
    "--set", "values", multiple=True, metavar="NIVEAU=VALEUR", help="answer_rate_target=92 % (répétable)."
)
@click.option("--definition", default="", help="Ce qui change sans changer de valeur.")
@click.option("--from", "asked", type=click.DateTime(["%Y-%m"]), help="Le mois souhaité, comme 2026-04.")
@click.option(
    "--notified-at",
    type=click.DateTime(),
    help="Quand la notification a été reçue, heure de Paris ; maintenant sinon.",
)
@by_person
@as_json
def notify(
    title: str,
    code: str,
    values: tuple[str, ...],
    definition: str,
    asked: datetime | None,
    notified_at: datetime | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Notifier une modification, ou enregistrer celle qu’un courrier a apportée."""
    contract, terms, now = support_contract(code, json_output=json_output), terms_of(code), timezone.now()
    try:
        change = services.notify_level_change(
            contract=contract,
            title=title,
            values=_values(values, terms, json_output),
            definition=definition,
            asked_from_on=asked.date() if asked else None,
            notified_at=timezone.make_aware(notified_at) if notified_at else now,
            actor=actor_of(email, json_output=json_output),
            at=now,
        )
    except services.ChangesNothing:
        refuse("dites une valeur (--set) ou une définition (--definition).", json_output=json_output)
    except services.NotALevel as wrong:
        refuse(f"{wrong.name} n’est pas un niveau de service : il faut un avenant.", json_output=json_output)
    except services.NotifiedLater:
        refuse("la notification est hors du marché, ou à venir.", json_output=json_output)
    except AlreadyDated as wrong:
        refuse(f"{wrong.name} reçoit déjà une valeur le {date_fr(wrong.from_on)}.", json_output=json_output)
    _tell(change, terms, json_output)


@command.command()
@click.argument("number", metavar="NUMÉRO", type=int)
@on_contract
@click.option("--accept/--refuse", "accepted", required=True, help="Accepter ou refuser.")
@click.option("--reasons", default="", help="Les motifs ; obligatoires pour refuser.")
@by_person
@as_json
def answer(
    number: int, code: str, accepted: bool, reasons: str, email: str | None, json_output: bool
) -> None:
    """La réponse du Titulaire."""
    contract, terms = support_contract(code, json_output=json_output), terms_of(code)
    change = level_changes_of(contract).filter(number=number).first()
    if change is None:
        refuse(f"aucune modification n° {number}.", json_output=json_output)
    try:
        services.answer_level_change(
            change=change,
            accepted=accepted,
            reasons=reasons,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except services.RefusedWithoutReasons:
        refuse("un refus dit pourquoi : --reasons.", json_output=json_output)
    except services.AlreadyAnswered:
        refuse("cette modification a déjà sa réponse.", json_output=json_output)
    except services.TooLateToAnswer:
        refuse("le délai est passé : le silence a valu accord.", json_output=json_output)
    _tell(change, terms, json_output)


def _values(given: tuple[str, ...], terms: Terms, json_output: bool) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for one in given:
        name, _, text = one.partition("=")
        try:
            found[name] = typed(terms.term(name).spec, text)
        except UnknownTerm:
            refuse(f"le marché n’a pas de niveau « {name} ».", json_output=json_output)
        except NotAValue:
            refuse(f"« {text} » ne convient pas à {name}.", json_output=json_output)
    return found


def _told(change: LevelChange, terms: Terms) -> dict[str, Any]:
    return {
        "number": change.number,
        "title": change.title,
        "definition": change.definition,
        "values": {
            row.term: shown(terms.term(row.term).spec, value_written(terms.term(row.term).spec, row.value))
            for row in change.values.all()
        },
        "notified_at": change.notified_at,
        "answer_ends_at": change.answer_ends_at,
        "from_on": change.from_on,
        "standing": standing_of(change, timezone.now()).value,
        "answered_at": change.answered_at,
        "reasons": change.answer_reasons,
    }


def _tell(change: LevelChange, terms: Terms, json_output: bool) -> None:
    if json_output:
        print_json(_told(change, terms))
        return
    last: date = timezone.localdate(change.answer_ends_at) - ONE_DAY
    click.echo(
        f"Modification n° {change.number} : {STATES[standing_of(change, timezone.now())].label}. "
        f"Réponse jusqu’au {date_fr(last)} inclus, applicable le {date_fr(change.from_on)}."
    )

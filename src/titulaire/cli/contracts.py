"""`titulaire contracts`: what a contract says on a day, and how its unclear sentences are read."""

from __future__ import annotations

from datetime import date, datetime

import click
from django.utils import timezone

from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.contracts.queries import NoTermsFile, codes_with_terms, terms_as_signed, terms_of
from titulaire.contracts.rules import AnnualDay, NoValueOn, Terms, Value
from titulaire.contracts.wording import shown

as_of = click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="Jour, comme 2026-11-21.")


@click.group()
def command() -> None:
    """Les marchés : valeurs datées, lectures, avenants."""


@command.command("list")
@as_json
def list_command(json_output: bool) -> None:
    """Les marchés dont les valeurs sont connues."""
    heads = [terms_as_signed(code).head for code in codes_with_terms()]
    if json_output:
        keys = ("code", "kind", "title", "buyer", "notified_on", "starts_on", "ends_on")
        print_json([{key: getattr(head, key) for key in keys} for head in heads])
        return
    print_table(
        "Marchés",
        ("Code", "Objet", "Acheteur", "Notifié le", "Du", "Au (exclu)"),
        [
            (head.code, head.title, head.buyer, head.notified_on, head.starts_on, head.ends_on)
            for head in heads
        ],
    )


@command.command("terms")
@click.argument("contract")
@as_of
@click.option("--search", default="", help="Mot cherché dans le nom ou le libellé.")
@as_json
def terms_command(contract: str, on: datetime | None, search: str, json_output: bool) -> None:
    """Toutes les valeurs d’un marché un jour donné, avec leur clause et leur source."""
    terms, day = _terms(contract, json_output), _day(on)
    word = search.casefold()
    try:
        found = [
            (term, term.on(day))
            for term in terms.terms.values()
            if word in term.spec.name or word in term.spec.label.casefold()
        ]
    except NoValueOn:
        refuse(_not_yet(terms, day), json_output=json_output)
        return
    if json_output:
        document = [
            {
                "name": term.spec.name,
                "label": term.spec.label,
                "kind": term.spec.kind,
                "unit": term.spec.unit,
                "value": _plain(value.value),
                "shown": shown(term.spec, value.value),
                "from": value.from_on,
                "until": value.until_on,
                "clause": value.clause,
                "source": value.source,
                "note": value.note,
                "amendment": value.amendment,
            }
            for term, value in found
        ]
        print_json({"contract": contract, "on": day, "terms": document})
        return
    print_table(
        f"{terms.head.title}, au {day:%d/%m/%Y}",
        ("Nom", "Valeur", "Depuis", "Clause", "Source"),
        [
            (term.spec.name, shown(term.spec, value.value), value.from_on, value.clause, value.source)
            for term, value in found
        ],
    )


@command.command("readings")
@click.argument("contract")
@as_of
@as_json
def readings_command(contract: str, on: datetime | None, json_output: bool) -> None:
    """Les phrases qui se lisent de plusieurs façons, et la lecture retenue."""
    terms, day = _terms(contract, json_output), _day(on)
    try:
        found = [(reading, reading.on(day)) for reading in terms.readings.values()]
    except NoValueOn:
        refuse(_not_yet(terms, day), json_output=json_output)
        return
    if json_output:
        document = [
            {
                "code": reading.code,
                "clause": reading.clause,
                "source": reading.source,
                "question": reading.question,
                "retained": kept.option,
                "since": kept.from_on,
                "agreement": kept.agreement,
                "options": {option.code: option.sentence for option in reading.options},
                "why": reading.why,
                "effect": reading.effect,
                "ask": reading.ask,
            }
            for reading, kept in found
        ]
        print_json({"contract": contract, "on": day, "readings": document})
        return
    print_table(
        f"{terms.head.title}, lectures au {day:%d/%m/%Y}",
        ("Code", "Question", "Lecture retenue", "Depuis", "Clause"),
        [
            (
                reading.code,
                reading.question,
                reading.option(kept.option).sentence,
                kept.from_on,
                reading.clause,
            )
            for reading, kept in found
        ],
    )


def _terms(contract: str, json_output: bool) -> Terms:
    try:
        return terms_of(contract)
    except NoTermsFile:
        refuse(
            f"aucun marché « {contract} » ; connus : {', '.join(codes_with_terms())}",
            json_output=json_output,
        )
        raise  # `refuse` has left already


def _day(on: datetime | None) -> date:
    return on.date() if on else timezone.localdate()


def _not_yet(terms: Terms, day: date) -> str:
    return f"le marché n’est notifié que le {terms.head.notified_on:%d/%m/%Y}, après le {day:%d/%m/%Y}"


def _plain(value: Value) -> object:
    """The value for a machine: tables and days of the year as objects."""
    if isinstance(value, AnnualDay):
        return {"month": value.month, "day": value.day or "last", "years_after": value.years_after}
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return dict(row for row in value if isinstance(row, tuple))
    return value.isoformat() if hasattr(value, "isoformat") else value

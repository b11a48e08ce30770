"""`titulaire penalties`: what a month costs, line by line, and what each reading would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import click

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Unit
from titulaire.indicators.wording import written
from titulaire.penalties.rules import Assessed, Invoice, NoIncidentReference, NotInCents, State
from titulaire.support.incidents.rules import Incident
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import TABLE, Entered, Proposal, propose
from titulaire.support.penalties.entries import entered_for
from titulaire.ui.formats import money

STATES = {
    State.NOT_IN_FORCE: "pas en vigueur",
    State.IN_GRACE: "différée au démarrage",
    State.SUSPENDED: "suspendue (plus de 120 %)",
    State.BLOCKED: "bloquée : les faits ne tombent pas juste",
    State.NOT_MEASURABLE: "non mesurable",
    State.TO_ADJUDICATE: "à juger à deux",
    State.RESPECTED: "respectée",
    State.TARGET_MISSED: "objectif manqué, sans pénalité",
    State.TRIGGERED: "due",
}


ENTERED = (
    click.option(
        "--invoice-phone",
        help="Facture de production téléphonique du mois, hors taxes. Sans elle, les factures émises, les commandes "
        "et les incidents neutralisés du mois sont ceux du logiciel.",
    ),
    click.option("--invoice-forms", help="Facture de production des formulaires, hors taxes."),
    click.option(
        "--order",
        "orders",
        multiple=True,
        metavar="DU:AU:HEURES",
        help="Commande d’heures, jours compris : 2026-03-02:2026-03-13:4200 (répétable).",
    ),
    click.option(
        "--incident",
        "incidents",
        multiple=True,
        metavar="REF;DU;AU[;LIGNES]",
        help="Temps à neutraliser : INC-12;2026-03-05T10:00;2026-03-05T11:30;P3,P4 (répétable).",
    ),
    click.option(
        "--contacts-ordered", type=int, help="Contacts commandés dans le mois, pour le régime des 120 %."
    ),
)


HALF_GIVEN = "ajoutez --invoice-phone : ou tout est donné à la main, ou tout vient du logiciel."


class HalfGiven(ValueError):
    """Something is given by hand without the invoice: everything is, or nothing."""


def entered_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which people say what no fact says: invoices, orders, incidents."""
    for option in reversed(ENTERED):
        command = option(command)
    return command


def entered_with(
    contract: Contract,
    month: date,
    *,
    invoice_phone: str | None,
    invoice_forms: str | None,
    orders: Sequence[str],
    incidents: Sequence[str],
    contacts_ordered: int | None,
) -> Entered | None:
    """What the options say, else what the software knows; None when no invoice is known.

    Raises:
        HalfGiven: options, and no invoice among them.
        ValueError, InvalidOperation: a value cannot be read.
    """
    if invoice_phone is None:
        if invoice_forms or orders or incidents or contacts_ordered is not None:
            raise HalfGiven
        return entered_for(contract, month)
    return Entered(
        invoice=Invoice(
            amount_given("--invoice-phone", invoice_phone),
            amount_given("--invoice-forms", invoice_forms or "0.00"),
        ),
        orders=tuple(_order(text) for text in orders),
        incidents=tuple(_incident(text) for text in incidents),
        contacts_ordered=contacts_ordered,
    )


@click.command("penalties")
@of_contract("SUPPORT")
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="Le mois, comme 2026-03.")
@entered_options
@as_json
def command(
    code: str,
    month: datetime,
    json_output: bool,
    **given: Any,
) -> None:
    """Les pénalités d’un mois, et l’effet de chaque lecture en euros."""
    contract = support_contract(code, json_output=json_output)
    try:
        entered = entered_with(contract, month.date(), **given)
        if entered is None:
            refuse(
                f"aucune facture de production émise pour {month:%m/%Y} : émettez-la, ou donnez --invoice-phone.",
                json_output=json_output,
            )
        proposal = propose(contract, month.date(), entered)
    except HalfGiven:
        refuse(HALF_GIVEN, json_output=json_output)
    except NotInCents as error:
        refuse(f"{error.amount} n’est pas un montant en centimes.", json_output=json_output)
    except NoIncidentReference as error:
        refuse(f"rien n’est neutralisé sur {error.line} sans référence d’incident.", json_output=json_output)
    except (InvalidOperation, ValueError) as error:
        refuse(f"valeur illisible : {error}", json_output=json_output)
    else:
        _tell(proposal, code, month.date(), json_output)


def _amount(text: str) -> Decimal:
    return Decimal(text.replace("\u202f", "").replace(" ", "").replace(",", "."))


def amount_given(option: str, text: str) -> Decimal:
    """An amount that an option gives.

    Raises:
        ValueError: with the words that say how to write it.
    """
    try:
        found = _amount(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ValueError(f"{option} « {text} » ; écrivez un montant, comme 184250.00")
    return found


def _order(text: str) -> Order:
    try:
        first, last, hours = text.split(":")
        since, until = date.fromisoformat(first), date.fromordinal(date.fromisoformat(last).toordinal() + 1)
        found = Order(since, until, Fraction(hours))
    except (ValueError, ZeroDivisionError) as fault:
        raise ValueError(f"--order « {text} » ; écrivez 2026-03-02:2026-03-13:4200") from fault
    if found.until <= found.since or found.hours <= 0:
        raise ValueError(f"--order « {text} » ; la commande finit avant de commencer, ou n’a pas d’heures")
    return found


def _incident(text: str) -> Incident:
    try:
        reference, since, until, *lines = text.split(";")
        named = tuple(one.strip().upper() for one in lines[0].split(",")) if lines else ()
        found = Incident(reference, datetime.fromisoformat(since), datetime.fromisoformat(until), named)
    except ValueError as fault:
        raise ValueError(
            f"--incident « {text} » ; écrivez INC-12;2026-03-05T10:00;2026-03-05T11:30;P3,P4"
        ) from fault
    if found.since.tzinfo or found.until.tzinfo:
        raise ValueError(f"--incident « {text} » ; écrivez l’heure du marché, sans fuseau")
    if found.until <= found.since:
        raise ValueError(f"--incident « {text} » ; l’incident finit avant de commencer")
    if unknown := set(named) - {code for code, *_ in TABLE}:
        raise ValueError(f"--incident « {text} » ; aucune ligne {', '.join(sorted(unknown))} : P1 à P10")
    return found


def _tell(proposal: Proposal, code: str, month: date, json_output: bool) -> None:
    units = {one.indicator.code: one.indicator.unit for one in proposal.results}
    statement = proposal.statement
    if json_output:
        print_json(
            {
                "contract": code,
                "month": f"{month:%Y-%m}",
                "lines": [_told(one) for one in statement.lines],
                "uncapped": statement.uncapped,
                "cap": statement.cap,
                "proposed": statement.proposed,
                "termination_possible": statement.termination_possible,
                "effects": [
                    {
                        "reading": one.reading,
                        "option": one.option,
                        "label": one.sentence,
                        "uncapped": one.uncapped,
                        "proposed": one.proposed,
                        "difference": one.difference,
                    }
                    for one in proposal.effects
                ],
            }
        )
        return
    print_table(
        f"Pénalités de {month:%m/%Y}",
        ("", "Ligne", "Mesuré", "Retenu", "Seuil", "État", "Taux", "Assiette", "Montant", "Incidents"),
        [_line(one, units[one.line.indicator]) for one in statement.lines],
    )
    console.print(f"Somme : {money(statement.uncapped)}. Plafond : {money(statement.cap)}.")
    console.print(f"[bold]Proposé : {money(statement.proposed)}.[/bold]")
    if statement.termination_possible:
        console.print("La somme passe le plafond : l’acheteur peut résilier le marché.")
    changing = [one for one in proposal.effects if one.difference]
    if changing:
        print_table(
            "Ce que changerait une autre lecture",
            ("Lecture", "Option", "", "Proposé", "Écart"),
            [
                (one.reading, one.option, one.sentence, money(one.proposed), money(one.difference))
                for one in changing
            ],
        )
    else:
        console.print("Aucune autre lecture ne changerait le montant de ce mois.")


def _line(one: Assessed, unit: Unit) -> tuple[object, ...]:
    return (
        one.line.code,
        one.line.name,
        written(one.measured, unit, one.line.trigger),
        written(one.value, unit, one.line.trigger),
        written(one.line.trigger, unit),
        STATES[one.state],
        written(Fraction(one.line.rate), Unit.RATIO),
        money(one.base),
        money(one.amount),
        ", ".join(one.incidents),
    )


def _told(one: Assessed) -> dict[str, object]:
    return {
        "code": one.line.code,
        "name": one.line.name,
        "clause": one.line.clause,
        "indicator": one.line.indicator,
        "measured": None if one.measured is None else str(one.measured),
        "value": None if one.value is None else str(one.value),
        "trigger": str(one.line.trigger),
        "state": one.state,
        "rate": one.line.rate,
        "base_code": one.line.base,
        "base": one.base,
        "amount": one.amount,
        "in_force_from": one.line.in_force_from,
        "incidents": one.incidents,
    }

"""`titulaire ledger`: what was ordered, what was produced, at which price, and the month's invoice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.billing.rules import DocumentRefused, LineRefused
from titulaire.cli.options import (
    Code,
    a_file,
    a_month,
    actor_for,
    answered,
    by_person,
    month_of,
    of_contract,
    support_contract,
)
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.ledger import queries, services
from titulaire.support.ledger.forms import AnswerForm, CloseForm, EntryForm, OrderForm, PriceForm, ReasonForm
from titulaire.support.ledger.models import Ledger, UnitPrice, WorkOrder
from titulaire.support.ledger.reading import entries_of_sheet
from titulaire.support.ledger.rules import (
    ONE_DAY,
    Charge,
    LedgerState,
    NoPrice,
    OrderKind,
    PriceChangesWithin,
    Standing,
    WorkUnit,
)
from titulaire.support.ledger.services import NewEntry
from titulaire.support.ledger.views import KEEPERS
from titulaire.support.ledger.wording import ENTRY_FAULTS, ORDERS, STATES, UNITS, price_fault, unit_word
from titulaire.ui.formats import date_fr, date_short, money, month_fr, number

CLOSERS = (Role.SUPERVISOR,)
NOTHING = Decimal("0.00")

on_contract = of_contract("SUPPORT")
in_month = click.argument("month", metavar="MOIS", type=a_month)
a_unit = Code([unit.value for unit in WorkUnit])
reason_option = click.option("--reason", help="Pourquoi ce qui était dit change.")
document_option = click.option("--document", type=a_file, help="Le document où cela est écrit.")


@click.group("ledger")
def command() -> None:
    """Le registre de production : commandes d’heures et d’actes, prix, quantités, clôture et facture du mois."""


# Months


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Les mois du registre, ce qui y fut produit, leur montant et leur facture."""
    contract = support_contract(code, json_output=json_output)
    ledgers = list(queries.ledgers_of(contract))
    if json_output:
        print_json({"contract": code, "months": [_summary(one) for one in ledgers]})
        return
    print_table(
        f"Registre de {contract}",
        ("Mois", "État", "Montant HT", "Facture"),
        [
            (
                f"{one.month:%Y-%m}",
                STATES[one.state].label,
                money(_total(one)),
                one.invoice.reference if one.invoice else "",
            )
            for one in ledgers
        ],
    )


@command.command("show")
@in_month
@on_contract
@as_json
def show(month: datetime, code: str, json_output: bool) -> None:
    """Un mois : ce à quoi il revient, ses saisies, ses commandes, ses heures à côté de celles des faits."""
    contract = support_contract(code, json_output=json_output)
    ledger = _ledger(contract, month_of(month), json_output)
    charges, fault = _charges(ledger)
    gaps = queries.gaps_of(ledger)
    orders = queries.orders_ending_in(contract, ledger.month)
    entries = list(ledger.entries.in_force())
    if json_output:
        print_json(
            {
                "contract": code,
                **_summary(ledger),
                "fault": fault,
                "explanation": ledger.explanation,
                "charges": [
                    {
                        "unit": one.unit,
                        "from": one.since,
                        "to": one.until - ONE_DAY,
                        "quantity": one.quantity,
                        "price": one.price,
                        "amount": one.amount,
                    }
                    for one in charges
                ],
                "entries": [
                    {
                        "unit": one.unit,
                        "from": one.since_on,
                        "to": one.until_on - ONE_DAY,
                        "site": one.site,
                        "quantity": one.quantity,
                    }
                    for one in entries
                ],
                "orders": [
                    {
                        "from": one.since,
                        "to": one.until - ONE_DAY,
                        "hours": str(one.hours),
                        "contacts": one.contacts,
                    }
                    for one in orders
                ],
                "gaps": [
                    {
                        "on": one.on,
                        "entered": _hours(one.entered),
                        "measured": None if one.measured is None else _hours(one.measured),
                        "difference": None if one.difference is None else _hours(one.difference),
                    }
                    for one in gaps
                ],
            }
        )
        return
    console.print(f"[bold]{month_fr(ledger.month).capitalize()}[/bold] : {STATES[ledger.state].label}.")
    print_table(
        "Ce à quoi le mois revient",
        ("Unité", "Du", "Au", "Quantité", "Prix HT", "Montant HT"),
        [
            (
                UNITS[one.unit],
                date_short(one.since),
                date_short(one.until - ONE_DAY),
                f"{number(one.quantity, 2)} {unit_word(one.unit)}",
                f"{number(one.price, 4)} €",
                money(one.amount),
            )
            for one in charges
        ],
    )
    console.print(fault or f"Total HT : {money(sum((one.amount for one in charges), NOTHING))}.")
    told = [one for one in gaps if one.difference is not None]
    if told:
        apart = sum((one.difference or Decimal(0) for one in told), Decimal(0))
        console.print(f"Écart avec les heures mesurées dans les faits : {number(apart, 2)} h.")


@command.command("enter")
@in_month
@on_contract
@click.option("--unit", type=a_unit, required=True, help="L’unité : UO1 à UO4.")
@click.option("--from", "since_on", metavar="JOUR", required=True, help="Premier jour.")
@click.option("--to", "last_on", metavar="JOUR", help="Dernier jour, compris ; le premier sinon.")
@click.option("--quantity", required=True, help="Heures ou actes.")
@click.option("--site", help="Le site ; tous sinon.")
@reason_option
@by_person
@as_json
def enter(
    month: datetime,
    code: str,
    unit: str,
    since_on: str,
    last_on: str | None,
    quantity: str,
    site: str | None,
    reason: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Saisir une quantité produite ; --reason pour en remplacer une."""
    contract = support_contract(code, json_output=json_output)
    form = answered(
        EntryForm,
        {
            "unit": unit,
            "since_on": since_on,
            "last_on": last_on or since_on,
            "quantity": quantity,
            "site": site,
            "reason": reason,
        },
        json_output=json_output,
    )
    _enter(
        contract,
        month_of(month),
        [NewEntry(form.produced())],
        reason or "",
        actor=actor_for(contract, email, KEEPERS, json_output=json_output),
        json_output=json_output,
    )


@command.command("import")
@in_month
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@reason_option
@by_person
@as_json
def import_(
    month: datetime, file: Path, code: str, reason: str | None, email: str | None, json_output: bool
) -> None:
    """Saisir les quantités d’un fichier CSV ou Excel : du, unite, quantite, et au choix au, site.

    Toutes les lignes entrent, ou aucune. Le même fichier n’entre qu’une fois.
    """
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, KEEPERS, json_output=json_output)
    content = file.read_bytes()
    try:
        entries = entries_of_sheet(content)
    except SheetRefused as refused:
        _refuse_rows(refused.faults, json_output)
    _enter(
        contract,
        month_of(month),
        entries,
        reason or "",
        actor=actor,
        json_output=json_output,
        file_name=file.name,
        file_sha256=hashlib.sha256(content).hexdigest(),
    )


def _enter(
    contract: Contract,
    month: date,
    entries: list[NewEntry],
    reason: str,
    *,
    actor: str,
    json_output: bool,
    **file: str,
) -> None:
    try:
        batch, known = services.enter(
            contract=contract,
            month=month,
            entries=entries,
            reason=reason,
            actor=actor,
            at=timezone.now(),
            **file,
        )
    except services.EntriesRefused as refused:
        _refuse_rows(
            [
                Fault(one.row or 0, one.column, one.fault, f"{ENTRY_FAULTS[one.fault]} ({date_fr(one.on)})")
                for one in refused.refusals
            ],
            json_output,
        )
    except services.LedgerClosed:
        refuse("ce mois est clos : rouvrez-le d’abord (ledger reopen).", json_output=json_output)
    if json_output:
        print_json(
            {"contract": contract.code, "month": f"{month:%Y-%m}", "rows": batch.rows, "new": not known}
        )
    elif known:
        click.echo("Ce fichier était déjà au registre : rien n’a changé.")
    else:
        click.echo(f"Enregistré au registre de {month_fr(month)} : {batch.rows} ligne(s).")


def _refuse_rows(faults: Iterable[Fault], json_output: bool) -> NoReturn:
    found = list(faults)
    told = " ".join(f"{f'Ligne {one.row}, ' if one.row else ''}{one.column} : {one.message}" for one in found)
    refuse(
        told,
        json_output=json_output,
        refused=[
            {"row": one.row, "column": one.column, "rule": one.rule, "message": one.message} for one in found
        ],
    )


# Closing and invoicing


@command.command("close")
@in_month
@on_contract
@click.option(
    "--explanation", help="L’écart avec les heures mesurées, expliqué ; obligatoire s’il y en a un."
)
@by_person
@as_json
def close(month: datetime, code: str, explanation: str | None, email: str | None, json_output: bool) -> None:
    """Clore un mois : ses quantités sont définitives."""
    contract = support_contract(code, json_output=json_output)
    ledger = _ledger(contract, month_of(month), json_output)
    apart = sum((one.difference or Decimal(0) for one in queries.gaps_of(ledger)), Decimal(0))
    form = answered(
        CloseForm, {"explanation": explanation}, json_output=json_output, gap=to_cents(apart) != 0
    )
    _done(
        lambda actor: services.close_ledger(
            ledger=ledger, explanation=form.cleaned_data["explanation"], actor=actor, at=timezone.now()
        ),
        ledger,
        f"{month_fr(ledger.month).capitalize()} est clos.",
        email,
        json_output,
    )


@command.command("reopen")
@in_month
@on_contract
@click.option("--reason", required=True, help="Pourquoi.")
@by_person
@as_json
def reopen(month: datetime, code: str, reason: str, email: str | None, json_output: bool) -> None:
    """Rouvrir un mois clos ; le brouillon de sa facture est abandonné."""
    contract = support_contract(code, json_output=json_output)
    ledger = _ledger(contract, month_of(month), json_output)
    form = answered(ReasonForm, {"reason": reason}, json_output=json_output)
    _done(
        lambda actor: services.reopen_ledger(
            ledger=ledger, reason=form.cleaned_data["reason"], actor=actor, at=timezone.now()
        ),
        ledger,
        f"{month_fr(ledger.month).capitalize()} est rouvert.",
        email,
        json_output,
    )


@command.command("invoice")
@in_month
@on_contract
@by_person
@as_json
def invoice(month: datetime, code: str, email: str | None, json_output: bool) -> None:
    """Préparer la facture d’un mois clos ; « titulaire billing issue » l’émet."""
    contract = support_contract(code, json_output=json_output)
    ledger = _ledger(contract, month_of(month), json_output)
    _done(
        lambda actor: services.draft_ledger_invoice(ledger=ledger, actor=actor, at=timezone.now()),
        ledger,
        "Facture prête à relire.",
        email,
        json_output,
    )


def _done(
    act: Callable[[str], object], ledger: Ledger, said: str, email: str | None, json_output: bool
) -> None:
    """Do an act of the supervisor on a month, and tell how the month then stands."""
    actor = actor_for(ledger.contract, email, CLOSERS, json_output=json_output)
    try:
        act(actor)
    except (NoPrice, PriceChangesWithin) as error:
        refuse(price_fault(error), json_output=json_output)
    except services.LedgerEmpty:
        refuse("rien n’est saisi pour ce mois (ledger enter, ledger import).", json_output=json_output)
    except services.AlreadyInvoiced as error:
        refuse(f"la facture {error.number} est émise : corrigez-la par un avoir.", json_output=json_output)
    except services.LedgerOpen:
        refuse("ce mois n’est pas clos (ledger close).", json_output=json_output)
    except (LineRefused, DocumentRefused):
        refuse(
            "ces montants ne font pas une facture : vérifiez les quantités et les prix.",
            json_output=json_output,
        )
    found = _ledger(ledger.contract, ledger.month, json_output)
    if json_output:
        print_json({"contract": ledger.contract.code, **_summary(found)})
    else:
        told = f" Facture {found.invoice.reference}." if found.invoice else ""
        click.echo(f"{said} Montant HT : {money(_total(found))}.{told}")


# Orders


@command.command("orders")
@on_contract
@click.option("--all", "every", is_flag=True, help="Aussi les versions remplacées et les commandes annulées.")
@as_json
def orders(code: str, every: bool, json_output: bool) -> None:
    """Les commandes d’heures et d’actes, et le jour où le silence les a validées."""
    contract = support_contract(code, json_output=json_output)
    found = queries.orders_of(contract)
    rows = [_order(one) for one in (found if every else found.in_force())]
    if json_output:
        print_json({"contract": code, "orders": rows})
        return
    print_table(
        f"Commandes de {contract}",
        (
            "Commande",
            "Version",
            "Unité",
            "Du",
            "Au",
            "Quantité",
            "Contacts",
            "Reçue le",
            "Réputée valide après le",
            "État",
        ),
        [
            (
                one["reference"],
                one["version"],
                one["unit"],
                date_short(one["from"]),
                date_short(one["to"]),
                number(one["quantity"], 2),
                "" if one["contacts"] is None else one["contacts"],
                date_short(one["ordered_on"]),
                date_short(one["objections_until"]),
                ORDERS[one["state"]].label,
            )
            for one in rows
        ],
    )


@command.command("order")
@click.argument("reference", metavar="RÉFÉRENCE")
@on_contract
@click.option("--unit", type=a_unit, required=True, help="L’unité : UO1 à UO4.")
@click.option(
    "--indicative", is_flag=True, help="Annonce à J+20 ou J+30 : elle n’engage personne. Ferme sinon."
)
@click.option("--from", "since_on", metavar="JOUR", required=True, help="Premier jour.")
@click.option("--to", "last_on", metavar="JOUR", required=True, help="Dernier jour, compris.")
@click.option("--quantity", required=True, help="Heures ou actes commandés.")
@click.option(
    "--contacts", type=click.IntRange(0), help="Contacts prévus : la limite des 120 % se juge aussi sur eux."
)
@click.option("--ordered-on", metavar="JOUR", help="Jour de réception ; aujourd’hui sinon.")
@document_option
@reason_option
@by_person
@as_json
def order(
    reference: str,
    code: str,
    unit: str,
    indicative: bool,
    since_on: str,
    last_on: str,
    quantity: str,
    contacts: int | None,
    ordered_on: str | None,
    document: Path | None,
    reason: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Saisir une commande reçue ; --reason pour en saisir une nouvelle version."""
    contract = support_contract(code, json_output=json_output)
    form = answered(
        OrderForm,
        {
            "reference": reference,
            "unit": unit,
            "kind": (OrderKind.INDICATIVE if indicative else OrderKind.FIRM).value,
            "since_on": since_on,
            "last_on": last_on,
            "quantity": quantity,
            "contacts": contacts,
            "ordered_on": ordered_on or timezone.localdate(),
            "reason": reason,
        },
        {"document": document},
        json_output=json_output,
    )
    try:
        made = services.enter_order(
            contract=contract,
            reference=form.cleaned_data["reference"],
            ordered=form.ordered(),
            ordered_on=form.cleaned_data["ordered_on"],
            kind=OrderKind(form.cleaned_data["kind"]),
            paper=form.paper(),
            reason=form.cleaned_data["reason"],
            actor=actor_for(contract, email, KEEPERS, json_output=json_output),
            at=timezone.now(),
        )
    except services.OrderKnown:
        refuse(
            f"la commande {reference} existe avec d’autres valeurs : dites pourquoi elle change (--reason).",
            json_output=json_output,
        )
    except services.OrdersOverlap as other:
        refuse(
            f"la commande {other.reference} couvre déjà l’un de ces jours : annulez-la (ledger cancel-order) "
            "ou changez les jours.",
            json_output=json_output,
        )
    _tell_order(made, json_output)


@command.command("answer-order")
@click.argument("reference", metavar="RÉFÉRENCE")
@on_contract
@click.option("--unit", type=a_unit, required=True, help="L’unité : UO1 à UO4.")
@click.option("--accept/--refuse", "accepted", required=True, default=None, help="Valider, ou refuser.")
@click.option("--on", "answered_on", metavar="JOUR", help="Jour de la réponse ; aujourd’hui sinon.")
@document_option
@reason_option
@by_person
@as_json
def answer_order(
    reference: str,
    code: str,
    unit: str,
    accepted: bool,
    answered_on: str | None,
    document: Path | None,
    reason: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Valider ou refuser une commande, avant que le silence ne la valide."""
    contract = support_contract(code, json_output=json_output)
    found = queries.orders_of(contract).filter(reference=reference, unit=unit, is_last=True).first()
    if found is None:
        refuse(f"aucune commande {reference} en {unit} (voir ledger orders).", json_output=json_output)
    given = {"accepted": str(accepted), "answered_on": answered_on or timezone.localdate(), "reason": reason}
    form = answered(AnswerForm, given, {"document": document}, json_output=json_output)
    try:
        services.answer_order(
            order=found,
            accepted=accepted,
            answered_on=form.cleaned_data["answered_on"],
            reason=form.cleaned_data["reason"],
            paper=form.paper(),
            actor=actor_for(contract, email, KEEPERS, json_output=json_output),
            at=timezone.now(),
        )
    except services.NoReason:
        refuse("un refus dit pourquoi : --reason.", json_output=json_output)
    except services.ImpossibleAnswerDay:
        refuse("ce jour précède la commande, ou n’est pas encore venu.", json_output=json_output)
    except services.AnswerTooLate as late:
        refuse(
            f"le dernier jour pour répondre était le {date_fr(late.last_day)} : la commande est réputée valide.",
            json_output=json_output,
        )
    except services.OrderAnswered:
        refuse("cette commande a déjà reçu une autre réponse.", json_output=json_output)
    except services.OrderNotAnswerable:
        refuse("cette commande n’attend pas de réponse (indicative ou annulée).", json_output=json_output)
    _tell_order(queries.orders_of(contract).get(pk=found.pk), json_output)


@command.command("cancel-order")
@click.argument("reference", metavar="RÉFÉRENCE")
@on_contract
@click.option("--unit", type=a_unit, required=True, help="L’unité : UO1 à UO4.")
@click.option("--reason", required=True, help="Pourquoi.")
@by_person
@as_json
def cancel_order(
    reference: str, code: str, unit: str, reason: str, email: str | None, json_output: bool
) -> None:
    """Annuler une commande."""
    contract = support_contract(code, json_output=json_output)
    found = queries.orders_of(contract).filter(reference=reference, unit=unit, is_last=True).first()
    if found is None:
        refuse(f"aucune commande {reference} en {unit} (voir ledger orders).", json_output=json_output)
    form = answered(ReasonForm, {"reason": reason}, json_output=json_output)
    made = services.cancel_order(
        order=found,
        reason=form.cleaned_data["reason"],
        actor=actor_for(contract, email, KEEPERS, json_output=json_output),
        at=timezone.now(),
    )
    _tell_order(made, json_output)


def _tell_order(made: WorkOrder, json_output: bool) -> None:
    told = _order(made)
    if json_output:
        print_json({"contract": made.contract.code, **told})
        return
    said = ORDERS[told["state"]].label.lower()
    if told["state"] == Standing.PENDING.value:
        said += f", réputée valide après le {date_fr(told['objections_until'])} sans réponse"
    click.echo(f"Commande {made.reference}, version {made.version} : {said}.")


def _order(one: WorkOrder) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "version": one.version,
        "unit": one.unit,
        "from": one.since_on,
        "to": one.until_on - ONE_DAY,
        "quantity": one.quantity,
        "contacts": one.contacts,
        "ordered_on": one.ordered_on,
        "objections_until": _objections_until(one),
        "kind": one.kind,
        "state": queries.standing_of(one, _terms(one), timezone.localdate()).value,
        "answered_on": None if one.accepted is None else one.answer.answered_on,
        "reason": one.reason,
        "document": one.document_sha256 or None,
    }


def _terms(one: WorkOrder) -> Terms | None:
    return terms_of(one.contract.code) if one.contract.code in codes_with_terms() else None


def _objections_until(one: WorkOrder) -> date | None:
    """The last day to answer, after which silence has validated the order; None where the contract is unwritten."""
    terms = _terms(one)
    return queries.answer_until(one, terms) if terms else None


# Prices


@command.command("prices")
@on_contract
@as_json
def prices(code: str, json_output: bool) -> None:
    """Les prix unitaires, et où chacun est écrit."""
    contract = support_contract(code, json_output=json_output)
    found = list(UnitPrice.objects.filter(contract=contract).select_related("replaced_by"))
    if json_output:
        print_json({"contract": code, "prices": [_price(one) for one in found]})
        return
    print_table(
        f"Prix unitaires de {contract}",
        ("Unité", "À compter du", "Prix HT", "Écrit dans", "État"),
        [
            (
                UNITS[one.unit],
                date_short(one.from_on),
                f"{number(one.amount, 4)} €",
                one.source,
                "Remplacé" if one.replaced_by_id else "En vigueur",
            )
            for one in found
        ],
    )


@command.command("price")
@click.argument("unit", metavar="UNITÉ", type=a_unit)
@click.argument("amount", metavar="EUROS")
@on_contract
@click.option("--from", "from_on", metavar="JOUR", required=True, help="Premier jour de ce prix.")
@click.option("--source", required=True, help="Où il est écrit : annexe financière, ligne UO1.")
@document_option
@reason_option
@by_person
@as_json
def price(
    unit: str,
    amount: str,
    code: str,
    from_on: str,
    source: str,
    document: Path | None,
    reason: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Saisir un prix unitaire hors taxes, à compter d’un jour."""
    contract = support_contract(code, json_output=json_output)
    form = answered(
        PriceForm,
        {"unit": unit, "from_on": from_on, "amount": amount, "source": source, "reason": reason},
        {"document": document},
        json_output=json_output,
    )
    said = form.cleaned_data
    try:
        made = services.set_price(
            contract=contract,
            unit=WorkUnit(said["unit"]),
            from_on=said["from_on"],
            amount=said["amount"],
            source=said["source"],
            paper=form.paper(),
            reason=said["reason"],
            actor=actor_for(contract, email, CLOSERS, json_output=json_output),
            at=timezone.now(),
        )
    except services.AlreadyPriced as known:
        refuse(
            f"un autre prix de {known.unit} vaut à compter du {date_fr(known.from_on)} : dites pourquoi il change "
            "(--reason).",
            json_output=json_output,
        )
    if json_output:
        print_json({"contract": code, **_price(made)})
    else:
        click.echo(f"{made.unit} : {number(made.amount, 4)} € à compter du {date_fr(made.from_on)}.")


def _price(one: UnitPrice) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "from": one.from_on,
        "amount": one.amount,
        "source": one.source,
        "replaced": bool(one.replaced_by_id),
        "reason": one.reason,
        "document": one.document_sha256 or None,
    }


# What a month is told as


def _ledger(contract: Contract, month: date, json_output: bool) -> Ledger:
    found = queries.ledger_of(contract, month)
    if found is None:
        refuse(
            f"rien n’est saisi pour {month_fr(month)} (ledger enter, ledger import).", json_output=json_output
        )
    return found


def _charges(ledger: Ledger) -> tuple[tuple[Charge, ...], str]:
    """What the month comes to, or why it has no amount yet."""
    try:
        return queries.charges_of(ledger), ""
    except (NoPrice, PriceChangesWithin) as error:
        return (), price_fault(error)


def _total(ledger: Ledger) -> Decimal | None:
    charges, fault = _charges(ledger)
    return None if fault else sum((one.amount for one in charges), NOTHING)


def _summary(ledger: Ledger) -> dict[str, Any]:
    return {
        "month": f"{ledger.month:%Y-%m}",
        "state": LedgerState(ledger.state),
        "version": ledger.version,
        "closed_at": ledger.closed_at,
        "amount": _total(ledger),
        "invoice": ledger.invoice.reference if ledger.invoice else None,
    }


def _hours(value: Decimal) -> Decimal:
    return to_cents(value)

"""`titulaire settlement`: the end of each vintage: dates, reminders, replacement, refund, accounts, credit notes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from django.utils import timezone

from titulaire.billing.rules import DocumentRefused
from titulaire.billing.services import KeyReused, NoProfile
from titulaire.billing.wording import document_fault
from titulaire.cli.orders import actor_of, by_person, contract_called, day_type, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.complaints.queries import UnknownReference
from titulaire.vouchers.issuing.services import NoSeries
from titulaire.vouchers.settlement import accounts, queries, refunds, reminders, services
from titulaire.vouchers.settlement.documents import euros, volume_document
from titulaire.vouchers.settlement.models import CreditNote, Refund
from titulaire.vouchers.settlement.rules import CannotBill, Holding
from titulaire.vouchers.settlement.wording import billing_fault

of_vintage = click.option("--vintage", type=click.IntRange(2000, 2099), required=True, help="Le millésime.")


@click.group("settlement")
def command() -> None:
    """La fin de vie des titres : relances, remplacement, remboursement, comptes."""


@command.command()
@of_vintage
@on_contract
@as_json
def dates(vintage: int, code: str, json_output: bool) -> None:
    """Les dates de la fin d’un millésime."""
    found = queries.dates_of(contract_called(code, json_output=json_output), vintage)
    named = {
        "last_use_on": ("Dernier jour d’usage", found.last_use_on),
        "cutoff_on": ("Dernier jour de remise", found.cutoff_on),
        "settles_on": ("Remplacement automatique", found.settles_on),
        "replace_by_on": ("Remplacement au plus tard", found.replace_by_on),
        "refund_planned_on": ("Remboursement prévu", found.refund_planned_on),
        "refund_by_on": ("Remboursement au plus tard", found.refund_by_on),
    }
    if json_output:
        print_json({"contract": code, "vintage": vintage, **{key: day for key, (_, day) in named.items()}})
    else:
        print_table(
            f"Millésime {vintage}",
            ["Échéance", "Jour"],
            [(text, date_fr(day)) for text, day in named.values()],
        )


@command.command()
@of_vintage
@on_contract
@by_person
@as_json
def replace(vintage: int, code: str, email: str | None, json_output: bool) -> None:
    """Remplacer les titres non utilisés d’un millésime. Le faire deux fois ne remplace qu’une fois."""
    contract = contract_called(code, json_output=json_output)
    try:
        run = services.replace_unused(
            contract=contract,
            vintage=vintage,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except services.TooEarly as early:
        refuse(
            f"les commerçants peuvent encore remettre des titres {vintage} : rien avant le {date_fr(early.opens_on)}",
            json_output=json_output,
            opens_on=early.opens_on,
        )
    except NoSeries:
        refuse(f"le marché {code} n’a pas de série de numéros", json_output=json_output)
    if json_output:
        print_json(
            {
                "contract": code,
                "vintage": vintage,
                "replaced": run.vouchers if run else 0,
                "booklets": run.booklets if run else 0,
                "value": euros(run.value_cents) if run else euros(0),
                "first": run.first_number if run else None,
                "last": run.last_number if run else None,
            }
        )
    else:
        click.echo(f"Remplacés : {count_fr(run.vouchers, 'titre')}." if run else "Rien à remplacer.")


@command.command()
@click.argument("references", nargs=-1, required=True, metavar="NUMÉROS")
@of_vintage
@on_contract
@click.option(
    "--as", "holding", type=click.Choice(list(Holding)), required=True, help="HELD : détenus ; LOST : perdus."
)
@by_person
@as_json
def declare(
    references: tuple[str, ...], vintage: int, code: str, holding: str, email: str | None, json_output: bool
) -> None:
    """Déclarer des titres détenus par l’acheteur, ou perdus : ils seront remboursés."""
    contract = contract_called(code, json_output=json_output)
    try:
        changed = services.declare(
            contract=contract,
            keys=queries.keys_named(contract, vintage, ",".join(references)),
            holding=Holding(holding),
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except UnknownReference as unknown:
        refuse(
            f"« {unknown.text} » n’est ni un titre ni un carnet {vintage} de ce marché",
            json_output=json_output,
        )
    except services.CannotDeclare as refused:
        refuse(
            f"déjà utilisés, remplacés ou remboursés : {', '.join(refused.numbers)}", json_output=json_output
        )
    if json_output:
        print_json({"contract": code, "vintage": vintage, "holding": holding, "declared": changed})
    else:
        click.echo(f"Déclaration enregistrée : {count_fr(changed, 'titre')}.")


@command.command()
@of_vintage
@on_contract
@click.option("--decide", is_flag=True, help="Décider le remboursement, ou sa régularisation.")
@by_person
@as_json
def refund(vintage: int, code: str, decide: bool, email: str | None, json_output: bool) -> None:
    """Le remboursement d’un millésime : les deux montants côte à côte, et ce qui est décidé."""
    contract = contract_called(code, json_output=json_output)
    if decide:
        first = not Refund.objects.filter(contract=contract, vintage=vintage).exists()
        act = refunds.refund_vintage if first else refunds.regularise_refund
        try:
            act(
                contract=contract,
                vintage=vintage,
                actor=actor_of(email, json_output=json_output),
                at=timezone.now(),
            )
        except services.TooEarly as early:
            refuse(
                f"rien avant le {date_fr(early.opens_on)}", json_output=json_output, opens_on=early.opens_on
            )
        except refunds.NotEnded as running:
            refuse(f"{running.count} titres {vintage} sont encore en circulation", json_output=json_output)
        except refunds.NothingToRefund:
            refuse("rien à rembourser", json_output=json_output)
    figures = refunds.figures_of(contract, vintage)
    made = list(Refund.objects.filter(contract=contract, vintage=vintage).order_by("rank"))
    if json_output:
        print_json(
            {
                "contract": code,
                "vintage": vintage,
                "basis": figures.basis,
                "weight": figures.weight,
                "pool": figures.pool,
                "own_weight": figures.own_weight,
                "all_weights": figures.all_weights,
                "pro_rata": figures.pro_rata,
                "exact_difference": figures.exact,
                "retained": figures.retained,
                "refunds": [
                    {
                        "number": each.number,
                        "vouchers": each.vouchers,
                        "amount": each.amount,
                        "due_on": each.due_on,
                    }
                    for each in made
                ],
            }
        )
        return
    print_table(
        f"Remboursement du millésime {vintage}",
        ["Lecture", "Montant", ""],
        [
            (
                "Au prorata des commandes",
                money(figures.pro_rata),
                "retenue" if figures.basis == "PRO_RATA" else "",
            ),
            ("Différence exacte", money(figures.exact), "" if figures.basis == "PRO_RATA" else "retenue"),
        ],
    )
    for each in made:
        click.echo(f"{each.number} : {money(each.amount)} pour {count_fr(each.vouchers, 'titre')}.")


@command.command()
@of_vintage
@on_contract
@click.option("--days-before", type=int, required=True, help="30, 15 ou 7 selon le contrat.")
@click.option("--channel", type=click.Choice(reminders.CHANNELS), required=True, help="Le moyen.")
@by_person
@as_json
def remind(
    vintage: int, code: str, days_before: int, channel: str, email: str | None, json_output: bool
) -> None:
    """Faire une relance du millésime, le jour venu."""
    try:
        sent = reminders.send_reminder(
            contract=contract_called(code, json_output=json_output),
            vintage=vintage,
            days_before=days_before,
            channel=channel,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except reminders.NoSuchReminder:
        refuse(f"le contrat ne prévoit pas de relance à {days_before} jours", json_output=json_output)
    except reminders.NotItsDay as wrong:
        refuse(
            f"relance possible du {date_fr(wrong.due_on)} au {date_fr(wrong.last_use_on)}",
            json_output=json_output,
        )
    except reminders.AlreadyReminded:
        refuse("cette relance est déjà partie", json_output=json_output)
    if json_output:
        print_json(
            {"recipients": sent.recipients, "unused": sent.unused, "unused_value": euros(sent.unused_cents)}
        )
    else:
        click.echo(
            f"{count_fr(sent.recipients, 'destinataire')} ; {count_fr(sent.unused, 'titre')} sans emploi."
        )


@command.command()
@of_vintage
@on_contract
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Écrire le compte en PDF.")
@as_json
def account(vintage: int, code: str, pdf: Path | None, json_output: bool) -> None:
    """Le compte annuel d’un millésime : où est chaque titre, ce qui reste à rembourser."""
    contract = contract_called(code, json_output=json_output)
    rows = accounts.account_told(contract, vintage)
    if pdf is not None:
        pdf.write_bytes(accounts.annual_account_pdf(contract, vintage))
    if json_output:
        print_json(
            {
                "contract": code,
                "vintage": vintage,
                "lines": [{"line": name, **volume_document(v)} for name, v in rows],
            }
        )
        return
    print_table(
        f"Compte du millésime {vintage}",
        ["Ligne", "Titres", "Valeur"],
        [(name, volume.count, money(euros(volume.cents))) for name, volume in rows],
    )


@command.command()
@of_vintage
@on_contract
@click.option("--number", required=True, help="Numéro du chèque.")
@click.option("--bank", required=True, help="Banque du chèque.")
@click.option("--drawn-on", type=day_type, required=True, help="Date du chèque.")
@by_person
@as_json
def cheque(
    vintage: int, code: str, number: str, bank: str, drawn_on: datetime, email: str | None, json_output: bool
) -> None:
    """Enregistrer le chèque du dernier remboursement d’un millésime ; sa lettre est conservée."""
    contract = contract_called(code, json_output=json_output)
    made = (
        Refund.objects.filter(contract=contract, vintage=vintage)
        .select_related("contract")
        .order_by("rank")
        .last()
    )
    if made is None:
        refuse(f"le millésime {vintage} n’est pas remboursé", json_output=json_output)
    try:
        drawn = refunds.draw_cheque(
            refund=made,
            number=number,
            bank=bank,
            drawn_on=date(drawn_on.year, drawn_on.month, drawn_on.day),
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except refunds.HasItsCheque:
        refuse(f"{made.number} a déjà son chèque", json_output=json_output)
    except refunds.NothingToPay:
        refuse(f"{made.number} ne donne lieu à aucun chèque", json_output=json_output)
    if json_output:
        print_json({"refund": made.number, "amount": drawn.amount, "letter_sha256": drawn.letter_sha256})
    else:
        click.echo(f"Chèque {drawn.number} de {money(drawn.amount)} enregistré pour {made.number}.")


@command.command("credit-notes")
@on_contract
@as_json
def credit_notes(code: str, json_output: bool) -> None:
    """Lister les avoirs."""
    contract = contract_called(code, json_output=json_output)
    rows = list(queries.credit_notes_of(contract))
    if json_output:
        print_json(
            {
                "contract": code,
                "credit_notes": [
                    {
                        "number": each.number,
                        "cause": each.cause,
                        "cause_reference": each.cause_reference,
                        "amount": each.amount,
                        "buyer_agreed_at": each.buyer_agreed_at,
                        "contractor_agreed_at": each.contractor_agreed_at,
                        "settled": each.is_settled,
                        "document": each.document.number if each.document else None,
                    }
                    for each in rows
                ],
            }
        )
        return
    print_table(
        f"Avoirs de {code}",
        ["Numéro", "Cause", "Montant", "Signé des deux parties", "Sur facture"],
        [
            (
                each.number,
                each.cause_reference,
                money(each.amount),
                "oui" if each.is_settled else "non",
                each.document.number if each.document else "—",
            )
            for each in rows
        ],
    )


@command.command("bill")
@click.argument("number", metavar="AVOIR")
@click.option("--invoice", "invoice_number", metavar="FACTURE", help="La facture corrigée.")
@click.option(
    "--line", "place", type=click.IntRange(1), metavar="RANG", help="La ligne reprise, par son rang."
)
@on_contract
@by_person
@as_json
def bill(
    number: str,
    invoice_number: str | None,
    place: int | None,
    code: str,
    email: str | None,
    json_output: bool,
) -> None:
    """Porter un avoir constaté sur sa facture ; demandé deux fois, il n’y en a qu’un.

    Sans facture ni ligne, les lignes qui peuvent le porter sont listées.
    """
    contract = contract_called(code, json_output=json_output)
    note = queries.credit_notes_of(contract).filter(number=number).first()
    if note is None:
        refuse(f"le marché {code} n’a pas d’avoir constaté « {number} »", json_output=json_output)
    if not (invoice_number and place):
        _print_lines(note, json_output=json_output)
        return
    invoice = queries.invoices_to_correct(contract).filter(number=invoice_number).first()
    if invoice is None:
        refuse(f"le marché {code} n’a pas de facture émise « {invoice_number} »", json_output=json_output)
    try:
        done = services.bill_credit_note(
            note=note,
            invoice=invoice,
            place=place,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except CannotBill as fault:
        refuse(billing_fault(fault), json_output=json_output)
    except DocumentRefused as fault:
        refuse(document_fault(fault.fault, fault.left), json_output=json_output)
    except KeyReused as fault:
        refuse(f"l’avoir {number} est déjà sur facture : {fault.reference}", json_output=json_output)
    except NoProfile:
        refuse("enregistrez d’abord les coordonnées de facturation du marché", json_output=json_output)
    if json_output:
        print_json(
            {
                "number": note.number,
                "document": done.document.number,
                "invoice": invoice.number,
                "gross": done.document.gross,
                "already_known": done.already_known,
            }
        )
    else:
        click.echo(
            f"Avoir {done.document.number} de {money(done.document.gross)} sur la facture {invoice.number}."
        )


def _print_lines(note: CreditNote, *, json_output: bool) -> None:
    offered = [(invoice, line) for invoice, lines in queries.lines_to_take_back(note) for line in lines]
    if json_output:
        print_json(
            {
                "number": note.number,
                "document": note.document.number if note.document else None,
                "lines": [
                    {"invoice": invoice.number, "line": line.place, "label": line.label, "net": line.net}
                    for invoice, line in offered
                ],
            }
        )
        return
    print_table(
        f"Lignes qui peuvent porter l’avoir {note.number}",
        ["Facture", "Rang", "Désignation", "Montant HT"],
        [(invoice.number, line.place, line.label, money(line.net)) for invoice, line in offered],
    )

"""`titulaire vouchers`: judge a voucher held out, show its life; check that the register balances."""

from __future__ import annotations

import click

from titulaire.cli.orders import contract_called, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.ui.formats import date_fr, instant_fr, money
from titulaire.vouchers.issuing.models import VOUCHER_STATE_LABELS, VoucherState
from titulaire.vouchers.issuing.queries import judge
from titulaire.vouchers.issuing.wording import VERDICTS
from titulaire.vouchers.network.documents import voucher_document
from titulaire.vouchers.network.queries import use_of
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.documents import balance_document
from titulaire.vouchers.settlement.rules import breaches
from titulaire.vouchers.settlement.wording import INVARIANTS, breach_sentence


@click.group("vouchers")
def command() -> None:
    """Les titres : vérifier un code ou l’équilibre du registre, montrer une vie."""


@command.command()
@click.argument("code")
@as_json
def check(code: str, json_output: bool) -> None:
    """Vérifier un titre, par le texte de son code ou par son numéro. Sort en 1 s’il n’est pas reconnu."""
    found = judge(code)
    voucher, said = found.voucher, found.said
    if json_output:
        print_json(
            {
                "authentic": found.authentic,
                "known": voucher is not None,
                "reason": found.reason or None,
                "message": VERDICTS.get(found.reason),
                "number": voucher.number if voucher else (str(said.number) if said else None),
                "state": voucher.state if voucher else None,
                "vintage": voucher.vintage if voucher else None,
                "face_value": voucher.face_value if voucher else None,
                "valid_from_on": voucher.valid_from_on if voucher else None,
                "last_valid_on": voucher.last_valid_on if voucher else None,
                "contract": voucher.contract.code if voucher else None,
                "order": voucher.order.number if voucher else None,
                "booklet": voucher.booklet.reference if voucher else None,
                "key_id": said.key_id if said else None,
            }
        )
    elif voucher is None:
        click.echo(VERDICTS[found.reason])
    else:
        if found.reason:
            click.echo(VERDICTS[found.reason])
        if found.authentic:
            click.echo("Signature authentique : ce titre a bien été émis.")
        click.echo(
            f"Titre {voucher.grouped}, {voucher.face_value} €, millésime {voucher.vintage}, "
            f"valable du {voucher.valid_from_on:%d/%m/%Y} au {voucher.last_valid_on:%d/%m/%Y} inclus."
        )
        click.echo(
            f"Au registre : {voucher.state_label}. Commande {voucher.order.number}, lot du carnet {voucher.booklet}."
        )
    raise SystemExit(0 if voucher and not found.reason else 1)


@command.command()
@on_contract
@as_json
def balance(code: str, json_output: bool) -> None:
    """Vérifier que tout titre commandé se retrouve, et un seul. Sort en 1 si un invariant est rompu."""
    register = register_of(contract_called(code, json_output=json_output))
    broken = breaches(register)
    if json_output:
        print_json({"contract": code, **balance_document(register, broken)})
    else:
        print_table(
            f"Titres de {code}, par millésime",
            [
                "Millésime",
                "Commandés",
                "Reçus en remplacement",
                "À émettre",
                "En circulation",
                "Utilisés ou payés",
            ],
            [
                (
                    line.vintage,
                    line.ordered.count,
                    line.replacing.count,
                    line.to_issue.count,
                    line.in_circulation.count,
                    line.of("USED").count + line.of("PAID").count,
                )
                for line in register.lines
            ],
        )
        for invariant, sentence in INVARIANTS.items():
            faults = [breach for breach in broken if breach.invariant is invariant]
            click.echo(f"{'ROMPU' if faults else 'tenu '}  {sentence}.")
            for breach in faults:
                click.echo(f"       {breach_sentence(breach)}")
    raise SystemExit(1 if broken else 0)


@command.command()
@click.argument("number", metavar="NUMERO")
@as_json
def show(number: str, json_output: bool) -> None:
    """Montrer toute la vie d’un titre : commande, carnet, états, utilisation, paiement."""
    voucher = judge(number).voucher
    if voucher is None:
        refuse(f"aucun titre ne porte le numéro « {number} »", json_output=json_output)
    life = voucher_document(voucher)
    if json_output:
        print_json(life)
        return
    click.echo(
        f"Titre {voucher.grouped}, {money(voucher.face_value)}, millésime {voucher.vintage} : {voucher.state_label}."
    )
    click.echo(
        f"Commande {voucher.order.number}, carnet {voucher.booklet.reference}, marché {voucher.contract.code}."
    )
    steps = [(instant_fr(voucher.issued_at), "Émis", "")]
    steps += [
        (instant_fr(move.at), VOUCHER_STATE_LABELS[VoucherState(move.to_state)], move.target)
        for move in voucher.moves.order_by("at", "pk")
    ]
    print_table("Sa vie", ["Le", "État", "Par"], steps)
    use = use_of(voucher)
    if use:
        click.echo(
            f"Utilisé chez {use.affiliate.name} ({use.affiliate.postcode} {use.affiliate.town}), "
            f"présenté le {date_fr(use.presented_on)}, remise {use.remittance.number}."
        )

"""`titulaire remittances`: record what an affiliate sends in, list it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.orders import actor_of, by_person, contract_called, day_type, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.network import files, queries, scans, services
from titulaire.vouchers.network.affiliation import InvalidSiret, compact_siret
from titulaire.vouchers.network.documents import remittance_document
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import Channel
from titulaire.vouchers.network.services import Remitted, Source
from titulaire.vouchers.network.wording import (
    LIST_REFUSALS,
    REMITTANCE_STATES,
    SCAN_REFUSALS,
    VERDICTS,
    explanation,
    remittance_state,
)


@click.group("remittances")
def command() -> None:
    """Les remises de titres par les commerces."""


def affiliate_called(contract: Contract, siret: str, *, json_output: bool = False) -> Affiliate:
    """The contract's affiliate with this SIRET; leaves with a refusal when there is none."""
    try:
        found = queries.affiliates_of(contract).filter(siret=compact_siret(siret)).first()
    except InvalidSiret:
        refuse(
            f"« {siret} » n’est pas un SIRET : 14 chiffres dont le dernier contrôle les autres",
            json_output=json_output,
        )
    if found is None:
        refuse(
            f"aucun commerce {siret} sur le marché {contract.code} ; « titulaire network affiliates » les montre",
            json_output=json_output,
        )
    return found


@command.command("import")
@click.argument("path", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--affiliate", "siret", required=True, metavar="SIRET", help="Le commerce qui remet.")
@on_contract
@click.option("--received-on", type=day_type, help="Jour de réception (AAAA-MM-JJ), aujourd’hui par défaut.")
@click.option("--postmarked-on", type=day_type, help="Cachet de la poste, qui fait foi pour la date limite.")
@click.option("--declared", type=click.IntRange(1), help="Nombre de titres annoncés, pour une numérisation.")
@by_person
@as_json
def import_command(
    path: Path,
    siret: str,
    code: str,
    received_on: datetime | None,
    postmarked_on: datetime | None,
    declared: int | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Remettre les titres d’un fichier : liste CSV, ou numérisation PDF, TIFF, PNG ou JPEG.

    Le même fichier deux fois reste une seule remise. Sort en 1 quand un titre est refusé.
    """
    contract = contract_called(code, json_output=json_output)
    affiliate = affiliate_called(contract, siret, json_output=json_output)
    actor, now = actor_of(email, json_output=json_output), timezone.now()
    received = received_on.date() if received_on else None
    postmarked = postmarked_on.date() if postmarked_on else None
    source = Source(path.name, path.read_bytes())
    try:
        if files.is_scan(path.name):
            titles = scans.read_scan(source.content, all_public_keys(), declared=declared)
            channel = Channel.SCAN
        else:
            titles, channel = files.read_list(source.content), Channel.FILE
        done: Remitted = services.remit(
            affiliate=affiliate,
            titles=titles,
            channel=channel,
            source=source,
            actor=actor,
            at=now,
            received_on=received,
            postmarked_on=postmarked,
        )
    except files.ListRefused as refused:
        refuse(
            LIST_REFUSALS[refused.reason].format(row=refused.row),
            json_output=json_output,
            rule=refused.reason,
        )
    except scans.ScanRefused as refused:
        refuse(SCAN_REFUSALS[refused.reason], json_output=json_output, rule=refused.reason)
    except services.NotAccepted as refused:
        refuse(
            f"{affiliate.name} n’est pas affilié ({refused.state})",
            json_output=json_output,
            rule="NOT_ACCEPTED",
        )
    except services.NothingGiven:
        refuse("aucun titre dans ce fichier", json_output=json_output, rule="EMPTY")
    except services.TooMany:
        refuse("une remise contient 10 000 titres au plus", json_output=json_output, rule="TOO_LONG")
    except services.PostmarkAfterReceipt:
        refuse(
            "le cachet de la poste suit la réception, ou la réception est à venir",
            json_output=json_output,
            rule="DATES",
        )
    remittance = queries.remittances_of(contract).select_related("contract").get(pk=done.remittance.pk)
    if json_output:
        print_json(remittance_document(remittance, already_known=done.already_known))
    else:
        _print(remittance, done.already_known)
    raise SystemExit(1 if remittance.refused else 0)


def _print(remittance: Remittance, already_known: bool) -> None:
    if already_known:
        click.echo(f"Déjà connue : ce contenu est la remise {remittance.number}.")
    print_table(
        f"Remise {remittance.number}, {remittance.affiliate.name}, présentée le {date_fr(remittance.presented_on)}",
        ["N°", "Titre", "Réponse", "Ce que cela veut dire"],
        [
            (line.position, line.grouped, VERDICTS[line.verdict].label, explanation(line, reader=None))
            for line in queries.lines_of(remittance)
        ],
    )
    click.echo(
        f"{count_fr(remittance.accepted, 'titre accepté', 'titres acceptés')} sur {remittance.given}, "
        f"{money(remittance.amount)} à payer."
    )


@command.command("list")
@on_contract
@as_json
def list_command(code: str, json_output: bool) -> None:
    """Lister les remises d’un marché."""
    contract = contract_called(code, json_output=json_output)
    found = queries.remittances_of(contract).select_related("contract")
    if json_output:
        print_json(
            [
                {
                    "remittance": one.number,
                    "affiliate": one.affiliate.siret,
                    "presented_on": one.presented_on,
                    "given": one.given,
                    "accepted": one.accepted,
                    "amount": one.amount,
                    "state": remittance_state(one),
                }
                for one in found
            ]
        )
        return
    print_table(
        f"Remises de {contract.code}",
        ["Remise", "Commerce", "Présentée le", "Remis", "Acceptés", "Montant", "État"],
        [
            (
                one.number,
                one.affiliate.name,
                date_fr(one.presented_on),
                one.given,
                one.accepted,
                money(one.amount),
                REMITTANCE_STATES[remittance_state(one)].label,
            )
            for one in found
        ],
    )

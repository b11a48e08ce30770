"""`titulaire delivery`: send booklets, follow parcels, prove their transfer."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.issuing import find_order
from titulaire.cli.options import ACTOR, of_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_short, money
from titulaire.vouchers.delivery import queries, wording
from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.models import Dispatch
from titulaire.vouchers.delivery.reading import UnreadableFile, read_packing
from titulaire.vouchers.delivery.rules import Means, ProofKind
from titulaire.vouchers.delivery.services import (
    AlreadyTransferred,
    CannotBeSent,
    Followed,
    NothingToSend,
    NotPrinted,
    TrackingTaken,
    TransferTooEarly,
    dispatch_booklets,
    follow_parcels,
    import_tracking,
    prove_transfer,
)
from titulaire.vouchers.issuing.models import Reissue

contract_option = of_contract("VOUCHERS", name="contract_code")
file_argument = click.argument(
    "path", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group("delivery")
def command() -> None:
    """Les livraisons : expédier, suivre, prouver la remise."""


def _contract(code: str, json_output: bool) -> Contract:
    found = Contract.objects.filter(code=code).first()
    if found is None:
        refuse(f"aucun marché « {code} »", json_output=json_output)
    return found


def dispatch_document(dispatch: Dispatch) -> dict[str, object]:
    """A dispatch as one JSON document."""
    return {
        "dispatch": dispatch.number,
        "contract": dispatch.contract.code,
        "order": dispatch.order.number,
        "reissue": dispatch.reissue.reference if dispatch.reissue else None,
        "means": dispatch.means,
        "carrier": dispatch.carrier,
        "postage": dispatch.postage,
        "dispatched_at": dispatch.dispatched_at,
        "parcels": [
            {
                "tracking": parcel.tracking,
                "status": parcel.status,
                "booklets": [packed.booklet.reference for packed in parcel.packed.select_related("booklet")],
                "proof": getattr(getattr(parcel, "proof", None), "kind", None),
            }
            for parcel in queries.parcels_of(dispatch.contract).filter(dispatch=dispatch)
        ],
    }


@command.command()
@contract_option
@as_json
def board(contract_code: str, json_output: bool) -> None:
    """Chaque commande à livrer, son dernier jour et le risque de retard. Sort en 1 s’il y a un retard."""
    contract = _contract(contract_code, json_output)
    lines = queries.delivery_board(contract, on=timezone.localdate())
    if json_output:
        print_json(
            [
                {
                    "order": line.order.number,
                    "stage": line.stage.value,
                    "risk": line.risk.value,
                    "due_on": line.due_on,
                    "working_days_left": line.left,
                    "booklets": {
                        "waiting": line.waiting,
                        "under_way": line.under_way,
                        "trouble": line.trouble,
                        "done": line.done,
                    },
                    "delivered_at": line.delivered_at,
                    "in_time": line.in_time,
                }
                for line in lines
            ]
        )
    else:
        print_table(
            f"Livraisons, {contract.title}",
            ["Commande", "Étape", "Délai", "À livrer le", "Restants", "À expédier", "En chemin", "Livrés"],
            [
                (
                    line.order.number,
                    wording.STAGES[line.stage.value].label,
                    wording.RISKS[line.risk.value].label,
                    date_short(line.due_on),
                    "" if line.left is None else line.left,
                    line.waiting,
                    line.under_way,
                    line.done,
                )
                for line in lines
            ],
        )
    running_late = any(line.risk.value == "LATE" and line.delivered_at is None for line in lines)
    raise SystemExit(1 if running_late else 0)


@command.command()
@click.argument("order_number", metavar="COMMANDE")
@contract_option
@click.option("--reissue", "reissue_reference", help="Une réémission de cette commande.")
@click.option("--means", type=click.Choice([means.value for means in Means]), required=True, help="Envoi.")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="CSV carnet;suivi.")  # fmt: skip
@click.option("--seal", help="Un seul pli scellé : son numéro.")
@click.option("--carrier", default="La Poste", show_default=True, help="Transporteur.")
@click.option("--postage", default="0", help="Affranchissement, en euros.")
@click.option("--key", help="Clé de la demande : la même clé ne fait qu’une expédition.")
@as_json
def send(
    order_number: str,
    contract_code: str,
    reissue_reference: str | None,
    means: str,
    path: Path | None,
    seal: str | None,
    carrier: str,
    postage: str,
    key: str | None,
    json_output: bool,
) -> None:
    """Expédier les carnets d’une commande imprimée, ou d’une réémission."""
    order = find_order(order_number, contract_code, json_output)
    reissue = None
    if reissue_reference:
        reissue = Reissue.objects.filter(order=order, reference=reissue_reference).first()
        if reissue is None:
            refuse(f"aucune réémission {reissue_reference}", json_output=json_output)
    if bool(path) == bool(seal):
        refuse("donnez soit --file, soit --seal", json_output=json_output)
    try:
        cost = Decimal(postage.replace(",", "."))
        if path:
            listed = read_packing(path.read_bytes())
            if listed.refused:
                told = [asdict(row) for row in listed.refused]
                refuse(f"{len(told)} lignes à corriger", json_output=json_output, refused=told)
            parcels = listed.parcels
        else:
            waiting = queries.to_send(order, Means(means), reissue=reissue)
            parcels = {str(seal): tuple(booklet.reference for booklet in waiting)}
        made = dispatch_booklets(
            order=order,
            reissue=reissue,
            means=Means(means),
            parcels=parcels,
            carrier=carrier,
            postage=cost,
            request_key=key or uuid.uuid4().hex,
            actor=ACTOR,
            at=timezone.now(),
        )
    except InvalidOperation:
        refuse(f"« {postage} » n’est pas un montant", json_output=json_output)
    except UnreadableFile as unreadable:
        refuse(f"colonne absente : {', '.join(unreadable.missing)}", json_output=json_output)
    except NothingToSend:
        refuse("aucun carnet à expédier par ce moyen", json_output=json_output)
    except NotPrinted as unprinted:
        refuse(f"{unprinted.reference} n’est pas encore chez l’imprimeur", json_output=json_output)
    except CannotBeSent as wrong:
        refuse("ces carnets ne peuvent pas partir", json_output=json_output, booklets=wrong.references)
    except TrackingTaken as taken:
        refuse("numéros déjà pris", json_output=json_output, trackings=taken.numbers)
    if json_output:
        print_json(dispatch_document(made))
    else:
        click.echo(f"{made.number} : {count_fr(made.parcels.count(), 'pli')}, {money(made.postage)}.")


def _tell(learnt: Followed, json_output: bool) -> None:
    if json_output:
        print_json(
            {
                "already_known": learnt.already,
                "events": learnt.events,
                "delivered": learnt.delivered,
                "refused": [{**asdict(row), "message": wording.REFUSALS[row.rule]} for row in learnt.refused],
            }
        )
        return
    if learnt.already:
        click.echo("Fichier déjà connu : rien n’a changé.")
    click.echo(
        f"{count_fr(learnt.events, 'nouvel événement', 'nouveaux événements')}, "
        f"{count_fr(learnt.delivered, 'pli livré', 'plis livrés')}, "
        f"{count_fr(len(learnt.refused), 'ligne refusée', 'lignes refusées')}."
    )
    for row in learnt.refused[:40]:
        click.echo(f"  ligne {row.row}, {row.column} : {wording.REFUSALS[row.rule]} ({row.value})")


@command.command("import")
@file_argument
@contract_option
@as_json
def import_command(path: Path, contract_code: str, json_output: bool) -> None:
    """Prendre un fichier de suivi du transporteur. Le même fichier deux fois ne change rien."""
    contract = _contract(contract_code, json_output)
    try:
        learnt = import_tracking(
            contract=contract, name=path.name, content=path.read_bytes(), actor=ACTOR, at=timezone.now()
        )
    except UnreadableFile as unreadable:
        refuse(f"colonne absente ou illisible : {', '.join(unreadable.missing)}", json_output=json_output)
    _tell(learnt, json_output)


@command.command()
@contract_option
@as_json
def follow(contract_code: str, json_output: bool) -> None:
    """Relever le suivi auprès du transporteur simulé (démonstration et essais)."""
    contract = _contract(contract_code, json_output)
    _tell(follow_parcels(contract=contract, carrier=Simulator(), actor=ACTOR, at=timezone.now()), json_output)


@command.command()
@click.argument("dispatch_number", metavar="EXPÉDITION")
@file_argument
@contract_option
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ProofKind if kind is not ProofKind.TRACKED_DELIVERY]),
    required=True,
    help="Accusé de réception ou bon de livraison.",
)
@click.option("--signer", required=True, help="Fonction et service du signataire.")
@click.option(
    "--signed-at", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="Heure de Paris ; sinon maintenant."
)
@as_json
def prove(
    dispatch_number: str,
    path: Path,
    contract_code: str,
    kind: str,
    signer: str,
    signed_at: datetime | None,
    json_output: bool,
) -> None:
    """Enregistrer le document signé qui transfère la propriété d’une expédition."""
    contract = _contract(contract_code, json_output)
    found = queries.dispatches_of(contract).filter(number=dispatch_number).first()
    if found is None:
        refuse(f"aucune expédition {dispatch_number}", json_output=json_output)
    now = timezone.now()
    try:
        proofs = prove_transfer(
            dispatch=found,
            kind=ProofKind(kind),
            signer=signer,
            transferred_at=timezone.make_aware(signed_at) if signed_at else now,
            file=path.read_bytes(),
            file_name=path.name,
            actor=ACTOR,
            at=now,
        )
    except TransferTooEarly:
        refuse("la signature vient après le départ et avant maintenant", json_output=json_output)
    except AlreadyTransferred as proved:
        refuse("ces plis ont déjà leur preuve", json_output=json_output, trackings=proved.numbers)
    if json_output:
        print_json(dispatch_document(found))
    else:
        click.echo(f"Propriété transférée pour {count_fr(len(proofs), 'pli')}.")

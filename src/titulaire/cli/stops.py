"""`titulaire stops`: stop vouchers, lift, replace, and write the signed list."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.options import ACTOR, of_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.issuing.services import NoSeries
from titulaire.vouchers.issuing.signing import NoSigningKey, NotSigned, read_signed
from titulaire.vouchers.stops import queries, wording
from titulaire.vouchers.stops.listing import list_csv, signed_list
from titulaire.vouchers.stops.models import Stop
from titulaire.vouchers.stops.queries import NothingNamed, StopPlan, UnknownVersion
from titulaire.vouchers.stops.rules import Designation, EmptyRange, Selection, StopReason
from titulaire.vouchers.stops.services import (
    AskedTooLate,
    MoreThanConfirmed,
    NotEntitled,
    NothingToLift,
    NothingToReissue,
    NothingToStop,
    lift_stop,
    reissue_stopped,
    stop_vouchers,
)

contract_option = of_contract("VOUCHERS", name="contract_code")
NAMED_BY = {
    "number": Designation.NUMBER,
    "booklet": Designation.BOOKLET,
    "order": Designation.ORDER,
    "beneficiary": Designation.BENEFICIARY,
}


@click.group("stops")
def command() -> None:
    """Les oppositions : opposer, lever, réémettre, liste signée."""


def _contract(code: str, json_output: bool) -> Contract:
    found = Contract.objects.filter(code=code).first()
    if found is None:
        refuse(f"aucun marché « {code} »", json_output=json_output)
    return found


def _stop(contract: Contract, number: str, json_output: bool) -> Stop:
    found = queries.stops_of(contract).filter(number=number).first()
    if found is None:
        refuse(f"aucune opposition {number} ; « titulaire stops list » les montre", json_output=json_output)
    return found


def stop_document(stop: Stop) -> dict[str, object]:
    """A stop as one JSON document. Nobody is named."""
    standing = queries.standing(stop)
    return {
        "stop": stop.number,
        "contract": stop.contract.code,
        "designation": stop.designation,
        "first": stop.first,
        "last": stop.last or None,
        "reason": stop.reason,
        "declared_by": stop.declared_by,
        "declared_on": stop.declared_on,
        "effective_at": stop.effective_at,
        "vouchers": stop.vouchers,
        "amount": stop.amount,
        "escaped": stop.escaped,
        "standing": list(standing.order_by("voucher__serial").values_list("voucher__number", flat=True)),
        "reissues": [claim.reissue.reference for claim in stop.claims.select_related("reissue")],
    }


def _plan_document(plan: StopPlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "vouchers": len(plan.stoppable),
        "amount": plan.amount,
        "numbers": [voucher.number for voucher in plan.stoppable],
        "escaped": [[voucher.number, voucher.state] for voucher in plan.escaped],
    }


def _selection(named: dict[str, str | None], bounds: tuple[str, str] | None, json_output: bool) -> Selection:
    given = [(NAMED_BY[key], value) for key, value in named.items() if value]
    if len(given) + bool(bounds) != 1:
        refuse(
            "désignez les titres d’une seule manière : --number, --range, --booklet, --order ou --beneficiary",
            json_output=json_output,
        )
    try:
        if bounds:
            return Selection(Designation.RANGE, *bounds)
        return Selection(*given[0])
    except InvalidNumber as wrong:
        refuse(
            f"« {wrong.text} » n’est pas un numéro de titre, ou il est mal recopié", json_output=json_output
        )
    except EmptyRange:
        refuse("le dernier numéro vient avant le premier, ou d’une autre série", json_output=json_output)


@command.command()
@contract_option
@click.option("--number", help="Un titre, par son numéro.")
@click.option(
    "--range", "bounds", nargs=2, metavar="PREMIER DERNIER", help="Une suite de titres, bornes comprises."
)
@click.option("--booklet", help="Un carnet.")
@click.option("--order", help="Une commande entière.")
@click.option("--beneficiary", help="La référence d’un bénéficiaire.")
@click.option(
    "--reason", required=True, type=click.Choice([reason.value for reason in StopReason]), help="Motif."
)
@click.option("--declared-by", required=True, help="Qui a déclaré : service ou fonction.")
@click.option(
    "--declared-on", type=click.DateTime(["%Y-%m-%d"]), help="Date de la déclaration ; sinon aujourd’hui."
)
@click.option("--police-reference", default="", help="Numéro de la plainte.")
@click.option(
    "--confirm", type=int, help="Nombre de titres à opposer, recopié : sans lui, rien n’est opposé."
)
@click.option("--key", help="Clé de la demande : la même clé ne fait qu’une opposition.")
@as_json
def add(
    contract_code: str,
    number: str | None,
    bounds: tuple[str, str] | None,
    booklet: str | None,
    order: str | None,
    beneficiary: str | None,
    reason: str,
    declared_by: str,
    declared_on: datetime | None,
    police_reference: str,
    confirm: int | None,
    key: str | None,
    json_output: bool,
) -> None:
    """Opposer des titres. Sans --confirm, montre seulement ce qui serait opposé."""
    contract = _contract(contract_code, json_output)
    named = {"number": number, "booklet": booklet, "order": order, "beneficiary": beneficiary}
    selection = _selection(named, bounds, json_output)
    try:
        plan = queries.stop_plan(contract, selection)
        if confirm is None:
            _tell_plan(plan, json_output)
            return
        stop = stop_vouchers(
            contract=contract,
            selection=selection,
            reason=StopReason(reason),
            declared_by=declared_by,
            declared_on=declared_on.date() if declared_on else timezone.localdate(),
            police_reference=police_reference,
            confirmed=confirm,
            request_key=key or uuid.uuid4().hex,
            actor=ACTOR,
            at=timezone.now(),
        )
    except NothingNamed:
        refuse("aucun titre de ce marché ne répond à cette désignation", json_output=json_output)
    except NothingToStop as none:
        refuse("aucun de ces titres ne peut être opposé", json_output=json_output, states=none.states)
    except MoreThanConfirmed as more:
        refuse(f"{more.found} titres seraient opposés, et non {more.confirmed}", json_output=json_output)
    if json_output:
        print_json(stop_document(stop))
    else:
        opposed = count_fr(stop.vouchers, "titre opposé", "titres opposés")
        click.echo(
            f"{stop.number} : {opposed} ({money(stop.amount)}) depuis le {instant_fr(stop.effective_at)}."
        )
        if stop.escaped:
            click.echo(
                f"{count_fr(len(stop.escaped), 'titre désigné')} n’ont pas pu l’être : déjà dans un autre état."
            )


def _tell_plan(plan: StopPlan, json_output: bool) -> None:
    if json_output:
        print_json(_plan_document(plan))
        return
    click.echo(
        f"{wording.selection_sentence(plan.selection)} : {count_fr(len(plan.stoppable), 'titre')} à opposer "
        f"({money(plan.amount)}), {len(plan.escaped)} hors de portée. Rien n’est opposé : ajoutez "
        f"--confirm {len(plan.stoppable)}."
    )
    for voucher in plan.escaped[:40]:
        click.echo(f"  {voucher.grouped} : {voucher.state_label.lower()}")


@command.command("list")
@contract_option
@as_json
def list_command(contract_code: str, json_output: bool) -> None:
    """Les oppositions d’un marché."""
    contract = _contract(contract_code, json_output)
    found = list(queries.stops_of(contract))
    if json_output:
        print_json([stop_document(stop) for stop in found])
        return
    print_table(
        f"Oppositions, {contract.title}",
        ["Opposition", "Effet", "Motif", "Titres visés", "Opposés", "Valeur"],
        [
            (
                stop.number,
                instant_fr(stop.effective_at),
                wording.REASONS[stop.reason],
                wording.selection_sentence(stop.selection),
                stop.vouchers,
                money(stop.amount),
            )
            for stop in found
        ],
    )


numbers_option = click.option(
    "--number", "numbers", multiple=True, help="Un titre ; à répéter. Sans lui, tous."
)


def _numbers(typed: tuple[str, ...], json_output: bool) -> list[str] | None:
    try:
        return [str(Number.parse(text)) for text in typed] or None
    except InvalidNumber as wrong:
        refuse(f"« {wrong.text} » n’est pas un numéro de titre", json_output=json_output)


@command.command()
@click.argument("stop_number", metavar="OPPOSITION")
@contract_option
@click.option("--reason", required=True, help="Motif de la mainlevée.")
@numbers_option
@as_json
def lift(
    stop_number: str, contract_code: str, reason: str, numbers: tuple[str, ...], json_output: bool
) -> None:
    """Lever une opposition, en tout ou partie."""
    stop = _stop(_contract(contract_code, json_output), stop_number, json_output)
    try:
        lifted = lift_stop(
            stop=stop, reason=reason, numbers=_numbers(numbers, json_output), actor=ACTOR, at=timezone.now()
        )
    except NothingToLift as none:
        refuse("aucun de ces titres n’est encore opposé", json_output=json_output, states=none.states)
    if json_output:
        print_json({**stop_document(stop), "lifted": lifted.vouchers})
    else:
        click.echo(f"{count_fr(lifted.vouchers, 'titre')} de nouveau utilisables.")


@command.command()
@click.argument("stop_number", metavar="OPPOSITION")
@contract_option
@click.option(
    "--asked-on", type=click.DateTime(["%Y-%m-%d"]), help="Date de la réclamation ; sinon aujourd’hui."
)
@numbers_option
@as_json
def reissue(
    stop_number: str,
    contract_code: str,
    asked_on: datetime | None,
    numbers: tuple[str, ...],
    json_output: bool,
) -> None:
    """Réémettre les titres d’une opposition : les anciens meurent, les nouveaux naissent."""
    stop = _stop(_contract(contract_code, json_output), stop_number, json_output)
    day = asked_on.date() if asked_on else timezone.localdate()
    try:
        claims = reissue_stopped(
            stop=stop,
            asked_on=day,
            numbers=_numbers(numbers, json_output),
            actor=ACTOR,
            at=timezone.now(),
        )
    except NotEntitled as reason:
        refuse(f"le motif {reason.reason} n’ouvre pas droit à de nouveaux titres", json_output=json_output)
    except NothingToReissue as none:
        refuse("aucun de ces titres n’attend d’être remplacé", json_output=json_output, states=none.states)
    except AskedTooLate as late:
        refuse(
            f"{len(late.numbers)} titres n’étaient plus valables le {date_fr(day)}",
            json_output=json_output,
            numbers=late.numbers,
        )
    except NoSeries:
        refuse(f"le marché {contract_code} n’a pas de série de numéros", json_output=json_output)
    if json_output:
        print_json(
            [
                {
                    "reissue": claim.reissue.reference,
                    "batch": claim.reissue.batch,
                    "vouchers": claim.reissue.vouchers,
                    "asked_on": claim.asked_on,
                    "due_on": claim.due_on,
                }
                for claim in claims
            ]
        )
        return
    for claim in claims:
        click.echo(
            f"{claim.reissue.reference} : {count_fr(claim.reissue.vouchers, 'nouveau titre', 'nouveaux titres')}, "
            f"à livrer au plus tard le {date_fr(claim.due_on)}."
        )


@command.command("list-file")
@contract_option
@click.option("--since", type=int, help="Version déjà connue : seulement les changements.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Fichier à écrire, .json ou .csv."
)
@as_json
def list_file(contract_code: str, since: int | None, out: Path | None, json_output: bool) -> None:
    """La liste d’opposition signée (JSON), ou en tableur (--out liste.csv)."""
    contract = _contract(contract_code, json_output)
    try:
        if out and out.suffix == ".csv":
            content = list_csv(contract, since=since, on=timezone.localdate())
        else:
            signed = signed_list(contract, since=since, at=timezone.now())
            content = json.dumps(signed, indent=1).encode()
    except UnknownVersion as unknown:
        refuse(f"la liste n’en est qu’à la version {unknown.newest}", json_output=json_output)
    except NoSigningKey:
        refuse("aucune clé ne signe encore pour ce marché", json_output=json_output)
    if out is None:
        click.echo(content.decode())
        return
    out.write_bytes(content)
    listed = queries.stop_list(contract, since=since, on=timezone.localdate())
    told = {
        "file": str(out),
        "version": listed.version,
        "added": len(listed.added),
        "removed": len(listed.removed),
    }
    if json_output:
        print_json(told)
    else:
        click.echo(
            f"{out} : version {listed.version}, {len(listed.added)} ajouts, {len(listed.removed)} retraits."
        )


@command.command()
@click.argument("path", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def verify(path: Path, json_output: bool) -> None:
    """Vérifier un fichier signé : liste d’opposition ou réponse de recherche. Sort en 1 s’il est refusé."""
    reasons = {
        "NOT_A_DOCUMENT": "ce n’est pas un fichier signé",
        "UNKNOWN_KEY": "aucune clé connue ne l’a signé",
        "FORGED": "la signature est fausse : le fichier a été modifié",
    }
    try:
        signed = json.loads(path.read_text(encoding="utf-8"))
        document = read_signed(signed if isinstance(signed, dict) else {}, all_public_keys())
    except (NotSigned, ValueError) as refused:
        reason = refused.reason if isinstance(refused, NotSigned) else "NOT_A_DOCUMENT"
        if json_output:
            print_json({"authentic": False, "reason": reason})
        else:
            click.echo(f"Refusé : {reasons[reason]}.", err=True)
        raise SystemExit(1) from None
    if json_output:
        print_json({"authentic": True, "document": document})
    else:
        click.echo(f"Signature authentique : {document.get('format')}, marché {document.get('contract')}.")

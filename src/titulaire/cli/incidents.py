"""`titulaire incidents`: what broke, followed to its end, and the time that both parties set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from django import forms
from django.utils import timezone

from titulaire.cli.options import (
    Code,
    a_file,
    actor_for,
    answered,
    by_person,
    of_contract,
    person_for,
    support_contract,
)
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.incidents import queries, services
from titulaire.support.incidents.forms import (
    AgreeForm,
    ClaimForm,
    DeclareForm,
    DocumentForm,
    EndForm,
    MobiliseForm,
    RefuseForm,
    ReopenForm,
    ResolveForm,
    ToldForm,
    WithdrawForm,
)
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.incidents.queries import Followed
from titulaire.support.incidents.reading import declarations_of
from titulaire.support.incidents.rules import NEUTRALISABLE, ClaimState, Side, State
from titulaire.support.incidents.services import Declaration
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.incidents.views import DECLARERS, claim_status, interruption_code
from titulaire.support.incidents.wording import CLAIM_FAULTS, CLAIMS, INTERRUPTIONS, SIDES, STATES, STEPS
from titulaire.ui.formats import instant_fr, instant_short

on_contract = of_contract("SUPPORT")
called = click.argument("reference", metavar="INCIDENT")
INSTANT = "INSTANT"
"""How an instant is typed: `2026-05-04T10:30`, at the hour of the contract."""


@click.group("incidents")
def command() -> None:
    """Les incidents : les déclarer, les suivre, et convenir du temps qu’ils neutralisent."""


# Reading


@command.command("list")
@on_contract
@click.option("--state", type=Code([each.value for each in State]), help="Seulement dans cet état.")
@as_json
def list_(code: str, state: str | None, json_output: bool) -> None:
    """Le registre des incidents, le dernier d’abord."""
    contract = support_contract(code, json_output=json_output)
    found = queries.dysfunctions_of(contract)
    rows = queries.followed(contract, found.filter(state=state) if state else found)
    if json_output:
        print_json({"contract": code, "incidents": [_told(row) for row in rows]})
        return
    print_table(
        f"Incidents de {contract}",
        ("Référence", "Constat", "Origine", "Début", "Fin", "Interruption", "Neutralisation", "État"),
        [
            (
                row.dysfunction.reference,
                row.dysfunction.what,
                SIDES[row.dysfunction.side],
                instant_short(row.dysfunction.since_at),
                instant_short(row.dysfunction.until_at),
                INTERRUPTIONS[interruption_code(row)].label,
                claim_status(row.dysfunction).label,
                STATES[row.dysfunction.state].label,
            )
            for row in rows
        ],
    )


@command.command("show")
@called
@on_contract
@as_json
def show(reference: str, code: str, json_output: bool) -> None:
    """Un incident : ses étapes, ses documents, ses demandes de neutralisation."""
    _tell(_called(support_contract(code, json_output=json_output), reference, json_output), json_output)


# Its life


@command.command("declare")
@click.argument("what", metavar="CONSTAT")
@on_contract
@click.option("--side", type=Code(list(SIDES)), required=True, help="L’origine.")
@click.option("--since", "since_at", metavar=INSTANT, required=True, help="Début, comme 2026-05-04T10:30.")
@click.option("--until", "until_at", metavar=INSTANT, help="Fin ; rien s’il dure encore.")
@click.option("--interrupts", is_flag=True, help="Le service est interrompu : une horloge court.")
@click.option("--flows", help="Flux touchés, séparés par des virgules.")
@click.option("--sites", help="Sites touchés, séparés par des virgules.")
@click.option("--tools", help="Outils touchés.")
@click.option("--other-reference", help="Le numéro de l’autre partie, que les faits peuvent porter.")
@click.option("--buyer-told", "buyer_told_at", metavar=INSTANT, help="Quand l’acheteur a été informé.")
@click.option("--description", help="Ce qui est arrivé, sans nommer personne.")
@by_person
@as_json
def declare(code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Déclarer un incident."""
    contract = support_contract(code, json_output=json_output)
    said = answered(DeclareForm, given, json_output=json_output).cleaned_data
    actor = actor_for(contract, email, DECLARERS, json_output=json_output)
    try:
        made = services.declare(
            contract=contract,
            said=Declaration(**{**said, "side": Side(said["side"])}),
            actor=actor,
            at=timezone.now(),
        )
    except services.ImpossibleInstant as wrong:
        refuse(
            f"{instant_fr(wrong.given)} : ni début ni fin dans l’avenir, et la fin suit le début.",
            json_output=json_output,
        )
    except services.ReferenceTaken as taken:
        refuse(f"un autre incident porte déjà la référence « {taken.reference} ».", json_output=json_output)
    _tell(made, json_output, "Déclaré.")


@command.command("import")
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def import_(file: Path, code: str, email: str | None, json_output: bool) -> None:
    """Déclarer les incidents d’un fichier CSV ou Excel, tous ou aucun : constat, origine, debut, et au choix fin…"""
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, DECLARERS, json_output=json_output)
    content = file.read_bytes()
    try:
        made, known = services.declare_all(
            contract=contract,
            said=declarations_of(content),
            source_sha256=hashlib.sha256(content).hexdigest(),
            actor=actor,
            at=timezone.now(),
        )
    except SheetRefused as sheet:
        refuse(
            " ".join(f"Ligne {one.row}, {one.column} : {one.message}" for one in sheet.faults),
            json_output=json_output,
            refused=[
                {"row": one.row, "column": one.column, "rule": one.rule, "message": one.message}
                for one in sheet.faults
            ],
        )
    except services.ImpossibleInstant as wrong:
        refuse(f"un instant est dans l’avenir : {instant_fr(wrong.given)}.", json_output=json_output)
    except services.ReferenceTaken as taken:
        refuse(f"la référence externe « {taken.reference} » est déjà prise.", json_output=json_output)
    if json_output:
        print_json({"contract": code, "new": not known, "incidents": [one.reference for one in made]})
    elif known:
        click.echo("Ce fichier était déjà importé : rien n’a changé.")
    else:
        click.echo(f"Déclarés : {', '.join(one.reference for one in made)}.")


@command.command("tell")
@called
@on_contract
@click.option("--at", "told_at", metavar=INSTANT, required=True, help="Quand.")
@click.option("--how", required=True, help="Par quel moyen.")
@by_person
@as_json
def tell(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Dire quand l’acheteur a été informé."""
    _act(code, reference, ToldForm, given, services.tell_buyer, email, json_output)


@command.command("mobilise")
@called
@on_contract
@click.option("--at", "done_at", metavar=INSTANT, required=True, help="Quand.")
@click.option("--what", required=True, help="Équipes mobilisées et actions, sans nommer personne.")
@by_person
@as_json
def mobilise(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Noter qui fut mobilisé, et pour quoi faire."""
    roles = (*DECLARERS, Role.CSO)
    _act(code, reference, MobiliseForm, given, services.mobilise, email, json_output, roles)


@command.command("end")
@called
@on_contract
@click.option("--at", "ended_at", metavar=INSTANT, required=True, help="Quand il a cessé de gêner.")
@by_person
@as_json
def end(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Constater la fin d’un incident."""
    _act(code, reference, EndForm, given, services.note_end, email, json_output)


@command.command("resolve")
@called
@on_contract
@click.option("--how", "resolution", required=True, help="Cause et résolution, sans nommer personne.")
@by_person
@as_json
def resolve(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Dire comment il fut résolu."""
    _act(code, reference, ResolveForm, given, services.resolve, email, json_output)


@command.command("close")
@called
@on_contract
@by_person
@as_json
def close(reference: str, code: str, email: str | None, json_output: bool) -> None:
    """Clore un incident résolu."""
    roles = (Role.SUPERVISOR, Role.BUYER_MANAGER)
    _act(code, reference, forms.Form, {}, services.close, email, json_output, roles)


@command.command("reopen")
@called
@on_contract
@click.option("--reason", "because", required=True, help="Pourquoi.")
@by_person
@as_json
def reopen(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Rouvrir un incident : il n’était pas résolu."""
    roles = (Role.SUPERVISOR, Role.BUYER_MANAGER)
    _act(code, reference, ReopenForm, given, services.reopen, email, json_output, roles)


@command.command("join")
@called
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def join(reference: str, file: Path, code: str, email: str | None, json_output: bool) -> None:
    """Joindre un document à un incident."""

    def act(*, dysfunction: Dysfunction, file: Any, **trace: Any) -> object:
        return services.join_document(dysfunction=dysfunction, name=file.name, content=file.read(), **trace)

    roles = (*DECLARERS, Role.BUYER_MANAGER)
    _act(code, reference, DocumentForm, {}, act, email, json_output, roles, files={"file": file})


# What it sets aside


@command.command("claim")
@called
@on_contract
@click.option("--since", "since_at", metavar=INSTANT, required=True, help="Premier instant à neutraliser.")
@click.option("--until", "until_at", metavar=INSTANT, required=True, help="Fin du temps à neutraliser.")
@click.option(
    "--line",
    "lines",
    multiple=True,
    type=Code(NEUTRALISABLE),
    help="Une ligne de pénalité (répétable) ; toutes celles de la téléphonie sinon.",
)
@click.option("--flows", help="Flux, séparés par des virgules ; tous sinon.")
@click.option("--reason", "because", required=True, help="Pourquoi neutraliser.")
@by_person
@as_json
def claim(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Demander que du temps soit neutralisé : rien ne l’est avant l’accord de l’acheteur."""
    _act(code, reference, ClaimForm, given, services.propose_claim, email, json_output, (Role.SUPERVISOR,))


@command.command("agree")
@called
@on_contract
@click.option("--note", help="Ce que dit l’accord.")
@by_person
@as_json
def agree(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """L’acheteur accepte la demande en attente : ce temps est ôté des mesures."""
    _answer(code, reference, AgreeForm, given, services.agree_claim, email, json_output)


@command.command("refuse")
@called
@on_contract
@click.option("--reason", "because", required=True, help="Pourquoi.")
@by_person
@as_json
def refuse_(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """L’acheteur refuse la demande en attente."""
    _answer(code, reference, RefuseForm, given, services.refuse_claim, email, json_output)


@command.command("withdraw")
@called
@on_contract
@click.option("--reason", "because", help="Pourquoi.")
@by_person
@as_json
def withdraw(reference: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Le Titulaire retire sa demande."""
    contract = support_contract(code, json_output=json_output)
    found = _called(contract, reference, json_output)
    form = answered(WithdrawForm, given, json_output=json_output)
    actor = actor_for(contract, email, (Role.SUPERVISOR,), json_output=json_output)
    _claim_act(services.withdraw_claim, _awaiting(found, json_output), form, actor, json_output)


def _answer(
    code: str,
    reference: str,
    form_class: type[forms.Form],
    given: dict[str, Any],
    act: Callable[..., object],
    email: str | None,
    json_output: bool,
) -> None:
    """The buyer's answer to the claim that awaits it: somebody of the buyer gives it, never a machine."""
    contract = support_contract(code, json_output=json_output)
    found = _called(contract, reference, json_output)
    form = answered(form_class, given, json_output=json_output)
    buyer = person_for(contract, email, (Role.BUYER_MANAGER,), json_output=json_output)
    _claim_act(act, _awaiting(found, json_output), form, buyer.actor, json_output)


def _awaiting(found: Dysfunction, json_output: bool) -> Claim:
    claims = found.claims.select_related("dysfunction__contract")
    awaiting = claims.filter(state=ClaimState.PROPOSED.value).first()
    if awaiting is None:
        last = claims.order_by("pk").last()
        state = f" ; la dernière est « {CLAIMS[last.state].label.lower()} »" if last else ""
        refuse(
            f"aucune demande de neutralisation n’attend sur {found.reference}{state} (incidents claim).",
            json_output=json_output,
        )
    return awaiting


def _claim_act(
    act: Callable[..., object], found: Claim, form: forms.Form, actor: str, json_output: bool
) -> None:
    try:
        act(claim=found, **form.cleaned_data, actor=actor, at=timezone.now())
    except services.ClaimAnswered as answer:
        state = CLAIMS[answer.state].label.lower()
        refuse(f"cette demande est déjà « {state} » : rien n’a changé.", json_output=json_output)
    except services.NoReason:
        refuse("un refus dit pourquoi : --reason.", json_output=json_output)
    _tell(found.dysfunction, json_output)


def _act(
    code: str,
    reference: str,
    form_class: type[forms.Form],
    given: dict[str, Any],
    act: Callable[..., object],
    email: str | None,
    json_output: bool,
    roles: tuple[Role, ...] = DECLARERS,
    files: dict[str, Path | None] | None = None,
) -> None:
    """One act on an incident, as its page does it."""
    contract = support_contract(code, json_output=json_output)
    found = _called(contract, reference, json_output)
    form = answered(form_class, given, files, json_output=json_output)
    actor = actor_for(contract, email, roles, json_output=json_output)
    try:
        act(dysfunction=found, **form.cleaned_data, actor=actor, at=timezone.now())
    except services.DysfunctionStands as stands:
        state = STATES[stands.state].label.lower()
        refuse(f"l’incident {reference} est « {state} » : rien n’a changé.", json_output=json_output)
    except services.StillRunning:
        refuse("constatez d’abord la fin de l’incident (incidents end).", json_output=json_output)
    except services.ClaimRefused as refused:
        refuse(CLAIM_FAULTS[refused.fault], json_output=json_output, rule=refused.fault)
    except services.ImpossibleInstant as wrong:
        refuse(
            f"{instant_fr(wrong.given)} : ni dans l’avenir, ni avant le début, ni avant la fin d’un temps déjà "
            "neutralisé.",
            json_output=json_output,
        )
    _tell(found, json_output)


def _called(contract: Contract, reference: str, json_output: bool) -> Dysfunction:
    found = queries.dysfunction_called(contract, reference.upper())
    if found is None:
        refuse(
            f"le marché {contract.code} n’a pas d’incident « {reference} » (incidents list les donne).",
            json_output=json_output,
        )
    return found


def _tell(changed: Dysfunction, json_output: bool, said: str = "") -> None:
    """How the incident stands now."""
    found = queries.dysfunction_called(changed.contract, changed.reference) or changed
    (row,) = queries.followed(found.contract, [found])
    steps = list(found.steps.all())
    if json_output:
        print_json(
            {
                "contract": found.contract.code,
                **_told(row),
                "description": found.description,
                "resolution": found.resolution,
                "steps": [{"kind": one.kind, "at": one.at, "text": one.text} for one in steps],
                "documents": [{"name": one.name, "sha256": one.sha256} for one in found.documents.all()],
            }
        )
        return
    console.print(
        f"{found.reference}, {found.what} : {STATES[found.state].label}. {said}".rstrip(), markup=False
    )
    print_table(
        "Étapes",
        ("Quand", "Quoi", "Ce qui fut dit"),
        [(instant_short(one.at), STEPS[one.kind][0], one.text) for one in steps],
    )
    for one in found.claims.all():
        lines = ", ".join(one.lines) or "toutes les lignes de la téléphonie"
        console.print(
            f"Neutralisation, {CLAIMS[one.state].label.lower()} : du {instant_fr(one.since_at)} au "
            f"{instant_fr(one.until_at)}, {lines}."
        )


def _told(row: Followed) -> dict[str, Any]:
    found = row.dysfunction
    return {
        "reference": found.reference,
        "other_reference": found.other_reference,
        "what": found.what,
        "side": found.side,
        "state": found.state,
        "since_at": found.since_at,
        "until_at": found.until_at,
        "buyer_told_at": found.buyer_told_at,
        "flows": found.flows,
        "sites": found.sites,
        "interruption": interruption_code(row),
        "due_at": row.clock.due_at if row.clock else None,
        "claims": [
            {
                "state": one.state,
                "since_at": one.since_at,
                "until_at": one.until_at,
                "lines": one.lines,
                "flows": one.flows,
                "because": one.because,
                "answer": one.answer,
                "answered_at": one.answered_at,
            }
            for one in found.claims.all()
        ],
    }

"""`titulaire staff`: the register, departures, accounts, and the list of the portal's users."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from django.utils import timezone

from titulaire.cli.options import (
    Code,
    a_file,
    actor_for,
    by_person,
    of_contract,
    person_for,
    support_contract,
)
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.staff import queries, services
from titulaire.support.staff.models import Account, Member, UserList
from titulaire.support.staff.reading import members_of_sheet, told
from titulaire.support.staff.rules import Application, StepKind
from titulaire.support.staff.services import Proof
from titulaire.support.staff.views import KEEPERS, refused
from titulaire.support.staff.wording import APPLICATIONS, POSTS, STANDINGS, STATES, TELEWORK
from titulaire.ui.formats import count_fr, date_short

T = TypeVar("T")
on_contract = of_contract("SUPPORT")
called = click.argument("number", metavar="MATRICULE")
on_day = click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Le jour, compris."
)
proof_option = click.option("--proof", type=a_file, help="La preuve, un fichier.")


@click.group("staff")
def command() -> None:
    """Le personnel et ses accès : registre, départs, comptes, liste des utilisateurs du portail."""


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Chacun par son matricule : poste, site, télétravail, situation."""
    contract = support_contract(code, json_output=json_output)
    today = _today(contract)
    rows = [queries.standing(one, on=today) for one in queries.members_of(contract)]
    if json_output:
        print_json(
            {
                "contract": code,
                "staff": [
                    {
                        "number": one.member.number,
                        "post": one.posting.post if one.posting else None,
                        "site": one.posting.site if one.posting else None,
                        "telework": one.telework,
                        "state": one.state,
                    }
                    for one in rows
                ],
            }
        )
        return
    print_table(
        f"Personnel de {contract}",
        ("Matricule", "Poste", "Site", "Télétravail", "Situation"),
        [
            (
                one.member.number,
                POSTS[one.posting.post] if one.posting else "",
                one.posting.site if one.posting else "",
                TELEWORK[one.telework].label,
                STANDINGS[one.state].label,
            )
            for one in rows
        ],
    )


@command.command("import")
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def import_(file: Path, code: str, email: str | None, json_output: bool) -> None:
    """Ajouter les collaborateurs d’un fichier CSV ou Excel, tous ou aucun."""
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, KEEPERS, json_output=json_output)
    content = file.read_bytes()
    try:
        made = services.enter_members(
            contract=contract,
            members=members_of_sheet(content),
            file_sha256=hashlib.sha256(content).hexdigest(),
            actor=actor,
            at=timezone.now(),
        )
    except SheetRefused as sheet:
        _refuse_rows(sheet.faults, json_output)
    except services.StaffRefused as wrong:
        _refuse_rows(told(wrong.refusals), json_output)
    _say({"contract": code, "added": [one.number for one in made]}, f"{len(made)} ajoutés.", json_output)


def _refuse_rows(faults: list[Fault], json_output: bool) -> NoReturn:
    refuse(
        " ".join(f"Ligne {one.row}, {one.column} : {one.message}" for one in faults),
        json_output=json_output,
        refused=[
            {"row": one.row, "column": one.column, "rule": one.rule, "message": one.message} for one in faults
        ],
    )


@command.command("leave")
@called
@on_contract
@on_day
@by_person
@as_json
def leave(number: str, code: str, day: datetime, email: str | None, json_output: bool) -> None:
    """Écrire un départ ; le jour est le dernier travaillé."""
    _on_member(services.leave, "left_on", number, code, day, email, json_output)


@command.command("absent")
@called
@on_contract
@on_day
@by_person
@as_json
def absent(number: str, code: str, day: datetime, email: str | None, json_output: bool) -> None:
    """Écrire le premier jour d’une absence."""
    _on_member(services.start_absence, "since_on", number, code, day, email, json_output)


@command.command("back")
@called
@on_contract
@on_day
@by_person
@as_json
def back(number: str, code: str, day: datetime, email: str | None, json_output: bool) -> None:
    """Écrire le jour d’un retour."""
    _on_member(services.end_absence, "back_on", number, code, day, email, json_output)


def _on_member(
    act: Callable[..., object],
    name: str,
    number: str,
    code: str,
    day: datetime,
    email: str | None,
    as_json: bool,
) -> None:
    contract = support_contract(code, json_output=as_json)
    member = _member(contract, number, as_json)
    actor = actor_for(contract, email, KEEPERS, json_output=as_json)
    given = {name: day.date()}
    _tried(lambda: act(member=member, actor=actor, at=timezone.now(), **given), as_json)
    found = queries.standing(_member(contract, number, as_json), on=_today(contract))
    _say({"contract": code, "number": number, "state": found.state}, STANDINGS[found.state].label, as_json)


@command.command("removals")
@on_contract
@as_json
def removals(code: str, json_output: bool) -> None:
    """Les accès à retirer après un départ, et ceux qui le sont."""
    contract = support_contract(code, json_output=json_output)
    rows = queries.removals(contract, at=timezone.now())
    if json_output:
        print_json(
            {
                "contract": code,
                "removals": [
                    {
                        "number": one.account.member.number,
                        "application": one.account.application,
                        "left_on": one.left_on,
                        "due_on": one.due_on,
                        "done_on": one.done_on,
                    }
                    for one in rows
                ],
            }
        )
        return
    print_table(
        f"Accès à retirer, {contract}",
        ("Matricule", "Application", "Départ", "Avant la fin du", "Retiré le"),
        [
            (
                one.account.member.number,
                APPLICATIONS[one.account.application],
                date_short(one.left_on),
                date_short(one.due_on),
                date_short(one.done_on) if one.done_on else "",
            )
            for one in rows
        ],
    )


@command.command("accounts")
@on_contract
@as_json
def accounts(code: str, json_output: bool) -> None:
    """Les comptes, par matricule et par application, sans leur identifiant."""
    contract = support_contract(code, json_output=json_output)
    today = _today(contract)
    rows = [(one, queries.state_of(one, on=today)) for one in queries.accounts_of(contract)]
    if json_output:
        found = [
            {"number": one.member.number, "application": one.application, "state": state}
            for one, state in rows
        ]
        print_json({"contract": code, "accounts": found})
        return
    print_table(
        f"Comptes de {contract}",
        ("Matricule", "Application", "État"),
        [(one.member.number, APPLICATIONS[one.application], STATES[state].label) for one, state in rows],
    )


@command.command("open")
@called
@click.argument("application", metavar="APPLICATION", type=Code(list(APPLICATIONS)))
@click.argument("identifier", metavar="IDENTIFIANT")
@on_contract
@proof_option
@by_person
@as_json
def open_(
    number: str, application: str, identifier: str, code: str, proof: Path | None, email: str | None,
    json_output: bool,
) -> None:  # fmt: skip
    """Écrire l’ouverture d’un compte : le chargé de sécurité seul, par --by."""
    contract = support_contract(code, json_output=json_output)
    member = _member(contract, number, json_output)
    officer = person_for(contract, email, (Role.CSO,), json_output=json_output)
    made = _tried(
        lambda: services.open_account(
            member=member,
            application=Application(application),
            identifier=identifier,
            proof=_proof(proof),
            actor=officer.actor,
            at=timezone.now(),
        ),
        json_output,
    )
    _tell_account(made, json_output)


@command.command("step")
@called
@click.argument("application", metavar="APPLICATION", type=Code(list(APPLICATIONS)))
@click.argument("kind", metavar="ACTE", type=Code([each.value for each in services.NEXT]))
@on_contract
@click.option("--reason", required=True, help="Pourquoi.")
@proof_option
@by_person
@as_json
def step(
    number: str, application: str, kind: str, code: str, reason: str, proof: Path | None, email: str | None,
    json_output: bool,
) -> None:  # fmt: skip
    """Bloquer, débloquer, réactiver ou fermer un compte : le chargé de sécurité seul, par --by."""
    contract = support_contract(code, json_output=json_output)
    officer = person_for(contract, email, (Role.CSO,), json_output=json_output)
    held = queries.accounts_of(contract).filter(member__number=number, application=application)
    account = held.order_by("-opened_at").first()
    if account is None:
        refuse(
            f"le matricule {number} n’a pas de compte {APPLICATIONS[application]}.", json_output=json_output
        )
    if kind == StepKind.CLOSED and proof is None:
        refuse("fermer un compte demande sa preuve (--proof).", json_output=json_output)
    made = _tried(
        lambda: services.change_account(
            account=account,
            kind=StepKind(kind),
            reason=reason,
            proof=_proof(proof),
            actor=officer.actor,
            at=timezone.now(),
        ),
        json_output,
    )
    _tell_account(made, json_output)


def _proof(file: Path | None) -> Proof | None:
    return Proof(file.name, file.read_bytes()) if file else None


def _tell_account(made: Account, json_output: bool) -> None:
    found = {
        "number": made.member.number,
        "application": made.application,
        "state": made.state,
    }
    _say(found, f"{APPLICATIONS[made.application]} : {STATES[made.state].label.lower()}.", json_output)


@command.command("users")
@on_contract
@by_person
@as_json
def users(code: str, email: str | None, json_output: bool) -> None:
    """Établir la version suivante de la liste des utilisateurs : le chargé de sécurité, par --by."""
    contract = support_contract(code, json_output=json_output)
    officer = person_for(contract, email, (Role.CSO,), json_output=json_output)
    made = _tried(
        lambda: services.make_list(contract=contract, actor=officer.actor, at=timezone.now()), json_output
    )
    _tell_list(made, json_output)


@command.command("send-users")
@click.argument("version", metavar="VERSION", type=int)
@click.option("--to", "sent_to", required=True, help="À qui elle est envoyée.")
@on_contract
@by_person
@as_json
def send_users(version: int, sent_to: str, code: str, email: str | None, json_output: bool) -> None:
    """Marquer une version envoyée."""
    contract = support_contract(code, json_output=json_output)
    officer = person_for(contract, email, (Role.CSO,), json_output=json_output)
    found = _list(contract, version, json_output)
    made = _tried(
        lambda: services.send_list(made=found, sent_to=sent_to, actor=officer.actor, at=timezone.now()),
        json_output,
    )
    _tell_list(made, json_output)


@command.command("receive-users")
@click.argument("version", metavar="VERSION", type=int)
@click.option("--receipt", required=True, help="L’accusé de réception.")
@on_contract
@by_person
@as_json
def receive_users(version: int, receipt: str, code: str, email: str | None, json_output: bool) -> None:
    """Écrire l’accusé de réception d’une version."""
    contract = support_contract(code, json_output=json_output)
    officer = person_for(contract, email, (Role.CSO,), json_output=json_output)
    found = _list(contract, version, json_output)
    made = _tried(
        lambda: services.receive_list(made=found, receipt=receipt, actor=officer.actor, at=timezone.now()),
        json_output,
    )
    _tell_list(made, json_output)


def _tell_list(made: UserList, json_output: bool) -> None:
    found = {
        "version": made.version,
        "people": len(made.numbers),
        "arrivals": made.arrivals,
        "departures": made.departures,
        "sent_at": made.sent_at,
        "receipt": made.receipt,
    }
    _say(found, f"Version {made.version} : {count_fr(len(made.numbers), 'personne')}.", json_output)


def _list(contract: Contract, version: int, json_output: bool) -> UserList:
    found = UserList.objects.filter(contract=contract, version=version).first()
    if found is None:
        refuse(f"aucune version {version} (staff users en établit une).", json_output=json_output)
    return found


def _member(contract: Contract, number: str, json_output: bool) -> Member:
    found = queries.members_of(contract).filter(number=number).first()
    if found is None:
        refuse(f"aucun matricule « {number} » (staff list les donne).", json_output=json_output)
    return found


def _today(contract: Contract) -> date:
    return calendar_of(terms_of(contract.code)).local_day(timezone.now())


def _tried(act: Callable[[], T], json_output: bool) -> T:
    try:
        return act()
    except services.ActRefused as error:
        refuse(refused(error), json_output=json_output)


def _say(found: dict[str, Any], text: str, json_output: bool) -> None:
    if json_output:
        print_json(found)
    else:
        click.echo(text)

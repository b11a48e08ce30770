"""`titulaire identity`: contracts, organisations, accounts and roles."""

from __future__ import annotations

from datetime import date, datetime

import click
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from titulaire.cli.options import ACTOR, contract_called
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.mail import send_invitation
from titulaire.identity.models import Contract, Membership, Organisation, User
from titulaire.identity.roles import ROLE_LABELS, Role
from titulaire.identity.services import (
    AccountExists,
    NotAPerson,
    RoleHeldAlready,
    grant_role,
    invite,
    open_account,
)
from titulaire.journal.services import record

ROLE = click.Choice([role.value for role in Role], case_sensitive=False)
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("identity")
def command() -> None:
    """Marchés, organisations, comptes et rôles."""


@command.command("open-contract")
@click.argument("code")
@click.option("--title", required=True, help="Intitulé du marché.")
@click.option("--kind", type=click.Choice(["VOUCHERS", "SUPPORT"]), required=True)
@click.option("--buyer", nargs=2, required=True, metavar="CODE NOM", help="L’acheteur.")
@click.option("--contractor", nargs=2, required=True, metavar="CODE NOM", help="Le Titulaire.")
def open_contract(
    code: str, title: str, kind: str, buyer: tuple[str, str], contractor: tuple[str, str]
) -> None:
    """Ouvrir un marché : son mur, ses deux parties. Deux fois le même code : une seule ouverture."""
    now = timezone.now()
    try:
        validate_slug(code)
    except ValidationError:
        refuse(f"« {code} » : un code de marché s’écrit en lettres, chiffres et tirets, comme cpam47.")
    _same_or_none(code, kind, buyer[0], contractor[0])
    with transaction.atomic():
        parties = [
            Organisation.objects.get_or_create(code=party, defaults={"name": name})[0]
            for party, name in (buyer, contractor)
        ]
        contract, opened = Contract.objects.get_or_create(
            code=code,
            defaults={
                "title": title,
                "kind": kind,
                "buyer": parties[0],
                "contractor": parties[1],
                "opened_at": now,
            },
        )
        if opened:
            record(contract=code, actor=ACTOR, at=now, act="OPEN_CONTRACT", target=f"contract:{code}")
    click.echo(f"Marché {contract.code} {'ouvert' if opened else 'déjà ouvert'} : {contract.title}")


def _same_or_none(code: str, kind: str, buyer: str, contractor: str) -> None:
    """Leave with a refusal when this code is another contract's: its kind and its parties never change."""
    known = Contract.objects.filter(code=code).select_related("buyer", "contractor").first()
    if known is None:
        return
    asked = {"genre": kind, "acheteur": buyer, "titulaire": contractor}
    stands = {"genre": known.kind, "acheteur": known.buyer.code, "titulaire": known.contractor.code}
    if apart := [
        f"{name} {stands[name]}, et non {asked[name]}" for name in asked if asked[name] != stands[name]
    ]:
        refuse(f"le marché {code} est déjà ouvert ({' ; '.join(apart)}) : donnez un autre code")


@command.command("open-account")
@click.argument("email")
@click.option("--first-name", required=True, help="Prénom.")
@click.option("--last-name", required=True, help="Nom.")
@click.option("--organisation", required=True, help="Code de l’organisation.")
def open_account_command(email: str, first_name: str, last_name: str, organisation: str) -> None:
    """Ouvrir le compte d’une personne et lui envoyer son lien d’activation."""
    try:
        validate_email(email)
    except ValidationError:
        refuse(f"« {email} » n’est pas une adresse : écrivez-la comme lea@example.org")
    owner = Organisation.objects.filter(code=organisation).first()
    if owner is None:
        refuse(f"aucune organisation « {organisation} » : ouvrez d’abord un marché (open-contract)")
        return
    try:
        user = open_account(
            email=email,
            first_name=first_name,
            last_name=last_name,
            organisation=owner,
            actor=ACTOR,
            at=timezone.now(),
        )
    except NotAPerson:
        refuse(f"{email} désigne un poste ou une équipe : ouvrez un compte par personne, à son nom")
    except AccountExists:
        refuse(
            f"{email} a déjà un compte, peut-être écrit autrement : donnez-lui un rôle (grant) ou un lien (invite)"
        )
    else:
        send_invitation(user, invite(user=user, actor=ACTOR, at=timezone.now()))
        click.echo(f"Compte ouvert ; lien d’activation envoyé à {user.email}.")


@command.command("invite")
@click.argument("email")
def invite_command(email: str) -> None:
    """Envoyer un nouveau lien d’activation ; l’ancien meurt."""
    user = _person(email)
    send_invitation(user, invite(user=user, actor=ACTOR, at=timezone.now()))
    click.echo(f"Nouveau lien envoyé à {user.email} ; l’ancien ne sert plus.")


@command.command("grant")
@click.argument("email")
@click.argument("contract_code")
@click.argument("role", type=ROLE)
@click.option("--since", type=DAY, help="Premier jour (aujourd’hui par défaut).")
@click.option("--until", type=DAY, help="Jour où le rôle n’est plus tenu.")
def grant_command(
    email: str, contract_code: str, role: str, since: datetime | None, until: datetime | None
) -> None:
    """Donner un rôle à une personne sur un marché."""
    contract = Contract.objects.filter(code=contract_code).first()
    if contract is None:
        refuse(f"aucun marché « {contract_code} »")
        return
    first: date = since.date() if since else timezone.localdate()
    if until is not None and until.date() <= first:
        refuse(f"--until {until:%Y-%m-%d} vient avant le premier jour ({first}) : donnez un jour après")
    if role == Role.AUDITOR and until is None:
        refuse("l’accès d’un auditeur a toujours une fin : ajoutez --until")
    try:
        grant_role(
            user=_person(email),
            contract=contract,
            role=Role(role),
            since=first,
            until=until.date() if until else None,
            actor=ACTOR,
            at=timezone.now(),
        )
    except RoleHeldAlready:
        refuse(f"{email} tient déjà ce rôle sur une partie de cette période")
    click.echo(f"{ROLE_LABELS[Role(role)]} sur {contract_code} à partir du {first:%d/%m/%Y}.")


@command.command("list")
@click.option("--contract", "contract_code", help="Un seul marché.")
@as_json
def list_command(contract_code: str | None, json_output: bool) -> None:
    """Qui tient quel rôle, sur quel marché, de quand à quand."""
    held = Membership.objects.select_related("user__organisation", "contract").order_by(
        "contract__code", "user__last_name"
    )
    if contract_code:
        contract_called(contract_code, json_output=json_output)
        held = held.filter(contract__code=contract_code)
    if json_output:
        print_json(
            [
                {
                    "contract": one.contract.code,
                    "email": one.user.email,
                    "role": one.role,
                    "since": one.since,
                    "until": one.until,
                }
                for one in held
            ]
        )
        return
    print_table(
        "Rôles",
        ["Marché", "Personne", "Organisation", "Rôle", "Depuis", "Jusqu’à"],
        [
            (one.contract.code, one.user.email, one.user.organisation, one.label, one.since, one.until or "")
            for one in held
        ],
    )


def _person(email: str) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        refuse(f"aucun compte pour {email} : ouvrez-le d’abord (open-account)")
        raise SystemExit(2)
    return user

"""Options that several commands share."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.datastructures import MultiValueDict

from titulaire.cli.output import refuse
from titulaire.identity.access import roles_of
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import ROLE_LABELS, Role

Form = TypeVar("Form", bound=forms.Form)

ACTOR = f"system:cli:{getpass.getuser()}"
"""Who acts, for the journal, when a command names nobody: the account of the machine."""


by_person = click.option(
    "--by", "email", metavar="ADRESSE", help="La personne au nom de qui l’acte est fait."
)
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)
a_month = click.DateTime(["%Y-%m"])


class Code(click.Choice[str]):
    """One of these stored codes, which are capitals; it may be typed in small letters."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(str(value).upper(), param, ctx)


def of_contract(half: str = "", *, name: str = "code") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--contract CODE`, which may be left out where there is one contract, of this half when one is given."""
    example = "mes" if half == "SUPPORT" else "cpam47"

    def said_or_only(_context: click.Context, _parameter: click.Parameter, code: str | None) -> str:
        return code or _only_one(half)

    return click.option(
        "--contract",
        name,
        callback=said_or_only,
        metavar="CODE",
        help=f"Le marché, ex. {example} ; inutile s’il n’y en a qu’un.",
    )


def support_contract(code: str, *, json_output: bool = False) -> Contract:
    """The support contract with this code; leaves with a refusal that names those open when there is none."""
    open_ones = {one.code: one for one in Contract.objects.filter(kind="SUPPORT")}
    if code not in open_ones:
        known = ", ".join(sorted(open_ones)) or "aucun : « titulaire identity open-contract » en ouvre un"
        refuse(f"aucun marché de support « {code} » (ouverts : {known}).", json_output=json_output)
    return open_ones[code]


def contract_called(code: str, *, json_output: bool = False) -> Contract:
    """The contract with this code, of either half; leaves with a refusal that names those open when there is none."""
    open_ones = {one.code: one for one in Contract.objects.all()}
    if code not in open_ones:
        known = ", ".join(sorted(open_ones)) or "aucun : « titulaire identity open-contract » en ouvre un"
        refuse(f"aucun marché « {code} » (ouverts : {known}).", json_output=json_output)
    return open_ones[code]


def actor_for(
    contract: Contract, email: str | None, roles: Collection[Role], *, json_output: bool = False
) -> str:
    """Who acts, for the journal: the person given, who holds one of these roles as on the page; else this machine."""
    return person_for(contract, email, roles, json_output=json_output).actor if email else ACTOR


def person_for(
    contract: Contract, email: str | None, roles: Collection[Role], *, json_output: bool = False
) -> User:
    """The person at this address, who holds one of these roles; leaves with a refusal otherwise.

    An act that binds a party is always somebody's: a machine that the other party may hold does not do it.
    """
    asked = " ou ".join(ROLE_LABELS[role].lower() for role in roles)
    if not email:
        refuse(f"dites qui agit par --by ADRESSE ; il faut tenir le rôle : {asked}.", json_output=json_output)
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        refuse(f"personne n’a de compte à l’adresse « {email} ».", json_output=json_output)
    if not roles_of(person, contract) & set(roles):
        refuse(
            f"{email} ne peut pas faire cet acte sur {contract.code} ; il faut tenir le rôle : {asked}.",
            json_output=json_output,
        )
    return person


def answered(
    form: type[Form],
    given: Mapping[str, Any],
    files: Mapping[str, Path | None] | None = None,
    *,
    json_output: bool,
    **options: Any,
) -> Form:
    """The form of the page, filled in with what was typed: a command refuses what the page refuses, in its words."""
    joined: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict(
        {
            name: [SimpleUploadedFile(path.name, path.read_bytes())]
            for name, path in (files or {}).items()
            if path is not None
        }
    )
    typed = {name: value for name, value in given.items() if value is not None}
    found = form(typed, joined, **options)
    if not found.is_valid():
        faults = {name: [str(one) for one in said] for name, said in found.errors.items()}
        said = " ".join(
            f"{found.fields[name].label} : {' '.join(each)}" if name in found.fields else " ".join(each)
            for name, each in faults.items()
        )
        refuse(said, json_output=json_output, fields=faults)
    return found


def month_of(given: Any) -> date:
    """The first day of the month that `a_month` read."""
    first: date = given.date()
    return first


def _only_one(half: str) -> str:
    codes = sorted(Contract.objects.filter(**({"kind": half} if half else {})).values_list("code", flat=True))
    if len(codes) == 1:
        return codes[0]
    kind = {"SUPPORT": " de support", "VOUCHERS": " de titres"}.get(half, "")
    if not codes:
        raise click.UsageError(
            f"aucun marché{kind} n’est ouvert : « titulaire identity open-contract » en ouvre un."
        )
    raise click.UsageError(f"plusieurs marchés{kind} : dites lequel par --contract ({', '.join(codes)}).")

"""Options that several commands share."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click

from titulaire.cli.output import refuse
from titulaire.identity.models import Contract

ACTOR = f"system:cli:{getpass.getuser()}"
"""Who acts, for the journal, when a command names nobody: the account of the machine."""


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

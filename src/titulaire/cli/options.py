"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def of_contract(half: str = "", *, name: str = "code") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--contract CODE`, which may be left out where there is one contract, of this half when one is given."""
    example = "mes" if half == "SUPPORT" else "cpam47"
    return click.option(
        "--contract",
        name,
        required=True,
        default=lambda: _only_one(half),
        metavar="CODE",
        help=f"Le marché, ex. {example} ; inutile s’il n’y en a qu’un.",
    )


def _only_one(half: str) -> str | None:
    from titulaire.identity.models import Contract

    codes = Contract.objects.filter(**({"kind": half} if half else {})).values_list("code", flat=True)[:2]
    return codes[0] if len(codes) == 1 else None

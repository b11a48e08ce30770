"""How issues, figures and their changes are said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from titulaire.indicators.rules import Direction, Unit
from titulaire.indicators.wording import STATES, target_written, written
from titulaire.support.months.rules import Standing
from titulaire.ui.formats import NONE, date_short, money
from titulaire.ui.tables import Status

STANDINGS = {
    Standing.SIGNED.value: Status("SIGNED", "à approuver par l’acheteur", "info"),
    Standing.APPROVED.value: Status("APPROVED", "approuvée", "good"),
    Standing.CONTESTED.value: Status("CONTESTED", "contestée", "bad"),
    Standing.DEEMED.value: Status("DEEMED", "approuvée par silence", "good"),
    Standing.REPLACED.value: Status("REPLACED", "remplacée", "calm"),
}
STATE_LABELS = {state.value: label for state, label in STATES.items()}
CUTS = {"site": "site", "reason": "motif", "flow": "flux", "day": "jour"}
SUMS = {
    "UNCAPPED": "Pénalités avant plafond",
    "CAP": "Plafond des pénalités",
    "PROPOSED": "Pénalités proposées",
}


def exact(text: str | None) -> Fraction | None:
    """The fraction that a document keeps as text."""
    return None if text is None else Fraction(text)


def value_written(one: Mapping[str, Any], name: str = "value", *, beside: str = "target") -> str:
    """A value of an indicator of a document, in its unit."""
    return written(exact(one[name]), Unit(one["unit"]), exact(one.get(beside)))


def target_of(one: Mapping[str, Any]) -> str:
    """The target of an indicator of a document, such as « ≥ 90 % »."""
    return target_written(exact(one["target"]), Unit(one["unit"]), Direction(one["direction"]))


def line_of(document: Mapping[str, Any], code: str) -> Mapping[str, Any] | None:
    """The line of penalties of that code."""
    lines = document["penalties"]["lines"] if document["penalties"] else []
    return next((line for line in lines if line["code"] == code), None)


def figure_name(document: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    """What a figure is called, with its place."""
    code, cut, key = change["code"], change["cut"], change["key"]
    if code in SUMS:
        return SUMS[code]
    one = document["indicators"].get(code)
    if one is None:
        line = line_of(document, code)
        return f"{code} {line['name']}, pénalité" if line else code
    return f"{one['name']}, {CUTS[cut]} {key_written(cut, key)}" if cut else one["name"]


def key_written(cut: str, key: str) -> str:
    """The value of a cut; facts may not say it."""
    if not key:
        return "non renseigné"
    return date_short(date.fromisoformat(key)) if cut == "day" else key


def change_written(document: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[str, str, str]:
    """A change in words: the figure, before, after."""

    def said(text: str | None) -> str:
        if text is None:
            return NONE
        one = document["indicators"].get(change["code"])
        if one is None:
            return money(Decimal(text))
        return written(Fraction(text), Unit(one["unit"]))

    before, after = said(change["before"]), said(change["after"])
    if before == after and change["before"] is not None:
        # Two decimals would hide what changed.
        before, after = (f"{said(change[side])} ({change[side]})" for side in ("before", "after"))
    return figure_name(document, change), before, after

"""What two statements of a month say differently, and where the answer of the buyer stands. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]

SELF = ("issue", "previous", "frozen_at", "frozen_by", "corrects", "software")
"""What an issue says of itself: two issues that differ by nothing else say the same."""


class Verdict(StrEnum):
    """What the buyer answers to an issue."""

    APPROVED = "APPROVED"
    CONTESTED = "CONTESTED"


class Standing(StrEnum):
    """Where an issue stands. DEEMED: approved by silence, where the contract says that silence approves."""

    SIGNED = "SIGNED"
    APPROVED = "APPROVED"
    CONTESTED = "CONTESTED"
    DEEMED = "DEEMED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class Answer:
    """A dated answer."""

    verdict: Verdict
    at: datetime


def standing(
    answers: Sequence[Answer], *, silence_ends_at: datetime | None, is_last: bool, at: datetime
) -> Standing:
    """Where an issue stands at an instant, from its answers up to then, oldest first."""
    known = [one for one in answers if one.at <= at]
    if known:
        return Standing(known[-1].verdict.value)
    if silence_ends_at is not None and silence_ends_at <= at:
        return Standing.DEEMED
    return Standing.SIGNED if is_last else Standing.REPLACED


def canonical(document: Document) -> bytes:
    """The one form of a document: sorted keys, no space, UTF-8. Same content, same bytes."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def says_the_same(one: Document, other: Document) -> bool:
    """Do two issues differ only by what they say of themselves?"""
    return _stated(one) == _stated(other)


def _stated(document: Document) -> dict[str, Any]:
    stated = {name: part for name, part in document.items() if name not in SELF}
    # Facts of earlier months count by what they change here, not by having changed.
    stated["facts"] = [one for one in document["facts"] if one["month"] == document["month"]]
    return stated


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that differs: `code` of the indicator or line, `cut` and `key` of its place ("" for the month)."""

    code: str
    cut: str
    key: str
    before: str | None
    after: str | None


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """The figures that two issues state differently: the month's, those of each place, the penalties."""
    old, new = figures_of(before), figures_of(after)
    return tuple(
        Change(*place, old.get(place), new.get(place))
        for place in dict.fromkeys((*old, *new))
        if old.get(place) != new.get(place)
    )


def figures_of(document: Document) -> dict[tuple[str, str, str], str | None]:
    """Every figure by (code, cut, key): an exact fraction, a number, an amount; None when not measurable."""
    found: dict[tuple[str, str, str], str | None] = {}
    for code, one in document["indicators"].items():
        found[code, "", ""] = one["value"]
    for cut, places in document["cuts"].items():
        for key, results in places.items():
            for code, sides in results.items():
                found[code, cut, key] = value_of(document, code, sides)
    penalties = document["penalties"]
    if penalties is not None:
        for line in penalties["lines"]:
            found[line["code"], "", ""] = line["amount"]
        for name in ("uncapped", "cap", "proposed"):
            found[name.upper(), "", ""] = penalties[name]
    return found


def value_of(document: Document, code: str, sides: Mapping[str, Any]) -> str | None:
    """The exact value of an indicator at one place, from the two sides that are stated."""
    above, below = sides["numerator"], sides["denominator"]
    if sides["gap"] or sides["grade"] is None or (below is not None and below <= 0):
        return None
    return str(Fraction(above, below or 1) * Fraction(document["indicators"][code]["factor"]))


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not what was stated: where, what was stated, what was found."""

    where: str
    stated: str
    found: str


def compare(stated: object, found: object, where: str = "") -> Iterator[Difference]:
    """Every leaf of a document that differs."""
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in sorted({*stated, *found}):
            yield from compare(stated.get(key), found.get(key), f"{where}.{key}" if where else str(key))
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for place, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from compare(one, other, f"{where}[{place}]")
    elif stated != found:
        yield Difference(where, _text(stated), _text(found))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)

"""Which version is in force on a day, what changed between two, and who has still to read one. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from titulaire.clauses import clause


class Kind(StrEnum):
    """What advisers say, how they treat a request, or what they need to know."""

    SCRIPT = "SCRIPT"
    INSTRUCTION = "INSTRUCTION"
    ARTICLE = "ARTICLE"


class VersionState(StrEnum):
    """Nobody vouched for it; vouched for and to come; in force; another took its place."""

    DRAFT = "DRAFT"
    COMING = "COMING"
    IN_FORCE = "IN_FORCE"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class Dated:
    """A version by its number; `in_force_on` is None while nobody vouched for it."""

    number: int
    in_force_on: date | None


@clause("S-5.3-formation-continue")
def in_force(versions: Iterable[Dated], on: date) -> Dated | None:
    """The version that held on a day: the last to come into force by then; of two on one day, the later number."""
    held = [one for one in versions if one.in_force_on is not None and one.in_force_on <= on]
    return max(held, key=lambda one: (one.in_force_on, one.number), default=None)


def state_of(one: Dated, versions: Collection[Dated], on: date) -> VersionState:
    """Where a version stands on a day among those of its article."""
    if one.in_force_on is None:
        return VersionState.DRAFT
    if one.in_force_on > on:
        return VersionState.COMING
    return VersionState.IN_FORCE if in_force(versions, on) == one else VersionState.REPLACED


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text: `+` added, `-` taken away, a space where nothing changed."""

    sign: str
    text: str


def changes(old: str, new: str) -> list[Line]:
    """What changed from a text to another, line by line, with the lines around."""
    return list(_lines(difflib.ndiff(old.splitlines(), new.splitlines())))


def _lines(told: Iterable[str]) -> Iterator[Line]:
    for line in told:
        if not line.startswith("?"):
            yield Line(line[0], line[2:])


@clause("S-5.3-formation-continue")
def still_to_read(advisers: Iterable[str], read: Collection[str]) -> list[str]:
    """The advisers who have not said to have read, by their number."""
    return sorted(set(advisers) - set(read))


@clause("S-5.3-formation-continue")
def all_read_on(advisers: Collection[str], read: dict[str, date]) -> date | None:
    """The day on which the last of them had read; None while one has not, or when there is nobody to read."""
    if not advisers or still_to_read(advisers, read):
        return None
    return max(read[each] for each in advisers)

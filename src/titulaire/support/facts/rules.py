"""What the contract lists, day after day: a fact that names anything else enters, and the batch says so. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

LISTED_BY = {"reason": "contact_reasons"}
"""The term that lists what a column may say. No contract lists its centre's sites and groups."""

Listed = Callable[[date], tuple[str, ...] | None]
"""The names that the contract lists on a day; None when it lists none."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The same names from a day to another, both included."""

    since: date
    last: date
    names: tuple[str, ...]


def listings(days: Iterable[date], listed: Listed) -> tuple[Listing, ...]:
    """The lists in force on the days of a file, each told once; a day without a list has none."""
    found: list[Listing] = []
    before: tuple[str, ...] | None = None
    for day in sorted(days):
        names = listed(day)
        if names is not None and names == before:
            found[-1] = Listing(found[-1].since, day, names)
        elif names is not None:
            found.append(Listing(day, day, names))
        before = names
    return tuple(found)

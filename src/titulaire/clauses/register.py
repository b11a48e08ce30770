"""The register of clauses: every obligation of the contracts, its summary, and what shows it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("register.toml")
KEYS = {"id", "contract", "section", "summary", "done", "screens"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One obligation. `section` is its place in the contract, `screens` the URL names where it shows.

    `done` promises that a marked rule, a marked test and a screen exist; a test of the house holds it.
    """

    id: str
    contract: str
    section: str
    summary: str
    done: bool
    screens: tuple[str, ...]


class RegisterRefused(ValueError):
    """The register names a clause twice, or one of its entries lacks or misspells a key."""

    def __init__(self, entry: int, reason: str) -> None:
        super().__init__(f"{FILE.name}, clause no. {entry}: {reason}")
        self.entry, self.reason = entry, reason


@cache
def register() -> dict[str, Clause]:
    """Every clause by id, in the order of the contracts.

    Raises:
        RegisterRefused: an entry is incomplete, or an id is there twice.
    """
    found: dict[str, Clause] = {}
    for entry, row in enumerate(tomllib.loads(FILE.read_text(encoding="utf-8"))["clauses"], start=1):
        if set(row) != KEYS:
            raise RegisterRefused(entry, f"keys must be {', '.join(sorted(KEYS))}")
        clause = Clause(**{**row, "screens": tuple(row["screens"])})
        if clause.id in found:
            raise RegisterRefused(entry, f"{clause.id} is there twice")
        found[clause.id] = clause
    return found


def clauses_of(contract: str) -> tuple[Clause, ...]:
    """The clauses of one contract, in the order of its text."""
    return tuple(clause for clause in register().values() if clause.contract == contract)

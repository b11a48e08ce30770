"""How durations spread: calls counted by class of wait, of talk, of handling. Tables in, whole numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.indicators.engine import connect, narrow, table_of
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import counting
from titulaire.support.indicators.tables import COLUMNS

SECOND = 1000


@dataclass(frozen=True, slots=True)
class Spread:
    """Calls by class of a duration: from `edges[n]` seconds, included, to `edges[n + 1]`, not included.

    The last class has no end. `total_ms` is the sum of the durations.
    """

    edges: tuple[int, ...]
    counts: tuple[int, ...]
    total_ms: int

    @property
    def calls(self) -> int:
        return sum(self.counts)

    def below(self, place: int) -> int:
        """Calls of the classes up to this one, included."""
        return sum(self.counts[: place + 1])


WAIT_EDGES = (0, 10, 20, 30, 60, 90, 120, 180, 240, 300, 600)
TALK_EDGES = (0, 30, 60, 120, 180, 240, 300, 420, 600, 900)
"""Bounds that the contract's targets fall on: two, four and five minutes."""


def _waits(legs: ir.Table) -> tuple[ir.Table, Any]:
    """The calls that the average wait counts, and how long each waited."""
    return legs.filter(counting.awaited(legs)), legs.wait_ms


def _talks(legs: ir.Table) -> tuple[ir.Table, Any]:
    return legs.filter(counting.answered(legs)), legs.talk_ms + legs.hold_ms


def _handlings(legs: ir.Table) -> tuple[ir.Table, Any]:
    return legs.filter(counting.answered(legs)), legs.talk_ms + legs.hold_ms + legs.wrapup_ms


KINDS = {"wait": (_waits, WAIT_EDGES), "talk": (_talks, TALK_EDGES), "handling": (_handlings, TALK_EDGES)}


def counted_by_class(legs: ir.Table, kind: str) -> ir.Table:
    """An expression: how many calls in each class, and their total, by the number of the class."""
    chosen, edges = KINDS[kind]
    rows, duration = chosen(legs)
    place: Any = ibis.literal(0)
    for edge in edges[1:]:
        place = place + (duration >= edge * SECOND).cast("int64")
    classed = rows.select(place=place, duration=duration)
    return classed.group_by("place").aggregate(calls=classed.count(), total=classed.duration.sum())


@clause("S-3.3.1-tableaux-de-bord")
def spreads(
    contract: Contract, since: date, until: date, where: Mapping[str, Any] | None = None
) -> dict[str, Spread]:
    """The spread of waits, talks and handlings over a period; nothing where no call was brought."""
    files = files_in_force(contract, Record.LEGS, since=since, until=until)
    if not files:
        return {}
    found = {}
    with connect() as backend:
        legs = table_of(backend, files)
        legs = narrow(legs.filter(legs.day >= since, legs.day < until), where or {}, COLUMNS)
        for kind, (_, edges) in KINDS.items():
            rows = backend.to_pyarrow(counted_by_class(legs, kind)).to_pylist()
            counts = [0] * len(edges)
            for row in rows:
                counts[row["place"]] = row["calls"]
            found[kind] = Spread(edges, tuple(counts), int(sum(row["total"] or 0 for row in rows)))
    return found

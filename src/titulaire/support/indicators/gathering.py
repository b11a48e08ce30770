"""From facts, or the sums kept of them, to measures by month and cut. Knows files and terms, not the database."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir

from titulaire.indicators.engine import TIME_CUTS, Backend, Key, cut, narrow, rows, sums, table_of
from titulaire.indicators.rollups import added
from titulaire.support.indicators import tables
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.frame import Frame

STOCK = "forms_stock"
NEEDS = {
    "legs": ("legs",),
    "states": ("states",),
    "forms": ("items",),
    "marks": ("items",),
    "form_days": ("states", "items"),
}
"""The records that each table is made of."""
WITHIN_A_DAY = frozenset({"quarter", "hour"})


@dataclass(frozen=True, slots=True)
class Files:
    """The Parquet files of a period. `items` go back to the beginning: an answer is the first one or not."""

    legs: Sequence[Path] = ()
    states: Sequence[Path] = ()
    items: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a period (`until` not included), cuts in order, and a value wanted for some cuts."""

    since: date
    until: date
    by: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cuts(self) -> frozenset[str]:
        """The cuts used, those of time apart."""
        return frozenset(name for name in (*self.by, *self.where) if name not in TIME_CUTS)

    @property
    def within_a_day(self) -> bool:
        """Does it look inside a day, where only the facts can answer?"""
        return bool(WITHIN_A_DAY & {*self.by, *self.where})

    @property
    def has_levels(self) -> bool:
        """Has each key an end, where a stock can be told?"""
        return not (WITHIN_A_DAY | {"weekday"}) & {*self.by, *self.where}

    def inside(self, table: ir.Table) -> ir.Table:
        """The rows of the period."""
        return table.filter(table.day >= self.since, table.day < self.until)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Measures by month and key, the tables that had facts, and what vendors' reports gave in their place."""

    found: dict[Key, dict[str, int]]
    present: frozenset[str]
    told: frozenset[str] = frozenset()
    unsplit: bool = False
    """Communication is known whole, the hold not apart: no reading may take it out."""


class Source(Protocol):
    """Where measures are read: the facts, or the sums kept of them."""

    def has(self, table: str) -> bool:
        """Are there facts to make this table of?"""

    def sums(self, table: str, question: Question, names: Sequence[str]) -> dict[Key, dict[str, int]]:
        """Measures of a table over the period, by (month, *cuts)."""

    def moves(self, question: Question) -> dict[Key, dict[str, int]]:
        """What changed the stock until the end of the period, by (month, *cuts), as far back as need be."""


def gather(question: Question, source: Source, *, names: Collection[str]) -> Gathered:
    """Each measure by (month, *cuts). Tables that cannot be cut as asked are left out."""
    found: dict[Key, dict[str, int]] = {}
    present = set()
    for table, cuts in tables.CUTS_OF.items():
        wanted = [one.name for one in MEASURES.of_table(table, names)]
        if not wanted or not question.cuts <= cuts or not source.has(table):
            continue
        present.add(table)
        flows = [name for name in wanted if name != STOCK]
        if flows:
            _merge(found, source.sums(table, question, flows))
        if STOCK in wanted and question.has_levels:
            _merge(found, stock_levels(source.moves(question), question, list(found)))
    return Gathered(found, frozenset(present))


@dataclass(frozen=True, slots=True)
class Facts:
    """Measures read in the facts themselves. `day_ms` is the length of a full day."""

    backend: Backend
    files: Files
    frame: Frame
    day_ms: int

    def has(self, table: str) -> bool:
        """Are there files of all that it is made of?"""
        return all(getattr(self.files, record) for record in NEEDS[table])

    def table(self, name: str) -> ir.Table:
        """The table that a measure is counted in, with what the terms say of each row."""
        return made_ready(name, self.read, self.frame, self.day_ms)

    def read(self, record: str) -> ir.Table:
        """The rows of some record."""
        return table_of(self.backend, getattr(self.files, record))

    def sums(self, table: str, question: Question, names: Sequence[str]) -> dict[Key, dict[str, int]]:
        """See `Source`."""
        asked = narrow(question.inside(self.table(table)), question.where, tables.COLUMNS)
        by = {"_month": TIME_CUTS["month"](asked), **cut(asked, question.by, tables.COLUMNS)}
        return rows(self.backend, sums(asked, [MEASURES[name] for name in names], by), list(by))

    def moves(self, question: Question) -> dict[Key, dict[str, int]]:
        """See `Source`: from the very first form."""
        forms = self.table("forms")
        asked = narrow(forms.filter(forms.day < question.until), question.where, tables.COLUMNS)
        by = {"_month": TIME_CUTS["month"](asked), **cut(asked, question.by, tables.COLUMNS)}
        return rows(self.backend, sums(asked, [MEASURES[STOCK]], by), list(by))


def made_ready(name: str, read: Callable[[str], ir.Table], frame: Frame, day_ms: int) -> ir.Table:
    """A table to count in, from the rows of the records that it is made of."""
    match name:
        case "legs":
            return tables.legs_of(read("legs"), frame)
        case "states":
            return tables.states_of(read("states"))
        case "forms":
            return tables.forms_of(read("items"))
        case "marks":
            return tables.marks_of(read("items"), frame)
        case _:
            return tables.form_days_of(read("states"), read("items"), day_ms)


@dataclass(frozen=True, slots=True)
class Grain:
    """One way to keep the sums of a table: by day, by these cuts, and by quarter-hour or not."""

    table: str
    name: str
    cuts: frozenset[str]
    quarters: bool = False

    def answers(self, question: Question) -> bool:
        """Can it be cut as asked?"""
        return question.cuts <= self.cuts and (self.quarters or not question.within_a_day)


_DAYS, _ALL = frozenset({"flow", "group"}), frozenset(tables.COLUMNS)
GRAINS = (
    *(
        one
        for table in ("legs", "forms", "marks")
        for one in (
            Grain(table, "days", _DAYS),
            Grain(table, "reasons", _ALL - {"adviser"}),
            Grain(table, "advisers", _ALL),
            Grain(table, "quarters", _DAYS, quarters=True),
        )
    ),
    Grain("states", "days", frozenset({"site", "group"})),
    Grain("states", "advisers", tables.CUTS_OF["states"]),
    Grain("states", "quarters", frozenset({"site", "group"}), quarters=True),
    Grain("form_days", "advisers", tables.CUTS_OF["form_days"]),
)
"""The sums kept, the shortest first: an adviser or a quarter-hour makes twenty times more rows."""
OPENING = Grain("forms", "opening", _ALL)
"""The stock at the beginning of each month, as sums of the day before."""


def grain_of(table: str, question: Question) -> Grain | None:
    """The shortest sums kept of a table that answer a question; None: only the facts do."""
    return next((one for one in GRAINS if one.table == table and one.answers(question)), None)


@dataclass(frozen=True, slots=True)
class Kept:
    """Measures read in the sums kept, and in the facts where no sum is kept by the cuts asked.

    `files` gives the files of a grain over some months. `facts` are opened when first needed.
    """

    present: Collection[str]
    files: Callable[[Grain, Sequence[date]], Sequence[Path]]
    facts: Callable[[], Facts]

    def has(self, table: str) -> bool:
        """See `Source`."""
        return set(NEEDS[table]) <= set(self.present)

    def sums(self, table: str, question: Question, names: Sequence[str]) -> dict[Key, dict[str, int]]:
        """See `Source`."""
        grain = grain_of(table, question)
        if grain is None:
            return self.facts().sums(table, question, names)
        return added(
            self.files(grain, months_of(question)),
            names,
            {"_month": "month", **{name: name for name in question.by}},
            since=question.since,
            until=question.until,
            where=question.where,
        )

    def moves(self, question: Question) -> dict[Key, dict[str, int]]:
        """See `Source`: the stock of the eve of the first month, then what each day changed."""
        grain = grain_of("forms", question)
        if grain is None:
            return self.facts().moves(question)
        months = months_of(question)
        return added(
            [*self.files(OPENING, months[:1]), *self.files(grain, months)],
            [STOCK],
            {"_month": "month", **{name: name for name in question.by}},
            until=question.until,
            where=question.where,
        )


def stock_levels(
    moves: Mapping[Key, Mapping[str, int]], question: Question, keys: Iterable[Key]
) -> dict[Key, dict[str, int]]:
    """The stock at the end of each key's time: every move of the same cuts up to then, added up."""
    timed = [0, *(place + 1 for place, name in enumerate(question.by) if name in TIME_CUTS)]
    others = [place + 1 for place, name in enumerate(question.by) if name not in TIME_CUTS]
    months = months_of(question)
    first = {"day": question.since, "week": question.since - timedelta(days=question.since.weekday())}
    starts = {place + 1: first[name] for place, name in enumerate(question.by) if name in first}
    asked = {
        key
        for key in (*keys, *moves)
        if key[0] >= months[0] and all(key[place] >= start for place, start in starts.items())
    }
    if len(timed) == 1:
        asked |= {(month, *key[1:]) for key in asked | set(moves) for month in months}

    def split(key: Key) -> tuple[Key, Key]:
        return tuple(key[place] for place in timed), tuple(key[place] for place in others)

    changes: dict[Key, list[tuple[Key, int]]] = {}
    for key, measured in moves.items():
        when, what = split(key)
        changes.setdefault(what, []).append((when, measured[STOCK]))
    steps = {
        what: ([when for when, _ in sorted(found)], [0, *accumulate(change for _, change in sorted(found))])
        for what, found in changes.items()
    }
    levels: dict[Key, dict[str, int]] = {}
    for key in asked:
        when, what = split(key)
        times, totals = steps.get(what, ([], [0]))
        levels[key] = {STOCK: totals[bisect_right(times, when)]}
    return levels


def months_of(question: Question) -> list[date]:
    """The first day of each month that has a day in the period."""
    months, month = [], question.since.replace(day=1)
    while month < question.until:
        months.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months


def _merge(found: dict[Key, dict[str, int]], more: Mapping[Key, Mapping[str, int]]) -> None:
    for key, measured in more.items():
        found.setdefault(key, {}).update(measured)

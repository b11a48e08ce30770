"""From files of facts to measures by month and cut. Knows files and terms, not the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from titulaire.indicators.engine import TIME_CUTS, cut, narrow, rows, sums, table_of
from titulaire.indicators.rollups import summed
from titulaire.support.indicators import tables
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.frame import Frame

Key = tuple[Any, ...]
ROLLED = ("legs", "states")
STOCK = "forms_stock"


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
        return bool({"quarter", "hour"} & {*self.by, *self.where})

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


def gather(
    backend: Backend,
    question: Question,
    files: Files,
    frame: Frame,
    *,
    names: Collection[str],
    day_ms: int,
    rollups: Mapping[str, Sequence[Path]] | None = None,
) -> Gathered:
    """Each measure by (month, *cuts). Tables that cannot be cut as asked are left out.

    Telephony is read in `rollups` where they are given and enough; `day_ms` is the length of a full day.
    """
    found: dict[Key, dict[str, int]] = {}
    present = set()
    for name in tables.CUTS_OF:
        wanted = [one.name for one in MEASURES.of_table(name, names)]
        if not wanted or not question.cuts <= tables.CUTS_OF[name]:
            continue
        if name in ROLLED and rollups is not None and not question.within_a_day:
            if rollups.get(name):
                present.add(name)
                _merge(found, _from_rollups(backend, question, rollups[name], wanted))
        elif (table := ready_table(backend, name, files, frame, day_ms)) is not None:
            present.add(name)
            flows = [one for one in wanted if one != STOCK]
            if flows:
                _merge(found, _from_facts(backend, question, table, flows))
            if STOCK in wanted and not question.within_a_day:
                _merge(found, stock_levels(_moves(backend, question, table), question, list(found)))
    return Gathered(found, frozenset(present))


def ready_table(backend: Backend, name: str, files: Files, frame: Frame, day_ms: int) -> ir.Table | None:
    """The table that a measure is counted in, with what the terms say of each row; None without facts."""
    needed = {
        "legs": (files.legs,),
        "states": (files.states,),
        "forms": (files.items,),
        "marks": (files.items,),
        "form_days": (files.states, files.items),
    }[name]
    if not all(needed):
        return None
    read = partial(table_of, backend)
    match name:
        case "legs":
            return tables.legs_of(read(files.legs), frame)
        case "states":
            return tables.states_of(read(files.states))
        case "forms":
            return tables.forms_of(read(files.items))
        case "marks":
            return tables.marks_of(read(files.items), frame)
        case _:
            return tables.form_days_of(read(files.states), read(files.items), day_ms)


def _groups(table: ir.Table, question: Question, columns: Mapping[str, str]) -> dict[str, ir.Value]:
    return {"_month": TIME_CUTS["month"](table), **cut(table, question.by, columns)}


def _from_facts(
    backend: Backend, question: Question, table: ir.Table, wanted: Sequence[str]
) -> dict[Key, dict[str, int]]:
    asked = narrow(question.inside(table), question.where, tables.COLUMNS)
    by = _groups(asked, question, tables.COLUMNS)
    return rows(backend, sums(asked, [MEASURES[name] for name in wanted], by), list(by))


def _from_rollups(
    backend: Backend, question: Question, files: Sequence[Path], wanted: Sequence[str]
) -> dict[Key, dict[str, int]]:
    table = table_of(backend, files)
    columns = {name: name for name in (*tables.COLUMNS, "day")}
    asked = narrow(question.inside(table), question.where, columns)
    by = _groups(asked, question, columns)
    return rows(backend, summed(asked, wanted, by), list(by))


def _moves(backend: Backend, question: Question, table: ir.Table) -> dict[Key, dict[str, int]]:
    """What each key did to the stock, from the beginning until the end of the period."""
    asked = narrow(table.filter(table.day < question.until), question.where, tables.COLUMNS)
    by = _groups(asked, question, tables.COLUMNS)
    return rows(backend, sums(asked, [MEASURES[STOCK]], by), list(by))


def stock_levels(
    moves: Mapping[Key, Mapping[str, int]], question: Question, keys: Sequence[Key]
) -> dict[Key, dict[str, int]]:
    """The stock at the end of each key's time: every move of the same cuts up to then, added up."""
    timed = [0, *(place + 1 for place, name in enumerate(question.by) if name in TIME_CUTS)]
    first_month = question.since.replace(day=1)
    asked = {key for key in (*keys, *moves) if key[0] >= first_month}
    if len(timed) == 1:
        months = months_of(question)
        asked |= {(month, *key[1:]) for key in asked | set(moves) for month in months}

    def split(key: Key) -> tuple[Key, Key]:
        rest = tuple(part for place, part in enumerate(key) if place not in timed)
        return tuple(key[place] for place in timed), rest

    levels: dict[Key, dict[str, int]] = {}
    for key in asked:
        when, what = split(key)
        total = sum(
            one[STOCK] for other, one in moves.items() if split(other)[1] == what and split(other)[0] <= when
        )
        levels[key] = {STOCK: total}
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

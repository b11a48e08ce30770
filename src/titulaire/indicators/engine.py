"""Sums over files, on DuckDB through Ibis. Downloads nothing; knows no contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from titulaire.indicators.measures import Measure

MEMORY_LIMIT = "1GB"

Key = tuple[Any, ...]

TIME_CUTS: Mapping[str, Callable[[ir.Table], ir.Value]] = {
    "quarter": lambda table: table.quarter,
    "hour": lambda table: table.quarter // 4,
    "day": lambda table: table.day,
    "week": lambda table: table.day.truncate("W"),
    "month": lambda table: table.day.truncate("M"),
    "year": lambda table: table.day.year(),
}
"""A cut of time, from the columns `day` and `quarter` that every table of facts has. A week is its Monday."""


@contextmanager
def connect() -> Iterator[Backend]:
    """An engine in memory."""
    raw = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": MEMORY_LIMIT,
        },
    )
    try:
        yield ibis.duckdb.from_connection(raw)
    finally:
        raw.close()


def table_of(backend: Backend, files: Sequence[Path]) -> ir.Table:
    """The rows of some Parquet files, at least one."""
    return backend.read_parquet([str(file) for file in files])


def cut(table: ir.Table, names: Sequence[str], columns: Mapping[str, str]) -> dict[str, ir.Value]:
    """The expressions of some cuts: those of time, and those that are a column of the table."""
    return {name: TIME_CUTS[name](table) if name in TIME_CUTS else table[columns[name]] for name in names}


def narrow(table: ir.Table, where: Mapping[str, Any], columns: Mapping[str, str]) -> ir.Table:
    """The rows that have these values; None: those that have none."""
    for name, wanted in where.items():
        held: Any = cut(table, [name], columns)[name]
        table = table.filter(held.isnull() if wanted is None else held == wanted)
    return table


def sums(table: ir.Table, measures: Iterable[Measure], by: Mapping[str, ir.Value] | None = None) -> ir.Table:
    """An expression: each measure added up, by group."""
    totals = {one.name: one.total(table) for one in measures}
    groups = {name: key.name(name) for name, key in (by or {}).items()}
    return table.aggregate(by=list(groups.values()), **totals)


def rows(backend: Backend, expression: ir.Table, by: Sequence[str]) -> dict[Key, dict[str, int]]:
    """What an expression of `sums` gives: measures by key."""
    found = backend.to_pyarrow(expression).to_pylist()
    return {tuple(row.pop(name) for name in by): row for row in found}

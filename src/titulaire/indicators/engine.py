"""Sums over files through Ibis: on DuckDB, or on Spark where there is one. Downloads nothing; knows no contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends import BaseBackend

from titulaire.indicators.measures import Measure

MEMORY_LIMIT = "1GB"
DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)
SPARK_MASTER = "local[*]"
SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    # Facts are months, not terabytes: two hundred shuffle partitions would be two hundred empty tasks.
    "spark.sql.shuffle.partitions": "8",
}

VIEW = "facts_of_titulaire"

Backend: TypeAlias = BaseBackend
Key = tuple[Any, ...]

TIME_CUTS: Mapping[str, Callable[[ir.Table], ir.Value]] = {
    "quarter": lambda table: table.quarter,
    "hour": lambda table: table.quarter // 4,
    "weekday": lambda table: table.day.day_of_week.index(),
    "day": lambda table: table.day,
    "week": lambda table: table.day.truncate("W"),
    "month": lambda table: table.day.truncate("M"),
    "year": lambda table: table.day.year(),
}
"""A cut of time, from the columns `day` and `quarter` that every table of facts has. A week is its Monday,
and Monday is the weekday 0."""


class NoSuchEngine(ValueError):
    """The engine does not exist, or what it needs is not installed: `needs` says what."""

    def __init__(self, name: str, needs: str = "") -> None:
        super().__init__(f"{name}: {needs}" if needs else name)
        self.name, self.needs = name, needs


@contextmanager
def connect(engine: str = DUCKDB, *, master: str = SPARK_MASTER) -> Iterator[Backend]:
    """An engine. DuckDB's is made anew, in memory; Spark's session is shared and stays until `stop_spark`.

    Raises:
        NoSuchEngine: it is not one of ENGINES, or is not installed.
    """
    match engine:
        case "duckdb":
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
        case "spark":
            backend = _spark(master)
            try:
                yield backend
            finally:
                for name in backend.list_tables(like=VIEW):
                    backend._session.catalog.dropTempView(name)
        case _:
            raise NoSuchEngine(engine)


@cache
def _spark(master: str) -> Backend:
    if find_spec("pyspark") is None:
        raise NoSuchEngine(SPARK, "pyspark")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("titulaire")
    for name, value in SPARK_SETTINGS.items():
        builder = builder.config(name, value)
    return ibis.pyspark.connect(builder.getOrCreate())


def stop_spark() -> None:
    """End Spark's session, if there is one."""
    if find_spec("pyspark") is None:
        return
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    _spark.cache_clear()


def table_of(backend: Backend, files: Sequence[Path]) -> ir.Table:
    """The rows of some Parquet files, at least one."""
    paths = [str(file) for file in files]
    if backend.name != "pyspark":
        return backend.read_parquet(paths)
    name = ibis.util.gen_name(VIEW)
    backend._session.read.parquet(*paths).createOrReplaceTempView(name)
    return backend.table(name)


def arrow_of(backend: Backend, expression: ir.Table) -> pa.Table:
    """What an expression gives."""
    if backend.name != "pyspark":
        return backend.to_pyarrow(expression)
    # Ibis would go through pandas, where a whole number beside nothing becomes a float.
    found = backend._session.sql(ibis.to_sql(expression, dialect="pyspark")).toArrow()
    return found.cast(expression.schema().to_pyarrow())


def cut(table: ir.Table, names: Iterable[str], columns: Mapping[str, str]) -> dict[str, ir.Value]:
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
    return keyed(arrow_of(backend, expression), by)


def keyed(found: pa.Table, by: Sequence[str]) -> dict[Key, dict[str, int]]:
    """Rows of Arrow as measures by key."""
    return {tuple(row.pop(name) for name in by): row for row in found.to_pylist()}


def summed_again(found: pa.Table, names: Sequence[str], by: Mapping[str, str]) -> pa.Table:
    """Sums added up by fewer cuts, or by longer times: what a finer question gave answers a coarser one.

    `by` names each part of the key, and the cut that it is.
    """
    groups = {name: arrow_cut(found, one) for name, one in by.items()}
    groups = pa.table(groups | {name: found[name] for name in names})
    total = groups.group_by(list(by)).aggregate([(name, "sum") for name in names])
    return total.rename_columns([*by, *names])


def arrow_cut(found: pa.Table, name: str) -> Any:
    """A cut of rows of Arrow that have the columns `day` and, for `quarter` and `hour`, `quarter`."""
    return found[name] if name in found.column_names else ARROW_CUTS[name](found)


# The same cuts as `TIME_CUTS`, over rows of Arrow.
ARROW_CUTS: Mapping[str, Callable[[pa.Table], Any]] = {
    "quarter": lambda table: table["quarter"],
    "hour": lambda table: pc.divide(table["quarter"], 4),
    "weekday": lambda table: pc.day_of_week(table["day"]),
    "day": lambda table: table["day"],
    "week": lambda table: pc.floor_temporal(table["day"], unit="week").cast(pa.date32()),
    "month": lambda table: pc.floor_temporal(table["day"], unit="month").cast(pa.date32()),
    "year": lambda table: pc.year(table["day"]),
}

"""Sums kept by day: one Parquet file per month, whose changed days alone are made again.

A file is derived from facts and may be deleted at any time. Its name is the digest of what it depends on; it
says inside which key each of its days had, so that a correction of one day keeps the others.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from titulaire.indicators.engine import cut, table_of
from titulaire.indicators.measures import Measure

KEPT = 2
"""Files of a month that stay: the last, and the one that a reader may have just opened."""


def rolled(
    table: ir.Table, measures: Sequence[Measure], columns: Mapping[str, str], cuts: Iterable[str]
) -> ir.Table:
    """An expression: a table summed by day and by every cut that it has."""
    groups = {"day": table.day, **cut(table, sorted(cuts), columns)}
    totals = {one.name: one.total(table) for one in measures}
    return table.aggregate(by=[key.name(name) for name, key in groups.items()], **totals)


def keep_month(
    backend: Backend,
    folder: Path,
    month: date,
    keys: Mapping[date, str],
    make: Callable[[Sequence[date]], ir.Table],
) -> Path:
    """The file that holds a month's sums, made or mended if need be.

    `keys` gives each day that has facts what its sums depend on; `make` sums some days from the facts.
    """
    told = json.dumps({str(day): keys[day] for day in sorted(keys)}, sort_keys=True)
    place = folder / f"{month:%Y-%m}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.parquet"
    if place.is_file():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    before = _latest(folder, month)
    held = _keys_of(backend, before) if before else {}
    same = sorted(day for day, key in keys.items() if held.get(str(day)) == key)
    changed = sorted(set(keys) - set(same))
    parts = [make(changed)] if changed else []
    if before and same:
        old = table_of(backend, [before])
        parts.append(old.filter(old.day.isin(same)))
    _write(backend, ibis.union(*parts) if len(parts) > 1 else parts[0], told, place)
    _sweep(folder, month)
    return place


def summed(table: ir.Table, names: Iterable[str], by: Mapping[str, ir.Value]) -> ir.Table:
    """An expression: kept sums added up, by group."""
    totals = {name: table[name].sum().fill_null(0).cast("int64") for name in names}
    return table.aggregate(by=[key.name(name) for name, key in by.items()], **totals)


def _files(folder: Path, month: date) -> list[Path]:
    return sorted(folder.glob(f"{month:%Y-%m}-*.parquet"), key=lambda file: file.stat().st_mtime_ns)


def _latest(folder: Path, month: date) -> Path | None:
    files = _files(folder, month)
    return files[-1] if files else None


def _keys_of(backend: Backend, file: Path) -> dict[str, str]:
    found = backend.con.execute(
        "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'days'", [str(file)]
    ).fetchone()
    return dict(json.loads(found[0])) if found else {}


def _write(backend: Backend, rows: ir.Table, told: str, place: Path) -> None:
    """Whole or not at all: the bytes are on the disk before the name appears."""
    coming = place.with_suffix(f".coming-{os.getpid()}")
    target, days = (str(coming).replace("'", "''"), told.replace("'", "''"))
    # Sums of integers are wider than 64 bits in DuckDB, which Parquet would hold as floats.
    columns = ", ".join(
        f'CAST("{name}" AS BIGINT) AS "{name}"' if kind.is_integer() else f'"{name}"'
        for name, kind in rows.schema().items()
    )
    backend.con.execute(
        f"COPY (SELECT {columns} FROM ({ibis.to_sql(rows, dialect='duckdb')})) TO '{target}' "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{days: '{days}'}})"
    )
    with coming.open("rb") as file:
        os.fsync(file.fileno())
    coming.rename(place)


def _sweep(folder: Path, month: date) -> None:
    for file in _files(folder, month)[:-KEPT]:
        file.unlink(missing_ok=True)

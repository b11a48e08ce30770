"""Sums kept by day: one Parquet file per month, whose changed days alone are made again.

A file is derived from facts and may be deleted at any time. Its name is the digest of what it depends on; it
says inside which key each of its days had, so that a correction of one day keeps the others. Reading one needs
no engine: whole numbers are added up in Arrow.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from titulaire.indicators.engine import Key, cut, keyed
from titulaire.indicators.measures import Measure

KEPT = 2
"""Files of a month that stay: the last, and the one that a reader may have just opened."""
DAYS = b"days"

# The same cuts as the engine's `TIME_CUTS`, over rows of Arrow.
KEPT_CUTS: Mapping[str, Callable[[pa.Table], Any]] = {
    "quarter": lambda table: table["quarter"],
    "hour": lambda table: pc.divide(table["quarter"], 4),
    "weekday": lambda table: pc.day_of_week(table["day"]),
    "day": lambda table: table["day"],
    "week": lambda table: pc.floor_temporal(table["day"], unit="week").cast(pa.date32()),
    "month": lambda table: pc.floor_temporal(table["day"], unit="month").cast(pa.date32()),
    "year": lambda table: pc.year(table["day"]),
}
"""A cut of time, from the columns that kept sums have. `quarter` and `hour`: where quarters are kept."""


def rolled(
    table: ir.Table, measures: Sequence[Measure], columns: Mapping[str, str], cuts: Iterable[str]
) -> ir.Table:
    """An expression: a table summed by day and by every cut that it has; `quarter` may be one."""
    groups = {"day": table.day, **cut(table, sorted(cuts), columns)}
    totals = {one.name: one.total(table) for one in measures}
    return table.aggregate(by=[key.name(name) for name, key in groups.items()], **totals)


def keep_month(
    folder: Path, month: date, keys: Mapping[date, str], make: Callable[[Sequence[date]], pa.Table]
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
    held = _keys_of(before) if before else {}
    same = sorted(day for day, key in keys.items() if held.get(str(day)) == key)
    changed = sorted(set(keys) - set(same))
    parts = [_whole(make(changed))] if changed else []
    if before and same:
        old = pq.ParquetFile(before).read()
        parts.append(old.filter(pc.is_in(old["day"], pa.array(same, pa.date32()))))
    _write(pa.concat_tables(parts), told, place)
    _sweep(folder, month)
    return place


def added(
    files: Sequence[Path],
    names: Sequence[str],
    by: Mapping[str, str],
    *,
    since: date | None = None,
    until: date,
    where: Mapping[str, Any] | None = None,
) -> dict[Key, dict[str, int]]:
    """Kept sums added up over a period, `until` not included: measures by key.

    `by` names each part of the key and the cut that it is. A value None in `where`: those that have none.
    """
    where = where or {}
    used = {*by.values(), *where}
    columns = {"day", *names, *(used - set(KEPT_CUTS)), *(["quarter"] if used & {"quarter", "hour"} else [])}
    parts = [pq.ParquetFile(file).read(columns=sorted(columns)) for file in files]
    if not parts:
        return {}
    table = pa.concat_tables(parts)
    held = pc.less(table["day"], pa.scalar(until, pa.date32()))
    if since is not None:
        held = pc.and_(held, pc.greater_equal(table["day"], pa.scalar(since, pa.date32())))
    for name, wanted in where.items():
        found = _cut(table, name)
        held = pc.and_(held, found.is_null() if wanted is None else pc.equal(found, wanted).fill_null(False))
    table = table.filter(held)
    groups = pa.table({name: _cut(table, one) for name, one in by.items()})
    for name in names:
        groups = groups.append_column(name, table[name])
    total = groups.group_by(list(by)).aggregate([(name, "sum") for name in names])
    return keyed(total.rename_columns([*by, *names]), list(by))


def _cut(table: pa.Table, name: str) -> Any:
    return KEPT_CUTS[name](table) if name in KEPT_CUTS else table[name]


def _files(folder: Path, month: date) -> list[Path]:
    return sorted(folder.glob(f"{month:%Y-%m}-*.parquet"), key=lambda file: file.stat().st_mtime_ns)


def _latest(folder: Path, month: date) -> Path | None:
    files = _files(folder, month)
    return files[-1] if files else None


def _keys_of(file: Path) -> dict[str, str]:
    return dict(json.loads((pq.read_metadata(file).metadata or {}).get(DAYS, b"{}")))


def _whole(found: pa.Table) -> pa.Table:
    """Every whole number in 64 bits, whatever the engine made of it."""
    fields = [
        pa.field(field.name, pa.int64() if pa.types.is_integer(field.type) else field.type)
        for field in found.schema
    ]
    return found.select(sorted(found.column_names)).cast(pa.schema(sorted(fields, key=lambda one: one.name)))


def _write(rows: pa.Table, told: str, place: Path) -> None:
    """Whole or not at all: the bytes are on the disk before the name appears."""
    coming = place.with_suffix(f".coming-{os.getpid()}-{uuid4().hex[:8]}")
    pq.write_table(rows.replace_schema_metadata({DAYS: told.encode()}), coming, compression="zstd")
    with coming.open("rb") as file:
        os.fsync(file.fileno())
    coming.rename(place)


def _sweep(folder: Path, month: date) -> None:
    for file in _files(folder, month)[:-KEPT]:
        file.unlink(missing_ok=True)

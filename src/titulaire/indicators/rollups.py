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

from titulaire.indicators.engine import ARROW_CUTS, Key, arrow_cut, cut, keyed, summed_again
from titulaire.indicators.measures import Measure

AT_ONCE = 12
"""Months summed by one question: a contract's first screen asks a few, and none of them holds it whole."""
KEPT = 2
"""Files of a month that stay: the last, and the one that a reader may have just opened."""
DAYS = b"days"


def rolled(
    table: ir.Table, measures: Sequence[Measure], columns: Mapping[str, str], cuts: Iterable[str]
) -> ir.Table:
    """An expression: a table summed by day and by every cut that it has; `quarter` may be one."""
    groups = {"day": table.day, **cut(table, sorted(cuts), columns)}
    totals = {one.name: one.total(table) for one in measures}
    return table.aggregate(by=[key.name(name) for name, key in groups.items()], **totals)


def keep_months(
    folder: Path, keys: Mapping[date, Mapping[date, str]], make: Callable[[Sequence[date]], pa.Table]
) -> list[Path]:
    """The files that hold the sums of some months, made or mended if need be.

    `keys` gives, by month, each day that has facts what its sums depend on; `make` sums some days from the
    facts, of several months at once.
    """
    told = {
        month: json.dumps({str(day): days[day] for day in sorted(days)}, sort_keys=True)
        for month, days in keys.items()
    }
    places = {
        month: folder / f"{month:%Y-%m}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.parquet"
        for month, text in told.items()
    }
    missing = [month for month, place in places.items() if not place.is_file()]
    for some in (missing[first : first + AT_ONCE] for first in range(0, len(missing), AT_ONCE)):
        _make_months(folder, {month: (keys[month], told[month], places[month]) for month in some}, make)
    return list(places.values())


def _make_months(
    folder: Path,
    months: Mapping[date, tuple[Mapping[date, str], str, Path]],
    make: Callable[[Sequence[date]], pa.Table],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    before = {month: _latest(folder, month) for month in months}
    changed: dict[date, list[date]] = {}
    for month, (keys, _, _) in months.items():
        file = before[month]
        held = _keys_of(file) if file else {}
        changed[month] = [day for day, key in keys.items() if held.get(str(day)) != key]
    days = sorted(day for some in changed.values() for day in some)
    made = _whole(make(days)) if days else None
    for month, (keys, told, place) in months.items():
        parts = []
        if made is not None and changed[month]:
            parts.append(_on(made, changed[month]))
        file, same = before[month], set(keys) - set(changed[month])
        if file and same:
            parts.append(_on(pq.ParquetFile(file).read(), same))
        _write(pa.concat_tables(parts), told, place)
        _sweep(folder, month)


def _on(table: pa.Table, days: Iterable[date]) -> pa.Table:
    return table.filter(pc.is_in(table["day"], pa.array(sorted(days), pa.date32())))


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
    columns = {"day", *names, *(used - set(ARROW_CUTS)), *(["quarter"] if used & {"quarter", "hour"} else [])}
    parts = [pq.ParquetFile(file).read(columns=sorted(columns)) for file in files]
    if not parts:
        return {}
    table = pa.concat_tables(parts)
    held = pc.less(table["day"], pa.scalar(until, pa.date32()))
    if since is not None:
        held = pc.and_(held, pc.greater_equal(table["day"], pa.scalar(since, pa.date32())))
    for name, wanted in where.items():
        found = arrow_cut(table, name)
        held = pc.and_(held, found.is_null() if wanted is None else pc.equal(found, wanted).fill_null(False))
    return keyed(summed_again(table.filter(held), names, by), list(by))


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

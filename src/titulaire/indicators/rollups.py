"""Sums kept by day: one Arrow file per month, whose changed days alone are made again.

A file is derived from facts and may be deleted at any time. Its name says the version of all it depends on; it
says inside which key each of its days had, so that a correction of one day keeps the others. Reading one needs
no engine: whole numbers are added up in Arrow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from titulaire.indicators.engine import ARROW_CUTS, Key, arrow_cut, cut, keyed, summed_again
from titulaire.indicators.measures import Measure

AT_ONCE = 12
"""Months summed by one question: a contract's first screen asks a few, and none of them holds it whole."""
KEPT = 2
"""Files of a month that stay: the last, and the one that a reader may have just opened."""
SUFFIX = ".arrow"
"""Not Parquet: opening a small file costs a tenth, and a contract's screen opens hundreds."""
SMALL = 32_768
"""Bytes of a file read whole and held; of a larger one only the columns wanted are decompressed."""
HELD = 400
"""Small files held by a process, some tens of megabytes: a contract of four years has three hundred."""
ONE_THREAD = pa.ipc.IpcReadOptions(use_threads=False)
DAYS = b"days"
DIGITS = 16


def rolled(
    table: ir.Table, measures: Sequence[Measure], columns: Mapping[str, str], cuts: Iterable[str]
) -> ir.Table:
    """An expression: a table summed by day and by every cut that it has; `quarter` may be one."""
    groups = {"day": table.day, **cut(table, sorted(cuts), columns)}
    totals = {one.name: one.total(table) for one in measures}
    return table.aggregate(by=[key.name(name) for name, key in groups.items()], **totals)


def keep_months(
    folder: Path,
    versions: Mapping[date, str],
    keys: Callable[[date], Mapping[date, str]],
    make: Callable[[Sequence[date]], pa.Table],
) -> list[Path]:
    """The files that hold the sums of some months, made or mended if need be.

    `versions` gives, by month, the digest of all that its sums depend on. Of a month whose file is missing,
    `keys` gives what the sums of each day that has facts depend on; `make` sums some days from the facts, of
    several months at once. A month without such a day has no file.
    """
    places = {
        month: folder / f"{month:%Y-%m}-{version[:DIGITS]}{SUFFIX}" for month, version in versions.items()
    }
    missing = {month: keys(month) for month, place in places.items() if not place.is_file()}
    empty = {month for month, days in missing.items() if not days}
    asked = [month for month in missing if month not in empty]
    for some in (asked[first : first + AT_ONCE] for first in range(0, len(asked), AT_ONCE)):
        _make_months(folder, {month: (missing[month], places[month]) for month in some}, make)
    return [place for month, place in places.items() if month not in empty]


def _make_months(
    folder: Path,
    months: Mapping[date, tuple[Mapping[date, str], Path]],
    make: Callable[[Sequence[date]], pa.Table],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    before = {month: _latest(folder, month) for month in months}
    changed: dict[date, list[date]] = {}
    for month, (keys, _) in months.items():
        file = before[month]
        held = _keys_of(file) if file else {}
        changed[month] = [day for day, key in keys.items() if held.get(str(day)) != key]
    days = sorted(day for some in changed.values() for day in some)
    made = _whole(make(days)) if days else None
    for month, (keys, place) in months.items():
        parts = []
        if made is not None and changed[month]:
            parts.append(_on(made, changed[month]))
        file, same = before[month], set(keys) - set(changed[month])
        if file and same:
            parts.append(_on(_read(file), same))
        _write(pa.concat_tables(parts), keys, place)
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
    parts = [_read(file, columns) for file in files]
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
    return sorted(folder.glob(f"{month:%Y-%m}-*{SUFFIX}"), key=lambda file: file.stat().st_mtime_ns)


def _latest(folder: Path, month: date) -> Path | None:
    files = _files(folder, month)
    return files[-1] if files else None


def _read(file: Path, names: Collection[str] | None = None) -> pa.Table:
    if file.stat().st_size <= SMALL:
        found = _held(file)
        return found if names is None else found.select([one for one in found.column_names if one in names])
    with pa.memory_map(str(file)) as bytes_of:
        schema = pa.ipc.open_file(bytes_of).schema
        places = [place for place, name in enumerate(schema.names) if names is None or name in names]
        some = pa.ipc.IpcReadOptions(included_fields=places, use_threads=False)
        return pa.ipc.open_file(bytes_of, options=some).read_all()


@lru_cache(maxsize=HELD)
def _held(file: Path) -> pa.Table:
    """A small file, whole: its name changes with what it holds."""
    with pa.memory_map(str(file)) as bytes_of:
        return pa.ipc.open_file(bytes_of, options=ONE_THREAD).read_all()


def _keys_of(file: Path) -> dict[str, str]:
    with pa.memory_map(str(file)) as bytes_of:
        return dict(json.loads((pa.ipc.open_file(bytes_of).schema.metadata or {}).get(DAYS, b"{}")))


def _whole(found: pa.Table) -> pa.Table:
    """Every whole number in 64 bits, whatever the engine made of it."""
    fields = [
        pa.field(field.name, pa.int64() if pa.types.is_integer(field.type) else field.type)
        for field in found.schema
    ]
    return found.select(sorted(found.column_names)).cast(pa.schema(sorted(fields, key=lambda one: one.name)))


def _write(rows: pa.Table, keys: Mapping[date, str], place: Path) -> None:
    """Whole or not at all: the bytes are on the disk before the name appears."""
    told = json.dumps({str(day): keys[day] for day in sorted(keys)})
    coming = place.with_suffix(f".coming-{os.getpid()}-{uuid4().hex[:8]}")
    kept = rows.combine_chunks().replace_schema_metadata({DAYS: told.encode()})
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(coming), "wb") as bytes_to,
        pa.ipc.new_file(bytes_to, kept.schema, options=options) as to,
    ):
        to.write_table(kept)
    with coming.open("rb") as file:
        os.fsync(file.fileno())
    coming.rename(place)


def _sweep(folder: Path, month: date) -> None:
    for file in _files(folder, month)[:-KEPT]:
        file.unlink(missing_ok=True)

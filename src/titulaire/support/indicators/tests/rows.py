"""Facts written straight to Parquet, as the schema stores them: a test says only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from titulaire.support.facts.schema import RECORD_TYPES, Record

PARIS = ZoneInfo("Europe/Paris")
REASON = "Info générale sur le service"
ARROW = {
    "VARCHAR": pa.string(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
NOTHING: Mapping[str, Any] = {"BOOLEAN": False, "INTEGER": 0, "SMALLINT": 0, "BIGINT": 0, "VARCHAR": "X"}


def utc(day: date, at: time = time(10)) -> datetime:
    """An instant of Paris, as facts store it."""
    return datetime.combine(day, at, PARIS).astimezone(UTC).replace(tzinfo=None)


def quarter_of(at: time) -> int:
    return at.hour * 4 + at.minute // 15


def leg(key: str, day: date, at: time = time(10), **said: Any) -> dict[str, Any]:
    """An answered inbound leg, but for what is said."""
    arrived = utc(day, at)
    row = {
        "call_id": key,
        "leg": 1,
        "arrived_at": arrived,
        "day": day,
        "quarter": quarter_of(at),
        "flow": "3422",
        "call_group": "N1",
        "origin": "INBOUND",
        "outcome": "ANSWERED",
        "queued": True,
        "source_key": key,
    } | said
    if row["outcome"] == "ANSWERED":
        row = {
            "site": "NORD",
            "adviser": "C001",
            "reason": REASON,
            "qualified_by": "PERSON",
            "answered_at": arrived + timedelta(seconds=10),
        } | row
    return row


def state(key: str, day: date, at: time = time(10), **said: Any) -> dict[str, Any]:
    """A quarter-hour of waiting for calls, but for what is said."""
    return {
        "adviser": "C001",
        "started_at": utc(day, at),
        "day": day,
        "quarter": quarter_of(at),
        "duration_ms": 900_000,
        "piece": 1,
        "state": "AVAILABLE",
        "activity": "PHONE",
        "site": "NORD",
        "call_group": "N1",
        "source_key": key,
    } | said


def item(key: str, event: str, day: date, at: time = time(10), **said: Any) -> dict[str, Any]:
    """Something that happens to a form, but for what is said."""
    return {
        "item_id": key,
        "kind": "FORM",
        "event": event,
        "occurred_at": utc(day, at),
        "day": day,
        "quarter": quarter_of(at),
        "source_key": f"{key}/{event}/{said.get('marked_by', '')}/{day}T{at}",
    } | said


def write(path: Path, record: Record, rows: Iterable[Mapping[str, Any]]) -> list[Path]:
    """A Parquet file of some rows, or none when there are none."""
    columns = RECORD_TYPES[record].columns
    held = [
        {
            column.name: row.get(column.name, None if column.nullable else NOTHING.get(column.sql_type))
            for column in columns
        }
        for row in rows
    ]
    if not held:
        return []
    schema = pa.schema([(column.name, ARROW[column.sql_type]) for column in columns])
    file = path / f"{record.table}-{len(list(path.iterdir()))}.parquet"
    pq.write_table(pa.Table.from_pylist(held, schema=schema), file)
    return [file]

"""The statements whose form matters, written per database.

Vouchers by the thousand, in one statement each: COPY on PostgreSQL, a JSON text that SQLite reads as rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

BOOKLET_COLUMNS = ("contract_id", "order_id", "line_id", "rank", "reference", "size", "first_serial")
VOUCHER_COLUMNS = (
    "contract_id",
    "order_id",
    "booklet_id",
    "number",
    "serial",
    "vintage",
    "face_value_cents",
    "valid_from_on",
    "last_valid_on",
    "state",
    "code",
    "short_code",
    "issued_at",
)


def take_serials(contract_id: int, count: int) -> tuple[int, int] | None:
    """Take the next `count` serials of a contract's series: (issuer, first serial). None without a series.

    One statement: two orders issued at the same instant can neither share a serial nor leave a gap, since a
    transaction that rolls back gives its serials back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE issuing_series SET next_serial = next_serial + %s WHERE contract_id = %s "
            "RETURNING issuer, next_serial - %s",
            [count, contract_id, count],
        )
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None


def insert_booklets(rows: Sequence[tuple[object, ...]]) -> dict[int, int]:
    """Insert booklets given in the order of `BOOKLET_COLUMNS`; gives the key of each by its first serial."""
    _insert("issuing_booklet", BOOKLET_COLUMNS, rows, {})
    order_id = int(str(rows[0][BOOKLET_COLUMNS.index("order_id")]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_serial, id FROM issuing_booklet WHERE order_id = %s", [order_id])
        return dict(cursor.fetchall())


def insert_vouchers(rows: Sequence[tuple[object, ...]], *, shared: dict[str, object]) -> int:
    """Insert vouchers; `shared` holds the columns that are the same for all, `rows` the others in order."""
    return _insert("issuing_voucher", VOUCHER_COLUMNS, rows, shared)


def varying(shared: dict[str, object]) -> tuple[str, ...]:
    """The voucher columns that each row must give, in order."""
    return tuple(column for column in VOUCHER_COLUMNS if column not in shared)


def _insert(
    table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]], shared: dict[str, object]
) -> int:
    own = [column for column in columns if column not in shared]
    names = ", ".join([*own, *shared])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            fixed = tuple(shared.values())
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as target:
                for row in rows:
                    target.write_row((*row, *fixed))
        else:
            parts = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(own)))
            marks = ", %s" * len(shared)
            sql = f"INSERT INTO {table} ({names}) SELECT {parts}{marks} FROM json_each(%s)"  # noqa: S608
            parameters: list[Any] = [*map(_as_sqlite, shared.values()), json.dumps(rows)]
            cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _as_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value

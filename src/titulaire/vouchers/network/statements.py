"""The statements whose form matters: a batch of vouchers in one statement each, written per database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection

from titulaire.vouchers.network.rules import TitleFacts

LINE_COLUMNS = {
    "position": "integer",
    "given": "text",
    "number": "text",
    "voucher_id": "bigint",
    "verdict": "text",
    "note": "text",
    "proof": "text",
    "page": "integer",
    "used_on": "date",
}


def take_rank(contract_id: int, column: str) -> int:
    """The next rank of a numbered paper of a contract. A transaction that rolls back gives its rank back."""
    if column not in {"remittances", "runs", "destructions"}:
        raise ValueError(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO network_ledger (contract_id, remittances, runs, destructions) VALUES (%s, 0, 0, 0) "  # noqa: S608
            f"ON CONFLICT (contract_id) DO UPDATE SET {column} = network_ledger.{column} + 1 RETURNING {column}",
            [contract_id],
        )
        row = cursor.fetchone()
        if row[0] == 0:
            # The first paper of the contract: its row was just made.
            cursor.execute(
                f"UPDATE network_ledger SET {column} = 1 WHERE contract_id = %s RETURNING {column}",  # noqa: S608
                [contract_id],
            )
            row = cursor.fetchone()
    return int(row[0])


def titles_numbered(
    contract_id: int, numbers: Sequence[str], *, with_codes: bool = True
) -> dict[str, TitleFacts]:
    """What the register says of the contract's vouchers that bear these numbers; their codes only when asked for."""
    code = "v.code" if with_codes else "''"
    if connection.vendor == "postgresql":
        among, listed = "v.number = ANY(%s)", list(numbers)
    else:
        among, listed = "v.number IN (SELECT value FROM json_each(%s))", json.dumps(list(numbers))  # type: ignore[assignment]
    with connection.cursor() as cursor:
        cursor.execute(
            # Days as text: a batch holds very few different ones, each of which is read once.
            "SELECT v.number, v.id, v.state, v.vintage, "  # noqa: S608
            "CAST(v.valid_from_on AS text), CAST(v.last_valid_on AS text), "
            f"v.face_value_cents, v.short_code, {code} "
            f"FROM issuing_voucher v WHERE {among} AND v.contract_id = %s",
            [listed, contract_id],
        )
        return {
            number: TitleFacts(key, state, vintage, _day(since), _day(until), cents, letters, code)
            for number, key, state, vintage, since, until, cents, letters, code in cursor.fetchall()
        }


def insert_lines(remittance_id: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert the lines of a remittance, given in the order of `LINE_COLUMNS`."""
    names = ", ".join(LINE_COLUMNS)
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in LINE_COLUMNS.values())
        sql = f"INSERT INTO network_remittanceline ({names}, remittance_id) SELECT u.*, %s FROM unnest({arrays}) AS u"  # noqa: S608
        parameters: list[Any] = [remittance_id, *(list(column) for column in zip(*rows, strict=True))]
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
    else:
        # One statement, prepared once: nothing is written as JSON to be read again.
        marks = ", ".join(["%s"] * len(LINE_COLUMNS))
        sql = f"INSERT INTO network_remittanceline ({names}, remittance_id) VALUES ({marks}, {int(remittance_id)})"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.executemany(sql, [(*row[:-1], row[-1] and str(row[-1])) for row in rows])


def insert_uses(remittance_id: int, accepted_at: datetime) -> int:
    """Write the use of each accepted voucher of a remittance; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO network_use (voucher_id, line_id, remittance_id, affiliate_id, used_on, presented_on, "
            "postmarked_on, accepted_at) SELECT l.voucher_id, l.id, r.id, r.affiliate_id, l.used_on, "
            "r.presented_on, r.postmarked_on, %s FROM network_remittanceline l "
            "JOIN network_remittance r ON r.id = l.remittance_id WHERE r.id = %s AND l.verdict = 'VALID'",
            [
                accepted_at
                if connection.vendor == "postgresql"
                else connection.ops.adapt_datetimefield_value(accepted_at),
                remittance_id,
            ],
        )
        return int(cursor.rowcount)


@cache
def _day(text: str) -> date:
    return date.fromisoformat(text)

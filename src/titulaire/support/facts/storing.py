"""From accepted rows to stored columns: widened calls in two legs, states cut at quarters, callers hidden."""

from __future__ import annotations

from datetime import date

from titulaire.support.facts.intake import QUARTER_MS, literal
from titulaire.support.facts.pseudonyms import normal_sql, plain_sql, pseudonym_sql
from titulaire.support.facts.schema import RECORD_TYPES, Record
from titulaire.support.facts.zones import offsets_of

AGAIN = "pseudonym:"
"""What stands before a caller that is already a pseudonym of the leg's month: it is kept, not hidden again."""
WIDENED_KEY = "/E"
"""What ends the key of the leg added in the group that answers a widened call."""
WIDENED = "(outcome = 'ANSWERED' AND answering_group IS NOT NULL AND answering_group <> call_group)"
"""SQL: whether a row of `shaped` is a call answered by another group's adviser."""


def stored_rows(
    record: Record,
    month: date,
    *,
    source: str,
    batch: str,
    caller_key: bytes | None,
    civil_zone: str,
    has_widened: bool = True,
) -> str:
    """SQL: the rows of `shaped` that belong to a month, as they are stored, in the order of the file.

    `has_widened`: false when no row is `WIDENED`; the file is then read once and not three times.
    """
    where = f"day >= DATE '{month}' AND day < DATE '{month}' + INTERVAL 1 MONTH"
    lineage = f"{literal(source)} AS source, {literal(batch)} AS batch"
    match record:
        case Record.LEGS:
            hidden = pseudonym_sql(caller_key, "caller") if caller_key else "NULL::VARCHAR"
            # A leg told again by a correction brings the pseudonym that it already had.
            known = f"starts_with(caller, '{AGAIN}') AND regexp_full_match(caller, '{AGAIN}[0-9a-f]{{32}}')"
            hidden = f"CASE WHEN {known} THEN substr(caller, {len(AGAIN) + 1}) ELSE {hidden} END"
            legs = _legs(where) if has_widened else f"SELECT * FROM shaped WHERE {where}"
            rows = f"SELECT * REPLACE ({plain_sql('caller')} AS caller) FROM ({legs})"
            rows = f"SELECT * REPLACE ({normal_sql('caller')} AS caller) FROM ({rows})"
            rows = f"SELECT * REPLACE ({hidden} AS caller), {lineage} FROM ({rows})"
        case Record.STATES:
            rows = f"SELECT *, {lineage} FROM ({_pieces(month, civil_zone)}) WHERE {where}"
        case _:
            rows = f"SELECT *, {lineage} FROM shaped WHERE {where}"
    columns = ", ".join(
        f"CAST({column.name} AS {column.sql_type}) AS {column.name}"
        for column in RECORD_TYPES[record].columns
    )
    return f"SELECT {columns} FROM ({rows})"


def _legs(where: str) -> str:
    """A call answered by another group's adviser is a leg in each: received in one, handled in the other."""
    gone = ("reason", "qualified_by", "qualified_at", "site", "adviser", "transferred_to", "transfer_result")
    emptied = ", ".join(f"NULL AS {name}" for name in gone)
    zeroed = ", ".join(f"0 AS {name}_ms" for name in ("talk", "hold", "wrapup"))
    unqueued = ", ".join(f"0 AS {name}_ms" for name in ("ivr", "wait", "ring"))
    return (
        f"SELECT * FROM shaped WHERE {where} AND NOT coalesce({WIDENED}, false) "
        f"UNION ALL BY NAME SELECT * REPLACE "
        f"('WIDENED_OUT' AS outcome, false AS remote, {zeroed}, {emptied}) "
        f"FROM shaped WHERE {where} AND {WIDENED} "
        "UNION ALL BY NAME SELECT * REPLACE ('WIDENED' AS origin, answering_group AS call_group, "
        f"false AS queued, false AS exceptional_closure, {unqueued}, "
        f"source_key || '{WIDENED_KEY}' AS source_key) FROM shaped WHERE {where} AND {WIDENED}"
    )


def _pieces(month: date, civil_zone: str) -> str:
    """The intervals cut at every quarter-hour of UTC, which are those of civil time, DST or not."""
    offsets = offsets_of(civil_zone, month.year - 1, month.year + 1)
    start, end = "epoch_ms(started_at)", "epoch_ms(ended_at)"
    last = f"greatest({start} // {QUARTER_MS}, ({end} - 1) // {QUARTER_MS})"
    cut = (
        f"SELECT * EXCLUDE (day, quarter, started_at, ended_at), {start} AS s, {end} AS e, "
        f"unnest(range({start} // {QUARTER_MS}, {last} + 1)) AS cell, {start} // {QUARTER_MS} AS first "
        "FROM shaped "
        f"WHERE day BETWEEN DATE '{month}' - 2 AND DATE '{month}' + INTERVAL 1 MONTH"
    )
    timed = (
        "SELECT * EXCLUDE (s, e, cell, first), "
        f"make_timestamp(greatest(s, cell * {QUARTER_MS}) * 1000) AS started_at, "
        f"least(e, (cell + 1) * {QUARTER_MS}) - greatest(s, cell * {QUARTER_MS}) AS duration_ms, "
        f"cell - first + 1 AS piece FROM ({cut})"
    )
    civil = f"SELECT *, {offsets.to_civil_sql('started_at')} AS civil FROM ({timed})"
    return (
        "SELECT * EXCLUDE (civil), CAST(civil AS DATE) AS day, "
        f"extract('hour' FROM civil) * 4 + extract('minute' FROM civil) // 15 AS quarter FROM ({civil})"
    )

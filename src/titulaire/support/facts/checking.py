"""Checking a source file, all rows at once: what is accepted, and for each refused row, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from titulaire.support.facts.connectors.mapping import Connector
from titulaire.support.facts.intake import ROW, Intake, literal
from titulaire.support.facts.rules import Listing
from titulaire.support.facts.schema import Record
from titulaire.support.facts.sources import BrokenLine
from titulaire.support.facts.store import parquet
from titulaire.support.facts.storing import WIDENED

MOST_EXPLAINED = 10_000
MOST_UNLISTED = 50


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or the whole file (`row` 0), is no fact, and how to mend it.

    `row` is the line as a spreadsheet numbers it; `column` the heading in the file; `rule` a stable code.
    """

    row: int
    column: str
    rule: str
    message: str
    mend: str
    value: str = ""


@dataclass(slots=True)
class Checked:
    """A file, checked. Accepted rows are in the table `shaped`; `refusals` explains the first refused."""

    rows_read: int
    rows_accepted: int
    rows_refused: int
    refusals: list[Refusal] = field(default_factory=list)
    by_rule: Counter[str] = field(default_factory=Counter)
    days: tuple[date, ...] = ()
    has_widened: bool = True

    @property
    def months(self) -> tuple[date, ...]:
        return tuple(sorted({day.replace(day=1) for day in self.days}))


def check_rows(
    con: duckdb.DuckDBPyConnection, intake: Intake, connector: Connector, broken: Sequence[BrokenLine]
) -> Checked:
    """Read `raw` into `shaped`, and explain every row that cannot be a fact."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE shaped AS {_shaped(intake)}")
    checked = Checked(rows_read=len(broken), rows_accepted=0, rows_refused=0)
    counted = _counted(con, connector.record)
    checked.rows_read += counted.rows
    for line in broken:
        checked.by_rule["BROKEN_LINE"] += 1
        checked.refusals.append(
            Refusal(
                line.row,
                "",
                "BROKEN_LINE",
                "La ligne n’a pas le bon nombre de colonnes, ou un guillemet ne se ferme pas.",
                "Corrigez la ligne, ou le séparateur et les guillemets déclarés.",
                line.text if not intake.secret_texts else "",
            )
        )
    if counted.refused:
        _explain(con, intake, checked)
        con.execute("DELETE FROM shaped WHERE NOT ok")
    if counted.keys < counted.rows - counted.refused:
        _refuse_repeated(con, connector, checked)
    if connector.record == Record.STATES:
        _refuse_overlaps(con, checked)
    _settled(checked, _counted(con, connector.record) if checked.by_rule else counted)
    return checked


def settle(con: duckdb.DuckDBPyConnection, checked: Checked, record: Record) -> None:
    """Bring the counts and the days up to what `shaped` now holds."""
    _settled(checked, _counted(con, record))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What `shaped` holds, in one look: `keys` and `days` are those of the rows that are not refused."""

    rows: int
    refused: int
    keys: int
    days: tuple[date, ...]
    has_widened: bool


def _counted(con: duckdb.DuckDBPyConnection, record: Record) -> _Counted:
    widened = f"bool_or({WIDENED})" if record == Record.LEGS else "false"
    rows, refused, keys, days, has_widened = con.execute(
        "SELECT count(*), count(*) FILTER (NOT ok), count(DISTINCT source_key) FILTER (ok), "
        f"list(DISTINCT day) FILTER (ok), {widened} FROM shaped"
    ).fetchall()[0]
    return _Counted(rows, refused, keys, tuple(sorted(days or ())), bool(has_widened))


def _settled(checked: Checked, counted: _Counted) -> None:
    checked.rows_accepted = counted.rows - counted.refused
    checked.rows_refused = checked.rows_read - checked.rows_accepted
    checked.refusals.sort(key=lambda refusal: (refusal.row, refusal.column))
    checked.days, checked.has_widened = counted.days, counted.has_widened


def refuse_known(
    con: duckdb.DuckDBPyConnection,
    checked: Checked,
    *,
    files: Sequence[Path],
    source: str,
    but_days: Sequence[date] = (),
) -> bool:
    """Refuse the rows whose key is in force from the same source, apart from the days being replaced.

    Returns whether there was any.
    """
    if not files:
        return False
    replaced = ", ".join(f"DATE '{day}'" for day in but_days)
    apart = f" AND day NOT IN ({replaced})" if but_days else ""
    return _refuse(
        con,
        checked,
        "SELECT source_row, source_key FROM shaped WHERE source_key IN "
        f"(SELECT source_key FROM {parquet(files)} WHERE source = {literal(source)}{apart})",
        "ALREADY_KNOWN",
        "Ce fait est déjà connu d’un lot précédent.",
        "Retirez la ligne ; ou, s’il s’agit d’une correction, importez le fichier comme tel, avec sa raison.",
    )


def unlisted(con: duckdb.DuckDBPyConnection, column: str, lists: Sequence[Listing]) -> dict[str, int]:
    """The rows of `shaped` whose value of a column is not in the list of their day, by value.

    The `MOST_UNLISTED` most frequent; the rows of all the others are under "".
    """
    if not lists:
        return {}
    apart = " OR ".join(
        f"(day BETWEEN DATE '{one.since}' AND DATE '{one.last}' "
        f"AND {column} NOT IN ({', '.join(literal(name) for name in one.names)}))"
        for one in lists
    )
    rows = con.execute(
        f"SELECT {column}, count(*), CAST(sum(count(*)) OVER () AS BIGINT) FROM shaped WHERE {apart} "
        f"GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT {MOST_UNLISTED}"
    ).fetchall()
    found = {value: count for value, count, _ in rows}
    others = rows[0][2] - sum(found.values()) if rows else 0
    return found | ({"": others} if others else {})


def _shaped(intake: Intake) -> str:
    return f"SELECT {', '.join(intake.shape)}, {intake.accepted} AS ok FROM ({intake.reading}) AS read"


def _explain(con: duckdb.DuckDBPyConnection, intake: Intake, checked: Checked) -> None:
    """Which rules the refused rows break, with the text of the field."""
    broken = ", ".join(
        f"CASE WHEN {rule.condition} THEN {place} END" for place, rule in enumerate(intake.rules)
    )
    texts = "".join(f", {name}" for name in intake.texts)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE refused AS SELECT {ROW}{texts}, "
        f"list_filter([{broken}], lambda place: place IS NOT NULL) AS broken "
        f"FROM ({intake.reading}) AS read WHERE NOT ({intake.accepted})"
    )
    counts = con.execute("SELECT unnest(broken) AS place, count(*) FROM refused GROUP BY place").fetchall()
    for place, count in counts:
        checked.by_rule[intake.rules[place].code] += count
    rows = con.execute(f"SELECT * FROM refused ORDER BY {ROW} LIMIT {MOST_EXPLAINED}").fetchall()
    con.execute("DROP TABLE refused")
    for row in rows:
        values = dict(zip(intake.texts, row[1:-1], strict=True))
        for place in row[-1]:
            rule = intake.rules[place]
            text = f"t_{rule.field}"
            value = "•••" if text in intake.secret_texts else values.get(text) or ""
            checked.refusals.append(
                Refusal(row[0], rule.column, rule.code, rule.message, rule.mend, str(value)[:200])
            )


def _refuse_repeated(con: duckdb.DuckDBPyConnection, connector: Connector, checked: Checked) -> None:
    _refuse(
        con,
        checked,
        "SELECT source_row, source_key FROM shaped "
        "QUALIFY row_number() OVER (PARTITION BY source_key ORDER BY source_row) > 1",
        "REPEATED",
        "La ligne redit un fait qu’une ligne précédente du fichier donne déjà.",
        "Retirez la ligne ; un appel à plusieurs segments a besoin de leur rang (« leg »)."
        if connector.record == Record.LEGS
        else "Retirez la ligne.",
    )


def _refuse_overlaps(con: duckdb.DuckDBPyConnection, checked: Checked) -> None:
    _refuse(
        con,
        checked,
        "SELECT source_row, adviser FROM shaped QUALIFY started_at < "
        "max(ended_at) OVER (PARTITION BY adviser ORDER BY started_at, source_row "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
        "OVERLAP",
        "L’état commence avant la fin d’un autre état du même conseiller.",
        "Corrigez le début ou la fin : un conseiller n’a qu’un état à la fois.",
    )


def _refuse(
    con: duckdb.DuckDBPyConnection, checked: Checked, select: str, rule: str, message: str, mend: str
) -> bool:
    con.execute(f"CREATE OR REPLACE TEMP TABLE put_aside AS {select}")
    count = _one(con, "SELECT count(*) FROM put_aside")[0]
    if not count:
        return False
    checked.by_rule[rule] += count
    left = max(0, MOST_EXPLAINED - len(checked.refusals))
    for row, value in con.execute(f"SELECT * FROM put_aside ORDER BY 1 LIMIT {left}").fetchall():
        checked.refusals.append(Refusal(row, "", rule, message, mend, str(value)))
    con.execute("DELETE FROM shaped WHERE source_row IN (SELECT source_row FROM put_aside)")
    return True


def _one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = con.execute(query).fetchall()[0]
    return row

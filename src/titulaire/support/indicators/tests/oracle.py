"""The same figures by hand: SQL written from the contract, on another engine, sharing no code with ours.

It takes rows of facts as dictionaries and gives, for each indicator and each reading, its two sides.
"""

# ruff: noqa: S608
from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

# One query per indicator and reading: the group, the numerator, the denominator. {by} is a column or ''.
TELEPHONY = {
    ("I1", "HANDLED_HERE_ADDED"): """
        SELECT {by}, sum(outcome = 'ANSWERED'),
          sum(origin IN ('INBOUND','TRANSFER','OVERFLOW'))
          - sum(origin <> 'IVR_ONLY' AND outcome = 'DISSUADED_TELECOM')
          - sum(origin <> 'IVR_ONLY' AND outcome = 'DISSUADED_CLOSURE')
          - sum(origin <> 'IVR_ONLY' AND outcome = 'OVERFLOWED_OUT')
          - sum(origin <> 'IVR_ONLY' AND outcome = 'RECOVERED_IN_TRANSFER')
          + sum(origin = 'WIDENED' AND outcome = 'ANSWERED')
          - sum(origin <> 'IVR_ONLY' AND outcome = 'WIDENED_OUT')
        FROM legs WHERE {where} GROUP BY 1""",
    ("I1", "HANDLED_HERE_REMOVED"): """
        SELECT {by}, sum(outcome = 'ANSWERED'),
          sum(CASE WHEN origin IN ('INBOUND','TRANSFER','OVERFLOW') THEN 1 ELSE 0 END
            - CASE WHEN origin <> 'IVR_ONLY' AND outcome IN ('DISSUADED_TELECOM','DISSUADED_CLOSURE',
                'OVERFLOWED_OUT','RECOVERED_IN_TRANSFER') THEN 1 ELSE 0 END
            - CASE WHEN origin = 'WIDENED' AND outcome = 'ANSWERED' THEN 1 ELSE 0 END
            + CASE WHEN origin <> 'IVR_ONLY' AND outcome = 'WIDENED_OUT' THEN 1 ELSE 0 END)
        FROM legs WHERE {where} GROUP BY 1""",
    ("I1", "SIMPLE"): """
        SELECT {by}, sum(outcome = 'ANSWERED'), sum(origin NOT IN ('WIDENED','IVR_ONLY'))
        FROM legs WHERE {where} GROUP BY 1""",
    ("I1", "SHORT_ABANDONS_OUT"): """
        SELECT {by}, sum(outcome = 'ANSWERED'),
          sum(CASE WHEN origin IN ('INBOUND','TRANSFER','OVERFLOW') THEN 1 ELSE 0 END
            - CASE WHEN origin <> 'IVR_ONLY' AND outcome IN ('DISSUADED_TELECOM','DISSUADED_CLOSURE',
                'OVERFLOWED_OUT','RECOVERED_IN_TRANSFER') THEN 1 ELSE 0 END
            + CASE WHEN origin = 'WIDENED' AND outcome = 'ANSWERED' THEN 1 ELSE 0 END
            - CASE WHEN origin <> 'IVR_ONLY' AND outcome = 'WIDENED_OUT' THEN 1 ELSE 0 END
            - CASE WHEN origin <> 'IVR_ONLY' AND outcome = 'ABANDONED' AND wait_ms < 5000 THEN 1 ELSE 0 END)
        FROM legs WHERE {where} GROUP BY 1""",
    ("I2", "DETAILED"): """
        SELECT {by}, sum(CASE WHEN net THEN wait_ms ELSE 0 END), sum(net)
        FROM (SELECT *, origin IN ('INBOUND','TRANSFER','OVERFLOW')
                AND outcome NOT IN ('DISSUADED_TELECOM','DISSUADED_CLOSURE') AS net FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I2", "QUEUED"): """
        SELECT {by}, sum(CASE WHEN net THEN wait_ms ELSE 0 END), sum(net AND queued)
        FROM (SELECT *, origin IN ('INBOUND','TRANSFER','OVERFLOW')
                AND outcome NOT IN ('DISSUADED_TELECOM','DISSUADED_CLOSURE') AS net FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I2", "ANSWERED_ONLY"): """
        SELECT {by}, sum(CASE WHEN there THEN wait_ms ELSE 0 END), sum(there)
        FROM (SELECT *, origin IN ('INBOUND','TRANSFER','OVERFLOW')
                AND outcome IN ('ANSWERED','WIDENED_OUT') AS there FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I3", "COMPLEMENT"): """
        SELECT {by}, sum(open_then AND NOT (exceptional_closure AND incident IS NULL)), sum(open_then)
        FROM (SELECT *, origin IN ('INBOUND','IVR_ONLY') AND weekday < 5 AND NOT holiday
                AND minute >= 510 AND minute < 1050 AS open_then FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I3", "OPEN"): """
        SELECT {by}, sum(open_then AND NOT (exceptional_closure AND incident IS NULL)), sum(open_then)
        FROM (SELECT *, origin IN ('INBOUND','IVR_ONLY') AND weekday < 5
                AND minute >= 510 AND minute < 1050 AS open_then FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I3", "LITERAL"): """
        SELECT {by}, sum(origin IN ('INBOUND','IVR_ONLY') AND exceptional_closure AND incident IS NULL),
          sum(origin IN ('INBOUND','IVR_ONLY'))
        FROM legs WHERE {where} GROUP BY 1""",
    ("I3", "LITERAL+OPEN"): """
        SELECT {by}, sum(exceptional_closure AND incident IS NULL), count(*)
        FROM legs WHERE origin IN ('INBOUND','IVR_ONLY') AND {where} GROUP BY 1""",
    ("I3", "INCIDENTS_COUNTED"): """
        SELECT {by}, sum(open_then AND NOT exceptional_closure), sum(open_then)
        FROM (SELECT *, origin IN ('INBOUND','IVR_ONLY') AND weekday < 5 AND NOT holiday
                AND minute >= 510 AND minute < 1050 AS open_then FROM legs)
        WHERE {where} GROUP BY 1""",
    ("I4", ""): """
        SELECT {by}, sum(coalesce(transferred_to = 'N1_PLUS' AND transfer_result = 'COMPLETED', 0)),
          sum(origin = 'INBOUND') FROM legs WHERE {where} GROUP BY 1""",
    ("I4", "OF_ANSWERED"): """
        SELECT {by}, sum(coalesce(transferred_to = 'N1_PLUS' AND transfer_result = 'COMPLETED', 0)),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    ("I6", "COUNTED"): """
        SELECT {by}, sum(CASE outcome WHEN 'ANSWERED' THEN talk_ms + hold_ms ELSE 0 END),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    ("I6", "EXCLUDED"): """
        SELECT {by}, sum(CASE outcome WHEN 'ANSWERED' THEN talk_ms ELSE 0 END),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    ("I7", "COUNTED"): """
        SELECT {by}, sum(CASE outcome WHEN 'ANSWERED' THEN talk_ms + hold_ms + wrapup_ms ELSE 0 END),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    ("I7", "EXCLUDED"): """
        SELECT {by}, sum(CASE outcome WHEN 'ANSWERED' THEN talk_ms + wrapup_ms ELSE 0 END),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    (
        "I8",
        "",
    ): "SELECT {by}, sum(outcome = 'ANSWERED' AND NOT internal), NULL FROM legs WHERE {where} GROUP BY 1",
    (
        "I9",
        "",
    ): "SELECT {by}, sum(outcome = 'ANSWERED' AND NOT internal), NULL FROM legs WHERE {where} GROUP BY 1",
    ("I10", "END_OF_DAY"): """
        SELECT {by}, sum(outcome = 'ANSWERED' AND coalesce(qualified_by, '') = 'PERSON' AND listed
            AND (qualified_on IS NULL OR qualified_on <= day)),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
    ("I10", "BEFORE_NEXT_CALL"): """
        SELECT {by}, sum(outcome = 'ANSWERED' AND coalesce(qualified_by, '') = 'PERSON' AND listed
            AND (qualified_on IS NULL OR qualified_on <= day)
            AND (qualified_at IS NULL OR NOT EXISTS (
              SELECT 1 FROM legs AS other WHERE other.adviser = legs.adviser AND other.day = legs.day
                AND other.answered_at < legs.qualified_at
                AND (other.answered_at, other.source_key) > (legs.answered_at, legs.source_key)))),
          sum(outcome = 'ANSWERED') FROM legs WHERE {where} GROUP BY 1""",
}
STATES = {
    ("I5", "PAUSES_IN"): """
        SELECT {by}, sum(CASE WHEN state = 'AVAILABLE' THEN duration_ms ELSE 0 END), sum(duration_ms)
        FROM states WHERE activity = 'PHONE' AND {where} GROUP BY 1""",
    ("I5", "PAUSES_OUT"): """
        SELECT {by}, sum(CASE WHEN state = 'AVAILABLE' THEN duration_ms ELSE 0 END),
          sum(CASE WHEN state = 'PAUSE' THEN 0 ELSE duration_ms END)
        FROM states WHERE activity = 'PHONE' AND {where} GROUP BY 1""",
    ("I5", "OCCUPANCY"): """
        SELECT {by}, sum(CASE WHEN state IN ('TALK','HOLD','WRAPUP') THEN duration_ms ELSE 0 END),
          sum(CASE WHEN state = 'PAUSE' THEN 0 ELSE duration_ms END)
        FROM states WHERE activity = 'PHONE' AND {where} GROUP BY 1""",
    ("PLAN", "LOGGED_ON_ACTIVITY"): """
        SELECT {by}, sum(duration_ms), 0 FROM states WHERE activity IN ('PHONE','FORMS')
          AND state NOT IN ('PAUSE','TRAINING','MEETING') AND {where} GROUP BY 1""",
    ("PLAN", "WAITING_EXCLUDED"): """
        SELECT {by}, sum(duration_ms), 0 FROM states WHERE activity IN ('PHONE','FORMS')
          AND state NOT IN ('PAUSE','TRAINING','MEETING','AVAILABLE') AND {where} GROUP BY 1""",
    ("PLAN", "OUTAGE_OUT"): """
        SELECT {by}, sum(duration_ms), 0 FROM states WHERE activity IN ('PHONE','FORMS')
          AND state NOT IN ('PAUSE','TRAINING','MEETING','TOOL_OUTAGE') AND {where} GROUP BY 1""",
    ("PLAN", "PAID_PRESENCE"): "SELECT {by}, sum(duration_ms), 0 FROM states WHERE {where} GROUP BY 1",
}
FIRST = """(SELECT min(other.occurred_at || other.source_key) FROM items AS other WHERE other.kind = 'FORM'
    AND other.item_id = items.item_id AND other.event = items.event) = occurred_at || source_key"""
FORMS = {
    ("I13", ""): f"""
        SELECT {{by}}, sum(event = 'ANSWERED' AND {FIRST}),
          sum(event = 'RECEIVED' AND {FIRST}) - sum(event = 'EXCLUDED' AND exclusion IS NOT NULL AND {FIRST})
        FROM items WHERE kind = 'FORM' AND {{where}} GROUP BY 1""",
    ("I13", "GROSS"): f"""
        SELECT {{by}}, sum(event = 'ANSWERED' AND {FIRST}), sum(event = 'RECEIVED' AND {FIRST})
        FROM items WHERE kind = 'FORM' AND {{where}} GROUP BY 1""",
    ("I15", ""): f"""
        SELECT {{by}}, sum(event = 'ANSWERED' AND {FIRST}), NULL
        FROM items WHERE kind = 'FORM' AND {{where}} GROUP BY 1""",
    ("I16", ""): f"""
        SELECT {{by}}, sum(event = 'ANSWERED' AND {FIRST}), NULL
        FROM items WHERE kind = 'FORM' AND {{where}} GROUP BY 1""",
}
STOCK = {
    ("I17", ""): """
        SELECT {by}, count(*), NULL FROM (
          SELECT item_id, flow, max(occurred_at || source_key), event FROM items
          WHERE kind = 'FORM' AND event IN ('RECEIVED','REOPENED','ANSWERED','EXECUTED','REFUSED','EXCLUDED')
            AND day < :until GROUP BY item_id)
        WHERE event IN ('RECEIVED','REOPENED') AND :since IS NOT NULL GROUP BY 1"""
}
PAIRS = """
    WITH firsts AS (
      SELECT item_id, kind, marked_by, mark, sampling, {cuts},
        min(occurred_at || source_key) AS at
      FROM items WHERE event = 'MARKED' AND marked_by IS NOT NULL GROUP BY item_id, kind, marked_by),
    pairs AS (
      SELECT b.kind, b.mark AS buyer, c.mark AS contractor,
        {of_the_last},
        (coalesce(b.sampling, '') = 'DRAWN' OR coalesce(c.sampling, '') = 'DRAWN')
          AND coalesce(b.sampling, '') <> 'PICKED' AND coalesce(c.sampling, '') <> 'PICKED' AS drawn
      FROM firsts b JOIN firsts c ON b.item_id = c.item_id AND b.kind = c.kind
        AND b.marked_by = 'BUYER' AND c.marked_by = 'CONTRACTOR')"""
CUTS = (
    "day",
    "week",
    "month",
    "weekday",
    "hour",
    "quarter",
    "site",
    "flow",
    "adviser",
    "reason",
    "call_group",
)
PAIRS = PAIRS.replace("{cuts}", ", ".join(CUTS)).replace(
    "{of_the_last}",
    ", ".join(f"CASE WHEN b.at > c.at THEN b.{cut} ELSE c.{cut} END AS {cut}" for cut in CUTS),
)
MARKS = {
    (code, option): f"{PAIRS} SELECT {{by}}, sum({what}), {times} * count(*) FROM pairs "
    f"WHERE kind = '{kind}' AND {drawn} AND {{where}} GROUP BY 1"
    for code, kind in (("I11", "CALL"), ("I18", "FORM"))
    for option, what, times, drawn in (
        ("MEAN_OF_BOTH", "buyer + contractor", 2, "drawn"),
        ("CNAM_PREVAILS", "buyer", 1, "drawn"),
        ("FREE_CHOICE", "buyer + contractor", 2, "1"),
        ("CNAM_PREVAILS+FREE_CHOICE", "buyer", 1, "1"),
        ("GAP", "contractor - buyer", 1, "drawn"),
    )
    if (code, option) != ("I11", "GAP")
} | {
    ("I12", option): f"{PAIRS} SELECT {{by}}, sum(mark), count(*) FROM firsts WHERE kind = 'N2_TICKET' "
    f"AND marked_by = 'CONTRACTOR' AND {drawn} AND {{where}} GROUP BY 1"
    for option, drawn in (("SEALED_DRAW", "coalesce(sampling, '') = 'DRAWN'"), ("FREE_CHOICE", "1"))
}
DAYS = """
    WITH days AS (
      SELECT day, week, month, weekday, adviser, max(CASE activity WHEN 'FORMS' THEN site END) AS site,
        sum(CASE WHEN activity = 'FORMS' THEN duration_ms ELSE 0 END) AS forms_ms,
        sum(CASE WHEN activity = 'FORMS' THEN 0 ELSE duration_ms END) AS other_ms
      FROM states WHERE activity IN ('PHONE','FORMS') AND state NOT IN ('PAUSE','TRAINING','MEETING')
      GROUP BY day, adviser),
    done AS (
      SELECT day, adviser, count(*) AS n FROM items WHERE kind = 'FORM' AND event = 'ANSWERED' AND {first}
      GROUP BY 1, 2),
    worked AS (
      SELECT *, coalesce((SELECT n FROM done WHERE done.day = days.day AND done.adviser = days.adviser), 0) AS n
      FROM days WHERE forms_ms > 0)""".replace("{first}", FIRST)
FORM_DAYS = {
    ("I14", ""): f"{DAYS} SELECT {{by}}, sum(n), sum(forms_ms) FROM worked WHERE {{where}} GROUP BY 1",
    ("I14", "FULL_DAYS_ONLY"): f"{DAYS} SELECT {{by}}, sum(n), count(*) FROM worked "
    "WHERE other_ms = 0 AND forms_ms >= :full_day AND {where} GROUP BY 1",
}
TRAINED = """
    WITH worked AS (
      SELECT adviser, day, sum(duration_ms) AS ms FROM states
      WHERE activity IN ('PHONE','FORMS') AND state NOT IN ('PAUSE','TRAINING','MEETING') AND day < :until
      GROUP BY 1, 2),
    there AS (
      SELECT adviser, (SELECT min(day) FROM worked AS w WHERE w.adviser = worked.adviser) AS first
      FROM worked WHERE day >= :since GROUP BY 1 HAVING sum(ms) >= 60000)
    SELECT sum(CASE WHEN {rule} THEN 1 ELSE 0 END), count(*)
    FROM there LEFT JOIN trained ON trained.adviser = there.adviser"""
TRAININGS = {
    "FIRST_PRODUCTIVE_MINUTE": TRAINED.format(rule="trained_on < first"),
    "SAME_MONTH": TRAINED.format(rule="trained_on < :until"),
}
QUERIES = TELEPHONY | STATES | FORMS | STOCK | MARKS | FORM_DAYS

LEG_COLUMNS = (
    *("day", "minute", "weekday", "holiday", "flow", "call_group", "origin", "outcome", "queued", "incident"),
    *("exceptional_closure", "wait_ms", "talk_ms", "hold_ms", "wrapup_ms", "answered_at", "transferred_to"),
    *("transfer_result", "reason", "listed", "qualified_by", "qualified_at", "qualified_on", "site"),
    *("adviser", "internal", "source_key", "hour", "week", "month", "quarter"),
)
STATE_COLUMNS = (*CUTS, "state", "activity", "duration_ms")
ITEM_COLUMNS = (
    *(*CUTS, "item_id", "kind", "event", "occurred_at", "mark"),
    *("marked_by", "sampling", "exclusion", "source_key"),
)


def _plain(value: Any) -> Any:
    return (
        value.isoformat(sep=" ")
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, date)
        else value
    )


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row, with its hour, its weekday from Monday 0, its Monday and its first of the month."""
    day = row["day"]
    monday = date.fromordinal(day.toordinal() - day.weekday())
    times = {
        "hour": row["quarter"] // 4,
        "weekday": day.weekday(),
        "week": monday,
        "month": day.replace(day=1),
    }
    return {**row, **times}


class Oracle:
    """Rows of facts in SQLite."""

    def __init__(
        self,
        legs: Iterable[Mapping[str, Any]],
        states: Iterable[Mapping[str, Any]],
        items: Iterable[Mapping[str, Any]],
        *,
        reasons: Iterable[str],
        holidays: Iterable[date],
    ) -> None:
        self.base = sqlite3.connect(":memory:")
        listed, closed = set(reasons), set(holidays)
        filled = []
        for row in legs:
            at = row.get("qualified_at")
            on = at.replace(tzinfo=UTC).astimezone(PARIS).date() if at else None
            zero = dict.fromkeys(("wait_ms", "talk_ms", "hold_ms", "wrapup_ms"), 0)
            flags = {"queued": False, "exceptional_closure": False, "internal": False}
            filled.append(
                zero
                | flags
                | _timed(row)
                | {
                    "minute": row["quarter"] * 15,
                    "holiday": row["day"] in closed,
                    "listed": row.get("reason") in listed,
                    "qualified_on": on,
                }
            )
        self._fill("legs", LEG_COLUMNS, filled)
        self._fill("states", STATE_COLUMNS, [_timed(row) for row in states])
        self._fill("items", ITEM_COLUMNS, [_timed(row) for row in items])

    def _fill(self, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
        self.base.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        self.base.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})",
            [[_plain(row.get(column)) for column in columns] for row in rows],
        )

    def sides(
        self, code: str, option: str, *, since: date, until: date, by: str = "", full_day: int = 0
    ) -> dict[Any, tuple[int, int | None]]:
        """Numerator and denominator by group; what would be two zeros is left out."""
        column = {"": "NULL", "group": "call_group"}.get(by, by)
        sql = QUERIES[code, option].format(by=column, where="day >= :since AND day < :until")
        period = {"since": str(since), "until": str(until), "full_day": full_day}
        found = self.base.execute(sql, period).fetchall()
        return {key: (above, below) for key, above, below in found if above or below}

    def trained(
        self, option: str, trained_on: Mapping[str, date], *, since: date, until: date
    ) -> tuple[int, int]:
        """Advisers trained, and advisers who worked."""
        self.base.execute("CREATE TABLE IF NOT EXISTS trained (adviser, trained_on)")
        self.base.execute("DELETE FROM trained")
        rows = [(adviser, str(day)) for adviser, day in trained_on.items()]
        self.base.executemany("INSERT INTO trained VALUES (?, ?)", rows)
        period = {"since": str(since), "until": str(until)}
        above, below = self.base.execute(TRAININGS[option], period).fetchone()
        return above or 0, below

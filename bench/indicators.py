"""All telephony indicators at four grains: ours (Ibis), SQL written by hand on the same engine, and pandas.

    python bench/indicators.py            1.4 million legs over a year
    python bench/indicators.py --full     7.4 million legs over four years
    python bench/indicators.py --part screens    one part alone: engines or screens
    python bench/indicators.py --full --grown    the same ten times over: 74 million, beside the 7.4

Every engine gives the same figures, which is checked. Then, with states and forms beside the calls: the screens
of a month and of the whole contract as pages ask them, and a corrected day. Medians of some runs, in the same
process; ratios are the claim, not seconds.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django
import duckdb

os.environ["TITULAIRE_TESTING"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.test_settings")
os.environ["TITULAIRE_DATABASE"] = "sqlite:///:memory:"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from titulaire.contracts.queries import terms_as_signed  # noqa: E402
from titulaire.identity.models import Contract, Organisation  # noqa: E402
from titulaire.indicators.engine import (  # noqa: E402
    arrow_of,
    connect,
    cut,
    summed_again,
    sums,
    table_of,
)
from titulaire.support.facts.models import Batch, FactFile, Manifest  # noqa: E402
from titulaire.support.indicators import tables  # noqa: E402
from titulaire.support.indicators.catalogue import indicators  # noqa: E402
from titulaire.support.indicators.counting import MEASURES  # noqa: E402
from titulaire.support.indicators.evaluation import evaluate, options_on  # noqa: E402
from titulaire.support.indicators.frame import frame_of  # noqa: E402
from titulaire.support.indicators.kept import after, full_day_ms  # noqa: E402

RESULTS = Path(__file__).parent / "results"
TELEPHONY = ("I1", "I2", "I3", "I4", "I6", "I7", "I8", "I9", "I10")
GRAINS = {"month": ("month",), "day × site": ("day", "site"), "day × reason": ("day", "reason")} | {
    "day × adviser": ("day", "adviser")
}
SCANS = (("day", "site", "adviser"), ("day", "reason"))
"""Every measure is a whole number that adds up: two sums of the facts hold the four grains."""
SINCE = date(2025, 11, 10)
ADVISERS = 110
NOW = datetime(2029, 12, 1, tzinfo=UTC)
FORMS_PER_LEG = 353_318 / 7_375_668

FACTS = """
    SELECT 'call-' || i AS call_id, 1::SMALLINT AS leg, arrived_at, CAST(civil AS DATE) AS day,
      (extract('hour' FROM civil) * 4 + extract('minute' FROM civil) // 15)::SMALLINT AS quarter,
      CASE WHEN a < 0.955 THEN '3422' WHEN a < 0.99 THEN '0184903422' ELSE 'ELIOZ' END AS flow,
      CASE WHEN b < 0.84 THEN 'MES_N1' ELSE 'MES_ENROLEMENT' END AS call_group,
      CASE WHEN c < 0.9 THEN 'INBOUND' WHEN c < 0.93 THEN 'IVR_ONLY' WHEN c < 0.96 THEN 'WIDENED'
        WHEN c < 0.98 THEN 'TRANSFER' ELSE 'OVERFLOW' END AS origin,
      CASE WHEN d < 0.88 THEN 'ANSWERED' WHEN d < 0.94 THEN 'ABANDONED' WHEN d < 0.955 THEN 'WIDENED_OUT'
        WHEN d < 0.965 THEN 'OVERFLOWED_OUT' WHEN d < 0.98 THEN 'DISSUADED_CLOSURE'
        WHEN d < 0.99 THEN 'DISSUADED_TELECOM' ELSE 'DISSUADED_SATURATION' END AS outcome,
      true AS queued, e < 0.002 AS exceptional_closure,
      CASE WHEN e < 0.001 THEN 'INC-1' END AS incident, 30000 AS ivr_ms,
      (f * 60000)::INTEGER AS wait_ms, 3000 AS ring_ms,
      CASE WHEN d < 0.88 THEN (g * 400000)::INTEGER ELSE 0 END AS talk_ms,
      CASE WHEN d < 0.88 AND h < 0.12 THEN 42000 ELSE 0 END AS hold_ms,
      CASE WHEN d < 0.88 THEN (h * 90000)::INTEGER ELSE 0 END AS wrapup_ms,
      CASE WHEN d < 0.88 THEN arrived_at + INTERVAL 20 SECOND END AS answered_at,
      arrived_at + INTERVAL 300 SECOND AS ended_at,
      CASE WHEN k < 0.05 THEN 'N1_PLUS' END AS transferred_to,
      CASE WHEN k < 0.05 THEN 'COMPLETED' END AS transfer_result,
      CASE WHEN d < 0.88 THEN reasons[1 + (m * 17)::INTEGER % 17] END AS reason,
      CASE WHEN d < 0.88 AND n < 0.99 THEN 'PERSON' END AS qualified_by,
      CASE WHEN d < 0.88 THEN arrived_at + INTERVAL 280 SECOND END AS qualified_at,
      CASE WHEN d < 0.88 THEN ['NORD', 'EST', 'SUD'][1 + (o * 3)::INTEGER % 3] END AS site,
      CASE WHEN d < 0.88 THEN 'C' || (o * 110)::INTEGER END AS adviser,
      false AS remote, e > 0.999 AS internal, md5(i::VARCHAR) AS caller, 'bench' AS source,
      'call-' || i AS source_key, i::INTEGER AS source_row, 'bench' AS batch
    FROM (
      SELECT *, civil - INTERVAL 1 HOUR AS arrived_at FROM (
        SELECT i, ?::VARCHAR[] AS reasons, random() AS a, random() AS b, random() AS c, random() AS d,
          random() AS e, random() AS f, random() AS g, random() AS h, random() AS k, random() AS m,
          random() AS n, random() AS o,
          ?::DATE + (i * ?::BIGINT // ?::BIGINT)::INTEGER + INTERVAL (27000 + (random() * 39600)::INTEGER) SECOND
            AS civil
        FROM range(?) AS r(i)))
"""

BY_HAND = """
    SELECT {keys},
      count(*) FILTER (outcome = 'ANSWERED') AS answered,
      count(*) FILTER (origin = 'INBOUND') AS received_inbound,
      count(*) FILTER (origin = 'TRANSFER') AS received_transfer,
      count(*) FILTER (origin = 'OVERFLOW') AS received_overflow,
      count(*) FILTER (origin <> 'IVR_ONLY' AND outcome = 'DISSUADED_TELECOM') AS dissuaded_telecom,
      count(*) FILTER (origin <> 'IVR_ONLY' AND outcome = 'DISSUADED_CLOSURE') AS dissuaded_closure,
      count(*) FILTER (origin <> 'IVR_ONLY' AND outcome = 'OVERFLOWED_OUT') AS overflowed_out,
      count(*) FILTER (origin <> 'IVR_ONLY' AND outcome = 'RECOVERED_IN_TRANSFER') AS recovered_in_transfer,
      count(*) FILTER (origin = 'WIDENED' AND outcome = 'ANSWERED') AS widened_in,
      count(*) FILTER (origin <> 'IVR_ONLY' AND outcome = 'WIDENED_OUT') AS widened_out,
      count(*) FILTER (origin IN ('INBOUND', 'TRANSFER', 'OVERFLOW')
        AND outcome IN ('DISSUADED_TELECOM', 'DISSUADED_CLOSURE')) AS set_aside,
      coalesce(sum(wait_ms) FILTER (origin IN ('INBOUND', 'TRANSFER', 'OVERFLOW')
        AND outcome NOT IN ('DISSUADED_TELECOM', 'DISSUADED_CLOSURE')), 0)::BIGINT AS wait_ms,
      count(*) FILTER (origin IN ('INBOUND', 'IVR_ONLY') AND isodow(day) < 6 AND quarter >= 34
        AND quarter < 70 AND day NOT IN ({holidays})) AS presented_in_hours,
      count(*) FILTER (origin IN ('INBOUND', 'IVR_ONLY') AND isodow(day) < 6 AND quarter >= 34
        AND quarter < 70 AND day NOT IN ({holidays}) AND exceptional_closure AND incident IS NULL)
        AS closed_in_hours,
      count(*) FILTER (transferred_to = 'N1_PLUS' AND transfer_result = 'COMPLETED') AS transferred_n1_plus,
      coalesce(sum(talk_ms) FILTER (outcome = 'ANSWERED'), 0)::BIGINT AS talk_ms,
      coalesce(sum(hold_ms) FILTER (outcome = 'ANSWERED'), 0)::BIGINT AS hold_ms,
      coalesce(sum(wrapup_ms) FILTER (outcome = 'ANSWERED'), 0)::BIGINT AS wrapup_ms,
      count(*) FILTER (outcome = 'ANSWERED' AND NOT internal) AS answered_clients,
      count(*) FILTER (outcome = 'ANSWERED' AND qualified_by = 'PERSON' AND reason IN ({reasons})
        AND (qualified_at IS NULL OR qualified_at < day + CASE WHEN {summer} THEN INTERVAL 22 HOUR
          ELSE INTERVAL 23 HOUR END)) AS qualified
    FROM read_parquet('{file}') GROUP BY {keys}
"""
KEYS = {"month": "date_trunc('month', day)::DATE", "day": "day", "site": "site"} | {
    "reason": "reason",
    "adviser": "adviser",
}


def median(run: Callable[[], Any], times: int) -> tuple[float, float, Any]:
    """Median and slowest seconds of some runs, and what the last one gave."""
    took, given = [], None
    for _ in range(times):
        start = time.perf_counter()
        given = run()
        took.append(time.perf_counter() - start)
    return statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1) + 0.5)], given


def make_facts(file: Path, legs: int, days: int, reasons: tuple[str, ...]) -> None:
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(
            f"COPY ({FACTS}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)",
            [list(reasons), SINCE, days, legs, legs],
        )


def hand_sql(file: Path, by: tuple[str, ...], frame: Any, reasons: tuple[str, ...]) -> str:
    summer = " OR ".join(
        f"(day >= DATE '{span.since}' AND day < DATE '{span.until}')"
        for span in frame.spans
        if span.day_ends == timedelta(hours=22)
    )
    return BY_HAND.format(
        keys=", ".join(KEYS[name] for name in by),
        file=file,
        holidays=", ".join(f"DATE '{day}'" for day in frame.holidays),
        reasons=", ".join("'" + reason.replace("'", "''") + "'" for reason in reasons),
        summer=summer or "false",
    )


def by_hand(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return con.sql(sql).to_arrow_table()


def with_pandas(frame: Any, by: tuple[str, ...], wanted: list[str]) -> Any:
    return frame.groupby(list(by), dropna=False, observed=True)[wanted].sum()


def pandas_frame(file: Path, frame: Any, reasons: tuple[str, ...]) -> Any:
    """The columns of measures, one per row: pandas holds them in memory, as its users do."""
    import pandas as pd

    columns = [
        *("day", "quarter", "origin", "outcome", "exceptional_closure", "incident", "wait_ms", "talk_ms"),
        *("hold_ms", "wrapup_ms", "transferred_to", "transfer_result", "reason", "qualified_by"),
        *("qualified_at", "site", "adviser", "internal"),
    ]
    legs = pd.read_parquet(file, columns=columns)
    legs["day"] = pd.to_datetime(legs["day"])
    return legs


def pandas_measures(legs: Any, frame: Any, reasons: tuple[str, ...]) -> Any:
    import pandas as pd

    received = legs.origin.isin(["INBOUND", "TRANSFER", "OVERFLOW"])
    grouped, answered = legs.origin != "IVR_ONLY", legs.outcome == "ANSWERED"
    out = legs.outcome.isin(["DISSUADED_TELECOM", "DISSUADED_CLOSURE"])
    presented = legs.origin.isin(["INBOUND", "IVR_ONLY"]) & (legs.day.dt.day_of_week < 5)
    presented &= (legs.quarter >= 34) & (legs.quarter < 70)
    presented &= ~legs.day.isin(pd.to_datetime(list(frame.holidays)))
    ends = pd.Series(pd.Timedelta(hours=23), index=legs.index)
    for span in frame.spans:
        if span.day_ends == timedelta(hours=22):
            here = (legs.day >= pd.Timestamp(span.since)) & (legs.day < pd.Timestamp(span.until))
            ends = ends.mask(here, pd.Timedelta(hours=22))
    in_time = legs.qualified_at.isna() | (legs.qualified_at < legs.day + ends)
    return pd.DataFrame(
        {
            "day": legs.day,
            "month": legs.day.dt.to_period("M").dt.start_time,
            "site": legs.site,
            "reason": legs.reason,
            "adviser": legs.adviser,
            "answered": answered,
            "received_inbound": legs.origin == "INBOUND",
            "received_transfer": legs.origin == "TRANSFER",
            "received_overflow": legs.origin == "OVERFLOW",
            "dissuaded_telecom": grouped & (legs.outcome == "DISSUADED_TELECOM"),
            "dissuaded_closure": grouped & (legs.outcome == "DISSUADED_CLOSURE"),
            "overflowed_out": grouped & (legs.outcome == "OVERFLOWED_OUT"),
            "recovered_in_transfer": grouped & (legs.outcome == "RECOVERED_IN_TRANSFER"),
            "widened_in": (legs.origin == "WIDENED") & answered,
            "widened_out": grouped & (legs.outcome == "WIDENED_OUT"),
            "set_aside": received & out,
            "wait_ms": legs.wait_ms.where(received & ~out, 0).astype("int64"),
            "presented_in_hours": presented,
            "closed_in_hours": presented & legs.exceptional_closure & legs.incident.isna(),
            "transferred_n1_plus": (legs.transferred_to == "N1_PLUS") & (legs.transfer_result == "COMPLETED"),
            "talk_ms": legs.talk_ms.where(answered, 0).astype("int64"),
            "hold_ms": legs.hold_ms.where(answered, 0).astype("int64"),
            "wrapup_ms": legs.wrapup_ms.where(answered, 0).astype("int64"),
            "answered_clients": answered & ~legs.internal,
            "qualified": answered & (legs.qualified_by == "PERSON") & legs.reason.isin(reasons) & in_time,
        }
    )


def checksum(found: Any, wanted: list[str]) -> tuple[int, dict[str, int]]:
    """How many groups, and each measure over all of them weighted by the size of its group."""
    frame = found.to_pandas() if hasattr(found, "to_pandas") else found
    weight = 1 + frame["received_inbound"].astype("int64") % 97
    return len(frame), {name: int((weight * frame[name].astype("int64")).sum()) for name in wanted}


def compared(asked: argparse.Namespace, legs: int, days: int, folder: Path) -> dict[str, Any]:
    """Each engine at four grains, taking turns, on one file."""
    until = SINCE + timedelta(days=days)
    terms = terms_as_signed("mes")
    frame, reasons = frame_of(terms, SINCE, until), terms.texts("contact_reasons", on=SINCE)
    wanted = wanted_measures()
    measures = [MEASURES[name] for name in wanted]
    file = folder / "legs.parquet"
    if not file.exists():
        make_facts(file, legs, days, reasons)
    figures: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {}
    with connect() as backend:

        def ours(by: tuple[str, ...]) -> Any:
            table = tables.legs_of(table_of(backend, [file]), frame)
            return arrow_of(backend, sums(table, measures, cut(table, by, tables.COLUMNS)))

        def ibis_once() -> dict[str, Any]:
            return {grain: ours(by) for grain, by in GRAINS.items()}

        def twice_once() -> dict[str, Any]:
            scans = {by: ours(by) for by in SCANS}
            return {
                grain: summed_again(
                    next(found for cuts, found in scans.items() if holds(cuts, by)),
                    wanted,
                    {name: name for name in by},
                )
                for grain, by in GRAINS.items()
            }

        def hand_once() -> dict[str, Any]:
            return {
                grain: by_hand(backend.con, hand_sql(file, by, frame, reasons))
                for grain, by in GRAINS.items()
            }

        runs = {"SQL by hand": hand_once, "Ibis": ibis_once, "Ibis, two scans": twice_once}
        for turn in range(asked.runs + 1):
            for name, run in runs.items():
                took, _, figures[name] = median(run, 1)
                if turn:
                    seconds.setdefault(name, []).append(took)
    report: dict[str, Any] = {"legs": legs, "days": days, "runs": asked.runs, "measures": len(wanted)}
    report["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if not asked.grown:
        with_pandas_too(file, frame, reasons, wanted, max(3, asked.runs - 2), seconds, figures)
    for name, found in figures.items():
        for grain in GRAINS:
            same = checksum(found[grain], wanted) == checksum(figures["Ibis"][grain], wanted)
            assert same, f"{name} does not give the same figures at {grain}"
    report["seconds"] = {name: statistics.median(took) for name, took in seconds.items()}
    by_hand_took = report["seconds"]["SQL by hand"]
    report["ratio_to_hand_sql"] = {name: took / by_hand_took for name, took in report["seconds"].items()}
    return report


def wanted_measures() -> list[str]:
    terms = terms_as_signed("mes")
    rows = [one for one in indicators(full_day_ms(terms, SINCE)) if one.code in TELEPHONY]
    return sorted({name for one in rows for name in one.sides(options_on(terms, one, SINCE)).names})


def holds(scan: tuple[str, ...], grain: tuple[str, ...]) -> bool:
    return {name for name in grain if name != "month"} <= set(scan)


def with_pandas_too(
    file: Path,
    frame: Any,
    reasons: tuple[str, ...],
    wanted: list[str],
    runs: int,
    seconds: dict[str, list[float]],
    figures: dict[str, Any],
) -> None:
    try:
        raw = pandas_frame(file, frame, reasons)
    except ImportError:
        print("pandas is not installed: left out")
        return

    def pandas_once() -> dict[str, Any]:
        ready = pandas_measures(raw, frame, reasons)
        return {grain: with_pandas(ready, by, wanted) for grain, by in GRAINS.items()}

    for _ in range(runs):
        took, _, figures["pandas, in memory"] = median(pandas_once, 1)
        seconds.setdefault("pandas, in memory", []).append(took)


STATES = """
    SELECT 'C' || a AS adviser, (day + INTERVAL (quarter * 15 - 60) MINUTE)::TIMESTAMP AS started_at, day,
      quarter::SMALLINT AS quarter, 900000 AS duration_ms, 1 AS piece,
      CASE (a + quarter * 7) % 20 WHEN 0 THEN 'PAUSE' WHEN 1 THEN 'AVAILABLE' WHEN 2 THEN 'WRAPUP'
        ELSE 'TALK' END AS state,
      CASE WHEN a < 4 THEN 'FORMS' ELSE 'PHONE' END AS activity, NULL::VARCHAR AS reason, 'S' AS session,
      'MES_N1' AS call_group, ['NORD', 'EST', 'SUD'][1 + a % 3] AS site, false AS remote, 'bench' AS source,
      'C' || a || '/' || day || '/' || quarter AS source_key, 1 AS source_row, 'bench' AS batch
    FROM range(?) AS a(a), range(34, 70) AS q(quarter),
      (SELECT (?::DATE + i::INTEGER)::DATE AS day FROM range(?) AS r(i)) WHERE isodow(day) < 6
"""
ITEMS = """
    SELECT 'F' || i AS item_id, 'FORM' AS kind, event, day + INTERVAL 9 HOUR AS occurred_at, day,
      40::SMALLINT AS quarter, NULL::INTEGER AS mark, NULL::VARCHAR AS marked_by, NULL::VARCHAR AS sampling,
      NULL::VARCHAR AS exclusion, reasons[1 + i % 17] AS reason, ['FORM_A', 'FORM_B'][1 + i % 2] AS flow,
      NULL::VARCHAR AS call_group, CASE event WHEN 'ANSWERED' THEN 'NORD' END AS site,
      CASE event WHEN 'ANSWERED' THEN 'C' || i % 4 END AS adviser, 'bench' AS source,
      'F' || i || event AS source_key, 1 AS source_row, 'bench' AS batch
    FROM (SELECT i, ?::VARCHAR[] AS reasons, e.event,
        (?::DATE + (i * ?::BIGINT // ?::BIGINT)::INTEGER + e.later)::DATE AS day
      FROM range(?) AS r(i), (VALUES ('RECEIVED', 0), ('ANSWERED', 1)) AS e(event, later))
"""


def screens(legs: int, days: int, folder: Path) -> dict[str, Any]:
    """What pages ask, through the same door as they, with all the facts behind."""
    settings.DATA_DIR = folder
    call_command("migrate", verbosity=0)
    contract = the_contract()
    until = register(contract, legs, days, folder)
    month = until.replace(day=1)
    month = month if until.day > 27 else (month - timedelta(days=1)).replace(day=1)
    asked = {
        "a month": {"since": month, "until": after(month)},
        "by day": {"since": month, "until": after(month), "by": ("day",)},
        "by flow": {"since": month, "until": after(month), "by": ("flow",)},
        "by reason and site": {"since": month, "until": after(month), "by": ("reason", "site")},
        "weekday × hour": {"since": month, "until": after(month), "by": ("weekday", "hour"), "only": {"I1"}},
        "by adviser": {"since": month, "until": after(month), "by": ("adviser",)},
        "a day by quarter": {"since": month, "until": month + timedelta(days=1), "by": ("quarter",)},
        "the contract by month": {"since": SINCE, "until": until, "by": ("month",)},
    }
    told: dict[str, Any] = {"months_behind": days // 30, "screens_ms": {}}
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # as the server does: see config/wsgi.py
    for name, question in asked.items():
        first, _, _ = median(partial(evaluate, contract, **question), 1)
        before = time.process_time()
        usual, slow, _ = median(partial(evaluate, contract, **question), 20)
        cpu = (time.process_time() - before) / 20
        took = {"first": first, "p50": usual, "p95": slow, "cpu": cpu}
        told["screens_ms"][name] = {what: 1000 * seconds for what, seconds in took.items()}
    corrected, of_processor = [], []
    for turn in range(5):
        for record in ("LEGS", "STATES"):
            touch(contract, record, month, [month + timedelta(days=14)], f"correction-{turn}-{record}")
        before = time.process_time()
        corrected.append(median(partial(evaluate, contract, **asked["a month"]), 1)[0])
        of_processor.append(time.process_time() - before)
    told["corrected_day_seconds"] = statistics.median(corrected)
    told["corrected_day_cpu_seconds"] = statistics.median(of_processor)
    return told


def the_contract() -> Contract:
    party = Organisation.objects.create(code="bench", name="Bench")
    return Contract.objects.create(
        code="mes", title="Bench", kind="SUPPORT", buyer=party, contractor=party, opened_at=NOW
    )


def register(contract: Contract, legs: int, days: int, folder: Path) -> date:
    """Facts by month, with a batch for each day, as a centre would deliver them. Gives the day after the last."""
    reasons = list(terms_as_signed("mes").texts("contact_reasons", on=SINCE))
    forms = int(legs * FORMS_PER_LEG)
    queries = {
        "LEGS": (f"SELECT * FROM '{folder / 'legs.parquet'}'", []),  # noqa: S608
        "STATES": (STATES, [ADVISERS, SINCE, days]),
        "ITEMS": (ITEMS, [reasons, SINCE, days, forms, forms]),
    }
    for record, (query, values) in queries.items():
        home = folder / "facts" / record
        home.parent.mkdir(exist_ok=True)
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute(
                f"COPY (SELECT *, strftime(day, '%Y-%m') AS month FROM ({query})) TO '{home}' "  # noqa: S608
                "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month))",
                values,
            )
        for place in sorted(home.iterdir()):
            month = date.fromisoformat(place.name.removeprefix("month=") + "-01")
            last = min(after(month), SINCE + timedelta(days=days))
            there = [max(month, SINCE) + timedelta(days=n) for n in range((last - max(month, SINCE)).days)]
            for day in there:
                touch(contract, record, month, [day], f"{record}-{day}")
            for file in place.iterdir():
                kept = FactFile.objects.create(
                    contract=contract,
                    batch=Batch.objects.filter(record=record).order_by("pk").last(),
                    record=record,
                    month=month,
                    kind="DELIVERED",
                    path=str(file.relative_to(folder / "facts")),
                    sha256="0" * 64,
                    rows=1,
                    bytes=file.stat().st_size,
                )
                Manifest.objects.filter(record=record, month=month).last().files.add(kept)
    return SINCE + timedelta(days=days)


def touch(contract: Contract, record: str, month: date, days: list[date], key: str) -> None:
    """A batch that touched some days, and the version of its month that says so, with the same files."""
    batch = Batch.objects.create(
        contract=contract,
        key=key[-32:],
        record=record,
        source="bench",
        mapping="",
        file_name="bench",
        file_sha256="0" * 64,
        file_bytes=1,
        state="ACCEPTED",
        rows_read=1,
        rows_accepted=1,
        rows_refused=0,
        days=[str(day) for day in days],
        actor="system:bench",
        imported_at=NOW,
    )
    before = Manifest.objects.filter(contract=contract, record=record, month=month).order_by("version").last()
    manifest = Manifest.objects.create(
        contract=contract,
        record=record,
        month=month,
        version=before.version + 1 if before else 1,
        batch=batch,
        digest=f"{key:0<64}"[:64],
        rows=1,
        at=NOW,
    )
    if before:
        manifest.files.set(before.files.all())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="7.4 million legs over four years")
    parser.add_argument("--grown", action="store_true", help="ten times as many beside, without pandas")
    parser.add_argument("--part", choices=("engines", "screens"))
    parser.add_argument("--legs", type=int)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    legs = asked.legs or (7_375_668 if asked.full else 1_424_153)
    days = 1460 if asked.full else 365
    with tempfile.TemporaryDirectory() as folder:
        reasons = terms_as_signed("mes").texts("contact_reasons", on=SINCE)
        make_facts(Path(folder) / "legs.parquet", legs, days, reasons)
        report: dict[str, Any] = {"legs": legs, "days": days}
        if asked.part != "screens":
            report |= compared(asked, legs, days, Path(folder))
        if asked.grown:
            (Path(folder) / "legs.parquet").unlink()
            grown = compared(asked, 10 * legs, days, Path(folder))
            report["ten_times"] = grown | {"growth": grown["seconds"]["Ibis"] / report["seconds"]["Ibis"]}
        elif asked.part != "engines":
            report |= screens(legs, days, Path(folder))
    tell(report)
    RESULTS.mkdir(exist_ok=True)
    name = "indicators" + ("-full" if asked.full else "") + ("-grown" if asked.grown else "")
    name += f"-{asked.part}" if asked.part else ""
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def tell(report: dict[str, Any]) -> None:
    print(f"{report['legs']:,} legs over {report['days']} days")
    for name, took in report.get("seconds", {}).items():
        print(f"  {name:<20} {took:8.2f} s   × {report['ratio_to_hand_sql'][name]:.2f} of the SQL by hand")
    if "peak_memory_mb" in report:
        print(f"  {report['measures']} measures at four grains; peak {report['peak_memory_mb']} MB")
    if "ten_times" in report:
        print(f"  ten times the rows: × {report['ten_times']['growth']:.1f} of the time with Ibis")
        return tell(report["ten_times"])
    for name, ms in report.get("screens_ms", {}).items():
        print(
            f"  {name:<24} first {ms['first']:6.0f} ms, then p50 {ms['p50']:4.0f} ms, p95 {ms['p95']:4.0f} ms"
        )
    if "corrected_day_seconds" in report:
        print(
            f"  a day corrected, then its month's screen  {report['corrected_day_seconds']:.2f} s, "
            f"{report['corrected_day_cpu_seconds']:.2f} s of processor"
        )
    return None


if __name__ == "__main__":
    main()

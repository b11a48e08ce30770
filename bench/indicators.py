"""All telephony indicators at four grains: ours (Ibis), SQL written by hand on the same engine, and pandas.

    python bench/indicators.py            1.4 million legs over a year
    python bench/indicators.py --full     7.4 million legs over four years

Every engine gives the same figures, which is checked. Then: a month's screen from daily sums, one corrected
day summed again, and memory. Medians of some runs, in the same process; ratios are the claim, not seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django
import duckdb

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.test_settings")
django.setup()

from titulaire.contracts.queries import terms_as_signed  # noqa: E402
from titulaire.indicators.engine import connect, cut, rows, sums, table_of  # noqa: E402
from titulaire.indicators.rollups import keep_month, rolled, summed  # noqa: E402
from titulaire.support.indicators import tables  # noqa: E402
from titulaire.support.indicators.catalogue import indicators  # noqa: E402
from titulaire.support.indicators.counting import MEASURES  # noqa: E402
from titulaire.support.indicators.evaluation import full_day_ms, options_on  # noqa: E402
from titulaire.support.indicators.frame import frame_of  # noqa: E402

RESULTS = Path(__file__).parent / "results"
TELEPHONY = ("I1", "I2", "I3", "I4", "I6", "I7", "I8", "I9", "I10")
GRAINS = {"month": ("month",), "day × site": ("day", "site"), "day × reason": ("day", "reason")} | {
    "day × adviser": ("day", "adviser")
}
SINCE = date(2025, 11, 10)

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="7.4 million legs over four years")
    parser.add_argument("--legs", type=int)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    legs = asked.legs or (7_375_668 if asked.full else 1_424_153)
    days = 1460 if asked.full else 365
    until = SINCE + timedelta(days=days)
    terms = terms_as_signed("mes")
    frame, reasons = frame_of(terms, SINCE, until), terms.texts("contact_reasons", on=SINCE)
    wanted = sorted(
        {
            name
            for one in indicators(full_day_ms(terms, SINCE))
            if one.code in TELEPHONY
            for name in one.sides(options_on(terms, one, SINCE)).names
        }
    )
    report: dict[str, Any] = {"legs": legs, "days": days, "runs": asked.runs, "measures": len(wanted)}
    with tempfile.TemporaryDirectory() as folder, connect() as backend:
        file = Path(folder) / "legs.parquet"
        make_facts(file, legs, days, reasons)
        measures = [MEASURES[name] for name in wanted]

        def ibis_once() -> dict[str, Any]:
            table = tables.legs_of(table_of(backend, [file]), frame)
            return {
                grain: backend.to_pyarrow(sums(table, measures, cut(table, by, tables.COLUMNS)))
                for grain, by in GRAINS.items()
            }

        def hand_once() -> dict[str, Any]:
            return {
                grain: by_hand(backend.con, hand_sql(file, by, frame, reasons))
                for grain, by in GRAINS.items()
            }

        seconds: dict[str, list[float]] = {"Ibis": [], "SQL by hand": []}
        figures: dict[str, Any] = {}
        for turn in range(asked.runs + 1):
            for name, run in (("Ibis", ibis_once), ("SQL by hand", hand_once)):
                took, _, figures[name] = median(run, 1)
                if turn:
                    seconds[name].append(took)
        timings = {name: statistics.median(took) for name, took in seconds.items()}
        try:
            raw = pandas_frame(file, frame, reasons)

            def pandas_once(raw: Any = raw) -> dict[str, Any]:
                ready = pandas_measures(raw, frame, reasons)
                return {grain: with_pandas(ready, by, wanted) for grain, by in GRAINS.items()}

            timings["pandas, in memory"], _, figures["pandas, in memory"] = median(
                pandas_once, max(1, asked.runs - 2)
            )
        except ImportError:
            print("pandas is not installed: left out")
        for name, found in figures.items():
            for grain in GRAINS:
                same = checksum(found[grain], wanted) == checksum(figures["Ibis"][grain], wanted)
                assert same, f"{name} does not give the same figures at {grain}"
        report["seconds"] = timings
        report["ratio_to_hand_sql"] = {name: took / timings["SQL by hand"] for name, took in timings.items()}
        report |= rollup_figures(backend, file, Path(folder) / "rollups", frame, until, asked.runs)
    report["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    tell(report)
    RESULTS.mkdir(exist_ok=True)
    name = "indicators-full.json" if asked.full else "indicators.json"
    (RESULTS / name).write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def rollup_figures(
    backend: Any, file: Path, folder: Path, frame: Any, until: date, runs: int
) -> dict[str, Any]:
    """Daily sums: made for all months, read for one month's screen by several cuts, mended for one day."""
    legs = MEASURES.of_table("legs")

    def make(some: Any) -> Any:
        facts = table_of(backend, [file])
        facts = facts.filter(facts.day.isin(list(some)))
        return rolled(tables.legs_of(facts, frame), legs, tables.COLUMNS, tables.CUTS_OF["legs"])

    by_month: dict[date, dict[date, str]] = {}
    for n in range((until - SINCE).days):
        day = SINCE + timedelta(days=n)
        by_month.setdefault(day.replace(day=1), {})[day] = "a"
    months = [(month, keys) for month, keys in by_month.items() if len(keys) > 27][:6]
    start = time.perf_counter()
    kept = [keep_month(backend, folder, month, keys, make) for month, keys in months]
    made = (time.perf_counter() - start) / len(kept)
    names = [one.name for one in legs]

    def screen(place: Path, by: tuple[str, ...]) -> Any:
        table = table_of(backend, [place])
        columns = {name: name for name in ("day", *tables.COLUMNS)}
        return rows(backend, summed(table, names, cut(table, by, columns)), by)

    slowest, usual = [], []
    for by in ((), ("day",), ("site",), ("reason",), ("flow", "group")):
        one, worst, _ = median(partial(screen, kept[-1], by), max(20, runs))
        usual.append(one)
        slowest.append(worst)
    month, keys = months[-1]
    again, _, _ = median(
        lambda: keep_month(backend, folder, month, keys | {month: str(time.perf_counter())}, make), runs
    )
    return {
        "rollup_of_a_month_seconds": made,
        "screen_from_rollups_p50_ms": 1000 * statistics.median(usual),
        "screen_from_rollups_p95_ms": 1000 * max(slowest),
        "corrected_day_seconds": again,
    }


def tell(report: dict[str, Any]) -> None:
    print(f"{report['legs']:,} legs over {report['days']} days, {report['measures']} measures, four grains")
    for name, took in report["seconds"].items():
        print(f"  {name:<20} {took:8.2f} s   × {report['ratio_to_hand_sql'][name]:.2f} of the SQL by hand")
    print(f"  a month's daily sums, made          {report['rollup_of_a_month_seconds']:8.2f} s")
    print(f"  a corrected day, summed again       {report['corrected_day_seconds']:8.2f} s")
    print(
        f"  a month's screen from daily sums    p50 {report['screen_from_rollups_p50_ms']:.0f} ms, "
        f"p95 {report['screen_from_rollups_p95_ms']:.0f} ms"
    )
    print(f"  peak memory {report['peak_memory_mb']} MB", file=sys.stdout)


if __name__ == "__main__":
    main()

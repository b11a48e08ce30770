"""Calls a second: a whole import, every row checked and stored, beside the bare read of the same file.

.venv/bin/python bench/facts_import.py
"""

# The settings are chosen before Django is imported.
# ruff: noqa: E402

from __future__ import annotations

import csv
import itertools
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))
SCRATCH = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
    "TITULAIRE_TESTING": "1",
    "TITULAIRE_DATA_DIR": SCRATCH.name,
}

import django

django.setup()

import duckdb
import xlsxwriter
from django.core.management import call_command
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from titulaire.identity.models import Contract, Organisation
from titulaire.support.facts.connectors import SHIPPED
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.simulation import EXPORTS, Volumes, simulate

RUNS = 5
SIZES = (8_000, 200_000)
RESULTS = HERE / "results" / "facts_import.json"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
YEAR = Volumes(2026, date(2026, 1, 1), 1_424_153, 72_328)


def export(rows: int) -> Path:
    """A call export of exactly so many rows, from the simulated centre."""
    path = Path(SCRATCH.name) / f"calls-{rows}.csv"
    days = simulate([YEAR], date(2026, 1, 1), date(2026, 12, 31), seed=1)
    legs = itertools.islice((leg for day in days for leg in day.legs), rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, EXPORTS["appels"][1], delimiter=";", restval="")
        writer.writeheader()
        writer.writerows(legs)
    return path


def as_xlsx(path: Path) -> Path:
    """The same rows in a workbook, as text."""
    other = path.with_suffix(".xlsx")
    with path.open(encoding="utf-8", newline="") as file, xlsxwriter.Workbook(other) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(csv.reader(file, delimiter=";")):
            sheet.write_row(number, 0, row)
    return other


def as_parquet(path: Path) -> Path:
    """The same rows in a Parquet, as text."""
    other = path.with_suffix(".parquet")
    duckdb.sql(f"SELECT * FROM {_csv(path)}").write_parquet(str(other))  # noqa: S608
    return other


def _csv(path: Path) -> str:
    return f"read_csv('{path}', delim=';', header=true, all_varchar=true)"


def bare_engine(path: Path) -> None:
    """The whole file into a table of the same engine."""
    con = duckdb.connect(":memory:")
    reader = _csv(path) if path.suffix == ".csv" else f"read_parquet('{path}')"
    con.execute(f"CREATE TABLE t AS SELECT * FROM {reader}")  # noqa: S608
    con.close()


def bare_python(path: Path) -> None:
    """The whole file as text, by the csv module."""
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file, delimiter=";"):
            pass


def bare_workbook(path: Path) -> None:
    """Every cell, by the reader that the import uses."""
    CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def whole_import(path: Path) -> None:
    """Every row read, checked, shaped, stored and registered."""
    party, _ = Organisation.objects.get_or_create(code="p", defaults={"name": "P"})
    contract = Contract.objects.create(
        code=f"c{time.time_ns()}", title="C", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )
    text = (SHIPPED / "acd-csv.toml").read_text("utf-8")
    connector = parse_connector(text.replace('"csv"', f'"{path.suffix[1:]}"'))
    imported = import_file(contract=contract, path=path, connector=connector, actor="system:bench", at=AT)
    assert imported.batch.rows_refused == 0, imported.refusals[:3]


BARE = {".csv": (bare_engine, bare_python), ".xlsx": (bare_workbook,), ".parquet": (bare_engine,)}


def measured(act: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Median wall and processor seconds."""
    wall, processor = [], []
    for _ in range(RUNS):
        started, used = time.perf_counter(), time.process_time()
        act(path)
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return statistics.median(wall), statistics.median(processor)


def main() -> None:
    call_command("migrate", verbosity=0)
    table = Table(title="Import of calls, every row checked")
    for heading in ("rows", "what", "wall s", "CPU s", "rows/s", "× bare wall", "× bare CPU"):
        table.add_column(heading, justify="right")
    found = []
    small = export(SIZES[0])
    files = [(SIZES[0], path) for path in (small, as_xlsx(small), as_parquet(small))]
    files += [(size, export(size)) for size in SIZES[1:]]
    for size, path in files:
        bare: tuple[float, float] = (0.0, 0.0)
        for act in (*BARE[path.suffix], whole_import):
            name = f"{path.suffix[1:]}: {act.__name__.replace('_', ' ')}"
            wall, processor = measured(act, path)
            bare = (wall, processor) if act is BARE[path.suffix][0] else bare
            ratios = (wall / bare[0], processor / bare[1])
            table.add_row(
                f"{size}",
                name,
                f"{wall:.3f}",
                f"{processor:.3f}",
                f"{size / wall:,.0f}",
                *(f"{r:.2f}" for r in ratios),
            )
            found.append(
                {"rows": size, "what": name, "wall_s": round(wall, 4), "cpu_s": round(processor, 4)}
                | {"wall_ratio": round(ratios[0], 2), "cpu_ratio": round(ratios[1], 2)}
            )
    Console().print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    Console().print(f"peak memory {peak} MB, load {os.getloadavg()[0]:.1f}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {"runs": RUNS, "python": platform.python_version(), "cores": os.cpu_count(), "peak_mb": peak}
            | {"load": round(os.getloadavg()[0], 1), "results": found},
            indent=2,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()

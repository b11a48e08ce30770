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
from django.core.management import call_command
from rich.console import Console
from rich.table import Table

from titulaire.identity.models import Contract, Organisation
from titulaire.support.facts.connectors import find_connector
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


def bare_engine(path: Path) -> None:
    con = duckdb.connect(":memory:")
    con.execute(
        f"CREATE TABLE t AS SELECT * FROM read_csv('{path}', delim=';', header=true, all_varchar=true)"  # noqa: S608
    )
    con.close()


def bare_python(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file, delimiter=";"):
            pass


def whole_import(path: Path) -> None:
    party, _ = Organisation.objects.get_or_create(code="p", defaults={"name": "P"})
    contract = Contract.objects.create(
        code=f"c{time.time_ns()}", title="C", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )
    imported = import_file(
        contract=contract, path=path, connector=find_connector("acd-csv"), actor="system:bench", at=AT
    )
    assert imported.batch.state == "ACCEPTED" and imported.batch.rows_refused == 0


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
    for size in SIZES:
        path = export(size)
        bare: tuple[float, float] = (0.0, 0.0)
        for name, act in (
            ("bare read (engine)", bare_engine),
            ("bare read (csv)", bare_python),
            ("import", whole_import),
        ):
            wall, processor = measured(act, path)
            bare = (wall, processor) if name == "bare read (engine)" else bare
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

"""Calls a second: a whole import, every row checked and stored, beside the bare read of the same file.

.venv/bin/python bench/facts_import.py           days of 8,000 calls, and 200,000 rows
.venv/bin/python bench/facts_import.py --full    also a peak year, 2.06 million rows, each act in its own process
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
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.services import import_file
from titulaire.support.facts.simulation import EXPORTS, Volumes, simulate

RUNS = 5
SIZES = (8_000, 200_000)
PEAK_YEAR = 2_060_000
RESULTS = HERE / "results" / "facts_import.json"
AT = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
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


def contract() -> Contract:
    """The support contract, whose terms list the contact reasons."""
    party, _ = Organisation.objects.get_or_create(code="p", defaults={"name": "P"})
    made, _ = Contract.objects.get_or_create(
        code="mes",
        defaults={"title": "C", "kind": "SUPPORT", "buyer": party, "contractor": party, "opened_at": AT},
    )
    return made


def whole_import(path: Path) -> None:
    """Every row read, checked, shaped, stored and registered."""
    text = (SHIPPED / "acd-csv.toml").read_text("utf-8")
    connector = parse_connector(text.replace('"csv"', f'"{path.suffix[1:]}"'))
    imported = import_file(contract=contract(), path=path, connector=connector, actor="system:bench", at=AT)
    assert imported.is_new and imported.batch.rows_refused == 0, imported.refusals[:3]
    assert imported.batch.unlisted == {}, imported.batch.unlisted


def forget() -> None:
    """Untimed: what an import left, so that the next one meets an empty month."""
    for rows in (Manifest.files.through, Manifest, FactFile, Batch):
        rows.objects.all().delete()  # type: ignore[attr-defined]
    shutil.rmtree(Path(SCRATCH.name) / "facts", ignore_errors=True)


Act = Callable[[Path], None]
BARE: dict[str, tuple[Act, ...]] = {
    ".csv": (bare_engine, bare_python),
    ".xlsx": (bare_workbook,),
    ".parquet": (bare_engine,),
}


@dataclass
class Found:
    """Wall and processor seconds of each run."""

    wall: list[float]
    processor: list[float]


def measured(path: Path) -> dict[str, tuple[float, float]]:
    """The medians of each act on a file, the acts taking turns after one run that is not counted."""
    found = {act: Found([], []) for act in (*BARE[path.suffix], whole_import)}
    for run in range(RUNS + 1):
        for act, times in found.items():
            started, used = time.perf_counter(), time.process_time()
            act(path)
            if run:
                times.wall.append(time.perf_counter() - started)
                times.processor.append(time.process_time() - used)
            forget()
    return {
        act.__name__.replace("_", " "): (statistics.median(times.wall), statistics.median(times.processor))
        for act, times in found.items()
    }


def alone(act: Act, path: Path) -> dict[str, float]:
    """One act in a process of its own: seconds, and the most memory it ever held."""
    said = subprocess.run(
        [sys.executable, __file__, "--alone", act.__name__, str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, float] = json.loads(said.stdout)
    return told


def tell_alone(name: str, path: Path) -> None:
    """What `alone` reads."""
    act = {each.__name__: each for each in (bare_engine, whole_import)}[name]
    if act is whole_import:
        call_command("migrate", verbosity=0)
    started, used = time.perf_counter(), time.process_time()
    act(path)
    wall, processor = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"wall_s": round(wall, 2), "cpu_s": round(processor, 2), "peak_mb": peak}))


def keep(found: list[dict[str, object]]) -> None:
    """Write what was measured so far: a peak year takes minutes."""
    RESULTS.parent.mkdir(exist_ok=True)
    told = {"runs": RUNS, "python": platform.python_version(), "cores": os.cpu_count()}
    told |= {"load": round(os.getloadavg()[0], 1), "results": found}
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")


def main(full: bool) -> None:
    call_command("migrate", verbosity=0)
    table = Table(title="Import of calls, every row checked")
    for heading in ("rows", "what", "wall s", "CPU s", "rows/s", "× bare wall", "× bare CPU"):
        table.add_column(heading, justify="right")
    found: list[dict[str, object]] = []

    def tell(size: int, name: str, wall: float, processor: float, bare: tuple[float, float]) -> None:
        ratios = (wall / bare[0], processor / bare[1])
        told = (f"{wall:.3f}", f"{processor:.3f}", f"{size / wall:,.0f}", *(f"{r:.2f}" for r in ratios))
        table.add_row(f"{size:,}", name, *told)
        found.append(
            {"rows": size, "what": name, "wall_s": round(wall, 4), "cpu_s": round(processor, 4)}
            | {"wall_ratio": round(ratios[0], 2), "cpu_ratio": round(ratios[1], 2)}
        )

    small = export(SIZES[0])
    files = [(SIZES[0], path) for path in (small, as_xlsx(small), as_parquet(small))]
    files += [(size, export(size)) for size in SIZES[1:]]
    for size, path in files:
        times = measured(path)
        bare = next(iter(times.values()))
        for name, (wall, processor) in times.items():
            tell(size, f"{path.suffix[1:]}: {name}", wall, processor, bare)
    keep(found)
    if full:
        path = export(PEAK_YEAR)
        year = {act.__name__.replace("_", " "): alone(act, path) for act in (bare_engine, whole_import)}
        bare = (year["bare engine"]["wall_s"], year["bare engine"]["cpu_s"])
        for name, one in year.items():
            tell(PEAK_YEAR, f"csv: {name}, alone", one["wall_s"], one["cpu_s"], bare)
            found[-1]["peak_mb"] = one["peak_mb"]
    Console().print(table)
    for one in found:
        if "peak_mb" in one:
            Console().print(f"{one['what']}: {one['wall_s']} s, at most {one['peak_mb']} MB")
    Console().print(f"load {os.getloadavg()[0]:.1f}")
    keep(found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        tell_alone(sys.argv[2], Path(sys.argv[3]))
    else:
        main("--full" in sys.argv[1:])

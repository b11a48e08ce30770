"""Rows a second: the whole reading of an order file beside the bare read of its bytes."""

from __future__ import annotations

import csv
import io
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import xlsxwriter
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from titulaire.vouchers.orders.reading import read_order_file
from titulaire.vouchers.orders.reading.limits import LIMITS
from titulaire.vouchers.orders.reading.workbook import read_workbook

RUNS = 7
SIZES = (100, 2_000, 20_000)
RESULTS = Path(__file__).parent / "results" / "order_import.json"
HEADINGS = (
    "Référence",
    "Civilité",
    "Nom",
    "Prénom",
    "Complément",
    "Adresse",
    "CP",
    "Ville",
    "Nb titres",
    "Mois",
)
STREETS = ("rue de l'Église", "avenue du Général Fictif", "boulevard de la République", "chemin des Prés")
CITIES = (
    ("47000", "Agen"),
    ("47300", "Villeneuve-sur-Lot"),
    ("47200", "Marmande"),
    ("01000", "Bourg-en-Bresse"),
)


def rows(count: int) -> list[tuple[str, ...]]:
    return [
        (
            f"D-{number:06d}",
            ("M.", "Mme")[number % 2],
            f"Fictif-{chr(65 + number % 26)}{chr(97 + number // 26 % 26)}{chr(97 + number // 676 % 26)}",
            ("Zoé", "Noël", "Camille", "Éloïse")[number % 4],
            f"Appt {number % 90}" if number % 3 == 0 else "",
            f"{number % 199 + 1}, {STREETS[number % 4]}",
            *CITIES[number % 4],
            str(number % 25 + 1),
            "01/2026",
        )
        for number in range(count)
    ]


def as_csv(table: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([HEADINGS, *table])
    return out.getvalue().encode("cp1252")


def as_xlsx(table: list[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([HEADINGS, *table]):
            sheet.write_row(number, 0, cells)
    return out.getvalue()


def bare_csv(data: bytes) -> int:
    return len(list(csv.reader(io.StringIO(data.decode("cp1252"), newline=""), delimiter=";")))


def bare_xlsx(data: bytes) -> int:
    return len(CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python())


def bounded_xlsx(data: bytes) -> int:
    return len(read_workbook(data, LIMITS)[1][0].rows)


def whole(data: bytes) -> int:
    found = read_order_file(data, "bench")
    assert not found.refusals
    return len(found.rows)


def median_seconds(readings: dict[str, Callable[[bytes], int]], data: bytes) -> dict[str, float]:
    """The readings take turns, so that a busy moment of the machine touches all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in readings}
    for _ in range(RUNS + 1):
        for name, reading in readings.items():
            start = time.perf_counter()
            reading(data)
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(found[1:]) for name, found in seconds.items()}


def main() -> None:
    results = []
    shown = Table(title=f"Order files, medians of {RUNS} runs", caption=f"Python {platform.python_version()}")
    for title in ("format", "rows", "reading", "ms", "rows/s", "× the bare read"):
        shown.add_column(title, justify="left" if title in ("format", "reading") else "right")
    for form, make, readings in (
        ("CSV", as_csv, {"bare: csv module": bare_csv, "whole reading": whole}),
        (
            "XLSX",
            as_xlsx,
            {"bare: calamine": bare_xlsx, "bounded process": bounded_xlsx, "whole reading": whole},
        ),
    ):
        for size in SIZES:
            found = median_seconds(readings, make(rows(size)))
            bare = next(iter(found.values()))
            for name, seconds in found.items():
                line = {
                    "format": form,
                    "rows": size,
                    "reading": name,
                    "seconds": seconds,
                    "times_bare": seconds / bare,
                }
                results.append({**line, "rows_per_second": size / seconds})
                shown.add_row(
                    form,
                    f"{size}",
                    name,
                    f"{seconds * 1000:.1f}",
                    f"{size / seconds:,.0f}",
                    f"{seconds / bare:.1f}",
                )
    Console().print(shown)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(
        json.dumps({"runs": RUNS, "python": platform.python_version(), "results": results}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()

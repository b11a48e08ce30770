"""Comparing a cell of a report with the same count over the calls. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

TOLERANCE_PERCENT = Decimal("1")
"""No clause says how far two sources may be apart: one percent of the larger, and the page lets one choose."""

Key = tuple[Any, ...]
TIMES: Mapping[str, tuple[str, ...]] = {
    "MONTH": ("month",),
    "WEEK": ("week",),
    "DAY": ("day",),
    "HOUR": ("day", "hour"),
    "QUARTER_HOUR": ("day", "quarter"),
}
"""The cuts of time that tell one cell from the next, for each period that a cell may cover."""

PARTS: Mapping[str, tuple[str, ...]] = {"communication_ms": ("talk_ms", "hold_ms")}
"""What reports count in one and calls in two."""

LEVELS = frozenset({"forms_stock"})
"""A level, not a count: where nothing moved that day, the facts have no figure to compare."""


class Verdict(StrEnum):
    """What comes of comparing."""

    AGREES = "AGREES"
    WITHIN = "WITHIN"
    APART = "APART"
    NO_FACTS = "NO_FACTS"
    NO_CELL = "NO_CELL"

    @property
    def is_discrepancy(self) -> bool:
        return self not in {Verdict.AGREES, Verdict.WITHIN}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure of a report stands."""

    batch: str
    file_name: str
    sheet: str
    cell: str
    row: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a report. `cuts` are those it is given for, sorted by name."""

    measure: str
    value: int
    period: str
    day: date
    quarter: int
    cuts: tuple[tuple[str, str], ...]
    place: Place

    @property
    def layout(self) -> tuple[str, tuple[str, ...]]:
        """What makes cells comparable with one question to the facts."""
        return self.period, tuple(name for name, _ in self.cuts)

    @property
    def key(self) -> Key:
        """The key under which the facts answer its layout."""
        times = {
            "month": self.day.replace(day=1),
            "week": self.day - timedelta(days=self.day.weekday()),
            "day": self.day,
            "hour": self.quarter // 4,
            "quarter": self.quarter,
        }
        return (*(times[name] for name in TIMES[self.period]), *(value for _, value in self.cuts))


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure seen from both sides. `ours` is counted in the facts; `theirs` is written in a report.

    `theirs` and `place` are None where the report has no cell for what the facts count.
    """

    measure: str
    period: str
    key: Key
    cuts: tuple[tuple[str, str], ...]
    ours: int
    theirs: int | None
    verdict: Verdict
    place: Place | None

    @property
    def gap(self) -> int:
        """What the report says more than the facts."""
        return (self.theirs or 0) - self.ours


def verdict(ours: int, theirs: int, tolerance_percent: Decimal) -> Verdict:
    """Equal, close enough, or apart. On the edge of the tolerance is close enough."""
    if ours == theirs:
        return Verdict.AGREES
    close = abs(ours - theirs) * 100 <= max(ours, theirs) * tolerance_percent
    return Verdict.WITHIN if close else Verdict.APART


def counted(measured: Mapping[str, int], measure: str) -> int:
    """What the facts count for a measure of reports."""
    return sum(measured.get(part, 0) for part in PARTS.get(measure, (measure,)))


def compare_layout(
    cells: Iterable[Cell],
    found: Mapping[Key, Mapping[str, int]],
    *,
    days_told: Collection[date],
    tolerance_percent: Decimal,
) -> Iterator[Compared]:
    """The cells of one layout and one table beside the facts of the same cuts.

    `days_told` are the days that have facts at all. Within the times that a report covers, what the facts count and
    the report leaves out is a discrepancy too.
    """
    said: dict[str, set[Key]] = {}
    cells = list(cells)
    for cell in cells:
        name = cell.measure.lower()
        said.setdefault(name, set()).add(cell.key)
        measured = found.get(cell.key, {})
        if name in LEVELS and name not in measured:
            continue
        ours = counted(measured, name)
        judged = verdict(ours, cell.value, tolerance_percent)
        if judged is Verdict.APART and not ours and cell.period not in {"MONTH", "WEEK"}:
            judged = judged if cell.day in days_told else Verdict.NO_FACTS
        yield Compared(cell.measure, cell.period, cell.key, cell.cuts, ours, cell.value, judged, cell.place)
    if not cells:
        return
    period, cuts = cells[0].layout
    times = len(TIMES[period])
    for name, keys in said.items():
        covered = {key[:times] for key in keys}
        for key, measured in found.items():
            ours = counted(measured, name)
            if ours and key not in keys and key[:times] in covered and None not in key and name not in LEVELS:
                named = tuple(zip(cuts, key[times:], strict=True))
                yield Compared(name.upper(), period, key, named, ours, None, Verdict.NO_CELL, None)

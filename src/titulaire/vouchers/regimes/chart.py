"""Where to draw the dates of a vintage: one row per regime, months across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from titulaire.vouchers.regimes.rules import Subject, Timeline

LEFT, RIGHT, TOP, ROW = 190, 20, 28, 40
WIDTH = 900


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a row, in the units of the drawing; `late` is the time left to merchants."""

    x: float
    width: float
    late: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A day of a row."""

    x: float
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """One regime: its name, and what is drawn on its line."""

    name: str
    y: float
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]

    @property
    def middle(self) -> float:
        return self.y + ROW / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole drawing."""

    width: int
    height: int
    months: tuple[tuple[float, str], ...]
    years: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]


def draw(timelines: Sequence[Timeline], names: Mapping[str, str]) -> Chart:
    """The drawing of several timelines of one vintage, from November before it to July after it."""
    vintage = timelines[0].vintage
    since, until = date(vintage - 1, 11, 1), date(vintage + 1, 7, 1)

    def place(day: date) -> float:
        share = (day - since).days / (until - since).days
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), 1.0), 1)

    months = [
        date(since.year + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in range(since.month, 32)
    ]
    rows = []
    for number, timeline in enumerate(timelines):
        first = timeline.due_on(Subject.FIRST_USE) or date(vintage, 1, 1)
        last = timeline.due_on(Subject.LAST_USE)
        cutoff = timeline.due_on(Subject.PRESENTATION_CUTOFF)
        bars = []
        if last:
            bars.append(Bar(place(first), round(place(last) - place(first), 1), late=False))
        if last and cutoff:
            bars.append(Bar(place(last), round(place(cutoff) - place(last), 1), late=True))
        marks = [
            Mark(place(day), kind)
            for subject, kind in ((Subject.REPLACEMENT, "replacement"), (Subject.REFUND_DATE, "refund"))
            if (day := timeline.due_on(subject))
        ]
        rows.append(Row(names[timeline.owner], TOP + number * ROW, tuple(bars), tuple(marks)))
    return Chart(
        width=WIDTH,
        height=TOP + ROW * len(rows) + 8,
        months=tuple((place(day), "") for day in months),
        years=tuple((place(day), f"{day:%m/%Y}") for day in months if day.month in {1, 4, 7, 10}),
        rows=tuple(rows),
    )

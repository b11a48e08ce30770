"""Where no call was delivered, the cells of the vendor's reports stand for measures: grade B. Pure.

A report counts the same thing several times: by day and for the month, by group and for all. For each measure
one layout is taken, the coarsest that can answer, and its cells are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from titulaire.indicators.engine import Key
from titulaire.support.facts.schema import Measure
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.gathering import Question

PERIODS = ("MONTH", "WEEK", "DAY", "HOUR", "QUARTER_HOUR")
"""From the coarsest. A week straddles months: it answers a question by week alone."""
ANSWERS = {
    "quarter": {"QUARTER_HOUR"},
    "hour": {"HOUR", "QUARTER_HOUR"},
    "weekday": {"DAY", "HOUR", "QUARTER_HOUR"},
    "day": {"DAY", "HOUR", "QUARTER_HOUR"},
    "week": {"DAY", "HOUR", "QUARTER_HOUR"},
    "month": {"MONTH", "DAY", "HOUR", "QUARTER_HOUR"},
    "year": {"MONTH", "DAY", "HOUR", "QUARTER_HOUR"},
}
SPLIT = {"communication_ms", "talk_ms"}
LEVELS = {Measure.FORMS_STOCK}
"""What does not add up over time."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a report. `cuts` are those it is given for: its flow, its group…"""

    measure: str
    value: int
    period: str
    day: date
    quarter: int
    cuts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vendor:
    """Measures by (month, *cuts), the names of those that the reports give, and is the hold not told apart?"""

    found: dict[Key, dict[str, int]]
    known: frozenset[str]
    unsplit: bool


def from_cells(cells: Iterable[Cell], question: Question, *, hold_counted: bool = True) -> Vendor:
    """The measures that reports give. `hold_counted`: communication is wanted whole, as many reports give it."""
    layouts: dict[tuple[str, date], dict[tuple[int, int, tuple[str, ...]], list[Cell]]] = {}
    for cell in cells:
        if cell.measure not in LEVELS and _answers(cell, question):
            layout = (PERIODS.index(cell.period), len(cell.cuts), tuple(sorted(cell.cuts)))
            at = (cell.measure, cell.day.replace(day=1))
            layouts.setdefault(at, {}).setdefault(layout, []).append(cell)
    found: dict[Key, dict[str, int]] = {}
    for (measure, month), candidates in layouts.items():
        for cell in candidates[min(candidates)]:
            key = (month, *(_part(cell, name) for name in question.by))
            measured = found.setdefault(key, {})
            measured[measure.lower()] = measured.get(measure.lower(), 0) + cell.value
    unsplit = any({"communication_ms"} == set(measured) & SPLIT for measured in found.values())
    for measured in found.values():
        _derive(measured, hold_counted)
    names = [set(measured) for measured in found.values()]
    known = frozenset(name for name in set().union(*names) if name in MEASURES) if names else frozenset()
    return Vendor(found, known, unsplit)


def _answers(cell: Cell, question: Question) -> bool:
    """Can this cell be a part of the answer?"""
    wanted = question.where.items()
    if not question.cuts <= set(cell.cuts) or any(_part(cell, name) != value for name, value in wanted):
        return False
    periods = set(PERIODS) - {"WEEK"}
    for name in (*question.by, *question.where):
        periods &= ANSWERS.get(name, periods)
    return cell.period in periods and question.since <= cell.day and _end(cell) <= question.until


def _end(cell: Cell) -> date:
    if cell.period == "MONTH":
        return (cell.day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return cell.day + timedelta(days=1)


def _part(cell: Cell, name: str) -> Any:
    match name:
        case "quarter":
            return cell.quarter
        case "hour":
            return cell.quarter // 4
        case "weekday":
            return cell.day.weekday()
        case "day":
            return cell.day
        case "week":
            return cell.day - timedelta(days=cell.day.weekday())
        case "month":
            return cell.day.replace(day=1)
        case "year":
            return cell.day.year
        case _:
            return cell.cuts.get(name)


def _derive(measured: dict[str, int], hold_counted: bool) -> None:
    """What follows from what a report gives. Hours, incidents and exclusions, it does not know."""
    if hold_counted and "communication_ms" in measured and "talk_ms" not in measured:
        measured |= {"talk_ms": measured["communication_ms"], "hold_ms": 0}
    if {"dissuaded_telecom", "dissuaded_closure"} <= set(measured):
        measured["set_aside"] = measured["dissuaded_telecom"] + measured["dissuaded_closure"]
    for given, derived in (
        ("answered", "answered_clients"),
        ("presented", "presented_in_hours"),
        ("presented_exceptional_closure", "closed_in_hours"),
    ):
        if given in measured:
            measured[derived] = measured[given]
    if "forms_received" in measured:
        measured["forms_excluded"] = 0

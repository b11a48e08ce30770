"""A month's reports beside the month's facts, and what stands behind each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.indicators.engine import arrow_of, narrow, table_of
from titulaire.support.facts.models import Batch, Manifest
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import tables
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import after, measures_of
from titulaire.support.indicators.explaining import ORDER, SHOWN
from titulaire.support.indicators.gathering import Question
from titulaire.support.indicators.kept import reading
from titulaire.support.reconciliation.rules import (
    PARTS,
    TIMES,
    TOLERANCE_PERCENT,
    Cell,
    Compared,
    Place,
    compare_layout,
)


class NothingToOpen(LookupError):
    """No such measure, or no fact to count it in."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A month compared. `untold` cells have no facts of their kind in the month: nothing was compared."""

    month: date
    tolerance_percent: Decimal
    compared: tuple[Compared, ...]
    untold: int

    @property
    def discrepancies(self) -> tuple[Compared, ...]:
        return tuple(one for one in self.compared if one.verdict.is_discrepancy)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts behind a measure: how many, what they bring together, and the first ones asked for."""

    table: str
    counted: int
    total: int
    rows: tuple[Mapping[str, Any], ...]


def table_behind(measure: str) -> str:
    """The table that a measure of reports is counted in; empty when no fact gives it."""
    first = PARTS.get(measure.lower(), (measure.lower(),))[0]
    return MEASURES[first].table if first in MEASURES else ""


@clause("S-10.1-statistiques")
def reconcile(
    contract: Contract, month: date, *, tolerance_percent: Decimal = TOLERANCE_PERCENT
) -> Reconciliation:
    """Each cell of the reports of a month beside the same count over the facts, under the month's terms.

    A cell that covers a week is compared with its seven days, wherever the month ends.
    """
    first = month.replace(day=1)
    cells = cells_of(contract, first)
    layouts: dict[tuple[str, tuple[str, ...]], list[Cell]] = {}
    for cell in cells:
        layouts.setdefault(cell.layout, []).append(cell)
    days = _days_told(contract, first)
    compared: list[Compared] = []
    untold = 0
    for (period, cuts), inside in sorted(layouts.items()):
        start, end = first, after(first)
        if period == "WEEK":
            start = min(cell.key[0] for cell in inside)
            end = max(cell.key[0] for cell in inside) + timedelta(days=7)
        gathered = measures_of(contract, start, end, by=(*TIMES[period], *cuts))
        told = [cell for cell in inside if table_behind(cell.measure) in gathered.present]
        untold += len(inside) - len(told)
        for table in sorted({table_behind(cell.measure) for cell in told}):
            compared += compare_layout(
                [cell for cell in told if table_behind(cell.measure) == table],
                gathered.found,
                days_told=days,
                tolerance_percent=tolerance_percent,
            )
    return Reconciliation(first, tolerance_percent, tuple(compared), untold)


def cells_of(contract: Contract, month: date) -> list[Cell]:
    """Every figure in force of the reports of a month, with its place."""
    files = files_in_force(contract, Record.AGGREGATES, since=month, until=after(month))
    if not files:
        return []
    question = Question(month, after(month))
    with reading(contract, terms_of(contract.code), question) as read:
        table = question.inside(table_of(read.backend, files)).order_by(["day", "source_key"])
        rows = read.backend.to_pyarrow(table).to_pylist()
    names = dict(
        Batch.objects.filter(contract=contract, key__in={row["batch"] for row in rows}).values_list(
            "key", "file_name"
        )
    )
    return [_cell(row, names) for row in rows]


def _cell(row: Mapping[str, Any], names: Mapping[str, str]) -> Cell:
    cuts = {name: row[column] for name, column in tables.COLUMNS.items() if row[column] is not None}
    place = Place(
        row["batch"], names.get(row["batch"], ""), row["sheet"] or "", row["cell"] or "", row["source_row"]
    )
    return Cell(
        row["measure"],
        row["value"],
        row["period"],
        row["day"],
        row["quarter"],
        tuple(sorted(cuts.items())),
        place,
    )


def _days_told(contract: Contract, month: date) -> set[date]:
    """The days of a month that have calls, agents' states or forms."""
    found = measures_of(contract, month, after(month), by=("day",))
    return {key[0] for key, measured in found.found.items() if any(measured.values())}


def months_with_reports(contract: Contract) -> list[date]:
    """The months that have both reports and facts to compare them with, in order."""
    manifests = Manifest.objects.filter(contract=contract).in_force().filter(rows__gt=0)
    of: dict[date, set[str]] = {}
    for month, record in manifests.values_list("month", "record"):
        of.setdefault(month, set()).add(record)
    return sorted(month for month, records in of.items() if "AGGREGATES" in records and len(records) > 1)


def facts_behind(
    contract: Contract,
    measure: str,
    *,
    since: date,
    until: date,
    where: Mapping[str, Any],
    limit: int,
    offset: int = 0,
) -> Facts:
    """The facts that a measure counts over a period, `until` not included.

    Raises:
        NothingToOpen
    """
    names = PARTS.get(measure.lower(), (measure.lower(),))
    name = table_behind(measure)
    if name not in SHOWN or "day" in SHOWN[name]:
        raise NothingToOpen(measure)
    question = Question(since, until, (), where)
    with reading(contract, terms_of(contract.code), question) as read:
        if not read.facts.has(name):
            raise NothingToOpen(measure)
        table = read.facts.table(name)
        asked = narrow(question.inside(table), question.where, tables.COLUMNS)
        brought = sum((MEASURES[one].share(asked) for one in names[1:]), MEASURES[names[0]].share(asked))
        asked = asked.mutate(brought=brought)
        behind = asked.filter(asked.brought != 0)
        totals = behind.aggregate(rows=behind.count(), total=behind.brought.sum().fill_null(0).cast("int64"))
        total = arrow_of(read.backend, totals).to_pylist()[0]
        shown: Sequence[str] = SHOWN[name]
        page = behind.order_by(list(ORDER[name])).select(*shown, "brought").limit(limit, offset=offset)
        rows = tuple(arrow_of(read.backend, page).to_pylist())
    return Facts(name, total["rows"], total["total"], rows)

"""A period of a contract opened: the facts in force, and the sums kept of them, mended where something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property, partial
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from django.conf import settings

from titulaire.contracts.rules import NoValueOn, Terms
from titulaire.identity.models import Contract
from titulaire.indicators.engine import Backend, arrow_of, connect, sums, table_of
from titulaire.indicators.rollups import keep_months, rolled
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.queries import Stated, files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import counting, tables
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.frame import Frame, frame_of
from titulaire.support.indicators.gathering import (
    GRAINS,
    NEEDS,
    OPENING,
    STOCK,
    Facts,
    Files,
    Grain,
    Kept,
    Question,
    Source,
    made_ready,
    months_of,
)

HOUR_MS = 3_600_000
RECORDS = {"legs": Record.LEGS, "states": Record.STATES, "items": Record.ITEMS}
LONGEST_STATE = timedelta(days=2)
"""A state is at most this long: a batch may bring pieces of it on days it does not name."""
ONE_DAY = timedelta(days=1)


def after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def full_day_ms(terms: Terms, day: date) -> int:
    """The length of a full day of work: the week of the terms over the days that the service opens."""
    try:
        hours = terms.number("schedule_week_hours", on=day)
        days = len(terms.counts("opening_days", on=day))
    except NoValueOn:
        return full_day_ms(terms, terms.head.notified_on)
    return int(hours * HOUR_MS / days)


@dataclass(frozen=True, slots=True)
class State:
    """What is in force of a record in a month: the digest of its facts, and how many there are."""

    digest: str
    rows: int


@dataclass
class Reading:
    """A period of a contract. Its engine starts when the first fact is read: sums kept need none."""

    contract: Contract
    question: Question
    terms: Terms
    day_ms: int
    _open: ExitStack = field(default_factory=ExitStack)
    stated: Stated | None = None
    _frames: dict[date, Frame] = field(default_factory=dict)

    @cached_property
    def backend(self) -> Backend:
        """The engine."""
        return self._open.enter_context(connect(settings.ENGINE, master=settings.SPARK_MASTER))

    @cached_property
    def files(self) -> Files:
        """The files in force in the period; of items, since the first."""
        since, until = self.question.since, self.question.until
        return Files(
            legs=files_in_force(self.contract, Record.LEGS, since=since, until=until, stated=self.stated),
            states=files_in_force(self.contract, Record.STATES, since=since, until=until, stated=self.stated),
            items=self._items_until(until) if self.stated is None else self._items_stated(until, self.stated),
        )

    def _items_stated(self, until: date, stated: Stated) -> list[Path]:
        items = [month for record, month in stated.versions if record == Record.ITEMS.value]
        first = min(items, default=until)
        return (
            files_in_force(self.contract, Record.ITEMS, since=first, until=until, stated=stated)
            if first < until
            else []
        )

    @cached_property
    def frame(self) -> Frame:
        """What the terms say of the period."""
        return frame_of(self.terms, self.question.since, self.question.until)

    @property
    def facts(self) -> Facts:
        """The facts of the period, to be counted one by one."""
        return Facts(self.backend, self.files, self.frame, self.day_ms)

    @property
    def source(self) -> Source:
        """The sums kept; of a statement, its facts alone: nothing that was summed since is trusted."""
        return self.kept if self.stated is None else self.facts

    @property
    def kept(self) -> Kept:
        """The sums kept of the period; facts where no sum answers."""
        return Kept(self._present, self._files_of, lambda: self.facts)

    @cached_property
    def _present(self) -> Collection[str]:
        first = self.question.since.replace(day=1)
        return [
            name
            for name in RECORDS
            if any(
                state.rows for month, state in self._states[name].items() if name == "items" or month >= first
            )
        ]

    @cached_property
    def _states(self) -> dict[str, dict[date, State]]:
        """By record and month before the end of the period: what is in force. Only items look further back."""
        names = {record.value: name for name, record in RECORDS.items()}
        found: dict[str, dict[date, State]] = {name: {} for name in RECORDS}
        manifests = Manifest.objects.in_force().filter(
            contract=self.contract, record__in=names, month__lt=self.question.until
        )
        for record, month, digest, rows in manifests.values_list("record", "month", "digest", "rows"):
            found[names[record]][month] = State(digest, rows)
        return found

    def _items_until(self, until: date) -> list[Path]:
        months = self._states["items"]
        first = min(months, default=until)
        return files_in_force(self.contract, Record.ITEMS, since=first, until=until) if first < until else []

    # The sums of a month

    def keep(self) -> None:
        """Make every sum of the months of the period that is not made, or that something changed since."""
        months = months_of(self.question)
        for grain in GRAINS:
            if set(NEEDS[grain.table]) <= set(self._present):
                self._files_of(grain, months)
        if "items" in self._present:
            for month in months:
                self._files_of(OPENING, [month])

    def _files_of(self, grain: Grain, months: Sequence[date]) -> list[Path]:
        folder = Path(settings.DATA_DIR) / "rollups" / self.contract.code / f"{grain.table}-{grain.name}"
        if grain is OPENING:
            (month,) = months
            if not self._before(month):
                return []
            version = _digest(self._past(month), _counting())
            return keep_months(
                folder,
                {month: version},
                lambda month: {month - ONE_DAY: version},
                lambda days: self._opening(month, days),
            )
        # Forms answered may be none: what a day of work has is states.
        there = [month for month in months if self._rows_of(NEEDS[grain.table][0], month)]
        versions = {month: self._version(grain, month) for month in there}
        return keep_months(folder, versions, partial(self._keys, grain), partial(self._made, grain))

    def _rows_of(self, record: str, month: date) -> int:
        state = self._states[record].get(month)
        return state.rows if state else 0

    def _version(self, grain: Grain, month: date) -> str:
        """What the sums of a month depend on: the facts in force, the terms, and how we count."""
        records = NEEDS[grain.table]
        facts = [self._states[record][month].digest for record in records if month in self._states[record]]
        past = self._past(month) if "items" in records else ""
        return _digest(*facts, past, self._frame(month).digest, self._more(grain), _counting())

    def _keys(self, grain: Grain, month: date) -> dict[date, str]:
        """What the sums of each day depend on: the batches that touched it, the terms, and how we count.

        What an event of an item counts for depends on those before it: so does the key of its day.
        """
        records = NEEDS[grain.table]
        days = self._touched(records[0], month)
        items: dict[date, str] = {}
        if "items" in records:
            items = self._chained(month, sorted({*days, *self._touched("items", month)}))
        frame, more = self._frame(month), self._more(grain)
        return {
            day: _digest(*batches, items.get(day, ""), frame.of_day(day).digest, more, _counting())
            for day, batches in days.items()
        }

    def _more(self, grain: Grain) -> str:
        return str(self.day_ms) if grain.table == "form_days" else ""

    def _frame(self, month: date) -> Frame:
        if month not in self._frames:
            self._frames[month] = frame_of(self.terms, month, after(month))
        return self._frames[month]

    def _chained(self, month: date, days: Iterable[date]) -> dict[date, str]:
        touched, digest, chain = self._touched("items", month), self._past(month), {}
        for day in days:
            digest = chain[day] = _digest(digest, *touched.get(day, ()))
        return chain

    def _before(self, month: date) -> list[str]:
        states = self._states["items"]
        return [
            f"{one} {state.digest}" for one, state in sorted(states.items()) if one < month and state.rows
        ]

    def _past(self, month: date) -> str:
        return _digest(*self._before(month))

    def _touched(self, record: str, month: date) -> dict[date, list[str]]:
        """The batches that touched each day of a month, in order."""
        touched: dict[date, list[str]] = {}
        for key, days in self._batches.get((record, month), ()):
            for day in _widened(days) if record == "states" else days:
                if month <= day < after(month):
                    touched.setdefault(day, []).append(key)
        return touched

    @cached_property
    def _batches(self) -> dict[tuple[str, date], list[tuple[str, set[date]]]]:
        names = {record.value: name for name, record in RECORDS.items()}
        found: dict[tuple[str, date], list[tuple[str, set[date]]]] = {}
        manifests = Manifest.objects.filter(
            contract=self.contract,
            record__in=names,
            month__gte=self.question.since.replace(day=1),
            month__lt=self.question.until,
        ).order_by("version")
        for record, month, key, days in manifests.values_list("record", "month", "batch__key", "batch__days"):
            found.setdefault((names[record], month), []).append(
                (key, {date.fromisoformat(day) for day in days})
            )
        return found

    def _made(self, grain: Grain, days: Sequence[date]) -> pa.Table:
        """Some days summed from the facts, by the cuts of a grain."""
        frame = frame_of(self.terms, min(days), max(days) + ONE_DAY)
        table = made_ready(grain.table, partial(self._rows_on, days), frame, self.day_ms)
        table = table.filter(table.day.isin(list(days)))
        cuts = {*grain.cuts, "quarter"} if grain.quarters else grain.cuts
        measures = MEASURES.of_table(grain.table)
        return arrow_of(self.backend, rolled(table, measures, tables.COLUMNS, cuts))

    def _rows_on(self, days: Sequence[date], record: str) -> ir.Table:
        """The rows that the sums of some days need: theirs, and the whole life of the items that they touch.

        Nothing else may be looked at: `in_turn` looks within a day, and an event at its own item.
        """
        first, last = min(days), max(days)
        if record != "items":
            files = files_in_force(self.contract, RECORDS[record], since=first, until=last + ONE_DAY)
            rows = table_of(self.backend, files)
            return rows.filter(rows.day.isin(list(days)))
        items = table_of(self.backend, self._items_until(last + ONE_DAY))
        there = items.filter(items.day.isin(list(days))).select("item_id").distinct()
        return items.filter(items.day <= last).semi_join(there, "item_id")

    def _opening(self, month: date, days: Sequence[date]) -> pa.Table:
        items = table_of(self.backend, self._items_until(month))
        forms = tables.forms_of(items.filter(items.day < month))
        forms = forms.mutate(day=ibis.literal(days[0], type="date"))
        columns = {name: tables.COLUMNS[name] for name in sorted(OPENING.cuts)}
        by: dict[str, ir.Value] = {name: forms[column] for name, column in columns.items()}
        # A stock that came back to nothing is told too: it is 0, not unknown.
        return arrow_of(self.backend, sums(forms, [MEASURES[STOCK]], {"day": forms.day, **by}))


def keep_sums(contract: Contract, terms: Terms, month: date) -> None:
    """Make the sums of a month now, so that no reader waits for them. What is made already is left as it is."""
    first = month.replace(day=1)
    with reading(contract, terms, Question(first, after(first))) as read:
        read.keep()


def sums_digest() -> str:
    """Changes when a release counts otherwise: every sum is then to be made again."""
    return _counting()


@contextmanager
def reading(
    contract: Contract, terms: Terms, question: Question, stated: Stated | None = None
) -> Iterator[Reading]:
    """Open a period, as its facts are in force or as they were stated."""
    day_ms = full_day_ms(terms, max(question.since, terms.head.notified_on))
    with ExitStack() as stack:
        yield Reading(contract, question, terms, day_ms, stack, stated)


def _widened(days: Iterable[date]) -> set[date]:
    return {day + timedelta(days=n) for day in days for n in range(LONGEST_STATE.days + 1)}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _counting() -> str:
    """Changes when what is counted changes."""
    sources = [Path(module.__file__ or "").read_bytes() for module in (counting, tables)]
    return hashlib.sha256(b"".join(sources)).hexdigest()

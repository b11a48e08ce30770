"""What the indicators of a contract give, from its facts and its terms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from django.conf import settings
from ibis.backends.duckdb import Backend

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import NoValueOn, Terms
from titulaire.identity.models import Contract
from titulaire.indicators.engine import connect, table_of
from titulaire.indicators.rollups import keep_month, rolled
from titulaire.indicators.rules import Grade, Indicator, Result, consolidate, judge
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.queries import Stated, files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import counting, tables
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.frame import Frame, frame_of
from titulaire.support.indicators.gathering import (
    ROLLED,
    STOCK,
    Files,
    Gathered,
    Key,
    Question,
    gather,
    months_of,
)
from titulaire.support.indicators.vendor import Cell, from_cells

HOUR_MS = 3_600_000
RECORDS = {"legs": Record.LEGS, "states": Record.STATES}
HOLD = "hold_time"
LONGEST_STATE = timedelta(days=2)
"""A state is at most this long: a batch may bring pieces of it on days it does not name."""


class NothingAsked(ValueError):
    """The period ends before it begins, or a cut does not exist."""


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one place: `key` gives the value of each cut asked, in order."""

    key: tuple[tuple[str, Any], ...]
    results: tuple[Result, ...]

    def __getitem__(self, code: str) -> Result:
        """The result of an indicator.

        Raises:
            KeyError: it cannot be cut as asked.
        """
        for result in self.results:
            if result.indicator.code == code:
                return result
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Declared:
    """What no fact says: hours ordered, and when advisers ended their training. Grade C."""

    ordered_ms: int | None = None
    trained_on: Mapping[str, date] | None = None


@clause("S-3.3.2-intraday")
def evaluate(
    contract: Contract,
    *,
    since: date,
    until: date,
    by: Iterable[str] = (),
    where: Mapping[str, Any] | None = None,
    terms: Terms | None = None,
    declared: Declared = Declared(),
    stated: Stated | None = None,
) -> tuple[Row, ...]:
    """Every indicator over a period, `until` not included, by the cuts asked: one row per key, sorted.

    Cuts: quarter, hour, day, week, month, year, flow, reason, site, adviser, group. An indicator that a cut
    would make meaningless is left out of the rows. Each month is computed under the readings of its first
    day, then sides are summed. Without cuts there is always one row, even over an empty period. With `stated`,
    only the facts of that statement are read, one by one: no sum that was kept since is trusted.

    Raises:
        NothingAsked: the period is empty or a cut is unknown.
    """
    question = _asked(since, until, by, where)
    terms = terms or terms_of(contract.code)
    gathered, day_ms = _gathered(contract, question, terms, stated)
    found = gathered.found
    if not question.by:
        for month in months_of(question):
            found.setdefault((month,), {})
        _declare(contract, found, question, declared, terms, stated)
    rows: dict[Key, dict[str, list[Result]]] = {}
    for key, measured in sorted(found.items(), key=_order):
        results = _results(key[0], measured, question, terms, gathered, declared, day_ms)
        for result in results:
            rows.setdefault(key[1:], {}).setdefault(result.indicator.code, []).append(result)
    return tuple(
        Row(
            tuple(zip(question.by, key, strict=True)),
            tuple(consolidate(parts) for parts in by_code.values()),
        )
        for key, by_code in sorted(rows.items(), key=_order)
    )


def measures_of(
    contract: Contract,
    since: date,
    until: date,
    *,
    by: Iterable[str] = (),
    where: Mapping[str, Any] | None = None,
    terms: Terms | None = None,
    stated: Stated | None = None,
) -> Gathered:
    """Every measure over a period, `until` not included, by the cuts asked; months are summed.

    With `stated`, as `evaluate`.

    Raises:
        NothingAsked: the period is empty or a cut is unknown.
    """
    question = _asked(since, until, by, where)
    gathered, _ = _gathered(contract, question, terms or terms_of(contract.code), stated)
    found: dict[Key, dict[str, int]] = {}
    for key, measured in sorted(gathered.found.items(), key=_order):
        here = found.setdefault(key[1:], {})
        for name, value in measured.items():
            here[name] = value if name == STOCK else here.get(name, 0) + value
    return replace(gathered, found=found)


def _asked(since: date, until: date, by: Iterable[str], where: Mapping[str, Any] | None) -> Question:
    question = Question(since, until, tuple(by), where or {})
    if since >= until or not question.cuts <= set(tables.COLUMNS):
        raise NothingAsked(since, until, *question.cuts)
    return question


def _gathered(
    contract: Contract, question: Question, terms: Terms, stated: Stated | None
) -> tuple[Gathered, int]:
    with reading(contract, terms, question, stated) as read:
        gathered = gather(
            read.backend,
            question,
            read.files,
            read.frame,
            names=MEASURES.by_name,
            day_ms=read.day_ms,
            rollups=read.rollups() if stated is None else None,
        )
        return _with_reports(read, gathered), read.day_ms


def _with_reports(read: Reading, gathered: Gathered) -> Gathered:
    """Where a table has no fact in the whole period, what the vendor's reports say of its measures."""
    question = read.question
    files = files_in_force(
        read.contract, Record.AGGREGATES, since=question.since, until=question.until, stated=read.stated
    )
    absent = {"legs", "states", "forms"} - gathered.present
    if not files or not absent:
        return gathered
    asked = question.inside(table_of(read.backend, files))
    day = max(question.since, read.terms.head.notified_on)
    told = from_cells(
        (_cell(row) for row in read.backend.to_pyarrow(asked).to_pylist()),
        question,
        hold_counted=read.terms.reading("hold_time", on=day) == "COUNTED",
    )
    known = frozenset(name for name in told.known if MEASURES[name].table in absent)
    for key, measured in told.found.items():
        here = gathered.found.setdefault(key, {})
        here |= {name: value for name, value in measured.items() if name in known}
    return replace(gathered, told=known, unsplit=told.unsplit and "talk_ms" in known)


def _cell(row: Mapping[str, Any]) -> Cell:
    cuts = {name: row[column] for name, column in tables.COLUMNS.items() if row[column] is not None}
    return Cell(row["measure"], row["value"], row["period"], row["day"], row["quarter"], cuts)


def evaluate_month(contract: Contract, month: date, **asked: Any) -> tuple[Row, ...]:
    """`evaluate` over the month of a day."""
    first = month.replace(day=1)
    return evaluate(contract, since=first, until=after(first), **asked)


def after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _order(pair: tuple[Key, Any]) -> list[tuple[bool, str | int]]:
    """Sort keys; what has no value comes last."""
    return [
        (part is None, part.isoformat() if isinstance(part, date) else part if part is not None else "")
        for part in pair[0]
    ]


def _results(
    month: date,
    measured: Mapping[str, int],
    question: Question,
    terms: Terms,
    gathered: Gathered,
    declared: Declared,
    day_ms: int,
) -> Iterator[Result]:
    day = max(month, terms.head.notified_on, question.since)
    asked = [*indicators(day_ms), production_plan()] if not question.by else indicators(day_ms)
    for one in asked:
        if not question.cuts <= one.cuts or (one.stock and question.within_a_day):
            continue
        if one.code == "I19" and question.by:
            continue
        yield judge(
            one,
            measured,
            options=options_on(terms, one, day),
            rivals=rivals_on(terms, one, day, unsplit=gathered.unsplit),
            target=target_on(terms, one.target, day),
            known=known_to(one, gathered),
            grade=grade_of(
                one,
                gathered,
                has_orders=declared.ordered_ms is not None,
                has_training=declared.trained_on is not None,
            ),
        )


def options_on(terms: Terms, indicator: Indicator, day: date) -> dict[str, str]:
    """The retained option of each reading of an indicator."""
    return {code: terms.reading(code, on=day) for code in indicator.readings}


def rivals_on(
    terms: Terms, indicator: Indicator, day: date, *, unsplit: bool = False
) -> list[tuple[str, str, str]]:
    """The options that are not retained: reading, option, sentence. `unsplit`: the hold is not known apart."""
    return [
        (code, option.code, option.sentence)
        for code in indicator.readings
        if not (unsplit and code == HOLD)
        for option in terms.readings[code].rivals(day)
    ]


def target_on(terms: Terms, name: str | None, day: date) -> Fraction | None:
    """The target of a day, exact."""
    return None if name is None else Fraction(str(terms.value(name, on=day)))


def grade_of(
    indicator: Indicator, gathered: Gathered, *, has_orders: bool = False, has_training: bool = False
) -> Grade | None:
    """Events are A, vendors' reports B, declarations C; None when there is nothing to count."""
    declared = {"PLAN": has_orders, "I19": has_training}
    if indicator.code in declared:
        return Grade.C if declared[indicator.code] and "states" in gathered.present else None
    needed = {MEASURES[name].table for name in indicator.names}
    if needed <= gathered.present:
        return Grade.A
    return Grade.B if indicator.names & gathered.told else None


def known_to(indicator: Indicator, gathered: Gathered) -> frozenset[str] | None:
    """The measures of an indicator that reports give, None where facts give them all."""
    if all(name not in MEASURES or MEASURES[name].table in gathered.present for name in indicator.names):
        return None
    return gathered.told or None


# What a period is read from


@dataclass(frozen=True)
class Reading:
    """An engine open on a period of a contract."""

    contract: Contract
    backend: Backend
    question: Question
    files: Files
    frame: Frame
    terms: Terms
    day_ms: int
    stated: Stated | None = None

    def rollups(self) -> dict[str, list[Path]]:
        """The daily sums of telephony over the period, made or mended where facts or terms changed."""
        return {
            name: [
                file for month in months_of(self.question) if (file := self._month_of_rollups(name, month))
            ]
            for name in ROLLED
        }

    def _month_of_rollups(self, name: str, month: date) -> Path | None:
        frame = frame_of(self.terms, month, after(month))
        keys = _day_keys(self.contract, RECORDS[name], month, frame)
        if not keys:
            return None
        folder = Path(settings.DATA_DIR) / "rollups" / self.contract.code / name
        return keep_month(self.backend, folder, month, keys, partial(self._rolled, name, month, frame))

    def _rolled(self, name: str, month: date, frame: Frame, days: Iterable[date]) -> ir.Table:
        files = files_in_force(self.contract, RECORDS[name], since=month, until=after(month))
        facts = table_of(self.backend, files)
        # Before the day is chosen nothing may look at other rows; `in_turn` looks within a day.
        facts = facts.filter(facts.day.isin(list(days)))
        table = tables.legs_of(facts, frame) if name == "legs" else tables.states_of(facts)
        return rolled(table, MEASURES.of_table(name), tables.COLUMNS, tables.CUTS_OF[name])


@contextmanager
def reading(
    contract: Contract, terms: Terms, question: Question, stated: Stated | None = None
) -> Iterator[Reading]:
    """Open the facts of a period, in force or as stated."""
    since, until = question.since, question.until
    begun = min(since, terms.head.notified_on)
    files = Files(
        legs=files_in_force(contract, Record.LEGS, since=since, until=until, stated=stated),
        states=files_in_force(contract, Record.STATES, since=since, until=until, stated=stated),
        items=files_in_force(contract, Record.ITEMS, since=begun, until=until, stated=stated),
    )
    with connect() as backend:
        yield Reading(
            contract=contract,
            backend=backend,
            question=question,
            files=files,
            frame=frame_of(terms, since, until),
            terms=terms,
            day_ms=full_day_ms(terms, max(since, terms.head.notified_on)),
            stated=stated,
        )


def full_day_ms(terms: Terms, day: date) -> int:
    """The length of a full day of work: the week of the terms over the days that the service opens."""
    try:
        hours = terms.number("schedule_week_hours", on=day)
        days = len(terms.counts("opening_days", on=day))
    except NoValueOn:
        return full_day_ms(terms, terms.head.notified_on)
    return int(hours * HOUR_MS / days)


def _day_keys(contract: Contract, record: Record, month: date, frame: Frame) -> dict[date, str]:
    """What the sums of each day depend on: the batches that touched it, the terms, and how we count."""
    touched: dict[date, list[str]] = {}
    manifests = (
        Manifest.objects.filter(contract=contract, record=record.value, month=month)
        .select_related("batch")
        .order_by("version")
    )
    for manifest in manifests:
        for day in _days_of(manifest, record):
            if month <= day < after(month):
                touched.setdefault(day, []).append(manifest.batch.key)
    return {
        day: hashlib.sha256("\n".join([*batches, frame.of_day(day).digest, _counting()]).encode()).hexdigest()
        for day, batches in touched.items()
    }


def _days_of(manifest: Manifest, record: Record) -> set[date]:
    days = {date.fromisoformat(day) for day in manifest.batch.days}
    if record is Record.STATES:
        days |= {day + timedelta(days=n) for day in days for n in range(LONGEST_STATE.days + 1)}
    return days


@cache
def _counting() -> str:
    """Changes when what is counted changes."""
    sources = [Path(module.__file__ or "").read_bytes() for module in (counting, tables)]
    return hashlib.sha256(b"".join(sources)).hexdigest()


# What is declared


def _declare(
    contract: Contract,
    found: dict[Key, dict[str, int]],
    question: Question,
    declared: Declared,
    terms: Terms,
    stated: Stated | None,
) -> None:
    """Put declarations with the measures of the last month: they are said of the period as a whole."""
    last = found[(months_of(question)[-1],)]
    if declared.ordered_ms is not None:
        last["ordered_ms"] = declared.ordered_ms
    if declared.trained_on is not None:
        last |= _trained(contract, question, terms, declared.trained_on, stated)


def _trained(
    contract: Contract,
    question: Question,
    terms: Terms,
    trained_on: Mapping[str, date],
    stated: Stated | None,
) -> dict[str, int]:
    """Advisers with a productive minute in the period, and those trained before their first productive day."""
    first_day: dict[str, date] = {}
    worked: dict[str, int] = {}
    whole = replace(question, since=min(question.since, terms.head.starts_on), by=("day", "adviser"))
    with reading(contract, terms, whole, stated) as read:
        everything = gather(
            read.backend,
            whole,
            Files() if stated is None else read.files,
            read.frame,
            names={"productive_ms"},
            day_ms=read.day_ms,
            rollups=read.rollups() if stated is None else None,
        )
    for (_, day, adviser), measured in sorted(everything.found.items(), key=_order):
        if adviser is None or not measured["productive_ms"]:
            continue
        first_day.setdefault(adviser, day)
        if day >= question.since:
            worked[adviser] = worked.get(adviser, 0) + measured["productive_ms"]
    there = [adviser for adviser, time in worked.items() if time >= HOUR_MS // 60]
    dates = {adviser: trained_on.get(adviser, date.max) for adviser in there}
    return {
        "advisers": len(there),
        "advisers_trained": sum(dates[adviser] < first_day[adviser] for adviser in there),
        "advisers_trained_late": sum(dates[adviser] < question.until for adviser in there),
    }

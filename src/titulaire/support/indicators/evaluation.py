"""What the indicators of a contract give, from its facts and its terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.engine import TIME_CUTS, Key, arrow_of, table_of
from titulaire.indicators.rules import Grade, Indicator, Result, consolidate, judge
from titulaire.support.facts.queries import Stated, files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import tables
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.gathering import STOCK, Gathered, Question, gather, months_of
from titulaire.support.indicators.kept import HOUR_MS as HOUR_MS
from titulaire.support.indicators.kept import Reading, reading
from titulaire.support.indicators.kept import after as after
from titulaire.support.indicators.kept import full_day_ms as full_day_ms
from titulaire.support.indicators.vendor import Cell, from_cells

HOLD = "hold_time"
CUTS = (*TIME_CUTS, *tables.COLUMNS)
"""Every cut that may be asked."""


class NothingAsked(ValueError):
    """The period ends before it begins, or a cut or an indicator does not exist: `unknown` names it."""

    def __init__(self, since: date, until: date, *unknown: str) -> None:
        super().__init__(since, until, *unknown)
        self.since, self.until, self.unknown = since, until, unknown


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
    only: Collection[str] | None = None,
    stated: Stated | None = None,
) -> tuple[Row, ...]:
    """Every indicator over a period, `until` not included, by the cuts asked: one row per key, sorted.

    Cuts, as many as wanted at once: quarter, hour, weekday (0 is Monday), day, week, month, year, flow,
    reason, site, adviser, group. `only` names the indicators wanted: fewer is faster. An indicator that a cut
    would make meaningless is left out of the rows. Each month is computed under the readings of its first
    day, then sides are summed. Without cuts there is always one row, even over an empty period. With `stated`,
    only the facts of that statement are read, one by one: no sum that was kept since is trusted.

    Raises:
        NothingAsked: the period is empty, a cut or an indicator is unknown.
    """
    question = question_of(since, until, by, where)
    terms = terms or terms_of(contract.code)
    with reading(contract, terms, question, stated) as read:
        asked = _wanted(read.day_ms, question, only)
        gathered = _with_reports(read, gather(question, read.source, names=_names(asked)))
    found = gathered.found
    if not question.by:
        for month in months_of(question):
            found.setdefault((month,), {})
        _declare(contract, found, question, declared, terms, {one.code for one in asked}, stated)
    first = max(terms.head.notified_on, question.since)
    said = {
        month: _said_on(max(month, first), asked, terms, gathered, declared)
        for month in {key[0] for key in found}
    }
    rows: dict[Key, dict[str, list[Result]]] = {}
    for key, measured in sorted(found.items(), key=_order):
        for one, how in said[key[0]]:
            rows.setdefault(key[1:], {}).setdefault(one.code, []).append(judge(one, measured, **how))
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
    names: Collection[str] | None = None,
    stated: Stated | None = None,
) -> Gathered:
    """Every measure over a period, `until` not included, by the cuts asked; months are summed.

    `names`: those wanted, when not all are.

    Raises:
        NothingAsked: the period is empty or a cut is unknown.
    """
    question = question_of(since, until, by, where)
    with reading(contract, terms or terms_of(contract.code), question, stated) as read:
        wanted = MEASURES.by_name if names is None else names
        gathered = _with_reports(read, gather(question, read.source, names=wanted))
    found: dict[Key, dict[str, int]] = {}
    for key, measured in sorted(gathered.found.items(), key=_order):
        here = found.setdefault(key[1:], {})
        for name, value in measured.items():
            here[name] = value if name == STOCK else here.get(name, 0) + value
    return replace(gathered, found=found)


def question_of(
    since: date, until: date, by: Iterable[str] = (), where: Mapping[str, Any] | None = None
) -> Question:
    """What is asked, a day, week, month or year among the values being a shorter period.

    Raises:
        NothingAsked: the period is empty or a cut is unknown.
    """
    by, where = tuple(by), dict(where or {})
    unknown = tuple(name for name in (*by, *where) if name not in CUTS)
    if since >= until or unknown:
        raise NothingAsked(since, until, *unknown)
    # So that a stock is that of its end.
    for name, ends in ENDS.items():
        if name in where:
            first = where.pop(name)
            first = date(first, 1, 1) if isinstance(first, int) else first
            since, until = max(since, first), min(until, ends(first))
    if since >= until:
        raise NothingAsked(since, until)
    return Question(since, until, by, where)


ENDS: Mapping[str, Callable[[date], date]] = {
    "day": lambda first: first + timedelta(days=1),
    "week": lambda first: first + timedelta(days=7),
    "month": after,
    "year": lambda first: date(first.year + 1, 1, 1),
}
"""The day after a day, week, month or year, from its first day."""


def _wanted(day_ms: int, question: Question, only: Collection[str] | None) -> list[Indicator]:
    """The indicators asked that mean something by these cuts."""
    return [one for one in _asked(day_ms, question, only) if why_left_out(one, question) is None]


def _asked(day_ms: int, question: Question, only: Collection[str] | None) -> list[Indicator]:
    known = {one.code: one for one in (*indicators(day_ms), production_plan())}
    if unknown := set(only or ()) - set(known):
        raise NothingAsked(question.since, question.until, *sorted(unknown))
    return [one for one in known.values() if only is None or one.code in only]


class LeftOut(StrEnum):
    """Why an indicator is in no row: CUT, it means nothing by one of the cuts; WHOLE, it is declared of the whole
    period; LEVEL, it is a level at an end that these keys have not; DAILY, its facts tell no hour."""

    CUT = "CUT"
    WHOLE = "WHOLE"
    LEVEL = "LEVEL"
    DAILY = "DAILY"


def why_left_out(one: Indicator, question: Question) -> LeftOut | None:
    """Why an indicator would be meaningless as asked; None when it is not."""
    if not question.cuts <= one.cuts:
        return LeftOut.CUT
    if question.by and one.code in DECLARED:
        return LeftOut.WHOLE
    if one.stock and not question.has_levels:
        return LeftOut.LEVEL
    if question.within_a_day and any(MEASURES[name].table == "form_days" for name in _facts(one)):
        return LeftOut.DAILY
    return None


def left_out(
    since: date,
    until: date,
    *,
    by: Iterable[str] = (),
    where: Mapping[str, Any] | None = None,
    only: Collection[str] | None = None,
) -> tuple[tuple[Indicator, LeftOut], ...]:
    """The indicators asked that `evaluate` leaves out of its rows, and why.

    Raises:
        NothingAsked: the period is empty, a cut or an indicator is unknown.
    """
    question = question_of(since, until, by, where)
    found = ((one, why_left_out(one, question)) for one in _asked(1, question, only))
    return tuple((one, why) for one, why in found if why is not None)


DECLARED = frozenset({"I19", "PLAN"})
"""The indicators that need a declaration, made of the period as a whole."""


def _facts(one: Indicator) -> Iterator[str]:
    """The measures of an indicator that are counted in facts."""
    return (name for name in one.names if name in MEASURES)


def _names(asked: Iterable[Indicator]) -> set[str]:
    """The measures to gather. Who is trained is set beside who worked: asked alone, it still needs the states."""
    asked = list(asked)
    return {name for one in asked for name in _facts(one)} | (
        {"productive_ms"} if any(one.code == "I19" for one in asked) else set()
    )


def _with_reports(read: Reading, gathered: Gathered) -> Gathered:
    """Where a table has no fact in the whole period, what the vendor's reports say of its measures."""
    question = read.question
    absent = {"legs", "states", "forms"} - gathered.present
    if not absent:
        return gathered
    files = files_in_force(
        read.contract, Record.AGGREGATES, since=question.since, until=question.until, stated=read.stated
    )
    if not files:
        return gathered
    asked = question.inside(table_of(read.backend, files))
    day = max(question.since, read.terms.head.notified_on)
    told = from_cells(
        (_cell(row) for row in arrow_of(read.backend, asked).to_pylist()),
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


def _order(pair: tuple[Key, Any]) -> list[tuple[bool, str | int]]:
    """Sort keys; what has no value comes last."""
    return [
        (part is None, part.isoformat() if isinstance(part, date) else part if part is not None else "")
        for part in pair[0]
    ]


def _said_on(
    day: date, asked: Iterable[Indicator], terms: Terms, gathered: Gathered, declared: Declared
) -> list[tuple[Indicator, dict[str, Any]]]:
    """How each indicator is judged under the terms of a day: the same for every key of the month."""
    return [
        (
            one,
            {
                "options": options_on(terms, one, day),
                "rivals": rivals_on(terms, one, day, unsplit=gathered.unsplit),
                "target": target_on(terms, one.target, day),
                "known": known_to(one, gathered),
                "grade": grade_of(
                    one,
                    gathered,
                    has_orders=declared.ordered_ms is not None,
                    has_training=declared.trained_on is not None,
                ),
            },
        )
        for one in asked
    ]


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


# What is declared


def _declare(
    contract: Contract,
    found: dict[Key, dict[str, int]],
    question: Question,
    declared: Declared,
    terms: Terms,
    codes: Collection[str],
    stated: Stated | None,
) -> None:
    """Put declarations with the measures of the last month: they are said of the period as a whole."""
    last = found[(months_of(question)[-1],)]
    if declared.ordered_ms is not None:
        last["ordered_ms"] = declared.ordered_ms
    if declared.trained_on is not None and "I19" in codes:
        last |= _trained(contract, question, terms, declared.trained_on, stated)


def _trained(
    contract: Contract,
    question: Question,
    terms: Terms,
    trained_on: Mapping[str, date],
    stated: Stated | None,
) -> dict[str, int]:
    """Advisers with a productive minute in the period, and those trained before their first productive day."""
    first_day, worked = first_productive_days(
        contract,
        since=question.since,
        until=question.until,
        where=question.where,
        terms=terms,
        stated=stated,
    )
    there = [adviser for adviser, time in worked.items() if time >= HOUR_MS // 60]
    dates = {adviser: trained_on.get(adviser, date.max) for adviser in there}
    return {
        "advisers": len(there),
        "advisers_trained": sum(dates[adviser] < first_day[adviser] for adviser in there),
        "advisers_trained_late": sum(dates[adviser] < question.until for adviser in there),
    }


@clause("S-3.3.2-formation")
def first_productive_days(
    contract: Contract,
    *,
    until: date,
    terms: Terms,
    since: date | None = None,
    where: Mapping[str, Any] | None = None,
    stated: Stated | None = None,
) -> tuple[dict[str, date], dict[str, int]]:
    """The first day on which each adviser worked on an activity, since the contract starts and before `until`.

    Beside it, the productive milliseconds of each from `since` on (from the start when it is not given).
    """
    start = terms.head.starts_on if since is None else min(since, terms.head.starts_on)
    first_day: dict[str, date] = {}
    worked: dict[str, int] = {}
    if start >= until:
        return first_day, worked
    whole = Question(start, until, ("day", "adviser"), dict(where or {}))
    with reading(contract, terms, whole, stated) as read:
        everything = gather(whole, read.source, names={"productive_ms"})
    for (_, day, adviser), measured in sorted(everything.found.items(), key=_order):
        if adviser is None or not measured["productive_ms"]:
            continue
        first_day.setdefault(adviser, day)
        if since is None or day >= since:
            worked[adviser] = worked.get(adviser, 0) + measured["productive_ms"]
    return first_day, worked

"""What a month would have cost: from its facts and a change to indicators, penalties, corridor and chance."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
from django.conf import settings

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Direction, Indicator, Sides, Value, meets
from titulaire.penalties.rules import Invoice, Line, State, Statement
from titulaire.support.facts.models import Manifest
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.evaluation import after, full_day_ms, measures_of, options_on, target_on
from titulaire.support.penalties.assessing import (
    Entered,
    MonthFacts,
    lines_on,
    month_facts,
    statement_of,
)
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.freezing import entered_in
from titulaire.support.penalties.queries import current_of
from titulaire.support.simulator.rules import (
    Cell,
    Centre,
    Change,
    Played,
    Shift,
    centre_of,
    changed,
    hours_moved,
    moved,
    play,
    replayed,
    shift,
)

SHOWN = ("I1", "I2", "I5", "I7")
BOUND = {"I1": "answer_rate", "I5": "availability"}
"""The two indicators that hold together only for some numbers of advisers."""
LEAST_SPAN, MOST_SPAN = 8, 15
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator: as measured, as the model alone gives it, as expected after the change, with chance."""

    indicator: Indicator
    sides: Sides
    target: Fraction | None
    trigger: Fraction | None
    before: Value | None
    """As measured; None where no fact tells it."""
    model: Fraction | None
    after: Value | None
    low: float | None
    high: float | None

    @property
    def fact(self) -> Fraction | None:
        """The value measured."""
        return None if self.before is None else self.before.exact

    @property
    def expected(self) -> Fraction | None:
        """The value expected after the change."""
        return None if self.after is None else self.after.exact

    @property
    def gap(self) -> Fraction | None:
        """By how much the model alone is beside the fact: what the model is worth on this month."""
        return None if self.fact is None or self.model is None else self.model - self.fact


@dataclass(frozen=True, slots=True)
class Point:
    """A number of advisers beside the present one: both figures of the corridor, and what the month costs."""

    advisers: int
    posts: float
    answer_rate: Fraction | None
    availability: Fraction | None
    proposed: Decimal
    holds: bool


@dataclass(frozen=True)
class Simulation:
    """A month before and after a change."""

    month: date
    change: Change
    centre: Centre
    figures: tuple[Figure, ...]
    plan: Figure
    before: Statement
    after: Statement
    points: tuple[Point, ...]
    risks: Mapping[str, float]
    """Share of the replications in which each line is due."""
    proposed_low: Decimal
    proposed_high: Decimal
    has_states: bool
    has_invoice: bool

    def figure(self, code: str) -> Figure:
        """The figure of an indicator.

        Raises:
            KeyError: it is not one of those shown.
        """
        return {one.indicator.code: one for one in (*self.figures, self.plan)}[code]

    @property
    def difference(self) -> Decimal:
        """In euros: positive, more to pay."""
        return self.after.proposed - self.before.proposed

    @property
    def corridor(self) -> tuple[Point, Point] | None:
        """The fewest and the most advisers with which both targets hold; None where none does."""
        held = [one for one in self.points if one.holds]
        return (held[0], held[-1]) if held else None


def usual_entered(contract: Contract, month: date) -> Entered:
    """What was invoiced, ordered and set aside of the month; else what its last proposal entered; else nothing."""
    known = entered_for(contract, month)
    if known is not None:
        return known
    last = current_of(contract, month)
    zero = Decimal("0.00")
    return Entered(Invoice(zero, zero)) if last is None else entered_in(last.frozen)


@clause("S-9-penalites")
def simulate(
    contract: Contract,
    month: date,
    change: Change,
    entered: Entered,
    terms: Terms,
    *,
    staff: float | None = None,
) -> Simulation:
    """A month's indicators and penalties with a change. `staff`: advisers at post, where no fact tells them.

    Raises:
        NothingToSimulate: no quarter-hour has both calls and advisers.
    """
    asked = _Asked(
        contract, month.replace(day=1), entered, terms, staff, _state(contract, month, entered, terms, staff)
    )
    return _result(_opened(asked), change)


@dataclass(frozen=True)
class _Asked:
    """A month to open. `state` changes with all that it is made of: it alone tells two of them apart."""

    contract: Contract = field(compare=False)
    month: date = field(compare=False)
    entered: Entered = field(compare=False)
    terms: Terms = field(compare=False)
    staff: float | None = field(compare=False)
    state: str


def _state(contract: Contract, month: date, entered: Entered, terms: Terms, staff: float | None) -> str:
    manifests = Manifest.objects.filter(contract=contract).order_by("pk").values_list("pk", "digest")
    told = (str(settings.DATA_DIR), contract.code, f"{month:%Y-%m}", repr(entered), repr(terms), repr(staff))
    return hashlib.sha256("\n".join((*told, *map(str, manifests))).encode()).hexdigest()


@lru_cache(maxsize=8)
def _opened(asked: _Asked) -> _Simulating:
    """A month open on the table, kept for the next question: each move of a slider is one."""
    facts = month_facts(asked.contract, asked.month, asked.entered, asked.terms)
    has_states = "states" in facts.gathered.present
    centre = centre_of(
        _cells(asked.contract, asked.month), facts.measured, staff=None if has_states else asked.staff
    )
    return _Simulating(asked.month, facts, asked.entered, asked.terms, centre, has_states)


def _cells(contract: Contract, month: date) -> tuple[Cell, ...]:
    """The quarter-hours of a month."""
    found = measures_of(contract, month, after(month), by=("day", "quarter")).found
    return tuple(
        Cell(
            day,
            quarter,
            calls=sum(measured.get(name, 0) for name in ("answered", "abandoned", "timed_out")),
            staff_ms=measured.get("available_ms", 0) + measured.get("busy_ms", 0),
        )
        for (day, quarter), measured in found.items()
    )


@dataclass(frozen=True, eq=False)
class _Simulating:
    """A month open on the table: everything that does not depend on the change, computed once."""

    month: date
    facts: MonthFacts
    entered: Entered
    terms: Terms
    centre: Centre
    has_states: bool

    @property
    def day(self) -> date:
        return max(self.month, self.terms.head.notified_on)

    @cached_property
    def base(self) -> Played:
        """The month as the model plays it, unchanged."""
        return play(self.centre)

    @cached_property
    def measured(self) -> dict[str, int]:
        """The month as measured; where no fact tells advisers' time, as the model gives it."""
        measured = dict(self.facts.measured)
        if not self.has_states:
            staff, busy = round(self.base.staff_ms.sum()), round(self.base.busy_ms.sum())
            measured |= {"available_ms": staff - busy, "busy_ms": busy, "logged_ms": staff}
        return measured

    @cached_property
    def known(self) -> dict[str, Indicator]:
        """The indicators by code."""
        return {one.code: one for one in (*indicators(full_day_ms(self.terms, self.day)), production_plan())}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines of penalties."""
        return lines_on(self.terms, self.day)

    def result(self, change: Change) -> Simulation:
        """The month before and after a change."""
        centre = changed(self.centre, change)
        by = shift(self.base, play(centre))
        expected = moved(self.measured, by, change)
        chances = list(self._chances(centre, by, change))
        statements = [self._statement(one, by) for one in chances]
        after_all = self._statement(expected, by)
        return Simulation(
            month=self.month,
            change=change,
            centre=self.centre,
            figures=tuple(self._figure(self.known[code], expected, chances) for code in SHOWN),
            plan=self._plan(by),
            before=statement_of(self.facts, self.entered, self.terms),
            after=after_all,
            points=_points(self, replace(change, advisers=0.0)),
            risks={
                line.line.code: sum(one.lines[place].state is State.TRIGGERED for one in statements)
                / len(statements)
                for place, line in enumerate(after_all.lines)
            },
            proposed_low=min(one.proposed for one in statements),
            proposed_high=max(one.proposed for one in statements),
            has_states=self.has_states,
            has_invoice=self.entered.invoice.total > 0,
        )

    def _chances(self, centre: Centre, by: Shift, change: Change) -> Iterator[dict[str, int]]:
        """The month after the change, as other dice would have it."""
        played = replayed(centre)
        lost, waited, busy = (
            values - values.mean() for values in (played.lost, played.waited_seconds, played.busy_seconds)
        )
        for one in range(lost.size):
            moving = by.and_chance(
                lost=float(lost[one]), waited_ms=float(waited[one]) * 1000, busy_ms=float(busy[one]) * 1000
            )
            yield moved(self.measured, moving, change)

    def _statement(self, measured: Mapping[str, int], by: Shift) -> Statement:
        orders = tuple(
            (order, self._order_moved(order.since, order.until, told, by))
            for order, told in self.facts.orders
        )
        known = {name: measured[name] for name in self.facts.measured}
        return statement_of(replace(self.facts, measured=known, orders=orders), self.entered, self.terms)

    def _order_moved(self, since: date, until: date, told: Mapping[str, int], by: Shift) -> dict[str, int]:
        inside = [since <= day < until for day in self.centre.days]
        staff, busy = (
            sum(value for value, here in zip(values, inside, strict=False) if here)
            for values in (by.staff_ms, by.busy_ms)
        )
        return {**told, **hours_moved(told, staff, busy)}

    def _figure(self, one: Indicator, expected: Mapping[str, int], chances: list[dict[str, int]]) -> Figure:
        is_told = self.has_states or one.code != "I5"
        sides = self._sides(one)
        values = [float(value) for each in chances if (value := sides.of(each).exact) is not None]
        low, high = np.quantile(values, [LOW, HIGH]) if values else (None, None)
        return Figure(
            indicator=one,
            sides=sides,
            target=target_on(self.terms, one.target, self.day),
            trigger=self._trigger(one.code),
            before=sides.of(self.facts.measured) if is_told else None,
            model=sides.of(self._modelled).exact,
            after=sides.of(expected),
            low=low,
            high=high,
        )

    @cached_property
    def _modelled(self) -> dict[str, int]:
        """The month as the model alone would have it."""
        measured, base = self.measured, self.base
        gave_up = measured.get("abandoned", 0) + measured.get("timed_out", 0)
        alone = Shift(
            lost=float(base.lost.sum()) + self.centre.outside - gave_up,
            waited_ms=float(base.waited_ms.sum()) - measured.get("wait_ms", 0),
            busy_ms=(float(base.busy_ms.sum()) - measured.get("busy_ms", 0),),
            staff_ms=(0.0,),
        )
        return moved(measured, alone, Change())

    def _plan(self, by: Shift) -> Figure:
        """The production plan over all the orders of the month together."""
        one = production_plan()
        ordered = int(sum((order.hours for order, _ in self.facts.orders), Fraction(0)) * 3_600_000)
        before = _summed(known for _, known in self.facts.orders)
        later = _summed(
            self._order_moved(order.since, order.until, known, by) for order, known in self.facts.orders
        )
        sides = self._sides(one)
        fact, expected = (
            sides.of({**told, "ordered_ms": ordered}) if self.has_states else None for told in (before, later)
        )
        target = target_on(self.terms, one.target, self.day)
        model = None if fact is None else fact.exact
        return Figure(one, sides, target, self._trigger("PLAN"), fact, model, expected, None, None)

    def points(self, change: Change) -> Iterator[Point]:
        """The same change with fewer and more advisers."""
        span = min(MOST_SPAN, max(LEAST_SPAN, math.ceil(self.centre.mean_staff / 4)))
        for advisers in range(-span, span + 1):
            if self.centre.mean_staff + advisers < 1:
                continue
            there = replace(change, advisers=float(advisers))
            by = shift(self.base, play(changed(self.centre, there)))
            expected = moved(self.measured, by, there)
            values = {code: self._sides(self.known[code]).of(expected).exact for code in BOUND}
            yield Point(
                advisers=advisers,
                posts=self.centre.mean_staff + advisers,
                answer_rate=values["I1"],
                availability=values["I5"],
                proposed=self._statement(expected, by).proposed,
                holds=all(self._meets(self.known[code], value) for code, value in values.items()),
            )

    def _meets(self, one: Indicator, value: Fraction | None) -> bool:
        target = target_on(self.terms, one.target, self.day)
        if one.direction is Direction.FOLLOWED or target is None:
            return True
        return value is not None and meets(value, target, one.direction)

    def _sides(self, one: Indicator) -> Sides:
        return one.sides(options_on(self.terms, one, self.day))

    def _trigger(self, code: str) -> Fraction | None:
        return next((line.trigger for line in self.lines if line.indicator == code), None)


@lru_cache(maxsize=64)
def _result(here: _Simulating, change: Change) -> Simulation:
    """What was asked before of an open month, a slider moved back, is not computed again."""
    return here.result(change)


@lru_cache(maxsize=64)
def _points(here: _Simulating, change: Change) -> tuple[Point, ...]:
    """The corridor does not depend on the advisers of the change: their slider leaves it as it is."""
    return tuple(here.points(change))


def _summed(told: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in told:
        for name, value in one.items():
            found[name] = found.get(name, 0) + value
    return found

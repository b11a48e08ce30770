"""A figure with everything that a page says of it: target, trigger, state, formula, readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.indicators.rules import Result, Unit
from titulaire.indicators.wording import (
    GRADES,
    STATES,
    UNITS,
    difference_written,
    rounded,
    target_written,
    written,
)
from titulaire.penalties.rules import Line
from titulaire.support.dashboards.rules import Period
from titulaire.support.dashboards.wording import key_written, period_written, ratio_written, status_of
from titulaire.support.indicators.evaluation import Row, options_on
from titulaire.support.indicators.guide import sides_written
from titulaire.support.penalties.assessing import lines_on
from titulaire.support.penalties.wording import plain, trigger_written
from titulaire.ui.charts import Unit as ChartUnit
from titulaire.ui.exports import Kind
from titulaire.ui.formats import NONE
from titulaire.ui.tables import Status


@dataclass(frozen=True)
class Judged:
    """A result under the terms of a day. `before` is the same over the period before."""

    result: Result
    line: Line | None
    terms: Terms
    day: date
    before: Result | None = None

    @property
    def code(self) -> str:
        return self.result.indicator.code

    @property
    def name(self) -> str:
        return self.result.indicator.name

    @property
    def clause(self) -> str:
        return self.result.indicator.clause

    @property
    def unit(self) -> Unit:
        return self.result.indicator.unit

    @property
    def value(self) -> str:
        return written(self.result.exact, self.unit, self.result.target)

    @property
    def target(self) -> str:
        return target_written(self.result.target, self.unit, self.result.indicator.direction)

    @property
    def trigger(self) -> str:
        return trigger_written(self.line, self.unit)

    @property
    def status(self) -> Status:
        edge = self.terms.reading("trigger_edge", on=self.day) == "EQUAL_OR_WORSE"
        return status_of(self.result, self.line, edge_counts=edge)

    @property
    def grade(self) -> str:
        return GRADES[self.result.grade] if self.result.grade else ""

    @property
    def ratio(self) -> str:
        return ratio_written(self.result.value) if self.result.grade else NONE

    @property
    def formula(self) -> str:
        """The formula retained, in words."""
        one = self.result.indicator
        return sides_written(one.sides(options_on(self.terms, one, self.day)), self.terms, self.day)

    @property
    def readings(self) -> tuple[tuple[str, str, str], ...]:
        """Code, question and sentence of each reading retained."""
        one = self.result.indicator
        options = options_on(self.terms, one, self.day)
        known = self.terms.readings
        return tuple(
            (code, known[code].question, known[code].option(options[code]).sentence) for code in one.readings
        )

    @property
    def rivals(self) -> list[tuple[str, str, str]]:
        """What the other ways of counting give: sentence, value, difference."""
        found = []
        for rival in self.result.rivals:
            gap = self.result.gap_of(rival)
            apart = difference_written(gap, self.unit) if gap else ""
            found.append((rival.label, written(rival.value.exact, self.unit), apart))
        return found

    @property
    def before_value(self) -> str:
        return written(self.before.exact, self.unit) if self.before and self.before.grade else NONE

    @property
    def change(self) -> Fraction | None:
        """By how much the value exceeds that of the period before."""
        if not (self.before and self.before.grade and self.result.grade):
            return None
        if self.before.exact is None or self.result.exact is None:
            return None
        return self.result.exact - self.before.exact

    @property
    def change_written(self) -> str:
        return NONE if self.change is None else difference_written(self.change, self.unit)


@clause("S-3.3.1-tableaux-de-bord")
def judged(terms: Terms, day: date, results: Iterable[Result], before: Sequence[Result] = ()) -> list[Judged]:
    """Each result with its line of penalties and its value before."""
    lines = {line.indicator: line for line in lines_on(terms, day)}
    earlier = {one.indicator.code: one for one in before}
    return [
        Judged(one, lines.get(one.indicator.code), terms, day, earlier.get(one.indicator.code))
        for one in results
    ]


def charted(value: Fraction | None) -> Decimal | None:
    """A value as a chart takes it: a rate from 0 to 1, seconds."""
    return None if value is None else rounded(value, 6)


def chart_unit(unit: Unit) -> ChartUnit:
    """How a chart writes values of a unit."""
    return {Unit.RATIO: "rate", Unit.SECONDS: "duration"}.get(unit, "number")  # type: ignore[return-value]


# Flat rows: one figure per row, for a pivot table

FLAT: tuple[tuple[str, Kind], ...] = (
    ("Période", "text"),
    ("Du", "date"),
    ("Au", "date"),
    ("Découpage", "text"),
    ("Valeur du découpage", "text"),
    ("Code", "text"),
    ("Indicateur", "text"),
    ("Valeur", "number"),
    ("Unité", "text"),
    ("Numérateur", "number"),
    ("Dénominateur", "number"),
    ("Objectif", "number"),
    ("Sens de l’objectif", "text"),
    ("Seuil de pénalité", "number"),
    ("État", "text"),
    ("Preuve", "text"),
    ("Clause", "text"),
)
SIGNS = {"AT_LEAST": "au moins", "AT_MOST": "au plus", "BELOW": "moins de", "FOLLOWED": "suivi"}


@clause("S-10.1-statistiques")
def flat_rows(
    terms: Terms, day: date, period: Period, rows: Iterable[Row], cut: str, *, of_time: bool = False
) -> list[tuple[Any, ...]]:
    """One row per figure, the same columns whatever the cut; `of_time` when the cut is a moment of the period."""
    lines = {line.indicator: line for line in lines_on(terms, day)}
    edge = terms.reading("trigger_edge", on=day) == "EQUAL_OR_WORSE"
    found: list[tuple[Any, ...]] = []
    for row in rows:
        key = row.key[0][1] if row.key else ""
        for one in row.results:
            line, unit = lines.get(one.indicator.code), one.indicator.unit
            measured = one.grade is not None
            state = STATES[one.state] if of_time else status_of(one, line, edge_counts=edge).label
            found.append(
                (
                    period_written(period),
                    period.since,
                    period.last_day,
                    cut,
                    "" if not row.key else key if isinstance(key, date) else key_written(key),
                    one.indicator.code,
                    one.indicator.name,
                    plain(one.exact, unit) if measured else None,
                    UNITS[unit] or "nombre",
                    one.value.numerator if measured else None,
                    one.value.denominator if measured else None,
                    plain(one.target, unit),
                    SIGNS[one.indicator.direction.value],
                    plain(line.trigger, unit) if line else None,
                    state,
                    GRADES[one.grade] if one.grade else "",
                    one.indicator.clause,
                )
            )
    return found

"""An adviser's own figures beside those of the site, without anybody's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median
from typing import Any

from titulaire.clauses import clause
from titulaire.indicators.rules import Result, Value, consolidate
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.rules import Period, Span
from titulaire.support.indicators.evaluation import Row

SHOWN = ("I9", "I7", "I6", "I10", "I5", "I4", "I11", "I12", "I14", "I16", "I18")
"""What can be said of one adviser, the most asked first. I8 and I15 say of one what I9 and I16 say."""
FEWEST = 5
"""Of fewer advisers a median would tell what one of them did: it is not shown."""
MILLISECONDS = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Own:
    """One indicator of an adviser, and the median of the advisers of the site; None where they are too few."""

    result: Result
    median: Fraction | None


@dataclass(frozen=True, slots=True)
class OwnPeriod:
    """A period of an adviser. `site`: where they took most calls; `holds` their mean hold and the site's median."""

    figures: tuple[Own, ...]
    site: str | None
    advisers: int
    hold: Value | None
    hold_median: Fraction | None


@clause("S-3.3.2-volumes", "S-3.3.2-formulaires-volumes")
def own_period(figures: Figures, spans: Sequence[Span], period: Period) -> OwnPeriod:
    """The figures of who held these numbers, each over its own days, beside the site over the whole period."""
    mine = [
        row
        for span in spans
        for row in figures.rows(span.since, span.until, by=("site", "adviser"))
        if row.key[1][1] == span.number
    ]
    site = _site(mine)
    everybody = _of_site(figures.rows(period.since, period.until, by=("site", "adviser")), site)
    return OwnPeriod(
        figures=tuple(_figures(mine, everybody)),
        site=site,
        advisers=len(everybody),
        hold=_own_hold(figures, spans),
        hold_median=_median(
            value.exact
            for key, value in _holds(figures, period.since, period.until).items()
            if key[0] == site and site is not None
        ),
    )


def _site(rows: Iterable[Row]) -> str | None:
    """The site of most of the calls, then of most of the forms."""
    weights: dict[str, tuple[int, int]] = {}
    for row in rows:
        if name := row.key[0][1]:
            calls, forms = (_count(row, code) for code in ("I9", "I16"))
            known = weights.get(name, (0, 0))
            weights[name] = (known[0] + calls, known[1] + forms)
    return max(weights, key=lambda name: (*weights[name], name), default=None)


def _count(row: Row, code: str) -> int:
    found = _result(row, code)
    return found.value.numerator if found else 0


def _result(row: Row, code: str) -> Result | None:
    """A result that something measures."""
    found = next((one for one in row.results if one.indicator.code == code), None)
    return found if found is not None and found.grade is not None else None


def _of_site(rows: Iterable[Row], site: str | None) -> list[Row]:
    return [row for row in rows if site is not None and row.key[0][1] == site and row.key[1][1]]


def _figures(mine: list[Row], everybody: list[Row]) -> Iterable[Own]:
    for code in SHOWN:
        parts = [found for row in mine if (found := _result(row, code))]
        if any(part.value.numerator or part.value.denominator for part in parts):
            others = (found.exact for row in everybody if (found := _result(row, code)))
            yield Own(consolidate(parts), _median(others))


def _median(values: Iterable[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= FEWEST else None


def _holds(
    figures: Figures, since: date, until: date, *, number: str | None = None
) -> Mapping[tuple[Any, ...], Value]:
    """The mean hold of each adviser who answered, by site and number."""
    found = figures.measures(since, until, by=("site", "adviser"))
    return {
        key: Value(measured.get("hold_ms", 0), measured["answered"], MILLISECONDS)
        for key, measured in found.items()
        if measured.get("answered") and "hold_ms" in measured and key[1] and number in (None, key[1])
    }


def _own_hold(figures: Figures, spans: Iterable[Span]) -> Value | None:
    total: Value | None = None
    for span in spans:
        for value in _holds(figures, span.since, span.until, number=span.number).values():
            total = value if total is None else total + value
    return total


def handling_by_day(
    figures: Figures, spans: Sequence[Span], period: Period, site: str | None, day: date
) -> tuple[dict[date, Fraction], dict[date, Fraction]]:
    """The mean handling time of each day: the adviser's, and the median of the site. `day` fixes the reading."""
    indicator = figures.indicator("I7", day)
    mine: dict[date, Fraction] = {}
    others: dict[date, list[Fraction | None]] = {}
    if indicator is None:
        return {}, {}
    found = figures.measures(period.since, period.until, by=("day", "site", "adviser"))
    totals: dict[date, Value] = {}
    for (on, where, adviser), measured in found.items():
        value = figures.value(indicator, measured, day)
        if where == site and site is not None and adviser:
            others.setdefault(on, []).append(value.exact)
        if any(span.number == adviser and span.since <= on < span.until for span in spans):
            totals[on] = totals[on] + value if on in totals else value
    mine = {on: exact for on, value in totals.items() if (exact := value.exact) is not None}
    medians = {on: middle for on, values in others.items() if (middle := _median(values)) is not None}
    return mine, medians

"""When contacts come and how long they last: a heat map of the week, and the spread of durations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Indicator, Value
from titulaire.indicators.wording import UNITS
from titulaire.support.dashboards.judging import chart_unit, charted
from titulaire.support.dashboards.rules import total_of
from titulaire.support.dashboards.spread import Spread, spreads
from titulaire.support.dashboards.views.asking import READERS, Asked, asked, clause_url
from titulaire.support.dashboards.wording import period_written
from titulaire.support.penalties.wording import plain
from titulaire.ui.charts import Chart, bars, heat_map
from titulaire.ui.formats import DAYS, NO_BREAK, duration_fr
from titulaire.ui.tables import Column, Table

ON_HOURS = ("I8", "I1", "I2", "I6", "I7", "I4", "I10")
"""The indicators of telephony that calls alone make, so that an hour has them."""
SPREADS = {"wait": "Attente", "talk": "Communication", "handling": "Traitement"}


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def dashboard_hours(request: HttpRequest, contract: Contract) -> HttpResponse:
    """An indicator by weekday and hour, and how waits, talks and handlings spread."""
    here = asked(request, contract)
    code = request.GET.get("indicateur", "")
    code = code if code in ON_HOURS else ON_HOURS[0]
    known = [one for each in ON_HOURS if (one := here.figures.indicator(each, here.day)) is not None]
    indicator = next(one for one in known if one.code == code)
    cells = cells_of(here, indicator)
    table = _table(request, here, indicator, cells)
    found = spreads(contract, here.period.since, here.period.until)
    spread = _spread_table(request, here, found)
    for listed in (table, spread):
        if listed.export:
            return listed.export_response()
    context = {
        "heading": "Heures et durées",
        "asked": here,
        "period_written": period_written(here.period),
        "periods": here.neighbours("dashboard_hours"),
        "grains": here.grains("dashboard_hours"),
        "is_empty": not cells,
        "indicator": indicator,
        "clause_url": clause_url(request, contract, indicator.clause),
        "drawn": code,
        "choices": [(one.code, f"{one.code} – {one.name}") for one in known],
        "heat": _heat(here, indicator, cells),
        "table": table,
        "spreads": [_spread_chart(here, kind, one) for kind, one in found.items() if one.calls],
        "spread": spread,
    }
    return render(request, "dashboards/hours.html", context)


def cells_of(here: Asked, indicator: Indicator) -> dict[tuple[int, int], Value]:
    """The indicator by weekday (from 0, Monday) and hour: both sides summed, the ratio taken last."""
    parts: dict[tuple[int, int], list[Value]] = {}
    measured = here.figures.measures(here.period.since, here.period.until, by=("day", "hour"))
    for (day, hour), sums in measured.items():
        value = here.figures.value(indicator, sums, max(day, here.terms.head.notified_on))
        if value.denominator if value.denominator is not None else value.numerator:
            parts.setdefault((day.weekday(), hour), []).append(value)
    return {key: total for key, found in parts.items() if (total := total_of(found)) is not None}


def _edges(cells: Mapping[tuple[int, int], Value]) -> tuple[list[int], list[int]]:
    days = list(range(5)) + [day for day in (5, 6) if any(each == day for each, _ in cells)]
    hours = [hour for _, hour in cells] or [9]
    return days, list(range(min(hours), max(hours) + 1))


def _heat(here: Asked, indicator: Indicator, cells: Mapping[tuple[int, int], Value]) -> Chart | None:
    if not cells:
        return None
    days, hours = _edges(cells)

    def shown(day: int, hour: int) -> Decimal | int | None:
        value = cells.get((day, hour))
        if value is None:
            return None
        return value.numerator if value.denominator is None else charted(value.exact)

    return heat_map(
        f"{indicator.name} par jour de semaine et heure",
        f"{period_written(here.period).capitalize()}, à l’heure du marché.",
        [DAYS[day].capitalize() for day in days],
        [f"{hour}{NO_BREAK}h" for hour in hours],
        [[shown(day, hour) for hour in hours] for day in days],
        unit=chart_unit(indicator.unit),
        label="Jour",
        wide=True,
    )


def _table(
    request: HttpRequest, here: Asked, indicator: Indicator, cells: Mapping[tuple[int, int], Value]
) -> Table:
    unit = UNITS[indicator.unit]
    return Table(
        request,
        sorted(cells.items()),
        caption=f"{indicator.name} par jour de semaine et heure, {period_written(here.period)}",
        name=f"{indicator.code}-heures-{here.period.code}",
        noun="case",
        prefix="heures",
        page_size=25,
        columns=[
            Column("weekday", "Jour", value=lambda row: DAYS[row[0][0]], sort="oui"),
            Column("hour", "Heure", kind="number", value=lambda row: row[0][1], sort="oui"),
            Column(
                "value",
                f"Valeur ({unit})" if unit else "Valeur",
                kind="number",
                value=lambda row: plain(row[1].exact, indicator.unit),
                digits=2 if unit else None,
                sort="oui",
            ),
            Column("numerator", "Numérateur", kind="number", value=lambda row: row[1].numerator, sort="oui"),
            Column(
                "denominator", "Dénominateur", kind="number", value=lambda row: row[1].denominator, sort="oui"
            ),
        ],
        empty="Aucun appel sur cette période.",
    )


def _class_written(spread: Spread, place: int) -> str:
    low = spread.edges[place]
    if place + 1 == len(spread.edges):
        return f"{duration_fr(low)} et plus"
    return f"{duration_fr(low) if low else '0'} à {duration_fr(spread.edges[place + 1])}"


def _spread_chart(here: Asked, kind: str, spread: Spread) -> Chart:
    mean = duration_fr(Decimal(spread.total_ms) / 1000 / spread.calls)
    return bars(
        f"{SPREADS[kind]} : répartition des appels",
        f"{period_written(here.period).capitalize()}. Moyenne : {mean}.",
        [(_class_written(spread, place), count) for place, count in enumerate(spread.counts)],
        name="Appels",
        label="Durée",
        wide=True,
    )


def _spread_table(request: HttpRequest, here: Asked, found: Mapping[str, Spread]) -> Table:
    rows: list[tuple[str, Spread, int]] = [
        (kind, spread, place)
        for kind, spread in found.items()
        if spread.calls
        for place in range(len(spread.edges))
    ]

    def share(count: int, spread: Spread) -> Decimal:
        return Decimal(count) / Decimal(spread.calls)

    columns: list[Any] = [
        Column("kind", "Durée", value=lambda row: SPREADS[row[0]]),
        Column("class", "Classe", value=lambda row: _class_written(row[1], row[2])),
        Column("calls", "Appels", kind="number", value=lambda row: row[1].counts[row[2]]),
        Column("share", "Part", kind="rate", value=lambda row: share(row[1].counts[row[2]], row[1])),
        Column(
            "cumulated", "Part cumulée", kind="rate", value=lambda row: share(row[1].below(row[2]), row[1])
        ),
    ]
    return Table(
        request,
        rows,
        caption=f"Répartition des durées, {period_written(here.period)}",
        name=f"durees-{here.period.code}",
        noun="classe",
        prefix="durees",
        page_size=100,
        columns=columns,
        empty="Aucun appel sur cette période.",
    )

"""One indicator of the contract: formula, clause, target and its changes, trend, cuts, rivals, facts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Grade, Result
from titulaire.indicators.wording import target_written, written
from titulaire.support.dashboards.judging import FLAT, Judged, chart_unit, charted, flat_rows, judged
from titulaire.support.dashboards.rules import Grain, Period, before, latest, period_of
from titulaire.support.dashboards.views.asking import CUTS, READERS, Asked, asked, clause_url, cuts_of
from titulaire.support.dashboards.views.period import KEY_FIGURE, rows_url
from titulaire.support.dashboards.wording import GRAINS, key_written, period_short, period_written, status_of
from titulaire.support.indicators.evaluation import Row, target_on
from titulaire.support.penalties.wording import plain
from titulaire.ui.charts import Chart, Series, lines, ranked_bars
from titulaire.ui.exports import xlsx_response
from titulaire.ui.formats import date_fr
from titulaire.ui.tables import Column, Table

TREND = {Grain.DAY: 30, Grain.WEEK: 13, Grain.MONTH: 13, Grain.CONTRACT: 13}
"""Periods of the trend, the one asked included."""
MOMENT = {Grain.DAY: "day", Grain.WEEK: "week", Grain.MONTH: "month", Grain.CONTRACT: "month"}
RANKED = 20


@clause(
    *("S-3.3.2-decroche", "S-3.3.2-attente", "S-3.3.2-accessibilite", "S-3.3.2-transfert"),
    *("S-3.3.2-disponibilite", "S-3.3.2-dmc", "S-3.3.2-dmt", "S-3.3.2-volumes", "S-3.3.2-qualification"),
    *("S-3.3.2-qualite-telephonie", "S-3.3.2-qualite-tickets", "S-3.3.2-formulaires-taux"),
    *("S-3.3.2-formulaires-productivite", "S-3.3.2-formulaires-volumes", "S-3.3.2-formulaires-qualite"),
    "S-3.3.2-evolution",
)
@reads(*READERS)
def indicator_page(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """An indicator over a period, with all that makes and judges it."""
    here = asked(request, contract)
    figures, period = here.figures, here.period
    if figures.indicator(code, here.day) is None:
        raise Http404("no such indicator")
    (found,) = figures.rows(period.since, period.until)
    earlier = before(period, here.life)
    results = figures.rows(earlier.since, earlier.until)[0].results if earlier else ()
    one = next(each for each in judged(here.terms, here.day, found.results, results) if each.code == code)
    by_time = _trend_rows(here)
    cuts = {
        par: cut for par, cut in cuts_of(here.terms, here.day).items() if cut[0] in one.result.indicator.cuts
    }
    tables = [_cut_table(request, here, one, par) for par in cuts]
    trend = _trend_table(request, here, one, by_time)
    for table in (trend, *tables):
        if table.export:
            return table.export_response()
    if request.GET.get("classeur"):
        return _workbook(here, one, list(cuts))
    context = {
        "heading": f"{one.code} – {one.name}",
        "asked": here,
        "period_written": period_written(period),
        "periods": here.neighbours("indicator_page", code),
        "grains": here.grains("indicator_page", code),
        "one": one,
        "clause_url": clause_url(request, contract, one.clause),
        "rows_url": rows_url(contract, period, code) if one.result.grade is Grade.A else "",
        "chart": _trend_chart(here, one, by_time),
        "trend": trend,
        "cuts": [
            (CUTS[par][1], _cut_chart(here, one, par), table) for par, table in zip(cuts, tables, strict=True)
        ],
        "targets": _targets(here, one),
        "workbook": f"?periode={period.code}&classeur=1",
        "hours_url": f"{here.address('dashboard_hours')}&indicateur={code}"
        if code in {"I1", "I2", "I6", "I7", "I8"}
        else "",
        "is_key": code == KEY_FIGURE,
    }
    return render(request, "dashboards/indicator.html", context)


def _address(here: Asked, code: str, period: Period) -> str:
    return here.address("indicator_page", period, code)


def _trend_rows(here: Asked) -> list[tuple[Period, Row | None]]:
    """The last periods of the same length, from the first that has facts; the months for the whole contract."""
    grain = here.period.grain
    if grain is Grain.CONTRACT:
        last = period_of(Grain.MONTH, here.period.last_day, here.life)
    else:
        last = here.period
    periods = latest(last, TREND[grain], here.life)
    rows = here.figures.rows(periods[0].since, periods[-1].until, by=(MOMENT[grain],))
    found = {row.key[0][1]: row for row in rows}
    first = next((place for place, each in enumerate(periods) if each.since in found), len(periods) - 1)
    return [(each, found.get(each.since)) for each in periods[first:]]


def _result(row: Row | None, code: str) -> Result | None:
    if row is None:
        return None
    return next((one for one in row.results if one.indicator.code == code and one.grade), None)


def _trend_chart(here: Asked, one: Judged, by_time: list[tuple[Period, Row | None]]) -> Chart | None:
    values = [
        charted(result.exact) if (result := _result(row, one.code)) is not None else None
        for _, row in by_time
    ]
    if not any(value is not None for value in values):
        return None
    return lines(
        f"{one.name} : tendance",
        f"Les {len(by_time)} dernières périodes, jusqu’à {period_written(by_time[-1][0])}.",
        [period_short(each) for each, _ in by_time],
        [Series(one.name, values)],
        unit=chart_unit(one.unit),
        target=charted(one.result.target),
        threshold=charted(one.line.trigger) if one.line else None,
        label=GRAINS[by_time[-1][0].grain],
        wide=True,
        links=[
            _address(here, one.code, each) if value is not None else ""
            for (each, _), value in zip(by_time, values, strict=True)
        ],
    )


def _trend_table(
    request: HttpRequest, here: Asked, one: Judged, by_time: list[tuple[Period, Row | None]]
) -> Table:
    listed = [
        (each, result) for each, row in reversed(by_time) if (result := _result(row, one.code)) is not None
    ]
    edge = here.terms.reading("trigger_edge", on=here.day) == "EQUAL_OR_WORSE"
    return Table(
        request,
        listed,
        caption=f"{one.name}, période par période",
        name=f"{one.code}-tendance-{here.period.code}",
        noun="période",
        prefix="tendance",
        columns=[
            Column(
                "period",
                GRAINS[by_time[-1][0].grain],
                value=lambda row: period_written(row[0]),
                link=lambda row: _address(here, one.code, row[0]),
            ),
            Column("since", "Du", kind="date", value=lambda row: row[0].since, shown=False),
            Column("until", "Au", kind="date", value=lambda row: row[0].last_day, shown=False),
            Column(
                "value",
                "Valeur",
                kind="number",
                value=lambda row: plain(row[1].exact, one.unit),
                html=lambda row: written(row[1].exact, one.unit, row[1].target),
            ),
            Column("numerator", "Numérateur", kind="number", value=lambda row: row[1].value.numerator),
            Column("denominator", "Dénominateur", kind="number", value=lambda row: row[1].value.denominator),
            Column(
                "target",
                "Objectif",
                value=lambda row: target_written(row[1].target, one.unit, row[1].indicator.direction),
            ),
            Column(
                "status",
                "État",
                kind="status",
                value=lambda row: status_of(row[1], one.line, edge_counts=edge),
            ),
        ],
        empty="Aucune période mesurée.",
    )


def _cut_rows(here: Asked, one: Judged, par: str) -> list[tuple[Row, Result]]:
    rows = here.figures.rows(here.period.since, here.period.until, by=(CUTS[par][0],))
    found = [(row, result) for row in rows if (result := _result(row, one.code)) is not None]
    return [(row, result) for row, result in found if result.value.numerator or result.value.denominator]


def _cut_chart(here: Asked, one: Judged, par: str) -> Chart | None:
    rows = _cut_rows(here, one, par)
    if len(rows) < 2:
        return None
    rows.sort(key=lambda pair: pair[1].exact or 0, reverse=True)
    label = CUTS[par][1]
    return ranked_bars(
        f"{one.name} par {label.lower()}",
        f"{period_written(here.period).capitalize()}.",
        [(key_written(row.key[0][1]), charted(result.exact)) for row, result in rows[:RANKED]],
        unit=chart_unit(one.unit),
        label=label,
        wide=True,
    )


def _cut_table(request: HttpRequest, here: Asked, one: Judged, par: str) -> Table:
    label = CUTS[par][1]
    return Table(
        request,
        _cut_rows(here, one, par),
        caption=f"{one.name} par {label.lower()}",
        name=f"{one.code}-par-{par}-{here.period.code}",
        noun=label.lower(),
        plural="flux" if par == "flux" else "",
        prefix=par,
        columns=[
            Column(
                par,
                label,
                value=lambda row: key_written(row[0].key[0][1]),
                sort="oui",
                link=lambda row: (
                    rows_url(here.contract, here.period, one.code, {par: row[0].key[0][1]})
                    if one.result.grade is Grade.A
                    else None
                ),
            ),
            Column(
                "value",
                "Valeur",
                kind="number",
                sort="oui",
                value=lambda row: plain(row[1].exact, one.unit),
                html=lambda row: written(row[1].exact, one.unit),
            ),
            Column(
                "numerator",
                "Numérateur",
                kind="number",
                sort="oui",
                value=lambda row: row[1].value.numerator,
            ),
            Column(
                "denominator",
                "Dénominateur",
                kind="number",
                sort="oui",
                value=lambda row: row[1].value.denominator,
            ),
        ],
        empty=f"Rien à découper par {label.lower()}.",
    )


def _targets(here: Asked, one: Judged) -> list[tuple[str, str, str, str]]:
    """Every target that the contract has had: from when, its value, who changed it, and whether it holds."""
    name = one.result.indicator.target
    if name is None:
        return []
    found = []
    for value in here.terms.term(name).values:
        said = target_written(
            target_on(here.terms, name, value.from_on), one.unit, one.result.indicator.direction
        )
        holds = value.from_on <= here.day and (value.until_on is None or here.day < value.until_on)
        found.append((date_fr(value.from_on), said, value.source, "en vigueur" if holds else ""))
    return found


def _workbook(here: Asked, one: Judged, pars: list[str]) -> HttpResponse:
    """Only this indicator, as flat rows: the period, its trend, its cuts."""
    period = here.period
    found = here.figures.rows(period.since, period.until)
    rows = flat_rows(here.terms, here.day, period, found, "Ensemble")
    for each, row in _trend_rows(here):
        if row is not None:
            rows += flat_rows(here.terms, here.day, each, [row], "Tendance", of_time=True)
    for par in pars:
        cut = [row for row, _ in _cut_rows(here, one, par)]
        rows += flat_rows(here.terms, here.day, period, cut, CUTS[par][1], of_time=True)
    return xlsx_response(
        f"{one.code}-{here.contract.code}-{period.code}",
        [heading for heading, _ in FLAT],
        [row for row in rows if row[5] == one.code],
        sheet=one.code,
        kinds=[kind for _, kind in FLAT],
    )

"""A period at a glance: every indicator, beside the period before and the forecast, by site, reason or flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Grade, Result, Unit
from titulaire.indicators.wording import DIGITS, UNITS
from titulaire.support.dashboards.judging import (
    FLAT,
    Judged,
    chart_unit,
    charted,
    judged,
)
from titulaire.support.dashboards.rules import Grain, Period, before, period_of
from titulaire.support.dashboards.views.asking import CUTS, READERS, Asked, asked, clause_url, cuts_of
from titulaire.support.dashboards.wording import BEFORE, key_written, period_short, period_written
from titulaire.support.dashboards.workbook import INSIDE, MOMENTS, SHEET, notes_of, workbook_rows
from titulaire.support.forecasts.queries import volumes_between
from titulaire.support.forecasts.rules import Channel, gap_rate
from titulaire.support.indicators.evaluation import Row
from titulaire.support.penalties.wording import plain
from titulaire.ui.charts import Chart, Series, lines
from titulaire.ui.exports import xlsx_response
from titulaire.ui.formats import number, rate
from titulaire.ui.parts import Figure, Tab
from titulaire.ui.tables import Column, Table

KEY_FIGURE = "I1"
RECEIVED = {Channel.PHONE: "received_inbound", Channel.FORMS: "forms_received"}


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def dashboard_month(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every indicator of a day, a week, a month or the contract: value, target, trigger, state, and why."""
    here = asked(request, contract)
    figures, period = here.figures, here.period
    (found,) = figures.rows(period.since, period.until)
    earlier = before(period, here.life)
    results = figures.rows(earlier.since, earlier.until)[0].results if earlier else ()
    found_judged = judged(here.terms, here.day, found.results, results)
    shown = [_shown(request, here, one) for one in found_judged]
    table = _indicators(request, here, found_judged)
    cuts = cuts_of(here.terms, here.day)
    par = request.GET.get("par", "")
    par = par if par in cuts else next(iter(cuts), "site")
    cut = _cut(request, here, par)
    volumes = _volumes(request, here)
    for one in (table, cut, volumes):
        if one.export:
            return one.export_response()
    code = request.GET.get("indicateur", KEY_FIGURE)
    drawn = next((one for one in found_judged if one.code == code), found_judged[0])
    context = {
        "heading": "Tableau de bord",
        "asked": here,
        "period": period,
        "period_written": period_written(period),
        "is_empty": here.is_empty,
        "last": here.known[-1] if here.known else None,
        "periods": here.neighbours("dashboard_month"),
        "grains": here.grains("dashboard_month"),
        "figures": [_figure(here, one) for one in found_judged if one.result.target is not None],
        "table": table,
        "judged": shown,
        "chart": None if here.is_empty else _inside(here, drawn),
        "drawn": drawn.code,
        "choices": [(one.code, f"{one.code} – {one.name}") for one in found_judged if one.result.grade],
        "par": par,
        "cut": cut,
        "volumes": volumes,
        "volume_chart": _volume_chart(here, list(volumes.rows)),
        "tabs": [
            Tab(
                f"Par {name.lower()}",
                f"?periode={period.code}&par={key}&indicateur={drawn.code}#decoupage",
                key == par,
            )
            for key, (_, name) in cuts.items()
        ],
        "workbook": f"{reverse('dashboard_workbook', args=[contract.code])}"
        f"?{urlencode({'periode': period.code, 'par': par})}",
    }
    return render(request, "dashboards/period.html", context)


@clause("S-10.1-statistiques", "S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def dashboard_workbook(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What the page shows, as one workbook of flat rows that a pivot table reads."""
    here = asked(request, contract)
    cuts = cuts_of(here.terms, here.day)
    par = request.GET.get("par", "")
    name = f"tableau-{contract.code}-{here.period.code}"
    return xlsx_response(
        name,
        [heading for heading, _ in FLAT],
        workbook_rows(here.figures, here.life, here.period, [par] if par in cuts else list(cuts)),
        sheet=SHEET,
        kinds=[kind for _, kind in FLAT],
        notes=notes_of(contract, here.period),
    )


@dataclass(frozen=True)
class Shown:
    """A figure with the addresses that open it for the reader."""

    one: Judged
    rows_url: str
    clause_url: str
    page_url: str


def _shown(request: HttpRequest, here: Asked, one: Judged) -> Shown:
    return Shown(
        one,
        rows_url(here.contract, here.period, one.code) if one.result.grade is Grade.A else "",
        clause_url(request, here.contract, one.clause),
        indicator_url(here.contract, here.period, one.code),
    )


def rows_url(contract: Contract, period: Period, code: str, where: Mapping[str, Any] | None = None) -> str:
    """The facts behind a figure, in a part of a cut if one is given."""
    address = reverse("indicator_rows", args=[contract.code, period.code, code])
    said = urlencode({name: "" if value is None else value for name, value in (where or {}).items()})
    return f"{address}?{said}" if said else address


def indicator_url(contract: Contract, period: Period, code: str) -> str:
    """The page of an indicator."""
    return f"{reverse('indicator_page', args=[contract.code, code])}?periode={period.code}"


def _indicators(request: HttpRequest, here: Asked, found: list[Judged]) -> Table:
    earlier = BEFORE.get(here.period.grain, "")
    period = here.period
    compared = [
        Column(
            "before",
            earlier,
            kind="number",
            value=lambda one: plain(one.before.exact, one.unit) if one.before and one.before.grade else None,
            html=lambda one: one.before_value,
        ),
        Column(
            "change",
            "Écart",
            kind="number",
            value=lambda one: plain(one.change, one.unit),
            html=lambda one: one.change_written,
        ),
    ]
    return Table(
        request,
        found,
        caption=f"Indicateurs, {period_written(period)}",
        name=f"indicateurs-{period.code}",
        noun="indicateur",
        columns=[
            Column("since", "Du", value=lambda one: period.since, kind="date", shown=False),
            Column("until", "Au", value=lambda one: period.last_day, kind="date", shown=False),
            Column("code", "Code", link=lambda one: indicator_url(here.contract, period, one.code)),
            Column("name", "Indicateur"),
            Column(
                "value",
                "Valeur",
                kind="number",
                value=lambda one: plain(one.result.exact, one.unit),
                html=lambda one: one.value,
            ),
            *(compared if earlier else ()),
            Column("unit", "Unité", value=lambda one: UNITS[one.unit], shown=False),
            Column("numerator", "Numérateur", kind="number", value="result.value.numerator", shown=False),
            Column(
                "denominator", "Dénominateur", kind="number", value="result.value.denominator", shown=False
            ),
            Column("target", "Objectif", kind="text"),
            Column("trigger", "Seuil de pénalité"),
            Column("status", "État", kind="status"),
            Column("grade", "Preuve"),
            Column("clause", "Clause", shown=False),
        ],
    )


def _cut(request: HttpRequest, here: Asked, par: str) -> Table:
    name, label = CUTS[par]
    return cut_table(
        request,
        here,
        list(here.figures.rows(here.period.since, here.period.until, by=(name,))),
        par,
        label,
        plural="flux" if par == "flux" else "",
    )


def cut_table(
    request: HttpRequest,
    here: Asked,
    rows: list[Row],
    par: str,
    label: str,
    *,
    plural: str = "",
    link: Callable[[Row], str | None] | None = None,
    named: Callable[[Row], str] | None = None,
) -> Table:
    """The figures of each value of a cut, one column per indicator; each opens to its facts.

    `link`: the page of a value; `named`: who it is, for those who may read it.
    """
    shown: dict[str, Result] = {}
    for row in rows:
        for result in row.results:
            if result.grade is not None:
                shown.setdefault(result.indicator.code, result)
    period = here.period

    def column(code: str, like: Result) -> Column:
        unit = like.indicator.unit
        unit_name = f" ({UNITS[unit]})" if UNITS[unit] else ""
        linked = par in CUTS and like.grade is Grade.A
        return Column(
            code,
            f"{like.indicator.name}{unit_name}",
            kind="number",
            digits=None if unit is Unit.COUNT else DIGITS,
            value=lambda row: _cut_value(row, code),
            link=lambda row: rows_url(here.contract, period, code, {par: row.key[0][1]}) if linked else None,
            sort="oui",
        )

    return Table(
        request,
        rows,
        caption=f"Indicateurs par {label.lower()}, {period_written(period)}",
        name=f"indicateurs-{period.code}-par-{par}",
        noun=label.lower(),
        plural=plural,
        prefix="coupe",
        columns=[
            Column("since", "Du", value=lambda row: period.since, kind="date", shown=False),
            Column("until", "Au", value=lambda row: period.last_day, kind="date", shown=False),
            Column(par, label, value=lambda row: key_written(row.key[0][1]), sort="oui", link=link),
            *([Column("person", "Personne", value=named)] if named and any(map(named, rows)) else []),
            *(column(code, like) for code, like in shown.items()),
        ],
        empty=f"Aucun fait à découper par {label.lower()}.",
    )


def _cut_value(row: Row, code: str) -> Decimal | None:
    try:
        result = row[code]
    except KeyError:
        return None
    return plain(result.exact, result.indicator.unit) if result.grade else None


def _figure(here: Asked, one: Judged) -> Figure:
    note = f"objectif {one.target}"
    if one.trigger:
        note += f", pénalité si {one.trigger}"
    return Figure(
        one.name,
        one.value,
        note=note,
        status=(one.status.code, one.status.label, one.status.tone),
        link=indicator_url(here.contract, here.period, one.code),
    )


# Inside the period


def moments_of(period: Period) -> Sequence[tuple[Any, str, Period | None]]:
    """The moments that a period is drawn by: key, label, and the period of it where it is one."""
    match period.grain:
        case Grain.DAY:
            return [(hour, f"{hour}\u00a0h", None) for hour in range(7, 21)]
        case Grain.CONTRACT:
            months, day = [], period.since.replace(day=1)
            while day < period.until:
                month = period_of(Grain.MONTH, day, _NO_LIFE)
                months.append((day, period_short(month), month))
                day = month.until
            return months
        case _:
            days = [date.fromordinal(n) for n in range(period.since.toordinal(), period.until.toordinal())]
            made = [period_of(Grain.DAY, day, _NO_LIFE) for day in days]
            return [
                (one.since, f"{one.since.day}" if len(days) > 7 else period_short(one), one) for one in made
            ]


_NO_LIFE: Any = None
"""Days and months need no life of a contract to be found."""


def _inside(here: Asked, one: Judged) -> Chart | None:
    """The indicator by hour, day or month of the period; a moment leads to its own page."""
    moment = INSIDE[here.period.grain]
    rows = here.figures.rows(here.period.since, here.period.until, by=(moment,))
    values = {}
    for row in rows:
        try:
            result = row[one.code]
        except KeyError:
            continue
        values[row.key[0][1]] = charted(result.exact) if result.grade else None
    if not any(value is not None for value in values.values()):
        return None
    moments = moments_of(here.period)

    def address(key: Any, inside: Period | None) -> str:
        if inside is not None:
            return f"{here.address('dashboard_month', inside)}&indicateur={one.code}"
        return (
            rows_url(here.contract, here.period, one.code, {"heure": key})
            if one.result.grade is Grade.A
            else ""
        )

    return lines(
        f"{one.name} par {MOMENTS[moment].lower()}",
        f"{period_written(here.period).capitalize()}. Sans fait, pas de valeur.",
        [label for _, label, _ in moments],
        [Series(one.name, [values.get(key) for key, _, _ in moments])],
        unit=chart_unit(one.unit),
        target=charted(one.result.target),
        threshold=charted(one.line.trigger) if one.line else None,
        label=MOMENTS[moment],
        wide=True,
        links=[address(key, inside) if values.get(key) is not None else "" for key, _, inside in moments],
    )


# Beside the forecast


@dataclass(frozen=True)
class Volume:
    """What was forecast and what came, for a day or a month, on a channel and a flow."""

    on: date
    channel: Channel
    flow: str
    forecast: int | None
    received: int

    @property
    def gap(self) -> Decimal | None:
        return gap_rate(self.received, self.forecast)


def _volumes(request: HttpRequest, here: Asked) -> Table:
    return Table(
        request,
        volumes_of(here),
        caption=f"Volumes prévus et reçus, {period_written(here.period)}",
        name=f"volumes-{here.period.code}",
        noun="volume",
        prefix="volumes",
        page_size=100,
        columns=[
            Column("on", "Mois" if here.period.grain is Grain.CONTRACT else "Jour", kind="date", sort="oui"),
            Column("channel", "Canal", value=lambda one: CHANNELS[one.channel], sort="oui"),
            Column("flow", "Flux", value=lambda one: one.flow or "tous", sort="oui"),
            Column("forecast", "Prévu", kind="number", sort="oui"),
            Column("received", "Reçu", kind="number", sort="oui"),
            Column("gap", "Écart", kind="rate", sort="oui"),
        ],
        empty="Ni prévision ni contact reçu sur cette période.",
        empty_action=("Déposer une prévision", reverse("forecasts", args=[here.contract.code])),
    )


CHANNELS = {Channel.PHONE: "Téléphone", Channel.FORMS: "Formulaires"}


def volumes_of(here: Asked) -> list[Volume]:
    """Forecast and received, by flow where the forecast tells flows apart, else all flows together."""
    period = here.period
    by_month = period.grain is Grain.CONTRACT
    planned = volumes_between(here.contract, period.since, period.until)
    by_flow = {channel for _, channel, flow in planned if flow}
    wanted: dict[tuple[date, Channel, str], list[int | None]] = {}

    def place(day: date, channel: Channel, flow: str) -> list[int | None]:
        key = (day.replace(day=1) if by_month else day, channel, flow if channel in by_flow else "")
        return wanted.setdefault(key, [None, 0])

    for (day, channel, flow), volume in planned.items():
        held = place(day, channel, flow)
        held[0] = (held[0] or 0) + volume
    for (day, got_flow), measured in here.figures.measures(
        period.since, period.until, by=("day", "flow")
    ).items():
        for channel, name in RECEIVED.items():
            if count := measured.get(name, 0):
                held = place(day, channel, got_flow or "")
                held[1] = (held[1] or 0) + count
    return [
        Volume(on, channel, flow, planned_here, received or 0)
        for (on, channel, flow), (planned_here, received) in sorted(wanted.items())
    ]


def _volume_chart(here: Asked, rows: list[Volume]) -> Chart | None:
    phone = [one for one in rows if one.channel is Channel.PHONE]
    if here.period.grain is Grain.DAY or not any(one.forecast is not None for one in phone):
        return None
    planned: dict[date, int] = {}
    came: dict[date, int] = {}
    for one in phone:
        if one.forecast is not None:
            planned[one.on] = planned.get(one.on, 0) + one.forecast
        came[one.on] = came.get(one.on, 0) + one.received
    moments = moments_of(here.period)
    total, forecast = sum(came.values()), sum(planned.values())
    gap = gap_rate(total, forecast)
    told = f"{number(total)} reçus pour {number(forecast)} prévus"
    if gap is not None:
        told += f" ({'+' if gap > 0 else ''}{rate(gap)})"
    return lines(
        "Appels prévus et reçus",
        f"{period_written(here.period).capitalize()} : {told}.",
        [label for _, label, _ in moments],
        [
            Series("Prévus", [planned.get(key) for key, _, _ in moments]),
            Series("Reçus", [came.get(key) or None for key, _, _ in moments]),
        ],
        label=MOMENTS[INSIDE[here.period.grain]],
        from_zero=True,
        wide=True,
    )

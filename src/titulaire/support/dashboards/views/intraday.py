"""A point of production during the day: where it stands, where it heads, what must come for the targets to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from fractions import Fraction

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Direction, Indicator, Value
from titulaire.indicators.wording import rounded, target_written, written
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.judging import charted
from titulaire.support.dashboards.queries import last_day_with_facts, life_of
from titulaire.support.dashboards.rules import (
    DAY,
    Grain,
    Need,
    Outlook,
    need,
    period_of,
    still_to_come,
    up_to,
)
from titulaire.support.dashboards.views.asking import READERS, clause_url, day_of, terms_here
from titulaire.support.dashboards.views.period import indicator_url, rows_url
from titulaire.support.dashboards.wording import hour_written
from titulaire.support.forecasts.queries import volumes_between
from titulaire.support.forecasts.rules import Channel
from titulaire.support.indicators.evaluation import target_on
from titulaire.ui.charts import Chart, Series, lines
from titulaire.ui.formats import NONE, count_fr, duration_fr, number, weekday_fr
from titulaire.ui.parts import Figure, Tab
from titulaire.ui.tables import Column, Status, Table

FOLLOWED = ("I1", "I2")
"""What calls still to come can save or spoil before the evening."""
REFERENCE_DAYS = 28
OUTLOOKS = {
    Outlook.SECURED: Status("SECURED", "acquis", "good"),
    Outlook.OPEN: Status("OPEN", "à tenir", "warn"),
    Outlook.LOST: Status("LOST", "hors d’atteinte aujourd’hui", "bad"),
}


@dataclass(frozen=True)
class Point:
    """One target at one hour of a day."""

    quarter: int
    indicator: Indicator
    target: Fraction
    value: Value | None
    need: Need | None
    expected: int | None

    @property
    def status(self) -> Status | None:
        return OUTLOOKS[self.need.outlook] if self.need else None

    @property
    def needed(self) -> str:
        """What must come, in a sentence."""
        return need_written(self.need, self.indicator)


@clause("S-3.3.2-intraday")
@reads(*READERS)
def dashboard_intraday(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The day so far at an hour, its evening if it goes on alike, and what the targets ask of the rest."""
    terms = terms_here(contract)
    figures = Figures(contract, terms)
    day = _asked_day(request, contract, terms)
    hours = points_of(terms, day)
    closes = quarter_of(terms.time("opening_until", on=day_of(terms, day)))
    quarter = _asked_quarter(request, day, closes)
    measured = {int(key[0]): sums for key, sums in figures.measures(day, day + DAY, by=("quarter",)).items()}
    shape = shape_of(figures, day)
    forecast = sum(
        volume
        for (_, channel, _), volume in volumes_between(contract, day, day + DAY).items()
        if channel is Channel.PHONE
    )
    quarters = sorted({*(quarter_of(hour) for hour in hours), quarter, closes})
    points = [
        point
        for at in quarters
        for point in points_at(figures, terms, day, at, measured, shape, forecast, closes)
    ]
    now = [point for point in points if point.quarter == quarter]
    table = _table(request, day, points)
    if table.export:
        return table.export_response()
    life = life_of(contract, terms)
    period = period_of(Grain.DAY, day, life)
    context = {
        "heading": "Point de production",
        "day": day,
        "day_written": weekday_fr(day),
        "before": day - DAY if day - DAY >= life.since else None,
        "after": day + DAY if day + DAY < life.until else None,
        "hour_written": hour_written(quarter),
        "closes": hour_written(closes),
        "is_empty": not measured,
        "last": last_day_with_facts(contract),
        "tabs": [
            Tab(hour_written(at), f"?jour={day}&heure={at // 4:02}:{at % 4 * 15:02}", at == quarter)
            for at in quarters
        ],
        "figures": [_figure(contract, period, point, hour_written(closes)) for point in now],
        "needs": now,
        "coming": now[0].need.remaining if now and now[0].need else None,
        "basis": _basis(forecast, shape),
        "chart": _chart(figures, terms, day, measured, quarter),
        "table": table,
        "rows_url": rows_url(contract, period, "I1"),
        "clause_url": clause_url(request, contract, "S-3.3.2-intraday"),
    }
    return render(request, "dashboards/intraday.html", context)


def quarter_of(hour: time) -> int:
    """The quarter-hour of the civil day that starts at an hour, or holds it."""
    return hour.hour * 4 + hour.minute // 15


def points_of(terms: Terms, day: date) -> list[time]:
    """The hours of the points of production, from the terms."""
    return [time.fromisoformat(hour) for hour in terms.texts("intraday_points", on=day_of(terms, day))]


def shape_of(figures: Figures, day: date) -> dict[int, int]:
    """Calls received by quarter-hour over the four weeks before a day: how a day usually goes."""
    since = max(day - timedelta(days=REFERENCE_DAYS), figures.terms.head.notified_on)
    if since >= day:
        return {}
    found = figures.measures(since, day, by=("quarter",))
    return {int(key[0]): sums.get("received_inbound", 0) for key, sums in found.items()}


@clause("S-3.3.2-intraday")
def points_at(
    figures: Figures,
    terms: Terms,
    day: date,
    quarter: int,
    measured: Mapping[int, Mapping[str, int]],
    shape: Mapping[int, int],
    forecast: int,
    closes: int,
) -> list[Point]:
    """Each target of the day at an hour, with what the calls still to come must bring: none once it closes."""
    found = []
    on = day_of(terms, day)
    for code in FOLLOWED:
        indicator = figures.indicator(code, on)
        target = target_on(terms, indicator.target, on) if indicator else None
        if indicator is None or target is None:
            continue
        values = {each: figures.value(indicator, sums, on) for each, sums in measured.items()}
        value = up_to(values, quarter)
        coming = None
        if value is not None and value.denominator is not None:
            if quarter >= closes:
                coming = 0
            elif forecast:
                received = sum(
                    sums.get("received_inbound", 0) for each, sums in measured.items() if each < quarter
                )
                coming = max(forecast - received, 0)
            else:
                coming = still_to_come(value.denominator, shape, quarter)
        asked = (
            need(value, target, indicator.direction, coming)
            if value is not None and coming is not None
            else None
        )
        found.append(Point(quarter, indicator, target, value, asked, coming))
    return found


def need_written(asked: Need | None, indicator: Indicator) -> str:
    """What must come, in a sentence."""
    if asked is None:
        return "Rien ne dit combien d’appels sont encore à venir."
    if asked.remaining == 0:
        return "Objectif atteint." if asked.outlook is Outlook.SECURED else "Objectif manqué."
    coming = count_fr(asked.remaining, "appel attendu", "appels attendus")
    if asked.outlook is Outlook.SECURED:
        return f"Objectif acquis, quoi qu’il arrive ({coming})."
    if asked.outlook is Outlook.LOST:
        return f"Même en traitant tout, l’objectif n’est plus atteint ce soir ({coming})."
    if asked.least is not None:
        share = number(rounded(Fraction(asked.least * 100, asked.remaining), 1))
        return (
            f"Décrocher au moins {number(asked.least)} des {coming}, soit {share}\u00a0% : "
            f"{count_fr(asked.remaining - asked.least, 'perte permise', 'pertes permises')}."
        )
    assert asked.mean is not None  # noqa: S101 - an open duration has the mean it may reach
    below = "moins de" if indicator.direction is Direction.BELOW else "au plus"
    return f"Tenir {below} {duration_fr(_floored(asked.mean))} en moyenne sur les {coming}."


def _floored(mean: Fraction) -> int:
    """Whole seconds that never promise more than there is."""
    return mean.numerator // mean.denominator


def _basis(forecast: int, shape: Mapping[int, int]) -> str:
    if forecast:
        return f"Les appels à venir sont ceux de la prévision du jour ({number(forecast)}), moins ceux déjà reçus."
    if any(shape.values()):
        return "Sans prévision pour ce jour, les appels à venir suivent la forme des quatre semaines précédentes."
    return "Ni prévision, ni jour passé : rien ne dit combien d’appels sont à venir."


def _figure(contract: Contract, period: object, point: Point, closes: str) -> Figure:
    one = point.indicator
    value = written(point.value.exact, one.unit, point.target) if point.value else NONE
    state = point.status
    return Figure(
        one.name,
        value,
        note=f"objectif {target_written(point.target, one.unit, one.direction)} à {closes}",
        status=(state.code, state.label, state.tone) if state else None,
        link=indicator_url(contract, period, one.code),  # type: ignore[arg-type]
    )


def _table(request: HttpRequest, day: date, points: list[Point]) -> Table:
    return Table(
        request,
        points,
        caption=f"Points du {weekday_fr(day)}",
        name=f"points-{day}",
        noun="point",
        columns=[
            Column("day", "Jour", kind="date", value=lambda point: day, shown=False),
            Column("hour", "Heure", value=lambda point: hour_written(point.quarter)),
            Column("indicator", "Indicateur", value="indicator.name"),
            Column(
                "value",
                "À cette heure",
                value=lambda point: (
                    written(point.value.exact, point.indicator.unit, point.target) if point.value else None
                ),
            ),
            Column("numerator", "Numérateur", kind="number", value="value.numerator", shown=False),
            Column("base", "Appels", kind="number", value="value.denominator"),
            Column("coming", "À venir", kind="number", value="expected"),
            Column("status", "Ce soir", kind="status"),
            Column("needed", "Ce qu’il faut"),
        ],
    )


def _chart(
    figures: Figures, terms: Terms, day: date, measured: Mapping[int, Mapping[str, int]], quarter: int
) -> Chart | None:
    """The answer rate of each half-hour, and since the morning."""
    on = day_of(terms, day)
    indicator = figures.indicator("I1", on)
    if indicator is None or not measured:
        return None
    values = {each: figures.value(indicator, sums, on) for each, sums in measured.items()}
    values = {each: value for each, value in values.items() if value.denominator}
    halves = sorted({each // 2 * 2 for each in values if each < quarter})
    if not halves:
        return None

    def alone(half: int) -> Fraction | None:
        total = up_to({each: value for each, value in values.items() if each >= half}, half + 2)
        return total.exact if total else None

    def since_morning(half: int) -> Fraction | None:
        total = up_to(values, half + 2)
        return total.exact if total else None

    return lines(
        "Taux de décroché dans la journée",
        f"{weekday_fr(day).capitalize()}, par demi-heure d’arrivée.",
        [hour_written(half) for half in halves],
        [
            Series("Depuis le matin", [charted(since_morning(half)) for half in halves]),
            Series("La demi-heure", [charted(alone(half)) for half in halves]),
        ],
        unit="rate",
        target=charted(target_on(terms, indicator.target, on)),
        label="Demi-heure",
        wide=True,
    )


def _asked_day(request: HttpRequest, contract: Contract, terms: Terms) -> date:
    """The day of the address; else today if it has facts, or the last day that has."""
    life = life_of(contract, terms)
    try:
        day = date.fromisoformat(request.GET.get("jour", ""))
    except ValueError:
        day = life.until
    if life.since <= day < life.until:
        return day
    return last_day_with_facts(contract, until=life.until) or terms.head.starts_on


def _asked_quarter(request: HttpRequest, day: date, closes: int) -> int:
    """The hour of the address; else now on the day itself, and the closing for a day past."""
    try:
        return quarter_of(time.fromisoformat(request.GET.get("heure", "")))
    except ValueError:
        now = timezone.localtime()
        return min(quarter_of(now.time()), closes) if now.date() == day else closes

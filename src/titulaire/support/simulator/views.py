"""The page of the simulator: a month as it was, as it would be, and where the centre should stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.indicators.wording import rounded, target_written, written
from titulaire.penalties.rules import Assessed
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.queries import months_between
from titulaire.support.indicators.guide import sides_written
from titulaire.support.penalties.assessing import lines_on
from titulaire.support.penalties.entries import last_invoiced
from titulaire.support.penalties.wording import penalty_status, plain, trigger_written
from titulaire.support.simulator.forms import SimulateForm
from titulaire.support.simulator.queries import Figure as Simulated
from titulaire.support.simulator.queries import Point, Simulation, simulate, usual_entered
from titulaire.support.simulator.rules import NothingToSimulate
from titulaire.support.simulator.wording import (
    answer_written,
    band_written,
    change_written,
    gap_written,
    value_written,
)
from titulaire.ui.charts import Chart, Series, bars, lines
from titulaire.ui.formats import NONE, money, month_fr, number, rate
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Column, Status, Table

READERS = (Role.SUPERVISOR, Role.PLANNER)
"""Costs that have not happened are the contractor's own business."""
HOLDS = Status("HOLDS", "les deux tiennent", "good")
FAILS = Status("FAILS", "l’un des deux manque", "calm")


@clause("S-9-penalites")
@reads(*READERS)
def simulator(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What a month would have been, from indicators to euros, and between how many advisers it holds."""
    try:
        terms = terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown
    months = _months(contract, terms)
    choices = [(f"{one:%Y-%m}", month_fr(one)) for one in reversed(months)]
    asked = "mois" in request.GET
    usual = last_invoiced(contract, months)
    form = SimulateForm(
        request.GET if asked else None,
        months=choices,
        initial={"mois": f"{usual:%Y-%m}"} if usual else None,
    )
    context: dict[str, Any] = {"heading": "Simulateur", "form": form, "has_months": bool(months)}
    if asked and form.is_valid():
        month = date.fromisoformat(f"{form.cleaned_data['mois']}-01")
        entered = form.entered(usual_entered(contract, month))
        try:
            found = simulate(contract, month, form.change, entered, terms, staff=form.staff)
        except NothingToSimulate:
            form.add_error(
                "effectif", "Aucun état des conseillers n’est importé pour ce mois : dites l’effectif."
            )
        else:
            tables = (
                _figures_table(request, found),
                _lines_table(request, found),
                _points_table(request, found),
            )
            for table in tables:
                if table.export:
                    return table.export_response()
            context |= {
                "found": found,
                "table": tables[0],
                "lines": tables[1],
                "points": tables[2],
                "figures": _figures(found),
                "made": _made(found, terms),
                "charts": (_before_after(found), _cost_before_after(found)),
                "answer_chart": _answer_chart(found),
                "cost_chart": _cost_chart(found),
                "corridor": _corridor(found),
                "told": change_written(found.change),
                "answer": answer_written(found),
                "centre": _centre(found),
            }
    elif not asked and usual:
        # The page is there at once; the month as it was comes into it, and is asked again at each move.
        context["first"] = f"?{urlencode({'mois': f'{usual:%Y-%m}'})}"
    page = "simulator/_result.html" if request.headers.get("HX-Request") else "simulator/simulator.html"
    return render(request, page, context, status=422 if form.errors else 200)


def _months(contract: Contract, terms: Terms) -> list[date]:
    """The months of the service whose calls are known: a month of reports alone cannot be played again."""
    found = Manifest.objects.filter(contract=contract, record="LEGS", rows__gt=0)
    known = set(found.values_list("month", flat=True).distinct())
    return [one for one in months_between(terms.head.starts_on, terms.head.ends_on) if one in known]


def _figures(found: Simulation) -> list[Figure]:
    after, before = found.after.proposed, found.before.proposed
    sign = "+" if found.difference > 0 else ""
    band = (
        f"selon le hasard, de {money(found.proposed_low)} à {money(found.proposed_high)}"
        if found.proposed_low != found.proposed_high
        else "le hasard n’y change rien"
    )
    answer = found.figure("I1")
    unit, direction = answer.indicator.unit, answer.indicator.direction
    return [
        Figure(
            f"{answer.indicator.name} attendu",
            written(answer.expected, unit, answer.target),
            note=f"mesuré {written(answer.fact, unit, answer.target)}, objectif "
            f"{target_written(answer.target, unit, direction)}",
        ),
        Figure("Pénalités du mois simulé", money(after), note=band),
        Figure(
            "Écart", f"{sign}{money(found.difference)}", note=f"{money(before)} de pénalités au mois mesuré"
        ),
        Figure("Effectif moyen à son poste", number(found.centre.mean_staff, 1), note=_corridor_short(found)),
    ]


@dataclass(frozen=True)
class Made:
    """How a figure was made: pairs to read under its name."""

    key: str
    title: str
    facts: list[tuple[str, str]]


def _made(found: Simulation, terms: Terms) -> list[Made]:
    """Each figure opened: its formula, both sides before and after, what is asked of it; then the euros."""
    day = max(found.month, terms.head.notified_on)
    return [*(_figure_made(one, terms, day) for one in (*found.figures, found.plan)), _euros_made(found)]


def _figure_made(one: Simulated, terms: Terms, day: date) -> Made:
    unit, direction = one.indicator.unit, one.indicator.direction
    triggers = [line for line in lines_on(terms, day) if line.indicator == one.indicator.code]
    pairs = [("Formule", sides_written(one.sides, terms, day))]
    for label, value in (("Mesuré", one.before), ("Attendu", one.after)):
        pairs.append(
            (label, f"{value_written(value)} = {written(value.exact, unit, one.target)}" if value else NONE)
        )
    if one.target is not None and (target := target_written(one.target, unit, direction)):
        pairs.append(("Objectif", target))
    pairs += [("Pénalité", trigger_written(line, unit)) for line in triggers]
    title = f"{one.indicator.code} – {one.indicator.name} : {written(one.expected, unit, one.target)}"
    return Made(one.indicator.code, title, pairs)


def _euros_made(found: Simulation) -> Made:
    statement = found.after
    pairs = [
        (
            f"{one.line.code} – {one.line.name}",
            f"{money(one.base)} × {rate(one.line.rate, 1)} = {money(one.amount)}",
        )
        for one in statement.lines
        if one.amount
    ]
    pairs += [
        ("Somme avant plafond", money(statement.uncapped)),
        ("Plafond du mois", money(statement.cap)),
        ("Pénalités proposées", money(statement.proposed)),
    ]
    return Made("euros", f"Pénalités du mois simulé : {money(statement.proposed)}", pairs)


def _corridor_short(found: Simulation) -> str:
    if found.corridor is None:
        return "aucun effectif essayé ne tient les deux"
    fewest, most = found.corridor
    return f"couloir : {number(fewest.posts, 0)} à {number(most.posts, 0)}"


def _corridor(found: Simulation) -> str:
    """Between how many advisers both targets hold, in a sentence."""
    if found.corridor is None:
        return (
            "Aucun effectif essayé ne tient à la fois l’objectif de décroché et celui de disponibilité : le "
            "premier veut plus de conseillers que le second n’en permet."
        )
    fewest, most = found.corridor
    return (
        f"Les deux objectifs tiennent ensemble de {number(fewest.posts, 1)} à {number(most.posts, 1)} conseillers "
        f"à leur poste en moyenne, soit de {_signed(fewest.advisers)} à {_signed(most.advisers)} par rapport au mois."
    )


def _signed(count: int) -> str:
    return f"{'+' if count > 0 else '−' if count < 0 else ''}{abs(count)}"


def _centre(found: Simulation) -> list[tuple[str, str]]:
    centre = found.centre
    said = "estimée : attente totale ÷ appels perdus" if centre.patience_is_estimated else "supposée"
    return [
        ("Appels mis en file, joués par le modèle", number(int(centre.calls.sum()))),
        ("Appels hors du modèle (personne à son poste)", number(centre.outside)),
        ("Durée de traitement du mois", f"{number(round(centre.handling_seconds, 1))} s"),
        ("Patience du mois", f"{number(round(centre.patience_seconds, 1))} s, {said}"),
        (
            "Effectif",
            "mesuré par les états des conseillers" if found.has_states else "saisi, le même toute la journée",
        ),
    ]


def _figures_table(request: HttpRequest, found: Simulation) -> Table:
    def exact(name: str) -> Any:
        return lambda one: plain(getattr(one, name), one.indicator.unit)

    def said(name: str) -> Any:
        return lambda one: written(getattr(one, name), one.indicator.unit)

    def target(one: Simulated) -> str:
        return target_written(one.target, one.indicator.unit, one.indicator.direction)

    return Table(
        request,
        [*found.figures, found.plan],
        caption="Avant, après",
        name=f"simulation-{found.month:%Y-%m}",
        columns=[
            Column("code", "Code", value="indicator.code"),
            Column("name", "Indicateur", value="indicator.name"),
            Column("target", "Objectif", value=target),
            Column("fact", "Mesuré", kind="number", value=exact("fact"), html=said("fact")),
            Column("expected", "Attendu", kind="number", value=exact("expected"), html=said("expected")),
            Column("band", "Hasard, 9 fois sur 10", value=band_written),
            Column("model", "Modèle seul", kind="number", value=exact("model"), html=said("model")),
            Column("gap", "Écart du modèle au fait", kind="number", value=exact("gap"), html=gap_written),
        ],
    )


def _lines_table(request: HttpRequest, found: Simulation) -> Table:
    units = {one.indicator.code: one.indicator.unit for one in (*found.figures, found.plan)}

    def value(one: tuple[Assessed, Assessed], place: int) -> str:
        line = one[place]
        unit = units.get(line.line.indicator)
        return written(line.value, unit, line.line.trigger) if unit else ""

    rows = [
        (before, after)
        for before, after in zip(found.before.lines, found.after.lines, strict=True)
        if before.line.indicator in units
    ]
    return Table(
        request,
        rows,
        caption="Pénalités que l’effectif ou le trafic changent",
        name=f"simulation-penalites-{found.month:%Y-%m}",
        prefix="penalites",
        columns=[
            Column("code", "Ligne", value=lambda one: one[0].line.code),
            Column("name", "Objet", value=lambda one: one[0].line.name),
            Column(
                "trigger",
                "Seuil",
                value=lambda one: trigger_written(one[0].line, units[one[0].line.indicator]),
            ),
            Column("before", "Mesuré", value=lambda one: value(one, 0)),
            Column("after", "Attendu", value=lambda one: value(one, 1)),
            Column("state", "État attendu", kind="status", value=lambda one: penalty_status(one[1])),
            Column(
                "risk",
                "Tirages où elle est due",
                kind="rate",
                digits=0,
                value=lambda one: found.risks[one[0].line.code],
            ),
            Column("amount_before", "Avant", kind="money", value=lambda one: one[0].amount),
            Column("amount", "Après", kind="money", value=lambda one: one[1].amount),
        ],
    )


def _points_table(request: HttpRequest, found: Simulation) -> Table:
    units = {one.indicator.code: one.indicator.unit for one in found.figures}
    return Table(
        request,
        found.points,
        caption="Effectif par effectif",
        name=f"simulation-effectifs-{found.month:%Y-%m}",
        noun="effectif",
        prefix="effectifs",
        page_size=100,
        columns=[
            Column("advisers", "Conseillers", value=lambda one: _signed(one.advisers)),
            Column(
                "posts",
                "À leur poste en moyenne",
                kind="number",
                digits=1,
                value=lambda one: round(one.posts, 1),
            ),
            Column(
                "answer_rate",
                "Taux de décroché",
                kind="number",
                value=lambda one: plain(one.answer_rate, units["I1"]),
                html=lambda one: written(one.answer_rate, units["I1"]),
            ),
            Column(
                "availability",
                "Disponibilité",
                kind="number",
                value=lambda one: plain(one.availability, units["I5"]),
                html=lambda one: written(one.availability, units["I5"]),
            ),
            Column("holds", "Couloir", kind="status", value=lambda one: HOLDS if one.holds else FAILS),
            Column("proposed", "Pénalités", kind="money"),
        ],
    )


def _label(one: Point) -> str:
    return number(round(one.posts))


def _before_after(found: Simulation) -> Chart:
    answer = found.figure("I1")
    return bars(
        f"{answer.indicator.name}, avant et après",
        "Le mois mesuré, et ce qu’il aurait été.",
        [("Mesuré", charted(answer.fact)), ("Attendu", charted(answer.expected))],
        unit="rate",
        target=charted(answer.target),
        threshold=charted(answer.trigger),
        better="higher",
        name=answer.indicator.name,
        label="Mois",
    )


def _cost_before_after(found: Simulation) -> Chart:
    return bars(
        "Pénalités, avant et après",
        "Pénalités proposées du mois, plafond compris.",
        [("Mesuré", found.before.proposed), ("Attendu", found.after.proposed)],
        unit="money",
        name="Pénalités",
        label="Mois",
    )


def _answer_chart(found: Simulation) -> Chart:
    answer, free = found.figure("I1"), found.figure("I5")
    series = [
        Series("Taux de décroché", [_float(one.answer_rate) for one in found.points]),
        Series("Disponibilité", [_float(one.availability) for one in found.points]),
    ]
    if found.corridor:
        inside = [_float(one.answer_rate) if one.holds else None for one in found.points]
        series.append(Series("Les deux objectifs tiennent", inside))
    here = [
        _float(one.answer_rate) if one.advisers == found.change.advisers else None for one in found.points
    ]
    if any(here):
        series.append(Series("Votre simulation", here))
    return lines(
        "Décroché et disponibilité selon l’effectif",
        f"Objectifs : décroché {target_written(answer.target, answer.indicator.unit, answer.indicator.direction)}, "
        f"disponibilité {target_written(free.target, free.indicator.unit, free.indicator.direction)}.",
        [_label(one) for one in found.points],
        series,
        unit="rate",
        target=_float(answer.target),
        threshold=_float(free.target),
        from_zero=True,
        label="Conseillers",
        wide=True,
    )


def _cost_chart(found: Simulation) -> Chart:
    return bars(
        "Pénalités selon l’effectif",
        "Pénalités proposées du mois, plafond compris, si l’effectif seul change encore.",
        [(_label(one), one.proposed) for one in found.points],
        unit="money",
        name="Pénalités",
        label="Conseillers",
        wide=True,
    )


def charted(value: Fraction | None) -> Decimal | None:
    """A rate as a chart takes it, to the hundredth of a percent: a bar says what the table says."""
    return None if value is None else rounded(value, 4)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)

"""Figures by adviser: one's own for each, all of them for the supervisor, whose every opening is in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.indicators.rules import Unit
from titulaire.indicators.wording import UNITS, difference_written, written
from titulaire.support.dashboards.advisers import FEWEST, OwnPeriod, handling_by_day, own_period
from titulaire.support.dashboards.forms import AdviserNumberEndForm, AdviserNumberForm
from titulaire.support.dashboards.judging import Judged, charted, judged
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.dashboards.queries import advisers_of, holders, spans_of
from titulaire.support.dashboards.rules import DAY, Grain, Span
from titulaire.support.dashboards.services import (
    NoLongerHeld,
    NotAnAdviser,
    NumberHeld,
    tie_adviser,
    untie_adviser,
)
from titulaire.support.dashboards.views.asking import Asked, asked
from titulaire.support.dashboards.views.period import cut_table, moments_of
from titulaire.support.dashboards.wording import GRAINS, period_written
from titulaire.support.penalties.wording import plain
from titulaire.ui.charts import Chart, Series, lines
from titulaire.ui.formats import NONE, date_fr, list_fr
from titulaire.ui.parts import Figure, Tab
from titulaire.ui.tables import Column, Search, Status, Table

PEOPLE = {"conseiller": ("adviser", "Conseiller"), "groupe": ("group", "Groupe")}


@clause("S-3.3.2-volumes", "S-3.3.2-formulaires-volumes")
@reads(Role.SUPERVISOR, names_people=True)
def dashboard_advisers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The figures of each adviser over a period, by the numbers that the facts give them."""
    here = asked(request, contract)
    par = request.GET.get("par", "")
    par = par if par in PEOPLE else "conseiller"
    cut, label = PEOPLE[par]
    rows = list(here.figures.rows(here.period.since, here.period.until, by=(cut,)))
    names = holders(contract, here.period) if par == "conseiller" else {}
    table = cut_table(
        request,
        here,
        rows,
        par,
        label,
        named=lambda row: list_fr(names.get(row.key[0][1], [])),
        link=lambda row: _page(here, row.key[0][1]) if par == "conseiller" and row.key[0][1] else None,
    )
    if table.export:
        return table.export_response()
    address = reverse("dashboard_advisers", args=[contract.code])
    context = {
        "heading": "Conseillers",
        "asked": here,
        "period_written": period_written(here.period),
        "periods": here.neighbours("dashboard_advisers"),
        "grains": here.grains("dashboard_advisers"),
        "table": table,
        "tabs": [
            Tab(f"Par {name.lower()}", f"{address}?periode={here.period.code}&par={key}", key == par)
            for key, (_, name) in PEOPLE.items()
        ],
    }
    return render(request, "dashboards/advisers.html", context)


@clause("S-3.3.2-volumes", "S-3.3.2-formulaires-volumes")
@reads(Role.ADVISER)
def own_figures(request: HttpRequest, contract: Contract) -> HttpResponse:
    """An adviser's own figures. Whose they are comes from the person alone: nothing in the address chooses."""
    here = asked(request, contract)
    spans = spans_of(contract, cast(User, request.user), here.period)
    return _of_adviser(request, here, spans, "own_figures", {"heading": "Mes chiffres", "is_own": True})


@clause("S-3.3.2-volumes", "S-3.3.2-formulaires-volumes")
@reads(Role.SUPERVISOR, names_people=True)
def dashboard_adviser(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The same page of any adviser, by number, for their supervisor."""
    number = request.GET.get("conseiller", "")
    if not number:
        raise Http404("no number")
    here = asked(request, contract)
    names = holders(contract, here.period).get(number, [])
    return _of_adviser(
        request,
        here,
        [Span(number, here.period.since, here.period.until)],
        "dashboard_adviser",
        {"heading": f"Conseiller {number}", "number": number, "names": list_fr(names)},
    )


def _page(here: Asked, number: str) -> str:
    return f"{here.address('dashboard_adviser')}&{urlencode({'conseiller': number})}"


@dataclass(frozen=True)
class OwnLine:
    """A figure of an adviser as the page writes it; `one` opens to its formula where it is an indicator."""

    code: str
    name: str
    unit: Unit
    exact: Fraction
    median: Fraction | None
    one: Judged | None = None

    @property
    def apart(self) -> Fraction | None:
        """By how much the value exceeds the median."""
        return None if self.median is None else self.exact - self.median

    @property
    def value(self) -> str:
        return written(self.exact, self.unit)

    @property
    def middle(self) -> str:
        return written(self.median, self.unit)

    @property
    def difference(self) -> str:
        return NONE if self.apart is None else difference_written(self.apart, self.unit)


def _of_adviser(
    request: HttpRequest, here: Asked, spans: Sequence[Span], view: str, context: dict[str, Any]
) -> HttpResponse:
    number = context.get("number")
    found = own_period(here.figures, spans, here.period) if spans else None
    own_lines = _own_lines(here, found) if found else []
    told = {"conseiller": number} if number else {}

    def address(url: str) -> str:
        return f"{url}&{urlencode(told)}" if told else url

    table = Table(
        request,
        own_lines,
        caption=f"Chiffres, {period_written(here.period)}",
        name=f"chiffres-{here.period.code}",
        noun="chiffre",
        columns=[
            Column("code", "Code"),
            Column("name", "Indicateur"),
            Column(
                "value",
                "Valeur",
                kind="number",
                value=lambda one: plain(one.exact, one.unit),
                html=lambda one: one.value,
            ),
            Column(
                "median",
                "Médiane du site",
                kind="number",
                value=lambda one: plain(one.median, one.unit),
                html=lambda one: one.middle,
            ),
            Column(
                "apart",
                "Écart",
                kind="number",
                value=lambda one: plain(one.apart, one.unit),
                html=lambda one: one.difference,
            ),
            Column("unit", "Unité", value=lambda one: UNITS[one.unit], shown=False),
        ],
        empty="Aucun appel ni dossier de ce numéro sur la période.",
    )
    if table.export:
        return table.export_response()
    chart = _handling_chart(here, spans, found.site) if found else None
    context |= {
        "asked": here,
        "period_written": period_written(here.period),
        "periods": [(rel, words, address(url)) for rel, words, url in here.neighbours(view)],
        "grains": [
            Tab(tab.label, address(tab.url), tab.current)
            for tab in here.grains(view)
            if tab.label != GRAINS[Grain.CONTRACT]
        ],
        "spans": spans,
        "numbers": list_fr([span.number for span in spans]),
        "found": found,
        "fewest": FEWEST,
        "figures": [Figure(one.name, one.value, note=_beside(one)) for one in own_lines],
        "table": table,
        "lines": [one for one in own_lines if one.one],
        "chart": chart,
    }
    return render(request, "dashboards/adviser.html", context)


def _beside(one: OwnLine) -> str:
    return f"médiane du site {one.middle}" if one.middle != NONE else ""


def _own_lines(here: Asked, found: OwnPeriod) -> list[OwnLine]:
    results = [own.result for own in found.figures]
    made = [
        OwnLine(one.code, one.name, one.unit, own.result.exact, own.median, one)
        for own, one in zip(found.figures, judged(here.terms, here.day, results), strict=True)
        if own.result.exact is not None
    ]
    if found.hold is not None and (hold := found.hold.exact) is not None:
        name = "Mise en attente moyenne par appel"
        made.insert(2, OwnLine("", name, Unit.SECONDS, hold, found.hold_median))
    return made


def _handling_chart(here: Asked, spans: Sequence[Span], site: str | None) -> Chart | None:
    if here.period.grain not in {Grain.WEEK, Grain.MONTH}:
        return None
    mine, medians = handling_by_day(here.figures, spans, here.period, site, here.day)
    if not mine:
        return None
    moments = moments_of(here.period)

    def values(found: dict[Any, Fraction]) -> list[Any]:
        return [charted(found.get(key)) for key, _, _ in moments]

    series = [Series("Ce conseiller", values(mine))]
    if medians:
        series.append(Series(f"Médiane du site {site}", values(medians)))
    return lines(
        "Durée moyenne de traitement par jour",
        f"{period_written(here.period).capitalize()}. La médiane est celle des conseillers du site, sans nom.",
        [label for _, label, _ in moments],
        series,
        unit="duration",
        label="Jour",
        wide=True,
    )


# Whose number


@reads(Role.SUPERVISOR, names_people=True)
def adviser_numbers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Whose number each number is and was, and which advisers have none."""
    today = timezone.localdate()
    held = AdviserNumber.objects.filter(contract=contract).select_related("user")
    open_to = set(held.between(today, today + DAY).values_list("user_id", flat=True))
    table = Table(
        request,
        held,
        caption="Numéros et personnes",
        name=f"numeros-conseillers-{contract.code}",
        noun="rattachement",
        order="number",
        columns=[
            Column("number", "Numéro", sort="number"),
            Column("person", "Personne", value=lambda one: str(one.user), sort="user__last_name"),
            Column("since", "Depuis le", kind="date", sort="since"),
            Column("until", "Jusqu’au (non compris)", kind="date", sort="until"),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda one: PAST if one.until and one.until <= today else HELD,
            ),
            Column(
                "end",
                "À faire",
                value=lambda one: None if one.until else "Mettre fin",
                link=lambda one: (
                    None if one.until else reverse("adviser_untie", args=[contract.code, one.pk])
                ),
                exported=False,
            ),
        ],
        filters=[Search("number", "user__last_name", "user__first_name")],
        empty="Aucun numéro n’est rattaché : les conseillers ne voient pas encore leurs chiffres.",
        empty_action=("Rattacher un numéro", reverse("adviser_tie", args=[contract.code])),
    )
    waiting = [str(one) for one in advisers_of(contract, on=today) if one.pk not in open_to]
    return table.response(
        "dashboards/adviser_numbers.html",
        {"heading": "Numéros des conseillers", "waiting": list_fr(waiting)},
    )


HELD, PAST = Status("HELD", "Tenu", "good"), Status("PAST", "Terminé", "calm")


@clause("S-3.3.2-volumes")
@acts(Role.SUPERVISOR)
def adviser_tie(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Say whose number a number is."""
    today = timezone.localdate()
    form = AdviserNumberForm(
        request.POST or None, advisers=advisers_of(contract, on=today), initial={"since": today}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            tie_adviser(
                contract=contract, user=said["user"], number=said["number"], since=said["since"],
                actor=cast(User, request.user).actor, at=timezone.now(),
            )  # fmt: skip
        except NotAnAdviser:
            form.add_error("user", "Cette personne n’est pas conseiller sur ce marché.")
        except NumberHeld as refused:
            held = refused.held
            until = f" jusqu’au {date_fr(held.until)}" if held.until else ""
            form.add_error(
                "number" if held.number == said["number"].strip() else "user",
                f"Le numéro {held.number} est celui de {held.user} depuis le {date_fr(held.since)}{until} : "
                "mettez-y fin d’abord, ou choisissez un autre jour.",
            )
        else:
            messages.success(request, f"Le numéro {said['number']} est celui de {said['user']}.")
            return redirect("adviser_numbers", contract.code)
    return render(
        request,
        "ui/form.html",
        {
            "heading": "Rattacher un numéro",
            "lead": "La personne voit alors ses propres chiffres, et eux seuls.",
            "form": form,
            "action_label": "Rattacher",
            "cancel_url": reverse("adviser_numbers", args=[contract.code]),
        },
        status=422 if form.errors else 200,
    )


@clause("S-3.3.2-volumes")
@acts(Role.SUPERVISOR)
def adviser_untie(request: HttpRequest, contract: Contract, number: int) -> HttpResponse:
    """Say when a number ceases to be somebody's."""
    one = get_object_or_404(AdviserNumber.objects.select_related("user"), contract=contract, pk=number)
    form = AdviserNumberEndForm(request.POST or None, initial={"until": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            untie_adviser(
                tie=one,
                until=form.cleaned_data["until"],
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except NoLongerHeld:
            form.add_error("until", "Ce rattachement était déjà terminé ce jour-là.")
        else:
            messages.success(request, f"Le numéro {one.number} n’est plus celui de {one.user}.")
            return redirect("adviser_numbers", contract.code)
    return render(
        request,
        "ui/form.html",
        {
            "heading": f"Mettre fin au rattachement de {one.number}",
            "lead": f"{one.user} garde la vue de ses chiffres d’avant ce jour. Au premier jour ou avant, le "
            "rattachement est effacé comme une erreur.",
            "form": form,
            "action_label": "Mettre fin",
            "cancel_url": reverse("adviser_numbers", args=[contract.code]),
        },
        status=422 if form.errors else 200,
    )

"""Pages of the figures: a month at a glance, the facts behind a figure, what the month costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.indicators.rules import Grade, Result, Unit, Value
from titulaire.indicators.wording import (
    DIGITS,
    GRADES,
    UNITS,
    difference_written,
    rounded,
    target_written,
    written,
)
from titulaire.penalties.rules import Assessed, Line
from titulaire.support.dashboards.forms import InvoiceForm
from titulaire.support.dashboards.queries import months_open, months_with_facts
from titulaire.support.dashboards.wording import (
    COLUMNS,
    TABLES,
    cell_written,
    key_written,
    ratio_written,
    status_of,
)
from titulaire.support.incidents.queries import claims_awaiting
from titulaire.support.indicators.evaluation import Row, after, evaluate_month, options_on
from titulaire.support.indicators.explaining import Explanation, Listing, NothingToOpen, explain
from titulaire.support.indicators.guide import sides_written
from titulaire.support.penalties.assessing import Effect, Entered, Proposal, lines_on, propose
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.wording import BASES, penalty_status, plain, trigger_written
from titulaire.ui.charts import Chart, Series, lines
from titulaire.ui.formats import NONE, list_fr, money, month_fr, rate
from titulaire.ui.parts import Figure, Tab
from titulaire.ui.tables import Column, Status, Table

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
CUTS = {"site": ("site", "Site"), "motif": ("reason", "Motif"), "flux": ("flow", "Flux")}
"""What the address says, the cut, and its name. By adviser, nothing: it is not for everyone's eyes."""
KEY_FIGURE = "I1"
SHOWN = 50


@dataclass(frozen=True)
class Judged:
    """A result of the month with everything that the page says of it."""

    result: Result
    line: Line | None
    status: Status
    formula: str
    readings: tuple[tuple[str, str, str], ...]
    rows_url: str
    clause_url: str

    @property
    def code(self) -> str:
        return self.result.indicator.code

    @property
    def value(self) -> str:
        return written(self.result.exact, self.result.indicator.unit, self.result.target)

    @property
    def target(self) -> str:
        one = self.result.indicator
        return target_written(self.result.target, one.unit, one.direction)

    @property
    def trigger(self) -> str:
        return trigger_written(self.line, self.result.indicator.unit)

    @property
    def grade(self) -> str:
        return GRADES[self.result.grade] if self.result.grade else ""

    @property
    def ratio(self) -> str:
        return ratio_written(self.result.value) if self.result.grade else NONE

    @property
    def rivals(self) -> list[tuple[str, str, str]]:
        """What the other ways of counting give: sentence, value, difference."""
        found = []
        for rival in self.result.rivals:
            gap = self.result.gap_of(rival)
            unit = self.result.indicator.unit
            apart = difference_written(gap, unit) if gap else ""
            found.append((rival.label, written(rival.value.exact, unit), apart))
        return found


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def dashboard_month(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every indicator of a month: value, target, trigger, state, and why; by day; by site, reason or flow."""
    terms = _terms(contract)
    known = months_with_facts(contract)
    month = _asked_month(request, contract, terms, known)
    (found,) = evaluate_month(contract, month, terms=terms)
    judged = [_judged(request, contract, terms, month, result) for result in found.results]
    table = _indicators(request, month, judged)
    par = request.GET.get("par", "")
    par = par if par in CUTS else "site"
    cut = _cut(request, contract, terms, month, par)
    for one in (table, cut):
        if one.export:
            return one.export_response()
    context = {
        "heading": "Tableau de bord",
        "month": month,
        "is_empty": month not in known,
        "known": known,
        "last": known[-1] if known else None,
        "months": _neighbours(contract, terms, month, "dashboard_month"),
        "figures": [_figure(one) for one in judged if one.result.target is not None],
        "table": table,
        "judged": judged,
        "chart": _by_day(contract, terms, month, judged),
        "cut": cut,
        "tabs": [
            Tab(f"Par {name.lower()}", f"?mois={month:%Y-%m}&par={code}#decoupage", code == par)
            for code, (_, name) in CUTS.items()
        ],
    }
    return render(request, "dashboards/month.html", context)


def _indicators(request: HttpRequest, month: date, judged: list[Judged]) -> Table:
    return Table(
        request,
        judged,
        caption=f"Indicateurs de {month_fr(month)}",
        name=f"indicateurs-{month:%Y-%m}",
        noun="indicateur",
        columns=[
            Column("month", "Mois", value=lambda one: month, kind="date", shown=False),
            Column("code", "Code", link=lambda one: f"#pourquoi-{one.code}"),
            Column("name", "Indicateur", value="result.indicator.name"),
            Column(
                "value",
                "Valeur",
                kind="number",
                value=lambda one: plain(one.result.exact, one.result.indicator.unit),
                html=lambda one: one.value,
            ),
            Column("unit", "Unité", value=lambda one: UNITS[one.result.indicator.unit], shown=False),
            Column("numerator", "Numérateur", kind="number", value="result.value.numerator", shown=False),
            Column(
                "denominator", "Dénominateur", kind="number", value="result.value.denominator", shown=False
            ),
            Column("target", "Objectif", kind="text"),
            Column("trigger", "Seuil de pénalité"),
            Column("status", "État", kind="status"),
            Column("grade", "Preuve"),
            Column("clause", "Clause", value="result.indicator.clause", shown=False),
        ],
    )


def _cut(request: HttpRequest, contract: Contract, terms: Terms, month: date, par: str) -> Table:
    name, label = CUTS[par]
    rows = list(evaluate_month(contract, month, by=(name,), terms=terms))
    shown: dict[str, Result] = {}
    for row in rows:
        for result in row.results:
            if result.grade is not None:
                shown.setdefault(result.indicator.code, result)

    def column(code: str, like: Result) -> Column:
        unit = like.indicator.unit
        unit_name = f" ({UNITS[unit]})" if UNITS[unit] else ""
        return Column(
            code,
            f"{like.indicator.name}{unit_name}",
            kind="number",
            digits=None if unit is Unit.COUNT else DIGITS,
            value=lambda row: _cut_value(row, code),
            link=lambda row: (
                _rows_url(contract, month, code, {par: row.key[0][1]}) if like.grade is Grade.A else None
            ),
            sort="oui",
        )

    return Table(
        request,
        rows,
        caption=f"Indicateurs de {month_fr(month)} par {label.lower()}",
        name=f"indicateurs-{month:%Y-%m}-par-{par}",
        noun=label.lower(),
        plural="flux" if par == "flux" else "",
        prefix="coupe",
        columns=[
            Column("month", "Mois", value=lambda row: month, kind="date", shown=False),
            Column(par, label, value=lambda row: key_written(row.key[0][1]), sort="oui"),
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


def _by_day(contract: Contract, terms: Terms, month: date, judged: list[Judged]) -> Chart | None:
    one = next((each for each in judged if each.code == KEY_FIGURE), None)
    rows = evaluate_month(contract, month, by=("day",), terms=terms)
    if one is None or not rows:
        return None
    values = {row.key[0][1]: _share(row[KEY_FIGURE].exact) for row in rows}
    days = [date.fromordinal(n) for n in range(month.toordinal(), after(month).toordinal())]
    return lines(
        f"{one.result.indicator.name} par jour",
        f"{month_fr(month).capitalize()}. Un jour sans appel reçu n’a pas de valeur.",
        [f"{day.day}" for day in days],
        [Series(one.result.indicator.name, [values.get(day) for day in days])],
        unit="rate",
        target=_share(one.result.target),
        threshold=_share(one.line.trigger) if one.line else None,
        label="Jour",
        wide=True,
    )


def _share(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value, 6)


def _judged(request: HttpRequest, contract: Contract, terms: Terms, month: date, result: Result) -> Judged:
    day = _day(terms, month)
    one = result.indicator
    line = next((each for each in lines_on(terms, day) if each.indicator == one.code), None)
    options = options_on(terms, one, day)
    return Judged(
        result,
        line,
        status_of(result, line, edge_counts=terms.reading("trigger_edge", on=day) == "EQUAL_OR_WORSE"),
        sides_written(one.sides(options), terms, day),
        tuple(
            (code, terms.readings[code].question, terms.readings[code].option(options[code]).sentence)
            for code in one.readings
        ),
        _rows_url(contract, month, one.code) if result.grade is Grade.A else "",
        _clause_url(request, contract, one.clause),
    )


def _clause_url(request: HttpRequest, contract: Contract, reference: str) -> str:
    """The page of a clause, for those whom it opens to; it stands in a room with its own readers."""
    address = reverse("clause", args=[contract.code, reference])
    line = resolve(address).func.access  # type: ignore[attr-defined]
    return address if line.opens(contract, request.roles) else ""  # type: ignore[attr-defined]


def _figure(one: Judged) -> Figure:
    note = f"objectif {one.target}"
    if one.trigger:
        note += f", pénalité si {one.trigger}"
    return Figure(
        one.result.indicator.name,
        one.value,
        note=note,
        status=(one.status.code, one.status.label, one.status.tone),
        link=f"#pourquoi-{one.code}",
    )


# The facts behind a figure


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def indicator_rows(request: HttpRequest, contract: Contract, month: str, code: str) -> HttpResponse:
    """The exact facts behind a figure, those that count and those left out with why, page by page.

    Advisers are shown to their supervisor alone.
    """
    terms = _terms(contract)
    first = _month(month)
    if first is None or first not in months_open(contract, terms):
        raise Http404("no such month")
    where = {CUTS[par][0]: value or None for par in CUTS if (value := request.GET.get(par)) is not None}
    left = request.GET.get("vue") == "ecartes"
    asked = request.GET.get("page", "1")
    number_asked = max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1
    try:
        opened = _opened(contract, terms, code, first, where, number_asked)
        page = _page(opened, left, number_asked)
        if page.number != number_asked:
            opened = _opened(contract, terms, code, first, where, page.number)
    except NothingToOpen as nothing:
        raise Http404("nothing to open") from nothing
    one = opened.indicator
    total = _total(opened)
    here = {par: request.GET[par] for par in CUTS if par in request.GET}
    counted = sum(each.counted for each in opened.listings)
    aside = sum(count for each in opened.listings for _, count in each.left_out)
    names_advisers = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    context = {
        "heading": f"{one.code} – {one.name}",
        "month": first,
        "indicator": one,
        "clause_url": _clause_url(request, contract, one.clause),
        "where": [(CUTS[par][1], key_written(request.GET[par] or None)) for par in here],
        "formula": sides_written(opened.sides, terms, _day(terms, first)),
        "value": written(total.exact, one.unit),
        "ratio": ratio_written(total),
        "tabs": [
            Tab("Faits comptés", f"?{urlencode(here)}", not left, counted),
            Tab("Faits écartés", f"?{urlencode({**here, 'vue': 'ecartes'})}", left, aside),
        ],
        "left": left,
        "listings": [_told(each, left, names_advisers) for each in opened.listings],
        "page": page,
        "names_advisers": names_advisers,
        "back": f"{reverse('dashboard_month', args=[contract.code])}?mois={first:%Y-%m}",
    }
    return render(request, "dashboards/rows.html", context)


def _opened(
    contract: Contract, terms: Terms, code: str, month: date, where: Mapping[str, Any], page: int
) -> Explanation:
    return explain(
        contract,
        code,
        since=month,
        until=after(month),
        where=where,
        terms=terms,
        limit=SHOWN,
        offset=(page - 1) * SHOWN,
    )


def _page(opened: Explanation, left: bool, asked: int) -> Page[int]:
    """The page asked; two tables behind one figure are leafed through together."""
    totals = (sum(count for _, count in each.left_out) if left else each.counted for each in opened.listings)
    return Paginator(range(max(totals, default=0)), SHOWN).get_page(asked)


def _total(opened: Explanation) -> Value:
    below = None if opened.sides.denominator is None else sum(each.denominator for each in opened.listings)
    return Value(sum(each.numerator for each in opened.listings), below, opened.sides.factor)


def _told(listing: Listing, left: bool, names_advisers: bool) -> dict[str, Any]:
    rows = listing.left_out_rows if left else listing.rows
    names = [name for name in (rows[0] if rows else ()) if name != "adviser" or names_advisers]
    return {
        "table": listing.table,
        "title": TABLES[listing.table],
        "counted": listing.counted,
        "reasons": listing.left_out,
        "headings": [COLUMNS.get(name, name) for name in names],
        "rows": [[cell_written(name, row) for name in names] for row in rows],
    }


def _rows_url(contract: Contract, month: date, code: str, where: Mapping[str, Any] | None = None) -> str:
    address = reverse("indicator_rows", args=[contract.code, f"{month:%Y-%m}", code])
    asked = urlencode({name: value or "" for name, value in (where or {}).items()})
    return f"{address}?{asked}" if asked else address


# What the month costs


@clause("S-9-penalites")
@reads(*READERS)
def penalties_month(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What the month's indicators cost, and what each reading would change.

    On the invoices, orders and incidents that the house holds; or, by hand, on what is entered here.
    """
    terms = _terms(contract)
    known = months_with_facts(contract)
    month = _asked_month(request, contract, terms, known)
    choices = [(f"{one:%Y-%m}", month_fr(one)) for one in months_open(contract, terms)]
    asked = "telephonie" in request.GET
    data = {**request.GET.dict(), "mois": f"{month:%Y-%m}"} if asked else None
    form = InvoiceForm(data, months=choices, initial={"mois": f"{month:%Y-%m}"})
    context: dict[str, Any] = {
        "heading": "Pénalités du mois",
        "month": month,
        "is_empty": month not in known,
        "form": form,
    }
    entered = None
    if not asked:
        entered = entered_for(contract, month, terms)
        context |= {"held": entered, "awaiting": _awaiting(contract, month, terms, entered)}
    elif form.is_valid():
        entered = form.entered(month)
    if entered is not None:
        proposal = propose(contract, month, entered, terms=terms)
        context["plan_unknown"] = bool(entered.orders) and not _has_hours(proposal)
        table, effects = _penalties(request, proposal), _effects(request, proposal)
        for one in (table, effects):
            if one.export:
                return one.export_response()
        statement = proposal.statement
        context |= {
            "statement": statement,
            "table": table,
            "effects": effects,
            "figures": [
                Figure("Somme avant plafond", money(statement.uncapped)),
                Figure(
                    "Plafond",
                    money(statement.cap),
                    note=f"{_percent(terms.rate('penalty_cap_rate', on=_day(terms, month)))} des factures",
                ),
                Figure("Pénalités proposées", money(statement.proposed)),
            ],
        }
    return render(request, "dashboards/penalties.html", context, status=422 if form.errors else 200)


def _awaiting(contract: Contract, month: date, terms: Terms, entered: Entered | None) -> str:
    """The rival figure: the month's penalties if the buyer agreed to every claim that it has not answered."""
    claims = list(claims_awaiting(contract, since=month, until=after(month))) if entered else []
    wider = entered_for(contract, month, terms, with_proposed=True) if claims else None
    if wider is None:
        return ""
    references = list(dict.fromkeys(claim.dysfunction.reference for claim in claims))
    proposed = propose(contract, month, wider, terms=terms).statement.proposed
    return f"Si l’acheteur acceptait {list_fr(references)}, les pénalités proposées seraient de {money(proposed)}."


def _has_hours(proposal: Proposal) -> bool:
    """Do facts tell the hours of advisers in the month?"""
    return any(one.grade is not None for one in proposal.results if one.indicator.code == "PLAN")


def _penalties(request: HttpRequest, proposal: Proposal) -> Table:
    units = {one.indicator.code: one for one in proposal.results}

    def measured(one: Assessed) -> str:
        return written(one.value, units[one.line.indicator].indicator.unit, one.line.trigger)

    return Table(
        request,
        proposal.statement.lines,
        caption=f"Pénalités de {month_fr(proposal.month)}",
        name=f"penalites-{proposal.month:%Y-%m}",
        columns=[
            Column("month", "Mois", value=lambda one: proposal.month, kind="date", shown=False),
            Column("code", "Ligne", value="line.code"),
            Column("name", "Objet", value="line.name"),
            Column(
                "value",
                "Mesure",
                kind="number",
                value=lambda one: plain(one.value, units[one.line.indicator].indicator.unit),
                html=measured,
            ),
            Column(
                "trigger",
                "Seuil",
                value=lambda one: trigger_written(one.line, units[one.line.indicator].indicator.unit),
            ),
            Column("status", "État", kind="status", value=penalty_status),
            Column("base_name", "Facture", value=lambda one: BASES[one.line.base], shown=False),
            Column("base", "Assiette", kind="money"),
            Column("rate", "Taux", kind="rate", value="line.rate"),
            Column("amount", "Pénalité", kind="money"),
            Column("clause", "Clause", value="line.clause", shown=False),
        ],
    )


def _effects(request: HttpRequest, proposal: Proposal) -> Table:
    def question(one: Effect) -> str:
        return proposal.terms.readings[one.reading].question

    return Table(
        request,
        sorted(proposal.effects, key=lambda one: -abs(one.difference)),
        caption="Effet de chaque autre lecture",
        name=f"lectures-{proposal.month:%Y-%m}",
        noun="autre lecture",
        plural="autres lectures",
        prefix="lectures",
        page_size=100,
        columns=[
            Column("reading", "Question", value=question),
            Column("option", "Code", shown=False),
            Column("sentence", "Autre lecture"),
            Column("uncapped", "Somme avant plafond", kind="money", sort="oui"),
            Column("proposed", "Pénalités", kind="money", sort="oui"),
            Column("difference", "Écart", kind="money", sort="oui"),
        ],
    )


def _percent(share: Decimal) -> str:
    return rate(share, 0 if share * 100 == int(share * 100) else 1)


# Which month


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _day(terms: Terms, month: date) -> date:
    """The day whose terms and readings hold for a month."""
    return max(month, terms.head.notified_on)


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _asked_month(request: HttpRequest, contract: Contract, terms: Terms, known: list[date]) -> date:
    """The month of the address; else the last one with facts, or the first of the service."""
    possible = months_open(contract, terms)
    asked = _month(request.GET.get("mois", ""))
    if asked in possible:
        return asked
    inside = [month for month in known if month in possible]
    return inside[-1] if inside else terms.head.starts_on.replace(day=1)


def _neighbours(contract: Contract, terms: Terms, month: date, view: str) -> list[tuple[str, str, str]]:
    """The month before and the one after, where the contract has them: relation, words, address."""
    possible = months_open(contract, terms)
    address = reverse(view, args=[contract.code])
    place = possible.index(month)
    found = []
    for rel, other in (("prev", place - 1), ("next", place + 1)):
        if 0 <= other < len(possible):
            found.append((rel, month_fr(possible[other]), f"{address}?mois={possible[other]:%Y-%m}"))
    return found

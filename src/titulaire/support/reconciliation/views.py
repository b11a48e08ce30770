"""A month's reports beside its facts; from a difference, to the cell and to the calls."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.dashboards.wording import COLUMNS, TABLES, cell_written
from titulaire.support.indicators.evaluation import after
from titulaire.support.reconciliation.forms import ToleranceForm
from titulaire.support.reconciliation.queries import (
    NothingToOpen,
    facts_behind,
    months_with_reports,
    reconcile,
)
from titulaire.support.reconciliation.rules import TIMES, TOLERANCE_PERCENT, Compared, Verdict
from titulaire.support.reconciliation.wording import (
    CUTS,
    PERIODS,
    VERDICTS,
    amount_said,
    cuts_said,
    measure_said,
    place_said,
    time_said,
)
from titulaire.ui.formats import month_fr, number
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Search, Table

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
SHOWN = 50


@clause("S-10.1-statistiques")
@reads(*READERS)
def reconciliation_month(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each figure of a month's reports beside the same count over the facts."""
    _terms_exist(contract)
    known = months_with_reports(contract)
    month = _month(request.GET.get("mois", "")) or (known[-1] if known else None)
    form = ToleranceForm(request.GET if "tolerance" in request.GET else None)
    tolerance = form.cleaned_data["tolerance"] if form.is_bound and form.is_valid() else TOLERANCE_PERCENT
    context: dict[str, Any] = {"heading": "Rapprochement", "known": known, "month": month, "form": form}
    if month is None:
        return render(request, "reconciliation/month.html", context)
    found = reconcile(contract, month, tolerance_percent=tolerance)
    sees_advisers = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    shown = [one for one in found.compared if sees_advisers or "adviser" not in dict(one.cuts)]
    apart = sum(one.verdict.is_discrepancy for one in shown)
    context |= {
        "heading": f"Rapprochement de {month_fr(month)}",
        "month_asked": f"{month:%Y-%m}",
        "others": [(month_fr(other), f"?mois={other:%Y-%m}") for other in known if other != month],
        "figures": [
            Figure("Chiffres comparés", number(len(shown))),
            Figure("Écarts", number(apart), status=("APART", "à régler", "warn") if apart else None),
            Figure("Sans faits à comparer", number(found.untold)),
        ],
    }
    table = _table(request, contract, shown, tolerance)
    return table.response("reconciliation/month.html", context)


def _table(request: HttpRequest, contract: Contract, shown: list[Compared], tolerance: Decimal) -> Table:
    order = list(Verdict)
    shown.sort(key=lambda one: (order.index(one.verdict) < 2, -abs(one.gap), one.measure, str(one.key)))
    return Table(
        request,
        shown,
        caption="Chiffres des rapports et chiffres des faits",
        name="rapprochement",
        noun="chiffre",
        columns=[
            Column("measure", "Ce qui est compté", value=lambda one: measure_said(one.measure)),
            Column("period", "Par", value=lambda one: PERIODS[one.period], shown=False),
            Column("time", "Quand", value=time_said),
            Column("cuts", "Pour", value=cuts_said),
            Column(
                "ours",
                "Faits",
                value=lambda one: amount_said(one.measure, one.ours),
                link=lambda one: _facts_url(contract, one) if one.ours else "",
                exported=False,
            ),
            Column(
                "theirs", "Rapport", value=lambda one: amount_said(one.measure, one.theirs), exported=False
            ),
            Column("gap", "Écart", value=lambda one: amount_said(one.measure, one.gap), exported=False),
            # In a file, what a spreadsheet can add up: counts, or milliseconds for a duration.
            Column("facts", "Faits", value=lambda one: one.ours, kind="number", shown=False),
            Column("report", "Rapport", value=lambda one: one.theirs, kind="number", shown=False),
            Column("difference", "Écart", value=lambda one: one.gap, kind="number", shown=False),
            Column("verdict", "Constat", kind="status", statuses=VERDICTS),
            Column(
                "place",
                "Cellule",
                value=place_said,
                link=lambda one: (
                    reverse("fact_batch", args=[contract.code, one.place.batch]) if one.place else ""
                ),
            ),
        ],
        filters=[
            Search("measure", "cuts"),
            Choice(
                "constat",
                "Constat",
                [(str(code), status.label) for code, status in VERDICTS.items()],
                field="verdict",
            ),
        ],
        empty="Aucun rapport de la téléphonie à comparer ce mois-ci.",
    )


def _facts_url(contract: Contract, one: Compared) -> str:
    when = dict(zip(TIMES[one.period], one.key, strict=False))
    since = when.get("month") or when.get("week") or when["day"]
    asked = {"mesure": one.measure, "periode": one.period, "du": since.isoformat()}
    asked |= {name: str(when[name]) for name in ("hour", "quarter") if name in when}
    asked |= dict(one.cuts)
    return f"{reverse('reconciliation_facts', args=[contract.code])}?{urlencode(asked)}"


@clause("S-10.1-statistiques")
@reads(*READERS)
def reconciliation_facts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The facts that a compared figure counts, page by page. Advisers are shown to their supervisor alone."""
    _terms_exist(contract)
    said = request.GET
    period = said.get("periode", "DAY")
    sees_advisers = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    try:
        since = date.fromisoformat(said.get("du", ""))
        where: dict[str, Any] = {name: int(said[name]) for name in ("hour", "quarter") if name in said}
    except ValueError as error:
        raise Http404("no such time") from error
    where |= {name: said[name] for name in CUTS if name in said}
    if "adviser" in where and not sees_advisers:
        raise Http404("not for these eyes")
    until = {"MONTH": after(since), "WEEK": since + timedelta(days=7)}.get(period, since + timedelta(days=1))
    measure = said.get("mesure", "")
    asked = said.get("page", "1")
    number_asked = max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1
    try:
        found = facts_behind(
            contract,
            measure,
            since=since,
            until=until,
            where=where,
            limit=SHOWN,
            offset=(number_asked - 1) * SHOWN,
        )
    except NothingToOpen as error:
        raise Http404("nothing to open") from error
    names = [name for name in (found.rows[0] if found.rows else ()) if name != "adviser" or sees_advisers]
    context = {
        "heading": measure_said(measure).capitalize(),
        "table": TABLES[found.table],
        "total": amount_said(measure, found.total),
        "since": since,
        "last": until - timedelta(days=1),
        "where": [(CUTS[name], where[name]) for name in CUTS if name in where],
        "headings": [COLUMNS.get(name, "Compte pour") for name in names],
        "rows": [[_fact_cell(name, row) for name in names] for row in found.rows],
        "page": Paginator(range(found.counted), SHOWN).get_page(number_asked),
        "back": f"{reverse('reconciliation', args=[contract.code])}?mois={since:%Y-%m}",
    }
    return render(request, "reconciliation/facts.html", context)


def _fact_cell(name: str, row: Any) -> str:
    return str(cell_written(name, row))


def _terms_exist(contract: Contract) -> None:
    try:
        terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None

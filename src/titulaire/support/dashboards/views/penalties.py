"""What the month costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.indicators.wording import written
from titulaire.penalties.rules import Assessed
from titulaire.support.dashboards.forms import InvoiceForm
from titulaire.support.dashboards.queries import months_open, months_with_facts
from titulaire.support.dashboards.views.asking import READERS
from titulaire.support.dashboards.views.asking import asked_month as _asked_month
from titulaire.support.dashboards.views.asking import day_of as _day
from titulaire.support.dashboards.views.asking import terms_here as _terms
from titulaire.support.incidents.queries import claims_awaiting
from titulaire.support.indicators.evaluation import after
from titulaire.support.penalties.assessing import Effect, Entered, Proposal, propose
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.wording import BASES, penalty_status, plain, trigger_written
from titulaire.ui.formats import list_fr, money, month_fr, rate
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Column, Table


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

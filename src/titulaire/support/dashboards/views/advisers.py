"""Figures by adviser and by group: for their supervisor alone, and each opening is in the journal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.dashboards.views.asking import asked
from titulaire.support.dashboards.views.period import cut_table
from titulaire.support.dashboards.wording import period_written
from titulaire.ui.parts import Tab

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
    table = cut_table(request, here, rows, par, label)
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

"""Unit prices, and the documents that orders and prices are read in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.ledger import services
from titulaire.support.ledger.forms import (
    PriceForm,
)
from titulaire.support.ledger.models import UnitPrice, WorkOrder
from titulaire.support.ledger.rules import (
    WorkUnit,
)
from titulaire.support.ledger.views.page import (
    READERS,
    actor_of,
    form_page,
    paper_column,
    roles_of,
)
from titulaire.support.ledger.wording import UNITS
from titulaire.ui.tables import Choice, Column, Search, Status, Table


@clause("S-7.2-commandes")
@reads(*READERS)
def unit_prices(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The prices of the units, past and present, and where each is written."""
    kinds = {
        "IN_FORCE": Status("IN_FORCE", "En vigueur", "good"),
        "REPLACED": Status("REPLACED", "Remplacé", "calm"),
    }
    table = Table(
        request,
        UnitPrice.objects.filter(contract=contract).select_related("replaced_by"),
        name=f"prix-{contract.code}",
        caption="Prix unitaires",
        noun="prix",
        plural="prix",
        columns=[
            Column("unit", "Unité", value=lambda one: UNITS[one.unit], sort="unit"),
            Column("from_on", "À compter du", kind="date", sort="from_on"),
            Column("amount", "Prix hors taxes (€)", kind="number", digits=4, sort="amount"),
            Column("source", "Écrit dans"),
            paper_column(contract),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda one: "REPLACED" if one.replaced_by_id else "IN_FORCE",
                statuses=kinds,
            ),
            Column("reason", "Raison", value=lambda one: one.replaced_by.reason if one.replaced_by else ""),
        ],
        filters=[
            Search("source", label="Document"),
            Choice("unite", "Unité", list(UNITS.items()), field="unit", every="Toutes"),
        ],
        empty="Aucun prix saisi.",
    )
    may_enter = Role.SUPERVISOR in roles_of(request)
    return table.response("ledger/prices.html", {"may_enter": may_enter})


@clause("S-7.2-commandes")
@acts(Role.SUPERVISOR)
def unit_price_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Enter a price."""
    form = PriceForm(request.POST or None, request.FILES or None)
    back = reverse("unit_prices", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.set_price(
                contract=contract,
                unit=WorkUnit(said["unit"]),
                from_on=said["from_on"],
                amount=said["amount"],
                source=said["source"],
                paper=form.paper(),
                reason=said["reason"],
                **actor_of(request),
            )
        except services.AlreadyPriced:
            form.add_error("reason", "Un autre prix vaut à compter de ce jour : dites pourquoi il change.")
        else:
            messages.success(request, "Prix enregistré.")
            return redirect(back)
    return form_page(request, contract, form, "Saisir un prix unitaire", "Enregistrer le prix", back)


@reads(*READERS)
def ledger_paper(request: HttpRequest, contract: Contract, sha256: str) -> HttpResponse:
    """The document in which an order or a price is read."""
    asked = {"contract": contract, "document_sha256": sha256}
    found = WorkOrder.objects.filter(**asked).first() or UnitPrice.objects.filter(**asked).first()
    if found is None:
        raise Http404("no such document")
    response = HttpResponse(files.read(sha256, contract=contract.code), "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.document_name) or "attachment"
    return response

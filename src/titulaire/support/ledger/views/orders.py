"""The orders of hours and acts."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.support.ledger import queries, services
from titulaire.support.ledger.forms import (
    OrderForm,
    ReasonForm,
)
from titulaire.support.ledger.models import WorkOrder
from titulaire.support.ledger.rules import (
    ONE_DAY,
)
from titulaire.support.ledger.views.page import (
    KEEPERS,
    READERS,
    actor_of,
    form_page,
    paper_column,
    roles_of,
)
from titulaire.support.ledger.wording import ORDERS, UNITS
from titulaire.ui.tables import Choice, Column, Period, Search, Table


@clause("S-7.2-commandes", "S-9-120")
@reads(*READERS)
def work_orders(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order, every version."""
    may_enter = bool(set(KEEPERS) & roles_of(request))

    def state(one: WorkOrder) -> str:
        return "REPLACED" if not one.is_last else "CANCELLED" if one.cancelled else "IN_FORCE"

    columns = [
        Column("reference", "Commande", sort="reference"),
        Column("version", "Version", kind="number", sort="version"),
        Column("unit", "Unité", value=lambda one: UNITS[one.unit], sort="unit"),
        Column("since_on", "Du", kind="date", sort="since_on"),
        Column("last_on", "Au", kind="date", value=lambda one: one.until_on - ONE_DAY),
        Column("quantity", "Quantité", kind="number", digits=2, sort="quantity"),
        Column("contacts", "Contacts prévus", kind="number", sort="contacts"),
        Column("ordered_on", "Reçue le", kind="date", sort="ordered_on"),
        Column("state", "État", kind="status", value=state, statuses=ORDERS),
        Column("reason", "Raison"),
        paper_column(contract),
    ]
    if may_enter:
        columns.append(
            Column(
                "act",
                "Acte",
                value=lambda one: "Annuler" if state(one) == "IN_FORCE" else "",
                link=lambda one: (
                    reverse("work_order_cancel", args=[contract.code, one.pk])
                    if state(one) == "IN_FORCE"
                    else None
                ),
                exported=False,
            )
        )
    table = Table(
        request,
        queries.orders_of(contract),
        name=f"commandes-{contract.code}",
        caption="Commandes d’heures et d’actes",
        noun="commande",
        order="-since_on",
        columns=columns,
        filters=[
            Search("reference", "reason", label="Référence ou raison"),
            Choice("unite", "Unité", list(UNITS.items()), field="unit", every="Toutes"),
            Choice(
                "etat",
                "État",
                [(each.code, each.label) for each in ORDERS.values()],
                every="Tous",
                narrowed_by=lambda found, code: {
                    "IN_FORCE": cast(Any, found).filter(is_last=True, cancelled=False),
                    "REPLACED": cast(Any, found).filter(is_last=False),
                    "CANCELLED": cast(Any, found).filter(is_last=True, cancelled=True),
                }[code],
            ),
            Period("du", "Début", field="since_on"),
        ],
        empty="Aucune commande saisie.",
    )
    return table.response("ledger/orders.html", {"may_enter": may_enter})


@clause("S-7.2-commandes", "S-9-120")
@acts(*KEEPERS)
def work_order_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Enter an order, or its next version."""
    form = OrderForm(
        request.POST or None, request.FILES or None, initial={"ordered_on": timezone.localdate()}
    )
    back = reverse("work_orders", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        try:
            made = services.enter_order(
                contract=contract,
                reference=form.cleaned_data["reference"],
                ordered=form.ordered(),
                ordered_on=form.cleaned_data["ordered_on"],
                paper=form.paper(),
                reason=form.cleaned_data["reason"],
                **actor_of(request),
            )
        except services.OrderKnown:
            form.add_error(
                "reason", "Cette commande existe avec d’autres valeurs : dites pourquoi elle change."
            )
        except services.OrdersOverlap as other:
            form.add_error("since_on", f"La commande {other.reference} couvre déjà l’un de ces jours.")
        else:
            messages.success(request, f"Commande {made.reference}, version {made.version}, enregistrée.")
            return redirect(back)
    return form_page(request, contract, form, "Saisir une commande", "Enregistrer la commande", back)


@acts(*KEEPERS)
def work_order_cancel(request: HttpRequest, contract: Contract, order: int) -> HttpResponse:
    """Take an order back."""
    found = WorkOrder.objects.of(contract).filter(pk=order).select_related("contract").first()
    if found is None:
        raise Http404("no such order")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = reverse("work_orders", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        services.cancel_order(order=found, reason=form.cleaned_data["reason"], **actor_of(request))
        messages.success(request, f"Commande {found.reference} annulée.")
        return redirect(back)
    heading = f"Annuler la commande {found.reference}"
    return form_page(request, contract, form, heading, "Annuler la commande", back, UNITS[found.unit])

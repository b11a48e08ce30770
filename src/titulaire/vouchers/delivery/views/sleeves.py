"""Storage sleeves: ordered, delivered."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, instant_fr
from titulaire.ui.tables import Column, Table
from titulaire.vouchers.answers import actor
from titulaire.vouchers.delivery import queries
from titulaire.vouchers.delivery.forms import SleevesForm
from titulaire.vouchers.delivery.models import SleeveOrder
from titulaire.vouchers.delivery.services import deliver_sleeves, order_sleeves
from titulaire.vouchers.delivery.views import CARRIERS, READERS, SIGNERS, may


@reads(*READERS)
@clause("T-2.5-pochettes")
def sleeve_orders(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order of sleeves."""
    carries = may(request, *CARRIERS)
    table = Table(
        request,
        queries.sleeves_of(contract),
        caption="Commandes de pochettes",
        name=f"pochettes-{contract.code}",
        noun="commande",
        order="-ordered_at",
        columns=[
            Column("number", "Commande", sort="number"),
            Column("ordered_at", "Demandée le", kind="instant", sort="ordered_at"),
            Column("quantity", "Pochettes", kind="number", sort="quantity"),
            Column("delivered_at", "Livrée le", kind="instant", sort="delivered_at"),
            *(
                [Column("deliver", "Livraison", value=_label, link=_address, exported=False)]
                if carries
                else []
            ),
        ],
        empty="Aucune commande de pochettes.",
        empty_action=("Commander des pochettes", reverse("sleeve_new", args=[contract.code]))
        if may(request, *SIGNERS)
        else None,
    )
    context = {"heading": "Pochettes de rangement", "may_order": may(request, *SIGNERS)}
    return table.response("delivery/sleeves.html", context)


def _label(sleeves: SleeveOrder) -> str | None:
    return None if sleeves.delivered_at else "Dire livrée"


def _address(sleeves: SleeveOrder) -> str | None:
    if sleeves.delivered_at:
        return None
    return reverse("sleeve_delivered", args=[sleeves.contract.code, sleeves.number])


@acts(*SIGNERS)
@clause("T-2.5-pochettes")
def sleeve_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Order sleeves."""
    form = SleevesForm(request.POST or None, initial={"request_key": uuid.uuid4().hex})
    if request.method == "POST" and form.is_valid():
        asked = order_sleeves(contract=contract, actor=actor(request), at=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{count_fr(asked.quantity, 'pochette')} : commande {asked.number}.")
        return redirect("sleeve_orders", contract=contract.code)
    context = {
        "heading": "Commander des pochettes",
        "consequences": ["Les pochettes rangent les carnets ; elles sont facturées à part."],
        "form": form,
        "action_label": "Commander",
        "cancel_url": reverse("sleeve_orders", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)


@acts(*CARRIERS)
@clause("T-2.5-pochettes")
def sleeve_delivered(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Say that sleeves were delivered."""
    sleeves = get_object_or_404(queries.sleeves_of(contract), number=number)
    if request.method == "POST":
        deliver_sleeves(sleeves=sleeves, actor=actor(request), at=timezone.now())
        messages.success(request, f"Commande {number} livrée.")
        return redirect("sleeve_orders", contract=contract.code)
    context = {
        "heading": f"Livrer la commande {number}",
        "facts": [
            ("Pochettes", count_fr(sleeves.quantity, "pochette")),
            ("Demandée le", instant_fr(sleeves.ordered_at)),
        ],
        "action_label": "Dire livrée",
        "cancel_url": reverse("sleeve_orders", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)

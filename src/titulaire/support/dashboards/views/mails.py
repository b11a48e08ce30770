"""Dashboards by mail: a person's subscriptions, making one, ending one."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db.models import Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.dashboards.forms import SubscriptionForm
from titulaire.support.dashboards.models import Subscription
from titulaire.support.dashboards.queries import READERS, readers_of
from titulaire.support.dashboards.rules import Grain
from titulaire.support.dashboards.services import (
    EndedAlready,
    SubscribedAlready,
    subscribe,
    unsubscribe,
)
from titulaire.support.dashboards.views.asking import terms_here
from titulaire.support.dashboards.wording import CUTS
from titulaire.ui.formats import list_fr
from titulaire.ui.tables import Column, Status, Table

ASKERS = tuple(role for role in READERS if role is not Role.AUDITOR)
"""An auditor reads and changes nothing, not even what they receive."""
FOR_OTHERS = {Role.SUPERVISOR, Role.BUYER_MANAGER}
OFTEN = {"DAY": "chaque jour", "WEEK": "chaque semaine", "MONTH": "chaque mois"}
STATES = {
    "PLANNED": Status("PLANNED", "à envoyer", "info"),
    "SENDING": Status("SENDING", "en cours d’envoi", "info"),
    "SENT": Status("SENT", "envoyé", "good"),
    "UNCERTAIN": Status("UNCERTAIN", "envoi incertain, non renouvelé", "warn"),
    "NO_RIGHT": Status("NO_RIGHT", "non envoyé : plus de droit de lecture", "warn"),
}


def _mine(request: HttpRequest, contract: Contract) -> QuerySet[Subscription]:
    user = cast(User, request.user)
    found = Subscription.objects.live().filter(contract=contract).select_related("user")
    return found.filter(Q(user=user) | Q(created_by=user.actor))


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def subscriptions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What the person receives, and what they let others receive."""
    may = bool(set(ASKERS) & request.roles)  # type: ignore[attr-defined]

    def last(one: Subscription) -> Status | None:
        delivery = one.deliveries.first()
        return STATES[delivery.state] if delivery else None

    table = Table(
        request,
        _mine(request, contract).annotate(last_on=Max("deliveries__sent_at")),
        caption="Abonnements",
        name="abonnements",
        noun="abonnement",
        columns=[
            Column("often", "Fréquence", value=lambda one: OFTEN[one.grain]),
            Column("user", "Destinataire", value=lambda one: str(one.user)),
            Column(
                "cuts",
                "Découpages",
                value=lambda one: list_fr([CUTS[cut][1].lower() for cut in one.cuts]) or "aucun",
            ),
            Column("created_at", "Depuis", kind="instant", sort="created_at"),
            Column("last_on", "Dernier envoi", kind="instant", sort="last_on"),
            Column("last", "Le dernier", kind="status", value=last),
            Column(
                "end",
                "À faire",
                value=lambda one: "Arrêter" if may else None,
                link=lambda one: reverse("subscription_end", args=[contract.code, one.pk]) if may else None,
                exported=False,
            ),
        ],
        empty="Vous ne recevez aucun tableau de bord par courriel.",
        empty_action=("S’abonner", reverse("subscription_new", args=[contract.code])) if may else None,
    )
    return table.response("dashboards/subscriptions.html", {"heading": "Envois par courriel", "may": may})


@clause("S-3.3.1-tableaux-de-bord")
@acts(*ASKERS)
def subscription_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Subscribe, or let someone else of the contract receive a dashboard."""
    terms_here(contract)
    user = cast(User, request.user)
    readers = readers_of(contract, on=timezone.localdate())
    if not FOR_OTHERS & request.roles:  # type: ignore[attr-defined]
        readers = readers.filter(pk=user.pk)
    form = SubscriptionForm(request.POST or None, readers=readers, initial={"user": user.pk})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            subscribe(
                contract=contract,
                user=said["user"],
                grain=Grain(said["grain"]),
                cuts=said["cuts"],
                actor=user.actor,
                at=timezone.now(),
            )
        except SubscribedAlready:
            form.add_error("grain", "Cette personne reçoit déjà ce tableau de bord.")
        else:
            messages.success(
                request, "L’abonnement est enregistré : le prochain envoi suivra la fin de la période."
            )
            return redirect("subscriptions", contract.code)
    return render(
        request,
        "dashboards/subscription_new.html",
        {"heading": "S’abonner à un tableau de bord", "form": form},
        status=422 if form.errors else 200,
    )


@acts(*READERS)
def subscription_end(request: HttpRequest, contract: Contract, number: int) -> HttpResponse:
    """End a subscription of one's own, or that one made."""
    one = _mine(request, contract).filter(pk=number).first()
    if one is None:
        raise Http404("no such subscription")
    if request.method == "POST":
        try:
            unsubscribe(subscription=one, actor=cast(User, request.user).actor, at=timezone.now())
        except EndedAlready:
            messages.info(request, "Cet abonnement était déjà arrêté.")
        else:
            messages.success(request, "L’abonnement est arrêté.")
        return redirect("subscriptions", contract.code)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Arrêter un abonnement",
            "consequences": [f"{one.user} ne recevra plus le tableau de bord {OFTEN[one.grain]}."],
            "action_label": "Arrêter l’abonnement",
            "cancel_url": reverse("subscriptions", args=[contract.code]),
        },
    )

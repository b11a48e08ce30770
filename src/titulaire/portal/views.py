"""The front door: home by role, the journal of a contract, and the pages that the law asks for."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from titulaire.identity.access import public, reads, signed_in
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.journal.models import Entry
from titulaire.ui.tables import Column, Period, Search, Table

EVERYONE = tuple(Role)


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The person's contracts; straight to the contract when there is only one."""
    held = Membership.objects.filter(user=cast(User, request.user)).current(on=timezone.localdate())
    memberships = list(held.select_related("contract__buyer").order_by("contract__code", "role"))
    contracts = {membership.contract_id for membership in memberships}
    if len(contracts) == 1:
        return redirect("contract_home", contract=memberships[0].contract.code)
    return render(request, "portal/home.html", {"heading": "Vos marchés", "memberships": memberships})


@reads(*EVERYONE)
def contract_home(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What awaits the person on this contract, and where it stands."""
    return render(request, "portal/contract_home.html", {"heading": contract.title})


@reads(
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.VOUCHER_OPERATOR,
    Role.SUPERVISOR,
    Role.QUALITY_OFFICER,
    Role.CSO,
    Role.AUDITOR,
)
def journal(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every act on the contract: who, when, what, on what, and its place in the chain."""
    names = {user.actor: str(user) for user in User.objects.filter(memberships__contract=contract)}
    table = Table(
        request,
        Entry.objects.filter(contract=contract.code),
        caption="Actes",
        name=f"journal-{contract.code}",
        noun="acte",
        order="-seq",
        columns=[
            Column("seq", "N°", kind="number", sort="seq"),
            Column("at", "Le", kind="instant", sort="at"),
            Column("actor", "Par", value=lambda entry: names.get(entry.actor, entry.actor)),
            Column("act", "Acte", value=lambda entry: ACTS.get(entry.act, entry.act), sort="act"),
            Column("target", "Sur", sort="target"),
            Column("hash", "Empreinte", value=lambda entry: entry.hash[:12]),
        ],
        filters=[Search("act", "target"), Period("le", "Date", field="at", instants=True)],
        empty="Aucun acte ne correspond.",
    )
    return table.response("portal/journal.html", {"heading": "Journal", "contract": contract})


ACTS = {
    "OPEN_CONTRACT": "Ouverture du marché",
    "OPEN_ACCOUNT": "Ouverture d’un compte",
    "INVITE": "Envoi d’un lien d’activation",
    "ACTIVATE_ACCOUNT": "Activation d’un compte",
    "GRANT_ROLE": "Attribution d’un rôle",
    "END_ROLE": "Fin d’un rôle",
    "READ": "Consultation de données nominatives",
    "OPEN_SERIES": "Ouverture d’une série de numéros",
    "MAKE_SIGNING_KEY": "Création d’une clé de signature",
    "ORDER_CONFIRMED": "Confirmation d’une commande",
    "ORDER_ACKNOWLEDGED": "Accusé de réception",
    "ORDER_CANCELLED": "Annulation d’une commande",
    "ORDER_ISSUED": "Émission des titres",
}


@public
def site_map(request: HttpRequest) -> HttpResponse:
    """Plan du site."""
    return render(request, "portal/site_map.html", {"heading": "Plan du site"})


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """Déclaration d’accessibilité."""
    return render(request, "portal/accessibility.html", {"heading": "Accessibilité"})


@public
def legal_notice(request: HttpRequest) -> HttpResponse:
    """Mentions légales."""
    return render(request, "portal/legal_notice.html", {"heading": "Mentions légales"})


@public
def personal_data(request: HttpRequest) -> HttpResponse:
    """Données personnelles."""
    return render(request, "portal/personal_data.html", {"heading": "Données personnelles"})

"""The front door: home by role, the journal of a contract, and the pages that the law asks for."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from titulaire.governance.home import card as home_card
from titulaire.governance.views import READERS as GOVERNED
from titulaire.identity.access import public, reads, signed_in
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.journal.models import Entry
from titulaire.portal import boards
from titulaire.portal.acts import ACTS
from titulaire.ui.tables import Column, Period, Search, Table
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.wording import STATES

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
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    today = timezone.localdate()
    page: dict[str, object] = {"heading": "Accueil du marché"}
    if roles & set(GOVERNED):
        page["governance"] = home_card(contract, cast(User, request.user), roles)
    if contract.kind != "VOUCHERS":
        return render(request, "portal/contract_home.html", page)
    return render(
        request,
        "portal/contract_home.html",
        {
            **page,
            "tasks": boards.voucher_tasks(contract, roles, on=today),
            "figures": boards.voucher_figures(contract, on=today),
            "chart": boards.voucher_chart(contract, on=today),
            "latest": Order.objects.of(contract).order_by("-confirmed_at")[:6],
            "states": STATES,
        },
    )


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
            Column("seq", "N°", sort="seq"),
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

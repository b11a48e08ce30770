"""What every page's frame needs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from titulaire.identity.models import Membership, User
from titulaire.identity.roles import Role
from titulaire.portal.menu import menu


def house(request: HttpRequest) -> dict[str, object]:
    """The contract in hand with its menu, if any, and whether this is the demo with its invented people."""
    contract = getattr(request, "contract", None)
    roles: frozenset[Role] = getattr(request, "roles", frozenset())
    signing_in = (
        settings.DEMO and request.resolver_match and request.resolver_match.view_name == "account_login"
    )
    return {
        "contract": contract,
        "menu": menu(contract, roles, request.path) if contract else (),
        "demo": settings.DEMO,
        "demo_people": User.objects.filter(email__endswith="@demo.example").order_by("pk")
        if signing_in
        else (),
    }


def _demo_people() -> list[User]:
    """The invented people of the demonstration, each with a role to show beside the name."""
    held = Membership.objects.filter(user__email__endswith="@demo.example").select_related("user", "contract")
    people = []
    for membership in held.order_by("user_id"):
        person = membership.user
        person.role = f"{membership.label}, {membership.contract.code}"  # type: ignore[attr-defined]
        people.append(person)
    return people

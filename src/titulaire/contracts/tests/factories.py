"""A contract in the database, as tests of this room need it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from titulaire.identity.models import Contract, Membership, Organisation, User
from titulaire.identity.roles import Role

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SHA = "ab" * 32


def contract(code: str = "cpam47", kind: str = "VOUCHERS") -> Contract:
    """A contract of that code, with its two organisations."""
    buyer, _ = Organisation.objects.get_or_create(code="acheteur", name="Caisse d’essai")
    contractor, _ = Organisation.objects.get_or_create(code="titulaire", name="Titulaire d’essai")
    return Contract.objects.create(
        code=code,
        title=f"Marché {code}",
        kind=kind,
        buyer=buyer,
        contractor=contractor,
        opened_at=datetime(2024, 12, 2, tzinfo=UTC),
    )


def person(on: Contract, role: Role) -> User:
    """Someone who holds that role on the contract, to its end."""
    user = User.objects.create(
        email=f"{role.value.lower()}@{on.code}.example",
        first_name="Camille",
        last_name=role.value.title(),
        organisation=on.contractor,
        created_at=NOW,
    )
    Membership.objects.create(
        user=user, contract=on, role=role.value, since=date(2025, 1, 1), until=date(2099, 1, 1)
    )
    return user

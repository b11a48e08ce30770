"""People, organisations and contracts for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count

from titulaire.identity.models import Contract, Membership, Organisation, User
from titulaire.identity.roles import Role

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


def organisation(code: str = "cpam") -> Organisation:
    """An organisation, made once per code."""
    return Organisation.objects.get_or_create(code=code, defaults={"name": code.upper()})[0]


def contract(code: str = "cpam47", kind: str = "VOUCHERS") -> Contract:
    """A contract, made once per code."""
    return Contract.objects.get_or_create(
        code=code,
        defaults={
            "title": f"Marché {code}",
            "kind": kind,
            "buyer": organisation("cpam"),
            "contractor": organisation("emetteur"),
            "opened_at": AT,
        },
    )[0]


def person(*roles: Role, on: Contract | None = None, until: date | None = None) -> User:
    """A new person, holding the roles on the contract since 2025 (an auditor's access ends in 2099)."""
    number = next(_numbers)
    email = f"personne{number}x@demo.example"
    user = User.objects.create(
        email=email,
        first_name=f"Prénom{number}",
        last_name=f"Nom{number}",
        organisation=organisation("emetteur"),
        created_at=AT,
    )
    for role in roles:
        hold(user, role, on or contract(), until)
    return user


def hold(user: User, role: Role, on: Contract, until: date | None = None) -> None:
    """Give a role on a contract since 2025 (an auditor's access ends in 2099)."""
    Membership.objects.create(
        user=user,
        contract=on,
        role=role.value,
        since=date(2025, 1, 1),
        until=until or (date(2099, 1, 1) if role is Role.AUDITOR else None),
    )

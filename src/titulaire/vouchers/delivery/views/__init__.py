"""The pages of delivery, one module per subject."""

from django.http import HttpRequest

from titulaire.identity.roles import Role

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
CARRIERS = (Role.VOUCHER_OPERATOR,)
"""Who sends and follows."""
SIGNERS = (Role.VOUCHER_OPERATOR, Role.BUYER_MANAGER)
"""Who records that something was received, or orders sleeves."""


def may(request: HttpRequest, *roles: Role) -> bool:
    """Whether the person holds one of these roles."""
    return bool(set(roles) & getattr(request, "roles", frozenset()))

"""The pages of stops, one module per subject."""

from django.http import HttpRequest

from titulaire.identity.roles import Role

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
STOPPERS = (Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)
"""Who stops: the buyer, and the issuer on the buyer's behalf."""


def may_stop(request: HttpRequest) -> bool:
    """Whether the person may act on stops, beyond reading them."""
    return bool(set(STOPPERS) & getattr(request, "roles", frozenset()))

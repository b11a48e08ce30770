"""The pages of the network, one module per subject; who may see what."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.models import Affiliate

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
"""Who sees the whole network of the contract."""
OPERATORS = (Role.VOUCHER_OPERATOR,)


def roles_in(request: HttpRequest) -> frozenset[Role]:
    """The roles that the person holds on the contract in hand."""
    return cast("frozenset[Role]", request.roles)  # type: ignore[attr-defined]


def actor_in(request: HttpRequest) -> str:
    """How the journal names the person."""
    return cast(User, request.user).actor


def is_operator(request: HttpRequest) -> bool:
    """Whether the person works for the issuer."""
    return Role.VOUCHER_OPERATOR in roles_in(request)


def own_affiliates(request: HttpRequest, contract: Contract) -> QuerySet[Affiliate] | None:
    """The affiliates to which the person is walled; None for those who see the whole network."""
    if roles_in(request) & set(READERS):
        return None
    return queries.affiliates_for(cast(User, request.user), contract)


def reader_of(request: HttpRequest, contract: Contract, affiliate: Affiliate) -> Affiliate | None:
    """The affiliate for which the page is read, whose knowledge stops at its own doors; None for the others."""
    return None if own_affiliates(request, contract) is None else affiliate


def download(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A file to keep, that no cache keeps."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response

"""The pages of orders, one module per subject."""

from django.http import Http404, HttpRequest, QueryDict

from titulaire.identity.roles import Role

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
"""Who reads orders, without the names of people."""
ORDERERS = (Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)
"""Who orders, and sees whom for: the buyer, and the issuer on the buyer's behalf."""


def known_extension(extension: str) -> str:
    """The extension of a download that exists."""
    if extension not in {"csv", "xlsx"}:
        raise Http404("no such file")
    return extension


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was filled with; None when it is only asked for."""
    return request.POST if request.method == "POST" else None

"""The pages of orders, one module per subject."""

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.parts import Figure

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


def figure(contract: Contract, label: str, value: str, *, note: str = "", clause: str = "") -> Figure:
    """A key figure whose clause leads to its text."""
    clause_url = reverse("clause", args=[contract.code, clause]) if clause else ""
    return Figure(label, value, note=note, clause=clause, clause_url=clause_url)

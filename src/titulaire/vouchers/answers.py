"""What the pages of printed vouchers answer alike, from printing to stops: kept files, and who did what."""

from __future__ import annotations

import logging
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.vouchers.orders.models import Order

log = logging.getLogger(__name__)

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
OPERATOR = Role.VOUCHER_OPERATOR


def actor(request: HttpRequest) -> str:
    """How the journal names the person at the screen."""
    return cast(User, request.user).actor


def operates(request: HttpRequest) -> bool:
    """Whether the person may act in production, beyond reading it."""
    return OPERATOR in getattr(request, "roles", frozenset())


def names_of(contract: Contract) -> dict[str, str]:
    """The people of a contract as the journal names them, with the names that pages show."""
    people = User.objects.filter(memberships__contract=contract).distinct()
    return {person.actor: str(person) for person in people}


def who(names: dict[str, str], code: str) -> str:
    """The name of an actor; the machine's own acts are those of the system."""
    return names.get(code, "le système" if code.startswith("system:") else "")


def order_address(order: Order) -> str:
    """The page of an order, which stands in the room of orders."""
    return reverse("order_detail", args=[order.contract.code, order.number])


def unbroken(reference: str) -> SafeString:
    """A reference that stays on one line in a narrow column."""
    return format_html("{}", reference.replace("-", "\u2011"))


def file_answer(
    request: HttpRequest,
    contract: Contract,
    sha256: str,
    name: str,
    content_type: str,
    *,
    inline: bool = False,
) -> HttpResponse:
    """A kept file under its own name; 404 before it exists, 409 when the disk no longer holds what was kept."""
    if not sha256:
        raise Http404("not made yet")
    try:
        content = files.read(sha256, contract=contract.code)
    except (files.FileAltered, files.FileLost) as fault:
        log.critical("kept file %s of %s: %s", sha256, contract.code, type(fault).__name__)
        context = {
            "heading": "Ce fichier n’est plus celui qui a été gardé",
            "sha256": sha256,
            "lost": isinstance(fault, files.FileLost),
        }
        return render(request, "ui/file_altered.html", context, status=409)
    return attachment(content, name, content_type, inline=inline)


def attachment(content: bytes, name: str, content_type: str, *, inline: bool = False) -> HttpResponse:
    """A file to keep, or to look at, under its name; never kept by a proxy."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response

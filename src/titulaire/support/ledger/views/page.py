"""What the pages of the ledger share: who reads, who enters, the page of a form."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.ledger.forms import (
    month_of,
)
from titulaire.ui.tables import Column

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
KEEPERS = (Role.SUPERVISOR, Role.PLANNER)
"""Who enters, for the contractor. Only the supervisor closes and invoices."""


def roles_of(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def sees_drafts(request: HttpRequest) -> bool:
    """An open month is the contractor's own business."""
    return bool({*KEEPERS, Role.AUDITOR} & roles_of(request))


def asked_month(text: str) -> date:
    month = month_of(text)
    if month is None:
        raise Http404("no such month")
    return month


def month_url(contract: Contract, month: date, name: str = "ledger_month") -> str:
    return reverse(name, args=[contract.code, f"{month:%Y-%m}"])


def actor_of(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def form_page(
    request: HttpRequest, contract: Contract, form: forms.Form, heading: str, label: str, cancel_url: str,
    lead: str = "",
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": cancel_url,
    }
    return render(request, "ledger/form.html", context)


def paper_column(contract: Contract) -> Column:
    return Column(
        "document",
        "Document",
        value="document_name",
        link=lambda one: (
            reverse("ledger_paper", args=[contract.code, one.document_sha256])
            if one.document_sha256
            else None
        ),
    )

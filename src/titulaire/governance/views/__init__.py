"""The pages of governance: contacts, information, meetings, papers, deadlines. What they share."""

from __future__ import annotations

import logging
from pathlib import PurePath
from typing import cast
from urllib.parse import quote

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files

log = logging.getLogger(__name__)

READERS = (
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.VOUCHER_OPERATOR,
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.CSO,
    Role.AUDITOR,
)
CONTRACTOR = (Role.VOUCHER_OPERATOR, Role.SUPERVISOR)
"""Who acts for the contractor in these matters, on either half."""

TYPES = {
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


def actor(request: HttpRequest) -> str:
    """How the journal names the person at the screen."""
    return cast(User, request.user).actor


def roles(request: HttpRequest) -> frozenset[Role]:
    """The roles of the person at the screen on the contract in hand."""
    held: frozenset[Role] = getattr(request, "roles", frozenset())
    return held


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, None for a page that is only opened: an empty form that is sent is sent all the same."""
    return request.POST if request.method == "POST" else None


def kept_file(request: HttpRequest, contract: Contract, sha256: str, name: str) -> HttpResponse:
    """A kept file under its own name; 409 when the disk no longer holds what was kept. Always a download."""
    if not sha256:
        raise Http404("no such file")
    try:
        content = files.read(sha256, contract=contract.code)
    except (files.FileAltered, files.FileLost) as fault:
        log.critical("kept file %s of %s: %s", sha256, contract.code, type(fault).__name__)
        context = {
            "heading": "Ce fichier n’est plus celui qui a été gardé",
            "sha256": sha256,
            "lost": isinstance(fault, files.FileLost),
        }
        return render(request, "governance/file_altered.html", context, status=409)
    kind = TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    heading: str,
    label: str,
    back: tuple[str, str],
    lead: str = "",
) -> HttpResponse:
    """The page of one act: its form and the way back, given as a label and an address."""
    return render(
        request,
        "governance/form.html",
        {
            "form": form,
            "heading": heading,
            "lead": lead,
            "action_label": label,
            "back_label": back[0],
            "cancel_url": back[1],
        },
    )


def clause_url(contract: Contract, reference: str) -> str:
    """The page of a clause."""
    return reverse("clause", args=[contract.code, reference]) if reference else ""

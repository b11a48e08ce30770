"""The stop list: what it holds, its signed file, its changes since a version."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import instant_fr, number
from titulaire.ui.parts import Figure
from titulaire.vouchers.answers import attachment
from titulaire.vouchers.issuing.signing import NoSigningKey
from titulaire.vouchers.stops import queries
from titulaire.vouchers.stops.forms import SinceForm
from titulaire.vouchers.stops.listing import list_csv, signed_list
from titulaire.vouchers.stops.views import READERS

LIST_READERS = (*READERS, Role.AFFILIATE)
"""A merchant reads the list of what to refuse, and nothing else of stops."""


@reads(*LIST_READERS)
@clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def stop_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The version of the list, and its files."""
    listed = queries.stop_list(contract, on=timezone.localdate())
    form = SinceForm(listed.version, request.GET if "depuis" in request.GET else None)
    since = form.cleaned_data["depuis"] if form.is_bound and form.is_valid() else None
    suffix = f"?depuis={since}" if since is not None else ""
    context = {
        "heading": "Liste d’opposition",
        "listed": listed,
        "since": since,
        "form": form,
        "figures": [
            Figure("Titres à refuser", number(len(listed.added))),
            Figure(
                "Version",
                number(listed.version),
                note=f"du {instant_fr(listed.changed_at)}"
                if listed.changed_at
                else "aucune opposition encore",
            ),
        ],
        "json_url": reverse("stop_list_json", args=[contract.code]) + suffix,
        "csv_url": reverse("stop_list_csv", args=[contract.code]) + suffix,
        "delta": queries.stop_list(contract, since=since, on=timezone.localdate())
        if since is not None
        else None,
    }
    return render(request, "stops/list.html", context)


def _asked(request: HttpRequest, contract: Contract) -> int | None:
    form = SinceForm(queries.stop_list(contract, on=timezone.localdate()).version, request.GET)
    if not form.is_valid():
        raise Http404("no such version of the list")
    since: int | None = form.cleaned_data["depuis"]
    return since


@reads(*LIST_READERS)
@clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def stop_list_json(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The signed list, whole or since a version."""
    since = _asked(request, contract)
    try:
        signed = signed_list(contract, since=since, at=timezone.now())
    except NoSigningKey as none:
        raise Http404("no key signs for this contract yet") from none
    name = f"oppositions-{contract.code}{f'-depuis-{since}' if since is not None else ''}.json"
    return attachment(json.dumps(signed, indent=1).encode(), name, "application/jose+json")


@reads(*LIST_READERS)
@clause("T-2.1.5-espace-gestion")
def stop_list_csv(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The list for a spreadsheet, whole or since a version."""
    since = _asked(request, contract)
    name = f"oppositions-{contract.code}{f'-depuis-{since}' if since is not None else ''}.csv"
    return attachment(
        list_csv(contract, since=since, on=timezone.localdate()), name, "text/csv; charset=utf-8"
    )

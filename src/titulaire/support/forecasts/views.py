"""Pages of expected volumes: each statement, its document, and stating new ones."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.forecasts.forms import ForecastForm
from titulaire.support.forecasts.models import Forecast
from titulaire.support.forecasts.rules import Channel
from titulaire.support.forecasts.services import state_forecast
from titulaire.ui.formats import date_fr
from titulaire.ui.tables import Choice, Column, Period, Search, Table

READERS = (
    *(Role.SUPERVISOR, Role.PLANNER, Role.QUALITY_OFFICER),
    *(Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR),
)
STATERS = (Role.PLANNER, Role.SUPERVISOR, Role.BUYER_MANAGER)
"""The buyer forecasts, the contractor plans: either may bring the document."""
CHANNELS = {Channel.PHONE.value: "Téléphone", Channel.FORMS.value: "Formulaires"}


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def forecasts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every statement of expected volumes, the last one first."""
    table = Table(
        request,
        Forecast.objects.filter(contract=contract),
        caption="Prévisions de volumes",
        name="previsions",
        noun="prévision",
        order="-version",
        columns=[
            Column(
                "version",
                "Version",
                sort="version",
                link=lambda one: reverse("forecast", args=[contract.code, one.version]),
            ),
            Column("source", "Source", sort="source"),
            Column("since", "Du", kind="date", sort="since"),
            Column("last_on", "Au", kind="date", sort="last_on"),
            Column("file_name", "Document"),
            Column("file_sha256", "Empreinte", shown=False),
            Column("recorded_at", "Déposée le", kind="instant", sort="recorded_at"),
        ],
        filters=[Search("source", "file_name")],
        empty="Aucune prévision.",
        empty_action=("Déposer une prévision", reverse("forecast_new", args=[contract.code])),
    )
    may = bool(set(STATERS) & request.roles)  # type: ignore[attr-defined]
    return table.response("forecasts/forecasts.html", {"heading": "Prévisions de volumes", "may_state": may})


@reads(*READERS)
def forecast(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """One statement: its volumes."""
    one = get_object_or_404(Forecast, contract=contract, version=version)
    table = Table(
        request,
        one.volumes.all(),
        caption=f"Volumes de la version {version}",
        name=f"prevision-{version}",
        noun="volume",
        order="on",
        columns=[
            Column("on", "Jour", kind="date", sort="on"),
            Column("channel", "Canal", value=lambda row: CHANNELS[row.channel], sort="channel"),
            Column("flow", "Flux", value=lambda row: row.flow or "tous", sort="flow"),
            Column("contacts", "Volume", kind="number", sort="contacts"),
        ],
        filters=[
            Choice("canal", "Canal", list(CHANNELS.items()), field="channel"),
            Period("jour", "Jour", "on"),
        ],
    )
    return table.response(
        "forecasts/forecast.html",
        {
            "heading": f"Prévision, version {version}",
            "one": one,
            "facts": [
                ("Source", one.source),
                ("Période", f"du {date_fr(one.since)} au {date_fr(one.last_on)}"),
                ("Document", one.file_name),
                ("Empreinte", one.file_sha256),
            ],
        },
    )


@reads(*READERS)
def forecast_file(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """The document as it was handed in."""
    one = get_object_or_404(Forecast, contract=contract, version=version)
    answer = HttpResponse(
        files.read(one.file_sha256, contract=contract.code), content_type="application/octet-stream"
    )
    answer["Content-Disposition"] = f'attachment; filename="prevision-{version}{_ending(one.file_name)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _ending(name: str) -> str:
    return ".xlsx" if name.lower().endswith(".xlsx") else ".csv"


@acts(*STATERS)
def forecast_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """State new volumes."""
    form = ForecastForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        stated = state_forecast(
            contract=contract,
            volumes=said["rows"],
            source=said["source"],
            content=said["content"],
            file_name=said["file_name"],
            actor=cast(User, request.user).actor,
            at=timezone.now(),
        )
        messages.success(request, f"La prévision est enregistrée : version {stated.version}.")
        return redirect("forecast", contract.code, stated.version)
    return render(
        request,
        "forecasts/forecast_new.html",
        {"heading": "Déposer une prévision", "form": form},
        status=422 if form.errors else 200,
    )

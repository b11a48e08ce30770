"""Searches of the place where vouchers were used."""

from __future__ import annotations

import json
import re
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr
from titulaire.ui.tables import Column, Period, Search, Table
from titulaire.vouchers.answers import actor, attachment, file_answer, names_of, who
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.signing import NoSigningKey
from titulaire.vouchers.issuing.wording import VOUCHER_STATES
from titulaire.vouchers.stops import queries, wording
from titulaire.vouchers.stops.forms import SearchForm
from titulaire.vouchers.stops.models import UseSearch
from titulaire.vouchers.stops.queries import NothingNamed
from titulaire.vouchers.stops.rules import Designation
from titulaire.vouchers.stops.searching import place_sentence, search_use
from titulaire.vouchers.stops.views import READERS, STOPPERS, may_stop


@reads(*READERS)
@clause("T-2.6-lieu-utilisation", "T-3.3-tracabilite")
def use_searches(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every search made, with its answer."""
    table = Table(
        request,
        queries.searches_of(contract),
        caption="Recherches du lieu d’utilisation",
        name=f"recherches-{contract.code}",
        noun="recherche",
        order="-answered_at",
        columns=[
            Column("number", "Recherche", link=_address, sort="number"),
            Column("answered_at", "Réponse du", kind="instant", sort="answered_at"),
            Column("what", "Titres", value=lambda row: wording.selection_sentence(row.selection)),
            Column("police_reference", "Plainte", sort="police_reference"),
            Column("vouchers", "Recherchés", kind="number", sort="vouchers"),
            Column("used", "Utilisés", kind="number", sort="used"),
            Column("asked_for", "Demandée par", sort="asked_for"),
        ],
        filters=[
            Search("number", "first", "last", "police_reference"),
            Period("reponse", "Réponse", field="answered_at", instants=True),
        ],
        empty="Aucune recherche. Elle se demande après un vol ou une disparition, plainte à l’appui.",
        empty_action=("Rechercher un lieu d’utilisation", reverse("use_search_new", args=[contract.code]))
        if may_stop(request)
        else None,
    )
    context = {"heading": "Lieux d’utilisation", "may_search": may_stop(request)}
    return table.response("stops/searches.html", context)


def _address(search: UseSearch) -> str:
    return reverse("use_search", args=[search.contract.code, search.number])


@acts(*STOPPERS)
@clause("T-2.6-lieu-utilisation")
def use_search_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Ask where vouchers were used, with the police report."""
    asked = {
        key: request.GET[key]
        for key in ("designation", "first", "last", "police_reference")
        if key in request.GET
    }
    form = SearchForm(
        request.POST or None,
        initial={"designation": Designation.RANGE.value, "request_key": uuid.uuid4().hex, **asked},
    )
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        try:
            search = search_use(
                contract=contract,
                selection=form.selection,
                police_reference=answers["police_reference"],
                police_on=answers["police_on"],
                asked_for=answers["asked_for"],
                request_key=answers["request_key"],
                actor=actor(request),
                at=timezone.now(),
            )
        except NothingNamed:
            form.add_error("first", "Aucun titre de ce marché ne répond à cette désignation.")
        except NoSigningKey:
            form.add_error(None, "Aucune clé ne signe encore pour ce marché : aucun titre n’a été émis.")
        else:
            messages.success(request, f"Réponse {search.number} prête : téléchargez le PDF et sa signature.")
            return redirect(_address(search))
    return render(
        request, "stops/search_new.html", {"heading": "Rechercher un lieu d’utilisation", "form": form}
    )


def _search(contract: Contract, number: str) -> UseSearch:
    found: UseSearch = get_object_or_404(queries.searches_of(contract), number=number)
    return found


@reads(*READERS)
@clause("T-2.6-lieu-utilisation", "T-3.3-tracabilite")
def use_search(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One search: what was asked, and what the register answered at that instant."""
    search = _search(contract, number)
    table = Table(
        request,
        search.findings,
        caption="Réponse, titre par titre",
        name=f"recherche-{number}",
        noun="titre",
        columns=[
            Column("grouped", "Titre", value=lambda row: Number.parse(row["number"]).grouped,
                   link=lambda row: reverse("voucher", args=[contract.code, row["number"]])),
            Column("state", "État", kind="status", statuses=VOUCHER_STATES),
            Column("booklet", "Carnet"),
            Column("place", "Lieu d’utilisation", value=place_sentence),
        ],
    )  # fmt: skip
    if table.export:
        return table.export_response()
    name = who(names_of(contract), search.answered_by)
    by = f" par {name}" if name else ""
    context = {
        "heading": f"Recherche {number}",
        "search": search,
        "facts": [
            ("Objet", wording.selection_sentence(search.selection)),
            ("Plainte", f"n° {search.police_reference}, du {date_fr(search.police_on)}"),
            ("Demandée par", search.asked_for),
            ("Répondue", f"le {instant_fr(search.answered_at)}{by}"),
            ("Résultat", f"{count_fr(search.vouchers, 'titre')}, dont {count_fr(search.used, 'utilisé')}"),
            ("Empreinte SHA-256", " ".join(re.findall(".{8}", search.pdf_sha256))),
        ],
        "table": table,
    }
    return render(request, "stops/search.html", context)


@reads(*READERS)
@clause("T-2.6-lieu-utilisation")
def use_search_pdf(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The answer as it is handed over."""
    search = _search(contract, number)
    return file_answer(request, contract, search.pdf_sha256, f"{number}.pdf", "application/pdf")


@reads(*READERS)
@clause("T-2.6-lieu-utilisation")
def use_search_signature(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The signature of the answer, to verify with the published keys."""
    search = _search(contract, number)
    content = json.dumps(search.signature, indent=1).encode()
    return attachment(content, f"{number}-signature.json", "application/jose+json")

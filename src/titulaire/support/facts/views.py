"""Pages of the facts: what was brought, what was refused and why, bringing a file in."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.facts.connectors import InvalidConnector, find_connector, load_connector, shipped
from titulaire.support.facts.forms import ImportForm
from titulaire.support.facts.models import Batch
from titulaire.support.facts.queries import refusals_of, refusals_path
from titulaire.support.facts.services import Correction, FactsKeepMoving, import_file
from titulaire.support.facts.wording import OTHERS, UNLISTED
from titulaire.ui.formats import date_fr, instant_fr, number
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

READERS = (
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.AUDITOR,
)
IMPORTERS = (Role.SUPERVISOR, Role.PLANNER)
STATES = {
    "ACCEPTED": Status("ACCEPTED", "Accepté", "good"),
    "REFUSED": Status("REFUSED", "Refusé", "bad"),
}
RECORDS = {
    "LEGS": "Appels",
    "STATES": "États des conseillers",
    "ITEMS": "Dossiers",
    "AGGREGATES": "Rapports de la téléphonie",
}
CORRECTIONS = {"": "", "ROWS": "Lignes corrigées", "DAYS": "Journées remplacées"}
SHOWN = 200


@reads(*READERS)
def batch_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every file that was presented, accepted or not."""
    table = Table(
        request,
        Batch.objects.filter(contract=contract),
        caption="Lots de faits",
        name="lots",
        noun="lot",
        order="-imported_at",
        columns=[
            Column(
                "file_name",
                "Fichier",
                link=lambda batch: reverse("fact_batch", args=[contract.code, batch.key]),
                sort="file_name",
            ),
            Column("record", "Faits", value=lambda batch: RECORDS[batch.record], sort="record"),
            Column("imported_at", "Importé le", kind="instant", sort="imported_at"),
            Column("state", "État", kind="status", statuses=STATES),
            Column("rows_accepted", "Acceptés", kind="number", sort="rows_accepted"),
            Column("rows_refused", "Refusés", kind="number", sort="rows_refused"),
            Column("supersedes", "Correction", value=lambda batch: CORRECTIONS[batch.supersedes]),
            Column("source", "Connecteur", sort="source"),
            Column("file_sha256", "Empreinte", shown=False),
            Column("reason", "Raison", shown=False),
        ],
        filters=[
            Search("file_name", "source", "key"),
            Choice("etat", "État", [("ACCEPTED", "Accepté"), ("REFUSED", "Refusé")], field="state"),
            Choice("faits", "Faits", list(RECORDS.items()), field="record"),
            Period("importe", "Importé", field="imported_at", instants=True),
        ],
        empty="Aucun fichier importé.",
        empty_action=("Importer un fichier", reverse("fact_import", args=[contract.code])),
    )
    context = {
        "heading": "Faits d’appels",
        "lead": "Chaque fichier reçu est un lot : ce qu’il a apporté, ce qui a été refusé, et pourquoi.",
        "may_import": bool(set(IMPORTERS) & request.roles),  # type: ignore[attr-defined]
    }
    return table.response("facts/batch_list.html", context)


@reads(*READERS)
def batch_detail(request: HttpRequest, contract: Contract, key: str) -> HttpResponse:
    """One batch: where it comes from, what it brought, its refused rows."""
    batch = get_object_or_404(Batch, contract=contract, key=key)
    refusals = _refusals(batch)
    earlier = Batch.objects.filter(contract=contract, key__in=batch.superseded)
    context = {
        "heading": batch.file_name,
        "batch": batch,
        "record": RECORDS[batch.record],
        "status": STATES[batch.state],
        "figures": [
            {"label": "Lignes lues", "value": number(batch.rows_read)},
            {"label": "Acceptées", "value": number(batch.rows_accepted)},
            {"label": "Refusées", "value": number(batch.rows_refused)},
        ],
        "origin": [
            ("Connecteur", batch.source),
            ("Importé le", instant_fr(batch.imported_at)),
            ("Taille", filesizeformat(batch.file_bytes)),
            ("Empreinte du fichier", batch.file_sha256),
            ("Lot", batch.key),
            ("Reçu en direct de", f"{batch.sent_by.label} (envoi {batch.sent_as})" if batch.sent_by else ""),
        ],
        "brought": [
            ("Premier jour", date_fr(date.fromisoformat(batch.days[0])) if batch.days else ""),
            ("Dernier jour", date_fr(date.fromisoformat(batch.days[-1])) if batch.days else ""),
            ("Jours touchés", number(len(batch.days))),
            ("Correction", CORRECTIONS[batch.supersedes]),
            ("Raison", batch.reason),
        ],
        "unlisted": [
            (
                UNLISTED[field],
                UNLISTED[field].sentence(batch.record),
                [(name or OTHERS, count) for name, count in counts.items()],
            )
            for field, counts in batch.unlisted.items()
        ],
        "refusals": refusals[:SHOWN],
        "more": max(0, len(refusals) - SHOWN),
        "rules": sorted(batch.refused_by_rule.items(), key=lambda item: -item[1]),
        "superseded": [(other, batch.superseded[other.key]) for other in earlier],
    }
    return render(request, "facts/batch_detail.html", context)


@reads(*READERS)
def batch_refusals(request: HttpRequest, contract: Contract, key: str) -> HttpResponse | FileResponse:
    """The refused rows, as a file to mend with."""
    batch = get_object_or_404(Batch, contract=contract, key=key)
    path = refusals_path(batch.refusals_file)
    if not batch.refusals_file or not path.is_file():
        raise Http404("no refused row")
    name = f"refus-{Path(batch.file_name).stem}.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


@acts(*IMPORTERS)
def batch_import(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Bring a file in."""
    form = ImportForm(request.POST or None, request.FILES or None, connectors=connector_choices())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with TemporaryDirectory() as scratch:
                path = Path(scratch) / "source"
                with path.open("wb") as copy:
                    shutil.copyfileobj(said["file"], copy, 1 << 20)
                imported = import_file(
                    contract=contract,
                    path=path,
                    connector=find_connector(said["connector"], own_directory=_own_directory()),
                    actor=cast(User, request.user).actor,
                    at=timezone.now(),
                    file_name=said["file"].name,
                    accept_partial=said["accept_partial"],
                    correction=Correction(said["mode"], said["reason"]) if said["mode"] else None,
                )
        except FactsKeepMoving:
            form.add_error(None, "D’autres imports changent les mêmes mois. Recommencez dans un instant.")
        else:
            _tell(request, imported.batch, imported.is_new)
            return redirect("fact_batch", contract.code, imported.batch.key)
    return render(
        request,
        "facts/batch_import.html",
        {"heading": "Importer un fichier de faits", "form": form},
        status=422 if form.errors else 200,
    )


def _tell(request: HttpRequest, batch: Batch, is_new: bool) -> None:
    if not is_new:
        messages.info(request, "Ce fichier était déjà importé : rien n’a changé.")
    elif batch.state == "ACCEPTED":
        messages.success(request, "Le fichier est importé.")
        if batch.unlisted:
            messages.warning(request, "Des motifs ne sont pas dans la liste du marché : voyez ci-dessous.")
    else:
        messages.error(
            request, "Le fichier est refusé : rien n’a été importé. Corrigez les lignes ci-dessous."
        )


def _own_directory() -> Path:
    return Path(settings.DATA_DIR) / "connectors"


def connector_choices() -> list[tuple[str, str]]:
    """The connectors that can be read, by name, the user's own first."""
    own = sorted(_own_directory().glob("*.toml")) if _own_directory().is_dir() else []
    found: dict[str, str] = {}
    for path in (*own, *shipped()):
        try:
            found.setdefault(path.stem, load_connector(path).title)
        except InvalidConnector:
            # `titulaire facts import` tells what is wrong with it, line by line.
            continue
    return list(found.items())


def _refusals(batch: Batch) -> list[dict[str, str]]:
    return [{name: _kept_together(text) for name, text in row.items()} for row in refusals_of(batch)]


def _kept_together(sentence: str) -> str:
    """French quotes never part from the word they hold."""
    return sentence.replace("« ", "«\u00a0").replace(" »", "\u00a0»")

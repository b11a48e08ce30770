"""Print jobs: what proof-reading found, the files, the release, the printer's return, reprints."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.jobs.models import Job
from titulaire.journal import files
from titulaire.ui.formats import count_fr, date_fr, instant_fr, list_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.answers import (
    OPERATOR,
    READERS,
    actor,
    file_answer,
    names_of,
    operates,
    unbroken,
    who,
)
from titulaire.vouchers.issuing import queries, wording, work
from titulaire.vouchers.issuing.forms import ReleaseForm, ReprintForm, ReturnForm
from titulaire.vouchers.issuing.models import Booklet, PaperBatch, PrintJob, PrintState, Reprint
from titulaire.vouchers.issuing.printing.manifest import UnreadableReturn
from titulaire.vouchers.issuing.production import (
    BookletGone,
    JobInWrongState,
    PaperExpired,
    ReprintFaulty,
    queued_work,
    reconcile_job,
    release_job,
    reprint_booklet,
)
from titulaire.vouchers.issuing.proofreading import page_picture
from titulaire.vouchers.issuing.rules import Number

PICTURES_SHOWN = 6
AT_PRINTER = {PrintState.RELEASED.value, PrintState.RECONCILED.value}


@reads(*READERS)
def print_jobs(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every print job of the contract."""
    table = Table(
        request,
        queries.print_jobs_of(contract),
        caption="Impressions",
        name=f"impressions-{contract.code}",
        noun="impression",
        order="-asked_at",
        columns=[
            Column("batch", "Lot", link=_address, sort="batch"),
            Column("order", "Commande", value="order.number", sort="order__number"),
            Column("state", "État", kind="status", statuses=wording.PRINT_STATES, sort="state"),
            Column("vouchers", "Titres", value="order.vouchers", kind="number", sort="order__vouchers"),
            Column("pages", "Pages", value=lambda job: job.pages or None, kind="number", sort="pages"),
            Column(
                "verified",
                "Codes vérifiés",
                value=lambda job: job.proof.get("codes_verified"),
                kind="number",
                shown=False,
            ),
            Column("findings", "Défauts", value=_findings, kind="number"),
            Column("asked_at", "Demandée le", kind="date", sort="asked_at"),
            Column("released_at", "Donnée le", kind="date", sort="released_at"),
            Column("paper", "Papier", value="paper.reference", shown=False),
        ],
        filters=[
            Search("batch", "order__number"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in wording.PRINT_STATES.items()],
                field="state",
            ),
            Period("demandee", "Demandée", field="asked_at", instants=True),
        ],
        empty="Aucune impression : elles naissent de l’émission d’une commande.",
        empty_action=("Voir la file de production", reverse("production_queue", args=[contract.code]))
        if operates(request)
        else None,
    )
    return table.response("issuing/print_jobs.html", {"heading": "Impressions"})


def _address(job: PrintJob) -> str:
    return reverse("print_job", args=[job.contract.code, job.batch])


def _findings(job: PrintJob) -> int | None:
    return len(job.proof["findings"]) if job.proof else None


def _job(contract: Contract, batch: str) -> PrintJob:
    job: PrintJob = get_object_or_404(queries.print_jobs_of(contract), batch=batch)
    return job


@reads(*READERS, names_people=True)
def print_job(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """One print job: where it stands, what proof-reading found, its files, its booklets."""
    job = _job(contract, batch)
    queued = queued_work(job)
    findings = job.proof.get("findings", [])
    pages = sorted({finding["page"] for finding in findings if finding["page"]})
    booklets = Table(
        request,
        queries.booklets_of(contract)
        .filter(order=job.order, reissue__isnull=True)
        .prefetch_related("reprints"),
        caption="Carnets du lot",
        name=f"carnets-{batch}",
        noun="carnet",
        order="reference",
        page_size=25,
        prefix="carnets",
        columns=[
            Column(
                "reference",
                "Carnet",
                sort="rank",
                link=lambda booklet: reverse("vouchers", args=[contract.code]) + f"?q={booklet.reference}",
            ),
            Column("size", "Titres", kind="number", sort="size"),
            Column("first", "Premier titre", value=lambda booklet: _number(job, booklet.first_serial)),
            Column("last", "Dernier titre", value=lambda booklet: _number(job, booklet.last_serial)),
            Column(
                "reprints", "Réimpressions", value=lambda booklet: len(booklet.reprints.all()), kind="number"
            ),
            *(
                [
                    Column(
                        "reprint",
                        "Réimprimer",
                        value=lambda booklet: "Réimprimer",
                        exported=False,
                        link=lambda booklet: reverse(
                            "booklet_reprint", args=[contract.code, booklet.reference]
                        ),
                    )
                ]
                if operates(request) and job.state in AT_PRINTER
                else []
            ),
        ],
        filters=[Search("reference")],
    )
    if booklets.export:
        return booklets.export_response()
    context = {
        "heading": f"Lot {batch}, commande {job.order.number}",
        "job": job,
        "state": wording.PRINT_STATES[job.state],
        "work": queued,
        "failed": queued is not None and queued.state == Job.FAILED,
        "may_act": operates(request),
        "figures": _figures(job),
        "events": _events(job, names_of(contract)),
        "files": _files(request, contract, job),
        "findings": Table(
            request,
            findings,
            caption="Défauts relevés",
            name=f"relecture-{batch}",
            noun="défaut",
            prefix="defauts",
            page_size=25,
            columns=[
                Column(
                    "page", "Page", value=lambda finding: finding["page"] or None, kind="number", sort="page"
                ),
                Column("booklet", "Carnet", html=lambda finding: unbroken(finding["booklet"])),
                Column(
                    "check",
                    "Contrôle",
                    value=lambda finding: wording.CHECKS.get(finding["check"], finding["check"]),
                ),
                Column("message", "Ce qui ne va pas"),
            ],
            exportable=False,
        ),
        "pictures": [
            (page, reverse("print_page", args=[contract.code, batch, page]))
            for page in pages[:PICTURES_SHOWN]
        ],
        "more_pages": pages[PICTURES_SHOWN:],
        "differences": _differences(request, job),
        "reprints": Reprint.objects.filter(booklet__order=job.order).select_related("booklet"),
        "reasons": wording.REPRINT_REASONS,
        "booklets": booklets,
        "at_printer": job.state in AT_PRINTER,
    }
    return render(request, "issuing/print_job.html", context)


def _number(job: PrintJob, serial: int) -> str:
    return Number(job.order.vintage, job.contract.series.issuer, serial).grouped


def _figures(job: PrintJob) -> list[Figure]:
    proof = job.proof
    if not proof:
        return [Figure("Titres", number(job.order.vouchers)), Figure("Carnets", number(job.order.booklets))]
    unread = proof["vouchers"] - proof["codes_verified"]
    faults = len(proof["findings"])
    return [
        Figure("Titres", number(proof["vouchers"]), note=count_fr(job.order.booklets, "carnet")),
        Figure("Pages relues", number(proof["pages"])),
        Figure(
            "Codes vérifiés",
            number(proof["codes_verified"]),
            status=("BAD", f"{number(unread)} à reprendre", "bad") if unread else ("OK", "Tous", "good"),
            clause="T-2.4-securite",
        ),
        Figure(
            "Défauts relevés",
            number(faults),
            status=("BAD", "Le lot est retenu", "bad") if faults else ("OK", "Aucun", "good"),
            clause="T-2.4-mentions",
        ),
    ]


def _events(job: PrintJob, names: dict[str, str]) -> list[Event]:
    order = job.order
    events = [Event(order.issued_at, "Titres émis", count_fr(order.vouchers, "titre"), "good")]
    if job.attempt:
        again = f"essai n° {job.attempt}" if job.attempt > 1 else ""
        events.append(Event(job.asked_at, "Fabrication demandée", again, "info"))
    if job.made_at and job.proof:
        faults = len(job.proof["findings"])
        events.append(
            Event(job.made_at, "Relue, retenue", count_fr(faults, "défaut"), "bad")
            if faults
            else Event(job.made_at, "Relue sans défaut", count_fr(job.pages, "page"), "good")
        )
    if job.released_at and job.paper:
        events.append(
            Event(
                job.released_at,
                "Donnée à l’imprimeur",
                f"Papier {job.paper.reference}",
                "good",
                who(names, job.released_by),
            )
        )
    if job.reconciled_at:
        differences = len(job.reconciliation.get("differences", []))
        events.append(
            Event(job.reconciled_at, "Retour comparé", count_fr(differences, "différence"), "warn")
            if differences
            else Event(job.reconciled_at, "Retour conforme", "", "good")
        )
    return sorted(events, key=lambda event: str(event.at))


def _files(request: HttpRequest, contract: Contract, job: PrintJob) -> list[tuple[str, str, str]]:
    roles: frozenset[Role] = getattr(request, "roles", frozenset())
    offered: list[tuple[str, str, str, set[Role]]] = [
        ("print_press", "Fichier de presse (PDF)", job.press_sha256, {OPERATOR}),
        ("print_archive", "Archive (PDF/A)", job.archive_sha256, {OPERATOR, Role.BUYER_MANAGER}),
        ("print_manifest", "Bordereau de l’imprimeur (CSV)", job.manifest_sha256, {OPERATOR}),
        ("print_return", "Retour de l’imprimeur (CSV)", job.reconciliation.get("file", ""), {OPERATOR}),
    ]
    return [
        (label, reverse(view, args=[contract.code, job.batch]), sha256)
        for view, label, sha256, allowed in offered
        if sha256 and roles & allowed
    ]


def _differences(request: HttpRequest, job: PrintJob) -> Table | None:
    found = job.reconciliation.get("differences")
    if not found:
        return None
    return Table(
        request,
        found,
        caption="Différences avec le bordereau",
        name=f"differences-{job.batch}",
        noun="différence",
        prefix="ecarts",
        columns=[
            Column("kind", "Différence", value=lambda found: wording.DIFFERENCES[found["kind"]]),
            Column("booklet", "Carnet"),
            Column("expected", "Attendu"),
            Column("found", "Rendu"),
            Column("row", "Ligne du fichier", kind="number"),
        ],
        exportable=False,
    )


@reads(*READERS, names_people=True)
@clause("T-5.1-coherence")
def print_page(request: HttpRequest, contract: Contract, batch: str, page: int) -> HttpResponse:
    """A page that proof-reading refuses, as a picture."""
    job = _job(contract, batch)
    if page not in {finding["page"] for finding in job.proof.get("findings", [])}:
        raise Http404("proof-reading says nothing of this page")
    found = file_answer(request, contract, job.press_sha256, "", "application/pdf")
    if found.status_code != 200:
        return found
    with work.PDFIUM:
        picture = page_picture(found.content, page)
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "private, no-store"
    return response


@reads(OPERATOR, names_people=True)
def print_press(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """The file for the press."""
    job = _job(contract, batch)
    return file_answer(request, contract, job.press_sha256, f"IMP-{job.order.number}.pdf", "application/pdf")


@reads(OPERATOR, Role.BUYER_MANAGER, names_people=True)
def print_archive(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """The file to keep."""
    job = _job(contract, batch)
    name = f"IMP-{job.order.number}-archive.pdf"
    return file_answer(request, contract, job.archive_sha256, name, "application/pdf")


@reads(OPERATOR)
def print_manifest(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """The manifest that the printer completes: booklets and numbers, nobody's name."""
    job = _job(contract, batch)
    name = f"IMP-{job.order.number}-bordereau.csv"
    return file_answer(request, contract, job.manifest_sha256, name, "text/csv; charset=utf-8")


@reads(OPERATOR)
def print_return(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """What the printer sent back, as it came."""
    job = _job(contract, batch)
    name = f"IMP-{job.order.number}-retour.csv"
    return file_answer(request, contract, job.reconciliation.get("file", ""), name, "text/csv")


@acts(OPERATOR)
@clause("T-2.4-papier-durable")
def print_release(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """Choose the paper, and give a proof-read job to the printer."""
    job = _job(contract, batch)
    if job.state != PrintState.READY:
        _say_state(request, job)
        return redirect("print_job", contract=contract.code, batch=batch)
    today = timezone.localdate()
    papers = PaperBatch.objects.filter(contract=contract, evidence_expires_on__gte=today)
    form = ReleaseForm(papers, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release_job(job=job, paper=form.chosen, actor=actor(request), at=timezone.now())
        except PaperExpired as expired:
            form.add_error(
                "paper",
                f"Le justificatif du papier {expired.reference} ne valait que jusqu’au {date_fr(expired.last_on)} : "
                "choisissez un autre papier.",
            )
        except JobInWrongState:
            job.refresh_from_db()
            _say_state(request, job)
            return redirect("print_job", contract=contract.code, batch=batch)
        else:
            messages.success(
                request, f"Le lot {batch} est donné à l’imprimeur : téléchargez son fichier et son bordereau."
            )
            return redirect("print_job", contract=contract.code, batch=batch)
    context = {
        "heading": f"Donner le lot {batch} à l’imprimeur",
        "grave": True,
        "consequences": [
            "La commande passe à « bonne à imprimer » : elle ne peut plus être annulée.",
            "Le fichier de presse est figé ; un carnet gâché se réimprime à l’identique, chaque fois journalisé.",
        ],
        "facts": [
            ("Commande", job.order.number),
            (
                "Titres",
                f"{count_fr(job.order.vouchers, 'titre')} en {count_fr(job.order.booklets, 'carnet')}",
            ),
            ("Épreuve", f"{count_fr(job.pages, 'page')} relues sans défaut le {instant_fr(job.made_at)}"),
            ("À livrer le", date_fr(job.order.promised_on)),
        ],
        "form": form,
        "papers": papers,
        "action_label": "Donner à l’imprimeur",
        "cancel_url": _address(job),
    }
    return render(request, "issuing/release.html", context)


def _say_state(request: HttpRequest, job: PrintJob) -> None:
    label = wording.PRINT_STATES[job.state].label.lower()
    messages.info(request, f"Rien à faire : l’impression du lot {job.batch} est à l’état « {label} ».")


@acts(OPERATOR)
@clause("T-5.1-coherence")
def print_reconcile(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """Compare what the printer says it made with what it was asked."""
    job = _job(contract, batch)
    if job.state not in AT_PRINTER:
        _say_state(request, job)
        return redirect("print_job", contract=contract.code, batch=batch)
    form = ReturnForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = reconcile_job(
                job=job,
                printer_return=form.cleaned_data["file"].read(),
                actor=actor(request),
                at=timezone.now(),
            )
        except UnreadableReturn as refused:
            missing = list_fr([f"« {name} »" for name in refused.missing])
            form.add_error(
                "file",
                f"Il manque à ce fichier : {missing}. Repartez du bordereau du lot, colonnes séparées par « ; »."
                if missing
                else "Ce fichier n’est pas un CSV lisible : enregistrez le bordereau au format CSV.",
            )
        except (files.FileAltered, files.FileLost):
            form.add_error(None, "Le fichier de presse gardé est altéré ou perdu : prévenez l’exploitant.")
        else:
            found = len(job.reconciliation["differences"])
            if found:
                messages.warning(
                    request,
                    f"Retour comparé : {count_fr(found, 'différence')}. "
                    "Voyez l’imprimeur, puis déposez le retour corrigé.",
                )
            else:
                messages.success(request, "Retour conforme au bordereau : le lot est rapproché.")
            return redirect("print_job", contract=contract.code, batch=batch)
    return render(
        request,
        "issuing/reconcile.html",
        {"heading": f"Retour de l’imprimeur, lot {batch}", "job": job, "form": form},
    )


@acts(OPERATOR)
@clause("T-2.4-securite", "T-3.3-tracabilite")
def booklet_reprint(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Print one booklet again: the same vouchers on new paper."""
    booklet: Booklet = get_object_or_404(
        queries.booklets_of(contract).select_related("order__print_job__contract"),
        reference=reference,
        reissue__isnull=True,
    )
    job = booklet.order.print_job
    if job.state not in AT_PRINTER:
        messages.info(request, f"Le lot {job.batch} n’est pas encore chez l’imprimeur : rien à réimprimer.")
        return redirect("print_job", contract=contract.code, batch=job.batch)
    reprints = booklet.reprints.count()
    form = ReprintForm(request.POST or None, initial={"rank": reprints + 1})
    if request.method == "POST" and form.is_valid():
        try:
            with work.PDFIUM:
                reprint, _ = reprint_booklet(
                    booklet=booklet,
                    actor=actor(request),
                    at=timezone.now(),
                    workshop=work.workshop(),
                    **form.cleaned_data,
                )
        except BookletGone:
            form.add_error(
                None,
                "Ce carnet a quitté l’imprimeur : il ne se réimprime plus. S’il est perdu, faites opposition à ses "
                "titres et réémettez-les.",
            )
        except ReprintFaulty as faulty:
            form.add_error(None, f"La relecture refuse la réimpression : {faulty.report.findings[0].message}")
        except ValueError:
            form.add_error(
                None, "Une autre réimpression de ce carnet vient d’être demandée : rouvrez cette page."
            )
        else:
            messages.success(
                request,
                f"Carnet {reference} réimprimé, réimpression n° {reprint.rank} : son fichier est dans cette page.",
            )
            return redirect("print_job", contract=contract.code, batch=job.batch)
    context = {
        "heading": f"Réimprimer le carnet {reference}",
        "grave": True,
        "consequences": [
            "Les titres gardent leurs numéros et leurs codes : aucun nouveau titre n’est émis.",
            "Le premier tirage doit être détruit : deux papiers du même titre ne circulent jamais.",
        ],
        "facts": [
            (
                "Titres",
                f"{booklet.size}, du {_number(job, booklet.first_serial)} "
                f"au {_number(job, booklet.last_serial)}",
            ),
            ("Lot", job.batch),
            ("Réimpressions déjà faites", number(reprints)),
        ],
        "form": form,
        "breadcrumb": [
            ("Impressions", reverse("print_jobs", args=[contract.code])),
            (f"Lot {job.batch}", _address(job)),
            (f"Réimprimer le carnet {reference}", None),
        ],
        "action_label": "Réimprimer ce carnet",
        "cancel_url": _address(job),
    }
    return render(request, "ui/confirm.html", context)


@reads(OPERATOR, names_people=True)
def reprint_file(request: HttpRequest, contract: Contract, reference: str, rank: int) -> HttpResponse:
    """The press file of a reprint."""
    reprint = get_object_or_404(Reprint, booklet__contract=contract, booklet__reference=reference, rank=rank)
    return file_answer(
        request, contract, reprint.sha256, f"{reference}-reimpression-{rank}.pdf", "application/pdf"
    )

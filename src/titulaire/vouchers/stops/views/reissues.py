"""Replacements asked: their clocks, their press files."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from titulaire.clauses import clause
from titulaire.deadlines.clocks import State
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Search, Table
from titulaire.vouchers.answers import OPERATOR, actor, file_answer, names_of, operates, who
from titulaire.vouchers.delivery.queries import to_send
from titulaire.vouchers.delivery.rules import Means
from titulaire.vouchers.issuing import work
from titulaire.vouchers.issuing.composition import NothingToPrintWith
from titulaire.vouchers.issuing.forms import ReleaseForm
from titulaire.vouchers.issuing.models import PaperBatch, Voucher
from titulaire.vouchers.issuing.production import PaperExpired
from titulaire.vouchers.issuing.reissuing import ReissueFaulty, print_reissue
from titulaire.vouchers.issuing.wording import VOUCHER_STATES
from titulaire.vouchers.stops import queries, wording
from titulaire.vouchers.stops.models import Claim, Stop
from titulaire.vouchers.stops.queries import ClaimLine
from titulaire.vouchers.stops.views import READERS


def claims_table(request: HttpRequest, contract: Contract, *, stop: Stop | None = None) -> Table:
    """The replacements of the contract, or of one stop."""
    return Table(
        request,
        queries.claims(contract, stop=stop),
        caption="Réémissions",
        name=f"reemissions-{contract.code}",
        noun="réémission",
        prefix="reemissions" if stop else "",
        exportable=stop is None,
        columns=[
            Column("reference", "Réémission", value="claim.reissue.reference", sort="claim.reissue.reference",
                   link=lambda line: reverse("reissue", args=[contract.code, line.claim.reissue.reference])),
            Column("clock", "Délai", kind="status", value=clock_code, statuses=wording.CLOCK_STATES),
            Column("due_on", "À livrer le", value="claim.due_on", kind="date", sort="claim.due_on"),
            Column("vouchers", "Titres", value="claim.reissue.vouchers", kind="number"),
            Column("reason", "Motif", value=lambda line: wording.REASONS[line.claim.stop.reason]),
            Column("asked_on", "Demandée le", value="claim.asked_on", kind="date", sort="claim.asked_on"),
            Column("printed", "Imprimée le", value="claim.reissue.printed_at", kind="instant"),
            Column("delivered_at", "Livrée le", kind="instant"),
            Column("stop", "Opposition", value="claim.stop.number",
                   link=lambda line: reverse("stop", args=[contract.code, line.claim.stop.number])),
        ],
        filters=[]
        if stop
        else [
            Search("claim__reissue__reference", "claim__stop__number"),
            Choice("delai", "Délai", [(code, status.label) for code, status in wording.CLOCK_STATES.items()],
                   narrowed_by=lambda rows, code: [line for line in rows if clock_code(line) == code]),
        ],
        empty="Aucune réémission : elles se demandent depuis une opposition.",
    )  # fmt: skip


def clock_code(line: ClaimLine) -> str:
    """The state of a replacement's clock now, and whether it was kept."""
    state = line.clock.state(timezone.now())
    return "MET_LATE" if state is State.MET and line.clock.met_in_time is False else state.value


@reads(*READERS)
@clause("T-2.6-perte", "T-2.6-defectueux", "T-3.3-tracabilite")
def claims(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every replacement asked, with its clock."""
    return claims_table(request, contract).response("stops/claims.html", {"heading": "Réémissions"})


def _claim(contract: Contract, reference: str) -> Claim:
    rows = Claim.objects.select_related("stop", "reissue__order", "reissue__contract", "reissue__paper")
    found: Claim = get_object_or_404(rows, reissue__contract=contract, reissue__reference=reference)
    return found


def complaints_about(contract: Contract, references: Collection[str]) -> list[tuple[str, str]]:
    """The complaints that these reissues answered, as a fact with its links. Their room stands above this one."""
    numbers = contract.complaints.filter(reissue__in=references).values_list("number", flat=True)
    links = format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        ((reverse("complaint_detail", args=[contract.code, number]), number) for number in numbers),
    )
    return [("Réclamations", links)] if links else []


@reads(*READERS)
@clause("T-2.6-perte", "T-3.3-tracabilite")
def reissue(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One replacement: its lineage, voucher by voucher, its file and its clock."""
    claim = _claim(contract, reference)
    made, names = claim.reissue, names_of(contract)
    vouchers = Table(
        request,
        Voucher.objects.filter(booklet__reissue=made).select_related("booklet", "replaces"),
        caption="Titres, ancien et nouveau",
        name=f"reemission-{reference}",
        noun="titre",
        order="new",
        columns=[
            Column("new", "Nouveau titre", value="grouped", sort="serial",
                   link=lambda voucher: reverse("voucher", args=[contract.code, voucher.number])),
            Column("state", "État", kind="status", statuses=VOUCHER_STATES),
            Column("booklet", "Carnet", value="booklet.reference"),
            Column("old", "Remplace", value="replaces.grouped",
                   link=lambda voucher: reverse("voucher", args=[contract.code, voucher.replaces.number])),
        ],
    )  # fmt: skip
    if vouchers.export:
        return vouchers.export_response()
    line = next(line for line in queries.claims(contract, stop=claim.stop) if line.claim.pk == claim.pk)
    context = {
        "heading": f"Réémission {reference}",
        "claim": claim,
        "reissue": made,
        "status": wording.CLOCK_STATES[clock_code(line)],
        "may_print": operates(request) and not made.press_sha256,
        "may_send": operates(request)
        and bool(made.press_sha256)
        and any(to_send(made.order, means, reissue=made) for means in Means),
        "may_read_press": operates(request) and bool(made.press_sha256),
        "facts": [
            ("Opposition", claim.stop.number),
            ("Motif", wording.REASONS[claim.stop.reason]),
            ("Commande d’origine", made.order.number),
            ("Lot d’impression", made.batch),
            ("Titres", count_fr(made.vouchers, "titre")),
            ("Demandée le", date_fr(claim.asked_on)),
            ("À livrer au plus tard le", date_fr(claim.due_on)),
            *complaints_about(contract, [reference]),
        ],
        "events": [
            event
            for event in (
                Event(
                    made.issued_at,
                    "Réémis",
                    count_fr(made.vouchers, "titre"),
                    "info",
                    who(names, made.issued_by),
                ),
                Event(
                    made.printed_at, "Imprimés", str(made.paper or ""), "good", who(names, made.printed_by)
                ),
                Event(line.delivered_at, "Livrés", "", "good"),
            )
            if event.at
        ],
        "vouchers": vouchers,
    }
    return render(request, "stops/reissue.html", context)


@acts(OPERATOR)
@clause("T-2.6-perte", "T-2.6-defectueux")
def reissue_print(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Make the press file of a replacement, on a paper whose evidence holds."""
    made = _claim(contract, reference).reissue
    here = reverse("reissue", args=[contract.code, reference])
    if made.press_sha256:
        messages.info(
            request, f"La réémission {reference} est déjà imprimée le {instant_fr(made.printed_at)}."
        )
        return redirect(here)
    papers = PaperBatch.objects.filter(contract=contract, evidence_expires_on__gte=timezone.localdate())
    form = ReleaseForm(papers, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with work.PDFIUM:
                print_reissue(
                    reissue=made,
                    paper=form.chosen,
                    actor=actor(request),
                    at=timezone.now(),
                    workshop=work.workshop(),
                )
        except PaperExpired:
            form.add_error("paper", "Le justificatif de ce papier vient d’expirer : choisissez-en un autre.")
        except ReissueFaulty as faulty:
            form.add_error(None, f"La relecture refuse ces pages : {faulty.report.findings[0].message}")
        except NothingToPrintWith:
            form.add_error(None, "Les mentions de l’émetteur manquent : page Courrier et publicité.")
        else:
            messages.success(request, "Fichier de presse relu et gardé : téléchargez-le.")
            return redirect(here)
    context = {
        "heading": f"Imprimer la réémission {reference}",
        "consequences": ["Chaque page est relue ; le fichier gardé ne change plus."],
        "facts": [("Titres", count_fr(made.vouchers, "titre")), ("Lot", made.batch)],
        "form": form,
        "papers": papers,
        "action_label": "Fabriquer et relire",
        "cancel_url": here,
    }
    return render(request, "issuing/release.html", context)


@reads(OPERATOR, names_people=True)
def reissue_press(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """The press file of a replacement."""
    made = _claim(contract, reference).reissue
    return file_answer(request, contract, made.press_sha256, f"IMP-{reference}.pdf", "application/pdf")

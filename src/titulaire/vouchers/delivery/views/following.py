"""The board of deliveries, the parcels, what carriers say of them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr, list_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Search, Table
from titulaire.vouchers.answers import actor, file_answer, names_of, order_address, who
from titulaire.vouchers.delivery import queries, wording
from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.forms import NoteForm, TrackingForm
from titulaire.vouchers.delivery.models import Parcel
from titulaire.vouchers.delivery.queries import DeliveryLine
from titulaire.vouchers.delivery.reading import RefusedRow, UnreadableFile
from titulaire.vouchers.delivery.rules import ParcelStatus, Risk, Stage
from titulaire.vouchers.delivery.services import (
    AlreadyTransferred,
    TransferTooEarly,
    follow_parcels,
    import_tracking,
    note_sighting,
)
from titulaire.vouchers.delivery.views import CARRIERS, READERS, may
from titulaire.vouchers.delivery.views.dispatching import booklets_sentence


@reads(*READERS)
@clause("T-2.6-livraison-cpam", "T-2.6-suivi", "T-3.3-tracabilite")
def deliveries(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order on its way, its last day, and the risk before it is late."""
    today = timezone.localdate()
    lines = queries.delivery_board(contract, on=today)
    running = [line for line in lines if line.stage is not Stage.DONE]
    carries = may(request, *CARRIERS)
    table = Table(
        request,
        lines,
        caption="Livraisons des commandes",
        name=f"livraisons-{contract.code}",
        noun="commande",
        columns=[
            Column("order", "Commande", value="order.number", sort="order.number", link=_order_address),
            Column("stage", "Étape", value=lambda line: line.stage.value, kind="status", statuses=wording.STAGES),
            *(
                [Column("send", "Expédier", value=_send_label, link=_send_address, exported=False)]
                if carries
                else []
            ),
            Column("risk", "Délai", value=lambda line: line.risk.value, kind="status", statuses=wording.RISKS),
            Column("due_on", "À livrer le", kind="date", sort="due_on"),
            Column("left", "Jours ouvrés", value=_left, kind="number"),
            Column("waiting", "À expédier", kind="number"),
            Column("under_way", "En chemin", kind="number"),
            Column("trouble", "Incidents", kind="number"),
            Column("done", "Livrés", kind="number"),
            Column("delivered_at", "Terminée le", value=_ended_on, kind="date", sort="delivered_at"),
        ],
        filters=[
            Search("order__number", label="Commande"),
            Choice("etape", "Étape", [(code, status.label) for code, status in wording.STAGES.items()],
                   narrowed_by=lambda rows, code: [line for line in rows if line.stage.value == code]),
            Choice("delai", "Délai", [(code, status.label) for code, status in wording.RISKS.items()],
                   narrowed_by=lambda rows, code: [line for line in rows if line.risk.value == code]),
        ],
        empty="Aucune commande à livrer.",
    )  # fmt: skip
    kept = [line.in_time for line in lines if line.in_time is not None]
    context = {
        "heading": "Livraisons",
        "carries": carries,
        "follows": carries and settings.DEMO,
        "figures": [
            Figure("Commandes à livrer", number(len(running))),
            Figure(
                "En retard",
                number(sum(1 for line in running if line.risk is Risk.LATE)),
                status=_tone(running, Risk.LATE),
                clause="T-2.6-livraison-cpam",
            ),
            Figure(
                "Retard à craindre",
                number(sum(1 for line in running if line.risk is Risk.AT_RISK)),
                status=_tone(running, Risk.AT_RISK),
            ),
            Figure(
                "Livrées dans le délai",
                f"{number(sum(kept))} sur {number(len(kept))}" if kept else "–",
                note="dix jours ouvrés à compter de l’accusé de réception",
            ),
        ],
    }
    return table.response("delivery/board.html", context)


def _tone(lines: list[DeliveryLine], risk: Risk) -> tuple[str, str, str] | None:
    status = wording.RISKS[risk.value]
    found = any(line.risk is risk for line in lines)
    return (status.code, "À traiter", status.tone) if found else ("NONE", "Aucune", "good")


def _order_address(line: DeliveryLine) -> str | None:
    return order_address(line.order)


def _ended_on(line: DeliveryLine) -> date | None:
    return timezone.localdate(line.delivered_at) if line.delivered_at else None


def _left(line: DeliveryLine) -> int | None:
    return None if line.stage is Stage.DONE else line.left


def _send_label(line: DeliveryLine) -> str | None:
    return "Expédier" if line.stage is Stage.TO_DISPATCH else None


def _send_address(line: DeliveryLine) -> str | None:
    if line.stage is not Stage.TO_DISPATCH:
        return None
    return reverse("order_dispatch", args=[line.order.contract.code, line.order.number])


@reads(*READERS)
@clause("T-2.6-suivi", "T-3.3-tracabilite")
def parcels(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every parcel, found by its number or one of its booklets."""
    table = Table(
        request,
        queries.parcels_of(contract).prefetch_related("packed__booklet"),
        caption="Plis",
        name=f"plis-{contract.code}",
        noun="pli",
        order="-status_at",
        columns=[
            Column("tracking", "Suivi ou scellé", sort="tracking", link=_address),
            Column("status", "État", kind="status", statuses=wording.PARCEL_STATES, sort="status"),
            Column("status_at", "Depuis", kind="instant", sort="status_at"),
            Column("booklets", "Carnets", value=booklets_sentence),
            Column("dispatch", "Expédition", value="dispatch.number", sort="dispatch__number"),
            Column("order", "Commande", value="dispatch.order.number", sort="dispatch__order__number"),
        ],
        filters=[
            Search("tracking", "packed__booklet__reference", "dispatch__number", "dispatch__order__number"),
            Choice(
                "etat",
                "État",
                [(code, state.label) for code, state in wording.PARCEL_STATES.items()],
                field="status",
            ),
        ],
        empty="Aucun pli : ils naissent d’une expédition.",
    )
    return table.response("delivery/parcels.html", {"heading": "Plis"})


def _address(parcel: Parcel) -> str:
    return reverse("parcel", args=[parcel.contract.code, parcel.pk])


def _parcel(contract: Contract, key: int) -> Parcel:
    found: Parcel = get_object_or_404(queries.parcels_of(contract), pk=key)
    return found


@reads(*READERS)
@clause("T-2.6-suivi", "T-2.6-propriete", "T-3.3-tracabilite")
def parcel(request: HttpRequest, contract: Contract, parcel: int) -> HttpResponse:
    """One parcel: what was seen of it, what proves its transfer, what to do when it is lost."""
    found = _parcel(contract, parcel)
    proof = getattr(found, "proof", None)
    packed = list(found.packed.select_related("booklet"))
    lost = found.status in queries.TROUBLED
    context = {
        "heading": f"Pli {found.tracking}",
        "parcel": found,
        "state": wording.PARCEL_STATES[found.status],
        "proof": proof,
        "proof_label": wording.PROOFS[proof.kind] if proof else "",
        "proof_by": who(names_of(contract), proof.recorded_by) if proof else "",
        "may_note": may(request, *CARRIERS) and found.status != ParcelStatus.DELIVERED,
        "facts": [
            ("Expédition", found.dispatch.number),
            ("Commande", found.dispatch.order.number),
            ("Transporteur", found.dispatch.carrier),
            ("Parti le", instant_fr(found.dispatch.dispatched_at)),
            ("Carnets", booklets_sentence(found)),
        ],
        "stop_links": [
            (one.booklet.reference, _stop_address(contract, one.booklet.reference))
            for one in packed
            if one.current
        ]
        if lost
        else [],
        "events": [
            Event(found.dispatch.dispatched_at, "Remis au transporteur", found.dispatch.carrier, "info"),
            *(
                Event(
                    event.at,
                    wording.PARCEL_STATES[event.status].label,
                    event.said,
                    wording.PARCEL_STATES[event.status].tone,
                )
                for event in found.events.all()
            ),
        ],
    }
    return render(request, "delivery/parcel.html", context)


def _stop_address(contract: Contract, reference: str) -> str:
    """Where a lost booklet is stopped: the room of stops stands above this one."""
    try:
        address = reverse("stop_new", args=[contract.code])
    except NoReverseMatch:
        return ""
    return f"{address}?designation=BOOKLET&first={reference}&reason=LOST_IN_POST"


@acts(*CARRIERS)
@clause("T-2.6-suivi", "T-2.6-perte")
def parcel_note(request: HttpRequest, contract: Contract, parcel: int) -> HttpResponse:
    """Note that a parcel is lost, came back or is in trouble."""
    found = _parcel(contract, parcel)
    form = NoteForm(request.POST or None, initial={"seen_at": timezone.localtime()})
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        try:
            note_sighting(
                parcel=found,
                status=ParcelStatus(answers["status"]),
                said=answers["said"],
                seen_at=answers["seen_at"],
                actor=actor(request),
                at=timezone.now(),
            )
        except TransferTooEarly:
            form.add_error(
                "seen_at",
                f"Écrivez un instant entre le départ ({instant_fr(found.dispatch.dispatched_at)}) et maintenant.",
            )
        except AlreadyTransferred:
            messages.info(request, "Ce pli est déjà livré : sa preuve reste.")
            return redirect(_address(found))
        else:
            messages.success(request, "Constat noté.")
            return redirect(_address(found))
    context = {
        "heading": f"Noter un constat sur le pli {found.tracking}",
        "consequences": [
            "Un pli perdu se remplace en trois jours ouvrés : faites ensuite opposition à ses carnets."
        ],
        "facts": [("État", wording.PARCEL_STATES[found.status].label), ("Carnets", booklets_sentence(found))],
        "form": form,
        "action_label": "Noter",
        "cancel_url": _address(found),
    }
    return render(request, "ui/confirm.html", context)


@reads(*READERS)
@clause("T-2.6-propriete")
def proof_file(request: HttpRequest, contract: Contract, parcel: int) -> HttpResponse:
    """The signed document of a parcel, as it was kept: altered on the disk, it is told."""
    proof = getattr(_parcel(contract, parcel), "proof", None)
    if proof is None or not proof.file_sha256:
        raise Http404("no document")
    kind = {"pdf": "application/pdf", "png": "image/png"}.get(
        proof.file_name.rpartition(".")[2].lower(), "image/jpeg"
    )
    name = f"preuve-{proof.parcel.tracking}.{proof.file_name.rpartition('.')[2].lower()}"
    return file_answer(request, contract, proof.file_sha256, name, kind)


@acts(*CARRIERS)
@clause("T-2.6-suivi")
def tracking_import(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Take a carrier's file."""
    form = TrackingForm(request.POST or None, request.FILES or None)
    refused: tuple[RefusedRow, ...] = ()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            learnt = import_tracking(
                contract=contract,
                name=file.name,
                content=file.read(),
                actor=actor(request),
                at=timezone.now(),
            )
        except UnreadableFile as unreadable:
            form.add_error("file", f"Colonne absente ou illisible : {list_fr(unreadable.missing)}.")
        else:
            refused = learnt.refused
            if learnt.already:
                messages.info(request, "Ce fichier était déjà connu : rien n’a changé.")
            else:
                messages.success(
                    request,
                    f"{count_fr(learnt.events, 'nouvel événement', 'nouveaux événements')}, "
                    f"{count_fr(learnt.delivered, 'pli livré', 'plis livrés')}.",
                )
            if not refused:
                return redirect("deliveries", contract=contract.code)
    table = Table(
        request,
        queries.tracking_files_of(contract),
        caption="Fichiers de suivi reçus",
        name=f"suivi-{contract.code}",
        noun="fichier",
        order="-received_at",
        columns=[
            Column("name", "Fichier"),
            Column("received_at", "Reçu le", kind="instant", sort="received_at"),
            Column("accepted", "Lignes prises", kind="number"),
            Column("refused", "Lignes refusées", value=lambda row: len(row.refused), kind="number"),
        ],
        exportable=False,
    )
    context = {
        "heading": "Suivi du transporteur",
        "form": form,
        "refused": [(row, wording.REFUSALS[row.rule]) for row in refused[:100]],
        "refused_more": max(len(refused) - 100, 0),
        "table": table,
        "follows": settings.DEMO,
    }
    return render(request, "delivery/tracking.html", context)


@acts(*CARRIERS)
@clause("T-2.6-suivi")
def tracking_follow(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Ask the simulated carrier of the demonstration where the letters are."""
    if not settings.DEMO:
        raise Http404("no carrier answers here")
    if request.method == "POST":
        learnt = follow_parcels(
            contract=contract, carrier=Simulator(), actor=actor(request), at=timezone.now()
        )
        messages.success(
            request,
            f"{count_fr(learnt.events, 'nouvel événement', 'nouveaux événements')}, "
            f"{count_fr(learnt.delivered, 'pli livré', 'plis livrés')}.",
        )
        return redirect("deliveries", contract=contract.code)
    context = {
        "heading": "Relever le suivi",
        "consequences": ["Le transporteur simulé de la démonstration dit où en est chaque lettre suivie."],
        "facts": [("Aujourd’hui", date_fr(timezone.localdate()))],
        "action_label": "Relever",
        "cancel_url": reverse("deliveries", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)

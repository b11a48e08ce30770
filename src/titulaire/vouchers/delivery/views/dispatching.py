"""Dispatches: booklets leave an order or a reissue; the proof that they were received."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.exports import csv_response
from titulaire.ui.formats import count_fr, date_fr, instant_fr, list_fr, money
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.answers import actor, names_of, order_address, who
from titulaire.vouchers.delivery import queries, wording
from titulaire.vouchers.delivery.forms import DispatchForm, ProofForm
from titulaire.vouchers.delivery.models import Dispatch
from titulaire.vouchers.delivery.reading import RefusedRow, UnreadableFile, read_packing
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, ProofKind
from titulaire.vouchers.delivery.services import (
    AlreadyTransferred,
    CannotBeSent,
    NothingToSend,
    NotPrinted,
    TrackingTaken,
    TransferTooEarly,
    dispatch_booklets,
    prove_transfer,
)
from titulaire.vouchers.delivery.views import CARRIERS, READERS, SIGNERS, may
from titulaire.vouchers.issuing.models import Reissue
from titulaire.vouchers.orders.models import Order


@reads(*READERS)
@clause("T-2.6-suivi", "T-3.3-tracabilite", "T-2.6-domicile")
def dispatches(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every dispatch of the contract."""
    table = Table(
        request,
        queries.dispatches_of(contract),
        caption="Expéditions",
        name=f"expeditions-{contract.code}",
        noun="expédition",
        order="-dispatched_at",
        columns=[
            Column("number", "Expédition", link=_address, sort="number"),
            Column("dispatched_at", "Partie le", kind="instant", sort="dispatched_at"),
            Column("order", "Commande", value="order.number", sort="order__number"),
            Column("reissue", "Réémission", value="reissue.reference"),
            Column("means", "Envoi", value=lambda row: wording.MEANS[row.means], sort="means"),
            Column("parcel_count", "Plis", kind="number", sort="parcel_count"),
            Column("delivered_count", "Livrés", kind="number", sort="delivered_count"),
            Column("carrier", "Transporteur", sort="carrier"),
            Column("postage", "Affranchissement", kind="money", sort="postage_cents"),
        ],
        filters=[
            Search("number", "order__number", "reissue__reference", "parcels__tracking"),
            Choice("envoi", "Envoi", list(wording.MEANS.items()), field="means"),
            Period("partie", "Partie", field="dispatched_at", instants=True),
        ],
        empty="Aucune expédition : elles partent d’une commande imprimée.",
    )
    return table.response("delivery/dispatches.html", {"heading": "Expéditions"})


def _address(dispatch: Dispatch) -> str:
    return reverse("dispatch", args=[dispatch.contract.code, dispatch.number])


def _order(contract: Contract, number: str) -> Order:
    found: Order = get_object_or_404(Order.objects.of(contract).select_related("contract"), number=number)
    return found


def _reissue(contract: Contract, reference: str) -> Reissue:
    rows = Reissue.objects.filter(contract=contract).select_related("order__contract")
    found: Reissue = get_object_or_404(rows, reference=reference)
    return found


@acts(*CARRIERS)
@clause("T-1.1-distribution", "T-2.6-domicile", "T-2.6-livraison-cpam")
def order_dispatch(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Send the booklets of an order."""
    return _send(request, contract, _order(contract, number), None)


@acts(*CARRIERS)
@clause("T-2.6-perte", "T-2.6-defectueux")
def reissue_dispatch(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Send the booklets of a reissue."""
    reissue = _reissue(contract, reference)
    return _send(request, contract, reissue.order, reissue)


@reads(*CARRIERS)
def order_packing(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The booklets to send, in the file to complete with the numbers of the letters."""
    return _packing(_order(contract, number), None)


@reads(*CARRIERS)
def reissue_packing(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """The booklets of a reissue, in the file to complete."""
    reissue = _reissue(contract, reference)
    return _packing(reissue.order, reissue)


def _packing(order: Order, reissue: Reissue | None) -> HttpResponse:
    rows = [
        (booklet.reference, "", wording.MEANS[means.value], booklet.size)
        for means in Means
        for booklet in queries.to_send(order, means, reissue=reissue)
    ]
    name = f"envoi-{reissue.reference if reissue else order.number}"
    return csv_response(name, ("carnet", "suivi", "envoi", "titres"), rows)


def _send(request: HttpRequest, contract: Contract, order: Order, reissue: Reissue | None) -> HttpResponse:
    what = f"la réémission {reissue.reference}" if reissue else f"la commande {order.number}"
    waiting = {means: list(queries.to_send(order, means, reissue=reissue)) for means in Means}
    likely = next((means for means in Means if waiting[means]), Means.TRACKED_LETTER)
    form = DispatchForm(
        request.POST or None,
        request.FILES or None,
        initial={"means": likely.value, "carrier": "La Poste", "request_key": uuid.uuid4().hex},
    )
    refused: tuple[RefusedRow, ...] = ()
    if request.method == "POST" and form.is_valid():
        done = queries.dispatches_of(contract).filter(request_key=form.cleaned_data["request_key"]).first()
        if done is not None:
            return redirect(_address(done))
        made, refused = _dispatched(request, form, order, reissue)
        if made is not None:
            sent = made.parcels.count()
            messages.success(request, f"{count_fr(sent, 'pli')} parti : expédition {made.number}.")
            return redirect(_address(made))
    template = (
        reverse("reissue_packing", args=[contract.code, reissue.reference])
        if reissue
        else reverse("order_packing", args=[contract.code, order.number])
    )
    context = {
        "heading": f"Expédier {what}",
        "form": form,
        "refused": [(row, wording.REFUSALS[row.rule]) for row in refused[:100]],
        "printed": queries.may_be_sent(order, reissue),
        "facts": [
            (wording.MEANS[means.value], count_fr(len(found), "carnet à expédier", "carnets à expédier"))
            for means, found in waiting.items()
        ]
        + ([("À livrer au plus tard", date_fr(order.due_on))] if order.due_on and not reissue else []),
        "nothing": not any(waiting.values()),
        "template_url": template,
        "back_url": reverse("deliveries", args=[contract.code]),
    }
    return render(request, "delivery/send.html", context)


def _dispatched(
    request: HttpRequest, form: DispatchForm, order: Order, reissue: Reissue | None
) -> tuple[Dispatch | None, tuple[RefusedRow, ...]]:
    answers = form.cleaned_data
    means = Means(answers["means"])
    try:
        if answers["file"]:
            listed = read_packing(answers["file"].read())
            if listed.refused:
                form.add_error("file", f"{count_fr(len(listed.refused), 'ligne')} à corriger, ci-dessous.")
                return None, listed.refused
            parcels = listed.parcels
        else:
            waiting = queries.to_send(order, means, reissue=reissue)
            parcels = {answers["seal"].strip(): tuple(booklet.reference for booklet in waiting)}
        return dispatch_booklets(
            order=order,
            reissue=reissue,
            means=means,
            parcels=parcels,
            carrier=answers["carrier"],
            postage=answers["postage"],
            request_key=answers["request_key"],
            actor=actor(request),
            at=timezone.now(),
        ), ()
    except UnreadableFile as unreadable:
        form.add_error("file", f"Colonne absente : {list_fr(unreadable.missing)}. Partez du modèle.")
    except NothingToSend:
        form.add_error(None, "Aucun carnet à expédier par ce moyen.")
    except NotPrinted as unprinted:
        form.add_error(None, f"{unprinted.reference} n’est pas encore chez l’imprimeur : rien à expédier.")
    except CannotBeSent as wrong:
        form.add_error(
            "file" if answers["file"] else None,
            "Ces carnets ne peuvent pas partir par ce moyen (inconnus, déjà partis, opposés, ou livrés ailleurs) : "
            f"{list_fr(wrong.references[:20])}.",
        )
    except TrackingTaken as taken:
        form.add_error(
            "file" if answers["file"] else "seal",
            f"Numéro déjà porté par un autre pli : {list_fr(taken.numbers[:20])}.",
        )
    return None, ()


def _dispatch(contract: Contract, number: str) -> Dispatch:
    found: Dispatch = get_object_or_404(queries.dispatches_of(contract), number=number)
    return found


@reads(*READERS)
@clause("T-2.6-suivi", "T-2.6-propriete", "T-3.3-tracabilite")
def dispatch(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One dispatch: its parcels, where each stands, what proves their transfer."""
    made = _dispatch(contract, number)
    table = Table(
        request,
        queries.parcels_of(contract).filter(dispatch=made).prefetch_related("packed__booklet"),
        caption="Plis",
        name=f"expedition-{number}",
        noun="pli",
        order="tracking",
        columns=[
            Column("tracking", "Suivi ou scellé", sort="tracking",
                   link=lambda parcel: reverse("parcel", args=[contract.code, parcel.pk])),
            Column("status", "État", kind="status", statuses=wording.PARCEL_STATES, sort="status"),
            Column("status_at", "Depuis", kind="instant", sort="status_at"),
            Column("booklets", "Carnets", value=booklets_sentence),
            Column("proof", "Preuve du transfert", value=proof_label),
        ],
        filters=[
            Search("tracking", "packed__booklet__reference"),
            Choice("etat", "État", [(code, state.label) for code, state in wording.PARCEL_STATES.items()],
                   field="status"),
        ],
    )  # fmt: skip
    if table.export:
        return table.export_response()
    pending = made.parcels.exclude(status=ParcelStatus.DELIVERED.value).exists()
    context = {
        "heading": f"Expédition {number}",
        "dispatch": made,
        "may_prove": may(request, *SIGNERS) and pending,
        "facts": [
            ("Commande", made.order.number),
            *([("Réémission", made.reissue.reference)] if made.reissue else []),
            ("Envoi", wording.MEANS[made.means]),
            ("Transporteur", made.carrier),
            (
                "Partie le",
                f"{instant_fr(made.dispatched_at)} par {who(names_of(contract), made.dispatched_by)}",
            ),
            ("Affranchissement", f"{money(made.postage)}, refacturé à l’acheteur"),
        ],
        "order_url": order_address(made.order),
        "table": table,
    }
    return render(request, "delivery/dispatch.html", context)


def booklets_sentence(parcel) -> str:  # type: ignore[no-untyped-def]
    """The booklets of a parcel; those sent again elsewhere are told."""
    return ", ".join(
        packed.booklet.reference if packed.current else f"{packed.booklet.reference} (réexpédié)"
        for packed in parcel.packed.all()
    )


def proof_label(parcel) -> str | None:  # type: ignore[no-untyped-def]
    """What proves the transfer of a parcel; None while nothing does."""
    proof = getattr(parcel, "proof", None)
    return wording.PROOFS[proof.kind] if proof else None


@acts(*SIGNERS)
@clause("T-2.6-propriete", "T-2.6-livraison-cpam")
def dispatch_proof(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Record the signed document that passes ownership of what was dispatched."""
    made = _dispatch(contract, number)
    form = ProofForm(
        request.POST or None,
        request.FILES or None,
        initial={
            "kind": ProofKind.DELIVERY_SLIP.value
            if made.means == Means.SEALED_PARCEL
            else ProofKind.SIGNED_RECEIPT.value,
            "transferred_at": timezone.localtime(),
        },
    )
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        try:
            proofs = prove_transfer(
                dispatch=made,
                kind=ProofKind(answers["kind"]),
                signer=answers["signer"],
                transferred_at=answers["transferred_at"],
                file=answers["file"].read(),
                file_name=answers["file"].name,
                actor=actor(request),
                at=timezone.now(),
            )
        except TransferTooEarly:
            form.add_error(
                "transferred_at",
                f"La signature vient après le départ ({instant_fr(made.dispatched_at)}) et avant maintenant.",
            )
        except AlreadyTransferred:
            messages.info(request, "Tous ces plis ont déjà leur preuve.")
            return redirect(_address(made))
        else:
            messages.success(
                request, f"Propriété transférée pour {count_fr(len(proofs), 'pli')} : titres livrés."
            )
            return redirect(_address(made))
    pending = made.parcels.exclude(status=ParcelStatus.DELIVERED.value).count()
    context = {
        "heading": f"Prouver la livraison {number}",
        "grave": True,
        "consequences": [
            "La propriété des titres passe à l’instant de la signature, avec le risque de leur perte.",
            "Le document est gardé avec son empreinte ; il ne se remplace pas.",
        ],
        "facts": [("Plis sans preuve", str(pending)), ("Commande", made.order.number)],
        "form": form,
        "action_label": "Enregistrer la preuve",
        "cancel_url": _address(made),
    }
    return render(request, "ui/confirm.html", context)

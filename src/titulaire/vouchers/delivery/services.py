"""The acts of delivery: dispatch, follow, prove the transfer; sleeves. Each with its entry in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.delivery.carriers import Carrier
from titulaire.vouchers.delivery.models import (
    Dispatch,
    Packed,
    Parcel,
    Proof,
    SleeveOrder,
    TrackingEvent,
    TrackingFile,
)
from titulaire.vouchers.delivery.queries import OPEN, may_be_sent, to_send
from titulaire.vouchers.delivery.reading import RefusedRow, read_tracking
from titulaire.vouchers.delivery.rules import (
    Means,
    ParcelStatus,
    ProofKind,
    Sighting,
    status_after,
    tracking_number,
)
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Booklet, Reissue, Voucher, VoucherState
from titulaire.vouchers.orders.models import Order

REFUSED_KEPT = 500


class DeliveryRefused(Exception):
    """The act cannot be done."""


class NotPrinted(DeliveryRefused):
    """The papers do not exist yet: the order is not released, or the reissue not printed."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class CannotBeSent(DeliveryRefused):
    """These booklets are unknown here, go elsewhere, are already on their way, or hold a stopped voucher."""

    def __init__(self, references: tuple[str, ...]) -> None:
        super().__init__(references)
        self.references = references


class TrackingTaken(DeliveryRefused):
    """Another parcel already bears these numbers."""

    def __init__(self, numbers: tuple[str, ...]) -> None:
        super().__init__(numbers)
        self.numbers = numbers


class NothingToSend(DeliveryRefused):
    """No parcel was given."""


class AlreadyTransferred(DeliveryRefused):
    """Ownership of these parcels has passed already, at another instant or by another document."""

    def __init__(self, numbers: tuple[str, ...]) -> None:
        super().__init__(numbers)
        self.numbers = numbers


class TransferTooEarly(DeliveryRefused):
    """The transfer is said to come before the parcel left, or after now."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What following parcels learnt: events new to us, parcels delivered, rows refused. `already`: a known file."""

    events: int
    delivered: int
    refused: tuple[RefusedRow, ...]
    already: bool = False


@clause("T-1.1-distribution", "T-2.6-domicile", "T-2.6-livraison-cpam", "T-2.6-suivi")
def dispatch_booklets(
    *,
    order: Order,
    means: Means,
    parcels: Mapping[str, Sequence[str]],
    carrier: str,
    postage: Decimal,
    request_key: str,
    actor: str,
    at: datetime,
    reissue: Reissue | None = None,
) -> Dispatch:
    """Hand booklets, given by reference in each parcel, to a carrier. The same `request_key` is one dispatch.

    A booklet that came back may be sent again; one that holds a stopped or used voucher may not.

    Raises:
        NothingToSend, NotPrinted, CannotBeSent, TrackingTaken: nothing is dispatched.
    """
    parcels = _numbered(parcels)
    references = [reference for held in parcels.values() for reference in held]
    if not references:
        raise NothingToSend
    contract = order.contract
    with transaction.atomic():
        _hold(contract)
        order.refresh_from_db()
        known = Dispatch.objects.filter(contract=contract, request_key=request_key).first()
        if known is not None:
            return known
        if not may_be_sent(order, reissue):
            raise NotPrinted(reissue.reference if reissue else order.number)
        ready = {booklet.reference: booklet for booklet in to_send(order, means, reissue=reissue)}
        wrong = tuple(sorted({one for one in references if one not in ready or references.count(one) > 1}))
        if wrong:
            raise CannotBeSent(wrong)
        taken = Parcel.objects.filter(contract=contract, tracking__in=parcels)
        if taken:
            raise TrackingTaken(tuple(taken.values_list("tracking", flat=True)))
        dispatch = Dispatch.objects.create(
            contract=contract,
            order=order,
            reissue=reissue,
            means=means.value,
            carrier=carrier,
            postage_cents=int(to_cents(postage) * 100),
            dispatched_at=at,
            dispatched_by=actor,
            request_key=request_key,
            **_next_number(Dispatch, contract, "EXP", at),
        )
        _pack(dispatch, parcels, ready, at)
        keys = _keys(ready[reference] for reference in references)
        moved = register.move(
            keys, to=VoucherState.DISPATCHED, act="DISPATCH", target=f"dispatch:{dispatch.number}", at=at
        )
        if set(moved.refused.values()) - {VoucherState.DISPATCHED}:
            # A stop came between the look and the move: its booklets stay here.
            gone = Booklet.objects.filter(
                vouchers__pk__in=[
                    key for key, state in moved.refused.items() if state != VoucherState.DISPATCHED
                ]
            )
            raise CannotBeSent(tuple(sorted(set(gone.values_list("reference", flat=True)))))
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="DISPATCH",
            target=f"dispatch:{dispatch.number}",
            body={
                "order": order.number,
                "reissue": reissue.reference if reissue else None,
                "means": means.value,
                "carrier": carrier,
                "postage": str(dispatch.postage),
                "parcels": {tracking: list(held) for tracking, held in parcels.items()},
                "vouchers": len(keys),
            },
        )
    return dispatch


def _numbered(parcels: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The parcels under their numbers as carriers write them; two spellings of one number are one parcel."""
    numbered: dict[str, list[str]] = {}
    for written, held in parcels.items():
        numbered.setdefault(tracking_number(written), []).extend(held)
    return numbered


def _pack(
    dispatch: Dispatch, parcels: Mapping[str, Sequence[str]], ready: Mapping[str, Booklet], at: datetime
) -> None:
    Packed.objects.filter(booklet__in=ready.values(), current=True).filter(
        booklet__reference__in=[reference for held in parcels.values() for reference in held]
    ).update(current=False)
    for tracking, held in parcels.items():
        parcel = Parcel.objects.create(
            contract=dispatch.contract, dispatch=dispatch, tracking=tracking, status_at=at
        )
        Packed.objects.bulk_create(Packed(parcel=parcel, booklet=ready[reference]) for reference in held)


def _keys(booklets: Iterable[Booklet]) -> list[int]:
    return list(Voucher.objects.filter(booklet__in=list(booklets)).values_list("pk", flat=True))


@clause("T-2.6-suivi", "T-3.3-tracabilite")
def import_tracking(*, contract: Contract, name: str, content: bytes, actor: str, at: datetime) -> Followed:
    """Take what a carrier's file says. The same bytes, under any name, are taken once; bad rows are told.

    Raises:
        UnreadableFile: the file has not the expected columns.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = TrackingFile.objects.filter(contract=contract, sha256=sha256).first()
    if known is not None:
        return _told_before(known)
    report = read_tracking(content)
    files.keep(content, contract=contract.code)
    with transaction.atomic():
        _hold(contract)
        known = TrackingFile.objects.filter(contract=contract, sha256=sha256).first()
        if known is not None:
            return _told_before(known)
        mine = _held(contract, {sighting.tracking for _, sighting in report.sightings})
        refused = list(report.refused)
        sightings = []
        for line, sighting in report.sightings:
            parcel = mine.get(sighting.tracking)
            if parcel is None:
                refused.append(RefusedRow(line, "suivi", "UNKNOWN_PARCEL", sighting.tracking))
            elif sighting.at > at:
                refused.append(RefusedRow(line, "date", "FUTURE", sighting.at.isoformat()))
            else:
                sightings.append(sighting)
        refused.sort(key=lambda row: row.row)
        events, delivered = _apply(mine, sightings, source=f"file:{sha256[:16]}", actor=actor, at=at)
        TrackingFile.objects.create(
            contract=contract,
            name=name[:255],
            sha256=sha256,
            accepted=len(sightings),
            refused=[asdict(row) for row in refused[:REFUSED_KEPT]],
            received_at=at,
            received_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="IMPORT_TRACKING",
            target=f"tracking:{sha256[:16]}",
            body={
                "sha256": sha256,
                "accepted": len(sightings),
                "refused": len(refused),
                "events": events,
                "delivered": delivered,
            },
        )
    return Followed(events, len(delivered), tuple(refused))


def _told_before(known: TrackingFile) -> Followed:
    return Followed(0, 0, tuple(RefusedRow(**row) for row in known.refused), already=True)


@clause("T-2.6-suivi", "T-3.3-tracabilite")
def follow_parcels(*, contract: Contract, carrier: Carrier, actor: str, at: datetime) -> Followed:
    """Ask a carrier where the tracked letters still on their way are, and take what it says."""
    waiting = Parcel.objects.filter(
        contract=contract, status__in=OPEN, dispatch__means=Means.TRACKED_LETTER.value
    ).select_related("dispatch")
    # The carrier is asked outside any transaction: it may be slow.
    seen = [
        sighting
        for sighting in carrier.follow(
            {parcel.tracking: parcel.dispatch.dispatched_at for parcel in waiting}, at=at
        )
        if sighting.at <= at
    ]
    with transaction.atomic():
        _hold(contract)
        mine = _held(contract, {sighting.tracking for sighting in seen})
        known = [sighting for sighting in seen if sighting.tracking in mine]
        events, delivered = _apply(mine, known, source=f"carrier:{carrier.name}", actor=actor, at=at)
        if events:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="FOLLOW_PARCELS",
                target=f"carrier:{carrier.name}",
                body={"asked": len(mine), "events": events, "delivered": delivered},
            )
    return Followed(events, len(delivered), ())


def _held(contract: Contract, numbers: Collection[str]) -> dict[str, Parcel]:
    """These parcels, held until the end of the transaction."""
    rows = Parcel.objects.select_for_update(of=("self",)).filter(contract=contract, tracking__in=numbers)
    return {parcel.tracking: parcel for parcel in rows.order_by("pk")}


def _apply(
    mine: Mapping[str, Parcel], sightings: Sequence[Sighting], *, source: str, actor: str, at: datetime
) -> tuple[int, list[str]]:
    """Keep what is new, and draw its consequences: (events new to us, parcels delivered)."""
    before = TrackingEvent.objects.filter(parcel__in=mine.values()).count()
    TrackingEvent.objects.bulk_create(
        (
            TrackingEvent(
                parcel=mine[seen.tracking],
                at=seen.at,
                status=seen.status.value,
                said=seen.said,
                source=source,
            )
            for seen in sightings
        ),
        ignore_conflicts=True,
    )
    events = TrackingEvent.objects.filter(parcel__in=mine.values()).count() - before
    delivered = []
    for parcel in mine.values():
        if parcel.status == ParcelStatus.DELIVERED:
            continue
        told = [(event.at, ParcelStatus(event.status)) for event in parcel.events.all()]
        status = status_after(told)
        if told and status != parcel.status:
            parcel.status, parcel.status_at = status.value, max(when for when, seen in told if seen is status)
            parcel.save(update_fields=["status", "status_at"])
        if status is ParcelStatus.DELIVERED:
            first = min(when for when, seen in told if seen is ParcelStatus.DELIVERED)
            _transfer(parcel, ProofKind.TRACKED_DELIVERY, first, actor, at)
            delivered.append(parcel.tracking)
    return events, delivered


def _transfer(
    parcel: Parcel,
    kind: ProofKind,
    transferred_at: datetime,
    actor: str,
    at: datetime,
    *,
    signer: str = "",
    file_name: str = "",
    file_sha256: str = "",
) -> Proof:
    """Ownership passes: the proof is kept and the vouchers delivered. A stopped or used one stays what it is."""
    proof = Proof.objects.create(
        parcel=parcel,
        kind=kind.value,
        transferred_at=transferred_at,
        signer=signer,
        file_name=file_name,
        file_sha256=file_sha256,
        recorded_at=at,
        recorded_by=actor,
    )
    booklets = Booklet.objects.filter(packed__parcel=parcel, packed__current=True)
    register.move(
        _keys(booklets),
        to=VoucherState.DELIVERED,
        act="DELIVER",
        target=f"parcel:{parcel.tracking}",
        at=transferred_at,
    )
    return proof


@clause("T-2.6-propriete", "T-2.6-livraison-cpam")
def prove_transfer(
    *,
    dispatch: Dispatch,
    kind: ProofKind,
    signer: str,
    transferred_at: datetime,
    file: bytes,
    file_name: str,
    actor: str,
    at: datetime,
    trackings: Collection[str] | None = None,
) -> list[Proof]:
    """Record a signed receipt or delivery slip for a dispatch's parcels, or those given. Done twice, done once.

    Raises:
        TransferTooEarly: before the dispatch, or after now.
        AlreadyTransferred: all these parcels have another proof.
        ValueError: a tracked delivery is proved by its events.
    """
    if kind is ProofKind.TRACKED_DELIVERY:
        raise ValueError("a tracked delivery is proved by the carrier's events")
    if not dispatch.dispatched_at <= transferred_at <= at:
        raise TransferTooEarly
    sha256 = files.keep(file, contract=dispatch.contract.code)
    with transaction.atomic():
        parcels = Parcel.objects.select_for_update(of=("self",)).filter(dispatch=dispatch).order_by("pk")
        if trackings is not None:
            parcels = parcels.filter(tracking__in=[tracking_number(one) for one in trackings])
        held = list(parcels)
        proved = {
            proof.parcel_id: proof for proof in Proof.objects.filter(parcel__in=held).select_related("parcel")
        }
        fresh = [parcel for parcel in held if parcel.pk not in proved]
        if not fresh:
            same = [proof for proof in proved.values() if proof.file_sha256 == sha256]
            if held and len(same) == len(held):
                return same
            raise AlreadyTransferred(tuple(parcel.tracking for parcel in held))
        proofs = []
        for parcel in fresh:
            parcel.status, parcel.status_at = ParcelStatus.DELIVERED.value, transferred_at
            parcel.save(update_fields=["status", "status_at"])
            proofs.append(
                _transfer(
                    parcel, kind, transferred_at, actor, at,
                    signer=signer, file_name=file_name[:255], file_sha256=sha256,
                )
            )  # fmt: skip
        record(
            contract=dispatch.contract.code,
            actor=actor,
            at=at,
            act="PROVE_TRANSFER",
            target=f"dispatch:{dispatch.number}",
            body={
                "kind": kind.value,
                "signer": signer,
                "transferred_at": transferred_at.isoformat(),
                "file": sha256,
                "parcels": [parcel.tracking for parcel in fresh],
            },
        )
    return proofs


@clause("T-2.6-suivi", "T-2.6-perte")
def note_sighting(
    *, parcel: Parcel, status: ParcelStatus, said: str, seen_at: datetime, actor: str, at: datetime
) -> Parcel:
    """Note what someone learnt of a parcel otherwise than by the carrier's file: lost, returned, in trouble.

    Raises:
        AlreadyTransferred: it is delivered.
        TransferTooEarly: before the dispatch, or after now.
        ValueError: a delivery is proved, not noted.
    """
    if status is ParcelStatus.DELIVERED:
        raise ValueError("a delivery is proved by an event of the carrier or a signed document")
    if not parcel.dispatch.dispatched_at <= seen_at <= at:
        raise TransferTooEarly
    with transaction.atomic():
        mine = _held(parcel.contract, {parcel.tracking})
        held = mine[parcel.tracking]
        if held.status == ParcelStatus.DELIVERED:
            raise AlreadyTransferred((held.tracking,))
        events, _ = _apply(
            mine, [Sighting(held.tracking, seen_at, status, said)], source="manual", actor=actor, at=at
        )
        if events:
            record(
                contract=parcel.contract.code,
                actor=actor,
                at=at,
                act="NOTE_PARCEL",
                target=f"parcel:{held.tracking}",
                body={"status": status.value, "said": said, "seen_at": seen_at.isoformat()},
            )
    return held


@clause("T-2.5-pochettes")
def order_sleeves(
    *, contract: Contract, quantity: int, request_key: str, actor: str, at: datetime
) -> SleeveOrder:
    """Order storage sleeves. The same `request_key` is one order."""
    with transaction.atomic():
        _hold(contract)
        known = SleeveOrder.objects.filter(contract=contract, request_key=request_key).first()
        if known is not None:
            return known
        asked = SleeveOrder.objects.create(
            contract=contract,
            quantity=quantity,
            ordered_at=at,
            ordered_by=actor,
            request_key=request_key,
            **_next_number(SleeveOrder, contract, "POC", at),
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_SLEEVES",
            target=f"sleeves:{asked.number}",
            body={"quantity": quantity},
        )
    return asked


@clause("T-2.5-pochettes")
def deliver_sleeves(*, sleeves: SleeveOrder, actor: str, at: datetime) -> SleeveOrder:
    """Say that sleeves were delivered. Said twice, the first instant stays."""
    with transaction.atomic():
        held = SleeveOrder.objects.select_for_update(of=("self",)).get(pk=sleeves.pk)
        if held.delivered_at is not None:
            return held
        held.delivered_at, held.delivered_by = at, actor
        held.save(update_fields=["delivered_at", "delivered_by"])
        record(
            contract=sleeves.contract.code,
            actor=actor,
            at=at,
            act="DELIVER_SLEEVES",
            target=f"sleeves:{held.number}",
        )
    return held


def _hold(contract: Contract) -> None:
    """One act of delivery on a contract at a time: ranks follow one another and no booklet leaves twice.

    Without its key: other acts may go on writing rows that refer to the contract.
    """
    Contract.objects.select_for_update(of=("self",), no_key=True).get(pk=contract.pk)


def _next_number(
    model: type[Dispatch] | type[SleeveOrder], contract: Contract, prefix: str, at: datetime
) -> dict[str, int | str]:
    year = timezone.localdate(at).year
    last = model._default_manager.filter(contract=contract, year=year).aggregate(last=Max("rank"))["last"]
    rank = (last or 0) + 1
    return {"year": year, "rank": rank, "number": f"{prefix}-{year}-{rank:04d}"}

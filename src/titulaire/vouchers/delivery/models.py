"""Dispatches, parcels, what carriers saw, proofs of transfer; sleeves."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, ProofKind
from titulaire.vouchers.issuing.models import Booklet, Reissue
from titulaire.vouchers.orders.models import Order


class Dispatch(models.Model):
    """Booklets of one order, or of one of its reissues, handed to a carrier at one instant."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="dispatches")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="dispatches")
    reissue = models.ForeignKey(Reissue, on_delete=models.PROTECT, null=True, related_name="dispatches")
    means = models.CharField(max_length=15, choices=[(means.value, means.value) for means in Means])
    carrier = models.CharField(max_length=60)
    # What sending cost, charged to the buyer at cost.
    postage_cents = models.PositiveIntegerField()
    dispatched_at = models.DateTimeField()
    dispatched_by = models.CharField(max_length=80)
    request_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["-dispatched_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_dispatch_per_rank"),
            models.UniqueConstraint(fields=["contract", "request_key"], name="one_dispatch_per_request"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def postage(self) -> Decimal:
        """In euros."""
        return Decimal(self.postage_cents) / 100


class Parcel(models.Model):
    """A letter or a sealed parcel. `tracking` is the carrier's number, or the number of the seal."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="parcels")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="parcels")
    tracking = models.CharField(max_length=40)
    status = models.CharField(
        max_length=12,
        choices=[(status.value, status.value) for status in ParcelStatus],
        default=ParcelStatus.HANDED_OVER.value,
    )
    status_at = models.DateTimeField()

    class Meta:
        ordering = ["dispatch", "tracking"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "tracking"], name="one_parcel_per_tracking_number"),
            models.CheckConstraint(condition=~Q(tracking=""), name="a_parcel_can_be_followed"),
        ]
        indexes = [models.Index(fields=["contract", "status"], name="parcels_by_status")]

    def __str__(self) -> str:
        return self.tracking


class Packed(models.Model):
    """A booklet in a parcel. `current` is false once it was sent again in another."""

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="packed")
    booklet = models.ForeignKey(Booklet, on_delete=models.PROTECT, related_name="packed")
    current = models.BooleanField(default=True)

    class Meta:
        ordering = ["parcel", "booklet"]
        constraints = [
            models.UniqueConstraint(
                fields=["booklet"], condition=Q(current=True), name="a_booklet_is_in_one_parcel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.booklet_id} in {self.parcel_id}"


class TrackingFile(models.Model):
    """A carrier's file as it was received, and what of it was refused. The same bytes are one file."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="tracking_files")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    accepted = models.PositiveIntegerField()
    refused = models.JSONField(default=list)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "sha256"], name="the_same_tracking_is_one_file")
        ]

    def __str__(self) -> str:
        return self.name


class TrackingEvent(models.Model):
    """What was seen of a parcel. Told twice, it is one event. `source` says by whom: a file's digest, a carrier."""

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    status = models.CharField(
        max_length=12, choices=[(status.value, status.value) for status in ParcelStatus]
    )
    said = models.CharField(max_length=200)
    source = models.CharField(max_length=80)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["parcel", "at", "status"], name="an_event_is_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.status}"


class Proof(models.Model):
    """The proof that ownership of a parcel's vouchers passed: at which instant, to whom, by which document.

    A tracked delivery is proved by the carrier's event; the two others by a signed file, kept by its digest.
    """

    parcel = models.OneToOneField(Parcel, on_delete=models.PROTECT, related_name="proof")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ProofKind])
    transferred_at = models.DateTimeField()
    signer = models.CharField(max_length=120, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-transferred_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="TRACKED_DELIVERY") | (~Q(signer="") & ~Q(file_sha256="")),
                name="a_signed_proof_has_its_signer_and_file",
            )
        ]

    def __str__(self) -> str:
        return f"proof of {self.parcel_id}"


class SleeveOrder(models.Model):
    """Storage sleeves for booklets, asked by the buyer."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="sleeve_orders")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    quantity = models.PositiveIntegerField()
    ordered_at = models.DateTimeField()
    ordered_by = models.CharField(max_length=80)
    delivered_at = models.DateTimeField(null=True)
    delivered_by = models.CharField(max_length=80, blank=True)
    request_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_sleeve_order_per_rank"),
            models.UniqueConstraint(fields=["contract", "request_key"], name="one_sleeve_order_per_request"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_sleeve_order_asks_for_some"),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(delivered_at__gte=F("ordered_at")),
                name="sleeves_come_after_their_order",
            ),
        ]

    def __str__(self) -> str:
        return self.number

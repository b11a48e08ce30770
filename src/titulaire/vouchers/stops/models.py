"""Stops, what they hold, how they were lifted; the list that anyone can check; searches of a place of use."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Reissue, Voucher
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason


class StopList(models.Model):
    """The version of a contract's stop list: each act that changes the list adds one and holds this row."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, primary_key=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"stop list of {self.contract_id}, version {self.version}"


class Stop(models.Model):
    """One act that refuses vouchers from an instant on. What it asked for stays as it was written."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="stops")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    designation = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Designation])
    first = models.CharField(max_length=60)
    last = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=12, choices=[(reason.value, reason.value) for reason in StopReason])
    note = models.CharField(max_length=300, blank=True)
    declared_by = models.CharField(max_length=120)
    declared_on = models.DateField()
    police_reference = models.CharField(max_length=60, blank=True)
    # From this instant, to the microsecond, no use of these vouchers is accepted.
    effective_at = models.DateTimeField()
    stopped_by = models.CharField(max_length=80)
    vouchers = models.PositiveIntegerField()
    amount_cents = models.PositiveBigIntegerField()
    # The vouchers that were named and could not be stopped, with where they stood: [[number, state]].
    escaped = models.JSONField(default=list)
    # Two presses of one button are one stop.
    request_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["-effective_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_stop_per_rank"),
            models.UniqueConstraint(fields=["contract", "number"], name="one_stop_per_number"),
            models.UniqueConstraint(fields=["contract", "request_key"], name="one_stop_per_request"),
            models.CheckConstraint(condition=Q(vouchers__gte=1), name="a_stop_stops_something"),
            models.CheckConstraint(condition=~Q(declared_by=""), name="a_stop_was_declared_by_someone"),
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in StopReason]), name="a_stop_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Decimal:
        """The value stopped, in euros."""
        return Decimal(self.amount_cents) / 100

    @property
    def selection(self) -> Selection:
        """What was named."""
        return Selection(Designation(self.designation), self.first, self.last)


class Lift(models.Model):
    """The end of a stop, wholly or for some of its vouchers."""

    stop = models.ForeignKey(Stop, on_delete=models.PROTECT, related_name="lifts")
    reason = models.CharField(max_length=300)
    vouchers = models.PositiveIntegerField()
    lifted_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["lifted_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_lift_has_a_reason"),
            models.CheckConstraint(condition=Q(vouchers__gte=1), name="a_lift_frees_something"),
        ]

    def __str__(self) -> str:
        return f"lift of {self.stop_id}"


class StoppedVoucher(models.Model):
    """A voucher on the stop list, from a version to a version. Replaced, it stays: its paper may still come back."""

    stop = models.ForeignKey(Stop, on_delete=models.PROTECT, related_name="held")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="stops")
    since_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True)
    lift = models.ForeignKey(Lift, on_delete=models.PROTECT, null=True, related_name="freed")

    class Meta:
        ordering = ["voucher"]
        constraints = [
            models.UniqueConstraint(
                fields=["voucher"], condition=Q(until_version__isnull=True), name="one_stop_holds_a_voucher"
            ),
            models.CheckConstraint(
                condition=Q(until_version__isnull=True, lift__isnull=True)
                | Q(until_version__gt=F("since_version"), lift__isnull=False),
                name="a_voucher_leaves_the_list_by_a_lift",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} by {self.stop_id}"


class Claim(models.Model):
    """A replacement that was asked after a stop, with its delay: one reissue of one order."""

    stop = models.ForeignKey(Stop, on_delete=models.PROTECT, related_name="claims")
    reissue = models.OneToOneField(Reissue, on_delete=models.PROTECT, related_name="claim")
    asked_on = models.DateField()
    due_on = models.DateField()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gt=F("asked_on")), name="a_claim_has_a_delay")
        ]

    def __str__(self) -> str:
        return f"claim {self.pk} of {self.stop_id}"


class UseSearch(models.Model):
    """A search of where vouchers were used, after a theft or a loss that the police was told of, and its answer."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="use_searches")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    designation = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Designation])
    first = models.CharField(max_length=60)
    last = models.CharField(max_length=60, blank=True)
    police_reference = models.CharField(max_length=60)
    police_on = models.DateField()
    asked_for = models.CharField(max_length=120)
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=80)
    vouchers = models.PositiveIntegerField()
    used = models.PositiveIntegerField()
    findings = models.JSONField()
    pdf_sha256 = models.CharField(max_length=64)
    # The signature of the file's digest and of every finding, as `titulaire.vouchers.issuing.signing` writes it.
    signature = models.JSONField()
    request_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["-answered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_use_search_per_rank"),
            models.UniqueConstraint(fields=["contract", "request_key"], name="one_use_search_per_request"),
            models.CheckConstraint(
                condition=~Q(police_reference=""), name="a_use_search_has_a_police_report"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def selection(self) -> Selection:
        """What was named."""
        return Selection(Designation(self.designation), self.first, self.last)


class LossReport(models.Model):
    """What a bearer said, without an account: this booklet or voucher is lost or stolen. It stops nothing by itself.

    Its stop, when the buyer or the issuer makes one, bears `stop_key` as its request key. Nobody is named.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="loss_reports")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    named = models.CharField(max_length=30)
    reason = models.CharField(max_length=12, choices=[(code, code) for code in ("LOST", "STOLEN")])
    lost_on = models.DateField()
    received_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=80, blank=True)
    dismissed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_loss_report_per_rank"),
            # Said twice, it is said once.
            models.UniqueConstraint(
                fields=["contract", "named", "reason", "lost_on"], name="one_loss_report_per_loss"
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at=None) | ~Q(dismissed_because=""),
                name="a_loss_report_is_dismissed_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stop_key(self) -> str:
        """The request key of the stop that follows it."""
        return f"loss:{self.number}"

"""Complaints with every step of their life, and the corrective actions that incidents led to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract, User
from titulaire.vouchers.complaints.rules import Channel, ComplaintState, StepKind, Typology
from titulaire.vouchers.issuing.models import Booklet, Voucher
from titulaire.vouchers.orders.models import Order


class Complaint(models.Model):
    """A complaint of the buyer, on an order, a booklet, vouchers, or on none of them."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="complaints")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=12)
    channel = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Channel])
    typology = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Typology])
    description = models.TextField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="complaints")
    booklet = models.ForeignKey(Booklet, on_delete=models.PROTECT, null=True, related_name="complaints")
    vouchers = models.ManyToManyField(Voucher, related_name="complaints")
    # When it reached the issuer: a phone call may be written down later.
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="complaints_owned")
    state = models.CharField(max_length=8, choices=[(each.value, each.value) for each in ComplaintState])
    answer = models.TextField(blank=True)
    # References of what the answer led to, as their own rooms number them.
    reissue = models.CharField(max_length=40, blank=True)
    credit_note = models.CharField(max_length=40, blank=True)
    satisfaction = models.PositiveSmallIntegerField(null=True)
    satisfaction_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-year", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_complaint_per_rank"),
            models.UniqueConstraint(fields=["contract", "number"], name="one_complaint_per_number"),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("recorded_at")), name="a_complaint_is_received_then_recorded"
            ),
            models.CheckConstraint(
                condition=Q(state=ComplaintState.OPEN.value) | ~Q(answer=""),
                name="an_answered_complaint_has_its_answer",
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__gte=1, satisfaction__lte=5),
                name="satisfaction_goes_from_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ComplaintStep(models.Model):
    """One step of a complaint's life. Never changed: together they say how long each round took."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=[(each.value, each.value) for each in StepKind])
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    awaits_vouchers = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.complaint_id}: {self.kind}"


class CorrectiveAction(models.Model):
    """What an incident led to change, told in the yearly report (T-5.1-coherence)."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="corrective_actions")
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, null=True, related_name="corrective_actions"
    )
    incident = models.CharField(max_length=300)
    cause = models.CharField(max_length=500)
    action = models.CharField(max_length=500)
    decided_on = models.DateField()
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-decided_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("decided_on")), name="an_action_is_due_after_it_is_decided"
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True) | Q(done_on__gte=F("decided_on")),
                name="an_action_is_done_after_it_is_decided",
            ),
        ]

    def __str__(self) -> str:
        return self.incident

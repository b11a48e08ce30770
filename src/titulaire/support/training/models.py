"""Sessions of training and who sat in them; the monthly rate told to the buyer."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.training.rules import Outcome, Presence, SessionState

STATES = [(each.value, each.value) for each in SessionState]
PRESENCES = [(each.value, each.value) for each in Presence]
OUTCOMES = [(each.value, each.value) for each in Outcome if each.value]


class Session(models.Model):
    """A session of one module, `ends_on` being its last day. The trainer is known by a number, as advisers are.

    `sheet`: the attendance sheet, signed, or the file that the session was imported from.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="training_sessions")
    reference = models.CharField(max_length=12)
    module = models.CharField(max_length=120)
    content = models.CharField(max_length=60, help_text="Version of the training material.")
    starts_on = models.DateField()
    ends_on = models.DateField()
    days = models.DecimalField(max_digits=4, decimal_places=2)
    site = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=120, blank=True)
    trainer = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=STATES)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was cancelled, or corrected.")
    sheet_name = models.CharField(max_length=200, blank=True)
    sheet_sha256 = models.CharField(max_length=64, blank=True)
    imported = models.BooleanField(default=False)
    planned_at = models.DateTimeField()
    planned_by = models.CharField(max_length=80)
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="one_reference_per_session"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a_session_has_days"),
            models.CheckConstraint(condition=Q(days__gt=0), name="a_session_lasts"),
            models.CheckConstraint(
                condition=Q(state=SessionState.HELD.value, held_at__isnull=False)
                | (~Q(state=SessionState.HELD.value) & Q(held_at__isnull=True)),
                name="a_held_session_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.module}"


class Seat(models.Model):
    """An adviser in a session. `signed_by` is the adviser's own account, when they signed on screen."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="seats")
    adviser = models.CharField(max_length=40)
    presence = models.CharField(max_length=8, choices=PRESENCES)
    outcome = models.CharField(max_length=6, choices=OUTCOMES, blank=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["adviser"]
        constraints = [
            models.UniqueConstraint(fields=["session", "adviser"], name="one_seat_per_adviser"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | ~Q(signed_by=""), name="a_signed_seat_says_by_whom"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.adviser} in {self.session_id}"


class RateSent(models.Model):
    """The rate of trained advisers of a month, as it was told to the buyer by a notice."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="training_rates")
    month = models.DateField()
    trained = models.PositiveIntegerField()
    advisers = models.PositiveIntegerField()
    notice_number = models.CharField(max_length=20)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-month", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(advisers__gte=F("trained")), name="no_more_are_trained_than_there_are"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.trained}/{self.advisers}"

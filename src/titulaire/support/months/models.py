"""Issues of a month and the buyer's answers: added, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from titulaire.identity.models import Contract


class MonthIssue(models.Model):
    """A month as it was stated once. Its document is a kept file, named by its SHA-256 and sealed by `key`.

    `entry_hash` is that of the journal's entry over the same digest. A correction makes the next `number`.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="month_issues")
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    document_sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
    entry_hash = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-month", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "month", "number"], name="one_issue_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} no. {self.number} of {self.contract_id}"


class MonthAnswer(models.Model):
    """What the buyer answered to an issue. `contested` are the codes of the figures contested."""

    issue = models.ForeignKey(MonthIssue, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=10, choices=[("APPROVED", "APPROVED"), ("CONTESTED", "CONTESTED")])
    remarks = models.TextField(blank=True)
    contested = models.JSONField(default=list)
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["answered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"], condition=Q(verdict="APPROVED"), name="an_issue_is_approved_once"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="CONTESTED") | ~Q(remarks=""), name="a_contest_gives_its_remarks"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.issue_id}"

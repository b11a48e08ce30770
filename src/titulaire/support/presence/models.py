"""Plans of the week, counts of the morning, explanations. Nothing is edited: the last one prevails."""

from __future__ import annotations

from django.db import models

from titulaire.identity.models import Contract
from titulaire.support.presence.rules import Cause, Origin


class StaffPlan(models.Model):
    """The staff announced for a week (its Monday), with its document. A new version replaces the week."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="staff_plans")
    week = models.DateField()
    version = models.PositiveIntegerField()
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    sent_by = models.CharField(max_length=80)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-week", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "week", "version"], name="one_staff_plan_per_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.week} v{self.version}"


class PlannedStaff(models.Model):
    """Advisers and hours announced for a day and a site."""

    plan = models.ForeignKey(StaffPlan, on_delete=models.PROTECT, related_name="days")
    on = models.DateField()
    site = models.CharField(max_length=40)
    heads = models.PositiveIntegerField()
    hours = models.DecimalField(max_digits=8, decimal_places=2)
    training_hours = models.DecimalField(max_digits=8, decimal_places=2)
    internal_hours = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["on", "site"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "on", "site"], name="one_head_count_per_day_and_site"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.site}: {self.heads}"


class MorningCount(models.Model):
    """Advisers present on a morning. A count from the facts prevails over one that was entered."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="morning_counts")
    on = models.DateField()
    site = models.CharField(max_length=40)
    present = models.PositiveIntegerField()
    origin = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Origin])
    counted_by = models.CharField(max_length=80)
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["counted_at", "pk"]
        indexes = [models.Index(fields=["contract", "on"], name="counts_of_a_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.site}: {self.present}"


class GapExplanation(models.Model):
    """Why the count of a morning was not the plan: of these two figures and no others."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="gap_explanations")
    on = models.DateField()
    site = models.CharField(max_length=40)
    planned = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    cause = models.CharField(max_length=13, choices=[(one.value, one.value) for one in Cause])
    # Never a name nor a medical reason: the form says so.
    text = models.CharField(max_length=500)
    explained_by = models.CharField(max_length=80)
    explained_at = models.DateTimeField()

    class Meta:
        ordering = ["explained_at", "pk"]
        indexes = [models.Index(fields=["contract", "on"], name="explanations_of_a_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.site}: {self.cause}"

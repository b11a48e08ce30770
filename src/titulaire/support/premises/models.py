"""Sites with their evidence, controls of their floors, workstations as they were found."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.premises.rules import SiteKind


class Site(models.Model):
    """A place of production or of backup; `code` is that of the facts. `closed_on` is not included."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="sites")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=[(each.value, each.value) for each in SiteKind])
    cpam = models.CharField(max_length=120)
    rail_minutes = models.PositiveSmallIntegerField()
    evidence_name = models.CharField(max_length=200)
    evidence_sha256 = models.CharField(max_length=64)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "code"], name="one_site_per_code"),
            models.CheckConstraint(condition=~Q(evidence_sha256=""), name="a_site_has_its_evidence"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="a_site_closes_after",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class FloorCheck(models.Model):
    """A control of a floor: whether it is dedicated to the contract, and how its access is controlled."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="floor_checks")
    floor = models.CharField(max_length=80)
    checked_on = models.DateField()
    is_dedicated = models.BooleanField()
    is_controlled = models.BooleanField()
    control = models.CharField(max_length=300)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-checked_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.site_id} {self.floor} {self.checked_on}"


class WorkstationFound(models.Model):
    """A workstation as it was found on a day, and what it lacked of what the contract asked that day."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="workstations")
    number = models.CharField(max_length=40, help_text="Of its member of staff.")
    post = models.CharField(max_length=10)
    checked_on = models.DateField()
    items = models.JSONField()
    ram_gb = models.PositiveSmallIntegerField()
    cpu_score = models.PositiveIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    browser = models.CharField(max_length=20)
    version = models.CharField(max_length=30)
    phone = models.CharField(max_length=20)
    agreed = models.CharField(max_length=200, blank=True)
    lacks = models.JSONField()
    is_last = models.BooleanField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["number", "-checked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"],
                condition=Q(is_last=True),
                name="one_last_workstation_of_a_member",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.checked_on}"

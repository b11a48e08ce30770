"""Amendments and agreed readings: what the parties signed after the contract, never changed once recorded."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract


class Amendment(models.Model):
    """An amendment signed by both parties. `document_sha256` identifies the signed document."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    signed_on = models.DateField()
    document_name = models.CharField(max_length=200)
    document_sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_amendment_per_number"),
            models.CheckConstraint(
                condition=Q(document_sha256__regex=r"^[0-9a-f]{64}$"), name="an_amendment_has_its_document"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} no. {self.number}"


class AmendedValue(models.Model):
    """A value that an amendment adds to a term from a day on. `value` is the TOML text of the value,
    `clause` that of the value it follows.

    `contract` repeats the amendment's own, so that the database refuses two values from one day.
    """

    amendment = models.ForeignKey(Amendment, on_delete=models.PROTECT, related_name="values")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="amended_values")
    term = models.CharField(max_length=60)
    from_on = models.DateField()
    value = models.TextField()
    clause = models.CharField(max_length=60)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["term", "from_on"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "term", "from_on"], name="one_amended_value_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.term} from {self.from_on}"


class ReadingChange(models.Model):
    """Another option of a reading, agreed by both parties, from a day on."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="reading_changes")
    reading = models.CharField(max_length=60)
    option = models.CharField(max_length=60)
    from_on = models.DateField()
    buyer_agreed_on = models.DateField()
    contractor_agreed_on = models.DateField()
    document_name = models.CharField(max_length=200)
    document_sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["reading", "from_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reading", "from_on"], name="one_reading_change_per_day"
            ),
            models.CheckConstraint(
                condition=Q(from_on__gte=F("buyer_agreed_on")) & Q(from_on__gte=F("contractor_agreed_on")),
                name="a_reading_changes_after_both_agreed",
            ),
            models.CheckConstraint(
                condition=Q(document_sha256__regex=r"^[0-9a-f]{64}$"),
                name="a_reading_change_has_its_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reading} is {self.option} from {self.from_on}"

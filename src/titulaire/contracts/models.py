"""Amendments and agreed readings: what the parties signed after the contract, never changed once recorded."""

from __future__ import annotations

from datetime import datetime

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


class LevelChangeQuerySet(models.QuerySet["LevelChange"]):
    def in_effect(self, *, at: datetime) -> LevelChangeQuerySet:
        """Accepted by an answer, or by a silence that lasted until its end. Nobody has to note a silence."""
        answered = Q(accepted=True, answered_at__lte=at)
        return self.filter(answered | Q(accepted__isnull=True, answer_ends_at__lte=at))

    def open_to(self, *, at: datetime) -> LevelChangeQuerySet:
        """Still to be answered."""
        return self.filter(accepted__isnull=True, answer_ends_at__gt=at)


class LevelChange(models.Model):
    """A change of service levels that the buyer notified, and the answer. Its dates were computed from the notice.

    `definition` says what changes beside values. `silence_noted_at` is when the worker told the journal of a
    silence: the acceptance itself dates from `answer_ends_at`. The document is optional: the act is the notice.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="level_changes")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    definition = models.TextField(blank=True)
    notified_at = models.DateTimeField()
    notified_by = models.CharField(max_length=80)
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    asked_from_on = models.DateField(null=True)
    from_on = models.DateField()
    answer_ends_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answer_reasons = models.TextField(blank=True)
    silence_noted_at = models.DateTimeField(null=True)

    objects = LevelChangeQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_level_change_per_number"),
            models.CheckConstraint(
                condition=Q(accepted__isnull=True, answered_at__isnull=True)
                | Q(accepted__isnull=False, answered_at__lt=F("answer_ends_at")),
                name="a_level_change_is_answered_in_time",
            ),
            models.CheckConstraint(
                condition=Q(accepted__isnull=True) | Q(accepted=True) | ~Q(answer_reasons=""),
                name="a_refused_level_change_has_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"level change {self.number} of {self.contract_id}"


class LevelValue(models.Model):
    """A value that a change gives to a term. `value` is the TOML text, `clause` that of the value it follows."""

    change = models.ForeignKey(LevelChange, on_delete=models.PROTECT, related_name="values")
    term = models.CharField(max_length=60)
    value = models.TextField()
    clause = models.CharField(max_length=60)

    class Meta:
        ordering = ["term"]
        constraints = [
            models.UniqueConstraint(fields=["change", "term"], name="one_value_per_term_of_a_level_change"),
        ]

    def __str__(self) -> str:
        return f"{self.term} by {self.change_id}"

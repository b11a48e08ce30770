"""The questions put to the buyer about unclear sentences, and the answers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract


class ReadingQuestion(models.Model):
    """A question sent about a reading, with the letter as it left, then its answer.

    `answer_option` is the option that the answer chooses, empty when it chooses none. An answer changes nothing by
    itself: another reading needs the agreement of both, recorded by `contracts.services.change_reading`.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="reading_questions")
    reading = models.CharField(max_length=60)
    asked_on = models.DateField()
    letter_sha256 = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    answered_on = models.DateField(null=True)
    answer = models.TextField(blank=True)
    answer_option = models.CharField(max_length=60, blank=True)
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    answer_recorded_at = models.DateTimeField(null=True)
    answer_recorded_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-asked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reading"],
                condition=Q(answered_on__isnull=True),
                name="one_open_question_per_reading",
            ),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | (Q(answered_on__gte=F("asked_on")) & ~Q(answer="")),
                name="an_answer_follows_its_question",
            ),
        ]

    def __str__(self) -> str:
        return f"question about {self.reading} of {self.contract_id}"

"""Articles, their versions, and who said to have read them. A version never changes: a new text is a new version."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.knowledge.rules import Dated, Kind

KINDS = [(each.value, each.value) for each in Kind]


class Article(models.Model):
    """A script, an instruction or an article, by a code that never changes."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="articles")
    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=11, choices=KINDS)
    title = models.CharField(max_length=160)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "code"], name="one_article_per_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Version(models.Model):
    """A text of an article. `vouched_by`: the supervisor who answers for it, never who wrote it.

    `read_by_on`: the last day to have read it; None when reading is free.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    source = models.CharField(max_length=160, blank=True, help_text="The buyer's document it comes from.")
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=80)
    vouched_at = models.DateTimeField(null=True)
    vouched_by = models.CharField(max_length=80, blank=True)
    in_force_on = models.DateField(null=True)
    read_by_on = models.DateField(null=True)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="one_number_per_version"),
            models.CheckConstraint(condition=~Q(text=""), name="a_version_says_something"),
            models.CheckConstraint(
                condition=Q(vouched_at__isnull=True, in_force_on__isnull=True)
                | (
                    Q(vouched_at__isnull=False, in_force_on__isnull=False)
                    & ~Q(vouched_by="")
                    & ~Q(vouched_by=F("written_by"))
                ),
                name="a_version_is_vouched_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} v{self.number}"

    def as_value(self) -> Dated:
        return Dated(self.number, self.in_force_on)


class Reading(models.Model):
    """An adviser who said, on their own account, to have read a version."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="readings")
    adviser = models.CharField(max_length=40)
    read_at = models.DateTimeField()
    read_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["adviser"]
        constraints = [
            models.UniqueConstraint(fields=["version", "adviser"], name="one_reading_per_adviser"),
        ]

    def __str__(self) -> str:
        return f"{self.adviser} read {self.version_id}"

"""The journal: one row per act, chained per contract, never changed. The database itself refuses changes."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from django.db import models

from titulaire.journal.rules import Link

Row = TypeVar("Row", bound=models.Model, covariant=True)


class JournalIsAppendOnly(RuntimeError):
    """Someone tried to change or delete what the journal holds."""


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Refuses what the database would refuse anyway, with a clearer word."""

    def update(self, **kwargs: object) -> NoReturn:
        raise JournalIsAppendOnly("update")

    def delete(self) -> NoReturn:
        raise JournalIsAppendOnly("delete")

    def bulk_update(self, *args: object, **kwargs: object) -> NoReturn:
        raise JournalIsAppendOnly("bulk_update")


class Entry(models.Model):
    """An act: who, when, what, on what. `contract` is a code: a chain outlives the row it names.

    No name of a person is ever here; the content stands beside it, under its salted digest.
    """

    contract = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    act = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "seq"]
        constraints = [models.UniqueConstraint(fields=["contract", "seq"], name="one_entry_per_place")]
        indexes = [models.Index(fields=["contract", "target"], name="journal_target")]

    def __str__(self) -> str:
        return f"{self.contract} n° {self.seq}: {self.act} {self.target}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise JournalIsAppendOnly("save")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise JournalIsAppendOnly("delete")

    def link(self) -> Link:
        """The entry as the rules of the chain see it."""
        return Link(
            contract=self.contract,
            seq=self.seq,
            at=self.at,
            actor=self.actor,
            act=self.act,
            target=self.target,
            digest=self.digest,
            prev=self.prev,
            hash=self.hash,
        )


class Content(models.Model):
    """What an act did, in words and figures, with the salt of its digest."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="content")
    salt = models.CharField(max_length=32)
    body = models.JSONField(default=dict)

    objects = AppendOnlyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"content of entry {self.entry_id}"

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise JournalIsAppendOnly("delete")

"""What entered, which files hold it, and which files speak for a month."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from titulaire.identity.models import Contract, MachineKey

RECORDS = [(code, code) for code in ("LEGS", "STATES", "ITEMS", "AGGREGATES")]


class FactKey(MachineKey):
    """A key with which a telephony sends facts live, as one source.

    `source` is that of the connector whose files tell the same facts again later, if there is one: then a fact
    sent live and told again by a file is one fact.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="fact_keys")
    source = models.CharField(max_length=40)


class BatchQuerySet(models.QuerySet["Batch"]):
    def accepted(self) -> BatchQuerySet:
        return self.filter(state="ACCEPTED")


class Batch(models.Model):
    """One file that was presented, with what became of it. `key` depends on the file and the mapping alone:
    the same file through the same mapping is the same batch.

    The file itself is not kept (it names callers): its hash is, and the mapping's text.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="fact_batches")
    key = models.CharField(max_length=32)
    record = models.CharField(max_length=12, choices=RECORDS)
    source = models.CharField(max_length=40)
    mapping = models.TextField()
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=[("ACCEPTED", "ACCEPTED"), ("REFUSED", "REFUSED")])
    rows_read = models.PositiveIntegerField()
    rows_accepted = models.PositiveIntegerField()
    rows_refused = models.PositiveIntegerField()
    refused_by_rule = models.JSONField(default=dict)
    refusals_file = models.CharField(max_length=255, blank=True)
    # What entered under a name that the contract's list did not have, with its rows: {field: {name: rows}}.
    # The most frequent names; the rows of all the others are under "".
    unlisted = models.JSONField(default=dict)
    # Civil days whose facts this batch added or took away: what depends on them is to be made again.
    days = models.JSONField(default=list)
    supersedes = models.CharField(max_length=5, blank=True, choices=[("ROWS", "ROWS"), ("DAYS", "DAYS")])
    reason = models.CharField(max_length=500, blank=True)
    # How many facts of which earlier batch it took out of force: {batch key: rows}.
    superseded = models.JSONField(default=dict)
    # A message received live: the key that brought it, and the sender's own name for it.
    sent_by = models.ForeignKey(FactKey, on_delete=models.PROTECT, null=True, related_name="batches")
    sent_as = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    imported_at = models.DateTimeField()

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-imported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "key"], name="one_batch_per_file_and_mapping"),
            models.UniqueConstraint(
                fields=["sent_by", "sent_as"],
                condition=Q(state="ACCEPTED", sent_by__isnull=False),
                name="one_batch_per_message",
            ),
            models.CheckConstraint(condition=Q(supersedes="") | ~Q(reason=""), name="a_correction_says_why"),
            models.CheckConstraint(
                condition=Q(rows_accepted=0) | Q(state="ACCEPTED"), name="a_refused_batch_brings_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.file_name}"


class FactFile(models.Model):
    """An immutable file. DELIVERED: what a batch brought; REMAINDER: what a correction left of another;
    MERGED: the rows of many small files, put together.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="fact_files")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="files")
    record = models.CharField(max_length=12, choices=RECORDS)
    month = models.DateField()
    kind = models.CharField(
        max_length=10,
        choices=[("DELIVERED", "DELIVERED"), ("REMAINDER", "REMAINDER"), ("MERGED", "MERGED")],
    )
    path = models.CharField(max_length=255, unique=True)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["path"]
        indexes = [models.Index(fields=["contract", "record", "month"], name="facts_of_a_month")]

    def __str__(self) -> str:
        return self.path


class ManifestQuerySet(models.QuerySet["Manifest"]):
    def in_force(self) -> ManifestQuerySet:
        """The last version of each month."""
        later = Manifest.objects.filter(
            contract=models.OuterRef("contract"),
            record=models.OuterRef("record"),
            month=models.OuterRef("month"),
            version__gt=models.OuterRef("version"),
        )
        return self.filter(~models.Exists(later))


class Manifest(models.Model):
    """Which files speak for a month of a contract, from `at` until the next version. Never edited.

    `digest` is that of the files' hashes: two statements with the same digest used the same facts.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="fact_manifests")
    record = models.CharField(max_length=12, choices=RECORDS)
    month = models.DateField()
    version = models.PositiveIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="manifests")
    files = models.ManyToManyField(FactFile, related_name="manifests")
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    at = models.DateTimeField()

    objects = ManifestQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "record", "month", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "record", "month", "version"], name="one_manifest_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record} {self.month:%Y-%m} v{self.version}"


class CallerKey(models.Model):
    """The sealed key of a month's caller pseudonyms. Deleting it makes them impossible to trace, for ever."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="caller_keys")
    month = models.DateField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "month"], name="one_caller_key_per_month")]

    def __str__(self) -> str:
        return f"caller key of {self.month:%Y-%m}"

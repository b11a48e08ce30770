"""Vouchers and booklets, the keys that sign them, the jobs that print them, the paper they are made of."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.rules import BOOKLET_LIMIT, Number
from titulaire.vouchers.orders.models import Order, OrderLine


class VoucherState(StrEnum):
    """Where a voucher stands in its life: in exactly one of these states."""

    ISSUED = "ISSUED"
    DISPATCHED = "DISPATCHED"
    DELIVERED = "DELIVERED"
    USED = "USED"
    PAID = "PAID"
    STOPPED = "STOPPED"
    REPLACED = "REPLACED"
    EXPIRED = "EXPIRED"
    REFUNDED = "REFUNDED"
    CANCELLED = "CANCELLED"


VOUCHER_STATE_LABELS: dict[VoucherState, str] = {
    VoucherState.ISSUED: "Émis",
    VoucherState.DISPATCHED: "Expédié",
    VoucherState.DELIVERED: "Livré",
    VoucherState.USED: "Utilisé",
    VoucherState.PAID: "Payé",
    VoucherState.STOPPED: "Opposé",
    VoucherState.REPLACED: "Remplacé",
    VoucherState.EXPIRED: "Périmé",
    VoucherState.REFUNDED: "Remboursé",
    VoucherState.CANCELLED: "Annulé",
}


class PrintState(StrEnum):
    """A print job: to be asked, being made, held by proof-reading, ready, released to the printer, reconciled."""

    TO_MAKE = "TO_MAKE"
    QUEUED = "QUEUED"
    HELD = "HELD"
    READY = "READY"
    RELEASED = "RELEASED"
    RECONCILED = "RECONCILED"


class Series(models.Model):
    """The continuous series of a contract's vouchers: who numbers, and the next number to give.

    `issuer` is three digits printed in each number: two contracts never share it, so that a number is
    unique beyond its contract.
    """

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, primary_key=True)
    issuer = models.PositiveSmallIntegerField(unique=True)
    next_serial = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(issuer__lte=999), name="an_issuer_has_three_digits"),
            models.CheckConstraint(condition=Q(next_serial__gte=1), name="a_series_starts_at_one"),
        ]

    def __str__(self) -> str:
        return f"series {self.issuer:03d} of {self.contract_id}"


class SigningKey(models.Model):
    """A key that signs the vouchers of one vintage. The private half is encrypted; the public one is published.

    `key_id` is unique in the whole house: it stands in every code, and says alone which key to verify with.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="signing_keys")
    key_id = models.PositiveSmallIntegerField(unique=True)
    vintage = models.PositiveSmallIntegerField()
    public = models.JSONField()
    private = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    # A retired key signs nothing more; what it signed stays verifiable.
    retired_at = models.DateTimeField(null=True)
    retired_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["key_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "vintage"],
                condition=Q(retired_at__isnull=True),
                name="one_key_signs_a_vintage",
            ),
            models.CheckConstraint(condition=Q(key_id__lte=255), name="a_key_id_is_one_byte"),
        ]

    def __str__(self) -> str:
        return f"key {self.key_id} of {self.contract_id}, vintage {self.vintage}"


class Booklet(models.Model):
    """Vouchers bound together, 1 to 25, for one person or without a name.

    `reissue` is None for what the order itself printed; otherwise its vouchers stand for dead ones of the same line.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="booklets")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="issued_booklets")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="booklets")
    rank = models.PositiveIntegerField()
    reference = models.CharField(max_length=30)
    size = models.PositiveSmallIntegerField()
    first_serial = models.PositiveBigIntegerField()
    reissue = models.ForeignKey("Reissue", on_delete=models.PROTECT, null=True, related_name="booklets")

    class Meta:
        ordering = ["order", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="one_booklet_per_reference"),
            models.UniqueConstraint(fields=["order", "rank"], name="one_booklet_per_rank"),
            models.UniqueConstraint(fields=["contract", "first_serial"], name="booklets_do_not_start_alike"),
            models.CheckConstraint(
                condition=Q(size__gte=1, size__lte=BOOKLET_LIMIT), name="a_booklet_has_1_to_25_titles"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def last_serial(self) -> int:
        """Serial of the last voucher, included."""
        return int(self.first_serial) + int(self.size) - 1


class Voucher(models.Model):
    """One title. Its number is unique for ever; its state changes by compare-and-set only.

    `code` is the signed text of its Data Matrix: it proves that the voucher was issued, never that it
    was not used. The row is the judge of use.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="vouchers")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="issued_vouchers")
    booklet = models.ForeignKey(Booklet, on_delete=models.PROTECT, related_name="vouchers")
    number = models.CharField(max_length=15, unique=True)
    serial = models.PositiveBigIntegerField()
    vintage = models.PositiveSmallIntegerField()
    face_value_cents = models.PositiveIntegerField()
    valid_from_on = models.DateField()
    last_valid_on = models.DateField()
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in VoucherState])
    code = models.CharField(max_length=124)
    # Six letters printed beside the number, for a check by telephone.
    short_code = models.CharField(max_length=6)
    issued_at = models.DateTimeField()
    # The voucher that this one stands for: one live descendant at most, held by the database.
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        ordering = ["contract", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "serial"], name="one_voucher_per_serial"),
            models.CheckConstraint(condition=Q(face_value_cents__gt=0), name="a_voucher_is_worth_something"),
            models.CheckConstraint(
                condition=Q(last_valid_on__gt=F("valid_from_on")), name="a_voucher_is_valid_a_while"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in VoucherState]),
                name="a_voucher_is_in_a_known_state",
            ),
        ]
        indexes = [models.Index(fields=["contract", "state", "vintage"], name="vouchers_by_state")]

    def __str__(self) -> str:
        return self.number

    @property
    def face_value(self) -> Decimal:
        """In euros."""
        return Decimal(self.face_value_cents) / 100

    @property
    def grouped(self) -> str:
        """The number as it is printed, in groups."""
        return Number.parse(self.number).grouped

    @property
    def state_label(self) -> str:
        """The state in French."""
        return VOUCHER_STATE_LABELS[VoucherState(self.state)]


class VoucherMove(models.Model):
    """One step of a voucher's life: from a state to another, when, and by which act of the journal.

    Written by the statement that moves the voucher, and never changed: together these rows are its history.
    """

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField()
    act = models.CharField(max_length=60)
    target = models.CharField(max_length=200)

    class Meta:
        ordering = ["voucher", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.voucher_id}: {self.from_state} to {self.to_state}"


class PaperBatch(models.Model):
    """A batch of paper and the evidence that it is what the contract asks (T-2.4-papier-durable)."""

    RECYCLED, CERTIFIED = "RECYCLED", "CERTIFIED"
    VEGETABLE, OTHER = "VEGETABLE", "OTHER"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="paper_batches")
    reference = models.CharField(max_length=60)
    supplier = models.CharField(max_length=120)
    fibre = models.CharField(max_length=10, choices=[(RECYCLED, RECYCLED), (CERTIFIED, CERTIFIED)])
    label = models.CharField(max_length=60)
    certified_percent = models.PositiveSmallIntegerField()
    iso_14001 = models.BooleanField()
    bleaching = models.CharField(max_length=10, choices=[("TCF", "TCF"), ("ECF", "ECF"), ("NONE", "NONE")])
    ink = models.CharField(max_length=10, choices=[(VEGETABLE, VEGETABLE), (OTHER, OTHER)])
    ink_justification = models.CharField(max_length=500, blank=True)
    evidence_name = models.CharField(max_length=255)
    evidence_sha256 = models.CharField(max_length=64)
    evidence_expires_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-recorded_at"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="one_paper_batch_per_reference"),
            models.CheckConstraint(
                condition=Q(fibre="RECYCLED", certified_percent=100)
                | Q(fibre="CERTIFIED", certified_percent__gte=75),
                name="paper_is_recycled_or_certified",
            ),
            models.CheckConstraint(
                condition=Q(ink="VEGETABLE") | ~Q(ink_justification=""), name="another_ink_is_justified"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PrintJob(models.Model):
    """The printing of one order: its files, what proof-reading found, who released it, what the printer returned.

    `attempt` counts the makings: a job held by proof-reading is made again under the next one.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="print_jobs")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="print_job")
    batch = models.CharField(max_length=12)
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in PrintState])
    # The exact texts and settings the files were made from: the same spec makes the same bytes.
    settings = models.JSONField(default=dict)
    attempt = models.PositiveSmallIntegerField(default=0)
    press_sha256 = models.CharField(max_length=64, blank=True)
    archive_sha256 = models.CharField(max_length=64, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveIntegerField(default=0)
    proof = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    paper = models.ForeignKey(PaperBatch, on_delete=models.PROTECT, null=True, related_name="print_jobs")
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True)
    reconciled_at = models.DateTimeField(null=True)
    reconciliation = models.JSONField(default=dict)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "batch"], name="one_print_job_per_batch"),
            models.CheckConstraint(
                condition=~Q(state__in=["RELEASED", "RECONCILED"])
                | Q(released_at__isnull=False, paper__isnull=False),
                name="a_released_job_has_its_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"print job {self.batch}"

    @property
    def work_key(self) -> str:
        """The key, in the queue of work, of its present making."""
        return f"print:{self.pk}:{self.attempt}"


class Reissue(models.Model):
    """New vouchers in place of dead ones of one order, all of one vintage and one face value, and their printing.

    It orders nothing: the ceiling knows only the order. `target` is what made it necessary, such as "stop:…".
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="reissues")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reissues")
    rank = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=30)
    batch = models.CharField(max_length=12)
    cause = models.CharField(max_length=20)
    target = models.CharField(max_length=200)
    vouchers = models.PositiveIntegerField()
    # The exact texts that the file is made from: made again, it has the same bytes.
    settings = models.JSONField(default=dict)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=80)
    paper = models.ForeignKey(PaperBatch, on_delete=models.PROTECT, null=True, related_name="reissues")
    press_sha256 = models.CharField(max_length=64, blank=True)
    printed_at = models.DateTimeField(null=True)
    printed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "rank"], name="one_reissue_per_rank"),
            models.UniqueConstraint(fields=["contract", "reference"], name="one_reissue_per_reference"),
            models.UniqueConstraint(fields=["contract", "batch"], name="one_reissue_per_batch"),
            models.CheckConstraint(condition=Q(vouchers__gte=1), name="a_reissue_makes_vouchers"),
            models.CheckConstraint(
                condition=Q(press_sha256="", printed_at__isnull=True)
                | Q(printed_at__isnull=False, paper__isnull=False),
                name="a_printed_reissue_has_its_paper",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Reprint(models.Model):
    """A booklet printed again: the same vouchers on new paper, never new vouchers."""

    booklet = models.ForeignKey(Booklet, on_delete=models.PROTECT, related_name="reprints")
    rank = models.PositiveSmallIntegerField()
    reason = models.CharField(
        max_length=20, choices=[(code, code) for code in ("SPOILED", "MISCUT", "LOST_AT_PRINTER")]
    )
    note = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["booklet", "rank"]
        constraints = [models.UniqueConstraint(fields=["booklet", "rank"], name="one_reprint_per_rank")]

    def __str__(self) -> str:
        return f"reprint {self.rank} of booklet {self.booklet_id}"


class Imprint(models.Model):
    """A version of what every voucher of a contract says of its parties. The newest is printed; older ones remain."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="imprints")
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    goods = models.CharField(max_length=200)
    issuer_name = models.CharField(max_length=80)
    issuer_address = models.CharField(max_length=200)
    payee_name = models.CharField(max_length=80)
    payee_address = models.CharField(max_length=200)
    authority_name = models.CharField(max_length=80)
    authority_address = models.CharField(max_length=200)
    cover_note = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="one_imprint_per_version")
        ]

    def __str__(self) -> str:
        return f"imprint {self.version} of {self.contract_id}"


class Letter(models.Model):
    """A version of the letter that goes with a booklet. The newest in force is printed; older ones remain."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="letters")
    version = models.PositiveSmallIntegerField()
    written_by = models.CharField(max_length=10, choices=[("BUYER", "BUYER"), ("ISSUER", "ISSUER")])
    place = models.CharField(max_length=80)
    subject = models.CharField(max_length=160)
    body = models.TextField()
    closing = models.CharField(max_length=300)
    signature = models.CharField(max_length=160)
    footer = models.CharField(max_length=300, blank=True)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["contract", "version"], name="one_letter_per_version")]

    def __str__(self) -> str:
        return f"letter {self.version} of {self.contract_id}"


class AdvertPage(models.Model):
    """A page of advantages or advertising, at the beginning or the end of booklets, from a day to a day."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="advert_pages")
    title = models.CharField(max_length=120)
    body = models.TextField()
    address = models.URLField(blank=True)
    side = models.CharField(max_length=10, choices=[("BEGINNING", "BEGINNING"), ("END", "END")])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["side", "since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="an_advert_ends_after_its_start",
            )
        ]

    def __str__(self) -> str:
        return self.title

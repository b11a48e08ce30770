"""What is kept of the end of a vintage: declarations, runs, refunds and cheques, credit notes, reminders, reports."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from titulaire.billing.models import Document
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.settlement.rules import Holding


class Declaration(models.Model):
    """What the buyer declared of a voucher: it still holds it, or it is lost. Decides its fate at the end."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="declarations")
    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, related_name="declaration")
    holding = models.CharField(max_length=4, choices=[(each.value, each.value) for each in Holding])
    declared_at = models.DateTimeField()
    declared_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["voucher"]

    def __str__(self) -> str:
        return f"{self.voucher_id}: {self.holding}"


class ReplacementRun(models.Model):
    """One run of the automatic replacement of a vintage. What it replaced is told by the vouchers themselves."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="replacement_runs")
    vintage = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField()
    vouchers = models.PositiveIntegerField()
    booklets = models.PositiveIntegerField()
    value_cents = models.PositiveBigIntegerField()
    first_number = models.CharField(max_length=15)
    last_number = models.CharField(max_length=15)
    done_at = models.DateTimeField()
    done_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-vintage", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "vintage", "rank"], name="one_replacement_per_rank"),
            models.CheckConstraint(condition=Q(vouchers__gte=1), name="a_replacement_replaces_something"),
        ]

    def __str__(self) -> str:
        return f"replacement {self.vintage}/{self.rank} of {self.contract_id}"

    @property
    def value(self) -> Decimal:
        """In euros."""
        return Decimal(self.value_cents) / 100


class Refund(models.Model):
    """A refund of a vintage: rank 0 by the contract's date, then the regularisations, up or down.

    Both readings stand side by side; `amount` is what this line pays, already paid deducted.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="refunds")
    vintage = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=16)
    vouchers = models.PositiveIntegerField()
    basis = models.CharField(max_length=20)
    weight = models.CharField(max_length=10)
    year_of_orders = models.CharField(max_length=15)
    pool = models.DecimalField(max_digits=14, decimal_places=2)
    own_weight = models.PositiveBigIntegerField()
    all_weights = models.PositiveBigIntegerField()
    pro_rata = models.DecimalField(max_digits=14, decimal_places=2)
    exact = models.DecimalField(max_digits=14, decimal_places=2)
    already = models.DecimalField(max_digits=14, decimal_places=2)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    planned_on = models.DateField()
    due_on = models.DateField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-vintage", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "vintage", "rank"], name="one_refund_per_rank"),
            models.UniqueConstraint(fields=["contract", "number"], name="one_refund_per_number"),
            models.CheckConstraint(condition=Q(rank__gte=1) | Q(amount__gte=0), name="a_first_refund_pays"),
        ]

    def __str__(self) -> str:
        return self.number


class RefundedVoucher(models.Model):
    """A voucher of a refund, and why: held by the buyer past its date, or lost."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, related_name="refund_line")
    holding = models.CharField(max_length=4, choices=[(each.value, each.value) for each in Holding])

    def __str__(self) -> str:
        return f"{self.refund_id}: {self.voucher_id}"


class Cheque(models.Model):
    """The cheque that pays a refund, its letter, and when it was cashed."""

    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="cheque")
    number = models.CharField(max_length=20)
    bank = models.CharField(max_length=80)
    drawn_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    letter_sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)
    cashed_on = models.DateField(null=True)

    class Meta:
        ordering = ["-drawn_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "number"], name="one_cheque_per_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_cheque_pays_something"),
            models.CheckConstraint(
                condition=Q(cashed_on__isnull=True) | Q(cashed_on__gte=F("drawn_on")),
                name="a_cheque_is_cashed_after_it_is_drawn",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CreditNote(models.Model):
    """What the contractor owes, stated: numbered without a gap, tied to its cause, signed by both sides.

    `document` is the credit note of the invoices that pays it, when its cause corrects an invoice: the same euros.
    """

    CAUSES = ("COMPLAINT", "REFUND", "DELIVERY", "DEFECT", "INVOICE", "OTHER")

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="credit_notes")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=14)
    cause = models.CharField(max_length=10, choices=[(code, code) for code in CAUSES])
    # The complaint, refund, order or invoice that it follows, as that one is numbered.
    cause_reference = models.CharField(max_length=40)
    label = models.CharField(max_length=300)
    vouchers = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=80)
    buyer_agreed_at = models.DateTimeField(null=True)
    buyer_agreed_by = models.CharField(max_length=80, blank=True)
    contractor_agreed_at = models.DateTimeField(null=True)
    contractor_agreed_by = models.CharField(max_length=80, blank=True)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, related_name="credit_statement"
    )

    class Meta:
        ordering = ["-year", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_credit_note_per_rank"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_credit_note_credits_something"),
            models.CheckConstraint(condition=~Q(cause_reference=""), name="a_credit_note_has_its_cause"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_settled(self) -> bool:
        """Both sides signed its statement."""
        return self.buyer_agreed_at is not None and self.contractor_agreed_at is not None


class Reminder(models.Model):
    """A reminder that was sent, with what was unused on that day: the next ones measure its effect."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="reminders")
    vintage = models.PositiveSmallIntegerField()
    days_before = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=6, choices=[(code, code) for code in ("EMAIL", "LETTER", "SMS")])
    due_on = models.DateField()
    recipients = models.PositiveIntegerField()
    unused = models.PositiveIntegerField()
    unused_cents = models.PositiveBigIntegerField()
    # Letters and messages are kept as files; they name people, and are read by the operator alone.
    file_sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-vintage", "-days_before", "channel"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "vintage", "days_before", "channel"],
                name="one_reminder_per_step_and_channel",
            )
        ]

    def __str__(self) -> str:
        return f"J-{self.days_before} {self.channel}, {self.vintage}"


class YearlyReport(models.Model):
    """An issue of the report of a year of the contract: frozen values, the list behind each, and its seal.

    A later correction makes another issue beside it. `entry_hash` is the journal's own, over these very digests.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="yearly_reports")
    year = models.PositiveSmallIntegerField()
    issue = models.PositiveSmallIntegerField()
    start_on = models.DateField()
    end_on = models.DateField()
    due_on = models.DateField()
    values = models.JSONField()
    # The numbers of the vouchers and complaints behind each figure, as a kept file.
    sources_sha256 = models.CharField(max_length=64)
    values_sha256 = models.CharField(max_length=64)
    differences = models.JSONField(default=list)
    entry_hash = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-year", "-issue"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "issue"], name="one_report_per_issue"),
            models.CheckConstraint(condition=Q(end_on__gt=F("start_on")), name="a_report_covers_a_while"),
        ]

    def __str__(self) -> str:
        return f"report {self.year} issue {self.issue} of {self.contract_id}"

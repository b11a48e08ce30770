"""Documents, their lines, the counters of their numbers, payments, and who invoices whom.

Once numbered, a document and its lines never change: triggers of the database refuse it, whoever asks.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from titulaire.billing.rules import (
    Cause,
    DocumentKind,
    Exemption,
    InvoiceLine,
    Item,
    Means,
    Standing,
    Totals,
    Unit,
    standing,
    totals,
)
from titulaire.identity.models import Contract

EUROS: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}
AMOUNT: DecimalField[Decimal, Decimal] = DecimalField(**EUROS)


class Profile(models.Model):
    """Who invoices whom on a contract, and where. A document keeps its own copy of what it was issued with."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="billing_profile")
    # Written before the numbers: a contractor of several contracts tells its series apart by it.
    series = models.CharField(max_length=6, blank=True)
    seller = models.JSONField()
    buyer = models.JSONField()
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11)
    engagement_number = models.CharField(max_length=50, blank=True)
    service_code = models.CharField(max_length=50, blank=True)
    contract_reference = models.CharField(max_length=50, blank=True)
    payment_days = models.PositiveSmallIntegerField()
    late_interest = models.CharField(max_length=300)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"billing of {self.contract_id}"


class Counter(models.Model):
    """The last rank given to a kind of document in a year. Its row is locked while a number is taken."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "kind", "year"], name="one_counter_per_series")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def of(self, contract: Contract) -> DocumentQuerySet:
        return self.filter(contract=contract)

    def invoices(self) -> DocumentQuerySet:
        return self.filter(kind=DocumentKind.INVOICE)

    def issued(self) -> DocumentQuerySet:
        return self.exclude(number="")

    def with_balance(self) -> DocumentQuerySet:
        """With `paid`, `credited` and `left`: what came, what was taken back, what is still owed."""
        # Rounded: SQLite adds decimals as floats, and a billionth of a cent would still be owed.
        nothing = Value(Decimal("0.00"), output_field=AMOUNT)
        paid = Payment.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(t=Sum("amount"))
        taken = (
            Document.objects.issued()
            .filter(corrects=OuterRef("pk"))
            .values("corrects")
            .annotate(t=Sum("gross"))
        )
        return self.annotate(
            paid=Coalesce(Subquery(paid.values("t"), output_field=AMOUNT), nothing),
            credited=Coalesce(Subquery(taken.values("t"), output_field=AMOUNT), nothing),
        ).annotate(left=Round(F("gross") - F("paid") - F("credited"), precision=2, output_field=AMOUNT))

    def standing(self, code: str, *, on: date) -> DocumentQuerySet:
        """Those that stand so on that day; after `with_balance`."""
        owed = Q(kind=DocumentKind.INVOICE, left__gt=0) & ~Q(number="")
        match Standing(code):
            case Standing.DRAFT:
                return self.filter(number="")
            case Standing.CREDIT:
                return self.filter(kind=DocumentKind.CREDIT_NOTE)
            case Standing.LATE:
                return self.filter(owed, due_on__lt=on)
            case Standing.DUE:
                return self.filter(owed, due_on__gte=on)
            case Standing.SETTLED:
                return self.filter(kind=DocumentKind.INVOICE, left__lte=0).exclude(number="")


class Document(models.Model):
    """An invoice or a credit note. Without a number it is a draft: it commits nobody and may be thrown away."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in DocumentKind])
    request_key = models.CharField(max_length=80)
    content = models.CharField(max_length=64, help_text="Digest of what was asked under the request key.")
    period_start_on = models.DateField()
    period_end_on = models.DateField(help_text="First day after the period.")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credit_notes")
    cause = models.CharField(
        max_length=15, blank=True, choices=[(cause.value, cause.value) for cause in Cause]
    )
    reason = models.CharField(max_length=300, blank=True)
    order_reference = models.CharField(max_length=50, blank=True)
    engagement_number = models.CharField(max_length=50, blank=True)
    service_code = models.CharField(max_length=50, blank=True)
    net = models.DecimalField(**EUROS)
    vat = models.DecimalField(**EUROS)
    gross = models.DecimalField(**EUROS)
    outside = models.DecimalField(**EUROS)
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=80)
    # Given together when the document is issued.
    year = models.PositiveSmallIntegerField(null=True)
    rank = models.PositiveIntegerField(null=True)
    number = models.CharField(max_length=24, blank=True)
    issued_at = models.DateTimeField(null=True)
    issued_by = models.CharField(max_length=80, blank=True)
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    parties = models.JSONField(null=True, help_text="The profile as it was when issued.")
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    xml_sha256 = models.CharField(max_length=64, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "request_key"], name="one_document_per_request"
            ),
            models.UniqueConstraint(
                fields=["contract", "kind", "year", "rank"], name="one_document_per_rank"
            ),
            models.UniqueConstraint(
                fields=["contract", "number"], condition=~Q(number=""), name="one_document_per_number"
            ),
            models.CheckConstraint(condition=Q(gross__gt=0), name="a_document_has_a_positive_total"),
            models.CheckConstraint(
                condition=Q(gross=Round(F("net") + F("vat"), precision=2)),
                name="a_total_is_its_amount_and_its_vat",
            ),
            models.CheckConstraint(
                condition=Q(period_end_on__gt=F("period_start_on")), name="a_billed_period_has_days"
            ),
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.INVOICE.value, corrects__isnull=True, cause="")
                | (Q(kind=DocumentKind.CREDIT_NOTE.value, corrects__isnull=False) & ~Q(cause="")),
                name="a_credit_note_names_its_invoice_and_cause",
            ),
            models.CheckConstraint(
                condition=Q(number="", rank__isnull=True, issued_at__isnull=True, pdf_sha256="")
                | (
                    Q(rank__isnull=False, year__isnull=False, issued_at__isnull=False, due_on__isnull=False)
                    & ~Q(number="")
                    & ~Q(pdf_sha256="")
                    & ~Q(xml_sha256="")
                ),
                name="a_number_comes_with_all_it_freezes",
            ),
        ]
        indexes = [models.Index(fields=["contract", "due_on"], name="billing_due")]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def reference(self) -> str:
        """How addresses and the journal name it: its number, or `brouillon-` and its key."""
        return self.number or f"brouillon-{self.pk}"

    @property
    def is_issued(self) -> bool:
        return bool(self.number)

    @property
    def is_invoice(self) -> bool:
        return self.kind == DocumentKind.INVOICE

    def values(self) -> tuple[InvoiceLine, ...]:
        """The lines as the rules see them."""
        return tuple(line.as_value() for line in self.lines.all())

    def totals(self) -> Totals:
        return totals(self.values())

    def standing(self, *, on: date) -> Standing:
        """Where it stands on a day; after `with_balance`."""
        left: Decimal = getattr(self, "left", self.gross)
        return standing(kind=self.kind, number=self.number, due_on=self.due_on, left=left, on=on)


class Line(models.Model):
    """One line of a document, from rank 1."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="lines")
    place = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=12, choices=[(item.value, item.value) for item in Item])
    label = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=8, choices=[(unit.value, unit.value) for unit in Unit])
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4)
    exemption = models.CharField(
        max_length=12, blank=True, choices=[(each.value, each.value) for each in Exemption]
    )
    net = models.DecimalField(**EUROS)
    clause = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["document", "place"], name="one_line_per_place"),
            models.CheckConstraint(
                condition=Q(vat_rate=0, exemption__gt="") | Q(vat_rate__gt=0, exemption=""),
                name="a_line_without_vat_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def as_value(self) -> InvoiceLine:
        """The line as the rules see it, without the zeros that the column adds."""
        return InvoiceLine(
            item=Item(self.item),
            label=self.label,
            quantity=_plain(self.quantity),
            unit=Unit(self.unit),
            unit_price=_plain(self.unit_price),
            vat_rate=_plain(self.vat_rate),
            exemption=Exemption(self.exemption) if self.exemption else None,
            clause=self.clause,
            source=self.source,
        )


def _plain(value: Decimal) -> Decimal:
    short = value.normalize()
    return short if short.as_tuple().exponent in {0, -1, -2, -3, -4} else short.quantize(Decimal(1))


class Payment(models.Model):
    """What was received for an invoice; never changed."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="payments")
    request_key = models.CharField(max_length=80)
    amount = models.DecimalField(**EUROS)
    paid_on = models.DateField()
    means = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Means])
    reference = models.CharField(max_length=80, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["paid_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "request_key"], name="one_payment_per_request"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.paid_on}"

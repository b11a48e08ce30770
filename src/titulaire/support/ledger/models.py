"""Prices, orders, quantities entered, and the months that hold them. What is replaced stays, and says by what."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from titulaire.billing.models import Document
from titulaire.identity.models import Contract
from titulaire.support.ledger.rules import LedgerState, Ordered, OrderKind, Price, Produced, WorkUnit

UNITS = [(each.value, each.value) for each in WorkUnit]
KINDS = [(each.value, each.value) for each in OrderKind]
STATES = [(each.value, each.value) for each in LedgerState]


class UnitPriceQuerySet(models.QuerySet["UnitPrice"]):
    def in_force(self) -> UnitPriceQuerySet:
        return self.filter(replaced_by__isnull=True)


class UnitPrice(models.Model):
    """The price of a unit from a day on, read in a document of the contract."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="unit_prices")
    unit = models.CharField(max_length=3, choices=UNITS)
    from_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    source = models.CharField(max_length=200)
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it replaces another.")
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaces")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    objects = UnitPriceQuerySet.as_manager()

    class Meta:
        ordering = ["unit", "-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_unit_price_is_positive"),
            models.CheckConstraint(condition=~Q(source=""), name="a_unit_price_says_where_it_is_written"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.from_on}"

    def as_value(self) -> Price:
        return Price(WorkUnit(self.unit), self.from_on, self.amount)


class WorkOrderQuerySet(models.QuerySet["WorkOrder"]):
    def of(self, contract: Contract) -> WorkOrderQuerySet:
        return self.filter(contract=contract)

    def in_force(self) -> WorkOrderQuerySet:
        """The last version of each firm order that is neither cancelled nor refused."""
        standing = self.filter(is_last=True, cancelled=False, kind=OrderKind.FIRM.value)
        return standing.exclude(answer__accepted=False)

    def ending_in(self, since: date, until: date) -> WorkOrderQuerySet:
        """Those whose last day lies in the period, `until` not included."""
        return self.filter(until_on__gt=since, until_on__lte=until)


class WorkOrder(models.Model):
    """A version of an order of hours or acts over days, `until_on` not included."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="work_orders")
    reference = models.CharField(max_length=30)
    version = models.PositiveSmallIntegerField()
    is_last = models.BooleanField()
    cancelled = models.BooleanField(default=False)
    unit = models.CharField(max_length=3, choices=UNITS)
    kind = models.CharField(max_length=10, choices=KINDS, default=OrderKind.FIRM.value)
    since_on = models.DateField()
    until_on = models.DateField()
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    contacts = models.PositiveIntegerField(null=True)
    ordered_on = models.DateField()
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it replaces the version before.")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-since_on", "unit", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reference", "unit", "version"], name="one_version_of_a_work_order"
            ),
            models.UniqueConstraint(
                fields=["contract", "reference", "unit"],
                condition=Q(is_last=True),
                name="one_last_version_of_a_work_order",
            ),
            models.CheckConstraint(condition=Q(until_on__gt=F("since_on")), name="a_work_order_has_days"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_work_order_asks_for_something"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="a_later_version_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} v{self.version}"

    @property
    def accepted(self) -> bool | None:
        """What was answered; None without an answer."""
        return self.answer.accepted if hasattr(self, "answer") else None

    def as_value(self) -> Ordered:
        return Ordered(WorkUnit(self.unit), self.since_on, self.until_on, self.quantity, self.contacts)


class OrderAnswer(models.Model):
    """What the contractor answered to a version of an order, once. Without one in time, silence validates it."""

    order = models.OneToOneField(WorkOrder, on_delete=models.PROTECT, related_name="answer")
    accepted = models.BooleanField()
    answered_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=True) | ~Q(reason=""), name="a_refused_order_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {'accepted' if self.accepted else 'refused'}"


class Ledger(models.Model):
    """The month of a contract. `version` grows each time it is closed; `invoice` is drawn from that closing."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="ledgers")
    month = models.DateField()
    state = models.CharField(max_length=6, choices=STATES)
    version = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    explanation = models.TextField(blank=True, help_text="Of the gap with the hours measured.")
    invoice = models.OneToOneField(Document, on_delete=models.SET_NULL, null=True, related_name="work_ledger")

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "month"], name="one_ledger_per_month"),
            models.CheckConstraint(
                condition=Q(state=LedgerState.OPEN.value, closed_at__isnull=True, invoice__isnull=True)
                | Q(state=LedgerState.CLOSED.value, closed_at__isnull=False, version__gte=1),
                name="a_closed_ledger_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def is_closed(self) -> bool:
        return self.state == LedgerState.CLOSED


class Batch(models.Model):
    """What entered a month's ledger at once: a file, or one entry made by hand (no file)."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="batches")
    file_name = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it corrects what was entered.")
    rows = models.PositiveIntegerField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ledger", "file_sha256"],
                condition=~Q(file_sha256=""),
                name="one_batch_per_file_of_a_ledger",
            )
        ]

    def __str__(self) -> str:
        return self.file_name or f"entry {self.pk}"


class EntryQuerySet(models.QuerySet["Entry"]):
    def in_force(self) -> EntryQuerySet:
        return self.filter(superseded_by__isnull=True)


class Entry(models.Model):
    """A quantity produced over days, `until_on` not included. A correction supersedes it; it is never changed."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="entries")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="entries")
    row = models.PositiveIntegerField(null=True)
    unit = models.CharField(max_length=3, choices=UNITS)
    since_on = models.DateField()
    until_on = models.DateField()
    site = models.CharField(max_length=40, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    superseded_by = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="superseded")

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["since_on", "unit", "site", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gt=F("since_on")), name="an_entry_has_days"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="an_entry_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.since_on}"

    def as_value(self) -> Produced:
        return Produced(WorkUnit(self.unit), self.since_on, self.until_on, self.quantity, self.site)

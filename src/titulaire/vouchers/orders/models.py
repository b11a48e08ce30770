"""Orders and what surrounds them: files received, dry runs, calendar, face value, what is committed."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from titulaire.amounts import to_cents
from titulaire.identity.models import Contract, MachineKey
from titulaire.vouchers.orders.rules import CalendarMonth, Delivery, OrderKind, OrderState, ValueFrom


class SourceFile(models.Model):
    """A file as it was received. Its bytes name people: they are erased after a while, its digest stays."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="order_files")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return self.name


class Beneficiary(models.Model):
    """A person known by the buyer's reference alone: name and address stand on each order's line."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="beneficiaries")
    reference = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["reference"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="one_beneficiary_per_reference"),
            models.CheckConstraint(condition=~Q(reference=""), name="a_beneficiary_has_a_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class OrderQuerySet(models.QuerySet["Order"]):
    def of(self, contract: Contract) -> OrderQuerySet:
        return self.filter(contract=contract)

    def live(self) -> OrderQuerySet:
        """Orders that count: all but the cancelled."""
        return self.exclude(state=OrderState.CANCELLED)


class Order(models.Model):
    """A purchase order on the framework agreement. Its figures are those of the day it was confirmed."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="orders")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in OrderKind])
    state = models.CharField(max_length=15, choices=[(state.value, state.value) for state in OrderState])
    month = models.DateField(help_text="First day of the month whose titles are ordered.")
    vintage = models.PositiveSmallIntegerField()
    valid_until_on = models.DateField(help_text="Last day of use of its titles, included.")
    face_value = models.DecimalField(max_digits=8, decimal_places=2)
    vouchers = models.PositiveIntegerField()
    booklets = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    # What is ordered, whatever the file's name, encoding or row order; of an ad-hoc order, its request.
    fingerprint = models.CharField(max_length=64)
    source = models.ForeignKey(SourceFile, on_delete=models.PROTECT, null=True, related_name="orders")
    reason = models.CharField(max_length=300, blank=True)
    rows_refused = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=80, blank=True)
    acknowledged_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    promised_on = models.DateField(null=True)
    planned_on = models.DateField(null=True)
    shift = models.CharField(max_length=20, blank=True)
    issued_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=80, blank=True)
    cancelled_because = models.CharField(max_length=300, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_order_per_rank"),
            models.UniqueConstraint(fields=["contract", "number"], name="one_order_per_number"),
            models.UniqueConstraint(
                fields=["contract", "fingerprint"],
                condition=~Q(state=OrderState.CANCELLED.value),
                name="the_same_content_is_one_order",
            ),
            models.CheckConstraint(
                condition=Q(vouchers__gte=1, booklets__gte=1, booklets__lte=F("vouchers")),
                name="an_order_has_titles_in_booklets",
            ),
            models.CheckConstraint(
                condition=Q(face_value__gt=0, amount__gt=0), name="an_order_has_a_positive_amount"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="an_order_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in OrderKind]), name="an_order_is_of_a_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in OrderState]),
                name="an_order_is_in_a_known_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ACKNOWLEDGED", "ISSUED", "RELEASED"])
                | Q(acknowledged_at__isnull=False, acknowledged_on__isnull=False, promised_on__isnull=False),
                name="an_acknowledged_order_has_its_dates",
            ),
            models.CheckConstraint(
                condition=Q(state=OrderState.CANCELLED.value, cancelled_at__isnull=False)
                | (~Q(state=OrderState.CANCELLED.value) & Q(cancelled_at__isnull=True)),
                name="a_cancelled_order_says_when",
            ),
        ]
        indexes = [models.Index(fields=["contract", "month"], name="orders_by_month")]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """What one beneficiary gets, or one booklet without a name. Names are here and nowhere else."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.PROTECT, null=True, related_name="lines")
    reference = models.CharField(max_length=40, blank=True)
    civility = models.CharField(max_length=20, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    first_name = models.CharField(max_length=80, blank=True)
    address = models.JSONField(default=list)
    vouchers = models.PositiveIntegerField()
    delivery = models.CharField(max_length=10, choices=[(place.value, place.value) for place in Delivery])
    campaign = models.CharField(max_length=80, blank=True)
    source_row = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="one_line_per_position"),
            models.CheckConstraint(condition=Q(vouchers__gte=1), name="a_line_orders_titles"),
            models.CheckConstraint(
                condition=Q(delivery__in=[place.value for place in Delivery]),
                name="a_line_goes_to_a_known_place",
            ),
            # Titles without a name have nobody's home to go to.
            models.CheckConstraint(
                condition=Q(beneficiary__isnull=False)
                | Q(delivery=Delivery.CPAM.value, last_name="", first_name="", reference=""),
                name="a_line_without_name_goes_to_the_buyer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def is_named(self) -> bool:
        return self.beneficiary_id is not None


class DryRun(models.Model):
    """A file under examination, between its deposit and its confirmation: nothing is ordered yet."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="dry_runs")
    source = models.ForeignKey(SourceFile, on_delete=models.PROTECT, related_name="dry_runs")
    mapping = models.JSONField(null=True)
    default_month = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="dry_runs")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="a_dry_run_lasts"),
        ]

    def __str__(self) -> str:
        return str(self.token)

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be confirmed."""
        return self.order_id is None and at < self.expires_at


class ColumnMapping(models.Model):
    """Which heading holds which field, told once by hand for files with these headings."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="column_mappings")
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "signature"], name="one_mapping_per_headings"),
        ]

    def __str__(self) -> str:
        return self.signature[:12]


class Consumption(models.Model):
    """What the contract's orders commit, in cents: one row per contract, which every order must pass.

    Whole cents, because the ceiling is enforced by the database in the statement that adds to it.
    """

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, primary_key=True)
    ceiling_cents = models.BigIntegerField()
    committed_cents = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(committed_cents__gte=0, committed_cents__lte=F("ceiling_cents")),
                name="nothing_passes_the_ceiling",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id}: {self.committed_cents}/{self.ceiling_cents}"

    @property
    def committed(self) -> Decimal:
        """In euros."""
        return to_cents(Decimal(self.committed_cents) / 100)


class FaceValueChange(models.Model):
    """A face value that the buyer decided, its notice and the day it takes effect."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="face_value_changes")
    value = models.DecimalField(max_digits=8, decimal_places=2)
    requested_on = models.DateField()
    effective_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["effective_on"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "effective_on"], name="one_face_value_per_day"),
            models.CheckConstraint(condition=Q(value__gt=0), name="a_face_value_is_positive"),
            models.CheckConstraint(
                condition=Q(effective_on__gt=F("requested_on")), name="a_face_value_comes_after_its_notice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} from {self.effective_on}"

    def as_value(self) -> ValueFrom:
        return ValueFrom(self.effective_on, self.value)


class OrderCalendar(models.Model):
    """A version of a year's calendar. In force once both parties agreed, until a later version is."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="order_calendars")
    year = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=80)
    buyer_agreed_at = models.DateTimeField(null=True)
    buyer_agreed_by = models.CharField(max_length=80, blank=True)
    contractor_agreed_at = models.DateTimeField(null=True)
    contractor_agreed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-year", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "version"], name="one_calendar_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.version}"

    @property
    def in_force(self) -> bool:
        """Both parties agreed."""
        return self.buyer_agreed_at is not None and self.contractor_agreed_at is not None


class CalendarEntry(models.Model):
    """One month of a calendar."""

    calendar = models.ForeignKey(OrderCalendar, on_delete=models.CASCADE, related_name="entries")
    month = models.DateField()
    order_by_on = models.DateField()
    delivery_on = models.DateField()
    vintage_ready_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "month"], name="one_entry_per_month"),
            models.CheckConstraint(
                condition=Q(delivery_on__gt=F("order_by_on")), name="delivery_comes_after_the_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    def as_value(self) -> CalendarMonth:
        return CalendarMonth(self.month, self.order_by_on, self.delivery_on, self.vintage_ready_on)


class TransmissionToken(MachineKey):
    """A key with which the buyer's own software transmits orders."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="transmission_tokens")

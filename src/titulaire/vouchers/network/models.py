"""Affiliates and their people, remittances and their lines, the use of each voucher, payments, destructions."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract, User
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.network.rules import Activity, AffiliateState, Channel, Proof, Verdict


class Ledger(models.Model):
    """The next rank of each numbered paper of a contract: remittances, payment runs, destructions."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, primary_key=True)
    remittances = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    destructions = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"ledger of {self.contract_id}"


class Affiliate(models.Model):
    """An establishment that accepts the contract's vouchers, once its review accepted it."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="affiliates")
    siret = models.CharField(max_length=14)
    name = models.CharField(max_length=120)
    street = models.CharField(max_length=120)
    postcode = models.CharField(max_length=5)
    town = models.CharField(max_length=60)
    # The town without accents, in capitals: what the public search compares.
    town_key = models.CharField(max_length=60, editable=False)
    activity = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Activity])
    email = models.EmailField(max_length=254)
    iban = models.CharField(max_length=34)
    # The signed promise to take no voucher for alcohol or hygiene: its file is kept by its digest.
    commitment_name = models.CharField(max_length=255)
    commitment_sha256 = models.CharField(max_length=64)
    commitment_signed_on = models.DateField()
    commitment_signed_by = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in AffiliateState])
    reason = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["town_key", "name"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "siret"], name="one_affiliation_per_establishment"),
            models.CheckConstraint(
                condition=~Q(state__in=["REFUSED", "SUSPENDED"]) | ~Q(reason=""),
                name="a_refusal_says_why",
            ),
        ]
        indexes = [models.Index(fields=["state", "town_key"], name="affiliates_by_town")]

    def __str__(self) -> str:
        return self.name


class AffiliatePerson(models.Model):
    """A person who acts for an affiliate, and sees that affiliate alone."""

    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="people")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="affiliations")
    linked_at = models.DateTimeField()
    linked_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["affiliate", "user"], name="one_link_per_person")]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.affiliate_id}"


class PayingAccount(models.Model):
    """The account from which a contract's affiliates are paid. The newest is used; older ones remain."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="paying_accounts")
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-set_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class PaymentRun(models.Model):
    """Remittances paid together, by one SEPA file kept under its digest."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="payment_runs")
    number = models.CharField(max_length=16)
    execution_on = models.DateField()
    payments_count = models.PositiveIntegerField()
    vouchers = models.PositiveIntegerField()
    amount_cents = models.PositiveBigIntegerField()
    account = models.ForeignKey(PayingAccount, on_delete=models.PROTECT, related_name="runs")
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["contract", "number"], name="one_run_per_number")]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Decimal:
        """In euros."""
        return Decimal(self.amount_cents) / 100


class Destruction(models.Model):
    """The record that paid paper titles were counted, found to agree with the register, and destroyed."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="destructions")
    number = models.CharField(max_length=16)
    destroyed_on = models.DateField()
    means = models.CharField(max_length=120)
    vouchers = models.PositiveIntegerField()
    counted = models.PositiveIntegerField()
    signed_by = models.CharField(max_length=120)
    witnessed_by = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_destruction_per_number"),
            models.CheckConstraint(condition=Q(counted=F("vouchers")), name="a_destruction_agrees"),
        ]

    def __str__(self) -> str:
        return self.number


class Remittance(models.Model):
    """Vouchers that an affiliate sent in, and the verdict on each.

    A scanned batch is READING until its codes are read, then RECORDED; NOTHING_READ when no page said anything.
    `fingerprint` is the content whatever the file: the same content sent again is the same remittance, unless
    a voucher that was refused could now be accepted (`repeat`).
    """

    READING, RECORDED, NOTHING_READ = "READING", "RECORDED", "NOTHING_READ"
    STATES = (READING, RECORDED, NOTHING_READ)

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="remittances")
    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="remittances")
    number = models.CharField(max_length=16)
    channel = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Channel])
    state = models.CharField(max_length=12, choices=[(state, state) for state in STATES])
    fingerprint = models.CharField(max_length=64)
    repeat = models.PositiveSmallIntegerField(default=0)
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    declared = models.PositiveIntegerField(null=True)
    received_on = models.DateField()
    postmarked_on = models.DateField(null=True)
    presented_on = models.DateField()
    letters_required = models.BooleanField(default=False)
    given = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    amount_cents = models.PositiveBigIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)
    destruction = models.ForeignKey(
        Destruction, on_delete=models.PROTECT, null=True, related_name="remittances"
    )

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_remittance_per_number"),
            models.UniqueConstraint(
                fields=["affiliate", "fingerprint", "repeat"], name="one_remittance_per_content"
            ),
            models.CheckConstraint(condition=Q(accepted__lte=F("given")), name="no_more_accepted_than_given"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Decimal:
        """What is due for the accepted vouchers, in euros."""
        return Decimal(self.amount_cents) / 100

    @property
    def refused(self) -> int:
        """Vouchers that are not accepted."""
        return int(self.given) - int(self.accepted)


class RemittanceLine(models.Model):
    """One voucher of a remittance, as given, and its verdict."""

    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    given = models.CharField(max_length=140)
    number = models.CharField(max_length=15, blank=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, null=True, related_name="presentations")
    verdict = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Verdict])
    note = models.CharField(max_length=20, blank=True)
    proof = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Proof])
    page = models.PositiveIntegerField()
    used_on = models.DateField(null=True)

    class Meta:
        ordering = ["remittance", "position"]
        constraints = [
            models.UniqueConstraint(fields=["remittance", "position"], name="one_verdict_per_position"),
            models.CheckConstraint(
                condition=~Q(verdict="VALID") | Q(voucher__isnull=False),
                name="an_accepted_line_has_its_voucher",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remittance_id}, line {self.position}: {self.verdict}"

    @property
    def grouped(self) -> str:
        """The number as it is printed, or the beginning of what was given."""
        return Number.parse(self.number).grouped if self.number else self.given[:30]


class Use(models.Model):
    """A voucher was used, once: the database holds at most one row per voucher.

    `used_on` is the day of the purchase when the shop said it; `presented_on` the day that counts for the
    cut-off.
    """

    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, related_name="use")
    line = models.OneToOneField(RemittanceLine, on_delete=models.PROTECT, related_name="use")
    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, related_name="uses")
    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="uses")
    used_on = models.DateField(null=True)
    presented_on = models.DateField()
    postmarked_on = models.DateField(null=True)
    accepted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"use of {self.voucher_id}"


class ClaimDecision(models.Model):
    """What was decided, once, of a voucher presented in time whose life had ended meanwhile.

    Paid: `remittance` is the one that the decision made, of this voucher alone; the buyer's agreement is kept by
    its digest. Refused: `reason` says why, and the shop reads it.
    """

    PAID, REFUSED = "PAID", "REFUSED"

    line = models.OneToOneField(RemittanceLine, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=8, choices=[(code, code) for code in (PAID, REFUSED)])
    reason = models.CharField(max_length=300, blank=True)
    remittance = models.OneToOneField(
        Remittance, on_delete=models.PROTECT, null=True, related_name="claim_decision"
    )
    agreement_name = models.CharField(max_length=255, blank=True)
    agreement_sha256 = models.CharField(max_length=64, blank=True)
    agreed_by = models.CharField(max_length=120, blank=True)
    agreed_on = models.DateField(null=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="REFUSED", remittance__isnull=True) & ~Q(reason="")
                | Q(outcome="PAID", remittance__isnull=False, agreed_on__isnull=False)
                & ~Q(agreement_sha256="")
                & ~Q(agreed_by=""),
                name="a_claim_is_paid_with_an_agreement_or_refused_with_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.outcome}"


class Payment(models.Model):
    """The transfer that pays one remittance, once. The account is the affiliate's on that day."""

    run = models.ForeignKey(PaymentRun, on_delete=models.PROTECT, related_name="payments")
    remittance = models.OneToOneField(Remittance, on_delete=models.PROTECT, related_name="payment")
    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="payments")
    iban = models.CharField(max_length=34)
    amount_cents = models.PositiveBigIntegerField()
    vouchers = models.PositiveIntegerField()
    # What the bank gives back on the statement.
    end_to_end = models.CharField(max_length=35, unique=True)

    class Meta:
        ordering = ["run", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="a_payment_pays_something")
        ]

    def __str__(self) -> str:
        return self.end_to_end

    @property
    def amount(self) -> Decimal:
        """In euros."""
        return Decimal(self.amount_cents) / 100

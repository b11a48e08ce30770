"""The exchange on a month's penalties: versions of the proposal, remarks with their documents, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q

from titulaire.billing.models import Document
from titulaire.identity.models import Contract
from titulaire.support.penalties.freezing import FrozenLine, amounts_in, lines_in
from titulaire.support.penalties.rules import Decided, Decision, ExchangeState, Outcome, Side, decided, digest

EUROS: Mapping[str, Any] = {"max_digits": 14, "decimal_places": 2}


class PenaltyProposalQuerySet(models.QuerySet["PenaltyProposal"]):
    def of(self, contract: Contract) -> PenaltyProposalQuerySet:
        return self.filter(contract=contract)

    def latest_of_each_month(self) -> PenaltyProposalQuerySet:
        later = PenaltyProposal.objects.filter(
            contract=models.OuterRef("contract"),
            month=models.OuterRef("month"),
            version__gt=models.OuterRef("version"),
        )
        return self.filter(~models.Exists(later))


class PenaltyProposal(models.Model):
    """One version of what a month costs, frozen with all that made it, and where its exchange stands.

    `frozen` never changes: `digest` proves it. A later version, for corrected facts, takes its place.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="penalty_proposals")
    month = models.DateField(help_text="Its first day.")
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in ExchangeState])
    frozen = models.JSONField()
    digest = models.CharField(max_length=64)
    uncapped = models.DecimalField(**EUROS)
    cap = models.DecimalField(**EUROS)
    proposed = models.DecimalField(**EUROS)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it takes the place of another.")
    side = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Side])
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=80)
    remarks_due_on = models.DateField(help_text="The last day.")
    remarks_ended_at = models.DateTimeField(null=True)
    decided_uncapped = models.DecimalField(**EUROS, null=True)
    decided_due = models.DecimalField(**EUROS, null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    credit_note = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="penalties")

    objects = PenaltyProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "month", "version"], name="one_penalty_proposal_per_version"
            ),
            models.UniqueConstraint(
                fields=["contract", "month"],
                condition=Q(state__in=[ExchangeState.OPEN.value, ExchangeState.CLOSED.value]),
                name="one_penalty_exchange_going_on_per_month",
            ),
            models.UniqueConstraint(fields=["credit_note"], name="one_penalty_exchange_per_credit_note"),
            models.CheckConstraint(
                condition=Q(proposed__gte=0, proposed__lte=F("cap")), name="penalties_stay_under_their_cap"
            ),
            models.CheckConstraint(
                condition=Q(decided_due__isnull=True) | Q(decided_due__gte=0, decided_due__lte=F("cap")),
                name="decided_penalties_stay_under_their_cap",
            ),
            models.CheckConstraint(
                condition=Q(state=ExchangeState.CREDITED.value, credit_note__isnull=False)
                | (~Q(state=ExchangeState.CREDITED.value) & Q(credit_note__isnull=True)),
                name="a_credited_exchange_has_its_credit_note",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, decided_due__isnull=True, decided_uncapped__isnull=True)
                | Q(closed_at__isnull=False, decided_due__isnull=False, decided_uncapped__isnull=False),
                name="a_closed_exchange_has_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How the journal and documents name it, such as `2026-03-v1`."""
        return f"{self.month:%Y-%m}-v{self.version}"

    @property
    def termination_possible(self) -> bool:
        """Does what was proposed pass the cap?"""
        return self.uncapped > self.cap

    @property
    def is_intact(self) -> bool:
        """Is what was frozen still what it was?"""
        return digest(self.frozen) == self.digest

    def lines(self) -> tuple[FrozenLine, ...]:
        return lines_in(self.frozen)

    def decided_so_far(self) -> Decided:
        """The decisions beside the cap.

        Raises:
            DecisionRefused: a line that costs something has no decision.
        """
        given = [one.as_value() for one in self.decisions.all()]
        return decided(given, proposed=amounts_in(self.frozen), cap=self.cap)


class Remark(models.Model):
    """What one side says of a proposal, or of one of its lines, with at most one document. Never changed."""

    proposal = models.ForeignKey(PenaltyProposal, on_delete=models.PROTECT, related_name="remarks")
    line = models.CharField(max_length=4, blank=True)
    side = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Side])
    text = models.TextField()
    file_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    late = models.BooleanField(help_text="It came after the last day for remarks.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file_name="", file_sha256="") | (~Q(file_name="") & ~Q(file_sha256="")),
                name="a_document_of_a_remark_has_its_hash",
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.line}: {self.text[:40]}"


class LineDecision(models.Model):
    """What the buyer decides of a line; may change until the exchange is closed, each time in the journal."""

    proposal = models.ForeignKey(PenaltyProposal, on_delete=models.PROTECT, related_name="decisions")
    line = models.CharField(max_length=4)
    outcome = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Outcome])
    amount = models.DecimalField(**EUROS)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "line"], name="one_decision_per_penalty_line"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_decided_penalty_is_not_negative"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.KEPT.value) | ~Q(reason=""),
                name="a_penalty_changed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.line}: {self.outcome}"

    def as_value(self) -> Decision:
        """The decision as the rules see it."""
        return Decision(self.line, Outcome(self.outcome), Decimal(self.amount), self.reason)

"""Dysfunctions, the steps of their life, their documents, and what the parties agree to set aside."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.incidents.rules import ClaimState, Side, State, StepKind


def _codes(codes: type[Side] | type[State] | type[StepKind] | type[ClaimState]) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in codes]


class DysfunctionQuerySet(models.QuerySet["Dysfunction"]):
    def of(self, contract: Contract) -> DysfunctionQuerySet:
        return self.filter(contract=contract)

    def touching(self, since_at: datetime, until_at: datetime) -> DysfunctionQuerySet:
        """Those that last, or lasted, in a period."""
        return self.filter(since_at__lt=until_at).filter(Q(until_at__isnull=True) | Q(until_at__gt=since_at))


class Dysfunction(models.Model):
    """Something that broke. `until_at` is when it stopped hurting, None while it lasts; solving comes after."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="dysfunctions")
    rank = models.PositiveIntegerField()
    reference = models.CharField(max_length=12)
    # How another party numbers it: facts may bear either.
    other_reference = models.CharField(max_length=40, blank=True)
    what = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    side = models.CharField(max_length=16, choices=_codes(Side))
    interrupts = models.BooleanField(default=False)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    flows = models.JSONField(default=list)
    sites = models.JSONField(default=list)
    tools = models.CharField(max_length=200, blank=True)
    declared_at = models.DateTimeField()
    declared_by = models.CharField(max_length=80)
    buyer_told_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=_codes(State))
    # The file that brought it and its row there: the same file twice brings it once.
    source_sha256 = models.CharField(max_length=64, blank=True)
    source_row = models.PositiveIntegerField(null=True)

    objects = DysfunctionQuerySet.as_manager()

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_dysfunction_per_rank"),
            models.UniqueConstraint(fields=["contract", "reference"], name="one_dysfunction_per_reference"),
            models.UniqueConstraint(
                fields=["contract", "other_reference"],
                condition=~Q(other_reference=""),
                name="one_dysfunction_per_other_reference",
            ),
            models.UniqueConstraint(
                fields=["contract", "source_sha256", "source_row"],
                condition=~Q(source_sha256=""),
                name="one_dysfunction_per_row_of_a_file",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("since_at")),
                name="a_dysfunction_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(since_at__lte=F("declared_at")), name="a_dysfunction_begins_then_is_declared"
            ),
            models.CheckConstraint(
                condition=Q(state=State.OPEN.value)
                | (Q(until_at__isnull=False, resolved_at__isnull=False) & ~Q(resolution="")),
                name="a_resolved_dysfunction_has_ended_and_says_how",
            ),
        ]
        indexes = [models.Index(fields=["contract", "since_at"], name="dysfunction_since")]

    def __str__(self) -> str:
        return self.reference


class Step(models.Model):
    """One step of a dysfunction's life. Never changed."""

    dysfunction = models.ForeignKey(Dysfunction, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=_codes(StepKind))
    at = models.DateTimeField(help_text="When it happened; writing it down may come later.")
    actor = models.CharField(max_length=80)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.dysfunction_id}: {self.kind}"


class Evidence(models.Model):
    """A document joined to a dysfunction; its bytes are kept by their digest."""

    dysfunction = models.ForeignKey(Dysfunction, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    joined_at = models.DateTimeField()
    joined_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dysfunction", "sha256"], name="a_document_is_joined_once")
        ]

    def __str__(self) -> str:
        return self.name


class Claim(models.Model):
    """A request that a piece of a dysfunction's time be set aside from penalties, and the buyer's answer."""

    dysfunction = models.ForeignKey(Dysfunction, on_delete=models.PROTECT, related_name="claims")
    since_at = models.DateTimeField()
    until_at = models.DateTimeField()
    lines = models.JSONField(default=list, help_text="Codes of lines; empty for all of telephony.")
    flows = models.JSONField(default=list, help_text="Empty for every flow.")
    because = models.TextField()
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=_codes(ClaimState))
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__gt=F("since_at")), name="a_claim_takes_some_time_aside"
            ),
            models.CheckConstraint(
                condition=Q(state=ClaimState.PROPOSED.value, answered_at__isnull=True)
                | (~Q(state=ClaimState.PROPOSED.value) & Q(answered_at__isnull=False)),
                name="an_answered_claim_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=ClaimState.REFUSED.value) | ~Q(answer=""),
                name="a_refused_claim_says_why",
            ),
            models.UniqueConstraint(
                fields=["dysfunction"],
                condition=Q(state=ClaimState.PROPOSED.value),
                name="one_claim_awaits_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dysfunction_id}: {self.state}"

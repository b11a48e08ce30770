"""Who receives which dashboard by mail, and what was sent."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from titulaire.identity.models import Contract, User

GRAINS = ("DAY", "WEEK", "MONTH")
STATES = ("PLANNED", "SENDING", "SENT", "UNCERTAIN", "NO_RIGHT")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def live(self) -> SubscriptionQuerySet:
        """Those that nobody ended."""
        return self.filter(ended_at__isnull=True)


class Subscription(models.Model):
    """A person's wish to receive the dashboard of each day, week or month, cut in some ways."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="subscriptions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="subscriptions")
    grain = models.CharField(max_length=5, choices=[(grain, grain) for grain in GRAINS])
    # As addresses name cuts: site, motif, flux.
    cuts = models.JSONField(default=list)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "user", "grain"],
                condition=Q(ended_at__isnull=True),
                name="one_live_subscription_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grain} of {self.contract_id} to {self.user_id}"


class Delivery(models.Model):
    """One mail of a subscription: SENDING is written before it leaves, so that it can never leave twice.

    UNCERTAIN: the worker died between the two, and nobody knows whether the mail left.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="deliveries")
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=9, choices=[(state, state) for state in STATES])
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "since"], name="one_delivery_per_subscription_and_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.since}: {self.state}"


class AdviserNumberQuerySet(models.QuerySet["AdviserNumber"]):
    def between(self, since: date, until: date) -> AdviserNumberQuerySet:
        """Those held on some day of a period, `until` not included."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=since), since__lt=until)


class AdviserNumber(models.Model):
    """Whose number an adviser's number is, from a day, until a day (not included) if it ends.

    Facts know numbers and name nobody: this is the one place where a number and a person meet. Two people never
    hold one number on one day, nor one person two: the acts see to it.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="adviser_numbers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="adviser_numbers")
    number = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField(null=True)
    said_by = models.CharField(max_length=80)
    said_at = models.DateTimeField()

    objects = AdviserNumberQuerySet.as_manager()

    class Meta:
        ordering = ["number", "since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("since")),
                name="a_number_ends_after_its_start",
            ),
            models.UniqueConstraint(
                fields=["contract", "number"],
                condition=Q(until__isnull=True),
                name="one_open_holder_of_a_number",
            ),
            models.UniqueConstraint(
                fields=["contract", "user"],
                condition=Q(until__isnull=True),
                name="one_open_number_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} on {self.contract_id}"

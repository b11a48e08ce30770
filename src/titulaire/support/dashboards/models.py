"""Who receives which dashboard by mail, and what was sent."""

from __future__ import annotations

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

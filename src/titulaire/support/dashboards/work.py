"""What the worker does for this room: send the dashboards that people subscribed to."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, handles
from titulaire.support.dashboards.models import Subscription
from titulaire.support.dashboards.services import SEND, deliver, plan_deliveries


def plan(at: datetime) -> None:
    """Queue what is due on every support contract that has its terms."""
    for contract in Contract.objects.filter(kind="SUPPORT", code__in=codes_with_terms()):
        plan_deliveries(contract=contract, at=at)


@handles(SEND)
def send(work: Work) -> None:
    """Send one dashboard. The mail leaves outside the last transaction: what is sent cannot be undone."""
    subscription = Subscription.objects.select_related("contract", "user").get(
        pk=int(str(work.payload["subscription"]))
    )
    delivery = deliver(subscription=subscription, period_code=str(work.payload["period"]), at=timezone.now())
    with work.finishing() as finish:
        finish({"state": delivery.state})

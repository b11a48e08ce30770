"""What the worker does for this room: make the sums that pages read, send the dashboards that people asked for."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.models import Subscription
from titulaire.support.dashboards.queries import months_with_facts
from titulaire.support.dashboards.services import SEND, deliver, plan_deliveries
from titulaire.support.facts.services import SUMS
from titulaire.support.indicators.kept import keep_sums, sums_digest


def plan(at: datetime) -> None:
    """Queue what is due on every support contract that has its terms."""
    for contract in Contract.objects.filter(kind="SUPPORT", code__in=codes_with_terms()):
        plan_deliveries(contract=contract, at=at)
        plan_sums(contract=contract, at=at)


def plan_sums(*, contract: Contract, at: datetime) -> None:
    """Queue the sums of every month, once for all that they depend on: facts, terms, and how a release counts.

    A batch queues its own as it comes; this is for a changed reading, and for a new release.
    """
    months = months_with_facts(contract)
    if not months:
        return
    state = Figures(contract, terms_of(contract.code)).state[:16]
    with transaction.atomic():
        enqueue(
            kind=SUMS,
            key=f"{SUMS}:{contract.code}:{state}-{sums_digest()[:16]}",
            at=at,
            contract=contract.code,
            payload={"since": months[0].isoformat()},
        )


@handles(SUMS)
def make_sums(work: Work) -> None:
    """Make the sums of the months from a day on: what a work item of one month was depends on those before.

    Files alone are written, each whole or not at all; a reader who comes meanwhile makes those that are missing.
    """
    contract = Contract.objects.get(code=work.job.contract)
    since = date.fromisoformat(str(work.payload["since"])).replace(day=1)
    months: list[date] = []
    if contract.code in codes_with_terms():
        months = [month for month in months_with_facts(contract) if month >= since]
    for done, month in enumerate(months):
        work.progress(done, len(months))
        keep_sums(contract, terms_of(contract.code), month)
    with work.finishing() as finish:
        finish({"months": len(months)})


@handles(SEND)
def send(work: Work) -> None:
    """Send one dashboard. The mail leaves outside the last transaction: what is sent cannot be undone."""
    subscription = Subscription.objects.select_related("contract", "user").get(
        pk=int(str(work.payload["subscription"]))
    )
    delivery = deliver(subscription=subscription, period_code=str(work.payload["period"]), at=timezone.now())
    with work.finishing() as finish:
        finish({"state": delivery.state})

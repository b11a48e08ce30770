"""What the worker does for this room: count each planned morning when its facts have come."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.facts.models import Manifest
from titulaire.support.presence.models import StaffPlan
from titulaire.support.presence.services import SYSTEM, count_from_facts

COUNT = "presence.count"
RECENT = timedelta(days=62)


def plan(at: datetime) -> None:
    """Queue a count for each new statement of advisers' states, and each new plan of a month that has some."""
    for contract in Contract.objects.filter(kind="SUPPORT", code__in=codes_with_terms()):
        months = (
            Manifest.objects.filter(contract=contract, record="STATES", at__gt=at - RECENT)
            .in_force()
            .values_list("pk", "month")
        )
        for pk, month in months:
            plans = StaffPlan.objects.filter(contract=contract, week__gte=month - timedelta(days=6))
            last = plans.order_by("-pk").values_list("pk", flat=True).first()
            if last is None:
                continue
            with transaction.atomic():
                enqueue(
                    kind=COUNT,
                    key=f"{COUNT}:{contract.code}:{pk}:{last}",
                    at=at,
                    contract=contract.code,
                    payload={"contract": contract.code, "month": month.isoformat()},
                )


@handles(COUNT)
def count_month(work: Work) -> None:
    """Count the planned mornings of a month."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    month = date.fromisoformat(str(work.payload["month"]))
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    # Before the last transaction: reading facts is long, and a count made twice is one count.
    made = count_from_facts(contract=contract, since=month, until=following, actor=SYSTEM, at=timezone.now())
    with work.finishing() as finish:
        finish({"counts": len(made)})

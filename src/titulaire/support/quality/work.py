"""What the worker does for this room: give the settled marks to the facts, each night."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.quality.services import publish_marks

SYSTEM, PUBLISH = "system:quality", "quality.publish"
NIGHT = time(1, 30)


def plan(at: datetime) -> None:
    """Queue the marks of the day, once a night and contract."""
    day = timezone.localdate(at)
    for contract in Contract.objects.filter(kind="SUPPORT", code__in=codes_with_terms()):
        with transaction.atomic():
            enqueue(
                kind=PUBLISH,
                key=f"{PUBLISH}:{contract.code}:{day}",
                at=at,
                contract=contract.code,
                payload={"contract": contract.code},
                run_after=timezone.make_aware(datetime.combine(day, NIGHT)),
            )


@handles(PUBLISH)
def publish(work: Work) -> None:
    """Before the last transaction: facts are long to write, and marks given twice are given once."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    done = publish_marks(contract=contract, actor=SYSTEM, at=timezone.now())
    with work.finishing() as finish:
        finish({"publications": len(done)})

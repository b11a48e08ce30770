"""What the worker does for this room: erase, each night, the order files kept long enough."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction
from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.vouchers.orders.deposits import purge_files

SYSTEM, PURGE = "system:orders", "orders.purge"
NIGHT = time(2, 0)


def plan(at: datetime) -> None:
    """Queue the purge of the night, once a day for each contract; the act judges what is old enough."""
    day = timezone.localdate(at)
    with transaction.atomic():
        for code in Contract.objects.filter(kind="VOUCHERS").values_list("code", flat=True):
            enqueue(
                kind=PURGE,
                key=f"{PURGE}:{code}:{day}",
                at=at,
                contract=code,
                payload={"contract": code},
                run_after=timezone.make_aware(datetime.combine(day, NIGHT)),
            )


@handles(PURGE)
def purge(work: Work) -> None:
    """Erase the bytes of one contract's old files; their digests stay."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    with work.finishing() as finish:
        finish({"erased": purge_files(contract=contract, actor=SYSTEM, at=timezone.now())})

"""What the worker does here with nobody's act: roles that a long absence or a departure ends, old history."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.staff.models import Member
from titulaire.support.staff.services import cut_absent, purge_history

SYSTEM = "system:staff"
KEEP = "staff.keep_accesses"


def plan(at: datetime) -> None:
    """Queue once a day the upkeep of accesses; the acts judge for themselves."""
    day = timezone.localdate(at)
    contracts = Member.objects.values_list("contract__code", flat=True).order_by("contract__code").distinct()
    with transaction.atomic():
        for code in contracts:
            enqueue(kind=KEEP, key=f"{KEEP}:{code}:{day:%Y-%m-%d}", at=at, payload={"contract": code})


@handles(KEEP)
def keep_accesses(work: Work) -> None:
    """End the roles of those who fell, and forget the history that may go."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    at = timezone.now()
    with work.finishing() as finish:
        cut = cut_absent(contract=contract, actor=SYSTEM, at=at)
        finish({"cut": cut, "purged": purge_history(contract=contract, actor=SYSTEM, at=at)})

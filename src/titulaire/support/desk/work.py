"""What the worker does for this room: join the qualifications to the facts, each quarter of an hour."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.identity.models import Contract
from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.desk.models import Contact, ItemFact
from titulaire.support.desk.services import tell_facts

SYSTEM, TELL = "system:desk", "desk.tell"
MINUTES = 15


def plan(at: datetime) -> None:
    """Queue the telling of each contract that has something to tell, once a quarter of an hour."""
    slot = at.replace(minute=at.minute - at.minute % MINUTES, second=0, microsecond=0)
    contacts = Contact.objects.filter(to_tell=True).order_by()
    items = ItemFact.objects.filter(told_batch="").order_by()
    codes = {
        code
        for rows in (contacts, items)
        for code in rows.values_list("contract__code", flat=True).distinct()
    }
    for code in sorted(codes & set(codes_with_terms())):
        with transaction.atomic():
            enqueue(
                kind=TELL,
                key=f"{TELL}:{code}:{slot.isoformat()}",
                at=at,
                contract=code,
                payload={"contract": code},
            )


@handles(TELL)
def tell(work: Work) -> None:
    """Tell the facts. Outside the last transaction: told twice is told once."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    told = tell_facts(contract=contract, actor=SYSTEM, at=timezone.now())
    with work.finishing() as finish:
        finish(
            {"joined": told.joined, "waiting": told.waiting, "refused": told.refused, "events": told.events}
        )

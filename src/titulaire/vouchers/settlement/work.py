"""What the worker does for this room on its days, with nobody's act: reminders, automatic replacement."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.identity.models import Contract
from titulaire.jobs.services import RefusedForGood, Work, handles
from titulaire.vouchers.settlement.queries import read_on
from titulaire.vouchers.settlement.reminders import AlreadyReminded, NotItsDay, send_reminder
from titulaire.vouchers.settlement.services import REMIND, REPLACE, SYSTEM, TooEarly, plan_due, replace_unused


def plan(at: datetime) -> None:
    """Queue what is due on every voucher contract that has its terms."""
    for contract in Contract.objects.filter(kind="VOUCHERS", code__in=codes_with_terms()):
        with transaction.atomic():
            plan_due(contract=contract, at=at)


@handles(REPLACE)
def replace_vintage(work: Work) -> None:
    """Replace what nobody used."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    vintage = int(str(work.payload["vintage"]))
    with work.finishing() as finish:
        try:
            run = replace_unused(contract=contract, vintage=vintage, actor=SYSTEM, at=timezone.now())
        except TooEarly as early:
            # The contract was amended since this was planned.
            raise RefusedForGood(f"vintage {vintage} ends on {early.opens_on}") from early
        finish({"vouchers": run.vouchers if run else 0})


@handles(REMIND)
def remind(work: Work) -> None:
    """Send one reminder by every channel that the contract retains, or say why it no longer makes sense."""
    contract = Contract.objects.get(code=str(work.payload["contract"]))
    vintage, days_before = int(str(work.payload["vintage"])), int(str(work.payload["days_before"]))
    terms = terms_of(contract.code)
    done: dict[str, object] = {}
    with work.finishing() as finish:
        for channel in terms.texts("reminder_channels", on=read_on(vintage, terms)):
            try:
                reminder = send_reminder(
                    contract=contract,
                    vintage=vintage,
                    days_before=days_before,
                    channel=channel,
                    actor=SYSTEM,
                    at=timezone.now(),
                )
            except AlreadyReminded:
                done[channel] = "ALREADY_SENT"
            except NotItsDay:
                done[channel] = "NOT_ITS_DAY"
            else:
                done[channel] = reminder.recipients
        finish(done)

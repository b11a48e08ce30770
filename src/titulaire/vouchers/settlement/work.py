"""What the worker does for this room: the automatic replacement of a vintage, on its day, with nobody's act."""

from __future__ import annotations

from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.jobs.services import RefusedForGood, Work, handles
from titulaire.vouchers.settlement.services import REPLACE, SYSTEM, TooEarly, replace_unused


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

"""Stops, for tests. Every name is invented."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.tests.lives import USED_AT as WHEN
from titulaire.vouchers.orders.tests.factories import ACTOR
from titulaire.vouchers.stops.models import Stop
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import stop_vouchers

TODAY = date(2026, 10, 14)
_keys = count(1)


def by_number(number: str, last: str = "") -> Selection:
    """A number, or a range."""
    return Selection(Designation.RANGE if last else Designation.NUMBER, number, last)


def stop(
    contract: Contract,
    selection: Selection,
    *,
    reason: StopReason = StopReason.LOST,
    confirmed: int = 1000,
    key: str = "",
    at: datetime = WHEN,
) -> Stop:
    """Stop what is named."""
    return stop_vouchers(
        contract=contract,
        selection=selection,
        reason=reason,
        declared_by="Le service social",
        declared_on=TODAY,
        confirmed=confirmed,
        request_key=key or f"essai-{next(_keys)}",
        actor=ACTOR,
        at=at,
    )

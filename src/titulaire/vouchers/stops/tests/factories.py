"""Vouchers in people's hands, and stops on them, for tests. Every name is invented."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Series, Voucher, VoucherState
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order
from titulaire.vouchers.stops.models import Stop
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import stop_vouchers

LATER = AT + timedelta(hours=2)
WHEN = AT + timedelta(days=9)
TODAY = date(2026, 10, 14)
_keys = count(1)


def issued_order(contract: Contract | None = None, **wishes: object) -> Order:
    """An issued order of one line of ten vouchers, unless told otherwise."""
    contract = contract or make_contract()
    if not Series.objects.filter(contract=contract).exists():
        open_series(contract=contract, issuer=47 + Series.objects.count(), actor=ACTOR, at=AT)
    order = make_order(contract, **{"lines": 1, "vouchers": 10, **wishes})  # type: ignore[arg-type]
    acknowledge_order(order=order, actor=ACTOR, at=AT)
    return issue_order(order=order, actor=ACTOR, at=LATER).order


def numbers(order: Order, state: VoucherState | None = None) -> list[str]:
    """The numbers of an order's vouchers, in their series."""
    rows = Voucher.objects.filter(order=order).order_by("serial")
    if state:
        rows = rows.filter(state=state)
    return list(rows.values_list("number", flat=True))


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

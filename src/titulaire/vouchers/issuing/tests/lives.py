"""Vouchers in the world, and what may happen to them, for tests."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Series, Voucher, VoucherState
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

LATER = AT + timedelta(hours=2)
USED_AT = AT + timedelta(days=9)


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


def use(found: list[str], at=USED_AT) -> register.Moved:  # type: ignore[no-untyped-def]
    """What receiving vouchers does, as the room of uses will."""
    keys = list(Voucher.objects.filter(number__in=found).values_list("pk", flat=True))
    with transaction.atomic():
        moved = register.move(keys, to=VoucherState.USED, act="USE", target="remittance:1", at=at)
        record(contract="cpam47", actor=ACTOR, at=at, act="USE", target="remittance:1")
    return moved

"""Vouchers at a given place of their life, moved by the register alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from django.db import transaction

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Series, Voucher, VoucherState
from titulaire.vouchers.issuing.register import move
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

IN_MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


def issued(
    contract: Contract | None = None,
    *,
    lines: int = 2,
    vouchers: int = 5,
    unnamed: int = 0,
    month: date = date(2026, 3, 1),
    at: datetime = IN_MARCH,
) -> list[int]:
    """The keys, in the order of their numbers, of the vouchers of a new order."""
    contract = contract or make_contract()
    if not Series.objects.filter(contract=contract).exists():
        open_series(contract=contract, issuer=47 + Series.objects.count(), actor=ACTOR, at=at)
    order = make_order(contract, lines=lines, vouchers=vouchers, unnamed=unnamed, month=month, at=at)
    order = acknowledge_order(order=order, actor=ACTOR, at=at)
    issue_order(order=order, actor=ACTOR, at=at)
    return list(Voucher.objects.filter(order=order).order_by("serial").values_list("pk", flat=True))


def go(keys: Collection[int], *states: VoucherState, at: datetime = AT) -> None:
    """Move vouchers through states; all of them must go."""
    for state in states:
        with transaction.atomic():
            moved = move(keys, to=state, act=f"TEST_{state.value}", target="test:1", at=at)
        assert not moved.refused, moved.refused

"""Vouchers at a given place of their life, moved by the register alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.db import connection, transaction

from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.models import Booklet, Series, Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.register import move
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order
from titulaire.vouchers.settlement.models import CreditNote, Refund, ReplacementRun

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


class StatementLost(Exception):
    """The database went away at this very statement."""


class FailingAt:
    """Inside `with connection.execute_wrapper(...)`: the k-th statement that writes fails."""

    def __init__(self, k: int) -> None:
        self.left = k

    def __call__(
        self, execute: Callable[..., object], sql: str, params: Any, many: bool, context: Any
    ) -> object:
        if sql.lstrip("( ").split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE", "WITH"}:
            self.left -= 1
            if self.left == 0:
                raise StatementLost(sql[:80])
        return execute(sql, params, many, context)


def each_statement_failing(act: Callable[[], object], untouched: Callable[[], object]) -> int:
    """Run an act with its first statement failing, then its second, and so on until it passes.

    After each failure the world is as before. Gives how many statements it has.
    """
    before = untouched()
    for k in count(1):
        try:
            with connection.execute_wrapper(FailingAt(k)):
                act()
        except StatementLost:
            assert untouched() == before, k
        else:
            return k - 1
    raise AssertionError


def world() -> dict[str, object]:
    """What must not have moved when an act failed."""
    return {
        "states": sorted(Voucher.objects.values_list("pk", "state")),
        "moves": VoucherMove.objects.count(),
        "booklets": Booklet.objects.count(),
        "next": list(Series.objects.values_list("pk", "next_serial")),
        "journal": Entry.objects.count(),
        "runs": ReplacementRun.objects.count(),
        "refunds": Refund.objects.count(),
        "credit": CreditNote.objects.count(),
    }

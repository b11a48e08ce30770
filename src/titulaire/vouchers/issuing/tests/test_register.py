"""A voucher moves by compare-and-set: of two acts at the same instant one wins, and the other is told."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections, transaction

from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.register import LEAVES, MovedOutsideItsAct, lift, move
from titulaire.vouchers.issuing.services import issue_order
from titulaire.vouchers.issuing.tests.test_issue import LATER, acknowledged
from titulaire.vouchers.orders.tests.factories import ACTOR

AT = LATER + timedelta(days=3)


def some_vouchers(count: int = 10) -> list[int]:
    issue_order(order=acknowledged(lines=1, vouchers=count), actor=ACTOR, at=LATER)
    return list(Voucher.objects.order_by("serial").values_list("pk", flat=True))


def go(keys: list[int], to: VoucherState, target: str = "test:1") -> register.Moved:
    with transaction.atomic():
        return move(keys, to=to, act="TEST", target=target, at=AT)


@pytest.mark.django_db
def test_a_move_leaves_its_trace_and_refuses_what_cannot_move() -> None:
    keys = some_vouchers()
    assert set(go(keys[:4], VoucherState.USED).keys) == set(keys[:4])
    again = go(keys[2:6], VoucherState.USED, "test:2")
    assert set(again.keys) == set(keys[4:6])
    assert again.refused == {keys[2]: VoucherState.USED, keys[3]: VoucherState.USED}
    trace = VoucherMove.objects.filter(voucher=keys[4]).values_list("from_state", "to_state", "target")
    assert list(trace) == [("ISSUED", "USED", "test:2")]
    assert VoucherMove.objects.count() == 6


@pytest.mark.django_db
@pytest.mark.parametrize("before", list(VoucherState))
@pytest.mark.parametrize("to", [state for state in VoucherState if state in LEAVES])
def test_every_pair_of_states_is_allowed_or_refused_as_the_table_says(
    before: VoucherState, to: VoucherState
) -> None:
    keys = some_vouchers(1)
    Voucher.objects.update(state=before)
    done = go(keys, to)
    assert (list(done.keys) == keys) is (before in LEAVES[to])
    assert Voucher.objects.get().state == (to if before in LEAVES[to] else before)


def test_nothing_leaves_an_end() -> None:
    ends = {VoucherState.PAID, VoucherState.REPLACED, VoucherState.REFUNDED, VoucherState.CANCELLED}
    assert not ends & frozenset().union(*LEAVES.values())


@pytest.mark.django_db
def test_a_lifted_voucher_goes_back_to_where_it_stood() -> None:
    keys = some_vouchers(3)
    go(keys[:1], VoucherState.DELIVERED)
    go(keys, VoucherState.STOPPED)
    with transaction.atomic():
        lifted = lift(keys, act="LIFT", target="test:3", at=AT)
    assert set(lifted.keys) == set(keys)
    assert [Voucher.objects.get(pk=key).state for key in keys] == ["DELIVERED", "ISSUED", "ISSUED"]


@pytest.mark.django_db(transaction=True)
def test_a_move_without_a_transaction_is_refused() -> None:
    with pytest.raises(MovedOutsideItsAct):
        move([1], to=VoucherState.USED, act="TEST", target="x", at=AT)


def race(keys: list[int], rounds: int) -> Counter[int]:
    """Uses and stops fight over the same vouchers; how many acts each voucher let through."""
    won: Counter[int] = Counter()
    start, guard = threading.Barrier(4), threading.Lock()

    def fight(to: VoucherState) -> None:
        try:
            start.wait()
            for _ in range(rounds):
                with transaction.atomic():
                    done = move(keys, to=to, act="RACE", target="race", at=AT)
                with guard:
                    won.update(done.keys)
        finally:
            connections.close_all()

    wanted = [VoucherState.USED, VoucherState.STOPPED] * 2
    threads = [threading.Thread(target=fight, args=(to,)) for to in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.mark.django_db(transaction=True)
def test_of_a_use_and_a_stop_at_the_same_instant_exactly_one_wins() -> None:
    keys = some_vouchers(25)
    won = race(keys, rounds=3)
    assert won == Counter(dict.fromkeys(keys, 1))
    assert VoucherMove.objects.count() == 25

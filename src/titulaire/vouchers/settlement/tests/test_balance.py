"""The register balances, and a balance that does not is always told: each break is made, and found."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from titulaire.cli.vouchers import command
from titulaire.identity.roles import Role
from titulaire.vouchers.issuing.models import Booklet, Voucher, VoucherMove, VoucherState
from titulaire.vouchers.orders.models import Consumption, OrderLine
from titulaire.vouchers.orders.tests.factories import make_contract, make_order, make_person
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import (
    Ceiling,
    Invariant,
    Offenders,
    Register,
    VintageLine,
    Volume,
    breaches,
)
from titulaire.vouchers.settlement.tests.factories import go, issued

FINE = Ceiling(allowed=10_000, committed=5_000, ordered=5_000, issued=4_000)
TEN = Volume(10, 10_000)


@pytest.mark.clause("T-5.1-coherence", "T-5.2-controle")
@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (VintageLine(2026, TEN, states={"DELIVERED": Volume(6, 6_000), "PAID": Volume(4, 4_000)}), True),
        (VintageLine(2026, TEN, to_issue=TEN), True),
        (VintageLine(2026, TEN, states={"DELIVERED": Volume(9, 9_000)}), False),
        (VintageLine(2026, TEN, states={"DELIVERED": Volume(11, 10_000)}), False),
        (VintageLine(2026, TEN, states={"DELIVERED": Volume(10, 9_999)}), False),
        (VintageLine(2026, TEN, states={"LOST": TEN}), False),
    ],
)
def test_what_entered_a_vintage_is_found_again_in_number_and_in_value(line: VintageLine, holds: bool) -> None:
    assert (breaches(Register((line,), FINE)) == ()) is holds


def test_what_is_replaced_in_a_vintage_is_received_by_another() -> None:
    old = VintageLine(2025, TEN, states={"REPLACED": Volume(2, 2_000), "PAID": Volume(8, 8_000)})
    new = VintageLine(2026, replacing=Volume(2, 2_000), states={"ISSUED": Volume(2, 2_000)})
    assert breaches(Register((old, new), FINE)) == ()
    assert [each.invariant for each in breaches(Register((old,), FINE))] == [Invariant.ADDS_UP]


@pytest.mark.parametrize(
    ("ceiling", "holds"),
    [
        (Ceiling(10_000, 10_000, 10_000, 10_000), True),
        (Ceiling(10_000, 10_001, 10_001, 0), False),
        (Ceiling(10_000, 5_000, 4_999, 0), False),
        (Ceiling(10_000, 5_000, 5_000, 5_001), False),
    ],
)
def test_nothing_passes_the_ceiling(ceiling: Ceiling, holds: bool) -> None:
    assert (breaches(Register((), ceiling)) == ()) is holds


def test_every_offender_is_told_once() -> None:
    found = breaches(Register((), FINE, *(Offenders(1, ("x",)),) * 3))
    assert [each.invariant for each in found] == ["ONE_DESCENDANT", "HAS_ORDER_LINE", "HISTORY"]


def lived() -> list[int]:
    """A small life: some used, paid, stopped, expired; an order still to issue."""
    keys = issued()
    go(keys, VoucherState.DISPATCHED, VoucherState.DELIVERED)
    go(keys[:4], VoucherState.USED)
    go(keys[:2], VoucherState.PAID)
    go(keys[4:5], VoucherState.STOPPED)
    go(keys[5:6], VoucherState.EXPIRED)
    make_order(make_contract(), lines=1, vouchers=3, key="later")
    return keys


@pytest.mark.django_db
@pytest.mark.clause("T-5.1-coherence")
def test_a_life_led_by_the_register_balances() -> None:
    lived()
    register = register_of(make_contract())
    assert breaches(register) == ()
    (line,) = register.lines
    assert (line.ordered.count, line.to_issue.count, line.in_circulation.count) == (13, 3, 4)


BREAKS: dict[str, tuple[Invariant, Callable[[list[int]], object]]] = {
    "a voucher vanished": (
        Invariant.ADDS_UP,
        lambda keys: (
            VoucherMove.objects.filter(voucher=keys[9]).delete(),
            Voucher.objects.filter(pk=keys[9]).delete(),
        ),
    ),
    "a value changed": (
        Invariant.ADDS_UP,
        lambda keys: Voucher.objects.filter(pk=keys[0]).update(face_value_cents=999),
    ),
    "a state changed behind the register": (
        Invariant.HISTORY,
        lambda keys: Voucher.objects.filter(pk=keys[2]).update(state="DELIVERED"),
    ),
    "a move was erased": (
        Invariant.HISTORY,
        lambda keys: VoucherMove.objects.filter(voucher=keys[0], to_state="USED").delete(),
    ),
    "a replaced voucher came back to life": (
        Invariant.ONE_DESCENDANT,
        lambda keys: Voucher.objects.filter(pk=keys[9]).update(replaces_id=keys[8]),
    ),
    "a voucher changed order line": (
        Invariant.HAS_ORDER_LINE,
        lambda keys: Booklet.objects.filter(vouchers=keys[0]).update(
            line=OrderLine.objects.get(order__state="CONFIRMED")
        ),
    ),
    "the consumption lies": (
        Invariant.UNDER_CEILING,
        lambda keys: Consumption.objects.update(committed_cents=12_000),
    ),
}


@pytest.mark.django_db
@pytest.mark.clause("T-5.1-coherence", "T-5.2-controle")
@pytest.mark.parametrize("case", list(BREAKS))
def test_each_break_is_found(case: str) -> None:
    keys = lived()
    invariant, spoil = BREAKS[case]
    spoil(keys)
    assert invariant in {each.invariant for each in breaches(register_of(make_contract()))}


@pytest.mark.django_db
@pytest.mark.clause("T-5.2-controle")
def test_the_command_and_the_page_say_the_same_and_the_command_fails_on_a_break() -> None:
    keys = lived()
    client = Client()
    client.force_login(make_person(make_contract(), Role.BUYER_READER))
    fine = CliRunner().invoke(command, ["balance", "--contract", "cpam47", "--json"])
    assert fine.exit_code == 0 and json.loads(fine.output)["balanced"] is True
    assert "est en équilibre" in client.get(reverse("balance", args=["cpam47"])).content.decode()
    Voucher.objects.filter(pk=keys[0]).update(face_value_cents=999)
    broken = CliRunner().invoke(command, ["balance", "--contract", "cpam47", "--json"])
    assert broken.exit_code == 1
    (vintage,) = json.loads(broken.output)["invariants"][1]["breaches"]
    assert (vintage["vintage"], vintage["count"], vintage["value"]) == (2026, 0, "0.01")
    assert "Rompu" in client.get(reverse("balance", args=["cpam47"])).content.decode()
    assert CliRunner().invoke(command, ["balance", "--contract", "cpam47"]).exit_code == 1

"""Two orders confirmed at the same instant, by processes of their own, on a database of their own."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from titulaire.identity.tests.apart import address_apart, race, run, shell

__all__ = ["address_apart"]

CREATE = """
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.orders.models import Consumption
Consumption.objects.create(contract=make_contract(), ceiling_cents=25_000_000)
"""
COUNT = """
from titulaire.vouchers.orders.models import Consumption, Order
from django.db.models import Sum
print(Consumption.objects.get().committed_cents, Order.objects.aggregate(t=Sum("amount"))["t"],
      ",".join(Order.objects.order_by("rank").values_list("number", flat=True)))
"""


def told_at_once(address: str, requests: list[tuple[str, int]], **more: str) -> list[str]:
    """What each process was told; all act at the same instant."""
    module = "titulaire.vouchers.orders.tests.race"
    running = [run(address, "-m", module, "cpam47", key, str(vouchers), **more) for key, vouchers in requests]
    return race(running)


def counted(address: str) -> tuple[int, str, list[str]]:
    cents, amount, numbers = shell(address, COUNT).split()
    return int(cents), amount, numbers.split(",")


@pytest.mark.clause("T-1.1-plafond")
def test_orders_confirmed_at_the_same_instant_never_pass_the_ceiling_nor_share_a_number(address: str) -> None:
    shell(address, CREATE)
    # 250 000 € hold two orders of 100 000 €; the same request is sent twice.
    told = told_at_once(address, [("a", 10_000), ("b", 10_000), ("c", 10_000), ("d", 10_000), ("a", 10_000)])
    kinds = Counter(line.split()[0] for line in told)
    cents, amount, numbers = counted(address)
    assert (cents, float(amount)) == (20_000_000, 200_000.0)
    assert [number.split("-")[1] for number in numbers] == ["0001", "0002"]
    assert kinds["PLACED"] == 2
    assert kinds["REFUSED"] + kinds["KNOWN"] == 3
    assert {line for line in told if line.startswith("REFUSED")} <= {"REFUSED 50000.00"}


def test_without_the_guard_this_test_sees_the_ceiling_passed(address: str) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an IMMEDIATE transaction already lets one writer in at a time")
    shell(address, CREATE)
    told_at_once(address, [("a", 15_000), ("b", 15_000)], RACE_UNGUARDED="1")
    cents, amount, _ = counted(address)
    assert (cents, float(amount)) != (15_000_000, 150_000.0)

"""Several shops remit the same vouchers at the same instant, by processes of their own: each is used once."""

from __future__ import annotations

import pytest

from titulaire.identity.tests.apart import address_apart, race, run, shell

__all__ = ["address_apart"]

PROCESSES = 4
VOUCHERS = 200
CREATE = f"""
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers
from titulaire.vouchers.issuing.models import Voucher
[make_affiliate(rank=rank) for rank in range(1, {PROCESSES} + 1)]
make_vouchers({VOUCHERS})
Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31", vintage=2030)
"""
COUNT = """
from titulaire.vouchers.issuing.models import Voucher, VoucherMove
from titulaire.vouchers.network.models import Remittance, Use
from django.db.models import Sum
print(Voucher.objects.filter(state="USED").count(), VoucherMove.objects.count(), Use.objects.count(),
      Use.objects.values("voucher").distinct().count(), Remittance.objects.aggregate(t=Sum("accepted"))["t"])
"""


def won(address: str, mode: str) -> list[int]:
    module = "titulaire.vouchers.network.tests.race"
    running = [run(address, "-m", module, str(rank), mode) for rank in range(PROCESSES)]
    return [int(told) for told in race(running)]


@pytest.mark.clause("T-2.4-securite", "T-1.1-reseau")
def test_each_voucher_is_used_once_whatever_the_number_of_shops(address: str) -> None:
    shell(address, CREATE)
    assert sum(won(address, "guarded")) == VOUCHERS
    assert shell(address, COUNT).split() == [str(VOUCHERS)] * 5


def test_without_the_guard_the_same_race_uses_vouchers_twice(address: str) -> None:
    shell(address, CREATE)
    assert sum(won(address, "naive")) > VOUCHERS

"""A late claim, paid by what replaced the voucher or by the voucher itself, leaves the register balanced."""

from __future__ import annotations

import pytest

from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers
from titulaire.vouchers.network.tests.test_claims import claimed, move, pay, replaced
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import breaches


@pytest.mark.django_db
@pytest.mark.clause("T-2.4-securite", "T-5.1-coherence")
def test_the_register_balances_after_late_claims_are_paid() -> None:
    exchanged, expired, left = make_vouchers(3)
    replaced([exchanged])
    move([expired.pk], VoucherState.EXPIRED)
    for line in claimed(make_affiliate(), exchanged, expired):
        pay(line)
    states = dict(Voucher.objects.values_list("pk", "state"))
    assert (states[exchanged.pk], states[expired.pk], states[left.pk]) == ("REPLACED", "USED", "ISSUED")
    assert breaches(register_of(make_contract())) == ()

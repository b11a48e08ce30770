"""The demonstration lives through the product's own acts, and its books balance."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from titulaire.billing.models import Document
from titulaire.identity.models import Contract
from titulaire.journal.queries import verify
from titulaire.portal.demo.history import History, instant, open_doors, write_samples
from titulaire.vouchers.complaints.models import Complaint
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import breaches
from titulaire.vouchers.stops.models import Lift, Stop


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_three_months_of_the_demonstration_balance_and_can_be_lived_twice(tmp_path: Path) -> None:
    now = instant(date(2025, 4, 20), 9)
    for _ in range(2):
        open_doors(now)
        History(now, lambda what, done, of: None).live()
        assert Order.objects.exclude(state="CANCELLED").count() == 8
    states = set(Voucher.objects.values_list("state", flat=True))
    assert {"PAID", "DELIVERED", "ISSUED", "REPLACED"} <= states
    assert Complaint.objects.count() >= 5 and Stop.objects.exists() and Lift.objects.exists()
    assert Document.objects.filter(number__gt="").count() == 3
    assert breaches(register_of(Contract.objects.get(code="cpam47"))) == ()
    assert verify().holds
    right, wrong = write_samples(tmp_path, now)
    assert right.exists() and wrong.exists()

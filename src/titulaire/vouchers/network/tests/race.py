"""One of several processes that remit the same vouchers at the same instant: `python -m …race RANK MODE`.

Each says READY and waits for a line, so that all act at once. MODE `naive` reads each voucher, then writes it:
the control that shows that the race is there to be lost. `claim` pays the late claims of a shop, `heir` remits
what replaced them.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
    django.setup()
    from django.utils import timezone

    from titulaire.vouchers.issuing.models import Voucher
    from titulaire.vouchers.network.models import Affiliate
    from titulaire.vouchers.network.rules import Channel, Given
    from titulaire.vouchers.network.services import remit

    rank, mode = int(sys.argv[1]), sys.argv[2]
    affiliate = Affiliate.objects.select_related("contract").order_by("pk")[rank]
    numbers = list(Voucher.objects.order_by("serial").values_list("number", flat=True))
    # Each in its own order: overlapping batches must neither deadlock nor share a voucher.
    numbers = numbers[rank::4] + numbers[:rank] + [n for n in numbers if n not in numbers[rank::4]][rank:]
    print("READY", flush=True)
    sys.stdin.readline()
    if mode == "naive":
        won = 0
        for number in sorted(numbers):
            voucher = Voucher.objects.get(number=number)
            if voucher.state == "ISSUED":
                time.sleep(0.005)
                voucher.state = "USED"
                voucher.save(update_fields=["state"])
                won += 1
        print(won)
        return
    if mode == "claim":
        print(_claims(affiliate))
        return
    if mode == "heir":
        numbers = list(Voucher.objects.filter(replaces__isnull=False).values_list("number", flat=True))
    step = 40 if mode == "guarded" else 1
    won = 0
    for first in range(0, len(numbers), step):
        done = remit(
            affiliate=affiliate,
            titles=[Given(number) for number in numbers[first : first + step]],
            channel=Channel.FILE,
            actor="system:race",
            at=timezone.now(),
        )
        won += done.remittance.accepted
    print(won)


def _claims(affiliate: Any) -> int:
    """Pay every claim of a shop that may still be paid."""
    from titulaire.vouchers.network import claims, queries
    from titulaire.vouchers.network.tests.test_claims import AGREEMENT, MARCH_20

    won = 0
    for line in queries.late_claims(affiliate.contract).filter(remittance__affiliate=affiliate):
        try:
            claims.pay_claim(line=line, agreement=AGREEMENT, actor="system:race", at=MARCH_20)
        except claims.Barred:
            continue
        won += 1
    return won


if __name__ == "__main__":
    main()

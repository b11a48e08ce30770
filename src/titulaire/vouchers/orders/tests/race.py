"""One of several processes that order at the same instant: `python -m …race CONTRACT KEY VOUCHERS`.

Each says READY and waits for a line, so that all act at once. `RACE_UNGUARDED=1` replaces the guarded statement by a
reading then a writing, to show that the test sees the race.
"""

from __future__ import annotations

import os
import sys
import time
from decimal import Decimal

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
    django.setup()
    from django.utils import timezone

    from titulaire.identity.models import Contract
    from titulaire.vouchers.orders import queries, services
    from titulaire.vouchers.orders.models import Consumption
    from titulaire.vouchers.orders.rules import Delivery

    def unguarded(contract: Contract, *, amount: Decimal, ceiling: Decimal) -> Decimal:
        before = queries.committed(contract)
        if before + amount > ceiling:
            raise services.CeilingPassed(
                queries.ceiling_room(ceiling=ceiling, committed=before, amount=amount)
            )
        time.sleep(0.2)
        Consumption.objects.filter(contract=contract).update(committed_cents=int((before + amount) * 100))
        return ceiling - before - amount

    if os.environ.get("RACE_UNGUARDED"):
        services._hold_contract = lambda contract, ceiling: None
        services.commit_amount = unguarded
    code, key, vouchers = sys.argv[1:]
    contract = Contract.objects.get(code=code)
    print("READY", flush=True)
    sys.stdin.readline()
    try:
        done = services.place_adhoc_order(
            contract=contract,
            month=timezone.localdate().replace(day=1),
            lines=[services.LineRequest(vouchers=25, delivery=Delivery.CPAM)] * (int(vouchers) // 25),
            request_key=key,
            actor="system:race",
            at=timezone.now(),
        )
    except services.CeilingPassed as refused:
        print(f"REFUSED {refused.room.left_before}")
    else:
        print(f"{'KNOWN' if done.already_known else 'PLACED'} {done.order.number}")


if __name__ == "__main__":
    main()

"""A booklet lost on its way: stopped, replaced, and the new one delivered in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from titulaire.vouchers.delivery.queries import delivery_board, to_send
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, Stage
from titulaire.vouchers.delivery.services import NotPrinted
from titulaire.vouchers.delivery.tests.factories import references, released_order, send
from titulaire.vouchers.delivery.tests.test_acts import NOW, note, take, tracking
from titulaire.vouchers.issuing.models import Reissue, Voucher
from titulaire.vouchers.issuing.tests.factories import equip, paper
from titulaire.vouchers.orders.tests.factories import ACTOR
from titulaire.vouchers.stops.queries import claims
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import reissue_stopped
from titulaire.vouchers.stops.tests.factories import TODAY, stop


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte")
def test_a_booklet_lost_on_its_way_is_stopped_then_replaced_and_the_new_one_delivered() -> None:
    order = released_order(lines=1)
    contract = equip(order.contract)
    (reference,) = references(order)
    made = send(order, {"A1": (reference,)})
    note(made.parcels.get(), ParcelStatus.LOST)
    lost = stop(contract, Selection(Designation.BOOKLET, reference), reason=StopReason.LOST_IN_POST, at=NOW)
    reissue_stopped(stop=lost, asked_on=TODAY, actor=ACTOR, at=NOW)
    reissue = Reissue.objects.get()
    with pytest.raises(NotPrinted):
        send(order, reissue=reissue, at=NOW)
    Reissue.objects.update(press_sha256="0" * 64, printed_at=NOW, paper=paper(contract))
    reissue.refresh_from_db()
    again = send(order, reissue=reissue, at=NOW)
    assert again.reissue == reissue and list(to_send(order, Means.TRACKED_LETTER, reissue=reissue)) == []
    take(order, tracking((again.parcels.get().tracking, NOW, "Distribué")), at=NOW + timedelta(hours=1))
    (claim,) = claims(contract)
    assert claim.delivered_at == NOW and claim.clock.met_in_time is True
    take(order, tracking(("A1", NOW, "Distribué")), at=NOW + timedelta(hours=1))
    assert Voucher.objects.filter(booklet__reference=reference, state="REPLACED").count() == 10
    (line,) = delivery_board(contract, on=NOW.date())
    assert line.stage is Stage.DONE

"""Released orders and dispatches, for tests. Every name is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from titulaire.vouchers.delivery.models import Dispatch
from titulaire.vouchers.delivery.queries import to_send
from titulaire.vouchers.delivery.rules import Means
from titulaire.vouchers.delivery.services import dispatch_booklets
from titulaire.vouchers.issuing.models import Reissue
from titulaire.vouchers.issuing.tests.lives import issued_order
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import mark_released
from titulaire.vouchers.orders.tests.factories import ACTOR, AT

SENT = AT + timedelta(days=3)
_keys = count(1)


def released_order(**wishes: object) -> Order:
    """An order whose print job went to the printer: two homes, one booklet of ten vouchers each."""
    order = issued_order(**{"lines": 2, **wishes})
    mark_released(order=order, at=AT + timedelta(days=1))
    return order


def references(order: Order, means: Means = Means.TRACKED_LETTER) -> list[str]:
    """The booklets that may leave by this means."""
    return [booklet.reference for booklet in to_send(order, means)]


def send(
    order: Order,
    parcels: dict[str, Sequence[str]] | None = None,
    *,
    means: Means = Means.TRACKED_LETTER,
    key: str = "",
    at: datetime = SENT,
    reissue: Reissue | None = None,
) -> Dispatch:
    """Send everything, one parcel a booklet: S1, S2…"""
    number = next(_keys)
    waiting = to_send(order, means, reissue=reissue)
    return dispatch_booklets(
        order=order,
        reissue=reissue,
        means=means,
        parcels=parcels
        or {f"S{number}-{rank}": (booklet.reference,) for rank, booklet in enumerate(waiting, start=1)},
        carrier="La Poste",
        postage=Decimal("7.50"),
        request_key=key or f"envoi-{number}",
        actor=ACTOR,
        at=at,
    )

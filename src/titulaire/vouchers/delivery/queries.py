"""What is to be sent, what is on its way, what is late or about to be; proofs and postage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import working_days_between
from titulaire.identity.models import Contract
from titulaire.vouchers.delivery.models import Dispatch, Packed, Parcel, Proof, SleeveOrder, TrackingFile
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, Risk, Stage, delivery_risk
from titulaire.vouchers.issuing.models import Booklet, Reissue, Voucher, VoucherState
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.orders.rules import Delivery, OrderState

OPEN = (
    ParcelStatus.HANDED_OVER.value,
    ParcelStatus.IN_TRANSIT.value,
    ParcelStatus.AVAILABLE.value,
    ParcelStatus.TROUBLE.value,
)
TROUBLED = (ParcelStatus.TROUBLE.value, ParcelStatus.RETURNED.value, ParcelStatus.LOST.value)
USUAL_TRANSIT_WORKING_DAYS = 2
MEASURED_PARCELS = 200
PLACES = {Means.TRACKED_LETTER: Delivery.HOME, Means.SEALED_PARCEL: Delivery.CPAM}


def dispatches_of(contract: Contract) -> QuerySet[Dispatch]:
    """The contract's dispatches, with how many parcels each has and how many arrived."""
    return (
        Dispatch.objects.filter(contract=contract)
        .select_related("contract", "order", "reissue")
        .annotate(
            parcel_count=Count("parcels", distinct=True),
            delivered_count=Count(
                "parcels", filter=Q(parcels__status=ParcelStatus.DELIVERED.value), distinct=True
            ),
        )
    )


def parcels_of(contract: Contract) -> QuerySet[Parcel]:
    """The contract's parcels."""
    return Parcel.objects.filter(contract=contract).select_related("contract", "dispatch__order", "proof")


def proofs_of(contract: Contract) -> QuerySet[Proof]:
    """The contract's proofs of transfer."""
    return Proof.objects.filter(parcel__contract=contract).select_related("parcel__contract")


def sleeves_of(contract: Contract) -> QuerySet[SleeveOrder]:
    """The contract's orders of sleeves."""
    return SleeveOrder.objects.filter(contract=contract).select_related("contract")


def tracking_files_of(contract: Contract) -> QuerySet[TrackingFile]:
    """The carriers' files that were received."""
    return TrackingFile.objects.filter(contract=contract)


@clause("T-2.6-domicile", "T-2.6-livraison-cpam")
def to_send(order: Order, means: Means, *, reissue: Reissue | None = None) -> QuerySet[Booklet]:
    """The booklets that await this means: never sent, or come back; none of their vouchers stopped or used."""
    alive = Voucher.objects.filter(
        booklet=OuterRef("pk"), state__in=[VoucherState.ISSUED.value, VoucherState.DISPATCHED.value]
    )
    dead = Voucher.objects.filter(booklet=OuterRef("pk")).exclude(
        state__in=[VoucherState.ISSUED.value, VoucherState.DISPATCHED.value]
    )
    away = Packed.objects.filter(booklet=OuterRef("pk"), current=True).exclude(
        parcel__status=ParcelStatus.RETURNED.value
    )
    return (
        Booklet.objects.filter(order=order, reissue=reissue, line__delivery=PLACES[means].value)
        .filter(Exists(alive), ~Exists(dead), ~Exists(away))
        .select_related("line", "order")
        .order_by("rank")
    )


def may_be_sent(order: Order, reissue: Reissue | None) -> bool:
    """Whether the papers exist: the order is released to the printer, or its reissue printed."""
    return bool(reissue.press_sha256) if reissue else order.state == OrderState.RELEASED


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One order on its way to people. Counts are of booklets; `left` are working days, None without a date."""

    order: Order
    stage: Stage
    waiting: int
    under_way: int
    done: int
    trouble: int
    due_on: date | None
    left: int | None
    risk: Risk
    delivered_at: datetime | None

    @property
    def in_time(self) -> bool | None:
        """Whether the whole order was delivered by its last day; None before that."""
        if self.delivered_at is None or self.due_on is None:
            return None
        return self.risk is not Risk.LATE


@clause("T-2.6-livraison-cpam", "T-2.6-suivi", "T-3.3-tracabilite")
def delivery_board(contract: Contract, *, on: date) -> list[DeliveryLine]:
    """Every acknowledged order, the most pressing first, the delivered ones last."""
    calendar = working_days(contract).calendar
    transit = usual_transit(contract, calendar)
    counts = {row["order"]: row for row in _counts(contract)}
    trouble = dict(
        parcels_of(contract)
        .filter(
            status__in=TROUBLED,
            proof__isnull=True,
            packed__current=True,
            packed__booklet__reissue__isnull=True,
            packed__booklet__vouchers__state=VoucherState.DISPATCHED.value,
        )
        .order_by()
        .values_list("dispatch__order")
        .annotate(number=Count("packed__booklet", distinct=True))
    )
    ended = dict(
        Proof.objects.filter(parcel__contract=contract, parcel__dispatch__reissue__isnull=True)
        .order_by()
        .values_list("parcel__dispatch__order")
        .annotate(last=Max("transferred_at"))
    )
    orders = Order.objects.of(contract).live().exclude(state=OrderState.CONFIRMED).select_related("contract")
    lines = [
        _line(
            order,
            counts.get(order.pk, {}),
            trouble.get(order.pk, 0),
            ended.get(order.pk),
            calendar,
            transit,
            on,
        )
        for order in orders
    ]
    return sorted(lines, key=lambda line: (line.stage is Stage.DONE, line.due_on or date.max, line.order.pk))


def _counts(contract: Contract) -> Iterable[Mapping[str, Any]]:
    """Per order, its own booklets: those with a voucher still here, those with one on its way, all of them."""
    return (
        Booklet.objects.filter(contract=contract, reissue__isnull=True)
        .order_by()
        .values("order")
        .annotate(
            booklets=Count("pk", distinct=True),
            waiting=Count("pk", distinct=True, filter=Q(vouchers__state=VoucherState.ISSUED.value)),
            under_way=Count("pk", distinct=True, filter=Q(vouchers__state=VoucherState.DISPATCHED.value)),
        )
    )


def _line(
    order: Order,
    counts: Mapping[str, Any],
    trouble: int,
    ended: datetime | None,
    calendar: Calendar,
    transit: int,
    on: date,
) -> DeliveryLine:
    waiting, under_way = counts.get("waiting", order.booklets), counts.get("under_way", 0)
    done = counts.get("booklets", order.booklets) - waiting - under_way
    if waiting + under_way == 0:
        stage = Stage.DONE
    elif order.state != OrderState.RELEASED:
        stage = Stage.TO_PRINT
    else:
        stage = Stage.TO_DISPATCH if waiting else Stage.UNDER_WAY
    due_on = order.due_on
    left = working_days_between(on, due_on, calendar) if due_on else None
    delivered_at = ended if stage is Stage.DONE else None
    if stage is Stage.DONE:
        late = delivered_at is not None and due_on is not None and delivered_at >= calendar.end_of(due_on)
        risk = Risk.LATE if late else Risk.NONE
    elif left is None:
        risk = Risk.NONE
    else:
        risk = delivery_risk(
            stage, working_days_left=left, transit_working_days=transit, in_trouble=trouble > 0
        )
    return DeliveryLine(order, stage, waiting, under_way, done, trouble, due_on, left, risk, delivered_at)


def usual_transit(contract: Contract, calendar: Calendar) -> int:
    """The working days that this contract's carriers usually take: the median of the last parcels delivered."""
    pairs = (
        proofs_of(contract)
        .order_by("-transferred_at")
        .values_list("parcel__dispatch__dispatched_at", "transferred_at")[:MEASURED_PARCELS]
    )
    taken = [
        working_days_between(calendar.local_day(sent), calendar.local_day(arrived), calendar)
        for sent, arrived in pairs
    ]
    return max(1, round(median(taken))) if taken else USUAL_TRANSIT_WORKING_DAYS


@clause("T-2.6-domicile")
def postage(contract: Contract, *, since: datetime, until: datetime) -> Decimal:
    """What sending cost over a period, in euros, to be charged to the buyer. `until` is not included."""
    rows = Dispatch.objects.filter(contract=contract, dispatched_at__gte=since, dispatched_at__lt=until)
    cents = rows.aggregate(cents=Sum("postage_cents"))["cents"] or 0
    return Decimal(cents) / 100

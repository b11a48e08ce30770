"""The dates of deliveries: the last day of each acknowledged order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr
from titulaire.vouchers.delivery.queries import DeliveryLine, delivery_board
from titulaire.vouchers.delivery.rules import Stage
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import order_terms, working_days
from titulaire.vouchers.orders.rules import delay_starts_on

ROOM = "Livraisons"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The last day to deliver each order. One that ended without a delivery, its titles stopped, has no date."""
    calendar = working_days(contract).calendar
    for line in delivery_board(contract, on=timezone.localdate(at)):
        if line.due_on is None or (line.stage is Stage.DONE and line.delivered_at is None):
            continue
        yield Due(
            key=line.order.number,
            label=f"Livrer la commande {line.order.number}",
            who=Who.CONTRACTOR,
            due_on=line.due_on,
            done_on=calendar.local_day(line.delivered_at) if line.delivered_at else None,
            clause="T-2.6-livraison-cpam",
            url=reverse("order_detail", args=[contract.code, line.order.number]),
            facts=_facts(line),
            counted=_counted(line.order),
        )


def _facts(line: DeliveryLine) -> tuple[tuple[str, str], ...]:
    promised = date_fr(line.order.promised_on) if line.order.promised_on else "—"
    return (
        ("Promise le", promised),
        ("À expédier", count_fr(line.waiting, "carnet")),
        ("En route", count_fr(line.under_way, "carnet")),
        ("Livrés", count_fr(line.done, "carnet")),
    )


def _counted(order: Order) -> Counted | None:
    """How the date was counted; None when the calendar or a new vintage moved it."""
    if order.acknowledged_on is None:
        return None
    terms, days = order_terms(order.contract, on=order.acknowledged_on), working_days(order.contract)
    start = delay_starts_on(
        ordered_on=timezone.localdate(order.confirmed_at),
        acknowledged_on=order.acknowledged_on,
        reading=terms.delivery_start,
    )
    if days.add(start, terms.delivery_working_days) != order.due_on:
        return None
    fact = "Accusé de réception" if start == order.acknowledged_on else "Commande"
    return Counted(
        fact, days.calendar.instant(start), WorkingDays(terms.delivery_working_days), days.calendar
    )

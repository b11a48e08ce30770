"""The dates of deliveries: the last day of each acknowledged order, and of each order of sleeves.

The contract gives sleeves no delay. Hypothesis: that of the vouchers they hold, from the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr
from titulaire.vouchers.delivery.queries import DeliveryLine, delivery_board, sleeves_of
from titulaire.vouchers.delivery.rules import Stage
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import order_terms, working_days
from titulaire.vouchers.orders.rules import delay_starts_on

ROOM = "Livraisons"
SLEEVES = "hypothèse de l’application, le contrat n’en donne pas : celui de la livraison des titres"


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
    if contract.code in codes_with_terms():
        yield from _sleeves(contract, at)


def _sleeves(contract: Contract, at: datetime) -> Iterator[Due]:
    days = working_days(contract)
    for asked in sleeves_of(contract).filter(ordered_at__lte=at):
        ordered_on = days.calendar.local_day(asked.ordered_at)
        count = order_terms(contract, on=ordered_on).delivery_working_days
        delivered_at = asked.delivered_at if asked.delivered_at and asked.delivered_at <= at else None
        yield Due(
            key=asked.number,
            label=f"Livrer {count_fr(asked.quantity, 'pochette')} ({asked.number})",
            who=Who.CONTRACTOR,
            due_on=days.add(ordered_on, count),
            done_on=days.calendar.local_day(delivered_at) if delivered_at else None,
            clause="T-2.5-pochettes",
            url=reverse("sleeve_orders", args=[contract.code]),
            facts=(("Commandées le", date_fr(ordered_on)), ("Délai", SLEEVES)),
            counted=Counted("Commande", asked.ordered_at, WorkingDays(count), days.calendar),
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

"""What a month's ledger holds: orders in force, entries, prices, charges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.support.indicators.evaluation import HOUR_MS, measures_of
from titulaire.support.ledger.models import Ledger, UnitPrice, WorkOrder, WorkOrderQuerySet
from titulaire.support.ledger.rules import (
    HOURS,
    ZERO,
    Charge,
    Gap,
    Order,
    OrderKind,
    OrderNotice,
    Price,
    Produced,
    Standing,
    charges,
    notice_of,
    orders_judged,
    spread,
    standing,
    validated_by,
)


def after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def ledgers_of(contract: Contract) -> QuerySet[Ledger]:
    """The months of a contract, the latest first."""
    return Ledger.objects.filter(contract=contract).select_related("contract", "invoice")


def ledger_of(contract: Contract, month: date) -> Ledger | None:
    """The ledger of a month; None while nothing entered it."""
    return ledgers_of(contract).filter(month=month.replace(day=1)).first()


def entries_of(ledger: Ledger) -> tuple[Produced, ...]:
    """The quantities in force of a month."""
    return tuple(one.as_value() for one in ledger.entries.filter(superseded_by__isnull=True))


def prices_of(contract: Contract) -> tuple[Price, ...]:
    """The prices in force of a contract."""
    return tuple(one.as_value() for one in UnitPrice.objects.in_force().filter(contract=contract))


def orders_of(contract: Contract) -> WorkOrderQuerySet:
    """The orders of a contract, every version."""
    return WorkOrder.objects.of(contract).select_related("contract", "answer")


@clause("S-7.2-validation")
def answer_until(order: WorkOrder, terms: Terms) -> date:
    """The last day to answer an order."""
    days = terms.days("order_validation_days", on=max(order.ordered_on, terms.head.notified_on))
    return validated_by(order.ordered_on, days, calendar_of(terms))


@clause("S-7.2-commandes", "S-7.2-validation")
def standing_of(order: WorkOrder, terms: Terms | None, today: date) -> Standing:
    """What an order is worth on a day; without terms, silence validates nothing."""
    if not order.is_last or order.cancelled:
        return Standing.CANCELLED if order.is_last else Standing.REPLACED
    if order.kind == OrderKind.INDICATIVE.value:
        return Standing.INDICATIVE
    last_day = answer_until(order, terms) if terms else today
    return standing(order.accepted, last_day, today)


@clause("S-7.2-commandes")
def order_notice(order: WorkOrder, terms: Terms) -> OrderNotice:
    """How an order sits in the calendar that the contract gives."""
    on = max(order.ordered_on, terms.head.notified_on)
    firm = order.kind == OrderKind.FIRM.value
    return notice_of(
        order.since_on,
        order.until_on,
        order.ordered_on,
        asked_leads=(terms.days("order_lead_days", on=on),)
        if firm
        else terms.counts("order_indicative_days", on=on),
        asked_span=terms.days("order_span_days", on=on),
        calendar=calendar_of(terms),
    )


def announced(order: WorkOrder) -> WorkOrderQuerySet:
    """The indicative orders of the same unit, in force, that told some of its days ahead; the earliest first."""
    told = WorkOrder.objects.of(order.contract).filter(
        kind=OrderKind.INDICATIVE.value, is_last=True, cancelled=False, unit=order.unit
    )
    return told.filter(
        since_on__lt=order.until_on, until_on__gt=order.since_on, ordered_on__lte=order.ordered_on
    ).order_by("ordered_on", "pk")


def versions_of(order: WorkOrder) -> WorkOrderQuerySet:
    """Every version of an order, the latest first."""
    return orders_of(order.contract).filter(reference=order.reference, unit=order.unit).order_by("-version")


@clause("S-9-120", "S-9-penalites")
def orders_ending_in(contract: Contract, month: date) -> tuple[Order, ...]:
    """The orders of hours that a month's plan is judged on: those that end in it, as they stand last.

    An order that another overlaps is judged with it, in the month in which the later one ends.
    """
    month = month.replace(day=1)
    judged = orders_judged(one.as_value() for one in WorkOrder.objects.of(contract).in_force())
    return tuple(one for one in judged if month < one.until <= after(month))


def charges_of(ledger: Ledger) -> tuple[Charge, ...]:
    """What the month comes to by unit and price.

    Raises:
        NoPrice, PriceChangesWithin
    """
    return charges(entries_of(ledger), prices_of(ledger.contract))


@clause("S-9-penalites", "S-9-120")
def gaps_of(ledger: Ledger) -> list[Gap]:
    """Hours of each day of the month in the ledger, beside those that the facts tell.

    Hours are productive as soon as the adviser is logged on an activity, waiting included, pause, training and
    meeting excluded: what the contract orders and pays.
    """
    found = measures_of(ledger.contract, ledger.month, after(ledger.month), by=("day",)).found
    measured = {
        day: Decimal(values["productive_ms"]) / HOUR_MS
        for (day,), values in found.items()
        if "productive_ms" in values
    }
    entered = spread(entries_of(ledger), HOURS)
    days = sorted(
        {day for day, hours in entered.items() if hours} | {day for day in measured if measured[day]}
    )
    return [Gap(day, entered.get(day, ZERO), measured.get(day)) for day in days]

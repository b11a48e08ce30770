"""What a month's ledger holds: orders in force, entries, prices, charges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.support.indicators.evaluation import HOUR_MS, measures_of
from titulaire.support.ledger.models import Ledger, UnitPrice, WorkOrder, WorkOrderQuerySet
from titulaire.support.ledger.rules import (
    HOURS,
    ZERO,
    Charge,
    Gap,
    Order,
    Price,
    Produced,
    charges,
    orders_judged,
    spread,
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
    return WorkOrder.objects.of(contract).select_related("contract")


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

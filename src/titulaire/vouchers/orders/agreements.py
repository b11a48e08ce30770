"""The acts that both parties, or the buyer alone, decide ahead of orders: calendar and face value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import CalendarEntry, FaceValueChange, OrderCalendar
from titulaire.vouchers.orders.rules import CalendarMonth, calendar_faults, earliest_effect
from titulaire.vouchers.orders.services import ImpossibleDay


class NotAnAmount(Exception):
    """A face value is positive and in whole cents."""


@dataclass(eq=False)
class NoticeTooShort(Exception):
    """The change of face value takes effect less than its notice after it was asked for."""

    earliest_on: date


@dataclass(eq=False)
class FaceValueTaken(Exception):
    """A change already takes effect on that day."""

    effective_on: date


@dataclass(eq=False)
class CalendarRefused(Exception):
    """The calendar has faults that forbid agreeing on it."""

    faults: tuple[str, ...]


@clause("T-2.3-calendrier")
def propose_calendar(
    *, contract: Contract, year: int, months: Iterable[CalendarMonth], actor: str, at: datetime
) -> OrderCalendar:
    """Put a year's calendar to both parties. One in force stays so until this one is agreed.

    Raises:
        CalendarRefused: a month is missing or dates contradict each other.
    """
    entries = tuple(months)
    faults = calendar_faults(year, entries)
    if faults:
        raise CalendarRefused(faults)
    with transaction.atomic():
        versions = OrderCalendar.objects.select_for_update().filter(contract=contract, year=year)
        last = versions.order_by("-version").first()
        proposed = OrderCalendar.objects.create(
            contract=contract,
            year=year,
            version=last.version + 1 if last else 1,
            proposed_at=at,
            proposed_by=actor,
        )
        CalendarEntry.objects.bulk_create(
            CalendarEntry(
                calendar=proposed,
                month=entry.month,
                order_by_on=entry.order_by_on,
                delivery_on=entry.delivery_on,
                vintage_ready_on=entry.vintage_ready_on,
            )
            for entry in entries
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_CALENDAR_PROPOSED",
            target=f"order-calendar:{proposed}",
            body={
                "months": [
                    [
                        entry.month.isoformat(),
                        entry.order_by_on.isoformat(),
                        entry.delivery_on.isoformat(),
                        entry.vintage_ready_on.isoformat() if entry.vintage_ready_on else "",
                    ]
                    for entry in entries
                ]
            },
        )
    return proposed


@clause("T-2.3-calendrier")
def agree_calendar(*, calendar: OrderCalendar, side: str, actor: str, at: datetime) -> OrderCalendar:
    """Say that a party, "BUYER" or "CONTRACTOR", agrees. In force once both did. Twice is once."""
    fields = {
        "BUYER": {"buyer_agreed_at": at, "buyer_agreed_by": actor},
        "CONTRACTOR": {"contractor_agreed_at": at, "contractor_agreed_by": actor},
    }[side]
    undecided = {f"{side.lower()}_agreed_at__isnull": True}
    with transaction.atomic():
        agreed = OrderCalendar.objects.filter(pk=calendar.pk, **undecided).update(**fields)
        calendar.refresh_from_db()
        if agreed:
            record(
                contract=calendar.contract.code,
                actor=actor,
                at=at,
                act="ORDER_CALENDAR_AGREED",
                target=f"order-calendar:{calendar}",
                body={"side": side, "in_force": calendar.in_force},
            )
    return calendar


@clause("T-2.2-valeur-faciale")
def change_face_value(
    *,
    contract: Contract,
    value: Decimal,
    requested_on: date,
    effective_on: date,
    actor: str,
    at: datetime,
    reason: str = "",
) -> FaceValueChange:
    """Record the buyer's new face value, free of charge, with at least its notice. Twice is once.

    Raises:
        NoticeTooShort: it takes effect too soon after it was asked for.
        FaceValueTaken: another value already takes effect on that day.
        NotAnAmount: the value is not positive, or not in whole cents.
        ImpossibleDay: it was asked for after the act.
    """
    if value <= 0 or value != to_cents(value):
        raise NotAnAmount
    if requested_on > timezone.localdate(at):
        raise ImpossibleDay(None, timezone.localdate(at))
    terms = queries.order_terms(contract, on=requested_on)
    earliest_on = earliest_effect(requested_on, notice_months=terms.notice_months)
    if effective_on < earliest_on:
        raise NoticeTooShort(earliest_on)
    with transaction.atomic():
        change, created = FaceValueChange.objects.get_or_create(
            contract=contract,
            effective_on=effective_on,
            defaults={
                "value": value,
                "requested_on": requested_on,
                "reason": reason,
                "recorded_at": at,
                "recorded_by": actor,
            },
        )
        if not created and change.value != value:
            raise FaceValueTaken(effective_on)
        if created:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="FACE_VALUE_CHANGED",
                target=f"face-value:{effective_on.isoformat()}",
                body={
                    "value": str(value),
                    "requested_on": requested_on.isoformat(),
                    "effective_on": effective_on.isoformat(),
                    "charge": "0.00",
                },
            )
    return change

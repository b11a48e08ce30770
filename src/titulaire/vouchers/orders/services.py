"""The acts of ordering: placing an order, acknowledging it, cancelling it, and following it until it is released."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import (
    Beneficiary,
    Consumption,
    Order,
    OrderLine,
    SourceFile,
)
from titulaire.vouchers.orders.rules import (
    CeilingRoom,
    Delivery,
    OrderKind,
    OrderState,
    booklet_sizes,
    ceiling_room,
    last_day_of_use,
    order_amount,
    order_number,
    states_before,
    vintage_read,
)


class OrderRefused(Exception):
    """The order cannot be placed as asked; nothing was done."""


@dataclass(eq=False)
class CeilingPassed(OrderRefused):
    """The order would pass the ceiling: refused whole, with what is left."""

    room: CeilingRoom


@dataclass(eq=False)
class VintageExpired(OrderRefused):
    """The titles asked for would be dead on the day they are ordered."""

    last_day_on: date


@dataclass(eq=False)
class ContractClosed(OrderRefused):
    """The contract takes orders from a day until another, not included."""

    opens_on: date
    closes_on: date


@dataclass(eq=False)
class BookletTooLarge(OrderRefused):
    """A booklet without name holds 1 to 25 titles."""

    vouchers: int
    most: int


class NothingOrdered(OrderRefused):
    """An order without a line."""


@dataclass(eq=False)
class WrongState(Exception):
    """The order is not in a state from which this can be done."""

    number: str
    state: OrderState
    wanted: OrderState


@dataclass(eq=False)
class ImpossibleDay(Exception):
    """A fact cannot be dated outside these two days, both included."""

    earliest_on: date | None
    latest_on: date


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The order, and whether this very content had already made it."""

    order: Order
    already_known: bool


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A line to order. Without `reference`, one booklet without name, which goes to the buyer."""

    vouchers: int
    delivery: Delivery
    reference: str = ""
    civility: str = ""
    last_name: str = ""
    first_name: str = ""
    address: tuple[str, ...] = ()
    campaign: str = ""
    source_row: int | None = None


# Placing


@clause("T-2.1.1.2-commande-ponctuelle", "T-2.4-non-identifies", "T-1.1-plafond")
def place_adhoc_order(
    *,
    contract: Contract,
    month: date,
    lines: Sequence[LineRequest],
    request_key: str,
    actor: str,
    at: datetime,
    reason: str = "",
) -> Confirmation:
    """Order outside the monthly file, for named people or in booklets without name.

    `request_key` names the request: sent twice, it makes one order.

    Raises:
        NothingOrdered, BookletTooLarge, ContractClosed, VintageExpired, CeilingPassed: nothing is ordered.
    """
    if not lines:
        raise NothingOrdered
    terms = queries.order_terms(contract, on=timezone.localdate(at))
    for line in lines:
        if not line.reference and line.vouchers > terms.booklet_most:
            raise BookletTooLarge(line.vouchers, terms.booklet_most)
    return place_order(
        contract=contract,
        kind=OrderKind.ADHOC,
        month=month.replace(day=1),
        lines=lines,
        fingerprint=hashlib.sha256(f"adhoc:{request_key}".encode()).hexdigest(),
        reason=reason,
        actor=actor,
        at=at,
    )


def place_order(
    *,
    contract: Contract,
    kind: OrderKind,
    month: date,
    lines: Sequence[LineRequest],
    fingerprint: str,
    actor: str,
    at: datetime,
    source: SourceFile | None = None,
    rows_refused: int = 0,
    reason: str = "",
) -> Confirmation:
    """Number the order, commit its amount under the ceiling and write it, in one transaction."""
    day = timezone.localdate(at)
    terms = queries.order_terms(contract, on=day)
    opens_on, closes_on = queries.contract_period(contract)
    if not opens_on <= day < closes_on:
        raise ContractClosed(opens_on, closes_on)
    year = vintage_read(month, day, terms)
    last_day = last_day_of_use(year, validity_end=terms.validity_end)
    if last_day < day:
        raise VintageExpired(last_day)
    vouchers = sum(line.vouchers for line in lines)
    with transaction.atomic():
        _hold_contract(contract, terms.ceiling)
        known = queries.order_with_content(contract, fingerprint)
        if known is not None:
            return Confirmation(known, already_known=True)
        value = queries.face_value(contract, on=day)
        amount = order_amount(vouchers, value)
        left = commit_amount(contract, amount=amount, ceiling=terms.ceiling)
        rank = (Order.objects.of(contract).filter(year=day.year).aggregate(last=Max("rank"))["last"] or 0) + 1
        order = Order.objects.create(
            contract=contract,
            year=day.year,
            rank=rank,
            number=order_number(day.year, rank),
            kind=kind,
            state=OrderState.CONFIRMED,
            month=month,
            vintage=year,
            valid_until_on=last_day,
            face_value=value,
            vouchers=vouchers,
            booklets=sum(len(booklet_sizes(line.vouchers, most=terms.booklet_most)) for line in lines),
            amount=amount,
            fingerprint=fingerprint,
            source=source,
            reason=reason,
            rows_refused=rows_refused,
            confirmed_at=at,
            confirmed_by=actor,
        )
        _write_lines(order, lines, at)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_CONFIRMED",
            target=f"order:{order.number}",
            body={
                "kind": kind,
                "month": month.isoformat(),
                "vintage": year,
                "face_value": str(value),
                "lines": len(lines),
                "vouchers": vouchers,
                "booklets": order.booklets,
                "amount": str(amount),
                "ceiling_left": str(left),
                "fingerprint": fingerprint,
                "file_sha256": source.sha256 if source else "",
                "rows_refused": rows_refused,
            },
        )
    return Confirmation(order, already_known=False)


def _hold_contract(contract: Contract, ceiling: Decimal) -> None:
    """One order at a time on a contract: numbers have no gap, the same content makes one order."""
    Consumption.objects.bulk_create(
        [Consumption(contract=contract, ceiling_cents=_cents(ceiling))], ignore_conflicts=True
    )
    Consumption.objects.select_for_update().get(contract=contract)


@clause("T-1.1-plafond")
def commit_amount(contract: Contract, *, amount: Decimal, ceiling: Decimal) -> Decimal:
    """Add an order's amount to what the contract commits, and give what is left under the ceiling.

    One conditional statement: of two orders confirmed at the same instant, the database lets pass only those
    that fit. Inside the transaction that writes the order.

    Raises:
        CeilingPassed: the amount does not fit; nothing was added.
    """
    cents, most = _cents(amount), _cents(ceiling)
    passed = Consumption.objects.filter(contract=contract, committed_cents__lte=most - cents).update(
        committed_cents=F("committed_cents") + cents, ceiling_cents=most
    )
    committed = queries.committed(contract)
    if not passed:
        raise CeilingPassed(ceiling_room(ceiling=ceiling, committed=committed, amount=amount))
    return to_cents(ceiling - committed)


def _cents(amount: Decimal) -> int:
    return int(to_cents(amount) * 100)


def _write_lines(order: Order, lines: Sequence[LineRequest], at: datetime) -> None:
    references = {line.reference for line in lines if line.reference}
    Beneficiary.objects.bulk_create(
        [
            Beneficiary(contract=order.contract, reference=reference, created_at=at)
            for reference in sorted(references)
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    known = dict(Beneficiary.objects.filter(contract=order.contract).values_list("reference", "pk"))
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                position=position,
                beneficiary_id=known[line.reference] if line.reference else None,
                reference=line.reference,
                civility=line.civility,
                last_name=line.last_name,
                first_name=line.first_name,
                address=list(line.address),
                vouchers=line.vouchers,
                delivery=line.delivery,
                campaign=line.campaign,
                source_row=line.source_row,
            )
            for position, line in enumerate(lines, start=1)
        ],
        batch_size=1000,
    )


# The life of an order


@clause("T-2.6-livraison-cpam", "T-2.4-novembre")
def acknowledge_order(
    *, order: Order, actor: str, at: datetime, acknowledged_on: date | None = None
) -> Order:
    """Acknowledge receipt, on a date: the working days of delivery run from it. Twice is once.

    Raises:
        WrongState: the order is cancelled.
        ImpossibleDay: the date is before the order or after the act.
    """
    day = acknowledged_on or timezone.localdate(at)
    ordered_on, today = timezone.localdate(order.confirmed_at), timezone.localdate(at)
    if not ordered_on <= day <= today:
        raise ImpossibleDay(ordered_on, today)
    dates = queries.promise(
        order.contract,
        month=order.month,
        kind=OrderKind(order.kind),
        ordered_on=ordered_on,
        acknowledged_on=day,
    )
    with transaction.atomic():
        moved = advance_order(
            order,
            to=OrderState.ACKNOWLEDGED,
            acknowledged_at=at,
            acknowledged_by=actor,
            acknowledged_on=day,
            due_on=dates.due_on,
            promised_on=dates.promised_on,
            planned_on=dates.planned_on,
            shift=dates.shift,
        )
        if not moved:
            return order
        record(
            contract=order.contract.code,
            actor=actor,
            at=at,
            act="ORDER_ACKNOWLEDGED",
            target=f"order:{order.number}",
            body={
                "acknowledged_on": day.isoformat(),
                "due_on": dates.due_on.isoformat(),
                "promised_on": dates.promised_on.isoformat(),
                "planned_on": dates.planned_on.isoformat() if dates.planned_on else "",
                "shift": dates.shift,
            },
        )
    return order


@clause("T-1.1-plafond", "T-2.1.5-espace-gestion")
def cancel_order(*, order: Order, because: str, actor: str, at: datetime) -> Order:
    """Cancel an order that is not issued yet, and give its amount back to the ceiling. Twice is once.

    Raises:
        WrongState: its titles are issued.
    """
    with transaction.atomic():
        Consumption.objects.select_for_update().get(contract=order.contract)
        moved = advance_order(
            order,
            to=OrderState.CANCELLED,
            cancelled_at=at,
            cancelled_by=actor,
            cancelled_because=because,
        )
        if not moved:
            return order
        Consumption.objects.filter(contract=order.contract).update(
            committed_cents=F("committed_cents") - _cents(order.amount)
        )
        record(
            contract=order.contract.code,
            actor=actor,
            at=at,
            act="ORDER_CANCELLED",
            target=f"order:{order.number}",
            body={"amount": str(order.amount), "because": because},
        )
    return order


def mark_issued(*, order: Order, at: datetime) -> bool:
    """Say that the order's titles exist. In the transaction of the act that issues them and records it.

    Gives whether the order moved: an order already issued stays as it is.
    """
    return advance_order(order, to=OrderState.ISSUED, issued_at=at)


def mark_released(*, order: Order, at: datetime) -> bool:
    """Say that the order's print job is proof-read and released; same use as `mark_issued`."""
    return advance_order(order, to=OrderState.RELEASED, released_at=at)


def advance_order(order: Order, *, to: OrderState, **facts: object) -> bool:
    """Move the order to a state by one conditional statement, with the facts of that move.

    Gives False when the order had already reached that state or passed it: what was done stays done.

    Raises:
        WrongState: the order is neither just before that state nor past it.
    """
    moved = Order.objects.filter(pk=order.pk, state__in=states_before(to)).update(state=to, **facts)
    order.refresh_from_db()
    if not moved and not _has_reached(OrderState(order.state), to):
        raise WrongState(order.number, OrderState(order.state), to)
    return bool(moved)


_LIFE = (OrderState.CONFIRMED, OrderState.ACKNOWLEDGED, OrderState.ISSUED, OrderState.RELEASED)


def _has_reached(state: OrderState, wanted: OrderState) -> bool:
    if OrderState.CANCELLED in {state, wanted}:
        return state == wanted
    return _LIFE.index(state) >= _LIFE.index(wanted)


@clause("T-2.1.5-espace-gestion")
def record_extraction(
    *, contract: Contract, since: date, until: date, lines: int, actor: str, at: datetime
) -> None:
    """Note in the journal that the history of orders, which names people, was taken out."""
    with transaction.atomic():
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_HISTORY_EXTRACTED",
            target="order-history",
            body={"since": since.isoformat(), "until": until.isoformat(), "lines": lines},
        )

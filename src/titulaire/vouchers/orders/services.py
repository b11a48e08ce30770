"""The acts of ordering: depositing, confirming, acknowledging, cancelling; calendar and face value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.identity.services import end_key, make_key
from titulaire.journal.services import record
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import (
    Beneficiary,
    CalendarEntry,
    ColumnMapping,
    Consumption,
    DryRun,
    FaceValueChange,
    Order,
    OrderCalendar,
    OrderLine,
    SourceFile,
    TransmissionToken,
)
from titulaire.vouchers.orders.queries import OrderPlan, Repeat
from titulaire.vouchers.orders.reading.rows import Refusal
from titulaire.vouchers.orders.rules import (
    CalendarMonth,
    CeilingRoom,
    Delivery,
    OrderKind,
    OrderState,
    booklet_sizes,
    calendar_faults,
    ceiling_room,
    earliest_effect,
    headings_signature,
    last_day_of_use,
    order_amount,
    order_number,
    states_before,
    vintage_read,
)

DRY_RUN_LASTS = timedelta(hours=48)
FILES_KEPT = timedelta(days=30)


class OrderRefused(Exception):
    """The order cannot be placed as asked; nothing was done."""


@dataclass(eq=False)
class CeilingPassed(OrderRefused):
    """The order would pass the ceiling: refused whole, with what is left."""

    room: CeilingRoom


@dataclass(eq=False)
class FileRefused(OrderRefused):
    """The file is refused whole."""

    obstacles: tuple[Refusal, ...]


@dataclass(eq=False)
class RowsRefused(OrderRefused):
    """Some rows are refused, and nobody said to order the others without them."""

    refusals: tuple[Refusal, ...]


@dataclass(eq=False)
class RowsRepeated(OrderRefused):
    """People of the file already have titles of that month, and nobody said that this is meant."""

    repeats: tuple[Repeat, ...]


@dataclass(eq=False)
class DryRunClosed(OrderRefused):
    """The examination of this file is over: it lapsed, or its file was erased."""

    expired_at: datetime


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


# Files


def receive_file(*, contract: Contract, data: bytes, name: str, actor: str, at: datetime) -> SourceFile:
    """Keep a file as it was received, for a while. Inside the act that needs it."""
    return SourceFile.objects.create(
        contract=contract,
        name=name[-255:],
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        content=data,
        received_at=at,
        received_by=actor,
    )


@clause("T-2.1.1.1-commande-mensuelle", "T-2.1.1.1-transmission")
def open_dry_run(
    *,
    contract: Contract,
    data: bytes,
    name: str,
    actor: str,
    at: datetime,
    mapping: Mapping[str, str] | None = None,
    default_month: date | None = None,
) -> DryRun:
    """Deposit a file to be examined: nothing is ordered until it is confirmed.

    Raises:
        FileRefused: nothing can come of it; nothing is kept, least of all a social security number.
    """
    file = queries.read_file(contract, data, name, mapping=mapping, default_month=default_month)
    hopeless = tuple(
        refusal for refusal in file.refusals if not refusal.row and refusal.rule not in queries.COLUMN_RULES
    )
    if hopeless:
        raise FileRefused(hopeless)
    with transaction.atomic():
        source = receive_file(contract=contract, data=data, name=file.name, actor=actor, at=at)
        dry_run = DryRun.objects.create(
            contract=contract,
            source=source,
            mapping=dict(mapping) if mapping else None,
            default_month=default_month,
            created_at=at,
            created_by=actor,
            expires_at=at + DRY_RUN_LASTS,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_FILE_RECEIVED",
            target=f"order-file:{source.sha256[:16]}",
            body={"sha256": source.sha256, "size": source.size},
        )
    return dry_run


@clause("T-2.1.1.1-commande-mensuelle", "T-1.1-plafond", "T-5.1-coherence")
def confirm_plan(
    *,
    contract: Contract,
    plan: OrderPlan,
    source: SourceFile,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Order what a file asks for, in one act. The same content again gives the same order.

    Raises:
        FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered.
    """
    if plan.known is not None:
        return Confirmation(plan.known, already_known=True)
    if plan.refusals and not plan.obstacles and not accept_partial:
        raise RowsRefused(plan.refusals)
    if not plan.room.fits:
        raise CeilingPassed(plan.room)
    if plan.obstacles or plan.month is None:
        raise FileRefused(plan.obstacles)
    if plan.repeats and not accept_repeats:
        raise RowsRepeated(plan.repeats)
    return _place(
        contract=contract,
        kind=OrderKind.MONTHLY,
        month=plan.month,
        lines=[
            LineRequest(
                vouchers=row.vouchers,
                delivery=Delivery(row.delivery),
                reference=row.reference,
                civility=row.civility,
                last_name=row.last_name,
                first_name=row.first_name,
                address=row.address,
                campaign=row.campaign,
                source_row=row.row,
            )
            for row in plan.rows
        ],
        fingerprint=plan.file.fingerprint,
        source=source,
        rows_refused=len({(refusal.sheet, refusal.row) for refusal in plan.refusals}),
        actor=actor,
        at=at,
    )


def confirm_dry_run(
    *,
    dry_run: DryRun,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Order what an examined file asks for; the file is read again, so what is ordered is what it says.

    Confirmed twice, it gives the same order.

    Raises:
        DryRunClosed, FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered.
    """
    if dry_run.order is not None:
        return Confirmation(dry_run.order, already_known=True)
    if not dry_run.is_open(at) or dry_run.source.content is None:
        raise DryRunClosed(dry_run.expires_at)
    plan = queries.plan_dry_run(dry_run, at=at)
    with transaction.atomic():
        done = confirm_plan(
            contract=dry_run.contract,
            plan=plan,
            source=dry_run.source,
            actor=actor,
            at=at,
            accept_partial=accept_partial,
            accept_repeats=accept_repeats,
        )
        DryRun.objects.filter(pk=dry_run.pk).update(order=done.order)
    dry_run.refresh_from_db()
    return done


@clause("T-2.1.1.1-transmission")
def import_plan(
    *,
    contract: Contract,
    plan: OrderPlan,
    data: bytes,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Receive a file already planned and confirm it, in one act: the way of a command or another system.

    Raises:
        FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered, nor kept.
    """
    if plan.known is not None:
        return Confirmation(plan.known, already_known=True)
    with transaction.atomic():
        source = receive_file(contract=contract, data=data, name=plan.file.name, actor=actor, at=at)
        return confirm_plan(
            contract=contract,
            plan=plan,
            source=source,
            actor=actor,
            at=at,
            accept_partial=accept_partial,
            accept_repeats=accept_repeats,
        )


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
    return _place(
        contract=contract,
        kind=OrderKind.ADHOC,
        month=month.replace(day=1),
        lines=lines,
        fingerprint=hashlib.sha256(f"adhoc:{request_key}".encode()).hexdigest(),
        reason=reason,
        actor=actor,
        at=at,
    )


def _place(
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


# Calendar and face value


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


# Extractions, columns, transmission keys, retention


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


def map_columns(
    *,
    dry_run: DryRun,
    headings: Sequence[str],
    mapping: Mapping[str, str],
    actor: str,
    at: datetime,
    default_month: date | None = None,
) -> DryRun:
    """Say which heading holds which field, for the deposited file and every later one with these headings."""
    contract = dry_run.contract
    with transaction.atomic():
        saved, _ = ColumnMapping.objects.update_or_create(
            contract=contract,
            signature=headings_signature(headings),
            defaults={"mapping": dict(mapping), "saved_at": at, "saved_by": actor},
        )
        DryRun.objects.filter(pk=dry_run.pk, order__isnull=True).update(
            mapping=dict(mapping), default_month=default_month
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_COLUMNS_MAPPED",
            target=f"order-columns:{saved.signature[:16]}",
            body={"mapping": dict(mapping)},
        )
    dry_run.refresh_from_db()
    return dry_run


@clause("T-2.1.1.1-transmission")
def create_transmission_token(
    *, contract: Contract, label: str, actor: str, at: datetime
) -> tuple[TransmissionToken, str]:
    """Give a key to the buyer's software; its text is shown once and never kept."""
    with transaction.atomic():
        token, secret = make_key(
            TransmissionToken, contract=contract, label=label, created_at=at, created_by=actor
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="TRANSMISSION_KEY_CREATED",
            target=f"transmission-key:{token.pk}",
            body={"label": label},
        )
    return token, secret


def revoke_transmission_token(*, token: TransmissionToken, actor: str, at: datetime) -> TransmissionToken:
    """End a key. Twice is once."""
    with transaction.atomic():
        if end_key(token, actor=actor, at=at):
            record(
                contract=token.contract.code,
                actor=actor,
                at=at,
                act="TRANSMISSION_KEY_REVOKED",
                target=f"transmission-key:{token.pk}",
            )
    return token


def purge_files(*, contract: Contract, actor: str, at: datetime) -> int:
    """Erase the bytes of the files kept long enough and the examinations that lapsed; digests stay.

    Gives the number of files erased.
    """
    with transaction.atomic():
        old = SourceFile.objects.filter(
            contract=contract, content__isnull=False, received_at__lte=at - FILES_KEPT
        )
        erased = old.update(content=None)
        DryRun.objects.filter(contract=contract, order__isnull=True, expires_at__lte=at).delete()
        if erased:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="ORDER_FILES_ERASED",
                target="order-files",
                body={"files": erased, "received_before": (at - FILES_KEPT).isoformat()},
            )
    return erased

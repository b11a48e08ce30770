"""The acts of the ledger: prices, orders, entries, the closing of a month, and the invoice drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from titulaire.billing.models import Document as Invoice
from titulaire.billing.rules import NORMAL_RATE, InvoiceLine, Item, charge
from titulaire.billing.services import Done, discard_draft, draft_invoice
from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.ledger.models import Batch, Entry, Ledger, OrderAnswer, UnitPrice, WorkOrder
from titulaire.support.ledger.queries import after, answer_until, entries_of, prices_of
from titulaire.support.ledger.rules import (
    Charge,
    LedgerState,
    Ordered,
    OrderKind,
    Produced,
    WorkUnit,
    charges,
    overlap,
)


class NoReason(ValueError):
    """What replaces something says why."""


class AlreadyPriced(ValueError):
    """The unit has a price from that day already: a correction says why."""

    def __init__(self, unit: str, from_on: date) -> None:
        super().__init__(unit, from_on.isoformat())
        self.unit, self.from_on = unit, from_on


class OrdersOverlap(ValueError):
    """Another order of the same unit covers one of these days; `reference` is it."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class OrderKnown(ValueError):
    """The order exists already: a new version of it says why."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class OrderNotAnswerable(ValueError):
    """The order was replaced, cancelled, or only tells ahead: nobody answers it."""


class OrderAnswered(ValueError):
    """The order has another answer already."""

    def __init__(self, answer: OrderAnswer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class AnswerTooLate(ValueError):
    """Silence has validated the order: `last_day` was the last to answer."""

    def __init__(self, last_day: date) -> None:
        super().__init__(last_day.isoformat())
        self.last_day = last_day


class ImpossibleAnswerDay(ValueError):
    """An order is answered neither before it is made nor after today."""


class LedgerClosed(Exception):
    """The month is closed: it takes nothing more."""

    def __init__(self, month: date) -> None:
        super().__init__(month.isoformat())
        self.month = month


class LedgerOpen(Exception):
    """The month is not closed yet."""

    def __init__(self, month: date) -> None:
        super().__init__(month.isoformat())
        self.month = month


class LedgerEmpty(ValueError):
    """There is nothing to close or to invoice."""


class AlreadyInvoiced(Exception):
    """The month's invoice is issued: it is mended by a credit note; `number` is the invoice."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class EntryRefused(ValueError):
    """An entry that cannot be taken: a code, its row (None by hand), and the column at fault.

    OUTSIDE_MONTH, ENTERED_TWICE (in the same file), ALREADY_ENTERED (a correction says why),
    HALF_CORRECTED (some days of what it replaces would be lost).
    """

    def __init__(self, fault: str, row: int | None, column: str = "", on: date | None = None) -> None:
        super().__init__(fault, row)
        self.fault, self.row, self.column, self.on = fault, row, column, on


class EntriesRefused(ValueError):
    """The entries of a batch that cannot be taken: none was."""

    def __init__(self, refusals: Sequence[EntryRefused]) -> None:
        super().__init__(len(refusals))
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Paper:
    """The document that a figure is read in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A quantity to enter, and its row in the file."""

    produced: Produced
    row: int | None = None


def _hold(contract: Contract) -> Contract:
    """One writer at a time on a contract's ledger."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


def _keep(contract: Contract, paper: Paper | None) -> dict[str, str]:
    if paper is None:
        return {}
    return {
        "document_name": paper.name[:200],
        "document_sha256": files.keep(paper.content, contract=contract.code),
    }


# Prices and orders


@clause("S-7.2-commandes")
def set_price(
    *,
    contract: Contract,
    unit: WorkUnit,
    from_on: date,
    amount: Decimal,
    source: str,
    actor: str,
    at: datetime,
    paper: Paper | None = None,
    reason: str = "",
) -> UnitPrice:
    """Write down the price of a unit from a day on, with where it is written. The same again changes nothing.

    Raises:
        AlreadyPriced: another price holds from that day; say why it is replaced.
    """
    kept = _keep(contract, paper)
    with transaction.atomic():
        held = _hold(contract)
        known = UnitPrice.objects.in_force().filter(contract=held, unit=unit.value, from_on=from_on).first()
        if known is not None and known.amount == amount and known.source == source:
            return known
        if known is not None and not reason.strip():
            raise AlreadyPriced(unit.value, from_on)
        made = UnitPrice.objects.create(
            contract=held,
            unit=unit.value,
            from_on=from_on,
            amount=amount,
            source=source,
            reason=reason if known else "",
            entered_at=at,
            entered_by=actor,
            **kept,
        )
        if known is not None:
            known.replaced_by = made
            known.save(update_fields=["replaced_by"])
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="UNIT_PRICE_SET",
            target=f"price:{unit.value}:{from_on}",
            body={
                "amount": str(amount),
                "replaces": str(known.amount) if known else None,
                "source": source,
                "document": made.document_sha256,
                "reason": made.reason,
            },
        )
    return made


@clause("S-7.2-commandes", "S-9-120")
def enter_order(
    *,
    contract: Contract,
    reference: str,
    ordered: Ordered,
    ordered_on: date,
    actor: str,
    at: datetime,
    kind: OrderKind = OrderKind.FIRM,
    paper: Paper | None = None,
    reason: str = "",
) -> WorkOrder:
    """Enter an order, or its next version when `reason` says why. The same again changes nothing.

    An indicative order binds nobody: it may share its days with others.

    Raises:
        OrderKnown: it stands with other figures; say why they change.
        OrdersOverlap: its days are already ordered in the same unit.
    """
    kept = _keep(contract, paper)
    with transaction.atomic():
        held = _hold(contract)
        known = WorkOrder.objects.of(held).filter(reference=reference, unit=ordered.unit.value, is_last=True)
        last = known.first()
        if last is not None and _stands(last) and (last.as_value(), last.kind) == (ordered, kind.value):
            return last
        if last is not None and not reason.strip():
            raise OrderKnown(reference)
        others = WorkOrder.objects.of(held).in_force().filter(unit=ordered.unit.value)
        for other in others.exclude(reference=reference) if kind is OrderKind.FIRM else ():
            if overlap(other.as_value(), ordered):
                raise OrdersOverlap(other.reference)
        known.update(is_last=False)
        made = WorkOrder.objects.create(
            contract=held,
            reference=reference,
            version=last.version + 1 if last else 1,
            is_last=True,
            unit=ordered.unit.value,
            kind=kind.value,
            since_on=ordered.since,
            until_on=ordered.until,
            quantity=ordered.quantity,
            contacts=ordered.contacts,
            ordered_on=ordered_on,
            reason=reason if last else "",
            entered_at=at,
            entered_by=actor,
            **kept,
        )
        _record_order(made, actor, at, "WORK_ORDER_ENTERED")
    return made


def cancel_order(*, order: WorkOrder, reason: str, actor: str, at: datetime) -> WorkOrder:
    """Take an order back, by a version of its own. Taken back twice, it stays so.

    Raises:
        NoReason
    """
    if not reason.strip():
        raise NoReason
    with transaction.atomic():
        held = _hold(order.contract)
        last = WorkOrder.objects.of(held).get(reference=order.reference, unit=order.unit, is_last=True)
        if last.cancelled:
            return last
        WorkOrder.objects.filter(pk=last.pk).update(is_last=False)
        last.pk, last.version, last.is_last, last.cancelled = None, last.version + 1, True, True
        last.reason, last.entered_at, last.entered_by = reason, at, actor
        last.save(force_insert=True)
        _record_order(last, actor, at, "WORK_ORDER_CANCELLED")
    return last


def _stands(order: WorkOrder) -> bool:
    return not order.cancelled and order.accepted is not False


@clause("S-7.2-validation")
def answer_order(
    *,
    order: WorkOrder,
    accepted: bool,
    answered_on: date,
    reason: str,
    actor: str,
    at: datetime,
    paper: Paper | None = None,
) -> OrderAnswer:
    """Validate or refuse an order before silence validates it. A refused one is no longer in force: the buyer sends
    its next version. Answered twice alike, it is answered once.

    Raises:
        NoReason: a refusal says why.
        OrderNotAnswerable, OrderAnswered, AnswerTooLate, ImpossibleAnswerDay
    """
    if not accepted and not reason.strip():
        raise NoReason
    terms = terms_of(order.contract.code)
    if not order.ordered_on <= answered_on <= calendar_of(terms).local_day(at):
        raise ImpossibleAnswerDay
    kept = _keep(order.contract, paper)
    with transaction.atomic():
        held = _hold(order.contract)
        found = WorkOrder.objects.of(held).select_related("answer").get(pk=order.pk)
        if not found.is_last or found.cancelled or found.kind != OrderKind.FIRM.value:
            raise OrderNotAnswerable
        if found.accepted is not None:
            if (found.accepted, found.answer.answered_on) == (accepted, answered_on):
                return found.answer
            raise OrderAnswered(found.answer)
        if answered_on > (last_day := answer_until(found, terms)):
            raise AnswerTooLate(last_day)
        made = OrderAnswer.objects.create(
            order=found,
            accepted=accepted,
            answered_on=answered_on,
            reason=reason.strip(),
            entered_at=at,
            entered_by=actor,
            **kept,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="WORK_ORDER_ANSWERED",
            target=f"work-order:{found.reference}:{found.unit}",
            body={
                "version": found.version,
                "accepted": accepted,
                "answered_on": str(answered_on),
                "reason": made.reason,
                "document": made.document_sha256,
            },
        )
    return made


def _record_order(order: WorkOrder, actor: str, at: datetime, act: str) -> None:
    record(
        contract=order.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"work-order:{order.reference}:{order.unit}",
        body={
            "version": order.version,
            "kind": order.kind,
            "since_on": str(order.since_on),
            "until_on": str(order.until_on),
            "quantity": str(order.quantity),
            "contacts": order.contacts,
            "document": order.document_sha256,
            "reason": order.reason,
        },
    )


# Entries


@clause("S-7.2-commandes", "S-9-penalites")
def enter(
    *,
    contract: Contract,
    month: date,
    entries: Sequence[NewEntry],
    actor: str,
    at: datetime,
    file_name: str = "",
    file_sha256: str = "",
    reason: str = "",
) -> tuple[Batch, bool]:
    """Enter quantities in a month's ledger, all or none. Gives the batch, and whether its file was known.

    With a `reason`, entries on days that have one replace it; what is replaced must be replaced whole.

    Raises:
        LedgerClosed, LedgerEmpty, EntriesRefused
    """
    if not entries:
        raise LedgerEmpty
    month = month.replace(day=1)
    with transaction.atomic():
        held = _hold(contract)
        ledger, _ = Ledger.objects.get_or_create(
            contract=held, month=month, defaults={"state": LedgerState.OPEN.value}
        )
        known = ledger.batches.filter(file_sha256=file_sha256).first() if file_sha256 else None
        if known is not None:
            return known, True
        if ledger.is_closed:
            raise LedgerClosed(month)
        replaced = _replaced(ledger, entries, may_replace=bool(reason.strip()))
        batch = Batch.objects.create(
            ledger=ledger,
            file_name=file_name[:200],
            file_sha256=file_sha256,
            reason=reason if replaced else "",
            rows=len(entries),
            entered_at=at,
            entered_by=actor,
        )
        Entry.objects.filter(pk__in=[one.pk for one in replaced]).update(superseded_by=batch)
        Entry.objects.bulk_create(
            Entry(
                ledger=ledger,
                batch=batch,
                row=one.row,
                unit=one.produced.unit.value,
                since_on=one.produced.since,
                until_on=one.produced.until,
                site=one.produced.site,
                quantity=one.produced.quantity,
            )
            for one in entries
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="LEDGER_CORRECTED" if replaced else "LEDGER_ENTERED",
            target=f"ledger:{month:%Y-%m}",
            body={
                "batch": batch.pk,
                "rows": len(entries),
                "replaced": len(replaced),
                "file": file_sha256,
                "reason": batch.reason,
                "quantities": _sums(one.produced for one in entries),
            },
        )
    return batch, False


def _sums(found: Iterable[Produced]) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for one in found:
        sums[one.unit.value] = sums.get(one.unit.value, Decimal(0)) + one.quantity
    return {unit: str(sums[unit]) for unit in sorted(sums)}


def _replaced(ledger: Ledger, entries: Sequence[NewEntry], *, may_replace: bool) -> list[Entry]:
    """The entries in force that these replace.

    Raises:
        EntriesRefused
    """
    refused: list[EntryRefused] = []
    until = after(ledger.month)
    for place, one in enumerate(entries):
        if one.produced.since < ledger.month or one.produced.until > until:
            refused.append(EntryRefused("OUTSIDE_MONTH", one.row, "du", one.produced.since))
        elif any(overlap(one.produced, earlier.produced) for earlier in entries[:place]):
            refused.append(EntryRefused("ENTERED_TWICE", one.row, "du", one.produced.since))
    replaced: list[Entry] = []
    for old in ledger.entries.in_force():
        value = old.as_value()
        over = [one for one in entries if overlap(one.produced, value)]
        if not over:
            continue
        covered = {day for one in over for day in one.produced.days}
        if not may_replace:
            refused.append(EntryRefused("ALREADY_ENTERED", over[0].row, "du", old.since_on))
        elif not covered.issuperset(value.days):
            refused.append(EntryRefused("HALF_CORRECTED", over[0].row, "du", old.since_on))
        else:
            replaced.append(old)
    if refused:
        raise EntriesRefused(refused)
    return replaced


# Closing, and the invoice


@clause("S-7.2-commandes", "S-9-penalites")
def close_ledger(*, ledger: Ledger, explanation: str, actor: str, at: datetime) -> Ledger:
    """Close a month: its quantities are final, every one has a price. Closed twice, it is closed once.

    `explanation`: of the gap with the hours that the facts tell.

    Raises:
        LedgerEmpty
        NoPrice, PriceChangesWithin: an entry has no price, or more than one.
    """
    with transaction.atomic():
        held = _held(ledger)
        if held.is_closed:
            return held
        found = charges(entries_of(held), prices_of(held.contract))
        if not any(one.quantity for one in found):
            raise LedgerEmpty
        held.state, held.version = LedgerState.CLOSED.value, held.version + 1
        held.closed_at, held.closed_by, held.explanation = at, actor, explanation
        held.save()
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="LEDGER_CLOSED",
            target=f"ledger:{held}",
            body={
                "version": held.version,
                "explanation": explanation,
                "charges": [_told(one) for one in found],
            },
        )
    return held


def _held(ledger: Ledger) -> Ledger:
    _hold(ledger.contract)
    return Ledger.objects.select_related("contract", "invoice").get(pk=ledger.pk)


def _told(one: Charge) -> dict[str, str]:
    return {"unit": one.unit.value, "quantity": str(one.quantity), "price": str(one.price)}


def reopen_ledger(*, ledger: Ledger, reason: str, actor: str, at: datetime) -> Ledger:
    """Open a closed month again; the draft of its invoice is thrown away with it.

    Raises:
        NoReason
        LedgerOpen
        AlreadyInvoiced: the invoice is issued.
    """
    if not reason.strip():
        raise NoReason
    with transaction.atomic():
        held = _held(ledger)
        if not held.is_closed:
            raise LedgerOpen(held.month)
        draft = held.invoice
        if draft is not None and draft.is_issued:
            raise AlreadyInvoiced(draft.number)
        held.state, held.closed_at, held.closed_by, held.invoice = LedgerState.OPEN.value, None, "", None
        held.save()
        if draft is not None:
            discard_draft(document=draft, actor=actor, at=at)
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="LEDGER_REOPENED",
            target=f"ledger:{held}",
            body={"version": held.version, "reason": reason},
        )
    return held


@clause("S-7.2-commandes", "S-9-penalites")
def draft_ledger_invoice(
    *, ledger: Ledger, actor: str, at: datetime, vat_rate: Decimal = NORMAL_RATE
) -> Done:
    """Draft the invoice of a closed month, one line for each unit and price. Asked twice, it is the same draft.

    Raises:
        LedgerOpen
        NoPrice, PriceChangesWithin
        DocumentRefused, LineRefused: see `billing.services.draft_invoice`.
    """
    with transaction.atomic():
        held = _held(ledger)
        if not held.is_closed:
            raise LedgerOpen(held.month)
        if held.invoice is not None:
            return Done(held.invoice, already_known=True)
        references = WorkOrder.objects.of(held.contract).in_force().ending_in(held.month, after(held.month))
        named = ", ".join(dict.fromkeys(references.order_by("reference").values_list("reference", flat=True)))
        done = draft_invoice(
            contract=held.contract,
            start_on=held.month,
            end_on=after(held.month),
            lines=_lines(held, vat_rate),
            request_key=request_key(held),
            order_reference=named if len(named) <= 50 else "",
            actor=actor,
            at=at,
        )
        held.invoice = done.document
        held.save(update_fields=["invoice"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="LEDGER_INVOICED",
            target=f"ledger:{held}",
            body={"version": held.version, "invoice": done.document.reference},
        )
    return done


def request_key(ledger: Ledger) -> str:
    """The key of the invoice of this closing: `ledger:2026-05:v1`."""
    return f"ledger:{ledger.month:%Y-%m}:v{ledger.version}"


WORDS = {
    WorkUnit.UO1: "Heures productives, téléphone",
    WorkUnit.UO2: "Actes, téléphone",
    WorkUnit.UO3: "Heures productives, formulaires",
    WorkUnit.UO4: "Actes, formulaires",
}
"""What an invoice's line says; the buyer reads it, so it is French here."""


def _lines(ledger: Ledger, vat_rate: Decimal) -> list[InvoiceLine]:
    found = [one for one in charges(entries_of(ledger), prices_of(ledger.contract)) if one.quantity]
    split = {one.unit for one in found if sum(one.unit == other.unit for other in found) > 1}
    return [
        charge(
            Item(one.unit.value),
            f"{one.unit.value} : {WORDS[one.unit]}"
            + (f", à compter du {one.since:%d/%m/%Y}" if one.unit in split else ""),
            one.quantity,
            one.price,
            vat_rate=vat_rate,
            source=f"Registre de production de {ledger.month:%m/%Y}, clôture n° {ledger.version}",
        )
        for one in found
    ]


def invoice_of(ledger: Ledger) -> Invoice | None:
    """The invoice, or its draft, drawn from the month."""
    return ledger.invoice

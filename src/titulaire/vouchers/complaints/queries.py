"""Complaints as they stand at an instant: rounds, delay, resolution. And what a text of references names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.clocks import State
from titulaire.identity.models import Contract
from titulaire.vouchers.complaints.models import Complaint, CorrectiveAction
from titulaire.vouchers.complaints.rules import (
    ComplaintTerms,
    Round,
    Step,
    StepKind,
    clock,
    resolution_days,
    rounds,
)
from titulaire.vouchers.issuing.models import Booklet, Voucher
from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.stops.models import Claim


@dataclass(frozen=True, slots=True)
class Followed:
    """A complaint with its delay at an instant.

    `due_at` is the first instant too late for the current round; `on_time` is None while it is unsolved and
    not late; `working_days` those taken by all rounds, None while unsolved.
    """

    complaint: Complaint
    rounds: tuple[Round, ...]
    due_at: datetime
    due_on: date
    state: State
    working_days: int | None
    on_time: bool | None


@dataclass(frozen=True, slots=True)
class About:
    """What a complaint is about: vouchers by key, a booklet, an order. All may be missing."""

    vouchers: tuple[int, ...] = ()
    booklet: Booklet | None = None
    order: Order | None = None


class UnknownReference(LookupError):
    """No voucher, booklet or order of the contract answers to this text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def complaint_terms(contract: Contract, *, on: date) -> ComplaintTerms:
    """The contract's figures for a complaint received on a day; before its first day, those of its first day."""
    terms = terms_of(contract.code)
    day = max(on, terms.head.notified_on)
    return ComplaintTerms(
        working_days=terms.days("complaint_working_days", on=day),
        delay_start=terms.reading("delay_start", on=day),
        complaint_end=terms.reading("complaint_end", on=day),
    )


def complaints_of(contract: Contract) -> QuerySet[Complaint]:
    """The contract's complaints with what they are about."""
    return (
        Complaint.objects.filter(contract=contract)
        .select_related("contract", "order", "booklet", "owner")
        .prefetch_related("steps")
    )


def followed(contract: Contract, found: Iterable[Complaint], *, at: datetime) -> list[Followed]:
    """Complaints of one contract with their delays, from the facts known at an instant."""
    calendar = working_days(contract).calendar
    terms: dict[date, ComplaintTerms] = {}
    rows = []
    for complaint in found:
        day = timezone.localdate(complaint.received_at)
        if day not in terms:
            terms[day] = complaint_terms(contract, on=day)
        rows.append(_followed(complaint, terms[day], calendar, at))
    return rows


def _followed(complaint: Complaint, terms: ComplaintTerms, calendar: Calendar, at: datetime) -> Followed:
    steps = [
        Step(StepKind(step.kind), step.at, step.awaits_vouchers)
        for step in complaint.steps.all()
        if step.at <= at
    ]
    made = rounds(steps, complaint_end=terms.complaint_end)
    clocks = [clock(each, terms, calendar) for each in made]
    last = clocks[-1]
    late = any(each.state(at) is State.LATE or each.met_in_time is False for each in clocks)
    solved = made[-1].solved_at is not None
    assert last.due_at is not None  # noqa: S101 - nothing suspends this delay
    return Followed(
        complaint,
        made,
        due_at=last.due_at,
        due_on=calendar.local_day(last.due_at) - ONE_DAY,
        state=last.state(at),
        working_days=resolution_days(made, calendar),
        on_time=False if late else (True if solved else None),
    )


def read_references(contract: Contract, text: str) -> About:
    """What a text of numbers names: vouchers and booklets apart by commas, semicolons or lines, or an order.

    Raises:
        UnknownReference: one of them is nothing of this contract.
    """
    vouchers: list[int] = []
    booklet: Booklet | None = None
    order: Order | None = None
    for part in re.split(r"[,;\n]+", text):
        written = part.strip()
        if not written:
            continue
        try:
            number = str(Number.parse(written))
        except InvalidNumber:
            number = ""
        key = Voucher.objects.filter(contract=contract, number=number).values_list("pk", flat=True).first()
        found = Booklet.objects.filter(contract=contract, reference=written).select_related("order").first()
        ordered = Order.objects.of(contract).filter(number=written).first()
        if key is not None:
            vouchers.append(key)
        elif found is not None:
            booklet = found
        elif ordered is not None:
            order = ordered
        else:
            raise UnknownReference(written)
    if order is None and booklet is not None:
        order = booklet.order
    return About(tuple(vouchers), booklet, order)


def reissues_known(contract: Contract) -> list[str]:
    """The references of the contract's reissues that were asked for, latest first."""
    found = Claim.objects.filter(reissue__contract=contract).order_by("-reissue__issued_at", "-pk")
    return list(found.values_list("reissue__reference", flat=True))


def credit_notes_known(contract: Contract) -> list[str]:
    """The numbers of the contract's credit notes, latest first. Their room stands above: the contract tells them."""
    return list(contract.credit_notes.values_list("number", flat=True))


def stop_of(complaint: Complaint) -> str:
    """The number of the stop from which the complaint's reissue came; empty without one."""
    found = Claim.objects.filter(
        reissue__contract=complaint.contract, reissue__reference=complaint.reissue
    ).values_list("stop__number", flat=True)
    return found.first() or ""


def actions_of(contract: Contract) -> QuerySet[CorrectiveAction]:
    """The contract's corrective actions, latest first."""
    return CorrectiveAction.objects.filter(contract=contract).select_related("complaint")

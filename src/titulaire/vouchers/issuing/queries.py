"""What awaits in production; finding vouchers, and judging a number or a code that someone holds out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import QuerySet

from titulaire.clauses import clause
from titulaire.deadlines.days import working_days_between
from titulaire.identity.models import Contract
from titulaire.jobs.models import Job
from titulaire.vouchers.issuing.codes import PublicKey, PublicKeys, Refusal, VerifiedCode, verify
from titulaire.vouchers.issuing.lateness import Lateness, lateness
from titulaire.vouchers.issuing.models import Booklet, PrintJob, PrintState, SigningKey, Voucher
from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.orders.rules import OrderState


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said of a code or a number.

    `authentic` is True when a signature proves the issue, None when only a number was given, False otherwise.
    `voucher` is the register's row: the register alone says whether it can still be used. `reason` is a
    capital code when something is wrong: NOT_A_CODE, UNKNOWN_VERSION, UNKNOWN_KEY, FORGED, MISTYPED, UNKNOWN,
    DIFFERS (the signature and the register do not say the same).
    """

    authentic: bool | None
    reason: str
    voucher: Voucher | None
    said: VerifiedCode | None = None


def all_public_keys() -> PublicKeys:
    """The public keys of every contract: a code says alone which one made it."""
    return PublicKeys(PublicKey.from_jwk(jwk) for jwk in SigningKey.objects.values_list("public", flat=True))


@clause("T-2.4-securite")
def judge(text: str) -> Judgement:
    """Judge a signed code, as a reader types it, or a number, as a person does."""
    digits = "".join(text.split())
    if len(digits) <= 24:
        try:
            number = Number.parse(text)
        except InvalidNumber:
            return Judgement(None, "MISTYPED", None)
        voucher = _register().filter(number=str(number)).first()
        return Judgement(None, "" if voucher else "UNKNOWN", voucher)
    said = verify(digits, all_public_keys())
    if isinstance(said, Refusal):
        return Judgement(False, said.value, None)
    voucher = _register().filter(number=str(said.number)).first()
    if voucher is None:
        return Judgement(True, "UNKNOWN", None, said)
    agree = (voucher.face_value, voucher.last_valid_on) == (said.face_value, said.last_valid_on)
    return Judgement(True, "" if agree else "DIFFERS", voucher, said)


def _register() -> QuerySet[Voucher]:
    return Voucher.objects.select_related("contract", "order", "booklet")


def vouchers_of(contract: Contract) -> QuerySet[Voucher]:
    """The contract's vouchers with their booklet and order."""
    return _register().filter(contract=contract)


def booklets_of(contract: Contract) -> QuerySet[Booklet]:
    """The contract's booklets with their order and line."""
    return Booklet.objects.filter(contract=contract).select_related("order", "line")


def print_jobs_of(contract: Contract) -> QuerySet[PrintJob]:
    """The contract's print jobs with their orders."""
    return PrintJob.objects.filter(contract=contract).select_related("order", "paper")


class Stage(StrEnum):
    """Where an order stands in production, in the order of its life; each names what is to be done next."""

    TO_ACKNOWLEDGE = "TO_ACKNOWLEDGE"
    TO_ISSUE = "TO_ISSUE"
    TO_MAKE = "TO_MAKE"
    MAKING = "MAKING"
    FAILED = "FAILED"
    HELD = "HELD"
    READY = "READY"
    RELEASED = "RELEASED"


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One order in production. `due_on` is the day promised for its delivery, None before it is acknowledged."""

    order: Order
    stage: Stage
    job: PrintJob | None = None
    work: Job | None = None
    due_on: date | None = None
    days_left: int | None = None
    risk: Lateness | None = None


def production_queue(contract: Contract, *, on: date) -> list[QueueLine]:
    """Every live order that its printer has not wholly returned, the most pressing first."""
    orders = (
        Order.objects.of(contract)
        .live()
        .exclude(print_job__state=PrintState.RECONCILED.value)
        .select_related("contract", "print_job")
        .order_by("year", "rank")
    )
    if not orders:
        return []
    jobs = {order.pk: job for order in orders if (job := getattr(order, "print_job", None)) is not None}
    keys = [job.work_key for job in jobs.values() if job.state == PrintState.QUEUED]
    works = {work.key: work for work in Job.objects.filter(key__in=keys)}
    calendar = working_days(contract).calendar
    lines = []
    for order in orders:
        job = jobs.get(order.pk)
        work = works.get(job.work_key) if job else None
        stage = _stage(order, job, work)
        due_on = order.promised_on or order.due_on
        left = working_days_between(on, due_on, calendar) if due_on and stage is not Stage.RELEASED else None
        lines.append(
            QueueLine(order, stage, job, work, due_on, left, None if left is None else lateness(left))
        )
    return sorted(lines, key=lambda line: (line.stage is Stage.RELEASED, line.due_on or date.min))


def _stage(order: Order, job: PrintJob | None, work: Job | None) -> Stage:
    if order.state == OrderState.CONFIRMED:
        return Stage.TO_ACKNOWLEDGE
    if job is None:
        return Stage.TO_ISSUE
    if job.state == PrintState.QUEUED:
        return Stage.FAILED if work is None or work.state == Job.FAILED else Stage.MAKING
    return {
        PrintState.TO_MAKE.value: Stage.TO_MAKE,
        PrintState.HELD.value: Stage.HELD,
        PrintState.READY.value: Stage.READY,
    }.get(job.state, Stage.RELEASED)

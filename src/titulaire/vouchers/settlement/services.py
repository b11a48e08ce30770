"""The acts of the end of vouchers' lives. Each one is one transaction with its entry in the journal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.billing import services as billing
from titulaire.billing.models import Document
from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.jobs.services import enqueue
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.register import move
from titulaire.vouchers.issuing.reissuing import prepare_keys, replace_vouchers
from titulaire.vouchers.settlement import queries
from titulaire.vouchers.settlement.models import CreditNote, Declaration, ReplacementRun, YearlyReport
from titulaire.vouchers.settlement.report import changes_since, gather, is_stale, latest_issue, period_of
from titulaire.vouchers.settlement.rules import (
    BILLED_AS,
    IN_CIRCULATION,
    Holding,
    LineNotCharged,
    NotBillable,
    ReportPeriod,
    WrongInvoice,
    line_taken_back,
    reminder_steps,
    replacing_vintage,
)


class YearNotOver(Exception):
    """The year of the contract has not ended: its report cannot be frozen before `end_on`."""

    def __init__(self, period: ReportPeriod) -> None:
        super().__init__(period)
        self.period = period


class NothingChanged(Exception):
    """The facts are those of the last issue: another one would say the same."""

    def __init__(self, report: YearlyReport) -> None:
        super().__init__(report.issue)
        self.report = report


# The yearly report


@clause("T-4.4-reporting")
def freeze_report(*, contract: Contract, year: int, actor: str, at: datetime) -> YearlyReport:
    """Freeze the report of a year as its next issue, sealed by the journal; a correction says what it changes.

    Raises:
        NoSuchYear: the contract has no such year.
        YearNotOver: it has not ended.
        NothingChanged: the last issue says the same.
    """
    period = period_of(contract, year, on=timezone.localdate(at))
    if timezone.localdate(at) < period.end_on:
        raise YearNotOver(period)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        gathered = gather(held, period, at=at)
        last = latest_issue(held, year)
        if last is not None and not is_stale(last, gathered):
            raise NothingChanged(last)
        changes = changes_since(last, gathered) if last else ()
        sources_sha256 = files.keep(gathered.sources_bytes, contract=held.code)
        issue = last.issue + 1 if last else 1
        entry = record(
            contract=held.code,
            actor=actor,
            at=at,
            act="REPORT_FROZEN",
            target=f"report:{year}/{issue}",
            body={
                "values_sha256": gathered.values_sha256,
                "sources_sha256": sources_sha256,
                "figures": dict(gathered.values["figures"]),
            },
        )
        return YearlyReport.objects.create(
            contract=held,
            year=year,
            issue=issue,
            start_on=period.start_on,
            end_on=period.end_on,
            due_on=period.due_on,
            values=dict(gathered.values),
            values_sha256=gathered.values_sha256,
            sources_sha256=sources_sha256,
            differences=[asdict(change) for change in changes],
            entry_hash=entry.hash,
            frozen_at=at,
            frozen_by=actor,
        )


# The end of a vintage

UNUSED = "UNUSED"
"""The cause of a reissue that replaces what nobody used."""
REPLACE = "settlement.replace"
REMIND = "settlement.remind"
SYSTEM = "system:settlement"


class TooEarly(Exception):
    """Merchants may still present this vintage: nothing ends before `opens_on`."""

    def __init__(self, vintage: int, opens_on: date) -> None:
        super().__init__(vintage, opens_on.isoformat())
        self.vintage, self.opens_on = vintage, opens_on


class CannotDeclare(ValueError):
    """Some vouchers are over, or none of this contract: nothing was declared. `numbers` are the first of them."""

    def __init__(self, numbers: Collection[str]) -> None:
        super().__init__(*numbers)
        self.numbers = tuple(numbers)


@clause("T-2.1.4-remboursement")
def declare(*, contract: Contract, keys: Collection[int], holding: Holding, actor: str, at: datetime) -> int:
    """Say of vouchers that the buyer still holds them, or that they are lost: they will be refunded.

    The last word counts, until the voucher's life is over. Gives how many declarations it made or changed.

    Raises:
        CannotDeclare: one of them was used, replaced or refunded, or is not of this contract.
    """
    living = (*IN_CIRCULATION, VoucherState.STOPPED.value, VoucherState.EXPIRED.value)
    with transaction.atomic():
        found = list(Voucher.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
        wrong = [each.number for each in found if each.contract_id != contract.pk or each.state not in living]
        if wrong or len(found) != len(set(keys)):
            raise CannotDeclare(wrong[:20])
        known = dict(Declaration.objects.filter(voucher__in=found).values_list("voucher_id", "holding"))
        changed = [each for each in found if known.get(each.pk) != holding.value]
        for voucher in changed:
            Declaration.objects.update_or_create(
                voucher=voucher,
                defaults={
                    "contract": contract,
                    "holding": holding.value,
                    "declared_at": at,
                    "declared_by": actor,
                },
            )
        if changed:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="VOUCHERS_DECLARED",
                target=f"declaration:{holding.value}",
                body={"vouchers": [voucher.number for voucher in changed]},
            )
    return len(changed)


@clause("T-2.1.4-remplacement")
def expire_vintage(*, contract: Contract, vintage: int, actor: str, at: datetime) -> int:
    """End every voucher of a vintage that nobody used. Done again, it ends none.

    The bearer's right ends by itself with the last day of use; the register waits for the day after the
    merchants' cut-off, since a voucher used in time may be presented until then.

    Raises:
        TooEarly: that day has not come.
    """
    opens_on = queries.dates_of(contract, vintage).opens_on
    if timezone.localdate(at) < opens_on:
        raise TooEarly(vintage, opens_on)
    with transaction.atomic():
        keys = list(
            Voucher.objects.filter(
                contract=contract, vintage=vintage, state__in=(*IN_CIRCULATION, VoucherState.STOPPED.value)
            ).values_list("pk", flat=True)
        )
        moved = move(keys, to=VoucherState.EXPIRED, act="EXPIRE", target=f"vintage:{vintage}", at=at)
        if moved.keys:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="VINTAGE_EXPIRED",
                target=f"vintage:{vintage}",
                body={"vouchers": len(moved.keys), "opens_on": opens_on.isoformat()},
            )
    return len(moved.keys)


@clause("T-2.1.4-remplacement")
def replace_unused(*, contract: Contract, vintage: int, actor: str, at: datetime) -> ReplacementRun | None:
    """Replace every unused voucher of a vintage by one of the next, with no act of beneficiary or buyer.

    What is left in circulation ends first; what the buyer holds or lost waits for its refund. Done again, it
    replaces nothing and gives None.

    Raises:
        TooEarly: merchants may still present the vintage.
        NoSeries: the contract has no series of numbers.
    """
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        expire_vintage(contract=held, vintage=vintage, actor=actor, at=at)
        found = queries.to_replace(queries.ended(held, vintage))
        if not found:
            return None
        fresh = _replacing(held, vintage, on=timezone.localdate(at))
        prepare_keys(held, [fresh], actor=actor, at=at)
        reissues = replace_vouchers(
            contract=held,
            vintages={each.key: fresh for each in found},
            act="REPLACE_UNUSED",
            cause=UNUSED,
            target=f"vintage:{vintage}",
            actor=actor,
            at=at,
        )
        made = Voucher.objects.filter(booklet__reissue__in=reissues).order_by("serial")
        numbers = list(made.values_list("number", flat=True))
        last = ReplacementRun.objects.filter(contract=held, vintage=vintage).aggregate(last=Max("rank"))[
            "last"
        ]
        run = ReplacementRun.objects.create(
            contract=held,
            vintage=vintage,
            rank=(last or 0) + 1,
            vouchers=len(numbers),
            booklets=made.values("booklet").distinct().count(),
            value_cents=sum(each.cents for each in found),
            first_number=numbers[0],
            last_number=numbers[-1],
            done_at=at,
            done_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="UNUSED_REPLACED",
            target=f"vintage:{vintage}",
            body={
                "run": run.rank,
                "vouchers": run.vouchers,
                "booklets": run.booklets,
                "value": str(run.value),
                "first": run.first_number,
                "last": run.last_number,
                "reissues": [reissue.reference for reissue in reissues],
            },
        )
    return run


def _replacing(contract: Contract, vintage: int, *, on: date) -> int:
    terms = terms_of(contract.code)
    validity_end = terms.annual_day("validity_end", on=queries.read_on(vintage, terms))
    return replacing_vintage(vintage, validity_end=validity_end, on=on)


@clause("T-2.1.4-remplacement", "T-2.1.4-relances")
def plan_due(*, contract: Contract, at: datetime) -> None:
    """Queue what is due by now at the end of each vintage, in the caller's transaction: nobody has to ask for it.

    Found from the dates and the vouchers alone, so that a worker that was off misses nothing. Asked again,
    nothing is queued twice.
    """
    terms, today = terms_of(contract.code), timezone.localdate(at)
    for vintage in queries.living_vintages(contract):
        dates = queries.dates_of(contract, vintage)
        if dates.settles_on <= today:
            _queue(REPLACE, contract, at, vintage=vintage)
        days = terms.counts("reminder_days_before", on=queries.read_on(vintage, terms))
        for step in reminder_steps(dates, days):
            if step.due_on <= today <= dates.last_use_on:
                _queue(REMIND, contract, at, vintage=vintage, days_before=step.days_before)


def _queue(kind: str, contract: Contract, at: datetime, **payload: int) -> None:
    key = ":".join([kind, contract.code, *map(str, payload.values())])
    enqueue(kind=kind, key=key, at=at, contract=contract.code, payload={"contract": contract.code, **payload})


# Credit notes


class AlreadyAgreed(ValueError):
    """This side has signed the statement already."""

    def __init__(self, number: str, side: str) -> None:
        super().__init__(number, side)
        self.number, self.side = number, side


@clause("T-2.1.2-avoirs")
def issue_credit_note(
    *,
    contract: Contract,
    cause: str,
    cause_reference: str,
    label: str,
    amount: Decimal,
    actor: str,
    at: datetime,
    vouchers: int = 0,
) -> CreditNote:
    """Issue the next credit note of the contract's year. Its cause may be credited several times, each with a number.

    Raises:
        ValueError: the amount is not positive, or not in whole cents.
    """
    if amount <= 0 or amount != to_cents(amount):
        raise ValueError(amount)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        year = timezone.localdate(at).year
        last = CreditNote.objects.filter(contract=held, year=year).aggregate(last=Max("rank"))["last"]
        rank = (last or 0) + 1
        note = CreditNote.objects.create(
            contract=held,
            year=year,
            rank=rank,
            number=f"AV{year}-{rank:04d}",
            cause=cause,
            cause_reference=cause_reference,
            label=label,
            vouchers=vouchers,
            amount=amount,
            issued_at=at,
            issued_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="CREDIT_NOTE_ISSUED",
            target=f"credit-note:{note.number}",
            body={"cause": cause, "cause_reference": cause_reference, "amount": str(amount)},
        )
    return note


@clause("T-2.1.2-avoirs")
def agree_credit_note(*, note: CreditNote, side: str, actor: str, at: datetime) -> CreditNote:
    """Sign the statement of a credit note, for BUYER or CONTRACTOR. Both make it settled.

    Raises:
        AlreadyAgreed: that side has signed.
    """
    when, who = f"{side.lower()}_agreed_at", f"{side.lower()}_agreed_by"
    with transaction.atomic():
        held = CreditNote.objects.select_for_update(of=("self",)).select_related("contract").get(pk=note.pk)
        if getattr(held, when) is not None:
            raise AlreadyAgreed(held.number, side)
        setattr(held, when, at)
        setattr(held, who, actor)
        held.save(update_fields=[when, who])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CREDIT_NOTE_AGREED",
            target=f"credit-note:{held.number}",
            body={"side": side},
        )
    return held


@clause("T-2.1.2-avoirs", "T-3.3-tracabilite")
def bill_credit_note(
    *, note: CreditNote, invoice: Document, place: int, actor: str, at: datetime
) -> billing.Done:
    """Take a credit note off an invoice, at the rate of its line of rank `place`: one document, the same euros.

    Asked again, it gives the same document; a credit note is never taken off twice.

    Raises:
        NotBillable: its cause corrects no invoice.
        WrongInvoice, LineNotCharged, NotToTheCent: this invoice, or this line, cannot bear it.
        billing.KeyReused: it is already on another invoice, or another line.
        DocumentRefused, billing.NotIssued, billing.NoProfile: the invoice holds no more, or is a draft.
    """
    with transaction.atomic():
        held = CreditNote.objects.select_for_update(of=("self",)).select_related("contract").get(pk=note.pk)
        cause = BILLED_AS.get(held.cause)
        if cause is None:
            raise NotBillable(held.number, held.cause)
        named = queries.invoice_named(held)
        if invoice.contract_id != held.contract_id or (named is not None and named.pk != invoice.pk):
            raise WrongInvoice(held.number, given=invoice.reference, named=named.number if named else "")
        charged = invoice.lines.filter(place=place).first()
        if charged is None:
            raise LineNotCharged(place)
        done = billing.issue_credit_note(
            invoice=invoice,
            cause=cause,
            reason=f"Constat {held.number} : {held.label}"[:300],
            lines=[
                line_taken_back(
                    charged.as_value(),
                    amount=held.amount,
                    vouchers=held.vouchers,
                    label=held.label,
                    source=f"Constat {held.number}, {held.cause_reference}",
                )
            ],
            request_key=f"settlement:{held.number}",
            actor=actor,
            at=at,
        )
        if held.document_id is None:
            held.document = done.document
            held.save(update_fields=["document"])
            record(
                contract=held.contract.code,
                actor=actor,
                at=at,
                act="CREDIT_NOTE_BILLED",
                target=f"credit-note:{held.number}",
                body={
                    "document": done.document.number,
                    "invoice": invoice.number,
                    "amount": str(held.amount),
                },
            )
    return done

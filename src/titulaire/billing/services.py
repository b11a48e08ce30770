"""The acts of invoicing: draft, issue, credit, record a payment.

A draft commits nobody. Issuing takes the next number under the lock of its counter, freezes parties, amounts and
files, and is traced, all in one transaction: a failure leaves neither gap nor trace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from titulaire.billing import queries
from titulaire.billing.documents import factur_x
from titulaire.billing.models import Counter, Document, Line, Payment, Profile
from titulaire.billing.parties import Parties, faults
from titulaire.billing.rules import (
    Cause,
    DocumentKind,
    InvoiceLine,
    Means,
    check_credit,
    check_invoice,
    due_on,
    number_of,
    totals,
)
from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record


@dataclass(eq=False)
class KeyReused(Exception):
    """The request key already stands for another content."""

    reference: str


@dataclass(eq=False)
class NoProfile(Exception):
    """Nobody said who invoices whom on this contract."""

    contract_code: str


@dataclass(eq=False)
class ProfileRefused(Exception):
    """What is wrong with the parties, by field; `SERIES_TAKEN` on `series` when another contract has it."""

    faults: dict[str, str]


@dataclass(eq=False)
class NotIssued(Exception):
    """The document is a draft: it can be neither credited nor paid."""

    reference: str


@dataclass(eq=False)
class AlreadyIssued(Exception):
    """The document has a number: it can only be corrected by a credit note."""

    number: str


@dataclass(eq=False)
class Overpaid(Exception):
    """The payment is more than what is still owed."""

    left: Decimal


@dataclass(frozen=True, slots=True)
class Done:
    """The document, and whether this very request had already made it."""

    document: Document
    already_known: bool


# Who invoices whom


def save_profile(
    *,
    contract: Contract,
    parties: Parties,
    series: str = "",
    engagement_number: str = "",
    service_code: str = "",
    actor: str,
    at: datetime,
) -> Profile:
    """Say who invoices whom. Documents already issued keep the names they were issued with.

    Raises:
        ProfileRefused: a number is missing or wrong, or another contract of the contractor has the series.
    """
    found = faults(parties)
    others = Profile.objects.filter(contract__contractor=contract.contractor).exclude(contract=contract)
    values = {
        "series": series,
        "seller": parties.seller.as_json(),
        "buyer": parties.buyer.as_json(),
        "iban": parties.iban,
        "bic": parties.bic,
        "contract_reference": parties.contract_reference,
        "payment_days": parties.payment_days,
        "late_interest": parties.late_interest,
        "engagement_number": engagement_number,
        "service_code": service_code,
        "saved_at": at,
    }
    with transaction.atomic():
        if others.filter(series=series).exists():
            found["series"] = "SERIES_TAKEN"
        if found:
            raise ProfileRefused(found)
        profile, _ = Profile.objects.update_or_create(contract=contract, defaults=values)
        body = {name: value for name, value in values.items() if name != "saved_at"}
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="BILLING_PROFILE_SAVED",
            target=f"billing:{contract.code}",
            body=body,
        )
    return profile


# Drafts


@clause("T-2.5-pochettes", "T-2.6-domicile", "S-7.2-commandes")
def draft_invoice(
    *,
    contract: Contract,
    start_on: date,
    end_on: date,
    lines: Sequence[InvoiceLine],
    request_key: str,
    actor: str,
    at: datetime,
    order_reference: str = "",
    engagement_number: str = "",
    service_code: str = "",
) -> Done:
    """Prepare an invoice for a period (`end_on` not included). The same request again gives the same draft.

    Without an engagement number or a service code, those of the contract's profile are used at issue.

    Raises:
        LineRefused, DocumentRefused: the invoice cannot stand.
        KeyReused: the key already stands for another content.
    """
    check_invoice(lines, half=contract.kind)
    return _draft(
        contract=contract,
        kind=DocumentKind.INVOICE,
        start_on=start_on,
        end_on=end_on,
        lines=lines,
        request_key=request_key,
        actor=actor,
        at=at,
        asked={
            "order_reference": order_reference,
            "engagement_number": engagement_number,
            "service_code": service_code,
        },
    )


def _draft(
    *,
    contract: Contract,
    kind: DocumentKind,
    start_on: date,
    end_on: date,
    lines: Sequence[InvoiceLine],
    request_key: str,
    actor: str,
    at: datetime,
    asked: dict[str, str],
    corrects: Document | None = None,
) -> Done:
    content = _digest(start_on, end_on, lines, asked, corrects)
    found = totals(lines)
    with transaction.atomic():
        _hold_requests(contract)
        known = Document.objects.of(contract).filter(kind=kind, request_key=request_key).first()
        if known is not None:
            if known.content != content:
                raise KeyReused(known.reference)
            return Done(known, already_known=True)
        document = Document.objects.create(
            contract=contract,
            kind=kind,
            request_key=request_key,
            content=content,
            period_start_on=start_on,
            period_end_on=end_on,
            corrects=corrects,
            net=found.net,
            vat=found.vat,
            gross=found.gross,
            outside=found.outside,
            drafted_at=at,
            drafted_by=actor,
            **asked,
        )
        Line.objects.bulk_create(_row(document, place, line) for place, line in enumerate(lines, 1))
        if kind is DocumentKind.INVOICE:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="INVOICE_DRAFTED",
                target=f"invoice:{document.reference}",
                body={"content": content, "gross": str(found.gross)},
            )
    return Done(document, already_known=False)


def _digest(
    start_on: date,
    end_on: date,
    lines: Sequence[InvoiceLine],
    asked: dict[str, str],
    corrects: Document | None,
) -> str:
    told = {
        "period": [str(start_on), str(end_on)],
        "corrects": corrects.number if corrects else "",
        **asked,
        "lines": [
            {
                "item": line.item,
                "label": line.label,
                "quantity": str(line.quantity.normalize()),
                "unit": line.unit,
                "unit_price": str(line.unit_price.normalize()),
                "vat_rate": str(line.vat_rate.normalize()),
                "exemption": line.exemption,
                "clause": line.clause,
                "source": line.source,
            }
            for line in lines
        ],
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _row(document: Document, place: int, line: InvoiceLine) -> Line:
    return Line(
        document=document,
        place=place,
        item=line.item,
        label=line.label,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        vat_rate=line.vat_rate,
        exemption=line.exemption or "",
        net=line.net,
        clause=line.clause,
        source=line.source,
    )


def _hold_requests(contract: Contract) -> None:
    """One writer at a time on a contract's documents. On SQLite the IMMEDIATE transaction already holds the file."""
    if connection.vendor == "postgresql":
        key = hashlib.sha256(f"billing:{contract.code}".encode()).digest()[:8]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key, "big", signed=True)])


def discard_draft(*, document: Document, actor: str, at: datetime) -> None:
    """Throw a draft away. A number was never taken: nothing is missing from the series.

    Raises:
        AlreadyIssued
    """
    with transaction.atomic():
        _hold_requests(document.contract)
        current = Document.objects.filter(pk=document.pk).first()
        if current is None:
            return
        if current.is_issued:
            raise AlreadyIssued(current.number)
        record(
            contract=document.contract.code,
            actor=actor,
            at=at,
            act="INVOICE_DISCARDED",
            target=f"invoice:{current.reference}",
            body={"content": current.content},
        )
        current.lines.all().delete()
        current.delete()


# Issuing


@clause("T-1.1-emission", "S-7.2-commandes")
def issue_invoice(*, document: Document, actor: str, at: datetime) -> Done:
    """Number a draft and freeze it, with its Factur-X. Issued twice, it keeps its number.

    Raises:
        NoProfile: say first who invoices whom.
        Document.DoesNotExist: the draft was thrown away meanwhile.
    """
    with transaction.atomic():
        _hold_requests(document.contract)
        current = Document.objects.select_related("contract", "corrects").get(pk=document.pk)
        if current.is_issued:
            return Done(current, already_known=True)
        _number_and_freeze(current, actor=actor, at=at, act="INVOICE_ISSUED")
    return Done(current, already_known=False)


def _number_and_freeze(document: Document, *, actor: str, at: datetime, act: str) -> None:
    """Take the next number, build the files, keep them, and write it all at once. Inside a transaction."""
    contract, kind = document.contract, DocumentKind(document.kind)
    profile = queries.profile_of(contract)
    if profile is None:
        raise NoProfile(contract.code)
    parties = queries.parties_of(profile)
    issued_on = timezone.localdate(at)
    document.year, document.rank = issued_on.year, _next_rank(contract, kind, issued_on.year)
    document.number = number_of(kind, document.year, document.rank, series=profile.series)
    document.issued_at, document.issued_by, document.issued_on = at, actor, issued_on
    document.due_on = due_on(issued_on, payment_days=parties.payment_days)
    document.engagement_number = document.engagement_number or profile.engagement_number
    document.service_code = document.service_code or profile.service_code
    document.parties = parties.as_json()
    pdf, xml = factur_x(document)
    document.pdf_sha256 = files.keep(pdf, contract=contract.code)
    document.xml_sha256 = files.keep(xml, contract=contract.code)
    document.save()
    record(
        contract=contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"invoice:{document.number}",
        body={
            "number": document.number,
            "net": str(document.net),
            "vat": str(document.vat),
            "gross": str(document.gross),
            "due_on": str(document.due_on),
            "content": document.content,
            "pdf": document.pdf_sha256,
            "xml": document.xml_sha256,
            "corrects": document.corrects.number if document.corrects else "",
            "cause": document.cause,
        },
    )


def _next_rank(contract: Contract, kind: DocumentKind, year: int) -> int:
    """The next rank of the series; its row stays locked until the end of the transaction."""
    Counter.objects.get_or_create(contract=contract, kind=kind, year=year)
    counter = Counter.objects.select_for_update().get(contract=contract, kind=kind, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


@clause("T-2.1.2-avoirs", "S-9-penalites")
def issue_credit_note(
    *,
    invoice: Document,
    cause: Cause,
    reason: str,
    lines: Sequence[InvoiceLine],
    request_key: str,
    actor: str,
    at: datetime,
) -> Done:
    """Take back all or part of an issued invoice. The same request again gives the same credit note.

    `lines` are positive, as the invoice's own; a deduction taken back with the rest stays negative.

    Raises:
        NotIssued: the invoice is a draft: change it instead.
        DocumentRefused: more than what the invoice still holds, or lines that do not fit the cause.
        NoProfile, KeyReused
    """
    contract = invoice.contract
    with transaction.atomic():
        _hold_requests(contract)
        current = Document.objects.with_balance().select_related("contract").get(pk=invoice.pk)
        if not current.is_issued or not current.is_invoice:
            raise NotIssued(current.reference)
        asked = {"cause": str(cause), "reason": reason, "order_reference": current.order_reference}
        asked |= {"engagement_number": current.engagement_number, "service_code": current.service_code}
        known = Document.objects.of(contract).filter(kind=DocumentKind.CREDIT_NOTE, request_key=request_key)
        if not known.exists():
            check_credit(
                lines,
                cause=cause,
                invoiced=current.values(),
                credited=queries.credited_lines(current),
                left=current.gross - current.credited,  # type: ignore[attr-defined]
            )
        done = _draft(
            contract=contract,
            kind=DocumentKind.CREDIT_NOTE,
            start_on=current.period_start_on,
            end_on=current.period_end_on,
            lines=lines,
            request_key=request_key,
            actor=actor,
            at=at,
            asked=asked,
            corrects=current,
        )
        if not done.already_known:
            _number_and_freeze(done.document, actor=actor, at=at, act="INVOICE_CREDITED")
    return done


# Payments


def record_payment(
    *,
    invoice: Document,
    amount: Decimal,
    paid_on: date,
    means: Means,
    reference: str,
    request_key: str,
    actor: str,
    at: datetime,
) -> Payment:
    """Write down what was received for an invoice. The same request again gives the same payment.

    Raises:
        NotIssued: a draft or a credit note is not paid.
        Overpaid: more than what is owed.
        KeyReused: the key already stands for another payment.
    """
    contract = invoice.contract
    with transaction.atomic():
        _hold_requests(contract)
        known = Payment.objects.filter(contract=contract, request_key=request_key).first()
        if known is not None:
            if (known.invoice_id, known.amount, known.paid_on) != (invoice.pk, amount, paid_on):
                raise KeyReused(str(known.pk))
            return known
        current = Document.objects.with_balance().get(pk=invoice.pk)
        if not current.is_issued or not current.is_invoice:
            raise NotIssued(current.reference)
        left: Decimal = current.left  # type: ignore[attr-defined]
        if amount > left:
            raise Overpaid(left)
        payment = Payment.objects.create(
            contract=contract,
            invoice=current,
            request_key=request_key,
            amount=amount,
            paid_on=paid_on,
            means=means,
            reference=reference,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="PAYMENT_RECORDED",
            target=f"invoice:{current.number}",
            body={"amount": str(amount), "paid_on": str(paid_on), "means": means, "reference": reference},
        )
    return payment

"""The end of each vintage as it stands: its dates, its unused vouchers, what each will become."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from titulaire.amounts import to_cents
from titulaire.billing.models import Document, DocumentQuerySet, Line
from titulaire.billing.rules import DocumentKind, Item
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.vouchers.complaints.queries import UnknownReference
from titulaire.vouchers.issuing.models import Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.network.models import RemittanceLine
from titulaire.vouchers.network.rules import Verdict
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.settlement.models import CreditNote, Declaration, RefundedVoucher
from titulaire.vouchers.settlement.rules import (
    BILLED_AS,
    IN_CIRCULATION,
    Client,
    EndDates,
    EndTerms,
    Fate,
    Holding,
    Volume,
    end_dates,
    fate,
    may_take_back,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """A voucher past its date: its key, what becomes of it, and why it would be refunded."""

    key: int
    fate: Fate
    holding: Holding
    cents: int


def read_on(vintage: int, terms: Terms) -> date:
    """The day as of which the contract is read for the end of a vintage: that of its end."""
    return max(
        terms.annual_day("validity_end", on=terms.head.notified_on).of(vintage), terms.head.notified_on
    )


def dates_of(contract: Contract, vintage: int) -> EndDates:
    """The dates of the end of a vintage."""
    terms = terms_of(contract.code)
    on = read_on(vintage, terms)
    return end_dates(
        vintage,
        EndTerms(
            validity_end=terms.annual_day("validity_end", on=on),
            presentation_cutoff=terms.annual_day("presentation_cutoff", on=on),
            replacement_deadline=terms.annual_day("replacement_deadline", on=on),
            refund_deadline=terms.annual_day("refund_deadline", on=on),
            arrival_working_days=terms.days("presentation_arrival_working_days", on=on),
            presentation_day=terms.reading("presentation_day", on=on),
            replacement_year=terms.reading("replacement_year", on=on),
            refund_on_closed_day=terms.reading("refund_on_closed_day", on=on),
        ),
        calendar_of(terms),
    )


def vintages_of(contract: Contract) -> list[int]:
    """The vintages that the contract has vouchers of, latest first."""
    found = Voucher.objects.filter(contract=contract).order_by("-vintage")
    return list(found.values_list("vintage", flat=True).distinct())


def living_vintages(contract: Contract) -> list[int]:
    """The vintages of which some vouchers are neither used nor over."""
    living = (*IN_CIRCULATION, VoucherState.STOPPED.value, VoucherState.EXPIRED.value)
    found = Voucher.objects.filter(contract=contract, state__in=living).order_by("vintage")
    return list(found.values_list("vintage", flat=True).distinct())


def volumes(contract: Contract, vintage: int) -> dict[str, Volume]:
    """How many vouchers of a vintage stand in each state, with their value."""
    rows = (
        Voucher.objects.filter(contract=contract, vintage=vintage)
        .order_by("state")
        .values_list("state")
        .annotate(Count("pk"), Sum("face_value_cents"))
    )
    return {state: Volume(count, cents) for state, count, cents in rows}


def in_circulation(contract: Contract, vintage: int) -> QuerySet[Voucher]:
    """The vouchers of a vintage that nobody used or stopped."""
    return Voucher.objects.filter(contract=contract, vintage=vintage, state__in=IN_CIRCULATION)


def rejected(contract: Contract, vintage: int) -> QuerySet[RemittanceLine]:
    """What shops presented of a vintage and were refused: a voucher presented twice is there twice."""
    return (
        RemittanceLine.objects.filter(remittance__contract=contract, voucher__vintage=vintage)
        .exclude(verdict=Verdict.VALID.value)
        .select_related("voucher", "remittance__affiliate", "decision__remittance")
    )


def rejections(contract: Contract, vintage: int) -> list[tuple[Verdict, Volume]]:
    """The refused presentations of a vintage, by verdict."""
    rows = (
        rejected(contract, vintage)
        .select_related(None)
        .order_by("verdict")
        .values_list("verdict")
        .annotate(Count("pk"), Sum("voucher__face_value_cents"))
    )
    found = {verdict: Volume(count, cents) for verdict, count, cents in rows}
    return [(verdict, found[verdict]) for verdict in Verdict if verdict in found]


def ended(contract: Contract, vintage: int) -> list[Ended]:
    """What becomes of each expired voucher of a vintage."""
    terms = terms_of(contract.code)
    reading = terms.reading("replacement_of_lost", on=read_on(vintage, terms))
    expired = Voucher.objects.filter(contract=contract, vintage=vintage, state=VoucherState.EXPIRED.value)
    stopped = set(
        VoucherMove.objects.filter(
            voucher__in=expired, from_state=VoucherState.STOPPED.value, to_state=VoucherState.EXPIRED.value
        ).values_list("voucher_id", flat=True)
    )
    declared = dict(Declaration.objects.filter(voucher__in=expired).values_list("voucher_id", "holding"))
    return [
        _ended(key, cents, declared.get(key), key in stopped, reading)
        for key, cents in expired.order_by("serial").values_list("pk", "face_value_cents")
    ]


def _ended(key: int, cents: int, declared: str | None, was_stopped: bool, reading: str) -> Ended:
    holding = Holding(declared) if declared else None
    becomes = fate(holding=holding, was_stopped=was_stopped, replacement_of_lost=reading)
    return Ended(key, becomes, holding or Holding.LOST, cents)


def clients_of(contract: Contract, vintage: int, *, year_reading: str) -> list[Client]:
    """Every client of the contract's issuer, for the pool of a vintage: its orders and what it has to be refunded.

    `year_reading`: the orders of the VINTAGE, or those of the CALENDAR_YEAR that bears its number.
    """
    issuer = contract.contractor_id
    contracts = Contract.objects.filter(kind="VOUCHERS", contractor_id=issuer).order_by("code")
    return [_client(each, vintage, year_reading) for each in contracts]


def _client(contract: Contract, vintage: int, year_reading: str) -> Client:
    orders = Order.objects.of(contract).live()
    if year_reading == "CALENDAR_YEAR":
        orders = orders.filter(month__year=vintage)
    else:
        orders = orders.filter(vintage=vintage)
    ordered = orders.aggregate(vouchers=Sum("vouchers"), amount=Sum("amount"))
    refunded = RefundedVoucher.objects.filter(refund__contract=contract, refund__vintage=vintage)
    done = refunded.aggregate(count=Count("pk"), cents=Sum("voucher__face_value_cents"))
    waiting = _waiting(contract, vintage)
    return Client(
        contract.code,
        Volume(ordered["vouchers"] or 0, int((ordered["amount"] or 0) * 100)),
        Volume(done["count"] + len(waiting), (done["cents"] or 0) + sum(each.cents for each in waiting)),
    )


def _waiting(contract: Contract, vintage: int) -> list[Ended]:
    if not Voucher.objects.filter(contract=contract, vintage=vintage).exists():
        return []
    return to_refund(ended(contract, vintage))


def to_refund(found: Iterable[Ended]) -> list[Ended]:
    """Those that are refunded."""
    return [each for each in found if each.fate is Fate.REFUND]


def to_replace(found: Iterable[Ended]) -> list[Ended]:
    """Those that are replaced."""
    return [each for each in found if each.fate is Fate.REPLACE]


def keys_named(contract: Contract, vintage: int, text: str) -> list[int]:
    """The vouchers of a vintage that a text of numbers and booklet references names, each once.

    Raises:
        UnknownReference: one of them is no voucher or booklet of that vintage.
    """
    keys: dict[int, None] = {}
    own = Voucher.objects.filter(contract=contract, vintage=vintage)
    for part in re.split(r"[,;\n]+", text):
        written = part.strip()
        if not written:
            continue
        try:
            found = own.filter(number=str(Number.parse(written)))
        except InvalidNumber:
            found = own.filter(booklet__reference=written)
        named = list(found.order_by("serial").values_list("pk", flat=True))
        if not named:
            raise UnknownReference(written)
        keys.update(dict.fromkeys(named))
    return list(keys)


def credit_notes_of(contract: Contract) -> QuerySet[CreditNote]:
    """The contract's credit notes, latest first."""
    return CreditNote.objects.filter(contract=contract).select_related("contract", "document__corrects")


def invoice_named(note: CreditNote) -> Document | None:
    """The invoice that a credit note says that it corrects; None when it names none of the contract's."""
    if note.cause != "INVOICE":
        return None
    return invoices_to_correct(note.contract).filter(number=note.cause_reference).first()


def invoices_to_correct(contract: Contract) -> DocumentQuerySet:
    """The contract's invoices that were issued, latest first."""
    return Document.objects.of(contract).invoices().issued().order_by("-issued_on", "-rank")


def lines_to_take_back(note: CreditNote) -> list[tuple[Document, list[Line]]]:
    """The invoices that still hold the amount of a credit note, with the lines that it may be taken off."""
    if note.cause not in BILLED_AS:
        return []
    named = invoice_named(note)
    found = invoices_to_correct(note.contract).with_balance().prefetch_related("lines")
    if named is not None:
        found = found.filter(pk=named.pk)
    offered = [
        (each, [line for line in each.lines.all() if may_take_back(line.as_value())])
        for each in found
        if each.gross - each.credited >= note.amount  # type: ignore[attr-defined]
    ]
    return [(invoice, lines) for invoice, lines in offered if lines]


def credited(contract: Contract, year: int) -> dict[str, Volume]:
    """What was credited in a year, each euro once: stated and BILLED, STATED alone, or on invoices alone (INVOICED).

    A statement and the document that pays it are one credit; a document without statement counts its face values.
    """
    notes = CreditNote.objects.filter(contract=contract, year=year)
    found = {
        code: _sum_of(notes.filter(document__isnull=alone))
        for code, alone in (("BILLED", False), ("STATED", True))
    }
    alone = (
        Document.objects.of(contract)
        .issued()
        .filter(kind=DocumentKind.CREDIT_NOTE, year=year, credit_statement__isnull=True)
    )
    titles = Line.objects.filter(document__in=alone, item=Item.FACE_VALUE).aggregate(sum=Sum("quantity"))[
        "sum"
    ]
    gross = alone.aggregate(sum=Sum("gross"))["sum"]
    found["INVOICED"] = Volume(int(titles or 0), _cents(gross))
    return {code: volume for code, volume in found.items() if volume.cents}


def _sum_of(notes: QuerySet[CreditNote]) -> Volume:
    told = notes.aggregate(vouchers=Sum("vouchers"), amount=Sum("amount"))
    return Volume(told["vouchers"] or 0, _cents(told["amount"]))


def _cents(amount: Decimal | None) -> int:
    return int(to_cents(amount or Decimal(0)) * 100)

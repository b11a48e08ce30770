"""What an invoice says, what it adds up to, how it is numbered, and what a credit note may take back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from titulaire.amounts import to_cents
from titulaire.clauses import clause

ZERO = Decimal(0)
NOTHING = Decimal("0.00")
VAT_RATES = (Decimal("0.2"), Decimal("0.1"), Decimal("0.055"), Decimal("0.021"))
NORMAL_RATE = VAT_RATES[0]
RECOVERY_INDEMNITY = Decimal("40.00")
"""Owed by a public buyer for each invoice paid late (code de la commande publique, D. 2192-35)."""


class DocumentKind(StrEnum):
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


class Item(StrEnum):
    """What a line charges. UO1 and UO3 are hours, UO2 and UO4 acts; the first two answer the phone."""

    FACE_VALUE = "FACE_VALUE"
    COMMISSION = "COMMISSION"
    POSTAGE = "POSTAGE"
    SLEEVES = "SLEEVES"
    UO1 = "UO1"
    UO2 = "UO2"
    UO3 = "UO3"
    UO4 = "UO4"
    PENALTY = "PENALTY"
    OTHER = "OTHER"


class Unit(StrEnum):
    HOUR = "HOUR"
    ACT = "ACT"
    TITLE = "TITLE"
    PIECE = "PIECE"
    LUMP = "LUMP"


class Exemption(StrEnum):
    """Why a line bears no VAT."""

    FACE_VALUE = "FACE_VALUE"
    PENALTY = "PENALTY"
    EXEMPT = "EXEMPT"


OUTSIDE_TURNOVER = frozenset({Exemption.FACE_VALUE, Exemption.PENALTY})


class Channel(StrEnum):
    PHONE = "PHONE"
    FORMS = "FORMS"


class Cause(StrEnum):
    """Why an invoice is taken back, in whole or in part."""

    PENALTY = "PENALTY"
    UNUSED_TITLES = "UNUSED_TITLES"
    DEFECT = "DEFECT"
    ERROR = "ERROR"
    CANCELLATION = "CANCELLATION"


class Means(StrEnum):
    TRANSFER = "TRANSFER"
    CHEQUE = "CHEQUE"


class Standing(StrEnum):
    """Where a document stands on a day; computed, never stored."""

    DRAFT = "DRAFT"
    DUE = "DUE"
    LATE = "LATE"
    SETTLED = "SETTLED"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Usage:
    """How an item is usually charged: its unit, its clause, its VAT, the half it belongs to ("" for both)."""

    unit: Unit
    clause: str = ""
    exemption: Exemption | None = None
    half: str = ""
    channel: Channel | None = None


USAGES: Mapping[Item, Usage] = {
    Item.FACE_VALUE: Usage(Unit.TITLE, "T-1.1-emission", Exemption.FACE_VALUE, "VOUCHERS"),
    Item.COMMISSION: Usage(Unit.LUMP, "T-1.1-emission", half="VOUCHERS"),
    Item.POSTAGE: Usage(Unit.PIECE, "T-2.6-domicile", half="VOUCHERS"),
    Item.SLEEVES: Usage(Unit.PIECE, "T-2.5-pochettes", half="VOUCHERS"),
    Item.UO1: Usage(Unit.HOUR, "S-7.2-commandes", half="SUPPORT", channel=Channel.PHONE),
    Item.UO2: Usage(Unit.ACT, "S-7.2-commandes", half="SUPPORT", channel=Channel.PHONE),
    Item.UO3: Usage(Unit.HOUR, "S-7.2-commandes", half="SUPPORT", channel=Channel.FORMS),
    Item.UO4: Usage(Unit.ACT, "S-7.2-commandes", half="SUPPORT", channel=Channel.FORMS),
    Item.PENALTY: Usage(Unit.LUMP, "S-9-penalites", Exemption.PENALTY),
    Item.OTHER: Usage(Unit.LUMP),
}


def items_of(half: str) -> tuple[Item, ...]:
    """The items that a contract of this half charges, in the order of the form."""
    return tuple(item for item, usage in USAGES.items() if usage.half in {"", half})


@dataclass(eq=False)
class LineRefused(ValueError):
    """A line that cannot be charged. `fault` is a code; `place` its rank from 1, 0 when unknown."""

    fault: str
    place: int = 0

    def __str__(self) -> str:
        return f"line {self.place}: {self.fault}"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line: `quantity` × `unit_price` euros, with its VAT, its clause and where its quantity comes from.

    `vat_rate` is from 0 to 1; at 0 an `exemption` says why. A deduction has a negative quantity, never a
    negative price. At most four decimals each: the XML carries no more.

    Raises:
        LineRefused: the line contradicts itself.
    """

    item: Item
    label: str
    quantity: Decimal
    unit: Unit
    unit_price: Decimal
    vat_rate: Decimal = NORMAL_RATE
    exemption: Exemption | None = None
    clause: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            raise LineRefused(fault)

    @property
    def net(self) -> Decimal:
        """The amount without VAT, in cents."""
        return to_cents(self.quantity * self.unit_price)


def _fault(line: InvoiceLine) -> str:
    if not line.label.strip():
        return "NO_LABEL"
    if not all(isinstance(each, Decimal) for each in (line.quantity, line.unit_price, line.vat_rate)):
        return "NOT_DECIMAL"
    if line.quantity == 0:
        return "NO_QUANTITY"
    if line.unit_price < 0:
        return "NEGATIVE_PRICE"
    if _places(line.quantity) > 4 or _places(line.unit_price) > 4:
        return "TOO_PRECISE"
    if (line.vat_rate == 0) != (line.exemption is not None):
        return "EXEMPTION_AND_RATE"
    if line.vat_rate != 0 and line.vat_rate not in VAT_RATES:
        return "UNKNOWN_RATE"
    return _item_fault(line)


def _item_fault(line: InvoiceLine) -> str:
    if line.item is Item.FACE_VALUE and line.exemption is not Exemption.FACE_VALUE:
        return "FACE_VALUE_TAXED"
    if line.item is not Item.FACE_VALUE and line.exemption is Exemption.FACE_VALUE:
        return "NOT_FACE_VALUE"
    if (line.item is Item.PENALTY) != (line.exemption is Exemption.PENALTY):
        return "PENALTY_TAXED"
    return ""


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 99


def charge(
    item: Item,
    label: str,
    quantity: Decimal,
    unit_price: Decimal,
    *,
    vat_rate: Decimal = NORMAL_RATE,
    source: str = "",
) -> InvoiceLine:
    """A line charged as its item usually is: unit, clause, and no VAT where the item bears none."""
    usage = USAGES[item]
    return InvoiceLine(
        item=item,
        label=label,
        quantity=quantity,
        unit=usage.unit,
        unit_price=unit_price,
        vat_rate=ZERO if usage.exemption else vat_rate,
        exemption=usage.exemption,
        clause=usage.clause,
        source=source,
    )


@clause("S-9-penalites")
def penalty_deduction(label: str, amount: Decimal, *, source: str = "") -> InvoiceLine:
    """A penalty taken off an invoice: `amount` is positive, the line is not, and it bears no VAT."""
    return charge(Item.PENALTY, label, Decimal(-1), amount, source=source)


# Totals


@dataclass(frozen=True, slots=True)
class VatTotal:
    """What the lines of one rate add up to; VAT is rounded once, on their sum."""

    rate: Decimal
    base: Decimal
    vat: Decimal
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of a document. `outside` is what is no turnover: titles at face value, penalties."""

    by_rate: tuple[VatTotal, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    outside: Decimal

    @property
    def turnover(self) -> Decimal:
        """What is earned, without VAT."""
        return self.net - self.outside


def totals(lines: Iterable[InvoiceLine]) -> Totals:
    """The amounts of these lines: each line in cents, then VAT once for each rate, highest rate first."""
    outside = NOTHING
    bases: dict[Decimal, Decimal] = {}
    reasons: dict[Decimal, list[Exemption]] = {}
    for line in lines:
        bases[line.vat_rate] = bases.get(line.vat_rate, NOTHING) + line.net
        found = reasons.setdefault(line.vat_rate, [])
        if line.exemption is not None and line.exemption not in found:
            found.append(line.exemption)
        if line.exemption in OUTSIDE_TURNOVER:
            outside += line.net
    by_rate = tuple(
        # Added to zero: a deduction without VAT would else bear « -0.00 » of it.
        VatTotal(rate, bases[rate], NOTHING + to_cents(bases[rate] * rate), tuple(reasons[rate]))
        for rate in sorted(bases, reverse=True)
    )
    net = sum((each.base for each in by_rate), NOTHING)
    vat = sum((each.vat for each in by_rate), NOTHING)
    return Totals(by_rate, net, vat, net + vat, outside)


@clause("S-9-penalites", "S-9-plafond")
def production_amount(lines: Iterable[InvoiceLine], channel: Channel | None = None) -> Decimal:
    """The production invoice that penalties are a share of, without VAT: hours or acts of a channel, or all."""
    return sum(
        (
            line.net
            for line in lines
            if USAGES[line.item].channel is not None and channel in {None, USAGES[line.item].channel}
        ),
        NOTHING,
    )


# Numbers and dates

PREFIXES = {DocumentKind.INVOICE: "F", DocumentKind.CREDIT_NOTE: "A"}


def number_of(kind: DocumentKind, year: int, rank: int, *, series: str = "") -> str:
    """`F2026-0001` for the first invoice of a year, `A2026-0001` for its first credit note.

    A contractor of several contracts tells them apart by their `series`, written first.
    """
    if rank < 1:
        raise ValueError("ranks start at 1")
    return f"{series}{PREFIXES[kind]}{year}-{rank:04}"


def due_on(issued_on: date, *, payment_days: int) -> date:
    """The last day to pay: that many days after the invoice was deposited."""
    return issued_on + timedelta(days=payment_days)


def is_late(*, due_on: date, left: Decimal, on: date) -> bool:
    """Whether something is still owed on the day after the last day to pay, or later."""
    return left > 0 and on > due_on


def standing(*, kind: str, number: str, due_on: date | None, left: Decimal, on: date) -> Standing:
    """Where a document stands on a day."""
    if not number or due_on is None:
        return Standing.DRAFT
    if kind == DocumentKind.CREDIT_NOTE:
        return Standing.CREDIT
    if left <= 0:
        return Standing.SETTLED
    return Standing.LATE if is_late(due_on=due_on, left=left, on=on) else Standing.DUE


# What a document may hold


@dataclass(eq=False)
class DocumentRefused(ValueError):
    """A document that cannot stand. `fault` is a code, `left` the amount that was left when there is one."""

    fault: str
    left: Decimal | None = None

    def __str__(self) -> str:
        return self.fault


def check_invoice(lines: Sequence[InvoiceLine], *, half: str) -> None:
    """Refuse an invoice without line, of items foreign to the contract's half, or that is not owed.

    Raises:
        LineRefused, DocumentRefused
    """
    if not lines:
        raise DocumentRefused("NO_LINE")
    for place, line in enumerate(lines, 1):
        if line.item not in items_of(half):
            raise LineRefused("FOREIGN_ITEM", place)
    if totals(lines).gross <= 0:
        raise DocumentRefused("NOT_OWED")
    if any(each.base < 0 for each in totals(lines).by_rate if each.rate > 0):
        raise DocumentRefused("NEGATIVE_RATE")


@clause("T-2.1.2-avoirs")
def check_credit(
    lines: Sequence[InvoiceLine],
    *,
    cause: Cause,
    invoiced: Sequence[InvoiceLine],
    credited: Sequence[InvoiceLine],
    left: Decimal,
) -> None:
    """Refuse a credit note that gives back more than the invoice still holds, in all or at one rate of VAT.

    `credited` are the lines of the invoice's earlier credit notes, `left` its total less theirs, VAT included
    (the totals as issued: VAT was rounded on each document). A penalty bears no VAT, so that it can be
    taken from an invoice that is wholly taxed: only the total bounds it.

    Raises:
        DocumentRefused
    """
    if not lines:
        raise DocumentRefused("NO_LINE")
    found = totals(lines)
    if found.gross <= 0 or any(each.base < 0 for each in found.by_rate if each.rate > 0):
        raise DocumentRefused("NOTHING_CREDITED")
    if (cause is Cause.PENALTY) != all(line.item is Item.PENALTY for line in lines):
        raise DocumentRefused("CAUSE_AND_LINES")
    if found.gross > left:
        raise DocumentRefused("MORE_THAN_INVOICED", left)
    for rate, base in _bases(lines).items():
        left_at_rate = _bases(invoiced).get(rate, NOTHING) - _bases(credited).get(rate, NOTHING)
        if base > left_at_rate:
            raise DocumentRefused("MORE_THAN_INVOICED_AT_RATE", left_at_rate)


def _bases(lines: Iterable[InvoiceLine]) -> dict[Decimal, Decimal]:
    """Amounts by rate of VAT, penalties apart."""
    return {
        each.rate: each.base
        for each in totals(line for line in lines if line.item is not Item.PENALTY).by_rate
    }

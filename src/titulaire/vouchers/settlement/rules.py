"""What must always be true of the register, and what the contract says of the end of a voucher's life. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from titulaire.amounts import CENT, share_out, to_cents
from titulaire.billing.rules import Cause, InvoiceLine, Item, Unit
from titulaire.clauses import clause
from titulaire.contracts.rules import AnnualDay
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.days import add_working_days, next_working_day, previous_working_day, same_date
from titulaire.vouchers.issuing.rules import cutoff_on

IN_CIRCULATION = ("ISSUED", "DISPATCHED", "DELIVERED")
ENDS = ("USED", "PAID", "STOPPED", "REPLACED", "EXPIRED", "REFUNDED", "CANCELLED")
STATES = (*IN_CIRCULATION, *ENDS)


# The balance


class Invariant(StrEnum):
    """What is never false, checked at any time."""

    ONE_STATE = "ONE_STATE"
    ADDS_UP = "ADDS_UP"
    ONE_DESCENDANT = "ONE_DESCENDANT"
    UNDER_CEILING = "UNDER_CEILING"
    HAS_ORDER_LINE = "HAS_ORDER_LINE"
    HISTORY = "HISTORY"


@dataclass(frozen=True, slots=True)
class Volume:
    """A number of vouchers and their face value in cents."""

    count: int = 0
    cents: int = 0

    def __add__(self, other: Volume) -> Volume:
        return Volume(self.count + other.count, self.cents + other.cents)


@dataclass(frozen=True, slots=True)
class VintageLine:
    """A vintage: what was ordered in it, what it received in replacement, and where all of it stands.

    `to_issue` is ordered and not issued yet; `states` holds every voucher of the vintage, by state.
    """

    vintage: int
    ordered: Volume = Volume()
    to_issue: Volume = Volume()
    replacing: Volume = Volume()
    states: Mapping[str, Volume] = field(default_factory=dict)

    @property
    def entered(self) -> Volume:
        """What must be found again: ordered, or received in the place of older vouchers."""
        return self.ordered + self.replacing

    @property
    def found(self) -> Volume:
        """What is found: not issued yet, or in some state."""
        return sum(self.states.values(), self.to_issue)

    @property
    def in_circulation(self) -> Volume:
        """Issued, on the way or in someone's hands."""
        return sum((self.of(state) for state in IN_CIRCULATION), Volume())

    def of(self, state: str) -> Volume:
        """The vouchers in a state."""
        return self.states.get(state, Volume())


@dataclass(frozen=True, slots=True)
class Offenders:
    """Vouchers or orders that break an invariant: how many, and the first of them."""

    count: int = 0
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ceiling:
    """In cents: what the contract allows, what its consumption says, what its live orders and issues add up to."""

    allowed: int
    committed: int
    ordered: int
    issued: int


@dataclass(frozen=True, slots=True)
class Register:
    """What the register says of a contract, as the balance needs it."""

    lines: tuple[VintageLine, ...]
    ceiling: Ceiling
    two_lives: Offenders = Offenders()
    orphans: Offenders = Offenders()
    incoherent: Offenders = Offenders()


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that does not hold: where (a vintage, or 0), by how much, and the first offenders."""

    invariant: Invariant
    vintage: int = 0
    count: int = 0
    cents: int = 0
    sample: tuple[str, ...] = ()


@clause("T-5.1-coherence", "T-5.2-controle")
def breaches(register: Register) -> tuple[Breach, ...]:
    """Every invariant that does not hold, in the order of `Invariant`; none when all is well."""
    found = [
        *_unknown_states(register.lines),
        *_unbalanced(register.lines),
        *_told(Invariant.ONE_DESCENDANT, register.two_lives),
        *_past_ceiling(register.ceiling),
        *_told(Invariant.HAS_ORDER_LINE, register.orphans),
        *_told(Invariant.HISTORY, register.incoherent),
    ]
    order = list(Invariant)
    return tuple(sorted(found, key=lambda breach: order.index(breach.invariant)))


def _unknown_states(lines: Iterable[VintageLine]) -> list[Breach]:
    return [
        Breach(Invariant.ONE_STATE, line.vintage, volume.count, volume.cents, (state,))
        for line in lines
        for state, volume in line.states.items()
        if state not in STATES
    ]


def _unbalanced(lines: Iterable[VintageLine]) -> list[Breach]:
    """Value and number both: a wrong value could hide behind a right number, and the reverse."""
    found = [
        Breach(
            Invariant.ADDS_UP,
            line.vintage,
            line.entered.count - line.found.count,
            line.entered.cents - line.found.cents,
        )
        for line in lines
        if line.entered != line.found
    ]
    replaced = sum((line.of("REPLACED") for line in lines), Volume())
    replacing = sum((line.replacing for line in lines), Volume())
    if replaced != replacing:
        found.append(
            Breach(
                Invariant.ADDS_UP,
                0,
                replaced.count - replacing.count,
                replaced.cents - replacing.cents,
                ("REPLACED",),
            )
        )
    return found


def _past_ceiling(ceiling: Ceiling) -> list[Breach]:
    over = max(ceiling.ordered, ceiling.committed, ceiling.issued) - ceiling.allowed
    if over > 0:
        return [Breach(Invariant.UNDER_CEILING, cents=over)]
    if ceiling.committed != ceiling.ordered:
        return [
            Breach(Invariant.UNDER_CEILING, cents=ceiling.committed - ceiling.ordered, sample=("COMMITTED",))
        ]
    if ceiling.issued > ceiling.ordered:
        return [Breach(Invariant.UNDER_CEILING, cents=ceiling.issued - ceiling.ordered, sample=("ISSUED",))]
    return []


def _told(invariant: Invariant, offenders: Offenders) -> Sequence[Breach]:
    return [Breach(invariant, count=offenders.count, sample=offenders.sample)] if offenders.count else []


# The end of a vintage


@dataclass(frozen=True, slots=True)
class EndTerms:
    """What the contract says of the end of a vintage, with the readings retained.

    `arrival_working_days`: after the cut-off, what the post needs to bring what was postmarked in time; nothing is
    replaced before.
    """

    validity_end: AnnualDay
    presentation_cutoff: AnnualDay
    replacement_deadline: AnnualDay
    refund_deadline: AnnualDay
    arrival_working_days: int
    presentation_day: str
    replacement_year: str
    refund_on_closed_day: str


@dataclass(frozen=True, slots=True)
class EndDates:
    """The dates of the end of a vintage, in their order.

    `last_use_on` for the bearer, `cutoff_on` for the merchant, both included. `opens_on`: from then on the
    unused are known and end. `settles_on`: the day the automatic replacement is planned. The two deadlines are
    those of the contract; `refund_planned_on` the working day on which the cheque is handed over.
    """

    vintage: int
    last_use_on: date
    cutoff_on: date
    opens_on: date
    settles_on: date
    replace_by_on: date
    refund_by_on: date
    refund_planned_on: date


@clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
def end_dates(vintage: int, terms: EndTerms, calendar: Calendar) -> EndDates:
    """The dates of the end of a vintage."""
    last_presentation_on = cutoff_on(
        vintage, term=terms.presentation_cutoff, day_reading=terms.presentation_day
    )
    later = 1 if terms.replacement_year == "END_OF_NEXT_VINTAGE" else 0
    replace_by_on = terms.replacement_deadline.of(vintage + later)
    refund_by_on = terms.refund_deadline.of(vintage)
    to_working_day = next_working_day if terms.refund_on_closed_day == "AFTER" else previous_working_day
    return EndDates(
        vintage=vintage,
        last_use_on=terms.validity_end.of(vintage),
        cutoff_on=last_presentation_on,
        opens_on=last_presentation_on + ONE_DAY,
        settles_on=min(
            add_working_days(last_presentation_on, terms.arrival_working_days, calendar), replace_by_on
        ),
        replace_by_on=replace_by_on,
        refund_by_on=refund_by_on,
        refund_planned_on=to_working_day(refund_by_on, calendar),
    )


@clause("T-2.1.4-remplacement")
def replacing_vintage(vintage: int, *, validity_end: AnnualDay, on: date) -> int:
    """The vintage of what replaces the unused of a vintage: the next one, or the first that can still be used.

    A replacement done a year late would otherwise give vouchers that are already over.
    """
    fresh = vintage + 1
    while validity_end.of(fresh) <= on:
        fresh += 1
    return fresh


class Holding(StrEnum):
    """What the buyer declared of a voucher: still in its hands, or lost."""

    HELD = "HELD"
    LOST = "LOST"


class Fate(StrEnum):
    """What becomes of a voucher that nobody used."""

    REPLACE = "REPLACE"
    REFUND = "REFUND"


@clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
def fate(*, holding: Holding | None, was_stopped: bool, replacement_of_lost: str) -> Fate:
    """Replaced, or refunded: never both.

    What the buyer holds is refunded. What was lost (declared so, or stopped and never issued again) is
    refunded too, unless both parties read that lost vouchers are replaced like the others.
    """
    if holding is Holding.HELD:
        return Fate.REFUND
    lost = was_stopped or holding is Holding.LOST
    return Fate.REFUND if lost and replacement_of_lost == "EXCLUDED" else Fate.REPLACE


# The refund


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the issuer, for the pool of a vintage: what it ordered that year, what it has to be refunded."""

    code: str
    ordered: Volume
    refundable: Volume


@dataclass(frozen=True, slots=True)
class RefundFigures:
    """Both amounts side by side, in euros, and what made them. `basis` says which one is paid."""

    basis: str
    weight: str
    pool: Decimal
    own_weight: int
    all_weights: int
    pro_rata: Decimal
    exact: Decimal

    @property
    def retained(self) -> Decimal:
        """The amount that the retained reading gives."""
        return self.exact if self.basis == "EXACT_DIFFERENCE" else self.pro_rata

    @property
    def gap(self) -> Decimal:
        """What the pro rata gives more, or less, than the exact difference."""
        return self.pro_rata - self.exact


@clause("T-2.1.4-prorata", "T-2.1.4-remboursement")
def refund_figures(client: str, clients: Sequence[Client], *, basis: str, weight: str) -> RefundFigures:
    """The refund of one client among all those who share the pool, cents by largest remainder.

    The pool is the value of every client's refundable vouchers. Weights are the year's orders, by VALUE (in
    cents) or NUMBER. Clients are taken in the order of their codes, so that the odd cent always falls alike.

    Raises:
        LookupError: the client is not among them.
    """
    ranked = sorted(clients, key=lambda each: each.code)
    place = next((rank for rank, each in enumerate(ranked) if each.code == client), None)
    if place is None:
        raise LookupError(client)
    weights = [each.ordered.count if weight == "NUMBER" else each.ordered.cents for each in ranked]
    pool = _euros(sum(each.refundable.cents for each in ranked))
    # A vintage that holds nothing but replacements was ordered by nobody: each client has its own.
    exact = [_euros(each.refundable.cents) for each in ranked]
    shares = share_out(pool, weights) if any(weights) else exact
    return RefundFigures(
        basis=basis,
        weight=weight,
        pool=pool,
        own_weight=weights[place],
        all_weights=sum(weights),
        pro_rata=shares[place],
        exact=exact[place],
    )


def _euros(cents: int) -> Decimal:
    return to_cents(Decimal(cents) / 100)


@clause("T-2.1.4-remboursement")
def regularisation(retained: Decimal, already: Iterable[Decimal]) -> Decimal:
    """What is still due, or to be given back when negative, once the facts have changed."""
    return to_cents(retained - sum(already, Decimal(0)))


# Reminders


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """A reminder of a vintage: so many days before the last day of use, on that day."""

    days_before: int
    due_on: date


@clause("T-2.1.4-relances")
def reminder_steps(dates: EndDates, days_before: Sequence[int]) -> tuple[ReminderStep, ...]:
    """The ladder of reminders, first to last."""
    return tuple(
        ReminderStep(days, dates.last_use_on - timedelta(days=days))
        for days in sorted(days_before, reverse=True)
    )


# The yearly report


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A year of the contract, its end not included, and the last day on which its report is due."""

    year: int
    start_on: date
    end_on: date
    due_on: date


@clause("T-4.4-reporting")
def report_period(
    year: int,
    *,
    notified_on: date,
    starts_on: date,
    anniversary: str,
    months: int,
    delay_end: str,
    calendar: Calendar,
) -> ReportPeriod:
    """The year of the contract that starts in a calendar year, and when its report is due.

    `anniversary`: NOTIFICATION or START. `delay_end`: MOVES a due day that is not worked, or STAYS.
    """
    origin = starts_on if anniversary == "START" else notified_on
    start_on = same_date(origin, 12 * (year - origin.year))
    end_on = same_date(origin, 12 * (year + 1 - origin.year))
    due_on = same_date(end_on, months)
    return ReportPeriod(
        year, start_on, end_on, next_working_day(due_on, calendar) if delay_end == "MOVES" else due_on
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a later issue of a report changes in a figure."""

    figure: str
    before: int | None
    after: int | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


@clause("T-4.4-reporting")
def differences(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> tuple[Difference, ...]:
    """What changed between the sources of two issues, figure by figure; none when they are the same."""
    found = []
    for figure in sorted({*before, *after}):
        old, new = before.get(figure), after.get(figure)
        if old is not None and new is not None and sorted(old) == sorted(new):
            continue
        was, now = set(old or ()), set(new or ())
        found.append(
            Difference(
                figure,
                None if old is None else len(old),
                None if new is None else len(new),
                tuple(sorted(now - was)),
                tuple(sorted(was - now)),
            )
        )
    return tuple(found)


# A credit note on its invoice


BILLED_AS: Mapping[str, Cause] = {
    "COMPLAINT": Cause.DEFECT,
    "DELIVERY": Cause.DEFECT,
    "DEFECT": Cause.DEFECT,
    "INVOICE": Cause.ERROR,
}
"""The causes that correct an invoice, as the invoices name them. A refund is paid by cheque: credited too, it would
be paid twice."""


class CannotBill(ValueError):
    """The credit note cannot be put on this invoice; nothing was done."""


class NotBillable(CannotBill):
    """Its cause corrects no invoice."""

    def __init__(self, number: str, cause: str) -> None:
        super().__init__(number, cause)
        self.number, self.cause = number, cause


class WrongInvoice(CannotBill):
    """Another contract's invoice, or not the one that the credit note names (`named`, "" when it names none)."""

    def __init__(self, number: str, *, given: str, named: str) -> None:
        super().__init__(number, given, named)
        self.number, self.given, self.named = number, given, named


class LineNotCharged(CannotBill):
    """The invoice has no such line, or the line already takes something off it."""


class NotToTheCent(CannotBill):
    """No amount without VAT gives this amount with it; `nearest` are those below and above that some amount gives."""

    def __init__(self, amount: Decimal, vat_rate: Decimal, nearest: tuple[Decimal, ...]) -> None:
        super().__init__(amount, vat_rate, nearest)
        self.amount, self.vat_rate, self.nearest = amount, vat_rate, nearest


def may_take_back(line: InvoiceLine) -> bool:
    """Whether a credit note may take back this line of an invoice: it charges something."""
    return line.quantity > 0 and line.item is not Item.PENALTY


@clause("T-2.1.2-avoirs")
def line_taken_back(
    charged: InvoiceLine, *, amount: Decimal, vouchers: int, label: str, source: str
) -> InvoiceLine:
    """The line that takes `amount` euros, VAT included, off what this line charged, at its own rate.

    Whole vouchers at their face value are told as such; anything else is a lump.

    Raises:
        LineNotCharged, NotToTheCent
    """
    if not may_take_back(charged):
        raise LineNotCharged(charged.label)
    # The column of labels is shorter than what a credit note may say; its reason says the rest.
    taken = replace(charged, label=label[:200], source=source)
    if charged.item is Item.FACE_VALUE and vouchers and vouchers * charged.unit_price == amount:
        return replace(taken, quantity=Decimal(vouchers))
    net = _without_vat(amount, charged.vat_rate)
    return replace(taken, quantity=Decimal(1), unit=Unit.LUMP, unit_price=net)


def _without_vat(amount: Decimal, vat_rate: Decimal) -> Decimal:
    """The amount, in cents, that bears its VAT up to `amount` exactly."""
    about = to_cents(amount / (1 + vat_rate))
    gross = {net + to_cents(net * vat_rate): net for net in (about - CENT, about, about + CENT) if net > 0}
    if amount not in gross:
        below = [each for each in gross if each < amount][-1:]
        raise NotToTheCent(amount, vat_rate, (*below, *[each for each in gross if each > amount][:1]))
    return gross[amount]

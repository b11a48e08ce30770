"""What a breach costs, as a contract writes it: a trigger, a rate of an invoice, a date in force, a cap.

The order of the computation is the order of the text: measure, neutralise, compare, base × rate, sum, cap.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from titulaire.amounts import to_cents


class Worse(StrEnum):
    """On which side of its trigger a value is worse."""

    BELOW = "BELOW"
    ABOVE = "ABOVE"


class State(StrEnum):
    """What is said of a line. Only TRIGGERED costs anything."""

    NOT_IN_FORCE = "NOT_IN_FORCE"
    IN_GRACE = "IN_GRACE"
    SUSPENDED = "SUSPENDED"
    BLOCKED = "BLOCKED"
    NOT_MEASURABLE = "NOT_MEASURABLE"
    TO_ADJUDICATE = "TO_ADJUDICATE"
    RESPECTED = "RESPECTED"
    TARGET_MISSED = "TARGET_MISSED"
    TRIGGERED = "TRIGGERED"


class NoIncidentReference(ValueError):
    """Facts are set aside only with the reference of an incident that both parties can open."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


class NotInCents(ValueError):
    """An invoice is in whole cents, and not negative."""

    def __init__(self, amount: Decimal) -> None:
        super().__init__(str(amount))
        self.amount = amount


@dataclass(frozen=True, slots=True)
class Invoice:
    """The month's invoices of production, VAT excluded: the bases of penalties."""

    phone: Decimal
    forms: Decimal

    def __post_init__(self) -> None:
        for amount in (self.phone, self.forms):
            if amount < 0 or amount != to_cents(amount):
                raise NotInCents(amount)

    @property
    def total(self) -> Decimal:
        return self.phone + self.forms

    def base(self, code: str) -> Decimal:
        """The base of that code: PHONE, FORMS or TOTAL."""
        return {"PHONE": self.phone, "FORMS": self.forms, "TOTAL": self.total}[code]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of penalties, as it reads for one month.

    `starts_on` is when its activity starts, None while it has not; `in_force_from` when it may cost.
    """

    code: str
    name: str
    clause: str
    indicator: str
    worse: Worse
    trigger: Fraction
    rate: Decimal
    base: str
    starts_on: date | None
    in_force_from: date | None


@dataclass(frozen=True, slots=True)
class Neutralisation:
    """Facts set aside from both sides of a line's measure, because of an incident."""

    line: str
    incident: str
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if not self.incident.strip():
            raise NoIncidentReference(self.line)


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured for a line. `denominator` 0: nothing to measure. `factor` gives the unit.

    `target_met` None: no target. `blocked`: the facts do not add up. `disputed`: to be judged again by both.
    `breach`: a cause other than the trigger makes it due.
    """

    numerator: int
    denominator: int
    factor: Fraction = Fraction(1)
    target: Fraction | None = None
    blocked: bool = False
    disputed: bool = False
    breach: bool = False

    @property
    def value(self) -> Fraction | None:
        """The exact value, None when it cannot be measured."""
        if self.denominator <= 0:
            return None
        return Fraction(self.numerator, self.denominator) * self.factor

    def without(self, neutralised: Iterable[Neutralisation]) -> Measure:
        """The measure once incidents are set aside."""
        above = sum(one.numerator for one in neutralised)
        below = sum(one.denominator for one in neutralised)
        return replace(self, numerator=self.numerator - above, denominator=self.denominator - below)


@dataclass(frozen=True, slots=True)
class Assessed:
    """A line judged for a month: what was measured, before and after incidents, and what it costs."""

    line: Line
    state: State
    measured: Fraction | None
    value: Fraction | None
    base: Decimal
    amount: Decimal
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A month's penalties, before and after the cap.

    `termination_possible`: past the cap, the buyer may terminate the contract.
    """

    lines: tuple[Assessed, ...]
    uncapped: Decimal
    cap: Decimal
    proposed: Decimal

    @property
    def termination_possible(self) -> bool:
        return self.uncapped > self.cap


@dataclass(frozen=True, slots=True)
class Volume:
    """What was done or received beside what was ordered: PRODUCED hours or acts, RECEIVED contacts."""

    kind: str
    actual: Fraction
    ordered: Fraction


def is_worse(value: Fraction, trigger: Fraction, worse: Worse, *, edge_counts: bool = False) -> bool:
    """Has a value passed its trigger? Exactly on it, only when `edge_counts`."""
    if value == trigger:
        return edge_counts
    return value < trigger if worse is Worse.BELOW else value > trigger


def end_of_grace(starts_on: date, months: int) -> date:
    """The first day after a grace of some months; the last of a shorter month stands for a missing day."""
    total = starts_on.year * 12 + starts_on.month - 1 + months
    year, month = divmod(total, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(starts_on.day, last))


def is_suspended(volumes: Iterable[Volume], *, kinds: Iterable[str], rate: Decimal) -> bool:
    """Does one of these kinds of volume pass the rate of what was ordered? Exactly on it, the regime holds."""
    counted = set(kinds)
    return any(one.kind in counted and one.actual > one.ordered * Fraction(rate) for one in volumes)


def assess(
    line: Line,
    measure: Measure,
    *,
    since: date,
    until: date,
    invoice: Invoice,
    suspended: bool = False,
    edge_counts: bool = False,
    neutralised: Iterable[Neutralisation] = (),
) -> Assessed:
    """Judge one line for a month, `until` not included.

    A line that waits is due from the first month that its grace does not touch at all; a line due from the
    start of its activity is due for the month in which it starts.
    """
    here = [one for one in neutralised if one.line == line.code]
    after = measure.without(here)
    base = invoice.base(line.base)
    state = _state(line, after, since, until, suspended, edge_counts)
    amount = to_cents(base * line.rate) if state is State.TRIGGERED else Decimal("0.00")
    incidents = tuple(one.incident for one in here)
    return Assessed(line, state, measure.value, after.value, base, amount, incidents)


def _state(
    line: Line, measure: Measure, since: date, until: date, suspended: bool, edge_counts: bool
) -> State:
    if line.starts_on is None or line.in_force_from is None or line.starts_on >= until:
        return State.NOT_IN_FORCE
    if line.in_force_from > max(since, line.starts_on):
        return State.IN_GRACE
    if suspended:
        return State.SUSPENDED
    if measure.blocked:
        return State.BLOCKED
    if measure.value is None:
        return State.NOT_MEASURABLE
    if measure.disputed:
        return State.TO_ADJUDICATE
    if measure.breach or is_worse(measure.value, line.trigger, line.worse, edge_counts=edge_counts):
        return State.TRIGGERED
    if measure.target is not None and is_worse(measure.value, measure.target, line.worse):
        return State.TARGET_MISSED
    return State.RESPECTED


def total(lines: Iterable[Assessed], *, invoice: Invoice, cap_rate: Decimal) -> Statement:
    """Sum the lines and cap the sum at a rate of the month's invoice."""
    assessed = tuple(lines)
    uncapped = sum((one.amount for one in assessed), Decimal("0.00"))
    cap = to_cents(invoice.total * cap_rate)
    return Statement(assessed, uncapped, cap, min(uncapped, cap))

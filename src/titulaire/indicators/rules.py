"""What an indicator is: two sums of whole numbers, a way to compare, and the readings of its formula.

A *measure* is a whole number that adds up over any facts (calls answered, milliseconds waited). A *side* of
an indicator is a sum of measures with whole coefficients, so any grain is an exact sum, and the ratio is
taken last. Nothing is rounded here: comparisons are between fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache


class Unit(StrEnum):
    """What a value counts."""

    RATIO = "RATIO"
    SECONDS = "SECONDS"
    POINTS = "POINTS"
    COUNT = "COUNT"
    FORMS_PER_DAY = "FORMS_PER_DAY"


class Direction(StrEnum):
    """When the target is met. FOLLOWED: nothing to reach."""

    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    BELOW = "BELOW"
    FOLLOWED = "FOLLOWED"


class Grade(StrEnum):
    """How well a figure can be opened: A to its events, B to a vendor's cell, C to a declaration."""

    A = "A"
    B = "B"
    C = "C"


class State(StrEnum):
    """What is said of a value. BLOCKED: the facts behind it do not add up."""

    MET = "MET"
    MISSED = "MISSED"
    FOLLOWED = "FOLLOWED"
    NOT_MEASURABLE = "NOT_MEASURABLE"
    BLOCKED = "BLOCKED"


def lowest(grades: Iterable[Grade]) -> Grade | None:
    """The weakest evidence of a figure, None when it used none."""
    return max(grades, default=None)


@dataclass(frozen=True, slots=True)
class Sum:
    """Measures added and taken away: `m.received - m.dissuaded`. Keeps the order in which it was written."""

    parts: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Sum) -> Sum:
        parts = dict(self.parts)
        for name, times in other.parts:
            parts[name] = parts.get(name, 0) + times
        return Sum(tuple((name, times) for name, times in parts.items() if times))

    def __sub__(self, other: Sum) -> Sum:
        return self + other * -1

    def __mul__(self, times: int) -> Sum:
        return Sum(tuple((name, times * one) for name, one in self.parts))

    __rmul__ = __mul__

    @property
    def names(self) -> tuple[str, ...]:
        """The measures it takes."""
        return tuple(name for name, _ in self.parts)

    def of(self, measured: Mapping[str, int]) -> int:
        """The sum for these measures; what is absent counts for nothing."""
        return sum(times * measured.get(name, 0) for name, times in self.parts)


class Measured:
    """Gives a `Sum` for each name of a measure, so that a formula reads as it is written in the contract."""

    def __getattr__(self, name: str) -> Sum:
        return Sum(((name, 1),))


@dataclass(frozen=True, slots=True)
class Sides:
    """A numerator over a denominator. `denominator` None: the value is the numerator, a count or a stock.

    `numerator / denominator * factor` is in the unit of the indicator: 1/1000 turns milliseconds to seconds.
    """

    numerator: Sum
    denominator: Sum | None = None
    factor: Fraction = Fraction(1)

    @property
    def names(self) -> tuple[str, ...]:
        """The measures it takes, each once."""
        both = self.numerator + (self.denominator or Sum())
        extra = (*self.numerator.names, *(self.denominator.names if self.denominator else ()))
        return tuple(dict.fromkeys((*both.names, *extra)))

    def of(self, measured: Mapping[str, int]) -> Value:
        """The value for these measures."""
        below = self.denominator.of(measured) if self.denominator else None
        return Value(self.numerator.of(measured), below, self.factor)


@dataclass(frozen=True, slots=True)
class Value:
    """An exact value. Two values add up side by side: a consolidated rate is never a mean of rates."""

    numerator: int
    denominator: int | None
    factor: Fraction = Fraction(1)

    @property
    def exact(self) -> Fraction | None:
        """The value in its unit; None when it cannot be measured: nothing to divide by."""
        if self.denominator is None:
            return self.numerator * self.factor
        if self.denominator <= 0:
            return None
        return Fraction(self.numerator, self.denominator) * self.factor

    def __add__(self, other: Value) -> Value:
        if self.factor != other.factor or (self.denominator is None) != (other.denominator is None):
            raise NotAddable(self, other)
        below = None
        if self.denominator is not None and other.denominator is not None:
            below = self.denominator + other.denominator
        return Value(self.numerator + other.numerator, below, self.factor)


class NotAddable(ValueError):
    """Two values that are not of one formula: their sum would mean nothing."""

    def __init__(self, one: Value, other: Value) -> None:
        super().__init__(f"{one} and {other}")
        self.one, self.other = one, other


Formula = Callable[[Measured], Sides]


@lru_cache(maxsize=1024)
def sides_of(formula: Formula) -> Sides:
    """What a formula says: the same each time, whatever was measured."""
    return formula(Measured())


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure shown beside, never retained. `label` in French; `alike`: it measures the same thing."""

    code: str
    label: str
    formula: Formula
    alike: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Two sums that are equal when the facts are whole. `label` says it in French."""

    label: str
    left: Formula
    right: Formula

    def gap(self, measured: Mapping[str, int]) -> int:
        """By how much the left exceeds the right: 0 when the facts add up."""
        return sides_of(self.left).numerator.of(measured) - sides_of(self.right).numerator.of(measured)


@dataclass(frozen=True)
class Indicator:
    """One row of the contract's table.

    `readings` are the codes of the contract's readings on which the formula depends, and `formulas` gives one
    small function per combination of their options, in that order. `cuts` are the ways to cut it that mean
    something. `target` is the name of a term. `stock` is true when the value is a level at the end of the
    period: a sum since the beginning, not over the period.
    """

    code: str
    name: str
    clause: str
    unit: Unit
    direction: Direction
    formulas: Mapping[tuple[str, ...], Formula]
    readings: tuple[str, ...] = ()
    target: str | None = None
    cuts: frozenset[str] = frozenset()
    comparisons: tuple[Comparison, ...] = ()
    identity: Identity | None = None
    stock: bool = False
    aside: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def sides(self, options: Mapping[str, str]) -> Sides:
        """The formula under these options, by code of reading."""
        return sides_of(self.formulas[tuple(options[code] for code in self.readings)])

    @cached_property
    def names(self) -> frozenset[str]:
        """Every measure that some reading, comparison or identity of it takes."""
        formulas = [*self.formulas.values(), *(one.formula for one in self.comparisons)]
        if self.identity:
            formulas += [self.identity.left, self.identity.right]
        return frozenset(name for formula in formulas for name in sides_of(formula).names)


@dataclass(frozen=True, slots=True)
class Rival:
    """What another way of counting gives. `reading` is empty for a comparison."""

    reading: str
    option: str
    label: str
    value: Value
    alike: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """An indicator measured: its value under the retained readings, and all that is needed to judge it."""

    indicator: Indicator
    value: Value
    options: tuple[tuple[str, str], ...]
    target: Fraction | None = None
    rivals: tuple[Rival, ...] = ()
    grade: Grade | None = None
    gap: int = 0
    """By how much the identity fails; any gap blocks the figure."""
    trigger: Fraction | None = None

    @property
    def exact(self) -> Fraction | None:
        """The value, None when it is blocked or cannot be measured."""
        return None if self.gap else self.value.exact

    def gap_of(self, rival: Rival) -> Fraction | None:
        """By how much a rival exceeds the value; None where that means nothing."""
        if not rival.alike or self.exact is None or rival.value.exact is None:
            return None
        return rival.value.exact - self.exact

    @property
    def state(self) -> State:
        """What is said of it."""
        if self.gap:
            return State.BLOCKED
        if self.value.exact is None or self.grade is None:
            return State.NOT_MEASURABLE
        if self.target is None or self.indicator.direction is Direction.FOLLOWED:
            return State.FOLLOWED
        return State.MET if meets(self.value.exact, self.target, self.indicator.direction) else State.MISSED


def meets(value: Fraction, target: Fraction, direction: Direction) -> bool:
    """Is the target met? Exactly: nothing is rounded before it is compared."""
    match direction:
        case Direction.AT_LEAST:
            return value >= target
        case Direction.AT_MOST:
            return value <= target
        case Direction.BELOW:
            return value < target
        case Direction.FOLLOWED:
            return True


def judge(
    indicator: Indicator,
    measured: Mapping[str, int],
    *,
    options: Mapping[str, str],
    rivals: Iterable[tuple[str, str, str]] = (),
    target: Fraction | None = None,
    trigger: Fraction | None = None,
    grade: Grade | None = None,
    known: Collection[str] | None = None,
) -> Result:
    """Apply an indicator to what was measured.

    `options` are the retained options by code of reading; `rivals` the others: reading, option, sentence.
    `known` names what was measured, when not everything was: a formula that takes more is left unsaid, and
    an identity unchecked.
    """

    def tells(sides: Sides) -> bool:
        return known is None or set(sides.names) <= set(known)

    retained = {code: options[code] for code in indicator.readings}
    others = [
        (code, option, label, indicator.sides({**retained, code: option}), True)
        for code, option, label in rivals
        if code in indicator.readings
    ]
    others += [("", one.code, one.label, sides_of(one.formula), one.alike) for one in indicator.comparisons]
    beside = [
        Rival(code, option, label, sides.of(measured), alike)
        for code, option, label, sides, alike in others
        if tells(sides)
    ]
    sides, identity = indicator.sides(retained), indicator.identity
    checked = identity is not None and tells(sides_of(identity.left)) and tells(sides_of(identity.right))
    return Result(
        indicator=indicator,
        value=sides.of(measured),
        options=tuple(retained.items()),
        target=target,
        rivals=tuple(beside),
        grade=grade if tells(sides) else None,
        gap=identity.gap(measured) if identity and checked else 0,
        trigger=trigger,
    )


def consolidate(results: Iterable[Result]) -> Result:
    """One result for several periods or sites: both sides summed, the weakest grade, the gaps not netted.

    The terms shown are those of the last one; a rival counts only where every part has it.

    Raises:
        NotAddable: the parts were not computed by formulas of one unit.
        ValueError: there is nothing to consolidate.
    """
    parts = list(results)
    if not parts:
        raise ValueError("nothing to consolidate")
    last = parts[-1]
    if last.indicator.stock:
        return last
    value = parts[0].value
    for one in parts[1:]:
        value = value + one.value
    grades = [one.grade for one in parts if one.grade is not None]
    return replace(
        last,
        value=value,
        rivals=tuple(_consolidated_rivals(parts)),
        grade=lowest(grades),
        gap=sum(abs(one.gap) for one in parts),
    )


def _consolidated_rivals(parts: list[Result]) -> Iterable[Rival]:
    for rival in parts[-1].rivals:
        same = [
            other
            for one in parts
            for other in one.rivals
            if (other.reading, other.option) == (rival.reading, rival.option)
        ]
        if len(same) == len(parts):
            value = same[0].value
            for other in same[1:]:
                value = value + other.value
            yield replace(rival, value=value)

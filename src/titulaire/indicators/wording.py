"""How a value is written in French."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from titulaire.indicators.rules import Direction, Grade, State, Unit
from titulaire.ui.formats import NO_BREAK, NONE, number

DIGITS, MOST_DIGITS = 2, 12
UNITS = {
    Unit.RATIO: "%",
    Unit.SECONDS: "s",
    Unit.POINTS: "points sur 100",
    Unit.COUNT: "",
    Unit.FORMS_PER_DAY: "par jour",
}
DIRECTIONS = {
    Direction.AT_LEAST: "au moins",
    Direction.AT_MOST: "au plus",
    Direction.BELOW: "moins de",
    Direction.FOLLOWED: "suivi",
}
STATES = {
    State.MET: "atteint",
    State.MISSED: "manqué",
    State.FOLLOWED: "suivi",
    State.NOT_MEASURABLE: "non mesurable",
    State.BLOCKED: "bloqué",
}
GRADES = {Grade.A: "A : événements", Grade.B: "B : tableaux de l’outil", Grade.C: "C : déclaré"}


def written(value: Fraction | None, unit: Unit, beside: Fraction | None = None) -> str:
    """A value, to two decimals; to more where two would hide on which side of `beside` it stands.

    89.996 % beside a target of 90 % is written 89,996 %.
    """
    if value is None:
        return NONE
    if unit is Unit.COUNT and value.denominator == 1:
        return number(value.numerator)
    times = 100 if unit is Unit.RATIO else 1
    digits = DIGITS
    while digits < MOST_DIGITS and _hides(value * times, None if beside is None else beside * times, digits):
        digits += 1
    return _with_unit(number(rounded(value * times, digits)), unit)


def difference_written(value: Fraction, unit: Unit) -> str:
    """By how much a value exceeds another, signed; between rates, in points."""
    text = written(value, unit)
    if unit is Unit.RATIO:
        text = text.replace("%", "pt")
    return text if value < 0 else f"+{text}"


def rounded(value: Fraction, digits: int) -> Decimal:
    """A fraction to some decimals, halves away from zero."""
    scaled = value * 10**digits
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    cents = Decimal(whole).scaleb(-digits)
    return (-cents if scaled < 0 else cents).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _hides(value: Fraction, beside: Fraction | None, digits: int) -> bool:
    if beside is None or value == beside:
        return False
    shown = Fraction(rounded(value, digits))
    return (shown > beside) != (value > beside) or shown == beside


def _with_unit(text: str, unit: Unit) -> str:
    match unit:
        case Unit.RATIO | Unit.SECONDS:
            return f"{text}{NO_BREAK}{UNITS[unit]}"
        case _:
            return text


def target_written(target: Fraction | None, unit: Unit, direction: Direction) -> str:
    """A target and how it is to be reached, such as « ≥ 90 % »."""
    if target is None or direction is Direction.FOLLOWED:
        return ""
    sign = {Direction.AT_LEAST: "≥", Direction.AT_MOST: "≤", Direction.BELOW: "<"}[direction]
    times = 100 if unit is Unit.RATIO else 1
    shown = rounded(target * times, DIGITS)
    plain = shown.to_integral_value() if shown == shown.to_integral_value() else shown
    return f"{sign}{NO_BREAK}{_with_unit(number(plain), unit)}"

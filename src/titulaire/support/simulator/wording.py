"""How a simulation is said in French."""

from __future__ import annotations

from fractions import Fraction

from titulaire.indicators.rules import Value
from titulaire.indicators.wording import difference_written, written
from titulaire.support.simulator.queries import Figure, Simulation
from titulaire.support.simulator.rules import Change
from titulaire.ui.formats import NO_BREAK, NONE, list_fr, money, month_fr, number


def band_written(one: Figure) -> str:
    """What chance alone leaves of a figure, nine times in ten."""
    if one.low is None or one.high is None:
        return NONE
    unit = one.indicator.unit
    return f"{written(Fraction(one.low), unit)} à {written(Fraction(one.high), unit)}"


def gap_written(one: Figure) -> str:
    """By how much the model misses the fact."""
    if one.gap is None:
        return NONE
    return difference_written(one.gap, one.indicator.unit)


def value_written(value: Value) -> str:
    """The two sides of a value, such as « 9 ÷ 10 »."""
    above, below = value.numerator, value.denominator
    thousandth = value.factor == Fraction(1, 1000)
    said = f"{number(above)}{f'{NO_BREAK}ms' if thousandth else ''}"
    return said if below is None else f"{said} ÷ {number(below)}"


def answer_written(found: Simulation) -> str:
    """The answer in one sentence, said again at each move of a slider."""
    answer = found.figure("I1")
    sign = "+" if found.difference > 0 else ""
    return (
        f"{month_fr(found.month).capitalize()}, {change_written(found.change)} : décroché "
        f"{written(answer.expected, answer.indicator.unit, answer.target)}, pénalités "
        f"{money(found.after.proposed)} ({sign}{money(found.difference)})."
    )


def change_written(change: Change) -> str:
    """A change in a phrase, such as « +3 conseillers, +20 s par appel et +8 % d’appels »."""
    parts = []
    if change.advisers:
        word = "conseiller" if abs(change.advisers) < 2 else "conseillers"
        parts.append(f"{_signed(change.advisers)}{NO_BREAK}{word}")
    if change.handling_seconds:
        parts.append(f"{_signed(change.handling_seconds)}{NO_BREAK}s par appel")
    if change.calls_rate:
        parts.append(f"{_signed(round(change.calls_rate * 100, 4))}{NO_BREAK}% d’appels")
    if change.patience_seconds:
        parts.append(f"une patience de {number(change.patience_seconds)}{NO_BREAK}s")
    return list_fr(parts) if parts else "rien de changé"


def _signed(value: float) -> str:
    whole = int(value) if value == int(value) else value
    return f"{'+' if value > 0 else '−'}{number(abs(whole))}"

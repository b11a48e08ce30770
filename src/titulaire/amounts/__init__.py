"""Money: decimals, cents, one rounding, shares that add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount in euros to the cent, halves away from zero. The only rounding of the house.

    Raises:
        TypeError: the amount is a float: a float has already lost the cents it claims to hold.
    """
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount is a Decimal, not {type(amount).__name__}")
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def share_out(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Share an amount in whole cents in proportion to weights, by largest remainder.

    The parts add up to the total exactly; between equal remainders the earlier part gets the cent.

    Raises:
        ValueError: a negative weight, no positive weight, or a total that is not in whole cents.
    """
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights are counts, and at least one is positive")
    if total != to_cents(total):
        raise ValueError(f"{total} is not in whole cents")
    cents, whole = int(total / CENT), sum(weights)
    sign = -1 if cents < 0 else 1
    parts = [abs(cents) * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(cents) * weights[i] % whole), i))
    for index in by_remainder[: abs(cents) - sum(parts)]:
        parts[index] += 1
    return [sign * part * CENT for part in parts]

"""How far two sides agree, and how sure a mean is: Bland–Altman, Student, the size of a sample. Pure.

Marks are in points on 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import atan, ceil, cos, pi, sin, sqrt
from statistics import fmean, stdev

from titulaire.clauses import clause

NORMAL_95 = 1.96
"""The quantile of the limits of agreement, and of the first guess of a sample's size."""
WANTED_POINTS = 2.5
"""How close to the truth a mean of marks is wished to be: half of the five points that two sides may differ by."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval (Student). One mark alone has no interval."""

    mean: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Contractor minus buyer on the same items: bias, its interval, 95 % limits of agreement, items past the gap.

    None where fewer than two pairs say nothing.
    """

    pairs: int
    bias: Interval
    spread: float | None
    low: float | None
    high: float | None
    apart: int
    gap_max: float

    @property
    def means_hold(self) -> bool:
        """Whether the two means are within the gap that the contract allows."""
        return abs(self.bias.mean) <= self.gap_max


def student_within(t: float, freedom: int) -> float:
    """The probability that a Student variable lies between -t and t: exact sums, for whole degrees of freedom.

    Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = 0.0
    for step in range(odd, freedom - 1, 2):
        total += term
        term *= cos(angle) ** 2 * (step + 1) / (step + 2)
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


@cache
def student_95(freedom: int) -> float:
    """The t between whose opposite and itself a Student variable lies 95 times in 100."""
    low, high = 0.0, 13.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if student_within(middle, freedom) < 0.95 else (low, middle)
    return high


def interval_of(marks: Sequence[float]) -> Interval | None:
    """The mean of some marks and its interval; None without marks."""
    if not marks:
        return None
    mean, count = fmean(marks), len(marks)
    if count < 2:
        return Interval(mean, None, None, count)
    half = student_95(count - 1) * stdev(marks) / sqrt(count)
    return Interval(mean, mean - half, mean + half, count)


@clause("S-4.1-calibrage", "S-3.3.2-formulaires-qualite")
def agreement_of(pairs: Sequence[tuple[float, float]], *, gap_max: float) -> Agreement | None:
    """How far two sides agree, from (contractor, buyer) marks of the same items; None without a pair."""
    gaps = [ours - theirs for ours, theirs in pairs]
    bias = interval_of(gaps)
    if bias is None:
        return None
    apart = sum(abs(gap) > gap_max for gap in gaps)
    if len(gaps) < 2:
        return Agreement(len(gaps), bias, None, None, None, apart, gap_max)
    spread = stdev(gaps)
    half = NORMAL_95 * spread
    return Agreement(len(gaps), bias, spread, bias.mean - half, bias.mean + half, apart, gap_max)


@clause("S-4.1-calibrage")
def items_needed(marks: Sequence[float], *, within: float = WANTED_POINTS) -> int | None:
    """How many marks of such a spread a mean needs to be known within so many points; None with fewer than two."""
    if len(marks) < 2:
        return None
    return max(2, ceil((NORMAL_95 * stdev(marks) / within) ** 2))

"""The Erlang-A queue (M/M/n+M), for many intervals at once: who waits gives up after an exponential patience.

Solved as the birth-death chain it is, in logarithms, so that neither a heavy load nor a long patience overflows.
`n` need not be whole: half an adviser is one who is there half of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CELLS_AT_ONCE = 2_000_000
"""States computed together: bounds the memory, whatever the patience."""
SPREAD = 10.0
"""How many standard deviations of the queue are kept: what is left out is under 1e-20."""


@dataclass(frozen=True, slots=True)
class Steady:
    """What each interval tends to. `lost` is the share of the calls, `waiting` and `busy` mean numbers."""

    lost: Floats
    waiting: Floats
    busy: Floats


def steady(rate: Floats, staff: Floats, *, handling_seconds: float, patience_seconds: float) -> Steady:
    """The steady state of each interval: `rate` calls per second, `staff` advisers at their post.

    Raises:
        ValueError: a time is not positive, or a rate or a number of advisers is negative.
    """
    if handling_seconds <= 0 or patience_seconds <= 0 or (rate < 0).any() or (staff < 0).any():
        raise ValueError("times are positive, rates and advisers are not negative")
    if not rate.size:
        return Steady(rate, rate, rate)
    states = _states(rate, staff, handling_seconds, patience_seconds)
    parts = np.array_split(np.arange(rate.size), max(1, -(-rate.size * states // CELLS_AT_ONCE)))
    done = [_solved(rate[at], staff[at], states, handling_seconds, patience_seconds) for at in parts]
    waiting, busy = (np.concatenate([one[place] for one in done]) for place in (0, 1))
    lost = np.divide(waiting / patience_seconds, rate, out=np.zeros_like(rate), where=rate > 0)
    return Steady(np.clip(lost, 0.0, 1.0), waiting, busy)


def _states(rate: Floats, staff: Floats, handling: float, patience: float) -> int:
    """How many states hold all the weight."""
    overload = np.maximum(rate - staff / handling, 0.0) * patience
    spread = SPREAD * (np.sqrt(rate * patience) + np.sqrt(rate * handling))
    return int(np.max(np.maximum(staff, rate * handling) + overload + spread)) + 40


def _solved(
    rate: Floats, staff: Floats, states: int, handling: float, patience: float
) -> tuple[Floats, Floats]:
    inside = np.arange(states + 1, dtype=np.float64)
    served = np.minimum(inside, staff[:, None])
    queue = inside - served
    leaving = served[:, 1:] / handling + queue[:, 1:] / patience
    steps = np.log(np.maximum(rate, 1e-300))[:, None] - np.log(leaving)
    weight = np.concatenate([np.zeros((rate.size, 1)), np.cumsum(steps, axis=1)], axis=1)
    chance = np.exp(weight - weight.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    return (chance * queue).sum(axis=1), (chance * served).sum(axis=1)

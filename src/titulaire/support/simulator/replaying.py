"""The same month played again with other dice: how far chance alone moves its figures.

All days of all replications advance together, in steps of a few seconds; a queue goes on from one quarter-hour
to the next. The seed is fixed: the same question has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STEP_SECONDS = 15
QUARTER_SECONDS = 900
REPLICATIONS = 24
SEED = 20_260_101

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Per replication: calls lost, seconds waited, seconds that advisers were busy."""

    lost: Floats
    waited_seconds: Floats
    busy_seconds: Floats


def replay(
    arrivals: Floats,
    staff: Floats,
    *,
    handling_seconds: float,
    patience_seconds: float,
    replications: int = REPLICATIONS,
    seed: int = SEED,
) -> Replayed:
    """Play days again: `arrivals` (mean calls) and `staff` by day (rows) and quarter-hour (columns)."""
    rng = np.random.default_rng(seed)
    days = arrivals.shape[0]
    lanes = replications * days
    inside = np.zeros(lanes, dtype=np.int64)
    lost = np.zeros(lanes)
    waited, busy_time = np.zeros(lanes), np.zeros(lanes)
    # Whole steps with the same mean as the times they stand for: an exponential cut in steps would be longer.
    done, leaves = (min(1.0, STEP_SECONDS / mean) for mean in (handling_seconds, patience_seconds))
    steps = QUARTER_SECONDS // STEP_SECONDS
    for quarter in range(arrivals.shape[1]):
        rate = np.tile(arrivals[:, quarter] / steps, replications)
        # A part of an adviser is there in that part of the replications.
        posts = np.floor(np.tile(staff[:, quarter], replications) + rng.random(lanes)).astype(np.int64)
        if not rate.any() and not inside.any():
            continue
        coming = rng.poisson(rate, size=(steps, lanes))
        for arrived in coming:
            busy = np.minimum(inside, posts)
            queue = inside - busy
            gone = rng.binomial(queue, leaves)
            inside += arrived - gone - rng.binomial(busy, done)
            lost += gone
            waited += queue
            busy_time += busy
    shape = (replications, days)
    return Replayed(
        lost.reshape(shape).sum(axis=1),
        waited.reshape(shape).sum(axis=1) * STEP_SECONDS,
        busy_time.reshape(shape).sum(axis=1) * STEP_SECONDS,
    )

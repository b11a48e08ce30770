"""From a change (advisers, handling time, calls, patience) to the measures that the month would have had.

The model never replaces the facts: it gives by how much they would move. Nothing changed, nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from titulaire.support.simulator.erlang import steady
from titulaire.support.simulator.replaying import QUARTER_SECONDS, Replayed, replay

Floats = npt.NDArray[np.float64]
QUARTER_MS = QUARTER_SECONDS * 1000
QUARTERS_A_DAY = 96
USUAL_PATIENCE_SECONDS = 180.0
"""Taken when nobody gave up in the month, so that it cannot be estimated."""
SCALED_BY_CALLS = (
    *("received_inbound", "received_transfer", "received_overflow", "dissuaded_telecom"),
    *("dissuaded_closure", "overflowed_out", "recovered_in_transfer", "widened_in", "widened_out"),
    *("dissuaded_other", "timed_out", "set_aside", "queued"),
)


class NothingToSimulate(ValueError):
    """No quarter-hour has both calls and advisers: say how many advisers there were."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A quarter-hour of a day: calls that queued, time of advisers at their post (waiting or on a call)."""

    day: date
    quarter: int
    calls: int
    staff_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """What would be different. `calls_rate` 0.08: 8 % more. `patience_seconds` None: as estimated."""

    advisers: float = 0.0
    handling_seconds: float = 0.0
    calls_rate: float = 0.0
    patience_seconds: float | None = None


@dataclass(frozen=True)
class Played:
    """A month modelled: by cell, calls lost, milliseconds waited, busy and at post."""

    lost: Floats
    waited_ms: Floats
    busy_ms: Floats
    staff_ms: Floats


@dataclass(frozen=True)
class Centre:
    """The month that the model plays. Rows are days, columns quarter-hours; `outside` calls met nobody at post."""

    days: tuple[date, ...]
    calls: Floats
    staff: Floats
    handling_seconds: float
    patience_seconds: float
    patience_is_estimated: bool
    outside: int

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """The quarter-hours with somebody at post."""
        return self.staff > 0

    @property
    def mean_staff(self) -> float:
        """Advisers at their post on average, while it is open."""
        return float(self.staff[self.open].mean())


def centre_of(cells: Sequence[Cell], measured: Mapping[str, int], *, staff: float | None = None) -> Centre:
    """The month as its facts tell it. `staff` replaces what no fact tells: advisers at post all the day long.

    Patience is the time waited over the calls that gave up: what an exponential law is estimated by.

    Raises:
        NothingToSimulate
    """
    days = tuple(sorted({one.day for one in cells}))
    rows = {day: place for place, day in enumerate(days)}
    calls, posts = np.zeros((len(days), QUARTERS_A_DAY)), np.zeros((len(days), QUARTERS_A_DAY))
    for one in cells:
        at = rows[one.day], one.quarter
        calls[at] = one.calls
        posts[at] = one.staff_ms / QUARTER_MS if staff is None else staff * (one.calls > 0)
    answered = measured.get("answered", 0)
    handled = sum(measured.get(name, 0) for name in ("talk_ms", "hold_ms", "wrapup_ms"))
    inside = posts > 0
    if not answered or not handled or not (calls * inside).any():
        raise NothingToSimulate
    gave_up = measured.get("abandoned", 0) + measured.get("timed_out", 0)
    waited = measured.get("wait_ms", 0) / 1000
    known = gave_up > 0 and waited > 0
    return Centre(
        days=days,
        calls=np.where(inside, calls, 0.0),
        staff=posts,
        handling_seconds=handled / answered / 1000,
        patience_seconds=waited / gave_up if known else USUAL_PATIENCE_SECONDS,
        patience_is_estimated=known,
        outside=int((calls * ~inside).sum()),
    )


def changed(centre: Centre, change: Change) -> Centre:
    """The month as it would be: as many more advisers in each open quarter-hour, calls in proportion."""
    return replace(
        centre,
        calls=centre.calls * (1 + change.calls_rate),
        staff=np.where(centre.open, np.maximum(centre.staff + change.advisers, 0.0), 0.0),
        handling_seconds=max(1.0, centre.handling_seconds + change.handling_seconds),
        patience_seconds=change.patience_seconds or centre.patience_seconds,
    )


def play(centre: Centre) -> Played:
    """Each quarter-hour in its steady state."""
    inside = (centre.staff > 0) | (centre.calls > 0)
    found = steady(
        centre.calls[inside] / QUARTER_SECONDS,
        centre.staff[inside],
        handling_seconds=centre.handling_seconds,
        patience_seconds=centre.patience_seconds,
    )

    def laid(values: Floats) -> Floats:
        whole = np.zeros(centre.calls.shape)
        whole[inside] = values
        return whole

    return Played(
        lost=laid(found.lost) * centre.calls,
        waited_ms=laid(found.waiting) * QUARTER_MS,
        busy_ms=laid(found.busy) * QUARTER_MS,
        staff_ms=centre.staff * QUARTER_MS,
    )


def replayed(centre: Centre) -> Replayed:
    """The month played again with other dice."""
    used = centre.open.any(axis=0)
    return replay(
        centre.calls[:, used],
        centre.staff[:, used],
        handling_seconds=centre.handling_seconds,
        patience_seconds=centre.patience_seconds,
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a month moves, in calls and milliseconds. `staff_ms` and `busy_ms` by day, in order."""

    lost: float
    waited_ms: float
    busy_ms: tuple[float, ...]
    staff_ms: tuple[float, ...]

    def and_chance(self, *, lost: float, waited_ms: float, busy_ms: float) -> Shift:
        """The same shift, and what chance adds to it over the whole month."""
        busy = (*self.busy_ms, busy_ms)
        return replace(self, lost=self.lost + lost, waited_ms=self.waited_ms + waited_ms, busy_ms=busy)


def shift(before: Played, after: Played) -> Shift:
    """What the model changes between two plays of the same days."""
    return Shift(
        lost=float((after.lost - before.lost).sum()),
        waited_ms=float((after.waited_ms - before.waited_ms).sum()),
        busy_ms=tuple((after.busy_ms - before.busy_ms).sum(axis=1).tolist()),
        staff_ms=tuple((after.staff_ms - before.staff_ms).sum(axis=1).tolist()),
    )


def moved(measured: Mapping[str, int], by: Shift, change: Change) -> dict[str, int]:
    """The month's measures once moved. What was received stays what was answered, lost or turned away."""
    found = dict(measured)
    times = 1 + change.calls_rate
    if change.calls_rate:
        for name in SCALED_BY_CALLS:
            if name in found:
                found[name] = round(found[name] * times)
    answered = measured.get("answered", 0)
    most = max(0, _to_answer(found) - _ended(found, 0, 0))
    found["abandoned"] = min(max(round(measured.get("abandoned", 0) + by.lost), 0), most)
    gap = _to_answer(measured) - _ended(measured, answered, measured.get("abandoned", 0))
    found["answered"] = max(0, _to_answer(found) - _ended(found, 0, found["abandoned"]) - gap)
    found["wait_ms"] = max(0, round(measured.get("wait_ms", 0) + by.waited_ms))
    for name in ("talk_ms", "hold_ms", "wrapup_ms"):
        if name in measured and answered:
            found[name] = round(measured[name] * found["answered"] / answered)
    found["talk_ms"] = max(
        0, found.get("talk_ms", 0) + round(change.handling_seconds * 1000) * found["answered"]
    )
    if "available_ms" in measured:
        found |= hours_moved(measured, sum(by.staff_ms), sum(by.busy_ms))
    return found


def hours_moved(measured: Mapping[str, int], staff_ms: float, busy_ms: float) -> dict[str, int]:
    """The measures of advisers' time, moved: signed-in and paid time in proportion of the time at post."""
    at_post = measured.get("available_ms", 0) + measured.get("busy_ms", 0)
    found = dict(measured)
    for name, by in (
        ("available_ms", staff_ms - busy_ms),
        ("idle_ms", staff_ms - busy_ms),
        ("busy_ms", busy_ms),
        ("productive_ms", staff_ms),
    ):
        if name in found:
            found[name] = max(0, round(found[name] + by))
    for name in ("logged_ms", "pause_ms", "presence_ms"):
        if name in found and at_post:
            found[name] = max(0, round(found[name] * (1 + staff_ms / at_post)))
    names = ("available_ms", "idle_ms", "busy_ms", "productive_ms", "logged_ms", "pause_ms", "presence_ms")
    return {name: found[name] for name in names if name in found}


def _to_answer(measured: Mapping[str, int]) -> int:
    """The base of the answer rate, widening as it is retained."""

    def of(name: str) -> int:
        return measured.get(name, 0)

    received = of("received_inbound") + of("received_transfer") + of("received_overflow")
    taken = of("dissuaded_telecom") + of("dissuaded_closure") + of("overflowed_out")
    return received - taken - of("recovered_in_transfer") + of("widened_in") - of("widened_out")


def _ended(measured: Mapping[str, int], answered: int, lost: int) -> int:
    return answered + lost + measured.get("dissuaded_other", 0) + measured.get("timed_out", 0)

"""Erlang-A beside what is known of it in closed form, and beside calls played one by one."""

from __future__ import annotations

import heapq
import math
from collections import deque

import numpy as np
import pytest

from titulaire.support.simulator.erlang import steady
from titulaire.support.simulator.replaying import replay


def one(rate: float, staff: float, handling: float, patience: float) -> tuple[float, float, float]:
    found = steady(np.array([rate]), np.array([staff]), handling_seconds=handling, patience_seconds=patience)
    return float(found.lost[0]), float(found.waiting[0]), float(found.busy[0])


@pytest.mark.parametrize(("load", "staff"), [(1.0, 1), (3.0, 2), (25.0, 20), (60.0, 50), (80.0, 120)])
def test_with_a_patience_equal_to_the_handling_time_the_calls_inside_are_poisson(
    load: float, staff: int
) -> None:
    chances = [math.exp(-load + k * math.log(load) - math.lgamma(k + 1)) for k in range(400)]
    waiting = sum((k - staff) * p for k, p in enumerate(chances) if k > staff)
    lost, found, busy = one(load / 300, staff, 300.0, 300.0)
    assert found == pytest.approx(waiting, rel=1e-10, abs=1e-14)
    assert busy == pytest.approx(load - waiting, rel=1e-10)
    assert lost == pytest.approx(waiting / load, rel=1e-10, abs=1e-14)


def erlang_c(load: float, staff: int) -> float:
    """The chance of waiting when nobody ever gives up."""
    blocked = 1.0
    for n in range(1, staff + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / staff * (1 - blocked))


@pytest.mark.parametrize(("load", "staff"), [(0.5, 1), (8.0, 10), (50.0, 56)])
def test_with_an_endless_patience_it_is_erlang_c(load: float, staff: int) -> None:
    waiting = erlang_c(load, staff) * load / (staff - load)
    lost, found, busy = one(load / 300, staff, 300.0, 3e8)
    assert found == pytest.approx(waiting, rel=1e-5)
    assert busy == pytest.approx(load, rel=1e-5)
    assert lost == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize(
    ("calls_an_hour", "holding"),
    [(625, (49, 56)), (400, (32, 35)), (300, (25, 25)), (200, None)],
)
def test_both_targets_hold_only_in_a_narrow_corridor(
    calls_an_hour: int, holding: tuple[int, int] | None
) -> None:
    """Handling 5 min, patience 3 min: nine calls in ten answered, and less than a tenth of the time free."""
    staff = np.arange(1, 90, dtype=float)
    found = steady(
        np.full(staff.size, calls_an_hour / 3600), staff, handling_seconds=300.0, patience_seconds=180.0
    )
    free = (staff - found.busy) / staff
    held = [
        int(n) for n, lost, idle in zip(staff, found.lost, free, strict=True) if lost <= 0.1 and idle < 0.1
    ]
    assert held == ([] if holding is None else list(range(holding[0], holding[1] + 1)))


def test_what_comes_in_goes_out_answered_or_lost() -> None:
    rng = np.random.default_rng(7)
    rate, staff = rng.uniform(0.001, 0.5, 200), rng.uniform(0.0, 120.0, 200)
    found = steady(rate, staff, handling_seconds=290.0, patience_seconds=170.0)
    assert np.allclose(found.busy / 290 + found.waiting / 170, rate, rtol=1e-9)
    assert ((found.lost >= 0) & (found.lost <= 1) & (found.busy <= staff + 1e-9)).all()


def test_more_advisers_never_lose_more_calls() -> None:
    staff = np.arange(0, 80, 0.25)
    lost = steady(np.full(staff.size, 0.15), staff, handling_seconds=300.0, patience_seconds=180.0).lost
    assert (np.diff(lost) <= 1e-12).all() and lost[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "wrong", [(-0.1, 1.0, 300.0, 180.0), (0.1, -1.0, 300.0, 180.0), (0.1, 1.0, 0.0, 180.0)]
)
def test_what_cannot_be_is_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        one(*wrong)


def by_events(rate: float, staff: int, handling: float, patience: float, calls: int) -> tuple[float, float]:
    """Share lost and mean wait of calls played one by one, in the order of their arrivals."""
    rng = np.random.default_rng(11)
    free: list[float] = [0.0] * staff
    heapq.heapify(free)
    now, lost, waited = 0.0, 0, 0.0
    arrivals = deque(np.cumsum(rng.exponential(1 / rate, calls)).tolist())
    stays, lasts = rng.exponential(patience, calls).tolist(), rng.exponential(handling, calls).tolist()
    for stay, last in zip(stays, lasts, strict=True):
        now = arrivals.popleft()
        wait = max(0.0, free[0] - now)
        if wait > stay:
            lost, waited = lost + 1, waited + stay
        else:
            heapq.heapreplace(free, now + wait + last)
            waited += wait
    return lost / calls, waited / calls


@pytest.mark.parametrize(("rate", "staff"), [(0.17, 46), (0.17, 54), (0.05, 14)])
def test_calls_played_one_by_one_give_the_same(rate: float, staff: int) -> None:
    lost, waiting, _ = one(rate, staff, 300.0, 180.0)
    share, wait = by_events(rate, staff, 300.0, 180.0, 150_000)
    assert share == pytest.approx(lost, abs=0.006)
    assert wait == pytest.approx(waiting / rate, rel=0.06)


def test_the_month_played_again_stays_around_its_steady_state() -> None:
    # Forty quarter-hours alike, the first ones apart: the queue starts empty.
    arrivals, staff = np.full((20, 40), 0.17 * 900), np.full((20, 40), 48.0)
    played = replay(arrivals, staff, handling_seconds=300.0, patience_seconds=180.0, replications=10)
    lost, waiting, busy = one(0.17, 48, 300.0, 180.0)
    calls = arrivals.sum()
    assert played.lost.mean() / calls == pytest.approx(lost, rel=0.08)
    assert played.waited_seconds.mean() / calls == pytest.approx(waiting / 0.17, rel=0.08)
    assert played.busy_seconds.mean() / (20 * 40 * 900) == pytest.approx(busy, rel=0.02)
    again = replay(arrivals, staff, handling_seconds=300.0, patience_seconds=180.0, replications=10)
    assert (again.lost == played.lost).all()

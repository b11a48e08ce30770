"""The simulated centre holds the contract's volumes, is the same for the same seed, and enters without a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import Imported
from titulaire.support.facts.simulation import Volumes, daily_volumes, open_days, simulate, write_exports

Bring = Callable[..., Imported]
YEARS = [
    Volumes(2025, date(2025, 11, 9), 217_725, 10_491),
    Volumes(2026, date(2026, 1, 1), 1_424_153, 72_328),
]


@pytest.mark.parametrize("year", YEARS)
def test_the_days_add_up_to_the_years_volumes(year: Volumes) -> None:
    days = daily_volumes(year, seed=1)
    assert sum(calls for calls, _ in days.values()) == year.calls
    assert sum(forms for _, forms in days.values()) == year.forms


def test_nobody_answers_on_a_bank_holiday() -> None:
    days = open_days(date(2026, 5, 1), date(2026, 5, 31))
    assert date(2026, 5, 1) not in days and date(2026, 5, 14) not in days and date(2026, 5, 4) in days


def test_a_day_is_the_same_whatever_the_period_asked() -> None:
    day = date(2026, 3, 3)
    alone = next(simulate(YEARS, day, date(2026, 3, 4), 7))
    among = next(one for one in simulate(YEARS, date(2026, 3, 2), date(2026, 3, 4), 7) if one.day == day)
    assert alone.legs == among.legs and alone.states == among.states
    assert next(simulate(YEARS, day, date(2026, 3, 4), 8)).legs != alone.legs


def test_every_call_of_the_volume_is_received_once() -> None:
    day = next(simulate(YEARS, date(2026, 3, 3), date(2026, 3, 4), 1))
    origins = Counter(leg["origine"] for leg in day.legs)
    assert origins["Entrant"] == daily_volumes(YEARS[1], 1)[date(2026, 3, 3)][0]
    answered = sum(leg["issue"] == "Décroché" for leg in day.legs) / (len(day.legs) - origins["SVI"])
    assert 0.75 < answered < 0.99


def test_an_adviser_does_one_thing_at_a_time() -> None:
    day = next(simulate(YEARS, date(2026, 3, 3), date(2026, 3, 4), 1))
    last: dict[str, str] = {}
    for state in sorted(day.states, key=lambda one: (one["conseiller"], one["debut"])):
        assert state["duree"] > 0
        assert last.get(state["conseiller"], "") <= state["debut"]
        last[state["conseiller"]] = state["debut"]


@pytest.mark.once
@pytest.mark.django_db
def test_what_is_simulated_enters_without_a_refusal(bring: Bring, tmp_path: Path) -> None:
    days = simulate(YEARS, date(2026, 3, 30), date(2026, 4, 2), 1)
    exports = list(write_exports(days, tmp_path))
    assert len(exports) == 9
    for export in exports:
        batch = bring(path=export.path, connector=find_connector(export.connector)).batch
        assert (batch.state, batch.rows_refused, batch.rows_read) == ("ACCEPTED", 0, export.rows)

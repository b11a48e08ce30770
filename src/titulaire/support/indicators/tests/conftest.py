from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.engine import connect
from titulaire.support.facts.schema import Record
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import full_day_ms
from titulaire.support.indicators.frame import frame_of
from titulaire.support.indicators.gathering import Facts, Files, Gathered, Question, gather
from titulaire.support.indicators.tests.rows import write

Rows = Iterable[Mapping[str, Any]]
Measure = Callable[..., Gathered]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """Gather every measure from rows of facts, as from files."""

    def gathered(
        legs: Rows = (),
        states: Rows = (),
        items: Rows = (),
        *,
        since: date = date(2026, 3, 1),
        until: date = date(2026, 4, 1),
        by: tuple[str, ...] = (),
        where: Mapping[str, Any] | None = None,
    ) -> Gathered:
        terms = terms_as_signed("mes")
        files = Files(
            write(tmp_path, Record.LEGS, legs),
            write(tmp_path, Record.STATES, states),
            write(tmp_path, Record.ITEMS, items),
        )
        with connect() as backend:
            source = Facts(backend, files, frame_of(terms, since, until), full_day_ms(terms, since))
            return gather(Question(since, until, by, where or {}), source, names=MEASURES.by_name)

    return gathered

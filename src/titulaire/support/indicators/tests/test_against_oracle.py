"""Random facts, and every indicator and reading counted twice: by ours, and by SQL written by hand."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.engine import connect
from titulaire.indicators.rules import Measured
from titulaire.support.facts.schema import Record
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import full_day_ms, options_on
from titulaire.support.indicators.frame import frame_of
from titulaire.support.indicators.gathering import Facts, Files, Question, gather
from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.drawn import facts
from titulaire.support.indicators.tests.oracle import QUERIES, Oracle

TERMS = terms_as_signed("mes")
DAY = TERMS.head.starts_on
DAY_MS = full_day_ms(TERMS, DAY)
INDICATORS = {one.code: one for one in (*indicators(DAY_MS), production_plan())}
SINCE, UNTIL = date(2026, 3, 28), date(2026, 4, 7)


def ours(found: dict[Any, dict[str, int]], code: str, option: str) -> dict[Any, tuple[int, int | None]]:
    """The two sides of an indicator under one option, by key, months summed; two zeros left out."""
    one = INDICATORS[code]
    comparison = next((other for other in one.comparisons if other.code == option), None)
    options = options_on(TERMS, one, DAY)
    for reading in one.readings:
        if option in {known.code for known in TERMS.readings[reading].options}:
            options[reading] = option
    sides = comparison.formula(Measured()) if comparison else one.sides(options)
    total: dict[Any, tuple[int, int | None]] = {}
    for key, measured in found.items():
        value = sides.of(measured)
        above, below = total.get(key[1] if len(key) > 1 else None, (0, 0))
        if value.denominator is None:
            both: tuple[int, int | None] = (above + value.numerator, None)
        else:
            both = (above + value.numerator, (below or 0) + value.denominator)
        total[key[1] if len(key) > 1 else None] = both
    return {key: both for key, both in total.items() if any(both)}


@pytest.mark.clause("S-3.3.2-decroche", "S-3.3.2-attente", "S-3.3.2-accessibilite", "S-3.3.2-transfert")
@pytest.mark.clause("S-3.3.2-disponibilite", "S-3.3.2-dmc", "S-3.3.2-dmt", "S-3.3.2-volumes")
@pytest.mark.clause("S-3.3.2-qualification", "S-3.3.2-qualite-telephonie", "S-3.3.2-qualite-tickets")
@pytest.mark.clause("S-3.3.2-formulaires-taux", "S-3.3.2-formulaires-productivite")
@pytest.mark.clause("S-3.3.2-formulaires-volumes", "S-3.3.2-formulaires-qualite")
# An example costs half a second of engine: shrinking one would cost minutes.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(made=facts(), by=st.sampled_from(["", "", "site", "flow", "adviser", "day", "hour"]))
def test_every_indicator_and_every_reading_agrees_with_the_oracle(made: Any, by: str) -> None:
    frame = frame_of(TERMS, SINCE, UNTIL)
    oracle = Oracle(*made, reasons=TERMS.texts("contact_reasons", on=DAY), holidays=[date(2026, 4, 6)])
    with tempfile.TemporaryDirectory() as folder, connect() as backend:
        files = Files(
            *(
                rows.write(Path(folder), record, table)
                for record, table in zip((Record.LEGS, Record.STATES, Record.ITEMS), made, strict=True)
            )
        )
        question = Question(SINCE, UNTIL, (by,) if by else ())
        source = Facts(backend, files, frame, DAY_MS)
        found = gather(question, source, names=MEASURES.by_name).found
    for code, option in QUERIES:
        if by and by not in {"day", "hour"} and by not in INDICATORS[code].cuts:
            continue
        if code == "I14" and (by == "hour" or not made[2]):
            continue  # a day's work has no hour, and no rate without a single fact of forms
        expected = oracle.sides(code, option, since=SINCE, until=UNTIL, by=by)
        got = {str(key) if by == "day" else key: both for key, both in ours(found, code, option).items()}
        assert got == expected, (code, option, by)
    if not by and made[2]:
        last = max(found)
        assert found[last].get("forms_stock", 0) == oracle.stock(UNTIL)

"""Random facts, and every indicator and reading counted twice: by ours, and by SQL written by hand."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as drawing
from hypothesis import strategies as st

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.engine import connect
from titulaire.indicators.rules import Comparison, Measured
from titulaire.support.facts.schema import Record
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import Declared, evaluate, full_day_ms, options_on
from titulaire.support.indicators.frame import frame_of
from titulaire.support.indicators.gathering import Facts, Files, Question, gather
from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.drawn import DAYS, facts, states
from titulaire.support.indicators.tests.oracle import QUERIES, TRAININGS, Oracle
from titulaire.support.indicators.tests.test_kept import a_contract, state

TERMS = terms_as_signed("mes")
DAY = TERMS.head.starts_on
DAY_MS = full_day_ms(TERMS, DAY)
INDICATORS = {one.code: one for one in (*indicators(DAY_MS), production_plan())}
SINCE, UNTIL = date(2026, 3, 28), date(2026, 4, 7)
# An example costs half a second of engine: shrinking one would cost minutes.
DRAWING: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
}


def chosen(code: str, option: str) -> tuple[Comparison | None, dict[str, str]]:
    """What the name of a query means: a comparison, or the options of every reading, joined by a plus."""
    one = INDICATORS[code]
    options = options_on(TERMS, one, DAY)
    for reading in one.readings:
        for name in option.split("+"):
            if name in {known.code for known in TERMS.readings[reading].options}:
                options[reading] = name
    return next((other for other in one.comparisons if other.code == option), None), options


def ours(found: dict[Any, dict[str, int]], code: str, option: str) -> dict[Any, tuple[int, int | None]]:
    """The two sides of an indicator under one option, by key, months summed; two zeros left out."""
    one = INDICATORS[code]
    comparison, options = chosen(code, option)
    sides = comparison.formula(Measured()) if comparison else one.sides(options)
    total: dict[Any, tuple[int, int | None]] = {}
    for key, measured in sorted(found.items(), key=lambda pair: pair[0][0]):
        value = sides.of(measured)
        place = key[1] if len(key) > 1 else None
        above, below = (0, 0) if one.stock else total.get(place, (0, 0))
        under = None if value.denominator is None else (below or 0) + value.denominator
        total[place] = above + value.numerator, under
    return {key: both for key, both in total.items() if any(both)}


TIMES = ("day", "week", "month", "weekday", "hour", "quarter")
CUTS = ("", "", "site", "flow", "adviser", "reason", "group", *TIMES)


def cannot_be_cut(code: str, by: str) -> bool:
    one = INDICATORS[code]
    if one.stock:
        return by not in {"", "flow"}
    if code == "PLAN":
        return by not in {"", "site", "adviser", "group", *TIMES}
    return bool(by) and by not in one.cuts and by not in TIMES


def test_every_reading_and_every_comparison_has_its_query() -> None:
    asked: dict[str, set[Any]] = {}
    for code, option in QUERIES:
        comparison, options = chosen(code, option)
        told = comparison.code if comparison else tuple(options[name] for name in INDICATORS[code].readings)
        asked.setdefault(code, set()).add(told)
    for code, one in INDICATORS.items():
        wanted = {*one.formulas, *(other.code for other in one.comparisons)}
        assert code == "I19" or asked[code] == wanted, code
    assert {(name,) for name in TRAININGS} == set(INDICATORS["I19"].formulas)


@pytest.mark.once
@pytest.mark.clause("S-3.3.2-decroche", "S-3.3.2-attente", "S-3.3.2-accessibilite", "S-3.3.2-transfert")
@pytest.mark.clause("S-3.3.2-disponibilite", "S-3.3.2-dmc", "S-3.3.2-dmt", "S-3.3.2-volumes")
@pytest.mark.clause("S-3.3.2-qualification", "S-3.3.2-qualite-telephonie", "S-3.3.2-qualite-tickets")
@pytest.mark.clause("S-3.3.2-formulaires-taux", "S-3.3.2-formulaires-productivite")
@pytest.mark.clause("S-3.3.2-formulaires-volumes", "S-3.3.2-formulaires-qualite")
@drawing(max_examples=30, **DRAWING)
@given(made=facts(), by=st.sampled_from(CUTS))
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
        if cannot_be_cut(code, by):
            continue
        if code == "I14" and (by in {"hour", "quarter"} or not made[2]):
            continue  # a day's work has no hour, and no rate without a single fact of forms
        expected = oracle.sides(code, option, since=SINCE, until=UNTIL, by=by, full_day=DAY_MS)
        told = ours(found, code, option)
        got = {str(key) if by in {"day", "week", "month"} else key: both for key, both in told.items()}
        assert got == expected, (code, option, by)


@pytest.mark.django_db
@pytest.mark.clause("S-3.3.2-formation")
@drawing(max_examples=10, **DRAWING)
@given(
    made=st.lists(states(), min_size=1, max_size=12),
    trained_on=st.dictionaries(st.sampled_from(["C001", "C002"]), st.sampled_from(DAYS)),
    since=st.sampled_from([date(2026, 3, 1), date(2026, 3, 30)]),
)
def test_trained_advisers_agree_with_the_oracle(
    made: list[dict[str, Any]],
    trained_on: dict[str, date],
    since: date,
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.DATA_DIR = tmp_path
    contract = a_contract()
    for place, row in enumerate(made):
        row["source_key"] = f"{place:05d}"
    state(contract, tmp_path, Record.STATES, made, {row["day"] for row in made})
    (found,) = evaluate(
        contract,
        since=since,
        until=UNTIL,
        terms=TERMS,
        declared=Declared(trained_on=trained_on),
        only={"I19"},
    )
    one, oracle = found["I19"], Oracle([], made, [], reasons=[], holidays=[])
    retained = oracle.trained("FIRST_PRODUCTIVE_MINUTE", trained_on, since=since, until=UNTIL)
    assert (one.value.numerator, one.value.denominator) == retained
    (rival,) = one.rivals
    same_month = oracle.trained("SAME_MONTH", trained_on, since=since, until=UNTIL)
    assert (rival.value.numerator, rival.value.denominator) == same_month

"""Random facts, and every indicator and reading counted twice: by ours, and by SQL written by hand."""

from __future__ import annotations

import tempfile
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.engine import connect
from titulaire.indicators.rules import Measured
from titulaire.support.facts.schema import (
    Activity,
    ItemEvent,
    ItemKind,
    Level,
    Origin,
    Outcome,
    QualifiedBy,
    Record,
    State,
    TransferResult,
)
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import full_day_ms, options_on
from titulaire.support.indicators.frame import frame_of
from titulaire.support.indicators.gathering import Files, Question, gather
from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.oracle import QUERIES, Oracle

TERMS = terms_as_signed("mes")
DAY = TERMS.head.starts_on
DAY_MS = full_day_ms(TERMS, DAY)
INDICATORS = {one.code: one for one in (*indicators(DAY_MS), production_plan())}
# Easter Monday, the change to summer time, the first of a month: all the days that behave oddly.
DAYS = [date(2026, 3, 27), date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 4, 6)]
SINCE, UNTIL = date(2026, 3, 28), date(2026, 4, 7)

days = st.sampled_from(DAYS)
times = st.builds(
    time,
    st.sampled_from([0, 8, 12, 17, 17, 23]),
    st.sampled_from([0, 15, 29, 30, 45, 59]),
    st.sampled_from([0, 59]),
)
lengths = st.sampled_from([0, 1, 4_999, 5_000, 60_000, 123_457])
advisers = st.sampled_from(["C001", "C002", None])
sites = st.sampled_from(["NORD", "SUD", None])
reasons = st.sampled_from([rows.REASON, "Motif inconnu", None])
maybe_qualified = st.one_of(
    st.none(), st.tuples(st.integers(-1, 2), st.sampled_from([time(0), time(10, 30), time(23, 59, 59)]))
)


@st.composite
def legs(draw: st.DrawFn, place: int = 0) -> dict[str, Any]:
    day, at = draw(days), draw(times)
    outcome = draw(st.sampled_from(list(Outcome))).value
    qualified = draw(maybe_qualified)
    said: dict[str, Any] = {
        "origin": draw(st.sampled_from(list(Origin))).value,
        "outcome": outcome,
        "flow": draw(st.sampled_from(["3422", "ELIOZ"])),
        "call_group": draw(st.sampled_from(["N1", "N2", None])),
        "queued": draw(st.booleans()),
        "exceptional_closure": draw(st.booleans()),
        "incident": draw(st.sampled_from(["INC-1", None])),
        "internal": draw(st.booleans()),
        "transferred_to": draw(st.sampled_from([*(one.value for one in Level), None])),
        "transfer_result": draw(st.sampled_from([*(one.value for one in TransferResult), None])),
        "reason": draw(reasons),
        "qualified_by": draw(st.sampled_from([*(one.value for one in QualifiedBy), None])),
        "qualified_at": qualified and rows.utc(day + timedelta(days=qualified[0]), qualified[1]),
        "site": draw(sites),
        "adviser": draw(advisers),
        **{name: draw(lengths) for name in ("wait_ms", "talk_ms", "hold_ms", "wrapup_ms")},
    }
    return rows.leg("", day, at, **said)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    return rows.state(
        "",
        draw(days),
        draw(times),
        adviser=draw(st.sampled_from(["C001", "C002"])),
        state=draw(st.sampled_from(list(State))).value,
        activity=draw(st.sampled_from(list(Activity))).value,
        site=draw(sites),
        duration_ms=draw(st.integers(1, 900_000)),
    )


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(st.sampled_from([*ItemEvent, ItemEvent.MARKED, ItemEvent.ANSWERED])).value
    said: dict[str, Any] = {
        "kind": draw(st.sampled_from([ItemKind.FORM, ItemKind.CALL, ItemKind.N2_TICKET])).value,
        "site": draw(sites),
        "adviser": draw(advisers),
        "exclusion": draw(st.sampled_from(["DOUBLON", None])),
    }
    if event == "MARKED":
        said |= {
            "mark": draw(st.integers(0, 10_000)),
            "marked_by": draw(st.sampled_from(["BUYER", "CONTRACTOR"])),
            "sampling": draw(st.sampled_from(["DRAWN", "PICKED", None])),
        }
    return rows.item(draw(st.sampled_from("ABCD")), event, draw(days), draw(times), **said)


@st.composite
def facts(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    made = (
        draw(st.lists(legs(), min_size=10, max_size=30)),
        draw(st.lists(states(), max_size=12)),
        draw(st.lists(items(), min_size=8, max_size=25)),
    )
    for table in made:
        for place, row in enumerate(table):
            row["source_key"] = f"{place:05d}"
    return made


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
        found = gather(backend, question, files, frame, names=MEASURES.by_name, day_ms=DAY_MS).found
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

"""Random facts: few days, but all those that behave oddly; few people and places, so that they meet."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from hypothesis import strategies as st

from titulaire.support.facts.schema import (
    Activity,
    ItemEvent,
    ItemKind,
    Level,
    Origin,
    Outcome,
    QualifiedBy,
    State,
    TransferResult,
)
from titulaire.support.indicators.tests import rows

# Easter Monday, the change to summer time, the first of a month: all the days that behave oddly.
DAYS = [date(2026, 3, 27), date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 4, 6)]
Tables = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]
"""Legs, states and items."""

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
def legs(draw: st.DrawFn) -> dict[str, Any]:
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
        duration_ms=draw(st.one_of(st.integers(1, 900_000), st.just(8 * 3_600_000))),
        call_group=draw(st.sampled_from(["N1", None])),
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
    form = draw(st.sampled_from("ABCD"))
    # A form keeps its flow all its life; who handles it changes.
    said |= {"flow": "SITE" if form in "AB" else "APP", "reason": draw(reasons)}
    return rows.item(form, event, draw(days), draw(times), **said)


@st.composite
def facts(draw: st.DrawFn) -> Tables:
    made = (
        draw(st.lists(legs(), min_size=10, max_size=30)),
        draw(st.lists(states(), max_size=12)),
        draw(st.lists(items(), min_size=8, max_size=25)),
    )
    for table in made:
        for place, row in enumerate(table):
            row["source_key"] = f"{place:05d}"
    return made

"""What each row of facts counts for: the days that behave oddly, and the edges of the conditions."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.conftest import Measure

MONDAY = date(2026, 3, 2)
MARCH = date(2026, 3, 1)


def only(found: dict, *key: object) -> dict[str, int]:  # type: ignore[type-arg]
    return found[(MARCH, *key)]


def test_an_empty_month_has_no_facts_at_all(measure: Measure) -> None:
    gathered = measure()
    assert (gathered.found, gathered.present) == ({}, frozenset())


@pytest.mark.clause("S-3.3.2-decroche")
def test_a_widened_call_is_received_in_one_group_and_answered_in_another(measure: Measure) -> None:
    here = rows.leg("a", MONDAY, outcome="WIDENED_OUT", wait_ms=30_000)
    there = rows.leg("a/E", MONDAY, origin="WIDENED", call_group="N2", queued=False)
    by_group = measure([here, there], by=("group",)).found
    assert (only(by_group, "N1")["widened_out"], only(by_group, "N1")["answered"]) == (1, 0)
    assert (only(by_group, "N2")["widened_in"], only(by_group, "N2")["answered"]) == (1, 1)
    assert only(by_group, "N2")["received_inbound"] == 0
    assert (only(by_group, "N1")["wait_ms"], only(by_group, "N2")["wait_ms"]) == (30_000, 0)


@pytest.mark.clause("S-3.3.2-decroche")
def test_who_hangs_up_in_the_menu_is_presented_but_never_received(measure: Measure) -> None:
    found = only(measure([rows.leg("a", MONDAY, origin="IVR_ONLY", outcome="ABANDONED")]).found)
    assert (found["presented"], found["abandoned"], found["received_inbound"]) == (1, 0, 0)


@pytest.mark.parametrize(("wait_ms", "short"), [(4_999, 1), (5_000, 0)])
def test_a_short_abandon_is_under_five_seconds(measure: Measure, wait_ms: int, short: int) -> None:
    found = only(measure([rows.leg("a", MONDAY, outcome="ABANDONED", wait_ms=wait_ms)]).found)
    assert (found["abandoned"], found["abandoned_short"]) == (1, short)


@pytest.mark.clause("S-3.3.2-accessibilite", "S-2.1.5-horaires")
@pytest.mark.parametrize(
    ("day", "at", "in_hours", "on_holiday"),
    [
        (MONDAY, time(8, 29), 0, 0),
        (MONDAY, time(8, 30), 1, 0),
        (MONDAY, time(17, 29), 1, 0),
        (MONDAY, time(17, 30), 0, 0),
        (date(2026, 3, 7), time(10), 0, 0),
        (date(2026, 3, 29), time(10), 0, 0),
        (date(2026, 3, 30), time(8, 30), 1, 0),
        (date(2026, 4, 6), time(10), 0, 1),
    ],
)
def test_the_hours_of_the_contract_are_civil_whatever_the_season(
    measure: Measure, day: date, at: time, in_hours: int, on_holiday: int
) -> None:
    gathered = measure([rows.leg("a", day, at)], until=date(2026, 5, 1))
    found = gathered.found[(day.replace(day=1),)]
    assert (found["presented_in_hours"], found["presented_on_holidays"]) == (in_hours, on_holiday)


@pytest.mark.clause("S-3.3.2-accessibilite")
@pytest.mark.parametrize(("incident", "closed"), [("INC-1", 0), (None, 1)])
def test_a_closure_counts_unless_an_incident_has_a_reference(
    measure: Measure, incident: str | None, closed: int
) -> None:
    one = rows.leg("a", MONDAY, outcome="DISSUADED_CLOSURE", exceptional_closure=True, incident=incident)
    found = only(measure([one]).found)
    assert (found["closed_in_hours"], found["incident_in_hours"]) == (closed, 1 - closed)


@pytest.mark.clause("S-3.3.2-qualification")
@pytest.mark.parametrize(
    ("day", "at", "in_time"),
    [
        # Before, on and after the change to summer time, to the last second of the civil day.
        (date(2026, 3, 28), datetime(2026, 3, 28, 22, 59, 59), 1),
        (date(2026, 3, 28), datetime(2026, 3, 28, 23, 0), 0),
        (date(2026, 3, 29), datetime(2026, 3, 29, 21, 59, 59), 1),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22, 0), 0),
        (date(2026, 3, 30), datetime(2026, 3, 30, 21, 59, 59), 1),
        (date(2026, 3, 30), datetime(2026, 3, 30, 22, 0), 0),
        (date(2026, 3, 30), None, 1),
    ],
)
def test_a_call_is_qualified_before_the_end_of_its_civil_day(
    measure: Measure, day: date, at: datetime | None, in_time: int
) -> None:
    assert only(measure([rows.leg("a", day, qualified_at=at)]).found)["qualified"] == in_time


@pytest.mark.clause("S-3.3.2-qualification")
@pytest.mark.parametrize(
    "said",
    [
        {"qualified_by": "DEFAULT"},
        {"qualified_by": None},
        {"reason": "Un motif d’ailleurs"},
        {"reason": None},
        {"outcome": "ABANDONED", "qualified_by": "PERSON", "reason": rows.REASON},
    ],
)
def test_a_default_or_an_unlisted_reason_is_no_qualification(
    measure: Measure, said: dict[str, str | None]
) -> None:
    assert only(measure([rows.leg("a", MONDAY, **said)]).found)["qualified"] == 0


@pytest.mark.clause("S-3.3.2-qualification")
def test_a_reason_may_wait_for_the_next_call_of_the_adviser_and_no_longer(measure: Measure) -> None:
    late = rows.leg("a", MONDAY, time(10), qualified_at=datetime(2026, 3, 2, 9, 20))
    following = rows.leg("b", MONDAY, time(10, 15))
    other = rows.leg("c", MONDAY, time(10, 15), adviser="C002", qualified_at=datetime(2026, 3, 2, 9, 20))
    found = only(measure([late, following, other]).found)
    assert (found["qualified"], found["qualified_in_turn"]) == (3, 2)


@pytest.mark.clause("S-3.3.2-dmt")
def test_a_wrap_up_past_midnight_belongs_to_its_call_and_its_month(measure: Measure) -> None:
    last = rows.leg("a", date(2026, 3, 31), time(23, 50), talk_ms=300_000, wrapup_ms=1_200_000)
    by_day = measure([last], until=date(2026, 5, 1), by=("day",)).found
    assert list(by_day) == [(MARCH, date(2026, 3, 31))]
    assert by_day[(MARCH, date(2026, 3, 31))]["wrapup_ms"] == 1_200_000


def test_a_call_across_months_counts_each_leg_where_it_arrives(measure: Measure) -> None:
    first = rows.leg("a", date(2026, 3, 31), time(23, 58), outcome="OVERFLOWED_OUT")
    second = rows.leg("a", date(2026, 4, 1), time(0, 1), leg=2, origin="OVERFLOW", source_key="a2")
    found = measure([first, second], until=date(2026, 5, 1)).found
    assert found[(MARCH,)]["received_inbound"] == 1
    assert found[(date(2026, 4, 1),)]["answered"] == 1
    assert measure([first, second]).found[(MARCH,)]["answered"] == 0


@pytest.mark.clause("S-3.3.2-disponibilite")
def test_time_signed_in_to_the_phone_is_every_state_of_that_activity(measure: Measure) -> None:
    found = only(
        measure(
            states=[
                rows.state("1", MONDAY),
                rows.state("2", MONDAY, state="PAUSE"),
                rows.state("3", MONDAY, state="TALK"),
                rows.state("4", MONDAY, state="TRAINING"),
                rows.state("5", MONDAY, activity="FORMS", state="FORM"),
                rows.state("6", MONDAY, activity="OTHER", state="MEETING"),
            ]
        ).found
    )
    quarter = 900_000
    assert found["logged_ms"] == 4 * quarter
    assert (found["available_ms"], found["pause_ms"], found["busy_ms"]) == (quarter,) * 3
    assert (found["productive_ms"], found["presence_ms"]) == (3 * quarter, 6 * quarter)


@pytest.mark.clause("S-3.3.2-volumes")
def test_a_site_that_closes_keeps_its_past_and_has_no_row_after(measure: Measure) -> None:
    legs = [
        rows.leg("a", date(2026, 3, 30), site="SUD"),
        rows.leg("b", date(2026, 4, 2)),
        rows.leg("c", date(2026, 4, 2), internal=True),
    ]
    found = measure(legs, until=date(2026, 5, 1), by=("site",)).found
    assert found[(MARCH, "SUD")]["answered_clients"] == 1
    assert found[(date(2026, 4, 1), "NORD")]["answered_clients"] == 1
    assert (date(2026, 4, 1), "SUD") not in found


def test_a_value_may_be_wanted_and_so_may_its_absence(measure: Measure) -> None:
    legs = [rows.leg("a", MONDAY), rows.leg("b", MONDAY, outcome="ABANDONED")]
    assert only(measure(legs, where={"site": "NORD"}).found)["received_inbound"] == 1
    assert only(measure(legs, where={"site": None}).found)["abandoned"] == 1
    assert measure(legs, where={"hour": 9}).found == {}


def test_weeks_begin_on_monday(measure: Measure) -> None:
    legs = [rows.leg("a", date(2026, 3, 8)), rows.leg("b", date(2026, 3, 9))]
    assert sorted(measure(legs, by=("week",)).found) == [(MARCH, MONDAY), (MARCH, date(2026, 3, 9))]


@pytest.mark.clause("S-3.3.2-formulaires-taux", "S-3.3.2-formulaires-volumes")
def test_a_form_counts_once_however_often_it_comes_back(measure: Measure) -> None:
    items = [
        rows.item("f", "RECEIVED", date(2026, 2, 27)),
        rows.item("f", "ANSWERED", MONDAY),
        rows.item("f", "REOPENED", date(2026, 3, 3)),
        rows.item("f", "ANSWERED", date(2026, 3, 4)),
        rows.item("g", "RECEIVED", MONDAY),
        rows.item("h", "RECEIVED", MONDAY),
        rows.item("h", "EXCLUDED", MONDAY, time(11), exclusion="DOUBLON"),
    ]
    found = only(measure(items=items).found)
    assert (found["forms_received"], found["forms_answered"], found["forms_excluded"]) == (2, 1, 1)
    assert found["forms_stock"] == 1


@pytest.mark.clause("S-3.3.2-formulaires-volumes")
def test_the_stock_is_a_level_and_not_a_flow(measure: Measure) -> None:
    items = [
        rows.item("f", "RECEIVED", date(2026, 2, 27)),
        rows.item("g", "RECEIVED", MONDAY),
        rows.item("f", "ANSWERED", date(2026, 3, 3)),
        rows.item("f", "REOPENED", date(2026, 3, 5)),
    ]
    by_day = measure(items=items, by=("day",)).found
    levels = {key[1].day: found["forms_stock"] for key, found in by_day.items()}
    assert levels == {2: 2, 3: 1, 5: 2}
    months = measure(items=items, since=date(2026, 2, 1), until=date(2026, 6, 1)).found
    assert [months[(date(2026, n, 1),)]["forms_stock"] for n in (2, 3, 4, 5)] == [1, 2, 2, 2]


@pytest.mark.clause("S-3.3.2-qualite-telephonie", "S-3.3.2-formulaires-qualite")
def test_a_pair_of_marks_counts_when_the_second_comes(measure: Measure) -> None:
    first = rows.item("c", "MARKED", date(2026, 3, 31), kind="CALL", mark=9000, marked_by="CONTRACTOR")
    second = rows.item("c", "MARKED", date(2026, 4, 1), kind="CALL", mark=8000, marked_by="BUYER")
    for one in (first, second):
        one["sampling"] = "DRAWN"
    again = rows.item(
        "c", "MARKED", date(2026, 4, 2), kind="CALL", mark=1, marked_by="BUYER", sampling="DRAWN"
    )
    found = measure(items=[first, second, again], until=date(2026, 5, 1)).found
    assert found[(MARCH,)]["calls_pairs"] == 0
    april = found[(date(2026, 4, 1),)]
    assert (april["calls_pairs"], april["calls_both_marks"]) == (1, 17_000)
    assert (april["calls_buyer_marks"], april["calls_contractor_marks"]) == (8_000, 9_000)


@pytest.mark.clause("S-3.3.2-formulaires-qualite")
@pytest.mark.parametrize(("buyer", "apart"), [(8_500, 0), (8_499, 1), (9_500, 0), (9_501, 1)])
def test_two_marks_are_apart_past_five_points(measure: Measure, buyer: int, apart: int) -> None:
    marks = [
        rows.item("f", "MARKED", MONDAY, mark=9_000, marked_by="CONTRACTOR", sampling="DRAWN"),
        rows.item("f", "MARKED", MONDAY, time(11), mark=buyer, marked_by="BUYER", sampling="DRAWN"),
    ]
    assert only(measure(items=marks).found)["forms_apart"] == apart


@pytest.mark.clause("S-3.3.2-qualite-tickets")
def test_what_one_side_picked_is_no_sample(measure: Measure) -> None:
    def mark(key: str, sampling: str | None) -> dict[str, object]:
        said = {"kind": "N2_TICKET", "mark": 9_000, "marked_by": "CONTRACTOR", "sampling": sampling}
        return rows.item(key, "MARKED", MONDAY, **said)

    found = only(measure(items=[mark("t", "DRAWN"), mark("u", "PICKED"), mark("v", None)]).found)
    assert (found["tickets_marked"], found["tickets_marked_picked"]) == (1, 2)


@pytest.mark.clause("S-3.3.2-formulaires-productivite")
def test_a_full_day_of_forms_has_nothing_else_in_it(measure: Measure) -> None:
    day = 7 * 3_600_000
    states = [
        rows.state("1", MONDAY, activity="FORMS", state="FORM", duration_ms=day),
        rows.state("2", MONDAY, activity="FORMS", state="PAUSE"),
        rows.state("3", MONDAY, activity="FORMS", state="FORM", duration_ms=day, adviser="C002"),
        rows.state("4", MONDAY, adviser="C002"),
        rows.state("5", MONDAY, adviser="C003"),
    ]
    items = [
        rows.item("f", "ANSWERED", MONDAY, adviser="C001"),
        rows.item("g", "ANSWERED", MONDAY, adviser="C002"),
        rows.item("h", "ANSWERED", MONDAY, adviser="C003"),
    ]
    found = only(measure(states=states, items=items).found)
    assert (found["forms_in_days"], found["forms_ms"]) == (2, 2 * day)
    assert (found["forms_in_full_days"], found["full_days"]) == (1, 1)

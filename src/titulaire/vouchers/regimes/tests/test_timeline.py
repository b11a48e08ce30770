"""The dates of a vintage: golden dates first, then what moves them."""

from datetime import date

import pytest

from titulaire.vouchers.regimes import queries
from titulaire.vouchers.regimes.rules import (
    CONTRACT,
    Subject,
    contract_timeline,
    planned_on,
    timeline,
    vintage_ordered,
)

PROFILES = {profile.code: profile for profile in queries.profiles()}
CPAM47 = queries.overrides("cpam47")


@pytest.mark.parametrize(
    ("regime", "vintage", "subject", "expected"),
    [
        ("CAP", 2027, Subject.LAST_USE, date(2027, 12, 31)),
        ("CESU", 2027, Subject.LAST_USE, date(2028, 1, 31)),
        ("TITRE_RESTAURANT", 2027, Subject.LAST_USE, date(2028, 2, 29)),
        ("TITRE_RESTAURANT", 2026, Subject.LAST_USE, date(2027, 2, 28)),
        # The leap year parts two rules that agree the three other years.
        ("CAP", 2027, Subject.PRESENTATION_CUTOFF, date(2028, 2, 28)),
        ("CESU", 2027, Subject.PRESENTATION_CUTOFF, date(2028, 2, 29)),
        ("CAP", 2026, Subject.PRESENTATION_CUTOFF, date(2027, 2, 28)),
        ("CESU", 2026, Subject.PRESENTATION_CUTOFF, date(2027, 2, 28)),
        ("CAP", 2027, Subject.ANNUAL_ACCOUNT, date(2028, 5, 31)),
        ("TITRE_RESTAURANT", 2027, Subject.REFUND_DATE, date(2028, 6, 30)),
        ("CESU", 2027, Subject.REFUND_DATE, None),
    ],
)
def test_a_regime_gives_its_dates_to_a_vintage(regime, vintage, subject, expected):
    assert timeline(PROFILES[regime], vintage).due_on(subject) == expected


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.parametrize(
    ("subject", "due_on", "plan_on"),
    [
        (Subject.ORDER_SWITCH, date(2026, 11, 1), date(2026, 11, 1)),
        (Subject.LAST_USE, date(2028, 1, 31), date(2028, 1, 31)),
        (Subject.PRESENTATION_CUTOFF, date(2028, 2, 29), date(2028, 2, 29)),
        (Subject.REPLACEMENT, date(2028, 3, 31), date(2028, 3, 31)),
        (Subject.REFUND_DATE, date(2028, 4, 15), date(2028, 4, 14)),
    ],
)
def test_the_contract_gives_its_dates_to_vintage_2027(subject, due_on, plan_on):
    stone = contract_timeline(PROFILES.values(), CPAM47, 2027).milestone(subject)
    assert (stone.due_on, stone.planned_on) == (due_on, plan_on)


@pytest.mark.clause("T-2.1.3-millesime")
def test_the_last_day_of_use_of_2027_is_a_monday_and_the_refund_falls_on_a_saturday():
    dates = contract_timeline(PROFILES.values(), CPAM47, 2027)
    assert dates.owner == CONTRACT
    assert dates.due_on(Subject.LAST_USE).strftime("%a") == "Mon"
    assert dates.due_on(Subject.REPLACEMENT).strftime("%a") == "Fri"
    assert dates.due_on(Subject.REFUND_DATE).strftime("%a") == "Sat"


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.parametrize("vintage", range(2025, 2031))
def test_the_order_of_a_vintage_s_dates_never_turns(vintage):
    dates = contract_timeline(PROFILES.values(), CPAM47, vintage)
    order = [
        Subject.ORDER_SWITCH,
        Subject.FIRST_USE,
        Subject.LAST_USE,
        Subject.PRESENTATION_CUTOFF,
        Subject.REPLACEMENT,
        Subject.REFUND_DATE,
        Subject.ANNUAL_ACCOUNT,
    ]
    found = [dates.due_on(subject) for subject in order]
    assert found == sorted(found) and len(set(found)) == len(found)


def test_a_limit_that_binds_the_bearer_or_the_merchant_does_not_move():
    # 31 January and 28 February 2027 are Sundays.
    dates = contract_timeline(PROFILES.values(), CPAM47, 2026)
    for subject in (Subject.LAST_USE, Subject.PRESENTATION_CUTOFF):
        stone = dates.milestone(subject)
        assert stone.due_on.weekday() == 6
        assert stone.planned_on == stone.due_on


def test_a_duty_is_planned_before_holidays_that_the_calendar_knows():
    holiday = date(2028, 4, 14)
    dates = contract_timeline(
        PROFILES.values(),
        CPAM47,
        2027,
        is_working_day=lambda day: day.weekday() < 5 and day != holiday,
    )
    assert dates.milestone(Subject.REFUND_DATE).planned_on == date(2028, 4, 13)


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2028, 4, 14), date(2028, 4, 14)),
        (date(2028, 4, 15), date(2028, 4, 14)),
        (date(2028, 4, 16), date(2028, 4, 14)),
        (date(2028, 4, 17), date(2028, 4, 17)),
    ],
)
def test_a_duty_falls_back_to_the_last_working_day(due_on, expected):
    assert planned_on(due_on) == expected


def test_a_fixed_28_february_and_the_last_of_february_are_two_positions():
    positions = {
        code: profile.fact(Subject.PRESENTATION_CUTOFF, on=date(2027, 1, 1)).position
        for code, profile in PROFILES.items()
    }
    assert positions == {"CAP": "M+1-02-28", "CESU": "M+1-02-LAST", "TITRE_RESTAURANT": "M+1-04-LAST"}


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.clause("T-2.4-novembre")
@pytest.mark.parametrize(
    ("day", "vintage"),
    [
        (date(2026, 10, 31), 2026),
        (date(2026, 11, 1), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
    ],
)
def test_the_november_order_carries_the_next_vintage(day, vintage):
    assert vintage_ordered(PROFILES.values(), CPAM47, on=day) == vintage

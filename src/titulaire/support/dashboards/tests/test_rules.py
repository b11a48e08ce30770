"""Periods, what a day still needs, and when a dashboard is mailed: tables, without database."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.indicators.rules import Direction, Value, meets
from titulaire.support.dashboards.rules import (
    Grain,
    Life,
    Outlook,
    before,
    due_period,
    following,
    is_ready,
    latest,
    need,
    period_of,
    read_period,
    still_to_come,
)

LIFE = Life(date(2025, 8, 1), date(2029, 11, 9), date(2025, 11, 9), date(2026, 5, 6))
NINETY, TWO_MINUTES = Fraction(9, 10), Fraction(120)


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
@pytest.mark.parametrize(
    ("code", "since", "until"),
    [
        ("2026-05-04", date(2026, 5, 4), date(2026, 5, 5)),
        ("2026-S19", date(2026, 5, 4), date(2026, 5, 11)),
        ("2026-05", date(2026, 5, 1), date(2026, 6, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        # The week of the new year, and the one that a long year has.
        ("2026-S01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-S53", date(2026, 12, 28), date(2027, 1, 4)),
        ("marche", date(2025, 11, 9), date(2026, 5, 6)),
    ],
)
def test_a_period_is_read_from_its_code_and_written_back(code: str, since: date, until: date) -> None:
    period = read_period(code, LIFE)
    assert period and (period.since, period.until) == (since, until)
    assert period.code == code


@pytest.mark.parametrize(
    "code",
    ["", "x", "2026-13", "2026-02-30", "2026-S54", "2027-S53", "2025-07", "2029-12", "9999-12", "0000-01"],
)
def test_what_is_no_period_of_the_contract_is_none(code: str) -> None:
    assert read_period(code, LIFE) is None


@given(st.dates(date(2025, 8, 1), date(2029, 11, 8)), st.sampled_from([Grain.DAY, Grain.WEEK, Grain.MONTH]))
def test_periods_follow_each_other_without_gap(day: date, grain: Grain) -> None:
    period = period_of(grain, day, LIFE)
    assert period.since <= day < period.until
    if earlier := before(period, LIFE):
        assert earlier.until == period.since
        assert following(earlier, LIFE) == period


def test_the_whole_contract_has_no_neighbour_and_starts_before_any_fact() -> None:
    whole = period_of(Grain.CONTRACT, date(2026, 1, 1), LIFE)
    assert before(whole, LIFE) is following(whole, LIFE) is None
    assert latest(whole, 13, LIFE) == [whole]
    new = Life(date(2025, 8, 1), date(2029, 11, 9), date(2025, 11, 9), date(2025, 11, 9))
    assert period_of(Grain.CONTRACT, date(2026, 1, 1), new).until == date(2025, 11, 10)


def test_the_last_periods_stop_at_the_beginning_of_the_contract() -> None:
    month = period_of(Grain.MONTH, date(2025, 10, 5), LIFE)
    assert [one.code for one in latest(month, 13, LIFE)] == ["2025-08", "2025-09", "2025-10"]


@pytest.mark.clause("S-3.3.2-intraday")
@pytest.mark.parametrize(
    ("answered", "base", "remaining", "outlook", "least"),
    [
        (90, 100, 100, Outlook.OPEN, 90),
        (80, 100, 100, Outlook.OPEN, 100),  # every one of them
        (79, 100, 100, Outlook.LOST, 101),
        (100, 100, 11, Outlook.SECURED, 0),  # 100 of 111 is 90.09 %
        (100, 100, 12, Outlook.OPEN, 1),  # 100 of 112 is 89.29 %
        (9, 10, 0, Outlook.SECURED, 0),
        (8, 10, 0, Outlook.LOST, 1),
        (0, 0, 10, Outlook.OPEN, 9),
        (0, 0, 0, Outlook.SECURED, 0),
    ],
)
def test_how_many_of_the_calls_to_come_must_be_answered(
    answered: int, base: int, remaining: int, outlook: Outlook, least: int
) -> None:
    found = need(Value(answered, base), NINETY, Direction.AT_LEAST, remaining)
    assert (found.outlook, found.least) == (outlook, least)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.fractions(0, 1, max_denominator=100))
def test_the_number_needed_is_the_least_that_meets_the_target(
    answered: int, lost: int, remaining: int, target: Fraction
) -> None:
    found = need(Value(answered, answered + lost), target, Direction.AT_LEAST, remaining)
    total = answered + lost + remaining
    enough = [
        more
        for more in range(remaining + 1)
        if not total or meets(Fraction(answered + more, total), target, Direction.AT_LEAST)
    ]
    assert found.least == (enough[0] if enough else found.least)
    assert (found.outlook is Outlook.LOST) == (not enough)
    assert (found.outlook is Outlook.SECURED) == (bool(enough) and enough[0] == 0)


@pytest.mark.clause("S-3.3.2-intraday")
@pytest.mark.parametrize(
    ("waited_ms", "base", "remaining", "outlook", "mean"),
    [
        (6_000_000, 100, 100, Outlook.OPEN, Fraction(180)),  # a minute each so far
        (12_000_000, 100, 50, Outlook.OPEN, Fraction(120)),
        (18_000_000, 100, 50, Outlook.OPEN, Fraction(0)),  # only calls that do not wait at all
        (18_000_001, 100, 50, Outlook.LOST, None),
        (12_000_000, 100, 0, Outlook.SECURED, None),
        (12_000_001, 100, 0, Outlook.LOST, None),
    ],
)
def test_how_long_the_calls_to_come_may_wait(
    waited_ms: int, base: int, remaining: int, outlook: Outlook, mean: Fraction | None
) -> None:
    so_far = Value(waited_ms, base, Fraction(1, 1000))
    found = need(so_far, TWO_MINUTES, Direction.AT_MOST, remaining)
    assert (found.outlook, found.mean) == (outlook, mean)


def test_what_divides_nothing_has_no_need() -> None:
    with pytest.raises(ValueError):
        need(Value(3, None), NINETY, Direction.AT_LEAST, 1)
    with pytest.raises(ValueError):
        need(Value(3, 4), NINETY, Direction.AT_LEAST, -1)


@pytest.mark.parametrize(
    ("so_far", "shape", "quarter", "coming"),
    [
        (30, {40: 100, 48: 100}, 44, 30),
        (30, {40: 100, 48: 50}, 44, 15),
        (31, {40: 2, 48: 1}, 44, 16),  # 15.5 is one more half than 15
        (30, {40: 100}, 44, 0),
        (30, {48: 100}, 44, None),  # past days never had calls so early
        (30, {}, 44, None),
        (0, {40: 1, 48: 1}, 44, 0),
    ],
)
def test_the_rest_of_the_day_keeps_the_shape_of_others(
    so_far: int, shape: dict[int, int], quarter: int, coming: int | None
) -> None:
    assert still_to_come(so_far, shape, quarter) == coming


@pytest.mark.parametrize(
    ("grain", "local", "code"),
    [
        (Grain.DAY, datetime(2026, 5, 5, 7), "2026-05-04"),
        (Grain.DAY, datetime(2026, 5, 5, 6, 59), "2026-05-03"),
        (Grain.WEEK, datetime(2026, 5, 11, 7), "2026-S19"),
        (Grain.WEEK, datetime(2026, 5, 11, 6, 59), "2026-S18"),
        (Grain.WEEK, datetime(2026, 5, 17, 23), "2026-S19"),
        (Grain.MONTH, datetime(2026, 6, 1, 7), "2026-05"),
        (Grain.MONTH, datetime(2026, 6, 1, 6, 59), "2026-04"),
        (Grain.MONTH, datetime(2026, 6, 30, 12), "2026-05"),
        (Grain.DAY, datetime(2025, 8, 1, 12), None),
    ],
)
def test_the_period_to_mail_has_ended_when_the_day_starts(
    grain: Grain, local: datetime, code: str | None
) -> None:
    period = due_period(grain, local, LIFE)
    assert (period.code if period else None) == code


def test_a_mail_waits_for_the_facts_of_the_last_working_day_and_not_for_ever() -> None:
    week = period_of(Grain.WEEK, date(2026, 5, 4), LIFE)
    whole = Life(LIFE.since, LIFE.until, LIFE.served_since, date(2026, 5, 9))
    friday, monday = date(2026, 5, 8), datetime(2026, 5, 11, 7)
    assert is_ready(week, friday, whole, monday)
    assert not is_ready(week, friday, LIFE, monday)
    assert not is_ready(week, friday, LIFE, monday + timedelta(days=1))
    assert is_ready(week, friday, LIFE, monday + timedelta(days=2))
    day = period_of(Grain.DAY, date(2026, 5, 8), LIFE)
    assert not is_ready(day, day.since, LIFE, monday + timedelta(days=9))

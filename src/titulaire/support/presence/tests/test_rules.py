"""Mornings and announcements: tables, without database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.support.presence.rules import (
    Explained,
    PlannedDay,
    State,
    must_explain,
    plan_due_on,
    ratio,
    read_plan,
    state_of,
)
from titulaire.ui.cells import Refused, table_of_text

pytestmark = pytest.mark.clause("S-3.3.1-ressources")
WEEK = date(2026, 5, 4)
NINE, NOON = (datetime.combine(WEEK, time(hour), UTC) for hour in (9, 12))


@pytest.mark.parametrize(
    ("week", "lead", "due"),
    [
        (date(2026, 6, 1), 1, date(2026, 5, 29)),
        (date(2026, 6, 1), 2, date(2026, 5, 22)),
        # Friday 1 May is a holiday, and so is 8 May.
        (date(2026, 5, 4), 1, date(2026, 4, 30)),
        (date(2026, 5, 11), 1, date(2026, 5, 7)),
    ],
)
def test_a_week_is_announced_by_the_last_working_day_of_the_week_before(
    week: date, lead: int, due: date
) -> None:
    assert plan_due_on(week, lead, Calendar()) == due


@pytest.mark.parametrize(
    ("planned", "present", "rate", "asked"),
    [
        (100, 100, "0", False),
        (100, 99, "0", True),
        (100, 101, "0", True),
        (100, 95, "0.05", False),
        (100, 94, "0.05", True),
        (100, 105, "0.05", False),
        (100, 106, "0.05", True),
        (0, 0, "0.05", False),
        (0, 1, "0.05", True),
        (3, 2, "0.3333", True),
    ],
)
def test_a_gap_past_the_threshold_is_explained_exactly(
    planned: int, present: int, rate: str, asked: bool
) -> None:
    assert must_explain(planned, present, Decimal(rate)) is asked


def test_the_ratio_is_exact_and_unknown_without_a_plan() -> None:
    assert ratio(3, 2) == Fraction(2, 3)
    assert ratio(None, 2) is ratio(3, None) is ratio(0, 2) is None


ON_TIME = Explained(10, 9, datetime(2026, 5, 4, 11, 59, tzinfo=UTC))
LATE = Explained(10, 9, NOON)


@pytest.mark.parametrize(
    ("planned", "present", "explained", "at", "state"),
    [
        (None, 9, None, NOON, State.UNPLANNED),
        (10, None, None, datetime(2026, 5, 4, 8, 59, tzinfo=UTC), State.AHEAD),
        (10, None, None, NINE, State.TO_COUNT),
        (10, None, None, datetime(2026, 5, 4, 11, 59, tzinfo=UTC), State.TO_COUNT),
        (10, None, None, NOON, State.NOT_COUNTED),
        (10, 10, None, NOON, State.KEPT),
        (10, 9, None, NINE, State.TO_EXPLAIN),
        (10, 9, None, NOON, State.UNEXPLAINED),
        (10, 9, ON_TIME, NOON, State.EXPLAINED),
        (10, 9, LATE, NOON, State.EXPLAINED_LATE),
        # The facts came and say otherwise: what was explained is not what is.
        (10, 8, ON_TIME, NOON, State.UNEXPLAINED),
        (11, 9, ON_TIME, NOON, State.UNEXPLAINED),
        (10, 10, ON_TIME, NOON, State.KEPT),
    ],
)
def test_where_a_morning_stands(
    planned: int | None, present: int | None, explained: Explained | None, at: datetime, state: State
) -> None:
    assert (
        state_of(
            planned=planned,
            present=present,
            explained=explained,
            gap_rate=Decimal(0),
            counted_from=NINE,
            due_at=NOON,
            at=at,
        )
        is state
    )


def test_a_plan_is_read_with_its_hours() -> None:
    text = (
        "Jour;Site;Effectif;Heures;Formation;Interne\n04/05/2026;NORD;42;310,5;14;\n05/05/2026;NORD;40;;;2\n"
    )
    assert read_plan(table_of_text(text), WEEK) == [
        PlannedDay(WEEK, "NORD", 42, Decimal("310.5"), Decimal(14), Decimal(0)),
        PlannedDay(date(2026, 5, 5), "NORD", 40, Decimal(0), Decimal(0), Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("11/05/2026;NORD;42;", "OTHER_WEEK"),
        ("04/05/2026;;42;", "BLANK"),
        ("04/05/2026;NORD;x;", "NOT_A_COUNT"),
        ("04/05/2026;NORD;42;-1", "NOT_HOURS"),
        ("04/05/2026;NORD;42;1,234", "NOT_HOURS"),
        ("04/05/2026;NORD;42;NaN", "NOT_HOURS"),
        ("04/05/2026;NORD;42;100001", "TOO_MUCH"),
        ("04/05/2026;NORD;10001;", "TOO_MUCH"),
        ("04/05/2026;SUD;42;1\n04/05/2026;SUD;42;1", "TWICE"),
    ],
)
def test_a_wrong_plan_is_refused(line: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        read_plan(table_of_text(f"jour;site;effectif;heures\n{line}\n"), WEEK)
    assert refused.value.rule == rule

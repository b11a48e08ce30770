"""What presence gives to the board of deadlines."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.identity.models import Contract
from titulaire.support.presence.clocks import dates
from titulaire.support.presence.tests.test_presence import (  # noqa: F401 - the fixture
    AFTERNOON,
    MORNING,
    WEEK,
    counted,
    explained,
    mes,
    planned,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-ressources")]
MORNING_KEY = f"morning-{WEEK}"


def found(mes: Contract, at: datetime) -> dict[str, Due]:  # noqa: F811
    return {one.key: one for one in dates(mes, since=date(2026, 4, 20), until=date(2026, 5, 20), at=at)}


def test_a_week_is_announced_in_the_week_before(mes: Contract) -> None:  # noqa: F811
    planned(mes)
    weeks = found(mes, MORNING)
    # 1 May is a Friday and a holiday.
    assert weeks[f"plan-{WEEK}"].due_on == date(2026, 4, 30)
    assert weeks[f"plan-{WEEK}"].state(MORNING, Calendar()) is DueState.DONE
    assert weeks["plan-2026-05-11"].state(MORNING, Calendar()) is DueState.OPEN
    assert max(key for key in weeks if key.startswith("plan")) == "plan-2026-05-18"


def test_a_morning_is_a_date_until_every_site_is_explained(mes: Contract) -> None:  # noqa: F811
    planned(mes)
    assert found(mes, MORNING)[MORNING_KEY].state(MORNING, Calendar()) is DueState.OPEN
    counted(mes, {"NORD": 1, "SUD": 0})
    explained(mes)
    waiting = found(mes, MORNING)[MORNING_KEY]
    assert dict(waiting.facts)["Reste à expliquer"] == "SUD"
    assert waiting.state(AFTERNOON, Calendar()) is DueState.LATE
    explained(mes, "SUD")
    assert found(mes, AFTERNOON)[MORNING_KEY].state(AFTERNOON, Calendar()) is DueState.DONE


def test_a_morning_as_planned_is_no_date(mes: Contract) -> None:  # noqa: F811
    planned(mes)
    counted(mes, {"NORD": 2, "SUD": 1})
    assert MORNING_KEY not in found(mes, AFTERNOON)

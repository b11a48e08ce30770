"""What frozen months give to the board of deadlines."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.identity.models import Contract
from titulaire.support.months.clocks import dates
from titulaire.support.months.rules import Verdict
from titulaire.support.months.services import answer_month, freeze_month
from titulaire.support.months.tests.conftest import AT
from titulaire.support.penalties.tests.conftest import amend

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-tableaux-de-bord")]
MAY = date(2026, 5, 1)
ACTOR = "user:test"


def found(contract: Contract, at: datetime) -> dict[str, Due]:
    return {one.key: one for one in dates(contract, since=MAY, until=date(2026, 8, 1), at=at)}


def state(contract: Contract, key: str, at: datetime) -> DueState:
    return found(contract, at)[key].state(at, Calendar())


def test_a_month_is_frozen_by_the_last_working_day_of_the_next(contract: Contract) -> None:
    due = found(contract, AT)["freeze-2026-05"]
    assert (due.due_on, due.state(AT, Calendar())) == (date(2026, 6, 30), DueState.OPEN)
    # 28 February 2026 is a Saturday.
    assert found(contract, AT)["freeze-2026-01"].due_on == date(2026, 2, 27)
    assert state(contract, "freeze-2026-05", AT + timedelta(days=30)) is DueState.LATE
    freeze_month(contract=contract, month=MAY, actor=ACTOR, at=AT)
    assert state(contract, "freeze-2026-05", AT + timedelta(days=30)) is DueState.DONE
    # Before the act, it was not done.
    assert state(contract, "freeze-2026-05", AT - timedelta(days=1)) is DueState.OPEN


def test_without_a_term_silence_approves_nothing_and_nobody_is_late(contract: Contract) -> None:
    issue = freeze_month(contract=contract, month=MAY, actor=ACTOR, at=AT)
    key, late = "answer-2026-05-1", AT + timedelta(days=60)
    assert found(contract, AT)[key].due_on == date(2026, 7, 31)
    assert state(contract, key, AT) is state(contract, key, late) is DueState.FACT
    answer_month(issue=issue, verdict=Verdict.APPROVED, actor=ACTOR, at=AT + timedelta(days=1))
    assert state(contract, key, late) is DueState.DONE


def test_with_a_term_silence_approves_at_its_end(contract: Contract) -> None:
    amend(contract, "month_silence_days", 5)
    freeze_month(contract=contract, month=MAY, actor=ACTOR, at=AT)
    due = found(contract, AT)["answer-2026-05-1"]
    # Five working days after Monday 8 June.
    assert due.due_on == date(2026, 6, 15)
    assert due.due_at is not None
    assert due.state(due.due_at - timedelta(seconds=1), Calendar()) is DueState.OPEN
    assert due.state(due.due_at, Calendar()) is DueState.DEEMED

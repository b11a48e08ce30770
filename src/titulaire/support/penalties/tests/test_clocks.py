"""What the exchange on penalties gives to the board of deadlines."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from titulaire.billing.models import Document
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.support.penalties.clocks import dates
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.rules import Side
from titulaire.support.penalties.services import close_exchange, credit_penalties, end_remarks
from titulaire.support.penalties.tests.conftest import ACTOR, AT, LAST_DAY, MAY, decide

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-9-penalites")]
DAY = timedelta(days=1)


def found(proposal: PenaltyProposal, at: datetime) -> dict[str, Due]:
    asked = dates(proposal.contract, since=MAY, until=date(2026, 12, 1), at=at)
    return {one.key.partition("-")[0]: one for one in asked}


def state(proposal: PenaltyProposal, kind: str, at: datetime) -> DueState:
    return found(proposal, at)[kind].state(at, Calendar())


def test_remarks_then_the_decision_then_the_credit_note(billed: Document, proposed: PenaltyProposal) -> None:
    due = found(proposed, AT)
    assert set(due) == {"remarks", "decision"} and due["remarks"].due_on == LAST_DAY
    assert due["decision"].due_on == LAST_DAY + 15 * DAY
    assert state(proposed, "remarks", AT + 16 * DAY) is DueState.DEEMED
    assert state(proposed, "decision", AT + 31 * DAY) is DueState.FACT
    end_remarks(proposal=proposed, side=Side.CONTRACTOR, actor=ACTOR, at=AT + DAY)
    # The buyer's days follow the remarks, which ended early.
    assert found(proposed, AT + DAY)["decision"].due_on == date(2026, 6, 26)
    for line in proposed.lines():
        if line.amount:
            decide(proposed, line.code)
    closed = close_exchange(proposal=proposed, side=Side.BUYER, actor=ACTOR, at=AT + 2 * DAY)
    assert state(proposed, "decision", AT + 2 * DAY) is DueState.DONE
    assert found(proposed, AT + 2 * DAY)["credit"].due_on == date(2026, 7, 31)
    assert state(proposed, "credit", AT + 60 * DAY) is DueState.LATE
    credit_penalties(proposal=closed, side=Side.CONTRACTOR, actor=ACTOR, at=AT + 3 * DAY)
    assert state(proposed, "credit", AT + 60 * DAY) is DueState.DONE


def test_what_was_not_known_yet_is_not_told(proposed: PenaltyProposal) -> None:
    assert found(proposed, AT - DAY) == {}

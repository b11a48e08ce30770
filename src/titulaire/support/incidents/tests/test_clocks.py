"""What incidents give to the board of deadlines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import DueState
from titulaire.support.incidents import services
from titulaire.support.incidents.clocks import dates
from titulaire.support.incidents.tests.test_acts import ACTOR, AT, HOUR, START, declared, mes

pytestmark = pytest.mark.django_db


@pytest.mark.clause("S-3.3.2-continuite")
def test_only_an_interruption_is_a_date_and_it_is_kept_when_it_ends() -> None:
    declared()
    found = declared(interrupts=True)
    asked = {"since": date(2026, 5, 1), "until": date(2026, 6, 1)}
    (due,) = dates(mes(), **asked, at=AT)
    assert (due.key, due.due_at) == (found.reference, START + 48 * HOUR)
    assert due.state(AT, Calendar()) is DueState.OPEN
    assert due.state(START + timedelta(hours=48), Calendar()) is DueState.LATE
    services.note_end(dysfunction=found, ended_at=START + HOUR, actor=ACTOR, at=AT)
    (kept,) = dates(mes(), **asked, at=AT)
    assert kept.state(AT, Calendar()) is DueState.DONE

"""The follow-up of both contracts in the demonstration: something late, something done, nothing twice."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.deadlines.dues import DueState
from titulaire.governance.board import board, whole_life
from titulaire.governance.models import Evidence, Meeting, Notice
from titulaire.identity.models import Contract
from titulaire.journal.queries import verify
from titulaire.portal.demo.governance import govern
from titulaire.portal.demo.history import instant, open_doors


@pytest.mark.django_db
def test_both_contracts_are_followed_and_a_second_run_adds_nothing() -> None:
    now = instant(date(2026, 1, 20), 9)
    open_doors(now)
    for _ in range(2):
        govern(now)
        counts = (Meeting.objects.count(), Notice.objects.count(), Evidence.objects.count())
    assert counts[0] > 15 and counts[1] == 3 and counts[2] == 10
    for contract in Contract.objects.all():
        since, until = whole_life(contract, date(2026, 1, 20))
        found = [
            line.state
            for line in board(contract, since=since, until=until, at=now)
            if line.room == "governance" and line.due.due_on < date(2026, 2, 20)
        ]
        assert {DueState.OPEN, DueState.DONE} <= set(found), contract.code
        assert found.count(DueState.LATE) < found.count(DueState.DONE), contract.code
    assert verify().holds

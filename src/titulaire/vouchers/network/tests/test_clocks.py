"""What the network gives to the board of deadlines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.vouchers.network.clocks import dates
from titulaire.vouchers.network.tests.factories import AT, TODAY
from titulaire.vouchers.network.tests.test_payment import ready, run
from titulaire.vouchers.orders.tests.factories import make_contract

pytestmark = [pytest.mark.django_db, pytest.mark.clause("T-1.1-reseau")]


def found() -> dict[str, Due]:
    window = {"since": TODAY, "until": TODAY + timedelta(days=60)}
    return {one.key: one for one in dates(make_contract(), **window, at=AT)}


def test_the_remittances_of_a_day_are_one_date_until_all_are_paid() -> None:
    ready()
    key = f"payments-{TODAY}"
    due = found()[key]
    assert TODAY + timedelta(days=30) <= due.due_on <= TODAY + timedelta(days=33)
    assert due.state(AT, Calendar()) is DueState.OPEN and dict(due.facts)["À payer"].startswith("2")
    assert due.state(AT + timedelta(days=40), Calendar()) is DueState.LATE
    run(TODAY + timedelta(days=2))
    paid = found()[key]
    assert (paid.done_on, paid.state(AT, Calendar())) == (TODAY + timedelta(days=2), DueState.DONE)


def test_applications_are_answered_within_ten_working_days() -> None:
    ready()
    (due,) = [one for key, one in found().items() if key.startswith("applications")]
    assert due.state(AT, Calendar()) is DueState.DONE and dict(due.facts)["Sans réponse"].startswith("0")

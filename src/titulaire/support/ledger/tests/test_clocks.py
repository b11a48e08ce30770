"""What orders and the ledger give to the board of deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.support.ledger import services
from titulaire.support.ledger.clocks import dates
from titulaire.support.ledger.rules import validated_by
from titulaire.support.ledger.tests.test_acts import (
    TRACE,
    UO1,
    closed,
    entered,
    mes,
    ordered,
    priced,
    produced,
)

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def found() -> dict[str, Due]:
    return {one.key: one for one in dates(mes(), since=date(2026, 1, 1), until=date(2027, 1, 1), at=LATER)}


@pytest.mark.clause("S-7.2-validation")
@pytest.mark.parametrize(
    ("ordered_on", "last_on"),
    [
        (date(2026, 4, 20), date(2026, 4, 23)),
        # A week-end and a holiday between.
        (date(2026, 4, 29), date(2026, 5, 5)),
    ],
)
def test_an_order_is_deemed_valid_after_three_working_days(ordered_on: date, last_on: date) -> None:
    assert validated_by(ordered_on, 3, Calendar()) == last_on


@pytest.mark.clause("S-7.2-validation")
def test_silence_validates_the_order_in_force_and_not_a_cancelled_one() -> None:
    order = ordered("C1", 4, 18)
    due = found()["order-C1-UO1-1"]
    assert due.due_on == date(2026, 4, 23)
    assert due.state(datetime(2026, 4, 23, 12, tzinfo=UTC), Calendar()) is DueState.OPEN
    assert due.state(datetime(2026, 4, 24, 12, tzinfo=UTC), Calendar()) is DueState.DEEMED
    services.cancel_order(order=order, reason="Refusée", **TRACE)
    assert found() == {}


def test_a_month_that_holds_something_is_closed_by_the_end_of_the_next() -> None:
    priced(UO1)
    entered(produced())
    due = found()["close-2026-05"]
    assert (due.due_on, due.state(LATER, Calendar())) == (date(2026, 6, 30), DueState.LATE)
    closed(produced(day=5))
    assert found()["close-2026-05"].done_on is not None

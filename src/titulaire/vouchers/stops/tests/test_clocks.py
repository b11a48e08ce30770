"""What losses told by bearers give to the board of deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import DueState
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.stops.clocks import dates
from titulaire.vouchers.stops.losses import dismiss_report, report_loss
from titulaire.vouchers.stops.rules import StopReason

pytestmark = [pytest.mark.django_db, pytest.mark.clause("T-1.1-avantages")]
FRIDAY = datetime(2026, 10, 9, 9, 0, tzinfo=UTC)


def test_a_loss_is_followed_by_the_next_working_day() -> None:
    contract = make_contract()
    report = report_loss(
        contract=contract, named="2026-0001-0001", reason=StopReason.LOST, lost_on=FRIDAY.date(), at=FRIDAY
    )
    window = {"since": date(2026, 10, 1), "until": date(2026, 11, 1)}
    (due,) = dates(contract, **window, at=FRIDAY)
    assert (due.key, due.due_on) == (report.number, date(2026, 10, 12))
    tuesday = FRIDAY + timedelta(days=4)
    assert due.state(FRIDAY, Calendar()) is DueState.OPEN and due.state(tuesday, Calendar()) is DueState.LATE
    dismiss_report(report=report, because="Retrouvé", actor="user:1", at=tuesday)
    (due,) = dates(contract, **window, at=tuesday)
    assert due.state(tuesday, Calendar()) is DueState.DONE_LATE

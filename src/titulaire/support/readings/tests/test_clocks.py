"""What questions to the buyer give to the board of deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from titulaire.contracts.queries import terms_as_signed
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import DueState
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.support.readings.clocks import dates
from titulaire.support.readings.services import answer_question, ask_question

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)


@pytest.mark.clause("S-3.3.2-evolution")
def test_a_question_has_a_date_that_nobody_is_late_by(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    mes = contract_named("mes", "SUPPORT")
    code = next(iter(terms_as_signed("mes").readings))
    asked = ask_question(contract=mes, reading=code, letter=b"%PDF", actor="user:1", at=AT)
    window = {"since": date(2026, 6, 1), "until": date(2026, 8, 1)}
    (due,) = dates(mes, **window, at=AT)
    assert (due.due_on, due.clause) == (date(2026, 6, 22), terms_as_signed("mes").readings[code].clause)
    assert due.state(AT, Calendar()) is DueState.FACT
    late = AT + timedelta(days=15)
    assert due.state(late, Calendar()) is DueState.FACT
    answer_question(question=asked, answered_on=late.date(), answer="Oui", actor="user:1", at=late)
    (due,) = dates(mes, **window, at=late)
    assert due.state(late, Calendar()) is DueState.DONE
    assert not list(dates(mes, **window, at=AT - timedelta(days=1)))

"""The monthly rate told to the buyer, and the dates of the room on the board."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core import mail

from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.governance.models import Notice
from titulaire.governance.services import NobodyToInform
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.training import services
from titulaire.support.training.clocks import dates
from titulaire.support.training.models import RateSent, Seat, Session
from titulaire.support.training.queries import months_to_tell
from titulaire.support.training.services import Mark
from titulaire.support.training.tests.test_acts import ACTOR, PORTAL, TRACE, course, mes, planned
from titulaire.support.training.tests.test_pages import BASE, client, facts

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
APRIL = {"actor": ACTOR, "at": datetime(2026, 4, 10, 9, tzinfo=UTC)}


def found(at: datetime) -> dict[str, Due]:
    return {one.key: one for one in dates(mes(), since=date(2026, 1, 1), until=date(2027, 1, 1), at=at)}


@pytest.mark.clause("S-5.2-formation-initiale", "S-3.3.2-formation")
def test_the_rate_is_sent_once_and_again_only_when_it_changed(tmp_path: Path) -> None:
    contract = mes()
    with pytest.raises(services.NothingToTell):
        services.tell_rate(contract=contract, month=MARCH, **APRIL)
    course("C001", "C002")
    facts(tmp_path, ("C001", "06/03/2026"), ("C002", "07/03/2026"))
    with pytest.raises(services.MonthNotOver):
        services.tell_rate(contract=contract, month=MARCH, **TRACE)
    with pytest.raises(NobodyToInform):
        services.tell_rate(contract=contract, month=MARCH, **APRIL)
    buyer = person(Role.BUYER_MANAGER, on=contract)
    page = client(Role.TRAINER)
    assert "50,0" in page.get(f"{BASE}taux/2026-03/transmettre/").content.decode()
    told, known = services.tell_rate(contract=contract, month=MARCH, **APRIL)
    again, known_then = services.tell_rate(contract=contract, month=date(2026, 3, 9), **APRIL)
    assert (told, known, known_then) == (again, False, True)
    assert (told.trained, told.advisers, [each.to for each in mail.outbox]) == (1, 2, [[buyer.email]])
    session = Session.objects.get(module=PORTAL)
    marks = {
        seat.adviser: Mark(present=seat.adviser == "C001") for seat in Seat.objects.filter(session=session)
    }
    services.hold_session(session=session, marks=marks, reason="Feuille relue", **APRIL)
    page.post(f"{BASE}taux/2026-03/transmettre/")
    assert list(RateSent.objects.order_by("pk").values_list("trained", flat=True)) == [1, 0]
    assert told.notice_number in Notice.objects.order_by("pk").last().text  # type: ignore[union-attr]
    shown = client(Role.BUYER_READER).get(f"{BASE}taux/?etat=SENT").content.decode()
    assert "Mars 2026" in shown and "Transmettre" not in shown.split("<main")[1].split("<table")[0]
    assert client(Role.PLANNER).get(f"{BASE}taux/2026-03/transmettre/").status_code == 403
    assert page.get(f"{BASE}taux/2031-03/transmettre/").status_code == 404


@pytest.mark.clause("S-5.2-formation-initiale")
def test_the_rate_of_a_month_with_states_is_due_by_the_end_of_the_next(tmp_path: Path) -> None:
    assert found(APRIL["at"]) == {}  # type: ignore[arg-type]
    facts(tmp_path, ("C001", "06/03/2026"))
    assert [key for key in found(APRIL["at"]) if key.startswith("rate")] == ["rate-2026-03"]  # type: ignore[arg-type]
    due = found(APRIL["at"])["rate-2026-03"]  # type: ignore[arg-type]
    assert due.due_on == date(2026, 4, 30)
    assert due.state(datetime(2026, 4, 30, 20, tzinfo=UTC), Calendar()) is DueState.OPEN
    assert due.state(datetime(2026, 5, 1, 9, tzinfo=UTC), Calendar()) is DueState.LATE
    RateSent.objects.create(
        contract=mes(),
        month=MARCH,
        trained=1,
        advisers=1,
        notice_number="I",
        sent_at=APRIL["at"],
        sent_by="x",
    )
    assert found(APRIL["at"])["rate-2026-03"].done_on == date(2026, 4, 10)  # type: ignore[arg-type]
    assert months_to_tell(mes(), terms_of("mes"), on=date(2026, 3, 31))[-1] == date(2026, 2, 1)
    assert months_to_tell(mes(), terms_of("mes"), on=date(2026, 4, 1))[-1] == MARCH


def test_attendance_is_due_on_the_working_day_after_the_session() -> None:
    session = planned(day=6)
    late = datetime(2026, 3, 10, 9, tzinfo=UTC)
    due = found(late)[f"attendance-{session.reference}"]
    assert (due.due_on, due.state(late, Calendar())) == (date(2026, 3, 9), DueState.LATE)
    services.cancel_session(session=session, reason="Reportée", **TRACE)
    assert f"attendance-{session.reference}" not in found(late)

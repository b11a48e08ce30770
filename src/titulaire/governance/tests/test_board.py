"""The board: every room's dates, once each, as they stand; the calendar and the command tell the same."""

from __future__ import annotations

import importlib
import json
from datetime import date, timedelta

import icalendar
import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.cli.deadlines import command
from titulaire.deadlines.dues import Due, DueState, Who
from titulaire.governance import services
from titulaire.governance.board import SameKeyTwice, board, doors, whole_life
from titulaire.governance.feed import calendar_bytes
from titulaire.governance.queries import calendar_of
from titulaire.governance.rules import EvidenceKind, Matter, MeetingKind
from titulaire.governance.tests.factories import (
    ACTOR,
    AT,
    PDF,
    buyer,
    contact,
    held,
    meeting,
    notice,
    paris,
    support,
    vouchers,
)
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role

pytestmark = pytest.mark.django_db


def states(contract: Contract, *, at=AT) -> dict[str, DueState]:  # type: ignore[no-untyped-def]
    since, until = whole_life(contract, at.date())
    return {line.key: line.state for line in board(contract, since=since, until=until, at=at)}


def test_every_room_that_has_dates_is_on_the_board() -> None:
    assert {door.room for door in doors()} >= {
        "contracts", "billing", "governance", "orders", "issuing", "delivery", "stops", "complaints", "settlement",
    }  # fmt: skip
    assert {door.room: door.half for door in doors()}["delivery"] == "VOUCHERS"
    assert all(door.title for door in doors())


@pytest.mark.clause("T-3.1-referents", "T-3.2-information", "T-4.3-reunions")
def test_the_dates_of_governance_follow_their_facts() -> None:
    contract = vouchers()
    reader = buyer(contract)
    contact(contract, Matter.OPERATIONS)
    sent = notice(contract, reader, at=paris(2, 10))
    made = held(contract)
    services.decide_action(
        meeting=made, what="Revoir", side="BUYER", owner="Odile", due_on=date(2026, 3, 5), actor=ACTOR, at=AT
    )
    services.keep_evidence(
        contract=contract, kind=EvidenceKind.INSURANCE, title="RC", document=PDF, issued_on=date(2026, 1, 1),
        last_on=date(2026, 12, 31), actor=ACTOR, at=AT,
    )  # fmt: skip
    found = states(contract, at=paris(10, 9))
    assert found["governance.I2026-0001"] is DueState.LATE
    assert found["governance.FOLLOW_UP-2026-01-01"] is DueState.DONE
    assert found["governance.FOLLOW_UP-2025-01-01"] is DueState.LATE
    assert found["governance.FOLLOW_UP-2027-01-01"] is DueState.OPEN
    assert found["governance.LAUNCH"] is DueState.LATE
    assert found["governance.CR2026-0001-action-1"] is DueState.LATE
    assert found["governance.contact-REPORTING-2025-01-01"] is DueState.LATE
    assert not any("contact-OPERATIONS" in key for key in found)
    assert found["governance.first-VIGILANCE"] is DueState.LATE
    services.acknowledge_notice(notice=sent, user=reader, at=paris(9, 9))
    assert states(contract, at=paris(10, 9))["governance.I2026-0001"] is DueState.DONE


@pytest.mark.clause("S-3.1-comptes-rendus", "S-3.1-comite-previsions", "S-3.1-comite-production")
def test_the_committees_of_the_support_contract_run_on_their_clocks() -> None:
    contract = support()
    made = held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    planned = meeting(contract, MeetingKind.FORECAST, paris(17, 10))
    assert made.slot == "PRODUCTION-2026-W11" and planned.slot.startswith("FORECAST-")
    services.send_minutes(
        meeting=made, text="Semaine.", actor=ACTOR, at=paris(10, 11)
    )  # one instant too late
    found = states(contract, at=paris(12, 11))
    assert found[f"governance.{made.slot}"] is DueState.DONE
    assert found[f"governance.{made.number}-minutes"] is DueState.DONE_LATE
    assert found[f"governance.{made.number}-approval-1"] is DueState.DEEMED
    assert found[f"governance.{planned.number}-volumes"] is DueState.OPEN
    assert states(contract, at=paris(15, 10))[f"governance.{planned.number}-volumes"] is DueState.LATE
    services.add_meeting_file(meeting=planned, purpose="VOLUMES", document=PDF, actor=ACTOR, at=paris(14, 9))
    assert states(contract, at=paris(15, 10))[f"governance.{planned.number}-volumes"] is DueState.DONE


def test_a_room_of_the_other_half_gives_nothing() -> None:
    rooms = {key.partition(".")[0] for key in states(support())}
    assert "contracts" in rooms and not rooms & {"orders", "delivery", "settlement"}


def test_a_date_whose_page_is_closed_to_the_role_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = vouchers()
    contact(contract)
    since, until = whole_life(contract, AT.date())
    keys = {
        line.room
        for line in board(contract, since=since, until=until, at=AT, roles=frozenset({Role.AFFILIATE}))
    }
    assert keys == set()
    opened = {
        line.room
        for line in board(contract, since=since, until=until, at=AT, roles=frozenset({Role.PLANNER}))
    }
    assert opened == {"governance"}


def test_two_dates_under_one_key_are_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = Due(key="same", label="x", who=Who.BOTH, due_on=date(2026, 3, 2))
    clocks = importlib.import_module("titulaire.contracts.clocks")
    doors.cache_clear()
    monkeypatch.setattr(clocks, "dates", lambda *_, **__: [twin, twin])
    try:
        with pytest.raises(SameKeyTwice):
            states(vouchers())
    finally:
        monkeypatch.undo()
        doors.cache_clear()


def test_the_board_keeps_the_days_it_asked_for() -> None:
    contract = vouchers()
    lines = board(contract, since=date(2026, 12, 31), until=date(2027, 1, 1), at=AT)
    assert {line.due.due_on for line in lines} == {date(2026, 12, 31)}


# The calendar


def events(content: bytes) -> dict[str, icalendar.Event]:
    found = icalendar.Calendar.from_ical(content)
    assert isinstance(found, icalendar.Calendar)
    return {str(event["uid"]): event for event in found.walk("VEVENT")}  # type: ignore[misc]


def feed_of(contract: Contract, at=AT) -> bytes:  # type: ignore[no-untyped-def]
    since, until = whole_life(contract, at.date())
    lines = board(contract, since=since, until=until, at=at)
    return calendar_bytes(contract, lines, at=at, calendar=calendar_of(contract, on=at.date()))


def test_the_calendar_is_read_back_as_the_board_says() -> None:
    contract = support()
    made = meeting(contract, MeetingKind.PRODUCTION, paris(9, 11))
    content = feed_of(contract)
    found = events(content)
    since, until = whole_life(contract, AT.date())
    lines = board(contract, since=since, until=until, at=AT)
    assert len(found) == len(lines) and set(found) == {f"{line.key}@mes.titulaire" for line in lines}
    whole_day = found[f"governance.{made.slot}@mes.titulaire"]
    assert whole_day["dtstart"].dt == date(2026, 3, 13) and whole_day["dtend"].dt == date(2026, 3, 14)
    timed = found[f"governance.{made.number}-planned@mes.titulaire"]
    assert timed["dtstart"].dt == paris(9, 11) and timed["dtstart"].params["TZID"] == "Europe/Paris"
    text = content.decode()
    assert "DTSTART;VALUE=DATE:20260313" in text and "DTSTART;TZID=Europe/Paris:20260309T110000" in text
    assert text.count("BEGIN:VTIMEZONE") == 1 and text.startswith("BEGIN:VCALENDAR\r\n")


def test_the_calendar_folds_its_lines_and_escapes_its_text() -> None:
    contract = vouchers()
    made = held(contract)
    what = "Vérifier ; comparer, puis « écrire » à l’acheteur — " * 5
    services.decide_action(
        meeting=made, what=what, side="BUYER", owner="Odile", due_on=date(2026, 3, 5), actor=ACTOR, at=AT
    )
    content = feed_of(contract)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    event = events(content)["governance.CR2026-0001-action-1@cpam47.titulaire"]
    assert str(event["summary"]) == f"Action : {what.strip()}"


def test_a_date_keeps_its_uid_when_it_is_kept_or_moved() -> None:
    contract = vouchers()
    made = meeting(contract)
    before = set(events(feed_of(contract)))
    services.move_meeting(
        meeting=made, planned_at=AT + timedelta(days=9), place="Agen", agenda="x", actor=ACTOR, at=AT
    )
    assert set(events(feed_of(contract))) == before


def test_the_secret_address_opens_the_calendar_and_a_closed_one_does_not() -> None:
    contract = vouchers()
    user = buyer(contract)
    client = Client()
    client.force_login(user)
    page = client.post(reverse("deadlines_feed", args=["cpam47"]), {"label": "Bureau"})
    assert page["Cache-Control"] == "private, no-store"
    address = page.context["address"].removeprefix("http://testserver")
    assert address in page.content.decode()
    assert address not in client.get(reverse("deadlines_feed", args=["cpam47"])).content.decode()
    stranger = Client()
    answer = stranger.get(address)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    assert any("FOLLOW_UP" in uid for uid in events(answer.content))
    assert stranger.post(address).status_code == 404
    assert stranger.get(address.replace("/calendriers/", "/calendriers/x")).status_code == 404
    key = user.feed_keys.get()
    assert client.get(reverse("deadlines_feed_close", args=["cpam47", key.pk])).status_code == 200
    client.post(reverse("deadlines_feed_close", args=["cpam47", key.pk]))
    assert stranger.get(address).status_code == 404


def test_nobody_closes_the_calendar_of_another() -> None:
    contract = vouchers()
    services.make_feed_key(contract=contract, user=buyer(contract), label="", at=AT)
    other = buyer(contract)
    client = Client()
    client.force_login(other)
    key = contract.feed_keys.get()
    assert client.post(reverse("deadlines_feed_close", args=["cpam47", key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


# The command


def test_the_command_gives_the_facts_of_the_page() -> None:
    contract = vouchers()
    contact(contract)
    run = CliRunner().invoke(command, ["list", "--contract", "cpam47", "--json"])
    told = json.loads(run.output)
    client = Client()
    client.force_login(buyer(contract))
    csv = client.get(reverse("deadlines_all", args=["cpam47"]), {"export": "csv"}).content.decode("utf-8-sig")
    assert told["dates"] and run.exit_code == 0
    for line in told["dates"]:
        assert line["key"] in csv
    late = json.loads(
        CliRunner().invoke(command, ["list", "--contract", "cpam47", "--state", "LATE", "--json"]).output
    )
    assert {line["state"] for line in late["dates"]} == {"LATE"}
    assert all(line["due_on"] < timezone.localdate().isoformat() for line in late["dates"])


@pytest.mark.parametrize("wrong", [["--contract", "nope"], ["--contract", "cpam47", "--room", "nope"]])
def test_the_command_refuses_what_it_does_not_know(wrong: list[str]) -> None:
    vouchers()
    answer = CliRunner().invoke(command, ["list", *wrong, "--json"])
    assert answer.exit_code == 2 and "error" in json.loads(answer.output)

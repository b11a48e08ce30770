"""A change of service level: notified by the 10th, answered by the 15th, accepted by silence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from titulaire.cli.levels import command
from titulaire.contracts import services
from titulaire.contracts.clocks import dates
from titulaire.contracts.levels import NoticeRule, Standing, is_level, schedule, standing
from titulaire.contracts.models import LevelChange
from titulaire.contracts.queries import terms_as_signed, terms_of
from titulaire.contracts.rules import AlreadyDated, UnknownTerm
from titulaire.contracts.services import (
    NewValue,
    answer_level_change,
    note_silences,
    notify_level_change,
    record_amendment,
)
from titulaire.contracts.work import plan
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry

pytestmark = pytest.mark.clause("S-9-modification", "S-3.3.2-evolution")
PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar()
MONTHLY = NoticeRule(10, 15, "NEXT_MONTH", "AS_WRITTEN")
QUARTERLY = NoticeRule(10, 15, "NEXT_QUARTER", "AS_WRITTEN")
ROLLED = NoticeRule(10, 15, "NEXT_MONTH", "NEXT_WORKING_DAY")


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("rule", "notified", "asked", "answer_ends", "from_on", "is_late"),
    [
        # The window of April is March: the 9th, the 10th to its last second, the 11th.
        (MONTHLY, "2026-03-09T12:00", None, "2026-03-16", date(2026, 4, 1), False),
        (MONTHLY, "2026-03-10T23:59:59", None, "2026-03-16", date(2026, 4, 1), False),
        (MONTHLY, "2026-03-11T00:00", None, "2026-04-16", date(2026, 5, 1), False),
        # Asked for April: in time, then too late by a second, and it waits a month.
        (MONTHLY, "2026-03-10T23:59:59", date(2026, 4, 1), "2026-03-16", date(2026, 4, 1), False),
        (MONTHLY, "2026-03-11T00:00", date(2026, 4, 1), "2026-04-16", date(2026, 5, 1), True),
        # Asked for later: the window is that of the month asked.
        (MONTHLY, "2026-03-05T09:00", date(2026, 7, 14), "2026-06-16", date(2026, 7, 1), False),
        # The end of a year.
        (MONTHLY, "2026-12-11T09:00", None, "2027-01-16", date(2027, 2, 1), False),
        (MONTHLY, "2026-11-30T09:00", None, "2026-12-16", date(2027, 1, 1), False),
        # By quarter: March is the window of April, April waits for July.
        (QUARTERLY, "2026-03-10T09:00", None, "2026-03-16", date(2026, 4, 1), False),
        (QUARTERLY, "2026-03-11T09:00", None, "2026-04-16", date(2026, 7, 1), False),
        (QUARTERLY, "2026-12-01T09:00", None, "2026-12-16", date(2027, 1, 1), False),
        # 10 October 2026 is a Saturday, 15 November a Sunday: as written, nothing moves.
        (MONTHLY, "2026-10-12T09:00", None, "2026-11-16", date(2026, 12, 1), False),
        (ROLLED, "2026-10-12T23:59:59", None, "2026-10-16", date(2026, 11, 1), False),
        (ROLLED, "2026-10-13T00:00", None, "2026-11-17", date(2026, 12, 1), False),
        (ROLLED, "2026-11-05T09:00", None, "2026-11-17", date(2026, 12, 1), False),
    ],
)
def test_a_notice_is_dated_by_its_window(
    rule: NoticeRule, notified: str, asked: date | None, answer_ends: str, from_on: date, is_late: bool
) -> None:
    found = schedule(paris(notified), asked, rule, CALENDAR)
    assert (found.answer_ends_at, found.from_on, found.is_late) == (paris(answer_ends), from_on, is_late)


def test_the_10th_ends_at_midnight_in_paris_whatever_the_clock_of_the_machine() -> None:
    assert schedule(datetime(2026, 3, 10, 22, 59, tzinfo=UTC), None, MONTHLY, CALENDAR).from_on.month == 4
    assert schedule(datetime(2026, 3, 10, 23, 0, tzinfo=UTC), None, MONTHLY, CALENDAR).from_on.month == 5
    assert schedule(datetime(2026, 6, 10, 22, 0, tzinfo=UTC), None, MONTHLY, CALENDAR).from_on.month == 8


END = paris("2026-03-16")


@pytest.mark.parametrize(
    ("accepted", "answered", "at", "stands"),
    [
        (None, None, "2026-03-15T23:59:59", Standing.WAITING),
        (None, None, "2026-03-16T00:00", Standing.DEEMED),
        (True, "2026-03-15T10:00", "2026-03-15T10:00", Standing.ACCEPTED),
        (True, "2026-03-15T10:00", "2026-03-15T09:59", Standing.WAITING),
        (False, "2026-03-12T10:00", "2026-05-01T10:00", Standing.REFUSED),
    ],
)
def test_silence_accepts_at_the_end_of_the_15th(
    accepted: bool | None, answered: str | None, at: str, stands: Standing
) -> None:
    answered_at = paris(answered) if answered else None
    assert standing(accepted=accepted, answered_at=answered_at, answer_ends_at=END, at=paris(at)) is stands


def test_levels_are_targets_and_triggers_and_not_rates_or_prices() -> None:
    terms, day = terms_as_signed("mes"), date(2026, 3, 1)
    levels = {name for name in terms.terms if is_level(name, terms, on=day)}
    assert {"answer_rate_target", "penalty_answer_rate_trigger", "average_wait_target"} <= levels
    assert not levels & {"penalty_answer_rate_rate", "penalty_cap_rate", "change_notice_day", "opening_from"}


# The acts

MARCH_5 = paris("2026-03-05T09:00")
APRIL = date(2026, 4, 1)


@pytest.fixture
def contract(db: None) -> Contract:
    return contract_named("mes", "SUPPORT")


def notify(contract: Contract, **changed: Any) -> LevelChange:
    given: dict[str, Any] = {
        "contract": contract,
        "title": "Décroché à 92 %",
        "values": {"answer_rate_target": Decimal("0.92")},
        "notified_at": MARCH_5,
        "actor": "user:1",
        "at": MARCH_5,
    }
    return notify_level_change(**{**given, **changed})


def target(at: datetime | None = None, on: date = APRIL) -> Decimal:
    return terms_of("mes", at=at).rate("answer_rate_target", on=on)


def test_an_accepted_change_applies_from_its_month_and_leaves_the_past(contract: Contract) -> None:
    change = notify(contract)
    assert target(MARCH_5) == Decimal("0.90")
    answered_at = paris("2026-03-12T10:00")
    answer_level_change(change=change, accepted=True, actor="user:2", at=answered_at)
    assert target(answered_at) == Decimal("0.92")
    assert target(answered_at - timedelta(seconds=1)) == Decimal("0.90")
    assert target(answered_at, date(2026, 3, 31)) == Decimal("0.90")
    dated = terms_of("mes", at=answered_at).dated("answer_rate_target", on=APRIL)
    assert (dated.source, dated.clause) == ("Modification de niveau de service n° 1", "S-3.3.2-decroche")
    assert Entry.objects.filter(act__startswith="LEVEL_CHANGE").count() == 2


def test_silence_applies_the_change_with_nobodys_act(contract: Contract) -> None:
    notify(contract)
    assert target(paris("2026-03-15T23:59:59")) == Decimal("0.90")
    assert target(paris("2026-03-16T00:00")) == Decimal("0.92")
    assert Entry.objects.filter(act="LEVEL_CHANGE_DEEMED").count() == 0


def test_the_worker_tells_the_journal_of_a_silence_once_however_late(contract: Contract) -> None:
    notify(contract)
    plan(paris("2026-03-15T23:00"))
    assert not Entry.objects.filter(act="LEVEL_CHANGE_DEEMED").exists()
    plan(paris("2026-04-20T08:00"))
    plan(paris("2026-04-20T09:00"))
    entry = Entry.objects.get(act="LEVEL_CHANGE_DEEMED")
    assert datetime.fromisoformat(entry.content.body["deemed_at"]) == END
    assert note_silences(contract=contract, actor="system:x", at=paris("2026-05-01T00:00")) == 0


def test_a_refusal_says_why_and_changes_nothing(contract: Contract) -> None:
    change = notify(contract)
    with pytest.raises(services.RefusedWithoutReasons):
        answer_level_change(change=change, accepted=False, reasons=" ", actor="user:2", at=MARCH_5)
    answer_level_change(
        change=change, accepted=False, reasons="Effectif insuffisant", actor="user:2", at=MARCH_5
    )
    assert target(paris("2026-12-01T00:00")) == Decimal("0.90")


def test_an_answer_counts_until_the_last_second_of_the_15th_and_once(contract: Contract) -> None:
    change = notify(contract)
    with pytest.raises(services.TooLateToAnswer):
        answer_level_change(change=change, accepted=False, reasons="Non", actor="user:2", at=END)
    in_time = paris("2026-03-15T23:59:59")
    answer_level_change(change=change, accepted=True, actor="user:2", at=in_time)
    with pytest.raises(services.AlreadyAnswered):
        answer_level_change(change=change, accepted=True, actor="user:2", at=in_time)


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"values": {}}, services.ChangesNothing),
        ({"notified_at": MARCH_5 + timedelta(seconds=1)}, services.NotifiedLater),
        ({"notified_at": paris("2025-08-07T10:00")}, services.NotifiedLater),
        ({"values": {"penalty_cap_rate": Decimal("0.2")}}, services.NotALevel),
        ({"values": {"no_such_term": Decimal(1)}}, UnknownTerm),
    ],
)
def test_a_notice_is_refused_with_what_is_wrong(
    contract: Contract, changed: dict[str, Any], refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        notify(contract, **changed)
    assert not LevelChange.objects.exists()


def test_a_definition_alone_is_a_change(contract: Contract) -> None:
    change = notify(contract, values={}, definition="Le flux du 36 46 entre dans le périmètre.")
    assert change.number == 1 and not change.values.exists()


def test_one_level_takes_one_value_from_one_day(contract: Contract) -> None:
    first = notify(contract)
    with pytest.raises(AlreadyDated):
        notify(contract)
    answer_level_change(change=first, accepted=False, reasons="Non", actor="user:2", at=MARCH_5)
    assert notify(contract).number == 2


def test_an_amendment_from_the_same_day_prevails_over_a_notice(contract: Contract) -> None:
    now = timezone.now()
    change = notify(contract, notified_at=now, at=now)
    record_amendment(
        contract=contract,
        number=1,
        title="Décroché",
        signed_on=timezone.localdate(now),
        document_name="avenant.pdf",
        document_sha256="ab" * 32,
        values=[NewValue("answer_rate_target", change.from_on, Decimal("0.95"))],
        actor="user:1",
        at=now,
    )
    assert target(change.answer_ends_at, change.from_on) == Decimal("0.95")


def test_the_database_refuses_an_answer_out_of_time(contract: Contract) -> None:
    change = notify(contract)
    with pytest.raises(IntegrityError), transaction.atomic():
        LevelChange.objects.filter(pk=change.pk).update(accepted=True, answered_at=END)


# The pages

ROOT = "/marches/mes/contrat/niveaux/"


def client(role: Role, on: Contract) -> Client:
    opened = Client()
    opened.force_login(person(role, on=on))
    return opened


def posted(**given: str) -> dict[str, str]:
    management = {"valeurs-TOTAL_FORMS": "5", "valeurs-INITIAL_FORMS": "0"}
    return {"title": "Décroché à 92 %", **management, **given}


ONE_VALUE = {"valeurs-0-term": "answer_rate_target", "valeurs-0-value": "92 %"}


def test_the_buyer_notifies_and_the_contractor_answers(contract: Contract) -> None:
    buyer, contractor = client(Role.BUYER_MANAGER, contract), client(Role.SUPERVISOR, contract)
    assert buyer.get(f"{ROOT}notifier/").status_code == 200
    answer = buyer.post(f"{ROOT}notifier/", posted(**ONE_VALUE))
    assert answer.status_code == 302, answer.content.decode()
    change = LevelChange.objects.get()
    assert change.notified_by.startswith("user:")
    listed = contractor.get(ROOT).content.decode()
    assert "À répondre" in listed and "92" in listed
    assert "Répondre" in contractor.get(f"{ROOT}1/").content.decode()
    assert "Répondre</a>" not in buyer.get(f"{ROOT}1/").content.decode()
    assert buyer.get(f"{ROOT}1/repondre/").status_code == 403
    wrong = contractor.post(f"{ROOT}1/repondre/", {"answer": "non"})
    assert wrong.status_code == 422 and "pourquoi" in wrong.content.decode()
    assert contractor.post(f"{ROOT}1/repondre/", {"answer": "oui"}).status_code == 302
    again = contractor.post(f"{ROOT}1/repondre/", {"answer": "oui"})
    assert again.status_code == 422 and "déjà sa réponse" in again.content.decode()
    assert "acceptée" in contractor.get(f"{ROOT}?export=csv").content.decode()


def test_what_a_letter_brought_is_recorded_with_its_own_date(contract: Contract) -> None:
    opened = client(Role.SUPERVISOR, contract)
    assert "Notification reçue le" in opened.get(f"{ROOT}notifier/").content.decode()
    assert (
        "Notification reçue le"
        not in client(Role.BUYER_MANAGER, contract).get(f"{ROOT}notifier/").content.decode()
    )
    answer = opened.post(f"{ROOT}notifier/", posted(**ONE_VALUE, received_at="2026-03-10T23:59"))
    assert answer.status_code == 302, answer.content.decode()
    change = LevelChange.objects.get()
    assert (change.from_on, change.answer_ends_at) == (APRIL, END)
    assert "acceptée par silence" in opened.get(f"{ROOT}1/").content.decode()
    late = opened.post(f"{ROOT}1/repondre/", {"answer": "oui"})
    assert late.status_code == 422 and "le silence a valu accord" in late.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Écrivez au moins une nouvelle valeur"),
        ({**ONE_VALUE, "valeurs-0-value": "beaucoup"}, "ne convient pas"),
        (
            {**ONE_VALUE, "valeurs-1-term": "answer_rate_target", "valeurs-1-value": "93 %"},
            "gardez-en une",
        ),
    ],
)
def test_a_wrong_notice_is_explained(contract: Contract, given: dict[str, str], said: str) -> None:
    answer = client(Role.BUYER_MANAGER, contract).post(f"{ROOT}notifier/", posted(**given))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not LevelChange.objects.exists()


def test_readers_do_not_notify_and_the_other_contract_has_no_such_page(contract: Contract) -> None:
    for role in (Role.BUYER_READER, Role.AUDITOR):
        opened = client(role, contract)
        assert opened.get(ROOT).status_code == 200
        assert opened.post(f"{ROOT}notifier/", posted(**ONE_VALUE)).status_code == 403
    other = contract_named("cpam47")
    assert client(Role.BUYER_MANAGER, other).get("/marches/cpam47/contrat/niveaux/").status_code == 404


# The command


def run(*asked: str) -> tuple[int, Any]:
    result = CliRunner().invoke(command, [*asked, "--json"])
    return result.exit_code, json.loads(result.output)


def test_the_command_notifies_lists_and_answers(contract: Contract) -> None:
    code, told = run(
        "notify", "Décroché", "--set", "answer_rate_target=92 %", "--notified-at", "2026-03-10T23:59:00"
    )
    assert (code, told["from_on"], told["standing"]) == (0, "2026-04-01", "DEEMED")
    assert run("answer", "1", "--accept")[0] == 2
    assert run("notify", "Rien")[0] == 2
    assert run("notify", "Faux", "--set", "penalty_cap_rate=20 %")[0] == 2
    assert run("notify", "Faux", "--set", "answer_rate_target=abc")[0] == 2
    code, told = run("notify", "Attente", "--set", "average_wait_target=100")
    assert (code, told["standing"]) == (0, "WAITING")
    assert run("answer", "2", "--refuse")[0] == 2
    assert run("answer", "2", "--refuse", "--reasons", "Effectif")[1]["standing"] == "REFUSED"
    assert [one["number"] for one in run("list")[1]["changes"]] == [2, 1]
    assert run("answer", "9", "--accept")[0] == 2
    assert "Attente" in CliRunner().invoke(command, ["list"]).output


def test_the_answer_to_a_notice_is_a_date_of_the_board_that_silence_ends(contract: Contract) -> None:
    change = notify(contract)

    def due() -> Due:
        found = dates(contract, since=date(2026, 1, 1), until=date(2027, 1, 1), at=paris("2026-03-20"))
        return next(one for one in found if one.key == f"level-{change.number}")

    assert (due().due_on, due().due_at) == (date(2026, 3, 15), paris("2026-03-16"))
    assert due().state(paris("2026-03-15T23:59"), CALENDAR) is DueState.OPEN
    assert due().state(paris("2026-03-16"), CALENDAR) is DueState.DEEMED
    answer_level_change(change=change, accepted=True, actor="user:2", at=paris("2026-03-12"))
    assert due().state(paris("2026-03-20"), CALENDAR) is DueState.DONE

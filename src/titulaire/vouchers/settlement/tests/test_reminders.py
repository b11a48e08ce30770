"""The ladder of reminders: on its day, once per channel, with what was unused; nobody named in the mail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core import mail

from titulaire.identity.roles import Role
from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal import files
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_person
from titulaire.vouchers.settlement import reminders, services, work
from titulaire.vouchers.settlement.models import Reminder
from titulaire.vouchers.settlement.tests.factories import go, issued

pytestmark = pytest.mark.django_db

J_30 = datetime(2027, 1, 1, 9, tzinfo=UTC)
J_15 = datetime(2027, 1, 16, 9, tzinfo=UTC)


def reminded(channel: str = "EMAIL", days_before: int = 30, at: datetime = J_30) -> Reminder:
    return reminders.send_reminder(
        contract=make_contract(), vintage=2026, days_before=days_before, channel=channel, actor=ACTOR, at=at
    )


@pytest.mark.clause("T-2.1.4-relances")
def test_the_buyers_managers_get_the_count_and_no_name() -> None:
    manager = make_person(make_contract(), Role.BUYER_MANAGER)
    issued(unnamed=1)
    reminder = reminded()
    assert (reminder.recipients, reminder.unused, reminder.unused_cents) == (1, 15, 15_000)
    (message,) = mail.outbox
    assert message.to == [manager.email] and "15\u00a0titres" in message.subject
    assert "Landreau" not in message.body and "31\u00a0janvier 2027" in message.body
    with pytest.raises(reminders.AlreadyReminded):
        reminded()
    assert len(mail.outbox) == 1


@pytest.mark.clause("T-2.1.4-relances")
def test_letters_and_messages_are_made_for_those_who_still_hold_vouchers() -> None:
    keys = issued(unnamed=1)
    go(keys[:5], VoucherState.USED)
    letters, messages = reminded("LETTER"), reminded("SMS")
    assert letters.recipients == messages.recipients == 1 and letters.unused == 10
    assert files.read(letters.file_sha256, contract="cpam47").startswith(b"%PDF")
    text = files.read(messages.file_sha256, contract="cpam47").decode("utf-8-sig")
    assert text.splitlines()[1].startswith(
        "B00002;Il vous reste 5 titres 2026 à utiliser jusqu'au 31 janvier 2027"
    )


@pytest.mark.clause("T-2.1.4-relances")
def test_the_effect_is_read_from_one_reminder_to_the_next() -> None:
    keys = issued()
    reminded()
    go(keys[:4], VoucherState.USED)
    reminded(days_before=15, at=J_15)
    assert list(Reminder.objects.values_list("days_before", "unused")) == [(30, 10), (15, 6)]


def test_a_reminder_is_sent_neither_before_its_day_nor_after_the_last_use() -> None:
    issued()
    for days_before, at in (
        (30, datetime(2026, 12, 31, 22, tzinfo=UTC)),
        (7, datetime(2027, 2, 1, 9, tzinfo=UTC)),
    ):
        with pytest.raises(reminders.NotItsDay):
            reminded(days_before=days_before, at=at)
    with pytest.raises(reminders.NoSuchReminder):
        reminded(days_before=29)
    with pytest.raises(reminders.NoSuchReminder):
        reminded("PIGEON")


def test_a_mail_that_cannot_leave_leaves_no_trace_that_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    make_person(make_contract(), Role.BUYER_MANAGER)
    issued()
    monkeypatch.setattr(reminders, "send_mail", lambda *args: (_ for _ in ()).throw(OSError("no relay")))
    with pytest.raises(OSError, match="no relay"):
        reminded()
    assert not Reminder.objects.exists()


@pytest.mark.clause("T-2.1.4-relances")
def test_the_worker_reminds_with_nobodys_act(monkeypatch: pytest.MonkeyPatch) -> None:
    issued()
    days = {datetime(2026, 12, 31, 22, tzinfo=UTC): 0, J_30: 1, J_15: 2, datetime(2027, 2, 1, tzinfo=UTC): 2}
    for at, queued in days.items():
        work.plan(at)
        assert Job.objects.filter(kind=services.REMIND).count() == queued
    monkeypatch.setattr(work.timezone, "now", lambda: J_30)
    done = run_one(at=J_30)
    assert done is not None and done.result == {"EMAIL": 0, "SMS": 2, "LETTER": 2}
    monkeypatch.setattr(work.timezone, "now", lambda: datetime(2027, 5, 1, tzinfo=UTC))
    late = run_one(at=J_15)
    assert late is not None and set(late.result.values()) == {"NOT_ITS_DAY"}

"""Naming, informing, meeting, keeping papers: each act once, by whom may, with its trace."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail

from titulaire.governance import queries, services, work
from titulaire.governance.models import Evidence, Meeting
from titulaire.governance.rules import Approval, EvidenceKind, Matter, MeetingKind, Validity
from titulaire.governance.services import Person, Upload
from titulaire.governance.tests.factories import (
    ACTOR,
    AT,
    BOTH_SIDES,
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
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as another
from titulaire.identity.tests.factories import person
from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal import files
from titulaire.journal.models import Entry

pytestmark = pytest.mark.django_db


def acts() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("act", flat=True))


# Contacts


@pytest.mark.clause("T-3.1-referents")
def test_a_contract_without_its_contacts_says_which_are_missing() -> None:
    contract = vouchers()
    asked = ("REPRESENTATIVE", "OPERATIONS", "REPORTING")
    assert queries.contact_gaps(contract, on=date(2026, 3, 2)) == asked
    contact(contract, Matter.OPERATIONS)
    assert queries.contact_gaps(contract, on=date(2026, 3, 2)) == ("REPRESENTATIVE", "REPORTING")


@pytest.mark.clause("T-3.1-referents")
def test_a_contact_takes_over_from_another_and_the_history_keeps_both() -> None:
    contract = vouchers()
    first = contact(contract)
    second = services.name_contact(
        contract=contract, matter=Matter.OPERATIONS, name="Aïcha Tessonneau", phone="05 53 11 11 11",
        email="aicha@demo.example", since=date(2026, 4, 1), replaces=first, actor=ACTOR, at=AT,
    )  # fmt: skip
    assert list(queries.contacts_on(contract, on=date(2026, 3, 31))) == [first]
    assert list(queries.contacts_on(contract, on=date(2026, 4, 1))) == [second]
    assert acts() == ["CONTACT_NAMED", "CONTACT_NAMED"]
    with pytest.raises(services.AlreadyDone):
        services.end_contact(contact=first, on=date(2026, 5, 1), actor=ACTOR, at=AT)


@pytest.mark.clause("T-3.1-referents")
def test_a_contact_cannot_end_before_it_began() -> None:
    named = contact(vouchers(), since=date(2026, 3, 1))
    with pytest.raises(services.EndsBeforeItStarts):
        services.end_contact(contact=named, on=date(2026, 3, 1), actor=ACTOR, at=AT)
    services.end_contact(contact=named, on=date(2026, 3, 2), actor=ACTOR, at=AT)
    assert acts() == ["CONTACT_NAMED", "CONTACT_ENDED"]


# Information


@pytest.mark.clause("T-3.2-information")
def test_a_notice_is_numbered_mailed_kept_and_read_once() -> None:
    contract = vouchers()
    reader = buyer(contract)
    sent = notice(contract, reader)
    assert sent.number == "I2026-0001" and [message.to for message in mail.outbox] == [[reader.email]]
    assert "/informations/I2026-0001/" in mail.outbox[0].body
    kept = sent.files.get()
    assert files.read(kept.sha256, contract="cpam47") == PDF.content
    assert list(queries.unread_by(contract, reader)) == [sent]
    first = services.acknowledge_notice(notice=sent, user=reader, at=AT + timedelta(hours=1))
    again = services.acknowledge_notice(notice=sent, user=reader, at=AT + timedelta(days=9))
    assert again.read_at == first.read_at == AT + timedelta(hours=1)
    assert not queries.unread_by(contract, reader)
    assert acts() == ["NOTICE_SENT", "NOTICE_READ"]


@pytest.mark.clause("T-3.2-information")
def test_a_notice_goes_to_people_of_the_buyer_and_only_they_read_it() -> None:
    contract = vouchers()
    reader, operator = buyer(contract), person(Role.VOUCHER_OPERATOR, on=contract)
    elsewhere = buyer(another("cpam99"))
    for wrong in ((), (operator,), (reader, elsewhere)):
        with pytest.raises(services.NobodyToInform):
            notice(contract, *wrong)
    sent = notice(contract, reader)
    with pytest.raises(services.NotARecipient):
        services.acknowledge_notice(notice=sent, user=buyer(contract), at=AT)


@pytest.mark.clause("T-3.2-information")
def test_an_unread_notice_is_recalled_once_after_five_working_days() -> None:
    contract = vouchers()
    reader, other = buyer(contract), buyer(contract)
    sent = notice(contract, reader, other, at=paris(2, 10))
    services.acknowledge_notice(notice=sent, user=other, at=paris(3, 10))
    mail.outbox.clear()
    assert services.remind_notice(notice=sent, actor=ACTOR, at=paris(6, 23, 59)) == 0
    assert services.remind_notice(notice=sent, actor=ACTOR, at=paris(9, 0)) == 1
    assert services.remind_notice(notice=sent, actor=ACTOR, at=paris(20, 0)) == 0
    assert [message.to for message in mail.outbox] == [[reader.email]]


@pytest.mark.clause("T-3.2-information")
def test_the_worker_reminds_without_anyone() -> None:
    contract = vouchers()
    notice(contract, buyer(contract))
    services.keep_evidence(
        contract=contract, kind=EvidenceKind.VIGILANCE, title="URSSAF", document=PDF,
        issued_on=date(2025, 10, 1), actor=ACTOR, at=AT,
    )  # fmt: skip
    person(Role.VOUCHER_OPERATOR, on=contract)
    mail.outbox.clear()
    work.plan(AT + timedelta(days=20))
    work.plan(AT + timedelta(days=20))
    while (job := run_one(at=AT + timedelta(days=20))) is not None:
        assert job.state == Job.DONE, job.error
    assert len(mail.outbox) == 2
    assert {"NOTICE_REMINDED", "EVIDENCE_REMINDED"} <= set(acts())


# Meetings


@pytest.mark.clause("T-4.3-reunions")
def test_a_meeting_serves_what_the_contract_asks_for_once() -> None:
    contract = vouchers()
    first = meeting(contract)
    assert (first.number, first.slot) == ("CR2026-0001", "FOLLOW_UP-2026-01-01")
    second = meeting(contract)
    assert second.slot == "FOLLOW_UP-2027-01-01"
    assert meeting(contract, slot="").slot == ""
    with pytest.raises(services.SlotTaken):
        meeting(contract, slot="FOLLOW_UP-2026-01-01")
    with pytest.raises(services.UnknownSlot):
        meeting(contract, slot="LAUNCH")
    services.cancel_meeting(meeting=first, because="Grève", actor=ACTOR, at=AT)
    assert meeting(contract, slot="FOLLOW_UP-2026-01-01").slot == "FOLLOW_UP-2026-01-01"


@pytest.mark.clause("T-4.3-reunions")
def test_a_year_without_a_follow_up_is_flagged_the_day_after() -> None:
    contract = vouchers()

    def state(on: date) -> str:
        lines = {line.slot.key: line for line in queries.slot_lines(contract, on=on)}
        return lines["FOLLOW_UP-2025-01-01"].state(on)

    assert (state(date(2025, 12, 31)), state(date(2026, 1, 1))) == ("OPEN", "LATE")
    made = meeting(contract, planned_at=paris(31, 10, month=12, year=2025))
    assert state(date(2025, 12, 31)) == "PLANNED"
    services.hold_meeting(
        meeting=made, held_at=paris(31, 12, month=12, year=2025), people=BOTH_SIDES, actor=ACTOR, at=AT
    )
    assert state(date(2026, 1, 1)) == "DONE"


@pytest.mark.clause("T-4.3-reunions")
def test_a_meeting_goes_from_its_call_to_its_closing() -> None:
    contract = vouchers()
    made = held(contract)
    action = services.decide_action(
        meeting=made, what="Revoir le calendrier", side="CONTRACTOR", owner="Yann Cazevielle",
        due_on=date(2026, 4, 1), actor=ACTOR, at=AT,
    )  # fmt: skip
    minutes = services.send_minutes(meeting=made, text="Tout va bien.", document=PDF, actor=ACTOR, at=AT)
    assert files.read(minutes.pdf_sha256, contract="cpam47").startswith(b"%PDF")
    with pytest.raises(services.MinutesAwaited):
        services.close_meeting(
            meeting=made, actor=ACTOR, at=AT + timedelta(days=90)
        )  # no silence in this contract
    services.approve_minutes(meeting=made, actor=ACTOR, at=AT + timedelta(days=1))
    services.close_meeting(meeting=made, actor=ACTOR, at=AT + timedelta(days=2))
    services.complete_action(
        action=action, done_on=date(2026, 3, 20), outcome="Fait", actor=ACTOR, at=AT + timedelta(days=30)
    )
    with pytest.raises(services.AlreadyDone):
        services.complete_action(
            action=action, done_on=date(2026, 3, 20), outcome="", actor=ACTOR, at=AT + timedelta(days=30)
        )
    assert acts() == [
        "MEETING_PLANNED", "MEETING_HELD", "MEETING_ACTION_DECIDED", "MINUTES_SENT", "MINUTES_APPROVED",
        "MEETING_CLOSED", "MEETING_ACTION_DONE",
    ]  # fmt: skip


@pytest.mark.clause("T-4.3-reunions")
def test_the_minutes_are_the_same_bytes_for_the_same_facts() -> None:
    from titulaire.governance.minutes import minutes_pdf

    made = held(vouchers())
    one, two = (
        minutes_pdf(made, version=1, text="Un\n\nDeux", sent_at=AT, document_sha256="") for _ in range(2)
    )
    assert one == two


@pytest.mark.clause("T-4.3-reunions")
@pytest.mark.parametrize("act", ["move", "cancel", "hold"])
def test_a_meeting_held_is_no_longer_planned(act: str) -> None:
    made = held(vouchers())
    with pytest.raises(services.MeetingStands):
        if act == "move":
            services.move_meeting(meeting=made, planned_at=AT, place="", agenda="", actor=ACTOR, at=AT)
        elif act == "cancel":
            services.cancel_meeting(meeting=made, because="", actor=ACTOR, at=AT)
        else:
            services.hold_meeting(meeting=made, held_at=AT, people=BOTH_SIDES, actor=ACTOR, at=AT)


@pytest.mark.clause("T-4.3-reunions")
def test_a_meeting_is_held_by_both_parties_and_not_in_the_future() -> None:
    made = meeting(vouchers())
    alone = (Person("BUYER", "Odile Landreau"), Person("CONTRACTOR", "Yann Cazevielle", present=False))
    with pytest.raises(services.NobodyPresent):
        services.hold_meeting(meeting=made, held_at=AT, people=alone, actor=ACTOR, at=AT)
    with pytest.raises(services.ImpossibleInstant):
        services.hold_meeting(
            meeting=made, held_at=AT + timedelta(seconds=1), people=BOTH_SIDES, actor=ACTOR, at=AT
        )
    assert Meeting.objects.get().state == "PLANNED"


@pytest.mark.clause("S-3.1-comptes-rendus")
def test_silence_approves_at_its_instant_whatever_the_worker_did() -> None:
    contract = support()
    made = held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    services.send_minutes(meeting=made, text="Semaine 10.", actor=ACTOR, at=paris(10, 10))
    before = queries.minutes_lines([made], at=paris(12, 9, 59))[0]
    after = queries.minutes_lines([made], at=paris(30, 9))[0]
    assert (before.approval, after.approval) == (Approval.AWAITED, Approval.DEEMED)
    assert after.deemed_at == paris(12, 10)
    with pytest.raises(services.AlreadyAnswered):
        services.remark_on_minutes(meeting=made, remarks="Non.", actor=ACTOR, at=paris(12, 10))
    services.close_meeting(meeting=made, actor=ACTOR, at=paris(12, 10))


@pytest.mark.clause("S-3.1-comptes-rendus")
def test_a_remark_in_time_leads_to_another_version_with_its_own_delay() -> None:
    contract = support()
    made = held(contract, MeetingKind.STEERING, paris(9, 11))
    first = services.send_minutes(meeting=made, text="Un.", actor=ACTOR, at=paris(10, 10))
    with pytest.raises(services.AlreadyAnswered):
        services.send_minutes(meeting=made, text="Deux.", actor=ACTOR, at=paris(10, 11))
    services.remark_on_minutes(meeting=made, remarks="Le taux est faux.", actor=ACTOR, at=paris(11, 10))
    assert queries.minutes_lines([made], at=paris(30, 9))[0].approval is Approval.REMARKS
    second = services.send_minutes(meeting=made, text="Deux.", actor=ACTOR, at=paris(12, 10))
    assert (first.version, second.version) == (1, 2)
    line = queries.minutes_lines([made], at=paris(16, 10))[0]
    assert line.minutes == second and line.deemed_at == paris(16, 10)
    # The delay to write them was kept by the first version.
    assert line.writing is not None and line.writing.met_in_time is True


@pytest.mark.clause("S-3.1-comite-previsions")
def test_a_forecast_committee_has_its_volumes_and_no_tacit_approval() -> None:
    contract = support()
    planned = meeting(contract, MeetingKind.FORECAST, paris(9, 10))
    services.add_meeting_file(
        meeting=planned, purpose="VOLUMES", document=Upload("volumes.csv", b"1;2"), actor=ACTOR, at=AT
    )
    made = services.hold_meeting(
        meeting=planned, held_at=paris(9, 11), people=BOTH_SIDES, actor=ACTOR, at=paris(9, 11)
    )
    services.send_minutes(meeting=made, text="Prévisions.", actor=ACTOR, at=paris(9, 15))
    assert queries.minutes_lines([made], at=paris(30, 9))[0].approval is Approval.AWAITED


# Evidence


def test_a_paper_is_kept_with_its_file_and_its_legal_end() -> None:
    contract = vouchers()
    kept = services.keep_evidence(
        contract=contract, kind=EvidenceKind.VIGILANCE, title="URSSAF", document=PDF,
        issued_on=date(2025, 10, 1), actor=ACTOR, at=AT,
    )  # fmt: skip
    assert kept.last_on == date(2026, 3, 31) and files.read(kept.sha256, contract="cpam47") == PDF.content
    (paper,) = queries.papers_of(contract, on=date(2026, 3, 2))
    assert paper.validity is Validity.SOON
    assert queries.papers_missing([paper]) == (EvidenceKind.INSURANCE,)
    renewed = services.keep_evidence(
        contract=contract, kind=EvidenceKind.VIGILANCE, title="URSSAF", document=PDF,
        issued_on=date(2026, 3, 1), replaces=kept, actor=ACTOR, at=AT,
    )  # fmt: skip
    stands = {row.evidence.pk: row.validity for row in queries.papers_of(contract, on=date(2026, 5, 1))}
    assert stands == {kept.pk: Validity.REPLACED, renewed.pk: Validity.VALID}
    with pytest.raises(services.AlreadyReplaced):
        services.keep_evidence(
            contract=contract, kind=EvidenceKind.VIGILANCE, title="URSSAF", document=PDF,
            issued_on=date(2026, 3, 1), replaces=kept, actor=ACTOR, at=AT,
        )  # fmt: skip


def test_a_paper_of_the_future_or_that_ends_before_it_begins_is_refused() -> None:
    contract = vouchers()
    for issued_on, last_on in ((date(2026, 3, 3), None), (date(2026, 3, 1), date(2026, 2, 1))):
        with pytest.raises(services.ImpossibleInstant):
            services.keep_evidence(
                contract=contract, kind=EvidenceKind.QUALITY, title="ISO 9001", document=PDF,
                issued_on=issued_on, last_on=last_on, actor=ACTOR, at=AT,
            )  # fmt: skip
    assert not Evidence.objects.exists()


# Feed


def test_a_calendar_is_opened_by_its_secret_until_it_is_closed() -> None:
    contract = vouchers()
    user = buyer(contract)
    secret = services.make_feed_key(contract=contract, user=user, label="Bureau", at=AT)
    key = queries.feed_key_of(secret, on=date(2026, 3, 2))
    assert key is not None and secret not in key.digest
    assert queries.feed_key_of(secret + "x", on=date(2026, 3, 2)) is None
    assert services.revoke_feed_key(key=key, actor=user.actor, at=AT)
    assert not services.revoke_feed_key(key=key, actor=user.actor, at=AT)
    assert queries.feed_key_of(secret, on=date(2026, 3, 2)) is None
    assert acts() == ["FEED_OPENED", "FEED_CLOSED"]


def test_a_calendar_dies_with_the_role_or_the_account() -> None:
    contract = vouchers()
    user = buyer(contract)
    secret = services.make_feed_key(contract=contract, user=user, label="", at=AT)
    user.memberships.update(until=date(2026, 4, 1))
    assert queries.feed_key_of(secret, on=date(2026, 3, 31)) is not None
    assert queries.feed_key_of(secret, on=date(2026, 4, 1)) is None
    user.is_active = False
    user.save()
    assert queries.feed_key_of(secret, on=date(2026, 3, 31)) is None


def test_ten_calendars_are_enough_for_one_person() -> None:
    contract = vouchers()
    user = buyer(contract)
    for _ in range(services.MOST_FEED_KEYS):
        services.make_feed_key(contract=contract, user=user, label="", at=AT)
    with pytest.raises(services.TooManyKeys):
        services.make_feed_key(contract=contract, user=user, label="", at=AT)

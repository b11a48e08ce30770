"""The acts of governance: naming contacts, informing, meeting, keeping papers, opening calendars."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.governance import queries
from titulaire.governance.minutes import minutes_pdf
from titulaire.governance.models import (
    Action,
    Attendance,
    Contact,
    Evidence,
    FeedKey,
    Meeting,
    MeetingFile,
    Minutes,
    Notice,
    NoticeFile,
    Recipient,
)
from titulaire.governance.rules import (
    NEXT,
    Approval,
    Change,
    EvidenceKind,
    Matter,
    MeetingKind,
    MeetingState,
    last_valid_on,
    number_of,
    reminder_on,
    slot_for,
    slots,
)
from titulaire.governance.wording import NOTICE_MAIL, NOTICE_REMINDER, PAPER_REMINDER, PAPERS
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.ui.formats import date_fr

BUYERS = (Role.BUYER_MANAGER, Role.BUYER_READER)
CONTRACTORS = (Role.VOUCHER_OPERATOR, Role.SUPERVISOR, Role.CSO)
MOST_FEED_KEYS = 10


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in: its name and its bytes."""

    name: str
    content: bytes


class EndsBeforeItStarts(ValueError):
    """The contact would stop answering before having begun."""

    def __init__(self, since: date) -> None:
        super().__init__(since.isoformat())
        self.since = since


class NobodyToInform(ValueError):
    """The notice would be sent to nobody, or to somebody who is not of the buyer's side."""


class NotARecipient(ValueError):
    """The notice was not sent to this person."""


class MeetingStands(Exception):
    """The meeting is in a state from which this is not done; `state` says which."""

    def __init__(self, number: str, state: str) -> None:
        super().__init__(number, state)
        self.number, self.state = number, state


class ImpossibleInstant(ValueError):
    """The fact would have happened in the future, or before what it follows."""

    def __init__(self, given: datetime | date) -> None:
        super().__init__(given.isoformat())
        self.given = given


class SlotTaken(ValueError):
    """Another meeting already serves what the contract asks for; `number` is it."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class UnknownSlot(LookupError):
    """The contract asks for no such meeting."""


class NobodyPresent(ValueError):
    """A meeting is held by both parties."""


class AlreadyAnswered(Exception):
    """These minutes were approved, remarked upon, or approved by silence; `approval` says which."""

    def __init__(self, approval: Approval) -> None:
        super().__init__(approval)
        self.approval = approval


class MinutesAwaited(Exception):
    """The meeting has no minutes, or the buyer's answer to them is still awaited."""


class AlreadyDone(ValueError):
    """It was done before."""


class AlreadyReplaced(ValueError):
    """A later paper already took this one's place, or it is of another kind."""


class TooManyKeys(ValueError):
    """The person has as many live keys as one needs."""


# Contacts


@clause("T-3.1-referents")
def name_contact(
    *,
    contract: Contract,
    matter: Matter,
    name: str,
    phone: str,
    email: str,
    since: date,
    actor: str,
    at: datetime,
    post: str = "",
    replaces: Contact | None = None,
) -> Contact:
    """Name who answers for a matter from a day on. `replaces` ends the one before on that day, in the same act.

    Raises:
        EndsBeforeItStarts: the contact to replace holds the matter only from that day or later.
        AlreadyDone: the contact to replace has ended already.
    """
    with transaction.atomic():
        if replaces is not None:
            _end(Contact.objects.select_for_update().get(pk=replaces.pk, contract=contract), since)
        contact = Contact.objects.create(
            contract=contract,
            matter=matter.value,
            name=name.strip(),
            post=post.strip(),
            phone=phone.strip(),
            email=email.strip(),
            since=since,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="CONTACT_NAMED",
            target=f"contact:{contact.pk}",
            body={
                "matter": matter.value,
                "name": contact.name,
                "phone": contact.phone,
                "email": contact.email,
                "since": since.isoformat(),
                "replaces": replaces.pk if replaces else None,
            },
        )
    return contact


def end_contact(*, contact: Contact, on: date, actor: str, at: datetime) -> Contact:
    """Say from which day on a contact no longer answers for the matter.

    Raises:
        EndsBeforeItStarts: that day is not after the first.
        AlreadyDone: the contact has ended already.
    """
    with transaction.atomic():
        held = Contact.objects.select_for_update(of=("self",)).select_related("contract").get(pk=contact.pk)
        _end(held, on)
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CONTACT_ENDED",
            target=f"contact:{held.pk}",
            body={"matter": held.matter, "until": on.isoformat()},
        )
    return held


def _end(held: Contact, on: date) -> None:
    if held.until is not None:
        raise AlreadyDone(held.pk)
    if on <= held.since:
        raise EndsBeforeItStarts(held.since)
    held.until = on
    held.save(update_fields=["until"])


# Information


def may_be_informed(contract: Contract, *, on: date) -> list[User]:
    """The people of the buyer's side, to whom a notice can be sent."""
    held = contract.memberships.current(on=on).filter(role__in=[role.value for role in BUYERS])
    return list(
        User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("last_name", "pk")
    )


@clause("T-3.2-information")
def send_notice(
    *,
    contract: Contract,
    change: Change,
    title: str,
    text: str,
    recipients: Collection[User],
    actor: str,
    at: datetime,
    effective_on: date | None = None,
    documents: Sequence[Upload] = (),
) -> Notice:
    """Tell the buyer of a change: numbered, kept with its documents, mailed to each recipient.

    Raises:
        NobodyToInform: no recipient, or one who holds no role of the buyer on the contract.
    """
    known = {user.pk for user in may_be_informed(contract, on=timezone.localdate(at))}
    chosen = sorted({user.pk: user for user in recipients}.values(), key=lambda user: user.pk)
    if not chosen or not {user.pk for user in chosen} <= known:
        raise NobodyToInform
    kept = [(each, files.keep(each.content, contract=contract.code)) for each in documents]
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        year = timezone.localdate(at).year
        rank = (Notice.objects.filter(contract=held, year=year).aggregate(last=Max("rank"))["last"] or 0) + 1
        notice = Notice.objects.create(
            contract=held,
            year=year,
            rank=rank,
            number=number_of("I", year, rank),
            change=change.value,
            title=title.strip(),
            text=text.strip(),
            effective_on=effective_on,
            sent_at=at,
            sent_by=actor,
        )
        for each, sha256 in kept:
            NoticeFile.objects.create(notice=notice, name=each.name, sha256=sha256, size=len(each.content))
        for user in chosen:
            Recipient.objects.create(notice=notice, user=user, email=user.email)
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="NOTICE_SENT",
            target=f"notice:{notice.number}",
            body={
                "change": change.value,
                "title": notice.title,
                "text": notice.text,
                "effective_on": effective_on.isoformat() if effective_on else None,
                "recipients": [user.actor for user in chosen],
                "documents": [{"name": each.name, "sha256": sha256} for each, sha256 in kept],
            },
        )
        # Last in the transaction: a mail that cannot leave undoes the word that it left.
        _mail_notice(notice, NOTICE_MAIL, [user.email for user in chosen])
    return notice


def _mail_notice(notice: Notice, text: str, addresses: Sequence[str]) -> None:
    for address in addresses:
        send_mail(
            f"{notice.contract.title} : {notice.title}",
            text.format(
                number=notice.number,
                title=notice.title,
                text=notice.text,
                sent_on=date_fr(timezone.localdate(notice.sent_at)),
                link=_link("notice", notice.contract.code, notice.number),
            ),
            None,
            [address],
        )


def _link(name: str, *args: str) -> str:
    return settings.SITE_ADDRESS.rstrip("/") + reverse(name, args=args)


@clause("T-3.2-information")
def acknowledge_notice(*, notice: Notice, user: User, at: datetime) -> Recipient:
    """A recipient says to have read a notice. The first time counts; a second one changes nothing.

    Raises:
        NotARecipient: it was not sent to this person.
    """
    with transaction.atomic():
        row = (
            Recipient.objects.select_for_update(of=("self",))
            .select_related("notice__contract")
            .filter(notice=notice, user=user)
            .first()
        )
        if row is None:
            raise NotARecipient(notice.number)
        if row.read_at is None:
            row.read_at = at
            row.save(update_fields=["read_at"])
            record(
                contract=row.notice.contract.code,
                actor=user.actor,
                at=at,
                act="NOTICE_READ",
                target=f"notice:{row.notice.number}",
            )
    return row


@clause("T-3.2-information")
def remind_notice(*, notice: Notice, actor: str, at: datetime) -> int:
    """Send a notice again, once, to those who have not read it. Gives how many; 0 when too early or done."""
    with transaction.atomic():
        held = Notice.objects.select_for_update(of=("self",)).select_related("contract").get(pk=notice.pk)
        unread = [row.email for row in held.recipients.filter(read_at__isnull=True, user__is_active=True)]
        calendar = queries.calendar_of(held.contract, on=timezone.localdate(at))
        day = reminder_on(calendar.local_day(held.sent_at), calendar)
        if held.reminded_at is not None or not unread or calendar.local_day(at) < day:
            return 0
        held.reminded_at = at
        held.save(update_fields=["reminded_at"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="NOTICE_REMINDED",
            target=f"notice:{held.number}",
            body={"recipients": len(unread)},
        )
        _mail_notice(held, NOTICE_REMINDER, unread)
    return len(unread)


# Meetings


@clause("T-4.3-reunions", "S-3.1-comite-production", "S-3.1-comite-pilotage", "S-3.1-comite-previsions")
def plan_meeting(
    *,
    contract: Contract,
    kind: MeetingKind,
    planned_at: datetime,
    place: str,
    agenda: str,
    actor: str,
    at: datetime,
    slot: str | None = None,
) -> Meeting:
    """Call a meeting. `slot` is the key of what the contract asks for; None finds it, "" is a meeting more.

    Raises:
        UnknownSlot: the contract asks for no such meeting of that kind.
        SlotTaken: another meeting serves it already.
    """
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        day = timezone.localdate(planned_at)
        terms = queries.meeting_terms(held, on=day)
        asked = slots(terms, queries.calendar_of(held, on=day)) if terms else ()
        live = Meeting.objects.filter(contract=held).exclude(state=MeetingState.CANCELLED.value)
        taken = dict(live.exclude(slot="").values_list("slot", "number"))
        if slot is None:
            found = slot_for(asked, kind, day, taken)
            slot = found.key if found else ""
        elif slot and not any(each.key == slot and each.kind is kind for each in asked):
            raise UnknownSlot(slot)
        if slot in taken:
            raise SlotTaken(taken[slot])
        rank = (
            Meeting.objects.filter(contract=held, year=day.year).aggregate(last=Max("rank"))["last"] or 0
        ) + 1
        meeting = Meeting.objects.create(
            contract=held,
            year=day.year,
            rank=rank,
            number=number_of("CR", day.year, rank),
            kind=kind.value,
            slot=slot,
            state=MeetingState.PLANNED.value,
            planned_at=planned_at,
            place=place.strip(),
            agenda=agenda.strip(),
            called_at=at,
            called_by=actor,
        )
        _told(
            meeting,
            "MEETING_PLANNED",
            actor,
            at,
            kind=kind.value,
            slot=slot,
            planned_at=planned_at.isoformat(),
        )
    return meeting


def _told(meeting: Meeting, act: str, actor: str, at: datetime, **body: object) -> None:
    record(
        contract=meeting.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"meeting:{meeting.number}",
        body=body,
    )


def _held(meeting: Meeting, act: str) -> Meeting:
    """The meeting, locked, if this act can be done on it."""
    held = Meeting.objects.select_for_update(of=("self",)).select_related("contract").get(pk=meeting.pk)
    if MeetingState(held.state) not in NEXT[act]:
        raise MeetingStands(held.number, held.state)
    return held


def move_meeting(
    *, meeting: Meeting, planned_at: datetime, place: str, agenda: str, actor: str, at: datetime
) -> Meeting:
    """Change when, where or about what a planned meeting is.

    Raises:
        MeetingStands: it was held or cancelled.
    """
    with transaction.atomic():
        held = _held(meeting, "MOVED")
        held.planned_at, held.place, held.agenda = planned_at, place.strip(), agenda.strip()
        held.save(update_fields=["planned_at", "place", "agenda"])
        _told(held, "MEETING_MOVED", actor, at, planned_at=planned_at.isoformat(), place=held.place)
    return held


def cancel_meeting(*, meeting: Meeting, because: str, actor: str, at: datetime) -> Meeting:
    """Call off a planned meeting: what the contract asks for is to be planned again.

    Raises:
        MeetingStands: it was held, or cancelled already.
    """
    with transaction.atomic():
        held = _held(meeting, "CANCELLED")
        held.state, held.cancelled_because = MeetingState.CANCELLED.value, because.strip()
        held.save(update_fields=["state", "cancelled_because"])
        _told(held, "MEETING_CANCELLED", actor, at, because=held.cancelled_because)
    return held


def add_meeting_file(
    *, meeting: Meeting, purpose: str, document: Upload, actor: str, at: datetime
) -> MeetingFile:
    """Keep a document of a meeting: VOLUMES, sent by the buyer before a forecast committee, or SUPPORT.

    Raises:
        MeetingStands: the meeting is closed or cancelled.
    """
    sha256 = files.keep(document.content, contract=meeting.contract.code)
    with transaction.atomic():
        held = _held(meeting, "DOCUMENT")
        made = MeetingFile.objects.create(
            meeting=held,
            purpose=purpose,
            name=document.name,
            sha256=sha256,
            size=len(document.content),
            sent_at=at,
            sent_by=actor,
        )
        _told(held, "MEETING_FILE_ADDED", actor, at, purpose=purpose, name=document.name, sha256=sha256)
    return made


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody expected at a meeting: BUYER or CONTRACTOR, who, and whether they came."""

    side: str
    name: str
    post: str = ""
    present: bool = True


@clause("T-4.3-reunions")
def hold_meeting(
    *, meeting: Meeting, held_at: datetime, people: Sequence[Person], actor: str, at: datetime
) -> Meeting:
    """Say when a meeting ended and who was there.

    Raises:
        MeetingStands: it is not a planned one.
        ImpossibleInstant: it would have ended after now.
        NobodyPresent: one of the parties was not there at all.
    """
    if held_at > at:
        raise ImpossibleInstant(held_at)
    if {person.side for person in people if person.present} != {"BUYER", "CONTRACTOR"}:
        raise NobodyPresent(meeting.number)
    with transaction.atomic():
        held = _held(meeting, "HELD")
        held.state, held.held_at = MeetingState.HELD.value, held_at
        held.save(update_fields=["state", "held_at"])
        for person in {(each.side, each.name): each for each in people}.values():
            Attendance.objects.create(
                meeting=held, side=person.side, name=person.name, post=person.post, present=person.present
            )
        _told(
            held,
            "MEETING_HELD",
            actor,
            at,
            held_at=held_at.isoformat(),
            present=sum(person.present for person in people),
        )
    return held


@clause("T-4.3-reunions", "S-3.1-comptes-rendus")
def send_minutes(
    *, meeting: Meeting, text: str, actor: str, at: datetime, document: Upload | None = None
) -> Minutes:
    """Freeze the minutes of a meeting, or their next version after remarks, and give them to the buyer.

    The PDF holds the text, who was there, what was decided, and the digest of the document that goes with it.

    Raises:
        MeetingStands: the meeting was not held, or is closed.
        AlreadyAnswered: the version before is approved, or its answer is still awaited.
    """
    with transaction.atomic():
        held = _held(meeting, "MINUTES")
        (line,) = queries.minutes_lines([held], at=at)
        if line.approval not in {Approval.NONE, Approval.REMARKS}:
            raise AlreadyAnswered(line.approval)
        version = line.minutes.version + 1 if line.minutes else 1
        code = held.contract.code
        sha256 = files.keep(document.content, contract=code) if document else ""
        pdf = minutes_pdf(held, version=version, text=text.strip(), sent_at=at, document_sha256=sha256)
        made = Minutes.objects.create(
            meeting=held,
            version=version,
            text=text.strip(),
            file_name=document.name if document else "",
            file_sha256=sha256,
            pdf_sha256=files.keep(pdf, contract=code),
            sent_at=at,
            sent_by=actor,
        )
        _told(
            held, "MINUTES_SENT", actor, at, version=version, pdf_sha256=made.pdf_sha256, file_sha256=sha256
        )
    return made


def _open_minutes(meeting: Meeting, at: datetime) -> tuple[Meeting, Minutes]:
    """The last minutes of the meeting, locked with it, if they still wait for their answer."""
    held = _held(meeting, "MINUTES")
    (line,) = queries.minutes_lines([held], at=at)
    if line.minutes is None:
        raise MinutesAwaited(held.number)
    if line.approval is not Approval.AWAITED:
        raise AlreadyAnswered(line.approval)
    return held, line.minutes


@clause("S-3.1-comptes-rendus", "T-4.3-reunions")
def approve_minutes(*, meeting: Meeting, actor: str, at: datetime) -> Minutes:
    """The buyer approves the minutes.

    Raises:
        MeetingStands, MinutesAwaited: there is nothing to approve.
        AlreadyAnswered: they were answered, or silence approved them.
    """
    with transaction.atomic():
        held, minutes = _open_minutes(meeting, at)
        minutes.approved_at, minutes.approved_by = at, actor
        minutes.save(update_fields=["approved_at", "approved_by"])
        _told(held, "MINUTES_APPROVED", actor, at, version=minutes.version)
    return minutes


@clause("S-3.1-comptes-rendus")
def remark_on_minutes(*, meeting: Meeting, remarks: str, actor: str, at: datetime) -> Minutes:
    """The buyer's remarks: silence no longer approves this version; the next one takes them in.

    Raises:
        MeetingStands, MinutesAwaited, AlreadyAnswered: as `approve_minutes`.
    """
    with transaction.atomic():
        held, minutes = _open_minutes(meeting, at)
        minutes.remarks, minutes.remarks_at, minutes.remarks_by = remarks.strip(), at, actor
        minutes.save(update_fields=["remarks", "remarks_at", "remarks_by"])
        _told(held, "MINUTES_REMARKED", actor, at, version=minutes.version, remarks=minutes.remarks)
    return minutes


@clause("T-4.3-reunions")
def decide_action(
    *, meeting: Meeting, what: str, side: str, owner: str, due_on: date, actor: str, at: datetime
) -> Action:
    """Add to the action plan of a meeting: what, who, until when.

    Raises:
        MeetingStands: the meeting was not held, or is closed.
        ImpossibleInstant: it would be due before the meeting.
    """
    with transaction.atomic():
        held = _held(meeting, "ACTION")
        assert held.held_at is not None  # noqa: S101 - the table of states says so
        if due_on < timezone.localdate(held.held_at):
            raise ImpossibleInstant(due_on)
        rank = (held.actions.aggregate(last=Max("rank"))["last"] or 0) + 1
        made = Action.objects.create(
            contract=held.contract,
            meeting=held,
            rank=rank,
            what=what.strip(),
            side=side,
            owner=owner.strip(),
            due_on=due_on,
            decided_at=at,
            decided_by=actor,
        )
        _told(
            held,
            "MEETING_ACTION_DECIDED",
            actor,
            at,
            action=rank,
            what=made.what,
            side=side,
            owner=made.owner,
            due_on=due_on.isoformat(),
        )
    return made


@clause("T-4.3-reunions")
def complete_action(*, action: Action, done_on: date, outcome: str, actor: str, at: datetime) -> Action:
    """Say when an action was done, and what came of it.

    Raises:
        AlreadyDone: it was done before.
        ImpossibleInstant: that day is still to come.
    """
    if done_on > timezone.localdate(at):
        raise ImpossibleInstant(done_on)
    with transaction.atomic():
        held = (
            Action.objects.select_for_update(of=("self",))
            .select_related("meeting__contract")
            .get(pk=action.pk)
        )
        if held.done_on is not None:
            raise AlreadyDone(held.pk)
        held.done_on, held.outcome, held.recorded_by = done_on, outcome.strip(), actor
        held.save(update_fields=["done_on", "outcome", "recorded_by"])
        _told(
            held.meeting,
            "MEETING_ACTION_DONE",
            actor,
            at,
            action=held.rank,
            done_on=done_on.isoformat(),
            outcome=held.outcome,
        )
    return held


@clause("T-4.3-reunions")
def close_meeting(*, meeting: Meeting, actor: str, at: datetime) -> Meeting:
    """Put away a meeting whose minutes are approved, by word or by silence; its actions go on.

    Raises:
        MeetingStands: it was not held, or is closed already.
        MinutesAwaited: its minutes are not approved.
    """
    with transaction.atomic():
        held = _held(meeting, "CLOSED")
        (line,) = queries.minutes_lines([held], at=at)
        if line.approval not in {Approval.APPROVED, Approval.DEEMED}:
            raise MinutesAwaited(held.number)
        held.state, held.closed_at = MeetingState.CLOSED.value, at
        held.save(update_fields=["state", "closed_at"])
        _told(held, "MEETING_CLOSED", actor, at, approval=line.approval.value)
    return held


# Evidence


def keep_evidence(
    *,
    contract: Contract,
    kind: EvidenceKind,
    title: str,
    document: Upload,
    issued_on: date,
    actor: str,
    at: datetime,
    last_on: date | None = None,
    issuer: str = "",
    replaces: Evidence | None = None,
) -> Evidence:
    """Keep a paper with its file. Without `last_on`, its end is the one that the law gives its kind, if any.

    Raises:
        ImpossibleInstant: it would be issued in the future, or end before it was.
        AlreadyReplaced: the paper it renews was renewed already, or is another's.
    """
    last_on = last_on or last_valid_on(kind, issued_on)
    if issued_on > timezone.localdate(at):
        raise ImpossibleInstant(issued_on)
    if last_on is not None and last_on < issued_on:
        raise ImpossibleInstant(last_on)
    sha256 = files.keep(document.content, contract=contract.code)
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        if replaces is not None and (
            replaces.contract_id != contract.pk
            or replaces.kind != kind.value
            or Evidence.objects.filter(replaces=replaces).exists()
        ):
            raise AlreadyReplaced(replaces.pk)
        made = Evidence.objects.create(
            contract=contract,
            kind=kind.value,
            title=title.strip(),
            issuer=issuer.strip(),
            issued_on=issued_on,
            last_on=last_on,
            file_name=document.name,
            sha256=sha256,
            size=len(document.content),
            replaces=replaces,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="EVIDENCE_KEPT",
            target=f"evidence:{made.pk}",
            body={
                "kind": kind.value,
                "title": made.title,
                "issued_on": issued_on.isoformat(),
                "last_on": last_on.isoformat() if last_on else None,
                "sha256": sha256,
                "replaces": replaces.pk if replaces else None,
            },
        )
    return made


def remind_paper(*, evidence: Evidence, actor: str, at: datetime) -> int:
    """Warn the contractor's people, once, that a paper ends soon. Gives how many; 0 when there is no need."""
    with transaction.atomic():
        held = Evidence.objects.select_for_update(of=("self",)).select_related("contract").get(pk=evidence.pk)
        day = timezone.localdate(at)
        (paper,) = [each for each in queries.papers_of(held.contract, on=day) if each.evidence.pk == held.pk]
        if held.reminded_at is not None or paper.validity not in {"SOON", "EXPIRED"} or held.last_on is None:
            return 0
        roles = [role.value for role in CONTRACTORS]
        people = held.contract.memberships.current(on=day).filter(role__in=roles)
        users = User.objects.filter(pk__in=people.values("user_id"), is_active=True).order_by("email")
        addresses = list(users.values_list("email", flat=True))
        if not addresses:
            return 0
        held.reminded_at = at
        held.save(update_fields=["reminded_at"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="EVIDENCE_REMINDED",
            target=f"evidence:{held.pk}",
            body={"recipients": len(addresses)},
        )
        send_mail(
            f"{PAPERS[held.kind]} : fin de validité le {date_fr(held.last_on)}",
            PAPER_REMINDER.format(
                title=held.title,
                last_on=date_fr(held.last_on),
                contract=held.contract.title,
                link=_link("papers", held.contract.code),
            ),
            None,
            addresses,
        )
    return len(addresses)


# Feed


def make_feed_key(*, contract: Contract, user: User, label: str, at: datetime) -> str:
    """Open a calendar for a person. Gives the secret of its address, shown once: only its digest is kept.

    Raises:
        TooManyKeys: the person has ten live ones already.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        live = queries.feed_keys_of(contract, user).filter(revoked_at__isnull=True)
        if live.count() >= MOST_FEED_KEYS:
            raise TooManyKeys
        key = FeedKey.objects.create(
            contract=contract,
            user=user,
            digest=queries.key_digest(secret),
            label=label.strip() or "Calendrier",
            created_at=at,
        )
        record(
            contract=contract.code,
            actor=user.actor,
            at=at,
            act="FEED_OPENED",
            target=f"feed:{key.pk}",
            body={"label": key.label},
        )
    return secret


def revoke_feed_key(*, key: FeedKey, actor: str, at: datetime) -> bool:
    """Close a calendar for ever. False when it was closed already."""
    with transaction.atomic():
        closed = FeedKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at)
        if closed:
            record(contract=key.contract.code, actor=actor, at=at, act="FEED_CLOSED", target=f"feed:{key.pk}")
    return bool(closed)

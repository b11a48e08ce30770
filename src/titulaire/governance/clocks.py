"""The dates of governance: contacts to name, notices to read, meetings and minutes, actions, papers to renew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms, terms_as_signed
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.clocks import Clock, WorkingDays
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.governance.models import Meeting, MeetingFile
from titulaire.governance.queries import (
    MinutesLine,
    actions_of,
    calendar_of,
    contacts_of,
    matters_asked,
    meetings_of,
    minutes_lines,
    notices_of,
    papers_of,
    read_meeting_terms,
    slot_lines,
    terms_if_any,
)
from titulaire.governance.rules import (
    EXPECTED,
    REMIND_AFTER_WORKING_DAYS,
    MeetingKind,
    MeetingState,
    first_gap_on,
    reminder_on,
    volumes_due_at,
)
from titulaire.governance.wording import CHANGES, KIND_CLAUSES, KINDS, MATTERS, PAPERS, SIDES
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr

ROOM = "Pilotage"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """Every date of this room."""
    calendar = calendar_of(contract, on=timezone.localdate(at))
    yield from _contacts(contract, timezone.localdate(at))
    yield from _notices(contract, calendar)
    yield from _slots(contract, timezone.localdate(at), since, until)
    yield from _meetings(contract, calendar, at)
    yield from _actions(contract)
    yield from _papers(contract, timezone.localdate(at))


def _contacts(contract: Contract, on: date) -> Iterator[Due]:
    if contract.code not in codes_with_terms():
        return
    head = terms_as_signed(contract.code).head
    held = [contact.as_value() for contact in contacts_of(contract)]
    for matter in matters_asked(contract, on=on):
        # The team is told to the buyer when execution starts; later, before the one in place leaves.
        gap = first_gap_on(matter, held, on=max(head.starts_on, on))
        if gap is None or gap >= head.ends_on:
            continue
        ended = [each.until for each in held if each.matter == matter and each.until and each.until <= gap]
        missing_from = max([*ended, head.starts_on])
        yield Due(
            key=f"contact-{matter}-{missing_from}",
            label=f"Désigner un interlocuteur : {MATTERS[matter]}",
            who=Who.CONTRACTOR,
            due_on=missing_from - ONE_DAY,
            clause="T-3.1-referents",
            url=reverse("contacts", args=[contract.code]),
            facts=(("Sans interlocuteur à partir du", date_fr(missing_from)),),
        )


def _notices(contract: Contract, calendar: Calendar) -> Iterator[Due]:
    for notice in notices_of(contract).prefetch_related("recipients"):
        recipients = list(notice.recipients.all())
        read = [row.read_at for row in recipients if row.read_at is not None]
        all_read = len(read) == len(recipients)
        sent_on = calendar.local_day(notice.sent_at)
        yield Due(
            key=notice.number,
            label=f"Lire l’information {notice.number} : {notice.title}",
            who=Who.BUYER,
            due_on=reminder_on(sent_on, calendar),
            done_on=calendar.local_day(max(read)) if all_read and read else None,
            clause="T-3.2-information" if contract.kind == "VOUCHERS" else "",
            url=reverse("notice", args=[contract.code, notice.number]),
            facts=(
                ("Nature", CHANGES[notice.change]),
                ("Lue par", f"{len(read)} sur {count_fr(len(recipients), 'destinataire')}"),
                ("Délai", "choisi par l’application : le contrat n’en donne pas"),
            ),
            counted=Counted(
                "Envoi de l’information", notice.sent_at, WorkingDays(REMIND_AFTER_WORKING_DAYS), calendar
            ),
        )


def _clause(contract: Contract, kind: str) -> str:
    return KIND_CLAUSES[contract.kind].get(kind, "")


def _slots(contract: Contract, on: date, since: date, until: date) -> Iterator[Due]:
    for line in slot_lines(contract, on=on):
        slot = line.slot
        if not since <= slot.due_on < until:
            continue
        yield Due(
            key=slot.key,
            label=f"Tenir : {KINDS[slot.kind.value]}",
            who=Who.BOTH,
            due_on=slot.due_on,
            done_on=line.held_on,
            clause=_clause(contract, slot.kind.value),
            url=reverse("meeting", args=[contract.code, line.meeting.number])
            if line.meeting
            else reverse("meetings", args=[contract.code]),
            facts=(
                (
                    "Pour la période",
                    f"du {date_fr(slot.start_on)} au {date_fr(slot.end_on - ONE_DAY)} inclus",
                ),
                ("Réunion", line.meeting.number if line.meeting else "à prévoir"),
            ),
        )


def _meetings(contract: Contract, calendar: Calendar, at: datetime) -> Iterator[Due]:
    found = [each for each in meetings_of(contract) if each.state != MeetingState.CANCELLED]
    said = terms_if_any(contract)
    for meeting in found:
        page = reverse("meeting", args=[contract.code, meeting.number])
        yield Due(
            key=f"{meeting.number}-planned",
            label=f"{KINDS[meeting.kind]} {meeting.number}",
            who=Who.BOTH,
            due_on=calendar.local_day(meeting.planned_at),
            due_at=meeting.planned_at,
            clause=_clause(contract, meeting.kind),
            binding=False,
            url=page,
            facts=(("Lieu", meeting.place),),
        )
        if meeting.kind == MeetingKind.FORECAST and said is not None:
            yield from _volumes(said, meeting, calendar, page)
    for line in minutes_lines(found, at=at):
        yield from _minutes(line, calendar, reverse("meeting", args=[contract.code, line.meeting.number]))


def _volumes(said: Terms, meeting: Meeting, calendar: Calendar, page: str) -> Iterator[Due]:
    terms = read_meeting_terms(said, calendar.local_day(meeting.planned_at))
    due_at = volumes_due_at(meeting.planned_at, terms, calendar)
    if due_at is None:
        return
    sent = [each.sent_at for each in meeting.files.all() if each.purpose == MeetingFile.VOLUMES]
    yield Due(
        key=f"{meeting.number}-volumes",
        label=f"Envoyer les volumes prévisionnels ({meeting.number})",
        who=Who.BUYER,
        due_on=calendar.local_day(due_at),
        due_at=due_at,
        done_at=min(sent, default=None),
        done_on=calendar.local_day(min(sent)) if sent else None,
        clause="S-3.1-comite-previsions",
        url=page,
        facts=(("Comité", instant_fr(meeting.planned_at)),),
    )


def _minutes(line: MinutesLine, calendar: Calendar, page: str) -> Iterator[Due]:
    number = line.meeting.number
    if line.writing is not None:
        yield _of_clock(
            line.writing,
            key=f"{number}-minutes",
            label=f"Remettre le compte rendu {number}",
            who=Who.CONTRACTOR,
            fact="Fin de la réunion",
            calendar=calendar,
            page=page,
        )
    if line.silence is not None and line.minutes is not None:
        yield _of_clock(
            line.silence,
            key=f"{number}-approval-{line.minutes.version}",
            label=f"Remarques sur le compte rendu {number}, version {line.minutes.version}",
            who=Who.BUYER,
            fact="Remise du compte rendu",
            calendar=calendar,
            page=page,
        )


def _of_clock(
    clock: Clock, *, key: str, label: str, who: Who, fact: str, calendar: Calendar, page: str
) -> Due:
    assert clock.due_at is not None  # noqa: S101 - nothing suspends these delays
    return Due(
        key=key,
        label=label,
        who=who,
        due_on=calendar.local_day(clock.due_at),
        due_at=clock.due_at,
        done_at=clock.met_at,
        done_on=calendar.local_day(clock.met_at) if clock.met_at else None,
        silence=clock.silence_is_acceptance,
        clause="S-3.1-comptes-rendus",
        url=page,
        counted=Counted(fact, clock.fact_at, clock.rule, clock.calendar),
    )


def _actions(contract: Contract) -> Iterator[Due]:
    for action in actions_of(contract):
        yield Due(
            key=f"{action.meeting.number}-action-{action.rank}",
            label=f"Action : {action.what}",
            who=Who(action.side),
            due_on=action.due_on,
            done_on=action.done_on,
            clause="T-4.3-reunions" if contract.kind == "VOUCHERS" else "S-3.1-comite-pilotage",
            url=reverse("meeting", args=[contract.code, action.meeting.number]),
            facts=(
                ("Responsable", f"{action.owner}, {SIDES[action.side].lower()}"),
                ("Décidée par", action.meeting.number),
            ),
        )


def _papers(contract: Contract, on: date) -> Iterator[Due]:
    page = reverse("papers", args=[contract.code])
    papers = papers_of(contract, on=on)
    for paper in papers:
        row = paper.evidence
        if row.last_on is None:
            continue
        renewed = paper.replaced_by
        yield Due(
            key=f"paper-{row.pk}",
            label=f"Renouveler : {row.title}",
            who=Who.CONTRACTOR,
            due_on=row.last_on,
            done_on=timezone.localdate(renewed.recorded_at) if renewed else None,
            url=page,
            facts=(("Nature", PAPERS[row.kind]), ("Délivrée le", date_fr(row.issued_on))),
        )
    if contract.code not in codes_with_terms():
        return
    starts_on = terms_as_signed(contract.code).head.starts_on
    for kind in EXPECTED:
        kept = [paper.evidence for paper in papers if paper.evidence.kind == kind.value]
        first = min((timezone.localdate(row.recorded_at) for row in kept), default=None)
        yield Due(
            key=f"first-{kind.value}",
            label=f"Déposer : {PAPERS[kind.value]}",
            who=Who.CONTRACTOR,
            due_on=starts_on,
            done_on=first,
            url=page,
        )

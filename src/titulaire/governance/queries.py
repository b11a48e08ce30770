"""What the parties keep of each other: contacts and their gaps, notices, meetings asked and held, papers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import NoValueOn, Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import Clock
from titulaire.deadlines.holidays import Territory
from titulaire.deadlines.opening import OpeningHours, Window
from titulaire.governance.models import Action, Contact, Evidence, FeedKey, Meeting, Minutes, Notice
from titulaire.governance.rules import (
    EXPECTED,
    Approval,
    EvidenceKind,
    MeetingKind,
    MeetingState,
    MeetingTerms,
    Slot,
    Validity,
    approval,
    approval_clock,
    minutes_clock,
    missing_matters,
    slots,
    validity,
)
from titulaire.identity.models import Contract, User

TACIT = frozenset({MeetingKind.PRODUCTION, MeetingKind.STEERING, MeetingKind.SECURITY_REVIEW})
WITH_MINUTES = TACIT | {MeetingKind.FORECAST}
"""The committees whose minutes have a delay; silence approves those of TACIT, not those of the forecast committee."""

HOURS_READINGS = {"OPEN_DAYS": "DAYS", "OPENING_HOURS": "OPENING"}


def _day(terms: Terms, on: date) -> date:
    return min(max(on, terms.head.notified_on), terms.head.ends_on)


def _count(terms: Terms, name: str, on: date) -> int | None:
    """A whole number of the contract, None for a contract that has no such term."""
    if name not in terms.terms:
        return None
    try:
        return terms.count(name, on=_day(terms, on))
    except NoValueOn:
        return None


def calendar_of(contract: Contract, *, on: date) -> Calendar:
    """The contract's working days, with its opening hours when it has some; without terms, those of Paris."""
    terms = terms_if_any(contract)
    return _calendar(terms, on) if terms else Calendar()


def terms_if_any(contract: Contract) -> Terms | None:
    """What the contract says; None for a contract without a terms file."""
    try:
        return terms_of(contract.code)
    except NoTermsFile:
        return None


def _calendar(terms: Terms, on: date) -> Calendar:
    day = _day(terms, on)
    opening = None
    if {"opening_days", "opening_from", "opening_until"} <= set(terms.terms):
        window = str(Window(terms.time("opening_from", on=day), terms.time("opening_until", on=day)))
        opening = OpeningHours.weekly(
            window, weekdays=[number - 1 for number in terms.counts("opening_days", on=day)]
        )
    territory = terms.text("holiday_territory", on=day) if "holiday_territory" in terms.terms else "METROPOLE"
    return Calendar(Territory(territory), opening=opening)


def meeting_terms(contract: Contract, *, on: date) -> MeetingTerms | None:
    """What the contract says of its meetings on a day; None for a contract without terms."""
    terms = terms_if_any(contract)
    return read_meeting_terms(terms, on) if terms else None


def read_meeting_terms(terms: Terms, on: date) -> MeetingTerms:
    """What these terms say of meetings on a day."""
    day = _day(terms, on)
    hours = terms.reading("working_hours", on=day) if "working_hours" in terms.readings else "OPEN_DAYS"
    lead = terms.reading("forecast_lead", on=day) if "forecast_lead" in terms.readings else "WORKING_DAYS"
    minutes_hours = _count(terms, "minutes_due_hours", on)
    return MeetingTerms(
        notified_on=terms.head.notified_on,
        starts_on=terms.head.starts_on,
        ends_on=terms.head.ends_on,
        launch_days=_count(terms, "launch_meeting_days", on),
        followups_per_year=_count(terms, "followup_meetings_per_year", on),
        operational_weeks=_count(terms, "operational_committee_weeks", on),
        production_weeks=_count(terms, "production_committee_weeks", on),
        steering_months=_count(terms, "steering_committee_months", on),
        security_review_months=_count(terms, "security_review_months", on),
        forecast_every_working_days=_count(terms, "forecast_committee_every_days", on),
        forecast_lead_days=_count(terms, "forecast_committee_lead_days", on),
        forecast_lead_in_working_days=lead == "WORKING_DAYS",
        forecast_volumes_hours=_count(terms, "forecast_volumes_hours", on),
        minutes_hours=minutes_hours,
        minutes_kinds=WITH_MINUTES if minutes_hours else frozenset(),
        approval_hours=_count(terms, "minutes_approval_hours", on),
        tacit=TACIT,
        hours_reading=HOURS_READINGS[hours],
    )


# Contacts


def contacts_of(contract: Contract) -> QuerySet[Contact]:
    """Every contact that the contractor ever named, those who hold their matter without end first."""
    return Contact.objects.filter(contract=contract)


def contacts_on(contract: Contract, *, on: date) -> QuerySet[Contact]:
    """The contacts in force on a day."""
    return contacts_of(contract).filter(Q(until__isnull=True) | Q(until__gt=on), since__lte=on)


def matters_asked(contract: Contract, *, on: date) -> tuple[str, ...]:
    """The matters for which the contract asks a named contact."""
    terms = terms_if_any(contract)
    if terms is None or "contact_roles" not in terms.terms:
        return ()
    return terms.texts("contact_roles", on=_day(terms, on))


@clause("T-3.1-referents")
def contact_gaps(contract: Contract, *, on: date) -> tuple[str, ...]:
    """The matters that the contract asks a contact for and that nobody holds on a day."""
    held = [contact.as_value() for contact in contacts_of(contract)]
    return missing_matters(matters_asked(contract, on=on), held, on=on)


# Information


def notices_of(contract: Contract) -> QuerySet[Notice]:
    """The notices sent, with how many recipients each has and how many have read it."""
    return Notice.objects.filter(contract=contract).annotate(
        sent_count=Count("recipients", distinct=True),
        read_count=Count("recipients", filter=Q(recipients__read_at__isnull=False), distinct=True),
    )


def unread_by(contract: Contract, user: User) -> QuerySet[Notice]:
    """The notices that this person has not yet said to have read."""
    return Notice.objects.filter(
        contract=contract, recipients__user=user, recipients__read_at__isnull=True
    ).order_by("year", "rank")


# Meetings


def meetings_of(contract: Contract) -> QuerySet[Meeting]:
    """The meetings of a contract with their minutes."""
    return (
        Meeting.objects.filter(contract=contract)
        .select_related("contract")
        .prefetch_related("minutes", "actions", "files", "attendances")
    )


def actions_of(contract: Contract) -> QuerySet[Action]:
    """Everything that meetings decided, by date."""
    return Action.objects.filter(contract=contract).select_related("meeting", "contract")


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A meeting that the contract asks for, and the one that was planned or held for it."""

    slot: Slot
    meeting: Meeting | None
    held_on: date | None

    def state(self, on: date) -> str:
        """LATE, OPEN, PLANNED, DONE or DONE_LATE."""
        if self.held_on is not None:
            return "DONE" if self.held_on <= self.slot.due_on else "DONE_LATE"
        if self.slot.due_on < on:
            return "LATE"
        return "PLANNED" if self.meeting is not None else "OPEN"


@clause("T-4.3-reunions", "S-3.1-comite-production", "S-3.1-comite-pilotage", "S-3.1-comite-previsions")
def slot_lines(contract: Contract, *, on: date) -> list[SlotLine]:
    """Every meeting that the contract asks for from its notification to its end, with what was done of it."""
    terms = meeting_terms(contract, on=on)
    if terms is None:
        return []
    calendar = calendar_of(contract, on=on)
    found = {
        meeting.slot: meeting
        for meeting in Meeting.objects.filter(contract=contract)
        .exclude(slot="")
        .exclude(state=MeetingState.CANCELLED.value)
    }
    return [
        SlotLine(slot, meeting, calendar.local_day(meeting.held_at) if meeting and meeting.held_at else None)
        for slot in slots(terms, calendar)
        for meeting in [found.get(slot.key)]
    ]


@dataclass(frozen=True, slots=True)
class MinutesLine:
    """The last version of a meeting's minutes, with both its delays and how it stands."""

    meeting: Meeting
    minutes: Minutes | None
    writing: Clock | None
    silence: Clock | None
    approval: Approval

    @property
    def deemed_at(self) -> datetime | None:
        """When silence approved them, if it did."""
        return self.silence.deemed_at if self.silence and self.approval is Approval.DEEMED else None


@clause("S-3.1-comptes-rendus", "T-4.3-reunions")
def minutes_lines(meetings: Iterable[Meeting], *, at: datetime) -> list[MinutesLine]:
    """The minutes of meetings that were held, from the facts known at an instant. All of one contract."""
    found = [meeting for meeting in meetings if meeting.held_at is not None]
    if not found:
        return []
    said = terms_if_any(found[0].contract)
    return [_minutes_line(meeting, said, at) for meeting in found]


def _minutes_line(meeting: Meeting, said: Terms | None, at: datetime) -> MinutesLine:
    assert meeting.held_at is not None  # noqa: S101 - the caller kept those
    held_on = timezone.localdate(meeting.held_at)
    calendar = _calendar(said, held_on) if said else Calendar()
    terms = read_meeting_terms(said, held_on) if said else None
    versions = [each for each in meeting.minutes.all() if each.sent_at <= at]
    last = versions[-1] if versions else None
    kind = MeetingKind(meeting.kind)
    first_sent_at = versions[0].sent_at if versions else None
    writing = silence = None
    if terms is not None:
        writing = minutes_clock(
            kind, held_at=meeting.held_at, sent_at=first_sent_at, terms=terms, calendar=calendar
        )
        if last is not None:
            answers = [given for given in (last.approved_at, last.remarks_at) if given is not None]
            silence = approval_clock(
                kind,
                sent_at=last.sent_at,
                answered_at=min(answers, default=None),
                terms=terms,
                calendar=calendar,
            )
    if last is None:
        return MinutesLine(meeting, None, writing, None, Approval.NONE)
    how = approval(approved_at=last.approved_at, remarks_at=last.remarks_at, silence=silence, at=at)
    return MinutesLine(meeting, last, writing, silence, how)


# Evidence


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper and where it stands on a day."""

    evidence: Evidence
    validity: Validity
    replaced_by: Evidence | None


def papers_of(contract: Contract, *, on: date) -> list[Paper]:
    """Every paper of the contractor, each with where it stands on a day."""
    rows = list(
        Evidence.objects.filter(contract=contract)
        .select_related("contract")
        .order_by("kind", "-issued_on", "-pk")
    )
    later = {row.replaces_id: row for row in rows if row.replaces_id}
    found = []
    for row in rows:
        after = later.get(row.pk)
        stands = validity(
            issued_on=row.issued_on,
            last_on=row.last_on,
            replaced=after is not None and after.issued_on <= on,
            on=on,
        )
        found.append(Paper(row, stands, after))
    return found


def papers_missing(papers: Iterable[Paper]) -> tuple[EvidenceKind, ...]:
    """The papers that any such contract asks for and of which none is valid."""
    valid = {paper.evidence.kind for paper in papers if paper.validity in {Validity.VALID, Validity.SOON}}
    return tuple(kind for kind in EXPECTED if kind.value not in valid)


# Feed


def key_digest(secret: str) -> str:
    """How the secret part of a calendar's address is kept: it is random and long, a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def feed_key_of(secret: str, *, on: date) -> FeedKey | None:
    """The live key with this secret, of a person who still holds a role on the contract that day."""
    key = (
        FeedKey.objects.filter(digest=key_digest(secret), revoked_at__isnull=True, user__is_active=True)
        .select_related("contract", "user")
        .first()
    )
    if key is None or not key.contract.memberships.current(on=on).filter(user=key.user).exists():
        return None
    return key


def feed_keys_of(contract: Contract, user: User) -> QuerySet[FeedKey]:
    """The keys of calendars that a person made on a contract."""
    return FeedKey.objects.filter(contract=contract, user=user)


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The names of those who acted, by how the journal calls them."""
    keys = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    return {user.actor: str(user) for user in User.objects.filter(key__in=keys)}

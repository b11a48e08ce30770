"""Who must be named, when the parties meet, what minutes wait for, until when a paper is worth something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from titulaire.clauses import clause
from titulaire.deadlines.calendars import ONE_DAY, Calendar, in_utc
from titulaire.deadlines.clocks import Clock, ElapsedHours, WorkingHours
from titulaire.deadlines.days import add_calendar_days, add_working_days, same_date, working_days_between

# Contacts


class Matter(StrEnum):
    """What a named contact answers for."""

    REPRESENTATIVE = "REPRESENTATIVE"
    OPERATIONS = "OPERATIONS"
    REPORTING = "REPORTING"
    BILLING = "BILLING"
    COMPLAINTS = "COMPLAINTS"
    SECURITY = "SECURITY"
    PERSONAL_DATA = "PERSONAL_DATA"
    TECHNICAL = "TECHNICAL"


@dataclass(frozen=True, slots=True)
class Held:
    """A matter held by a contact from a day, until a day (not included) if it ends."""

    matter: str
    since: date
    until: date | None = None

    def on(self, day: date) -> bool:
        """Whether the contact holds the matter on that day."""
        return self.since <= day and (self.until is None or day < self.until)


@clause("T-3.1-referents")
def missing_matters(asked: Iterable[str], held: Collection[Held], *, on: date) -> tuple[str, ...]:
    """The matters that the contract asks a contact for and that nobody holds on a day."""
    return tuple(
        matter for matter in asked if not any(each.matter == matter and each.on(on) for each in held)
    )


@clause("T-3.1-referents")
def first_gap_on(matter: str, held: Collection[Held], *, on: date) -> date | None:
    """The first day, from a day on, when nobody holds a matter; None when somebody holds it without end."""
    day = on
    while True:
        now = [each for each in held if each.matter == matter and each.on(day)]
        if not now:
            return day
        if any(each.until is None for each in now):
            return None
        day = max(each.until for each in now if each.until is not None)


# Information


class Change(StrEnum):
    """What an information notice tells."""

    REGULATION = "REGULATION"
    STANDARD = "STANDARD"
    PRODUCTION = "PRODUCTION"
    SERVICE = "SERVICE"


REMIND_AFTER_WORKING_DAYS = 5
"""A notice that a recipient has not said to have read is sent again once. The contract gives no delay: ours."""


@clause("T-3.2-information")
def reminder_on(sent_on: date, calendar: Calendar) -> date:
    """The day on which those who have not read a notice are reminded of it."""
    return add_working_days(sent_on, REMIND_AFTER_WORKING_DAYS, calendar)


# Meetings


class MeetingKind(StrEnum):
    """Why the parties meet."""

    LAUNCH = "LAUNCH"
    FOLLOW_UP = "FOLLOW_UP"
    TECHNICAL = "TECHNICAL"
    ON_REQUEST = "ON_REQUEST"
    OPERATIONAL = "OPERATIONAL"
    PRODUCTION = "PRODUCTION"
    STEERING = "STEERING"
    SECURITY_REVIEW = "SECURITY_REVIEW"
    FORECAST = "FORECAST"


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PLANNED = "PLANNED"
    HELD = "HELD"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


NEXT: Mapping[str, frozenset[MeetingState]] = {
    "MOVED": frozenset({MeetingState.PLANNED}),
    "HELD": frozenset({MeetingState.PLANNED}),
    "CANCELLED": frozenset({MeetingState.PLANNED}),
    "DOCUMENT": frozenset({MeetingState.PLANNED, MeetingState.HELD}),
    "MINUTES": frozenset({MeetingState.HELD}),
    "ACTION": frozenset({MeetingState.HELD}),
    "CLOSED": frozenset({MeetingState.HELD}),
}
"""By act, the states in which it can be done."""


@dataclass(frozen=True, slots=True)
class MeetingTerms:
    """What a contract says of its meetings. A figure that it does not give is None: no clock then runs.

    `starts_on` is the first day of execution and `ends_on` the day after its last. `hours_reading` is how « heures
    ouvrées » count (`deadlines.hours.READINGS`). `tacit` are the kinds whose minutes silence approves.
    """

    notified_on: date
    starts_on: date
    ends_on: date
    launch_days: int | None = None
    followups_per_year: int | None = None
    operational_weeks: int | None = None
    production_weeks: int | None = None
    steering_months: int | None = None
    security_review_months: int | None = None
    forecast_every_working_days: int | None = None
    forecast_lead_days: int | None = None
    forecast_lead_in_working_days: bool = True
    forecast_volumes_hours: int | None = None
    minutes_hours: int | None = None
    minutes_kinds: frozenset[MeetingKind] = frozenset()
    approval_hours: int | None = None
    tacit: frozenset[MeetingKind] = frozenset()
    hours_reading: str = "DAYS"


@dataclass(frozen=True, slots=True)
class Slot:
    """A meeting that the contract asks for: its key for ever, the period it is for, the last day to hold it.

    `end_on` is the day after the period's last.
    """

    kind: MeetingKind
    key: str
    start_on: date
    end_on: date
    due_on: date


Days = tuple[date, date]


@clause("T-4.3-reunions")
def launch_slots(terms: MeetingTerms, calendar: Calendar) -> tuple[Slot, ...]:
    """The launch meeting: the days that the contract gives after its notification, else before execution starts."""
    if terms.launch_days is None:
        due_on = max(terms.notified_on, terms.starts_on - ONE_DAY)
    else:
        due_on = add_calendar_days(terms.notified_on, terms.launch_days, calendar)
    return (Slot(MeetingKind.LAUNCH, "LAUNCH", terms.notified_on, due_on + ONE_DAY, due_on),)


@clause("T-4.3-reunions")
def followup_slots(terms: MeetingTerms) -> tuple[Slot, ...]:
    """The follow-up meetings: so many in each year of execution, each due by the end of its part of the year."""
    if not terms.followups_per_year:
        return ()
    months = max(1, 12 // terms.followups_per_year)
    return tuple(
        Slot(MeetingKind.FOLLOW_UP, f"FOLLOW_UP-{start:%Y-%m-%d}", start, end, end - ONE_DAY)
        for start, end in _months(terms.starts_on, terms.ends_on, months)
    )


@clause("S-3.1-comite-production")
def operational_slots(terms: MeetingTerms) -> tuple[Slot, ...]:
    """The operational committee of the first weeks of execution, one in each."""
    if not terms.operational_weeks:
        return ()
    end = min(terms.ends_on, terms.starts_on + timedelta(weeks=terms.operational_weeks))
    found = []
    day = terms.starts_on
    while day < end:
        after = min(day + timedelta(weeks=1), end)
        found.append(
            Slot(MeetingKind.OPERATIONAL, f"OPERATIONAL-{day:%Y-%m-%d}", day, after, after - ONE_DAY)
        )
        day = after
    return tuple(found)


@clause("S-3.1-comite-production")
def production_slots(terms: MeetingTerms, calendar: Calendar) -> tuple[Slot, ...]:
    """The production committee: one in each week that has a working day, due by the last of them."""
    if not terms.production_weeks:
        return ()
    found = []
    monday = terms.starts_on - timedelta(days=terms.starts_on.weekday())
    while monday < terms.ends_on:
        after = monday + timedelta(weeks=terms.production_weeks)
        days = [
            day
            for day in _days(max(monday, terms.starts_on), min(after, terms.ends_on))
            if calendar.counts(day)
        ]
        if days:
            year, week, _ = monday.isocalendar()
            found.append(
                Slot(MeetingKind.PRODUCTION, f"PRODUCTION-{year}-W{week:02}", monday, after, days[-1])
            )
        monday = after
    return tuple(found)


@clause("S-3.1-comite-pilotage")
def steering_slots(terms: MeetingTerms) -> tuple[Slot, ...]:
    """The steering committee, in each calendar month that execution touches."""
    if not terms.steering_months:
        return ()
    return tuple(
        Slot(MeetingKind.STEERING, f"STEERING-{start:%Y-%m}", start, end, min(end, terms.ends_on) - ONE_DAY)
        for start, end in _months(terms.starts_on.replace(day=1), terms.ends_on, terms.steering_months)
    )


@clause("S-3.1-comite-pilotage")
def security_review_slots(terms: MeetingTerms) -> tuple[Slot, ...]:
    """The review of the security requirements: in each so many months from the start of execution."""
    if not terms.security_review_months:
        return ()
    return tuple(
        Slot(MeetingKind.SECURITY_REVIEW, f"SECURITY_REVIEW-{start:%Y-%m-%d}", start, end, end - ONE_DAY)
        for start, end in _months(terms.starts_on, terms.ends_on, terms.security_review_months)
    )


@clause("S-3.1-comite-previsions")
def forecast_slots(terms: MeetingTerms, calendar: Calendar) -> tuple[Slot, ...]:
    """The forecast committee: so many days before each period of working days, counted from the start of execution.

    A committee that would stand before the notification is not asked for.
    """
    every, lead = terms.forecast_every_working_days, terms.forecast_lead_days
    if not every or not lead:
        return ()
    found = []
    start = add_working_days(terms.starts_on - ONE_DAY, 1, calendar)
    while start < terms.ends_on:
        after = add_working_days(start, every, calendar)
        due_on = (
            add_working_days(start, -lead, calendar)
            if terms.forecast_lead_in_working_days
            else add_calendar_days(start, -lead, calendar)
        )
        if due_on >= terms.notified_on:
            found.append(Slot(MeetingKind.FORECAST, f"FORECAST-{start:%Y-%m-%d}", start, after, due_on))
        start = after
    return tuple(found)


@lru_cache(maxsize=64)
def slots(terms: MeetingTerms, calendar: Calendar) -> tuple[Slot, ...]:
    """Every meeting that the contract asks for, in the order of their dates."""
    found = [
        *launch_slots(terms, calendar),
        *followup_slots(terms),
        *operational_slots(terms),
        *production_slots(terms, calendar),
        *steering_slots(terms),
        *security_review_slots(terms),
        *forecast_slots(terms, calendar),
    ]
    return tuple(sorted(found, key=lambda slot: (slot.due_on, slot.key)))


def slot_for(found: Sequence[Slot], kind: MeetingKind, on: date, taken: Collection[str]) -> Slot | None:
    """The slot that a meeting of a kind on a day is for: the first one, still free, whose last day has not passed.

    Failing that, the last one missed: a launch meeting held late is still the launch meeting.
    """
    free = [slot for slot in found if slot.kind is kind and slot.key not in taken]
    ahead = [slot for slot in free if slot.due_on >= on]
    if ahead:
        return ahead[0]
    return free[-1] if free else None


@clause("S-3.1-comite-previsions")
def volumes_due_at(planned_at: datetime, terms: MeetingTerms, calendar: Calendar) -> datetime | None:
    """When the buyer's volumes must have been sent before a forecast committee; None without such a term."""
    if terms.forecast_volumes_hours is None:
        return None
    return ElapsedHours(-terms.forecast_volumes_hours).ends_at(planned_at, calendar)


@clause("S-3.1-comptes-rendus")
def minutes_clock(
    kind: MeetingKind, *, held_at: datetime, sent_at: datetime | None, terms: MeetingTerms, calendar: Calendar
) -> Clock | None:
    """The delay to send the minutes, from the end of the meeting; None for a meeting whose minutes have no delay."""
    if terms.minutes_hours is None or kind not in terms.minutes_kinds:
        return None
    return Clock(held_at, WorkingHours(terms.minutes_hours, terms.hours_reading), calendar, met_at=sent_at)


@clause("S-3.1-comptes-rendus")
def approval_clock(
    kind: MeetingKind,
    *,
    sent_at: datetime,
    answered_at: datetime | None,
    terms: MeetingTerms,
    calendar: Calendar,
) -> Clock | None:
    """The delay after which silence approves minutes; None for a meeting whose minutes silence never approves."""
    if terms.approval_hours is None or kind not in terms.tacit:
        return None
    return Clock(
        sent_at,
        WorkingHours(terms.approval_hours, terms.hours_reading),
        calendar,
        met_at=answered_at,
        silence_is_acceptance=True,
    )


class Approval(StrEnum):
    """What the buyer's side made of minutes."""

    NONE = "NONE"
    AWAITED = "AWAITED"
    REMARKS = "REMARKS"
    APPROVED = "APPROVED"
    DEEMED = "DEEMED"


@clause("S-3.1-comptes-rendus", "T-4.3-reunions")
def approval(
    *, approved_at: datetime | None, remarks_at: datetime | None, silence: Clock | None, at: datetime
) -> Approval:
    """How minutes stand at an instant: only a remark made in time keeps silence from approving them."""
    deemed_at = silence.deemed_at if silence is not None else None
    if deemed_at is not None and in_utc(deemed_at) <= in_utc(at):
        return Approval.DEEMED
    if approved_at is not None and in_utc(approved_at) <= in_utc(at):
        return Approval.APPROVED
    if remarks_at is not None and in_utc(remarks_at) <= in_utc(at):
        return Approval.REMARKS
    return Approval.AWAITED


def number_of(letter: str, year: int, rank: int) -> str:
    """How a meeting (`CR`) or a notice (`I`) is called: `CR2026-0003`."""
    return f"{letter}{year}-{rank:04}"


# Evidence


class EvidenceKind(StrEnum):
    """A paper that the contractor keeps up to date."""

    VIGILANCE = "VIGILANCE"
    TAX = "TAX"
    INSURANCE = "INSURANCE"
    REGISTRATION = "REGISTRATION"
    POSTED_WORKERS = "POSTED_WORKERS"
    QUALITY = "QUALITY"
    ENVIRONMENT = "ENVIRONMENT"
    SECURITY = "SECURITY"
    PERSONAL_DATA = "PERSONAL_DATA"
    BANK_GUARANTEE = "BANK_GUARANTEE"
    OTHER = "OTHER"


class Validity(StrEnum):
    """Where a paper stands on a day. REPLACED: a later one of the same kind and title is valid."""

    COMING = "COMING"
    VALID = "VALID"
    SOON = "SOON"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"


MONTHS_VALID: Mapping[EvidenceKind, int] = {EvidenceKind.VIGILANCE: 6, EvidenceKind.TAX: 12}
"""How long the law makes a paper worth something: the vigilance certificate is asked for every six months
(code du travail, D.8222-5); the tax certificate covers a year."""

EXPECTED: tuple[EvidenceKind, ...] = (EvidenceKind.VIGILANCE, EvidenceKind.INSURANCE)
"""What any public contract of this kind asks for as long as it runs: vigilance (code du travail, L.8222-1) and
insurance (CCAG-FCS, article 9)."""

WARN_DAYS = 30


def last_valid_on(kind: EvidenceKind, issued_on: date) -> date | None:
    """The last day on which the law makes a paper of that kind worth something; None when it sets no end."""
    months = MONTHS_VALID.get(kind)
    return same_date(issued_on, months) - ONE_DAY if months else None


def validity(*, issued_on: date, last_on: date | None, replaced: bool, on: date) -> Validity:
    """Where a paper stands on a day. `last_on` is its last day, included; None when it has no end."""
    if on < issued_on:
        return Validity.COMING
    if replaced:
        return Validity.REPLACED
    if last_on is None:
        return Validity.VALID
    if last_on < on:
        return Validity.EXPIRED
    return Validity.SOON if (last_on - on).days <= WARN_DAYS else Validity.VALID


# Days


def _days(first: date, stop: date) -> Iterator[date]:
    day = first
    while day < stop:
        yield day
        day += ONE_DAY


def _months(first: date, stop: date, months: int) -> Iterator[Days]:
    """Periods of so many months from a day on, the last one cut at `stop`."""
    rank = 0
    while (start := same_date(first, rank * months)) < stop:
        rank += 1
        yield start, min(same_date(first, rank * months), stop)


def working_days_left(due_on: date, on: date, calendar: Calendar) -> int:
    """How many working days are left to a date; negative once it has passed."""
    return working_days_between(on, due_on, calendar)

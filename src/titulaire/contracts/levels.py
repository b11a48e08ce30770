"""A change of a service level asked by the buyer: by when it is notified and answered, what silence means. Pure.

« … au plus tard le 10 du mois précédant … jusqu’au 15 du même mois … en cas d’absence de retour … réputés
acceptés »: the window is the month before the change, and both days stand in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import next_working_day

ONE_DAY = timedelta(days=1)


class Standing(StrEnum):
    """Where a change stands. DEEMED: accepted by silence."""

    WAITING = "WAITING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    DEEMED = "DEEMED"


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Both days of the month, when an accepted change applies (NEXT_MONTH, NEXT_QUARTER), and what a day off does
    to a limit (AS_WRITTEN, NEXT_WORKING_DAY)."""

    notice_day: int
    answer_day: int
    effect: str
    days_off: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The dates of a change. `is_late`: notified too late for the month asked, so it waits for a later one.

    An answer counts before `answer_ends_at`; from then on silence has accepted. It applies from `from_on`.
    """

    notice_due_on: date
    answer_ends_at: datetime
    from_on: date
    is_late: bool


def is_level(name: str, terms: Terms, *, on: date) -> bool:
    """Is this term a service level: a target or a measure of the section of indicators, or a trigger?"""
    return terms.dated(name, on=on).clause.startswith("S-3.3.2-") or (
        name.startswith("penalty_") and name.endswith("_trigger")
    )


def first_of_next(month: date) -> date:
    """The first day of the month after that of a day."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def limit(month: date, day: int, rule: NoticeRule, calendar: Calendar) -> date:
    """The last day on which an act of the window counts."""
    written = month.replace(day=day)
    if rule.days_off == "NEXT_WORKING_DAY" and not calendar.counts(written):
        return next_working_day(written, calendar)
    return written


@clause("S-9-modification", "S-3.3.2-evolution")
def schedule(notified_at: datetime, asked: date | None, rule: NoticeRule, calendar: Calendar) -> Schedule:
    """The dates of a change notified at an instant, asked from a month on (None: as soon as may be).

    Past the day of notice it waits for the month after, and is answered in that one's own window.
    """
    notified_on = calendar.local_day(notified_at)
    window = notified_on.replace(day=1)
    if notified_on > limit(window, rule.notice_day, rule, calendar):
        window = first_of_next(window)
    soonest = first_of_next(window)
    month = max(soonest, asked.replace(day=1)) if asked else soonest
    window = (month - ONE_DAY).replace(day=1)
    return Schedule(
        notice_due_on=limit(window, rule.notice_day, rule, calendar),
        answer_ends_at=calendar.end_of(limit(window, rule.answer_day, rule, calendar)),
        from_on=_first_of_quarter(month) if rule.effect == "NEXT_QUARTER" else month,
        is_late=asked is not None and asked.replace(day=1) < soonest,
    )


def _first_of_quarter(month: date) -> date:
    """The first civil quarter that begins with this month or after it."""
    while month.month % 3 != 1:
        month = first_of_next(month)
    return month


@clause("S-9-modification")
def standing(
    *, accepted: bool | None, answered_at: datetime | None, answer_ends_at: datetime, at: datetime
) -> Standing:
    """Where a change stands at an instant: silence accepts at the end of the last day, whoever looks and when."""
    if answered_at is not None and answered_at <= at:
        return Standing.ACCEPTED if accepted else Standing.REFUSED
    return Standing.DEEMED if answer_ends_at <= at else Standing.WAITING

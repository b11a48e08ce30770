"""How a complaint is counted: its rounds, the delay of each, when it is solved. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import Clock, WorkingDays
from titulaire.deadlines.days import working_days_between

SAME_DAY = "SAME_DAY"
VOUCHERS_DELIVERED = "VOUCHERS_DELIVERED"


class Channel(StrEnum):
    """By which way a complaint came."""

    PHONE = "PHONE"
    MAIL = "MAIL"
    PORTAL = "PORTAL"


class Typology(StrEnum):
    """What a complaint is about: the lines of the yearly report."""

    NOT_RECEIVED = "NOT_RECEIVED"
    LATE = "LATE"
    LOST_OR_STOLEN = "LOST_OR_STOLEN"
    DEFECTIVE = "DEFECTIVE"
    WRONG_ORDER = "WRONG_ORDER"
    WRONG_NAME = "WRONG_NAME"
    REFUSED_BY_SHOP = "REFUSED_BY_SHOP"
    VALIDITY = "VALIDITY"
    INVOICE = "INVOICE"
    PORTAL = "PORTAL"
    OTHER = "OTHER"


class ComplaintState(StrEnum):
    """Awaiting a solution, given one, or done with."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class StepKind(StrEnum):
    """What happens to a complaint."""

    OPENED = "OPENED"
    ASSIGNED = "ASSIGNED"
    ANSWERED = "ANSWERED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    RATED = "RATED"


NEXT: dict[StepKind, frozenset[ComplaintState]] = {
    StepKind.ASSIGNED: frozenset({ComplaintState.OPEN, ComplaintState.ANSWERED}),
    StepKind.ANSWERED: frozenset({ComplaintState.OPEN}),
    StepKind.DELIVERED: frozenset({ComplaintState.ANSWERED, ComplaintState.CLOSED}),
    StepKind.CLOSED: frozenset({ComplaintState.ANSWERED}),
    StepKind.REOPENED: frozenset({ComplaintState.ANSWERED, ComplaintState.CLOSED}),
    StepKind.RATED: frozenset({ComplaintState.ANSWERED, ComplaintState.CLOSED}),
}
"""For each step after the first, the states from which it may be taken."""


@dataclass(frozen=True, slots=True)
class ComplaintTerms:
    """What the contract says of complaints on the day one is received."""

    working_days: int
    delay_start: str
    complaint_end: str


@dataclass(frozen=True, slots=True)
class Step:
    """A dated step. `awaits_vouchers`: the answer promised vouchers, which were still to be delivered."""

    kind: StepKind
    at: datetime
    awaits_vouchers: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """From a complaint, or its reopening, to the solution; None while there is none."""

    started_at: datetime
    solved_at: datetime | None


@clause("T-2.1.2-reclamations")
def rounds(steps: Iterable[Step], *, complaint_end: str) -> tuple[Round, ...]:
    """The rounds of a complaint, each with a delay of its own: reopened, it must be solved again in time.

    Under the reading VOUCHERS_DELIVERED, an answer that promises vouchers solves nothing before they arrive.
    """
    found: list[Round] = []
    awaited = False
    for step in sorted(steps, key=lambda step: step.at):
        if step.kind in {StepKind.OPENED, StepKind.REOPENED}:
            found.append(Round(step.at, None))
        elif step.kind is StepKind.ANSWERED:
            awaited = step.awaits_vouchers and complaint_end == VOUCHERS_DELIVERED
            if not awaited:
                found[-1] = Round(found[-1].started_at, step.at)
        elif step.kind is StepKind.DELIVERED and awaited:
            found[-1], awaited = Round(found[-1].started_at, step.at), False
    return tuple(found)


@clause("T-2.1.2-reclamations")
def clock(each: Round, terms: ComplaintTerms, calendar: Calendar) -> Clock:
    """The delay of a round in working days; it warns when one of them is left."""
    start = each.started_at - timedelta(days=1) if terms.delay_start == SAME_DAY else each.started_at
    return Clock(
        start,
        WorkingDays(terms.working_days),
        calendar,
        met_at=each.solved_at,
        amber_after=WorkingDays(max(terms.working_days - 1, 0)),
    )


def resolution_days(found: Iterable[Round], calendar: Calendar) -> int | None:
    """The working days that all the rounds took together; None while one is not solved."""
    total = 0
    for each in found:
        if each.solved_at is None:
            return None
        total += working_days_between(
            calendar.local_day(each.started_at), calendar.local_day(each.solved_at), calendar
        )
    return total


def complaint_number(year: int, rank: int) -> str:
    """`R2026-0012`: the rank in the contract's year, without a gap."""
    return f"R{year}-{rank:04d}"

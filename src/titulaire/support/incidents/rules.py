"""What a dysfunction is, how long it may interrupt the service, and what it may take out of a measure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import Clock, ElapsedHours

NEUTRALISABLE = ("P2", "P3", "P4", "P5")
"""The lines of section 9 that a piece of time can be taken from: measures of telephony, known by quarter-hour."""


class Side(StrEnum):
    """On whose side it broke."""

    CONTRACTOR = "CONTRACTOR"
    BUYER = "BUYER"
    NATIONAL_NETWORK = "NATIONAL_NETWORK"
    OPERATOR = "OPERATOR"
    OTHER = "OTHER"


class State(StrEnum):
    """Still to be solved, solved, or done with."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


class StepKind(StrEnum):
    """What happens to a dysfunction."""

    DECLARED = "DECLARED"
    BUYER_TOLD = "BUYER_TOLD"
    MOBILISED = "MOBILISED"
    ENDED = "ENDED"
    DOCUMENTED = "DOCUMENTED"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    CLAIM_PROPOSED = "CLAIM_PROPOSED"
    CLAIM_AGREED = "CLAIM_AGREED"
    CLAIM_REFUSED = "CLAIM_REFUSED"
    CLAIM_WITHDRAWN = "CLAIM_WITHDRAWN"


NEXT: Mapping[StepKind, frozenset[State]] = {
    StepKind.BUYER_TOLD: frozenset({State.OPEN, State.RESOLVED}),
    StepKind.MOBILISED: frozenset({State.OPEN}),
    StepKind.ENDED: frozenset({State.OPEN}),
    StepKind.DOCUMENTED: frozenset(State),
    StepKind.RESOLVED: frozenset({State.OPEN}),
    StepKind.CLOSED: frozenset({State.RESOLVED}),
    StepKind.REOPENED: frozenset({State.RESOLVED, State.CLOSED}),
    StepKind.CLAIM_PROPOSED: frozenset(State),
}
"""For each step after the first, the states from which it may be taken."""


class ClaimState(StrEnum):
    """What became of the request to set a piece of time aside. Only AGREED neutralises."""

    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Incident:
    """A piece of civil time when an incident of others spoilt the measures of some lines.

    Whole quarter-hours are set aside, those touched included. Without `lines`, every measure of telephony;
    without `flows`, every flow.
    """

    reference: str
    since: datetime
    until: datetime
    lines: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()


def reference_of(rank: int) -> str:
    """`INC-0012`: the rank in the contract, without a gap."""
    return f"INC-{rank:04}"


@clause("S-3.3.2-continuite")
def interruption_clock(
    since_at: datetime, ended_at: datetime | None, *, hours: int, warn_hours: int, calendar: Calendar
) -> Clock:
    """The longest time that the service may stay interrupted, day and night; it warns once `warn_hours` have run."""
    return Clock(
        since_at,
        ElapsedHours(hours),
        calendar,
        met_at=ended_at,
        amber_after=ElapsedHours(min(warn_hours, hours)),
    )


@clause("S-3.3.2-accessibilite", "S-9-penalites")
def claim_fault(
    *,
    since_at: datetime,
    until_at: datetime,
    lines: tuple[str, ...],
    incident_since_at: datetime,
    incident_until_at: datetime | None,
    at: datetime,
) -> str:
    """Why a piece of time cannot be set aside: a code, "" when it can.

    It is a past piece of the dysfunction's own time, and it takes from lines that time can be taken from.
    """
    if until_at <= since_at:
        return "NO_TIME"
    if until_at > at:
        return "NOT_YET"
    if since_at < incident_since_at or (incident_until_at is not None and until_at > incident_until_at):
        return "OUTSIDE"
    if set(lines) - set(NEUTRALISABLE):
        return "UNKNOWN_LINE"
    return ""

"""The exchange on a month's penalties: what each side may do, when, and what the decision costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import add_calendar_days

NOTHING = Decimal("0.00")


class Side(StrEnum):
    """The two parties."""

    BUYER = "BUYER"
    CONTRACTOR = "CONTRACTOR"


class ExchangeState(StrEnum):
    """Where a version of a month's exchange stands. SUPERSEDED: a later version took its place."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CREDITED = "CREDITED"
    SUPERSEDED = "SUPERSEDED"


class Outcome(StrEnum):
    """What is decided of a line."""

    KEPT = "KEPT"
    REDUCED = "REDUCED"
    WAIVED = "WAIVED"


@dataclass(eq=False)
class DecisionRefused(ValueError):
    """A decision that cannot stand. `fault` is a code; `line` the penalty, `most` what it may reach."""

    line: str
    fault: str
    most: Decimal = NOTHING

    def __str__(self) -> str:
        return f"{self.line}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one line: `amount` is what remains of it, in cents."""

    line: str
    outcome: Outcome
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What the decisions add up to. Past the cap, only the cap is due, and termination is possible."""

    uncapped: Decimal
    cap: Decimal

    @property
    def due(self) -> Decimal:
        return min(self.uncapped, self.cap)

    @property
    def termination_possible(self) -> bool:
        return self.uncapped > self.cap


@clause("S-9-penalites")
def remarks_end_on(proposed_on: date, days: int, calendar: Calendar) -> date:
    """The last day on which remarks are in time."""
    return add_calendar_days(proposed_on, days, calendar)


def may_close(*, remarks_due_on: date, remarks_ended: bool, on: date) -> bool:
    """Is the time for remarks over? From the day after the last one, or once the contractor has no more."""
    return remarks_ended or on > remarks_due_on


def decision(
    line: str, outcome: Outcome, amount: Decimal | None, reason: str, *, proposed: Decimal
) -> Decision:
    """What is decided of a line that was proposed at an amount. Only a reduction needs its own.

    Raises:
        DecisionRefused: nothing was proposed, a reduction that reduces nothing, or no reason for it.
    """
    if proposed <= 0:
        raise DecisionRefused(line, "NOTHING_PROPOSED")
    if outcome is not Outcome.KEPT and not reason.strip():
        raise DecisionRefused(line, "NO_REASON")
    if outcome is Outcome.KEPT:
        return Decision(line, outcome, proposed, reason)
    if outcome is Outcome.WAIVED:
        return Decision(line, outcome, NOTHING, reason)
    if amount is None or amount != to_cents(amount) or not NOTHING < amount < proposed:
        raise DecisionRefused(line, "NOT_A_REDUCTION", proposed)
    return Decision(line, outcome, amount, reason)


@clause("S-9-plafond")
def decided(decisions: Iterable[Decision], *, proposed: Mapping[str, Decimal], cap: Decimal) -> Decided:
    """The sum of the decisions beside the cap.

    Raises:
        DecisionRefused: a line that costs something has no decision.
    """
    found = {one.line: one.amount for one in decisions}
    for line, amount in proposed.items():
        if amount > 0 and line not in found:
            raise DecisionRefused(line, "UNDECIDED", amount)
    return Decided(sum((found[line] for line, amount in proposed.items() if amount > 0), NOTHING), cap)


# What a version says


def digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a document of JSON values, whatever the order of its keys."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """What a later version says otherwise: `line` is empty for what belongs to the whole month."""

    line: str
    what: str
    before: str
    after: str


COMPARED = ("value", "trigger", "rate", "base", "state", "amount")
TOTALS = ("uncapped", "cap", "proposed")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What changed between two frozen versions: lines first, then totals, readings, incidents, facts."""
    old = {line["code"]: line for line in before["lines"]}
    found = [
        Change(line["code"], what, _text(old.get(line["code"], {}).get(what)), _text(line[what]))
        for line in after["lines"]
        for what in COMPARED
        if old.get(line["code"], {}).get(what) != line[what]
    ]
    found += [Change("", what, before[what], after[what]) for what in TOTALS if before[what] != after[what]]
    for what in ("readings", "facts"):
        keys = sorted({*before[what], *after[what]})
        found += [
            Change("", f"{what}:{key}", _text(before[what].get(key)), _text(after[what].get(key)))
            for key in keys
            if before[what].get(key) != after[what].get(key)
        ]
    for what in ("orders", "incidents", "contacts_ordered"):
        old_text, new_text = _told(before["entered"][what]), _told(after["entered"][what])
        if old_text != new_text:
            found.append(Change("", what, old_text, new_text))
    return tuple(found)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _told(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ; ".join(" ".join(str(part) for part in one.values() if part) for one in value)
    return _text(value)

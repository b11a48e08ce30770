"""A month's proposal as JSON that no later change of terms, readings or facts can touch. Pure, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.indicators.rules import Grade, Unit
from titulaire.penalties.rules import Assessed, Invoice, State, Worse
from titulaire.support.incidents.rules import Incident
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import TABLE, Effect, Entered, Proposal

FORMAT = "titulaire-penalties/1"
VALUES_OF = ("trigger", "rate", "base", "waits")
COMMON_TERMS = (
    *("penalty_cap_rate", "penalty_grace_months", "penalty_grace_months_max"),
    *("penalty_volume_rate", "penalty_remark_days", "call_taking_starts_on", "forms_active"),
)


@clause("S-9-penalites", "S-9-delai", "S-9-120", "S-9-plafond")
def frozen(proposal: Proposal, entered: Entered, facts: Mapping[str, str]) -> dict[str, Any]:
    """Everything that made the month's amounts. `facts` are the digests of the month's facts, by kind.

    Exact values are fractions in text; each term comes with the day it holds from and its place in the text.
    """
    terms, day = proposal.terms, max(proposal.month, proposal.terms.head.notified_on)
    units = {one.indicator.code: one.indicator.unit for one in proposal.results}
    grades = {one.indicator.code: one.grade for one in proposal.results}
    statement = proposal.statement
    return {
        "format": FORMAT,
        "contract": terms.head.code,
        "month": f"{proposal.month:%Y-%m}",
        "lines": [
            _line(one, units[one.line.indicator], grades[one.line.indicator]) for one in statement.lines
        ],
        "uncapped": str(statement.uncapped),
        "cap": str(statement.cap),
        "proposed": str(statement.proposed),
        "termination_possible": statement.termination_possible,
        "entered": _entered(entered),
        "effects": [_effect(one) for one in proposal.effects],
        "readings": {code: terms.reading(code, on=day) for code in sorted(terms.readings)},
        "terms": {name: _term(terms, name, day) for name in _names()},
        "facts": dict(sorted(facts.items())),
    }


def _names() -> list[str]:
    return [*(f"penalty_{stem}_{what}" for _, stem, *_ in TABLE for what in VALUES_OF), *COMMON_TERMS]


def _term(terms: Terms, name: str, day: date) -> dict[str, str]:
    dated = terms.dated(name, on=day)
    return {
        "value": str(dated.value),
        "from": str(dated.from_on),
        "clause": dated.clause,
        "source": dated.source,
    }


def _line(one: Assessed, unit: Unit, grade: Grade | None) -> dict[str, Any]:
    return {
        "code": one.line.code,
        "name": one.line.name,
        "clause": one.line.clause,
        "indicator": one.line.indicator,
        "unit": unit.value,
        "grade": grade.value if grade else "",
        "worse": one.line.worse.value,
        "trigger": str(one.line.trigger),
        "rate": str(one.line.rate),
        "base_code": one.line.base,
        "base": str(one.base),
        "starts_on": _day(one.line.starts_on),
        "in_force_from": _day(one.line.in_force_from),
        "state": one.state.value,
        "measured": _exact(one.measured),
        "value": _exact(one.value),
        "amount": str(one.amount),
        "incidents": list(one.incidents),
    }


def _entered(entered: Entered) -> dict[str, Any]:
    return {
        "phone": str(entered.invoice.phone),
        "forms": str(entered.invoice.forms),
        "orders": [
            {
                "since": str(one.since),
                "until": str(one.until),
                "hours": str(one.hours),
                "contacts": one.contacts,
            }
            for one in entered.orders
        ],
        "incidents": [_incident(one) for one in entered.incidents],
        "contacts_ordered": entered.contacts_ordered,
    }


def _incident(one: Incident) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "lines": " ".join(one.lines),
        "flows": " ".join(one.flows),
    }


def _effect(one: Effect) -> dict[str, str]:
    return {
        "reading": one.reading,
        "option": one.option,
        "sentence": one.sentence,
        "uncapped": str(one.uncapped),
        "proposed": str(one.proposed),
        "difference": str(one.difference),
    }


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """One line as it was frozen. `measured` before the incidents, `value` after them."""

    code: str
    name: str
    clause: str
    indicator: str
    unit: Unit
    grade: str
    worse: Worse
    trigger: Fraction
    rate: Decimal
    base_code: str
    base: Decimal
    in_force_from: date | None
    state: State
    measured: Fraction | None
    value: Fraction | None
    amount: Decimal
    incidents: tuple[str, ...]


def lines_in(document: Mapping[str, Any]) -> tuple[FrozenLine, ...]:
    """The lines of a frozen version, typed again."""
    return tuple(
        FrozenLine(
            code=line["code"],
            name=line["name"],
            clause=line["clause"],
            indicator=line["indicator"],
            unit=Unit(line["unit"]),
            grade=line["grade"],
            worse=Worse(line["worse"]),
            trigger=Fraction(line["trigger"]),
            rate=Decimal(line["rate"]),
            base_code=line["base_code"],
            base=Decimal(line["base"]),
            in_force_from=date.fromisoformat(line["in_force_from"]) if line["in_force_from"] else None,
            state=State(line["state"]),
            measured=None if line["measured"] is None else Fraction(line["measured"]),
            value=None if line["value"] is None else Fraction(line["value"]),
            amount=Decimal(line["amount"]),
            incidents=tuple(line["incidents"]),
        )
        for line in document["lines"]
    )


def amounts_in(document: Mapping[str, Any]) -> dict[str, Decimal]:
    """What each line of a frozen version proposes."""
    return {line["code"]: Decimal(line["amount"]) for line in document["lines"]}


def entered_in(document: Mapping[str, Any]) -> Entered:
    """What was entered for a frozen version, typed again."""
    said = document["entered"]
    return Entered(
        invoice=Invoice(Decimal(said["phone"]), Decimal(said["forms"])),
        orders=tuple(
            Order(
                date.fromisoformat(one["since"]),
                date.fromisoformat(one["until"]),
                Fraction(one["hours"]),
                one["contacts"],
            )
            for one in said["orders"]
        ),
        incidents=tuple(
            Incident(
                one["reference"],
                datetime.fromisoformat(one["since"]),
                datetime.fromisoformat(one["until"]),
                tuple(one["lines"].split()),
                tuple(one["flows"].split()),
            )
            for one in said["incidents"]
        ),
        contacts_ordered=said["contacts_ordered"],
    )

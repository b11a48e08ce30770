"""A month as a document: every figure with its sides, and all that made it. Whole numbers and text, no float."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import titulaire
from titulaire.clauses import clause
from titulaire.contracts.loading import literal
from titulaire.contracts.queries import FILES
from titulaire.contracts.rules import NoValueOn, Terms
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Result
from titulaire.penalties.rules import Invoice
from titulaire.support.facts.queries import Stated, manifests_stated
from titulaire.support.incidents.rules import Incident
from titulaire.support.indicators.evaluation import HOUR_MS, Declared, Row, after, evaluate
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import (
    ONE_DAY,
    Entered,
    Proposal,
    lines_on,
    propose,
)

FORMAT = "titulaire-month-1"
CUTS = ("site", "reason", "flow", "day")
COUNTED_BY = (
    "indicators/*.py",
    "penalties/rules.py",
    "support/indicators/*.py",
    "support/penalties/assessing.py",
)
"""The files of the software that a figure depends on."""


@clause("S-3.3.1-tableaux-de-bord", "S-9-penalites")
def state(
    contract: Contract, month: date, *, terms: Terms, stated: Stated, entered: Entered | None
) -> dict[str, Any]:
    """The statement of a month, `month` being its first day, from these terms and these manifests alone."""
    until = after(month)
    (whole,) = evaluate(contract, since=month, until=until, terms=terms, stated=stated)
    results = {one.indicator.code: one for one in whole.results}
    ordered = ordered_days(entered, month) if entered else None
    if ordered is not None:
        (over,) = evaluate(
            contract,
            since=ordered.since,
            until=ordered.until,
            terms=terms,
            declared=Declared(ordered_ms=int(ordered.hours * HOUR_MS)),
            stated=stated,
            only={"PLAN"},
        )
        results["PLAN"] = over.results[0]
    proposal = propose(contract, month, entered, terms=terms, stated=stated) if entered else None
    day = day_of(terms, month)
    triggers = {line.indicator: str(line.trigger) for line in lines_on(terms, day)}
    return {
        "format": FORMAT,
        "contract": {
            "code": contract.code,
            "title": contract.title,
            "buyer": contract.buyer.name,
            "contractor": contract.contractor.name,
        },
        "month": f"{month:%Y-%m}",
        "indicators": {code: _told(one, triggers.get(code)) for code, one in results.items()},
        "cuts": {
            cut: _cut(evaluate(contract, since=month, until=until, by=(cut,), terms=terms, stated=stated))
            for cut in CUTS
        },
        "penalties": _penalties(proposal) if proposal else None,
        "entered": told_entered(entered) if entered else None,
        "terms": _terms(contract, terms, day),
        "facts": list(_facts(contract, stated)),
    }


def day_of(terms: Terms, month: date) -> date:
    """The day whose terms and readings hold for a month."""
    return max(month, terms.head.notified_on)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Hours ordered over days that follow one another."""

    since: date
    until: date
    hours: Fraction


def ordered_days(entered: Entered, month: date) -> Ordered | None:
    """The orders that end in the month, over their own days: hours are never set beside those of other days.

    None without order, or where days between two orders belong to none: each has then its own line alone.
    """
    ended = sorted(
        (one for one in entered.orders if month <= one.until - ONE_DAY < after(month)),
        key=lambda one: one.since,
    )
    if not ended:
        return None
    until = ended[0].until
    for one in ended[1:]:
        if one.since > until:
            return None
        until = max(until, one.until)
    return Ordered(ended[0].since, until, sum((one.hours for one in ended), Fraction(0)))


def _told(one: Result, trigger: str | None) -> dict[str, Any]:
    indicator = one.indicator
    return {
        "name": indicator.name,
        "clause": indicator.clause,
        "unit": indicator.unit.value,
        "direction": indicator.direction.value,
        "numerator": one.value.numerator,
        "denominator": one.value.denominator,
        "factor": str(one.value.factor),
        "value": _fraction(one.exact) if one.grade else None,
        "target": _fraction(one.target),
        "trigger": trigger,
        "state": one.state.value,
        "grade": one.grade.value if one.grade else None,
        "gap": one.gap,
        "readings": dict(one.options),
        "rivals": [
            {
                "reading": rival.reading,
                "option": rival.option,
                "label": rival.label,
                "numerator": rival.value.numerator,
                "denominator": rival.value.denominator,
                "value": _fraction(rival.value.exact),
            }
            for rival in one.rivals
        ],
    }


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _cut(rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        _key(row.key[0][1]): {
            one.indicator.code: {
                "numerator": one.value.numerator,
                "denominator": one.value.denominator,
                "gap": one.gap,
                "grade": one.grade.value if one.grade else None,
            }
            for one in row.results
            if one.grade
        }
        for row in rows
    }


def _key(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _penalties(proposal: Proposal) -> dict[str, Any]:
    statement = proposal.statement
    return {
        "lines": [
            {
                "code": one.line.code,
                "name": one.line.name,
                "clause": one.line.clause,
                "indicator": one.line.indicator,
                "worse": one.line.worse.value,
                "trigger": str(one.line.trigger),
                "rate": str(one.line.rate),
                "base_of": one.line.base,
                "base": str(one.base),
                "state": one.state.value,
                "measured": _fraction(one.measured),
                "value": _fraction(one.value),
                "amount": str(one.amount),
                "incidents": list(one.incidents),
            }
            for one in statement.lines
        ],
        "uncapped": str(statement.uncapped),
        "cap": str(statement.cap),
        "proposed": str(statement.proposed),
        "termination_possible": statement.termination_possible,
        "effects": [
            {
                "reading": one.reading,
                "option": one.option,
                "sentence": one.sentence,
                "uncapped": str(one.uncapped),
                "proposed": str(one.proposed),
                "difference": str(one.difference),
            }
            for one in proposal.effects
        ],
    }


def told_entered(entered: Entered) -> dict[str, Any]:
    """What people entered, as the document keeps it."""
    return {
        "invoice": {"phone": str(entered.invoice.phone), "forms": str(entered.invoice.forms)},
        "orders": [
            {
                "since": str(one.since),
                "until": str(one.until),
                "hours": str(one.hours),
                "contacts": one.contacts,
            }
            for one in entered.orders
        ],
        "incidents": [
            {
                "reference": one.reference,
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "lines": list(one.lines),
                "flows": list(one.flows),
            }
            for one in entered.incidents
        ],
        "contacts_ordered": entered.contacts_ordered,
    }


def read_entered(told: Mapping[str, Any] | None) -> Entered | None:
    """What people had entered, from the document."""
    if told is None:
        return None
    invoice = told["invoice"]
    return Entered(
        Invoice(Decimal(invoice["phone"]), Decimal(invoice["forms"])),
        tuple(
            Order(
                date.fromisoformat(one["since"]),
                date.fromisoformat(one["until"]),
                Fraction(one["hours"]),
                one["contacts"],
            )
            for one in told["orders"]
        ),
        tuple(
            Incident(
                one["reference"],
                datetime.fromisoformat(one["since"]),
                datetime.fromisoformat(one["until"]),
                tuple(one["lines"]),
                tuple(one["flows"]),
            )
            for one in told["incidents"]
        ),
        told["contacts_ordered"],
    )


def _terms(contract: Contract, terms: Terms, day: date) -> dict[str, Any]:
    """Every value and reading in force, with the text behind each, and the file that the contract is."""
    values = {}
    for name, term in terms.terms.items():
        try:
            one = term.on(day)
        except NoValueOn:
            continue
        values[name] = {
            "value": literal(one.value),
            "from": str(one.from_on),
            "clause": one.clause,
            "source": one.source,
        }
    readings = {}
    for code, reading in terms.readings.items():
        kept = reading.on(day)
        readings[code] = {
            "option": kept.option,
            "from": str(kept.from_on),
            "agreed": kept.agreed,
            "agreement": kept.agreement,
        }
    file = FILES / f"{contract.code}.toml"
    return {
        "on": str(day),
        "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "values": values,
        "readings": readings,
    }


def _facts(contract: Contract, stated: Stated) -> Iterator[dict[str, Any]]:
    for one in manifests_stated(contract, stated):
        yield {
            "record": one.record,
            "month": f"{one.month:%Y-%m}",
            "version": one.version,
            "digest": one.digest,
            "rows": one.rows,
            "batch": one.batch.key,
            "files": {file.path: file.sha256 for file in one.files.all()},
        }


def stated_in(document: Mapping[str, Any]) -> Stated:
    """The manifests that an issue was made from."""
    return Stated(
        {
            (one["record"], date.fromisoformat(f"{one['month']}-01")): one["version"]
            for one in document["facts"]
        }
    )


@cache
def software() -> dict[str, str]:
    """The version of this software, and the digest of its files that figures depend on."""
    root = Path(titulaire.__file__).parent
    digest = hashlib.sha256()
    for pattern in COUNTED_BY:
        for file in sorted(root.glob(pattern)):
            digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return {"version": titulaire.__version__, "counting_sha256": digest.hexdigest()}

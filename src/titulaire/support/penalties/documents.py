"""A version of a month's penalties as a PDF for both sides: lines, remarks, decision."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import typst

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.indicators.wording import written
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.rules import ExchangeState, Side
from titulaire.support.penalties.wording import OUTCOMES, SIDES, penalty_status, trigger_written
from titulaire.ui.formats import NONE, date_fr, instant_fr, money, month_fr, rate

TEMPLATE = Path(__file__).with_name("proposal.typ")
TITLES = {
    ExchangeState.OPEN.value: "Proposition de pénalités",
    ExchangeState.CLOSED.value: "Décision sur les pénalités",
    ExchangeState.CREDITED.value: "Décision sur les pénalités",
    ExchangeState.SUPERSEDED.value: "Proposition de pénalités remplacée",
}


@clause("S-9-penalites", "S-9-plafond")
def penalties_pdf(proposal: PenaltyProposal) -> bytes:
    """The version in French. The same state of the exchange gives the same bytes."""
    head = terms_of(proposal.contract.code).head
    decisions = {one.line: one for one in proposal.decisions.all()}
    is_decided = proposal.decided_due is not None
    past = (proposal.decided_uncapped if is_decided else proposal.uncapped) or Decimal(0)
    entered = proposal.frozen["entered"]
    content = {
        "title": TITLES[proposal.state],
        "month": month_fr(proposal.month),
        "contract": head.title,
        "buyer": head.buyer,
        "contractor": head.contractor,
        "reference": proposal.reference,
        "is_decided": is_decided,
        "date": {
            "year": proposal.proposed_at.year,
            "month": proposal.proposed_at.month,
            "day": proposal.proposed_at.day,
        },
        "facts": [
            ["Proposée", f"{instant_fr(proposal.proposed_at)}, par {_side(proposal.side)}"],
            ["Remplace", f"version {proposal.version - 1} : {proposal.reason}" if proposal.reason else ""],
            ["Observations", f"jusqu’au {date_fr(proposal.remarks_due_on)} inclus"],
            [
                "Factures, hors taxes",
                f"téléphonie {money(Decimal(entered['phone']))}, formulaires {money(Decimal(entered['forms']))}",
            ],
            ["Décidée", instant_fr(proposal.closed_at) if proposal.closed_at else ""],
            ["Avoir", proposal.credit_note.number if proposal.credit_note else ""],
        ],
        "lines": [
            [
                line.code,
                line.name,
                written(line.value, line.unit, line.trigger),
                trigger_written(line, line.unit),
                penalty_status(line).label,
                money(line.base),
                rate(line.rate, 1),
                money(line.amount),
                money(decisions[line.code].amount) if line.code in decisions else NONE,
            ]
            for line in proposal.lines()
        ],
        "totals": [
            ["Somme avant plafond", money(proposal.uncapped), _euros(proposal.decided_uncapped)],
            ["Plafond du mois", money(proposal.cap), money(proposal.cap) if is_decided else NONE],
            ["Pénalités", money(proposal.proposed), _euros(proposal.decided_due)],
        ],
        "grave": past > proposal.cap,
        "decisions": [
            [one.line, OUTCOMES[one.outcome].label, money(one.amount), one.reason or NONE]
            for one in decisions.values()
        ],
        "incidents": [
            f"{one['reference']}, du {one['since'].replace('T', ' à ')} au {one['until'].replace('T', ' à ')}"
            + (f", sur {one['lines']}" if one["lines"] else "")
            for one in entered["incidents"]
        ],
        "remarks": [
            [
                f"{SIDES[Side(one.side)]}, {instant_fr(one.at)}{', hors délai' if one.late else ''}",
                f"{one.line + ' : ' if one.line else ''}{one.text}",
                f"Pièce : {one.file_name} (SHA-256 {one.file_sha256})" if one.file_name else "",
            ]
            for one in proposal.remarks.all()
        ],
        "digest": proposal.digest,
        "sources": [f"{kind} {told}" for kind, told in proposal.frozen["facts"].items()],
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _side(code: str) -> str:
    words = SIDES[Side(code)]
    return f"{words[0].lower()}{words[1:]}"


def _euros(amount: Decimal | None) -> str:
    return NONE if amount is None else money(amount)

"""The papers of the network as PDF: remittance slip, destruction record; and the same facts as JSON documents."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import typst

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network import queries, wording
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import Channel, Verdict

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class DestructionFacts:
    """What the record of a destruction says."""

    number: str
    destroyed_on: date
    means: str
    signed_by: str
    witnessed_by: str
    counted: int
    amount: Decimal
    remittances: tuple[tuple[str, str, int, Decimal], ...]


def _pdf(template: str, content: dict[str, object]) -> bytes:
    return bytes(
        typst.compile(
            str(HERE / template),
            root=str(HERE),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


@clause("T-1.1-reseau", "T-3.3-tracabilite")
def slip_pdf(remittance: Remittance, *, reader: Affiliate | None) -> bytes:
    """The slip of a remittance: what is due, and the verdict on each voucher. The same bytes each time."""
    affiliate, contract = remittance.affiliate, remittance.contract
    facts = [
        ("Remise", f"n° {remittance.number}, {wording.CHANNELS[Channel(remittance.channel)].lower()}"),
        ("Reçue le", instant_fr(remittance.recorded_at)),
        ("Présentée le", date_fr(remittance.presented_on)),
        ("Titres remis", count_fr(remittance.given, "titre")),
        ("Titres acceptés", count_fr(remittance.accepted, "titre")),
        ("Titres refusés", count_fr(remittance.refused, "titre")),
        ("Virement sur", wording.masked(affiliate.iban)),
    ]
    if remittance.postmarked_on:
        facts.insert(2, ("Cachet de la poste", date_fr(remittance.postmarked_on)))
    lines = [
        (
            str(line.position),
            line.grouped,
            wording.VERDICTS[Verdict(line.verdict)].label,
            wording.explanation(line, reader=reader),
        )
        for line in queries.lines_of(remittance)
    ]
    return _pdf(
        "slip.typ",
        {
            "number": remittance.number,
            "title": contract.title,
            "contractor": contract.contractor.name,
            "affiliate": affiliate.name,
            "siret": affiliate.siret,
            "address": [affiliate.street, f"{affiliate.postcode} {affiliate.town}"],
            "amount": money(remittance.amount),
            "facts": facts,
            "lines": lines,
        },
    )


@clause("T-2.4-securite")
def destruction_pdf(contract: Contract, facts: DestructionFacts) -> bytes:
    """The record of a destruction, with room for both signatures."""
    return _pdf(
        "destruction.typ",
        {
            "number": facts.number,
            "title": contract.title,
            "contractor": contract.contractor.name,
            "on": date_fr(facts.destroyed_on),
            "means": facts.means,
            "signed_by": facts.signed_by,
            "witnessed_by": facts.witnessed_by,
            "counted": count_fr(facts.counted, "titre"),
            "amount": money(facts.amount),
            "lines": [
                (number, name, count_fr(count, "titre"), money(amount))
                for number, name, count, amount in facts.remittances
            ],
        },
    )


def remittance_document(remittance: Remittance, *, already_known: bool = False) -> dict[str, object]:
    """A remittance and each verdict, for machines."""
    payment = getattr(remittance, "payment", None)
    lines = list(queries.lines_of(remittance))
    return {
        "remittance": remittance.number,
        "already_known": already_known,
        "contract": remittance.contract.code,
        "affiliate": remittance.affiliate.siret,
        "channel": remittance.channel,
        "state": wording.remittance_state(remittance),
        "received_on": remittance.received_on,
        "postmarked_on": remittance.postmarked_on,
        "presented_on": remittance.presented_on,
        "given": remittance.given,
        "accepted": remittance.accepted,
        "refused": remittance.refused,
        "amount": remittance.amount,
        "paid_by": payment.run.number if payment else None,
        "verdicts": dict(sorted(Counter(line.verdict for line in lines).items())),
        "vouchers": [
            {
                "position": line.position,
                "number": line.number or None,
                "given": None if line.number else line.given,
                "page": line.page or None,
                "verdict": line.verdict,
                "note": line.note or None,
                "message": wording.explanation(line, reader=None) or None,
            }
            for line in lines
        ],
    }


def voucher_document(voucher: Voucher) -> dict[str, object]:
    """The whole life of a voucher, for machines. Nobody is named."""
    use = queries.use_of(voucher)
    payment = getattr(use.remittance, "payment", None) if use else None
    replaced_by = getattr(voucher, "replaced_by", None)
    return {
        "number": voucher.number,
        "contract": voucher.contract.code,
        "state": voucher.state,
        "vintage": voucher.vintage,
        "face_value": voucher.face_value,
        "valid_from_on": voucher.valid_from_on,
        "last_valid_on": voucher.last_valid_on,
        "order": {
            "number": voucher.order.number,
            "kind": voucher.order.kind,
            "month": voucher.order.month.strftime("%Y-%m"),
            "confirmed_at": voucher.order.confirmed_at,
            "acknowledged_on": voucher.order.acknowledged_on,
        },
        "booklet": {
            "reference": voucher.booklet.reference,
            "rank": voucher.booklet.rank,
            "size": voucher.booklet.size,
        },
        "issued_at": voucher.issued_at,
        "replaces": voucher.replaces.number if voucher.replaces else None,
        "replaced_by": replaced_by.number if replaced_by else None,
        "moves": [
            {
                "at": move.at,
                "from": move.from_state,
                "to": move.to_state,
                "act": move.act,
                "target": move.target,
            }
            for move in voucher.moves.order_by("at", "pk")
        ],
        "use": {
            "affiliate": use.affiliate.siret,
            "name": use.affiliate.name,
            "town": use.affiliate.town,
            "used_on": use.used_on,
            "presented_on": use.presented_on,
            "postmarked_on": use.postmarked_on,
            "accepted_at": use.accepted_at,
            "remittance": use.remittance.number,
            "paid_by": payment.run.number if payment else None,
            "paid_on": payment.run.execution_on if payment else None,
        }
        if use
        else None,
    }

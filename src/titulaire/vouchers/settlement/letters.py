"""The papers of this room as PDFs: the same bytes for the same facts, nobody named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import typst
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money, rate
from titulaire.ui.formats import number as figure
from titulaire.vouchers.issuing.rules import amount_in_words
from titulaire.vouchers.settlement.models import CreditNote, Refund
from titulaire.vouchers.settlement.wording import BASES, CAUSES, WEIGHTS, YEARS

TEMPLATE = Path(__file__).with_name("paper.typ")


def paper(content: Mapping[str, object]) -> bytes:
    """A one-page paper: parties, title, sentences, lines of figures, signatures."""
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


@clause("T-2.1.4-remboursement", "T-2.1.4-prorata")
def cheque_letter(refund: Refund, *, number: str, bank: str, drawn_on: date) -> bytes:
    """The letter that goes with the cheque: the amount in figures and in words, and how it was reached."""
    contract = refund.contract
    share = rate(Decimal(refund.own_weight) / (refund.all_weights or 1), 2)
    lines = [
        ("Titres remboursés", count_fr(refund.vouchers, "titre")),
        ("Valeur des titres de tous les clients à rembourser", money(refund.pool)),
        (f"Part des commandes ({WEIGHTS[refund.weight]}, {YEARS[refund.year_of_orders]})", share),
        ("Au prorata des commandes", money(refund.pro_rata)),
        ("Par différence exacte", money(refund.exact)),
        ("Lecture retenue", BASES[refund.basis]),
    ]
    if refund.already:
        lines.append(("Déjà remboursé", money(refund.already)))
    return paper(
        {
            "title": contract.title,
            "from": contract.contractor.name,
            "to": contract.buyer.name,
            "heading": f"Remboursement du millésime {refund.vintage}",
            "reference": f"{refund.number}, le {date_fr(drawn_on)}",
            "sentences": [
                "Veuillez trouver ci-joint le chèque qui rembourse les titres perdus ou périmés que vous déteniez, "
                "pour versement au budget des actions sanitaires et sociales.",
            ],
            "frame": [
                money(refund.amount),
                amount_in_words(refund.amount).capitalize(),
                f"Chèque n° {number}, {bank}, du {date_fr(drawn_on)}",
            ],
            "lines": lines,
            "note": "Ce remboursement est régularisé si des faits connus plus tard le changent."
            if refund.rank == 0
            else "Cette ligne régularise les remboursements précédents du millésime.",
            "signatures": [["Pour le titulaire", ""]],
        }
    )


@clause("T-2.1.2-avoirs")
def credit_note_pdf(note: CreditNote) -> bytes:
    """The credit note with its statement, which both sides sign."""
    contract = note.contract
    signed = [
        ["Pour l’acheteur", instant_fr(note.buyer_agreed_at) if note.buyer_agreed_at else ""],
        ["Pour le titulaire", instant_fr(note.contractor_agreed_at) if note.contractor_agreed_at else ""],
    ]
    return paper(
        {
            "title": contract.title,
            "from": contract.contractor.name,
            "to": contract.buyer.name,
            "heading": f"Avoir n° {note.number}",
            "reference": f"établi le {date_fr(timezone.localdate(note.issued_at))}",
            "sentences": [note.label],
            "frame": [money(note.amount), amount_in_words(note.amount).capitalize()],
            "lines": [
                ("Cause", CAUSES[note.cause]),
                ("Référence", note.cause_reference),
                *([("Titres", figure(note.vouchers))] if note.vouchers else []),
            ],
            "note": "Constat contradictoire : chaque partie le signe depuis son espace ; sa signature y est datée.",
            "signatures": signed,
        }
    )

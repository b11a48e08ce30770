"""An issued document as Factur-X: the EN 16931 XML, a French PDF that says the same, and the one inside the other.

The profile forbids mixing « out of scope » with taxed lines, so what bears no VAT is category E with its reason
in words. A credit note is type 381 with positive amounts.
"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
import typst

from titulaire.billing.models import Document
from titulaire.billing.parties import Parties, Party
from titulaire.billing.rules import RECOVERY_INDEMNITY, DocumentKind, InvoiceLine, Unit, VatTotal
from titulaire.billing.wording import (
    CAUSES,
    EARLY_PAYMENT,
    EXEMPTIONS,
    KINDS,
    price_words,
    quantity_words,
    vat_words,
)
from titulaire.ui.formats import date_fr, date_short, money, month_fr

TEMPLATE = Path(__file__).with_name("invoice.typ")
TYPE_CODES = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
UNIT_CODES = {Unit.HOUR: "HUR", Unit.ACT: "C62", Unit.TITLE: "C62", Unit.PIECE: "H87", Unit.LUMP: "LS"}
SEPA_TRANSFER = "58"
SIREN_SCHEME, SIRET_SCHEME = "0002", "0009"
BILLED_SERVICES = "S1"


class InvalidXml(RuntimeError):
    """The XML breaks the published schema: a bug of ours, never the user's."""


def invoice_xml(document: Document) -> bytes:
    """The document as a Cross Industry Invoice of profile EN 16931, checked against its schema.

    Raises:
        InvalidXml
    """
    parties = Parties.from_json(document.parties or {})
    lines, found = document.values(), document.totals()
    fields: dict[str, Any] = {
        "BT-1": document.number,
        "BT-2": document.issued_on,
        "BT-3": TYPE_CODES[DocumentKind(document.kind)],
        "BT-5": "EUR",
        "BT-9": document.due_on,
        "BT-10": document.service_code,
        "BT-12": parties.contract_reference,
        "BT-13": document.engagement_number or document.order_reference,
        "BT-20": payment_terms(document, parties),
        "BT-23": BILLED_SERVICES,
        "BT-72": document.period_end_on - timedelta(days=1),
        "BT-73": document.period_start_on,
        "BT-74": document.period_end_on - timedelta(days=1),
        "BT-81": SEPA_TRANSFER,
        "BT-83": document.number,
        "BT-84": parties.iban,
        "BT-86": parties.bic,
        "BT-106": str(found.net),
        "BT-109": str(found.net),
        "BT-110": str(found.vat),
        "BT-112": str(found.gross),
        "BT-115": str(found.gross),
        "BG-1": [{"BT-21": code, "BT-22": text} for code, text in _notes(document, parties)],
        "BG-3": _preceding(document),
        "BG-4": _party(parties.seller),
        "BG-7": _party(parties.buyer),
        "BG-23": [_vat(each) for each in found.by_rate],
        "BG-25": [_line(place, line) for place, line in enumerate(lines, 1)],
    }
    given = {name: value for name, value in fields.items() if value not in ("", None, [])}
    try:
        xml = facturx.generate_cii_xml(given, level="en16931", check_xsd=True, check_schematron=None)
    except Exception as fault:  # the library raises no narrower one
        raise InvalidXml(document.number) from fault
    return bytes(xml)


def _party(party: Party) -> dict[str, Any]:
    given = {
        "name": party.name,
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": SIREN_SCHEME,
        "identifiers": {SIRET_SCHEME: party.siret},
        "vat_identifier": party.vat_id,
        "legal_info": party.legal_form,
        "einvoicing_addr": party.siret,
        "einvoicing_addr_schemeid": SIRET_SCHEME,
        "country_code": "FR",
        "postcode": party.postcode,
        "city": party.city,
        **{f"addr_l{place}": line for place, line in enumerate(party.street[:3], 1)},
    }
    return {name: value for name, value in given.items() if value}


def _line(place: int, line: InvoiceLine) -> dict[str, Any]:
    detail = " ; ".join(each for each in (line.clause, line.source) if each)
    given = {
        "BT-126": str(place),
        "BT-129": str(line.quantity),
        "BT-130": UNIT_CODES[line.unit],
        "BT-131": str(line.net),
        "BT-146": str(line.unit_price),
        "BT-151": _category(line.vat_rate),
        "BT-152": f"{line.vat_rate * 100:.2f}",
        "BT-153": line.label,
        "BT-154": detail,
        "BT-155": str(line.item),
    }
    return {name: value for name, value in given.items() if value}


def _vat(each: VatTotal) -> dict[str, Any]:
    given = {
        "BT-116": str(each.base),
        "BT-117": str(each.vat),
        "BT-118": _category(each.rate),
        "BT-119": f"{each.rate * 100:.2f}",
        "BT-120": " ; ".join(EXEMPTIONS[reason] for reason in each.exemptions),
    }
    return {name: value for name, value in given.items() if value}


def _category(vat_rate: Decimal) -> str:
    return "S" if vat_rate else "E"


def _preceding(document: Document) -> list[dict[str, Any]]:
    if document.corrects is None:
        return []
    return [{"BT-25": document.corrects.number, "BT-26": document.corrects.issued_on}]


def payment_terms(document: Document, parties: Parties) -> str:
    """When and how to pay, in a sentence."""
    if document.kind == DocumentKind.CREDIT_NOTE:
        return "Somme à déduire de la facture citée, ou à rembourser si elle est déjà payée."
    return f"Payable sous {parties.payment_days} jours, au plus tard le {date_fr(document.due_on)}."


def _notes(document: Document, parties: Parties) -> list[tuple[str, str]]:
    """The mentions that the law asks for, with the codes that the French profile gives them."""
    if document.kind == DocumentKind.CREDIT_NOTE:
        cause = CAUSES[document.cause]
        return [("AAI", f"{cause}. {document.reason}".strip()), *_law(parties)]
    return _law(parties)


def _law(parties: Parties) -> list[tuple[str, str]]:
    return [
        ("PMD", f"Pénalités de retard : {parties.late_interest}."),
        ("PMT", f"Indemnité forfaitaire pour frais de recouvrement : {money(RECOVERY_INDEMNITY)}."),
        ("AAB", EARLY_PAYMENT),
    ]


def invoice_pdf(document: Document) -> bytes:
    """The document for people, as PDF/A-3, in French."""
    parties = Parties.from_json(document.parties or {})
    issued_on = document.issued_on or document.drafted_at.date()
    found, kind = document.totals(), KINDS[DocumentKind(document.kind)]
    references = [
        ("Date", date_fr(document.issued_on)),
        ("Période", period_words(document)),
        ("Marché", parties.contract_reference),
        ("N° d’engagement", document.engagement_number),
        ("Code service", document.service_code),
        ("Commande", document.order_reference),
        ("Échéance" if document.is_invoice else "", date_fr(document.due_on)),
    ]
    if document.corrects is not None:
        corrected = f"{document.corrects.number} du {date_fr(document.corrects.issued_on)}"
        cause = CAUSES[document.cause]
        references += [("Facture corrigée", corrected), ("Cause", cause), ("Motif", document.reason)]
    content = {
        "kind": kind,
        "date": {"year": issued_on.year, "month": issued_on.month, "day": issued_on.day},
        "number": document.number,
        "title": document.contract.title,
        "seller": _party_words(parties.seller),
        "buyer": _party_words(parties.buyer),
        "references": [pair for pair in references if pair[0] and pair[1]],
        "lines": [
            {
                "label": line.label,
                "detail": " · ".join(each for each in (_clause_words(line.clause), line.source) if each),
                "quantity": quantity_words(line.quantity, line.unit),
                "price": price_words(line.unit_price),
                "vat": vat_words(line.vat_rate),
                "net": money(line.net),
            }
            for line in document.values()
        ],
        "vat": [
            {
                "rate": vat_words(each.rate),
                "base": money(each.base),
                "vat": money(each.vat),
                "reason": " ; ".join(EXEMPTIONS[reason] for reason in each.exemptions),
            }
            for each in found.by_rate
        ],
        "net": money(found.net),
        "tax": money(found.vat),
        "gross": money(found.gross),
        "total_label": "Net à payer" if document.is_invoice else "Total de l’avoir",
        "outside": money(found.outside) if found.outside and found.turnover else "",
        "turnover": money(found.turnover),
        "terms": payment_terms(document, parties),
        "iban": " ".join(parties.iban[at : at + 4] for at in range(0, len(parties.iban), 4)),
        "bic": parties.bic,
        "notes": [text for code, text in _notes(document, parties) if code != "AAI"],
        "footer": _footer(parties.seller),
        "is_invoice": document.is_invoice,
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            pdf_standards=["a-3b"],
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _clause_words(clause: str) -> str:
    return f"clause {clause}" if clause else ""


def period_words(document: Document) -> str:
    """The period in words, both days included."""
    last = document.period_end_on - timedelta(days=1)
    return f"du {date_short(document.period_start_on)} au {date_short(last)}"


def period_short(document: Document) -> str:
    """The period for a list: the month's name when it is a whole month."""
    start_on, end_on = document.period_start_on, document.period_end_on
    whole = start_on.day == 1 and end_on.day == 1 and (end_on - start_on).days in range(28, 32)
    return month_fr(start_on) if whole else period_words(document)


def _party_words(party: Party) -> dict[str, Any]:
    ids = [f"SIRET {party.siret}"] + ([f"TVA {party.vat_id}"] if party.vat_id else [])
    return {"name": party.name, "lines": [*party.street, f"{party.postcode} {party.city}"], "ids": ids}


def _footer(party: Party) -> str:
    ids = f"SIREN {party.siren} · TVA {party.vat_id}"
    return " · ".join(each for each in (f"{party.name} {party.legal_form}".strip(), ids) if each)


def factur_x(document: Document) -> tuple[bytes, bytes]:
    """The PDF with the XML inside, and that XML alone."""
    xml = invoice_xml(document)
    kind = KINDS[DocumentKind(document.kind)]
    seller = Parties.from_json(document.parties or {}).seller.name
    pdf = facturx.generate_from_binary(
        invoice_pdf(document),
        xml,
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        lang="fr-FR",
        pdf_metadata={
            "author": seller,
            "keywords": f"Factur-X, {kind}",
            "title": f"{kind} {document.number}",
            "subject": f"{kind} {document.number} du {date_fr(document.issued_on)}",
        },
    )
    return bytes(pdf), xml

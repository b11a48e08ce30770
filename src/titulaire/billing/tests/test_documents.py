"""The Factur-X of a document: the XML inside the PDF says what the database says, by the rules of EN 16931."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import facturx
import pypdfium2
import pytest
from lxml import etree
from saxonche import PySaxonProcessor

from titulaire.billing import services
from titulaire.billing.models import Document
from titulaire.billing.rules import Cause, Exemption, InvoiceLine, Item, Unit, charge, penalty_deduction
from titulaire.billing.tests.factories import ACTOR, AT, billed_contract, hours, issued, two_parts
from titulaire.journal import files

pytestmark = pytest.mark.django_db

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
EN16931 = RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
FRENCH = RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt"


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _rules(sheet: Path) -> object:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))


def broken_rules(xml: bytes, sheet: Path) -> list[str]:
    """What the schematron reproaches the XML with."""
    node = _processor().parse_xml(xml_text=xml.decode())
    told = etree.fromstring(_rules(sheet).transform_to_string(xdm_node=node).encode())
    found = told.xpath("//*[local-name()='failed-assert' or local-name()='successful-report']")
    return [" ".join("".join(each.itertext()).split()) for each in found]


def amounts(xml: bytes, name: str) -> list[Decimal]:
    return [Decimal(each.text) for each in etree.fromstring(xml).iter("{*}" + name)]


def contents(document: Document) -> tuple[bytes, bytes]:
    code = document.contract.code
    return files.read(document.pdf_sha256, contract=code), files.read(document.xml_sha256, contract=code)


def credit() -> Document:
    return services.issue_credit_note(
        invoice=issued(),
        cause=Cause.UNUSED_TITLES,
        reason="Relevé contradictoire du 2 octobre",
        lines=[charge(Item.FACE_VALUE, "Titres périmés repris", Decimal(12), Decimal(10))],
        request_key="avoir",
        actor=ACTOR,
        at=AT,
    ).document


def with_penalty() -> Document:
    return issued(
        billed_contract("mes", "SUPPORT", "M"),
        [*hours(), penalty_deduction("Taux de décroché", Decimal("394.31"))],
    )


def every_rate() -> Document:
    lines = [
        InvoiceLine(Item.OTHER, f"À {rate} %", Decimal(3), Unit.LUMP, Decimal("9.99"), Decimal(rate) / 100)
        for rate in ("20", "10", "5.5", "2.1")
    ]
    exempt = InvoiceLine(
        Item.OTHER, "Exonéré", Decimal(1), Unit.LUMP, Decimal(7), Decimal(0), Exemption.EXEMPT
    )
    return issued(lines=[*lines, exempt, *two_parts()])


MADE = [issued, credit, with_penalty, every_rate]


@pytest.mark.clause("T-2.1.2-avoirs", "S-7.2-commandes")
@pytest.mark.parametrize("make", MADE)
def test_the_xml_inside_the_pdf_holds_to_the_schema_and_to_the_rules_of_the_profile(make: object) -> None:
    document: Document = make()  # type: ignore[operator]
    pdf, xml = contents(document)
    name, inside = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)
    assert (name, inside) == ("factur-x.xml", xml)
    assert broken_rules(xml, EN16931) == []
    assert broken_rules(xml, FRENCH) == []


def test_the_schematron_sees_a_wrong_total() -> None:
    _, xml = contents(issued())
    wrong = re.sub(rb"(<ram:GrandTotalAmount[^>]*>)[^<]+", rb"\g<1>1.00", xml)
    assert any("BR-CO-15" in fault for fault in broken_rules(wrong, EN16931))


@pytest.mark.parametrize("make", MADE)
def test_the_xml_says_the_amounts_of_the_document(make: object) -> None:
    document: Document = make()  # type: ignore[operator]
    _, xml = contents(document)
    assert amounts(xml, "TaxBasisTotalAmount") == [document.net]
    assert amounts(xml, "TaxTotalAmount") == [document.vat]
    assert amounts(xml, "GrandTotalAmount") == amounts(xml, "DuePayableAmount") == [document.gross]
    assert amounts(xml, "LineTotalAmount")[:-1] == [line.net for line in document.lines.all()]
    assert amounts(xml, "CalculatedAmount") == [each.vat for each in document.totals().by_rate]


def text_of(xml: bytes, path: str) -> str:
    found = etree.fromstring(xml).findall(".//" + "/".join("{*}" + step for step in path.split("/")))
    return found[0].text or ""


def test_the_fields_of_chorus_pro_are_where_it_reads_them() -> None:
    _, xml = contents(issued())
    assert text_of(xml, "BuyerReference") == "ASS-47"
    assert text_of(xml, "BuyerOrderReferencedDocument/IssuerAssignedID") == "EJ-2026-0047"
    assert text_of(xml, "ContractReferencedDocument/IssuerAssignedID") == "2024-47-TITRES"


@pytest.mark.clause("T-2.1.2-avoirs")
def test_a_credit_note_names_the_invoice_it_corrects() -> None:
    _, xml = contents(credit())
    assert text_of(xml, "ExchangedDocument/TypeCode") == "381"
    assert text_of(xml, "InvoiceReferencedDocument/IssuerAssignedID") == "F2026-0001"


@pytest.mark.parametrize("make", MADE)
def test_the_pdf_bears_every_mention_that_the_law_asks_for(make: object) -> None:
    document: Document = make()  # type: ignore[operator]
    pdf, _ = contents(document)
    pages = pypdfium2.PdfDocument(pdf)
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)
    parties = document.parties["seller"]
    for mention in (
        document.number, parties["siret"], parties["vat_id"], parties["name"], "Caisse d’exemple",
        "Indemnité forfaitaire pour frais de recouvrement : 40,00", "Pénalités de retard", "Aucun escompte",
        "EJ-2026-0047", "ASS-47", "5 octobre 2026",
    ):  # fmt: skip
        assert mention in text, mention
    if document.is_invoice:
        assert "4 novembre 2026" in text
        assert "FR14 2004 1010 0505 0001 3M02 606" in text

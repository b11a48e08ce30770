"""Contracts, parties and lines for tests. Every company is invented; its numbers only pass their checks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from titulaire.billing import services
from titulaire.billing.models import Document
from titulaire.billing.parties import Parties, Party
from titulaire.billing.rules import InvoiceLine, Item, charge
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract

ACTOR = "user:00000000-0000-4000-8000-000000000003"
AT = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def luhn(digits: str) -> str:
    """The digits with the last one that makes them a SIREN or a SIRET."""
    from stdnum import luhn as check

    return digits + check.calc_check_digit(digits)


def vat_id(siren: str) -> str:
    """The French VAT number of a SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"


SELLER_SIREN, BUYER_SIREN = luhn("90100200"), luhn("90300400")


def parties(name: str = "Titres Garonne (exemple)") -> Parties:
    return Parties(
        seller=Party(
            name=name,
            siret=luhn(f"{SELLER_SIREN}0001"),
            vat_id=vat_id(SELLER_SIREN),
            street=("12 quai des Essais",),
            postcode="47000",
            city="Agen",
            legal_form="SAS au capital de 100 000 €",
        ),
        buyer=Party(
            name="Caisse d’exemple",
            siret=luhn(f"{BUYER_SIREN}0001"),
            street=("1 place du Modèle",),
            postcode="47000",
            city="Agen",
        ),
        iban="FR1420041010050500013M02606",
        bic="PSSTFRPPBOR",
        contract_reference="2024-47-TITRES",
        payment_days=30,
        late_interest="taux de la Banque centrale européenne majoré de huit points",
    )


def billed_contract(code: str = "cpam47", kind: str = "VOUCHERS", series: str = "") -> Contract:
    """A contract that can invoice."""
    found = contract(code, kind)
    services.save_profile(
        contract=found,
        parties=parties(),
        series=series,
        engagement_number="EJ-2026-0047",
        service_code="ASS-47",
        actor=ACTOR,
        at=AT,
    )
    return found


def two_parts() -> list[InvoiceLine]:
    """Titles at face value, outside turnover, then what is earned on them."""
    return [
        charge(
            Item.FACE_VALUE, "Titres de 10 € émis", Decimal(520), Decimal(10), source="Commande 2026-0012"
        ),
        charge(Item.COMMISSION, "Commission", Decimal(1), Decimal("83.33"), source="Annexe financière"),
        charge(Item.POSTAGE, "Lettres suivies", Decimal(52), Decimal("3.1"), source="Remise du 2 octobre"),
        charge(Item.SLEEVES, "Pochettes", Decimal(50), Decimal("0.4275")),
    ]


def hours(quantity: str = "1200.5") -> list[InvoiceLine]:
    return [
        charge(Item.UO1, "Heures productives, appels", Decimal(quantity), Decimal("31.2")),
        charge(Item.UO4, "Formulaires traités", Decimal(845), Decimal("2.35")),
    ]


def drafted(
    on: Contract | None = None, lines: list[InvoiceLine] | None = None, *, key: str = "septembre"
) -> Document:
    found = on or billed_contract()
    return services.draft_invoice(
        contract=found,
        start_on=SEPTEMBER,
        end_on=OCTOBER,
        lines=lines or (two_parts() if found.kind == "VOUCHERS" else hours()),
        request_key=key,
        actor=ACTOR,
        at=AT,
    ).document


def issued(
    on: Contract | None = None, lines: list[InvoiceLine] | None = None, *, key: str = "septembre"
) -> Document:
    return services.issue_invoice(document=drafted(on, lines, key=key), actor=ACTOR, at=AT).document

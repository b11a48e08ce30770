"""The French words of the codes of this room: screens, PDF, XML and command say the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from titulaire.amounts import CENT
from titulaire.billing.rules import Cause, Channel, DocumentKind, Exemption, Item, Means, Standing, Unit
from titulaire.ui.formats import NO_BREAK, money, number, rate
from titulaire.ui.tables import Status

KINDS: Mapping[str, str] = {DocumentKind.INVOICE: "Facture", DocumentKind.CREDIT_NOTE: "Avoir"}
ITEMS: Mapping[str, str] = {
    Item.FACE_VALUE: "Valeur faciale des titres",
    Item.COMMISSION: "Commission",
    Item.POSTAGE: "Frais d’envoi",
    Item.SLEEVES: "Pochettes",
    Item.UO1: "UO1 : heures productives, téléphone",
    Item.UO2: "UO2 : actes, téléphone",
    Item.UO3: "UO3 : heures productives, formulaires",
    Item.UO4: "UO4 : actes, formulaires",
    Item.PENALTY: "Pénalité déduite",
    Item.OTHER: "Autre prestation",
}
UNITS: Mapping[str, str] = {
    Unit.HOUR: "h",
    Unit.ACT: "acte",
    Unit.TITLE: "titre",
    Unit.PIECE: "pièce",
    Unit.LUMP: "forfait",
}
CHANNELS: Mapping[str, str] = {Channel.PHONE: "téléphone", Channel.FORMS: "formulaires"}
EXEMPTIONS: Mapping[str, str] = {
    Exemption.FACE_VALUE: "Valeur faciale de bons à usages multiples, hors du champ de la TVA (CGI, art. 256 ter)",
    Exemption.PENALTY: "Pénalité contractuelle, hors du champ de la TVA",
    Exemption.EXEMPT: "Exonération de TVA (CGI, art. 261)",
}
CAUSES: Mapping[str, str] = {
    Cause.PENALTY: "Pénalité",
    Cause.UNUSED_TITLES: "Titres perdus, volés ou périmés",
    Cause.DEFECT: "Titres ou prestations défectueux",
    Cause.ERROR: "Erreur de facturation",
    Cause.CANCELLATION: "Annulation de la facture",
}
MEANS: Mapping[str, str] = {Means.TRANSFER: "Virement", Means.CHEQUE: "Chèque"}
STANDINGS = {
    Standing.DRAFT: Status("DRAFT", "Brouillon", "info"),
    Standing.DUE: Status("DUE", "À payer", "warn"),
    Standing.LATE: Status("LATE", "En retard", "bad"),
    Standing.SETTLED: Status("SETTLED", "Soldée", "good"),
    Standing.CREDIT: Status("CREDIT", "Avoir émis", "calm"),
}
LATE_INTEREST = "Taux de la Banque centrale européenne en vigueur majoré de huit points"
EARLY_PAYMENT = "Aucun escompte pour paiement anticipé."

LINE_FAULTS = {
    "NO_LABEL": "Écrivez la désignation de la ligne.",
    "NOT_DECIMAL": "La quantité, le prix et le taux sont des nombres décimaux.",
    "NO_QUANTITY": "Écrivez une quantité différente de zéro.",
    "NEGATIVE_PRICE": "Un prix n’est jamais négatif : pour une déduction, écrivez une quantité négative.",
    "TOO_PRECISE": "Quatre décimales au plus pour la quantité et pour le prix.",
    "EXEMPTION_AND_RATE": "Choisissez un taux de TVA, ou le motif pour lequel il n’y en a pas.",
    "UNKNOWN_RATE": "Ce taux de TVA n’existe pas en France métropolitaine.",
    "FACE_VALUE_TAXED": "La valeur faciale des titres ne porte pas de TVA.",
    "NOT_FACE_VALUE": "Seule la valeur faciale des titres sort du champ de la TVA à ce titre.",
    "PENALTY_TAXED": "Une pénalité ne porte pas de TVA.",
    "FOREIGN_ITEM": "Cette prestation n’est pas de ce marché.",
}


def document_fault(fault: str, left: Decimal | None = None) -> str:
    """Why a document is refused, and how to mend it."""
    room = f" Il reste {money(left)}." if left is not None else ""
    return {
        "NO_LINE": "Écrivez au moins une ligne.",
        "NOT_OWED": "Le total est nul ou négatif : faites un avoir sur une facture émise.",
        "NEGATIVE_RATE": "Les déductions dépassent les prestations d’un taux de TVA : faites un avoir.",
        "NOTHING_CREDITED": "Un avoir rend un montant positif, à chaque taux de TVA.",
        "CAUSE_AND_LINES": "Un avoir de pénalité n’a que des lignes de pénalité, et elles n’ont pas d’autre cause.",
        "MORE_THAN_INVOICED": f"L’avoir dépasse ce que la facture porte encore.{room}",
        "MORE_THAN_INVOICED_AT_RATE": (
            f"L’avoir dépasse ce que la facture porte encore à un taux de TVA.{room}"
        ),
    }[fault]


def quantity_words(quantity: Decimal, unit: Unit) -> str:
    """A quantity and its unit: `520 titres`, `12,5 h`."""
    word = UNITS[unit]
    return f"{number(quantity)}{NO_BREAK}{word if abs(quantity) < 2 or len(word) == 1 else word + 's'}"


def price_words(unit_price: Decimal) -> str:
    """A unit price: to the cent, or with the decimals that it has."""
    cents = unit_price == unit_price.quantize(CENT)
    return money(unit_price) if cents else f"{number(unit_price)}{NO_BREAK}€"


def vat_words(vat_rate: Decimal) -> str:
    """A rate of VAT as a page shows it."""
    return rate(vat_rate, 1 if (vat_rate * 100) % 1 else 0) if vat_rate else "sans TVA"

"""The French words of this room's codes."""

from decimal import Decimal

from titulaire.ui.formats import count_fr, money, rate
from titulaire.ui.tables import Status
from titulaire.vouchers.complaints.wording import TYPOLOGIES
from titulaire.vouchers.settlement.rules import (
    Breach,
    CannotBill,
    Invariant,
    LineNotCharged,
    NotBillable,
    NotToTheCent,
    WrongInvoice,
)
from titulaire.vouchers.stops.wording import REASONS

INVARIANTS = {
    Invariant.ONE_STATE: "Chaque titre est dans un état, et un seul",
    Invariant.ADDS_UP: "Ce qui est commandé se retrouve en entier, en nombre et en valeur",
    Invariant.ONE_DESCENDANT: "Un titre remplacé est mort, et un seul titre vit à sa place",
    Invariant.UNDER_CEILING: "Rien n’est commandé ni émis au-delà du plafond",
    Invariant.HAS_ORDER_LINE: "Aucun titre sans ligne de commande, aucune ligne émise de travers",
    Invariant.HISTORY: "L’historique de chaque titre mène à son état",
}


def breach_sentence(breach: Breach) -> str:
    """What does not hold, in words and figures."""
    where = f"Millésime {breach.vintage} : " if breach.vintage else ""
    sample = f" ({', '.join(breach.sample)})" if breach.sample else ""
    if breach.invariant is Invariant.UNDER_CEILING:
        return f"{money(Decimal(breach.cents) / 100)} d’écart{sample}."
    if breach.invariant is Invariant.ADDS_UP:
        return f"{where}{count_fr(breach.count, 'titre')} et {money(Decimal(breach.cents) / 100)} d’écart{sample}."
    return f"{where}{count_fr(breach.count, 'cas', 'cas')}{sample}."


REISSUES = {"UNUSED": "Non utilisés, échangés de millésime", **REASONS}
FIGURES = {
    "ISSUED": "Titres émis",
    "UNNAMED": "Titres non nominatifs émis",
    "REFUNDED_EXPIRED": "Titres remboursés pour péremption",
    "REFUNDED_LOST": "Titres remboursés pour perte",
    "ACTIONS": "Actions correctives",
}


def figure_label(figure: str) -> str:
    """A figure of the yearly report, in words."""
    kind, _, detail = figure.partition("-")
    if kind == "COMPLAINTS":
        return f"Réclamations : {TYPOLOGIES.get(detail, detail).lower()}"
    if kind == "REISSUED":
        return f"Titres réémis : {REISSUES.get(detail, detail).lower()}"
    return FIGURES.get(figure, figure)


def figure_unit(figure: str) -> str:
    """What the figure counts."""
    return {"COMPLAINTS": "réclamation", "ACTIONS": "action"}.get(figure.partition("-")[0], "titre")


BASES = {"PRO_RATA": "au prorata des commandes", "EXACT_DIFFERENCE": "différence exacte"}
WEIGHTS = {"VALUE": "en valeur", "NUMBER": "en nombre"}
YEARS = {"VINTAGE": "celles du millésime", "CALENDAR_YEAR": "celles de l’année civile"}
HOLDINGS = {"HELD": "Détenu par l’acheteur", "LOST": "Perdu"}
CAUSES = {
    "COMPLAINT": "Réclamation",
    "REFUND": "Remboursement",
    "DELIVERY": "Livraison",
    "DEFECT": "Titres défectueux",
    "INVOICE": "Facture",
    "OTHER": "Autre",
}
BILLINGS = {
    "BILLED": Status("BILLED", "Sur facture", "good"),
    "TO_BILL": Status("TO_BILL", "À facturer", "warn"),
    "NONE": Status("NONE", "Hors facture", "calm"),
}


def billing_fault(fault: CannotBill) -> str:
    """Why a credit note is not put on this invoice, and what to do."""
    match fault:
        case NotBillable():
            return (
                f"L’avoir {fault.number} ne corrige aucune facture (cause : {CAUSES[fault.cause].lower()}) : "
                "il se règle autrement."
            )
        case WrongInvoice():
            named = f" Il corrige {fault.named}." if fault.named else ""
            return f"L’avoir {fault.number} ne corrige pas la facture {fault.given}.{named}"
        case LineNotCharged():
            return "Choisissez une ligne de la facture qui charge une prestation ou des titres."
        case NotToTheCent():
            near = " ou ".join(money(each) for each in fault.nearest)
            return (
                f"Aucun montant hors taxe ne donne {money(fault.amount)} avec {rate(fault.vat_rate, 1)} de TVA "
                f"(au plus près : {near}). Choisissez une ligne d’un autre taux, ou faites l’avoir depuis la facture."
            )
    raise AssertionError(fault)


REMINDER_CHANNELS = {"EMAIL": "Courriel à l’acheteur", "LETTER": "Courriers aux bénéficiaires", "SMS": "SMS"}

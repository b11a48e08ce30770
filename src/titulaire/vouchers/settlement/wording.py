"""The French words of this room's codes."""

from decimal import Decimal

from titulaire.ui.formats import count_fr, money
from titulaire.vouchers.complaints.wording import TYPOLOGIES
from titulaire.vouchers.settlement.rules import Breach, Invariant
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
REMINDER_CHANNELS = {"EMAIL": "Courriel à l’acheteur", "LETTER": "Courriers aux bénéficiaires", "SMS": "SMS"}

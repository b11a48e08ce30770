"""The French words of this room's codes and refusals."""

from __future__ import annotations

from titulaire.support.ledger.rules import (
    HOURS,
    LedgerState,
    NoPrice,
    OrderKind,
    OrderNotice,
    PriceChangesWithin,
    Standing,
    WorkUnit,
)
from titulaire.ui.formats import count_fr, date_fr
from titulaire.ui.tables import Status

UNITS = {
    WorkUnit.UO1.value: "UO1, heures au téléphone",
    WorkUnit.UO2.value: "UO2, actes au téléphone",
    WorkUnit.UO3.value: "UO3, heures sur formulaires",
    WorkUnit.UO4.value: "UO4, actes sur formulaires",
}
STATES = {
    one.code: one
    for one in (
        Status(LedgerState.OPEN.value, "Ouvert", "info"),
        Status(LedgerState.CLOSED.value, "Clos", "good"),
    )
}
ORDERS = {
    one.code: one
    for one in (
        Status(Standing.PENDING.value, "À valider", "info"),
        Status(Standing.VALIDATED.value, "Validée", "good"),
        Status(Standing.DEEMED.value, "Réputée valide", "good"),
        Status(Standing.REFUSED.value, "Refusée", "bad"),
        Status(Standing.INDICATIVE.value, "Indicative", "calm"),
        Status(Standing.REPLACED.value, "Remplacée", "calm"),
        Status(Standing.CANCELLED.value, "Annulée", "bad"),
    )
}
KINDS = {OrderKind.FIRM.value: "Ferme", OrderKind.INDICATIVE.value: "Indicative"}


def lead_written(notice: OrderNotice) -> str:
    """How far ahead an order begins, and what the contract asks when it asks otherwise."""
    if notice.is_early_enough:
        return f"J+{notice.lead}"
    asked = " ou ".join(f"J+{one}" for one in notice.asked_leads)
    return f"J+{notice.lead} au lieu de {asked}"


def span_written(notice: OrderNotice) -> str:
    """How many working days an order covers, and how many the contract asks when it asks otherwise."""
    told = count_fr(notice.span, "jour ouvré", "jours ouvrés")
    return told if notice.is_whole else f"{told} au lieu de {notice.asked_span}"


ENTRY_FAULTS = {
    "OUTSIDE_MONTH": "Ces jours sortent du mois.",
    "ENTERED_TWICE": "Ces jours sont déjà dans ce fichier pour la même unité et le même site.",
    "ALREADY_ENTERED": "Ces jours sont déjà saisis : pour les remplacer, dites pourquoi.",
    "HALF_CORRECTED": "La saisie remplacée couvre d’autres jours : corrigez-les tous ensemble.",
}


def unit_word(unit: str) -> str:
    """What the unit counts."""
    return "h" if WorkUnit(unit) in HOURS else "actes"


def price_fault(error: NoPrice | PriceChangesWithin) -> str:
    """Why a month has no amount yet, and what to do."""
    if isinstance(error, NoPrice):
        return f"{error.unit.value} n’a pas de prix au {date_fr(error.on)} : saisissez son prix unitaire."
    return (
        f"Le prix de {error.unit.value} change le {date_fr(error.on)} : "
        "saisissez à part les jours d’avant et ceux d’après."
    )

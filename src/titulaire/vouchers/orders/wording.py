"""The French words for this room's codes, on screens, in files and in the command."""

from __future__ import annotations

from datetime import date

from titulaire.ui.formats import count_fr, date_fr
from titulaire.ui.tables import Status
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import Delivery, OrderKind, OrderState

KINDS = {OrderKind.MONTHLY.value: "Mensuelle", OrderKind.ADHOC.value: "Ponctuelle"}
CIVILITIES = {"M": "M.", "MME": "Mme", "M_MME": "M. et Mme"}
DELIVERIES = {Delivery.HOME.value: "Domicile", Delivery.CPAM.value: "Acheteur"}
STATES = {
    state.code: state
    for state in (
        Status(OrderState.CONFIRMED.value, "Confirmée", "info"),
        Status(OrderState.ACKNOWLEDGED.value, "Accusée", "info"),
        Status(OrderState.ISSUED.value, "Émise", "info"),
        Status(OrderState.RELEASED.value, "Bonne à imprimer", "good"),
        Status(OrderState.CANCELLED.value, "Annulée", "calm"),
    )
}
CALENDAR_FAULTS = {
    "NOT_TWELVE_MONTHS": "Le calendrier doit compter les douze mois de l’année.",
    "DELIVERY_BEFORE_ORDER": "Une livraison est prévue avant la fin des commandes de son mois.",
    "DATES_OUT_OF_ORDER": "Les dates limites de commande doivent se suivre de mois en mois.",
}


def shift_sentence(shift: str, *, vintage: int | None, promised_on: date, planned_on: date | None) -> str:
    """Why delivery moves, as the contractor tells the buyer; nothing when it does not."""
    instead = f" au lieu du {date_fr(planned_on)}" if planned_on else ""
    if shift == "VINTAGE":
        return (
            f"La fabrication au millésime {vintage} décale la livraison : "
            f"elle est annoncée pour le {date_fr(promised_on)}{instead}."
        )
    if shift == "LATE_ORDER":
        return (
            "La commande dépasse la date du calendrier : "
            f"la livraison est annoncée pour le {date_fr(promised_on)}{instead}."
        )
    return ""


def shift_of(order: Order) -> str:
    """The announced shift of an order, in words."""
    if order.promised_on is None:
        return ""
    return shift_sentence(
        order.shift, vintage=order.vintage, promised_on=order.promised_on, planned_on=order.planned_on
    )


def delivery_sentence(home: int, buyer: int) -> str:
    """How many titles go where."""
    parts = [
        f"{count_fr(home, 'titre')} au domicile des bénéficiaires" if home else "",
        f"{count_fr(buyer, 'titre')} chez l’acheteur, sous plis scellés" if buyer else "",
    ]
    return " ; ".join(part for part in parts if part)

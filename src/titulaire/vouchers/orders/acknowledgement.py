"""The acknowledgement of receipt as a PDF: dated, without anyone's name, the same bytes for the same order."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import typst
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import Delivery, OrderKind, last_day_of_use

TEMPLATE = Path(__file__).with_name("acknowledgement.typ")

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
KINDS = {OrderKind.MONTHLY: "Commande mensuelle", OrderKind.ADHOC: "Commande ponctuelle"}


class NotAcknowledged(Exception):
    """The order has no acknowledgement to print yet."""


@clause("T-2.6-livraison-cpam", "T-2.4-novembre", "T-3.3-tracabilite")
def acknowledgement_pdf(order: Order) -> bytes:
    """The acknowledgement of an order, in French.

    Raises:
        NotAcknowledged: nobody acknowledged the order yet.
    """
    if order.acknowledged_on is None or order.promised_on is None or order.due_on is None:
        raise NotAcknowledged(order.number)
    contract = order.contract
    terms = queries.order_terms(contract, on=order.acknowledged_on)
    last_day = last_day_of_use(order.vintage, month=terms.last_use_month, day=terms.last_use_day)
    home = sum(order.lines.filter(delivery=Delivery.HOME).values_list("vouchers", flat=True))
    facts: list[tuple[str, str]] = [
        ("Commande", f"n° {order.number} — {KINDS[OrderKind(order.kind)].lower()}"),
        ("Titres du mois de", month_text(order.month)),
        ("Reçue le", instant_text(order.confirmed_at)),
        ("Titres", f"{count(order.vouchers)} en {count(order.booklets)} carnets de 1 à {terms.booklet_most}"),
        ("Valeur faciale", queries.euros(order.face_value)),
        ("Montant", queries.euros(order.amount)),
        ("Livraison", delivery_text(home, order.vouchers - home)),
        ("Millésime", f"{order.vintage}, valable jusqu’au {day_text(last_day)} inclus"),
    ]
    if order.source is not None:
        facts.append(("Fichier reçu", f"{order.source.name}, empreinte SHA-256 {order.source.sha256}"))
    if order.rows_refused:
        facts.append(("Lignes refusées", f"{count(order.rows_refused)} : non commandées, à corriger"))
    content = {
        "number": order.number,
        "title": contract.title,
        "buyer": contract.buyer.name,
        "contractor": contract.contractor.name,
        "acknowledged_on": day_text(order.acknowledged_on),
        "due_on": day_text(order.due_on),
        "promised_on": day_text(order.promised_on),
        "working_days": terms.delivery_working_days,
        "shift": shift_text(order),
        "facts": facts,
    }
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def shift_text(order: Order) -> str:
    """Why delivery moves, as the contractor must tell the buyer; nothing when it does not."""
    if not order.shift or order.promised_on is None:
        return ""
    instead = f" au lieu du {day_text(order.planned_on)}" if order.planned_on else ""
    if order.shift == "VINTAGE":
        return (
            f"La fabrication au millésime {order.vintage} décale la livraison : elle est annoncée pour le "
            f"{day_text(order.promised_on)}{instead}."
        )
    return (
        f"La commande est arrivée après la date du calendrier : livraison le {day_text(order.promised_on)}"
        f"{instead}."
    )


def delivery_text(home: int, buyer: int) -> str:
    """How many titles go where."""
    parts = [
        f"{count(home)} titres au domicile des bénéficiaires" if home else "",
        f"{count(buyer)} titres à l’acheteur, sous plis scellés" if buyer else "",
    ]
    return " ; ".join(part for part in parts if part)


def day_text(day: date) -> str:
    """« 1er mars 2027 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def month_text(month: date) -> str:
    """« mars 2027 »."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def instant_text(at: datetime) -> str:
    """« 1er mars 2027 à 14 h 05 », in the contract's time."""
    local = timezone.localtime(at)
    return f"{day_text(local.date())} à {local:%H} h {local:%M}"


def count(number: int) -> str:
    """A count with French thousands."""
    return f"{number:,}".replace(",", "\u202f")

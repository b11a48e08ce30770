"""The acknowledgement of receipt as a PDF: dated, without anyone's name, the same bytes for the same order."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from titulaire.clauses import clause
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money, month_fr
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import Delivery
from titulaire.vouchers.orders.wording import KINDS, delivery_sentence, shift_of

TEMPLATE = Path(__file__).with_name("acknowledgement.typ")


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
    home = sum(order.lines.filter(delivery=Delivery.HOME).values_list("vouchers", flat=True))
    facts: list[tuple[str, str]] = [
        ("Commande", f"n° {order.number}, {KINDS[order.kind].lower()}"),
        ("Titres du mois de", month_fr(order.month)),
        ("Reçue le", instant_fr(order.confirmed_at)),
        (
            "Quantité",
            f"{count_fr(order.vouchers, 'titre')} en {count_fr(order.booklets, 'carnet')} "
            f"de 1 à {terms.booklet_most}",
        ),
        ("Valeur faciale", money(order.face_value)),
        ("Montant", money(order.amount)),
        ("Livraison", delivery_sentence(home, order.vouchers - home)),
        ("Millésime", f"{order.vintage}, valable jusqu’au {date_fr(order.valid_until_on)} inclus"),
    ]
    if order.source is not None:
        facts.append(("Fichier reçu", order.source.name))
        facts.append(("Empreinte SHA-256", order.source.sha256))
    if order.rows_refused:
        facts.append(("Lignes refusées", f"{order.rows_refused} : non commandées, à corriger"))
    content = {
        "number": order.number,
        "title": contract.title,
        "buyer": contract.buyer.name,
        "contractor": contract.contractor.name,
        "acknowledged_on": date_fr(order.acknowledged_on),
        "due_on": date_fr(order.due_on),
        "promised_on": date_fr(order.promised_on),
        "working_days": terms.delivery_working_days,
        "shift": shift_of(order),
        "facts": facts,
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )

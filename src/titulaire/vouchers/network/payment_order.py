"""The order given to the bank: one SEPA credit transfer per remittance (pain.001.001.09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sepaxml import SepaTransfer

SCHEMA = "pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One remittance to pay. `end_to_end` comes back on the bank statement of both sides."""

    name: str
    iban: str
    amount_cents: int
    end_to_end: str
    description: str


def payment_order(
    *, number: str, name: str, iban: str, bic: str, execution_on: date, transfers: Sequence[Transfer]
) -> bytes:
    """The file to hand to the bank, checked against the scheme's XSD.

    Raises:
        sepaxml.validation.ValidationError: a value does not fit the scheme.
    """
    payer = {"name": name, "IBAN": iban, "batch": True, "currency": "EUR"}
    if bic:
        payer["BIC"] = bic
    order = SepaTransfer(payer, schema=SCHEMA, clean=True)
    order.msg_id = number
    for header in order._xml.iter("MsgId"):
        header.text = number
    for one in transfers:
        order.add_payment(
            {
                "name": one.name,
                "IBAN": one.iban,
                "amount": one.amount_cents,
                "execution_date": execution_on,
                "description": one.description,
                "endtoend_id": one.end_to_end,
            }
        )
    return bytes(order.export(validate=True, pretty_print=True))

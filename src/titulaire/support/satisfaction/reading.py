"""A file of contacts, read row by row."""

from __future__ import annotations

from django.utils import timezone

from titulaire.support.incidents.sheets import Fault, Reader, SheetRefused, read_sheet
from titulaire.support.satisfaction.rules import Contact
from titulaire.support.satisfaction.services import Named
from titulaire.support.satisfaction.wording import CHANNELS

REQUIRED = ("contact", "canal", "date")
COLUMNS = (*REQUIRED, "destinataire", "motif", "flux", "site")


def contacts_of(content: bytes) -> list[Named]:
    """The contacts of a CSV or Excel file: a reference each, and an address that is only hashed.

    Raises:
        SheetRefused: with every fault; nothing is to be taken.
    """
    faults: list[Fault] = []
    found = []
    channels = {label: code for code, label in CHANNELS.items()} | {code: code for code in CHANNELS}
    for row in read_sheet(content, required=REQUIRED, known=COLUMNS):
        reader = Reader(row, faults)
        reference = reader.text("contact", longest=80, required=True)
        channel = reader.choice("canal", channels)
        civil = reader.instant("date")
        address = reader.text("destinataire", longest=254)
        said = {
            "reason": reader.text("motif", longest=120),
            "flow": reader.text("flux", longest=40),
            "site": reader.text("site", longest=40),
        }
        if channel is not None and civil is not None:
            at = timezone.make_aware(civil)
            found.append(Named(Contact(reference, "", civil.date(), channel, at, **said), address))
    if faults:
        raise SheetRefused(faults)
    return found

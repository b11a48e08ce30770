"""A file of quantities produced, read into entries of a month."""

from __future__ import annotations

from titulaire.support.incidents.sheets import Fault, Reader, SheetRefused, read_sheet
from titulaire.support.ledger.rules import HOURS, ONE_DAY, Produced, WorkUnit
from titulaire.support.ledger.services import NewEntry
from titulaire.support.ledger.wording import UNITS

REQUIRED = ("du", "unite", "quantite")
COLUMNS = (*REQUIRED, "au", "site")


def entries_of_sheet(content: bytes) -> list[NewEntry]:
    """The quantities of a CSV or Excel file: one row per unit and day, or per days from « du » to « au » included.

    Raises:
        SheetRefused: with every fault; nothing is to be taken.
    """
    faults: list[Fault] = []
    found = []
    units = {unit.value: unit for unit in WorkUnit} | {label: WorkUnit(code) for code, label in UNITS.items()}
    for row in read_sheet(content, required=REQUIRED, known=COLUMNS):
        reader = Reader(row, faults)
        unit = reader.choice("unite", units)
        since = reader.day("du")
        last = reader.day("au", required=False) or since
        quantity = reader.number("quantite", places=2)
        site = reader.text("site", longest=40)
        if since and last and last < since:
            reader.fault("au", "ENDS_BEFORE", "La fin précède le début.")
            continue
        if unit and unit not in HOURS and quantity is not None and quantity != int(quantity):
            reader.fault("quantite", "NOT_WHOLE", "Les actes se comptent en entiers.")
        if unit and since and last and quantity is not None:
            found.append(NewEntry(Produced(unit, since, last + ONE_DAY, quantity, site), row.number))
    if faults:
        raise SheetRefused(faults)
    return found

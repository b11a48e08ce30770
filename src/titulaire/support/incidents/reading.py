"""A file of dysfunctions, read into declarations."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from titulaire.support.incidents.rules import Side
from titulaire.support.incidents.services import Declaration
from titulaire.support.incidents.sheets import Fault, Reader, SheetRefused, read_sheet
from titulaire.support.incidents.wording import SIDES

REQUIRED = ("constat", "origine", "debut")
COLUMNS = (
    *REQUIRED,
    *("fin", "interruption", "reference externe", "flux", "sites", "outils", "description"),
    "acheteur informe le",
)


def declarations_of(content: bytes) -> list[Declaration]:
    """The dysfunctions of a CSV or Excel file.

    Raises:
        SheetRefused: with every fault; nothing is to be taken.
    """
    faults: list[Fault] = []
    found = []
    sides: dict[str, Side] = {label: Side(code) for code, label in SIDES.items()}
    sides |= {side.value: side for side in Side}
    for row in read_sheet(content, required=REQUIRED, known=COLUMNS):
        reader = Reader(row, faults)
        side = reader.choice("origine", sides)
        since = reader.instant("debut")
        until = reader.instant("fin", required=False)
        told = reader.instant("acheteur informe le", required=False)
        what = reader.text("constat", longest=200, required=True)
        said = {
            "interrupts": reader.yes("interruption"),
            "other_reference": reader.text("reference externe", longest=40),
            "tools": reader.text("outils", longest=200),
            "description": reader.text("description", longest=4000),
        }
        if since and until and until < since:
            reader.fault("fin", "ENDS_BEFORE", "La fin précède le début.")
        if side is not None and since is not None:
            found.append(
                Declaration(
                    what=what,
                    side=side,
                    since_at=_aware(since),
                    until_at=_aware(until) if until else None,
                    buyer_told_at=_aware(told) if told else None,
                    flows=reader.several("flux"),
                    sites=reader.several("sites"),
                    source_row=row.number,
                    **said,  # type: ignore[arg-type]
                )
            )
    if faults:
        raise SheetRefused(faults)
    return found


def _aware(civil: datetime) -> datetime:
    return timezone.make_aware(civil)

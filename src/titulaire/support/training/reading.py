"""An attendance file, read into sessions: one row per participant."""

from __future__ import annotations

from dataclasses import replace

from titulaire.support.incidents.sheets import Fault, Reader, SheetRefused, read_sheet
from titulaire.support.training.rules import Outcome
from titulaire.support.training.services import Mark, NewSession
from titulaire.support.training.wording import FAULTS, OUTCOMES

REQUIRED = ("module", "debut", "jours", "contenu", "formateur", "matricule")
COLUMNS = (*REQUIRED, "fin", "site", "lieu", "present", "resultat")
COLUMN_OF = {
    "module": "module", "starts_on": "debut", "ends_on": "fin", "days": "jours", "advisers": "matricule",
}  # fmt: skip
"""The column of the file for each field of a session."""


def sessions_of_sheet(content: bytes) -> list[NewSession]:
    """The sessions of a CSV or Excel file. Rows with one module, days, trainer and place are one session.

    Raises:
        SheetRefused: with every fault; nothing is to be taken.
    """
    faults: list[Fault] = []
    found: dict[tuple[object, ...], NewSession] = {}
    outcomes = {"": Outcome.UNTESTED} | {label: Outcome(code) for code, label in OUTCOMES.items()}
    for row in read_sheet(content, required=REQUIRED, known=COLUMNS):
        reader = Reader(row, faults)
        module = reader.text("module", longest=120, required=True)
        content_version = reader.text("contenu", longest=60, required=True)
        starts_on = reader.day("debut")
        ends_on = reader.day("fin", required=False) or starts_on
        days = reader.number("jours", places=2)
        trainer = reader.text("formateur", longest=40, required=True)
        site, place = reader.text("site", longest=40), reader.text("lieu", longest=120)
        adviser = reader.text("matricule", longest=40, required=True)
        present = "present" not in row.cells or reader.yes("present")
        outcome = reader.choice("resultat", outcomes)
        if starts_on is None or ends_on is None or days is None or outcome is None:
            continue
        new = NewSession(
            module, content_version, starts_on, ends_on, days, trainer, site, place, row=row.number
        )
        key = (module, starts_on, ends_on, trainer, site, place)
        session = found.setdefault(key, new)
        if (session.days, session.content) != (days, content_version):
            reader.fault("jours", "NOT_ALIKE", FAULTS["NOT_ALIKE"])
        if adviser in session.marks:
            reader.fault("matricule", "TWICE", FAULTS["TWICE"])
        found[key] = replace(session, marks={**session.marks, adviser: Mark(present, outcome)})
    if faults:
        raise SheetRefused(faults)
    return list(found.values())

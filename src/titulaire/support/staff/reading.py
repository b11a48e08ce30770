"""A file of members of staff, read row by row."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from titulaire.support.incidents.sheets import Fault, Reader, SheetRefused, read_sheet
from titulaire.support.staff.rules import Channel, Post
from titulaire.support.staff.services import Doing, NewMember, Refusal
from titulaire.support.staff.wording import CHANNELS, FAULTS, POSTS

REQUIRED = ("matricule", "prenom", "nom", "courriel", "poste", "site", "arrivee")
COLUMNS = (*REQUIRED, "canaux", "competences", "temps dedie", "teletravail", "pays")
HUNDRED = Decimal(100)
T = TypeVar("T")


def members_of_sheet(content: bytes) -> list[NewMember]:
    """The members of a CSV or Excel file. « temps dedie » is a percentage, 100 when it is not said.

    Raises:
        SheetRefused: with every fault; nothing is to be taken.
    """
    faults: list[Fault] = []
    found = []
    posts = {post.value: post for post in Post} | {label: Post(code) for code, label in POSTS.items()}
    channels = {one.value: one for one in Channel} | {
        label: Channel(code) for code, label in CHANNELS.items()
    }
    for row in read_sheet(content, required=REQUIRED, known=COLUMNS):
        reader = Reader(row, faults)
        post, since = reader.choice("poste", posts), reader.day("arrivee")
        share = reader.number("temps dedie", places=0) if row.cells.get("temps dedie") else HUNDRED
        country = reader.text("pays", longest=2).upper()
        teleworks = reader.yes("teletravail")
        if teleworks != bool(country):
            reader.fault("pays", "COUNTRY", "Le pays se dit si, et seulement si, il y a télétravail.")
        said = {
            "number": reader.text("matricule", longest=40, required=True),
            "first_name": reader.text("prenom", longest=80, required=True),
            "last_name": reader.text("nom", longest=80, required=True),
            "email": reader.text("courriel", longest=254, required=True),
        }
        site = reader.text("site", longest=40, required=True)
        answered = _several(reader, "canaux", channels)
        if post and since and share is not None:
            doing = Doing(
                since, post, site, share / HUNDRED, answered, reader.several("competences"), country
            )
            found.append(NewMember(doing=doing, row=row.number, **said))
    if faults:
        raise SheetRefused(faults)
    return found


def _several(reader: Reader, column: str, known: dict[str, T]) -> tuple[T, ...]:
    """The codes of a cell, separated by commas."""
    by_name = {name.casefold(): value for name, value in known.items()}
    found = []
    for written in reader.several(column):
        if written.casefold() in by_name:
            found.append(by_name[written.casefold()])
        else:
            reader.fault(column, "UNKNOWN_CODE", f"« {written} » n’est pas connu : {', '.join(known)}.")
    return tuple(found)


def told(refusals: tuple[Refusal, ...]) -> list[Fault]:
    """Refusals of members as faults of their file."""
    return [Fault(one.row or 0, one.column, one.fault, FAULTS[one.fault]) for one in refusals]

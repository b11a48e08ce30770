"""Files of people who pack and carry: which booklet is in which parcel, what became of each parcel."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from titulaire.clauses import clause
from titulaire.vouchers.delivery.rules import SUIVI_CODES, Sighting, status_of_words, tracking_number

PARIS = ZoneInfo("Europe/Paris")
ROW_LIMIT = 50_000

BOOKLET = ("carnet", "reference du carnet", "reference carnet")
TRACKING = (
    "suivi", "numero de suivi", "n de suivi", "numero", "tracking", "idship", "colis", "numero de colis", "scelle",
    "numero d envoi", "n envoi", "envoi", "pli", "numero de scelle",
)  # fmt: skip
STATUS = ("statut", "etat", "libelle", "evenement", "status", "libelle evenement", "situation", "message")
CODE = ("code", "code evenement")
WHEN = (
    "date",
    "date evenement",
    "horodatage",
    "date et heure",
    "date heure",
    "date de l evenement",
    "date statut",
)
HOUR = ("heure", "heure evenement")


class UnreadableFile(ValueError):
    """The file has not the expected columns, or is no text. `missing` names what was not found."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(missing)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: line of the file (headings are 1), column, rule in capitals, what it held."""

    row: int
    column: str
    rule: str
    value: str


@dataclass(frozen=True, slots=True)
class PackingList:
    """Booklets by parcel, in the order of the file, and the rows refused."""

    parcels: Mapping[str, tuple[str, ...]]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class TrackingReport:
    """What a carrier's file says, with the line of each sighting, and the rows refused."""

    sightings: tuple[tuple[int, Sighting], ...]
    refused: tuple[RefusedRow, ...]


def read_packing(content: bytes) -> PackingList:
    """Read `carnet;suivi`, one booklet a row. A booklet twice is refused.

    Raises:
        UnreadableFile: a column is missing, or the file is no text.
    """
    headings, rows = _rows(content)
    booklet, tracking = _column(headings, BOOKLET), _column(headings, TRACKING)
    _need(carnet=booklet, suivi=tracking)
    parcels: dict[str, list[str]] = {}
    refused, seen = [], set()
    for line, row in rows:
        reference, number = _cell(row, booklet), tracking_number(_cell(row, tracking))
        if not reference:
            refused.append(RefusedRow(line, "carnet", "EMPTY", ""))
        elif reference in seen:
            refused.append(RefusedRow(line, "carnet", "TWICE", reference))
        elif not number:
            refused.append(RefusedRow(line, "suivi", "EMPTY", reference))
        else:
            seen.add(reference)
            parcels.setdefault(number, []).append(reference)
    return PackingList({number: tuple(held) for number, held in parcels.items()}, tuple(refused))


@clause("T-2.6-suivi")
def read_tracking(content: bytes) -> TrackingReport:
    """Read a carrier's file: any usual encoding, separator, heading and date; La Poste's codes when there are some.

    Raises:
        UnreadableFile: a column is missing, or the file is no text.
    """
    headings, rows = _rows(content)
    tracking, when, hour = _column(headings, TRACKING), _column(headings, WHEN), _column(headings, HOUR)
    status, code = _column(headings, STATUS), _column(headings, CODE)
    _need(suivi=tracking, date=when, statut=status if status is not None else code)
    sightings, refused = [], []
    for line, row in rows:
        number, said = tracking_number(_cell(row, tracking)), _cell(row, status)
        letters = _cell(row, code).upper()
        meant = SUIVI_CODES.get(letters) or SUIVI_CODES.get(said.upper()) or status_of_words(said)
        at = _instant(" ".join(filter(None, (_cell(row, when), _cell(row, hour)))))
        if not number:
            refused.append(RefusedRow(line, "suivi", "EMPTY", ""))
        elif at is None:
            refused.append(RefusedRow(line, "date", "DATE", _cell(row, when)))
        elif meant is None:
            refused.append(RefusedRow(line, "statut", "UNKNOWN_STATUS", said or letters))
        else:
            sightings.append((line, Sighting(number, at, meant, (said or letters)[:200])))
    return TrackingReport(tuple(sightings), tuple(refused))


@clause("T-2.6-suivi")
def read_suivi(document: Mapping[str, object]) -> tuple[Sighting, ...]:
    """What an answer of La Poste's tracking (Suivi, version 2) says of one shipment; codes unknown to us are left.

    Raises:
        UnreadableFile: the document has not that shape.
    """
    try:
        shipment = document["shipment"]
        assert isinstance(shipment, Mapping)  # noqa: S101 - told below as a missing part
        number, events = tracking_number(str(shipment["idShip"])), shipment["event"]
        assert isinstance(events, Sequence)  # noqa: S101
        return tuple(
            Sighting(
                number,
                datetime.fromisoformat(str(event["date"])),
                SUIVI_CODES[str(event["code"])],
                str(event["label"])[:200],
            )
            for event in events
            if str(event["code"]) in SUIVI_CODES
        )
    except (KeyError, TypeError, ValueError, AssertionError) as fault:
        raise UnreadableFile(("shipment",)) from fault


def suivi_documents(content: str) -> tuple[Mapping[str, object], ...]:
    """The documents of a saved answer: one shipment, or a list of them."""
    found = json.loads(content)
    return tuple(found) if isinstance(found, list) else (found,)


def _rows(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if b"\x00" in content[:4096]:
        raise UnreadableFile(("texte",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(";\t,|", key=first.count)
    read = csv.reader(StringIO(text), delimiter=separator)
    try:
        rows = [(line, row) for line, row in enumerate(read, start=1) if any(cell.strip() for cell in row)]
    except csv.Error as fault:
        raise UnreadableFile(("texte",)) from fault
    if not rows or len(rows) > ROW_LIMIT:
        raise UnreadableFile(("lignes",))
    return [_plain(cell) for cell in rows[0][1]], rows[1:]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


def _column(headings: Sequence[str], names: Sequence[str]) -> int | None:
    return next((headings.index(name) for name in names if name in headings), None)


def _need(**columns: int | None) -> None:
    missing = tuple(name for name, place in columns.items() if place is None)
    if missing:
        raise UnreadableFile(missing)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _instant(text: str) -> datetime | None:
    text = text.strip().replace(" à ", " ").replace("h", ":") if "T" not in text else text.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        for pattern in (
            "%d/%m/%Y %H:%M",
            "%d/%m/%Y %H:%M:%S",
            "%d/%m/%Y",
            "%d/%m/%y %H:%M",
            "%d/%m/%y",
            "%d.%m.%Y",
        ):
            try:
                found = datetime.strptime(text, pattern)  # noqa: DTZ007 - Paris time is given below
                break
            except ValueError:
                continue
        else:
            return None
    return found if found.tzinfo else found.replace(tzinfo=PARIS)

"""A list of vouchers in a file: one per row, a number with or without its six letters, or a signed code.

Pure: bytes in, vouchers out.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from titulaire.vouchers.network.rules import MOST_TITLES, Given

MOST_BYTES = 4 * 1024 * 1024
SCANNED = (".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
LISTED = (".csv", ".txt")

_HEADINGS = {
    "number": {
        "numero",
        "numero de titre",
        "numero du titre",
        "n",
        "n titre",
        "n de titre",
        "n du titre",
        "titre",
        "number",
    },
    "letters": {"lettres", "code court", "controle", "cle"},
    "code": {"code", "code lu", "datamatrix", "data matrix"},
    "used_on": {"date", "date d utilisation", "utilise le", "used on"},
}
_DATES = (
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})"), (3, 2, 1)),
)


class ListRefused(ValueError):
    """The file is not a list of vouchers. `reason`: TOO_HEAVY, NOT_TEXT, EMPTY, TOO_LONG, NO_COLUMN, BAD_DATE."""

    def __init__(self, reason: str, row: int = 0) -> None:
        super().__init__(reason, row)
        self.reason = reason
        self.row = row


@dataclass(frozen=True, slots=True)
class _Columns:
    """The place of each column; None when it is absent."""

    number: int | None = None
    letters: int | None = None
    code: int | None = None
    used_on: int | None = None


def is_scan(name: str) -> bool:
    """Whether a file of that name holds pictures, to be read code by code."""
    return name.lower().endswith(SCANNED)


def read_list(content: bytes) -> list[Given]:
    """The vouchers of a CSV or text file, in its order. Empty rows are skipped; headings are optional.

    Raises:
        ListRefused: it cannot be read as a whole; nothing is guessed.
    """
    if len(content) > MOST_BYTES:
        raise ListRefused("TOO_HEAVY")
    rows = [row for row in _rows(_text(content)) if any(cell.strip() for cell in row[1])]
    if not rows:
        raise ListRefused("EMPTY")
    columns = _columns(rows[0][1])
    if columns is None:
        if any(re.search(r"\d{6}|[A-Z2-7]{30}", cell.replace(" ", "")) for cell in rows[0][1]):
            columns = _Columns(number=0)
        else:
            raise ListRefused("NO_COLUMN", rows[0][0])
    else:
        rows = rows[1:]
    if len(rows) > MOST_TITLES:
        raise ListRefused("TOO_LONG")
    if not rows:
        raise ListRefused("EMPTY")
    return [_given(columns, cells, place) for place, cells in rows]


def _text(content: bytes) -> str:
    if b"\0" in content:
        raise ListRefused("NOT_TEXT")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListRefused("NOT_TEXT")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    head = text[:4000]
    separator = max(";\t,|", key=head.count)
    try:
        return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1))
    except csv.Error as error:
        raise ListRefused("NOT_TEXT") from error


def _columns(cells: list[str]) -> _Columns | None:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = _plain(cell)
        for field, names in _HEADINGS.items():
            if word in names:
                found.setdefault(field, place)
    return _Columns(**found) if "number" in found or "code" in found else None


def _plain(cell: str) -> str:
    spaced = re.sub(r"[^\w\s]|_", " ", cell)
    letters = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def _given(columns: _Columns, cells: list[str], row: int) -> Given:
    code, number = _cell(cells, columns.code), _cell(cells, columns.number)
    text = code or f"{number} {_cell(cells, columns.letters)}".strip()
    return Given(text, used_on=_date(_cell(cells, columns.used_on), row))


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _date(text: str, row: int) -> date | None:
    if not text:
        return None
    for shape, (year, month, day) in _DATES:
        found = shape.fullmatch(text)
        if found:
            try:
                return date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                break
    raise ListRefused("BAD_DATE", row)

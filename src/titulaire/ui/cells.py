"""Small tables that people hand in: CSV, XLSX, or lines pasted in a form. No Django."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from python_calamine import CalamineError, CalamineWorkbook

MOST_ROWS = 20_000


class Refused(ValueError):
    """A table that is not taken: the row (headings are 1, 0 for the whole), the column, the rule, what it held.

    Rules: UNREADABLE, EMPTY, MISSING (a column), NOT_A_DAY, NOT_A_COUNT, NOT_HOURS, TOO_MUCH, TOO_LONG, TWICE,
    MIXED, UNKNOWN, BLANK.
    """

    def __init__(self, row: int, column: str, rule: str, value: str) -> None:
        super().__init__(row, column, rule, value)
        self.row, self.column, self.rule, self.value = row, column, rule, value


def table_of_file(content: bytes) -> list[list[str]]:
    """The cells of a CSV file or of the first sheet of a workbook, as text.

    Raises:
        Refused: it is neither, or too long.
    """
    if content[:2] == b"PK":
        return _checked(_of_workbook(content))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return table_of_text(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise Refused(0, "", "UNREADABLE", "")


def table_of_text(text: str) -> list[list[str]]:
    """The cells of lines of text apart by `;`, tabulations or commas.

    Raises:
        Refused: too long, or not text.
    """
    first = text.lstrip("\r\n").split("\n", 1)[0]
    apart = next((sign for sign in (";", "\t", ",") if sign in first), ";")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=apart, strict=True))
    except csv.Error:
        raise Refused(0, "", "UNREADABLE", "") from None
    return _checked([[cell.strip() for cell in row] for row in rows])


def _of_workbook(content: bytes) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_cell(cell) for cell in row] for row in sheet.to_python(nrows=MOST_ROWS + 2)]
    except (CalamineError, IndexError, ValueError):
        raise Refused(0, "", "UNREADABLE", "") from None


def _cell(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _checked(rows: list[list[str]]) -> list[list[str]]:
    kept = [row for row in rows if any(row)]
    if len(kept) < 2:
        raise Refused(0, "", "EMPTY", "")
    if len(kept) > MOST_ROWS + 1:
        raise Refused(0, "", "TOO_LONG", str(MOST_ROWS))
    return kept


def plain(text: str) -> str:
    """A word without case, accents or signs, for headings and codes."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each column stands."""

    places: dict[str, int]

    def text(self, cells: Sequence[str], name: str) -> str:
        """What a row holds there; empty where the column is missing or the row is short."""
        place = self.places.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    def plain(self, cells: Sequence[str], name: str) -> str:
        """The same without case or accents."""
        return plain(self.text(cells, name))

    def rows(self, table: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows under the headings, numbered as a spreadsheet does."""
        yield from enumerate(table[1:], start=2)


def columns_of(table: Sequence[Sequence[str]], *, needed: Sequence[str], may: Sequence[str] = ()) -> Columns:
    """The columns named in the first row.

    Raises:
        Refused: one that is needed is missing.
    """
    headings = [plain(cell) for cell in table[0]] if table else []
    places = {name: headings.index(plain(name)) for name in (*needed, *may) if plain(name) in headings}
    for name in needed:
        if name not in places:
            raise Refused(1, name, "MISSING", "")
    return Columns(places)


def as_day(row: int, column: str, text: str) -> date:
    """A day written `2026-05-04` or `04/05/2026`.

    Raises:
        Refused: it is no day.
    """
    for pattern in (r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"):
        if found := re.fullmatch(pattern, text, re.ASCII):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                break
    raise Refused(row, column, "NOT_A_DAY", text)


def as_count(row: int, column: str, text: str, *, most: int) -> int:
    """A whole number, thousands apart or not.

    Raises:
        Refused: it is none, or more than `most`.
    """
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not re.fullmatch(r"\d{1,12}", bare, re.ASCII):
        raise Refused(row, column, "NOT_A_COUNT", text)
    if int(bare) > most:
        raise Refused(row, column, "TOO_MUCH", text)
    return int(bare)


def as_hours(row: int, column: str, text: str, *, most: int) -> Decimal:
    """Hours with at most two decimals; nothing means none.

    Raises:
        Refused: they are not hours, or more than `most`.
    """
    bare = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    if not bare:
        return Decimal(0)
    try:
        hours = Decimal(bare)
    except InvalidOperation:
        raise Refused(row, column, "NOT_HOURS", text) from None
    exponent = hours.as_tuple().exponent
    if not hours.is_finite() or hours < 0 or not isinstance(exponent, int) or exponent < -2:
        raise Refused(row, column, "NOT_HOURS", text)
    if hours > most:
        raise Refused(row, column, "TOO_MUCH", text)
    return hours

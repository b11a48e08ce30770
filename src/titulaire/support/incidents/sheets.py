"""Small tables that people fill in, CSV or Excel, read row by row with every fault told at once. No database."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook

LARGEST_SHEET = 4 * 1024 * 1024
LARGEST_UNZIPPED = 64 * 1024 * 1024
MOST_ROWS = 20_000
DAYS = ("%Y-%m-%d", "%d/%m/%Y")
INSTANTS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M")
YES, NO = {"oui", "o", "1", "vrai"}, {"", "non", "n", "0", "faux"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and the rule that says so, in French. Row 0 is the file as a whole."""

    row: int
    column: str
    rule: str
    message: str


class SheetRefused(ValueError):
    """Nothing of the sheet was taken."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(len(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row under its headings; `number` is the line that a spreadsheet shows."""

    number: int
    cells: Mapping[str, str]


class Reader:
    """Reads the cells of a row, and keeps the faults instead of stopping at the first."""

    def __init__(self, row: SheetRow, faults: list[Fault]) -> None:
        self.row, self.faults = row, faults

    def text(self, column: str, *, longest: int, required: bool = False) -> str:
        value = self.row.cells.get(column, "")
        if required and not value:
            self.fault(column, "EMPTY", "Cette cellule est obligatoire.")
        if len(value) > longest:
            self.fault(column, "TOO_LONG", f"{longest} caractères au plus.")
        return value

    def several(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.row.cells.get(column, "").split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def choice(self, column: str, choices: Mapping[str, T]) -> T | None:
        """The value of a code or of a label, whatever its capitals."""
        found = {name.casefold(): value for name, value in choices.items()}
        written = self.row.cells.get(column, "")
        if written.casefold() not in found:
            names = ", ".join(choices)
            self.fault(column, "UNKNOWN", f"« {written} » n’est pas connu : écrivez {names}.")
            return None
        return found[written.casefold()]

    def yes(self, column: str) -> bool:
        written = self.row.cells.get(column, "").casefold()
        if written not in YES | NO:
            self.fault(column, "NOT_YES_OR_NO", f"« {written} » : écrivez oui ou non.")
        return written in YES

    def day(self, column: str, *, required: bool = True) -> date | None:
        return self._when(column, DAYS, "une date comme 2026-05-31", lambda found: found.date(), required)

    def instant(self, column: str, *, required: bool = True) -> datetime | None:
        """A civil instant, without zone."""
        formats = (*INSTANTS, *DAYS)
        return self._when(column, formats, "un instant comme 2026-05-31 14:30", lambda found: found, required)

    def _when(
        self,
        column: str,
        formats: tuple[str, ...],
        like: str,
        made: Callable[[datetime], T],
        required: bool,
    ) -> T | None:
        written = self.row.cells.get(column, "")
        if not written:
            if required:
                self.fault(column, "EMPTY", f"Écrivez {like}.")
            return None
        for pattern in formats:
            try:
                return made(datetime.strptime(written, pattern))  # noqa: DTZ007 - civil time on purpose
            except ValueError:
                continue
        self.fault(column, "NOT_A_DATE", f"« {written} » ne se lit pas : écrivez {like}.")
        return None

    def number(self, column: str, *, places: int) -> Decimal | None:
        """A number that is not negative."""
        written = "".join(self.row.cells.get(column, "").split()).replace(",", ".")
        try:
            value = Decimal(written)
        except InvalidOperation:
            self.fault(column, "NOT_A_NUMBER", f"« {written} » n’est pas un nombre comme 1234,50.")
            return None
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or value < 0 or value >= 10**9:
            self.fault(column, "NOT_A_QUANTITY", "Écrivez un nombre positif ou nul, sous le milliard.")
            return None
        if -value.normalize().as_tuple().exponent > places:  # type: ignore[operator]
            self.fault(column, "TOO_PRECISE", f"{places} décimales au plus.")
            return None
        return value

    def fault(self, column: str, rule: str, message: str) -> None:
        self.faults.append(Fault(self.row.number, column, rule, message))


def read_sheet(content: bytes, *, required: tuple[str, ...], known: tuple[str, ...]) -> list[SheetRow]:
    """The rows of a CSV or an Excel file, by heading; empty rows are passed over.

    Raises:
        SheetRefused: the file cannot be read, is too large, has no row, or lacks a column.
    """
    if not content.strip():
        raise _refused("EMPTY_FILE", "Le fichier est vide.")
    if len(content) > LARGEST_SHEET:
        raise _refused("TOO_LARGE", "Le fichier dépasse 4 Mo.")
    lines = list(_workbook(content) if content[:2] == b"PK" else _csv(content))
    if not lines:
        raise _refused("EMPTY_FILE", "Le fichier est vide.")
    (_, first), *rest = lines
    headings = [heading.strip().casefold() for heading in first]
    faults = [
        Fault(1, name, "MISSING_COLUMN", f"La colonne « {name} » manque.")
        for name in required
        if name not in headings
    ]
    faults += [
        Fault(
            1,
            name,
            "UNKNOWN_COLUMN",
            f"La colonne « {name} » n’est pas connue. Connues : {', '.join(known)}.",
        )
        for name in headings
        if name and name not in known
    ]
    faults += [
        Fault(1, name, "TWICE", f"La colonne « {name} » est écrite deux fois.")
        for name in known
        if headings.count(name) > 1
    ]
    if faults:
        raise SheetRefused(faults)
    rows = [
        SheetRow(number, dict(zip(headings, [cell.strip() for cell in cells], strict=False)))
        for number, cells in rest
        if any(cell.strip() for cell in cells)
    ]
    if not rows:
        raise _refused("NO_ROW", "Le fichier n’a que sa ligne d’en-tête.")
    if len(rows) > MOST_ROWS:
        raise _refused("TOO_MANY_ROWS", f"Le fichier dépasse {MOST_ROWS} lignes.")
    return rows


def _refused(rule: str, message: str) -> SheetRefused:
    return SheetRefused([Fault(0, "", rule, message)])


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise _refused("NOT_A_TABLE", "Ce fichier n’est ni un CSV ni un classeur Excel (.xlsx).")
    heading = text.lstrip().splitlines()[0]
    delimiter = max(";,\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise _refused("NOT_A_TABLE", "Une ligne du CSV ne se lit pas : vérifiez les guillemets.") from None


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > LARGEST_UNZIPPED:
                raise _refused("TOO_LARGE", "Le classeur est trop lourd une fois ouvert.")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile):
        raise _refused("NOT_A_TABLE", "Ce fichier n’est pas un classeur Excel (.xlsx) lisible.") from None
    for number, cells in enumerate(rows, 1):
        yield number, [_written(cell) for cell in cells]


def _written(cell: object) -> str:
    """A cell as it would be typed."""
    match cell:
        case bool():
            return "oui" if cell else "non"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            # A spreadsheet stores an instant as a share of a day: the second is what it can tell.
            rounded = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
            return rounded.isoformat()
        case date():
            return cell.isoformat()
    return str(cell)

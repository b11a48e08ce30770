"""The way of an order file: bytes, table, columns, rows, duplicates, fingerprint."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast

from titulaire.clauses import clause
from titulaire.vouchers.orders.reading import addresses, cells, headings, text
from titulaire.vouchers.orders.reading.limits import LIMITS, Limits
from titulaire.vouchers.orders.reading.nir import has_nir, is_nir_heading, masked
from titulaire.vouchers.orders.reading.rows import Notice, OrderFile, OrderRow, Refusal
from titulaire.vouchers.orders.reading.rules import RULES, CellRefused, FileRefused
from titulaire.vouchers.orders.reading.workbook import Sheet, read_workbook

V = TypeVar("V")

EXAMPLE_REFERENCE = "EXEMPLE"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_FORMATS = (
    *(b"%PDF", b"\x7fELF", b"MZ", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf"),
    *(b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"PAR1"),
)


@dataclass(frozen=True, slots=True)
class _Table:
    format: str
    encoding: str
    separator: str
    sheet: str
    rows: list[list[str]]
    heading_row: int
    may_hold_nir: bool


@dataclass(slots=True)
class _Found:
    """What reading gathers, row after row."""

    sheet: str
    rows: list[OrderRow] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    source_rows: dict[int, tuple[str, ...]] = field(default_factory=dict)
    # What a cell was read as. Kept with the reading and gone with it: no name or address stays in a cache.
    known: dict[tuple[str, str], object] = field(default_factory=dict)

    def notice(self, row: int, rule: str, message: str, others: tuple[int, ...] = ()) -> None:
        assert rule in RULES, rule  # noqa: S101
        self.notices.append(Notice(row, rule, message, others))


@dataclass(frozen=True, slots=True)
class _Expected:
    months: Collection[date] | None
    default_month: date | None
    default_delivery: str
    limits: Limits


@clause("T-2.1.1.1-commande-mensuelle", "T-2.1.1.1-transmission")
def read_order_file(
    data: bytes,
    name: str,
    *,
    mapping: Mapping[str, str] | None = None,
    months: Collection[date] | None = None,
    default_month: date | None = None,
    default_delivery: str = "HOME",
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> OrderFile:
    """Read a CPAM's order file: the rows that can be ordered, and those that cannot with how to mend them.

    Bad content never raises: what refuses the whole file is a refusal of row 0, and no row is then given.

    Args:
        data: the file, CSV in any usual encoding and separator, .xlsx or .ods.
        name: its name, kept for display only.
        mapping: columns chosen by hand, field to heading; the others are recognised.
        months: first days of the months open to this order; any month when not given.
        default_month: month of the rows that name none.
        default_delivery: "HOME" or "CPAM", for the rows that say nothing.
        sheet: sheet to read; the first that has headings when not given.

    Raises:
        UnknownField: `mapping` names a field that does not exist: a fault of the caller, not of the file.
    """
    for code in mapping or {}:
        if code not in headings.FIELD:
            raise headings.UnknownField(code)
    expected = _Expected(months, default_month, default_delivery, limits)
    refused = _Refuser(name, data)
    try:
        table = _open(data, mapping, sheet, limits)
    except FileRefused as refusal:
        return refused.file(refusal)
    refused.table = table
    try:
        _refuse_nir(table)
        if table.heading_row < 0:
            raise FileRefused("HEADINGS_MISSING", "Aucune ligne ne porte les titres de colonnes attendus.")
        columns = headings.recognise(
            table.rows[table.heading_row], mapping, has_default_month=default_month is not None
        )
    except FileRefused as refusal:
        return refused.file(refusal)
    missing = _still_missing(columns, table)
    if missing:
        return refused.columns(columns, missing)
    found = _read_rows(table, columns, expected)
    if not found.rows and not found.refusals:
        return refused.file(FileRefused("NO_ROWS", "Le tableau ne contient aucun bénéficiaire."), columns)
    _refuse_twice(found, columns)
    _note_homonyms(found)
    found.refusals.sort(key=lambda refusal: refusal.row)
    return refused.answer(columns, found)


# --- The file -----------------------------------------------------------------------------------------------


def _open(data: bytes, mapping: Mapping[str, str] | None, wanted: str | None, limits: Limits) -> _Table:
    if not data.strip(b"\x00 \t\r\n;,"):
        raise FileRefused("FILE_EMPTY", "Le fichier est vide.")
    if len(data) > limits.file_bytes:
        raise FileRefused(
            "FILE_TOO_LARGE",
            f"Le fichier dépasse {limits.file_bytes // 1_000_000} Mo ({len(data) / 1e6:.1f} Mo).",
        )
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _from_workbook(data, mapping, wanted, limits)
    if data.startswith(_OLD_WORKBOOK):
        raise FileRefused(
            "FORMAT_OLD", "Le fichier est un classeur .xls, ou un classeur protégé par un mot de passe."
        )
    if data.startswith(_OTHER_FORMATS):
        raise FileRefused("FORMAT_UNKNOWN", "Le fichier n’est ni un classeur .xlsx ou .ods, ni un texte CSV.")
    return _from_text(data, mapping, limits)


def _from_workbook(
    data: bytes, mapping: Mapping[str, str] | None, wanted: str | None, limits: Limits
) -> _Table:
    form, sheets = read_workbook(data, limits)
    if wanted is not None:
        sheets = [one for one in sheets if one.name == wanted]
    filled = [one for one in sheets if one.rows]
    scored = [(headings.find_heading_row(one.rows, mapping), one) for one in filled]
    chosen = next((pair for pair in scored if pair[0][1] >= 3), None) or next(
        (pair for pair in scored if pair[0][0] >= 0), None
    )
    if chosen is None:
        excess = next((one.excess for one in sheets if one.excess), "")
        if excess:
            raise _excess(excess, limits)
        if not filled:
            raise FileRefused("FILE_EMPTY", "Le classeur ne contient aucune feuille remplie.")
        chosen = ((-1, 0), filled[0])
    (heading_row, _), book_sheet = chosen
    if book_sheet.excess:
        raise _excess(book_sheet.excess, limits)
    return _Table(form, "", "", book_sheet.name, book_sheet.rows, heading_row, _sheets_hold_nir([book_sheet]))


def _sheets_hold_nir(sheets: Iterable[Sheet]) -> bool:
    return any(has_nir("\x1f".join(row)) for sheet in sheets for row in sheet.rows)


def _excess(rule: str, limits: Limits) -> FileRefused:
    if rule == "TOO_MANY_COLUMNS":
        return FileRefused(rule, f"La feuille compte plus de {limits.columns} colonnes.")
    return FileRefused(rule, f"La feuille compte plus de {limits.rows} lignes ou de {limits.cells} cellules.")


def _from_text(data: bytes, mapping: Mapping[str, str] | None, limits: Limits) -> _Table:
    content, encoding = text.decode(data)
    if not content.strip():
        raise FileRefused("FILE_EMPTY", "Le fichier est vide.")
    separator = text.declared_separator(content)
    if not separator:
        separator = max(
            text.SEPARATORS, key=lambda one: _separator_score(text.head_rows(content, one), mapping)
        )
    rows = text.rows(content, separator, limits)
    heading_row, _ = headings.find_heading_row(rows, mapping)
    if len(rows) - heading_row - 1 > limits.rows:
        raise FileRefused("TOO_MANY_ROWS", f"Le fichier compte plus de {limits.rows} lignes.")
    if max(map(len, rows)) > limits.columns:
        raise FileRefused("TOO_MANY_COLUMNS", f"Le fichier compte plus de {limits.columns} colonnes.")
    return _Table("CSV", encoding, separator, "", rows, heading_row, has_nir(content))


def _separator_score(rows: list[list[str]], mapping: Mapping[str, str] | None) -> tuple[int, int]:
    """Headings recognised first; then how many rows are cut in the same number of cells, two at least."""
    widths = [len(row) for row in rows if len(row) > 1]
    alike = max((widths.count(width) for width in set(widths)), default=0)
    return headings.find_heading_row(rows, mapping)[1], alike


def _refuse_nir(table: _Table) -> None:
    heading_cells = table.rows[table.heading_row] if table.heading_row >= 0 else []
    if not table.may_hold_nir and not any(
        is_nir_heading(headings.folded(cell))
        for cell in heading_cells
        if cell not in headings.HELPER_HEADINGS
    ):
        return
    found = headings.nir_columns(table.rows, table.heading_row)
    if not found:  # the shape was astride two cells of the text: no cell holds it
        return
    names = [_safe_heading(heading_cells, position) for position in found]
    raise FileRefused(
        "NIR_FOUND",
        "Le fichier contient ou annonce des numéros de sécurité sociale ("
        + ", ".join(
            f"colonne {headings.column_letter(at)} « {name} »" for at, name in zip(found, names, strict=True)
        )
        + "). Il est refusé en entier et rien n’en a été gardé.",
        column=", ".join(names),
    )


def _safe_heading(heading_cells: Sequence[str], position: int) -> str:
    heading = heading_cells[position] if position < len(heading_cells) else ""
    if not heading.strip() or has_nir(heading):
        return f"colonne {headings.column_letter(position)}"
    return masked(" ".join(heading.split())[:100])


def _still_missing(columns: headings.Columns, table: _Table) -> tuple[str, ...]:
    """An address in one column may end with its code and city: then no column need give them."""
    missing = columns.missing
    if "address_1" in columns.index and {"postal_code", "city"} <= set(missing):
        at = columns.index["address_1"]
        lasts = [
            row[at].strip().splitlines()[-1]
            for row in table.rows[table.heading_row + 1 :]
            if at < len(row) and row[at].strip()
        ]
        if any(addresses.split_code_and_city(last)[0] for last in lasts):
            return tuple(one for one in missing if one not in ("postal_code", "city"))
    return missing


@dataclass(slots=True)
class _Refuser:
    """Makes the answer; on a refusal of the file it gives headings for the mapping by hand, and no row."""

    name: str
    data: bytes
    table: _Table | None = None

    def file(self, refusal: FileRefused, columns: headings.Columns | None = None) -> OrderFile:
        """`missing_fields` then names what a mapping by hand would settle: all of them, or the ambiguous one."""
        sheet = masked(self.table.sheet) if self.table else ""
        one = Refusal(sheet, 0, refusal.column, refusal.rule, refusal.message, refusal.mend)
        shown = () if refusal.rule == "NIR_FOUND" else self._headings()
        by_hand = headings.MANDATORY if refusal.rule == "HEADINGS_MISSING" and shown else refusal.fields
        return self._answer(shown, columns, by_hand, refusals=(one,))

    def columns(self, columns: headings.Columns, missing: tuple[str, ...]) -> OrderFile:
        sheet = self.table.sheet if self.table else ""
        refusals = []
        for code in missing:
            label = headings.FIELD[code].label
            near = headings.suggestions(code, columns)
            mend = RULES["COLUMN_MISSING"].mend
            if near:
                mend = "Est-ce " + " ou ".join(f"« {one} »" for one in near) + f" ? {mend}"
            message = f"Aucune colonne ne donne « {label} »."
            refusals.append(Refusal(sheet, 0, label, "COLUMN_MISSING", message, mend))
        return self._answer(columns.headings, columns, missing, refusals=tuple(refusals))

    def answer(self, columns: headings.Columns, found: _Found) -> OrderFile:
        return self._answer(
            columns.headings,
            columns,
            rows=tuple(found.rows),
            refusals=tuple(found.refusals),
            notices=tuple(found.notices),
            fingerprint=fingerprint(found.rows),
            source_rows=found.source_rows,
        )

    def _headings(self) -> tuple[str, ...]:
        """Those recognised, or the first row that may be some, for the mapping by hand."""
        if self.table is None:
            return ()
        if self.table.heading_row >= 0:
            return headings.distinct_headings(self.table.rows[self.table.heading_row])
        first = next((row for row in self.table.rows if sum(bool(cell.strip()) for cell in row) > 1), [])
        return headings.distinct_headings(first)

    def _answer(
        self,
        shown: tuple[str, ...],
        columns: headings.Columns | None,
        missing: tuple[str, ...] = (),
        *,
        rows: tuple[OrderRow, ...] = (),
        refusals: tuple[Refusal, ...] = (),
        notices: tuple[Notice, ...] = (),
        fingerprint: str = "",
        source_rows: Mapping[int, tuple[str, ...]] | None = None,
    ) -> OrderFile:
        table = self.table
        return OrderFile(
            name=masked(self.name),
            sha256=hashlib.sha256(self.data).hexdigest(),
            format=table.format if table else "",
            encoding=table.encoding if table else "",
            separator=table.separator if table else "",
            sheet=masked(table.sheet) if table else "",
            headings=shown,
            mapping={code: columns.headings[at] for code, at in columns.index.items()} if columns else {},
            missing_fields=missing,
            rows=rows,
            refusals=refusals,
            notices=notices,
            fingerprint=fingerprint,
            source_rows=source_rows or {},
        )


# --- The rows -----------------------------------------------------------------------------------------------


def _read_rows(table: _Table, columns: headings.Columns, expected: _Expected) -> _Found:
    found = _Found(table.sheet)
    heading_cells = table.rows[table.heading_row]
    asked = 0
    announced: list[tuple[int, int]] = []
    for index in range(table.heading_row + 1, len(table.rows)):
        row, cells_of = index + 1, table.rows[index]
        if not any(cells_of) or not any(map(str.strip, cells_of)) or cells_of == heading_cells:
            continue
        line = _Line(row, cells_of, columns, found, expected)
        if line.is_total():
            total = line.total()
            found.notice(row, "TOTAL_IGNORED", f"La ligne {row} est un total : elle n’est pas commandée.")
            if total is not None:
                announced.append((row, total))
            continue
        if line.get("reference").strip().upper().startswith(EXAMPLE_REFERENCE):
            found.notice(
                row, "EXAMPLE_IGNORED", f"La ligne {row} est l’exemple du modèle : elle n’est pas commandée."
            )
            continue
        found.source_rows[row] = tuple(cells_of[: len(columns.headings)])
        order_row = line.read()
        asked += line.asked
        if order_row is not None:
            found.rows.append(order_row)
    for row, total in announced:
        if total != asked:
            found.notice(
                row,
                "TOTAL_DIFFERS",
                f"La ligne {row} annonce {total} titres, les lignes lues en demandent {asked}.",
            )
    return found


class _Line:
    """One row of the table, its fields and what refuses it."""

    __slots__ = ("asked", "cells", "columns", "expected", "found", "refused", "row")

    def __init__(
        self, row: int, cells: list[str], columns: headings.Columns, found: _Found, expected: _Expected
    ):
        self.row = row
        self.cells = cells
        self.columns = columns
        self.found = found
        self.expected = expected
        self.refused = False
        self.asked = 0

    def get(self, code: str) -> str:
        at = self.columns.index.get(code, -1)
        return self.cells[at] if 0 <= at < len(self.cells) else ""

    def parse(self, code: str, reading: Callable[[str], V], otherwise: V) -> V:
        value = self.get(code)
        key = (code, value)
        if key in self.found.known:
            return cast(V, self.found.known[key])
        try:
            read = reading(value)
        except CellRefused as refusal:
            self.refuse(code, refusal, value)
            return otherwise
        self.found.known[key] = read
        return read

    def lines(self, *codes: str) -> list[str]:
        lines: list[str] = []
        for code in codes:
            none: list[str] = []
            lines += self.parse(code, addresses.split_lines, none)
        return lines

    def refuse(self, code: str, refusal: CellRefused, value: str = "") -> None:
        at = self.columns.index.get(code)
        heading = self.columns.heading(code) if code else ""
        where = f"Ligne {self.row}"
        if at is not None:
            where = f"Cellule {headings.column_letter(at)}{self.row} (« {heading} »)"
        self.refused = True
        self.found.refusals.append(
            Refusal(
                self.found.sheet,
                self.row,
                heading,
                refusal.rule,
                f"{where} : {refusal.message}",
                refusal.mend,
                value[:80],
            )
        )

    def is_total(self) -> bool:
        if self.get("postal_code")[:1].isdigit():
            return False
        filled = (self.get(code) for code in ("postal_code", "city", "postal_city", "first_name"))
        if any(cell.strip() and not _is_total(cell) for cell in filled):
            return False
        return any(_is_total(cell) for cell in self.cells if cell)

    def total(self) -> int | None:
        try:
            return cells.quantity(self.get("vouchers"), 10**9)
        except CellRefused:
            return None

    def read(self) -> OrderRow | None:
        expected = self.expected
        width = len(self.columns.headings)
        if len(self.cells) > width and any(map(str.strip, self.cells[width:])):
            extra = len(self.cells) - width
            self.refuse(
                "",
                CellRefused("ROW_TOO_WIDE", f"La ligne a {extra} cellule(s) de plus que la ligne de titres."),
            )
        reference = self.parse("reference", cells.reference, "")
        civility = self.parse("civility", cells.civility, "")
        last_name, first_name = self._names()
        vouchers = self.parse("vouchers", lambda cell: cells.quantity(cell, expected.limits.vouchers), 0)
        month = self.parse(
            "month", lambda cell: cells.month(cell, expected.months, expected.default_month), date.min
        )
        delivery = self.parse("delivery", lambda cell: cells.delivery(cell, expected.default_delivery), "")
        campaign = self.parse("campaign", cells.campaign, "")
        address = self._address(civility, last_name, first_name)
        self.asked = vouchers
        if self.refused or address is None:
            return None
        return OrderRow(
            row=self.row,
            reference=reference,
            civility=civility,
            last_name=last_name,
            first_name=first_name,
            address=address.lines,
            address_given=self._address_given(),
            vouchers=vouchers,
            month=month,
            delivery=delivery,
            campaign=campaign,
        )

    def _names(self) -> tuple[str, str]:
        known = len(self.found.refusals)
        family = self.parse("last_name", cells.person_name, "")
        used = self.parse("used_name", cells.person_name, "")
        first = self.parse("first_name", cells.person_name, "")
        last = used or family
        source = "last_name"
        if not last and "full_name" in self.columns.index:
            source = "full_name"
            last, first = self.parse("full_name", cells.person_name, ""), ""
        if not last and len(self.found.refusals) == known:
            self.refuse(source, CellRefused("NAME_MISSING", "Le nom est vide."))
        if last and not first and source == "last_name":
            self.found.notice(self.row, "NO_FIRST_NAME", f"Ligne {self.row} : le prénom est vide.")
        return last, first

    def _address(self, civility: str, last_name: str, first_name: str) -> addresses.Address | None:
        who, shortened = "", False
        if last_name:
            try:
                who, shortened = addresses.recipient(civility, last_name, first_name)
            except CellRefused as refusal:
                at = "last_name" if "last_name" in self.columns.index else "full_name"
                self.refuse(at, refusal, last_name)
        known = len(self.found.refusals)
        complements = self.lines("complement_1", "complement_2")
        streets = self.lines(*headings.ADDRESS_FIELDS)
        if number := self.parse("street_number", cells.clean, ""):
            streets = [f"{number} {streets[0]}", *streets[1:]] if streets else [number]
        places = self.lines("place")
        whole = len(self.found.refusals) == known
        last = self._last_line(streets)
        if not whole:
            return None
        try:
            address = addresses.compose(who, complements, streets, places, last)
        except CellRefused as refusal:
            at = "address_1" if "address_1" in self.columns.index else "place"
            self.refuse(at, refusal, self.get(at))
            return None
        if not self.refused:
            self._note_changes(address, shortened)
        return address if last else None

    def _note_changes(self, address: addresses.Address, name_shortened: bool) -> None:
        printed = " / ".join(address.lines[1:])
        if name_shortened:
            self.found.notice(
                self.row, "NAME_SHORTENED", f"Ligne {self.row} : le nom s’imprime « {address.lines[0]} »."
            )
        if address.shortened:
            self.found.notice(
                self.row, "ADDRESS_SHORTENED", f"Ligne {self.row} : l’adresse s’imprime « {printed} »."
            )
        if address.reordered:
            self.found.notice(
                self.row, "ADDRESS_REORDERED", f"Ligne {self.row} : l’adresse s’imprime « {printed} »."
            )

    def _last_line(self, streets: list[str]) -> str:
        """« 47000 AGEN », or nothing when refused; the end of the address when no column gives it."""
        index = self.columns.index
        code_field, city_field = "postal_code", "city"
        code, city = self.get("postal_code"), self.get("city")
        try:
            if "postal_city" in index and not (code.strip() and city.strip()):
                code_field = city_field = "postal_city"
                given = cells.clean(self.get("postal_city"))
                code, city = addresses.split_code_and_city(given)
                if given and not code:
                    raise CellRefused(
                        "POSTAL_CODE_INVALID", f"{cells.quoted(given)} ne commence pas par un code postal."
                    )
            elif "postal_code" not in index and "city" not in index:
                code_field = city_field = "address_1"
                code, city = addresses.split_code_and_city(streets[-1]) if streets else ("", "")
                if code:
                    streets.pop()
            self._refuse_foreign(city)
            code = addresses.postal_code(code)
        except CellRefused as refusal:
            self.refuse(
                "country" if refusal.rule == "ADDRESS_FOREIGN" else code_field, refusal, self.get(code_field)
            )
            return ""
        key = (code, city)
        if key in self.found.known:
            return cast(str, self.found.known[key])
        try:
            line = addresses.city_line(code, cells.clean(city))
            self.found.known[key] = line
            return line
        except CellRefused as refusal:
            self.refuse(city_field, refusal, self.get(city_field))
            return ""

    def _refuse_foreign(self, city: str) -> None:
        country = cells.clean(self.get("country"))
        if country and headings.folded(country) not in _FRANCE:
            raise CellRefused(
                "ADDRESS_FOREIGN", f"L’adresse est dans un autre pays : {cells.quoted(country)}."
            )

    def _address_given(self) -> tuple[str, ...]:
        """The file's own lines, in the order of those printed: name, address, code and city."""
        names = [
            self.get("civility"),
            self.get("first_name"),
            self.get("used_name").strip() or self.get("last_name"),
        ]
        if not any(map(str.strip, names[1:])):
            names.append(self.get("full_name"))
        lines = [" ".join(part.strip() for part in names if part.strip())]
        for code in ("complement_1", "complement_2"):
            lines += self.get(code).splitlines()
        street = [line for code in headings.ADDRESS_FIELDS for line in self.get(code).splitlines()]
        if number := self.get("street_number").strip():
            street = [f"{number} {street[0]}", *street[1:]] if street else [number]
        lines += street
        lines += self.get("place").splitlines()
        last = " ".join(part.strip() for part in (self.get("postal_code"), self.get("city")) if part.strip())
        lines.append(last or self.get("postal_city"))
        return tuple(stripped for line in lines if (stripped := line.strip()))


_FRANCE = frozenset(
    (
        *(
            "france",
            "france metropolitaine",
            "fr",
            "fra",
            "corse",
            "guadeloupe",
            "martinique",
            "guyane",
            "monaco",
        ),
        *("reunion", "la reunion", "mayotte", "nouvelle caledonie", "polynesie francaise", "saint martin"),
    )
)


def _is_total(cell: str) -> bool:
    return headings.folded(cell).startswith(
        ("total", "totaux", "sous total", "nombre total", "soit au total")
    )


# --- The whole ----------------------------------------------------------------------------------------------


def _person(row: OrderRow) -> str:
    return unicodedata.normalize("NFC", f"{row.last_name}\x1f{row.first_name}".replace("’", "'")).casefold()


def canonical(row: OrderRow) -> tuple[str, ...]:
    """What a row orders, as text: neither its place in the file nor the case of its letters counts."""
    return (
        row.reference.casefold(),
        row.civility,
        _person(row),
        *(addresses.capitals(line) for line in row.address[1:]),
        str(row.vouchers),
        f"{row.month:%Y-%m}",
        row.delivery,
        row.campaign.casefold(),
    )


def fingerprint(rows: Iterable[OrderRow]) -> str:
    """SHA-256 of what is ordered; empty when nothing is.

    It is compared, never published, and stands beside the rows themselves: a salt would protect nothing.
    """
    ordered = sorted(canonical(row) for row in rows)
    if not ordered:
        return ""
    return hashlib.sha256(json.dumps(ordered, ensure_ascii=False).encode()).hexdigest()


def _refuse_twice(found: _Found, columns: headings.Columns) -> None:
    """Among the rows of one reference: a copy is refused, a contradiction refuses all of them."""
    by_reference: dict[str, list[OrderRow]] = defaultdict(list)
    for row in found.rows:
        by_reference[row.reference.casefold()].append(row)
    refused: dict[int, CellRefused] = {}
    for rows in by_reference.values():
        if len(rows) > 1:
            refused.update(_contradictions(rows))
    if not refused:
        return
    reference = columns.heading("reference")
    letter = headings.column_letter(columns.index["reference"])
    by_row = {row.row: row for row in found.rows}
    for number in sorted(refused):
        refusal = refused[number]
        message = f"Cellule {letter}{number} (« {reference} ») : {refusal.message}"
        value = by_row[number].reference
        found.refusals.append(
            Refusal(found.sheet, number, reference, refusal.rule, message, refusal.mend, value)
        )
    found.rows = [row for row in found.rows if row.row not in refused]


def _contradictions(rows: Sequence[OrderRow]) -> dict[int, CellRefused]:
    reference = cells.quoted(rows[0].reference)
    if len({_person(row) for row in rows}) > 1:
        listed = _listed(rows)
        why = CellRefused(
            "REFERENCE_TWO_NAMES", f"la référence {reference} porte des noms différents ({listed})."
        )
        return {row.row: why for row in rows}
    refused: dict[int, CellRefused] = {}
    orders: dict[tuple[date, str], dict[tuple[str, ...], list[OrderRow]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        orders[row.month, row.campaign.casefold()][canonical(row)].append(row)
    for versions in orders.values():
        same = [row for version in versions.values() for row in version]
        if len(versions) > 1:
            month = cells.month_label(same[0].month)
            why = CellRefused(
                "REFERENCE_TWICE",
                f"la référence {reference} est commandée plusieurs fois pour {month} ({_listed(same)}).",
            )
            refused.update({row.row: why for row in same})
            continue
        for row in same[1:]:
            refused[row.row] = CellRefused("DUPLICATE_ROW", f"cette ligne répète la ligne {same[0].row}.")
    return refused


def _listed(rows: Sequence[OrderRow]) -> str:
    shown = ", ".join(str(row.row) for row in rows[:5])
    return f"lignes {shown}" + (f" et {len(rows) - 5} autres" if len(rows) > 5 else "")


def _note_homonyms(found: _Found) -> None:
    """Two references, one name: worth a look, never merged."""
    by_name: dict[str, list[OrderRow]] = defaultdict(list)
    folded: dict[str, str] = {}
    for row in found.rows:
        for name in (row.last_name, row.first_name):
            if name not in folded:
                folded[name] = headings.folded(name)
        by_name[" ".join(sorted(f"{folded[row.last_name]} {folded[row.first_name]}".split()))].append(row)
    for rows in by_name.values():
        if len(rows) < 2 or len({row.reference.casefold() for row in rows}) < 2:
            continue
        by_address: dict[tuple[str, ...], list[OrderRow]] = defaultdict(list)
        for row in rows:
            by_address[tuple(map(addresses.capitals, row.address[1:]))].append(row)
        together = [
            same for same in by_address.values() if len({row.reference.casefold() for row in same}) > 1
        ]
        for same in together:
            _note_same_name(found, "HOMONYM_SAME_ADDRESS", same, "ont le même nom et la même adresse")
        if len(by_address) > 1:
            _note_same_name(found, "HOMONYM", rows, "ont le même nom à des adresses différentes")


def _note_same_name(found: _Found, rule: str, rows: Sequence[OrderRow], what: str) -> None:
    listed = _listed(rows)
    message = f"{listed.capitalize()} : des bénéficiaires de références différentes {what}."
    found.notice(rows[0].row, rule, message, tuple(row.row for row in rows[1:]))

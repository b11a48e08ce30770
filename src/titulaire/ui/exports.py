"""A table as a file: CSV for any tool, XLSX with typed cells for a spreadsheet.

CSV is UTF-8 with a byte order mark, `;` between values, ISO dates and a decimal comma, so that a French
spreadsheet opens it with a double click. XLSX keeps numbers as numbers and dates as dates. In neither can a
cell of text become a formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import xlsxwriter
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)
Kind = Literal["text", "number", "money", "rate", "date", "instant", "status"]

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: dict[str, str] = {
    "number": "#,##0.###",
    "integer": "#,##0",
    "money": '#,##0.00\\ "€"',
    "rate": "0.0\\ %",
    "date": "dd/mm/yyyy",
    "instant": "dd/mm/yyyy hh:mm",
}
# A spreadsheet reads `+33 1 23…` as a call to nothing and shows it as it is; `+1+cmd|…` it computes.
_PLAIN_SIGNED = re.compile(r"[+-]?[\d\s.,\u00a0\u202f()]*\Z")
STREAMED = 500
"""Rows written between two parts of a file sent as it is made."""
# From here on a spreadsheet loses digits: so long a number is a name, not a quantity.
_EXACT = 10**15


def safe_text(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would compute it.

    A phone number (`+33 1 23 45 67 89`) and a negative number stay as they are.
    """
    bare = text.lstrip(" \u00a0\u202f")
    computed = bare[:1] in set("=@＝＠\t\r\n") or (
        bare[:1] in set("+-＋－") and not _PLAIN_SIGNED.match(bare)
    )
    return f"'{text}" if computed else text


def csv_value(value: Any) -> str:
    """One value as CSV text: ISO dates, decimal comma, `oui` and `non`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return _local(value).replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    if isinstance(value, int):
        return str(value)
    return safe_text(str(value))


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The whole file, with its byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([safe_text(heading) for heading in headings])
    writer.writerows([csv_value(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def csv_response(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download called `name`.csv."""
    return _download(f"{name}.csv", CSV_TYPE, csv_bytes(headings, rows))


def csv_stream(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A download called `name`.csv, written as its rows come: for lists too long to hold."""

    def lines() -> Iterator[bytes]:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        text.write("\ufeff")
        writer.writerow([safe_text(heading) for heading in headings])
        for number, row in enumerate(rows, start=1):
            writer.writerow([csv_value(value) for value in row])
            if number % STREAMED == 0:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        yield text.getvalue().encode()

    answer = StreamingHttpResponse(lines(), content_type=CSV_TYPE)
    return _as_download(answer, f"{name}.csv")


def xlsx_bytes(
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str = "Données",
    kinds: Sequence[Kind] | None = None,
    notes: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A workbook: a bold, frozen, filterable heading, typed cells, and if given a sheet of `notes`.

    `kinds`: how each column is shown; without it, each cell by its type (a `Decimal` as an amount).
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
            "remove_timezone": True,
            "default_date_format": FORMATS["date"],
        },
    )
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in FORMATS.items()}
    bold = book.add_format(
        {"bold": True, "bottom": 1, "bg_color": "#E1EEED", "text_wrap": True, "valign": "top"}
    )
    page = book.add_worksheet(_sheet_name(sheet))
    page.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        kind = kinds[place] if kinds else None
        page.set_column(place, place, _width(heading, kind))
    for place, heading in enumerate(headings):
        page.write_string(0, place, heading, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            _write(page, last, place, value, kinds[place] if kinds else None, formats)
    if headings:
        page.autofilter(0, 0, last, len(headings) - 1)
    if notes:
        about = book.add_worksheet("À propos")
        about.set_column(0, 0, 28)
        about.set_column(1, 1, 80)
        for line, (label, text) in enumerate(notes):
            about.write_string(line, 0, label, bold)
            about.write_string(line, 1, text)
    book.close()
    return file.getvalue()


def xlsx_response(
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str = "Données",
    kinds: Sequence[Kind] | None = None,
    notes: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """A download called `name`.xlsx."""
    body = xlsx_bytes(headings, rows, sheet=sheet, kinds=kinds, notes=notes)
    return _download(f"{name}.xlsx", XLSX_TYPE, body)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: flat rows under one heading, as a pivot table takes them."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    kinds: Sequence[Kind] | None = None


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of several sheets, each as `xlsx_bytes` makes one."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
            "remove_timezone": True,
            "default_date_format": FORMATS["date"],
        },
    )
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in FORMATS.items()}
    bold = book.add_format(
        {"bold": True, "bottom": 1, "bg_color": "#E1EEED", "text_wrap": True, "valign": "top"}
    )
    for one in sheets:
        page = book.add_worksheet(_sheet_name(one.name))
        page.freeze_panes(1, 0)
        for place, heading in enumerate(one.headings):
            kind = one.kinds[place] if one.kinds else None
            texts = [len(str(row[place])) for row in one.rows[:200] if place < len(row)]
            page.set_column(place, place, min(max(_width(heading, kind), *texts, 8), 60))
            page.write_string(0, place, heading, bold)
        for line, row in enumerate(one.rows, start=1):
            for place, value in enumerate(row):
                _write(page, line, place, value, one.kinds[place] if one.kinds else None, formats)
        page.autofilter(0, 0, len(one.rows), len(one.headings) - 1)
    book.close()
    return file.getvalue()


def _write(page: Any, line: int, place: int, value: Any, kind: Kind | None, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(line, place, "oui" if value else "non")
    elif isinstance(value, datetime):
        page.write_datetime(line, place, _local(value).replace(tzinfo=None), formats["instant"])
    elif isinstance(value, date):
        page.write_datetime(line, place, value, formats["date"])
    elif isinstance(value, (float, Decimal)) or (isinstance(value, int) and abs(value) < _EXACT):
        shown = kind if kind in FORMATS else _kind_of(value)
        page.write_number(line, place, value, formats[shown or "number"])
    else:
        page.write_string(line, place, str(value))


def _kind_of(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        return "money"
    return "integer" if isinstance(value, int) else "number"


def _width(heading: str, kind: Kind | None) -> float:
    least = {"date": 12.0, "instant": 17.0, "money": 15.0, "number": 12.0, "rate": 10.0}.get(kind or "", 18.0)
    return min(max(least, len(heading) + 3), 40)


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name).strip(" '")[:31] or "Données"


def _local(value: datetime) -> datetime:
    return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value


def _download(name: str, content_type: str, body: bytes) -> HttpResponse:
    return _as_download(HttpResponse(body, content_type=content_type), name)


def _as_download(response: Answer, name: str) -> Answer:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response

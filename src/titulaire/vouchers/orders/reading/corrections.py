"""The refused rows as a file to correct, which the reading takes back as it is once corrected."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime

import xlsxwriter

from titulaire.vouchers.orders.reading.cells import FORMULA
from titulaire.vouchers.orders.reading.headings import HELPER_HEADINGS
from titulaire.vouchers.orders.reading.rows import OrderFile

# A fixed date of creation, so that the same refusals make the same bytes.
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def refused_rows_csv(order_file: OrderFile) -> bytes:
    """CSV as French spreadsheets open it: semicolons, UTF-8 with its mark, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in _table(order_file):
        writer.writerow([as_text(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def refused_rows_xlsx(order_file: OrderFile) -> bytes:
    """The same as a workbook: every cell is text, so that codes keep their zeros and nothing is a formula."""
    out = io.BytesIO()
    with workbook(out) as book:
        sheet = book.add_worksheet("Lignes à corriger")
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@", "valign": "top"})
        reason = book.add_format(
            {"num_format": "@", "valign": "top", "text_wrap": True, "bg_color": "#FDECEA"}
        )
        table = _table(order_file)
        width = len(table[0])
        for number, row in enumerate(table):
            for at, cell in enumerate(row):
                style = heading if number == 0 else reason if at >= width - len(HELPER_HEADINGS) else text
                sheet.write_string(number, at, cell[:32_000], style)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
        sheet.set_column(width - len(HELPER_HEADINGS), width - 1, 60)
    return out.getvalue()


def workbook(out: io.BytesIO) -> xlsxwriter.Workbook:
    """A workbook in memory whose bytes depend on its content only."""
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": MADE_AT, "author": "Titulaire"})
    return book


def as_text(cell: str) -> str:
    """The cell behind an apostrophe when a spreadsheet would take it for a formula; the reading drops it."""
    stripped = cell.lstrip()
    return f"'{cell}" if FORMULA.match(stripped) else cell


def _table(order_file: OrderFile) -> list[list[str]]:
    kept = [at for at, heading in enumerate(order_file.headings) if heading not in HELPER_HEADINGS]
    reasons: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for refusal in order_file.refusals:
        if refusal.row in order_file.source_rows:
            reasons[refusal.row].append((refusal.message, refusal.mend))
    table = [[*(order_file.headings[at] for at in kept), *HELPER_HEADINGS]]
    for number in sorted(reasons):
        cells = order_file.source_rows[number]
        messages = dict.fromkeys(message for message, _ in reasons[number])
        mends = dict.fromkeys(mend for _, mend in reasons[number])
        given = [cells[at] if at < len(cells) else "" for at in kept]
        table.append([*given, " ".join(messages), " ".join(mends)])
    return table

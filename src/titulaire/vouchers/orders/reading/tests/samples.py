"""Order files made for the tests: invented people, every shape of table."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import xlsxwriter

HEADINGS = (
    "Réf. bénéficiaire",
    "Civilité",
    "Nom",
    "Prénom",
    "Complément",
    "Adresse 1",
    "Code postal",
    "Ville",
    "Nb titres",
    "Mois",
    "Livraison",
    "Campagne",
)
ROW = (
    "D-001",
    "Mme",
    "D'Almeïda",
    "Zoé",
    "Apt 4",
    "12, bis rue de l'Église",
    "47000",
    "Agen",
    "5",
    "01/2026",
    "",
    "",
)
OTHER = (
    "D-002",
    "M.",
    "Lecœur",
    "Noël",
    "",
    "3 avenue du Maïs",
    "01000",
    "Bourg-en-Bresse",
    "10",
    "janvier 2026",
    "CPAM",
    "Hiver",
)


def row(**changed: str) -> tuple[str, ...]:
    """The usual row with some cells changed, by the heading's place: `row(vouchers="0")`."""
    at = dict(
        zip(
            (
                "reference",
                "civility",
                "last_name",
                "first_name",
                "complement",
                "address",
                "postal_code",
                "city",
                "vouchers",
                "month",
                "delivery",
                "campaign",
            ),
            range(12),
            strict=True,
        )
    )
    cells = list(ROW)
    for name, value in changed.items():
        cells[at[name]] = value
    return tuple(cells)


def csv_bytes(
    rows: Iterable[Sequence[str]],
    headings: Sequence[str] = HEADINGS,
    *,
    separator: str = ";",
    encoding: str = "utf-8",
    newline: str = "\r\n",
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=newline)
    if headings:
        writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_bytes(
    rows: Iterable[Sequence[object]], headings: Sequence[str] = HEADINGS, *, sheet: str = "Feuil1"
) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        page = book.add_worksheet(sheet)
        for number, cells in enumerate([headings, *rows]):
            for at, cell in enumerate(cells):
                page.write(number, at, cell)
    return out.getvalue()


def ods_bytes(rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS) -> bytes:
    table = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{cell.replace('&', '&amp;')}</text:p></table:table-cell>"
            for cell in cells
        )
        + "</table:table-row>"
        for cells in [headings, *rows]
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Feuille1">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zip_bytes(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def zip_bytes(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else method)
    return out.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def reworked(data: bytes, **parts: bytes) -> bytes:
    """A workbook with some parts replaced: `reworked(data, **{"xl/worksheets/sheet1.xml": b"…"})`."""
    return zip_bytes({**unzipped(data), **parts})

"""What the printer has to make, line by line, and what he says he made."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from titulaire.vouchers.issuing.printing.pagination import leaves
from titulaire.vouchers.issuing.printing.spec import JobSpec
from titulaire.vouchers.issuing.rules import InvalidNumber, Number

HEADINGS = (
    "travail", "lot", "fichier", "sha256", "carnet", "premier titre", "dernier titre", "titres",
    "première page", "dernière page", "courrier",
)  # fmt: skip
RETURN_HEADINGS = ("carnet", "premier titre", "dernier titre", "titres")
"""What the printer's file must hold at least; a column `état` may say `gâché`."""


class UnreadableReturn(ValueError):
    """The printer's file has not the expected columns."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(missing)
        self.missing = missing


class DifferenceKind(StrEnum):
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"
    TWICE = "TWICE"
    NUMBERS = "NUMBERS"
    COUNT = "COUNT"
    SPOILED = "SPOILED"


@dataclass(frozen=True)
class Difference:
    """A booklet on which the printer's file and ours disagree. `row` is a line of his, headings are 1."""

    kind: DifferenceKind
    booklet: str
    expected: str = ""
    found: str = ""
    row: int | None = None


@dataclass(frozen=True)
class ManifestRow:
    """One booklet in the press file. Pages count from 1. Nobody's name: the printer needs none."""

    job: str
    batch: str
    file: str
    sha256: str
    booklet: str
    first: Number
    last: Number
    vouchers: int
    first_page: int
    last_page: int
    has_letter: bool


def manifest(job: JobSpec, press: bytes) -> tuple[ManifestRow, ...]:
    """The rows of a job, in the order of its press file."""
    digest, page, rows = hashlib.sha256(press).hexdigest(), 1, []
    for booklet in job.booklets:
        pages = len(leaves(job, booklet))
        rows.append(
            ManifestRow(
                job=job.reference,
                batch=job.batch,
                file=f"{job.reference}.pdf",
                sha256=digest,
                booklet=booklet.reference,
                first=booklet.vouchers[0].number,
                last=booklet.vouchers[-1].number,
                vouchers=len(booklet.vouchers),
                first_page=page,
                last_page=page + pages - 1,
                has_letter=job.letter_for(booklet) is not None,
            )
        )
        page += pages
    return tuple(rows)


def manifest_csv(rows: Iterable[ManifestRow]) -> str:
    """The manifest as the printer opens it: semicolons, French headings; write it with a byte order mark."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow(
            (
                row.job, row.batch, row.file, row.sha256, row.booklet, row.first, row.last, row.vouchers,
                row.first_page, row.last_page, "oui" if row.has_letter else "non",
            )
        )  # fmt: skip
    return out.getvalue()


def reconcile(rows: Iterable[ManifestRow], printer_return: str) -> tuple[Difference, ...]:
    """Where the printer's file differs from the manifest: nothing at all when the job is made.

    Raises:
        UnreadableReturn: a column is missing.
    """
    expected = {row.booklet: row for row in rows}
    reader = csv.DictReader(StringIO(printer_return.removeprefix("\ufeff")), delimiter=";")
    missing = tuple(name for name in RETURN_HEADINGS if name not in (reader.fieldnames or ()))
    if missing:
        raise UnreadableReturn(missing)
    differences, seen = [], Counter[str]()
    for line, found in enumerate(reader, start=2):
        booklet = (found["carnet"] or "").strip()
        seen[booklet] += 1
        row = expected.get(booklet)
        if row is None:
            differences.append(Difference(DifferenceKind.UNKNOWN, booklet, row=line))
        elif seen[booklet] > 1:
            differences.append(Difference(DifferenceKind.TWICE, booklet, row=line))
        else:
            differences += _compared(row, found, line)
    for booklet in expected:
        if not seen[booklet]:
            differences.append(Difference(DifferenceKind.MISSING, booklet))
    return tuple(differences)


def _compared(row: ManifestRow, found: dict[str, str], line: int) -> list[Difference]:
    if (found.get("état") or "").strip().casefold() == "gâché":
        return [Difference(DifferenceKind.SPOILED, row.booklet, row=line)]
    differences = []
    ends = " – ".join(_number(found[name]) for name in ("premier titre", "dernier titre"))
    if ends != f"{row.first} – {row.last}":
        differences.append(
            Difference(DifferenceKind.NUMBERS, row.booklet, f"{row.first} – {row.last}", ends, line)
        )
    count = (found["titres"] or "").strip()
    if count != str(row.vouchers):
        differences.append(Difference(DifferenceKind.COUNT, row.booklet, str(row.vouchers), count, line))
    return differences


def _number(text: str | None) -> str:
    try:
        return str(Number.parse(text or ""))
    except InvalidNumber:
        return (text or "").strip()

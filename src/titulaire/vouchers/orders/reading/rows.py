"""What reading an order file gives: values, never rows of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or the whole file (`row` 0), cannot be ordered, and how to mend it.

    `row` is the line as a spreadsheet numbers it, from 1; `column` the heading as written in the file.
    `rule` is a stable capital code; `message` and `mend` are French sentences.
    """

    sheet: str
    row: int
    column: str
    rule: str
    message: str
    mend: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a look that does not refuse the row: a homonym, a corrected address…"""

    row: int
    rule: str
    message: str
    other_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One beneficiary's order. `address` is what will be printed (NF Z10-011), `address_given` the file's."""

    row: int
    reference: str
    civility: str
    last_name: str
    first_name: str
    address: tuple[str, ...]
    address_given: tuple[str, ...]
    vouchers: int
    month: date
    delivery: str
    campaign: str


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A file, read. `mapping` goes from field to heading; `fingerprint` depends on what is ordered only.

    Two files with the same fingerprint order the same thing, whatever their names, encodings or row order.
    """

    name: str
    sha256: str
    format: str
    encoding: str
    separator: str
    sheet: str
    headings: tuple[str, ...]
    mapping: Mapping[str, str]
    missing_fields: tuple[str, ...]
    rows: tuple[OrderRow, ...]
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...]
    fingerprint: str
    source_rows: Mapping[int, tuple[str, ...]]

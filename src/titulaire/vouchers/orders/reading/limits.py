"""How large an order file may be. A monthly file holds about a hundred rows: the margin is wide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Past any of these the whole file is refused; nothing is cut in silence.

    `memory_bytes`, `cpu_seconds` and `wall_seconds` bound the child process that opens a workbook.
    """

    file_bytes: int = 10_000_000
    rows: int = 20_000
    columns: int = 200
    cells: int = 600_000
    cell_characters: int = 500
    text_characters: int = 20_000_000
    sheets: int = 20
    archive_entries: int = 500
    archive_bytes: int = 60_000_000
    archive_ratio: int = 250
    memory_bytes: int = 320_000_000
    cpu_seconds: int = 1
    wall_seconds: float = 5.0
    vouchers: int = 250


LIMITS = Limits()

"""What a command prints: tables and words for people, one JSON document for machines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDE = 160
"""Columns where nobody's window sets the width: in a file or a pipe, narrow tables would cut every word."""

console = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE)

as_json = click.option("--json", "json_output", is_flag=True, help="Un seul document JSON, pour une machine.")


def plain(value: object) -> object:
    """The JSON form of what a figure is made of: amounts and dates as text, never a float for money."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(document: object) -> None:
    """Print one JSON document, accents kept."""
    click.echo(json.dumps(document, default=plain, ensure_ascii=False, indent=2))


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a titled table. What people typed is printed as it is: brackets in it are no colours."""
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console.print(table)


def refuse(message: str, *, json_output: bool = False, **facts: object) -> NoReturn:
    """Say why nothing was done, and leave with exit code 2."""
    if json_output:
        print_json({"error": message, **facts})
    else:
        click.echo(f"Refusé : {message}", err=True)
    sys.exit(2)

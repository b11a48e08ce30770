"""What is counted in a table: a condition on its rows, and a column to add up where the condition holds.

    @measure("legs", "appels décrochés")
    def answered(legs):
        return legs.outcome == "ANSWERED"

The expression is Ibis's: the same one runs on files, on a small table in a test, and on another engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

Condition = Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True)
class Measure:
    """A whole number that adds up. `amount` is the column added where `when` holds; empty: rows are counted."""

    name: str
    table: str
    label: str
    when: Condition
    amount: str = ""

    def total(self, table: ir.Table) -> ir.IntegerScalar:
        """Its sum over a table; 0 over none."""
        held = self.when(table)
        found: Any = table[self.amount].sum(where=held) if self.amount else held.sum()
        return found.fill_null(0).cast("int64")

    def share(self, table: ir.Table) -> ir.IntegerColumn:
        """What each row brings to it."""
        counted: Any = table[self.amount].cast("int64") if self.amount else 1
        held: Any = self.when(table).fill_null(False)
        return held.ifelse(counted, 0)


@dataclass(frozen=True)
class Measures:
    """Measures by name, in the order of their writing."""

    by_name: Mapping[str, Measure]

    def of_table(self, table: str, names: Iterable[str] | None = None) -> list[Measure]:
        """Those of a table, or among some names."""
        wanted = None if names is None else set(names)
        return [
            one
            for one in self.by_name.values()
            if one.table == table and (wanted is None or one.name in wanted)
        ]

    def __getitem__(self, name: str) -> Measure:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name


class Register:
    """Gathers measures as a module declares them."""

    def __init__(self) -> None:
        self._found: dict[str, Measure] = {}

    def measure(self, table: str, label: str, of: str = "") -> Callable[[Condition], Condition]:
        """Declare a function as the condition of a measure that bears its name."""

        def mark(when: Condition) -> Condition:
            name = when.__name__
            self.add(Measure(name, table, label, when, of))
            return when

        return mark

    def add(self, one: Measure) -> None:
        """Declare a measure.

        Raises:
            ValueError: the name is taken.
        """
        if one.name in self._found:
            raise ValueError(f"two measures named {one.name}")
        self._found[one.name] = one

    def measures(self) -> Measures:
        """Those declared so far."""
        return Measures(dict(self._found))

"""The obligations of the contracts, numbered, and the mark that ties code to them.

`@clause("T-2.1.3-millesime")` on a function says: this carries the clause out. A test bears the same
reference with `@pytest.mark.clause`. `titulaire.clauses.register` knows every clause.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_CARRIED_BY: dict[str, list[str]] = {}


def clause(*references: str) -> Callable[[F], F]:
    """Mark a function or class as carrying out the given clauses.

    Raises:
        ValueError: a reference is empty; unknown references are found by the test of the house,
            so that marking stays free of any file access at import.
    """

    def mark(target: F) -> F:
        for reference in references:
            if not reference:
                raise ValueError("an empty clause reference")
            name = f"{target.__module__}.{target.__qualname__}"
            carriers = _CARRIED_BY.setdefault(reference, [])
            if name not in carriers:
                carriers.append(name)
        return target

    return mark


def carried_by(reference: str) -> tuple[str, ...]:
    """Dotted names of the functions that carry out a clause, among the modules imported so far."""
    return tuple(sorted(_CARRIED_BY.get(reference, ())))


def all_marked() -> tuple[str, ...]:
    """Every reference marked so far, sorted."""
    return tuple(sorted(_CARRIED_BY))

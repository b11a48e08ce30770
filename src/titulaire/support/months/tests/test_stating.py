"""The conformity to the plan is stated over the days that were ordered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from titulaire.support.ledger.rules import Order
from titulaire.support.months.stating import Ordered, ordered_days
from titulaire.support.months.tests.conftest import ENTERED

MAY = date(2026, 5, 1)


def order(since: str, until: str, hours: int) -> Order:
    return Order(date.fromisoformat(since), date.fromisoformat(until), Fraction(hours))


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([], None),
        ([order("2026-05-04", "2026-05-16", 400)], ("2026-05-04", "2026-05-16", 400)),
        ([order("2026-04-20", "2026-05-01", 400)], None),  # its last day is 30 April
        ([order("2026-04-20", "2026-05-02", 400)], ("2026-04-20", "2026-05-02", 400)),
        ([order("2026-05-25", "2026-06-02", 400)], None),
        (
            [order("2026-05-18", "2026-05-30", 300), order("2026-05-04", "2026-05-18", 400)],
            ("2026-05-04", "2026-05-30", 700),
        ),
        ([order("2026-05-04", "2026-05-16", 400), order("2026-05-18", "2026-05-30", 300)], None),
        (
            [order("2026-05-04", "2026-05-30", 400), order("2026-05-11", "2026-05-16", 50)],
            ("2026-05-04", "2026-05-30", 450),
        ),
    ],
)
def test_hours_are_set_beside_those_of_their_own_days(
    orders: list[Order], found: tuple[str, str, int] | None
) -> None:
    expected = found and Ordered(
        date.fromisoformat(found[0]), date.fromisoformat(found[1]), Fraction(found[2])
    )
    assert ordered_days(replace(ENTERED, orders=tuple(orders)), MAY) == expected

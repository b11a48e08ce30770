"""How orders are judged, how entries are priced, how they spread over days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from titulaire.support.ledger.rules import (
    Charge,
    Gap,
    NoPrice,
    Order,
    Ordered,
    Price,
    PriceChangesWithin,
    Produced,
    WorkUnit,
    charges,
    orders_judged,
    overlap,
    spread,
)

UO1, UO2, UO3, UO4 = WorkUnit
D = [date(2026, 5, day) for day in range(1, 32)]


def order(unit: WorkUnit, since: int, until: int, quantity: str, contacts: int | None = None) -> Ordered:
    return Ordered(unit, D[since - 1], D[until - 1], Decimal(quantity), contacts)


@pytest.mark.clause("S-9-120", "S-9-penalites", "S-7.2-commandes")
@pytest.mark.parametrize(
    ("found", "judged"),
    [
        ([], ()),
        ([order(UO2, 4, 18, "900"), order(UO4, 4, 18, "10")], ()),
        ([order(UO1, 4, 18, "100.5", 7)], (Order(D[3], D[17], Fraction(201, 2), 7),)),
        ([order(UO1, 4, 18, "100", 7), order(UO3, 4, 18, "20", 3)], (Order(D[3], D[17], Fraction(120), 10),)),
        ([order(UO1, 4, 18, "100", 7), order(UO3, 11, 25, "20")], (Order(D[3], D[24], Fraction(120)),)),
        (
            [order(UO3, 18, 25, "20", 1), order(UO1, 4, 18, "100", 1)],
            (Order(D[3], D[17], Fraction(100), 1), Order(D[17], D[24], Fraction(20), 1)),
        ),
    ],
    ids=["none", "acts", "alone", "same days", "shared days", "one after the other"],
)
def test_orders_of_hours_that_share_days_are_judged_together(
    found: list[Ordered], judged: tuple[Order, ...]
) -> None:
    assert orders_judged(found) == judged


def made(unit: WorkUnit, since: int, until: int, quantity: str, site: str = "") -> Produced:
    return Produced(unit, D[since - 1], D[until - 1], Decimal(quantity), site)


PRICES = (
    Price(UO1, date(2026, 1, 1), Decimal("30.1234")),
    Price(UO1, D[14], Decimal("31")),
    Price(UO4, date(2026, 1, 1), Decimal("2.5")),
)


@pytest.mark.clause("S-7.2-commandes", "S-9-penalites")
def test_a_month_is_charged_by_unit_and_price() -> None:
    entries = [
        made(UO4, 1, 31, "7"),
        made(UO1, 14, 15, "10.33"),
        made(UO1, 15, 16, "2"),
        made(UO1, 1, 2, "1"),
    ]
    found = charges(entries, PRICES)
    assert found == (
        Charge(UO1, D[0], D[14], Decimal("11.33"), Decimal("30.1234")),
        Charge(UO1, D[14], D[15], Decimal("2"), Decimal("31")),
        Charge(UO4, D[0], D[30], Decimal("7"), Decimal("2.5")),
    )
    # 11.33 × 30.1234 = 341.298…; 7 × 2.5 = 17.50
    assert [one.amount for one in found] == [Decimal("341.30"), Decimal("62.00"), Decimal("17.50")]


def test_an_entry_without_a_price_or_over_two_has_no_amount() -> None:
    with pytest.raises(NoPrice):
        charges([made(UO2, 1, 2, "1")], PRICES)
    with pytest.raises(NoPrice):
        charges([Produced(UO1, date(2025, 12, 31), D[0], Decimal(1))], PRICES)
    with pytest.raises(PriceChangesWithin) as told:
        charges([made(UO1, 14, 16, "1")], PRICES)
    assert told.value.on == D[14]


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (made(UO1, 5, 6, "1", "NORD"), True),
        (made(UO1, 5, 6, "1"), True),
        (made(UO1, 5, 6, "1", "SUD"), False),
        (made(UO3, 5, 6, "1", "NORD"), False),
        (made(UO1, 6, 7, "1", "NORD"), False),
    ],
)
def test_quantities_overlap_by_unit_day_and_site(other: Produced, shared: bool) -> None:
    assert overlap(made(UO1, 4, 6, "1", "NORD"), other) is shared


def test_an_entry_over_days_is_shared_equally_and_a_day_without_fact_has_no_gap() -> None:
    assert spread([made(UO1, 1, 3, "9"), made(UO3, 2, 3, "1"), made(UO2, 1, 2, "50")], {UO1, UO3}) == {
        D[0]: Decimal("4.5"),
        D[1]: Decimal("5.5"),
    }
    assert Gap(D[0], Decimal(8), Decimal("7.5")).difference == Decimal("0.5")
    assert Gap(D[0], Decimal(8), None).difference is None

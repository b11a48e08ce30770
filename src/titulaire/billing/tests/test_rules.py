"""Amounts, numbers, dates and refusals, by tables; no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.amounts import to_cents
from titulaire.billing.parties import Parties, faults
from titulaire.billing.rules import (
    VAT_RATES,
    Cause,
    Channel,
    DocumentKind,
    DocumentRefused,
    Exemption,
    InvoiceLine,
    Item,
    LineRefused,
    Standing,
    Unit,
    charge,
    check_credit,
    check_invoice,
    due_on,
    items_of,
    number_of,
    penalty_deduction,
    production_amount,
    standing,
    totals,
)
from titulaire.billing.tests.factories import hours, parties, two_parts


def line(quantity: str, price: str, rate: str = "0.2") -> InvoiceLine:
    return InvoiceLine(Item.OTHER, "Prestation", D(quantity), Unit.LUMP, D(price), D(rate))


@pytest.mark.clause("T-2.5-pochettes", "T-2.6-domicile")
def test_the_face_value_of_titles_is_no_turnover_and_bears_no_vat() -> None:
    found = totals(two_parts())
    # 83.33 + 161.20 + 21.38 (50 × 0.4275 = 21.375) taxed at 20 %; 5 200 of titles apart.
    assert (found.turnover, found.outside) == (D("265.91"), D("5200.00"))
    assert (found.net, found.vat, found.gross) == (D("5465.91"), D("53.18"), D("5519.09"))
    assert [(each.rate, each.exemptions) for each in found.by_rate] == [
        (D("0.2"), ()),
        (D(0), (Exemption.FACE_VALUE,)),
    ]


def test_vat_is_rounded_once_for_each_rate_and_not_line_by_line() -> None:
    # Three times 0.03 of VAT would be 0.09: each line alone rounds 0.025 upwards.
    assert totals([line("1", "0.125")] * 3).vat == D("0.08")
    assert totals([line("1", "0.13"), line("1", "0.13"), line("1", "0.13", "0.1")]).vat == D("0.06")


def test_a_line_is_in_cents_halves_away_from_zero() -> None:
    assert line("50", "0.4275").net == D("21.38")
    assert line("-50", "0.4275").net == D("-21.38")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**7).map(lambda n: D(n) / 1000),
            st.integers(0, 10**6).map(lambda n: D(n) / 10000),
            st.sampled_from(VAT_RATES),
        ),
        max_size=12,
    )
)
def test_a_total_is_its_lines_and_its_rates_whatever_they_are(told: list[tuple[D, D, D]]) -> None:
    lines = [InvoiceLine(Item.OTHER, "x", q, Unit.LUMP, p, r) for q, p, r in told]
    found = totals(lines)
    assert found.net == sum((to_cents(q * p) for q, p, _ in told), D(0))
    assert found.vat == sum((to_cents(each.base * each.rate) for each in found.by_rate), D(0))
    assert found.gross == found.net + found.vat


@pytest.mark.clause("S-9-penalites")
def test_a_penalty_is_a_deduction_without_vat() -> None:
    found = totals([*hours(), penalty_deduction("Taux de décroché", D("394.31"))])
    before = totals(hours())
    assert (found.vat, found.gross) == (before.vat, before.gross - D("394.31"))
    assert found.turnover == before.turnover
    assert str(found.by_rate[-1].vat) == "0.00"


@pytest.mark.clause("S-9-penalites", "S-9-plafond", "S-7.2-commandes")
def test_the_production_invoice_is_hours_and_acts_by_channel_without_penalties_or_vat() -> None:
    lines = [*hours(), penalty_deduction("Décroché", D(100)), line("1", "999")]
    assert production_amount(lines, Channel.PHONE) == D("37455.60")
    assert production_amount(lines, Channel.FORMS) == D("1985.75")
    assert production_amount(lines) == D("39441.35")


@pytest.mark.parametrize(
    ("item", "unit"),
    [(Item.UO1, Unit.HOUR), (Item.UO2, Unit.ACT), (Item.UO3, Unit.HOUR), (Item.UO4, Unit.ACT)],
)
@pytest.mark.clause("S-7.2-commandes")
def test_uo1_and_uo3_are_hours_uo2_and_uo4_are_acts(item: Item, unit: Unit) -> None:
    assert charge(item, "x", D(1), D(1)).unit is unit


def test_a_contract_charges_the_items_of_its_own_half() -> None:
    assert Item.UO1 not in items_of("VOUCHERS") and Item.FACE_VALUE not in items_of("SUPPORT")
    assert {Item.PENALTY, Item.OTHER} <= set(items_of("VOUCHERS")) & set(items_of("SUPPORT"))
    with pytest.raises(LineRefused) as refused:
        check_invoice(hours(), half="VOUCHERS")
    assert (refused.value.fault, refused.value.place) == ("FOREIGN_ITEM", 1)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"label": " "}, "NO_LABEL"),
        ({"quantity": D(0)}, "NO_QUANTITY"),
        ({"quantity": 1.5}, "NOT_DECIMAL"),
        ({"unit_price": D("-1")}, "NEGATIVE_PRICE"),
        ({"unit_price": D("1.00001")}, "TOO_PRECISE"),
        ({"vat_rate": D("0.196")}, "UNKNOWN_RATE"),
        ({"vat_rate": D(0)}, "EXEMPTION_AND_RATE"),
        ({"exemption": Exemption.EXEMPT}, "EXEMPTION_AND_RATE"),
        ({"item": Item.FACE_VALUE}, "FACE_VALUE_TAXED"),
        ({"vat_rate": D(0), "exemption": Exemption.FACE_VALUE}, "NOT_FACE_VALUE"),
        ({"item": Item.PENALTY}, "PENALTY_TAXED"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused(changes: dict[str, object], fault: str) -> None:
    good = {"item": Item.OTHER, "label": "x", "quantity": D(1), "unit": Unit.LUMP, "unit_price": D(1)}
    with pytest.raises(LineRefused) as refused:
        InvoiceLine(**{**good, **changes})  # type: ignore[arg-type]
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "NO_LINE"),
        ([penalty_deduction("P", D(5))], "NOT_OWED"),
        ([line("1", "10"), line("-2", "10", "0.1"), line("5", "10", "0.055")], "NEGATIVE_RATE"),
    ],
)
def test_an_invoice_that_is_not_owed_is_refused(lines: list[InvoiceLine], fault: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        check_invoice(lines, half="SUPPORT")
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("kind", "year", "rank", "series", "number"),
    [
        (DocumentKind.INVOICE, 2026, 1, "", "F2026-0001"),
        (DocumentKind.CREDIT_NOTE, 2026, 12, "", "A2026-0012"),
        (DocumentKind.INVOICE, 2027, 12345, "M", "MF2027-12345"),
    ],
)
def test_numbers_are_by_kind_year_and_series(
    kind: DocumentKind, year: int, rank: int, series: str, number: str
) -> None:
    assert number_of(kind, year, rank, series=series) == number


def test_the_last_day_to_pay_is_not_late_and_the_next_day_is() -> None:
    due = due_on(date(2028, 1, 31), payment_days=30)
    assert due == date(2028, 3, 1)  # through a 29 February
    for on, left, expected in (
        (date(2028, 2, 29), D(1), Standing.DUE),
        (date(2028, 3, 1), D(1), Standing.DUE),
        (date(2028, 3, 2), D(1), Standing.LATE),
        (date(2028, 3, 2), D(0), Standing.SETTLED),
    ):
        assert standing(kind="INVOICE", number="F", due_on=due, left=left, on=on) is expected


INVOICED = [
    line("2", "100"),
    line("1", "50", "0.1"),
    charge(Item.FACE_VALUE, "Titres", D(10), D(10)),
]  # 395.00


@pytest.mark.clause("T-2.1.2-avoirs")
@pytest.mark.parametrize(
    ("lines", "cause", "fault"),
    [
        ([line("2", "100")], Cause.ERROR, ""),
        ([line("2", "100.01")], Cause.ERROR, "MORE_THAN_INVOICED_AT_RATE"),
        ([line("1", "50.01", "0.1")], Cause.ERROR, "MORE_THAN_INVOICED_AT_RATE"),
        ([line("1", "1", "0.055")], Cause.ERROR, "MORE_THAN_INVOICED_AT_RATE"),
        ([charge(Item.FACE_VALUE, "Titres", D(10), D(10))], Cause.UNUSED_TITLES, ""),
        (
            [charge(Item.FACE_VALUE, "Titres", D(11), D(10))],
            Cause.UNUSED_TITLES,
            "MORE_THAN_INVOICED_AT_RATE",
        ),
        (INVOICED, Cause.CANCELLATION, ""),
        ([*INVOICED, line("1", "1")], Cause.CANCELLATION, "MORE_THAN_INVOICED"),
        ([charge(Item.PENALTY, "P", D(1), D(395))], Cause.PENALTY, ""),
        ([charge(Item.PENALTY, "P", D(1), D("395.01"))], Cause.PENALTY, "MORE_THAN_INVOICED"),
        ([charge(Item.PENALTY, "P", D(1), D(1))], Cause.ERROR, "CAUSE_AND_LINES"),
        ([line("1", "1")], Cause.PENALTY, "CAUSE_AND_LINES"),
        ([line("-1", "1")], Cause.ERROR, "NOTHING_CREDITED"),
        ([], Cause.ERROR, "NO_LINE"),
    ],
)
def test_a_credit_note_gives_back_at_most_what_was_invoiced(
    lines: list[InvoiceLine], cause: Cause, fault: str
) -> None:
    found = ""
    try:
        check_credit(lines, cause=cause, invoiced=INVOICED, credited=[], left=totals(INVOICED).gross)
    except DocumentRefused as refused:
        found = refused.fault
    assert found == fault


def test_the_parties_of_an_invoice_have_numbers_that_pass_their_checks() -> None:
    good = parties()
    assert faults(good) == {}
    stored = good.as_json()
    assert Parties.from_json(stored) == good
    wrong = {
        **stored,
        "iban": "FR76",
        "seller": {**stored["seller"], "siret": "1" * 14, "vat_id": "", "city": ""},
    }  # type: ignore[dict-item]
    assert faults(Parties.from_json(wrong)) == {
        "seller_siret": "INVALID",
        "seller_vat_id": "MISSING",
        "seller_city": "MISSING",
        "iban": "INVALID",
    }

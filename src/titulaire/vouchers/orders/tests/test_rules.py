"""The rules of an order, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.vouchers.orders.rules import (
    VALIDITY_END,
    CalendarMonth,
    OrderState,
    OrderTerms,
    ValueFrom,
    booklet_sizes,
    calendar_faults,
    ceiling_room,
    delay_starts_on,
    delivery_promise,
    earliest_effect,
    face_value_on,
    last_day_of_use,
    main_month,
    opens_vintage,
    order_amount,
    order_number,
    proposed_calendar,
    states_before,
    vintage,
    vintage_read,
)


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.clause("T-2.4-novembre")
@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (date(2026, 11, 1), 2027),
        (date(2026, 10, 1), 2026),
        (date(2026, 12, 1), 2027),
        (date(2027, 1, 1), 2027),
        (date(2027, 10, 1), 2027),
        (date(2027, 11, 1), 2028),
    ],
)
def test_titles_of_november_carry_the_next_vintage(month: date, expected: int) -> None:
    assert vintage(month) == expected


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.parametrize(
    ("month", "ordered_on", "by_month", "by_date"),
    [
        (date(2026, 11, 1), date(2026, 10, 31), 2027, 2026),
        (date(2026, 11, 1), date(2026, 11, 1), 2027, 2027),
        (date(2026, 10, 1), date(2026, 11, 1), 2026, 2027),
        (date(2027, 1, 1), date(2026, 10, 31), 2027, 2027),
    ],
)
def test_the_two_readings_of_the_november_order_differ_around_1_november(
    month: date, ordered_on: date, by_month: int, by_date: int
) -> None:
    terms = OrderTerms(
        face_value=Decimal("10.00"),
        ceiling=Decimal("250000.00"),
        delivery_working_days=10,
        booklet_most=25,
        vintage_switch_month=11,
        validity_end=VALIDITY_END,
        notice_months=1,
        november_order="ORDER_MONTH",
        delivery_start="ACKNOWLEDGEMENT",
    )
    assert vintage_read(month, ordered_on, terms) == by_month
    assert vintage_read(month, ordered_on, replace(terms, november_order="ORDER_DATE")) == by_date


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_the_delay_starts_at_the_acknowledgement_or_in_the_other_reading_at_the_order() -> None:
    days = {"ordered_on": date(2026, 10, 1), "acknowledged_on": date(2026, 10, 5)}
    assert delay_starts_on(**days) == date(2026, 10, 5)
    assert delay_starts_on(**days, reading="ORDER") == date(2026, 10, 1)


@pytest.mark.clause("T-2.1.3-millesime")
def test_a_vintage_is_usable_until_31_january_of_the_year_after_it() -> None:
    assert last_day_of_use(vintage(date(2026, 11, 1))) == date(2028, 1, 31)
    assert last_day_of_use(vintage(date(2026, 10, 1))) == date(2027, 1, 31)


@pytest.mark.clause("T-2.4-novembre")
def test_only_november_opens_a_vintage() -> None:
    assert [month for month in range(1, 13) if opens_vintage(date(2026, month, 1))] == [11]


CHANGES = (ValueFrom(date(2027, 3, 1), Decimal("12.00")), ValueFrom(date(2026, 6, 1), Decimal("11.00")))


@pytest.mark.clause("T-2.2-valeur-faciale")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 5, 31), "10.00"),
        (date(2026, 6, 1), "11.00"),
        (date(2026, 6, 2), "11.00"),
        (date(2027, 2, 28), "11.00"),
        (date(2027, 3, 1), "12.00"),
    ],
)
def test_the_face_value_is_the_latest_in_effect(day: date, expected: str) -> None:
    assert face_value_on(day, Decimal("10.00"), CHANGES) == Decimal(expected)


@pytest.mark.clause("T-2.2-valeur-faciale")
def test_without_a_change_the_face_value_is_the_contracts() -> None:
    assert face_value_on(date(2026, 1, 1), Decimal("10.00"), ()) == Decimal("10.00")


@pytest.mark.clause("T-2.2-valeur-faciale")
@pytest.mark.parametrize(
    ("requested_on", "expected"),
    [
        (date(2026, 3, 15), date(2026, 4, 15)),
        (date(2026, 12, 15), date(2027, 1, 15)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
    ],
)
def test_a_face_value_takes_effect_one_month_after_its_notice(requested_on: date, expected: date) -> None:
    assert earliest_effect(requested_on) == expected


@pytest.mark.clause("T-2.4-carnets")
@pytest.mark.parametrize(
    ("vouchers", "expected"),
    [(1, (1,)), (24, (24,)), (25, (25,)), (26, (13, 13)), (50, (25, 25)), (61, (21, 20, 20))],
)
def test_booklets_hold_1_to_25_titles(vouchers: int, expected: tuple[int, ...]) -> None:
    assert booklet_sizes(vouchers) == expected


@pytest.mark.clause("T-2.4-carnets")
@given(st.integers(1, 5000))
def test_no_title_is_lost_between_booklets(vouchers: int) -> None:
    sizes = booklet_sizes(vouchers)
    assert sum(sizes) == vouchers
    assert all(1 <= size <= 25 for size in sizes)
    assert len(sizes) == -(-vouchers // 25)


@pytest.mark.parametrize("vouchers", [0, -1])
def test_no_title_makes_no_booklet(vouchers: int) -> None:
    with pytest.raises(ValueError, match="no booklet"):
        booklet_sizes(vouchers)


def test_an_order_commits_its_titles_at_face_value() -> None:
    assert order_amount(520, Decimal("10.00")) == Decimal("5200.00")
    assert order_amount(3, Decimal("10.55")) == Decimal("31.65")


@pytest.mark.clause("T-1.1-plafond")
@pytest.mark.parametrize(
    ("amount", "fits", "left"),
    [("99.99", True, "0.01"), ("100.00", True, "0.00"), ("100.01", False, "-0.01")],
)
def test_an_order_fits_under_the_ceiling_to_the_cent(amount: str, fits: bool, left: str) -> None:
    room = ceiling_room(ceiling=Decimal("250000.00"), committed=Decimal("249900.00"), amount=Decimal(amount))
    assert (room.fits, room.left_after, room.left_before) == (fits, Decimal(left), Decimal("100.00"))


def weekdays(day: date, count: int) -> date:
    """Working days without holidays."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_delivery_is_due_ten_working_days_after_the_acknowledgement() -> None:
    promise = delivery_promise(date(2026, 10, 5), add_working_days=weekdays)
    assert (promise.due_on, promise.promised_on, promise.shift) == (
        date(2026, 10, 19),
        date(2026, 10, 19),
        "",
    )


@pytest.mark.clause("T-2.4-novembre")
@pytest.mark.parametrize(
    ("planned_on", "ready_on", "promised_on", "shift"),
    [
        (date(2026, 12, 4), None, date(2026, 12, 4), ""),
        (date(2026, 12, 4), date(2026, 11, 19), date(2026, 12, 4), ""),
        (date(2026, 12, 4), date(2026, 11, 20), date(2026, 12, 4), ""),
        (date(2026, 12, 4), date(2026, 11, 23), date(2026, 12, 7), "VINTAGE"),
        (date(2026, 12, 7), date(2026, 11, 23), date(2026, 12, 7), ""),
        (date(2026, 12, 3), None, date(2026, 12, 4), "LATE_ORDER"),
        (None, date(2026, 11, 23), date(2026, 12, 7), "VINTAGE"),
    ],
)
def test_the_vintage_that_moves_a_delivery_is_announced(
    planned_on: date | None, ready_on: date | None, promised_on: date, shift: str
) -> None:
    promise = delivery_promise(
        date(2026, 11, 20), add_working_days=weekdays, planned_on=planned_on, vintage_ready_on=ready_on
    )
    assert (promise.promised_on, promise.shift) == (promised_on, shift)
    assert promise.due_on == date(2026, 12, 4)


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.clause("T-2.3-calendrier")
@pytest.mark.clause("T-2.4-novembre")
def test_the_proposed_calendar_delivers_the_november_order_in_december() -> None:
    months = proposed_calendar(2026, add_working_days=weekdays, is_working_day=is_weekday)
    assert calendar_faults(2026, months) == ()
    november = months[10]
    assert november.order_by_on == date(2026, 11, 20)
    assert november.delivery_on == date(2026, 12, 4)
    assert months[8].order_by_on == date(2026, 9, 18), "20 September is a Sunday: the Friday before"


@pytest.mark.clause("T-2.3-calendrier")
def test_a_calendar_with_faults_says_each() -> None:
    months = list(proposed_calendar(2026, add_working_days=weekdays, is_working_day=is_weekday))
    assert calendar_faults(2026, months[:11]) == ("NOT_TWELVE_MONTHS",)
    assert calendar_faults(2027, months) == ("NOT_TWELVE_MONTHS",)
    first = CalendarMonth(date(2026, 1, 1), date(2026, 3, 30), date(2026, 3, 30))
    assert calendar_faults(2026, [first, *months[1:]]) == ("DELIVERY_BEFORE_ORDER", "DATES_OUT_OF_ORDER")


def test_numbers_are_written_by_year_and_rank() -> None:
    assert order_number(2026, 1) == "2026-0001"
    assert order_number(2026, 12345) == "2026-12345"


def test_the_month_of_a_file_is_that_of_most_rows_then_the_earliest() -> None:
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    assert main_month([november, october, november]) == november
    assert main_month([november, october]) == october
    assert main_month([]) is None


@pytest.mark.parametrize(
    ("state", "before"),
    [
        (OrderState.ACKNOWLEDGED, {OrderState.CONFIRMED}),
        (OrderState.ISSUED, {OrderState.ACKNOWLEDGED}),
        (OrderState.RELEASED, {OrderState.ISSUED}),
        (OrderState.CANCELLED, {OrderState.CONFIRMED, OrderState.ACKNOWLEDGED}),
        (OrderState.CONFIRMED, set()),
    ],
)
def test_an_order_passes_only_from_the_states_before(state: OrderState, before: set[OrderState]) -> None:
    assert set(states_before(state)) == before

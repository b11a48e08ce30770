"""The dates of the end of a vintage, and what becomes of what nobody used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from titulaire.contracts.rules import AnnualDay
from titulaire.deadlines.calendars import Calendar
from titulaire.vouchers.settlement.rules import (
    EndTerms,
    Fate,
    Holding,
    end_dates,
    fate,
    reminder_steps,
    replacing_vintage,
)

TERMS = EndTerms(
    validity_end=AnnualDay(1, 31, 1),
    presentation_cutoff=AnnualDay(2, None, 1),
    replacement_deadline=AnnualDay(3, 31, 1),
    refund_deadline=AnnualDay(4, 15, 1),
    arrival_working_days=10,
    presentation_day="LAST_OF_FEBRUARY",
    replacement_year="AFTER_EXPIRY",
    refund_on_closed_day="BEFORE",
)


@pytest.mark.clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
def test_the_golden_dates_of_the_vintage_2027() -> None:
    dates = end_dates(2027, TERMS, Calendar())
    assert dates.last_use_on == date(2028, 1, 31)
    assert (dates.cutoff_on, dates.opens_on) == (date(2028, 2, 29), date(2028, 3, 1))
    assert dates.settles_on == date(2028, 3, 14)
    assert dates.replace_by_on == date(2028, 3, 31)
    # 15 April 2028 is a Saturday.
    assert (dates.refund_by_on, dates.refund_planned_on) == (date(2028, 4, 15), date(2028, 4, 14))


@pytest.mark.clause("T-2.1.4-remplacement")
@pytest.mark.parametrize(
    ("working_days", "settles_on"),
    [(0, date(2028, 2, 29)), (1, date(2028, 3, 1)), (10, date(2028, 3, 14)), (60, date(2028, 3, 31))],
)
def test_the_replacement_waits_for_the_post_and_never_past_its_deadline(
    working_days: int, settles_on: date
) -> None:
    assert (
        end_dates(2027, replace(TERMS, arrival_working_days=working_days), Calendar()).settles_on
        == settles_on
    )


@pytest.mark.parametrize(
    ("reading", "option", "field", "day"),
    [
        ("presentation_day", "FEBRUARY_28", "cutoff_on", date(2028, 2, 28)),
        ("presentation_day", "FEBRUARY_28", "opens_on", date(2028, 2, 29)),
        (
            "refund_on_closed_day",
            "AFTER",
            "refund_planned_on",
            date(2028, 4, 18),
        ),  # Easter Monday is the 17th
        ("replacement_year", "END_OF_NEXT_VINTAGE", "replace_by_on", date(2029, 3, 31)),
    ],
)
def test_the_other_readings_move_the_dates(reading: str, option: str, field: str, day: date) -> None:
    assert getattr(end_dates(2027, replace(TERMS, **{reading: option}), Calendar()), field) == day


def test_sundays_at_the_end_of_2026_move_nothing_that_binds_others() -> None:
    dates = end_dates(2026, TERMS, Calendar())
    assert (dates.last_use_on, dates.cutoff_on) == (date(2027, 1, 31), date(2027, 2, 28))
    assert dates.last_use_on.weekday() == dates.cutoff_on.weekday() == 6
    assert dates.refund_planned_on == date(2027, 4, 15)


@pytest.mark.clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
@pytest.mark.parametrize(
    ("holding", "was_stopped", "reading", "becomes"),
    [
        (None, False, "EXCLUDED", Fate.REPLACE),
        (None, False, "INCLUDED", Fate.REPLACE),
        (Holding.HELD, False, "EXCLUDED", Fate.REFUND),
        (Holding.HELD, True, "INCLUDED", Fate.REFUND),
        (Holding.LOST, False, "EXCLUDED", Fate.REFUND),
        (Holding.LOST, False, "INCLUDED", Fate.REPLACE),
        (None, True, "EXCLUDED", Fate.REFUND),
        (None, True, "INCLUDED", Fate.REPLACE),
    ],
)
def test_a_voucher_is_replaced_or_refunded_never_both(
    holding: Holding | None, was_stopped: bool, reading: str, becomes: Fate
) -> None:
    assert fate(holding=holding, was_stopped=was_stopped, replacement_of_lost=reading) is becomes


@pytest.mark.clause("T-2.1.4-relances")
def test_reminders_go_down_to_a_week_before_the_last_day() -> None:
    steps = reminder_steps(end_dates(2027, TERMS, Calendar()), (15, 30, 7))
    assert [(step.days_before, step.due_on) for step in steps] == [
        (30, date(2028, 1, 1)),
        (15, date(2028, 1, 16)),
        (7, date(2028, 1, 24)),
    ]


@pytest.mark.clause("T-2.1.4-remplacement")
@pytest.mark.parametrize(
    ("on", "vintage"),
    [
        (date(2027, 3, 1), 2027),
        (date(2028, 1, 30), 2027),
        (date(2028, 1, 31), 2028),
        (date(2029, 6, 1), 2029),
    ],
)
def test_what_replaces_the_unused_can_still_be_used(on: date, vintage: int) -> None:
    assert replacing_vintage(2026, validity_end=TERMS.validity_end, on=on) == vintage

"""What a selection names, and what a stop entitles to."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.stops.rules import (
    Designation,
    EmptyRange,
    Selection,
    StopReason,
    asked_in_time,
    replacement_term,
    replacement_vintage,
)

N1, N9 = Number(2026, 47, 1), Number(2026, 47, 9)
END = date(2027, 1, 31)


def test_numbers_typed_with_spaces_are_the_same_selection() -> None:
    typed = Selection(Designation.RANGE, f" {N1.grouped} ", N9.grouped)
    assert typed == Selection(Designation.RANGE, str(N1), str(N9))
    assert typed.serials == (1, 9)
    assert Selection(Designation.NUMBER, str(N1), "leftover") == Selection(Designation.NUMBER, str(N1))


@pytest.mark.parametrize(
    ("designation", "first", "last", "fault"),
    [
        (Designation.NUMBER, "260470000000112", "", InvalidNumber),
        (Designation.RANGE, str(N1), "", InvalidNumber),
        (Designation.RANGE, str(N9), str(N1), EmptyRange),
        (Designation.RANGE, str(N1), str(Number(2026, 48, 9)), EmptyRange),
        (Designation.BOOKLET, "  ", "", ValueError),
    ],
)
def test_a_selection_that_names_nothing_is_refused(
    designation: Designation, first: str, last: str, fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        Selection(designation, first, last)


@pytest.mark.clause("T-2.6-perte", "T-2.6-defectueux")
@pytest.mark.parametrize("reason", list(StopReason))
def test_loss_theft_and_defect_entitle_to_new_vouchers(reason: StopReason) -> None:
    entitled = {StopReason.LOST, StopReason.STOLEN, StopReason.LOST_IN_POST, StopReason.DEFECTIVE}
    assert (replacement_term(reason) is not None) is (reason in entitled)


@pytest.mark.clause("T-2.6-defectueux", "T-2.6-perte")
@pytest.mark.parametrize(
    ("reason", "asked_on", "in_time"),
    [
        (StopReason.DEFECTIVE, date(2027, 1, 30), True),
        (StopReason.DEFECTIVE, END, True),
        (StopReason.DEFECTIVE, date(2027, 2, 1), False),
        (StopReason.LOST, date(2027, 2, 1), False),
        (StopReason.LOST_IN_POST, date(2027, 2, 1), True),
    ],
)
def test_a_replacement_is_asked_before_the_voucher_expires(
    reason: StopReason, asked_on: date, in_time: bool
) -> None:
    assert asked_in_time(reason, asked_on=asked_on, last_valid_on=END) is in_time


@pytest.mark.clause("T-2.6-defectueux")
@pytest.mark.parametrize(
    ("ready_on", "vintage"),
    [(date(2027, 1, 29), 2026), (date(2027, 1, 30), 2026), (END, 2027), (date(2028, 2, 4), 2028)],
)
def test_a_new_voucher_has_a_day_left_to_be_used(ready_on: date, vintage: int) -> None:
    assert replacement_vintage(2026, last_valid_on=END, ready_on=ready_on) == vintage

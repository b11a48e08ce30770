"""Contacts, meetings, minutes and papers as the contracts count them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.opening import OpeningHours
from titulaire.governance.rules import (
    Approval,
    EvidenceKind,
    Held,
    MeetingKind,
    MeetingTerms,
    Validity,
    approval,
    approval_clock,
    first_gap_on,
    followup_slots,
    forecast_slots,
    last_valid_on,
    launch_slots,
    minutes_clock,
    missing_matters,
    operational_slots,
    production_slots,
    reminder_on,
    security_review_slots,
    slot_for,
    slots,
    steering_slots,
    validity,
    volumes_due_at,
)

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar(opening=OpeningHours.weekly("08:30-17:30"))
TACIT = frozenset({MeetingKind.PRODUCTION, MeetingKind.STEERING})
SUPPORT = MeetingTerms(
    notified_on=date(2025, 8, 8),
    starts_on=date(2025, 11, 9),
    ends_on=date(2029, 11, 9),
    launch_days=1,
    operational_weeks=4,
    production_weeks=1,
    steering_months=1,
    security_review_months=6,
    forecast_every_working_days=10,
    forecast_lead_days=10,
    forecast_volumes_hours=48,
    minutes_hours=24,
    minutes_kinds=TACIT | {MeetingKind.FORECAST},
    approval_hours=48,
    tacit=TACIT,
)
VOUCHERS = MeetingTerms(
    notified_on=date(2024, 12, 2), starts_on=date(2025, 1, 1), ends_on=date(2029, 1, 1), followups_per_year=1
)


def at(day: int, hour: int, minute: int = 0, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.clause("T-3.1-referents")
@pytest.mark.parametrize(
    ("on", "missing"),
    [
        (date(2025, 12, 31), ("OPERATIONS", "REPORTING")),
        (date(2026, 1, 1), ("REPORTING",)),
        (date(2026, 5, 31), ("REPORTING",)),
        (date(2026, 6, 1), ("OPERATIONS", "REPORTING")),
        (date(2026, 7, 1), ("REPORTING",)),
    ],
)
def test_a_matter_is_missing_from_the_day_its_contact_leaves(on: date, missing: tuple[str, ...]) -> None:
    held = [
        Held("OPERATIONS", date(2026, 1, 1), date(2026, 6, 1)),
        Held("OPERATIONS", date(2026, 7, 1)),
        Held("BILLING", date(2026, 1, 1)),
    ]
    assert missing_matters(("OPERATIONS", "REPORTING"), held, on=on) == missing


@pytest.mark.clause("T-3.1-referents")
@pytest.mark.parametrize(
    ("held", "gap"),
    [
        ([], date(2026, 1, 1)),
        ([Held("OPERATIONS", date(2025, 1, 1))], None),
        ([Held("OPERATIONS", date(2025, 1, 1), date(2026, 3, 1))], date(2026, 3, 1)),
        (
            [
                Held("OPERATIONS", date(2025, 1, 1), date(2026, 3, 1)),
                Held("OPERATIONS", date(2026, 3, 1), date(2026, 9, 1)),
            ],
            date(2026, 9, 1),
        ),
        ([Held("OPERATIONS", date(2026, 1, 2))], date(2026, 1, 1)),
        ([Held("BILLING", date(2025, 1, 1))], date(2026, 1, 1)),
    ],
)
def test_the_first_gap_is_the_first_day_without_anyone(held: list[Held], gap: date | None) -> None:
    assert first_gap_on("OPERATIONS", held, on=date(2026, 1, 1)) == gap


@pytest.mark.clause("T-3.2-information")
def test_a_notice_not_read_is_recalled_after_five_working_days() -> None:
    assert reminder_on(date(2026, 4, 30), CALENDAR) == date(2026, 5, 11)  # 1 May and 8 May do not count


@pytest.mark.clause("T-4.3-reunions")
def test_the_launch_meeting_is_held_before_execution_or_as_the_contract_says() -> None:
    (before_start,) = launch_slots(VOUCHERS, CALENDAR)
    assert before_start.due_on == date(2024, 12, 31)
    (next_day,) = launch_slots(SUPPORT, CALENDAR)
    assert next_day.due_on == date(2025, 8, 11)  # the day after a Friday is not worked


@pytest.mark.clause("T-4.3-reunions")
def test_a_follow_up_is_due_in_each_year_of_execution() -> None:
    assert [slot.due_on for slot in followup_slots(VOUCHERS)] == [
        date(2025, 12, 31),
        date(2026, 12, 31),
        date(2027, 12, 31),
        date(2028, 12, 31),
    ]


@pytest.mark.clause("S-3.1-comite-production")
def test_the_production_committee_is_weekly_and_due_by_the_last_working_day() -> None:
    found = production_slots(SUPPORT, CALENDAR)
    assert found[0].key == "PRODUCTION-2025-W46" and found[0].due_on == date(2025, 11, 14)
    by_key = {slot.key: slot.due_on for slot in found}
    assert by_key["PRODUCTION-2026-W18"] == date(2026, 4, 30)  # Friday 1 May is a holiday
    assert by_key["PRODUCTION-2026-W53"] == date(2026, 12, 31)
    # The contract stops on a Friday: its last week is one.
    assert found[-1].due_on == date(2029, 11, 8)
    assert len(found) == 209


@pytest.mark.clause("S-3.1-comite-production")
def test_the_operational_committee_lasts_four_weeks() -> None:
    assert [slot.due_on for slot in operational_slots(SUPPORT)] == [
        date(2025, 11, 15),
        date(2025, 11, 22),
        date(2025, 11, 29),
        date(2025, 12, 6),
    ]


@pytest.mark.clause("S-3.1-comite-pilotage")
def test_the_steering_committee_is_monthly_and_the_security_review_half_yearly() -> None:
    months = steering_slots(SUPPORT)
    assert (months[0].due_on, months[-1].due_on, len(months)) == (date(2025, 11, 30), date(2029, 11, 8), 49)
    assert [slot.due_on for slot in security_review_slots(SUPPORT)][:2] == [
        date(2026, 5, 8),
        date(2026, 11, 8),
    ]


@pytest.mark.clause("S-3.1-comite-previsions")
def test_the_forecast_committee_stands_ten_working_days_before_each_period() -> None:
    first, second, *_ = forecast_slots(SUPPORT, CALENDAR)
    assert (first.start_on, first.due_on) == (date(2025, 11, 10), date(2025, 10, 27))
    # 11 November is a holiday: the ten working days of the first period end on the 24th.
    assert (second.start_on, second.due_on) == (date(2025, 11, 25), date(2025, 11, 10))


@pytest.mark.clause("S-3.1-comite-previsions")
def test_the_other_reading_counts_calendar_days() -> None:
    terms = MeetingTerms(
        notified_on=date(2025, 8, 8),
        starts_on=date(2025, 11, 9),
        ends_on=date(2026, 11, 9),
        forecast_every_working_days=10,
        forecast_lead_days=10,
        forecast_lead_in_working_days=False,
    )
    # 31 October is a Friday.
    assert forecast_slots(terms, CALENDAR)[0].due_on == date(2025, 10, 31)


@pytest.mark.clause("S-3.1-comite-previsions")
def test_volumes_are_sent_48_plain_hours_before() -> None:
    assert volumes_due_at(at(9, 10), SUPPORT, CALENDAR) == at(7, 10)  # a Saturday: the hours are plain ones
    assert volumes_due_at(at(9, 10), VOUCHERS, CALENDAR) is None


def test_every_slot_has_one_key_and_they_come_in_order() -> None:
    for terms in (SUPPORT, VOUCHERS):
        found = slots(terms, CALENDAR)
        assert len({slot.key for slot in found}) == len(found)
        assert [slot.due_on for slot in found] == sorted(slot.due_on for slot in found)


@pytest.mark.clause("T-4.3-reunions")
@pytest.mark.parametrize(
    ("on", "taken", "key"),
    [
        (date(2025, 6, 1), (), "FOLLOW_UP-2025-01-01"),
        (date(2025, 12, 31), (), "FOLLOW_UP-2025-01-01"),
        (date(2026, 1, 1), (), "FOLLOW_UP-2026-01-01"),
        (date(2026, 1, 1), ("FOLLOW_UP-2026-01-01",), "FOLLOW_UP-2027-01-01"),
        (date(2030, 1, 1), (), "FOLLOW_UP-2028-01-01"),
    ],
)
def test_a_meeting_serves_the_first_free_slot_still_ahead(on: date, taken: tuple[str, ...], key: str) -> None:
    found = slot_for(slots(VOUCHERS, CALENDAR), MeetingKind.FOLLOW_UP, on, taken)
    assert found is not None and found.key == key


@pytest.mark.clause("S-3.1-comptes-rendus")
@pytest.mark.parametrize(
    ("kind", "held_at", "due_at"),
    [
        (MeetingKind.PRODUCTION, at(9, 11), at(10, 11)),
        (MeetingKind.STEERING, at(13, 16), at(16, 16)),  # Friday to Monday
        (MeetingKind.FORECAST, at(30, 11, month=4), at(4, 11, month=5)),  # 1 May, then a week-end
        (MeetingKind.TECHNICAL, at(9, 11), None),
    ],
)
def test_minutes_are_due_24_working_hours_after_the_meeting(
    kind: MeetingKind, held_at: datetime, due_at: datetime | None
) -> None:
    clock = minutes_clock(kind, held_at=held_at, sent_at=None, terms=SUPPORT, calendar=CALENDAR)
    assert (clock.due_at if clock else None) == due_at


@pytest.mark.clause("S-3.1-comptes-rendus")
def test_counted_hour_by_hour_24_hours_take_nearly_three_days() -> None:
    import dataclasses

    terms = dataclasses.replace(SUPPORT, hours_reading="OPENING")
    clock = minutes_clock(
        MeetingKind.PRODUCTION, held_at=at(9, 11), sent_at=None, terms=terms, calendar=CALENDAR
    )
    assert clock is not None and clock.due_at == at(11, 17)


SENT = at(9, 11)
DEEMED = at(11, 11)


@pytest.mark.clause("S-3.1-comptes-rendus", "T-4.3-reunions")
@pytest.mark.parametrize(
    ("approved_at", "remarks_at", "now", "stands"),
    [
        (None, None, at(11, 10, 59), Approval.AWAITED),
        (None, None, at(11, 11), Approval.DEEMED),
        (None, at(10, 9), at(20, 9), Approval.REMARKS),
        (None, at(11, 11), at(20, 9), Approval.DEEMED),  # one minute too late
        (at(10, 9), None, at(20, 9), Approval.APPROVED),
        (at(10, 9), None, at(9, 12), Approval.AWAITED),
        (at(12, 9), at(10, 9), at(20, 9), Approval.APPROVED),
    ],
)
def test_silence_approves_at_its_instant_unless_a_remark_came_before(
    approved_at: datetime | None, remarks_at: datetime | None, now: datetime, stands: Approval
) -> None:
    answers = [given for given in (approved_at, remarks_at) if given]
    silence = approval_clock(
        MeetingKind.STEERING,
        sent_at=SENT,
        answered_at=min(answers, default=None),
        terms=SUPPORT,
        calendar=CALENDAR,
    )
    assert silence is not None and silence.due_at == DEEMED
    assert approval(approved_at=approved_at, remarks_at=remarks_at, silence=silence, at=now) is stands


@pytest.mark.clause("S-3.1-comptes-rendus")
def test_silence_never_approves_the_minutes_of_a_forecast_committee() -> None:
    clock = approval_clock(
        MeetingKind.FORECAST, sent_at=SENT, answered_at=None, terms=SUPPORT, calendar=CALENDAR
    )
    assert clock is None
    assert approval(approved_at=None, remarks_at=None, silence=None, at=at(30, 9)) is Approval.AWAITED


@pytest.mark.parametrize(
    ("on", "stands"),
    [
        (date(2026, 1, 14), Validity.COMING),
        (date(2026, 1, 15), Validity.VALID),
        (date(2026, 6, 13), Validity.VALID),
        (date(2026, 6, 14), Validity.SOON),
        (date(2026, 7, 14), Validity.SOON),
        (date(2026, 7, 15), Validity.EXPIRED),
    ],
)
def test_a_vigilance_certificate_lasts_six_months(on: date, stands: Validity) -> None:
    issued_on = date(2026, 1, 15)
    last_on = last_valid_on(EvidenceKind.VIGILANCE, issued_on)
    assert last_on == date(2026, 7, 14)
    assert validity(issued_on=issued_on, last_on=last_on, replaced=False, on=on) is stands


def test_a_paper_without_end_stays_valid_and_a_replaced_one_never_expires() -> None:
    assert last_valid_on(EvidenceKind.QUALITY, date(2026, 1, 1)) is None
    assert (
        validity(issued_on=date(2026, 1, 1), last_on=None, replaced=False, on=date(2030, 1, 1))
        is Validity.VALID
    )
    assert (
        validity(issued_on=date(2026, 1, 1), last_on=date(2026, 2, 1), replaced=True, on=date(2030, 1, 1))
        is Validity.REPLACED
    )

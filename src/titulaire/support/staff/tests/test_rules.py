"""Who may work from home, when an access falls, what is to be told: at their boundaries."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.support.staff.rules import (
    AccountState,
    Away,
    Change,
    ChangeKind,
    account_state,
    check_ends_on,
    disabled_from,
    history_kept_until,
    leaver_due_on,
    list_changes,
    list_due_on,
    masked_email,
    masked_name,
    may_telework_from,
    missing_safeguards,
)

BOTH = ("France", "Union européenne")
START = date(2026, 1, 5)


@pytest.mark.clause("S-8.1-teletravail")
@pytest.mark.parametrize(
    ("country", "places", "may"),
    [
        ("FR", BOTH, True),
        ("RE", BOTH, True),
        ("PT", BOTH, True),
        ("PT", ("France",), False),
        ("FR", ("Union européenne",), True),
        ("GB", BOTH, False),
        ("CH", BOTH, False),
        ("NC", BOTH, False),
        ("MA", BOTH, False),
        ("", BOTH, False),
        ("FR", (), False),
    ],
)
def test_telework_is_done_from_the_union_alone(country: str, places: tuple[str, ...], may: bool) -> None:
    assert may_telework_from(country, places) is may


@pytest.mark.clause("S-8.1-teletravail")
def test_every_safeguard_is_asked_and_a_check_ends() -> None:
    assert missing_safeguards(["VPN"], ["VPN", "EDR"]) == ("EDR",)
    assert missing_safeguards(["EDR", "VPN"], ["VPN", "EDR"]) == ()
    assert check_ends_on(date(2026, 8, 31), 6) == date(2027, 2, 28)


@pytest.mark.clause("S-8.1-departs")
@pytest.mark.parametrize(
    ("left_on", "due_on"),
    [
        (date(2026, 5, 4), date(2026, 5, 7)),  # a Monday: Friday 8 May is a holiday, not reached
        (date(2026, 5, 6), date(2026, 5, 12)),  # a Wednesday before it: 7, 11, 12
        (date(2026, 5, 13), date(2026, 5, 19)),  # Ascension Thursday passed over: 15, 18, 19
        (date(2026, 5, 9), date(2026, 5, 13)),  # a Saturday
    ],
)
def test_a_leaver_has_three_working_days(left_on: date, due_on: date) -> None:
    assert leaver_due_on(left_on, 3, Calendar()) == due_on


@pytest.mark.clause("S-8.1-departs")
def test_the_ninetieth_day_of_absence_is_on_and_the_ninety_first_off() -> None:
    def state(on: date, until: date | None = None, usable: date = date(2025, 12, 1)) -> AccountState:
        return account_state(AccountState.OPEN, [Away(START, until)], usable_since=usable, on=on, days=90)

    ninetieth, ninety_first = date(2026, 4, 4), date(2026, 4, 5)
    assert (ninetieth - START).days + 1 == 90
    assert state(ninetieth) is AccountState.OPEN
    assert state(ninety_first) is AccountState.DISABLED
    # Back on the ninety-first day: ninety days of absence, not more. A day later, one too many.
    assert state(date(2026, 6, 1), until=ninety_first) is AccountState.OPEN
    assert state(date(2026, 6, 1), until=date(2026, 4, 6)) is AccountState.DISABLED
    # It stays down after the return, until the day of a reactivation.
    assert state(date(2026, 6, 1), date(2026, 5, 4), usable=date(2026, 5, 3)) is AccountState.DISABLED
    assert state(date(2026, 6, 1), date(2026, 5, 4), usable=date(2026, 5, 4)) is AccountState.OPEN
    blocked = account_state(AccountState.BLOCKED, [Away(START)], usable_since=START, on=ninety_first, days=90)
    assert blocked is AccountState.BLOCKED
    # Over the end of a leap February, days are days.
    assert disabled_from(Away(date(2028, 1, 1)), 90) == date(2028, 3, 31)


@pytest.mark.clause("S-8.1-identifiants")
def test_the_history_of_an_account_is_kept_a_whole_year() -> None:
    assert history_kept_until(date(2026, 5, 4), 1) == date(2027, 5, 5)
    assert history_kept_until(date(2028, 2, 29), 1) == date(2029, 3, 1)


@pytest.mark.clause("S-8.2-hab-03")
def test_who_came_and_who_went_is_told_within_the_delay_of_the_first() -> None:
    monday, tuesday = date(2026, 5, 4), date(2026, 5, 5)
    found = list_changes(["A1", "A2"], {"A2": START, "A3": tuesday}, {"A1": monday})
    assert found == [
        Change("A1", ChangeKind.DEPARTURE, monday),
        Change("A3", ChangeKind.ARRIVAL, tuesday),
    ]
    assert list_due_on(found, 3, Calendar()) == date(2026, 5, 7)
    assert list_due_on([], 3, Calendar()) is None


def test_names_are_masked() -> None:
    assert (masked_name("Léa", "Brunel"), masked_email("lea@ex.org")) == ("L. B.", "l…@ex.org")

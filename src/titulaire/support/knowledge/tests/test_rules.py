"""Which version is in force on a day, what changed, who has still to read."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.support.knowledge.rules import (
    Dated,
    VersionState,
    all_read_on,
    changes,
    in_force,
    state_of,
    still_to_read,
)

ONE, TWO = Dated(1, date(2026, 3, 2)), Dated(2, date(2026, 3, 9))
SAME_DAY, DRAFT = Dated(3, date(2026, 3, 9)), Dated(4, None)


@pytest.mark.clause("S-5.3-formation-continue")
@pytest.mark.parametrize(
    ("on", "held"),
    [
        (date(2026, 3, 1), None),
        (date(2026, 3, 2), ONE),
        (date(2026, 3, 8), ONE),
        (date(2026, 3, 9), SAME_DAY),
        (date(2027, 1, 1), SAME_DAY),
    ],
)
def test_the_text_in_force_on_any_day_can_be_told(on: date, held: Dated | None) -> None:
    assert in_force([DRAFT, TWO, SAME_DAY, ONE], on) == held


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (DRAFT, VersionState.DRAFT),
        (TWO, VersionState.COMING),
        (ONE, VersionState.IN_FORCE),
        (Dated(0, date(2026, 1, 1)), VersionState.REPLACED),
    ],
)
def test_a_version_stands_where_its_days_say(one: Dated, state: VersionState) -> None:
    assert state_of(one, [one, ONE, TWO], date(2026, 3, 8)) is state


def test_what_changed_is_told_line_by_line() -> None:
    told = changes("Bonjour.\nVotre numéro ?", "Bonjour.\nVotre nom ?")
    assert [(line.sign, line.text) for line in told] == [
        (" ", "Bonjour."), ("-", "Votre numéro ?"), ("+", "Votre nom ?"),
    ]  # fmt: skip


@pytest.mark.clause("S-5.3-formation-continue")
def test_a_reading_is_over_when_the_last_has_read() -> None:
    read = {"C002": date(2026, 3, 4), "C009": date(2026, 3, 9)}
    assert still_to_read(["C002", "C001"], read) == ["C001"]
    assert all_read_on(["C001", "C002"], read) is None
    assert all_read_on(["C001", "C002"], read | {"C001": date(2026, 3, 3)}) == date(2026, 3, 4)
    assert all_read_on([], read) is None

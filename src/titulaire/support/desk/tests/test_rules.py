"""What a contact may say, when it is open, and what never enters."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from titulaire.support.desk.rules import (
    Lists,
    Outcome,
    Qualification,
    caller_fault,
    flows_of,
    is_open,
    qualification_faults,
    qualified_in_time,
    told_of_a_person,
)

LISTS = Lists("2025-08-08", ("Clôture",), ("Autres incidents", "Agenda"), ("MSA",), (("3422", "34 22"),))
GOOD = Qualification("Clôture", "Agenda", "MSA", Outcome.INFORMED)


@pytest.mark.clause("S-2.1.2-canaux")
def test_the_flows_are_the_numbers_the_relay_and_the_forms_once_firmed() -> None:
    numbers, relay = ["34 22", "+33 1 84 90 34 22"], "Elioz (langue des signes)"
    called = (("3422", "34 22"), ("0184903422", "+33 1 84 90 34 22"), ("ELIOZ", "Relais Elioz"))
    assert flows_of(numbers, relay=relay, forms=False) == called
    assert flows_of(numbers, relay=relay, forms=True) == (*called, ("FORM", "Formulaire"))
    assert flows_of(["34 22"], relay="", forms=False) == (("3422", "34 22"),)


@pytest.mark.clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes")
@pytest.mark.parametrize(
    ("said", "faults"),
    [
        (GOOD, {}),
        (Qualification("", "Agenda", "MSA", Outcome.INFORMED), {"contact_type": "UNLISTED"}),
        (Qualification("Clôture", "agenda", "MSA", Outcome.INFORMED), {"reason": "UNLISTED"}),
        (Qualification("Clôture", "Agenda", "MGEN", Outcome.CUT), {"scheme": "UNLISTED"}),
        (Qualification("Clôture", "Agenda", "MSA", Outcome.CUT, "2 84 05 88 123 456"), {"note": "NIR"}),
    ],
)
def test_a_qualification_says_the_words_of_the_contract(said: Qualification, faults: dict[str, str]) -> None:
    assert qualification_faults(said, LISTS) == faults


def test_the_version_of_a_list_changes_with_a_word_and_not_with_the_flows() -> None:
    other = Lists("2026-01-01", LISTS.types, ("Agenda", "Autres incidents"), LISTS.schemes, ())
    assert LISTS.version != other.version
    assert Lists("x", LISTS.types, LISTS.reasons, LISTS.schemes, ()).version == LISTS.version


@pytest.mark.clause("S-2.1.5-horaires")
@pytest.mark.parametrize(
    ("local", "holiday", "holidays_open", "expected"),
    [
        (datetime(2026, 5, 4, 8, 29, 59, tzinfo=UTC), False, False, False),
        (datetime(2026, 5, 4, 8, 30, tzinfo=UTC), False, False, True),
        (datetime(2026, 5, 4, 17, 29, 59, tzinfo=UTC), False, False, True),
        (datetime(2026, 5, 4, 17, 30, tzinfo=UTC), False, False, False),
        (datetime(2026, 5, 9, 10, tzinfo=UTC), False, False, False),
        (datetime(2026, 5, 8, 10, tzinfo=UTC), True, False, False),
        (datetime(2026, 5, 8, 10, tzinfo=UTC), True, True, True),
    ],
)
def test_the_service_opens_at_half_past_eight_and_closes_at_half_past_five(
    local: datetime, holiday: bool, holidays_open: bool, expected: bool
) -> None:
    hours = {"weekdays": (1, 2, 3, 4, 5), "opens": time(8, 30), "closes": time(17, 30)}
    assert is_open(local, **hours, holiday=holiday, holidays_open=holidays_open) is expected  # type: ignore[arg-type]


def test_a_contact_is_in_time_until_its_day_ends() -> None:
    ends = datetime(2026, 5, 4, 22, tzinfo=UTC)
    before, after = datetime(2026, 5, 4, 21, 59, 59, tzinfo=UTC), ends
    assert qualified_in_time(None, day_ends_at=ends, at=before) is None
    assert qualified_in_time(None, day_ends_at=ends, at=after) is False
    assert qualified_in_time(before, day_ends_at=ends, at=after) is True
    assert qualified_in_time(after, day_ends_at=ends, at=after) is False


@pytest.mark.clause("S-2.1.5-dossier")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("L’usager ne retrouve pas l’agenda, ticket 20260504.", ""),
        ("Rappel prévu le 21/11/2026 à 14:30:15", ""),
        ("numéro 1840588123456", "NIR"),
        ("numéro 184058812345678", "NIR"),
        ("1.84.05.88.123.456.78 au dossier", "NIR"),
        ("1 84 05 2A 123 456", "NIR"),
        ("2\u00a084052b123456", "NIR"),
        ("１８４０５８８１２３４５６", "NIR"),
        ("184\u200b0588123456", "NIR"),
        ("rappeler au 06 12 34 56 78", "PHONE"),
        ("rappeler au +33 6.12.34.56.78", "PHONE"),
        ("écrire à quelqu.un@exemple.fr", "MAIL"),
    ],
)
def test_a_note_tells_nothing_of_a_person(text: str, fault: str) -> None:
    assert told_of_a_person(text) == fault


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("", ""),
        ("88120", ""),
        ("1763712345678", ""),
        ("1763712345.1203", ""),
        ("5f2a9c0e", ""),
        ("1840588123456", "NIR"),
        ("184052A123456", "NIR"),
        ("0612345678", "PHONE"),
        ("Marie Dupont", "NOT_A_REFERENCE"),
    ],
)
def test_a_caller_is_named_by_a_call_or_a_pseudonym(reference: str, fault: str) -> None:
    assert caller_fault(reference) == fault

"""The register: every difference is there, with what is applied and why."""

from dataclasses import replace
from datetime import date

import pytest

from titulaire.vouchers.regimes import queries
from titulaire.vouchers.regimes.rules import (
    CONTRACT,
    OWN_CHOICE,
    UNION,
    NothingToApply,
    State,
    Subject,
    changes,
    conflicts,
)

TODAY = date(2026, 11, 21)
REGISTER = {conflict.subject: conflict for conflict in queries.register("cpam47", on=TODAY)}


def test_every_difference_between_the_regimes_was_decided():
    assert [conflict.subject for conflict in REGISTER.values() if conflict.applied is None] == []


def test_every_line_says_why_what_follows_and_what_to_ask():
    for conflict in REGISTER.values():
        assert conflict.why and conflict.consequence and conflict.question and conflict.clauses


def test_nothing_is_called_agreed_before_the_client_agreed():
    assert {conflict.state for conflict in REGISTER.values()} == {State.OPEN}


@pytest.mark.parametrize(
    ("subject", "applied_from", "words"),
    [
        (Subject.GOVERNING_REGIME, OWN_CHOICE, "contrat d’abord"),
        (Subject.DISTRIBUTOR, CONTRACT, "CPAM"),
        (Subject.GOODS, CONTRACT, "denrées"),
        (Subject.MENTIONS, UNION, "Réunion"),
        (Subject.LAST_USE, CONTRACT, "31 janvier"),
        (Subject.PRESENTATION_CUTOFF, "CESU", "dernier jour de février"),
        (Subject.REFUND_AMOUNT, CONTRACT, "prorata"),
        (Subject.REFUND_DATE, CONTRACT, "15 avril"),
        (Subject.SUPPORT, CONTRACT, "Papier"),
        (Subject.EXCLUDED_GOODS, OWN_CHOICE, "hygiène"),
    ],
)
def test_the_register_holds_each_known_contradiction(subject, applied_from, words):
    conflict = REGISTER[subject]
    assert conflict.applied_from == applied_from
    assert words in conflict.applied


def test_a_cpam_is_not_among_those_who_may_give_a_cap():
    facts = dict(REGISTER[Subject.DISTRIBUTOR].regimes)
    assert "CPAM n’est pas" in facts["CAP"].text
    assert facts["CAP"].provision == "CGCT, art. L.1611-6"


def test_the_cesu_pays_personal_services_only():
    facts = dict(REGISTER[Subject.GOODS].regimes)
    assert facts["CESU"].position == "PERSONAL_SERVICES"


def test_the_contract_s_silence_is_shown_as_silence():
    assert REGISTER[Subject.PRESENTATION_CUTOFF].contract is None
    assert REGISTER[Subject.LAST_USE].contract is not None


def test_a_difference_that_nobody_decided_is_open_and_applies_nothing():
    overrides = replace(queries.overrides("cpam47"), decisions=())
    found = {conflict.subject: conflict for conflict in conflicts(queries.profiles(), overrides, on=TODAY)}
    assert found[Subject.LAST_USE].applied is None
    assert found[Subject.LAST_USE].state == State.OPEN
    # No regime contradicts another on these: without a decision there is nothing to register.
    assert Subject.CASH_CHANGE not in found
    assert Subject.RETENTION not in found


def test_a_decision_holds_from_its_day_and_the_former_one_until_the_day_before():
    overrides = queries.overrides("cpam47")
    first = overrides.decision(Subject.LAST_USE, on=TODAY)
    agreed = replace(
        first, since=date(2027, 3, 1), state=State.AGREED, agreed_on=date(2027, 2, 20), why="Avenant."
    )
    amended = replace(overrides, decisions=(*overrides.decisions, agreed))
    day = {
        on: {conflict.subject: conflict for conflict in conflicts(queries.profiles(), amended, on=on)}
        for on in (date(2027, 2, 28), date(2027, 3, 1))
    }
    assert day[date(2027, 2, 28)][Subject.LAST_USE].state == State.OPEN
    assert day[date(2027, 3, 1)][Subject.LAST_USE].state == State.AGREED


def test_a_decision_cannot_follow_a_silent_regime():
    overrides = queries.overrides("cpam47")
    wrong = replace(overrides.decision(Subject.RETENTION, on=TODAY), applied_from="CAP", own_text=None)
    with pytest.raises(NothingToApply):
        conflicts(queries.profiles(), replace(overrides, decisions=(wrong,)), on=TODAY)


@pytest.mark.parametrize(
    ("day", "position"),
    [
        (date(2024, 12, 31), "ALL_FOOD"),
        (date(2025, 1, 1), "READY_MEALS"),
        (date(2025, 1, 22), "READY_MEALS"),
        (date(2025, 1, 23), "ALL_FOOD"),
        (date(2026, 12, 31), "ALL_FOOD"),
        (date(2027, 1, 1), "READY_MEALS"),
    ],
)
def test_the_law_is_read_as_of_a_day(day, position):
    restaurant = next(profile for profile in queries.profiles() if profile.code == "TITRE_RESTAURANT")
    assert restaurant.fact(Subject.GOODS, on=day).position == position


@pytest.mark.clause("T-3.2-information")
def test_the_changes_of_the_law_in_a_period_are_told():
    found = changes(queries.profiles(), since=date(2026, 12, 31), until=date(2027, 1, 2))
    assert [(regime, fact.subject) for regime, fact in found] == [
        ("TITRE_RESTAURANT", Subject.SUPPORT),
        ("TITRE_RESTAURANT", Subject.GOODS),
    ]


@pytest.mark.clause("T-3.2-information")
def test_the_first_word_of_a_regime_is_no_change_and_the_end_of_the_period_is_not_in_it():
    assert changes(queries.profiles(), since=date(2000, 1, 1), until=date(2022, 8, 18)) == ()
    assert len(changes(queries.profiles(), since=date(2000, 1, 1), until=date(2022, 8, 19))) == 1

"""Whom to ask, and what answers say: no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from titulaire.support.satisfaction.rules import (
    OUT_OF_FIVE,
    SCALES,
    STANDARD,
    Contact,
    Measure,
    Question,
    Scale,
    Score,
    Sides,
    Skip,
    choose,
    gap_points,
    lineage_of,
    link_open,
    mean_score,
    net_score,
    rival_score,
    score,
    share_easy,
    share_score,
    top_two,
    without_personal_data,
)

pytestmark = pytest.mark.clause("S-3.3.3-satisfaction")
AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
DAY = date(2026, 5, 4)
RETAINED = {"satisfaction_score": "TOP_TWO", "effort_score": "MEAN"}


def contact(reference: str, person: str, day: date = DAY) -> Contact:
    return Contact(reference, person, day, "PHONE", AT)


def chosen(*contacts: Contact, **changes: object) -> tuple[set[str], dict[Skip, int]]:
    asked = {
        "known": (),
        "opted_out": (),
        "last_asked": {},
        "quiet_days": 30,
        "share": Decimal(1),
        "daily_quota": None,
        "draw_key": b"k",
    }
    found = choose(contacts, **(asked | changes))  # type: ignore[arg-type]
    return {one.reference for one in found.contacts}, dict(found.skipped)


def test_each_contact_is_asked_unless_a_rule_sets_it_aside() -> None:
    assert chosen(contact("1", "a"), contact("2", "b")) == ({"1", "2"}, {})
    assert chosen(contact("1", ""))[1] == {Skip.NO_PERSON: 1}
    assert chosen(contact("1", "a"), opted_out={"a"})[1] == {Skip.OPTED_OUT: 1}
    assert chosen(contact("1", "a"), known={"1"})[1] == {Skip.ALREADY_ASKED: 1}
    assert chosen(contact("1", "a"), contact("1", "a"))[1] == {Skip.ALREADY_ASKED: 1}


@pytest.mark.parametrize(("days", "asked"), [(0, False), (29, False), (30, True), (31, True), (-29, False)])
def test_nobody_is_asked_twice_within_the_quiet_days(days: int, asked: bool) -> None:
    found, _ = chosen(contact("2", "a", DAY + timedelta(days=days)), last_asked={"a": DAY})
    assert bool(found) is asked
    both, _ = chosen(contact("1", "a"), contact("2", "a", DAY + timedelta(days=days)))
    assert len(both) == (2 if asked else 1)


def test_a_quota_holds_by_day_and_the_draw_depends_on_the_reference_alone() -> None:
    many = [contact(str(n), str(n)) for n in range(400)]
    later = [contact(f"d{n}", f"d{n}", DAY + timedelta(days=1)) for n in range(3)]
    found, skipped = chosen(*many, *later, daily_quota=5)
    assert len(found) == 8 and skipped == {Skip.OVER_QUOTA: 395}
    assert chosen(*reversed(many), *later, daily_quota=5)[0] == found
    half, skipped = chosen(*many, share=Decimal("0.5"))
    assert 150 < len(half) < 250 and skipped[Skip.NOT_DRAWN] == 400 - len(half)
    assert chosen(*many, share=Decimal(0))[0] == set()
    assert chosen(*many, share=Decimal("0.5"), draw_key=b"other")[0] != half


def test_a_link_is_open_until_its_last_instant() -> None:
    end = AT + timedelta(days=7)
    assert link_open(expires_at=end, at=end - timedelta(microseconds=1))
    assert not link_open(expires_at=end, at=end)


def test_a_share_has_its_wilson_interval() -> None:
    found = share_score(81, 263)  # a published worked example: 0.2553 to 0.3662
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2553, 0.3662)
    assert share_score(0, 0).value is None and share_score(0, 10).low == 0 and share_score(10, 10).high == 1


def test_a_net_score_and_its_variance() -> None:
    found = net_score({10: 120, 9: 80, 8: 60, 7: 60, 6: 50, 0: 30})  # n = 400, 50 % and 20 %
    assert found.value == Fraction(3, 10)
    assert round((found.high or 0) - 0.3, 4) == 0.0765  # ± 7.7 points
    assert net_score({10: 3}).value == 1 and net_score({6: 1, 7: 1, 8: 1, 9: 1}).value == 0
    assert net_score({}).value is None


def test_effort_is_a_mean_on_its_own_scale() -> None:
    assert mean_score({7: 1, 4: 1, 1: 1}, Scale(1, 7)).value == 4
    alone = mean_score({5: 1}, Scale(1, 7))
    assert (alone.value, alone.low) == (5, None)
    high, low = Scale(1, 7), Scale(1, 7, high_is_good=False)
    assert share_easy({4: 1, 5: 1, 6: 1}, high).value == Fraction(2, 3)
    assert share_easy({4: 1, 3: 1, 2: 1}, low).value == Fraction(2, 3)


def test_the_two_readings_of_satisfaction_stand_side_by_side() -> None:
    counts = {5: 1, 4: 1, 3: 1, 1: 1}
    assert top_two(counts, OUT_OF_FIVE).value == Fraction(1, 2)
    assert score(Measure.CSAT, counts, OUT_OF_FIVE, RETAINED).value == Fraction(1, 2)
    other = rival_score(Measure.CSAT, counts, OUT_OF_FIVE, RETAINED)
    assert other and other[0] == "MEAN" and other[1].value == Fraction(13, 4)
    assert score(Measure.FCR, {1: 3, 0: 1}, Scale(0, 1), RETAINED).value == Fraction(3, 4)
    assert rival_score(Measure.NPS, {9: 1}, Scale(0, 10), RETAINED) is None


def test_a_question_keeps_its_lineage_until_a_word_or_its_scale_changes() -> None:
    first = Question(Measure.CES, "Facile ?", Scale(1, 7))
    assert lineage_of(first, 3, [(1, first)]) == 1
    assert lineage_of(Question(Measure.CES, "Aisé ?", Scale(1, 7)), 3, [(1, first)]) == 3
    assert (
        lineage_of(Question(Measure.CES, "Facile ?", Scale(1, 7, high_is_good=False)), 3, [(1, first)]) == 3
    )


def test_the_questionnaire_proposed_asks_all_that_the_contract_names() -> None:
    assert [each.measure for each in STANDARD] == list(Measure)
    assert all(each.scale in SCALES[each.measure] for each in STANDARD)


@pytest.mark.parametrize(
    ("written", "kept", "found"),
    [
        ("Très clair, merci.", "Très clair, merci.", 0),
        ("Rappelez le 06 12 34 56 78 svp", "Rappelez le […] svp", 1),
        ("ecrivez a jeanne.exemple@demo.example", "ecrivez a […]", 1),
        ("Mme Exemple a été parfaite", "[…] a été parfaite", 1),
        ("2 85 05 78 006 084 36 est mon numéro", "[…] est mon numéro", 1),
        ("J’ai attendu 10 minutes, 3 fois", "J’ai attendu 10 minutes, 3 fois", 0),
        ("Appelée le 12/05 à 14 h", "Appelée le 12/05 à 14 h", 0),
    ],
)
def test_a_comment_loses_what_looks_personal(written: str, kept: str, found: int) -> None:
    assert without_personal_data(written) == (kept, found)


@pytest.mark.clause("S-4.1-calibrage")
def test_perceived_and_produced_are_compared_in_points() -> None:
    seen = share_score(3, 4)
    assert gap_points(Sides("Activation", seen, Fraction(80), 12)) == -5
    assert gap_points(Sides("Activation", seen, None, 0)) is None
    assert gap_points(Sides("Activation", Score(seen.kind, 0, 0), Fraction(80), 3)) is None

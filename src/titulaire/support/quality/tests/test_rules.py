"""Marks, draws, blindness and what is owed: tables over the rules, without a database."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from titulaire.support.facts.schema import ItemKind, Marker
from titulaire.support.quality.agreement import agreement_of, interval_of, items_needed, student_95
from titulaire.support.quality.rules import (
    Answer,
    AnswersMissing,
    Candidate,
    Criterion,
    Mark,
    NothingApplies,
    Standing,
    drawn,
    mark_of,
    marking_fault,
    owed_to,
    population_digest,
    sealing_fault,
    seed_digest,
    sees_mark,
)

CRITERIA = (
    Criterion("C1", "Accueil", 30),
    Criterion("C2", "Réponse juste", 50),
    Criterion("C3", "Confidentialité", 20, eliminatory=True),
)
Y, P, N, X = Answer.YES, Answer.PARTLY, Answer.NO, Answer.NOT_APPLICABLE
OURS, THEIRS = Marker.CONTRACTOR, Marker.BUYER


@pytest.mark.clause("S-4.1-controles")
@pytest.mark.parametrize(
    ("answers", "mark"),
    [
        ((Y, Y, Y), Mark(10_000)),
        ((P, Y, Y), Mark(8500)),
        ((N, P, Y), Mark(4500)),
        ((X, P, Y), Mark(6429)),
        ((Y, X, P), Mark(8000)),
        ((Y, Y, N), Mark(0, ("C3",))),
        ((N, N, X), Mark(0)),
    ],
)
def test_a_mark_is_the_weight_earned_of_what_applies(answers: tuple[Answer, ...], mark: Mark) -> None:
    assert mark_of(CRITERIA, dict(zip(("C1", "C2", "C3"), answers, strict=True))) == mark


def test_a_mark_needs_every_answer_and_one_criterion_that_applies() -> None:
    with pytest.raises(AnswersMissing) as refused:
        mark_of(CRITERIA, {"C1": Y, "C2": Y, "C4": Y})
    assert refused.value.codes == ("C3", "C4")
    with pytest.raises(NothingApplies):
        mark_of(CRITERIA, {"C1": X, "C2": X, "C3": X})


POPULATION = [
    Candidate(f"{group}-{reason}-{rank}", group, reason)
    for group in ("G1", "G2")
    for reason, size in (("A", 40), ("B", 4), ("C", 1))
    for rank in range(size)
]


@pytest.mark.clause("S-4.1-controles")
def test_a_draw_goes_round_the_reasons_of_each_adviser_and_only_the_seed_decides() -> None:
    found = drawn(POPULATION, seed="graine", per_adviser=4)
    assert drawn(reversed(POPULATION), seed="graine", per_adviser=4) == found
    assert [each.group for each in found] == ["G1"] * 4 + ["G2"] * 4
    for group in ("G1", "G2"):
        reasons = sorted(each.reason for each in found if each.group == group)
        assert set(reasons) == {"A", "B", "C"} and len(reasons) == 4
    assert drawn(POPULATION, seed="autre", per_adviser=4) != found
    assert len(drawn(POPULATION, seed="graine", per_adviser=99)) == len(POPULATION)
    # By hand: the first of each reason is that of the smallest SHA-256 of « seed|item ».
    first = min(
        (each for each in POPULATION if each.group == "G1" and each.reason == "A"),
        key=lambda each: hashlib.sha256(f"graine|{each.item}".encode()).hexdigest(),
    )
    assert first in found


def test_each_item_of_a_stratum_has_the_same_chance() -> None:
    one_reason = [Candidate(f"A{rank}", "G1", "A") for rank in range(5)]
    taken = [drawn(one_reason, seed=str(seed), per_adviser=1)[0].item for seed in range(1000)]
    assert all(150 < taken.count(each.item) < 250 for each in one_reason)


def test_a_population_has_one_digest_whatever_its_order() -> None:
    assert population_digest(POPULATION) == population_digest(reversed(POPULATION))
    assert population_digest(POPULATION) != population_digest(POPULATION[1:])
    assert seed_digest("graine") == hashlib.sha256(b"graine").hexdigest()


CLOSES = datetime(2026, 5, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "at", "fault"),
    [
        (date(2026, 6, 1), CLOSES - timedelta(seconds=1), ""),
        (date(2026, 6, 1), CLOSES, "ALREADY_CLOSED"),
        (date(2026, 5, 1), CLOSES - timedelta(days=40), "NO_PERIOD"),
    ],
)
def test_a_seed_is_sealed_before_the_population_closes(until: date, at: datetime, fault: str) -> None:
    assert sealing_fault(since=date(2026, 5, 1), until=until, closes_at=CLOSES, at=at) == fault


CALL, TICKET = ItemKind.CALL, ItemKind.N2_TICKET


@pytest.mark.clause("S-4.1-calibrage", "S-4.1-controles")
@pytest.mark.parametrize(
    ("standing", "sees"),
    [
        (Standing(CALL, frozenset({OURS})), False),
        (Standing(CALL, frozenset({OURS}), frozenset({THEIRS})), True),
        (Standing(CALL, frozenset({OURS, THEIRS})), True),
        (Standing(CALL, frozenset({OURS, THEIRS}), in_session=True), False),
        (Standing(TICKET, frozenset({OURS})), True),
        (Standing(CALL), False),
    ],
)
def test_a_side_reads_the_other_mark_once_it_cannot_be_swayed(standing: Standing, sees: bool) -> None:
    assert sees_mark(standing, reader=THEIRS, marker=OURS) is sees
    assert sees_mark(standing, reader=OURS, marker=OURS) is (OURS in standing.marked_by)


@pytest.mark.parametrize(
    ("standing", "side", "fault"),
    [
        (Standing(CALL), THEIRS, ""),
        (Standing(CALL, frozenset({OURS})), OURS, "ALREADY_MARKED"),
        (Standing(CALL, frozenset({OURS}), frozenset({THEIRS})), THEIRS, "WAIVED"),
        (Standing(TICKET), THEIRS, "NOT_ITS_KIND"),
    ],
)
def test_a_side_marks_once_and_not_what_it_gave_up(standing: Standing, side: Marker, fault: str) -> None:
    assert marking_fault(standing, side) == fault


@pytest.mark.clause("S-4.1-controles")
def test_a_month_owes_each_adviser_evaluations_and_sessions() -> None:
    rows = owed_to(
        ["C2", "C1"],
        evaluations={"C1": 4, "C2": 5, "C9": 1},
        sessions={"C1": 1},
        evaluations_owed=4,
        sessions_owed=1,
    )
    assert [(row.adviser, row.evaluations_missing, row.sessions_missing, row.kept) for row in rows] == [
        ("C1", 0, 0, True),
        ("C2", 0, 1, False),
    ]


@pytest.mark.clause("S-4.1-calibrage", "S-3.3.2-formulaires-qualite")
def test_two_sides_are_compared_as_bland_and_altman_do() -> None:
    pairs = [(90.0, 85.0), (80.0, 78.0), (95.0, 85.0), (70.0, 73.0)]
    found = agreement_of(pairs, gap_max=5)
    assert found is not None and found.spread is not None and found.low is not None and found.high is not None
    assert (found.pairs, found.bias.mean, found.apart, found.means_hold) == (4, 3.5, 1, True)
    assert found.spread == pytest.approx(5.4467, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((3.5 - 1.96 * 5.44671, 3.5 + 1.96 * 5.44671), abs=1e-3)
    at_the_gap, past_it = agreement_of([(90, 85)], gap_max=5), agreement_of([(90.01, 85)], gap_max=5)
    assert at_the_gap and past_it
    assert (at_the_gap.means_hold, at_the_gap.low, past_it.means_hold) == (True, None, False)
    assert agreement_of([], gap_max=5) is None


@pytest.mark.clause("S-4.1-calibrage")
def test_a_mean_has_students_interval_and_says_how_many_marks_it_needs() -> None:
    found = interval_of([80.0, 90.0, 100.0])
    assert found is not None and found.low is not None
    # t(0.975, 2 degrees of freedom) = 4.3027
    assert found.low == pytest.approx(90 - 4.30265 * 10 / 3**0.5, abs=1e-3)
    assert interval_of([]) is None
    assert items_needed([85 - 12 / 2**0.5, 85 + 12 / 2**0.5]) == 89
    assert items_needed([85.0]) is None
    assert items_needed([85.0, 85.0]) == 2


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423), (120, 1.9799)],
)
def test_students_quantiles_are_those_of_the_printed_tables(freedom: int, quantile: float) -> None:
    assert student_95(freedom) == pytest.approx(quantile, abs=1e-4)

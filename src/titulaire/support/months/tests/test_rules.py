"""Where an issue stands, and what two issues say differently."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from titulaire.support.months.rules import (
    Answer,
    Change,
    Difference,
    Standing,
    Verdict,
    canonical,
    changes,
    compare,
    says_the_same,
    standing,
)

APRIL = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
MAY = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)
APPROVED, CONTESTED = Answer(Verdict.APPROVED, APRIL), Answer(Verdict.CONTESTED, APRIL)


@pytest.mark.parametrize(
    ("answers", "silence", "is_last", "stands"),
    [
        ([], None, True, Standing.SIGNED),
        ([], None, False, Standing.REPLACED),
        ([APPROVED], None, True, Standing.APPROVED),
        ([CONTESTED], None, True, Standing.CONTESTED),
        ([CONTESTED, Answer(Verdict.APPROVED, MAY)], None, True, Standing.APPROVED),
        ([Answer(Verdict.APPROVED, datetime(2026, 6, 1, tzinfo=UTC))], None, True, Standing.SIGNED),
        ([], MAY, True, Standing.DEEMED),
        ([], datetime(2026, 5, 10, 9, 0, 1, tzinfo=UTC), True, Standing.SIGNED),
        ([CONTESTED], APRIL, True, Standing.CONTESTED),
    ],
)
def test_an_issue_stands_where_its_last_answer_or_a_silence_that_counts_puts_it(
    answers: list[Answer], silence: datetime | None, is_last: bool, stands: Standing
) -> None:
    assert standing(answers, silence_ends_at=silence, is_last=is_last, at=MAY) is stands


def document(**changed: Any) -> dict[str, Any]:
    sides = {"numerator": 8, "denominator": 10, "gap": 0, "grade": "A"}
    return {
        "month": "2026-05",
        "issue": 1,
        "indicators": {"I1": {"value": "4/5", "factor": "1"}},
        "cuts": {"site": {"NORD": {"I1": sides}}},
        "penalties": {
            "lines": [{"code": "P3", "amount": "1000.00"}],
            "uncapped": "1000.00",
            "cap": "10000.00",
            "proposed": "1000.00",
        },
        "facts": [{"month": "2026-04", "version": 1}, {"month": "2026-05", "version": 1}],
    } | changed


def test_one_content_has_one_form() -> None:
    assert canonical({"é": 1, "a": [1, "b"]}) == '{"a":[1,"b"],"é":1}'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"rate": float("nan")})


def test_two_issues_that_differ_by_their_number_alone_say_the_same() -> None:
    assert says_the_same(document(), document(issue=2, frozen_by="user:9"))
    assert says_the_same(
        document(), document(facts=[{"month": "2026-04", "version": 2}, {"month": "2026-05", "version": 1}])
    )
    assert not says_the_same(document(), document(facts=[{"month": "2026-05", "version": 2}]))
    assert not says_the_same(document(), document(penalties=None))


def test_a_change_names_the_figure_its_place_and_both_values() -> None:
    after = document(
        indicators={"I1": {"value": "9/10", "factor": "1"}},
        cuts={"site": {"NORD": {"I1": {"numerator": 8, "denominator": 10, "gap": 1, "grade": "A"}}}},
        penalties=None,
    )
    assert changes(document(), document()) == ()
    assert changes(document(), after) == (
        Change("I1", "", "", "4/5", "9/10"),
        Change("I1", "site", "NORD", "4/5", None),
        Change("P3", "", "", "1000.00", None),
        Change("UNCAPPED", "", "", "1000.00", None),
        Change("CAP", "", "", "10000.00", None),
        Change("PROPOSED", "", "", "1000.00", None),
    )


def test_a_difference_is_told_by_its_leaf() -> None:
    assert list(compare({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "x")) == [
        Difference("x.a[1].b", "2", "3")
    ]
    assert list(compare({"a": None}, {})) == []
    assert list(compare([1], [1, 2], "x")) == [Difference("x", "[1]", "[1, 2]")]

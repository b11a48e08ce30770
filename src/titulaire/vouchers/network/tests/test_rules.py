"""Verdicts, cut-offs and admissible shops: tables."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.contracts.rules import AnnualDay
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.issuing.register import IN_CIRCULATION
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.network.rules import (
    ENDED,
    EXCLUDED,
    Activity,
    Concordance,
    Given,
    Note,
    Presentation,
    Presented,
    Proof,
    TitleFacts,
    Verdict,
    cutoff_on,
    fingerprint,
    may_join,
    presented_on,
    rule_batch,
    rule_one,
    typed,
)

TERM = AnnualDay(2, None, 1)
CUTOFFS = {2026: date(2027, 2, 28), 2027: date(2028, 2, 29)}
NUMBER = str(Number(2026, 47, 12))
FACTS = TitleFacts(7, "DELIVERED", 2026, date(2026, 10, 5), date(2027, 1, 31), 1000, "7V3TVB", "CODE")


def on(day: date, *, letters_required: bool = False) -> Presentation:
    return Presentation(day, CUTOFFS, letters_required)


def held(text: str = NUMBER, used_on: date | None = None, **more: object) -> Presented:
    return Presented(Given(text, used_on=used_on), NUMBER, Proof.NUMBER, **more)  # type: ignore[arg-type]


def facts(**changes: object) -> TitleFacts:
    values = {name: getattr(FACTS, name) for name in TitleFacts._fields}
    return TitleFacts(**(values | changes))


@pytest.mark.clause("T-1.1-reseau", "T-2.1.3-millesime")
@pytest.mark.parametrize(
    ("vintage", "state", "verdict", "note"),
    [
        (1990, "DELIVERED", Verdict.EXPIRED, "AFTER_CUTOFF"),
        (1990, "EXPIRED", Verdict.EXPIRED, ""),
        (2099, "DELIVERED", Verdict.WRONG_PERIOD, ""),
        (2099, "USED", Verdict.ALREADY_USED, ""),
    ],
)
def test_a_vintage_far_away_gets_a_verdict_too(vintage: int, state: str, verdict: Verdict, note: str) -> None:
    ruling = rule_one(held(), facts(vintage=vintage, state=state), on(date(2027, 1, 15)))
    assert (ruling.verdict, ruling.note) == (verdict, note)


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize("activity", list(Activity))
def test_shops_of_food_may_join_and_no_other(activity: Activity) -> None:
    assert may_join(activity) is (activity not in EXCLUDED)
    assert {Activity.BAR, Activity.WINE, Activity.HYGIENE} <= EXCLUDED


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize(
    ("vintage", "reading", "expected"),
    [
        (2026, "LAST_OF_FEBRUARY", date(2027, 2, 28)),
        (2027, "LAST_OF_FEBRUARY", date(2028, 2, 29)),
        (2027, "FEBRUARY_28", date(2028, 2, 28)),
        (2026, "FEBRUARY_28", date(2027, 2, 28)),
    ],
)
def test_the_cut_off_of_a_leap_year_depends_on_the_reading(
    vintage: int, reading: str, expected: date
) -> None:
    assert cutoff_on(vintage, term=TERM, day_reading=reading) == expected


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize(
    ("postmark", "reading", "expected"),
    [
        (date(2027, 2, 27), "POSTMARK", date(2027, 2, 27)),
        (None, "POSTMARK", date(2027, 3, 2)),
        (date(2027, 2, 27), "ARRIVAL", date(2027, 3, 2)),
    ],
)
def test_the_postmark_or_the_arrival_counts(postmark: date | None, reading: str, expected: date) -> None:
    counted = presented_on(received_on=date(2027, 3, 2), postmarked_on=postmark, proof_reading=reading)
    assert counted == expected


@pytest.mark.clause("T-1.1-reseau", "T-2.1.3-millesime")
@pytest.mark.parametrize(
    ("presented", "used", "verdict", "note"),
    [
        (date(2026, 10, 4), None, Verdict.WRONG_PERIOD, ""),
        (date(2026, 10, 5), None, Verdict.VALID, ""),
        (date(2026, 10, 6), date(2026, 10, 4), Verdict.WRONG_PERIOD, ""),
        (date(2027, 1, 31), None, Verdict.VALID, ""),
        (date(2027, 2, 1), None, Verdict.VALID, ""),
        (date(2027, 2, 1), date(2027, 1, 31), Verdict.VALID, ""),
        (date(2027, 2, 1), date(2027, 2, 1), Verdict.EXPIRED, ""),
        (date(2027, 2, 28), None, Verdict.VALID, ""),
        (date(2027, 3, 1), None, Verdict.EXPIRED, "AFTER_CUTOFF"),
    ],
)
def test_a_voucher_is_valid_from_its_first_day_until_the_cut_off(
    presented: date, used: date | None, verdict: Verdict, note: str
) -> None:
    ruling = rule_one(held(used_on=used), FACTS, on(presented))
    assert (ruling.verdict, ruling.note) == (verdict, note)


@pytest.mark.parametrize(
    ("state", "day", "verdict", "note"),
    [
        ("USED", date(2026, 12, 1), Verdict.ALREADY_USED, ""),
        ("PAID", date(2026, 12, 1), Verdict.ALREADY_USED, ""),
        ("STOPPED", date(2026, 12, 1), Verdict.STOPPED, ""),
        ("CANCELLED", date(2026, 12, 1), Verdict.STOPPED, "CANCELLED"),
        ("REPLACED", date(2027, 2, 20), Verdict.STOPPED, "LATE_CLAIM"),
        ("REPLACED", date(2027, 3, 20), Verdict.STOPPED, "REPLACED"),
        ("EXPIRED", date(2027, 2, 28), Verdict.EXPIRED, "LATE_CLAIM"),
        ("EXPIRED", date(2027, 3, 1), Verdict.EXPIRED, ""),
        ("REFUNDED", date(2027, 4, 20), Verdict.EXPIRED, ""),
    ],
)
def test_a_voucher_whose_life_is_over_is_refused_with_its_reason(
    state: str, day: date, verdict: Verdict, note: str
) -> None:
    ruling = rule_one(held(), facts(state=state), on(day))
    assert (ruling.verdict, ruling.note) == (verdict, note)


def test_every_state_of_the_register_has_its_verdict() -> None:
    assert set(ENDED) | {state.value for state in IN_CIRCULATION} == {state.value for state in VoucherState}


@pytest.mark.clause("T-2.4-securite")
def test_a_number_that_could_be_guessed_is_not_enough_where_the_paper_is_not_shown() -> None:
    ruling = rule_one(held(), FACTS, on(date(2026, 12, 1), letters_required=True))
    assert (ruling.verdict, ruling.note, ruling.key) == (Verdict.UNKNOWN, Note.LETTERS_MISSING, None)
    used = rule_one(held(), facts(state="USED"), on(date(2026, 12, 1), letters_required=True))
    assert used == ruling, "the answer must not tell a used number from a free one"


@pytest.mark.clause("T-2.4-securite")
def test_wrong_letters_are_a_forgery_and_do_not_spoil_the_true_ones() -> None:
    wrong, right = typed(Given(f"{NUMBER} AAAAAA")), typed(Given(f"{NUMBER} 7v3 tvb"))
    assert wrong and right
    rulings = rule_batch([wrong, right, right], {NUMBER: FACTS}, on(date(2026, 12, 1), letters_required=True))
    assert [ruling.verdict for ruling in rulings] == [Verdict.FORGED, Verdict.VALID, Verdict.TWICE_IN_BATCH]


@pytest.mark.clause("T-2.4-securite")
def test_a_genuine_code_that_the_register_wrote_otherwise_is_refused() -> None:
    one = Presented(Given("…"), NUMBER, Proof.CODE, code="OTHER")
    assert rule_one(one, FACTS, on(date(2026, 12, 1))).verdict is Verdict.FORGED


@pytest.mark.parametrize("text", [NUMBER, f" {NUMBER[:2]} {NUMBER[2:5]}.{NUMBER[5:9]}-{NUMBER[9:]} "])
def test_numbers_are_read_as_people_write_them(text: str) -> None:
    assert typed(Given(text)) == Presented(Given(text), NUMBER, Proof.NUMBER)


@pytest.mark.parametrize("text", ["", "12", NUMBER[:-1] + "0", f"{NUMBER} 7V3", "abc"])
def test_a_mistyped_number_is_told(text: str) -> None:
    found = typed(Given(text))
    assert found and (found.fault, found.note) == (Verdict.UNKNOWN, Note.MISTYPED)


def test_the_content_of_a_remittance_does_not_depend_on_its_order_or_spelling() -> None:
    one, other = typed(Given(NUMBER)), typed(Given(f"{NUMBER[:5]} {NUMBER[5:]}"))
    assert one and other
    assert fingerprint([one, held("x")]) == fingerprint([held("y"), other])


@pytest.mark.parametrize(("paid", "counted", "agrees"), [(3, 3, True), (3, 2, False), (0, 0, False)])
def test_nothing_is_destroyed_until_the_counts_agree(paid: int, counted: int, agrees: bool) -> None:
    assert Concordance(paid, counted).agrees is agrees

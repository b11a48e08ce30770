"""From a measure to a capped amount: the edges of each step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from titulaire.penalties.rules import (
    Invoice,
    Line,
    Measure,
    Neutralisation,
    NoIncidentReference,
    NotInCents,
    State,
    Volume,
    Worse,
    assess,
    end_of_grace,
    is_suspended,
    is_worse,
    total,
)

STARTED = date(2025, 11, 9)
INVOICE = Invoice(Decimal("812345.67"), Decimal("34567.89"))
LINE = Line(
    code="P3",
    name="Taux de décroché",
    clause="S-9-penalites",
    indicator="I1",
    worse=Worse.BELOW,
    trigger=Fraction(89, 100),
    rate=Decimal("0.02"),
    base="PHONE",
    starts_on=STARTED,
    in_force_from=STARTED,
)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def judged(measure: Measure, line: Line = LINE, since: date = MARCH, until: date = APRIL, **asked: object):  # type: ignore[no-untyped-def]
    return assess(line, measure, since=since, until=until, invoice=INVOICE, **asked)  # type: ignore[arg-type]


def line(**said: object) -> Line:
    return Line(**{name: getattr(LINE, name) for name in LINE.__slots__} | said)  # type: ignore[arg-type]


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("numerator", "state", "amount"),
    [
        (8_900_001, State.RESPECTED, "0.00"),
        (8_900_000, State.RESPECTED, "0.00"),
        (8_899_999, State.TRIGGERED, "16246.91"),
    ],
)
def test_a_value_exactly_on_its_trigger_is_not_penalised(numerator: int, state: State, amount: str) -> None:
    found = judged(Measure(numerator, 10_000_000))
    assert (found.state, found.amount) == (state, Decimal(amount))


@pytest.mark.clause("S-9-penalites")
def test_the_other_reading_penalises_a_value_exactly_on_its_trigger() -> None:
    assert judged(Measure(89, 100), edge_counts=True).state is State.TRIGGERED


@pytest.mark.parametrize(
    ("value", "worse", "edge", "is_so"),
    [
        (Fraction(239), Worse.ABOVE, False, False),
        (Fraction(240), Worse.ABOVE, False, False),
        (Fraction(240), Worse.ABOVE, True, True),
        (Fraction(240_001, 1000), Worse.ABOVE, False, True),
        (Fraction(241), Worse.BELOW, True, False),
    ],
)
def test_a_trigger_has_a_worse_side(value: Fraction, worse: Worse, edge: bool, is_so: bool) -> None:
    assert is_worse(value, Fraction(240), worse, edge_counts=edge) is is_so


@pytest.mark.clause("S-9-penalites")
def test_between_target_and_trigger_the_target_is_missed_at_no_cost() -> None:
    found = judged(Measure(895, 1000, target=Fraction(9, 10)))
    assert (found.state, found.amount) == (State.TARGET_MISSED, Decimal("0.00"))
    assert judged(Measure(900, 1000, target=Fraction(9, 10))).state is State.RESPECTED


@pytest.mark.clause("S-9-delai")
@pytest.mark.parametrize(
    ("month", "state"),
    [
        (date(2025, 10, 1), State.NOT_IN_FORCE),
        (date(2025, 11, 1), State.IN_GRACE),
        (date(2026, 3, 1), State.IN_GRACE),
        (date(2026, 4, 1), State.TRIGGERED),
    ],
)
def test_a_line_that_waits_is_due_from_the_first_month_whole_outside_its_grace(
    month: date, state: State
) -> None:
    waiting = line(in_force_from=end_of_grace(STARTED, 4))
    until = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    assert judged(Measure(1, 2), waiting, month, until).state is state


@pytest.mark.clause("S-9-delai")
@pytest.mark.parametrize(
    ("month", "until", "state"),
    [
        (date(2025, 10, 1), date(2025, 11, 1), State.NOT_IN_FORCE),
        (date(2025, 11, 1), date(2025, 12, 1), State.TRIGGERED),
    ],
)
def test_a_line_that_does_not_wait_is_due_the_month_its_activity_starts(
    month: date, until: date, state: State
) -> None:
    assert judged(Measure(1, 2), LINE, month, until).state is state


def test_a_line_whose_activity_never_starts_costs_nothing() -> None:
    assert judged(Measure(1, 2), line(starts_on=None, in_force_from=None)).state is State.NOT_IN_FORCE


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (STARTED, 4, date(2026, 3, 9)),
        (date(2025, 10, 31), 4, date(2026, 2, 28)),
        (date(2025, 12, 1), 0, date(2025, 12, 1)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
    ],
)
def test_a_grace_ends_on_the_same_day_some_months_later(start: date, months: int, end: date) -> None:
    assert end_of_grace(start, months) == end


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("measure", "state"),
    [
        (Measure(0, 0), State.NOT_MEASURABLE),
        (Measure(1, 2, blocked=True), State.BLOCKED),
        (Measure(1, 2, disputed=True), State.TO_ADJUDICATE),
        (Measure(99, 100, breach=True), State.TRIGGERED),
    ],
)
def test_what_cannot_be_judged_costs_nothing(measure: Measure, state: State) -> None:
    found = judged(measure)
    assert found.state is state
    assert bool(found.amount) is (state is State.TRIGGERED)


@pytest.mark.clause("S-9-penalites")
def test_an_incident_is_set_aside_from_both_sides_before_comparing() -> None:
    spoilt = Measure(880, 1000)
    outage = Neutralisation("P3", "INC-2026-064", 0, 20)
    found = judged(spoilt, neutralised=[outage, Neutralisation("P4", "INC-2026-064", 500, 500)])
    assert (found.measured, found.value) == (Fraction(880, 1000), Fraction(880, 980))
    assert (found.state, found.incidents) == (State.RESPECTED, ("INC-2026-064",))
    assert judged(spoilt).state is State.TRIGGERED


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize("reference", ["", "  "])
def test_nothing_is_set_aside_without_the_reference_of_an_incident(reference: str) -> None:
    with pytest.raises(NoIncidentReference):
        Neutralisation("P3", reference, 0, 20)


@pytest.mark.clause("S-9-120")
@pytest.mark.parametrize(
    ("actual", "suspended"), [(Fraction(119), False), (Fraction(120), False), (Fraction(120_001, 1000), True)]
)
def test_the_regime_holds_up_to_a_hundred_and_twenty_per_cent_included(
    actual: Fraction, suspended: bool
) -> None:
    volumes = [Volume("PRODUCED", actual, Fraction(100)), Volume("RECEIVED", Fraction(1), Fraction(100))]
    kinds = ("PRODUCED", "RECEIVED")
    assert is_suspended(volumes, kinds=kinds, rate=Decimal("1.20")) is suspended
    assert not is_suspended(volumes, kinds=("RECEIVED",), rate=Decimal("1.20"))
    assert judged(Measure(1, 2), suspended=suspended).state is (
        State.SUSPENDED if suspended else State.TRIGGERED
    )


@pytest.mark.clause("S-9-plafond")
@pytest.mark.parametrize(
    ("rates", "uncapped", "proposed", "termination"),
    [
        (["0.10"], "100.00", "100.00", False),
        (["0.10", "0.0001"], "100.10", "100.00", True),
        (["0.05", "0.02"], "70.00", "70.00", False),
        ([], "0.00", "0.00", False),
    ],
)
def test_the_sum_is_capped_and_past_the_cap_the_contract_may_end(
    rates: list[str], uncapped: str, proposed: str, termination: bool
) -> None:
    invoice = Invoice(Decimal("1000.00"), Decimal("0.00"))
    lines = [
        assess(line(rate=Decimal(rate)), Measure(1, 2), since=MARCH, until=APRIL, invoice=invoice)
        for rate in rates
    ]
    found = total(lines, invoice=invoice, cap_rate=Decimal("0.10"))
    assert (found.uncapped, found.proposed) == (Decimal(uncapped), Decimal(proposed))
    assert found.cap == Decimal("100.00")
    assert found.termination_possible is termination


def test_each_line_is_rounded_to_the_cent_on_its_own_base() -> None:
    assert judged(Measure(1, 2), line(base="FORMS", rate=Decimal("0.01"))).amount == Decimal("345.68")
    assert judged(Measure(1, 2), line(base="TOTAL", rate=Decimal("0.015"))).amount == Decimal("12703.70")


@pytest.mark.parametrize("amount", ["-0.01", "10.001"])
def test_an_invoice_is_in_cents_and_not_negative(amount: str) -> None:
    with pytest.raises(NotInCents):
        Invoice(Decimal(amount), Decimal("0.00"))

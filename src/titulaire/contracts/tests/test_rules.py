"""One value on each day, whatever the values and the order in which they come."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from titulaire.contracts.catalogue import CATALOGUE
from titulaire.contracts.loading import NotAValue, literal, value_of, value_written
from titulaire.contracts.queries import terms_as_signed
from titulaire.contracts.rules import (
    AlreadyDated,
    AnnualDay,
    DatedValue,
    Kind,
    NoValueOn,
    Retained,
    Term,
    TermSpec,
    UnknownReading,
    UnknownTerm,
    WrongKind,
    in_order,
)

FACE = CATALOGUE["face_value"]
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 31))


def valued(from_on: date, value: int = 10) -> DatedValue:
    return DatedValue(from_on, Decimal(value), "T-2.2-valeur-faciale", "§2.2")


@given(st.lists(DAYS, min_size=1, max_size=12, unique=True), DAYS)
def test_the_value_of_a_day_is_the_latest_that_has_begun(starts: list[date], day: date) -> None:
    term = Term(FACE, in_order("face_value", [valued(start, n) for n, start in enumerate(starts)]))
    begun = [start for start in starts if start <= day]
    if not begun:
        with pytest.raises(NoValueOn):
            term.on(day)
        return
    assert term.on(day).value == starts.index(max(begun))


@given(st.lists(DAYS, min_size=1, max_size=12, unique=True))
def test_values_follow_each_other_without_gap_or_overlap(starts: list[date]) -> None:
    values = in_order("face_value", [valued(start) for start in starts])
    assert [value.until_on for value in values] == [*(value.from_on for value in values[1:]), None]


@given(st.lists(DAYS, min_size=1, max_size=8), DAYS)
def test_two_values_on_one_day_are_refused(starts: list[date], day: date) -> None:
    with pytest.raises(AlreadyDated):
        in_order("face_value", [valued(start) for start in (*starts, day, day)])


@given(st.lists(DAYS, max_size=6, unique=True), DAYS)
def test_an_added_value_changes_no_day_before_it(added: list[date], day: date) -> None:
    terms = terms_as_signed("cpam47")
    added = [one for one in added if one > terms.head.notified_on]
    amended = terms.amended(values=[("face_value", valued(one, 12)) for one in added])
    if day >= terms.head.notified_on and day < min(added, default=date.max):
        assert amended.amount("face_value", on=day) == Decimal("10.00")
    if added and day >= min(added):
        assert amended.amount("face_value", on=day) == 12
    assert terms.amount("face_value", on=date(2028, 12, 31)) == 10


def test_before_during_and_after() -> None:
    terms = terms_as_signed("cpam47").amended(values=[("face_value", valued(date(2026, 1, 1), 12))])
    assert [
        terms.amount("face_value", on=day)
        for day in (date(2024, 12, 2), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2))
    ] == [10, 10, 12, 12]
    with pytest.raises(NoValueOn):
        terms.amount("face_value", on=date(2024, 12, 1))
    # The titles of the last vintage are settled after the end: the last value goes on.
    assert terms.amount("face_value", on=date(2029, 4, 15)) == 12


def test_an_unknown_name_is_never_a_default() -> None:
    terms, day = terms_as_signed("cpam47"), date(2026, 1, 1)
    with pytest.raises(UnknownTerm):
        terms.amount("face_vale", on=day)
    with pytest.raises(UnknownTerm):
        terms.rate("answer_rate_target", on=day)
    with pytest.raises(UnknownReading):
        terms.reading("widening_direction", on=day)
    with pytest.raises(UnknownTerm):
        terms.amended(values=[("face_vale", valued(day))])
    with pytest.raises(UnknownReading):
        terms.amended(options=[("x", Retained(day, "X"))])


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        ("rate", "face_value"),
        ("days", "face_value"),
        ("days", "face_value_notice_months"),
        ("count", "ceiling"),
        ("text", "portal_functions"),
        ("amount", "booklet_max_vouchers"),
        ("annual_day", "face_value"),
        ("flag", "ceiling"),
        ("table", "ceiling"),
        ("counts", "accepted_goods"),
        ("texts", "reminder_days_before"),
        ("number", "certified_fibre_rate"),
        ("day", "validity_end"),
        ("time", "validity_end"),
    ],
)
def test_a_term_asked_for_as_something_else_is_a_bug(ask: str, name: str) -> None:
    with pytest.raises(WrongKind):
        getattr(terms_as_signed("cpam47"), ask)(name, on=date(2026, 1, 1))


def test_a_reading_changes_on_its_day_and_names_its_rival() -> None:
    terms = terms_as_signed("cpam47")
    changed = terms.amended(options=[("refund_basis", Retained(date(2026, 5, 1), "EXACT_DIFFERENCE"))])
    assert changed.reading("refund_basis", on=date(2026, 4, 30)) == "PRO_RATA"
    assert changed.reading("refund_basis", on=date(2026, 5, 1)) == "EXACT_DIFFERENCE"
    reading = changed.readings["refund_basis"]
    assert [option.code for option in reading.rivals(date(2026, 5, 1))] == ["PRO_RATA"]
    assert reading.option("PRO_RATA").sentence


@pytest.mark.parametrize(
    ("day", "year", "expected"),
    [
        (AnnualDay(1, 31, 1), 2027, date(2028, 1, 31)),
        (AnnualDay(2, None, 1), 2027, date(2028, 2, 29)),
        (AnnualDay(2, None, 1), 2026, date(2027, 2, 28)),
        (AnnualDay(12, None), 2026, date(2026, 12, 31)),
    ],
)
def test_a_day_of_the_year_is_set_in_a_year(day: AnnualDay, year: int, expected: date) -> None:
    assert day.of(year) == expected


def spec(kind: Kind) -> TermSpec:
    return TermSpec("x", "x", kind, choices=(("A", "a"), ("B", "b")))


NUMBERS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)
TEXTS = st.text(min_size=1).map(lambda text: text + '\x7f«\\"\n').filter(str.strip)
VALUES = {
    Kind.AMOUNT: NUMBERS,
    Kind.NUMBER: NUMBERS,
    Kind.RATE: st.decimals(min_value=0, max_value=2, places=3),
    Kind.COUNT: st.integers(min_value=0, max_value=10**12),
    Kind.COUNTS: st.lists(st.integers(min_value=0), min_size=1, unique=True).map(tuple),
    Kind.FLAG: st.booleans(),
    Kind.TEXT: TEXTS,
    Kind.TEXTS: st.lists(TEXTS, min_size=1, unique=True).map(tuple),
    Kind.CODE: st.sampled_from("AB"),
    Kind.CODES: st.sampled_from([("A",), ("A", "B"), ("B", "A")]),
    Kind.DATE: DAYS,
    Kind.TIME: st.times(),
    Kind.ANNUAL_DAY: st.sampled_from([AnnualDay(1, 31, 1), AnnualDay(2, None), AnnualDay(2, 28, 9)]),
    Kind.TABLE: st.dictionaries(TEXTS, NUMBERS, min_size=1).map(lambda table: tuple(table.items())),
}


# The first text drawn builds the table of Unicode, which is slow.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(list(Kind)), st.data())
def test_a_value_written_down_is_read_back_the_same(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    assert value_written(spec(kind), literal(value)) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Kind.COUNT, -1),
        (Kind.COUNT, True),
        (Kind.COUNT, Decimal("1.5")),
        (Kind.RATE, Decimal(90)),
        (Kind.RATE, Decimal("NaN")),
        (Kind.FLAG, 1),
        (Kind.TEXT, "  "),
        (Kind.TEXTS, []),
        (Kind.TEXTS, ["a", "a"]),
        (Kind.CODE, "C"),
        (Kind.CODES, ["A", "C"]),
        (Kind.CODES, "A"),
        (Kind.COUNTS, [1, 1]),
        (Kind.COUNTS, [True]),
        (Kind.DATE, "2025-01-01"),
        (Kind.TIME, "08:30"),
        (Kind.ANNUAL_DAY, {"month": 2, "day": 29}),
        (Kind.ANNUAL_DAY, {"month": 4, "day": 31}),
        (Kind.ANNUAL_DAY, {"month": 13, "day": 1}),
        (Kind.ANNUAL_DAY, {"month": 1, "day": "end"}),
        (Kind.ANNUAL_DAY, {"month": 1, "day": 1, "years": 1}),
        (Kind.TABLE, {}),
        (Kind.TABLE, {"a": "1"}),
        (Kind.TIME, None),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: Kind, raw: object) -> None:
    with pytest.raises(NotAValue):
        value_of(spec(kind), raw)


@pytest.mark.parametrize("text", ["1\nother = 2", "", "1 2", "[1"])
def test_more_or_less_than_a_value_is_refused(text: str) -> None:
    with pytest.raises(NotAValue):
        value_written(spec(Kind.COUNT), text)


def test_times_and_dates_are_told_apart() -> None:
    assert value_of(spec(Kind.TIME), time(8, 30)) == time(8, 30)
    assert value_of(spec(Kind.DATE), date(2025, 1, 1)) + timedelta(days=1) == date(2025, 1, 2)  # type: ignore[operator]

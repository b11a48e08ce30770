"""Sums kept by day give what the facts give, exactly: on random facts, after any correction, by any cut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as drawing
from hypothesis import strategies as st

from titulaire.contracts.queries import terms_as_signed
from titulaire.identity.models import Contract, Organisation
from titulaire.indicators.engine import ARROW_CUTS, TIME_CUTS, connect, cut
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.schema import Record
from titulaire.support.indicators import kept, tables
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import evaluate, measures_of
from titulaire.support.indicators.gathering import STOCK, Facts, Question, gather
from titulaire.support.indicators.kept import Reading, reading
from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.drawn import DAYS, Tables, facts

pytestmark = pytest.mark.django_db
TERMS = terms_as_signed("mes")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RECORDS = (Record.LEGS, Record.STATES, Record.ITEMS)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
numbers = count()


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def a_contract() -> Contract:
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    code = f"mes-{next(numbers)}"
    return Contract.objects.create(
        code=code, title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )


def state(
    contract: Contract, folder: Path, record: Record, table: list[dict[str, Any]], days: set[date]
) -> None:
    """Say that these rows are in force, by a batch that touched these days: every month of them again."""
    number = next(numbers)
    batch = Batch.objects.create(
        contract=contract,
        key=f"batch-{number}",
        record=record.value,
        source="test",
        mapping="",
        file_name="f",
        file_sha256="",
        file_bytes=0,
        state="ACCEPTED",
        rows_read=0,
        rows_accepted=0,
        rows_refused=0,
        days=sorted(str(day) for day in days),
        actor="user:test",
        imported_at=AT,
    )
    place = folder / "facts" / str(number)
    for month in {day.replace(day=1) for day in days}:
        there = [row for row in table if row["day"].replace(day=1) == month]
        home = place / str(month)
        home.mkdir(parents=True)
        version = Manifest.objects.filter(contract=contract, record=record.value, month=month).count() + 1
        manifest = Manifest.objects.create(
            contract=contract,
            record=record.value,
            month=month,
            version=version,
            batch=batch,
            digest=f"digest-{number}",
            rows=len(there),
            at=AT,
        )
        for file in rows.write(home, record, there):
            manifest.files.add(
                FactFile.objects.create(
                    contract=contract,
                    batch=batch,
                    record=record.value,
                    month=month,
                    kind="DELIVERED",
                    path=str(file.relative_to(folder / "facts")),
                    sha256="",
                    rows=len(there),
                    bytes=1,
                )
            )


def both_ways(contract: Contract, question: Question) -> tuple[Any, Any]:
    with reading(contract, TERMS, question) as read:
        return tuple(gather(question, source, names=MEASURES.by_name) for source in (read.kept, read.facts))


QUESTIONS = [
    Question(since, until, by, where)
    for since, until in ((MARCH, APRIL), (date(2026, 3, 29), MAY), (APRIL, date(2026, 4, 7)))
    for by, where in (
        ((), {}),
        (("day", "flow"), {}),
        (("weekday", "hour"), {"flow": "3422"}),
        (("week", "site", "reason"), {}),
        (("quarter", "adviser"), {}),
        (("adviser",), {"site": None}),
        (("month", "group"), {"reason": rows.REASON}),
    )
]


@pytest.mark.once
@pytest.mark.clause("S-3.3.2-evolution", "S-3.3.2-intraday")
@drawing(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(
    first=facts(),
    then=facts(),
    wrong=st.sampled_from(DAYS),
    asked=st.lists(st.sampled_from(QUESTIONS), min_size=2, max_size=2, unique_by=repr),
)
def test_sums_kept_give_what_the_facts_give_before_and_after_a_correction(
    folder: Path, first: Tables, then: Tables, wrong: date, asked: list[Question]
) -> None:
    contract = a_contract()
    for record, table in zip(RECORDS, first, strict=True):
        state(contract, folder, record, table, {row["day"] for row in table})
    for question in asked:
        from_sums, from_facts = both_ways(contract, question)
        assert from_sums == from_facts
    for record, table, other in zip(RECORDS, first, then, strict=True):
        corrected = [row for row in table if row["day"] != wrong] + [
            row for row in other if row["day"] == wrong
        ]
        state(contract, folder, record, corrected, {wrong})
    for question in asked:
        from_sums, from_facts = both_ways(contract, question)
        assert from_sums == from_facts


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, list[date]]]]:
    """What is summed from the facts while a test runs: the table and its days."""
    seen: list[tuple[str, list[date]]] = []
    original, opening = Reading._made, Reading._opening

    def spying(self: Any, grain: Any, days: Any) -> Any:
        seen.append((grain.table, list(days)))
        return original(self, grain, days)

    def spying_too(self: Any, month: date, days: Any) -> Any:
        seen.append(("opening", list(days)))
        return opening(self, month, days)

    monkeypatch.setattr(Reading, "_made", spying)
    monkeypatch.setattr(Reading, "_opening", spying_too)
    yield seen


def test_an_item_corrected_early_changes_the_days_after_it_and_the_next_openings(
    folder: Path, made: list[Any]
) -> None:
    contract = a_contract()
    received = [rows.item(key, "RECEIVED", date(2026, 3, 2)) for key in "AB"]
    answered = [rows.item("A", "ANSWERED", date(2026, 3, n)) for n in (3, 4)]
    late = [rows.item("B", "ANSWERED", date(2026, 4, 2))]
    everything = [*received, *answered, *late]
    state(contract, folder, Record.ITEMS, everything, {row["day"] for row in everything})
    asked = {"since": APRIL, "until": MAY, "terms": TERMS, "only": {"I13", "I17"}}
    (april,) = evaluate(contract, **asked)
    assert (april["I17"].value.numerator, april["I13"].value.numerator) == (0, 1)
    assert made == [("forms", [date(2026, 4, 2)]), ("opening", [date(2026, 3, 31)])]
    evaluate(contract, **asked)
    assert len(made) == 2
    corrected = [*received, *answered, rows.item("B", "ANSWERED", date(2026, 3, 4), rows.time(11)), *late]
    state(contract, folder, Record.ITEMS, corrected, {date(2026, 3, 4)})
    (april,) = evaluate(contract, **asked)
    # B was first answered in March: its answer of April is the second, and the month opens without it.
    assert (april["I17"].value.numerator, april["I13"].value.numerator) == (0, 0)
    assert len(made) == 4
    by_day = evaluate(contract, since=MARCH, until=MAY, by=("day",), terms=TERMS, only={"I17"})
    assert [(row.key[0][1].day, row["I17"].value.numerator) for row in by_day] == [
        (2, 2),
        (3, 1),
        (4, 0),
        (2, 0),
    ]


def test_a_day_corrected_changes_the_days_after_it_in_the_same_month(folder: Path) -> None:
    contract = a_contract()
    answers = [rows.item("A", "ANSWERED", date(2026, 3, n)) for n in (3, 4)]
    state(contract, folder, Record.ITEMS, answers, {row["day"] for row in answers})

    def answered() -> list[Any]:
        found = evaluate(contract, since=MARCH, until=APRIL, by=("day",), terms=TERMS, only={"I15"})
        return [(row.key[0][1].day, row["I15"].value.numerator) for row in found]

    assert answered() == [(3, 1), (4, 0)]
    state(contract, folder, Record.ITEMS, answers[1:], {date(2026, 3, 3)})
    assert answered() == [(4, 1)]


def test_a_day_is_its_own_period_so_that_its_stock_is_that_of_its_evening(folder: Path) -> None:
    contract = a_contract()
    items = [
        rows.item("A", "RECEIVED", date(2026, 3, 2)),
        rows.item("B", "RECEIVED", date(2026, 3, 3)),
        rows.item("A", "ANSWERED", date(2026, 3, 3)),
        rows.item("C", "RECEIVED", date(2026, 3, 4)),
    ]
    state(contract, folder, Record.ITEMS, items, {row["day"] for row in items})
    for where, level in (
        ({"day": date(2026, 3, 3)}, 1),
        ({"week": date(2026, 3, 2)}, 2),
        ({"month": MARCH}, 2),
        ({"year": 2026}, 2),
    ):
        (found,) = evaluate(contract, since=MARCH, until=APRIL, where=where, terms=TERMS, only={"I17"})
        assert found["I17"].value.numerator == level, where
    assert evaluate(contract, since=MARCH, until=APRIL, by=("weekday",), terms=TERMS, only={"I17"}) == ()


def test_a_heat_map_comes_from_quarters_kept_without_an_engine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = a_contract()
    calls = [
        rows.leg("A", date(2026, 3, 2), rows.time(10, 5)),
        rows.leg("B", date(2026, 3, 9), rows.time(10, 50), outcome="ABANDONED"),
        rows.leg("C", date(2026, 3, 3), rows.time(11)),
    ]
    state(contract, folder, Record.LEGS, calls, {row["day"] for row in calls})

    def cells() -> list[Any]:
        found = evaluate(
            contract, since=MARCH, until=APRIL, by=("weekday", "hour"), terms=TERMS, only={"I1", "I14"}
        )
        return [
            (*(value for _, value in row.key), row["I1"].value.numerator, row["I1"].value.denominator)
            for row in found
        ]

    assert cells() == [(0, 10, 1, 2), (1, 11, 1, 1)]
    monkeypatch.setattr(kept, "connect", lambda *_, **__: pytest.fail("an engine was started"))
    assert cells() == [(0, 10, 1, 2), (1, 11, 1, 1)]


def test_only_what_is_wanted_is_counted(folder: Path) -> None:
    contract = a_contract()
    state(contract, folder, Record.LEGS, [rows.leg("A", MARCH)], {MARCH})
    found = measures_of(contract, MARCH, APRIL, terms=TERMS, names={"answered", STOCK})
    assert found.found == {(): {"answered": 1}}


def test_every_cut_of_time_is_the_same_over_kept_sums_as_in_the_engine(tmp_path: Path) -> None:
    days = [date(2023, 12, 25) + timedelta(days=37 * n) for n in range(80)]
    table = pa.table(
        {"day": pa.array(days, pa.date32()), "quarter": pa.array([n % 96 for n in range(80)], pa.int16())}
    )
    pq.write_table(table, tmp_path / "days.parquet")
    with connect() as backend:
        held = backend.read_parquet(str(tmp_path / "days.parquet"))
        cuts = cut(held, list(TIME_CUTS), tables.COLUMNS)
        found = backend.to_pyarrow(held.select(place=held.day, **cuts).order_by("place")).to_pydict()
    assert set(ARROW_CUTS) == set(TIME_CUTS)
    for name, over in ARROW_CUTS.items():
        assert over(table).to_pylist() == found[name], name


def test_facts_without_a_file_are_absent() -> None:
    assert not Facts(None, kept.Files(), TERMS, 0).has("form_days")

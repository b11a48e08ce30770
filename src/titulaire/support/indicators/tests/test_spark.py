"""The same expressions on Spark: a local cluster of two workers gives every figure that DuckDB gives."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import date, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from titulaire.contracts.queries import terms_as_signed
from titulaire.indicators.engine import DUCKDB, SPARK, Backend, NoSuchEngine, connect, stop_spark
from titulaire.support.facts.schema import (
    Activity,
    ItemEvent,
    ItemKind,
    Level,
    Origin,
    Outcome,
    QualifiedBy,
    Record,
    State,
    TransferResult,
)
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import evaluate
from titulaire.support.indicators.explaining import explain
from titulaire.support.indicators.frame import frame_of
from titulaire.support.indicators.gathering import Facts, Files, Question, gather
from titulaire.support.indicators.kept import full_day_ms
from titulaire.support.indicators.tests import rows
from titulaire.support.indicators.tests.drawn import DAYS
from titulaire.support.indicators.tests.test_kept import a_contract, state

TWO_WORKERS = "local-cluster[2,1,1024]"
TERMS = terms_as_signed("mes")
SINCE, UNTIL = date(2026, 3, 1), date(2026, 5, 1)
DAY_MS = full_day_ms(TERMS, SINCE)
GRAINS = [("month",), ("day", "site"), ("day", "reason"), ("day", "adviser"), ("weekday", "hour", "flow")]


def made_of_chance(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Some thousand facts of every kind."""
    chance = random.Random(seed)
    pick = chance.choice
    codes = {
        kind: [one.value for one in kind] for kind in (Origin, Outcome, State, Activity, ItemEvent, ItemKind)
    }
    advisers, sites, reasons = (
        ["C001", "C002", "C003", None],
        ["NORD", "SUD", None],
        [rows.REASON, "Autre", None],
    )

    def at() -> time:
        return time(pick([0, 8, 12, 17, 23]), pick([0, 15, 29, 30, 59]), pick([0, 59]))

    def lengths(*names: str) -> dict[str, int]:
        return {f"{name}_ms": pick([0, 1, 4_999, 5_000, 60_000, 123_457]) for name in names}

    legs = [
        rows.leg(
            f"{n:05d}",
            day := pick(DAYS),
            at(),
            origin=pick(codes[Origin]),
            outcome=pick([*codes[Outcome], "ANSWERED", "ANSWERED"]),
            flow=pick(["3422", "ELIOZ"]),
            call_group=pick(["N1", "N2", None]),
            queued=pick([True, False]),
            exceptional_closure=pick([True, False]),
            incident=pick(["INC-1", None]),
            internal=pick([True, False]),
            transferred_to=pick([*(one.value for one in Level), None]),
            transfer_result=pick([*(one.value for one in TransferResult), None]),
            reason=pick(reasons),
            qualified_by=pick([*(one.value for one in QualifiedBy), None]),
            qualified_at=pick([None, rows.utc(day, at()), rows.utc(date(2026, 4, 7), time(1))]),
            site=pick(sites),
            adviser=pick(advisers),
            **lengths("wait", "talk", "hold", "wrapup"),
        )
        for n in range(2_000)
    ]
    states = [
        rows.state(
            f"{n:05d}",
            pick(DAYS),
            at(),
            adviser=pick(advisers[:3]),
            state=pick(codes[State]),
            activity=pick(codes[Activity]),
            site=pick(sites),
            duration_ms=chance.randint(1, 900_000),
        )
        for n in range(600)
    ]
    items = []
    for n in range(1_200):
        event = pick([*codes[ItemEvent], "MARKED", "ANSWERED"])
        marked: dict[str, Any] = {}
        if event == "MARKED":
            marked = {"mark": chance.randint(0, 10_000), "marked_by": pick(["BUYER", "CONTRACTOR"])}
            marked["sampling"] = pick(["DRAWN", "PICKED", None])
        said = {"kind": pick(codes[ItemKind]), "site": pick(sites), "adviser": pick(advisers)}
        said |= {"exclusion": pick(["DOUBLON", None]), "reason": pick(reasons), "source_key": f"{n:05d}"}
        items.append(rows.item(f"I{chance.randint(1, 200)}", event, pick(DAYS), at(), **said, **marked))
    return legs, states, items


@pytest.fixture(scope="module")
def spark() -> Iterator[Backend]:
    if find_spec("pyspark") is None:
        pytest.skip("Spark is not installed: uv sync --extra spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, which is not installed")
    with connect(SPARK, master=TWO_WORKERS) as backend:
        yield backend
    stop_spark()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    home = tmp_path_factory.mktemp("facts")
    tables = made_of_chance(20260401)
    legs, states, items = (
        # Two files of each: the work is shared.
        [*rows.write(home, record, table[::2]), *rows.write(home, record, table[1::2])]
        for record, table in zip((Record.LEGS, Record.STATES, Record.ITEMS), tables, strict=True)
    )
    return Files(legs, states, items)


@pytest.mark.slow
@pytest.mark.clause("S-3.3.2-decroche", "S-3.3.2-formulaires-taux", "S-3.3.2-qualite-telephonie")
@pytest.mark.parametrize("by", GRAINS, ids=" × ".join)
def test_two_workers_give_every_figure_that_one_engine_gives(
    spark: Backend, files: Files, by: tuple[str, ...]
) -> None:
    assert spark._session.sparkContext.master == TWO_WORKERS
    frame, question = frame_of(TERMS, SINCE, UNTIL), Question(SINCE, UNTIL, by)
    with connect(DUCKDB) as duckdb:
        expected, found = (
            gather(question, Facts(backend, files, frame, DAY_MS), names=MEASURES.by_name)
            for backend in (duckdb, spark)
        )
    assert found == expected
    told = {name for measured in found.found.values() for name in measured}
    if by == ("month",):
        for one in indicators(DAY_MS):
            assert one.code == "I19" or one.names <= told, one.code
        assert production_plan().names - {"ordered_ms"} <= told


@pytest.mark.slow
@pytest.mark.django_db
def test_the_sums_that_spark_keeps_and_the_figures_it_opens_are_the_same(
    spark: Backend, tmp_path: Path, settings: Any
) -> None:
    told = []
    tables = made_of_chance(7)
    for engine in (DUCKDB, SPARK):
        settings.ENGINE, settings.SPARK_MASTER, settings.DATA_DIR = engine, TWO_WORKERS, tmp_path / engine
        contract = a_contract()
        for record, table in zip((Record.LEGS, Record.STATES, Record.ITEMS), tables, strict=True):
            state(contract, settings.DATA_DIR, record, table, set(DAYS))
        asked: dict[str, Any] = {"since": SINCE, "until": UNTIL, "terms": TERMS}
        by_flow = evaluate(contract, by=("month", "flow"), **asked)
        opened = [explain(contract, code, limit=3, **asked).listings for code in ("I1", "I11", "I17")]
        figures = [
            (row.key, one.indicator.code, one.value, one.grade, [rival.value for rival in one.rivals])
            for row in by_flow
            for one in row.results
        ]
        told.append((figures, opened))
    assert told[0] == told[1]


def test_an_engine_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchEngine), connect("abacus"):
        pass

"""The sums behind the pages are made by the worker, before somebody reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from titulaire.cli.worker import load_handlers
from titulaire.identity.models import Contract
from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.support.dashboards.tests.opening import AT, BOARD, page
from titulaire.support.dashboards.work import plan_sums
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import SUMS, import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.indicators.gathering import GRAINS
from titulaire.support.indicators.kept import Reading

pytestmark = pytest.mark.django_db
LATER = datetime(2030, 1, 1, tzinfo=UTC)
PAGES = (
    f"{BOARD}?periode=2026-05",
    f"{BOARD}?periode=2026-05&par=motif",
    f"{BOARD}conseillers/?periode=2026-05",
)


def work_off() -> list[Job]:
    load_handlers()
    done = []
    while (job := run_one(at=LATER)) is not None:
        done.append(job)
    return done


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is summed from the facts while the test goes on, grain by grain."""
    found: list[Any] = []
    make = Reading._made
    monkeypatch.setattr(Reading, "_made", lambda self, *said: found.append(said) or make(self, *said))
    return found


def test_the_first_reader_of_a_batch_finds_its_sums_made(contract: Contract, made: list[Any]) -> None:
    (job,) = work_off()
    assert (job.kind, job.state, job.result) == (SUMS, Job.DONE, {"months": 1})
    legs = [one for one in GRAINS if one.table == "legs"]
    assert [grain for grain, _ in made] == legs
    made.clear()
    for address in PAGES:
        page(contract, address)
    assert made == []


def test_a_reader_who_comes_before_the_worker_is_answered_all_the_same(
    contract: Contract, made: list[Any]
) -> None:
    assert "80,00 %" in page(contract, PAGES[0])
    assert made
    work_off()
    made.clear()
    assert "80,00 %" in page(contract, PAGES[0])
    assert made == []


def test_a_correction_has_its_days_summed_again_and_no_other(
    contract: Contract, made: list[Any], tmp_path: Path
) -> None:
    work_off()
    made.clear()
    import_file(
        contract=contract,
        path=acd_csv(tmp_path / "suite.csv", [row(appel="B1", arrivee="06/05/2026 10:00:00", decroche="")]),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT + timedelta(hours=1),
    )
    work_off()
    assert {str(day) for _, days in made for day in days} == {"2026-05-06"}


def test_what_is_planned_again_is_queued_once_until_something_changes(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_off()
    for _ in range(2):
        plan_sums(contract=contract, at=AT)
    assert Job.objects.filter(kind=SUMS).count() == 2
    monkeypatch.setattr(
        "titulaire.support.dashboards.work.sums_digest", lambda: "a release that counts otherwise"
    )
    plan_sums(contract=contract, at=AT)
    assert Job.objects.filter(kind=SUMS).count() == 3


def test_a_contract_without_facts_has_nothing_to_sum(empty: Contract) -> None:
    plan_sums(contract=empty, at=AT)
    assert not Job.objects.exists()

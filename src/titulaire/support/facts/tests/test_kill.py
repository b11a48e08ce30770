"""An import cut at any instant, by `kill -9`: nothing half registered, and the same file again ends the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from titulaire.identity.tests.apart import address_apart, answer, run, shell
from titulaire.support.facts.tests.conftest import acd_csv, row

__all__ = ["address_apart"]
CREATE = """
from datetime import UTC, datetime
from titulaire.identity.models import Contract, Organisation
party = Organisation.objects.create(code="p", name="P")
Contract.objects.create(
    code="mes-test", title="C", kind="SUPPORT", buyer=party, contractor=party,
    opened_at=datetime(2026, 11, 20, tzinfo=UTC),
)
"""
STATE = """
import sys
from datetime import timedelta
from pathlib import Path
from django.conf import settings
from django.utils import timezone
settings.DATA_DIR = Path(__import__("os").environ["FACTS_DIRECTORY"])
from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.queries import facts_root, file_faults
from titulaire.support.facts.services import sweep_orphans
contract = Contract.objects.get()
strays = len(sweep_orphans(at=timezone.now(), older_than=timedelta(0)))
files = {str(path.relative_to(facts_root())) for path in facts_root().rglob("*.parquet")}
print(
    Batch.objects.count(),
    sum(manifest.rows for manifest in Manifest.objects.in_force()),
    Entry.objects.filter(act="IMPORT_FACTS").count(),
    sum(fault is not None for fault in file_faults(contract)),
    len(files ^ set(FactFile.objects.values_list("path", flat=True))),
    strays,
)
"""
WORKER = "titulaire.support.facts.tests.worker"
STEPS = ("checking", "written", "registering", "registered")
ROWS = 400


def state(address: str, directory: Path) -> tuple[int, ...]:
    """Batches, facts in force, journal entries, files in fault, files that no batch knows, strays swept."""
    told = shell(address, STATE, FACTS_DIRECTORY=str(directory))
    return tuple(int(part) for part in told.split())


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Calls of two months: two files to write, one manifest each."""
    march = {"arrivee": "31/03/2026 10:00:00", "decroche": ""}
    april = {"arrivee": "01/04/2026 10:00:00", "decroche": ""}
    rows = [row(appel=f"A{n}", **(march if n % 2 else april)) for n in range(ROWS)]
    return acd_csv(tmp_path / "calls.csv", rows)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)


@pytest.mark.slow
@pytest.mark.clause("S-2.1.7-telephonie")
def test_an_import_killed_at_any_step_leaves_nothing_half_registered(
    address: str, tmp_path: Path, export: Path
) -> None:
    shell(address, CREATE)
    directory = tmp_path / "var"
    for step in STEPS:
        process = run(address, "-m", WORKER, str(directory), "file", str(export), STOP_AT=step)
        assert process.stdout and process.stdout.readline().strip() == step
        kill(process)
        batches, facts, entries, faults, unknown, strays = state(address, directory)
        done = step == "registered"
        assert (batches, facts, entries) == ((1, ROWS, 1) if done else (0, 0, 0)), step
        assert (faults, unknown) == (0, 0)
        # The cut did leave files behind, and they were swept.
        assert (strays > 0) == (step in {"written", "registering"}), (step, strays)
    again = answer(run(address, "-m", WORKER, str(directory), "file", str(export)))
    assert again == f"ACCEPTED {ROWS}"
    assert state(address, directory) == (1, ROWS, 1, 0, 0, 0)


@pytest.mark.slow
def test_imports_killed_at_random_instants_end_the_same(address: str, tmp_path: Path, export: Path) -> None:
    shell(address, CREATE)
    directory = tmp_path / "var"
    seed = int(os.environ.get("KILL_SEED", random.randrange(10**6)))
    print(f"KILL_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(5):
        process = run(address, "-m", WORKER, str(directory), "file", str(export), STOP_AT="started")
        assert process.stdout and process.stdout.readline().strip() == "started"
        time.sleep(dice.uniform(0, 0.4))
        kill(process)
        batches, facts, entries, faults, unknown, _ = state(address, directory)
        assert (batches, facts, entries) in {(0, 0, 0), (1, ROWS, 1)}, seed
        assert (faults, unknown) == (0, 0), seed
    assert answer(run(address, "-m", WORKER, str(directory), "file", str(export))) == f"ACCEPTED {ROWS}"
    assert state(address, directory)[:5] == (1, ROWS, 1, 0, 0), seed


@pytest.mark.slow
def test_without_the_transaction_this_test_sees_half_a_batch(
    address: str, tmp_path: Path, export: Path
) -> None:
    shell(address, CREATE)
    process = run(
        *(address, "-m", WORKER, str(tmp_path / "var"), "file", str(export)),
        STOP_AT="registering",
        UNGUARDED="1",
    )
    assert process.stdout and process.stdout.readline().strip() == "registering"
    kill(process)
    batches, _, entries, *_ = state(address, tmp_path / "var")
    assert (batches, entries) == (1, 0)

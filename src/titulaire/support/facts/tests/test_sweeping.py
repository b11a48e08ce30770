"""Each night the worker deletes the files that no batch knows, and spares those of an import that may be running."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal.models import Entry
from titulaire.support.facts import work
from titulaire.support.facts.queries import facts_root

pytestmark = pytest.mark.django_db


def stray(name: str, age: timedelta) -> Path:
    path = facts_root() / "mes" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PAR1")
    then = (timezone.now() - age).timestamp()
    os.utime(path, (then, then))
    return path


def test_old_orphans_go_once_a_night_and_the_journal_names_them(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    old, running = stray("old.parquet", timedelta(days=2)), stray("running.parquet", timedelta(hours=20))
    kept = stray("read-me.txt", timedelta(days=9))
    night = timezone.now() + timedelta(days=1)
    for _ in range(2):
        work.plan(timezone.now())
    assert Job.objects.count() == 1
    done = run_one(at=night)
    assert done is not None and (done.state, done.result) == ("DONE", {"files": 1})
    assert not old.exists() and running.exists() and kept.exists()
    (entry,) = Entry.objects.filter(act="FACT_FILES_SWEPT")
    assert (entry.contract, entry.actor, entry.content.body) == (
        "",
        "system:facts",
        {"files": ["mes/old.parquet"]},
    )
    assert run_one(at=night) is None


def test_nothing_to_sweep_is_nothing_to_tell(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    work.plan(timezone.now())
    assert run_one(at=timezone.now() + timedelta(days=1)).state == "DONE"  # type: ignore[union-attr]
    assert not Entry.objects.exists()

"""A job is done once, whoever dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from titulaire.jobs import services
from titulaire.jobs.models import Job
from titulaire.jobs.services import (
    LEASE,
    LeaseLost,
    RefusedForGood,
    Work,
    ask_again,
    enqueue,
    handles,
    run_one,
    take,
)
from titulaire.journal.models import Entry
from titulaire.journal.services import record


@pytest.fixture(autouse=True)
def own_handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(services, "_HANDLERS", {})
    yield


def ask(key: str = "k", kind: str = "test.leave_a_trace") -> Job:
    return enqueue(kind=kind, key=key, at=timezone.now())


def leave_a_trace(work: Work) -> None:
    with work.finishing() as finish:
        record(contract="c", actor="system:test", at=timezone.now(), act="DID", target=work.job.key)
        finish({"left": 1})


@pytest.mark.django_db(transaction=True)
def test_the_same_key_asked_twice_is_done_once() -> None:
    handles("test.leave_a_trace")(leave_a_trace)
    ask()
    ask()
    done = run_one(at=timezone.now())
    assert done and done.state == Job.DONE and done.result == {"left": 1}
    assert run_one(at=timezone.now()) is None
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_comes_back_too_late_leaves_no_effect() -> None:
    ask()
    slow = take(at=timezone.now())
    assert slow
    assert take(at=timezone.now()) is None, "the lease holds"
    quick = take(at=timezone.now() + LEASE + timedelta(seconds=1))
    assert quick
    leave_a_trace(quick)
    with pytest.raises(LeaseLost):
        leave_a_trace(slow)
    with pytest.raises(LeaseLost):
        slow.progress(1, 2)
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_long_step_keeps_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LEASE", timedelta(seconds=0.4))

    @handles("test.leave_a_trace")
    def slow(work: Work) -> None:
        time.sleep(1.2)
        assert take(at=timezone.now()) is None, "nobody else may take it"
        leave_a_trace(work)

    ask()
    job = run_one(at=timezone.now())
    assert job and job.state == Job.DONE


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_tried_again_later_then_given_up() -> None:
    @handles("test.leave_a_trace")
    def fail(work: Work) -> None:
        raise ValueError("no paper")

    ask()
    now = timezone.now()
    for _ in range(services.ATTEMPTS - 1):
        job = run_one(at=now)
        assert job and job.state == Job.QUEUED and job.run_after > now
        now = job.run_after
    job = run_one(at=now)
    assert job and job.state == Job.FAILED and job.error == "no paper"
    assert ask_again(key="k", at=now)
    assert not ask_again(key="k", at=now), "already queued"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_not_tried_again_and_its_effect_is_undone() -> None:
    @handles("test.leave_a_trace")
    def refuse(work: Work) -> None:
        with work.finishing():
            record(contract="c", actor="system:test", at=timezone.now(), act="DID", target="x")
            raise RefusedForGood("the order was cancelled")

    ask()
    job = run_one(at=timezone.now())
    assert job and job.state == Job.FAILED
    assert not Entry.objects.exists()


WORKER = """
import django, sys, time
django.setup()
from django.db import transaction
from django.utils import timezone
from titulaire.jobs.services import handles, run_one
from titulaire.journal.services import record

@handles("test.slow")
def slow(work):
    time.sleep(0.05)
    with work.finishing() as finish:
        record(contract="c", actor="system:test", at=timezone.now(), act="DID", target=work.job.key)
        time.sleep(0.02)

print("ready", flush=True)
while True:
    if run_one(at=timezone.now()) is None:
        time.sleep(0.02)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_nothing_and_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("a database in memory cannot be shared by processes")
    with transaction.atomic():
        for n in range(60):
            ask(f"job {n}", "test.slow")
    name = str(connection.settings_dict["NAME"])
    settings = connection.settings_dict
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{name}"
    )
    environment = {
        **os.environ,
        "TITULAIRE_DATABASE": address,
        "TITULAIRE_TESTING": "1",
        "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WORKER], env=environment, stdout=subprocess.DEVNULL)

    workers = [start(), start()]
    kills, until = 0, time.monotonic() + 60
    try:
        while Job.objects.exclude(state=Job.DONE).exists() and time.monotonic() < until:
            time.sleep(0.7)
            if kills < 8:
                victim = workers.pop(0)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                kills += 1
                workers.append(start())
            # What two minutes of waiting would do.
            Job.objects.filter(
                state=Job.RUNNING, started_at__lt=timezone.now() - timedelta(seconds=1)
            ).update(leased_until=timezone.now() - timedelta(seconds=1))
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert kills == 8
    assert Job.objects.filter(state=Job.DONE).count() == 60
    assert Entry.objects.filter(act="DID").count() == 60

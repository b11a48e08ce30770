"""Asking for work, and doing it exactly once whatever dies meanwhile.

    @handles("issuing.print")
    def print_order(work: Work) -> dict[str, object]:
        with work.finishing() as finish:   # one transaction: the effect and the word "done"
            ...
            finish({"pages": 12})

A worker that was thought dead and comes back finds its token replaced: `finishing` rolls its effect back.
"""

from __future__ import annotations

import logging
import secrets
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from titulaire.jobs.models import Job

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
ATTEMPTS = 4
PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5))

Handler = Callable[["Work"], None]
_HANDLERS: dict[str, Handler] = {}


class LeaseLost(RuntimeError):
    """Another worker took the job over: this one must leave no effect."""


class RefusedForGood(RuntimeError):
    """The work cannot succeed however often it is tried; the message is for the person who asked."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does the jobs of a kind. It must call `work.finishing()` once."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register


def enqueue(
    *,
    kind: str,
    key: str,
    at: datetime,
    contract: str = "",
    payload: Mapping[str, object] | None = None,
    run_after: datetime | None = None,
) -> Job:
    """Ask for a job, in the caller's transaction. The same key twice is the same job."""
    job, _ = Job.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "contract": contract,
            "payload": dict(payload or {}),
            "enqueued_at": at,
            "run_after": run_after or at,
        },
    )
    return job


def ask_again(*, key: str, at: datetime) -> bool:
    """Queue again a job that failed or is done. False when it is still queued or running."""
    return bool(
        Job.objects.filter(key=key, state__in=[Job.DONE, Job.FAILED]).update(
            state=Job.QUEUED, run_after=at, attempts=0, error="", token="", done_parts=0, finished_at=None
        )
    )


@dataclass
class Work:
    """A job in hand: its payload, and the means to tell progress and to finish."""

    job: Job
    token: str

    @property
    def payload(self) -> Mapping[str, object]:
        """What was asked."""
        payload: dict[str, object] = self.job.payload
        return payload

    def progress(self, done: int, of: int) -> None:
        """Say how far the work is, and keep the lease.

        Raises:
            LeaseLost: another worker has taken the job.
        """
        held = Job.objects.filter(pk=self.job.pk, token=self.token, state=Job.RUNNING).update(
            done_parts=done, all_parts=of, leased_until=timezone.now() + LEASE
        )
        if not held:
            raise LeaseLost(self.job.key)

    @contextmanager
    def finishing(self) -> Iterator[Callable[[Mapping[str, object]], None]]:
        """One transaction for the effect and the end of the job.

        Raises:
            LeaseLost: another worker has taken the job; everything in the block is rolled back.
        """
        result: dict[str, object] = {}
        with transaction.atomic():
            yield result.update
            now = timezone.now()
            held = Job.objects.filter(pk=self.job.pk, token=self.token, state=Job.RUNNING).update(
                state=Job.DONE, finished_at=now, leased_until=None, result=result, error=""
            )
            if not held:
                raise LeaseLost(self.job.key)


def take(*, at: datetime) -> Work | None:
    """Lease the next job that is due, or whose worker is gone. None when there is nothing to do."""
    due = Q(state=Job.QUEUED, run_after__lte=at) | Q(state=Job.RUNNING, leased_until__lt=at)
    for pk in Job.objects.filter(due).order_by("run_after", "pk").values_list("pk", flat=True)[:20]:
        token = secrets.token_hex(16)
        won = Job.objects.filter(due, pk=pk).update(
            state=Job.RUNNING, token=token, started_at=at, leased_until=at + LEASE
        )
        if won:
            job = Job.objects.get(pk=pk)
            job.attempts += 1
            job.save(update_fields=["attempts"])
            return Work(job, token)
    return None


def run_one(*, at: datetime) -> Job | None:
    """Take one job and do it. Returns it as it stands afterwards, or None when there was none."""
    work = take(at=at)
    if work is None:
        return None
    handler = _HANDLERS.get(work.job.kind)
    try:
        if handler is None:
            raise RefusedForGood(f"nobody handles {work.job.kind}")
        with _kept_alive(work):
            handler(work)
    except LeaseLost:
        log.warning("job %s: taken over by another worker", work.job.pk)
    except Exception as fault:
        _note_failure(work, fault)
    work.job.refresh_from_db()
    return work.job


@contextmanager
def _kept_alive(work: Work) -> Iterator[None]:
    """Renew the lease while the work goes on, from a thread of its own: a long step is not a dead worker."""
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(LEASE.total_seconds() / 4):
                held = Job.objects.filter(pk=work.job.pk, token=work.token, state=Job.RUNNING)
                held.update(leased_until=timezone.now() + LEASE)
        finally:
            connections.close_all()

    beat = threading.Thread(target=renew, daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


def _note_failure(work: Work, fault: Exception) -> None:
    job, now = work.job, timezone.now()
    final = isinstance(fault, RefusedForGood) or job.attempts >= ATTEMPTS
    # The type and the place are logged; the message may hold names, and stays in the database.
    place = traceback.extract_tb(fault.__traceback__)[-1]
    log.error(
        "job %s (%s) failed: %s in %s:%s", job.pk, job.kind, type(fault).__name__, place.name, place.lineno
    )
    Job.objects.filter(pk=job.pk, token=work.token, state=Job.RUNNING).update(
        state=Job.FAILED if final else Job.QUEUED,
        error=str(fault)[:2000],
        finished_at=now if final else None,
        run_after=now if final else now + PAUSES[min(job.attempts, len(PAUSES)) - 1],
        leased_until=None,
        token="",
    )

"""What the worker does for this room: sweep, each night, the files that a cut left behind."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from titulaire.jobs.services import Work, enqueue, handles
from titulaire.support.facts.services import sweep_and_record

SYSTEM, SWEEP = "system:facts", "facts.sweep"
NIGHT = time(2, 30)
SPARED = timedelta(days=1)
"""Longer than any import runs: its files are never taken for orphans."""


def plan(at: datetime) -> None:
    """Queue the sweep of the night, once a day."""
    day = timezone.localdate(at)
    with transaction.atomic():
        enqueue(
            kind=SWEEP,
            key=f"{SWEEP}:{day}",
            at=at,
            run_after=timezone.make_aware(datetime.combine(day, NIGHT)),
        )


@handles(SWEEP)
def sweep(work: Work) -> None:
    """Delete the orphans. Outside the last transaction: what is deleted cannot be undone, and again is nothing."""
    swept = sweep_and_record(actor=SYSTEM, at=timezone.now(), older_than=SPARED)
    with work.finishing() as finish:
        finish({"files": len(swept)})

"""`titulaire worker`: do the queued work."""

from __future__ import annotations

import importlib
import importlib.util
import signal
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import ModuleType

import click
from django.apps import apps
from django.db import close_old_connections
from django.utils import timezone

from titulaire.jobs.services import run_one

PLANNED_EVERY = timedelta(minutes=15)


def load_handlers() -> list[ModuleType]:
    """Import the `work` module of each room that has one: it registers its handlers. Gives those modules."""
    found = []
    for app in apps.get_app_configs():
        name = f"{app.name}.work"
        if app.name.startswith("titulaire.") and importlib.util.find_spec(name):
            found.append(importlib.import_module(name))
    return found


def plan(rooms: Iterable[ModuleType], at: datetime) -> None:
    """Let each room queue what its dates make due: a `plan` function in its `work` module."""
    for room in rooms:
        if hasattr(room, "plan"):
            room.plan(at)


@click.command("worker")
@click.option("--once", is_flag=True, help="S’arrêter quand il n’y a plus rien à faire.")
@click.option(
    "--pause", default=1.0, show_default=True, help="Secondes d’attente quand il n’y a rien à faire."
)
def command(once: bool, pause: float) -> None:
    """Faire le travail en file : impressions, envois, calculs longs."""
    rooms = load_handlers()
    stopping = False
    planned_at: datetime | None = None

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        now = timezone.now()
        if planned_at is None or now - planned_at >= PLANNED_EVERY:
            plan(rooms, now)
            planned_at = now
        job = run_one(at=now)
        if job is not None:
            click.echo(f"{job.kind} {job.key} : {job.state}")
        elif once:
            break
        else:
            close_old_connections()
            time.sleep(pause)

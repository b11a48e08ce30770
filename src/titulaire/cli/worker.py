"""`titulaire worker`: do the queued work."""

from __future__ import annotations

import importlib
import importlib.util
import signal
import time

import click
from django.apps import apps
from django.db import close_old_connections
from django.utils import timezone

from titulaire.jobs.services import run_one


def load_handlers() -> None:
    """Import the `work` module of each room that has one: it registers its handlers."""
    for app in apps.get_app_configs():
        name = f"{app.name}.work"
        if app.name.startswith("titulaire.") and importlib.util.find_spec(name):
            importlib.import_module(name)


@click.command("worker")
@click.option("--once", is_flag=True, help="S’arrêter quand il n’y a plus rien à faire.")
@click.option(
    "--pause", default=1.0, show_default=True, help="Secondes d’attente quand il n’y a rien à faire."
)
def command(once: bool, pause: float) -> None:
    """Faire le travail en file : impressions, envois, calculs longs."""
    load_handlers()
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        job = run_one(at=timezone.now())
        if job is not None:
            click.echo(f"{job.kind} {job.key} : {job.state}")
        elif once:
            break
        else:
            close_old_connections()
            time.sleep(pause)

"""`titulaire setup`: make the database and the static files ready, the first time and after each update."""

from __future__ import annotations

import click
from django.conf import settings
from django.core.management import call_command


@click.command("setup")
def command() -> None:
    """Préparer la base et les fichiers : la première fois, puis après chaque mise à jour."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    call_command("collectstatic", interactive=False, verbosity=0)
    click.echo(f"Base et fichiers prêts ({settings.DATABASES['default']['ENGINE'].rsplit('.', 1)[-1]}).")

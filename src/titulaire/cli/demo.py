"""`titulaire demo`: everything to look around, on localhost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from titulaire.cli.output import console, refuse
from titulaire.identity.roles import ROLE_LABELS
from titulaire.portal.demo.centre import inhabit
from titulaire.portal.demo.governance import govern
from titulaire.portal.demo.history import History, open_doors, write_samples
from titulaire.portal.demo.people import INHABITANTS


@click.command("demo")
@click.option("--port", default=8000, show_default=True, help="Port du serveur.")
@click.option("--no-serve", is_flag=True, help="Préparer les données, sans lancer le serveur.")
def command(port: int, no_serve: bool) -> None:
    """Préparer la démonstration et la servir : données inventées, effaçables à tout moment."""
    if not settings.DEMO:
        refuse("la démonstration demande TITULAIRE_DEMO=1 (« make demo » le fait), sur une base à elle")
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    now = timezone.now()
    open_doors(now)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("Commandes et impressions", total=None)

        def tell(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        History(now, tell).live()
        progress.update(task, description="Réunions et justificatifs", total=None)
        govern(now)
        inhabit(now, tell)
    right, wrong = write_samples(settings.DATA_DIR / "exemples", now)
    if no_serve:
        click.echo(f"Démonstration prête dans {settings.DATA_DIR}")
        return
    _serve(port, right, wrong)


def _serve(port: int, right: Path, wrong: Path) -> None:
    python = sys.executable
    worker = subprocess.Popen([python, "-m", "titulaire.cli.main", "worker"], stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [
            python, "-m", "gunicorn", "titulaire.config.wsgi:application", "--bind", f"127.0.0.1:{port}",
            "--workers", "2", "--threads", "4", "--worker-class", "gthread", "--log-level", "warning",
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "titulaire.config.settings"},
    )  # fmt: skip
    address = f"http://localhost:{port}"
    console.print(f"\n[bold]Titulaire est ouvert : {address}/compte/login/[/bold]  (Ctrl-C pour arrêter)\n")
    console.print("Personnes de la démonstration, un clic sur la page de connexion :")
    for one in INHABITANTS:
        console.print(f"  {one.first_name} {one.last_name}, {ROLE_LABELS[one.role].lower()} ({one.contract})")
    console.print(f"""
Par où commencer :
  1. Connectez-vous en Nadia Verdelet, puis « Déposer un fichier » : {address}/marches/cpam47/commandes/
  2. Déposez {os.path.relpath(wrong)} : trois lignes refusées sont expliquées ; corrigez, confirmez.
  3. Connectez-vous en Capucine Roubertin : accusez, émettez, imprimez, téléchargez les carnets
     ({address}/marches/cpam47/production/).
Un fichier sans faute : {os.path.relpath(right)}
""")
    try:
        while server.poll() is None and worker.poll() is None:
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        for process in (server, worker):
            process.terminate()
            process.wait(timeout=20)

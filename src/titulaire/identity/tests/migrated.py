"""A database migrated once, then copied: migrating from nothing takes half a minute, copying a moment.

The original stays from one run to the next, in `var` on SQLite and on its server on PostgreSQL, until a migration
or Django changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import connection

# The folder of the run, whatever a test has put in its settings.
from titulaire.config.settings import DATA_DIR

PREFIX = "migrated_"


def copy_migrated(name: str) -> None:
    """Make a migrated database of this name: a file on SQLite, a base of the server on PostgreSQL."""
    # The workers of one run ask at the same instant: the first migrates, the others wait for it.
    with (DATA_DIR / f"{PREFIX}{connection.vendor}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (_copy_file if connection.vendor == "sqlite" else _copy_base)(name)


def _copy_file(name: str) -> None:
    original = DATA_DIR / f"{PREFIX}{digest()}.sqlite3"
    if not original.exists():
        for old in DATA_DIR.glob(f"{PREFIX}*.sqlite3*"):
            old.unlink()
        unfinished = original.with_suffix(".sqlite3-unfinished")
        _migrate(f"sqlite:///{unfinished}")
        unfinished.rename(original)
    for left in ("-wal", "-shm"):
        Path(f"{name}{left}").unlink(missing_ok=True)
    shutil.copyfile(original, name)


def _copy_base(name: str) -> None:
    original = f"{PREFIX}{digest()}"
    with server() as base:
        known = [row[0] for row in base.execute("SELECT datname FROM pg_database")]
        if original not in known:
            for old in known:
                if old.startswith(PREFIX):
                    base.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            base.execute(f'CREATE DATABASE "{PREFIX}unfinished"')
            _migrate(address_of(f"{PREFIX}unfinished"))
            base.execute(f'ALTER DATABASE "{PREFIX}unfinished" RENAME TO "{original}"')
        base.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        base.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')


@contextmanager
def server() -> Iterator[Any]:
    """A connection to the PostgreSQL server of these tests, outside their database."""
    import psycopg

    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"] or 5432,
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as base:
        yield base


def address_of(name: str) -> str:
    """The `TITULAIRE_DATABASE` of a base of the PostgreSQL server of these tests."""
    settings = connection.settings_dict
    door = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT'] or 5432}"
    return f"postgresql://{door}/{name}"


def _migrate(address: str) -> None:
    environment = {
        **os.environ,
        "TITULAIRE_DATABASE": address,
        "TITULAIRE_TESTING": "1",
        "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def digest() -> str:
    """What the tables come from: Django, and the text of every migration of the house."""
    found = hashlib.sha256(django.__version__.encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.name):
        if app.name.startswith("titulaire."):
            for file in sorted(Path(app.path).glob("migrations/*.py")):
                found.update(f"{app.label}/{file.name}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]

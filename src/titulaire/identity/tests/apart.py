"""Processes of their own, on a database of their own: for what only happens between several."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection


@pytest.fixture(name="address")
def address_apart(tmp_path: Path) -> Iterator[str]:
    """A database apart: a file on SQLite, a base of its own on PostgreSQL."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'race.sqlite3'}"
        return
    import psycopg

    settings = connection.settings_dict
    name = f"race_{uuid.uuid4().hex[:12]}"
    door = {
        "host": settings["HOST"],
        "port": settings["PORT"] or 5432,
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "dbname": "postgres",
        "autocommit": True,
    }
    with psycopg.connect(**door) as base:
        base.execute(f'CREATE DATABASE "{name}"')
    user, password = settings["USER"], settings["PASSWORD"]
    yield f"postgresql://{user}:{password}@{settings['HOST']}:{settings['PORT'] or 5432}/{name}"
    with psycopg.connect(**door) as base:
        base.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(address: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "TITULAIRE_DATABASE": address,
        "TITULAIRE_TESTING": "1",
        "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-2000:]
    return out.strip()


def migrate(address: str, create: str = "") -> None:
    """Make the tables, and what `create`, a program, puts in them."""
    answer(run(address, "-m", "django", "migrate", "--verbosity", "0"))
    if create:
        answer(run(address, "-m", "django", "shell", "--verbosity", "0", "-c", create))

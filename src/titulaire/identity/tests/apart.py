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

from titulaire.identity.tests.migrated import address_of, copy_migrated, server


@pytest.fixture(name="address")
def address_apart(tmp_path: Path) -> Iterator[str]:
    """A database apart, with its tables: a file on SQLite, a base of its own on PostgreSQL."""
    if connection.vendor == "sqlite":
        file = tmp_path / "race.sqlite3"
        copy_migrated(str(file))
        yield f"sqlite:///{file}"
        return
    name = f"race_{uuid.uuid4().hex[:12]}"
    copy_migrated(name)
    yield address_of(name)
    with server() as base:
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
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-2000:]
    return out.strip()


def race(running: list[subprocess.Popen[str]]) -> list[str]:
    """What each process says. Each writes READY and waits for a line, so that all act at the same instant."""
    for process in running:
        assert process.stdin and process.stdout
        if process.stdout.readline() != "READY\n":
            pytest.fail(process.communicate(timeout=120)[1][-2000:])
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return [answer(process) for process in running]


def shell(address: str, program: str, **more: str) -> str:
    """What a program says, in a process of its own on this database."""
    return answer(run(address, "-m", "django", "shell", "--verbosity", "0", "-c", program, **more))

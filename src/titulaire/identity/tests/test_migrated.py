"""The tables of the tests are those of the migrations, and PostgreSQL only runs what a database can change."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from titulaire.identity.tests import migrated


@pytest.mark.django_db
def test_a_copy_has_every_migration() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_a_migration_that_changes_is_another_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "migrations" / "0001_initial.py"
    file.parent.mkdir()
    file.write_text("one")
    monkeypatch.setattr(apps.get_app_config("journal"), "path", str(tmp_path))
    before = migrated.digest()
    assert migrated.digest() == before
    file.write_text("two")
    changed = migrated.digest()
    (file.parent / "0002_more.py").write_text("")
    assert len({before, changed, migrated.digest()}) == 3


def is_once(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("once") is not None


def test_what_opens_no_database_runs_once(request: pytest.FixtureRequest) -> None:
    assert is_once(request)


@pytest.mark.django_db
def test_what_opens_one_runs_on_both(request: pytest.FixtureRequest) -> None:
    assert not is_once(request)


def test_what_asks_for_a_database_runs_on_both_too(db: None, request: pytest.FixtureRequest) -> None:
    assert not is_once(request)

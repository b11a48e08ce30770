"""What every test of the house stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from titulaire.identity.tests.migrated import copy_migrated

DATABASE = {"db", "transactional_db", "live_server", "address"}


SAME_ON_BOTH = (
    *("src/titulaire/support/indicators/", "src/titulaire/support/dashboards/"),
    *("src/titulaire/support/simulator/", "src/titulaire/support/reconciliation/"),
    *("src/titulaire/support/satisfaction/tests/test_results.py", "tests/test_access.py"),
)
"""What these promise is in files, in sums and on access lines: the database only holds their setting."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens no database, or promises nothing of it, is marked `once`: nobody has to think of it."""
    for item in items:
        opens = item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ()))
        if not opens or item.nodeid.startswith(SAME_ON_BOTH):
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The database of this run (of this worker), copied from one that was migrated once."""
    with django_db_blocker.unblock():
        copy_migrated(connection.creation._get_test_db_name())
        made = setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=())
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True, scope="session")
def tests_may_empty_the_journal() -> Iterator[None]:
    """Between tests the database is emptied, which its triggers refuse: set them aside for that moment."""
    handle = flush.Command.handle

    def handle_without_triggers(self: flush.Command, **options: Any) -> str | None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                try:
                    return handle(self, **options)
                finally:
                    cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            try:
                return handle(self, **options)
            finally:
                for _, sql in triggers:
                    cursor.execute(sql)

    flush.Command.handle = handle_without_triggers  # type: ignore[method-assign]
    yield
    flush.Command.handle = handle  # type: ignore[method-assign]

"""What every test of the house stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connections


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

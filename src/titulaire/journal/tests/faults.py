"""Acts cut at each of their statements, and a picture of everything that they could have left half done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest import mock

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper

# What the database wrapper says by itself: failing there would be failing to fail.
HOUSEKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET CONSTRAINTS")


class PowerCut(Exception):
    """The database went away at this very statement."""


@contextmanager
def failing_at(statement: int) -> Iterator[None]:
    """Inside, the k-th statement fails. A COPY counts twice: when it opens, and once its first row is sent."""
    left = statement

    def count_down(sql: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise PowerCut(sql[:80])

    def execute(execute: Callable[..., object], sql: str, params: Any, many: bool, context: Any) -> object:
        if not sql.lstrip().upper().startswith(HOUSEKEEPING):
            count_down(sql)
        return execute(sql, params, many, context)

    class Copying:
        def __init__(self, target: Any) -> None:
            self.target, self.begun = target, False

        def write_row(self, row: object) -> None:
            self.target.write_row(row)
            if not self.begun:
                self.begun = True
                count_down("the first row of a COPY")

    @contextmanager
    def copy(cursor: CursorWrapper, sql: str, *arguments: Any) -> Iterator[Copying]:
        count_down(sql)
        with cursor.cursor.copy(sql, *arguments) as target:
            yield Copying(target)

    with mock.patch.object(CursorWrapper, "copy", copy, create=True), connection.execute_wrapper(execute):
        yield


def everything() -> dict[str, str]:
    """A fingerprint of each table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY "{key}"')  # noqa: S608
            found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


def fail_each_statement(act: Callable[[], object], picture: Callable[[], object] = everything) -> int:
    """Run an act with its first statement failing, then its second, and so on until it passes.

    After each failure the picture is the one before. Gives how many statements the act has.
    """
    before = picture()
    for statement in count(1):
        try:
            with failing_at(statement):
                act()
        except PowerCut as cut:
            assert picture() == before, f"statement {statement}: {cut}"
        else:
            return statement - 1
    raise AssertionError

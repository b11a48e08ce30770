"""A process of its own that brings facts in: `worker DIRECTORY file PATH`, or `… message PATH`, once told to."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django


def main(directory: str, kind: str, path: str) -> None:
    django.setup()
    from django.conf import settings

    from titulaire.identity.models import Contract
    from titulaire.support.facts.connectors import find_connector
    from titulaire.support.facts.live import read_message
    from titulaire.support.facts.models import FactKey
    from titulaire.support.facts.services import NameTaken, import_file, receive_message

    settings.DATA_DIR = Path(directory)
    if kind == "file":
        _stop_at(os.environ.get("STOP_AT", ""))
        imported = import_file(
            contract=Contract.objects.get(code="mes-test"),
            path=Path(path),
            connector=find_connector("acd-csv"),
            actor="system:test",
            at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        )
        print(imported.batch.state, imported.batch.rows_accepted)
        return
    message = read_message(Path(path).read_bytes())
    key = FactKey.objects.select_related("contract").get()
    print("READY", flush=True)
    sys.stdin.readline()
    try:
        received = receive_message(key=key, message=message, at=message.sent_at)
    except NameTaken:
        print("TAKEN")
    else:
        print("NEW" if received.is_new else "KNOWN", received.batch.key)


def _stop_at(step: str) -> None:
    """Say that the step is reached, then wait to be killed. `started`: say it and go on."""
    from django.db import connection

    from titulaire.support.facts import services

    def stop() -> None:
        if os.environ.get("UNGUARDED"):
            connection.cursor().execute("COMMIT")
        print(step, flush=True)
        time.sleep(600)

    def around(name: str, *, before: bool) -> None:
        real: Callable[..., Any] = getattr(services, name)

        def stopped(*given: Any, **named: Any) -> Any:
            if before:
                stop()
            found = real(*given, **named)
            stop()
            return found

        setattr(services, name, stopped)

    match step:
        case "started":
            print(step, flush=True)
        case "checking":
            around("check_rows", before=True)
        case "written":
            around("_write", before=False)
        case "registering":
            # The batch, its files and its manifests are saved; the journal is not.
            around("record", before=True)
        case "registered":
            around("_register", before=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

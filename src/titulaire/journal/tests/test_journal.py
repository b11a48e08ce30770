"""The journal keeps every act, refuses change, and betrays whoever bends it."""

from __future__ import annotations

import importlib.util
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from django.db import DatabaseError, connection, transaction

from titulaire.journal import queries
from titulaire.journal.models import Content, Entry, JournalIsAppendOnly
from titulaire.journal.services import RecordedOutsideItsAct, record

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
VERIFIER = Path(__file__).parents[4] / "tools" / "verify_journal.py"


def write(count: int, contract: str = "cpam47") -> None:
    with transaction.atomic():
        for n in range(count):
            record(
                contract=contract,
                actor="user:7",
                at=AT + timedelta(minutes=n),
                act="CONFIRM_ORDER",
                target=f"order:2026-{n:04}",
                body={"montant": "120.00", "titres": n, "note": "reçu « à l’heure »"},
            )


@pytest.mark.django_db
@pytest.mark.clause("T-3.3-tracabilite")
def test_each_contract_has_its_own_unbroken_chain() -> None:
    write(5)
    write(3, "mes")
    verdict = queries.verify()
    assert verdict.holds
    assert [(head.contract, head.count) for head in verdict.heads] == [("cpam47", 5), ("mes", 3)]


@pytest.mark.django_db(transaction=True)
def test_an_act_without_a_transaction_leaves_no_trace() -> None:
    with pytest.raises(RecordedOutsideItsAct):
        record(contract="cpam47", actor="user:7", at=AT, act="X", target="y")
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), transaction.atomic():
        record(contract="c", actor="user:7", at=AT.replace(tzinfo=None), act="X", target="y")


@pytest.mark.django_db
def test_the_models_refuse_change_and_deletion() -> None:
    write(2)
    entry = Entry.objects.first()
    assert entry
    for attempt in (
        entry.save,
        entry.delete,
        lambda: Entry.objects.update(act="Y"),
        lambda: Entry.objects.all().delete(),
        lambda: Content.objects.update(body={}),
        lambda: Content.objects.all().delete(),
        Content.objects.all()[0].delete,
    ):
        with pytest.raises(JournalIsAppendOnly):
            attempt()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET act = 'Y'",
        "DELETE FROM journal_entry WHERE seq = 2",
        "UPDATE journal_content SET salt = ''",
        "DELETE FROM journal_content",
    ],
)
def test_the_database_refuses_change_and_deletion(statement: str) -> None:
    write(2)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert queries.verify().holds


def without_triggers(statement: str) -> None:
    """What someone with full power over the database would do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            for name in ("journal_entry_update", "journal_entry_delete", "journal_content_update"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE journal_entry SET actor = 'user:8' WHERE seq = 3", 3),
        (
            "UPDATE journal_content SET body = '{}' "
            "WHERE entry_id IN (SELECT id FROM journal_entry WHERE seq = 2)",
            2,
        ),
        ("UPDATE journal_entry SET at = '2020-01-01T00:00:00Z' WHERE seq = 4", 4),
    ],
)
def test_a_bent_row_is_found_where_it_is(statement: str, where: int) -> None:
    write(5)
    without_triggers(statement)
    assert where in {broken.seq for broken in queries.verify().breaks}


@pytest.mark.django_db
def test_a_journal_cut_at_its_end_is_betrayed_by_a_head_noted_earlier() -> None:
    write(5)
    noted = {head.contract: (head.count, head.hash) for head in queries.heads()}
    assert queries.verify(kept=noted).holds
    without_triggers(
        "DELETE FROM journal_content WHERE entry_id IN (SELECT id FROM journal_entry WHERE seq = 5)"
        if connection.vendor == "postgresql"
        else "DROP TRIGGER journal_content_delete"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM journal_content WHERE entry_id IN (SELECT id FROM journal_entry WHERE seq = 5)"
        )
        cursor.execute("DELETE FROM journal_entry WHERE seq = 5")
    assert queries.verify().holds, "nothing inside the chain can tell"
    assert not queries.verify(kept=noted).holds


def verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_journal", VERIFIER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_verifier_stands_alone() -> None:
    text = VERIFIER.read_text()
    assert len(text.splitlines()) <= 100
    assert "titulaire." not in text
    assert {line.split()[1] for line in text.splitlines() if line.startswith("import ")} == {
        "hashlib",
        "json",
        "sys",
    }


def bend(lines: list[str], rng: random.Random) -> list[str]:
    """One random edit, deletion, swap, repetition or truncation of an export."""
    bent = list(lines)
    kind = rng.choice(["edit", "edit", "delete", "swap", "cut", "repeat", "field", "line"])
    at = rng.randrange(len(bent))
    if kind == "edit":
        line = bent[at]
        spot = rng.randrange(len(line))
        bent[at] = line[:spot] + chr((ord(line[spot]) + rng.randrange(1, 90)) % 127) + line[spot + 1 :]
    elif kind == "delete":
        del bent[at]
    elif kind == "swap":
        other = rng.choice([n for n in range(len(bent)) if n != at])
        bent[at], bent[other] = bent[other], bent[at]
    elif kind == "cut":
        text = "".join(bent)
        return text[: rng.randrange(len(text))].splitlines(keepends=True)
    elif kind == "repeat":
        bent.insert(at, bent[at])
    elif kind == "field":
        at = rng.randrange(1, len(bent) - 1)
        entry = json.loads(bent[at])
        key = rng.choice(list(entry))
        entry[key] = {"seq": entry["seq"] + 1, "body": {"titres": 99}}.get(key, f"{entry[key]}x")
        bent[at] = json.dumps(entry) + "\n"
    else:
        bent.insert(rng.randrange(len(bent) + 1), "{}\n")
    return bent


@pytest.mark.once
@pytest.mark.django_db
def test_ten_thousand_ways_to_bend_an_export_are_all_found() -> None:
    write(12)
    write(4, "mes")
    lines = [line + "\n" for line in queries.export_lines()]
    verify = verifier().verify
    assert verify(lines)[1] == []
    rng = random.Random(20260302)
    for attempt in range(10_000):
        bent = bend(lines, rng)
        if bent == lines:
            continue
        changed = [line for line in bent if line not in lines] or "same lines"
        assert verify(bent)[1], f"seed 20260302, attempt {attempt}: not found: {changed}"

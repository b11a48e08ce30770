"""Bringing a file in: whole or not at all, once, and every refusal explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.queries import facts_root, file_faults
from titulaire.support.facts.services import Imported
from titulaire.support.facts.tests.conftest import acd_csv, row

Bring = Callable[..., Imported]
Stored = Callable[..., list[dict[str, object]]]
pytestmark = pytest.mark.django_db


@pytest.mark.clause("S-2.1.7-telephonie")
def test_a_call_is_stored_as_the_source_tells_it(bring: Bring, stored: Stored) -> None:
    imported = bring([row()])
    assert (imported.batch.state, imported.batch.rows_accepted) == ("ACCEPTED", 1)
    fact = stored()[0]
    assert fact["arrived_at"] == datetime(2026, 3, 2, 9, 0)
    assert (fact["day"], fact["quarter"]) == (date(2026, 3, 2), 40)
    assert (fact["origin"], fact["outcome"], fact["queued"]) == ("INBOUND", "ANSWERED", True)
    assert [fact[f"{name}_ms"] for name in ("ivr", "wait", "ring", "talk", "hold", "wrapup")] == [
        0,
        25_000,
        5_000,
        190_000,
        20_000,
        40_000,
    ]
    assert (fact["reason"], fact["qualified_by"]) == ("CV_ILLISIBLE", "PERSON")
    assert (fact["source"], fact["source_key"], fact["source_row"]) == ("acd-csv", "A1/1", 2)
    assert fact["batch"] == imported.batch.key


def test_no_number_of_a_caller_is_kept(bring: Bring, stored: Stored, contract: Contract) -> None:
    bring([row(), row(appel="A2", appelant="+33 1 23 45 67 89"), row(appel="A3", appelant="anonyme")])
    callers = [fact["caller"] for fact in stored()]
    assert callers[0] == callers[1] and len(str(callers[0])) == 32 and callers[2] is None
    for path in facts_root().rglob("*"):
        if path.is_file():
            assert b"123456789" not in path.read_bytes().replace(b" ", b"")


def test_the_key_of_the_pseudonyms_changes_with_the_month(bring: Bring, stored: Stored) -> None:
    bring([row(), row(appel="A2", arrivee="01/04/2026 10:00:00", decroche="")])
    first, second = (fact["caller"] for fact in stored())
    assert first != second


def test_one_bad_row_refuses_the_file_and_is_explained(bring: Bring, stored: Stored) -> None:
    imported = bring([row(), row(appel="A2", issue="Perdu")])
    assert (imported.batch.state, imported.batch.rows_refused, stored()) == ("REFUSED", 1, [])
    refusal = imported.refusals[0]
    assert (refusal.row, refusal.column, refusal.rule, refusal.value) == (
        3,
        "issue + cause",
        "UNKNOWN_CODE",
        "Perdu",
    )
    assert Manifest.objects.count() == FactFile.objects.count() == 0
    assert Entry.objects.get().act == "REFUSE_FACTS"


def test_the_good_rows_enter_alone_when_asked(bring: Bring, stored: Stored) -> None:
    imported = bring([row(), row(appel="A2", issue="Perdu")], accept_partial=True)
    assert (imported.batch.state, imported.batch.rows_accepted, imported.batch.rows_refused) == (
        "ACCEPTED",
        1,
        1,
    )
    assert [fact["call_id"] for fact in stored()] == ["A1"]


def test_a_refused_file_can_be_brought_again_in_part(bring: Bring, tmp_path: Path) -> None:
    path = acd_csv(tmp_path / "same.csv", [row(), row(appel="A2", issue="Perdu")])
    first, second = bring(path=path), bring(path=path, accept_partial=True)
    assert first.batch.pk == second.batch.pk
    assert Batch.objects.get().state == "ACCEPTED"


def test_the_same_file_twice_is_one_batch(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    rows = [row(), row(appel="A2")]
    first = bring(path=acd_csv(tmp_path / "monday.csv", rows))
    second = bring(path=acd_csv(tmp_path / "renamed.csv", rows))
    assert (first.is_new, second.is_new, first.batch.pk) == (True, False, second.batch.pk)
    assert (len(stored()), Batch.objects.count(), Entry.objects.count()) == (2, 1, 1)


def test_a_fact_already_known_is_refused(bring: Bring) -> None:
    bring([row()])
    imported = bring([row(), row(appel="A2")])
    assert [(item.row, item.rule, item.value) for item in imported.refusals] == [(2, "ALREADY_KNOWN", "A1/1")]


def test_a_file_with_its_headings_alone_is_a_day_without_calls(bring: Bring, stored: Stored) -> None:
    imported = bring([])
    assert (imported.batch.state, imported.batch.rows_read, stored()) == ("ACCEPTED", 0, [])


def test_an_empty_file_is_refused(bring: Bring, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    path.write_bytes(b"")
    imported = bring(path=path)
    assert (imported.batch.state, imported.refusals[0].rule) == ("REFUSED", "EMPTY_FILE")


def test_a_call_across_months_belongs_to_the_month_it_arrived_in(bring: Bring, contract: Contract) -> None:
    bring(
        [
            row(arrivee="31/03/2026 23:59:50", decroche="01/04/2026 00:00:15"),
            row(appel="A2", arrivee="01/04/2026 00:00:00", decroche="01/04/2026 00:00:25"),
        ]
    )
    assert list(FactFile.objects.values_list("month", "rows")) == [
        (date(2026, 3, 1), 1),
        (date(2026, 4, 1), 1),
    ]


def test_a_widened_call_is_a_leg_in_each_group(bring: Bring, stored: Stored) -> None:
    bring([row(groupe_conseiller="MES_N1B")])
    received, handled = stored()
    assert (received["call_group"], received["origin"], received["outcome"]) == (
        "MES_N1",
        "INBOUND",
        "WIDENED_OUT",
    )
    assert (handled["call_group"], handled["origin"], handled["outcome"]) == (
        "MES_N1B",
        "WIDENED",
        "ANSWERED",
    )
    assert (received["wait_ms"], received["talk_ms"], received["adviser"]) == (25_000, 0, None)
    assert (handled["wait_ms"], handled["talk_ms"], handled["adviser"]) == (0, 190_000, "C001")
    assert (received["source_key"], handled["source_key"]) == ("A1/1", "A1/1/E")


def test_files_are_what_was_registered_until_someone_touches_them(bring: Bring, contract: Contract) -> None:
    bring([row()])
    assert list(file_faults(contract)) == [None]
    path = facts_root() / FactFile.objects.get().path
    path.write_bytes(path.read_bytes() + b"\0")
    assert [fault and fault.fault for fault in file_faults(contract)] == ["ALTERED"]
    path.unlink()
    assert [fault and fault.fault for fault in file_faults(contract)] == ["MISSING"]

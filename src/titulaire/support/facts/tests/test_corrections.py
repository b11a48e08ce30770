"""A correction is another batch: it says why, takes out of force what it replaces, and the past stays readable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.queries import files_of
from titulaire.support.facts.services import Correction, CorrectionWithoutReason, Imported
from titulaire.support.facts.store import parquet
from titulaire.support.facts.tests.conftest import row

Bring = Callable[..., Imported]
Stored = Callable[..., list[dict[str, object]]]
pytestmark = pytest.mark.django_db

NEXT_DAY = {"arrivee": "03/03/2026 10:00:00", "decroche": "03/03/2026 10:00:25"}


def talk(stored: Stored) -> dict[object, object]:
    return {fact["source_key"]: fact["talk_ms"] for fact in stored()}


def test_corrected_rows_replace_the_rows_of_the_same_key(bring: Bring, stored: Stored) -> None:
    first = bring([row(), row(appel="A2")])
    second = bring(
        [row(conversation="0:05:00")], correction=Correction("ROWS", "Durée reprise par l’éditeur.")
    )
    assert talk(stored) == {"A1/1": 300_000, "A2/1": 190_000}
    assert (second.batch.superseded, second.batch.reason) == (
        {first.batch.key: 1},
        "Durée reprise par l’éditeur.",
    )
    assert Entry.objects.order_by("-seq")[0].act == "CORRECT_FACTS"


def test_a_corrected_day_replaces_that_day_alone(bring: Bring, stored: Stored) -> None:
    bring([row(), row(appel="A2"), row(appel="A3", **NEXT_DAY)])
    second = bring(
        [row(appel="A2", conversation="0:05:00")], correction=Correction("DAYS", "Export incomplet.")
    )
    assert talk(stored) == {"A2/1": 300_000, "A3/1": 190_000}
    assert second.batch.days == ["2026-03-02"]


def test_a_day_can_be_emptied(bring: Bring, stored: Stored) -> None:
    bring([row(), row(appel="A3", **NEXT_DAY)])
    bring([], correction=Correction("DAYS", "Journée d’essai.", days=(date(2026, 3, 2),)))
    assert list(talk(stored)) == ["A3/1"]


def test_a_correction_may_move_a_fact_to_another_month(bring: Bring, stored: Stored) -> None:
    bring([row(arrivee="31/03/2026 12:00:00", decroche="")])
    bring([row(arrivee="01/04/2026 12:00:00", decroche="")], correction=Correction("ROWS", "Date fausse."))
    assert [fact["day"] for fact in stored()] == [date(2026, 4, 1)]
    assert {m.month: m.rows for m in Manifest.objects.in_force()} == {
        date(2026, 3, 1): 0,
        date(2026, 4, 1): 1,
    }


def test_the_month_as_it_was_stated_is_still_there(bring: Bring, stored: Stored) -> None:
    bring([row(), row(appel="A2")])
    stated = Manifest.objects.get()
    bring([row(conversation="0:05:00")], correction=Correction("ROWS", "Durée reprise."))
    now = Manifest.objects.in_force().get()
    assert (stated.version, now.version, stated.digest != now.digest) == (1, 2, True)
    before = duckdb.execute(f"SELECT sum(talk_ms) FROM {parquet(files_of(stated))}").fetchall()
    assert before == [(380_000,)]


def test_a_widened_call_is_corrected_with_both_its_legs(bring: Bring, stored: Stored) -> None:
    bring([row(groupe_conseiller="MES_N1B")])
    bring([row()], correction=Correction("ROWS", "Groupe faux."))
    assert [(fact["source_key"], fact["outcome"]) for fact in stored()] == [("A1/1", "ANSWERED")]


def test_a_correction_without_a_reason_is_refused(bring: Bring) -> None:
    with pytest.raises(CorrectionWithoutReason):
        bring([row()], correction=Correction("ROWS", "  "))
    assert Batch.objects.count() == 0


def test_a_correction_touches_no_other_source(
    bring: Bring, stored: Stored, acd: object, contract: Contract
) -> None:
    from titulaire.support.facts.connectors import SHIPPED

    bring([row()])
    other = (SHIPPED / "acd-csv.toml").read_text("utf-8").replace('name = "acd-csv"', 'name = "autre-acd"')
    bring([row(appel="B1")], connector=other)
    bring([row(appel="B2")], connector=other, correction=Correction("DAYS", "Reprise."))
    assert [fact["source_key"] for fact in stored()] == ["A1/1", "B2/1"]


def test_the_same_correction_twice_is_one_batch(bring: Bring, stored: Stored) -> None:
    bring([row()])
    for _ in range(2):
        bring([row(conversation="0:05:00")], correction=Correction("ROWS", "Durée reprise."))
    assert (Batch.objects.count(), FactFile.objects.filter(kind="DELIVERED").count()) == (2, 2)


def test_a_cut_between_writing_and_registering_leaves_only_files_to_sweep(
    bring: Bring, stored: Stored, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from titulaire.support.facts import services
    from titulaire.support.facts.queries import facts_root

    def cut(*_: object) -> bool:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(services, "_register", cut)
        with pytest.raises(SystemExit):
            bring([row()])
    assert (Batch.objects.count(), stored()) == (0, [])
    assert len(list(facts_root().rglob("*.parquet"))) == 1
    late = datetime.now(UTC).replace(year=2099)
    for _ in range(2):
        services.sweep_and_record(actor="user:test", at=late)
    (told,) = Entry.objects.filter(act="FACT_FILES_SWEPT")
    assert len(told.content.body["files"]) == 1
    assert bring([row()]).batch.state == "ACCEPTED"
    assert services.sweep_orphans(at=late) == []
    assert len(stored()) == 1


def test_months_changed_meanwhile_are_read_again(
    bring: Bring, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    from titulaire.support.facts import services

    register = services._register
    barged: list[int] = []

    def barge_in(*arguments: object) -> bool:
        if not barged:
            barged.append(1)
            bring([row(appel="OTHER")])
        return register(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "_register", barge_in)
    bring([row()])
    assert list(talk(stored)) == ["A1/1", "OTHER/1"]
    assert Manifest.objects.in_force().get().version == 2

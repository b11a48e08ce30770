"""Facts received live: a key, one message, once; and nothing for who has no key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.apart import address_apart, race, run, shell
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.facts import receiving, services
from titulaire.support.facts.live import BadMessage, is_timely, read_message
from titulaire.support.facts.models import Batch, FactFile, FactKey, Manifest
from titulaire.support.facts.queries import files_of
from titulaire.support.facts.schema import Record
from titulaire.support.facts.services import Correction, create_fact_key, revoke_fact_key
from titulaire.support.facts.store import parquet
from titulaire.support.facts.tests.conftest import AT, row

__all__ = ["address_apart"]
pytestmark = [pytest.mark.clause("S-2.1.7-telephonie")]

Stored = Callable[..., list[dict[str, Any]]]
LEG: dict[str, Any] = {
    "call_id": "A1",
    "arrived_at": "2026-03-02T10:00:00+01:00",
    "flow": "3422",
    "call_group": "MES_N1",
    "origin": "INBOUND",
    "outcome": "ANSWERED",
    "wait": 25_000,
    "talk": 190_000,
    "internal": False,
    "caller": "01 99 00 00 01",
}


def leg(**changes: Any) -> dict[str, Any]:
    return LEG | changes


def message(*facts: Any, name: str = "lot-1", sent_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    at = sent_at or datetime.now(UTC)
    return {"id": name, "sent_at": at.isoformat(), "record": "LEGS", "facts": list(facts) or [LEG], **more}


@pytest.fixture(autouse=True)
def forget_limits() -> None:
    cache.clear()


@pytest.fixture
def secret(contract: Contract) -> str:
    _, text = create_fact_key(
        contract=contract, label="Téléphonie", source="direct", actor="user:test", at=AT
    )
    return text


@pytest.fixture
def send(contract: Contract, secret: str) -> Callable[..., Any]:
    def post(document: Any, *, key: str = secret, code: str = contract.code) -> Any:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return Client().post(f"/api/marches/{code}/faits/", body, "application/json", headers=headers)

    return post


def test_a_message_is_a_batch_of_facts(send: Callable[..., Any], stored: Stored) -> None:
    told = send(message())
    assert told.status_code == 201
    document = told.json()
    assert (document["state"], document["accepted"], document["refused"]) == ("ACCEPTED", 1, [])
    fact = stored()[0]
    assert (fact["arrived_at"], fact["talk_ms"], fact["wait_ms"]) == (
        datetime(2026, 3, 2, 9, 0),
        190_000,
        25_000,
    )
    assert fact["source"] == "direct" and "0199" not in fact["caller"] and len(fact["caller"]) == 32
    batch = Batch.objects.get()
    assert batch.sent_as == "lot-1" and batch.sent_by == FactKey.objects.get()
    entry = Entry.objects.order_by("-seq")[0]
    assert entry.act == "IMPORT_FACTS" and entry.actor == f"system:facts-key-{batch.sent_by_id}"


def test_the_same_message_again_has_the_same_answer_and_counts_once(
    send: Callable[..., Any], stored: Stored
) -> None:
    first = send(message(LEG, leg(call_id="A2")))
    entries = Entry.objects.count()
    for again in (
        message(LEG, leg(call_id="A2")),
        # Another name, or the same facts with their keys in another order: the same facts.
        message(LEG, leg(call_id="A2"), name="lot-2"),
        message(dict(reversed(LEG.items())), leg(call_id="A2"), name="lot-3"),
        # Told again long after: nothing is done, so its age is no matter.
        message(LEG, leg(call_id="A2"), sent_at=datetime.now(UTC) - timedelta(days=3)),
    ):
        told = send(again)
        assert told.status_code == 200 and told.content == first.content
    assert len(stored()) == 2 and Batch.objects.count() == 1 and Entry.objects.count() == entries


def test_a_name_serves_once(send: Callable[..., Any], stored: Stored) -> None:
    send(message())
    told = send(message(leg(call_id="A2")))
    assert told.status_code == 409 and told.json()["error"] == "NAME_TAKEN"
    assert len(stored()) == 1


def test_a_name_that_brought_nothing_may_serve_again(send: Callable[..., Any], stored: Stored) -> None:
    told = send(message(leg(outcome="LOST")))
    assert told.status_code == 422
    refusal = told.json()["refused"][0]
    assert (refusal["row"], refusal["field"], refusal["rule"], refusal["value"]) == (
        1,
        "outcome",
        "UNKNOWN_CODE",
        "LOST",
    )
    assert refusal["mend"]
    assert stored() == []
    assert send(message()).status_code == 201


@pytest.mark.parametrize("minutes", [-16, 16, -60 * 24 * 30])
def test_an_old_message_taken_from_the_wire_brings_nothing(
    send: Callable[..., Any], stored: Stored, minutes: int
) -> None:
    told = send(message(sent_at=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert told.status_code == 422 and told.json()["error"] == "STALE" and "server_time" in told.json()
    assert stored() == [] and Batch.objects.count() == 0


def test_the_clock_has_its_edges() -> None:
    assert is_timely(AT, AT + timedelta(minutes=15)) and is_timely(AT, AT - timedelta(minutes=15))
    assert not is_timely(AT, AT + timedelta(minutes=15, microseconds=1))


def test_a_corrected_message_does_not_come_back(send: Callable[..., Any], stored: Stored) -> None:
    first = message()
    send(first)
    why = {"mode": "ROWS", "reason": "Durée reprise."}
    assert send(message(leg(talk=200_000), name="lot-2", corrects=why)).status_code == 201
    assert send(first).status_code == 200
    assert [fact["talk_ms"] for fact in stored()] == [200_000]


def test_a_partial_message_brings_its_good_facts(send: Callable[..., Any], stored: Stored) -> None:
    both = message(LEG, leg(call_id="A2", arrived_at="2026-03-02T10:00:00"), partial=True)
    told = send(both)
    assert told.status_code == 201 and told.json()["refused"][0]["rule"] == "BAD_INSTANT"
    assert [fact["call_id"] for fact in stored()] == ["A1"]
    assert send(both).content == told.content


@pytest.mark.parametrize("key", ["", "wrong", "x" * 500])
def test_no_key_opens_nothing(send: Callable[..., Any], stored: Stored, key: str) -> None:
    told = send(message(), key=key)
    assert told.status_code == 401 and told["WWW-Authenticate"] == "Bearer" and stored() == []


def test_a_key_opens_one_contract(send: Callable[..., Any], contract: Contract, stored: Stored) -> None:
    other = Contract.objects.create(
        code="autre",
        title="Autre",
        kind="SUPPORT",
        buyer=contract.buyer,
        contractor=contract.contractor,
        opened_at=AT,
    )
    assert send(message(), code=other.code).status_code == 401
    assert send(message(), code="n-existe-pas").status_code == 401
    _, theirs = create_fact_key(contract=other, label="Autre", source="direct", actor="user:test", at=AT)
    assert send(message(), key=theirs).status_code == 401
    # The same facts on the other contract are other facts.
    assert send(message(), key=theirs, code="autre").status_code == 201
    assert stored() == [] and Batch.objects.get().contract == other


def test_a_revoked_key_opens_nothing_and_keeps_what_it_brought(
    send: Callable[..., Any], stored: Stored
) -> None:
    send(message())
    key = FactKey.objects.get()
    revoke_fact_key(key=key, actor="user:test", at=AT)
    revoke_fact_key(key=key, actor="user:other", at=AT)
    assert send(message(leg(call_id="A2"), name="lot-2")).status_code == 401
    assert len(stored()) == 1 and key.revoked_by == "user:test"
    assert Entry.objects.filter(act="FACT_KEY_REVOKED").count() == 1


def test_only_the_digest_of_a_key_is_kept(secret: str) -> None:
    key = FactKey.objects.get()
    assert secret not in str(vars(key)) and len(key.digest) == 64
    assert not any(secret in str(vars(entry)) for entry in Entry.objects.all())


@pytest.mark.parametrize(
    ("body", "column", "rule"),
    [
        (b"", "", "NOT_JSON"),
        (b"[]", "", "NOT_JSON"),
        (b"\xff\xfe", "", "NOT_JSON"),
        (b"[" * 100_000, "", "NOT_JSON"),
        (json.dumps(message()).replace("190000", "NaN").encode(), "", "NOT_JSON"),
        (json.dumps(message() | {"ID": "x"}).encode(), "ID", "UNKNOWN_KEY"),
        (json.dumps(message(name="été")).encode(), "id", "BAD_KEY"),
        (json.dumps(message() | {"sent_at": "2026-03-02T10:00:00"}).encode(), "sent_at", "BAD_KEY"),
        (json.dumps(message() | {"record": "CALLS"}).encode(), "record", "BAD_KEY"),
        (json.dumps(message() | {"facts": []}).encode(), "facts", "BAD_KEY"),
        (json.dumps(message() | {"facts": {}}).encode(), "facts", "BAD_KEY"),
        (json.dumps(message(*[{}] * 20_001)).encode(), "facts", "BAD_KEY"),
        (json.dumps(message(partial="yes")).encode(), "partial", "BAD_KEY"),
        (json.dumps(message(corrects={"mode": "ROWS", "reason": " "})).encode(), "corrects", "BAD_KEY"),
        (json.dumps(message("A1")).encode(), "", "BAD_FACT"),
        (json.dumps(message(leg(outcom="ANSWERED"))).encode(), "outcom", "UNKNOWN_FIELD"),
        (json.dumps(message(leg(flow=["3422"]))).encode(), "flow", "BAD_FACT"),
        (json.dumps(message(leg(communication=1))).encode(), "facts", "BAD_KEY"),
    ],
    # A message bears the hour: every process must give the same names.
    ids=lambda value: "message" if isinstance(value, bytes) else None,
)
def test_a_message_that_cannot_be_read_says_where(body: bytes, column: str, rule: str) -> None:
    with pytest.raises(BadMessage) as caught:
        read_message(body)
    assert (column, rule) in {(one.column, one.rule) for one in caught.value.refusals}


def test_an_unreadable_message_is_answered(send: Callable[..., Any]) -> None:
    told = send(b"{}")
    assert told.status_code == 400
    assert {one["field"] for one in told.json()["refused"]} == {"id", "sent_at", "record", "facts"}


@pytest.mark.parametrize("text", ["\ud800", "a\u0000b", "\U0001f600", "x" * 300])
def test_no_text_breaks_the_reception(send: Callable[..., Any], text: str) -> None:
    assert send(message(leg(incident=text), name="lot-1")).status_code in {201, 422}


def test_a_message_too_big_is_refused_unread(
    send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LARGEST_MESSAGE", 100)
    assert send(message()).status_code == 413


def test_too_many_messages_in_a_minute_wait(
    send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MESSAGES_PER_MINUTE", 2)
    monkeypatch.setattr(receiving, "WRONG_KEYS_PER_MINUTE", 1)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    assert [send(message()).status_code for _ in range(3)] == [201, 200, 429]
    assert send(message())["Retry-After"] == "60"
    assert [send(message(), key="wrong").status_code for _ in range(2)] == [401, 429]


def test_reading_the_address_is_no_message(contract: Contract) -> None:
    told = Client().get(f"/api/marches/{contract.code}/faits/")
    assert told.status_code == 405 and told["Allow"] == "POST"


def test_a_fact_sent_live_then_told_by_a_file_is_one_fact(
    contract: Contract, send: Callable[..., Any], bring: Callable[..., Any], stored: Stored
) -> None:
    _, key = create_fact_key(contract=contract, label="ACD", source="acd-csv", actor="user:test", at=AT)
    send(message(leg(leg=1)), key=key)
    assert bring([row()]).batch.refused_by_rule == {"ALREADY_KNOWN": 1}
    bring([row(), row(appel="A2")], correction=Correction("DAYS", "Export du soir."))
    assert [(fact["source_key"], fact["wrapup_ms"]) for fact in stored()] == [
        ("A1/1", 40_000),
        ("A2/1", 40_000),
    ]


def test_states_items_and_cells_are_received_too(send: Callable[..., Any], stored: Stored) -> None:
    at = "2026-03-02T10:00:00Z"
    state = {"adviser": "C1", "started_at": at, "duration": 60_000, "state": "PAUSE", "activity": "PHONE"}
    item = {"item_id": "F1", "kind": "FORM", "event": "RECEIVED", "occurred_at": at}
    cell = {"measure": "ANSWERED", "value": 12, "period": "DAY", "starts_at": "2026-03-02T00:00:00+01:00"}
    for record, fact in (("STATES", state), ("ITEMS", item), ("AGGREGATES", cell)):
        told = send(message(fact, name=record) | {"record": record})
        assert told.status_code == 201, told.content
        assert len(stored(Record(record))) == 1


@pytest.mark.django_db
def test_the_database_itself_refuses_a_name_twice(contract: Contract, send: Callable[..., Any]) -> None:
    send(message())
    batch = Batch.objects.get()
    batch.pk, batch.key = None, "other"
    with pytest.raises(IntegrityError), transaction.atomic():
        batch.save(force_insert=True)


def test_a_supervisor_makes_and_ends_keys_on_a_page(contract: Contract) -> None:
    client = Client()
    client.force_login(person(Role.SUPERVISOR, on=contract))
    address = f"/marches/{contract.code}/faits/direct/"
    page = client.post(address, {"label": "Odigo", "source": "direct"})
    assert (
        "Elle ne sera plus jamais affichée" in page.content.decode()
        and page["Cache-Control"] == "private, no-store"
    )
    assert "Elle ne sera plus" not in client.get(address).content.decode()
    key = FactKey.objects.get()
    assert "Odigo" in client.get(f"{address}{key.pk}/revoquer/").content.decode()
    client.post(f"{address}{key.pk}/revoquer/")
    assert "Révoquée" in client.get(address).content.decode()
    assert client.post(address, {"label": "X", "source": "unknown"}).status_code == 422


def test_the_example_of_the_page_is_accepted(contract: Contract, send: Callable[..., Any]) -> None:
    assert send(receiving._example().encode()).status_code == 201


def test_the_keys_of_another_contract_are_not_ended(contract: Contract, secret: str) -> None:
    other = Contract.objects.create(
        code="autre",
        title="Autre",
        kind="SUPPORT",
        buyer=contract.buyer,
        contractor=contract.contractor,
        opened_at=AT,
    )
    client = Client()
    client.force_login(person(Role.SUPERVISOR, on=other))
    assert client.post(f"/marches/autre/faits/direct/{FactKey.objects.get().pk}/revoquer/").status_code == 404
    assert FactKey.objects.get().revoked_at is None


CREATE = """
from datetime import UTC, datetime
from titulaire.identity.models import Contract, Organisation
from titulaire.support.facts.services import create_fact_key
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
party = Organisation.objects.create(code="p", name="P")
contract = Contract.objects.create(
    code="mes-test", title="C", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
)
create_fact_key(contract=contract, label="T", source="direct", actor="user:test", at=AT)
"""
COUNT = """
from titulaire.support.facts.models import Batch, Manifest
from titulaire.journal.models import Entry
print(Batch.objects.filter(state="ACCEPTED").count(), Manifest.objects.in_force().get().rows,
      Entry.objects.filter(act="IMPORT_FACTS").count())
"""


def test_processes_that_receive_the_same_message_at_once_count_it_once(address: str, tmp_path: Path) -> None:
    shell(address, CREATE)
    said = message(*(leg(call_id=f"A{n}") for n in range(200)))
    other = message(*(leg(call_id=f"B{n}") for n in range(200)))
    running = []
    for number, document in enumerate((said, said, said, other)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        module = "titulaire.support.facts.tests.worker"
        running.append(run(address, "-m", module, str(tmp_path / "var"), "message", str(path)))
    told = race(running)
    same = {line.split()[-1] for line in told[:3]}
    batches, rows, entries = shell(address, COUNT).split()
    # One name, two contents: one of them wins, and every process is told the same of each.
    assert (batches, rows, entries) == ("1", "200", "1")
    assert sorted(line.split()[0] for line in told if line != "TAKEN").count("NEW") == 1
    assert len(same) == 1 and (same == {"TAKEN"}) == (told[3].split()[0] == "NEW")


def test_files_of_a_lost_race_are_swept(
    contract: Contract, send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    send(message())
    taken = Batch.objects.get()
    monkeypatch.setattr(services, "_sent_before", lambda draft: taken)
    assert send(message(leg(call_id="A2"), name="lot-2")).status_code == 409
    assert len(stored()) == 1
    late = datetime.now(UTC) + timedelta(hours=2)
    assert len(services.sweep_orphans(at=late)) == 1 and FactFile.objects.count() == 1


def test_many_small_messages_leave_few_files_and_every_past_statement(
    send: Callable[..., Any], stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_SMALL_FILES", 3)
    for number in range(10):
        assert send(message(leg(call_id=f"A{number}"), name=f"lot-{number}")).status_code == 201
    facts = stored()
    assert sorted(fact["call_id"] for fact in facts) == [f"A{number}" for number in range(10)]
    assert len({fact["batch"] for fact in facts}) == 10
    manifests = list(Manifest.objects.order_by("version"))
    assert max(manifest.files.count() for manifest in manifests) == 3
    # Each earlier version still has the files, whole, that it was made of.
    for manifest in manifests:
        assert manifest.rows == manifest.version
        read = duckdb.sql(f"SELECT count(*) FROM {parquet(files_of(manifest))}").fetchall()
        assert read == [(manifest.version,)]
    why = {"mode": "ROWS", "reason": "Durée reprise."}
    send(message(leg(call_id="A0", talk=1_000), name="correction", corrects=why))
    assert {fact["call_id"]: fact["talk_ms"] for fact in stored()}["A0"] == 1_000
    assert not list(services.sweep_orphans(at=datetime.now(UTC) + timedelta(hours=2)))

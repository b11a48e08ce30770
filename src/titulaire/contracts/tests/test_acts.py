"""Recording an amendment, changing a reading: what is added, what is refused, what is never rewritten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from titulaire.contracts.loading import NotAValue
from titulaire.contracts.models import AmendedValue, Amendment, ReadingChange
from titulaire.contracts.queries import amendments_of, terms_of
from titulaire.contracts.rules import AlreadyDated, NoValueOn, UnknownReading, UnknownTerm
from titulaire.contracts.services import (
    AmendsNothing,
    NewValue,
    NumberTaken,
    Retroactive,
    SignedLater,
    UnknownOption,
    change_reading,
    record_amendment,
)
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract
from titulaire.journal.models import Entry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SHA = "ab" * 32

SIGNED = date(2026, 11, 2)
NEXT_YEAR = date(2027, 1, 1)
TWELVE = NewValue("face_value", NEXT_YEAR, Decimal("12.00"), note="Accord du 2 novembre")


def amend(on: Contract, **changes: Any) -> Amendment:
    given: dict[str, Any] = {
        "contract": on,
        "number": 1,
        "title": "Valeur faciale",
        "signed_on": SIGNED,
        "document_name": "avenant-1.pdf",
        "document_sha256": SHA,
        "values": [TWELVE],
        "actor": "user:1",
        "at": NOW,
    }
    return record_amendment(**{**given, **changes})


def agree(on: Contract, **changes: Any) -> ReadingChange:
    given: dict[str, Any] = {
        "contract": on,
        "reading": "refund_basis",
        "option": "EXACT_DIFFERENCE",
        "from_on": date(2026, 12, 1),
        "buyer_agreed_on": date(2026, 11, 10),
        "contractor_agreed_on": date(2026, 11, 12),
        "document_name": "accord.pdf",
        "document_sha256": SHA,
        "actor": "user:1",
        "at": NOW,
    }
    return change_reading(**{**given, **changes})


def test_an_amendment_adds_a_value_and_leaves_the_others() -> None:
    on = contract()
    amendment = amend(on)
    terms = terms_of("cpam47")
    assert terms.amount("face_value", on=date(2026, 12, 31)) == Decimal("10.00")
    assert terms.amount("face_value", on=NEXT_YEAR) == Decimal("12.00")
    added = terms.dated("face_value", on=NEXT_YEAR)
    assert (added.source, added.clause, added.note, added.amendment) == (
        "Avenant n° 1",
        "T-2.2-valeur-faciale",
        "Accord du 2 novembre",
        "1",
    )
    assert list(amendments_of(on)) == [amendment]


def test_the_terms_known_at_an_earlier_instant_ignore_it() -> None:
    amend(contract())
    before = NOW - timedelta(seconds=1)
    assert terms_of("cpam47", at=before).amount("face_value", on=NEXT_YEAR) == Decimal("10.00")
    assert terms_of("cpam47", at=NOW).amount("face_value", on=NEXT_YEAR) == Decimal("12.00")


@pytest.mark.clause("S-3.3.2-evolution")
def test_a_target_of_the_support_contract_changes_on_its_day() -> None:
    target = NewValue("answer_rate_target", NEXT_YEAR, Decimal("0.92"))
    amend(contract("mes", "SUPPORT"), values=[target])
    terms = terms_of("mes")
    assert terms.rate("answer_rate_target", on=date(2026, 12, 31)) == Decimal("0.90")
    assert terms.rate("answer_rate_target", on=NEXT_YEAR) == Decimal("0.92")


def test_an_amendment_of_one_contract_does_not_touch_another() -> None:
    amend(contract("cpam47"))
    contract("mes", "SUPPORT")
    assert all(not value.amendment for term in terms_of("mes").terms.values() for value in term.values)


def test_recording_is_in_the_journal() -> None:
    amend(contract())
    entry = Entry.objects.get()
    assert (entry.contract, entry.act, entry.target) == ("cpam47", "AMENDMENT_RECORDED", "amendment:1")
    assert entry.content.body["values"] == [{"term": "face_value", "from": "2027-01-01", "value": "12.00"}]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"values": []}, AmendsNothing),
        ({"signed_on": date(2026, 11, 22)}, SignedLater),
        ({"signed_on": date(2024, 12, 1)}, SignedLater),
        ({"values": [NewValue("face_value", date(2026, 11, 1), Decimal(12))]}, Retroactive),
        ({"values": [NewValue("answer_rate_target", NEXT_YEAR, Decimal("0.9"))]}, UnknownTerm),
        ({"values": [NewValue("face_value", NEXT_YEAR, "12")]}, NotAValue),
        ({"values": [NewValue("face_value", NEXT_YEAR, Decimal("12.001"))]}, NotAValue),
        ({"values": [TWELVE, TWELVE]}, AlreadyDated),
    ],
)
def test_an_amendment_is_refused_whole(changes: dict[str, Any], refusal: type[Exception]) -> None:
    on = contract()
    with pytest.raises(refusal):
        amend(on, **changes)
    assert (Amendment.objects.count(), AmendedValue.objects.count(), Entry.objects.count()) == (0, 0, 0)


def test_the_same_number_twice_is_refused() -> None:
    on = contract()
    amend(on)
    with pytest.raises(NumberTaken):
        amend(on, values=[NewValue("face_value", date(2028, 1, 1), Decimal(13))])
    assert Amendment.objects.count() == 1


def test_a_second_value_from_the_same_day_is_refused_by_the_rule_and_by_the_database() -> None:
    on = contract()
    first = amend(on)
    with pytest.raises(AlreadyDated):
        amend(on, number=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        AmendedValue.objects.create(
            amendment=first, contract=on, term="face_value", from_on=NEXT_YEAR, value="13.00", clause="x"
        )


def test_signed_the_evening_before_is_told_in_paris_time() -> None:
    # 23:30 UTC on 1 December is already 2 December in Paris.
    late = datetime.fromisoformat("2026-12-01T23:30:00+00:00")
    amend(contract(), signed_on=date(2026, 12, 2), at=late)


def test_a_reading_agreed_by_both_applies_from_its_day() -> None:
    agree(contract())
    terms = terms_of("cpam47")
    assert terms.reading("refund_basis", on=date(2026, 11, 30)) == "PRO_RATA"
    assert terms.reading("refund_basis", on=date(2026, 12, 1)) == "EXACT_DIFFERENCE"
    assert "12/11/2026" in terms.readings["refund_basis"].on(date(2026, 12, 1)).agreement
    assert Entry.objects.get().act == "READING_CHANGED"
    assert terms_of("cpam47", at=NOW - timedelta(1)).reading("refund_basis", on=NEXT_YEAR) == "PRO_RATA"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reading": "widening_direction"}, UnknownReading),
        ({"option": "HALF"}, UnknownOption),
        ({"from_on": date(2026, 11, 11)}, Retroactive),
        ({"buyer_agreed_on": date(2026, 11, 22)}, SignedLater),
        ({"contractor_agreed_on": date(2024, 1, 1)}, SignedLater),
    ],
)
def test_a_change_of_reading_is_refused(changes: dict[str, Any], refusal: type[Exception]) -> None:
    on = contract()
    with pytest.raises(refusal):
        agree(on, **changes)
    assert (ReadingChange.objects.count(), Entry.objects.count()) == (0, 0)


def test_a_reading_changed_twice_from_one_day_is_refused() -> None:
    on = contract()
    agree(on)
    with pytest.raises(AlreadyDated):
        agree(on, option="PRO_RATA")


def test_a_value_before_the_contract_cannot_be_asked_for() -> None:
    contract()
    with pytest.raises(NoValueOn):
        terms_of("cpam47").amount("face_value", on=date(2024, 1, 1))

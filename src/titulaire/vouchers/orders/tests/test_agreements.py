"""Calendar, face value, columns, keys, retention."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from titulaire.identity.access import live_key
from titulaire.identity.models import Contract
from titulaire.jobs.services import run_one
from titulaire.journal.models import Entry
from titulaire.vouchers.orders import agreements, deposits, queries, services, transmission, work
from titulaire.vouchers.orders.models import (
    CalendarEntry,
    FaceValueChange,
    OrderCalendar,
    SourceFile,
    TransmissionToken,
)
from titulaire.vouchers.orders.rules import CalendarMonth, proposed_calendar
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def proposal(contract: Contract, year: int = 2026) -> tuple[CalendarMonth, ...]:
    days = queries.working_days(contract)
    return proposed_calendar(year, add_working_days=days.add, is_working_day=days.is_working_day)


def propose(contract: Contract, months: tuple[CalendarMonth, ...] | None = None) -> OrderCalendar:
    return agreements.propose_calendar(
        contract=contract, year=2026, months=months or proposal(contract), actor=ACTOR, at=AT
    )


def agree(calendar: OrderCalendar, *sides: str) -> None:
    for side in sides:
        agreements.agree_calendar(calendar=calendar, side=side, actor=ACTOR, at=AT)


@pytest.mark.clause("T-2.3-calendrier")
def test_a_calendar_rules_once_both_parties_agreed(contract: Contract) -> None:
    calendar = propose(contract)
    assert queries.calendar_in_force(contract, 2026) is None
    agree(calendar, "BUYER")
    assert queries.calendar_in_force(contract, 2026) is None
    agree(calendar, "CONTRACTOR", "CONTRACTOR")
    assert queries.calendar_in_force(contract, 2026) == calendar
    assert Entry.objects.filter(act="ORDER_CALENDAR_AGREED").count() == 2


@pytest.mark.clause("T-2.3-calendrier")
def test_the_calendar_in_force_stays_until_the_next_is_agreed(contract: Contract) -> None:
    first = propose(contract)
    agree(first, "BUYER", "CONTRACTOR")
    second = propose(contract)
    agree(second, "CONTRACTOR")
    assert queries.calendar_in_force(contract, 2026) == first
    agree(second, "BUYER")
    assert queries.calendar_in_force(contract, 2026) == second
    assert second.version == 2


@pytest.mark.clause("T-2.3-calendrier")
def test_a_calendar_with_a_fault_is_not_proposed(contract: Contract) -> None:
    with pytest.raises(agreements.CalendarRefused):
        propose(contract, proposal(contract)[:11])
    assert not OrderCalendar.objects.exists()
    calendar = propose(contract)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarEntry.objects.filter(calendar=calendar).update(delivery_on=date(2026, 1, 1))


@pytest.mark.clause("T-2.4-novembre")
def test_the_vintage_that_shifts_the_november_delivery_is_announced(contract: Contract) -> None:
    months = list(proposal(contract))
    november = months[10]
    months[10] = CalendarMonth(november.month, november.order_by_on, date(2026, 12, 1), date(2026, 11, 23))
    agree(propose(contract, tuple(months)), "BUYER", "CONTRACTOR")
    order = make_order(contract, month=date(2026, 11, 1), at=datetime(2026, 11, 2, 9, tzinfo=UTC))
    services.acknowledge_order(order=order, actor=ACTOR, at=datetime(2026, 11, 3, 9, tzinfo=UTC))
    assert (order.shift, order.promised_on, order.due_on) == (
        "VINTAGE",
        date(2026, 12, 7),
        date(2026, 11, 18),
    )
    body = Entry.objects.get(act="ORDER_ACKNOWLEDGED").content.body
    assert (body["shift"], body["promised_on"]) == ("VINTAGE", "2026-12-07")


def change(contract: Contract, value: str, effective_on: date) -> FaceValueChange:
    return agreements.change_face_value(
        contract=contract,
        value=Decimal(value),
        requested_on=date(2026, 9, 15),
        effective_on=effective_on,
        actor=ACTOR,
        at=AT,
    )


@pytest.mark.clause("T-2.2-valeur-faciale")
@pytest.mark.parametrize(
    ("effective_on", "accepted"),
    [(date(2026, 10, 15), True), (date(2026, 10, 14), False), (date(2026, 10, 16), True)],
)
def test_a_face_value_needs_its_month_of_notice(
    contract: Contract, effective_on: date, accepted: bool
) -> None:
    if accepted:
        change(contract, "12.00", effective_on)
    else:
        with pytest.raises(agreements.NoticeTooShort) as refused:
            change(contract, "12.00", effective_on)
        assert refused.value.earliest_on == date(2026, 10, 15)
    assert FaceValueChange.objects.exists() == accepted


@pytest.mark.clause("T-2.2-valeur-faciale")
def test_an_order_keeps_the_face_value_of_its_day_and_a_change_costs_nothing(contract: Contract) -> None:
    change(contract, "12.00", date(2026, 10, 15))
    before = make_order(contract, lines=1, key="a", at=datetime(2026, 10, 14, 21, 59, tzinfo=UTC))
    after = make_order(contract, lines=1, key="b", at=datetime(2026, 10, 14, 22, 0, tzinfo=UTC))
    assert (before.face_value, before.amount) == (Decimal("10.00"), Decimal("100.00"))
    assert (after.face_value, after.amount) == (Decimal("12.00"), Decimal("120.00"))
    assert Entry.objects.get(act="FACE_VALUE_CHANGED").content.body["charge"] == "0.00"


def test_the_same_change_twice_is_one_and_another_on_that_day_is_refused(contract: Contract) -> None:
    day = date(2026, 11, 1)
    assert change(contract, "12.00", day) == change(contract, "12.00", day)
    assert Entry.objects.filter(act="FACE_VALUE_CHANGED").count() == 1
    with pytest.raises(agreements.FaceValueTaken):
        change(contract, "13.00", day)


def test_columns_told_once_are_known_for_the_same_headings_only(contract: Contract) -> None:
    dry_run = deposits.open_dry_run(contract=contract, data=b"x", name="a.csv", actor=ACTOR, at=AT)
    deposits.map_columns(
        dry_run=dry_run,
        headings=["Matricule ", "Qté"],
        mapping={"reference": "Matricule "},
        actor=ACTOR,
        at=AT,
    )
    assert dry_run.mapping == {"reference": "Matricule "}
    assert queries.saved_mapping(contract, ["matricule", "QTÉ"]) == {"reference": "Matricule "}
    assert queries.saved_mapping(contract, ["Qté", "Matricule"]) is None
    assert queries.saved_mapping(make_contract("autre"), ["Matricule", "Qté"]) is None


@pytest.mark.clause("T-2.1.1.1-transmission")
def test_a_transmission_key_opens_its_contract_until_it_is_revoked(contract: Contract) -> None:
    token, secret = transmission.create_transmission_token(
        contract=contract, label="Logiciel de l’aide sociale", actor=ACTOR, at=AT
    )
    assert secret not in token.digest
    assert live_key(TransmissionToken, "cpam47", secret) == token
    assert live_key(TransmissionToken, "autre", secret) is None
    for _ in range(2):
        transmission.revoke_transmission_token(token=token, actor=ACTOR, at=AT)
    assert live_key(TransmissionToken, "cpam47", secret) is None
    assert Entry.objects.filter(act="TRANSMISSION_KEY_REVOKED").count() == 1


def test_files_are_erased_after_thirty_days_and_their_digests_stay(contract: Contract) -> None:
    with transaction.atomic():
        deposits.receive_file(contract=contract, data=b"old", name="a.csv", actor=ACTOR, at=AT)
    deposits.open_dry_run(
        contract=contract, data=b"new", name="b.csv", actor=ACTOR, at=AT + timedelta(days=29)
    )
    assert deposits.purge_files(contract=contract, actor=ACTOR, at=AT + timedelta(days=30)) == 1
    assert deposits.purge_files(contract=contract, actor=ACTOR, at=AT + timedelta(days=30)) == 0
    kept = {file.name: file.content for file in SourceFile.objects.all()}
    assert kept["a.csv"] is None and bytes(kept["b.csv"]) == b"new"
    assert all(SourceFile.objects.values_list("sha256", flat=True))


@pytest.mark.parametrize("times", [1, 2])
def test_the_worker_erases_old_files_once_a_night(
    contract: Contract, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        deposits.receive_file(contract=contract, data=b"old", name="a.csv", actor=ACTOR, at=AT)
    night = AT + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: night)
    for _ in range(times):
        work.plan(night)
    assert run_one(at=night).state == "DONE" and run_one(at=night) is None  # type: ignore[union-attr]
    assert SourceFile.objects.get().content is None
    assert Entry.objects.filter(act="ORDER_FILES_ERASED", actor="system:orders").count() == 1
    work.plan(night)
    assert run_one(at=night) is None

"""Dashboards by mail: who may, what is sent, once, whatever dies."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.test import Client
from python_calamine import CalamineWorkbook

from titulaire.cli.worker import load_handlers
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal.models import Entry
from titulaire.support.dashboards.models import Delivery, Subscription
from titulaire.support.dashboards.rules import Grain
from titulaire.support.dashboards.services import (
    SEND,
    EndedAlready,
    MayNotRead,
    SubscribedAlready,
    UnknownCut,
    deliver,
    plan_deliveries,
    subscribe,
    unsubscribe,
)
from titulaire.support.dashboards.tests.opening import BOARD

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-tableaux-de-bord")]
SUBSCRIBED = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)
MONDAY = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
"""Eight in the morning in Paris: the week of 4 May is due, two days after its Friday without facts."""
WEDNESDAY = datetime(2026, 5, 13, 6, 0, tzinfo=UTC)


@pytest.fixture
def reader(contract: Contract) -> User:
    return person(Role.BUYER_MANAGER, on=contract)


@pytest.fixture
def weekly(contract: Contract, reader: User) -> Subscription:
    return subscribe(
        contract=contract,
        user=reader,
        grain=Grain.WEEK,
        cuts=["site", "flux"],
        actor=reader.actor,
        at=SUBSCRIBED,
    )


def work_off() -> None:
    load_handlers()
    while run_one(at=datetime(2030, 1, 1, tzinfo=UTC)) is not None:
        pass


def test_the_week_is_mailed_once_with_its_figures_and_its_workbook(
    contract: Contract, weekly: Subscription, reader: User
) -> None:
    assert plan_deliveries(contract=contract, at=MONDAY) == 0, "the facts of Friday may still come"
    for _ in range(3):
        assert plan_deliveries(contract=contract, at=WEDNESDAY) == 1
    work_off()
    (sent,) = mail.outbox
    assert sent.to == [reader.email]
    assert sent.subject == "Support : tableau de bord, semaine 19 de 2026"
    assert reader.last_name not in sent.subject + sent.body
    assert "Taux de décroché : 80,00" in sent.body and "/tableaux/?periode=2026-S19" in sent.body
    assert f"/abonnements/{weekly.pk}/fin/" in sent.body
    ((name, content, kind),) = sent.attachments
    assert name == "tableau-mes-2026-S19.xlsx" and kind.endswith("sheet")
    headings, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert {row[headings.index("Découpage")] for row in rows} == {"Ensemble", "Jour", "Site", "Flux"}
    assert "AGENT-" not in str(rows)
    (delivery,) = Delivery.objects.all()
    assert (delivery.state, delivery.since, delivery.until) == ("SENT", date(2026, 5, 4), date(2026, 5, 11))
    assert Entry.objects.filter(act="DELIVERY_SENT").count() == 1


def test_a_worker_that_dies_while_sending_never_sends_twice(
    weekly: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(self: mail.EmailMessage, *_: object) -> int:
        mail.outbox.append(self)
        raise Killed

    monkeypatch.setattr("django.core.mail.EmailMessage.send", die)
    with pytest.raises(Killed):
        deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY)
    monkeypatch.undo()
    for _ in range(2):
        assert deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY).state == "UNCERTAIN"
    assert len(mail.outbox) == 1


def test_a_mail_that_the_server_refuses_is_sent_later(
    weekly: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: mail.EmailMessage, *_: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    with pytest.raises(ConnectionRefusedError):
        deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY)
    assert Delivery.objects.get().state == "PLANNED"
    monkeypatch.undo()
    assert deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY).state == "SENT"
    assert deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY).state == "SENT"
    assert len(mail.outbox) == 1


def test_the_same_mail_keeps_the_same_name(weekly: Subscription) -> None:
    deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY)
    (delivery,) = Delivery.objects.all()
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<dashboard-mes-{delivery.pk}@")


def test_who_lost_the_right_to_read_receives_nothing(
    contract: Contract, weekly: Subscription, reader: User
) -> None:
    Membership.objects.filter(user=reader).update(until=date(2026, 5, 12))
    assert deliver(subscription=weekly, period_code="2026-S19", at=WEDNESDAY).state == "NO_RIGHT"
    assert mail.outbox == []


def test_an_ended_subscription_is_neither_planned_nor_sent(contract: Contract, weekly: Subscription) -> None:
    plan_deliveries(contract=contract, at=WEDNESDAY)
    unsubscribe(subscription=weekly, actor="user:test", at=WEDNESDAY)
    work_off()
    assert mail.outbox == [] and plan_deliveries(contract=contract, at=WEDNESDAY) == 0
    with pytest.raises(EndedAlready):
        unsubscribe(subscription=weekly, actor="user:test", at=WEDNESDAY)


def test_what_ended_before_the_subscription_is_not_sent(contract: Contract, reader: User) -> None:
    subscribe(
        contract=contract,
        user=reader,
        grain=Grain.DAY,
        cuts=[],
        actor="user:test",
        at=datetime(2026, 5, 5, 9, tzinfo=UTC),
    )
    assert plan_deliveries(contract=contract, at=datetime(2026, 5, 5, 10, tzinfo=UTC)) == 0
    assert plan_deliveries(contract=contract, at=datetime(2026, 5, 6, 4, 59, tzinfo=UTC)) == 0, "before seven"
    assert plan_deliveries(contract=contract, at=datetime(2026, 5, 6, 5, 0, tzinfo=UTC)) == 1
    assert plan_deliveries(contract=contract, at=datetime(2026, 5, 7, 9, tzinfo=UTC)) == 0, "no fact that day"
    assert Job.objects.get(kind=SEND).payload["period"] == "2026-05-05"


def test_only_readers_subscribe_and_once(contract: Contract, weekly: Subscription, reader: User) -> None:
    ask = {"contract": contract, "cuts": [], "actor": "user:test", "at": SUBSCRIBED}
    with pytest.raises(SubscribedAlready):
        subscribe(user=reader, grain=Grain.WEEK, **ask)  # type: ignore[arg-type]
    with pytest.raises(MayNotRead):
        subscribe(user=person(Role.ADVISER, on=contract), grain=Grain.WEEK, **ask)  # type: ignore[arg-type]
    with pytest.raises(UnknownCut):
        subscribe(user=reader, grain=Grain.CONTRACT, **ask)  # type: ignore[arg-type]
    with pytest.raises(UnknownCut):
        subscribe(user=reader, grain=Grain.DAY, **(ask | {"cuts": ["conseiller"]}))  # type: ignore[arg-type]


def signed(contract: Contract, user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_reader_subscribes_and_stops_on_the_pages(contract: Contract) -> None:
    user = person(Role.BUYER_READER, on=contract)
    client = signed(contract, user)
    new = f"{BOARD}abonnements/nouveau/"
    other = person(Role.SUPERVISOR, on=contract)
    refused = client.post(new, {"grain": "DAY", "user": other.pk})
    assert refused.status_code == 422, "a reader chooses nobody else"
    answer = client.post(new, {"grain": "DAY", "cuts": ["site"], "user": user.pk}, follow=True)
    assert "chaque jour" in answer.content.decode()
    assert client.post(new, {"grain": "DAY", "user": user.pk}).status_code == 422
    (one,) = Subscription.objects.all()
    stranger = signed(contract, other)
    assert stranger.post(f"{BOARD}abonnements/{one.pk}/fin/").status_code == 404
    assert client.get(f"{BOARD}abonnements/{one.pk}/fin/").status_code == 200
    assert Subscription.objects.live().count() == 1
    client.post(f"{BOARD}abonnements/{one.pk}/fin/")
    assert Subscription.objects.live().count() == 0


def test_a_supervisor_lets_another_reader_receive_it_and_no_one_else(contract: Contract) -> None:
    client = signed(contract, person(Role.SUPERVISOR, on=contract))
    buyer, adviser = person(Role.BUYER_MANAGER, on=contract), person(Role.ADVISER, on=contract)
    new = f"{BOARD}abonnements/nouveau/"
    assert client.post(new, {"grain": "MONTH", "user": adviser.pk}).status_code == 422
    assert client.post(new, {"grain": "MONTH", "user": buyer.pk}).status_code == 302
    assert str(buyer) in client.get(f"{BOARD}abonnements/").content.decode()

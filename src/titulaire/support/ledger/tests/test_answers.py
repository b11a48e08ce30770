"""An order is answered within three working days, once; else silence validates it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import DueState
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry as JournalEntry
from titulaire.support.ledger import services
from titulaire.support.ledger.clocks import dates
from titulaire.support.ledger.models import OrderAnswer, WorkOrder
from titulaire.support.ledger.queries import (
    announced,
    order_notice,
    orders_ending_in,
    orders_of,
    standing_of,
)
from titulaire.support.ledger.rules import Ordered, OrderKind, Standing, WorkUnit, notice_of, standing
from titulaire.support.ledger.tests.test_acts import ACTOR, MAY, mes, ordered

ORDERED_ON = date(2026, 4, 20)
LAST_DAY = date(2026, 4, 23)
AT = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
NEXT_DAY = date(2026, 4, 24)


def answer(order: WorkOrder, accepted: bool = True, on: date = LAST_DAY, **wishes: Any) -> OrderAnswer:
    said = {"reason": "" if accepted else "Effectif insuffisant", "actor": ACTOR, "at": AT} | wishes
    return services.answer_order(order=order, accepted=accepted, answered_on=on, **said)


def worth(order: WorkOrder, today: date = LAST_DAY) -> Standing:
    return standing_of(orders_of(mes()).get(pk=order.pk), terms_of("mes"), today)


def clock(at: datetime = AT) -> DueState:
    (due,) = dates(mes(), since=MAY, until=date(2027, 1, 1), at=at)
    return due.state(at, Calendar())


# Rules


@pytest.mark.clause("S-7.2-validation")
@pytest.mark.parametrize(
    ("accepted", "today", "told"),
    [
        (None, ORDERED_ON, Standing.PENDING),
        (None, LAST_DAY, Standing.PENDING),
        (None, NEXT_DAY, Standing.DEEMED),
        (True, ORDERED_ON, Standing.VALIDATED),
        (True, NEXT_DAY, Standing.VALIDATED),
        (False, NEXT_DAY, Standing.REFUSED),
    ],
)
def test_an_order_is_worth_its_answer_then_silence(
    accepted: bool | None, today: date, told: Standing
) -> None:
    assert standing(accepted, LAST_DAY, today) is told


@pytest.mark.clause("S-7.2-commandes")
@pytest.mark.parametrize(
    ("since", "until", "ordered_on", "lead", "span"),
    [
        # Monday the 4th is the ninth working day after Monday the 20th: the 1st is a holiday.
        (date(2026, 5, 4), date(2026, 5, 18), date(2026, 4, 20), 9, 8),
        (date(2026, 5, 5), date(2026, 5, 21), date(2026, 4, 20), 10, 10),
        (date(2026, 6, 1), date(2026, 6, 13), date(2026, 5, 15), 10, 10),
    ],
)
def test_the_notice_and_the_length_of_an_order_are_working_days(
    since: date, until: date, ordered_on: date, lead: int, span: int
) -> None:
    found = notice_of(since, until, ordered_on, asked_leads=(10,), asked_span=10, calendar=Calendar())
    assert (found.lead, found.span) == (lead, span)
    assert (found.is_early_enough, found.is_whole) == (lead == 10, span == 10)


# Acts


@pytest.mark.django_db
@pytest.mark.clause("S-7.2-validation")
def test_an_order_is_answered_once() -> None:
    order = ordered("C1", 4, 18)
    assert worth(order) is Standing.PENDING and clock() is DueState.DEEMED
    first = answer(order)
    assert answer(order) == first and OrderAnswer.objects.count() == 1
    with pytest.raises(services.OrderAnswered):
        answer(order, accepted=False)
    with pytest.raises(services.OrderAnswered):
        answer(order, on=ORDERED_ON)
    assert worth(order, NEXT_DAY) is Standing.VALIDATED and clock() is DueState.DONE
    (kept,) = JournalEntry.objects.filter(act="WORK_ORDER_ANSWERED")
    assert kept.content.body["accepted"] is True


@pytest.mark.django_db
@pytest.mark.clause("S-7.2-validation", "S-9-penalites")
def test_a_refused_order_is_judged_by_nothing_until_it_is_sent_again() -> None:
    order = ordered("C1", 4, 18)
    with pytest.raises(services.NoReason):
        answer(order, accepted=False, reason=" ")
    answer(order, accepted=False)
    assert orders_ending_in(mes(), MAY) == () and worth(order) is Standing.REFUSED
    ordered("C2", 17, 20)
    services.cancel_order(order=WorkOrder.objects.get(reference="C2"), reason="Erreur", actor=ACTOR, at=AT)
    with pytest.raises(services.OrderKnown):
        ordered("C1", 4, 18)
    again = ordered("C1", 4, 18, reason="Effectif retrouvé")
    assert again.version == 2 and worth(again) is Standing.PENDING
    assert [one.hours for one in orders_ending_in(mes(), MAY)] == [100]
    with pytest.raises(services.OrderNotAnswerable):
        answer(order)


@pytest.mark.django_db
@pytest.mark.clause("S-7.2-validation")
@pytest.mark.parametrize(
    ("on", "at", "refused"),
    [
        (NEXT_DAY, AT, services.AnswerTooLate),
        (date(2026, 4, 19), AT, services.ImpossibleAnswerDay),
        (LAST_DAY, datetime(2026, 4, 22, 21, 59, tzinfo=UTC), services.ImpossibleAnswerDay),
    ],
)
def test_an_answer_has_its_days(on: date, at: datetime, refused: type[Exception]) -> None:
    order = ordered("C1", 4, 18)
    with pytest.raises(refused):
        answer(order, on=on, at=at)
    assert not OrderAnswer.objects.exists()
    # Midnight in Paris has passed.
    answer(order, on=LAST_DAY, at=datetime(2026, 4, 22, 22, 0, tzinfo=UTC))


@pytest.mark.django_db
@pytest.mark.clause("S-7.2-commandes")
def test_an_indicative_order_binds_nobody_and_is_set_beside_the_firm_one() -> None:
    def told(reference: str, ordered_on: date, hours: str) -> WorkOrder:
        return services.enter_order(
            contract=mes(),
            reference=reference,
            ordered=Ordered(WorkUnit.UO1, date(2026, 5, 4), date(2026, 5, 18), Decimal(hours)),
            ordered_on=ordered_on,
            kind=OrderKind.INDICATIVE,
            actor=ACTOR,
            at=AT,
        )

    first, second = told("I30", date(2026, 3, 20), "90"), told("I20", date(2026, 4, 3), "95")
    assert orders_ending_in(mes(), MAY) == () and list(dates(mes(), since=MAY, until=AT.date(), at=AT)) == []
    assert worth(first) is Standing.INDICATIVE
    with pytest.raises(services.OrderNotAnswerable):
        answer(first, on=date(2026, 3, 23))
    firm = ordered("C1", 4, 18)
    assert list(announced(firm)) == [first, second]
    assert [one.hours for one in orders_ending_in(mes(), MAY)] == [100]
    # The second of April 3rd: Easter Monday and the first of May do not count.
    assert (
        order_notice(second, terms_of("mes")).asked_leads,
        order_notice(second, terms_of("mes")).lead,
    ) == (
        (20, 30),
        19,
    )


@pytest.mark.django_db
def test_the_database_refuses_a_refusal_without_a_reason_and_a_second_answer() -> None:
    order = ordered("C1", 4, 18)
    said = {"order": order, "answered_on": LAST_DAY, "entered_at": AT, "entered_by": ACTOR}
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderAnswer.objects.create(accepted=False, **said)
    OrderAnswer.objects.create(accepted=True, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderAnswer.objects.create(accepted=True, **said)


# Pages


def client(role: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(role, on=mes()))
    return signed_in


@pytest.mark.django_db
@pytest.mark.clause("S-7.2-commandes", "S-7.2-validation")
def test_an_order_opens_to_what_it_is_worth_and_why() -> None:
    order = ordered("C1", 4, 18)
    address = f"/marches/mes/registre/commandes/{order.pk}/"
    page = client(Role.PLANNER)
    shown = page.get(address).content.decode()
    assert "le silence l’a validée" in shown and "23\xa0avril 2026" in shown
    assert "J+9 au lieu de J+10" in shown and "8 jours ouvrés au lieu de 10" in shown.replace("\xa0", " ")
    assert "Valider ou refuser" not in shown
    late = {"accepted": "False", "answered_on": "2026-04-24", "reason": "Trop"}
    assert "réputée valide" in page.post(f"{address}repondre/", late).content.decode()
    silent = page.post(f"{address}repondre/", late | {"answered_on": "2026-04-23", "reason": ""})
    assert "Dites pourquoi la commande est refusée" in silent.content.decode()
    assert page.post(f"{address}repondre/", late | {"answered_on": "2026-04-23"}).status_code == 302
    shown = page.get(address).content.decode()
    assert "Refusée le" in shown and "Trop" in shown
    assert "Refusée" in page.get("/marches/mes/registre/commandes/?etat=REFUSED").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "reads", "answers"),
    [
        (Role.SUPERVISOR, 200, 200),
        (Role.PLANNER, 200, 200),
        (Role.BUYER_MANAGER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.ADVISER, 403, 403),
    ],
)
def test_the_contractor_alone_answers(role: Role, reads: int, answers: int) -> None:
    order = ordered("C1", 4, 18)
    page = client(role)
    address = f"/marches/mes/registre/commandes/{order.pk}/"
    assert page.get(address).status_code == reads
    assert page.get(f"{address}repondre/").status_code == answers
    given = {"accepted": "True", "answered_on": "2026-04-23", "reason": ""}
    assert page.post(f"{address}repondre/", given).status_code == (302 if answers == 200 else answers)
    assert OrderAnswer.objects.exists() == (answers == 200)

"""The front door: to each their own contracts, their own tasks, their own menu."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.portal.boards import voucher_tasks
from titulaire.portal.menu import menu
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order, make_person

TODAY = date(2026, 10, 6)


def sign_in(contract: Contract, role: Role) -> Client:
    client = Client()
    client.force_login(make_person(contract, role))
    return client


@pytest.mark.django_db
def test_someone_with_one_contract_goes_straight_to_it(client: Client) -> None:
    contract = make_contract()
    answer = sign_in(contract, Role.BUYER_MANAGER).get("/")
    assert answer.status_code == 302 and answer["Location"] == f"/marches/{contract.code}/"


@pytest.mark.django_db
def test_someone_with_two_contracts_chooses() -> None:
    user = make_person(make_contract(), Role.AUDITOR)
    other = make_contract("autre")
    user.memberships.create(contract=other, role=Role.AUDITOR, since=TODAY, until=date(2099, 1, 1))
    client = Client()
    client.force_login(user)
    page = client.get("/").content.decode()
    assert "Titres services cpam47" in page and "Titres services autre" in page


@pytest.mark.django_db
def test_someone_without_a_role_is_told_so() -> None:
    user = make_person(make_contract(), Role.BUYER_READER)
    user.memberships.update(until=TODAY)
    client = Client()
    client.force_login(user)
    assert "Aucun marché ne vous est ouvert" in client.get("/").content.decode()


@pytest.mark.django_db
def test_the_operator_is_shown_what_to_acknowledge_then_to_issue() -> None:
    order = make_order()
    operator = frozenset({Role.VOUCHER_OPERATOR})
    first = voucher_tasks(order.contract, operator, on=TODAY)
    assert [task.title for task in first] == [f"Accuser réception de la commande {order.number}"]
    order = acknowledge_order(order=order, actor=ACTOR, at=AT)
    (task,) = voucher_tasks(order.contract, operator, on=TODAY)
    assert task.title == f"Émettre et imprimer la commande {order.number}" and task.tone == "info"
    assert order.promised_on
    (task,) = voucher_tasks(order.contract, operator, on=order.promised_on - timedelta(days=3))
    assert task.tone == "warn"
    (task,) = voucher_tasks(order.contract, operator, on=order.promised_on + timedelta(days=1))
    assert task.tone == "bad"


@pytest.mark.django_db
def test_a_reader_has_nothing_to_do() -> None:
    order = make_order()
    assert voucher_tasks(order.contract, frozenset({Role.BUYER_READER}), on=TODAY) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        (Role.BUYER_MANAGER, "Déposer un fichier", "File de production"),
        (Role.VOUCHER_OPERATOR, "File de production", "Tableau de bord d’appels"),
        (Role.AUDITOR, "Journal", "Déposer un fichier"),
    ],
)
def test_the_menu_holds_what_the_role_opens(role: Role, seen: str, unseen: str) -> None:
    contract = make_contract()
    labels = {
        child.label for item in menu(contract, frozenset({role}), "/") for child in (item, *item.children)
    }
    assert seen in labels and unseen not in labels


@pytest.mark.django_db
def test_every_line_of_the_menu_opens() -> None:
    contract = make_contract()
    client = sign_in(contract, Role.BUYER_MANAGER)
    for item in menu(contract, frozenset({Role.BUYER_MANAGER}), "/"):
        for child in (item, *item.children):
            if child.url:
                assert client.get(child.url).status_code == 200, child.url


@pytest.mark.django_db
def test_the_journal_names_acts_in_french_and_people_by_name() -> None:
    order = make_order()
    client = sign_in(order.contract, Role.BUYER_MANAGER)
    page = client.get(reverse("journal", args=[order.contract.code])).content.decode()
    assert "Confirmation d’une commande" in page and "ORDER_CONFIRMED" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/plan-du-site/", "/accessibilite/", "/mentions-legales/", "/donnees-personnelles/"]
)
def test_the_pages_of_the_law_are_open_to_all(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_way_into_the_demo_is_closed_outside_it(client: Client) -> None:
    user = make_person(make_contract(), Role.BUYER_MANAGER, "nadia@demo.example")
    assert client.post(reverse("demo_sign_in"), {"person": user.pk}).status_code == 404

"""One person, one account, a password nobody else ever knew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.models import Contract, Invitation, Membership, User
from titulaire.identity.passwords import CnilPasswordValidator, entropy_bits
from titulaire.identity.roles import Role
from titulaire.identity.rules import names_a_post, same_mailbox
from titulaire.identity.services import (
    AccountExists,
    LinkRefused,
    NotAPerson,
    RoleHeldAlready,
    activate,
    end_role,
    grant_role,
    invite,
    invited,
    open_account,
)
from titulaire.identity.tests.factories import AT, contract, organisation, person
from titulaire.journal.models import Content, Entry

GOOD = "Girafe-Tambour-47-ocre!"


def open_one(email: str = "lea.marchand@demo.example", first: str = "Léa", last: str = "Marchand") -> User:
    return open_account(
        email=email,
        first_name=first,
        last_name=last,
        organisation=organisation(),
        actor="system:test",
        at=AT,
    )


@pytest.mark.clause("S-8.2-hab-01")
@pytest.mark.parametrize(
    ("first", "last", "email", "post"),
    [
        ("Léa", "Marchand", "lea.marchand@x.example", False),
        ("Plateau", "1", "lea@x.example", True),
        ("Léa", "Marchand", "plateau1@x.example", True),
        ("Admin", "Général", "a@x.example", True),
        ("Équipe", "B", "b@x.example", True),
        ("Servane", "Postel", "servane.postel@x.example", False),
    ],
)
def test_an_account_is_a_persons(first: str, last: str, email: str, post: bool) -> None:
    assert names_a_post(first, last, email) is post


@pytest.mark.clause("S-8.1-identifiants")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "twin", ["LEA.MARCHAND@demo.example", "lea.marchand+2@demo.example", "léa.marchand@demo.example"]
)
def test_one_person_has_one_account_whatever_the_spelling(twin: str) -> None:
    open_one()
    assert same_mailbox(twin) == "lea.marchand@demo.example"
    with pytest.raises(AccountExists):
        open_one(twin)
    with pytest.raises(NotAPerson):
        open_one("accueil@demo.example", "Accueil", "Agen")


@pytest.mark.clause("S-8.1-mots-de-passe", "T-2.1.5-acces")
@pytest.mark.django_db
def test_a_link_serves_once_and_the_secret_is_nowhere() -> None:
    user = open_one()
    assert not user.has_usable_password()
    token = invite(user=user, actor="system:test", at=AT)
    assert not Invitation.objects.filter(digest=token).exists()
    assert all(token not in str(body) for body in Content.objects.values_list("body", flat=True))
    activate(token=token, password=GOOD, at=AT)
    user.refresh_from_db()
    assert user.check_password(GOOD)
    with pytest.raises(LinkRefused, match="USED"):
        activate(token=token, password=GOOD + "x", at=AT)
    assert [entry.act for entry in Entry.objects.all()] == ["OPEN_ACCOUNT", "INVITE", "ACTIVATE_ACCOUNT"]


@pytest.mark.django_db
def test_a_new_link_kills_the_old_one() -> None:
    user = open_one()
    old = invite(user=user, actor="system:test", at=AT)
    new = invite(user=user, actor="system:test", at=AT)
    with pytest.raises(LinkRefused, match="WITHDRAWN"):
        activate(token=old, password=GOOD, at=AT)
    assert invited(token=new, at=AT).user == user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "dead"), [(timedelta(hours=24, seconds=-1), False), (timedelta(hours=24), True)]
)
def test_a_link_dies_after_a_day(after: timedelta, dead: bool) -> None:
    token = invite(user=open_one(), actor="system:test", at=AT)
    if dead:
        with pytest.raises(LinkRefused, match="EXPIRED"):
            invited(token=token, at=AT + after)
    else:
        assert invited(token=token, at=AT + after)


@pytest.mark.django_db
def test_a_weak_password_leaves_the_link_usable() -> None:
    token = invite(user=open_one(), actor="system:test", at=AT)
    with pytest.raises(ValidationError):
        activate(token=token, password="Bonjour2026", at=AT)
    activate(token=token, password=GOOD, at=AT)


@pytest.mark.django_db
def test_activation_page_opens_the_session(client: Client) -> None:
    token = invite(user=open_one(), actor="system:test", at=timezone.now())
    address = reverse("activation", args=[token])
    assert client.get(address).status_code == 200
    refused = client.post(address, {"password": GOOD, "again": GOOD + "!"})
    assert refused.status_code == 200 and "diffèrent" in refused.content.decode()
    assert client.post(address, {"password": GOOD, "again": GOOD}).status_code == 302
    assert client.session["_auth_user_id"]
    assert client.get(address).status_code == 410


@pytest.mark.clause("S-8.1-mots-de-passe")
@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("Az3rty0)", False),
        ("Motdepasse2026!", False),
        ("Bonjour2026", False),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("girafe tambour ocre vallon brique sardine huit", True),
        ("kT9#vLq2&xWz", True),
        ("kT9vLq2xWzB4nR", True),
        ("kT9#vLq2&xW", False),
        ("é" * 60 + "Girafe-Tambour-47", True),
        ("x" * 129, False),
    ],
)
def test_passwords_follow_the_cnil_and_common_sense(password: str, accepted: bool) -> None:
    if accepted:
        CnilPasswordValidator().validate(password)
    else:
        with pytest.raises(ValidationError):
            CnilPasswordValidator().validate(password)


def test_the_example_of_the_cnil_counts_as_eighty_bits() -> None:
    assert 79.5 < entropy_bits("kT9#vLq2&xWz") < 80


@pytest.mark.django_db
def test_a_role_holds_from_its_first_day_and_no_longer_on_its_last() -> None:
    user, market = person(), contract()
    held = grant_role(
        user=user,
        contract=market,
        role=Role.BUYER_READER,
        since=date(2026, 3, 2),
        until=date(2026, 3, 5),
        actor="system:test",
        at=AT,
    )
    days = [date(2026, 3, day) for day in (1, 2, 4, 5)]
    assert [Membership.objects.current(on=day).filter(pk=held.pk).exists() for day in days] == [
        False,
        True,
        True,
        False,
    ]
    assert Contract.objects.all().visible_to(user, on=days[1]).get() == market
    with pytest.raises(RoleHeldAlready):
        grant_role(
            user=user,
            contract=market,
            role=Role.BUYER_READER,
            since=date(2026, 3, 4),
            actor="system:test",
            at=AT,
        )


@pytest.mark.django_db
def test_ending_a_role_twice_ends_it_once() -> None:
    user = person(Role.BUYER_MANAGER)
    membership = user.memberships.get()
    end_role(membership=membership, on=date(2026, 3, 3), actor="system:test", at=AT)
    end_role(membership=membership, on=date(2026, 3, 9), actor="system:test", at=AT)
    membership.refresh_from_db()
    assert membership.until == date(2026, 3, 3)
    assert Entry.objects.filter(act="END_ROLE").count() == 1


@pytest.mark.django_db
def test_an_auditors_access_always_ends() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(
            user=person(), contract=contract(), role=Role.AUDITOR.value, since=date(2026, 1, 1)
        )

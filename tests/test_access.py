"""Every address says who may open it, and means it: role by role, tenant by tenant.

The table is drawn from the resolver itself: a view that nobody listed fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from titulaire.identity.access import AccessLine
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, hold, person

# Views that are not ours, and who may open them.
LISTED = {
    "account_login": AccessLine("PUBLIC"),
    "account_logout": AccessLine("PUBLIC"),
    "account_signup": AccessLine("PUBLIC"),
    "account_inactive": AccessLine("PUBLIC"),
    "account_reset_password": AccessLine("PUBLIC"),
    "account_reset_password_done": AccessLine("PUBLIC"),
    "account_reset_password_from_key": AccessLine("PUBLIC"),
    "account_reset_password_from_key_done": AccessLine("PUBLIC"),
    "account_email_verification_sent": AccessLine("PUBLIC"),
    "account_confirm_email": AccessLine("PUBLIC"),
    "account_confirm_login_code": AccessLine("PUBLIC"),
    "account_request_login_code": AccessLine("PUBLIC"),
    "account_reauthenticate": AccessLine("SIGNED_IN"),
    "account_email": AccessLine("SIGNED_IN"),
    "account_change_password": AccessLine("SIGNED_IN"),
    "account_set_password": AccessLine("SIGNED_IN"),
}

# The contract on whose pages each half is tried.
CONTRACTS = {"": "cpam47", "VOUCHERS": "cpam47", "SUPPORT": "mes"}
SAMPLES = {
    "SlugConverter": "x",
    "StringConverter": "x",
    "IntConverter": "1",
    "PathConverter": "x",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
}


@dataclass(frozen=True)
class Address:
    """One address of the product: its path with sample values, its view's access line."""

    path: str
    name: str
    line: AccessLine | None
    contract: str


def addresses() -> Iterator[Address]:
    yield from _walk(get_resolver().url_patterns, "/", {})


def _walk(
    patterns: list[URLPattern | URLResolver], before: str, converters: dict[str, object]
) -> Iterator[Address]:
    for pattern in patterns:
        route = str(pattern.pattern)
        here = {**converters, **pattern.pattern.converters}
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, before + route, here)
            continue
        path = before + route.removeprefix("^").removesuffix("$")
        line = getattr(pattern.callback, "access", None) or LISTED.get(pattern.name or "")
        code = CONTRACTS[line.half if line else ""]
        for key, converter in here.items():
            kind = type(converter).__name__
            value = code if key == "contract" else SAMPLES.get(kind, "1")
            for spelling in (
                f"<{key}>",
                *(f"<{word}:{key}>" for word in ("slug", "str", "int", "path", "uuid", "day")),
            ):
                path = path.replace(spelling, value)
        yield Address(path, pattern.name or "", line, code)


def test_every_view_states_its_access() -> None:
    unlisted = [address.path for address in addresses() if address.line is None]
    assert unlisted == [], "write the access line above these views"


def test_a_line_by_role_belongs_to_an_address_of_a_contract() -> None:
    for address in addresses():
        assert address.line
        by_role = address.line.kind in {"READS", "ACTS"}
        assert by_role == address.path.startswith(f"/marches/{address.contract}/"), address.path


def scoped() -> list[Address]:
    return [address for address in addresses() if address.line and address.line.kind in {"READS", "ACTS"}]


def sign_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-acces")
def test_a_stranger_is_sent_to_the_sign_in_page() -> None:
    contract()
    client = Client()
    for address in addresses():
        if address.line and address.line.kind != "PUBLIC":
            answer = client.get(address.path)
            assert answer.status_code == 302 and answer["Location"].startswith("/compte/login"), address.path


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-acces")
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_its_line_says_and_nothing_else(role: Role) -> None:
    user = person(role)
    hold(user, role, contract("mes", "SUPPORT"))
    client = sign_in(user)
    for address in scoped():
        assert address.line
        for method in ("get", "post", "put"):
            status = getattr(client, method)(address.path).status_code
            if role not in address.line.roles:
                assert status == 403, (method, address.path, role)
            else:
                assert status not in {403, 500}, (method, address.path, role, status)
                if method == "put" or (method == "post" and address.line.kind == "READS"):
                    assert status == 405, (method, address.path, role)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-acces")
def test_another_tenant_answers_as_what_does_not_exist() -> None:
    contract("cpam47"), contract("mes", "SUPPORT")
    theirs = contract("cpam99")
    outsider = person(*[role for role in Role if role is not Role.AUDITOR], on=theirs)
    client = sign_in(outsider)
    for address in scoped():
        unknown = client.get(address.path.replace(f"/{address.contract}/", "/n-existe-pas/"))
        walled = client.get(address.path)
        assert walled.status_code == unknown.status_code == 404, address.path
        shown = _without_tokens(walled.content, address.contract)
        assert shown == _without_tokens(unknown.content, "n-existe-pas")


def _without_tokens(page: bytes, code: str) -> str:
    """A page without what differs at each request: the form tokens, and the code that was asked for."""
    return re.sub(r'(value|content)="[A-Za-z0-9]{64}"', "", re.sub(rf"\b{code}\b", "…", page.decode()))


@pytest.mark.django_db
def test_a_page_of_one_half_does_not_exist_on_a_contract_of_the_other() -> None:
    support = contract("mes", "SUPPORT")
    client = sign_in(person(*[role for role in Role if role is not Role.AUDITOR], on=support))
    for address in scoped():
        assert address.line
        if address.line.half == "VOUCHERS":
            assert client.get(address.path.replace("/cpam47/", "/mes/")).status_code == 404, address.path


@pytest.mark.django_db
def test_an_ended_role_opens_nothing() -> None:
    from datetime import date

    client = sign_in(person(Role.VOUCHER_OPERATOR, until=date(2026, 1, 1)))
    for address in scoped():
        assert client.get(address.path).status_code == 404, address.path

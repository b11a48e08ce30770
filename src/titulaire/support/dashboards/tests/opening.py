"""Opening pages of the dashboards in tests."""

from __future__ import annotations

from datetime import UTC, datetime

from django.test import Client

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BOARD = "/marches/mes/tableaux/"
READERS = (
    *(Role.SUPERVISOR, Role.PLANNER, Role.QUALITY_OFFICER),
    *(Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR),
)


def page(contract: Contract, address: str, role: Role = Role.SUPERVISOR, status: int = 200) -> str:
    client = Client()
    client.force_login(person(role, on=contract))
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def exported(contract: Contract, address: str, role: Role = Role.SUPERVISOR) -> str:
    """A page or a file, streamed or not, as text."""
    client = Client()
    client.force_login(person(role, on=contract))
    answer = client.get(address)
    assert answer.status_code == 200
    content = answer.getvalue() if answer.streaming else answer.content
    # A workbook is no text: its bytes stand for themselves.
    return content.decode("latin-1" if "spreadsheet" in answer["Content-Type"] else "utf-8")

"""The demonstration's staff, told once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.portal.demo.staff import tell_staff
from titulaire.support.facts.simulation import advisers
from titulaire.support.staff import queries
from titulaire.support.staff.models import Member

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_the_staff_is_told_once_with_something_to_do(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    mes, terms = contract("mes", "SUPPORT"), terms_of("mes")
    for role, email in ((Role.SUPERVISOR, "malik.ferrandes"), (Role.CSO, "bastien.ouvrelle")):
        User.objects.filter(pk=person(role, on=mes).pk).update(
            email=f"{email}@demo.example", mailbox=f"{email}@demo.example"
        )
    for _ in range(2):
        tell_staff(mes, terms, calendar_of(terms), NOW)
    assert Member.objects.count() == len(advisers()) + 1
    assert {one.account.application for one in queries.removals(mes, at=NOW) if not one.done_on} == {
        "PORTAL",
        "VPN",
    }
    assert [one.kind for one in queries.changes_to_tell(mes, on=NOW.date())] == ["DEPARTURE", "DEPARTURE"]

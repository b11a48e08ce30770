"""The demonstration's teams: trained before their first call but for two, and given texts to read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.portal.demo.teams import Teams
from titulaire.support.knowledge.queries import to_read
from titulaire.support.training.models import RateSent, Session
from titulaire.support.training.queries import clearances_of
from titulaire.support.training.rules import Standing
from titulaire.support.training.tests.test_acts import mes
from titulaire.support.training.tests.test_pages import facts

pytestmark = pytest.mark.django_db
PEOPLE = {
    "malik.ferrandes": Role.SUPERVISOR,
    "perrine.galdric": Role.QUALITY_OFFICER,
    "firmin.castandet": Role.ADVISER,
    "solange.brissonnet": Role.BUYER_MANAGER,
}


@pytest.mark.clause("S-3.3.2-formation")
def test_the_teams_are_told_once_and_show_two_breaches(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    for name, role in PEOPLE.items():
        user = person(role, on=mes())
        user.email = f"{name}@demo.example"
        user.save()
    facts(tmp_path, *((f"C{rank:03}", "02/03/2026") for rank in range(1, 19)))
    terms = terms_of("mes")
    now = datetime(2026, 5, 12, 9, tzinfo=UTC)
    for _ in range(2):
        Teams(mes(), terms, calendar_of(terms), now).live([date(2026, 3, 1), date(2026, 4, 1)])
    found = [one.standing for one in clearances_of(mes(), until=now.date()) if one.first_on]
    assert (len(found), found.count(Standing.BREACH)) == (18, 2)
    assert Session.objects.count() == 11
    assert [(one.trained, one.advisers) for one in RateSent.objects.all()] == [(16, 18)]
    assert [one.article.code for one in to_read(mes(), "C001", now.date())] == ["SCR-OPPOSITION"]

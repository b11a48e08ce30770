"""The demonstration's callers answer through the room's own acts, and telling them twice changes nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from titulaire.contracts.queries import terms_of
from titulaire.identity.tests.factories import contract
from titulaire.portal.demo.history import instant
from titulaire.portal.demo.surveys import ask_callers
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.presence.queries import calendar_of
from titulaire.support.satisfaction.models import Invitation, Questionnaire, Reply


@pytest.mark.django_db
def test_three_months_are_asked_once_and_a_question_changes_in_the_third(
    tmp_path: Path, settings: object
) -> None:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    mes, now = contract("mes", "SUPPORT"), instant(date(2026, 5, 20), 9)
    calls = [
        row(
            appel=f"{month}-{n}", arrivee=f"0{day}/0{month}/2026 10:{n:02}:00", decroche="", qualifie_le="",
            appelant=f"01 99 00 {month:02} {n:02}",
        )
        for month, day in ((3, 3), (4, 2), (5, 5)) for n in range(40)
    ]  # fmt: skip
    path = acd_csv(tmp_path / "a.csv", calls)
    done = import_file(contract=mes, path=path, connector=find_connector("acd-csv"), actor="x", at=now)
    assert done.batch.state == "ACCEPTED", done.batch.refused_by_rule
    months = [date(2026, month, 1) for month in (3, 4, 5)]
    for _ in range(2):
        ask_callers(mes, months, calendar=calendar_of(terms_of("mes")), actor="x", now=now)
    assert (Questionnaire.objects.count(), Invitation.objects.count()) == (2, 75)
    assert 15 < Reply.objects.count() < 60
    assert "01 99" not in " ".join(Reply.objects.values_list("comment", flat=True))

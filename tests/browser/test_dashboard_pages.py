"""The pages of dashboards, forecasts and presence in a browser: nothing that axe-core finds wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.dashboards.tests.conftest import contract, empty  # noqa: F401 - fixtures
from titulaire.support.forecasts.rules import Channel, Volume
from titulaire.support.forecasts.services import state_forecast
from titulaire.support.presence.rules import Origin, PlannedDay
from titulaire.support.presence.services import count_present, send_staff_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MONDAY = date(2026, 5, 4)
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
PAGES = (
    "tableaux/?periode=2026-05",
    "tableaux/?periode=2026-05-04",
    "tableaux/indicateur/I1/?periode=2026-05",
    "tableaux/heures/?periode=2026-05",
    "tableaux/journee/?jour=2026-05-04&heure=12:00",
    "tableaux/conseillers/?periode=2026-05",
    "tableaux/conseillers/un/?periode=2026-05&conseiller=AGENT-0",
    "tableaux/conseillers/numeros/",
    "tableaux/conseillers/numeros/nouveau/",
    "tableaux/2026-05/I1/lignes/",
    "simulateur/?mois=2026-05&effectif=3&conseillers=2",
    "tableaux/abonnements/",
    "tableaux/abonnements/nouveau/",
    "previsions/",
    "previsions/1/",
    "previsions/nouvelle/",
    "presence/?semaine=2026-05-04",
    "presence/annoncer/",
    "presence/2026-05-04/compter/",
    "presence/2026-05-04/NORD/expliquer/",
)


def test_the_pages_of_the_dashboards_are_accessible(
    live_server: Any,
    page: Page,
    client: Any,
    contract: Contract,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    state_forecast(
        contract=contract,
        volumes=[Volume(MONDAY, Channel.PHONE, "", 10)],
        source="Comité",
        content=b"x",
        file_name="x.csv",
        actor="user:test",
        at=AT,
    )
    send_staff_plan(
        contract=contract,
        week=MONDAY,
        days=[PlannedDay(MONDAY, "NORD", 4)],
        content=b"x",
        file_name="x.csv",
        actor="user:test",
        at=AT,
    )
    count_present(
        contract=contract, on=MONDAY, present={"NORD": 3}, origin=Origin.ENTERED, actor="user:test", at=AT
    )
    client.force_login(person(Role.SUPERVISOR, on=contract))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.set_default_timeout(120_000)
    for address in PAGES:
        page.goto(f"{live_server.url}/marches/mes/{address}")
        assert [str(each) for each in audit(page)] == [], address
        assert reflow(page) == 0, address

"""The pages of frozen months, readings and service levels in a browser: axe-core, narrow screens."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configuration
from django.test import Client
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.contracts.services import answer_level_change, notify_level_change
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.identity.tests.factories import person
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import Correction, import_file
from titulaire.support.facts.tests.conftest import acd_csv
from titulaire.support.months.rules import Verdict
from titulaire.support.months.services import answer_month, freeze_month
from titulaire.support.months.tests.conftest import ENTERED, answered, lost
from titulaire.support.readings.services import ask_question

pytestmark = pytest.mark.browser
MAY = date(2026, 5, 1)
AT, LATER = datetime(2026, 6, 8, 9, 0, tzinfo=UTC), datetime(2026, 6, 20, 9, 0, tzinfo=UTC)

PAGES = [
    "mois/",
    "mois/2026-05/1/",
    "mois/2026-05/2/?verifier=1&par=day",
    "mois/2026-05/2/I1/lignes/",
    "mois/2026-05/arreter/",
    "lectures/?mois=2026-05&telephonie=100000",
    "lectures/hold_time/?mois=2026-05&telephonie=100000",
    "lectures/hold_time/reponse/",
    "lectures/accessibility/poser/",
    "contrat/niveaux/",
    "contrat/niveaux/1/",
    "contrat/niveaux/notifier/",
    "contrat/niveaux/2/repondre/",
]


@pytest.fixture
def signed_in(live_server: Any, page: Page, tmp_path: Path, settings: Any) -> Page:
    """The supervisor, beside a month frozen, contested and corrected, a question and two level changes."""
    settings.DATA_DIR = tmp_path / "var"
    contract = contract_named("mes", "SUPPORT")

    def bring(rows: list[dict[str, str]], why: str, at: datetime) -> None:
        path = acd_csv(tmp_path / f"appels-{at:%m%d}.csv", rows)
        import_file(
            contract=contract,
            path=path,
            connector=find_connector("acd-csv"),
            actor="user:1",
            at=at,
            correction=Correction("DAYS", why) if why else None,
        )

    rows = [answered(f"A{n}", 4 + n % 9, "NORD" if n < 6 else "SUD") for n in range(12)]
    bring([*rows, lost("L0"), lost("L1")], "", AT)
    issue = freeze_month(contract=contract, month=MAY, entered=ENTERED, actor="user:1", at=AT)
    answer_month(
        issue=issue,
        verdict=Verdict.CONTESTED,
        remarks="Le 4 mai manque des appels.",
        contested=["I1", "P3"],
        actor="user:2",
        at=AT,
    )
    bring([answered("A0"), answered("A9"), answered("A20"), lost("L1")], "fichier du 4 mai incomplet", LATER)
    freeze_month(contract=contract, month=MAY, actor="user:1", at=LATER)
    ask_question(contract=contract, reading="hold_time", letter=b"%PDF-1.7", actor="user:1", at=AT)
    now = datetime.now(tz=UTC)
    for title, name, value in (
        ("Décroché à 92 %", "answer_rate_target", Decimal("0.92")),
        ("Attente d’une minute et demie", "average_wait_target", 90),
    ):
        change = notify_level_change(
            contract=contract, title=title, values={name: value}, notified_at=now, actor="user:2", at=now
        )
        if change.number == 1:
            answer_level_change(change=change, accepted=False, reasons="Effectif.", actor="user:1", at=now)
    client = Client()
    client.force_login(person(Role.SUPERVISOR, on=contract))
    cookie = client.cookies[configuration.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


@pytest.mark.django_db(transaction=True)
def test_the_pages_pass_axe_and_fit_a_narrow_screen(live_server: Any, signed_in: Page) -> None:
    faults = {}
    for place in PAGES:
        signed_in.goto(f"{live_server.url}/marches/mes/{place}")
        found = [str(each) for each in audit(signed_in)]
        if shots := os.environ.get("SHOTS"):
            signed_in.screenshot(path=f"{shots}/{place.replace('/', '_').split('?')[0]}.png", full_page=True)
        wide = reflow(signed_in)
        if found or wide:
            faults[place] = (found, wide)
        signed_in.set_viewport_size({"width": 1280, "height": 900})
    assert faults == {}

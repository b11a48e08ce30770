"""The pages of quality in a browser, as the demonstration fills them: accessible, nothing beyond 320 pixels."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import AT, hold, organisation, person
from titulaire.portal.demo.quality import inspect
from titulaire.support.dashboards.services import tie_adviser
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.quality.models import Calibration, Draw, Evaluation, Publication
from titulaire.support.quality.queries import replay
from titulaire.support.quality.tests.test_acts import mes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    ("quality_items",),
    ("quality_item", "EVA-00001"),
    ("quality_mark", "EVA-00013"),
    ("quality_pick",),
    ("quality_draws",),
    ("quality_draw", "TIR-0001"),
    ("quality_seal",),
    ("quality_scorecards",),
    ("quality_scorecard_new",),
    ("quality_calibrations",),
    ("quality_calibration", "CAL-0001"),
    ("quality_owed",),
    ("quality_follow",),
    ("quality_share", "C001"),
)
OWN = (("quality_mine",), ("quality_item", "EVA-00001"))


def inhabitant(first: str, last: str, role: Role) -> User:
    made = User.objects.create(
        email=f"{first}.{last}@demo.example".lower(),
        first_name=first,
        last_name=last,
        organisation=organisation("emetteur"),
        created_at=AT,
    )
    hold(made, role, mes())
    return made


def calls(folder: Path) -> None:
    """Two answered calls of each of fifteen advisers, each of the last days."""
    today = timezone.localdate()
    rows = [
        row(
            appel=f"A{who:02d}-{ago}-{rank}",
            conseiller=f"C{who:03d}",
            arrivee=f"{today - timedelta(days=ago):%d/%m/%Y} 1{rank}:{who:02d}:00",
            decroche=f"{today - timedelta(days=ago):%d/%m/%Y} 1{rank}:{who:02d}:25",
        )
        for who in range(1, 16)
        for ago in range(2, 7)
        for rank in range(2)
    ]
    import_file(
        contract=mes(),
        path=acd_csv(folder / "appels.csv", rows),
        connector=find_connector("acd-csv"),
        actor="system:test",
        at=timezone.now(),
    )


@pytest.mark.clause("S-4.1-controles", "S-4.1-calibrage")
def test_the_pages_of_quality_are_accessible_as_the_demonstration_fills_them(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    inhabitant("Perrine", "Galdric", Role.QUALITY_OFFICER)
    inhabitant("Solange", "Brissonnet", Role.BUYER_MANAGER)
    inhabitant("Malik", "Ferrandes", Role.SUPERVISOR)
    adviser = inhabitant("Lison", "Verdaguer", Role.ADVISER)
    calls(tmp_path)
    since = timezone.localdate() - timedelta(days=30)
    tie_adviser(
        contract=mes(), user=adviser, number="C001", since=since, actor="system:test", at=timezone.now()
    )
    for _ in range(2):
        inspect(mes(), now=timezone.now(), today=timezone.localdate())
    assert (Draw.objects.count(), Calibration.objects.count(), Evaluation.objects.count()) == (2, 1, 24)
    assert replay(Draw.objects.get(rank=1)).holds
    assert Publication.objects.get().batch
    for user, pages in ((person(Role.QUALITY_OFFICER, on=mes()), PAGES), (adviser, OWN)):
        client.force_login(user)
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        shots = os.environ.get("SHOTS")
        for name, *arguments in pages:
            answer = page.goto(live_server.url + reverse(name, args=["mes", *arguments]))
            assert answer and answer.ok, name
            if shots:
                page.set_viewport_size({"width": 1280, "height": 800})
                page.screenshot(path=f"{shots}/{user.pk}-{name}.png", full_page=True)
                page.set_viewport_size({"width": 320, "height": 800})
                page.screenshot(path=f"{shots}/{user.pk}-{name}-320.png", full_page=True)
                page.set_viewport_size({"width": 1280, "height": 800})
            assert [str(each) for each in audit(page)] == [], name
            assert reflow(page) == 0, name

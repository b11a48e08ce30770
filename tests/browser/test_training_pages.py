"""The pages of training and of knowledge in a browser: axe-core finds nothing, nothing goes beyond 320 pixels."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import hold, person
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.knowledge.tests import test_knowledge as knowledge
from titulaire.support.training import services
from titulaire.support.training.tests import test_acts as training
from titulaire.support.training.tests.test_pages import facts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    ("training_sessions",),
    ("training_session", "FOR-0001"),
    ("training_session_new",),
    ("training_session_hold", "FOR-0005"),
    ("training_import",),
    ("my_training",),
    ("clearances",),
    ("clearance", "C001"),
    ("training_rates",),
    ("training_rate_send", "2026-03"),
    ("knowledge",),
    ("knowledge_new",),
    ("knowledge_article", "SCR-1"),
    ("knowledge_vouch", "SCR-1", 3),
    ("knowledge_readers", "SCR-1", 2),
    ("my_readings",),
)


@pytest.mark.clause("S-5.2-formation-initiale", "S-5.3-formation-continue")
def test_the_pages_of_training_and_of_knowledge_are_accessible(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    on = training.mes()
    user = person(Role.SUPERVISOR, Role.ADVISER, on=on)
    hold(user, Role.BUYER_MANAGER, on)
    AdviserNumber.objects.create(
        contract=on, user=user, number="C001", since=date(2026, 1, 1), said_by="test", said_at=timezone.now()
    )
    training.course("C001", "C002", "C004")
    today = timezone.localdate()
    training.planned("C001", "C009", module=training.INTRO, starts_on=today, ends_on=today)
    facts(tmp_path, ("C001", "06/03/2026"), ("C002", "07/03/2026"), ("C003", "09/03/2026"))
    services.tell_rate(contract=on, month=date(2026, 3, 1), actor="x", at=datetime(2026, 4, 10, tzinfo=UTC))
    knowledge.vouched(knowledge.written())
    knowledge.vouched(knowledge.written("Bonjour.\nVotre nom, je vous prie ?"), knowledge.FRIDAY)
    knowledge.written("Bonjour.\nVotre nom, je vous prie ?\nMerci.")
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    shots = os.environ.get("SHOTS")
    for name, *arguments in PAGES:
        page.goto(live_server.url + reverse(name, args=[on.code, *arguments]))
        if shots:
            page.screenshot(path=f"{shots}/{name}.png", full_page=True)
        assert [str(each) for each in audit(page)] == [], name
        assert reflow(page) == 0, name
        if shots:
            page.set_viewport_size({"width": 320, "height": 640})
            page.screenshot(path=f"{shots}/{name}-320.png", full_page=True)
            page.set_viewport_size({"width": 1280, "height": 800})

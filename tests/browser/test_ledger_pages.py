"""The pages of incidents and of the ledger in a browser: axe-core finds nothing, nothing goes beyond 320 pixels."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.incidents.tests import test_acts as incidents
from titulaire.support.ledger.rules import WorkUnit
from titulaire.support.ledger.tests import test_acts as ledger

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MONTH, REFERENCE = "2026-05", "INC-0001"
PAGES = (
    ("incident_list",),
    ("incident_new",),
    ("incident_import",),
    ("incident_references",),
    ("incident_detail", REFERENCE),
    ("incident_claim", "INC-0002"),
    ("ledger_list",),
    ("ledger_month", MONTH),
    ("ledger_month", "2026-06"),
    ("ledger_enter", "2026-06"),
    ("ledger_import", "2026-06"),
    ("work_orders",),
    ("work_order_new",),
    ("unit_prices",),
    ("unit_price_new",),
    ("penalties_month",),
)


@pytest.mark.clause("S-3.2-incidents", "S-7.2-commandes")
def test_the_pages_of_incidents_and_of_the_ledger_are_accessible(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    on = incidents.mes()
    ended = incidents.START + timedelta(hours=3)
    broken = incidents.declared(
        what="Coupure du réseau national", interrupts=True, until_at=ended, flows=("3422",), sites=("NORD",)
    )
    incidents.claimed(broken, lines=("P2", "P3"))
    incidents.declared(what="Bandeau indisponible", other_reference="CNAM-77", interrupts=True)
    ledger.priced(*WorkUnit)
    ledger.ordered("CF-2026-11", 4, 18)
    closed = ledger.closed(ledger.produced(), ledger.produced(WorkUnit.UO4, day=5, quantity="320"))
    ledger.services.draft_ledger_invoice(ledger=closed, **ledger.TRACE)
    client.force_login(person(Role.SUPERVISOR, Role.BUYER_MANAGER, on=on))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    shots = os.environ.get("SHOTS")
    for name, *arguments in PAGES:
        page.goto(live_server.url + reverse(name, args=[on.code, *arguments]))
        if shots:
            page.screenshot(path=f"{shots}/{name}-{'-'.join(arguments)}.png", full_page=True)
        assert [str(each) for each in audit(page)] == [], name
        assert reflow(page) == 0, name

"""The desk in a browser: a call taken and qualified by the keyboard alone, and pages that hold in 320 pixels."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.dashboards.services import tie_adviser
from titulaire.support.desk import services
from titulaire.support.desk.tests.test_contacts import ACTOR, AT, mes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.clause("S-2.1.7-motifs", "S-2.1.2-canaux")
def test_a_call_is_taken_and_qualified_by_the_keyboard(live_server: Any, page: Page, client: Any) -> None:
    user = person(Role.ADVISER, on=mes())
    tie_adviser(contract=mes(), user=user, number="C014", since=date(2026, 1, 1), actor=ACTOR, at=AT)
    services.take_seat(contract=mes(), site="NORD", actor=user.actor, at=AT)
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    home = f"{live_server.url}/marches/mes/bureau/"
    page.goto(home)
    assert [str(each) for each in audit(page)] == []
    page.keyboard.press("Tab")
    page.keyboard.type("88120")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}contacts/CT-000001/qualifier/")
    assert [str(each) for each in audit(page)] == []
    for key in ("4", "12", "14", "R"):
        page.keyboard.type(key)
        page.keyboard.press("Tab")
    page.keyboard.type("Agenda expliqué")
    page.keyboard.press("Enter")
    expect(page).to_have_url(home)
    for address in ("", "contacts/", "contacts/CT-000001/", "contacts/CT-000001/intervention/", "tickets/"):
        page.goto(home + address)
        assert [str(each) for each in audit(page)] == []
        assert reflow(page) == 0, address
    page.goto(f"{home}contacts/CT-000001/")
    expect(page.locator("main")).to_contain_text("Clôture")
    expect(page.locator("main")).to_contain_text("Appli mobile")

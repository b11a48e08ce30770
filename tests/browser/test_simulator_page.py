"""The simulator in a browser: its sliders by the keyboard, and the answer that follows them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import audit
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.simulator.tests.test_pages import busy  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_slider_moved_by_the_keyboard_is_answered(
    live_server: Any,
    page: Page,
    client: Any,
    busy: Contract,  # noqa: F811 - the fixture
) -> None:
    client.force_login(person(Role.PLANNER, on=busy))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(f"{live_server.url}/marches/mes/simulateur/?mois=2026-05&effectif=3&telephonie=100000")
    slider = page.get_by_role("slider", name="Conseillers de plus ou de moins, curseur")
    slider.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#id_conseillers")).to_have_value("2")
    expect(page.locator("#dit")).to_contain_text("+2 conseillers")
    assert "conseillers=2" in page.url
    page.locator("#fait-I1 summary").click()
    page.locator("#id_conseillers").fill("-1")
    expect(page.locator("#dit")).to_contain_text("−1 conseiller")
    expect(slider).to_have_value("-1")
    expect(page.locator("#fait-I1")).to_have_attribute("open", "")
    assert [str(each) for each in audit(page)] == []

"""The pages of the regimes in a browser: axe-core, narrow screens, the frieze beside its table."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.browser

PAGES = ["", "mentions/", "conflits/", "conflits/ce-que-le-titre-paie/", "textes/cap/"]


@pytest.fixture
def signed_in(live_server, page: Page) -> Page:
    client = Client()
    client.force_login(person(Role.BUYER_READER, on=contract()))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(live_server, signed_in: Page, address: str, scheme: str):
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    signed_in.goto(f"{live_server.url}/marches/cpam47/regimes/{address}")
    assert [str(each) for each in audit(signed_in)] == []


@pytest.mark.parametrize("address", PAGES)
def test_nothing_scrolls_sideways_on_a_narrow_screen(live_server, signed_in: Page, address: str):
    signed_in.goto(f"{live_server.url}/marches/cpam47/regimes/{address}")
    assert reflow(signed_in) == 0


def test_another_vintage_is_one_choice_away(live_server, signed_in: Page):
    signed_in.goto(f"{live_server.url}/marches/cpam47/regimes/")
    signed_in.get_by_label("Millésime", exact=True).select_option("2025")
    signed_in.get_by_role("button", name="Afficher").click()
    assert "2025" in signed_in.get_by_role("heading", level=1).inner_text()
    assert signed_in.get_by_role("cell", name="31/01/2026").count() >= 1

"""The gallery shows every component: what holds here holds on each page made of them."""

import copy
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow, tab_stops, unseen_focus
from titulaire.ui.tests import gallery

pytestmark = [pytest.mark.browser, pytest.mark.urls("titulaire.ui.tests.gallery")]

PAGES = [
    "/galerie/",
    "/galerie/?erreurs=1",
    "/tableau/",
    "/tableau/?q=introuvable",
    "/tableau/?recue_du=demain",
    "/confirmer/",
    "/mur/",
    "/refus/403/",
    "/compte/login/",
    "/connexion-demo/",
    "/compte/password/reset/",
    "/compte/password/reset/done/",
    "/compte/password/reset/key/1-faux/",
    "/compte/inactive/",
    "/compte/signup/",
    "/compte/activer/inconnu/",
]


@pytest.fixture(autouse=True)
def gallery_templates(settings):
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [Path(gallery.__file__).parent / "templates"]
    settings.TEMPLATES = templates


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_right_in_light_in_dark_and_narrow(live_server, page: Page, address: str):
    page.goto(live_server.url + address)
    assert [str(each) for each in audit(page)] == []
    page.emulate_media(color_scheme="dark")
    assert [str(each) for each in audit(page)] == []
    assert reflow(page) == 0


def test_the_keyboard_goes_from_the_skip_link_to_the_footer(live_server, page: Page):
    page.goto(live_server.url + "/galerie/")
    stops = tab_stops(page)
    assert stops[0] == "a Aller au contenu"
    menu, first_filter = stops.index("a Tableau de bord"), stops.index("input#filtre_q q")
    assert menu < first_filter < stops.index("button Déposer la commande")


def test_every_stop_of_the_keyboard_shows(live_server, page: Page):
    page.goto(live_server.url + "/galerie/")
    assert unseen_focus(page) == []


def test_the_skip_link_leads_to_the_main_part(live_server, page: Page):
    page.goto(live_server.url + "/galerie/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"

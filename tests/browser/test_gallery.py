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


def test_progress_comes_by_itself_and_stops_when_done(live_server, page: Page):
    page.goto(live_server.url + "/travail/")
    page.locator("b").get_by_text("100 sur 100").wait_for(timeout=10_000)
    assert page.locator("[hx-get]").count() == 0


def test_a_post_of_a_fragment_carries_its_token(live_server, page: Page):
    page.goto(live_server.url + "/travail/")
    with page.expect_response("**/avancement/") as answer:
        page.get_by_role("button", name="Recommencer").click()
    assert answer.value.status == 200
    assert "x-csrftoken" in answer.value.request.headers


def test_on_a_narrow_screen_the_menu_opens_and_closes_by_keyboard(live_server, page: Page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(live_server.url + "/tableau/")
    link = page.get_by_role("link", name="Production")
    button = page.get_by_role("button", name="Menu")
    assert not link.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert link.is_visible() and button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not link.is_visible()


def test_without_script_the_menu_the_filters_and_the_pages_work(live_server, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(live_server.url + "/tableau/")
    assert page.get_by_role("link", name="Production").is_visible()
    page.get_by_label("Rechercher").fill("rouen")
    page.get_by_role("button", name="Filtrer").click()
    assert "26 commandes" in page.locator(".table-count").inner_text().replace("\u00a0", " ")
    context.close()


def test_the_file_that_a_page_offers_is_the_filtered_one(live_server, page: Page):
    page.goto(live_server.url + "/tableau/?q=0001")
    with page.expect_download() as waited:
        page.get_by_role("link", name="CSV").click()
    content = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    assert waited.value.suggested_filename.startswith("commandes-")
    assert content.count("\n") == 2 and "CMD-2027-0001" in content


def test_after_a_refusal_the_reader_stands_on_the_summary(live_server, page: Page):
    page.goto(live_server.url + "/galerie/?erreurs=1")
    assert page.evaluate("document.activeElement.className").find("error-summary") >= 0
    page.get_by_role("link", name="Date de réception").first.click()
    assert page.evaluate("document.activeElement.id") == "id_received_on"

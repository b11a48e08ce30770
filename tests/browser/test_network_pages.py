"""The network's pages in a browser; and the public check, which still verifies a code without the network."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.models import Remittance
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import AT, make_affiliate, make_vouchers
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lived() -> list[Voucher]:
    vouchers = make_vouchers(5)
    titles = [Given(vouchers[0].code), Given(vouchers[0].number), Given("12")]
    remit(affiliate=make_affiliate(), titles=titles, channel=Channel.TYPED, actor=ACTOR, at=AT)
    Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31")
    return list(Voucher.objects.order_by("serial"))


@pytest.fixture
def signed_in(live_server, page: Page) -> Page:
    client = Client()
    client.force_login(person(Role.VOUCHER_OPERATOR, on=make_contract()))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    return page


def test_the_pages_of_the_network_have_no_fault(live_server, signed_in: Page) -> None:
    lived()
    number, siret = Remittance.objects.get().number, Remittance.objects.get().affiliate.siret
    for address in (
        "commerces/", "commerces/nouveau/", f"commerces/{siret}/", f"commerces/{siret}/examen/suspendre/",
        "remises/", "remises/nouvelle/", f"remises/{number}/", "paiements/", "paiements/payer/",
        "paiements/compte/", "destructions/", "destructions/nouvelle/",
    ):  # fmt: skip
        signed_in.goto(f"{live_server.url}/marches/cpam47/reseau/{address}")
        assert [str(each) for each in audit(signed_in)] == [], address
        assert reflow(signed_in) == 0, address


def test_the_public_pages_have_no_fault(live_server, page: Page) -> None:
    vouchers = lived()
    for address in (
        "verifier/", f"verifier/?c={vouchers[1].code}", "verifier/?c=12", "commerces/?lieu=agen", "avantages/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/titres/{address}")
        assert [str(each) for each in audit(page)] == [], address
        assert reflow(page) == 0, address


@pytest.mark.clause("T-2.4-securite", "T-1.1-avantages")
def test_a_telephone_without_network_tells_the_authentic_from_the_forged_and_never_says_free(
    live_server, browser: Browser
) -> None:
    vouchers = lived()
    # Its own window: the one of the other tests takes a missing network for a fault.
    page = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
    there = f"{live_server.url}/titres/verifier/"
    page.goto(there)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_label("Numéro ou code du titre").fill(vouchers[1].code)
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_text("Titre authentique et libre").wait_for()
    page.context.set_offline(True)
    page.goto(there)
    shown = page.locator("#answer")
    for code, words in (
        (vouchers[0].code, "Titre authentique"),
        (vouchers[0].code[:21] + vouchers[1].code[21:], "Titre faux"),
        (vouchers[0].code[:-1], "un numéro ne prouve rien"),
        (vouchers[0].code.replace(vouchers[0].code[5], "1", 1), "Ce n’est pas le code"),
    ):
        page.get_by_label("Numéro ou code du titre").fill(code)
        page.get_by_role("button", name="Vérifier").click()
        shown.get_by_text(words).wait_for()
        told = shown.inner_text().lower()
        assert "libre" not in told and "payé" not in told
    page.goto(f"{there}?c={vouchers[2].code}")
    shown.get_by_text("Titre authentique").wait_for()
    assert "personne ne peut dire s’il a déjà servi" in shown.inner_text()
    page.context.close()

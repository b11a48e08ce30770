"""The pages of complaints and of the end of vintages in a browser: axe-core, narrow screens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.services import open_complaint
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_person
from titulaire.vouchers.settlement import refunds, services
from titulaire.vouchers.settlement.rules import Holding
from titulaire.vouchers.settlement.tests.factories import issued

pytestmark = pytest.mark.browser

PAGES = [
    "reclamations/",
    "reclamations/ouvrir/",
    "reclamations/R2025-0001/",
    "reclamations/R2025-0001/resoudre/",
    "reclamations/actions/",
    "reglement/",
    "reglement/equilibre/",
    "reglement/millesimes/2025/",
    "reglement/millesimes/2025/declarer/",
    "reglement/comptes/",
    "reglement/cheques/",
    "reglement/avoirs/",
    "reglement/avoirs/AV2026-0001/",
    "reglement/rapports/",
    "reglement/rapports/2025/",
    "reglement/rapports/2025/chiffres/ISSUED/",
]


@pytest.fixture
def signed_in(live_server, page: Page) -> Page:
    """The operator, beside a vintage that was settled, a late complaint, a credit note and a frozen report."""
    contract, at = make_contract(), datetime(2025, 3, 3, 9, tzinfo=UTC)
    keys = issued(contract, month=date(2025, 3, 1), at=at)
    open_complaint(
        contract=contract,
        channel=Channel.MAIL,
        typology=Typology.LATE,
        description="Carnets attendus.",
        received_at=at,
        actor=ACTOR,
        at=at,
    )
    at = datetime(2026, 3, 12, 9, tzinfo=UTC)
    services.declare(contract=contract, keys=keys[8:], holding=Holding.HELD, actor=ACTOR, at=at)
    services.replace_unused(contract=contract, vintage=2025, actor=ACTOR, at=at)
    refund = refunds.refund_vintage(contract=contract, vintage=2025, actor=ACTOR, at=at)
    refunds.draw_cheque(
        refund=refund, number="1", bank="Banque", drawn_on=date(2026, 4, 14), actor=ACTOR, at=at
    )
    services.issue_credit_note(
        contract=contract,
        cause="DEFECT",
        cause_reference="R2025-0001",
        label="Défaut",
        amount=Decimal("20.00"),
        actor=ACTOR,
        at=at,
    )
    services.freeze_report(contract=contract, year=2025, actor=ACTOR, at=at)
    client = Client()
    client.force_login(make_person(contract, Role.VOUCHER_OPERATOR))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(live_server, signed_in: Page, scheme: str):
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address in PAGES:
        signed_in.goto(f"{live_server.url}/marches/cpam47/{address}")
        assert signed_in.locator("h1").count() == 1, address
        assert [str(each) for each in audit(signed_in)] == [], address
        assert reflow(signed_in) == 0, address

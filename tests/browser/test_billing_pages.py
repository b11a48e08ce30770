"""The pages of invoices in a browser: nothing that axe-core finds wrong, nothing beyond 320 pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.billing.tests.factories import billed_contract, drafted, issued
from titulaire.billing.tests.test_acts import credit, pay
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.clause("T-2.1.2-avoirs")
def test_the_pages_of_invoices_are_accessible(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    on = billed_contract()
    invoice, draft = issued(on, key="a"), drafted(on, key="b")
    note = credit(invoice, "120").document
    pay(invoice, "1000")
    client.force_login(person(Role.VOUCHER_OPERATOR, on=on))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    shots = os.environ.get("SHOTS")
    for name, reference in (
        ("invoices", ""),
        ("invoice_new", ""),
        ("billing_profile", ""),
        ("invoice", invoice.number),
        ("invoice", note.number),
        ("invoice", draft.reference),
        ("invoice_issue", draft.reference),
        ("invoice_discard", draft.reference),
        ("invoice_credit", invoice.number),
        ("invoice_pay", invoice.number),
    ):
        page.goto(live_server.url + reverse(name, args=[on.code, *([reference] if reference else [])]))
        assert [str(each) for each in audit(page)] == [], (name, reference)
        assert reflow(page) == 0, (name, reference)
        if shots:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.screenshot(path=f"{shots}/{name}-{reference}.png", full_page=True)

"""The pages of the staff and of premises in a browser: axe-core finds nothing, nothing goes beyond 320 pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.premises.tests.test_acts import equipped
from titulaire.support.staff import services
from titulaire.support.staff.models import Member
from titulaire.support.staff.tests import test_acts as staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    ("staff",),
    ("staff_new",),
    ("staff_import",),
    ("staff_member", "A1"),
    ("staff_identity", "A1"),
    ("staff_check", "A1"),
    ("staff_accounts",),
    ("staff_account_open",),
    ("staff_removals",),
    ("staff_lists",),
    ("staff_officers",),
    ("sites",),
    ("site_new",),
    ("floors",),
    ("workplaces",),
    ("equipment",),
    ("equipment_check",),
)


@pytest.mark.clause("S-5.1-ressources", "S-8.1-identifiants", "S-10.1.4-materiel")
def test_the_pages_of_the_staff_and_of_premises_are_accessible(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    on = staff.mes()
    equipped()
    account = staff.opened(Member.objects.get())
    services.make_list(contract=on, **staff.BY)
    services.leave(member=Member.objects.get(), left_on=staff.TODAY, **staff.BY)
    client.force_login(person(Role.SUPERVISOR, Role.CSO, on=on))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    shots = os.environ.get("SHOTS")
    for name, *arguments in (*PAGES, ("staff_account", account.pk)):
        page.goto(live_server.url + reverse(name, args=[on.code, *arguments]))
        if shots:
            page.screenshot(path=f"{shots}/{name}.png", full_page=True)
        assert [str(each) for each in audit(page)] == [], name
        assert reflow(page) == 0, name

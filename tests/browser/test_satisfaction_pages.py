"""The pages of satisfaction in a browser: axe-core finds nothing, nothing goes beyond 320 pixels."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.satisfaction import services
from titulaire.support.satisfaction.rules import STANDARD, Measure
from titulaire.support.satisfaction.tests.test_acts import AT, DONE, invited, mes, named, token

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES: tuple[tuple[Any, ...], ...] = (
    ("satisfaction",),
    ("survey_replies",),
    ("survey_waves",),
    ("survey_from_file",),
    ("survey_from_facts",),
    ("survey_links", 1),
    ("survey_opt_out",),
    ("questionnaires",),
    ("questionnaire_new",),
    ("survey_plan",),
)


def _answered(reference: str, rank: int) -> None:
    found = services.Invitation.objects.get(reference=reference)
    marks = {
        Measure.CSAT: 5 - rank % 3,
        Measure.CES: 7 - rank % 4,
        Measure.FCR: rank % 2,
        Measure.NPS: 10 - rank,
    }
    services.answer(invitation=found, marks=marks, comment="Rappelez le 01 99 00 12 34, merci.", at=AT)


@pytest.mark.clause("S-3.3.3-satisfaction")
def test_the_pages_of_satisfaction_are_accessible(
    live_server: Any, page: Page, client: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    reasons = ("Accompagnement à l’activation", "Assistance à l’usage", "Opposition à la création")
    invited(*(named(f"A{n}", reason=reasons[n % 3]) for n in range(9)))
    for n in range(7):
        _answered(f"A{n}", n)
    services.publish(
        contract=mes(), questions=[replace(STANDARD[0], wording="Content ?"), *STANDARD[1:]], **DONE
    )
    invited(named("B1"), at=timezone.now())
    shots = os.environ.get("SHOTS")

    def looked_at(address: str, name: str) -> None:
        page.goto(live_server.url + address)
        if shots:
            page.screenshot(path=f"{shots}/{name}.png", full_page=True)
        assert [str(each) for each in audit(page)] == [], name
        assert reflow(page) == 0, name
        if shots:
            page.set_viewport_size({"width": 320, "height": 700})
            page.screenshot(path=f"{shots}/{name}-320.png", full_page=True)
            page.set_viewport_size({"width": 1280, "height": 900})

    link = reverse("survey", args=[token("B1")])
    looked_at(link, "survey")
    page.get_by_role("button", name="Envoyer ma réponse").click()
    assert page.title().startswith("Erreur : ") and [str(each) for each in audit(page)] == []
    page.locator("input[name=CSAT][value='4']").check()
    page.get_by_role("button", name="Envoyer ma réponse").click()
    assert "Merci" in page.title()
    looked_at(link, "survey-again")
    assert "Vous avez déjà répondu" in page.title() and page.context.cookies() == []
    client.force_login(person(Role.QUALITY_OFFICER, on=mes()))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    for name, *arguments in PAGES:
        looked_at(reverse(name, args=["mes", *arguments]), name)

"""The page of who is asked: without account, cookie, script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from titulaire.support.satisfaction.models import OptOut, Reply
from titulaire.support.satisfaction.public import LOOKS_PER_MINUTE
from titulaire.support.satisfaction.tests.test_acts import invited, named, token

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.3-satisfaction")]


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


def test_a_person_answers_once_and_the_second_time_reads_when_the_first_came() -> None:
    invited(named("A1"), at=timezone.now())
    page = Client(enforce_csrf_checks=True)
    address = f"/enquete/{token()}/"
    shown = page.get(address)
    words = shown.content.decode()
    assert "clair" in words and "<script" not in words and not shown.cookies
    assert shown.headers["Cache-Control"] == "private, no-store"
    refused = page.post(address, {"comment": "rien"})
    assert refused.status_code == 422 and "Choisissez une note." in refused.content.decode()
    assert page.post(address, {"CSAT": "9"}).status_code == 422
    done = page.post(address, {"CSAT": "5", "FCR": "1", "CES": "7", "NPS": "10", "comment": "Bien"})
    assert "Merci" in done.content.decode() and not done.cookies
    reply = Reply.objects.get()
    assert dict(reply.marks.values_list("asked__measure", "value")) == {
        "CSAT": 5,
        "FCR": 1,
        "CES": 7,
        "NPS": 10,
    }
    for again in (page.get(address), page.post(address, {"CSAT": "1"})):
        assert "Votre réponse a été reçue le" in again.content.decode() and not again.cookies
    assert Reply.objects.count() == 1


def test_a_link_that_ended_or_never_was_says_so() -> None:
    invited(named("A1"), at=timezone.now() - timedelta(days=7))
    assert Client().get(f"/enquete/{token()}/").status_code == 410
    assert Client().post(f"/enquete/{token()}/", {"CSAT": "5"}).status_code == 410
    assert Client().get("/enquete/inconnu/").status_code == 404
    assert Reply.objects.count() == 0


def test_a_person_asks_not_to_be_asked() -> None:
    invited(named("A1"), at=timezone.now())
    for _ in range(2):
        said = Client(enforce_csrf_checks=True).post(f"/enquete/{token()}/refus/")
        assert "plus d’enquête" in said.content.decode() and not said.cookies
    assert OptOut.objects.count() == 1
    assert Client().get(f"/enquete/{token()}/refus/").status_code == 405


def test_guessing_links_is_slowed_down() -> None:
    for _ in range(LOOKS_PER_MINUTE):
        assert Client().get("/enquete/au-hasard/").status_code == 404
    assert Client().get("/enquete/au-hasard/").status_code == 429

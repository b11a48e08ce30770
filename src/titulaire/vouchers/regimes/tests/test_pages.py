"""The pages of the regimes: what they show, what they export, who opens them."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from python_calamine import CalamineWorkbook

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.vouchers.regimes import labels, queries, views
from titulaire.vouchers.regimes.rules import Subject

pytestmark = pytest.mark.django_db


def _client(role: Role = Role.BUYER_READER, on=None) -> Client:
    client = Client()
    client.force_login(person(role, on=on or contract()))
    return client


def _url(name: str, *arguments: str) -> str:
    return reverse(name, args=["cpam47", *arguments])


@pytest.mark.clause("T-2.1.3-millesime")
def test_the_dates_of_a_vintage_are_shown_regime_by_regime():
    page = _client().get(_url("regimes"), {"millesime": "2027"}).content.decode()
    for day in ("31/01/2028", "31/12/2027", "28/02/2028", "29/02/2028", "15/04/2028", "14/04/2028"):
        assert day in page


@pytest.mark.parametrize("asked", ["", "abc", "1066", "99999999999", "-1"])
def test_a_vintage_that_makes_no_sense_gives_the_current_one(asked):
    answer = _client().get(_url("regimes"), {"millesime": asked})
    assert answer.status_code == 200
    assert f"millésime {queries.current_vintage('cpam47', on=localdate())}" in answer.content.decode()


@pytest.mark.clause("T-2.4-mentions")
def test_the_mentions_page_says_who_asks_for_each():
    page = _client().get(_url("regime_mentions")).content.decode()
    for words in ("Attribué par [nom de l’organisme]", "CGCT, art. R.1611-8, I, 2°", "R.3262-1-1", "recto"):
        assert words in page


def test_the_register_shows_every_conflict_and_leads_to_it():
    page = _client().get(_url("regime_conflicts")).content.decode()
    for line in queries.register("cpam47", on=localdate()):
        assert _url("regime_conflict", labels.SLUG_OF[line.subject]) in page


def test_the_register_is_filtered_by_the_origin_of_what_is_applied():
    page = _client().get(_url("regime_conflicts"), {"origine": "UNION"}).content.decode()
    assert _url("regime_conflict", labels.SLUG_OF[Subject.MENTIONS]) in page
    assert _url("regime_conflict", labels.SLUG_OF[Subject.LAST_USE]) not in page


def test_the_exported_register_holds_the_regimes_the_reasons_and_the_questions():
    answer = _client().get(_url("regime_conflicts"), {"export": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["Sujet", "CAP", "CESU", "Titre-restaurant"]
    assert "Question au client" in sheet[0]
    assert len(sheet) == 1 + len(queries.register("cpam47", on=localdate()))


@pytest.mark.parametrize("subject", list(Subject))
def test_each_subject_has_its_page_or_none(subject):
    known = {line.subject: line for line in queries.register("cpam47", on=localdate())}
    answer = _client().get(_url("regime_conflict", labels.SLUG_OF[subject]))
    assert answer.status_code == (200 if subject in known else 404)
    if subject in known:
        assert known[subject].question in answer.content.decode()


@pytest.mark.parametrize("slug", ["cap", "cesu", "titre-restaurant"])
def test_a_regime_shows_its_facts_with_their_provisions(slug):
    page = _client().get(_url("regime_facts", slug)).content.decode()
    assert "art. " in page and "texte lu" in page


def test_an_unknown_regime_does_not_exist():
    assert _client().get(_url("regime_facts", "inconnu")).status_code == 404


@pytest.mark.parametrize("name", ["regimes", "regime_mentions", "regime_conflicts"])
@pytest.mark.parametrize("role", list(Role))
def test_readers_open_the_pages_and_the_others_do_not(name, role):
    expected = 200 if role in views.READERS else 403
    assert _client(role).get(_url(name)).status_code == expected


@pytest.mark.parametrize(("code", "kind"), [("cnam-mes", "SUPPORT"), ("cpam24", "VOUCHERS")])
@pytest.mark.parametrize("name", ["regimes", "regime_mentions", "regime_conflicts"])
def test_a_contract_without_regimes_has_no_such_page(name, code, kind):
    other = contract(code, kind=kind)
    client = _client(Role.AUDITOR, on=other)
    assert client.get(reverse(name, args=[other.code])).status_code == 404


@pytest.mark.parametrize(
    ("name", "named"), [("regime_facts", {"regime": "cesu"}), ("regime_conflict", {"subject": "titre"})]
)
def test_nor_a_page_of_one_of_them(name, named):
    other = contract("cpam24", kind="VOUCHERS")
    address = reverse(name, kwargs={"contract": other.code, **named})
    assert _client(Role.AUDITOR, on=other).get(address).status_code == 404


def test_every_value_to_print_has_french_words():
    asked = {
        name
        for mention in queries.printed_mentions("cpam47", on=localdate())
        for name in mention.placeholders
    }
    assert asked <= set(views.PLACEHOLDER_WORDS)

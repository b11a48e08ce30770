"""Signing in, forgetting a password, being refused: our own pages, in French, with their errors named."""

import re

import pytest
from allauth.account.forms import LoginForm
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from titulaire.identity.models import Organisation, User

pytestmark = pytest.mark.django_db
PASSWORD = "quatre chevaux bleus sous la pluie"


@pytest.fixture
def person():
    firm = Organisation.objects.create(code="firme", name="Firme")
    user = User(
        email="agnes@exemple.example",
        first_name="Agnès",
        last_name="Lemoine",
        organisation=firm,
        created_at=timezone.now(),
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def text(response) -> str:
    return response.content.decode()


def sign_in(client, email, password):
    return client.post("/compte/login/", {"login": email, "password": password})


@pytest.mark.parametrize(
    "address",
    [
        "/compte/login/",
        "/compte/password/reset/",
        "/compte/password/reset/done/",
        "/compte/password/reset/key/1-faux/",
        "/compte/password/reset/key/done/",
        "/compte/inactive/",
        "/compte/signup/",
        "/compte/confirm-email/",
    ],
)
def test_every_page_before_signing_in_is_ours_and_in_french(client, address):
    page = text(client.get(address))
    assert '<html lang="fr"' in page and 'id="contenu"' in page
    assert page.count("<h1>") == 1
    assert not re.search(r"\b(Sign|Password|Email|please|your)\b", re.sub(r"<[^>]*>", " ", page))


def test_the_right_password_signs_in(client, person):
    assert sign_in(client, person.email, PASSWORD).status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, person):
    wrong, unknown = (
        sign_in(Client(), person.email, "autre chose"),
        sign_in(Client(), "personne@exemple.example", "autre chose"),
    )
    token = re.compile(r'(name="csrfmiddlewaretoken" value|name="csrf-token" content)="[^"]*"')
    first, second = (token.sub("", text(each)).replace(person.email, "X") for each in (wrong, unknown))
    assert first == second.replace("personne@exemple.example", "X")
    assert "<title>Erreur : Se connecter" in first and "error-summary" in first


@pytest.mark.parametrize("address", ["email/", "password/change/", "reauthenticate/", "logout/"])
def test_every_page_of_an_account_is_ours_and_in_french(client, person, address):
    client.force_login(person)
    page = text(client.get(f"/compte/{address}"))
    assert page.count("<h1>") == 1 and "Agnès Lemoine" in page
    assert not re.search(r"\b(Sign|Password|Email|please|your)\b", re.sub(r"<[^>]*>", " ", page))


def test_signing_out_needs_a_confirmation_by_post(client, person):
    client.force_login(person)
    assert "Se déconnecter ?" in text(client.get("/compte/logout/"))
    assert client.get("/compte/password/change/").status_code == 200
    client.post("/compte/logout/")
    assert client.get("/compte/password/change/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_that_serves_once(client, person, mailoutbox):
    client.post("/compte/password/reset/", {"email": person.email})
    mail = mailoutbox[0]
    assert "Choisir un nouveau mot de passe" in mail.subject
    assert "Bonjour" in mail.body and "une seule fois" in mail.body
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.body).group(1)
    form = client.get(link, follow=True)
    assert "Choisir un nouveau mot de passe" in text(form)
    new = "sept lampes jaunes dans la grange"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert "ne peut plus servir" in text(Client().get(link, follow=True))
    assert sign_in(Client(), person.email, new).status_code == 302


def test_an_unknown_address_gets_no_mail_and_the_same_page(client, person, mailoutbox):
    known, unknown = (
        client.post("/compte/password/reset/", {"email": email})
        for email in (person.email, "personne@exemple.example")
    )
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [mail.to for mail in mailoutbox] == [[person.email]]


def test_the_demo_shows_its_people_as_buttons(rf):
    people = [{"pk": 1234, "role": "Auditeur"}]
    page = render_to_string("account/login.html", {"form": LoginForm(), "demo_people": people}, rf.get("/"))
    assert 'name="person" value="1234"' in page
    assert 'action="/compte/demonstration/"' in page


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
def test_a_refusal_says_what_to_do_without_any_context(code):
    page = render_to_string(f"{code}.html")
    assert page.count("<h1>") == 1
    assert 'class="button"' in page or "Attendez" in page


def test_an_unknown_address_of_the_site_gets_our_page(client):
    response = client.get("/nulle-part/")
    assert response.status_code == 404
    assert "Cette page n’existe pas" in text(response)


def test_a_form_without_its_token_gets_our_page(person):
    response = Client(enforce_csrf_checks=True).post("/compte/login/", {})
    assert response.status_code == 403
    assert "Ce formulaire a expiré" in text(response)

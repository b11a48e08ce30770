"""The pages of who asks: who may do what, what they say, what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.satisfaction import services
from titulaire.support.satisfaction.models import Invitation, OptOut, Questionnaire, Reply, SurveyPlan
from titulaire.support.satisfaction.rules import STANDARD, Measure
from titulaire.support.satisfaction.tests.test_acts import AT, DAY, DONE, SHEET, invited, mes, named, token

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.3-satisfaction")]
HERE = "/marches/mes/satisfaction/"


def client(*roles: Role) -> Client:
    signed_in = Client()
    signed_in.force_login(person(*roles, on=mes()))
    return signed_in


def replied(reference: str, csat: int, comment: str = "", **more: int) -> Reply:
    marks = {Measure.CSAT: csat} | {Measure(name): value for name, value in more.items()}
    invitation = Invitation.objects.get(reference=reference)
    return services.answer(invitation=invitation, marks=marks, comment=comment, at=AT)


@pytest.mark.clause("S-4.1-calibrage")
def test_a_month_is_read_by_reason_and_opens_to_its_answers() -> None:
    page = client(Role.BUYER_READER)
    assert "Aucun contact n’a encore été sollicité" in page.get(HERE).content.decode()
    invited(named("A1"), named("A2"), named("A3", reason="Connexion"))
    replied("A1", 5, "Parfait", NPS=10, CES=6, FCR=1)
    replied("A3", 2, "Trop long")
    shown = page.get(HERE).content.decode()
    for words in (
        "mai 2026",
        "50,0\xa0%",
        "Activation",
        "Connexion",
        "66,7\xa0%",
        "Qualité perçue",
        "autre lecture",
    ):
        assert words in shown, words
    assert (
        "/satisfaction/reponses/?contact_du=2026-05-01&amp;contact_au=2026-05-31&amp;motif=Activation"
        in shown
    )
    for by in ("flow", "site", "channel", "day", "month"):
        assert page.get(f"{HERE}?mois=2026-05&par={by}").status_code == 200
    exported = page.get(f"{HERE}?mois=2026-05&par=reason&export=csv").content.decode("utf-8-sig")
    assert "Connexion" in exported and "intervalle à 95 %" in exported
    assert "Perçue" in page.get(f"{HERE}?q-export=csv").content.decode("utf-8-sig")
    opened = page.get(f"{HERE}reponses/?motif=Activation").content.decode()
    assert "Parfait" in opened and "Trop long" not in opened
    one = page.get(f"{HERE}reponses/?mesure=NPS&lignee=1").content.decode()
    assert "Parfait" in one and "Trop long" not in one
    assert "Parfait" not in page.get(f"{HERE}reponses/?mesure=NPS&lignee=2").content.decode()


def test_two_wordings_in_a_month_are_told() -> None:
    invited(named("A1"))
    replied("A1", 5)
    services.publish(contract=mes(), questions=[replace(STANDARD[0], wording="Content ?")], **DONE)
    invited(named("A2"))
    replied("A2", 1)
    shown = client(Role.AUDITOR).get(HERE).content.decode()
    assert "jamais mêlées" in shown and "Satisfaction v1" in shown and "Satisfaction v2" in shown


def test_a_questionnaire_and_a_plan_are_said_on_the_page() -> None:
    page = client(Role.QUALITY_OFFICER)
    assert "Recommanderiez-vous" in page.get(f"{HERE}questionnaires/publier/").content.decode()
    assert page.post(f"{HERE}questionnaires/publier/", {}).status_code == 422
    said = {"wording_CSAT": "Content ?", "wording_CES": "Facile ?", "scale_CES": "1-5-H"}
    page.post(f"{HERE}questionnaires/publier/", said)
    assert "rien n’a changé" in page.post(f"{HERE}questionnaires/publier/", said).content.decode()
    asked = Questionnaire.objects.get().questions.get(measure="CES")
    assert (asked.wording, asked.most) == ("Facile ?", 5)
    today = timezone.localdate()
    wrong = {"from_on": today - timedelta(days=1), "percent": "50", "daily_quota": ""}
    assert "aujourd’hui au plus tôt" in page.post(f"{HERE}questionnaires/plan/", wrong).content.decode()
    page.post(f"{HERE}questionnaires/plan/", wrong | {"from_on": today, "daily_quota": "200"})
    assert SurveyPlan.objects.get().daily_quota == 200
    shown = page.get(f"{HERE}questionnaires/?mesure=CES").content.decode()
    assert "50,0\xa0%" in shown and "200" in shown and "Content ?" not in shown


def test_a_file_is_taken_once_and_its_links_are_handed_over() -> None:
    page = client(Role.SUPERVISOR)

    def sent(text: str) -> str:
        file = SimpleUploadedFile("contacts.csv", text.encode())
        return page.post(f"{HERE}envois/fichier/", {"file": file}, follow=True).content.decode()

    assert "Publiez d’abord" in sent(SHEET)
    services.publish(contract=mes(), questions=STANDARD, **DONE)
    assert "NOT_A_DATE" in sent(SHEET.replace("2026-05-04 09:00", "hier"))
    assert "Envoi 1 préparé" in sent(SHEET) and "rien n’a changé" in sent(SHEET)
    assert "Télécharger les liens" in page.get(f"{HERE}envois/1/liens/").content.decode()
    given = page.post(f"{HERE}envois/1/liens/").content.decode("utf-8-sig")
    assert f"/enquete/{token('F1')}/" in given and page.get(f"{HERE}envois/9/liens/").status_code == 404
    span = {"since": DAY, "last": DAY - timedelta(days=1)}
    assert "précède" in page.post(f"{HERE}envois/appels/", span).content.decode()
    assert (
        "Envoi 2 préparé"
        in page.post(f"{HERE}envois/appels/", span | {"last": DAY}, follow=True).content.decode()
    )
    page.post(f"{HERE}envois/refus/", {"address": "lecteur@demo.example"})
    assert OptOut.objects.count() == 1


def test_a_comment_is_put_out_on_the_page() -> None:
    invited()
    reply = replied("A1", 5, "Merci à Zoé")
    page = client(Role.QUALITY_OFFICER)
    assert "Merci à Zoé" in page.get(f"{HERE}reponses/{reply.pk}/effacer/").content.decode()
    page.post(f"{HERE}reponses/{reply.pk}/effacer/")
    assert "Zoé" not in page.get(f"{HERE}reponses/").content.decode()


@pytest.mark.parametrize(
    ("role", "reading", "asking"),
    [
        (Role.QUALITY_OFFICER, 200, 200),
        (Role.BUYER_MANAGER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.PLANNER, 403, 403),
        (Role.ADVISER, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, reading: int, asking: int) -> None:
    invited()
    page = client(role)
    for place in ("", "reponses/", "envois/", "questionnaires/"):
        assert page.get(f"{HERE}{place}").status_code == reading
    for place in ("envois/1/liens/", "envois/refus/", "envois/appels/", "questionnaires/publier/"):
        assert page.get(f"{HERE}{place}").status_code == asking
    assert page.post(f"{HERE}envois/1/liens/").status_code == asking


def test_another_contract_shows_none_of_it() -> None:
    invited()
    reply = replied("A1", 5)
    other = contract("autre", "SUPPORT")
    stranger = Client()
    stranger.force_login(person(Role.QUALITY_OFFICER, on=other))
    assert stranger.get(f"/marches/autre/satisfaction/reponses/{reply.pk}/effacer/").status_code == 404
    assert stranger.get("/marches/autre/satisfaction/envois/1/liens/").status_code == 404
    assert stranger.get(HERE).status_code == 404

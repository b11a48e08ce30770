"""The pages of who is asked: no account, no cookie, no script, no address kept."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from titulaire.clauses import clause
from titulaire.identity.access import public, too_often
from titulaire.support.satisfaction import services
from titulaire.support.satisfaction.forms import SurveyForm
from titulaire.support.satisfaction.models import Invitation
from titulaire.support.satisfaction.queries import asked_in, invitation_of
from titulaire.support.satisfaction.services import token_digest
from titulaire.ui.formats import instant_fr

LOOKS_PER_MINUTE = 20


def _page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, "satisfaction/survey.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _ended(request: HttpRequest, heading: str, sentence: str, status: int = 200) -> HttpResponse:
    return _page(request, status, heading=heading, sentence=sentence)


def _found(request: HttpRequest, token: str) -> Invitation | HttpResponse:
    """The invitation, or the page that says why there is none."""
    if too_often("survey", get_adapter().get_client_ip(request), most=LOOKS_PER_MINUTE):
        return _ended(request, "Trop d’essais", "Attendez une minute, puis rouvrez votre lien.", 429)
    found = invitation_of(token_digest(token))
    if found is None:
        return _ended(
            request, "Lien inconnu", "Vérifiez que l’adresse est entière, telle que vous l’avez reçue.", 404
        )
    return found


def _closed(request: HttpRequest, closed: Exception) -> HttpResponse:
    if isinstance(closed, services.AlreadyAnswered):
        sentence = (
            f"Votre réponse a été reçue le {instant_fr(closed.at)}. Elle ne peut être donnée qu’une fois."
        )
        return _ended(request, "Vous avez déjà répondu", sentence)
    assert isinstance(closed, services.LinkExpired)  # noqa: S101 - the two ways a link closes
    sentence = f"Ce lien ne prend plus de réponse depuis le {instant_fr(closed.at)}."
    return _ended(request, "Enquête terminée", sentence, 410)


# The secret of the address is what a token of the form would be: without cookie there is nothing to forge with.
@clause("S-3.3.3-satisfaction")
@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """Answer, once."""
    found = _found(request, token)
    if isinstance(found, HttpResponse):
        return found
    at = timezone.now()
    form = SurveyForm(asked_in(found.questionnaire), request.POST if request.method == "POST" else None)
    try:
        services.state_of(found, at=at)
        if request.method == "POST" and form.is_valid():
            services.answer(invitation=found, marks=form.marks, comment=form.cleaned_data["comment"], at=at)
            return _ended(
                request, "Merci de votre réponse", "Elle a été enregistrée. Vous pouvez fermer cette page."
            )
    except (services.AlreadyAnswered, services.LinkExpired) as closed:
        return _closed(request, closed)
    except services.WrongMarks:
        form.add_error(None, "Répondez au moins à une question.")
    return _page(
        request,
        422 if form.errors else 200,
        heading="Votre avis sur votre contact avec le support",
        form=form,
        token=token,
        contacted_on=found.day,
        expires_at=found.expires_at,
        buyer=found.contract.buyer,
    )


@clause("S-3.3.3-satisfaction")
@csrf_exempt
@public
@require_POST
def survey_refusal(request: HttpRequest, token: str) -> HttpResponse:
    """Not to be asked any more."""
    found = _found(request, token)
    if isinstance(found, HttpResponse):
        return found
    services.refuse_surveys(
        contract=found.contract, person=found.person, actor=services.ASKED_PERSON, at=timezone.now()
    )
    return _ended(request, "C’est noté", "Vous ne recevrez plus d’enquête du support.")

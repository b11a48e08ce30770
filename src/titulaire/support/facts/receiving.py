"""Receiving facts live: the keys of telephonies, and the address that their messages reach."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from titulaire.clauses import clause
from titulaire.identity.access import acts, key_of, public, too_often
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.facts.checking import Refusal
from titulaire.support.facts.forms import FactKeyForm
from titulaire.support.facts.live import (
    CLOCK,
    LARGEST_MESSAGE,
    MESSAGES_PER_MINUTE,
    MOST_FACTS,
    MOST_TOLD,
    BadMessage,
    read_message,
)
from titulaire.support.facts.models import Batch, FactKey
from titulaire.support.facts.queries import refusals_of
from titulaire.support.facts.services import (
    FactsKeepMoving,
    NameTaken,
    StaleMessage,
    create_fact_key,
    receive_message,
    revoke_fact_key,
)
from titulaire.support.facts.views import RECORDS, STATES, connector_choices

KEEPERS = (Role.SUPERVISOR,)
WRONG_KEYS_PER_MINUTE = 30
LATEST = 20


@clause("S-2.1.7-telephonie")
@acts(*KEEPERS)
def fact_keys(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The keys of telephonies, the last messages, and how to send one; a new key is shown once."""
    form = FactKeyForm(request.POST if request.method == "POST" else None, connectors=connector_choices())
    secret = ""
    if request.method == "POST" and form.is_valid():
        _, secret = create_fact_key(
            contract=contract,
            **form.cleaned_data,
            actor=cast(User, request.user).actor,
            at=timezone.now(),
        )
        form = FactKeyForm(None, connectors=connector_choices())
    received = Batch.objects.filter(contract=contract, sent_by__isnull=False).select_related("sent_by")
    context = {
        "heading": "Réception en direct",
        "form": form,
        "secret": secret,
        "keys": FactKey.objects.filter(contract=contract),
        "received": [(batch, RECORDS[batch.record], STATES[batch.state]) for batch in received[:LATEST]],
        "address": request.build_absolute_uri(reverse("fact_receive", args=[contract.code])),
        "message": _example(),
        "limits": {
            "facts": MOST_FACTS,
            "megabytes": LARGEST_MESSAGE // 1024**2,
            "messages": MESSAGES_PER_MINUTE,
            "minutes": int(CLOCK.total_seconds() // 60),
        },
    }
    response = render(request, "facts/keys.html", context, status=422 if form.errors else 200)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _example() -> str:
    """A message that would be accepted, sent now."""
    now = timezone.localtime(timezone.now()).replace(microsecond=0)
    leg = {
        "call_id": "88120",
        "arrived_at": now.isoformat(),
        "flow": "3422",
        "call_group": "MES_N1",
        "origin": "INBOUND",
        "outcome": "ANSWERED",
        "wait": 25_000,
        "talk": 190_000,
        "adviser": "C014",
    }
    message = {"id": f"essai-{now:%H%M%S}", "sent_at": now.isoformat(), "record": "LEGS", "facts": [leg]}
    return json.dumps(message, ensure_ascii=False, indent=2)


@acts(*KEEPERS)
def fact_key_revoke(request: HttpRequest, contract: Contract, key: int) -> HttpResponse:
    """End a key."""
    found = FactKey.objects.filter(contract=contract, pk=key).select_related("contract").first()
    if found is None:
        raise Http404("no such key")
    if request.method == "POST":
        revoke_fact_key(key=found, actor=cast(User, request.user).actor, at=timezone.now())
        return redirect("fact_keys", contract.code)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Révoquer la clé « {found.label} »",
            "consequences": [
                "La téléphonie qui l’utilise ne pourra plus rien envoyer.",
                "Les faits déjà reçus restent.",
            ],
            "action_label": "Révoquer la clé",
            "cancel_url": reverse("fact_keys", args=[contract.code]),
            "grave": True,
        },
    )


@csrf_exempt
@clause("S-2.1.7-telephonie")
@public
def fact_receive(request: HttpRequest, contract: str) -> HttpResponse:
    """Receive a message with a key: `Authorization: Bearer …`, the JSON as the body.

    201 received, 200 already known (same answer), 422 facts refused, 409 the name has served for other facts.
    """
    if request.method != "POST":
        return _refused(405, "POST_WANTED", "Envoyez le message par POST.", allow="POST")
    key = key_of(request, FactKey, contract)
    if key is None:
        address = get_adapter().get_client_ip(request)
        if too_often("facts-wrong-key", address, most=WRONG_KEYS_PER_MINUTE):
            return _refused(429, "TOO_OFTEN", "Trop de clés inconnues : attendez une minute.", wait=60)
        return _refused(401, "UNKNOWN_KEY", "La clé est inconnue ou révoquée.")
    if too_often("facts-message", str(key.pk), most=MESSAGES_PER_MINUTE):
        return _refused(429, "TOO_OFTEN", f"{MESSAGES_PER_MINUTE} messages par minute au plus.", wait=60)
    try:
        too_big = int(request.headers.get("Content-Length") or 0) > LARGEST_MESSAGE
        body = b"" if too_big else request.body
    except RequestDataTooBig:
        too_big = True
    if too_big:
        return _refused(413, "MESSAGE_TOO_BIG", "Le message dépasse 8 Mo : envoyez-le en plusieurs.")
    try:
        received = receive_message(key=key, message=read_message(body), at=timezone.now())
    except BadMessage as error:
        return _refused(400, "BAD_MESSAGE", "Le message est illisible.", refusals=error.refusals)
    except NameTaken as error:
        message = "Cet « id » a déjà servi pour d’autres faits : donnez-en un neuf."
        return _refused(409, "NAME_TAKEN", message, batch=error.batch.key)
    except StaleMessage as error:
        message = "« sent_at » est trop loin de l’heure de ce serveur : écrivez l’instant de l’envoi."
        return _refused(422, "STALE", message, server_time=error.at.isoformat())
    except FactsKeepMoving:
        return _refused(503, "BUSY", "D’autres imports changent les mêmes mois : renvoyez.", wait=5)
    if received.batch.state == "REFUSED":
        return _answer(_told(received.batch), 422)
    return _answer(_told(received.batch), 201 if received.is_new else 200)


def _told(batch: Batch) -> dict[str, Any]:
    """What became of a message, drawn from its batch alone: asked again, it is the same answer."""
    rows = refusals_of(batch)[:MOST_TOLD]
    return {
        "id": batch.sent_as,
        "batch": batch.key,
        "state": batch.state,
        "record": batch.record,
        "source": batch.source,
        "read": batch.rows_read,
        "accepted": batch.rows_accepted,
        "refused_rows": batch.rows_refused,
        "rules": batch.refused_by_rule,
        "days": batch.days,
        "superseded": batch.superseded,
        "unlisted": batch.unlisted,
        "refused": [_refusal(int(row["row"]), row["column"], row) for row in rows],
    }


def _refusal(row: int, field: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"row": row, "field": field} | {
        name: said[name] for name in ("rule", "value", "message", "mend") if said[name]
    }


def _refused(
    status: int,
    rule: str,
    message: str,
    *,
    refusals: Iterable[Refusal] = (),
    wait: int = 0,
    allow: str = "",
    **more: object,
) -> HttpResponse:
    told = [_refusal(one.row, one.column, asdict(one)) for one in refusals]
    document = {"error": rule, "message": message, **more} | ({"refused": told} if told else {})
    response = _answer(document, status)
    if wait:
        response["Retry-After"] = str(wait)
    if allow:
        response["Allow"] = allow
    return response


def _answer(document: Mapping[str, object], status: int) -> HttpResponse:
    response = JsonResponse(dict(document), status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response

"""Transmitting orders from the buyer's own software: keys, and the address that receives files."""

from __future__ import annotations

from typing import cast

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from titulaire.clauses import clause
from titulaire.identity.access import acts, key_of, public
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.vouchers.orders import deposits, queries, services, transmission
from titulaire.vouchers.orders.documents import import_document
from titulaire.vouchers.orders.forms import TokenForm
from titulaire.vouchers.orders.models import Order, TransmissionToken
from titulaire.vouchers.orders.reading import LIMITS, Refusal
from titulaire.vouchers.orders.views import posted


@clause("T-2.1.1.1-transmission")
@acts(Role.BUYER_MANAGER)
def transmission_keys(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The keys of the buyer's software; a new one is shown once."""
    form = TokenForm(posted(request))
    secret = ""
    if request.method == "POST" and form.is_valid():
        _, secret = transmission.create_transmission_token(
            contract=contract,
            label=form.cleaned_data["label"],
            actor=cast(User, request.user).actor,
            at=timezone.now(),
        )
        form = TokenForm()
    tokens = TransmissionToken.objects.filter(contract=contract)
    names = queries.actor_names([token.created_by for token in tokens])
    response = render(
        request,
        "orders/keys.html",
        {
            "form": form,
            "secret": secret,
            "tokens": [(token, names.get(token.created_by, "")) for token in tokens],
            "address": request.build_absolute_uri(reverse("order_transmit", args=[contract.code])),
        },
    )
    patch_cache_control(response, private=True, no_store=True)
    return response


@clause("T-2.1.1.1-transmission")
@acts(Role.BUYER_MANAGER)
def transmission_key_revoke(request: HttpRequest, contract: Contract, key: int) -> HttpResponse:
    """End a key."""
    token = TransmissionToken.objects.filter(contract=contract, pk=key).select_related("contract").first()
    if token is None:
        raise Http404("no such key")
    if request.method == "POST":
        transmission.revoke_transmission_token(
            token=token, actor=cast(User, request.user).actor, at=timezone.now()
        )
        return redirect("transmission_keys", contract.code)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Révoquer la clé « {token.label} »",
            "consequences": ["Le logiciel qui l’utilise ne pourra plus transmettre de commande."],
            "action_label": "Révoquer la clé",
            "cancel_url": reverse("transmission_keys", args=[contract.code]),
            "grave": True,
        },
    )


@csrf_exempt
@clause("T-2.1.1.1-transmission", "T-2.1.1.1-commande-mensuelle")
@public
def order_transmit(request: HttpRequest, contract: str) -> HttpResponse:
    """Receive an order file with a key: `Authorization: Bearer …`, the file as the body or as `file`.

    The address says `?name=…`, and if wanted `dry_run=1`, `accept_partial=1`, `month=2026-11`. Sent twice, a
    file makes one order. Answers 201 when ordered, 200 when already known or a dry run, 422 when refused.
    """
    if request.method != "POST":
        return _answer({"error": "POST attendu"}, 405)
    token = key_of(request, TransmissionToken, contract)
    if token is None:
        return _answer({"error": "clé inconnue ou révoquée"}, 401)
    sent = request.FILES.get("file")
    if sent is not None and (sent.size or 0) > LIMITS.file_bytes:
        return _answer({"error": "fichier de plus de 10 Mo"}, 413)
    data = sent.read() if sent is not None else request.body
    name = (sent.name if sent is not None else request.GET.get("name")) or "transmission"
    month = queries.month_written(request.GET.get("month", ""))
    at = timezone.now()
    file = queries.read_file(token.contract, data, name, default_month=month)
    plan = queries.plan_order(token.contract, file, at=at)
    dry_run, accept_partial = _flag(request, "dry_run"), _flag(request, "accept_partial")
    order: Order | None = plan.known
    already_known = order is not None
    late: tuple[Refusal, ...] = ()
    if not dry_run and order is None:
        try:
            order = deposits.import_plan(
                contract=token.contract,
                plan=plan,
                data=data,
                actor=f"system:transmission-key-{token.pk}",
                at=at,
                accept_partial=accept_partial,
                accept_repeats=True,
            ).order
        except services.CeilingPassed as refused:
            late = () if plan.obstacles else (queries.ceiling_refusal(refused.room),)
        except services.OrderRefused:
            pass
    document = import_document(
        plan, obstacles=plan.obstacles + late, order=order, already_known=already_known, dry_run=dry_run
    )
    refused_now = order is None and not dry_run
    return _answer(document, 422 if refused_now else 201 if order and not already_known else 200)


def _flag(request: HttpRequest, name: str) -> bool:
    return request.GET.get(name, "").lower() in {"1", "true", "oui"}


def _answer(document: dict[str, object], status: int) -> HttpResponse:
    response = JsonResponse(
        document, encoder=DjangoJSONEncoder, status=status, json_dumps_params={"ensure_ascii": False}
    )
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response

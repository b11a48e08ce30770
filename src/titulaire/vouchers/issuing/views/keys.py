"""The keys that sign vouchers: which one signs, which ones only verify, and the public half of all."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, public, reads
from titulaire.identity.models import Contract
from titulaire.ui.tables import Column, Status, Table
from titulaire.vouchers.answers import OPERATOR, READERS, actor, names_of, operates, who
from titulaire.vouchers.issuing.forms import KeyForm
from titulaire.vouchers.issuing.models import Series, SigningKey
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.issuing.services import NoSeries, make_key

SIGNS = Status("SIGNS", "Signe", "good")
VERIFIES = Status("VERIFIES", "Retirée : vérifie encore", "calm")


@reads(*READERS)
@clause("T-2.4-securite")
def signing_keys(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The contract's keys, by vintage."""
    names = names_of(contract)
    table = Table(
        request,
        SigningKey.objects.filter(contract=contract),
        caption="Clés de signature",
        name=f"cles-{contract.code}",
        noun="clé",
        order="-key_id",
        columns=[
            Column("key_id", "N°", value=lambda key: str(key.key_id), sort="key_id"),
            Column("vintage", "Millésime", value=lambda key: str(key.vintage), sort="vintage"),
            Column("state", "État", value=lambda key: VERIFIES if key.retired_at else SIGNS, kind="status"),
            Column("created_at", "Créée le", kind="instant", sort="created_at"),
            Column("created_by", "Par", value=lambda key: who(names, key.created_by)),
            Column("retired_at", "Retirée le", kind="instant", sort="retired_at"),
            Column("retired_because", "Pourquoi"),
        ],
        empty="Aucune clé : la première se crée à l’émission de la première commande, ou ici.",
        empty_action=("Créer une clé", reverse("signing_key_new", args=[contract.code]))
        if operates(request)
        else None,
    )
    return table.response("issuing/keys.html", {"heading": "Clés de signature", "may_act": operates(request)})


@acts(OPERATOR)
@clause("T-2.4-securite")
def signing_key_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Make a key for a vintage, which retires the one in force."""
    if not Series.objects.filter(contract=contract).exists():
        messages.error(
            request,
            "Ce marché n’a pas encore de série de numéros : l’exploitant l’ouvre par la commande "
            "« titulaire issuing open-series ».",
        )
        return redirect("signing_keys", contract=contract.code)
    year = timezone.localdate().year
    live = SigningKey.objects.filter(contract=contract, retired_at__isnull=True)
    in_force = dict(live.values_list("vintage", "key_id"))
    form = KeyForm((year, year + 1), in_force, request.POST or None)
    if request.method == "POST" and form.is_valid():
        vintage = form.cleaned_data["vintage"]
        try:
            key = make_key(
                contract=contract,
                vintage=vintage,
                because=form.cleaned_data["because"],
                replaces=form.seen(vintage),
                actor=actor(request),
                at=timezone.now(),
            )
        except NoSeries:
            form.add_error(None, "La série de numéros de ce marché a disparu : prévenez l’exploitant.")
        else:
            messages.success(request, f"La clé n° {key.key_id} signe désormais le millésime {vintage}.")
            return redirect("signing_keys", contract=contract.code)
    context = {
        "heading": "Créer une clé de signature",
        "grave": True,
        "consequences": [
            "La nouvelle clé signe tous les titres à venir de son millésime.",
            "Celle qu’elle remplace ne signe plus jamais ; les titres qu’elle a signés restent vérifiables.",
            "Les lecteurs sans réseau doivent recevoir la nouvelle clé publique avant le premier titre.",
        ],
        "form": form,
        "breadcrumb": [
            ("Clés de signature", reverse("signing_keys", args=[contract.code])),
            ("Créer une clé de signature", None),
        ],
        "action_label": "Créer la clé",
        "cancel_url": reverse("signing_keys", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)


@public
@clause("T-2.4-securite")
def public_keys(request: HttpRequest) -> JsonResponse:
    """Every public key, as a JSON Web Key Set: anyone may verify a voucher with it, without us."""
    response = JsonResponse(all_public_keys().jwks(), content_type="application/jwk-set+json")
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    return response

"""What anyone may open, without an account: check a voucher, find a shop, know what a booklet gives."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from titulaire.clauses import clause
from titulaire.identity.access import public, too_often
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.ui.tables import Column, Table
from titulaire.vouchers.issuing.signing import NoSigningKey
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.checking import Answer, Checked, check
from titulaire.vouchers.network.departments import counted, departments
from titulaire.vouchers.network.forms import CheckForm, LossForm, PlaceForm
from titulaire.vouchers.network.rules import Activity, may_join
from titulaire.vouchers.network.wording import ACTIVITIES
from titulaire.vouchers.stops.listing import signed_list
from titulaire.vouchers.stops.losses import report_loss
from titulaire.vouchers.stops.rules import StopReason

CHECKS_PER_MINUTE = 40
"""From one address: a till at rush hour, not a search for numbers."""

SAYS: dict[Answer, tuple[str, str, str]] = {
    Answer.FREE: ("good", "Titre authentique et libre", "Il n’a pas encore servi : vous pouvez l’accepter."),
    Answer.NOT_YET: ("warn", "Titre authentique, pas encore valable", "Sa période d’usage n’a pas commencé."),
    Answer.USED: ("bad", "Titre déjà utilisé", "Ne l’acceptez pas : il a déjà été remis par un commerce."),
    Answer.STOPPED: ("bad", "Titre frappé d’opposition", "Ne l’acceptez pas : il est perdu, volé ou remplacé."),
    Answer.EXPIRED: ("bad", "Titre périmé", "Ne l’acceptez pas : sa période d’usage est terminée."),
    Answer.FORGED: ("bad", "Titre faux", "Ne l’acceptez pas : sa signature n’est pas celle de l’émetteur."),
    Answer.UNKNOWN: ("bad", "Titre inconnu", "Aucun titre ne porte ce numéro avec ces lettres : relisez-les."),
    Answer.MISTYPED: ("warn", "Numéro mal recopié", "Relisez ses quinze chiffres et ses six lettres."),
    Answer.NOT_A_CODE: ("warn", "Ce n’est pas le code d’un titre", "Visez le carré noir, en haut à droite du titre."),
    Answer.LETTERS_MISSING: (
        "info",
        "Ajoutez les six lettres",
        "Elles sont imprimées à côté du numéro : sans elles, un numéro ne prouve pas que vous tenez le titre.",
    ),
}  # fmt: skip


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has asked too often in the present minute."""
    address = get_adapter().get_client_ip(request)
    return too_often("voucher-check", address, most=CHECKS_PER_MINUTE)


def _facts(checked: Checked) -> list[tuple[str, str]]:
    if checked.valid_from_on is None or checked.last_valid_on is None or checked.face_value is None:
        return []
    period = f"du {date_fr(checked.valid_from_on)} au {date_fr(checked.last_valid_on)} inclus"
    return [("Titre", checked.number), ("Valeur", money(checked.face_value)), ("Valable", period)]


STOP_LIST_SECONDS = 300
"""A signed list is served again that long: signing opens a private key, which is slow on purpose."""


@clause("T-2.4-securite")
@public
@require_safe
def public_stop_lists(request: HttpRequest) -> HttpResponse:
    """The signed stop list of every contract: numbers alone, for telephones to keep."""
    lists = cache.get("public-stop-lists")
    if lists is None:
        lists = []
        for contract in Contract.objects.filter(kind="VOUCHERS").order_by("code"):
            try:
                lists.append(signed_list(contract, since=None, at=timezone.now()))
            except NoSigningKey:
                continue
        cache.set("public-stop-lists", lists, STOP_LIST_SECONDS)
    return JsonResponse({"lists": lists})


@clause("T-2.4-securite", "T-1.1-avantages")
@public
@require_safe
def voucher_check(request: HttpRequest) -> HttpResponse:
    """Check a voucher from its code or its number; works offline after the first visit."""
    text = request.GET.get("c", "").strip()
    form = CheckForm(request.GET if text else None)
    answer = None
    if text and form.is_valid():
        if _too_many(request):
            return render(request, "network/check_later.html", status=429)
        checked = check(form.cleaned_data["c"], on=timezone.localdate())
        answer = {"says": SAYS[checked.answer], "facts": _facts(checked), "accepted": checked.accepted}
    response = render(
        request,
        "network/check.html",
        {
            "form": form,
            "answer": answer,
            "stop_list": reverse("public_stop_lists"),
            "heading": "Vérifier un titre",
        },
    )
    if text:
        response["Cache-Control"] = "private, no-store"
    return response


@public
@require_safe
def voucher_state(request: HttpRequest) -> HttpResponse:
    """The same answer for the page's own script."""
    if _too_many(request):
        return JsonResponse({"error": "Trop de vérifications : attendez une minute."}, status=429)
    checked = check(request.GET.get("c", "")[:200], on=timezone.localdate())
    tone, title, sentence = SAYS[checked.answer]
    response = JsonResponse(
        {
            "answer": checked.answer.value,
            "accepted": checked.accepted,
            "tone": tone,
            "title": title,
            "sentence": sentence,
            "facts": _facts(checked),
        }
    )
    response["Cache-Control"] = "private, no-store"
    return response


@public
@require_safe
def check_manifest(request: HttpRequest) -> HttpResponse:
    """What a telephone needs to install the page."""
    here = reverse("public_check")
    return JsonResponse(
        {
            "name": "Vérifier un titre",
            "short_name": "Titres",
            "lang": "fr",
            "start_url": here,
            "scope": here,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0e5a5e",
            "icons": [{"src": static("ui/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
    )


@public
@require_safe
def check_worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the page for when there is no network."""
    kept = [
        reverse("public_keys"),
        reverse("check_manifest"),
        static("ui/mark.svg"),
        static("ui/titulaire.css"),
        static("ui/ui.js"),
        static("ui/vendor/htmx-2.0.11.min.js"),
        static("network/check.js"),
    ]
    return render(
        request,
        "network/worker.js",
        {
            "kept_json": json.dumps(
                {"page": reverse("public_check"), "files": kept, "stops": reverse("public_stop_lists")}
            )
        },
        content_type="text/javascript",
    )


@clause("T-1.1-reseau", "T-1.1-avantages")
@public
@require_safe
def affiliate_search(request: HttpRequest) -> HttpResponse:
    """Where vouchers are accepted, by town or postcode."""
    form = PlaceForm(request.GET or None)
    place = activity = ""
    if form.is_bound and form.is_valid():
        place, activity = form.cleaned_data["lieu"], form.cleaned_data["activite"]
    found = queries.open_to_all(place)
    if activity:
        found = found.filter(activity=activity)
    table = Table(
        request,
        found,
        caption=f"Commerces à {place}" if place else "Commerces",
        noun="commerce",
        order="town",
        exportable=False,
        columns=[
            Column("name", "Commerce", sort="name"),
            Column("activity", "Activité", value=lambda one: ACTIVITIES[one.activity], sort="activity"),
            Column("address", "Adresse", value=lambda one: one.street),
            Column("postcode", "Code postal", sort="postcode"),
            Column("town", "Commune", sort="town_key"),
        ],
        empty=f"Aucun commerce affilié trouvé pour « {place} ». Essayez une commune voisine ou le département."
        if place
        else "Aucun commerce affilié pour le moment.",
    )
    everywhere = queries.open_to_all("")
    if activity:
        everywhere = everywhere.filter(activity=activity)
    counts = counted(everywhere.values_list("postcode", flat=True))
    return table.response(
        "network/search.html",
        {
            "form": form,
            "place": place,
            "reach": f"Titres acceptés dans {count_fr(len(counts), 'département')}, sans limite géographique.",
            "map": _map(counts, place=place, activity=activity),
            "activity_label": ACTIVITIES.get(activity, ""),
        },
    )


SIDE, STEP = 36, 40
SHADES = (1, 5, 20)
"""From how many shops a square of the map is light, darker, darkest."""


def _map(counts: dict[str, int], *, place: str, activity: str) -> dict[str, Any]:
    """The squares of the map, those that have shops leading to their list."""
    tiles = []
    for one in departments().values():
        count, x, y = counts.get(one.code, 0), one.column * STEP, one.row * STEP
        asked = {"lieu": one.code, **({"activite": activity} if activity else {})}
        tiles.append(
            {
                "code": one.code,
                "name": one.name,
                "count": count,
                "words": count_fr(count, "commerce"),
                "url": f"?{urlencode(asked)}",
                "current": place.strip().upper() == one.code,
                "shade": sum(count >= least for least in SHADES),
                "x": x,
                "y": y,
                "middle": x + SIDE // 2,
                "top": y + 15,
                "centre": y + 22,
                "bottom": y + 29,
            }
        )
    size = 12 * STEP - (STEP - SIDE)
    return {"tiles": tiles, "side": SIDE, "width": size, "height": size}


@clause("T-1.1-avantages")
@public
@require_safe
def advantages(request: HttpRequest, code: str = "") -> HttpResponse:
    """What a booklet gives: until when, where, and what to do when it is lost."""
    contracts = Contract.objects.filter(kind="VOUCHERS").select_related("buyer", "contractor")
    if code:
        contracts = contracts.filter(code=code)
    found = list(contracts[:20])
    if code and not found:
        raise Http404("no such contract")
    if len(found) != 1:
        return render(request, "network/advantages_choice.html", {"contracts": found})
    (one,) = found
    today = timezone.localdate()
    return render(
        request,
        "network/advantages.html",
        {
            "heading": "Vos titres, mode d’emploi",
            "who": one,
            "vintages": queries.vintages_in_use(one, on=today),
            "imprint": queries.imprint_of(one),
            "pages": queries.advantage_pages(one, on=today),
            "activities": [label for code, label in ACTIVITIES.items() if may_join(Activity(code))],
        },
    )


@clause("T-1.1-avantages")
@public
@require_http_methods(["GET", "HEAD", "POST"])
def loss(request: HttpRequest, code: str) -> HttpResponse:
    """Tell that a booklet or a voucher is lost. The answer is the same whether it exists or not."""
    contract = get_object_or_404(Contract, code=code, kind="VOUCHERS")
    form = LossForm(
        request.POST if request.method == "POST" else None, initial={"lost_on": timezone.localdate()}
    )
    report = None
    if request.method == "POST" and _too_many(request):
        return render(request, "network/loss.html", {"who": contract, "form": form, "wait": True}, status=429)
    if request.method == "POST" and form.is_valid():
        report = report_loss(
            contract=contract,
            named=form.cleaned_data["named"],
            reason=StopReason(form.cleaned_data["reason"]),
            lost_on=form.cleaned_data["lost_on"],
            at=timezone.now(),
        )
    return render(
        request,
        "network/loss.html",
        {"who": contract, "form": form, "report": report},
        status=422 if form.errors else 200,
    )

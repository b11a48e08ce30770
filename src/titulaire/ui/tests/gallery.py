"""Every component on one page, for tests: addresses that the product does not have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from titulaire.ui.fields import DateField, FileField, MoneyField
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

STATES = {
    "RECEIVED": Status("RECEIVED", "Reçue", "info"),
    "LATE": Status("LATE", "En retard", "bad"),
    "DELIVERED": Status("DELIVERED", "Livrée", "good"),
    "DUE": Status("DUE", "À traiter", "warn"),
    "CLOSED": Status("CLOSED", "Close", "calm"),
}


@dataclass(frozen=True)
class Order:
    reference: str
    site: str
    received_on: date
    titles: int
    amount: Decimal
    share: float
    state: str


SITES = ("Évreux", "Rouen", "Dieppe", "Le Havre", "Œrmingen")
ORDERS = [
    Order(
        f"CMD-2027-{number:04d}",
        SITES[number % 5],
        date(2027, 1, 4) + timedelta(days=number),
        number * 37 % 4000,
        Decimal(number * 37 % 4000) * Decimal("7.50"),
        (number * 13 % 100) / 100,
        list(STATES)[number % 5],
    )
    for number in range(1, 131)
]


class OrderForm(forms.Form):
    reference = forms.CharField(label="Référence de la commande", help_text="Elle figure en haut du bon.")
    received_on = DateField(label="Date de réception", help_text="Par exemple 31/12/2027.")
    amount = MoneyField(label="Montant", required=False)
    site = forms.ChoiceField(label="Site", choices=[("", "Choisissez un site"), *((s, s) for s in SITES)])
    channel = forms.ChoiceField(
        label="Canal de réception",
        widget=forms.RadioSelect,
        choices=[("MAIL", "Courrier"), ("SFTP", "Dépôt de fichier")],
        help_text="Par où la commande est arrivée.",
    )
    options = forms.MultipleChoiceField(
        label="Contrôles faits",
        widget=forms.CheckboxSelectMultiple,
        choices=[("A", "Nombre de lignes"), ("B", "Montant total")],
        required=False,
    )
    note = forms.CharField(label="Observation", widget=forms.Textarea, required=False)
    file = FileField(label="Fichier de commande", accept=".csv,.xlsx", max_bytes=10 * 1024 * 1024)
    sure = forms.BooleanField(label="J’ai vérifié les totaux")


def order_table(request: HttpRequest, rows: list[Order] | None = None, **kwargs: object) -> Table:
    return Table(
        request,
        ORDERS if rows is None else rows,
        name="commandes",
        caption="Commandes de janvier 2027",
        noun="commande",
        order="-received_on",
        columns=[
            Column("reference", "Référence", link=lambda order: f"#{order.reference}", sort="reference"),
            Column("site", "Site", sort="site"),
            Column("received_on", "Reçue le", kind="date", sort="received_on"),
            Column("titles", "Titres", kind="number", sort="titles"),
            Column("amount", "Montant", kind="money", sort="amount"),
            Column("share", "Livré", kind="rate"),
            Column("state", "État", kind="status", statuses=STATES),
        ],
        filters=[
            Search("reference", "site"),
            Choice("etat", "État", [(s.code, s.label) for s in STATES.values()], field="state"),
            Period("recue", "Reçue", field="received_on"),
        ],
        empty="Aucune commande reçue.",
        empty_action=("Déposer une commande", "#deposer"),
        **kwargs,  # type: ignore[arg-type]
    )


MENU = [
    {"label": "Tableau de bord", "url": "/galerie/", "current": True},
    {
        "label": "Titres",
        "children": [
            {"label": "Commandes", "url": "/tableau/"},
            {"label": "Production", "url": "#production"},
            {"label": "Livraisons", "url": "#livraisons"},
        ],
    },
    {
        "label": "Suivi du marché",
        "children": [{"label": "Pénalités", "url": "#penalites"}, {"label": "Journal", "url": "#journal"}],
    },
]
CONTRACT = SimpleNamespace(code="cpam-demo", title="Titres d’aide sociale – CPAM de démonstration")
FRAME = {
    "menu": MENU,
    "contract": CONTRACT,
    "demo": True,
    "user": SimpleNamespace(is_authenticated=True, __str__=lambda: "Camille Durand"),
}


class Person:
    is_authenticated = True

    def __str__(self) -> str:
        return "Camille Durand"


def gallery(request: HttpRequest) -> HttpResponse:
    messages.success(request, "La commande CMD-2027-0001 est acquittée.")
    messages.error(request, "Le fichier n’a pas été lu : la colonne « Montant » manque.")
    form = OrderForm({"amount": "douze"} if "erreurs" in request.GET else None)
    context = {
        **FRAME,
        "user": Person(),
        "heading": "Galerie des composants",
        "lead": "Une page qui montre tout ce dont les autres sont faites.",
        "form": form,
        "table": order_table(request),
    }
    return render(request, "gallery/gallery.html", context)


def table_page(request: HttpRequest) -> HttpResponse:
    return order_table(request).response("gallery/table.html", {**FRAME, "heading": "Commandes"})


urlpatterns = [
    path("galerie/", gallery, name="gallery"),
    path("tableau/", table_page, name="gallery_table"),
    path("compte/", include("titulaire.identity.urls")),
]

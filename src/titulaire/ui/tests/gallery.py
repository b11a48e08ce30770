"""Every component on one page, for tests: addresses that the product does not have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from allauth.account.forms import LoginForm
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from titulaire.ui import charts
from titulaire.ui.fields import DateField, FileField, MoneyField, RangedField
from titulaire.ui.parts import Event, Figure, MenuItem, Tab
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
    more = RangedField(label="Titres de plus ou de moins", least=-20, most=20, required=False)
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


def order_table(
    request: HttpRequest,
    rows: list[Order] | None = None,
    caption: str = "Commandes de 2027",
    **kwargs: object,
) -> Table:
    return Table(
        request,
        ORDERS if rows is None else rows,
        name="commandes",
        caption=caption,
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
    MenuItem("Tableau de bord", "/galerie/", current=True),
    MenuItem(
        "Titres",
        children=[
            MenuItem("Commandes", "/tableau/"),
            MenuItem("Production", "#production"),
            MenuItem("Livraisons", "#livraisons"),
        ],
    ),
    MenuItem(
        "Suivi du marché", children=[MenuItem("Pénalités", "#penalites"), MenuItem("Journal", "#journal")]
    ),
]
CONTRACT = SimpleNamespace(code="cpam-demo", title="Titres d’aide sociale – CPAM de démonstration")


@dataclass(frozen=True)
class DemoPerson:
    pk: int
    name: str
    role: str

    def __str__(self) -> str:
        return self.name


class Person:
    is_authenticated = True

    def __str__(self) -> str:
        return "Camille Durand"


FRAME = {"menu": MENU, "contract": CONTRACT, "demo": True, "user": Person()}
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
RATES = [0.934, 0.921, 0.887, 0.942, 0.951, None, 0.913, 0.872, 0.931, 0.94, 0.925, 0.948]


def all_charts() -> list[charts.Chart]:
    """One of each."""
    rates = list(zip(MONTHS, RATES, strict=True))
    calls = charts.Series(
        "Décrochés", [4200, 4100, 4350, 4000, 3900, 4100, 3500, 3000, 4600, 4700, 4400, 4150]
    )
    lost = charts.Series("Abandonnés", [310, 290, 420, 260, 210, 330, 250, 380, 340, 300, 310, 240])
    late = charts.Series("Dissuadés", [80, 70, 110, 60, None, 90, 40, 120, 85, 70, 60, 50])
    hours = [f"{hour} h" for hour in range(8, 18)]
    days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]
    load = [[(hour * 17 + day * 29) % 60 + 5 for hour in range(10)] for day in range(5)]
    return [
        charts.bars(
            "Taux de décroché",
            "Par mois, en 2027.",
            rates,
            unit="rate",
            target=0.93,
            threshold=0.9,
            better="higher",
        ),
        charts.lines("Volumes", "Appels par mois.", MONTHS, [calls, lost, late], target=4500, from_zero=True),
        charts.stacked_bars("Devenir des appels", "Appels par mois.", MONTHS, [calls, lost, late]),
        charts.heat_map("Appels par heure", "Semaine 12.", days, hours, [*load[:4], [None, *load[4][1:]]]),
        charts.ranked_bars(
            "Motifs de contact",
            "Semaine 12.",
            [("Mot de passe oublié", 1240), ("Carte non reconnue par le lecteur", 820), ("Autre", 77)],
            label="Motif",
        ),
        charts.bars(
            "Taux de décroché, en grand",
            "Par mois, en 2027.",
            rates,
            unit="rate",
            target=0.93,
            threshold=0.9,
            better="higher",
            wide=True,
        ),
        charts.lines(
            "Durée moyenne",
            "Secondes.",
            MONTHS,
            [charts.Series("DMT", [312, 330, 298, 305, 340, 322] * 2)],
            unit="duration",
        ),
    ]


def gallery(request: HttpRequest) -> HttpResponse:
    messages.success(request, "La commande CMD-2027-0001 est acquittée.")
    messages.error(request, "Le fichier n’a pas été lu : la colonne « Montant » manque.")
    form = OrderForm({"amount": "douze"} if "erreurs" in request.GET else None)
    noon = datetime(2027, 3, 1, 11, 5, tzinfo=UTC)
    context = {
        **FRAME,
        "heading": "Galerie des composants",
        "lead": "Une page qui montre tout ce dont les autres sont faites.",
        "form": form,
        "table": order_table(request),
        "empty_table": order_table(request, [], "Commandes annulées", prefix="vide"),
        "charts": all_charts(),
        "spark": charts.sparkline([3, 4, 3, 6, None, 7, 9], "Titres livrés"),
        "figures": [
            Figure("Titres en circulation", "48 210", note="sur 52 000 commandés", link="#titres"),
            Figure(
                "Taux de décroché",
                "93,4 %",
                status=("MET", "Objectif tenu", "good"),
                clause="S-5.2",
                clause_url="#S-5.2",
                trend=charts.sparkline([0.91, 0.93, 0.92, 0.934], "Taux de décroché", unit="rate"),
            ),
            Figure("Pénalités proposées", "1 250,00 €", status=("DUE", "À examiner", "warn")),
            Figure("Délais dépassés", "2", status=("LATE", "En retard", "bad")),
        ],
        "facts": [
            ("Acheteur", "CPAM de démonstration"),
            ("Plafond", Decimal("4000000")),
            ("Fin", None),
            ("État", STATES["DUE"]),
        ],
        "events": [
            Event(noon, "Commande reçue", "Fichier de 3 200 lignes", "info", "Camille Durand"),
            Event(noon, "Accusé de réception envoyé", "", "good", link="#accuse"),
            Event(date(2027, 3, 4), "Livraison en retard", "Un jour ouvré", "bad"),
            Event(date(2027, 3, 5), "Échéance proche", "", "warn"),
        ],
        "tabs": [
            Tab("Lignes", "#lignes", True, 3200),
            Tab("Rejets", "#rejets", count=0),
            Tab("Historique", "#h"),
        ],
        "statuses": STATES.values(),
        "now": noon,
    }
    return render(request, "gallery/gallery.html", context)


def table_page(request: HttpRequest) -> HttpResponse:
    return order_table(request).response("gallery/table.html", {**FRAME, "heading": "Commandes"})


def confirm(request: HttpRequest) -> HttpResponse:
    context = {
        **FRAME,
        "heading": "Annuler la commande CMD-2027-0001",
        "grave": True,
        "consequences": [
            "Les 3 200 titres non expédiés seront détruits.",
            "L’acheteur sera averti par courriel.",
        ],
        "facts": [("Commande", "CMD-2027-0001"), ("Montant", "24 000,00 €")],
        "action_label": "Annuler la commande",
        "cancel_url": "/tableau/",
    }
    return render(request, "ui/confirm.html", context)


def wallboard(request: HttpRequest) -> HttpResponse:
    figures = [
        Figure("Appels en attente", "12"),
        Figure("Taux de décroché", "93,4 %", status=("OK", "Tenu", "good")),
    ]
    return render(
        request,
        "gallery/wallboard.html",
        {"heading": "Plateau", "figures": figures, "charts": all_charts()[5:6]},
    )


def refusal(request: HttpRequest, code: int) -> HttpResponse:
    return render(request, f"{code}.html", status=code)


def demo_sign_in(request: HttpRequest) -> HttpResponse:
    people = [
        DemoPerson(1, "Agnès Lemoine", "Opérateur des titres"),
        DemoPerson(1234, "Karim Toulec", "Auditeur"),
    ]
    return render(request, "account/login.html", {"form": LoginForm(), "demo_people": people, "demo": True})


def advance(request: HttpRequest) -> HttpResponse:
    """Half more at each call; a POST, which needs its token, starts again."""
    done = 0 if request.method == "POST" else min(int(request.GET.get("fait", 0)) + 50, 100)
    return render(
        request,
        "gallery/progress.html",
        {"done": done, "next": f"/avancement/?fait={done}", "finished": done == 100},
    )


def slow_work(request: HttpRequest) -> HttpResponse:
    return render(request, "gallery/work.html", {"heading": "Travail en cours"})


urlpatterns = [
    path("avancement/", advance),
    path("travail/", slow_work),
    path("connexion-demo/", demo_sign_in),
    path("confirmer/", confirm),
    path("mur/", wallboard),
    path("refus/<int:code>/", refusal),
    path("galerie/", gallery, name="gallery"),
    path("tableau/", table_page, name="gallery_table"),
    path("compte/", include("titulaire.identity.urls")),
]

"""The ceiling and what is committed of it; the history of orders to take out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.ui import exports
from titulaire.ui.charts import bars
from titulaire.ui.formats import money, month_fr, rate
from titulaire.ui.tables import Column, Table
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.forms import HistoryForm
from titulaire.vouchers.orders.views import ORDERERS, READERS, figure, known_extension


@clause("T-1.1-plafond", "T-2.1.5-espace-gestion")
@reads(*READERS)
def ceiling(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The gauge of the ceiling, month by month, and how long it lasts at the pace of the last year."""
    today = timezone.localdate()
    room = queries.room_left(contract, on=today)
    months = queries.consumption_by_month(contract)
    table = Table(
        request,
        months,
        name=f"plafond-{contract.code}",
        caption="Montants engagés par mois de titres",
        noun="mois",
        plural="mois",
        columns=[
            Column("month", "Mois des titres", value=lambda row: month_fr(row.month)),
            Column("orders", "Commandes", kind="number"),
            Column("vouchers", "Titres", kind="number"),
            Column("amount", "Montant", kind="money"),
            Column("running", "Cumul engagé", kind="money"),
        ],
        empty="Aucune commande n’engage encore le plafond.",
    )
    if table.export:
        return table.export_response()
    pace = queries.monthly_pace(contract, on=today)
    months_left = int(room.left_before / pace) if pace else None
    figures = [
        figure(contract, "Engagé", money(room.committed), note=rate(room.committed / room.ceiling)),
        figure(contract, "Disponible", money(room.left_before), clause="T-1.1-plafond"),
        figure(
            contract, "Rythme mensuel", money(pace) if pace else "—", note="moyenne des douze derniers mois"
        ),
        figure(
            contract,
            "À ce rythme",
            f"encore {months_left} mois" if months_left is not None else "—",
            note=f"le marché finit le {queries.contract_period(contract)[1]:%d/%m/%Y}",
        ),
    ]
    last = months[-24:]
    chart = bars(
        "Montant commandé par mois",
        "Par mois de titres, commandes annulées exclues",
        [(f"{each.month:%m/%y}", each.amount) for each in last],
        unit="money",
        name="Montant",
        label="Mois",
        wide=True,
    )
    return render(
        request,
        "orders/ceiling.html",
        {"room": room, "table": table, "figures": figures, "chart": chart if last else ""},
    )


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
@reads(*ORDERERS)
def order_history(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Choose the months whose lines are taken out."""
    today = timezone.localdate()
    form = HistoryForm(request.GET or None, initial={"since": today.replace(month=1, day=1), "until": today})
    links = []
    if form.is_bound and form.is_valid():
        query = f"?since={form.cleaned_data['since']:%Y-%m-%d}&until={form.cleaned_data['until']:%Y-%m-%d}"
        links = [
            (extension.upper(), reverse("order_history_file", args=[contract.code, extension]) + query)
            for extension in ("xlsx", "csv")
        ]
    return render(request, "orders/history.html", {"form": form, "links": links})


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
@reads(*ORDERERS, names_people=True)
def order_history_file(request: HttpRequest, contract: Contract, extension: str) -> HttpResponse:
    """Every line ordered for these months, with names: opening it is written in the journal."""
    form = HistoryForm(request.GET)
    if not form.is_valid():
        return render(request, "orders/history.html", {"form": form, "links": []}, status=400)
    since, until = form.cleaned_data["since"].replace(day=1), form.cleaned_data["until"]
    rows = queries.history_rows(contract, since=since, until=until)
    name = f"historique-{contract.code}-{since:%Y-%m}-{until:%Y-%m}"
    if known_extension(extension) == "csv":
        return exports.csv_response(name, queries.HISTORY_HEADINGS, rows)
    return exports.xlsx_response(
        name, queries.HISTORY_HEADINGS, rows, sheet="Commandes", kinds=queries.HISTORY_KINDS
    )

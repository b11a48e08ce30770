"""The list of orders and one order: its figures opened, its life, its lines, what can be done."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money, month_fr, weekday_fr
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.orders import queries, services
from titulaire.vouchers.orders.acknowledgement import acknowledgement_pdf
from titulaire.vouchers.orders.explanations import explanations_of
from titulaire.vouchers.orders.forms import AcknowledgeForm, CancelForm
from titulaire.vouchers.orders.models import Order, OrderLine
from titulaire.vouchers.orders.rules import OrderKind, OrderState, booklet_sizes
from titulaire.vouchers.orders.views import ORDERERS, READERS, figure, posted
from titulaire.vouchers.orders.wording import CIVILITIES, DELIVERIES, KINDS, STATES, shift_of

ACTED = {
    "CONFIRMED": "Commande confirmée",
    "ACKNOWLEDGED": "Accusé de réception",
    "ISSUED": "Titres émis",
    "RELEASED": "Bon à imprimer",
    "CANCELLED": "Commande annulée",
}


def order_numbered(contract: Contract, number: str) -> Order:
    """The contract's order with this number; another contract's does not exist."""
    found = Order.objects.of(contract).filter(number=number).select_related("contract", "source").first()
    if found is None:
        raise Http404("no such order")
    return found


def order_url(order: Order) -> str:
    return reverse("order_detail", args=[order.contract.code, order.number])


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
@reads(*READERS)
def order_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order of the contract, to filter, sort and take away."""
    may_order = bool(set(ORDERERS) & set(request.roles))  # type: ignore[attr-defined]
    table = Table(
        request,
        Order.objects.of(contract).select_related("contract"),
        name=f"commandes-{contract.code}",
        caption="Commandes",
        noun="commande",
        order="-number",
        columns=[
            Column("number", "Numéro", link=order_url, sort="number"),
            Column("month", "Mois", value=lambda order: month_fr(order.month), html=_month, sort="month"),
            Column("kind", "Nature", value=lambda order: KINDS[order.kind], sort="kind"),
            Column("state", "État", kind="status", statuses=STATES, sort="state"),
            Column("vouchers", "Titres", kind="number", sort="vouchers"),
            Column("booklets", "Carnets", kind="number", shown=False),
            Column("amount", "Montant", kind="money", sort="amount"),
            Column("face_value", "Valeur faciale", kind="money", shown=False),
            Column("vintage", "Millésime", value=lambda order: str(order.vintage), shown=False),
            Column("confirmed_at", "Confirmée le", kind="instant", shown=False),
            Column(
                "confirmed_on",
                "Confirmée",
                value="confirmed_at",
                kind="date",
                sort="confirmed_at",
                exported=False,
            ),
            Column("acknowledged_on", "Accusée le", kind="date", shown=False),
            Column("promised_on", "Livraison promise", kind="date", sort="promised_on"),
        ],
        filters=[
            Search("number", "reason", "lines__reference", label="Numéro, motif ou référence"),
            Choice("etat", "État", [(code, state.label) for code, state in STATES.items()], field="state"),
            Choice("nature", "Nature", list(KINDS.items()), field="kind", every="Toutes"),
            Period("mois", "Mois des titres", field="month"),
        ],
        empty="Aucune commande pour le moment.",
        empty_action=("Déposer un fichier", reverse("order_upload", args=[contract.code]))
        if may_order
        else None,
    )
    table.rows = cast("object", table.rows).distinct() if table.asked.get("q") else table.rows  # type: ignore[attr-defined]
    return table.response(
        "orders/list.html",
        {"may_order": may_order, "room": queries.room_left(contract, on=timezone.localdate())},
    )


def _month(order: Order) -> SafeString:
    return format_html('<span class="nowrap">{}</span>', month_fr(order.month))


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
@reads(*READERS)
def order_detail(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One order, without the names of people: a page apart shows them, and says so in the journal."""
    order = order_numbered(contract, number)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    table = _lines_table(request, order, named=False)
    if table.export:
        return table.export_response()
    state = OrderState(order.state)
    return render(
        request,
        "orders/detail.html",
        {
            "order": order,
            "state": STATES[order.state],
            "kind": KINDS[order.kind],
            "table": table,
            "figures": _figures(order),
            "explanations": explanations_of(order),
            "events": _events(order),
            "facts": _facts(order),
            "shift": shift_of(order),
            "may_acknowledge": Role.VOUCHER_OPERATOR in roles and state == OrderState.CONFIRMED,
            "may_cancel": Role.BUYER_MANAGER in roles
            and state in {OrderState.CONFIRMED, OrderState.ACKNOWLEDGED},
            "may_see_people": bool(set(ORDERERS) & roles),
        },
    )


@clause("T-2.1.5-espace-gestion")
@reads(*ORDERERS, names_people=True)
def order_people(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The lines of an order with names and addresses."""
    order = order_numbered(contract, number)
    table = _lines_table(request, order, named=True)
    return table.response("orders/people.html", {"order": order})


def _lines_table(request: HttpRequest, order: Order, *, named: bool) -> Table:
    people = [
        Column("person", "Bénéficiaire", value=_full_name),
        Column("address", "Adresse", value=lambda line: ", ".join(line.address[1:])),
    ]
    masked = [Column("person", "Bénéficiaire", value=_initials)]
    campaigns = order.lines.exclude(campaign="").order_by("campaign").values_list("campaign", flat=True)
    searched = ["reference", "last_name", "first_name"] if named else ["reference"]
    return Table(
        request,
        order.lines.all(),
        name=f"commande-{order.number}",
        caption="Lignes de la commande",
        noun="ligne",
        order="position",
        columns=[
            Column("position", "N°", kind="number", sort="position"),
            Column("reference", "Référence", sort="reference"),
            *(people if named else masked),
            Column("vouchers", "Titres", kind="number", sort="vouchers"),
            Column("booklets", "Carnets", value=_booklets, kind="text"),
            Column("delivery", "Livraison", value=lambda line: DELIVERIES[line.delivery], sort="delivery"),
            Column("campaign", "Campagne", sort="campaign"),
        ],
        filters=[
            Search(*searched, label="Référence ou nom" if named else "Référence"),
            Choice("livraison", "Livraison", list(DELIVERIES.items()), field="delivery", every="Toutes"),
            Choice(
                "campagne",
                "Campagne",
                [(name, name) for name in campaigns.distinct()],
                field="campaign",
                every="Toutes",
            ),
        ],
    )


def _full_name(line: OrderLine) -> str:
    if not line.is_named:
        return "Carnet sans nom"
    return " ".join(
        part
        for part in (CIVILITIES.get(line.civility, line.civility), line.first_name, line.last_name)
        if part
    )


def _initials(line: OrderLine) -> str:
    """A person as those see who need not know them."""
    if not line.is_named:
        return "Carnet sans nom"
    return " ".join(f"{name[:1]}…" for name in (line.first_name, line.last_name) if name)


def _booklets(line: OrderLine) -> str:
    return " + ".join(str(size) for size in booklet_sizes(line.vouchers))


def _figures(order: Order) -> list[Figure]:
    delivery = date_fr(order.promised_on) if order.promised_on else "après l’accusé"
    contract = order.contract
    return [
        figure(contract, "Titres", count_fr(order.vouchers, "titre"), note=f"de {money(order.face_value)}"),
        figure(contract, "Carnets", count_fr(order.booklets, "carnet"), clause="T-2.4-carnets"),
        figure(contract, "Montant", money(order.amount), clause="T-1.1-plafond"),
        figure(contract, "Livraison promise", delivery, clause="T-2.6-livraison-cpam"),
    ]


def _facts(order: Order) -> list[tuple[str, str]]:
    facts = [
        ("Mois des titres", month_fr(order.month)),
        ("Millésime", f"{order.vintage}, valable jusqu’au {date_fr(order.valid_until_on)} inclus"),
        ("Motif", order.reason),
    ]
    if order.source is not None:
        facts += [
            ("Fichier reçu", order.source.name),
            ("Empreinte du fichier", order.source.sha256),
            ("Lignes refusées", str(order.rows_refused) if order.rows_refused else "aucune"),
        ]
    return [(label, value) for label, value in facts if value]


def _events(order: Order) -> list[Event]:
    """The life of the order, and what comes next."""
    names = queries.actor_names([order.confirmed_by, order.acknowledged_by, order.cancelled_by])
    events = [
        Event(order.confirmed_at, ACTED["CONFIRMED"], actor=names.get(order.confirmed_by, ""), tone="good")
    ]
    if order.acknowledged_at and order.acknowledged_on:
        events.append(
            Event(
                order.acknowledged_at,
                ACTED["ACKNOWLEDGED"],
                detail=f"daté du {date_fr(order.acknowledged_on)}, limite de livraison {weekday_fr(order.due_on)}",
                actor=names.get(order.acknowledged_by, ""),
                tone="good",
            )
        )
    if order.issued_at:
        events.append(Event(order.issued_at, ACTED["ISSUED"], tone="good"))
    if order.released_at:
        events.append(Event(order.released_at, ACTED["RELEASED"], tone="good"))
    if order.cancelled_at:
        events.append(
            Event(
                order.cancelled_at,
                ACTED["CANCELLED"],
                detail=order.cancelled_because,
                actor=names.get(order.cancelled_by, ""),
                tone="bad",
            )
        )
        return events
    coming = [
        (order.acknowledged_at, "Accusé de réception à venir", "il fait partir le délai de livraison"),
        (order.issued_at, "Émission à venir", ""),
        (order.released_at, "Relecture et bon à imprimer à venir", ""),
    ]
    for done, title, detail in coming:
        if not done:
            events.append(Event(None, title, detail=detail, tone="calm"))
            break
    if order.promised_on:
        events.append(Event(order.promised_on, "Livraison promise", tone="calm"))
    return events


@clause("T-2.6-livraison-cpam")
@acts(Role.VOUCHER_OPERATOR)
def order_acknowledge(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Acknowledge receipt of an order, on a date."""
    order = order_numbered(contract, number)
    today = timezone.localdate()
    form = AcknowledgeForm(posted(request), initial={"acknowledged_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.acknowledge_order(
                order=order,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
                acknowledged_on=form.cleaned_data["acknowledged_on"],
            )
        except services.ImpossibleDay as refused:
            form.add_error(
                "acknowledged_on",
                f"La date va du {date_fr(refused.earliest_on)}, jour de la commande, "
                f"au {date_fr(refused.latest_on)}, ce jour.",
            )
        except services.WrongState as refused:
            messages.error(request, _wrong_state(refused))
            return redirect(order_url(order))
        else:
            messages.success(
                request,
                f"Commande {order.number} accusée le {date_fr(order.acknowledged_on)} : "
                f"livraison promise {weekday_fr(order.promised_on)}. {shift_of(order)}".strip(),
            )
            return redirect(order_url(order))
    dates = queries.promise(
        contract,
        month=order.month,
        kind=OrderKind(order.kind),
        ordered_on=timezone.localdate(order.confirmed_at),
        acknowledged_on=today,
    )
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Accuser réception de la commande {order.number}",
            "breadcrumb": _crumbs(order, "Accuser réception"),
            "consequences": [
                f"Daté de ce jour, l’accusé promet la livraison {weekday_fr(dates.promised_on)}.",
                "L’acheteur peut aussitôt télécharger l’accusé de réception en PDF.",
            ],
            "facts": [
                ("Commande confirmée", instant_fr(order.confirmed_at)),
                ("Quantité", f"{count_fr(order.vouchers, 'titre')} en {count_fr(order.booklets, 'carnet')}"),
                ("Montant", money(order.amount)),
            ],
            "form": form,
            "action_label": "Accuser réception",
            "cancel_url": order_url(order),
        },
    )


@clause("T-2.1.5-espace-gestion")
@acts(Role.BUYER_MANAGER)
def order_cancel(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Cancel an order that is not issued yet."""
    order = order_numbered(contract, number)
    form = CancelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_order(
                order=order,
                because=form.cleaned_data["because"],
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except services.WrongState as refused:
            messages.error(request, _wrong_state(refused))
        else:
            messages.success(
                request, f"Commande {order.number} annulée : {money(order.amount)} rendus au plafond."
            )
        return redirect(order_url(order))
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Annuler la commande {order.number}",
            "breadcrumb": _crumbs(order, "Annuler"),
            "consequences": [
                f"{count_fr(order.vouchers, 'titre')} ne seront pas fabriqués.",
                f"{money(order.amount)} redeviennent disponibles sous le plafond.",
                "Le même fichier pourra être commandé à nouveau, sous un autre numéro.",
            ],
            "form": form,
            "action_label": "Annuler la commande",
            "cancel_url": order_url(order),
            "grave": True,
        },
    )


def _wrong_state(refused: services.WrongState) -> str:
    return f"La commande {refused.number} est maintenant « {STATES[refused.state].label} » : rien n’a été changé."


def _crumbs(order: Order, here: str) -> list[tuple[str, str | None]]:
    return [
        ("Commandes", reverse("order_list", args=[order.contract.code])),
        (f"Commande {order.number}", order_url(order)),
        (here, None),
    ]


@clause("T-2.6-livraison-cpam")
@reads(*READERS)
def order_acknowledgement(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The acknowledgement of receipt as a PDF."""
    order = order_numbered(contract, number)
    if order.acknowledged_on is None:
        raise Http404("this order is not acknowledged")
    response = HttpResponse(acknowledgement_pdf(order), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="accuse-de-reception-{order.number}.pdf"'
    return response

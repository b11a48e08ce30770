"""The orders of hours and acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.support.ledger import queries, services
from titulaire.support.ledger.forms import AnswerForm, OrderForm, ReasonForm
from titulaire.support.ledger.models import WorkOrder
from titulaire.support.ledger.rules import ONE_DAY, OrderKind, Standing
from titulaire.support.ledger.views.page import (
    KEEPERS,
    READERS,
    actor_of,
    form_page,
    paper_column,
    roles_of,
)
from titulaire.support.ledger.wording import KINDS, ORDERS, UNITS, lead_written, span_written, unit_word
from titulaire.ui.formats import NO_BREAK, NONE, date_fr, number, rate
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Period, Search, Table


@clause("S-7.2-commandes", "S-9-120")
@reads(*READERS)
def work_orders(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order, every version."""
    may_enter = bool(set(KEEPERS) & roles_of(request))

    terms, today = _terms(contract), timezone.localdate()

    def state(one: WorkOrder) -> str:
        return queries.standing_of(one, terms, today).value

    columns = [
        Column(
            "reference",
            "Commande",
            sort="reference",
            link=lambda one: reverse("work_order", args=[contract.code, one.pk]),
        ),
        Column("state", "État", kind="status", value=state, statuses=ORDERS),
        Column("kind", "Nature", value=lambda one: KINDS[one.kind], sort="kind"),
        Column("unit", "Unité", sort="unit"),
        Column("since_on", "Du", kind="date", sort="since_on"),
        Column("last_on", "Au", kind="date", value=lambda one: one.until_on - ONE_DAY),
        Column("quantity", "Quantité", kind="number", digits=2, sort="quantity"),
        Column("contacts", "Contacts prévus", kind="number", sort="contacts"),
        Column("ordered_on", "Reçue le", kind="date", sort="ordered_on"),
        Column(
            "lead",
            "Préavis",
            value=lambda one: lead_written(queries.order_notice(one, terms)) if terms else NONE,
        ),
        Column("version", "Version", kind="number", sort="version"),
        Column("reason", "Raison"),
        paper_column(contract),
    ]
    table = Table(
        request,
        queries.orders_of(contract),
        name=f"commandes-{contract.code}",
        caption="Commandes d’heures et d’actes",
        noun="commande",
        order="-since_on",
        columns=columns,
        filters=[
            Search("reference", "reason", label="Référence ou raison"),
            Choice("unite", "Unité", list(UNITS.items()), field="unit", every="Toutes"),
            Choice("nature", "Nature", list(KINDS.items()), field="kind", every="Toutes"),
            Choice(
                "etat",
                "État",
                [
                    ("IN_FORCE", "En vigueur"),
                    ("REFUSED", "Refusées"),
                    ("REPLACED", "Remplacées"),
                    ("CANCELLED", "Annulées"),
                ],
                every="Tous",
                narrowed_by=lambda found, code: {
                    "IN_FORCE": cast(Any, found).in_force(),
                    "REFUSED": cast(Any, found).filter(is_last=True, answer__accepted=False),
                    "REPLACED": cast(Any, found).filter(is_last=False),
                    "CANCELLED": cast(Any, found).filter(is_last=True, cancelled=True),
                }[code],
            ),
            Period("du", "Début", field="since_on"),
        ],
        empty="Aucune commande saisie.",
    )
    return table.response("ledger/orders.html", {"may_enter": may_enter})


@clause("S-7.2-commandes", "S-9-120")
@acts(*KEEPERS)
def work_order_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Enter an order, or its next version."""
    form = OrderForm(
        request.POST or None, request.FILES or None, initial={"ordered_on": timezone.localdate()}
    )
    back = reverse("work_orders", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        try:
            made = services.enter_order(
                contract=contract,
                reference=form.cleaned_data["reference"],
                ordered=form.ordered(),
                ordered_on=form.cleaned_data["ordered_on"],
                kind=OrderKind(form.cleaned_data["kind"]),
                paper=form.paper(),
                reason=form.cleaned_data["reason"],
                **actor_of(request),
            )
        except services.OrderKnown:
            form.add_error(
                "reason", "Cette commande existe avec d’autres valeurs : dites pourquoi elle change."
            )
        except services.OrdersOverlap as other:
            form.add_error("since_on", f"La commande {other.reference} couvre déjà l’un de ces jours.")
        else:
            messages.success(request, f"Commande {made.reference}, version {made.version}, enregistrée.")
            return redirect("work_order", contract.code, made.pk)
    return form_page(request, contract, form, "Saisir une commande", "Enregistrer la commande", back)


def _terms(contract: Contract) -> Terms | None:
    return terms_of(contract.code) if contract.code in codes_with_terms() else None


def _order(contract: Contract, order: int) -> WorkOrder:
    found = queries.orders_of(contract).filter(pk=order).first()
    if found is None:
        raise Http404("no such order")
    return found


@clause("S-7.2-commandes", "S-7.2-validation")
@reads(*READERS)
def work_order(request: HttpRequest, contract: Contract, order: int) -> HttpResponse:
    """One order: what it asks, what it is worth today and why, what announced it, its versions."""
    found, terms, today = _order(contract, order), _terms(contract), timezone.localdate()
    standing = queries.standing_of(found, terms, today)
    keeps = bool(set(KEEPERS) & roles_of(request))
    in_force = standing in (Standing.PENDING, Standing.VALIDATED, Standing.DEEMED, Standing.INDICATIVE)
    return render(
        request,
        "ledger/order.html",
        {
            "order": found,
            "unit": UNITS[found.unit],
            "standing": ORDERS[standing],
            "why": _why(found, standing, terms),
            "asked": _asked(found, terms),
            "announced": [_announced(found, one) for one in queries.announced(found)],
            "events": _events(found),
            "may_answer": keeps and standing is Standing.PENDING,
            "may_cancel": keeps and in_force,
        },
    )


def _why(order: WorkOrder, standing: Standing, terms: Terms | None) -> str:
    """Why the order is worth what it is."""
    last_day = date_fr(queries.answer_until(order, terms)) if terms else ""
    match standing:
        case Standing.PENDING:
            return f"Sans réponse du Titulaire avant la fin du {last_day}, elle est réputée valide."
        case Standing.DEEMED:
            return f"Aucune réponse jusqu’au {last_day} compris : le silence l’a validée."
        case Standing.VALIDATED:
            return f"Validée par le Titulaire le {date_fr(order.answer.answered_on)}."
        case Standing.REFUSED:
            return f"Refusée le {date_fr(order.answer.answered_on)} : {order.answer.reason}"
        case Standing.INDICATIVE:
            return "Elle annonce ce qui sera commandé, et n’engage personne."
        case Standing.CANCELLED:
            return f"Annulée : {order.reason}"
        case Standing.REPLACED:
            return "Une version plus récente fait foi."


def _asked(order: WorkOrder, terms: Terms | None) -> list[tuple[str, str]]:
    quantity = f"{number(order.quantity, 2)}{NO_BREAK}{unit_word(order.unit)}"
    pairs = [
        ("Nature", KINDS[order.kind]),
        ("Unité", UNITS[order.unit]),
        ("Période", f"du {date_fr(order.since_on)} au {date_fr(order.until_on - ONE_DAY)}"),
        ("Quantité", quantity),
        ("Contacts prévus", NONE if order.contacts is None else number(order.contacts)),
        ("Reçue le", date_fr(order.ordered_on)),
    ]
    if terms:
        notice = queries.order_notice(order, terms)
        pairs += [("Préavis, en jours ouvrés", lead_written(notice)), ("Durée", span_written(notice))]
    return pairs


def _announced(order: WorkOrder, told: WorkOrder) -> tuple[str, str]:
    """What an indicative order told, and by how much the order departs from it over the same days."""
    words = f"{number(told.quantity, 2)}{NO_BREAK}{unit_word(told.unit)}"
    if (told.since_on, told.until_on) == (order.since_on, order.until_on):
        gap = (order.quantity - told.quantity) / told.quantity
        words += f" ; écart de la commande : {'+' if gap > 0 else ''}{rate(gap)}"
    else:
        words += f" du {date_fr(told.since_on)} au {date_fr(told.until_on - ONE_DAY)}"
    return f"{told.reference}, le {date_fr(told.ordered_on)}", words


def _events(order: WorkOrder) -> list[Event]:
    events: list[tuple[datetime, Event]] = []
    for one in queries.versions_of(order):
        if one.accepted is not None:
            title = "Validée" if one.accepted else "Refusée"
            told = f"Réponse du {date_fr(one.answer.answered_on)}"
            told += f" : {one.answer.reason}" if one.answer.reason else ""
            tone = "good" if one.accepted else "bad"
            event = Event(one.answer.entered_at, f"{title}, version {one.version}", told, tone)
            events.append((one.answer.entered_at, event))
        title = f"Version {one.version}" + (", annulation" if one.cancelled else "")
        told = f"{number(one.quantity, 2)}{NO_BREAK}{unit_word(one.unit)}"
        told += f" · {one.reason}" if one.reason else ""
        events.append((one.entered_at, Event(one.entered_at, title, told)))
    return [event for _, event in sorted(events, key=lambda dated: dated[0], reverse=True)]


@clause("S-7.2-validation")
@acts(*KEEPERS)
def work_order_answer(request: HttpRequest, contract: Contract, order: int) -> HttpResponse:
    """Validate or refuse an order."""
    found = _order(contract, order)
    back = reverse("work_order", args=[contract.code, found.pk])
    form = AnswerForm(
        request.POST or None, request.FILES or None, initial={"answered_on": timezone.localdate()}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.answer_order(
                order=found,
                accepted=said["accepted"],
                answered_on=said["answered_on"],
                reason=said["reason"],
                paper=form.paper(),
                **actor_of(request),
            )
        except services.NoReason:
            form.add_error("reason", "Dites pourquoi la commande est refusée.")
        except services.ImpossibleAnswerDay:
            form.add_error("answered_on", "Ce jour précède la commande, ou n’est pas encore venu.")
        except services.AnswerTooLate as late:
            last_day = date_fr(late.last_day)
            form.add_error("answered_on", f"Dernier jour : le {last_day}. La commande est réputée valide.")
        except services.OrderAnswered:
            form.add_error(None, "Cette commande a déjà reçu une autre réponse.")
        except services.OrderNotAnswerable:
            form.add_error(None, "Cette version n’attend pas de réponse : ouvrez la dernière.")
        else:
            words = "validée" if said["accepted"] else "refusée"
            messages.success(request, f"Commande {found.reference} {words}.")
            return redirect(back)
    terms = _terms(contract)
    lead = f"Dernier jour pour répondre : {date_fr(queries.answer_until(found, terms))}." if terms else ""
    heading = f"Répondre à la commande {found.reference}"
    return form_page(request, contract, form, heading, "Enregistrer la réponse", back, lead)


@acts(*KEEPERS)
def work_order_cancel(request: HttpRequest, contract: Contract, order: int) -> HttpResponse:
    """Take an order back."""
    found = _order(contract, order)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = reverse("work_order", args=[contract.code, found.pk])
    if request.method == "POST" and form.is_valid():
        services.cancel_order(order=found, reason=form.cleaned_data["reason"], **actor_of(request))
        messages.success(request, f"Commande {found.reference} annulée.")
        return redirect("work_orders", contract.code)
    heading = f"Annuler la commande {found.reference}"
    return form_page(request, contract, form, heading, "Annuler la commande", back, UNITS[found.unit])

"""The pages of the ledger: a month's production, its orders, its prices, its closing and its invoice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from titulaire.amounts import to_cents
from titulaire.billing.rules import DocumentRefused, LineRefused
from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.ledger import queries, services
from titulaire.support.ledger.forms import (
    CloseForm,
    EntryForm,
    OrderForm,
    PriceForm,
    ReasonForm,
    SheetForm,
    month_of,
)
from titulaire.support.ledger.models import Ledger, UnitPrice, WorkOrder
from titulaire.support.ledger.reading import COLUMNS, REQUIRED, entries_of_sheet
from titulaire.support.ledger.rules import (
    HOURS,
    ONE_DAY,
    Charge,
    Gap,
    LedgerState,
    NoPrice,
    PriceChangesWithin,
    WorkUnit,
)
from titulaire.support.ledger.services import NewEntry
from titulaire.support.ledger.wording import ENTRY_FAULTS, ORDERS, STATES, UNITS, price_fault, unit_word
from titulaire.ui.formats import NO_BREAK, NONE, count_fr, date_fr, instant_fr, money, month_fr, number
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
KEEPERS = (Role.SUPERVISOR, Role.PLANNER)
"""Who enters, for the contractor. Only the supervisor closes and invoices."""


def _roles(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def _sees_drafts(request: HttpRequest) -> bool:
    """An open month is the contractor's own business."""
    return bool({*KEEPERS, Role.AUDITOR} & _roles(request))


def _month(text: str) -> date:
    month = month_of(text)
    if month is None:
        raise Http404("no such month")
    return month


def month_url(contract: Contract, month: date, name: str = "ledger_month") -> str:
    return reverse(name, args=[contract.code, f"{month:%Y-%m}"])


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _amount(ledger: Ledger) -> Decimal | None:
    try:
        return sum((one.amount for one in queries.charges_of(ledger)), Decimal("0.00"))
    except (NoPrice, PriceChangesWithin):
        return None


@clause("S-7.2-commandes", "S-9-penalites")
@reads(*READERS)
def ledger_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The months, what was produced in each, and its invoice."""
    found = queries.ledgers_of(contract)
    if not _sees_drafts(request):
        found = found.filter(state=LedgerState.CLOSED.value)
    may_enter = bool(set(KEEPERS) & _roles(request))
    table = Table(
        request,
        list(found),
        name=f"registre-{contract.code}",
        caption="Mois du registre",
        noun="mois",
        plural="mois",
        order="-month",
        columns=[
            Column(
                "month",
                "Mois",
                kind="date",
                html=lambda one: month_fr(one.month).capitalize(),
                link=lambda one: month_url(contract, one.month),
                sort="oui",
            ),
            Column("hours", "Heures", kind="number", digits=2, value=lambda one: _produced(one, hours=True)),
            Column("acts", "Actes", kind="number", value=lambda one: _produced(one, hours=False)),
            Column("amount", "Montant hors taxes", kind="money", value=_amount),
            Column("state", "État", kind="status", statuses=STATES, sort="oui"),
            Column("version", "Clôture", kind="number", shown=False),
            Column(
                "invoice",
                "Facture",
                value=lambda one: _invoice_words(one),
                link=lambda one: _invoice_url(request, one),
            ),
        ],
        empty="Aucun mois au registre.",
        empty_action=(
            "Saisir une production",
            month_url(contract, timezone.localdate().replace(day=1), "ledger_enter"),
        )
        if may_enter
        else None,
    )
    current = month_url(contract, timezone.localdate().replace(day=1))
    return table.response("ledger/list.html", {"current_url": current if may_enter else ""})


def _produced(ledger: Ledger, *, hours: bool) -> Decimal:
    return sum(
        (one.quantity for one in queries.entries_of(ledger) if (one.unit in HOURS) is hours), Decimal(0)
    )


def _invoice_words(ledger: Ledger) -> str:
    if ledger.invoice is None:
        return ""
    return ledger.invoice.number or "Brouillon"


def _invoice_url(request: HttpRequest, ledger: Ledger) -> str | None:
    """The invoice's page, for those who see it: a draft is the contractor's own business."""
    invoice = ledger.invoice
    if invoice is None or not (invoice.is_issued or Role.SUPERVISOR in _roles(request)):
        return None
    return reverse("invoice", args=[ledger.contract.code, invoice.reference])


@clause("S-7.2-commandes", "S-9-penalites", "S-9-120")
@reads(*READERS)
def ledger_month(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """A month: what it comes to, each entry, beside the hours that the facts tell."""
    first = _month(month)
    ledger = queries.ledger_of(contract, first)
    if ledger is not None and not ledger.is_closed and not _sees_drafts(request):
        ledger = None
    shown: dict[str, Any] = {
        "month": first,
        "ledger": ledger,
        "state": STATES[ledger.state] if ledger else STATES[LedgerState.OPEN.value],
        "actions": _actions(request, contract, first, ledger),
        "orders": [_order_told(one) for one in queries.orders_ending_in(contract, first)],
    }
    if ledger is None:
        return render(request, "ledger/month.html", shown)
    entries, gaps = _entries(request, ledger), queries.gaps_of(ledger)
    gap_table = _gaps(request, ledger, gaps)
    for table in (entries, gap_table):
        if table.export:
            return table.export_response()
    try:
        found, fault = queries.charges_of(ledger), ""
    except (NoPrice, PriceChangesWithin) as error:
        found, fault = (), price_fault(error)
    context = shown | {
        "figures": _figures(ledger, found, gaps),
        "charges": [_charge(one) for one in found],
        "total": money(sum((one.amount for one in found), Decimal("0.00"))),
        "fault": fault,
        "entries": entries,
        "gaps": gap_table,
        "has_facts": any(one.measured is not None for one in gaps),
        "closed": f"Clôture n° {ledger.version}, {instant_fr(ledger.closed_at)}" if ledger.closed_at else "",
        "invoice": _invoice_words(ledger),
        "invoice_url": _invoice_url(request, ledger),
    }
    return render(request, "ledger/month.html", context)


def _days(since: date, until: date) -> str:
    last = until - ONE_DAY
    return f"le {date_fr(since)}" if since == last else f"du {date_fr(since)} au {date_fr(last)}"


def _order_told(one: Any) -> tuple[str, str]:
    words = f"{number(one.hours, 2)}{NO_BREAK}h"
    if one.contacts is not None:
        words += f", {count_fr(one.contacts, 'contact prévu', 'contacts prévus')}"
    return _days(one.since, one.until).capitalize(), words


def _actions(
    request: HttpRequest, contract: Contract, month: date, ledger: Ledger | None
) -> list[tuple[str, str]]:
    roles, found = _roles(request), []
    is_closed = ledger is not None and ledger.is_closed
    if set(KEEPERS) & roles and not is_closed:
        found += [("Saisir une quantité", "ledger_enter"), ("Importer un fichier", "ledger_import")]
    if Role.SUPERVISOR in roles and ledger is not None:
        if not is_closed:
            found.append(("Clore le mois", "ledger_close"))
        elif ledger.invoice is None:
            found += [("Préparer la facture", "ledger_invoice"), ("Rouvrir le mois", "ledger_reopen")]
        elif not ledger.invoice.is_issued:
            found.append(("Rouvrir le mois", "ledger_reopen"))
    return [(label, month_url(contract, month, name)) for label, name in found]


def _figures(ledger: Ledger, found: tuple[Charge, ...], gaps: list[Gap]) -> list[Figure]:
    entered = sum((one.entered for one in gaps), Decimal(0))
    measured = [one.measured for one in gaps if one.measured is not None]
    apart = sum((one.difference for one in gaps if one.difference is not None), Decimal(0))
    return [
        Figure("Heures au registre", f"{number(entered, 2)}{NO_BREAK}h"),
        Figure(
            "Heures mesurées dans les faits",
            f"{number(sum(measured, Decimal(0)), 2)}{NO_BREAK}h" if measured else NONE,
            note="" if measured else "aucun état de conseiller importé",
        ),
        Figure(
            "Écart",
            f"{number(apart, 2)}{NO_BREAK}h" if measured else NONE,
            note="registre moins faits, sur les jours mesurés",
        ),
        Figure(
            "Montant hors taxes",
            money(sum((one.amount for one in found), Decimal("0.00"))) if found else NONE,
        ),
    ]


def _charge(one: Charge) -> dict[str, str]:
    return {
        "unit": UNITS[one.unit.value],
        "days": _days(one.since, one.until),
        "quantity": f"{number(one.quantity, 2 if one.unit in HOURS else 0)}{NO_BREAK}{unit_word(one.unit.value)}",
        "price": money(one.price)
        if one.price == to_cents(one.price)
        else f"{number(one.price, 4)}{NO_BREAK}€",
        "amount": money(one.amount),
    }


def _entries(request: HttpRequest, ledger: Ledger) -> Table:
    kinds = {
        "IN_FORCE": Status("IN_FORCE", "En vigueur", "good"),
        "REPLACED": Status("REPLACED", "Remplacée", "calm"),
    }

    def state(one: Any) -> str:
        return "REPLACED" if one.superseded_by_id else "IN_FORCE"

    return Table(
        request,
        ledger.entries.select_related("batch", "superseded_by"),
        name=f"production-{ledger}",
        caption="Saisies du mois",
        noun="saisie",
        order="since_on",
        columns=[
            Column("since_on", "Du", kind="date", sort="since_on"),
            Column("last_on", "Au", kind="date", value=lambda one: one.until_on - ONE_DAY),
            Column("unit", "Unité", value=lambda one: UNITS[one.unit], sort="unit"),
            Column("quantity", "Quantité", kind="number", digits=2, sort="quantity"),
            Column("site", "Site", sort="site"),
            Column("source", "Source", value=lambda one: one.batch.file_name or "saisie à l’écran"),
            Column("row", "Ligne", kind="number", shown=False),
            Column("state", "État", kind="status", value=state, statuses=kinds),
            Column(
                "reason", "Raison", value=lambda one: one.superseded_by.reason if one.superseded_by else ""
            ),
            Column("entered_at", "Saisie le", kind="instant", value="batch.entered_at", shown=False),
        ],
        filters=[
            Search("site", "batch__file_name", label="Site ou fichier"),
            Choice("unite", "Unité", list(UNITS.items()), field="unit", every="Toutes"),
            Choice(
                "etat",
                "État",
                [(each.code, each.label) for each in kinds.values()],
                narrowed_by=lambda found, code: cast(Any, found).filter(
                    superseded_by__isnull=code == "IN_FORCE"
                ),
            ),
        ],
    )


def _gaps(request: HttpRequest, ledger: Ledger, gaps: list[Gap]) -> Table:
    return Table(
        request,
        gaps,
        name=f"ecart-{ledger}",
        caption="Heures par jour : registre et faits",
        noun="jour",
        prefix="ecart",
        page_size=31,
        columns=[
            Column("on", "Jour", kind="date", sort="oui"),
            Column("entered", "Au registre (h)", kind="number", digits=2, sort="oui"),
            Column("measured", "Mesurées (h)", kind="number", digits=2, sort="oui"),
            Column("difference", "Écart (h)", kind="number", digits=2, sort="oui"),
        ],
    )


# Entering


def _form_page(
    request: HttpRequest, contract: Contract, form: forms.Form, heading: str, label: str, cancel_url: str,
    lead: str = "",
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": cancel_url,
    }
    return render(request, "ledger/form.html", context)


def _row_faults(refused: services.EntriesRefused) -> list[Fault]:
    return [
        Fault(
            one.row or 0,
            one.column,
            one.fault,
            f"{ENTRY_FAULTS[one.fault]}{f' ({date_fr(one.on)})' if one.on else ''}",
        )
        for one in refused.refusals
    ]


@clause("S-7.2-commandes")
@acts(*KEEPERS)
def ledger_enter(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Enter one quantity by hand."""
    first = _month(month)
    initial = {"since_on": first, "last_on": queries.after(first) - ONE_DAY}
    form = EntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.enter(
                contract=contract,
                month=first,
                entries=[NewEntry(form.produced())],
                reason=form.cleaned_data["reason"],
                **_actor(request),
            )
        except services.EntriesRefused as refused:
            form.add_error("since_on", _row_faults(refused)[0].message)
        except services.LedgerClosed:
            form.add_error(None, "Ce mois est clos : rouvrez-le d’abord.")
        else:
            messages.success(request, "Quantité enregistrée.")
            return redirect(month_url(contract, first))
    return _form_page(
        request,
        contract,
        form,
        f"Saisir une quantité, {month_fr(first)}",
        "Enregistrer",
        month_url(contract, first),
    )


@clause("S-7.2-commandes")
@acts(*KEEPERS)
def ledger_import(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Enter the quantities of a file, all or none."""
    first = _month(month)
    form = SheetForm(request.POST or None, request.FILES or None)
    faults: list[Fault] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read()
        try:
            batch, known = services.enter(
                contract=contract,
                month=first,
                entries=entries_of_sheet(content),
                file_name=file.name,
                file_sha256=hashlib.sha256(content).hexdigest(),
                reason=form.cleaned_data["reason"],
                **_actor(request),
            )
        except SheetRefused as sheet:
            faults = sheet.faults
        except services.EntriesRefused as refused:
            faults = _row_faults(refused)
        except services.LedgerClosed:
            form.add_error(None, "Ce mois est clos : rouvrez-le d’abord.")
        else:
            said = count_fr(batch.rows, "ligne")
            text = (
                f"Ce fichier était déjà au registre ({said})." if known else f"Fichier enregistré : {said}."
            )
            messages.success(request, text)
            return redirect(month_url(contract, first))
    context = {
        "form": form,
        "faults": faults,
        "columns": COLUMNS,
        "required": REQUIRED,
        "units": UNITS,
        "month": first,
        "cancel_url": month_url(contract, first),
    }
    return render(request, "ledger/import.html", context)


# Closing


def _ledger(contract: Contract, month: str) -> Ledger:
    found = queries.ledger_of(contract, _month(month))
    if found is None:
        raise Http404("nothing entered that month")
    return found


def _refused(error: Exception) -> str:
    """Why a month is not closed, opened or invoiced."""
    match error:
        case NoPrice() | PriceChangesWithin():
            return price_fault(error)
        case services.LedgerEmpty():
            return "Rien n’est saisi pour ce mois."
        case services.AlreadyInvoiced():
            return f"La facture {error.number} est émise : corrigez-la par un avoir."
        case services.LedgerOpen():
            return "Ce mois n’est pas clos."
        case LineRefused() | DocumentRefused():
            return "Ces montants ne font pas une facture : vérifiez les quantités et les prix."
    raise error


REFUSALS = (
    NoPrice,
    PriceChangesWithin,
    services.LedgerEmpty,
    services.AlreadyInvoiced,
    services.LedgerOpen,
    LineRefused,
    DocumentRefused,
)


def _act(
    request: HttpRequest, contract: Contract, month: str, form: forms.Form, *, heading: str, label: str,
    done: str, act: Callable[..., object], lead: str = "",
) -> HttpResponse:  # fmt: skip
    """One act on a month: its form, the act itself, the sentence that says it is done."""
    ledger = _ledger(contract, month)
    if request.method == "POST" and form.is_valid():
        try:
            act(ledger=ledger, **form.cleaned_data, **_actor(request))
        except REFUSALS as refused:
            form.add_error(None, _refused(refused))
        else:
            messages.success(request, done)
            return redirect(month_url(contract, ledger.month))
    title = f"{heading}, {month_fr(ledger.month)}"
    return _form_page(request, contract, form, title, label, month_url(contract, ledger.month), lead)


@clause("S-7.2-commandes", "S-9-penalites")
@acts(Role.SUPERVISOR)
def ledger_close(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Close a month; a gap with the hours measured is explained."""
    gaps = queries.gaps_of(_ledger(contract, month))
    apart = sum((one.difference for one in gaps if one.difference is not None), Decimal(0))
    has_gap = to_cents(apart) != 0
    form = CloseForm(request.POST if request.method == "POST" else None, gap=has_gap)
    lead = (
        f"Écart avec les heures mesurées dans les faits : {number(apart, 2)}{NO_BREAK}h." if has_gap else ""
    )
    return _act(
        request, contract, month, form, heading="Clore le mois", label="Clore le mois", done="Mois clos.",
        act=services.close_ledger, lead=lead,
    )  # fmt: skip


@acts(Role.SUPERVISOR)
def ledger_reopen(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Open a closed month again."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _act(
        request, contract, month, form, heading="Rouvrir le mois", label="Rouvrir le mois", done="Mois rouvert.",
        act=services.reopen_ledger, lead="Le brouillon de sa facture, s’il existe, est abandonné.",
    )  # fmt: skip


@clause("S-7.2-commandes", "S-9-penalites")
@acts(Role.SUPERVISOR)
def ledger_invoice(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Draft the invoice of a closed month."""
    form = forms.Form(request.POST if request.method == "POST" else None)
    return _act(
        request, contract, month, form, heading="Préparer la facture", label="Préparer la facture",
        done="Brouillon de facture prêt.", act=services.draft_ledger_invoice,
        lead="Une ligne par unité et par prix. Le brouillon se relit et s’émet dans la facturation.",
    )  # fmt: skip


# Orders and prices


def _paper_column(contract: Contract) -> Column:
    return Column(
        "document",
        "Document",
        value="document_name",
        link=lambda one: (
            reverse("ledger_paper", args=[contract.code, one.document_sha256])
            if one.document_sha256
            else None
        ),
    )


@clause("S-7.2-commandes", "S-9-120")
@reads(*READERS)
def work_orders(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every order, every version."""
    may_enter = bool(set(KEEPERS) & _roles(request))

    def state(one: WorkOrder) -> str:
        return "REPLACED" if not one.is_last else "CANCELLED" if one.cancelled else "IN_FORCE"

    columns = [
        Column("reference", "Commande", sort="reference"),
        Column("version", "Version", kind="number", sort="version"),
        Column("unit", "Unité", value=lambda one: UNITS[one.unit], sort="unit"),
        Column("since_on", "Du", kind="date", sort="since_on"),
        Column("last_on", "Au", kind="date", value=lambda one: one.until_on - ONE_DAY),
        Column("quantity", "Quantité", kind="number", digits=2, sort="quantity"),
        Column("contacts", "Contacts prévus", kind="number", sort="contacts"),
        Column("ordered_on", "Reçue le", kind="date", sort="ordered_on"),
        Column("state", "État", kind="status", value=state, statuses=ORDERS),
        Column("reason", "Raison"),
        _paper_column(contract),
    ]
    if may_enter:
        columns.append(
            Column(
                "act",
                "Acte",
                value=lambda one: "Annuler" if state(one) == "IN_FORCE" else "",
                link=lambda one: (
                    reverse("work_order_cancel", args=[contract.code, one.pk])
                    if state(one) == "IN_FORCE"
                    else None
                ),
                exported=False,
            )
        )
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
            Choice(
                "etat",
                "État",
                [(each.code, each.label) for each in ORDERS.values()],
                every="Tous",
                narrowed_by=lambda found, code: {
                    "IN_FORCE": cast(Any, found).filter(is_last=True, cancelled=False),
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
                paper=form.paper(),
                reason=form.cleaned_data["reason"],
                **_actor(request),
            )
        except services.OrderKnown:
            form.add_error(
                "reason", "Cette commande existe avec d’autres valeurs : dites pourquoi elle change."
            )
        except services.OrdersOverlap as other:
            form.add_error("since_on", f"La commande {other.reference} couvre déjà l’un de ces jours.")
        else:
            messages.success(request, f"Commande {made.reference}, version {made.version}, enregistrée.")
            return redirect(back)
    return _form_page(request, contract, form, "Saisir une commande", "Enregistrer la commande", back)


@acts(*KEEPERS)
def work_order_cancel(request: HttpRequest, contract: Contract, order: int) -> HttpResponse:
    """Take an order back."""
    found = WorkOrder.objects.of(contract).filter(pk=order).select_related("contract").first()
    if found is None:
        raise Http404("no such order")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = reverse("work_orders", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        services.cancel_order(order=found, reason=form.cleaned_data["reason"], **_actor(request))
        messages.success(request, f"Commande {found.reference} annulée.")
        return redirect(back)
    heading = f"Annuler la commande {found.reference}"
    return _form_page(request, contract, form, heading, "Annuler la commande", back, UNITS[found.unit])


@clause("S-7.2-commandes")
@reads(*READERS)
def unit_prices(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The prices of the units, past and present, and where each is written."""
    kinds = {
        "IN_FORCE": Status("IN_FORCE", "En vigueur", "good"),
        "REPLACED": Status("REPLACED", "Remplacé", "calm"),
    }
    table = Table(
        request,
        UnitPrice.objects.filter(contract=contract).select_related("replaced_by"),
        name=f"prix-{contract.code}",
        caption="Prix unitaires",
        noun="prix",
        plural="prix",
        columns=[
            Column("unit", "Unité", value=lambda one: UNITS[one.unit], sort="unit"),
            Column("from_on", "À compter du", kind="date", sort="from_on"),
            Column("amount", "Prix hors taxes (€)", kind="number", digits=4, sort="amount"),
            Column("source", "Écrit dans"),
            _paper_column(contract),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda one: "REPLACED" if one.replaced_by_id else "IN_FORCE",
                statuses=kinds,
            ),
            Column("reason", "Raison", value=lambda one: one.replaced_by.reason if one.replaced_by else ""),
        ],
        filters=[
            Search("source", label="Document"),
            Choice("unite", "Unité", list(UNITS.items()), field="unit", every="Toutes"),
        ],
        empty="Aucun prix saisi.",
    )
    may_enter = Role.SUPERVISOR in _roles(request)
    return table.response("ledger/prices.html", {"may_enter": may_enter})


@clause("S-7.2-commandes")
@acts(Role.SUPERVISOR)
def unit_price_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Enter a price."""
    form = PriceForm(request.POST or None, request.FILES or None)
    back = reverse("unit_prices", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.set_price(
                contract=contract,
                unit=WorkUnit(said["unit"]),
                from_on=said["from_on"],
                amount=said["amount"],
                source=said["source"],
                paper=form.paper(),
                reason=said["reason"],
                **_actor(request),
            )
        except services.AlreadyPriced:
            form.add_error("reason", "Un autre prix vaut à compter de ce jour : dites pourquoi il change.")
        else:
            messages.success(request, "Prix enregistré.")
            return redirect(back)
    return _form_page(request, contract, form, "Saisir un prix unitaire", "Enregistrer le prix", back)


@reads(*READERS)
def ledger_paper(request: HttpRequest, contract: Contract, sha256: str) -> HttpResponse:
    """The document in which an order or a price is read."""
    asked = {"contract": contract, "document_sha256": sha256}
    found = WorkOrder.objects.filter(**asked).first() or UnitPrice.objects.filter(**asked).first()
    if found is None:
        raise Http404("no such document")
    response = HttpResponse(files.read(sha256, contract=contract.code), "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.document_name) or "attachment"
    return response

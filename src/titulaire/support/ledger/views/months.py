"""The months of the ledger: what was produced, its closing and its invoice."""

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

from titulaire.amounts import to_cents
from titulaire.billing.rules import DocumentRefused, LineRefused
from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.ledger import queries, services
from titulaire.support.ledger.forms import (
    CloseForm,
    EntryForm,
    ReasonForm,
    SheetForm,
)
from titulaire.support.ledger.models import Ledger
from titulaire.support.ledger.reading import COLUMNS, REQUIRED, entries_of_sheet
from titulaire.support.ledger.rules import (
    HOURS,
    ONE_DAY,
    Charge,
    Gap,
    LedgerState,
    NoPrice,
    PriceChangesWithin,
)
from titulaire.support.ledger.services import NewEntry
from titulaire.support.ledger.views.page import (
    KEEPERS,
    READERS,
    actor_of,
    asked_month,
    form_page,
    month_url,
    roles_of,
    sees_drafts,
)
from titulaire.support.ledger.wording import ENTRY_FAULTS, STATES, UNITS, price_fault, unit_word
from titulaire.ui.formats import NO_BREAK, NONE, count_fr, date_fr, instant_fr, money, month_fr, number
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Search, Status, Table


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
    if not sees_drafts(request):
        found = found.filter(state=LedgerState.CLOSED.value)
    may_enter = bool(set(KEEPERS) & roles_of(request))
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
    if invoice is None or not (invoice.is_issued or Role.SUPERVISOR in roles_of(request)):
        return None
    return reverse("invoice", args=[ledger.contract.code, invoice.reference])


@clause("S-7.2-commandes", "S-9-penalites", "S-9-120")
@reads(*READERS)
def ledger_month(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """A month: what it comes to, each entry, beside the hours that the facts tell."""
    first = asked_month(month)
    ledger = queries.ledger_of(contract, first)
    if ledger is not None and not ledger.is_closed and not sees_drafts(request):
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
    roles, found = roles_of(request), []
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
    first = asked_month(month)
    initial = {"since_on": first, "last_on": queries.after(first) - ONE_DAY}
    form = EntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.enter(
                contract=contract,
                month=first,
                entries=[NewEntry(form.produced())],
                reason=form.cleaned_data["reason"],
                **actor_of(request),
            )
        except services.EntriesRefused as refused:
            form.add_error("since_on", _row_faults(refused)[0].message)
        except services.LedgerClosed:
            form.add_error(None, "Ce mois est clos : rouvrez-le d’abord.")
        else:
            messages.success(request, "Quantité enregistrée.")
            return redirect(month_url(contract, first))
    return form_page(
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
    first = asked_month(month)
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
                **actor_of(request),
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
    found = queries.ledger_of(contract, asked_month(month))
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
            act(ledger=ledger, **form.cleaned_data, **actor_of(request))
        except REFUSALS as refused:
            form.add_error(None, _refused(refused))
        else:
            messages.success(request, done)
            return redirect(month_url(contract, ledger.month))
    title = f"{heading}, {month_fr(ledger.month)}"
    return form_page(request, contract, form, title, label, month_url(contract, ledger.month), lead)


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

"""What both parties agree on: the calendar of orders, the face value."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr, money
from titulaire.ui.parts import Tab
from titulaire.ui.tables import Column, Status, Table
from titulaire.vouchers.orders import agreements, queries, services
from titulaire.vouchers.orders.forms import BaseMonths, FaceValueForm, MonthsForms
from titulaire.vouchers.orders.models import FaceValueChange, OrderCalendar
from titulaire.vouchers.orders.rules import earliest_effect, opens_vintage, proposed_calendar
from titulaire.vouchers.orders.views import ORDERERS, READERS, posted
from titulaire.vouchers.orders.wording import CALENDAR_FAULTS

SIDES = {Role.BUYER_MANAGER: "BUYER", Role.VOUCHER_OPERATOR: "CONTRACTOR"}
STANDINGS = {
    "IN_FORCE": Status("IN_FORCE", "En vigueur", "good"),
    "PROPOSED": Status("PROPOSED", "Proposé", "warn"),
    "REPLACED": Status("REPLACED", "Remplacé", "calm"),
}


@clause("T-2.3-calendrier", "T-2.4-novembre")
@reads(*READERS)
def order_calendar(request: HttpRequest, contract: Contract) -> HttpResponse:
    """A year's calendar: the one in force, and the proposal that awaits an agreement."""
    this_year = timezone.localdate().year
    asked = request.GET.get("annee", "")
    year = int(asked) if asked.isdecimal() and 2000 <= int(asked) <= 2999 else this_year
    versions = list(OrderCalendar.objects.filter(contract=contract, year=year).prefetch_related("entries"))
    in_force = queries.calendar_in_force(contract, year)
    awaited = versions[0] if versions and not versions[0].in_force else None
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    shown = [
        {
            "calendar": calendar,
            "standing": STANDINGS["IN_FORCE" if calendar == in_force else "PROPOSED"],
            "months": queries.followed_months(calendar),
            "names": queries.actor_names(
                [calendar.proposed_by, calendar.buyer_agreed_by, calendar.contractor_agreed_by]
            ),
            "may_agree": [
                role for role, side in SIDES.items() if role in roles and not _has_agreed(calendar, side)
            ],
        }
        for calendar in (in_force, awaited)
        if calendar is not None
    ]
    address = reverse("order_calendar", args=[contract.code])
    return render(
        request,
        "orders/calendar.html",
        {
            "year": year,
            "shown": shown,
            "may_propose": bool(set(ORDERERS) & roles),
            "years": [
                Tab(str(each), f"{address}?annee={each}", each == year)
                for each in range(this_year - 1, this_year + 3)
            ],
        },
    )


def _has_agreed(calendar: OrderCalendar, side: str) -> bool:
    return getattr(calendar, f"{side.lower()}_agreed_at") is not None


@clause("T-2.3-calendrier")
@acts(*ORDERERS)
def order_calendar_propose(request: HttpRequest, contract: Contract, year: int) -> HttpResponse:
    """Propose a year's calendar: computed, then changed by hand where needed."""
    if not 2000 <= year <= 2999:
        raise Http404("no such year")
    days = queries.working_days(contract)
    terms = queries.order_terms(contract, on=timezone.localdate())
    in_force = queries.calendar_in_force(contract, year)
    start = (
        [entry.as_value() for entry in in_force.entries.all()]
        if in_force
        else proposed_calendar(
            year,
            add_working_days=days.add,
            is_working_day=days.is_working_day,
            working_days=terms.delivery_working_days,
        )
    )
    initial = [
        {
            "order_by_on": entry.order_by_on,
            "delivery_on": entry.delivery_on,
            "vintage_ready_on": entry.vintage_ready_on,
        }
        for entry in start
    ]
    months = cast(BaseMonths, MonthsForms(posted(request), initial=initial, prefix="mois"))
    if request.method == "POST" and months.is_valid():
        try:
            agreements.propose_calendar(
                contract=contract,
                year=year,
                months=months.months(year),
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except agreements.CalendarRefused as refused:
            for fault in refused.faults:
                months.non_form_errors().append(CALENDAR_FAULTS[fault])
        else:
            messages.success(
                request, f"Calendrier {year} proposé : il vaudra quand les deux parties l’auront approuvé."
            )
            return redirect(f"{reverse('order_calendar', args=[contract.code])}?annee={year}")
    rows = [
        (entry.month, form, opens_vintage(entry.month, switch_month=terms.vintage_switch_month))
        for entry, form in zip(start, months.forms, strict=False)
    ]
    return render(request, "orders/calendar_form.html", {"year": year, "months": months, "rows": rows})


@clause("T-2.3-calendrier")
@acts(*ORDERERS)
def order_calendar_agree(request: HttpRequest, contract: Contract, year: int, version: int) -> HttpResponse:
    """Agree to a calendar for one's own side."""
    calendar = OrderCalendar.objects.filter(contract=contract, year=year, version=version).first()
    if calendar is None:
        raise Http404("no such calendar")
    address = f"{reverse('order_calendar', args=[contract.code])}?annee={year}"
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    sides = [side for role, side in SIDES.items() if role in roles]
    if request.method == "POST":
        for side in sides:
            agreements.agree_calendar(
                calendar=calendar, side=side, actor=cast(User, request.user).actor, at=timezone.now()
            )
        calendar.refresh_from_db()
        messages.success(
            request,
            f"Calendrier {year} en vigueur : les deux parties l’ont approuvé."
            if calendar.in_force
            else f"Calendrier {year} approuvé : l’accord de l’autre partie est attendu.",
        )
        return redirect(address)
    whose = " et ".join(
        {"BUYER": contract.buyer.name, "CONTRACTOR": contract.contractor.name}[side] for side in sides
    )
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Approuver le calendrier {year}",
            "breadcrumb": [("Calendrier", address), ("Approuver", None)],
            "consequences": [
                f"L’accord est donné pour {whose}.",
                "Le calendrier règle la production dès que les deux parties l’ont approuvé.",
            ],
            "action_label": "Approuver",
            "cancel_url": address,
        },
    )


@clause("T-2.2-valeur-faciale")
@reads(*READERS)
def face_value(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The face value, its past and its changes to come."""
    today = timezone.localdate()
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    current = queries.face_value(contract, on=today)
    changes = list(queries.face_value_changes(contract))
    names = queries.actor_names([change.recorded_by for change in changes])
    in_effect = max((c.effective_on for c in changes if c.effective_on <= today), default=None)

    def standing(change: FaceValueChange) -> Status:
        if change.effective_on > today:
            return Status("COMING", "À venir", "info")
        if change.effective_on == in_effect:
            return Status("CURRENT", "En vigueur", "good")
        return Status("PAST", "Passée", "calm")

    table = Table(
        request,
        changes,
        name=f"valeur-faciale-{contract.code}",
        caption="Changements de valeur faciale",
        noun="changement",
        columns=[
            Column("effective_on", "Prend effet le", kind="date"),
            Column("value", "Valeur", kind="money"),
            Column("standing", "État", value=standing, kind="status"),
            Column("requested_on", "Demandée le", kind="date"),
            Column("reason", "Accord"),
            Column("recorded_by", "Enregistrée par", value=lambda change: names.get(change.recorded_by, "")),
        ],
        empty="La valeur écrite au contrat n’a jamais changé.",
    )
    return table.response(
        "orders/face_value.html",
        {
            "current": current,
            "term": queries.face_value_term(contract, on=today),
            "may_change": Role.BUYER_MANAGER in roles,
        },
    )


@clause("T-2.2-valeur-faciale")
@acts(Role.BUYER_MANAGER)
def face_value_change(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Decide a new face value, with its month of notice."""
    today = timezone.localdate()
    terms = queries.order_terms(contract, on=today)
    earliest_on = earliest_effect(today, notice_months=terms.notice_months)
    form = FaceValueForm(posted(request), initial={"requested_on": today, "effective_on": earliest_on})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            agreements.change_face_value(
                contract=contract,
                value=asked["value"],
                requested_on=asked["requested_on"],
                effective_on=asked["effective_on"],
                reason=asked["reason"],
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except agreements.NoticeTooShort as refused:
            form.add_error(
                "effective_on",
                f"Le préavis est d’un mois : choisissez le {date_fr(refused.earliest_on)} ou plus tard.",
            )
        except agreements.FaceValueTaken as refused:
            form.add_error(
                "effective_on", f"Une autre valeur prend déjà effet le {date_fr(refused.effective_on)}."
            )
        except agreements.NotAnAmount:
            form.add_error("value", "Écrivez un montant positif, au centime.")
        except services.ImpossibleDay:
            form.add_error("requested_on", "La demande ne peut pas être dans l’avenir.")
        else:
            messages.success(
                request,
                f"Valeur faciale de {money(asked['value'])} à compter du {date_fr(asked['effective_on'])}, "
                "sans frais.",
            )
            return redirect("face_value", contract.code)
    return render(request, "orders/face_value_form.html", {"form": form, "earliest_on": earliest_on})

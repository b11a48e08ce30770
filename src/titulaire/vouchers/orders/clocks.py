"""The dates of orders: the calendar to agree on, the months to order, the face values to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms, terms_as_signed
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr, money, month_fr
from titulaire.vouchers.orders.models import OrderCalendar
from titulaire.vouchers.orders.queries import (
    calendar_in_force,
    face_value_changes,
    followed_months,
)

ROOM = "Commandes"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """A year's calendar is to be agreed before that year; each of its months is to be ordered by its date."""
    if contract.code not in codes_with_terms():
        return
    head = terms_as_signed(contract.code).head
    for year in range(head.starts_on.year, (head.ends_on - ONE_DAY).year + 1):
        # The first year's calendar is agreed before execution starts.
        yield from _year(contract, year, max(date(year - 1, 12, 31), head.starts_on - ONE_DAY))
    for change in face_value_changes(contract):
        yield Due(
            key=f"face-value-{change.effective_on}",
            label=f"Nouvelle valeur faciale : {money(change.value)}",
            who=Who.BOTH,
            due_on=change.effective_on,
            clause="T-2.2-valeur-faciale",
            binding=False,
            url=reverse("face_value", args=[contract.code]),
            facts=(("Demandée le", date_fr(change.requested_on)), ("Accord", change.reason or "non précisé")),
        )


def _year(contract: Contract, year: int, due_on: date) -> Iterator[Due]:
    page = reverse("order_calendar", args=[contract.code])
    first = (
        OrderCalendar.objects.filter(
            contract=contract, year=year, buyer_agreed_at__isnull=False, contractor_agreed_at__isnull=False
        )
        .order_by("version")
        .first()
    )
    agreed = [at for at in (first.buyer_agreed_at, first.contractor_agreed_at) if at] if first else []
    yield Due(
        key=f"calendar-{year}",
        label=f"Valider le calendrier de commandes {year}",
        who=Who.BOTH,
        due_on=due_on,
        done_on=timezone.localdate(max(agreed)) if agreed else None,
        clause="T-2.3-calendrier",
        url=page,
        facts=(("Règle", "établi chaque année et validé par les deux parties"),),
    )
    in_force = calendar_in_force(contract, year)
    if in_force is None:
        return
    for line in followed_months(in_force):
        month, entry = line.entry.month, line.entry
        ordered = [timezone.localdate(order.confirmed_at) for order in line.orders]
        yield Due(
            key=f"order-{month:%Y-%m}",
            label=f"Transmettre la commande de {month_fr(month)}",
            who=Who.BUYER,
            due_on=entry.order_by_on,
            done_on=min(ordered, default=None),
            clause="T-2.3-calendrier",
            url=page,
            facts=(
                ("Calendrier", f"{year}, version {in_force.version}"),
                ("Livraison prévue le", date_fr(entry.delivery_on)),
                ("Commandes reçues", ", ".join(order.number for order in line.orders) or "aucune"),
            ),
        )
        if entry.vintage_ready_on is not None:
            yield Due(
                key=f"vintage-{month:%Y-%m}",
                label=f"Titres du nouveau millésime prêts ({month_fr(month)})",
                who=Who.CONTRACTOR,
                due_on=entry.vintage_ready_on,
                clause="T-2.4-novembre",
                binding=False,
                url=page,
            )

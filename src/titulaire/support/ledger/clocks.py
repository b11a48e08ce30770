"""The dates of the ledger: when an order stands validated, when a month is to be closed.

No clause says when a month is closed. Hypothesis: the last working day of the next month, where the monthly steering
committee analyses what was produced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.days import end_of_next_month
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.support.ledger.models import WorkOrder
from titulaire.support.ledger.queries import answer_until, ledgers_of, orders_of
from titulaire.ui.formats import date_fr, month_fr

ROOM = "Commandes et registre"
CLOSING = "hypothèse de l’application, le contrat n’en donne pas : comité de pilotage du mois suivant"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The validation of each order in force, and the closing of each month that holds something and is over."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    for order in orders_of(contract).in_force().filter(entered_at__lte=at):
        yield _order(contract, order, terms, calendar, at)
    for ledger in ledgers_of(contract):
        closed_at = ledger.closed_at if ledger.closed_at and ledger.closed_at <= at else None
        yield Due(
            key=f"close-{ledger.month:%Y-%m}",
            label=f"Clore le registre de {month_fr(ledger.month)}",
            who=Who.CONTRACTOR,
            due_on=end_of_next_month(ledger.month, calendar),
            done_on=calendar.local_day(closed_at) if closed_at else None,
            clause="S-7.2-commandes",
            url=reverse("ledger_month", args=[contract.code, f"{ledger.month:%Y-%m}"]),
            facts=(("Délai", CLOSING),),
        )


def _order(contract: Contract, order: WorkOrder, terms: Terms, calendar: Calendar, at: datetime) -> Due:
    """Silence validates an order; an answer ends the wait."""
    days = terms.days("order_validation_days", on=max(order.ordered_on, terms.head.notified_on))
    answer = order.answer if order.accepted is not None and order.answer.entered_at <= at else None
    return Due(
        key=f"order-{order.reference}-{order.unit}-{order.version}",
        label=f"Valider la commande {order.reference} ({order.unit}), version {order.version}",
        who=Who.CONTRACTOR,
        due_on=answer_until(order, terms),
        done_on=answer.answered_on if answer else None,
        silence=True,
        clause="S-7.2-validation",
        url=reverse("work_order", args=[contract.code, order.pk]),
        facts=(
            ("Commandée le", date_fr(order.ordered_on)),
            ("Silence", "la commande est réputée valide"),
        ),
        counted=Counted("Commande", calendar.instant(order.ordered_on), WorkingDays(days), calendar),
    )

"""The dates of the network: what affiliates wait for, an answer to their application and their payment.

The contract gives neither delay. Hypotheses: ten working days to answer an application; thirty days from the
receipt of a remittance to pay it, as article L. 441-10 of the French commercial code says where nothing is agreed.
What comes on one day is one date: a contract has thousands of remittances.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_as_signed
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.clocks import CalendarDays, WorkingDays
from titulaire.deadlines.days import add_calendar_days, add_working_days
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import AffiliateState

ROOM = "Réseau de commerces"
ANSWER_WORKING_DAYS = 10
PAYMENT_DAYS = 30
LONGEST = 45 * ONE_DAY
"""More than either delay and the days off that may lengthen it."""
ANSWER = "hypothèse de l’application, le contrat n’en donne pas : dix jours ouvrés"
PAYMENT = "hypothèse de l’application, le contrat n’en donne pas : trente jours (code de commerce, L. 441-10)"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each day on which applications came, one for each day on which remittances to pay came."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_as_signed(contract.code)
    calendar = calendar_of(terms)
    first = since - LONGEST
    yield from _applications(contract, calendar, first, until, at)
    yield from _payments(contract, calendar, first, until, at)


def _applications(
    contract: Contract, calendar: Calendar, first: date, until: date, at: datetime
) -> Iterator[Due]:
    found = (
        Affiliate.objects.filter(
            contract=contract,
            applied_at__gte=calendar.instant(first),
            applied_at__lt=calendar.instant(until),
            applied_at__lte=at,
        )
        .annotate(day=TruncDate("applied_at"))
        .values("day")
        .annotate(
            all=Count("pk"),
            waiting=Count("pk", filter=Q(state=AffiliateState.PENDING.value)),
            last=Max("reviewed_at"),
        )
        .order_by("day")
    )
    for row in found:
        day, waiting = row["day"], row["waiting"]
        yield Due(
            key=f"applications-{day}",
            label=f"Répondre aux demandes d’affiliation du {date_fr(day)}",
            who=Who.CONTRACTOR,
            due_on=add_working_days(day, ANSWER_WORKING_DAYS, calendar),
            done_on=timezone.localdate(row["last"]) if row["last"] and not waiting else None,
            clause="T-1.1-reseau",
            url=reverse("affiliates", args=[contract.code]),
            facts=(
                ("Demandes", count_fr(row["all"], "commerce")),
                ("Sans réponse", count_fr(waiting, "commerce")),
                ("Délai", ANSWER),
            ),
            counted=Counted(
                "Jour des demandes", calendar.instant(day), WorkingDays(ANSWER_WORKING_DAYS), calendar
            ),
        )


def _payments(
    contract: Contract, calendar: Calendar, first: date, until: date, at: datetime
) -> Iterator[Due]:
    """The bank pays on the day of execution: that is when what is due is paid."""
    found = (
        Remittance.objects.filter(
            contract=contract,
            state=Remittance.RECORDED,
            amount_cents__gt=0,
            received_on__gte=first,
            received_on__lt=until,
            recorded_at__lte=at,
        )
        .values("received_on")
        .annotate(
            all=Count("pk"),
            unpaid=Count("pk", filter=Q(payment__isnull=True)),
            unpaid_cents=Sum("amount_cents", filter=Q(payment__isnull=True), default=0),
            last=Max("payment__run__execution_on"),
        )
        .order_by("received_on")
    )
    for row in found:
        day, unpaid = row["received_on"], row["unpaid"]
        yield Due(
            key=f"payments-{day}",
            label=f"Payer les remises reçues le {date_fr(day)}",
            who=Who.CONTRACTOR,
            due_on=add_calendar_days(day, PAYMENT_DAYS, calendar),
            done_on=None if unpaid else row["last"],
            clause="T-1.1-reseau",
            url=reverse("payment_runs" if not unpaid else "remittances", args=[contract.code]),
            facts=(
                ("Remises", count_fr(row["all"], "remise")),
                ("À payer", f"{count_fr(unpaid, 'remise')}, {money(Decimal(row['unpaid_cents']) / 100)}"),
                ("Délai", PAYMENT),
            ),
            counted=Counted("Réception", calendar.instant(day), CalendarDays(PAYMENT_DAYS), calendar),
        )

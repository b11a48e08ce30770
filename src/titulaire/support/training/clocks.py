"""The dates of training: attendance to write down, and the monthly rate to tell the buyer.

The contract gives no delay for either. Hypotheses: the working day after the session; the end of the next month,
where the monthly steering committee reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.deadlines.days import add_working_days, end_of_next_month
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.training.queries import months_to_tell, months_with_states, rates_sent, sessions_of
from titulaire.support.training.rules import SessionState
from titulaire.ui.formats import date_fr, month_fr

ROOM = "Formation"
HYPOTHESIS = "hypothèse de l’application : le contrat n’en donne pas"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The attendance of each session that was not cancelled, and the rate of each month over that has states."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    for session in sessions_of(contract).exclude(state=SessionState.CANCELLED.value).filter(imported=False):
        yield Due(
            key=f"attendance-{session.reference}",
            label=f"Écrire la présence de la séance {session.reference}",
            who=Who.CONTRACTOR,
            due_on=add_working_days(session.ends_on, 1, calendar),
            done_on=calendar.local_day(session.held_at) if session.held_at else None,
            clause="S-5.2-formation-initiale",
            url=reverse("training_session", args=[contract.code, session.reference]),
            facts=(
                ("Module", session.module),
                ("Dernier jour", date_fr(session.ends_on)),
                ("Délai", HYPOTHESIS),
            ),
        )
    told: dict[date, datetime] = {}
    for one in rates_sent(contract).filter(sent_at__lte=at).order_by("-sent_at"):
        told[one.month] = one.sent_at
    produced = months_with_states(contract)
    for month in months_to_tell(contract, terms, on=calendar.local_day(at)):
        if month not in produced:
            continue
        yield Due(
            key=f"rate-{month:%Y-%m}",
            label=f"Transmettre le taux de conseillers formés de {month_fr(month)}",
            who=Who.CONTRACTOR,
            due_on=end_of_next_month(month, calendar),
            done_on=calendar.local_day(told[month]) if month in told else None,
            clause="S-5.2-formation-initiale",
            url=reverse("training_rates", args=[contract.code]),
            facts=(("Délai", f"{HYPOTHESIS}, fin du mois suivant"),),
        )

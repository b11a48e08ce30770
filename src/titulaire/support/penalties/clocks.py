"""The dates of the exchange on a month's penalties: remarks, decision, credit note.

The contract writes none. The time for remarks is a term with its own hypothesis; two more stand here: the buyer
decides within as many days as remarks had, and the credit note comes by the end of the month after the closing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Count
from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import CalendarDays
from titulaire.deadlines.days import add_calendar_days, end_of_next_month
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.queries import credited_of, proposals_of
from titulaire.ui.formats import date_fr, instant_fr, money, month_fr

ROOM = "Échanges sur les pénalités"
REMARKS = "hypothèse inscrite aux valeurs du marché : le contrat n’écrit pas de délai d’observation"
DECISION = "hypothèse de l’application, le contrat n’en donne pas : autant de jours que pour les observations"
CREDIT = (
    "hypothèse de l’application, le contrat n’en donne pas : dernier jour ouvré du mois qui suit la clôture"
)


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The last version of each month: its remarks, then its decision, then its credit note."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    found = proposals_of(contract).latest_of_each_month().filter(proposed_at__lte=at)
    for proposal in found.annotate(said=Count("remarks")).defer("frozen"):
        yield from _exchange(proposal, terms, calendar, at)


def _exchange(proposal: PenaltyProposal, terms: Terms, calendar: Calendar, at: datetime) -> Iterator[Due]:
    month = month_fr(proposal.month)
    page = reverse(
        "penalty_exchange", args=[proposal.contract.code, f"{proposal.month:%Y-%m}", proposal.version]
    )
    days = terms.days(
        "penalty_remark_days", on=max(calendar.local_day(proposal.proposed_at), terms.head.notified_on)
    )
    ended_at, closed_at = _known(proposal.remarks_ended_at, at), _known(proposal.closed_at, at)
    ended_on = calendar.local_day(ended_at) if ended_at else None
    yield Due(
        key=f"remarks-{proposal.reference}",
        label=f"Observations sur les pénalités de {month}, version {proposal.version}",
        who=Who.CONTRACTOR,
        due_on=proposal.remarks_due_on,
        done_on=ended_on,
        # To remark is a right: past its last day, the decision may come.
        silence=True,
        clause="S-9-penalites",
        url=page,
        facts=(
            ("Proposition du", instant_fr(proposal.proposed_at)),
            ("Observations reçues", str(proposal.said)),  # type: ignore[attr-defined]
            ("Délai", REMARKS),
        ),
        counted=Counted("Proposition", proposal.proposed_at, CalendarDays(days), calendar),
    )
    over_on = min(ended_on or proposal.remarks_due_on, proposal.remarks_due_on)
    yield Due(
        key=f"decision-{proposal.reference}",
        label=f"Décider des pénalités de {month}, version {proposal.version}",
        who=Who.BUYER,
        binding=False,
        due_on=add_calendar_days(over_on, days, calendar),
        done_on=calendar.local_day(closed_at) if closed_at else None,
        clause="S-9-penalites",
        url=page,
        facts=(
            ("Proposé", money(proposal.proposed)),
            ("Fin des observations", date_fr(over_on)),
            ("Délai", DECISION),
        ),
    )
    if closed_at is not None:
        yield from _credit(proposal, calendar.local_day(closed_at), calendar, page)


def _credit(proposal: PenaltyProposal, closed_on: date, calendar: Calendar, page: str) -> Iterator[Due]:
    """Nothing is awaited where earlier credit notes of the month gave as much back already."""
    note = proposal.credit_note
    given_back = credited_of(proposal.contract, proposal.month) if note is None else None
    if note is None and given_back is not None and (proposal.decided_due or 0) <= given_back:
        return
    yield Due(
        key=f"credit-{proposal.reference}",
        label=f"Émettre l’avoir des pénalités de {month_fr(proposal.month)}",
        who=Who.CONTRACTOR,
        due_on=end_of_next_month(closed_on, calendar),
        done_on=note.issued_on if note is not None else None,
        clause="S-9-penalites",
        url=page,
        facts=(
            ("Décidé", money(proposal.decided_due or 0)),
            ("Clôture", date_fr(closed_on)),
            ("Délai", CREDIT),
        ),
    )


def _known(instant: datetime | None, at: datetime) -> datetime | None:
    return instant if instant is not None and instant <= at else None

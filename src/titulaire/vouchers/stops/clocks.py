"""The dates of replacements, asked after a loss, a theft or a defect; and of losses told by bearers.

The contract says nothing of the time to follow a bearer's word. Hypothesis: one working day, since what is told lost
can be used until it is stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_as_signed
from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.days import add_working_days
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr
from titulaire.vouchers.stops.losses import reports_of
from titulaire.vouchers.stops.models import Stop
from titulaire.vouchers.stops.queries import claims
from titulaire.vouchers.stops.rules import StopReason, replacement_term
from titulaire.vouchers.stops.wording import REASONS

ROOM = "Oppositions et réémissions"
FOLLOWED_WORKING_DAYS = 1
FOLLOWED = "hypothèse de l’application, le contrat n’en donne pas : un jour ouvré"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each replacement asked, one for each loss told."""
    yield from _losses(contract, at)
    for line in claims(contract):
        claim, clock = line.claim, line.clock
        term = replacement_term(StopReason(claim.stop.reason))
        yield Due(
            key=claim.reissue.reference,
            label=f"Remplacer {count_fr(claim.reissue.vouchers, 'titre')} ({claim.reissue.reference})",
            who=Who.CONTRACTOR,
            due_on=claim.due_on,
            done_on=clock.calendar.local_day(line.delivered_at) if line.delivered_at else None,
            clause="T-2.6-perte" if term == "lost_replacement_working_days" else "T-2.6-defectueux",
            url=reverse("reissue", args=[contract.code, claim.reissue.reference]),
            facts=(("Demandé le", date_fr(claim.asked_on)), ("Motif", REASONS[claim.stop.reason])),
            counted=Counted("Réclamation de la caisse", clock.fact_at, clock.rule, clock.calendar),
        )


def _losses(contract: Contract, at: datetime) -> Iterator[Due]:
    if contract.code not in codes_with_terms():
        return
    terms = terms_as_signed(contract.code)
    calendar = calendar_of(terms)
    stopped = Stop.objects.filter(contract=OuterRef("contract"), number=OuterRef("stop_number"))
    found = reports_of(contract).filter(received_at__lte=at)
    for report in found.annotate(stopped_at=Subquery(stopped.values("effective_at")[:1])):
        done_at = report.stopped_at or report.dismissed_at
        received_on = calendar.local_day(report.received_at)
        yield Due(
            key=report.number,
            label=f"Suivre le signalement de perte {report.number}",
            who=Who.BOTH,
            due_on=add_working_days(received_on, FOLLOWED_WORKING_DAYS, calendar),
            done_on=calendar.local_day(done_at) if done_at and done_at <= at else None,
            clause="T-1.1-avantages",
            url=reverse("loss_report", args=[contract.code, report.number]),
            facts=(
                ("Reçu le", date_fr(received_on)),
                ("Opposition", report.stop_number or "aucune"),  # type: ignore[attr-defined]
                ("Délai", FOLLOWED),
            ),
            counted=Counted("Signalement", report.received_at, WorkingDays(FOLLOWED_WORKING_DAYS), calendar),
        )

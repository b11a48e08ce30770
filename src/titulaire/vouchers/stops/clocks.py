"""The dates of replacements: the last day to deliver what was asked after a loss, a theft or a defect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr
from titulaire.vouchers.stops.queries import claims
from titulaire.vouchers.stops.rules import StopReason, replacement_term
from titulaire.vouchers.stops.wording import REASONS

ROOM = "Réémissions"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each replacement asked."""
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

"""The dates of complaints and of the actions that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import instant_fr
from titulaire.vouchers.complaints.queries import actions_of, complaint_terms, complaints_of, followed
from titulaire.vouchers.complaints.rules import clock
from titulaire.vouchers.complaints.wording import CHANNELS, TYPOLOGIES
from titulaire.vouchers.orders.queries import working_days

ROOM = "Réclamations"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each round of a complaint: reopened, it has a delay of its own."""
    calendar = working_days(contract).calendar
    rows = followed(contract, complaints_of(contract), at=at)
    terms = {
        day: complaint_terms(contract, on=day)
        for day in {timezone.localdate(row.complaint.received_at) for row in rows}
    }
    for row in rows:
        complaint = row.complaint
        for rank, made in enumerate(row.rounds, 1):
            delay = clock(made, terms[timezone.localdate(complaint.received_at)], calendar)
            assert delay.due_at is not None  # noqa: S101 - nothing suspends this delay
            again = "" if rank == 1 else f", rouverte ({rank})"
            yield Due(
                key=f"{complaint.number}-{rank}",
                label=f"Résoudre la réclamation {complaint.number}{again}",
                who=Who.CONTRACTOR,
                due_on=calendar.local_day(delay.due_at) - ONE_DAY,
                done_on=calendar.local_day(made.solved_at) if made.solved_at else None,
                clause="T-2.1.2-reclamations",
                url=reverse("complaint_detail", args=[contract.code, complaint.number]),
                facts=(
                    ("Reçue", f"{instant_fr(made.started_at)}, {CHANNELS[complaint.channel].lower()}"),
                    ("Nature", TYPOLOGIES[complaint.typology]),
                ),
                counted=Counted("Réclamation", delay.fact_at, delay.rule, calendar),
            )
    for action in actions_of(contract):
        yield Due(
            key=f"action-{action.pk}",
            label=f"Action corrective : {action.action}",
            who=Who.CONTRACTOR,
            due_on=action.due_on,
            done_on=action.done_on,
            clause="T-5.1-coherence",
            url=reverse("corrective_actions", args=[contract.code]),
            facts=(("Incident", action.incident), ("Cause", action.cause)),
        )

"""The dates of incidents: the end of an interruption's longest time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.support.incidents.queries import dysfunctions_of, followed
from titulaire.support.incidents.wording import SIDES
from titulaire.ui.formats import instant_fr

ROOM = "Incidents"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each interruption of the service, kept when it ended."""
    found = dysfunctions_of(contract).filter(interrupts=True, declared_at__lte=at)
    for row in followed(contract, found):
        incident, clock = row.dysfunction, row.clock
        if clock is None or clock.due_at is None:
            continue
        calendar, ended_at = clock.calendar, incident.until_at
        yield Due(
            key=incident.reference,
            label=f"Rétablir le service : {incident.reference}, {incident.what}",
            who=Who.CONTRACTOR,
            due_on=calendar.local_day(clock.due_at),
            due_at=clock.due_at,
            done_on=calendar.local_day(ended_at) if ended_at and ended_at <= at else None,
            done_at=ended_at if ended_at and ended_at <= at else None,
            clause="S-3.3.2-continuite",
            url=reverse("incident_detail", args=[contract.code, incident.reference]),
            facts=(("Début", instant_fr(incident.since_at)), ("Origine", SIDES[incident.side])),
            counted=Counted("Début de l’interruption", clock.fact_at, clock.rule, calendar),
        )

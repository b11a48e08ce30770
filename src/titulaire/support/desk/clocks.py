"""The dates of the desk: each day's calls are qualified before that day ends.

The contract asks for every call and gives no delay: the end of the day is a reading, « qualification_deadline ».
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.desk.queries import call_days, service_calendar
from titulaire.ui.formats import count_fr, date_fr, number

ROOM = "Bureau des conseillers"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each day of calls, kept when its last call has its qualification."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = service_calendar(terms, terms.head.notified_on)
    for day in call_days(contract, since=since, until=until, at=at):
        done_at = None if day.waiting else day.last_at
        yield Due(
            key=f"qualify-{day.on}",
            label=f"Qualifier les appels du {date_fr(day.on)}",
            who=Who.CONTRACTOR,
            due_on=day.on,
            due_at=calendar.instant(day.on + ONE_DAY),
            done_on=calendar.local_day(done_at) if done_at else None,
            done_at=done_at,
            clause="S-2.1.7-motifs",
            url=f"{reverse('desk_contacts', args=[contract.code])}?etat=OPEN&debut_du={day.on}&debut_au={day.on}",
            facts=(
                ("Appels du jour", count_fr(day.calls, "appel")),
                ("Reste à qualifier", number(day.waiting)),
            ),
        )

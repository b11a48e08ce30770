"""The dates of presence: each week to announce, each morning whose gap is to be explained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from django.db.models import Min
from django.urls import reverse

from titulaire.contracts.queries import codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.presence.models import StaffPlan
from titulaire.support.presence.queries import Morning, calendar_of, mornings
from titulaire.support.presence.rules import WAITING, WEEK, State, monday_of, plan_due_on
from titulaire.ui.formats import date_fr, instant_fr

ROOM = "Présence"
ASKED = {*WAITING, State.EXPLAINED, State.EXPLAINED_LATE}


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The weeks of execution to announce; the mornings until now that asked for something."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    yield from _weeks(contract, terms, calendar, since, until, at)
    today = calendar.local_day(at)
    if since <= today:
        found = mornings(contract, since, min(until, today + ONE_DAY), at=at, terms=terms)
        asked = [one for one in found if one.state in ASKED]
        for on, sites in groupby(asked, key=lambda one: one.on):
            yield _morning(contract, on, list(sites), calendar)


def _page(contract: Contract, week: date) -> str:
    return f"{reverse('presence', args=[contract.code])}?semaine={week}"


def _weeks(
    contract: Contract, terms: Terms, calendar: Calendar, since: date, until: date, at: datetime
) -> Iterator[Due]:
    sent = dict(
        StaffPlan.objects.filter(contract=contract, sent_at__lte=at)
        .values_list("week")
        .annotate(first=Min("sent_at"))
        .order_by()
    )
    head = terms.head
    week = monday_of(max(head.starts_on, since))
    while week < head.ends_on:
        lead = terms.count("staff_plan_lead_weeks", on=max(week, head.notified_on))
        due_on, first = plan_due_on(week, lead, calendar), sent.get(week)
        if due_on >= until:
            break
        yield Due(
            key=f"plan-{week}",
            label=f"Annoncer les effectifs de la semaine du {date_fr(week)}",
            who=Who.CONTRACTOR,
            due_on=due_on,
            done_on=calendar.local_day(first) if first else None,
            clause="S-3.3.1-ressources",
            url=_page(contract, week),
            facts=(("Annoncés le", instant_fr(first) if first else "pas encore"),),
        )
        week += WEEK


def _morning(contract: Contract, on: date, sites: list[Morning], calendar: Calendar) -> Due:
    """One date for a morning, whatever its sites: kept when the last of them is explained."""
    waiting = [one for one in sites if one.waits]
    explained = [one.explanation.explained_at for one in sites if one.explanation is not None]
    done_at = max(explained, default=None) if not waiting else None
    return Due(
        key=f"morning-{on}",
        label=f"Compter et expliquer la matinée du {date_fr(on)}",
        who=Who.CONTRACTOR,
        due_on=on,
        due_at=sites[0].due_at,
        done_on=calendar.local_day(done_at) if done_at else None,
        done_at=done_at,
        clause="S-3.3.1-ressources",
        url=_page(contract, monday_of(on)),
        facts=(
            ("Sites", ", ".join(one.site for one in sites)),
            ("Reste à expliquer", ", ".join(one.site for one in waiting) or "rien"),
        ),
    )

"""What awaits a person on a support contract, drawn from the rooms' own queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.urls import reverse

from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.deadlines.clocks import State as ClockState
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.portal.boards import Task
from titulaire.support.presence.queries import mornings, plan_clock
from titulaire.support.presence.rules import WEEK, State, monday_of
from titulaire.ui.formats import count_fr, date_fr

LOOKED_BACK = timedelta(days=14)
LATE = {State.NOT_COUNTED, State.UNEXPLAINED}


def support_tasks(contract: Contract, roles: frozenset[Role], *, at: datetime, on: date) -> list[Task]:
    """Mornings to count or to explain, and the week to announce, the most pressing first."""
    if not roles & {Role.SUPERVISOR, Role.PLANNER}:
        return []
    try:
        terms = terms_of(contract.code)
    except NoTermsFile:
        return []
    page = reverse("presence", args=[contract.code])
    tasks = []
    waiting = [
        one
        for one in mornings(contract, on - LOOKED_BACK, on + timedelta(days=1), at=at, terms=terms)
        if one.waits
    ]
    for week in sorted({monday_of(one.on) for one in waiting}):
        here = [one for one in waiting if monday_of(one.on) == week]
        tasks.append(
            Task(
                f"Compter ou expliquer {count_fr(len(here), 'matinée')}",
                f"Semaine du {date_fr(week)} : chaque écart entre présents et prévus s’explique le matin même.",
                f"{page}?semaine={week}",
                "bad" if any(one.state in LATE for one in here) else "warn",
            )
        )
    ahead = plan_clock(contract, monday_of(on) + WEEK, at=at, terms=terms)
    if ahead.sent_at is None and terms.head.starts_on <= ahead.week < terms.head.ends_on:
        tones = {ClockState.LATE: "bad", ClockState.AMBER: "warn"}
        tasks.append(
            Task(
                f"Annoncer les effectifs de la semaine du {date_fr(ahead.week)}",
                f"Au plus tard le {date_fr(ahead.due_on)}.",
                reverse("presence_plan", args=[contract.code]),
                tones.get(ahead.state, "info"),
            )
        )
    return sorted(tasks, key=lambda task: ("bad", "warn", "info").index(task.tone))

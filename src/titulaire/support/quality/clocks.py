"""The dates of quality: draws to seal and open, the evaluations and sessions that each month owes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import same_date
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.quality.queries import (
    calibrations_of,
    draws_of,
    first_followed_on,
    month_after,
    owed_in,
)
from titulaire.support.quality.wording import KINDS
from titulaire.ui.formats import count_fr, month_fr

ROOM = "Qualité"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The last day of each month that owes something, and the day after the period of each sealed draw."""
    if contract.code not in codes_with_terms():
        return
    calendar = calendar_of(terms_of(contract.code))
    for draw in draws_of(contract).filter(sealed_at__lte=at):
        opened_at = draw.opened_at if draw.opened_at and draw.opened_at <= at else None
        yield Due(
            key=draw.reference,
            label=f"Ouvrir le tirage {draw.reference} : {KINDS[draw.kind].lower()}",
            who=Who.CONTRACTOR,
            due_on=draw.until_on,
            done_on=calendar.local_day(opened_at) if opened_at else None,
            binding=False,
            clause="S-4.1-controles",
            url=reverse("quality_draw", args=[contract.code, draw.reference]),
            facts=(("Délai", "choisi par l’application : le lendemain de la période"),),
        )
    yield from _calibrations(contract, calendar, at)
    yield from _months(contract, since, until, calendar.local_day(at))


def _calibrations(contract: Contract, calendar: Calendar, at: datetime) -> Iterator[Due]:
    """One session each period from the first day that anybody was followed, and each action of a session."""
    terms, first = terms_of(contract.code), first_followed_on(contract)
    found = [each for each in calibrations_of(contract).order_by("rank") if each.opened_at <= at]
    held = [(each, calendar.local_day(each.revealed_at)) for each in found if each.revealed_at]
    starts = [*([first] if first else []), *(day for _, day in held)]
    for place, start in enumerate(starts):
        months = terms.count("calibration_period_months", on=max(start, terms.head.notified_on))
        session = held[place] if place < len(held) else None
        yield Due(
            key=f"calibration-{start}-{place}",
            label="Tenir un calibrage",
            who=Who.BOTH,
            due_on=same_date(start, months),
            done_on=session[1] if session else None,
            clause="S-4.1-calibrage",
            url=reverse("quality_calibrations", args=[contract.code]),
            facts=(("Périodicité", count_fr(months, "mois", "mois")),),
        )
    for each in found:
        for action in each.actions.all():
            done_at = action.done_at if action.done_at and action.done_at <= at else None
            yield Due(
                key=f"action-{action.pk}",
                label=f"{each.reference} : {action.what}",
                who=Who.CONTRACTOR,
                due_on=action.due_on,
                done_on=calendar.local_day(done_at) if done_at else None,
                clause="S-4.1-calibrage",
                url=reverse("quality_calibration", args=[contract.code, each.reference]),
            )


def _months(contract: Contract, since: date, until: date, today: date) -> Iterator[Due]:
    first = first_followed_on(contract)
    if first is None:
        return
    month = max(first, since).replace(day=1)
    while month < until and month <= today:
        rows = owed_in(contract, month)
        missing = sum(each.evaluations_missing for each in rows)
        sessions = sum(each.sessions_missing for each in rows)
        last_on = month_after(month) - timedelta(days=1)
        if rows:
            yield Due(
                key=f"evaluations-{month:%Y-%m}",
                label=f"Évaluer et partager : {month_fr(month)}",
                who=Who.CONTRACTOR,
                due_on=last_on,
                done_on=None if missing or sessions else min(last_on, today),
                clause="S-4.1-controles",
                url=f"{reverse('quality_owed', args=[contract.code])}?mois={month:%Y-%m}",
                facts=(
                    ("Manquent", f"{count_fr(missing, 'évaluation')}, {count_fr(sessions, 'session')}"),
                    ("Conseillers suivis", str(len(rows))),
                ),
            )
        month = month_after(month)

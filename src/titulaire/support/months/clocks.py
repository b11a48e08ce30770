"""The dates of a month's figures: when to freeze it, when the buyer's answer is awaited.

The contract gives no delay for either. Hypothesis: the monthly steering committee analyses the results of the month
before, so that they are awaited by the last working day of the month that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import end_of_next_month
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.indicators.evaluation import after
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.queries import issues_of, silence_ends_at
from titulaire.ui.formats import count_fr, instant_fr, month_fr

ROOM = "Mois arrêtés"
HYPOTHESIS = "hypothèse de l’application, le contrat n’en donne pas : comité de pilotage du mois suivant"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """Each month of execution is to be frozen; the last issue of each is to be answered."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    issues: dict[date, list[MonthIssue]] = {}
    for issue in issues_of(contract).filter(frozen_at__lte=at):
        issues.setdefault(issue.month, []).append(issue)
    month = terms.head.starts_on.replace(day=1)
    while month < terms.head.ends_on:
        yield _freezing(contract, month, issues.get(month, []), calendar)
        if month in issues:
            # Latest first.
            yield _answer(contract, issues[month][0], terms, calendar, at)
        month = after(month)


def _page(contract: Contract, issue: MonthIssue | None) -> str:
    if issue is None:
        return reverse("months", args=[contract.code])
    return reverse("month_issue", args=[contract.code, f"{issue.month:%Y-%m}", issue.number])


def _freezing(contract: Contract, month: date, issues: list[MonthIssue], calendar: Calendar) -> Due:
    return Due(
        key=f"freeze-{month:%Y-%m}",
        label=f"Arrêter le mois de {month_fr(month)}",
        who=Who.CONTRACTOR,
        due_on=end_of_next_month(month, calendar),
        done_on=calendar.local_day(issues[-1].frozen_at) if issues else None,
        clause="S-3.3.1-tableaux-de-bord",
        url=_page(contract, issues[0] if issues else None),
        facts=(("Arrêtés", count_fr(len(issues), "version")), ("Délai", HYPOTHESIS)),
    )


def _answer(contract: Contract, issue: MonthIssue, terms: Terms, calendar: Calendar, at: datetime) -> Due:
    ends_at = silence_ends_at(issue, terms)
    answers = [one.answered_at for one in issue.answers.all() if one.answered_at <= at]
    frozen_on = calendar.local_day(issue.frozen_at)
    # The end of silence is midnight: the day before is the last one.
    last_on = end_of_next_month(frozen_on, calendar) if ends_at is None else _day_before(ends_at, calendar)
    return Due(
        key=f"answer-{issue.month:%Y-%m}-{issue.number}",
        label=f"Répondre au mois de {month_fr(issue.month)}, version {issue.number}",
        who=Who.BUYER,
        binding=ends_at is not None,
        due_on=last_on,
        due_at=ends_at,
        done_on=calendar.local_day(answers[0]) if answers else None,
        done_at=answers[0] if answers else None,
        silence=ends_at is not None,
        clause="S-3.3.1-tableaux-de-bord",
        url=_page(contract, issue),
        facts=(
            ("Arrêté le", instant_fr(issue.frozen_at)),
            ("Silence", "sans effet : le contrat ne lui en donne pas" if ends_at is None else "vaut accord"),
            *((("Délai", HYPOTHESIS),) if ends_at is None else ()),
        ),
    )


def _day_before(ends_at: datetime, calendar: Calendar) -> date:
    return date.fromordinal(calendar.local_day(ends_at).toordinal() - 1)

"""Which days have something to show, to whom, and whose number a number is."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.dashboards.rules import DAY, Life, Period, Span, Tie
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.queries import months_between

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
"""Who may read the dashboards of a contract."""


def readers_of(contract: Contract, *, on: date) -> QuerySet[User]:
    """The people who may read the dashboards on a day."""
    held = Membership.objects.filter(contract=contract, role__in=[role.value for role in READERS])
    return User.objects.filter(pk__in=held.current(on=on).values("user_id"), is_active=True)


def advisers_of(contract: Contract, *, on: date) -> QuerySet[User]:
    """The people who are advisers of a contract on a day."""
    held = Membership.objects.filter(contract=contract, role=Role.ADVISER.value)
    return User.objects.filter(pk__in=held.current(on=on).values("user_id"), is_active=True)


def spans_of(contract: Contract, user: User, period: Period) -> list[Span]:
    """The numbers that a person held over a period, each with its days: those of others never enter."""
    held = AdviserNumber.objects.filter(contract=contract, user=user).between(period.since, period.until)
    ties = [Tie(one.number, one.since, one.until) for one in held.order_by("since")]
    return [span for tie in ties if (span := tie.within(period.since, period.until))]


def holders(contract: Contract, period: Period) -> dict[str, list[str]]:
    """The people who held each number over a period, by name, for their supervisor alone."""
    held = AdviserNumber.objects.filter(contract=contract).between(period.since, period.until)
    found: dict[str, list[str]] = {}
    for one in held.select_related("user").order_by("since"):
        found.setdefault(one.number, []).append(str(one.user))
    return found


def months_with_facts(contract: Contract) -> list[date]:
    """The first day of each month that has facts, in order."""
    found = Manifest.objects.filter(contract=contract).order_by("month")
    return list(found.values_list("month", flat=True).distinct())


def months_open(contract: Contract, terms: Terms) -> list[date]:
    """The months that may be shown: those of the contract's life."""
    return months_between(terms.head.notified_on.replace(day=1), terms.head.ends_on)


def last_day_with_facts(contract: Contract, *, until: date | None = None) -> date | None:
    """The last day of the contract that any fact speaks of, before `until` if it is given."""
    found = Manifest.objects.filter(contract=contract)
    if until is not None:
        found = found.filter(month__lt=until)
    month = found.order_by("-month").values_list("month", flat=True).first()
    if month is None:
        return None
    batches = found.filter(month=month).values_list("batch__days", flat=True)
    days = {date.fromisoformat(day) for listed in batches for day in listed if day[:7] == f"{month:%Y-%m}"}
    inside = [day for day in days if until is None or day < until]
    return max(inside) if inside else last_day_with_facts(contract, until=month)


def life_of(contract: Contract, terms: Terms) -> Life:
    """The days that may be shown, and those that have been measured."""
    last = last_day_with_facts(contract)
    months = months_with_facts(contract)
    served = min([terms.head.starts_on, *(month for month in months if month >= terms.head.notified_on)])
    return Life(
        since=terms.head.notified_on.replace(day=1),
        until=terms.head.ends_on,
        served_since=served,
        measured_until=last + DAY if last else served + DAY,
    )

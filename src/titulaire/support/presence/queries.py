"""Mornings as they stand at an instant, and the plans that are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import Clock, FixedDate
from titulaire.deadlines.clocks import State as ClockState
from titulaire.deadlines.holidays import Territory
from titulaire.identity.models import Contract
from titulaire.support.indicators.evaluation import measures_of
from titulaire.support.presence.models import GapExplanation, MorningCount, PlannedStaff, StaffPlan
from titulaire.support.presence.rules import (
    WAITING,
    WEEK,
    Explained,
    Origin,
    State,
    monday_of,
    must_explain,
    plan_due_on,
    ratio,
    state_of,
)


@dataclass(frozen=True, slots=True)
class Morning:
    """A day on a site: planned, present, why they differ, and where that stands. `due_at`: too late from then."""

    on: date
    site: str
    planned: int | None
    present: int | None
    origin: Origin | None
    entered: int | None
    explanation: GapExplanation | None
    state: State
    due_at: datetime

    @property
    def gap(self) -> int | None:
        return None if self.planned is None or self.present is None else self.present - self.planned

    @property
    def ratio(self) -> Fraction | None:
        return ratio(self.planned, self.present)

    @property
    def waits(self) -> bool:
        return self.state in WAITING


@dataclass(frozen=True, slots=True)
class PlanClock:
    """The announcement of a week: when it is due, when it came, and where that stands."""

    week: date
    due_on: date
    sent_at: datetime | None
    state: ClockState


def calendar_of(terms: Terms) -> Calendar:
    """The days and the zone of the service."""
    day = terms.head.notified_on
    return Calendar(Territory.METROPOLE, zone_name=terms.text("opening_time_zone", on=day))


def plans_in_force(contract: Contract, since: date, until: date) -> dict[date, StaffPlan]:
    """The last plan of each week that has a day in the period, by its Monday."""
    found = StaffPlan.objects.filter(contract=contract, week__gt=since - WEEK, week__lt=until)
    return {plan.week: plan for plan in found.order_by("week", "version")}


def planned_days(contract: Contract, since: date, until: date) -> list[PlannedStaff]:
    """Who is announced over a period, `until` not included."""
    plans = [plan.pk for plan in plans_in_force(contract, since, until).values()]
    return list(PlannedStaff.objects.filter(plan__in=plans, on__gte=since, on__lt=until))


def counts(contract: Contract, since: date, until: date) -> dict[tuple[date, str, Origin], MorningCount]:
    """The last count of each day, site and origin."""
    found = MorningCount.objects.filter(contract=contract, on__gte=since, on__lt=until)
    return {(one.on, one.site, Origin(one.origin)): one for one in found.order_by("counted_at", "pk")}


def mornings(
    contract: Contract, since: date, until: date, *, at: datetime, terms: Terms | None = None
) -> list[Morning]:
    """Each day and site planned or counted over a period, `until` not included, as it stands at an instant."""
    terms = terms or terms_of(contract.code)
    calendar = calendar_of(terms)
    planned = {(one.on, one.site): one.heads for one in planned_days(contract, since, until)}
    counted = counts(contract, since, until)
    why = GapExplanation.objects.filter(contract=contract, on__gte=since, on__lt=until)
    explanations = {(one.on, one.site): one for one in why.order_by("explained_at", "pk")}
    rows = []
    for on, site in sorted({*planned, *((on, site) for on, site, _ in counted)}):
        held = counted.get((on, site, Origin.FACTS)) or counted.get((on, site, Origin.ENTERED))
        entered = counted.get((on, site, Origin.ENTERED))
        explanation = explanations.get((on, site))
        day = max(on, terms.head.notified_on)
        due_at = calendar.instant(on, terms.time("presence_explained_by", on=day))
        rows.append(
            Morning(
                on=on,
                site=site,
                planned=planned.get((on, site)),
                present=held.present if held else None,
                origin=Origin(held.origin) if held else None,
                entered=entered.present if entered else None,
                explanation=explanation,
                state=state_of(
                    planned=planned.get((on, site)),
                    present=held.present if held else None,
                    explained=_explained(explanation),
                    gap_rate=gap_rate_on(terms, on),
                    counted_from=calendar.instant(on, terms.time("presence_counted_at", on=day)),
                    due_at=due_at,
                    at=at,
                ),
                due_at=due_at,
            )
        )
    return rows


def _explained(one: GapExplanation | None) -> Explained | None:
    return None if one is None else Explained(one.planned, one.present, one.explained_at)


def gap_rate_on(terms: Terms, on: date) -> Decimal:
    """The share of the plan past which a gap is explained."""
    return terms.rate("presence_gap_rate", on=max(on, terms.head.notified_on))


def asks_why(morning: Morning, terms: Terms) -> bool:
    """Is there a gap to explain, explained or not?"""
    if morning.planned is None or morning.present is None:
        return False
    return must_explain(morning.planned, morning.present, gap_rate_on(terms, morning.on))


def plan_clock(contract: Contract, week: date, *, at: datetime, terms: Terms | None = None) -> PlanClock:
    """Where the announcement of a week (its Monday) stands: the first version counts."""
    terms = terms or terms_of(contract.code)
    calendar = calendar_of(terms)
    lead = terms.count("staff_plan_lead_weeks", on=max(week, terms.head.notified_on))
    due_on = plan_due_on(week, lead, calendar)
    first = StaffPlan.objects.filter(contract=contract, week=week).order_by("version").first()
    clock = Clock(
        fact_at=calendar.instant(monday_of(due_on)),
        rule=FixedDate(due_on),
        calendar=calendar,
        met_at=first.sent_at if first else None,
        amber_after=FixedDate(due_on - timedelta(days=2)),
    )
    return PlanClock(week, due_on, first.sent_at if first else None, clock.state(at))


def present_in_facts(
    contract: Contract, since: date, until: date, terms: Terms
) -> Mapping[tuple[date, str], int]:
    """Distinct advisers signed in at the hour of the count, whatever their state, by day and site.

    Days without any state are absent: nothing is known of them.
    """
    day = max(since, terms.head.notified_on)
    hour: time = terms.time("presence_counted_at", on=day)
    quarter = hour.hour * 4 + hour.minute // 15
    found = measures_of(
        contract, since, until, by=("day", "site", "adviser"), where={"quarter": quarter}, terms=terms
    ).found
    people: dict[tuple[date, str], set[str]] = {}
    for (on, site, adviser), measured in found.items():
        if site and adviser and measured.get("presence_ms", 0) > 0:
            people.setdefault((on, site), set()).add(adviser)
    return {key: len(advisers) for key, advisers in people.items()}

"""Dysfunctions as they stand at an instant, and what the agreed ones set aside."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.clocks import Clock
from titulaire.identity.models import Contract
from titulaire.indicators.engine import connect, table_of
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.incidents.rules import ClaimState, Incident, interruption_clock

AGREED = (ClaimState.AGREED,)
"""What neutralises."""
AGREED_OR_PROPOSED = (ClaimState.AGREED, ClaimState.PROPOSED)
"""What would, if the buyer agreed to everything that awaits its answer: a rival figure."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A dysfunction with the clock of its interruption; None when the service goes on."""

    dysfunction: Dysfunction
    clock: Clock | None


def dysfunctions_of(contract: Contract) -> QuerySet[Dysfunction]:
    """The register of a contract, the latest first."""
    return Dysfunction.objects.of(contract).select_related("contract").prefetch_related("claims")


def dysfunction_called(contract: Contract, reference: str) -> Dysfunction | None:
    """The dysfunction with this reference."""
    return dysfunctions_of(contract).filter(reference=reference).first()


def followed(contract: Contract, found: Iterable[Dysfunction]) -> list[Followed]:
    """Dysfunctions of a contract, each with its clock."""
    terms = terms_of(contract.code)
    rows = []
    for each in found:
        clock = None
        if each.interrupts:
            day = max(timezone.localdate(each.since_at), terms.head.notified_on)
            hours = terms.count("interruption_max_hours", on=day)
            clock = interruption_clock(
                each.since_at, each.until_at, hours=hours, warn_hours=hours // 2, calendar=Calendar()
            )
        rows.append(Followed(each, clock))
    return rows


def incidents_of(
    contract: Contract, *, since: date, until: date, states: Collection[ClaimState] = AGREED
) -> tuple[Incident, ...]:
    """What is set aside in a period, `until` not included: the claims in these states, in civil time."""
    found = (
        Claim.objects.filter(
            dysfunction__contract=contract,
            state__in=[each.value for each in states],
            since_at__lt=_midnight(until),
            until_at__gt=_midnight(since),
        )
        .select_related("dysfunction")
        .order_by("since_at", "pk")
    )
    return tuple(
        Incident(
            claim.dysfunction.reference,
            _civil(claim.since_at),
            _civil(claim.until_at),
            tuple(claim.lines),
            tuple(claim.flows),
        )
        for claim in found
    )


def claims_awaiting(contract: Contract, *, since: date, until: date) -> QuerySet[Claim]:
    """The claims on a period that the buyer has not answered."""
    return Claim.objects.filter(
        dysfunction__contract=contract,
        state=ClaimState.PROPOSED.value,
        since_at__lt=_midnight(until),
        until_at__gt=_midnight(since),
    ).select_related("dysfunction__contract")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _civil(instant: datetime) -> datetime:
    return timezone.make_naive(instant)


@dataclass(frozen=True, slots=True)
class Named:
    """A reference that facts bear, on how many calls, from which day to which; its dysfunction if known."""

    reference: str
    calls: int
    first_on: date
    last_on: date
    dysfunction: Dysfunction | None


@clause("S-3.2-incidents", "S-3.3.2-accessibilite")
def references_in_facts(contract: Contract, *, since: date, until: date) -> list[Named]:
    """The incident references that calls bear in a period, `until` not included; those unknown here first."""
    files = files_in_force(contract, Record.LEGS, since=since, until=until)
    if not files:
        return []
    with connect() as backend:
        legs = table_of(backend, files)
        borne = legs.filter(legs.incident.notnull(), legs.day >= since, legs.day < until)
        counted = borne.group_by("incident").aggregate(
            calls=borne.count(), first_on=borne.day.min(), last_on=borne.day.max()
        )
        rows = backend.to_pyarrow(counted.order_by("incident")).to_pylist()
    known: dict[str, Dysfunction] = {}
    for each in Dysfunction.objects.of(contract):
        known[each.reference] = each
        if each.other_reference:
            known[each.other_reference] = each
    found = [
        Named(row["incident"], row["calls"], row["first_on"], row["last_on"], known.get(row["incident"]))
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.dysfunction is not None, one.first_on, one.reference))

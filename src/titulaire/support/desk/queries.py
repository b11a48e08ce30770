"""The words of a contract on a day, contacts, and those that wait for their qualification."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.holidays import public_holidays
from titulaire.identity.models import Contract, User
from titulaire.indicators.engine import connect, table_of
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.desk.models import Contact, ContactQuerySet, FileAct, Seat, Ticket, Transfer
from titulaire.support.desk.rules import FORM, Lists, flows_of, is_open
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record


def lists_on(terms: Terms, day: date) -> Lists:
    """What a contact may be qualified by on a day."""
    dated = [terms.dated(name, on=day) for name in ("contact_types", "contact_reasons", "served_schemes")]
    return Lists(
        since=max(one.from_on for one in dated).isoformat(),
        types=terms.texts("contact_types", on=day),
        reasons=terms.texts("contact_reasons", on=day),
        schemes=terms.texts("served_schemes", on=day),
        flows=flows_of(
            terms.texts("phone_numbers", on=day),
            relay=terms.text("text_relay", on=day),
            forms=terms.flag("forms_active", on=day),
        ),
    )


def service_calendar(terms: Terms, day: date) -> Calendar:
    """The days of the contract, on the clocks of its service."""
    days = calendar_of(terms, on=day)
    return Calendar(days.territory, zone_name=terms.text("opening_time_zone", on=day))


def open_at(terms: Terms, at: datetime) -> bool:
    """Whether the service is open at an instant."""
    calendar = service_calendar(terms, terms.head.notified_on)
    local = calendar.local(at)
    day = local.date()
    return is_open(
        local,
        weekdays=terms.counts("opening_days", on=day),
        opens=terms.time("opening_from", on=day),
        closes=terms.time("opening_until", on=day),
        holiday=day in public_holidays(calendar.territory, day.year),
        holidays_open=terms.reading("bank_holidays", on=day) == "OPEN",
    )


def opening_of(terms: Terms, day: date) -> str:
    """The hours of a day, as they are said to an adviser."""
    opens, closes = terms.time("opening_from", on=day), terms.time("opening_until", on=day)
    return f"{opens:%H h %M} à {closes:%H h %M}"


@dataclass(frozen=True, slots=True)
class Sitting:
    """The number that a supervisor gave to a person, since when, and their site, "" before they say it."""

    number: str
    since_at: datetime
    site: str


def sitting_of(contract: Contract, user: User, *, at: datetime) -> Sitting | None:
    """Under which number a person sits at the desk, None while they hold none: what others took stays theirs."""
    calendar = service_calendar(terms_of(contract.code), terms_of(contract.code).head.notified_on)
    day = calendar.local_day(at)
    held = AdviserNumber.objects.filter(contract=contract, user=user).between(day, day + ONE_DAY).first()
    if held is None:
        return None
    seat = Seat.objects.filter(contract=contract, actor=user.actor).first()
    return Sitting(held.number, calendar.instant(held.since), seat.site if seat else "")


def contacts_of(contract: Contract) -> ContactQuerySet:
    """The contacts of a contract, the latest first."""
    return Contact.objects.select_related("contract").filter(contract=contract)


def contact_called(contract: Contract, reference: str) -> Contact | None:
    """The contact with this reference."""
    return contacts_of(contract).filter(reference=reference).first()


def day_ends_at(contact: Contact, calendar: Calendar) -> datetime:
    """The first instant that is too late to qualify a contact: the midnight that ends its day."""
    return calendar.end_of(calendar.local_day(contact.started_at))


@dataclass(frozen=True, slots=True)
class CallDay:
    """The calls of a day: how many, how many still wait, and when the last was first qualified."""

    on: date
    calls: int
    waiting: int
    last_at: datetime | None


def call_days(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[CallDay]:
    """Each day that has calls, `until` not included, as it was known at an instant."""
    terms = terms_of(contract.code)
    calendar = service_calendar(terms, terms.head.notified_on)
    found = (
        Contact.objects.of(contract)
        .exclude(flow=FORM)
        .filter(
            opened_at__lte=at, started_at__gte=calendar.instant(since), started_at__lt=calendar.instant(until)
        )
        .annotate(on=TruncDate("started_at", tzinfo=calendar.zone))
        .values("on")
        .annotate(
            calls=Count("pk"),
            waiting=Count("pk", filter=Q(qualified_at__isnull=True) | Q(qualified_at__gt=at)),
            last_at=Max("qualified_at"),
        )
        .order_by("on")
    )
    for row in found:
        yield CallDay(row["on"], row["calls"], row["waiting"], row["last_at"])


AROUND = timedelta(days=1)
"""How far the facts of a call may be from the start that its contact says."""


def legs_of_calls(contract: Contract, contacts: Sequence[Contact]) -> dict[str, list[dict[str, Any]]]:
    """The legs in force of the calls of some contacts, by call."""
    if not contacts:
        return {}
    days = [one.started_at.date() for one in contacts]
    since, until = min(days) - AROUND, max(days) + 2 * AROUND
    files = files_in_force(contract, Record.LEGS, since=since, until=until)
    if not files:
        return {}
    with connect() as backend:
        legs = table_of(backend, files)
        asked = legs.filter(
            legs.call_id.isin([one.call_id for one in contacts]), legs.day >= since, legs.day < until
        )
        rows = backend.to_pyarrow(asked.order_by("call_id", "source_key")).to_pylist()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["call_id"]].append(row)
    return found


def file_acts_of(contract: Contract) -> QuerySet[FileAct]:
    """What was asked on files, the latest first."""
    return FileAct.objects.filter(contract=contract).select_related("contract", "contact")


def tickets_of(contract: Contract) -> QuerySet[Ticket]:
    """The tickets for level 2, the latest first."""
    return Ticket.objects.filter(contract=contract).select_related("contract", "contact")


def transfers_of(contract: Contract) -> QuerySet[Transfer]:
    """The calls sent to level 1+, the latest first."""
    return Transfer.objects.filter(contract=contract).select_related("contract", "contact")

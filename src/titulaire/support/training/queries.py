"""Sessions, who is trained since when, and who produced before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count, Q, QuerySet

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms, UnknownReading
from titulaire.identity.models import Contract, User
from titulaire.indicators.rules import Result
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.schema import Record
from titulaire.support.indicators.evaluation import Declared, after, evaluate, first_productive_days
from titulaire.support.training.models import RateSent, Seat, Session
from titulaire.support.training.rules import (
    Attended,
    Clearance,
    Course,
    Presence,
    Scope,
    SessionState,
    clearances,
    trained_on,
)


def sessions_of(contract: Contract) -> QuerySet[Session]:
    """The sessions of a contract, the latest first, with how many are expected or came (`seated`, `came`)."""
    return Session.objects.filter(contract=contract).annotate(
        seated=Count("seats"), came=Count("seats", filter=Q(seats__presence=Presence.PRESENT.value))
    )


def course_on(terms: Terms, on: date) -> Course:
    """The modules of the contract on a day; of the notification, before it."""
    on = max(on, terms.head.notified_on)
    return Course(terms.table("training_modules", on=on), terms.table("optional_training_modules", on=on))


def scope_on(terms: Terms, on: date) -> Scope:
    """The reading retained: whether the module in option is asked of everybody."""
    try:
        return Scope(terms.reading("training_scope", on=max(on, terms.head.notified_on)))
    except UnknownReading:
        return Scope.REQUIRED_MODULES


def attended_of(contract: Contract, *, until: date | None = None) -> list[Attended]:
    """What was attended, in sessions whose attendance is written down and that ended before `until`."""
    seats = Seat.objects.filter(
        session__contract=contract,
        session__state=SessionState.HELD.value,
        presence=Presence.PRESENT.value,
    )
    if until is not None:
        seats = seats.filter(session__ends_on__lt=until)
    told = seats.values_list("adviser", "session__module", "session__days", "session__ends_on")
    return [Attended(*each) for each in told]


@clause("S-3.3.2-formation")
def trained_of(contract: Contract, terms: Terms, on: date) -> Mapping[str, date] | None:
    """When each adviser ended the training asked on a day; None while no attendance was ever written down."""
    attended = attended_of(contract)
    if not attended:
        return None
    return trained_on(attended, course_on(terms, on).asked(scope_on(terms, on)))


@clause("S-3.3.2-formation")
def clearances_of(
    contract: Contract, *, until: date, terms: Terms | None = None, scope: Scope | None = None
) -> tuple[Clearance, ...]:
    """Every adviser who sat in a session or produced before a day, and where they stand.

    `scope`: another reading than the one retained.
    """
    terms = terms or terms_of(contract.code)
    asked = course_on(terms, until).asked(scope or scope_on(terms, until))
    first_days, _ = first_productive_days(contract, until=until, terms=terms)
    return clearances(attended_of(contract), asked, first_days)


def number_of(contract: Contract, user: User, on: date) -> str | None:
    """The adviser's number that a person holds on a day. The tie is said on the dashboards' pages."""
    held = contract.adviser_numbers.filter(Q(until__isnull=True) | Q(until__gt=on), user=user, since__lte=on)
    return held.values_list("number", flat=True).first()


def rates_sent(contract: Contract) -> QuerySet[RateSent]:
    """The monthly rates told to the buyer, the latest first."""
    return RateSent.objects.filter(contract=contract)


@clause("S-3.3.2-formation", "S-5.2-formation-initiale")
def rate_of(contract: Contract, month: date, *, terms: Terms | None = None) -> Result:
    """The share of a month's advisers who were trained, from the attendance written down (I19)."""
    terms = terms or terms_of(contract.code)
    (row,) = evaluate(
        contract,
        since=month,
        until=after(month),
        terms=terms,
        declared=Declared(trained_on=trained_of(contract, terms, month)),
        only={"I19"},
    )
    return row["I19"]


def months_with_states(contract: Contract) -> set[date]:
    """The months in which advisers' states were imported: of the others, nobody knows who produced."""
    found = Manifest.objects.in_force().filter(contract=contract, record=Record.STATES.value, rows__gt=0)
    return set(found.values_list("month", flat=True))


def months_to_tell(contract: Contract, terms: Terms, *, on: date) -> list[date]:
    """The months of the contract that are over on a day, the first one first."""
    month, found = terms.head.starts_on.replace(day=1), []
    while after(month) <= on and month < terms.head.ends_on:
        found.append(month)
        month = after(month)
    return found

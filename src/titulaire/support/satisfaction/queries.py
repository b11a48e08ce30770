"""What was asked and answered, as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.indicators.engine import connect, table_of
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Outcome, Record
from titulaire.support.satisfaction.models import (
    Asked,
    Invitation,
    InvitationQuerySet,
    Questionnaire,
    Reply,
    SurveyPlan,
    Wave,
)
from titulaire.support.satisfaction.rules import Contact

ONE_DAY = timedelta(days=1)


def questionnaires_of(contract: Contract) -> QuerySet[Questionnaire]:
    """Every version, the one in force first."""
    return Questionnaire.objects.filter(contract=contract).prefetch_related("questions")


def in_force(contract: Contract) -> Questionnaire | None:
    """The version that new invitations ask, None before the first."""
    return questionnaires_of(contract).first()


def questions_of(contract: Contract) -> QuerySet[Asked]:
    """Every question of every version, the version in force first."""
    found = Asked.objects.filter(questionnaire__contract=contract).select_related("questionnaire")
    return found.order_by("-questionnaire__version", "rank")


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan says of a day; `plan` is None where it says nothing: each contact, without quota."""

    share: Decimal = Decimal(1)
    daily_quota: int | None = None
    plan: SurveyPlan | None = None


def planned_on(contract: Contract, day: date) -> Planned:
    """The plan of a day."""
    found = SurveyPlan.objects.filter(contract=contract, from_on__lte=day).first()
    return Planned(found.share, found.daily_quota, found) if found else Planned()


def waves_of(contract: Contract) -> QuerySet[Wave]:
    """Every wave, the last first, with how many were invited and answered."""
    return Wave.objects.filter(contract=contract).annotate(
        invited=Count("invitations"),
        answered=Count("invitations", filter=Q(invitations__answered_at__isnull=False)),
    )


def replies_of(contract: Contract, invitations: InvitationQuerySet) -> QuerySet[Reply]:
    """The replies to some invitations, the last first."""
    return (
        Reply.objects.filter(invitation__contract=contract, invitation__in=invitations)
        .select_related("invitation__questionnaire")
        .prefetch_related("marks__asked")
        .order_by("-invitation__answered_at", "-pk")
    )


def invitation_of(token_sha256: str) -> Invitation | None:
    """The invitation that a link opens."""
    return (
        Invitation.objects.select_related("contract", "questionnaire")
        .filter(token_sha256=token_sha256)
        .first()
    )


def asked_in(questionnaire: Questionnaire) -> list[Asked]:
    """The questions of a version, in order."""
    return list(questionnaire.questions.all())


def handled_in_facts(contract: Contract, *, since: date, until: date) -> list[Contact]:
    """The calls answered in a period, `until` not included, each once, as its last answered leg tells it."""
    files = files_in_force(contract, Record.LEGS, since=since, until=until)
    if not files:
        return []
    with connect() as backend:
        legs = table_of(backend, files)
        answered = legs.filter(
            legs.outcome == Outcome.ANSWERED.value, ~legs.internal, legs.day >= since, legs.day < until
        )
        last = answered.group_by("call_id").aggregate(
            person=answered.caller.max(),
            day=answered.day.min(),
            at=answered.arrived_at.min(),
            **{name: answered[name].argmax(answered.leg) for name in ("flow", "reason", "site")},
        )
        rows = backend.to_pyarrow(last.order_by(["at", "call_id"])).to_pylist()
    return [
        Contact(
            row["call_id"],
            row["person"] or "",
            row["day"],
            "PHONE",
            row["at"].replace(tzinfo=UTC),
            row["flow"] or "",
            row["reason"] or "",
            row["site"] or "",
        )
        for row in rows
    ]


def midnight(day: date) -> datetime:
    """When a civil day starts."""
    return timezone.make_aware(datetime.combine(day, time()))


def last_asked(contract: Contract, people: Iterable[str], *, since: date) -> Mapping[str, date]:
    """The day of the last contact about which each of these people was asked, from a day on."""
    wanted = set(people)
    found = Invitation.objects.filter(contract=contract, day__gte=since).order_by("day")
    return {person: day for person, day in found.values_list("person", "day") if person in wanted}


def months_asked(contract: Contract) -> list[date]:
    """The months that have a contact asked about, the last first."""
    found = Invitation.objects.filter(contract=contract).dates("day", "month", order="DESC")
    return list(found)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)

"""Announcing staff, counting the morning, explaining a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.presence.models import GapExplanation, MorningCount, PlannedStaff, StaffPlan
from titulaire.support.presence.queries import (
    asks_why,
    calendar_of,
    counts,
    mornings,
    planned_days,
    present_in_facts,
)
from titulaire.support.presence.rules import Cause, Origin, PlannedDay, monday_of

SYSTEM = "system:presence"


class NotYetThatDay(ValueError):
    """People of a day to come cannot be counted."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


class NothingToExplain(ValueError):
    """The morning was not counted, not planned, or kept its plan."""

    def __init__(self, on: date, site: str) -> None:
        super().__init__(on.isoformat(), site)
        self.on, self.site = on, site


class NotThatWeek(ValueError):
    """The week is not named by its Monday, or a day is of another one."""

    def __init__(self, week: date) -> None:
        super().__init__(week.isoformat())
        self.week = week


class SaysNothing(ValueError):
    """An explanation without words explains nothing."""


@clause("S-3.3.1-ressources")
def send_staff_plan(
    *,
    contract: Contract,
    week: date,
    days: Sequence[PlannedDay],
    content: bytes,
    file_name: str,
    actor: str,
    at: datetime,
) -> StaffPlan:
    """Announce the staff of a week, with the document. It replaces the week whole, and says which version it is.

    The document of the last version again is that version.

    Raises:
        NotThatWeek: `week` is no Monday, nothing is announced, or a day is of another week.
    """
    if week != monday_of(week) or not days or any(monday_of(one.on) != week for one in days):
        raise NotThatWeek(week)
    sha256 = files.keep(content, contract=contract.code)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        last = StaffPlan.objects.filter(contract=held, week=week).order_by("-version").first()
        if last is not None and last.file_sha256 == sha256:
            return last
        found = StaffPlan.objects.filter(contract=held, week=week).aggregate(last=Max("version"))
        plan = StaffPlan.objects.create(
            contract=held,
            week=week,
            version=(found["last"] or 0) + 1,
            file_sha256=sha256,
            file_name=file_name,
            sent_by=actor,
            sent_at=at,
        )
        PlannedStaff.objects.bulk_create(
            PlannedStaff(
                plan=plan,
                on=one.on,
                site=one.site,
                heads=one.heads,
                hours=one.hours,
                training_hours=one.training_hours,
                internal_hours=one.internal_hours,
            )
            for one in days
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="STAFF_PLAN_SENT",
            target=f"staff-plan:{week}/v{plan.version}",
            body={
                "file": sha256,
                "heads": sum(one.heads for one in days),
                "hours": str(sum(one.hours for one in days)),
                "training_hours": str(sum(one.training_hours for one in days)),
                "internal_hours": str(sum(one.internal_hours for one in days)),
            },
        )
    return plan


@clause("S-3.3.1-ressources")
def count_present(
    *,
    contract: Contract,
    on: date,
    present: Mapping[str, int],
    origin: Origin,
    actor: str,
    at: datetime,
) -> list[MorningCount]:
    """Record who is present on a morning, by site. What was already said so is not said again.

    Raises:
        NotYetThatDay: the day is still to come.
    """
    if on > calendar_of(terms_of(contract.code)).local_day(at):
        raise NotYetThatDay(on)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        known = counts(held, on, date.fromordinal(on.toordinal() + 1))
        changed = {
            site: count
            for site, count in sorted(present.items())
            if (last := known.get((on, site, origin))) is None or last.present != count
        }
        made = [
            MorningCount.objects.create(
                contract=held,
                on=on,
                site=site,
                present=count,
                origin=origin.value,
                counted_by=actor,
                counted_at=at,
            )
            for site, count in changed.items()
        ]
        if made:
            record(
                contract=held.code,
                actor=actor,
                at=at,
                act="PRESENCE_COUNTED",
                target=f"morning:{on}",
                body={"origin": origin.value, "present": changed},
            )
    return made


@clause("S-3.3.1-ressources")
def count_from_facts(
    *, contract: Contract, since: date, until: date, actor: str, at: datetime
) -> list[MorningCount]:
    """Count who was signed in on each planned morning of a period that has facts.

    A planned site where facts of that day show nobody counts zero.
    """
    terms = terms_of(contract.code)
    seen = present_in_facts(contract, since, until, terms)
    known_days = {on for on, _ in seen}
    by_day: dict[date, dict[str, int]] = {}
    for planned in planned_days(contract, since, until):
        if planned.on in known_days:
            by_day.setdefault(planned.on, {})[planned.site] = seen.get((planned.on, planned.site), 0)
    made: list[MorningCount] = []
    for on, present in sorted(by_day.items()):
        made += count_present(
            contract=contract, on=on, present=present, origin=Origin.FACTS, actor=actor, at=at
        )
    return made


@clause("S-3.3.1-ressources")
def explain_gap(
    *, contract: Contract, on: date, site: str, cause: Cause, text: str, actor: str, at: datetime
) -> GapExplanation:
    """Say why those present were not those planned. It holds for the figures of now.

    Raises:
        SaysNothing: no words.
        NothingToExplain: the morning keeps its plan, or is not known.
    """
    if not text.strip():
        raise SaysNothing
    terms = terms_of(contract.code)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        after = date.fromordinal(on.toordinal() + 1)
        found = [one for one in mornings(held, on, after, at=at, terms=terms) if one.site == site]
        morning = found[0] if found else None
        if (
            morning is None
            or morning.planned is None
            or morning.present is None
            or not asks_why(morning, terms)
        ):
            raise NothingToExplain(on, site)
        explanation = GapExplanation.objects.create(
            contract=held,
            on=on,
            site=site,
            planned=morning.planned,
            present=morning.present,
            cause=cause.value,
            text=text.strip(),
            explained_by=actor,
            explained_at=at,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="PRESENCE_EXPLAINED",
            target=f"morning:{on}/{site}",
            body={"planned": morning.planned, "present": morning.present, "cause": cause.value},
        )
    return explanation

"""When an adviser is trained, from which day they may produce, and who produced before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from titulaire.clauses import clause

ONE_DAY = timedelta(days=1)
NOTHING = Decimal(0)


class SessionState(StrEnum):
    """A session that is to come, whose attendance is written down, or that did not take place."""

    PLANNED = "PLANNED"
    HELD = "HELD"
    CANCELLED = "CANCELLED"


class Presence(StrEnum):
    """Whether a participant came."""

    EXPECTED = "EXPECTED"
    PRESENT = "PRESENT"
    ABSENT = "ABSENT"


class Outcome(StrEnum):
    """What the trainer found at the end; nothing when the session has no test."""

    UNTESTED = ""
    PASSED = "PASSED"
    FAILED = "FAILED"


class Scope(StrEnum):
    """Which modules make the initial training: the options of the reading `training_scope`."""

    REQUIRED_MODULES = "REQUIRED_MODULES"
    EVERY_MODULE = "EVERY_MODULE"


class Standing(StrEnum):
    """Where an adviser stands: not trained yet, may produce, or produced before they might."""

    IN_TRAINING = "IN_TRAINING"
    CLEARED = "CLEARED"
    BREACH = "BREACH"


@dataclass(frozen=True, slots=True)
class Attended:
    """Days of a module that an adviser attended, `ended_on` being the last of them."""

    adviser: str
    module: str
    days: Decimal
    ended_on: date


@dataclass(frozen=True, slots=True)
class Course:
    """The modules of the contract on a day, each with its length in days, and those in option."""

    required: Mapping[str, Decimal]
    optional: Mapping[str, Decimal]

    @property
    def every(self) -> dict[str, Decimal]:
        """All the modules, in the order of the contract."""
        return {**self.required, **self.optional}

    @clause("S-5.2-formation-initiale")
    def asked(self, scope: Scope) -> Mapping[str, Decimal]:
        """The modules that an adviser must have attended, under a reading."""
        return self.every if scope is Scope.EVERY_MODULE else self.required


@dataclass(frozen=True, slots=True)
class Clearance:
    """An adviser: the day each module asked was ended, when all were, and the first productive day.

    `first_on` is None for who has not produced.
    """

    adviser: str
    ended_on: Mapping[str, date]
    trained_on: date | None
    first_on: date | None

    @property
    def may_produce_from(self) -> date | None:
        """The day after the last module ended; None while one is missing."""
        return None if self.trained_on is None else self.trained_on + ONE_DAY

    @property
    @clause("S-3.3.2-formation")
    def standing(self) -> Standing:
        """A first productive minute on the day of the last module, or before, is a breach."""
        start = self.may_produce_from
        if self.first_on is not None and (start is None or self.first_on < start):
            return Standing.BREACH
        return Standing.IN_TRAINING if start is None else Standing.CLEARED


@clause("S-5.2-formation-initiale")
def module_ended_on(attended: Iterable[Attended], days: Decimal) -> date | None:
    """The day on which the days attended of one module reach its length; None while they do not."""
    total = NOTHING
    for one in sorted(attended, key=lambda one: one.ended_on):
        total += one.days
        if total >= days:
            return one.ended_on
    return None


@clause("S-5.2-formation-initiale", "S-3.3.2-formation")
def clearances(
    attended: Iterable[Attended], asked: Mapping[str, Decimal], first_days: Mapping[str, date]
) -> tuple[Clearance, ...]:
    """Where every adviser stands who attended something or produced, by their number."""
    by_adviser: dict[str, dict[str, list[Attended]]] = {adviser: {} for adviser in first_days}
    for one in attended:
        by_adviser.setdefault(one.adviser, {}).setdefault(one.module, []).append(one)
    found = []
    for adviser, modules in sorted(by_adviser.items()):
        ended = {
            name: on
            for name, days in asked.items()
            if (on := module_ended_on(modules.get(name, ()), days)) is not None
        }
        trained_on = max(ended.values()) if asked and len(ended) == len(asked) else None
        found.append(Clearance(adviser, ended, trained_on, first_days.get(adviser)))
    return tuple(found)


@clause("S-3.3.2-formation")
def trained_on(attended: Iterable[Attended], asked: Mapping[str, Decimal]) -> dict[str, date]:
    """The day on which each adviser ended the last module; who misses one is left out."""
    return {
        one.adviser: one.trained_on for one in clearances(attended, asked, {}) if one.trained_on is not None
    }

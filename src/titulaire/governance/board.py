"""The board of deadlines: every date that the rooms of a contract give, each with where it stands."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import ModuleType

from django.apps import apps
from django.urls import Resolver404, resolve

from titulaire.clauses import clause
from titulaire.contracts.queries import codes_with_terms, terms_as_signed, terms_held
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import same_date
from titulaire.deadlines.dues import Due, DueState, When
from titulaire.governance.queries import calendar_of
from titulaire.identity.access import AccessLine
from titulaire.identity.models import KINDS, Contract
from titulaire.identity.roles import Role

Dates = Callable[..., Iterable[Due]]


class SameKeyTwice(RuntimeError):
    """A room gave two dates the same key: a calendar would show one for the other."""


@dataclass(frozen=True, slots=True)
class Door:
    """A room that gives dates: its label, its French title, the half it belongs to ("" for the kernel)."""

    room: str
    title: str
    half: str
    dates: Dates


@cache
def doors() -> tuple[Door, ...]:
    """The rooms with a `clocks` module, in the order of the applications."""
    found = []
    for app in apps.get_app_configs():
        name = f"{app.name}.clocks"
        if app.name.startswith("titulaire.") and importlib.util.find_spec(name):
            found.append(_door(app.label, importlib.import_module(name)))
    return tuple(found)


def _door(label: str, module: ModuleType) -> Door:
    half = module.__name__.split(".")[1].upper()
    return Door(label, module.ROOM, half if half in KINDS else "", module.dates)


@dataclass(frozen=True, slots=True)
class Line:
    """A date on the board, with where it stands at the instant of the board."""

    room: str
    title: str
    due: Due
    state: DueState
    when: When

    @property
    def key(self) -> str:
        """The name of the date among all those of the contract."""
        return f"{self.room}.{self.due.key}"


def whole_life(contract: Contract, on: date) -> tuple[date, date]:
    """From the notification to a year after the end; for a contract without terms, four years around the day."""
    if contract.code not in codes_with_terms():
        return same_date(on, -24), same_date(on, 24)
    head = terms_as_signed(contract.code).head
    return head.notified_on, same_date(head.ends_on, 12)


@clause("T-3.3-tracabilite")
def board(
    contract: Contract, *, since: date, until: date, at: datetime, roles: frozenset[Role] | None = None
) -> list[Line]:
    """The dates whose last day is from `since` to `until`, not included, in their order, as they stand at an instant.

    `roles`: only the dates whose page these roles may open; None for all.
    """
    with terms_held():
        calendar = calendar_of(contract, on=since)
        found = list(_lines(contract, since, until, at, calendar, roles))
    keys = [line.key for line in found]
    if len(keys) != len(set(keys)):
        raise SameKeyTwice(sorted({key for key in keys if keys.count(key) > 1}))
    return sorted(found, key=lambda line: (line.due.due_on, _instant(line.due, calendar), line.key))


def _instant(due: Due, calendar: Calendar) -> datetime:
    return due.due_at or calendar.end_of(due.due_on)


def _lines(
    contract: Contract,
    since: date,
    until: date,
    at: datetime,
    calendar: Calendar,
    roles: frozenset[Role] | None,
) -> Iterator[Line]:
    for door in doors():
        if door.half not in {"", contract.kind}:
            continue
        for due in door.dates(contract, since=since, until=until, at=at):
            if since <= due.due_on < until and (roles is None or _opens(due.url, contract, roles)):
                yield Line(door.room, door.title, due, due.state(at, calendar), due.when(at, calendar))


def _opens(url: str, contract: Contract, roles: frozenset[Role]) -> bool:
    """Whether these roles may open the page of a date; a date without a page is everybody's."""
    if not url:
        return True
    line = _access(url.partition("?")[0].partition("#")[0])
    return line is not None and (line.kind not in {"READS", "ACTS"} or line.opens(contract, roles))


def _access(path: str) -> AccessLine | None:
    try:
        line: AccessLine | None = getattr(resolve(path).func, "access", None)
    except Resolver404:
        return None
    return line


def document(line: Line) -> dict[str, object]:
    """A date as a machine reads it."""
    due = line.due
    return {
        "key": line.key,
        "room": line.room,
        "label": due.label,
        "who": due.who.value,
        "due_on": due.due_on,
        "due_at": due.due_at,
        "state": line.state.value,
        "when": line.when.value,
        "done_on": due.done_on,
        "done_at": due.done_at,
        "silence": due.silence,
        "clause": due.clause or None,
        "facts": dict(due.facts),
        "url": due.url,
    }

"""The calendar that a calendar program subscribes to (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from icalendar import Calendar as ICalendar
from icalendar import Event

from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.dues import DueState
from titulaire.governance.board import Line
from titulaire.governance.wording import DUE_STATES, WHOS
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr

REFRESH = timedelta(hours=6)
MARKS = {DueState.LATE: "En retard : ", DueState.DONE: "✓ ", DueState.DONE_LATE: "✓ ", DueState.DEEMED: "✓ "}


def calendar_bytes(contract: Contract, lines: Iterable[Line], *, at: datetime, calendar: Calendar) -> bytes:
    """One event per date: a whole day, or an instant where hours count. The same date keeps its UID for ever."""
    made = ICalendar()
    made.add("prodid", "-//Titulaire//Echeances//FR")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Échéances : {contract.title}")
    made.add("x-wr-timezone", calendar.zone.key)
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    days = [calendar.local_day(at)]
    for line in lines:
        made.add_component(_event(contract, line, at, calendar))
        days.append(line.due.due_on)
    # Definitions that cover the dates at hand: without bounds the library writes a century of them.
    made.add_missing_timezones(first_date=min(days) - ONE_DAY, last_date=max(days) + ONE_DAY)
    return bytes(made.to_ical())


def _event(contract: Contract, line: Line, at: datetime, calendar: Calendar) -> Event:
    due, event = line.due, Event()
    event.add("uid", f"{line.key}@{contract.code}.titulaire")
    event.add("dtstamp", at)
    event.add("summary", f"{MARKS.get(line.state, '')}{due.label}")
    if due.due_at is not None:
        event.add("dtstart", calendar.local(due.due_at).replace(tzinfo=calendar.zone))
    else:
        event.add("dtstart", due.due_on)
        event.add("dtend", due.due_on + ONE_DAY)
    event.add("description", _description(line))
    event.add("categories", [line.title])
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if due.url:
        event.add("url", settings.SITE_ADDRESS.rstrip("/") + due.url)
    return event


def _description(line: Line) -> str:
    due = line.due
    parts = [f"État : {DUE_STATES[line.state.value].label}", f"À la charge de : {WHOS[due.who.value]}"]
    if due.done_on is not None:
        parts.append(f"Tenue le : {date_fr(due.done_on)}")
    parts.extend(f"{label} : {value}" for label, value in due.facts)
    if due.clause:
        parts.append(f"Clause : {due.clause}")
    return "\n".join(parts)

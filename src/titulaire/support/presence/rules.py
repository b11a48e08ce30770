"""What was planned for a morning, who came, and whether it is explained. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import previous_working_day
from titulaire.ui.cells import Refused, as_count, as_day, as_hours, columns_of

WEEK = timedelta(days=7)
MOST_HEADS = 10_000
MOST_HOURS = 100_000


class Origin(StrEnum):
    """Where a count comes from: advisers' states in the facts, or a supervisor's word."""

    FACTS = "FACTS"
    ENTERED = "ENTERED"


class Cause(StrEnum):
    """Why the count is not what was planned."""

    ABSENCE = "ABSENCE"
    LATENESS = "LATENESS"
    TRANSPORT = "TRANSPORT"
    TRAINING = "TRAINING"
    TOOLS = "TOOLS"
    VACANCY = "VACANCY"
    REINFORCEMENT = "REINFORCEMENT"
    OTHER = "OTHER"


class State(StrEnum):
    """Where a morning stands. The three that are late are bad news for both parties."""

    AHEAD = "AHEAD"
    UNPLANNED = "UNPLANNED"
    TO_COUNT = "TO_COUNT"
    NOT_COUNTED = "NOT_COUNTED"
    KEPT = "KEPT"
    TO_EXPLAIN = "TO_EXPLAIN"
    UNEXPLAINED = "UNEXPLAINED"
    EXPLAINED = "EXPLAINED"
    EXPLAINED_LATE = "EXPLAINED_LATE"


WAITING = frozenset({State.TO_COUNT, State.NOT_COUNTED, State.TO_EXPLAIN, State.UNEXPLAINED})
"""What still asks for an act."""


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """Advisers expected on a day and a site, their hours of production, of training and of other internal work."""

    on: date
    site: str
    heads: int
    hours: Decimal = Decimal(0)
    training_hours: Decimal = Decimal(0)
    internal_hours: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation, and the figures that it explains."""

    planned: int
    present: int
    at: datetime


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@clause("S-3.3.1-ressources")
def plan_due_on(week: date, lead_weeks: int, calendar: Calendar) -> date:
    """The last working day to announce a week (its Monday): in the week that stands `lead_weeks` before it."""
    ends = monday_of(week) - (lead_weeks - 1) * WEEK - timedelta(days=1)
    last = previous_working_day(ends, calendar)
    return last if last >= ends - timedelta(days=6) else ends


@clause("S-3.3.1-ressources")
def read_plan(table: Sequence[Sequence[str]], week: date) -> list[PlannedDay]:
    """The days of a table whose first row names its columns, all in one week.

    Columns: jour, site, effectif; heures, formation, interne where they are given.

    Raises:
        Refused: a column is missing, or a row cannot be read, is of another week or comes twice.
    """
    columns = columns_of(table, needed=("jour", "site", "effectif"), may=("heures", "formation", "interne"))
    found: dict[tuple[date, str], PlannedDay] = {}
    for row, cells in columns.rows(table):
        on, site = as_day(row, "jour", columns.text(cells, "jour")), columns.text(cells, "site")
        if monday_of(on) != week:
            raise Refused(row, "jour", "OTHER_WEEK", on.isoformat())
        if not site:
            raise Refused(row, "site", "BLANK", "")
        if (on, site) in found:
            raise Refused(row, "site", "TWICE", f"{on} {site}")
        found[(on, site)] = PlannedDay(
            on,
            site,
            as_count(row, "effectif", columns.text(cells, "effectif"), most=MOST_HEADS),
            *(
                as_hours(row, name, columns.text(cells, name), most=MOST_HOURS)
                for name in ("heures", "formation", "interne")
            ),
        )
    return list(found.values())


def ratio(planned: int | None, present: int | None) -> Fraction | None:
    """Present over planned; None while either is unknown, or nobody was planned."""
    return None if not planned or present is None else Fraction(present, planned)


@clause("S-3.3.1-ressources")
def must_explain(planned: int, present: int, gap_rate: Decimal) -> bool:
    """Is the gap, either way, past the share of the plan that goes without saying? Exactly at it: no."""
    return abs(present - planned) > Fraction(gap_rate) * planned


@clause("S-3.3.1-ressources")
def state_of(
    *,
    planned: int | None,
    present: int | None,
    explained: Explained | None,
    gap_rate: Decimal,
    counted_from: datetime,
    due_at: datetime,
    at: datetime,
) -> State:
    """Where a morning stands at an instant.

    An explanation is of the figures it was given for: if they change, there is something to explain again.
    """
    if planned is None:
        return State.UNPLANNED
    if present is None:
        if at < counted_from:
            return State.AHEAD
        return State.TO_COUNT if at < due_at else State.NOT_COUNTED
    if not must_explain(planned, present, gap_rate):
        return State.KEPT
    if explained is not None and (explained.planned, explained.present) == (planned, present):
        return State.EXPLAINED if explained.at < due_at else State.EXPLAINED_LATE
    return State.TO_EXPLAIN if at < due_at else State.UNEXPLAINED

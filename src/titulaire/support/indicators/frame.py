"""What the terms say of each day of a period, as the expressions need it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from titulaire.contracts.rules import NoValueOn, Terms
from titulaire.deadlines.holidays import Territory, public_holidays

QUARTER_MINUTES = 15
HUNDREDTHS = 100
ONE_DAY = timedelta(days=1)
TERMS = (
    *("opening_days", "opening_time_zone", "opening_from", "opening_until"),
    *("contact_reasons", "forms_quality_gap_max"),
)
"""What a span says depends on these."""


class HoursOffTheQuarter(ValueError):
    """The service opens inside a quarter-hour: facts are counted by whole ones."""

    def __init__(self, at: time) -> None:
        super().__init__(at.isoformat())
        self.at = at


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which the terms say the same: from `since` until `until`, not included.

    `weekdays` count from 0, Monday. `opens` and `closes` are quarter-hours of the civil day, `closes` not
    included. `day_ends` is how long after midnight of UTC of the same date the civil day ends.
    """

    since: date
    until: date
    weekdays: tuple[int, ...]
    opens: int
    closes: int
    reasons: tuple[str, ...]
    day_ends: timedelta
    gap_max: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The spans of a period, in order, and its public holidays."""

    spans: tuple[Span, ...]
    holidays: tuple[date, ...]

    @property
    def digest(self) -> str:
        """Changes when the terms that measures depend on change."""
        return hashlib.sha256(repr((self.spans, self.holidays)).encode()).hexdigest()

    def of_day(self, day: date) -> Frame:
        """The frame of one day."""
        spans = tuple(
            Span(day, day + ONE_DAY, *_said(span)) for span in self.spans if span.since <= day < span.until
        )
        return Frame(spans, tuple(one for one in self.holidays if one == day))


def _said(span: Span) -> tuple[tuple[int, ...], int, int, tuple[str, ...], timedelta, int]:
    return span.weekdays, span.opens, span.closes, span.reasons, span.day_ends, span.gap_max


def frame_of(terms: Terms, since: date, until: date) -> Frame:
    """What the terms say of a period, `until` not included. Days before the contract are left out.

    Raises:
        HoursOffTheQuarter: the opening hours cannot be counted by quarter-hours.
    """
    spans: list[Span] = []
    for day, said in _daily(terms, since, until):
        if spans and spans[-1].until == day and _said(spans[-1]) == said:
            spans[-1] = Span(spans[-1].since, day + ONE_DAY, *said)
        else:
            spans.append(Span(day, day + ONE_DAY, *said))
    if not spans:
        return Frame((), ())
    territory = Territory(terms.text("holiday_territory", on=spans[-1].since))
    years = range(since.year, until.year + 1)
    holidays = sorted(day for year in years for day in public_holidays(territory, year))
    return Frame(tuple(spans), tuple(day for day in holidays if since <= day < until))


def _daily(
    terms: Terms, since: date, until: date
) -> Iterator[tuple[date, tuple[tuple[int, ...], int, int, tuple[str, ...], timedelta, int]]]:
    changes = {value.from_on for name in TERMS for value in terms.term(name).values}
    starts = [since, *sorted(day for day in changes if since < day < until), until]
    for start, end in pairwise(starts):
        try:
            weekdays = tuple(one - 1 for one in terms.counts("opening_days", on=start))
        except NoValueOn:
            continue
        zone = ZoneInfo(terms.text("opening_time_zone", on=start))
        opens, closes = (_quarter(terms.time(name, on=start)) for name in ("opening_from", "opening_until"))
        reasons = terms.texts("contact_reasons", on=start)
        gap_max = int(terms.number("forms_quality_gap_max", on=start) * HUNDREDTHS)
        for day in (start + timedelta(days=n) for n in range((end - start).days)):
            next_midnight = datetime.combine(day + ONE_DAY, time(), zone).astimezone(UTC).replace(tzinfo=None)
            day_ends = next_midnight - datetime.combine(day, time())
            yield day, (weekdays, opens, closes, reasons, day_ends, gap_max)


def _quarter(at: time) -> int:
    minutes = at.hour * 60 + at.minute
    if minutes % QUARTER_MINUTES or at.second or at.microsecond:
        raise HoursOffTheQuarter(at)
    return minutes // QUARTER_MINUTES

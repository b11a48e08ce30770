"""Civil time and UTC as plain arithmetic: a zone becomes a CASE of offsets, exact and fast. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Change:
    """A change of offset: at `at_utc` (naive), from `before` to `after` seconds east of UTC."""

    at_utc: datetime
    before: int
    after: int

    @property
    def gap_or_fold(self) -> tuple[datetime, datetime]:
        """The civil times that do not exist (a gap) or exist twice (a fold), the end not included."""
        low, high = sorted((self.before, self.after))
        return self.at_utc + timedelta(seconds=low), self.at_utc + timedelta(seconds=high)

    @property
    def is_gap(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class Offsets:
    """A zone over some years: the offset before the first change, and each change."""

    first: int
    changes: tuple[Change, ...]

    def to_utc_sql(self, local: str, *, later: bool = False) -> str:
        """The UTC instant of a civil time. Of a time that exists twice: the earlier, or the `later`."""
        cases = []
        for change in reversed(self.changes):
            low, high = change.gap_or_fold
            edge = high if change.is_gap or not later else low
            cases.append(f"WHEN {local} >= TIMESTAMP '{edge}' THEN {change.after}")
        return _shifted(local, "-", cases, self.first)

    def to_civil_sql(self, utc: str) -> str:
        """The civil time of a UTC instant."""
        cases = [f"WHEN {utc} >= TIMESTAMP '{c.at_utc}' THEN {c.after}" for c in reversed(self.changes)]
        return _shifted(utc, "+", cases, self.first)

    def in_gap_sql(self, local: str) -> str:
        """Whether a civil time does not exist."""
        return _within(local, [change.gap_or_fold for change in self.changes if change.is_gap])

    def in_fold_sql(self, local: str) -> str:
        """Whether a civil time exists twice."""
        return _within(local, [change.gap_or_fold for change in self.changes if not change.is_gap])


@cache
def offsets_of(zone: str, first_year: int, last_year: int) -> Offsets:
    """The offsets of a zone from the start of a year to the end of another, changes found to the second.

    Outside those years, the first or last offset goes on.
    """
    where = ZoneInfo(zone)
    start, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    changes: list[Change] = []
    day = start
    while day < end:
        following = day + timedelta(days=1)
        before, after = _offset(day, where), _offset(following, where)
        if before != after:
            at = _instant_of_change(day, following, where)
            changes.append(Change(at.replace(tzinfo=None), before, after))
        day = following
    return Offsets(_offset(start, where), tuple(changes))


def _offset(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware instant has an offset
    return int(offset.total_seconds())


def _instant_of_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _shifted(value: str, sign: str, cases: list[str], first: int) -> str:
    if not cases:
        return f"({value} {sign} to_seconds({first}))" if first else value
    return f"({value} {sign} to_seconds(CASE {' '.join(cases)} ELSE {first} END))"


def _within(value: str, ranges: list[tuple[datetime, datetime]]) -> str:
    tests = [f"({value} >= TIMESTAMP '{low}' AND {value} < TIMESTAMP '{high}')" for low, high in ranges]
    return f"({' OR '.join(tests)})" if tests else "false"

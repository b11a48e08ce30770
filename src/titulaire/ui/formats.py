"""How a value is written in French on a page: narrow no-break spaces, comma, short and long dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

NARROW = "\u202f"
"""Narrow no-break space: between thousands, before `;`, `!`, `?`."""
NO_BREAK = "\u00a0"
"""No-break space: before a unit."""
MINUS = "\u2212"
NONE = "—"
"""What stands where there is no value."""

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

Number = int | float | Decimal


def number(value: Number | None, digits: int | None = None) -> str:
    """A number: `1 234,5`. Without `digits`, an integer or decimal keeps the places it has."""
    if value is None:
        return NONE
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite():
        return NONE
    if digits is not None:
        exact = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    elif isinstance(value, float):
        exact = exact.normalize()
    text = f"{abs(exact):,f}"
    sign = MINUS if exact < 0 else ""
    return sign + text.replace(",", NARROW).replace(".", ",")


def money(value: Number | None, cents: bool = True) -> str:
    """An amount in euros: `1 234,50 €`."""
    return NONE if value is None else f"{number(value, 2 if cents else 0)}{NO_BREAK}€"


def rate(value: Number | None, digits: int = 1) -> str:
    """A rate from 0 to 1, written as a percentage: `95,3 %`."""
    if value is None:
        return NONE
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return f"{number(exact * 100, digits)}{NO_BREAK}%"


def date_fr(value: date | None) -> str:
    """A date in full: `1er mars 2027`. An instant gives its day in the current time zone."""
    if value is None:
        return NONE
    day = _local(value)
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first}{NO_BREAK}{MONTHS[day.month - 1]} {day.year}"


def weekday_fr(value: date | None) -> str:
    """A date with its day of the week: `lundi 1er mars 2027`."""
    return NONE if value is None else f"{DAYS[_local(value).weekday()]} {date_fr(value)}"


def date_short(value: date | None) -> str:
    """A date for a table: `01/03/2027`."""
    return NONE if value is None else f"{_local(value):%d/%m/%Y}"


def month_fr(value: date | None) -> str:
    """The month of a date: `mars 2027`."""
    if value is None:
        return NONE
    day = _local(value)
    return f"{MONTHS[day.month - 1]} {day.year}"


def instant_fr(value: datetime | None) -> str:
    """An instant in full, in the current time zone: `1er mars 2027 à 14 h 05`."""
    if value is None:
        return NONE
    return f"{date_fr(value)} à {_clock(value)}"


def instant_short(value: datetime | None) -> str:
    """An instant for a table: `01/03/2027 14:05`."""
    return NONE if value is None else f"{_local_instant(value):%d/%m/%Y %H:%M}"


def duration_fr(seconds: Number | None) -> str:
    """A duration in seconds: `45 s`, `3 min 20 s`, `2 h 05`."""
    if seconds is None:
        return NONE
    whole = int(Decimal(str(seconds)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    sign, whole = (MINUS, -whole) if whole < 0 else ("", whole)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{sign}{number(hours)}{NO_BREAK}h{NO_BREAK}{minutes:02d}"
    if minutes:
        return f"{sign}{minutes}{NO_BREAK}min" + (f"{NO_BREAK}{left:02d}{NO_BREAK}s" if left else "")
    return f"{sign}{left}{NO_BREAK}s"


def count_fr(count: int, singular: str, plural: str = "") -> str:
    """A count and its noun; in French, 0 and 1 are singular: `0 titre`, `2 titres`."""
    noun = singular if abs(count) < 2 else plural or f"{singular}s"
    return f"{number(count)}{NO_BREAK}{noun}"


def list_fr(words: Sequence[str]) -> str:
    """Words as a French list: `a, b et c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} et {words[-1]}"


def _clock(value: datetime) -> str:
    local = _local_instant(value)
    return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02d}"


def _local_instant(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _local(value: date) -> date:
    return _local_instant(value) if isinstance(value, datetime) else value

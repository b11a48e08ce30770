"""Opening hours: the windows of each day of the week, in local time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

MONDAY_TO_FRIDAY = range(5)
MIDNIGHT = time(0)


class BadOpeningHours(ValueError):
    """A window that closes before it opens, overlaps another, or cannot be read; `text` is the window."""

    def __init__(self, text: str) -> None:
        super().__init__(f"not a valid opening window: {text}")
        self.text = text


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From `opens`, included, to `closes`, excluded; a `closes` at 0:00 is the midnight that ends the day."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or MIDNIGHT < self.closes <= self.opens:
            raise BadOpeningHours(str(self))

    def __str__(self) -> str:
        closes = "24:00" if self.closes == MIDNIGHT else f"{self.closes:%H:%M}"
        return f"{self.opens:%H:%M}-{closes}"

    @classmethod
    def read(cls, text: str) -> Window:
        """Read « 08:30-12:30 »; « 24:00 » may close.

        Raises:
            BadOpeningHours: the text is not two times, or they are in the wrong order.
        """
        opens, _, closes = text.strip().partition("-")
        try:
            return cls(
                time.fromisoformat(opens), MIDNIGHT if closes == "24:00" else time.fromisoformat(closes)
            )
        except ValueError as error:
            raise BadOpeningHours(text) from error


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Windows of the seven weekdays, Monday first; an empty tuple is a closed weekday.

    Raises:
        BadOpeningHours: not seven weekdays, no window at all, or windows out of order or overlapping.
    """

    by_weekday: tuple[tuple[Window, ...], ...]

    def __post_init__(self) -> None:
        if len(self.by_weekday) != 7 or not any(self.by_weekday):
            raise BadOpeningHours("seven weekdays, one window at least")
        for windows in self.by_weekday:
            for before, after in pairwise(windows):
                if before.closes == MIDNIGHT or after.opens < before.closes:
                    raise BadOpeningHours(f"{before} {after}")

    @classmethod
    def weekly(cls, *windows: str, weekdays: Iterable[int] = MONDAY_TO_FRIDAY) -> OpeningHours:
        """The same windows, as « 08:30-12:30 », on each of the weekdays given (0 is Monday)."""
        read, chosen = tuple(Window.read(text) for text in windows), frozenset(weekdays)
        return cls(tuple(read if weekday in chosen else () for weekday in range(7)))

    def on_extra_day(self, weekday: int) -> tuple[Window, ...]:
        """Windows of a day opened by exception: its weekday's, else those of the first open weekday."""
        return self.by_weekday[weekday] or next(windows for windows in self.by_weekday if windows)

"""What the components of a page take: plain, frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """A dated fact of a timeline. `at` is a date or an instant; `tone` as for a status."""

    at: date | None
    title: str
    detail: Any = ""
    tone: str = "info"
    actor: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A link among the views of one thing."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu; one with children and no address is the title of a group."""

    label: str
    url: str = ""
    current: bool = False
    children: Sequence[MenuItem] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure. `value` is already written in French; `trend` is a drawing from `charts.sparkline`."""

    label: str
    value: str
    note: str = ""
    status: tuple[str, str, str] | None = None
    link: str = ""
    trend: Any = ""
    clause: str = ""
    clause_url: str = ""

"""What a forecast says, how its file is read, and how far what came is from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from titulaire.ui.cells import Refused, as_count, as_day, columns_of

LARGEST = 1_000_000
"""Contacts of one day on one flow: more is a slip of the pen."""


class Channel(StrEnum):
    """By what people contact the service."""

    PHONE = "PHONE"
    FORMS = "FORMS"


CHANNEL_WORDS = {
    "": Channel.PHONE,
    "telephone": Channel.PHONE,
    "appels": Channel.PHONE,
    "appel": Channel.PHONE,
    "phone": Channel.PHONE,
    "formulaires": Channel.FORMS,
    "formulaire": Channel.FORMS,
    "forms": Channel.FORMS,
}


@dataclass(frozen=True, slots=True)
class Volume:
    """Contacts expected on a day; an empty flow means all of them."""

    on: date
    channel: Channel
    flow: str
    contacts: int


def read_volumes(table: Sequence[Sequence[str]]) -> list[Volume]:
    """The volumes of a table whose first row names its columns: jour, canal, flux, volume.

    Raises:
        Refused: a column is missing, or a row cannot be read or comes twice.
    """
    columns = columns_of(table, needed=("jour", "volume"), may=("canal", "flux"))
    found: dict[tuple[date, Channel, str], Volume] = {}
    for row, cells in columns.rows(table):
        word = columns.plain(cells, "canal")
        if word not in CHANNEL_WORDS:
            raise Refused(row, "canal", "UNKNOWN", columns.text(cells, "canal"))
        one = Volume(
            as_day(row, "jour", columns.text(cells, "jour")),
            CHANNEL_WORDS[word],
            columns.text(cells, "flux"),
            as_count(row, "volume", columns.text(cells, "volume"), most=LARGEST),
        )
        key = (one.on, one.channel, one.flow)
        if key in found:
            raise Refused(row, "jour", "TWICE", one.on.isoformat())
        found[key] = one
    mixed = {(one.on, one.channel) for one in found.values() if one.flow} & {
        (one.on, one.channel) for one in found.values() if not one.flow
    }
    if mixed:
        day, _ = min(mixed)
        raise Refused(0, "flux", "MIXED", day.isoformat())
    if not found:
        raise Refused(0, "", "EMPTY", "")
    return list(found.values())


def gap_rate(received: int, forecast: int | None) -> Decimal | None:
    """By which share of the forecast what came exceeds it; None without a forecast, or of nothing."""
    if not forecast:
        return None
    return (Decimal(received - forecast) / forecast).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def in_force(volumes: Iterable[tuple[int, Volume]]) -> dict[tuple[date, Channel, str], int]:
    """The volumes of the last version that speaks of each day and channel: it replaces the earlier ones whole."""
    listed = list(volumes)
    last: dict[tuple[date, Channel], int] = {}
    for version, one in listed:
        key = (one.on, one.channel)
        last[key] = max(version, last.get(key, 0))
    return {
        (one.on, one.channel, one.flow): one.contacts
        for version, one in listed
        if version == last[(one.on, one.channel)]
    }

"""How near an order's delivery date is, in working days. Pure."""

from __future__ import annotations

from enum import StrEnum

from titulaire.clauses import clause

SOON_WORKING_DAYS = 2


class Lateness(StrEnum):
    """Whether a delivery is still in time, soon too late, or late."""

    ON_TIME = "ON_TIME"
    SOON = "SOON"
    LATE = "LATE"


@clause("T-2.6-livraison-cpam")
def lateness(working_days_left: int) -> Lateness:
    """The risk that an order is delivered late; the last day itself leaves 0 working days."""
    if working_days_left < 0:
        return Lateness.LATE
    return Lateness.SOON if working_days_left <= SOON_WORKING_DAYS else Lateness.ON_TIME

"""A leg told again with the qualification of its contact: the fact that corrects the fact. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

WIDENED = "/E"
"""What ends the key of the leg that the facts add in the group that answers a widened call."""

_SAME = (
    *("call_id", "leg", "flow", "call_group", "origin", "outcome", "exceptional_closure", "incident"),
    *("transferred_to", "transfer_result", "site", "adviser", "remote", "internal"),
)
_TIMES = ("arrived_at", "answered_at", "ended_at")
_LENGTHS = ("ivr", "wait", "ring", "talk", "hold", "wrapup")


def answered_leg(legs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The leg of a call that an adviser answered: the last one, when several did."""
    found = [leg for leg in legs if leg["outcome"] == "ANSWERED"]
    return max(found, key=lambda leg: (leg["leg"], leg["answered_at"] or leg["arrived_at"]), default=None)


def says_already(leg: Mapping[str, Any], *, reason: str, qualified_at: datetime) -> bool:
    """Whether the fact bears this very qualification."""
    return (
        leg["reason"] == reason
        and leg["qualified_by"] == "PERSON"
        and _utc(leg["qualified_at"]) == _utc(qualified_at)
    )


def told_again(
    leg: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], *, reason: str, qualified_at: datetime
) -> dict[str, Any]:
    """The whole leg as a live message tells it, with the reason that a person gave.

    A call that another group answered is told as one leg, as it came: received by one, answered by the other.
    """
    received = leg
    if leg["source_key"].endswith(WIDENED):
        key = leg["source_key"].removesuffix(WIDENED)
        received = next((one for one in legs if one["source_key"] == key), leg)
    told = {name: leg[name] for name in _SAME}
    told |= {f"{name}": leg[f"{name}_ms"] for name in _LENGTHS}
    if received is not leg:
        told |= {name: received[name] for name in ("call_group", "origin", "exceptional_closure", "incident")}
        told |= {name: received[f"{name}_ms"] for name in ("ivr", "wait", "ring")}
        told["answering_group"] = leg["call_group"]
    told |= {name: _written(leg[name]) for name in _TIMES}
    told |= {"reason": reason, "qualified_by": "PERSON", "qualified_at": _written(qualified_at)}
    told["caller"] = f"pseudonym:{leg['caller']}" if leg["caller"] else None
    return told


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _written(at: datetime | None) -> str | None:
    utc = _utc(at)
    return utc.isoformat() if utc else None

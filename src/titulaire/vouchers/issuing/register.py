"""The register: the one place where vouchers change state, by compare-and-set, each change with its history.

    moved = move(keys, to=VoucherState.USED, act="REDEEM", target="remittance:2026-0012", at=at)

The statement itself checks the state it leaves: of two acts that want the same voucher at the same instant, the
database lets one through, and the other is told where the voucher stands. In the caller's transaction, with the
caller's journal entry.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from titulaire.clauses import clause
from titulaire.vouchers.issuing.models import Voucher, VoucherState

IN_CIRCULATION = frozenset({VoucherState.ISSUED, VoucherState.DISPATCHED, VoucherState.DELIVERED})
"""Printed, on the way or in someone's hands: neither used nor ended."""

LEAVES: Mapping[VoucherState, frozenset[VoucherState]] = {
    VoucherState.DISPATCHED: frozenset({VoucherState.ISSUED}),
    VoucherState.DELIVERED: frozenset({VoucherState.ISSUED, VoucherState.DISPATCHED}),
    VoucherState.USED: IN_CIRCULATION,
    VoucherState.PAID: frozenset({VoucherState.USED}),
    VoucherState.STOPPED: IN_CIRCULATION,
    VoucherState.REPLACED: IN_CIRCULATION | {VoucherState.STOPPED, VoucherState.EXPIRED},
    VoucherState.EXPIRED: IN_CIRCULATION | {VoucherState.STOPPED},
    VoucherState.REFUNDED: frozenset({VoucherState.STOPPED, VoucherState.EXPIRED}),
    VoucherState.CANCELLED: frozenset({VoucherState.ISSUED}),
}
"""For each state, the states that a voucher may come from. Nothing leaves PAID, REPLACED, REFUNDED, CANCELLED.

Lifting a stop goes back to where the voucher stood: see `lift`.
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: the keys that moved, and where each of the others stands."""

    keys: tuple[int, ...]
    refused: Mapping[int, VoucherState]


class MovedOutsideItsAct(RuntimeError):
    """`move` was called outside a transaction: the move and its trace could part."""


@clause("T-2.4-securite", "T-3.3-tracabilite")
def move(keys: Collection[int], *, to: VoucherState, act: str, target: str, at: datetime) -> Moved:
    """Move vouchers, given by primary key, to a state that each of them may reach from where it stands.

    Those that may not are left where they are and told in `refused`; unknown keys are in neither.

    Raises:
        MovedOutsideItsAct: no transaction is open.
    """
    return _move(keys, dict.fromkeys(LEAVES[to], to), act=act, target=target, at=at)


def lift(keys: Collection[int], *, act: str, target: str, at: datetime) -> Moved:
    """Bring stopped vouchers back to the state that they had when they were stopped.

    Raises:
        MovedOutsideItsAct: no transaction is open.
    """
    moved: list[int] = []
    for before in sorted(IN_CIRCULATION):
        stood = [key for key, state in _stopped_from(keys).items() if state == before]
        moved.extend(_move(stood, {VoucherState.STOPPED: before}, act=act, target=target, at=at).keys)
    return Moved(tuple(moved), _states(set(keys) - set(moved)))


def _move(
    keys: Collection[int], steps: Mapping[VoucherState, VoucherState], *, act: str, target: str, at: datetime
) -> Moved:
    if not connection.in_atomic_block:
        raise MovedOutsideItsAct(act)
    moved: list[int] = []
    # One statement per state left, in one order for all: two acts on the same vouchers cannot deadlock on states.
    for before in sorted(steps):
        moved.extend(_step(sorted(keys), before, steps[before], act, target, at))
    return Moved(tuple(moved), _states(set(keys) - set(moved)))


def _step(
    keys: Collection[int], before: VoucherState, to: VoucherState, act: str, target: str, at: datetime
) -> list[int]:
    if not keys:
        return []
    instant = at if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The rows are locked in one order: batches that overlap wait for each other instead of deadlocking.
            cursor.execute(
                "WITH held AS (SELECT id FROM issuing_voucher WHERE id = ANY(%s) ORDER BY id FOR UPDATE), "
                "gone AS (UPDATE issuing_voucher v SET state = %s FROM held "
                "WHERE v.id = held.id AND v.state = %s RETURNING v.id) "
                "INSERT INTO issuing_vouchermove (voucher_id, from_state, to_state, at, act, target) "
                "SELECT id, %s, %s, %s, %s, %s FROM gone RETURNING voucher_id",
                [list(keys), to.value, before.value, before.value, to.value, instant, act, target],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "UPDATE issuing_voucher SET state = %s "
            "WHERE id IN (SELECT value FROM json_each(%s)) AND state = %s RETURNING id",
            [to.value, json.dumps(list(keys)), before.value],
        )
        gone = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO issuing_vouchermove (voucher_id, from_state, to_state, at, act, target) "
            "SELECT value, %s, %s, %s, %s, %s FROM json_each(%s)",
            [before.value, to.value, instant, act, target, json.dumps(gone)],
        )
        return gone


def _states(keys: Collection[int]) -> dict[int, VoucherState]:
    found = Voucher.objects.filter(pk__in=keys).values_list("pk", "state")
    return {key: VoucherState(state) for key, state in found}


def _stopped_from(keys: Collection[int]) -> dict[int, str]:
    """The state that each stopped voucher had before its last stop."""
    stopped = Voucher.objects.filter(pk__in=keys, state=VoucherState.STOPPED)
    moves = stopped.filter(moves__to_state=VoucherState.STOPPED).order_by("moves__at", "moves__pk")
    return dict(moves.values_list("pk", "moves__from_state"))

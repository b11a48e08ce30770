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

Lifting a stop goes back to where the voucher stood: see `lift`. A claim decided late may use what expired: see
`admit`.
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
    return _move(keys, LEAVES[to], to, act=act, target=target, at=at)


@clause("T-2.4-securite", "T-3.3-tracabilite")
def admit(keys: Collection[int], *, act: str, target: str, at: datetime) -> Moved:
    """Use vouchers for a claim decided after their end: what still carries its value may go, expired or not.

    No other act brings a voucher back from its expiry.

    Raises:
        MovedOutsideItsAct: no transaction is open.
    """
    leaves = IN_CIRCULATION | {VoucherState.EXPIRED}
    return _move(keys, leaves, VoucherState.USED, act=act, target=target, at=at)


def lift(keys: Collection[int], *, act: str, target: str, at: datetime) -> Moved:
    """Bring stopped vouchers back to the state that they had when they were stopped.

    Raises:
        MovedOutsideItsAct: no transaction is open.
    """
    moved: list[int] = []
    stopped_from = _stopped_from(keys)
    for before in sorted(IN_CIRCULATION):
        stood = [key for key, state in stopped_from.items() if state == before]
        moved.extend(_move(stood, {VoucherState.STOPPED}, before, act=act, target=target, at=at).keys)
    return Moved(tuple(moved), _states(set(keys) - set(moved)))


def _move(
    keys: Collection[int],
    leaves: Collection[VoucherState],
    to: VoucherState,
    *,
    act: str,
    target: str,
    at: datetime,
) -> Moved:
    if not connection.in_atomic_block:
        raise MovedOutsideItsAct(act)
    if not keys:
        return Moved((), {})
    step = _postgresql_step if connection.vendor == "postgresql" else _sqlite_step
    moved = step(sorted(keys), sorted(leaves), to, act, target, at)
    return Moved(tuple(moved), _states(set(keys).difference(moved)))


def _postgresql_step(
    keys: list[int], leaves: list[VoucherState], to: VoucherState, act: str, target: str, at: datetime
) -> list[int]:
    """One statement: lock, compare, set, and keep the trace.

    The rows are locked in one order, so that batches that overlap wait for each other instead of deadlocking; once
    locked, `held.state` is where each voucher stands, whatever happened while this act waited.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH held AS (SELECT id, state FROM issuing_voucher WHERE id = ANY(%s) ORDER BY id FOR UPDATE), "
            "gone AS (UPDATE issuing_voucher v SET state = %s FROM held "
            "WHERE v.id = held.id AND held.state = ANY(%s) RETURNING v.id, held.state AS before) "
            "INSERT INTO issuing_vouchermove (voucher_id, from_state, to_state, at, act, target) "
            "SELECT id, before, %s, %s, %s, %s FROM gone RETURNING voucher_id",
            [keys, to.value, [state.value for state in leaves], to.value, at, act, target],
        )
        return [row[0] for row in cursor.fetchall()]


def _sqlite_step(
    keys: list[int], leaves: list[VoucherState], to: VoucherState, act: str, target: str, at: datetime
) -> list[int]:
    """Two statements, since an UPDATE of SQLite no longer knows what it left: the trace, then the change.

    The first takes the lock of the file; nobody writes between the two.
    """
    among, allowed = json.dumps(keys), json.dumps([state.value for state in leaves])
    instant = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issuing_vouchermove (voucher_id, from_state, to_state, at, act, target) "
            "SELECT id, state, %s, %s, %s, %s FROM issuing_voucher "
            "WHERE id IN (SELECT value FROM json_each(%s)) AND state IN (SELECT value FROM json_each(%s))",
            [to.value, instant, act, target, among, allowed],
        )
        cursor.execute(
            "UPDATE issuing_voucher SET state = %s WHERE id IN (SELECT value FROM json_each(%s)) "
            "AND state IN (SELECT value FROM json_each(%s)) RETURNING id",
            [to.value, among, allowed],
        )
        return [row[0] for row in cursor.fetchall()]


def _states(keys: Collection[int]) -> dict[int, VoucherState]:
    if not keys:
        return {}
    found = Voucher.objects.filter(pk__in=keys).values_list("pk", "state")
    return {key: VoucherState(state) for key, state in found}


def _stopped_from(keys: Collection[int]) -> dict[int, str]:
    """The state that each stopped voucher had before its last stop."""
    stopped = Voucher.objects.filter(pk__in=keys, state=VoucherState.STOPPED)
    moves = stopped.filter(moves__to_state=VoucherState.STOPPED).order_by("moves__at", "moves__pk")
    return dict(moves.values_list("pk", "moves__from_state"))

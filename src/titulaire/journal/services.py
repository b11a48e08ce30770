"""Recording an act in the journal, in the transaction of the act itself."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from titulaire.journal.models import Content, Entry
from titulaire.journal.rules import FIRST, content_digest, link_hash


class RecordedOutsideItsAct(RuntimeError):
    """`record` was called outside a transaction: the act and its trace could part."""


def record(
    *,
    contract: str,
    actor: str,
    at: datetime,
    act: str,
    target: str,
    body: Mapping[str, object] | None = None,
) -> Entry:
    """Append one entry to the contract's chain, in the caller's transaction.

    `contract` is the contract's code ("" for acts on no contract), `actor` a `User.actor` or "system:…",
    `act` a capital code, `target` what was acted on, such as "order:2026-0012". `body` holds JSON values only
    (write amounts and dates as text).

    Raises:
        RecordedOutsideItsAct: no transaction is open.
        TypeError: a value of the body has no JSON form.
    """
    if not connection.in_atomic_block:
        raise RecordedOutsideItsAct(act)
    _hold_chain(contract)
    last = Entry.objects.filter(contract=contract).order_by("-seq").values_list("seq", "hash").first()
    seq, prev = (last[0] + 1, last[1]) if last else (1, FIRST)
    salt = secrets.token_hex(16)
    content = dict(body or {})
    digest = content_digest(salt, content)
    fingerprint = link_hash(
        contract=contract, seq=seq, at=at, actor=actor, act=act, target=target, digest=digest, prev=prev
    )
    entry = Entry.objects.create(
        contract=contract,
        seq=seq,
        at=at,
        actor=actor,
        act=act,
        target=target,
        digest=digest,
        prev=prev,
        hash=fingerprint,
    )
    Content.objects.create(entry=entry, salt=salt, body=content)
    return entry


def _hold_chain(contract: str) -> None:
    """One writer at a time on a chain. On SQLite the IMMEDIATE transaction already holds the whole file."""
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"journal:{contract}".encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])

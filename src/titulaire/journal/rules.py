"""The chain: what is hashed, in what form, and how a chain is verified. Pure.

An entry holds no text about people: what was done is in its content, beside it, under a salted digest.
Erasing the content and its salt erases the person and leaves the chain verifiable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

FIRST = "0" * 64
"""What the first entry of a chain points to."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a chain, as it is hashed. `at` is an aware instant; `digest` that of the content."""

    contract: str
    seq: int
    at: datetime
    actor: str
    act: str
    target: str
    digest: str
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold: at which entry, and how."""

    contract: str
    seq: int
    reason: str


def canonical(content: Mapping[str, object]) -> str:
    """JSON with sorted keys, no spaces, every character above ASCII escaped: one text for one content.

    Raises:
        TypeError: a value has no JSON form (a Decimal or a date must be written as text by the caller).
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def content_digest(salt: str, content: Mapping[str, object]) -> str:
    """SHA-256 of the salt and the canonical content, in hexadecimal."""
    return hashlib.sha256(f"{salt}\n{canonical(content)}".encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """An instant as it is hashed and exported: UTC, microseconds.

    Raises:
        ValueError: the instant has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("an instant of the journal has a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def link_hash(
    *, contract: str, seq: int, at: datetime, actor: str, act: str, target: str, digest: str, prev: str
) -> str:
    """SHA-256 over the canonical JSON array of the fields, in hexadecimal."""
    fields = [contract, seq, instant_text(at), actor, act, target, digest, prev]
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def breaks_of(links: Iterable[Link]) -> list[Break]:
    """Every place where a chain, given from its first entry on, does not hold. Empty: it holds."""
    found: list[Break] = []
    prev, expected = FIRST, 1
    for link in links:
        if link.seq != expected:
            found.append(Break(link.contract, link.seq, f"entry {expected} is missing or out of place"))
        if link.prev != prev:
            found.append(Break(link.contract, link.seq, "does not point to the entry before it"))
        if link.hash != link_hash(
            contract=link.contract,
            seq=link.seq,
            at=link.at,
            actor=link.actor,
            act=link.act,
            target=link.target,
            digest=link.digest,
            prev=link.prev,
        ):
            found.append(Break(link.contract, link.seq, "was altered"))
        prev, expected = link.hash, link.seq + 1
    return found

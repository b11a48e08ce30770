"""Sealing a document, in the transaction of the act that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from titulaire.journal.services import record
from titulaire.seals.models import SealingKey
from titulaire.seals.rules import KeyPair, new_key, sign


@dataclass(frozen=True, slots=True)
class Seal:
    """Which key, and its signature in hexadecimal."""

    key: str
    signature: str


def seal(content: bytes, *, contract: str, actor: str, at: datetime) -> Seal:
    """Seal the bytes of a document with the contract's key, made at its first use.

    Raises:
        RecordedOutsideItsAct: no transaction is open.
        WrongPassphrase: the passphrase of the settings does not open the key.
    """
    key = SealingKey.objects.filter(contract=contract, retired_at__isnull=True).first()
    if key is None:
        key = _make_key(contract, actor, at)
    pair = KeyPair(bytes.fromhex(key.public), key.private)
    return Seal(key.name, sign(pair, settings.KEY_PASSPHRASE, content).hex())


def _make_key(contract: str, actor: str, at: datetime) -> SealingKey:
    pair = new_key(settings.KEY_PASSPHRASE)
    # The entry first: it holds the contract's chain, so that two first documents cannot make two keys.
    record(
        contract=contract,
        actor=actor,
        at=at,
        act="SEALING_KEY_MADE",
        target=f"sealing-key:{pair.name}",
        body={"public": pair.public.hex()},
    )
    made, _ = SealingKey.objects.get_or_create(
        contract=contract,
        retired_at=None,
        defaults={
            "name": pair.name,
            "public": pair.public.hex(),
            "private": pair.private,
            "created_at": at,
            "created_by": actor,
        },
    )
    return made

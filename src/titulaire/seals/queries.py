"""Checking a sealed document with the public key alone."""

from __future__ import annotations

from titulaire.seals.models import SealingKey
from titulaire.seals.rules import pem, verifies


class UnknownKey(LookupError):
    """The contract has no such key."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def public_key(name: str, *, contract: str) -> bytes:
    """The 32 bytes of a contract's public key, in force or retired.

    Raises:
        UnknownKey: the contract has no such key.
    """
    found = SealingKey.objects.filter(contract=contract, name=name).values_list("public", flat=True).first()
    if found is None:
        raise UnknownKey(name)
    return bytes.fromhex(found)


def public_pem(name: str, *, contract: str) -> bytes:
    """The same, as every tool reads it."""
    return pem(public_key(name, contract=contract))


def is_sealed(content: bytes, *, key: str, signature: str, contract: str) -> bool:
    """Did that key of the contract sign these very bytes?"""
    try:
        return verifies(public_key(key, contract=contract), bytes.fromhex(signature), content)
    except (UnknownKey, ValueError):
        return False

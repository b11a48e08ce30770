"""Callers' numbers become keyed hashes at the door. One key per contract and month, sealed; forget it, and no
one can ever try numbers against the pseudonyms of that month again."""

from __future__ import annotations

import hmac
import os
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 32


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(32)


def seal(key: bytes, passphrase: str, label: str) -> bytes:
    """The key encrypted under the passphrase, for one label only."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_wrapping(passphrase)).encrypt(nonce, key, label.encode())


def unseal(sealed: bytes, passphrase: str, label: str) -> bytes:
    """The key that was sealed under this label.

    Raises:
        cryptography.exceptions.InvalidTag: another passphrase, another label, or an altered seal.
    """
    return AESGCM(_wrapping(passphrase)).decrypt(sealed[:12], sealed[12:], label.encode())


def _wrapping(passphrase: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"titulaire facts callers").derive(passphrase.encode())


def normal_number(number: str) -> str:
    """A number in one form, whatever the source writes: +33 1…, 0033 1… and 01… are one caller."""
    plain = "".join(character for character in number if character.isdigit() or character == "+")
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if len(plain) == 10 and plain.startswith("0"):
        plain = "+33" + plain[1:]
    return plain or number


def pseudonym(key: bytes, number: str) -> str:
    """HMAC-SHA-256 of the number, its first 32 hexadecimal digits."""
    return hmac.new(key, normal_number(number).encode(), sha256).hexdigest()[:LENGTH]


def pseudonym_sql(key: bytes, number: str) -> str:
    """The same as `pseudonym`, as an expression over a column."""
    block = key.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block).hex() for pad in (0x36, 0x5C))
    plain = f"regexp_replace({number}, '[^0-9+]', '', 'g')"
    plain = f"CASE WHEN starts_with({plain}, '00') THEN '+' || substr({plain}, 3) ELSE {plain} END"
    plain = (
        f"CASE WHEN length({plain}) = 10 AND starts_with({plain}, '0') "
        f"THEN '+33' || substr({plain}, 2) ELSE {plain} END"
    )
    plain = f"coalesce(nullif({plain}, ''), {number})"
    digest = f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({plain}))))"
    return f"CASE WHEN {number} IS NOT NULL THEN left({digest}, {LENGTH}) END"

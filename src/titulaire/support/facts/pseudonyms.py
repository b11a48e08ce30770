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
SEPARATORS = " .-()/\u00a0\u202f"


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
    plain = number.translate(str.maketrans("", "", SEPARATORS))
    if plain.startswith("00"):
        return "+" + plain[2:]
    if len(plain) == 10 and plain.startswith("0"):
        return "+33" + plain[1:]
    return plain


def pseudonym(key: bytes, number: str) -> str:
    """HMAC-SHA-256 of the number, its first 32 hexadecimal digits."""
    return hmac.new(key, normal_number(number).encode(), sha256).hexdigest()[:LENGTH]


def plain_sql(number: str) -> str:
    """A column of numbers without the marks that people write in them."""
    return f"translate({number}, '{SEPARATORS}', '')"


def normal_sql(plain: str) -> str:
    """The same as `normal_number`, over a column that is already plain."""
    return (
        f"CASE WHEN starts_with({plain}, '00') THEN '+' || substr({plain}, 3) "
        f"WHEN length({plain}) = 10 AND starts_with({plain}, '0') THEN '+33' || substr({plain}, 2) ELSE {plain} END"
    )


def pseudonym_sql(key: bytes, normal: str) -> str:
    """The same as `pseudonym`, over a column of numbers in their one form."""
    block = key.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block).hex() for pad in (0x36, 0x5C))
    digest = f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({normal}))))"
    return f"CASE WHEN {normal} IS NOT NULL THEN left({digest}, {LENGTH}) END"

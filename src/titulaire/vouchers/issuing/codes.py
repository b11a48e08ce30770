"""The signed code of a voucher: anyone holding the public key can tell that the issuer made it, offline.

A code proves that a voucher was issued, never that it was not used: the register is the judge of use.

The text is base32 (RFC 4648, no padding) of a header of 13 bytes followed by a signature of 64:

    offset  size  content (integers are big-endian)
    0       1     version of this layout: 1
    1       1     id of the key
    2       1     vintage, years since 2000
    3       2     issuer
    5       4     serial
    9       2     face value in cents
    11      2     last day of validity, days since 1 January 2000
    13      64    ECDSA P-256 with SHA-256 over the 13 bytes: r then s, s in the lower half

A voucher has one code and one text only: the signature is deterministic (RFC 6979), and a reader refuses the
other writings that would verify too (s in the upper half, stray bits at the end of the base32).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from titulaire.clauses import clause
from titulaire.vouchers.issuing.rules import Number

VERSION = 1
TEXT_LENGTH = 124

_HEADER = struct.Struct(">BBBHIHH")
_EPOCH = date(2000, 1, 1)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SIGNED = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFIED = ec.ECDSA(hashes.SHA256())
_SHORT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refusal(StrEnum):
    """Why a text is not accepted as a code."""

    NOT_A_CODE = "NOT_A_CODE"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    FORGED = "FORGED"


class WrongPassphrase(Exception):
    """The passphrase does not open this private key, or the file was altered."""

    def __init__(self, key_id: int) -> None:
        super().__init__(key_id)
        self.key_id = key_id


@dataclass(frozen=True)
class CodeContent:
    """What a code says of its voucher. `last_valid_on` is included in the validity."""

    number: Number
    face_value: Decimal
    last_valid_on: date


@dataclass(frozen=True)
class VerifiedCode(CodeContent):
    """What a genuine code says, and the key that vouches for it."""

    key_id: int


@dataclass(frozen=True)
class PublicKey:
    """A key that anyone may hold. It vouches for one issuer and one vintage only."""

    key_id: int
    issuer: int
    vintage: int
    x: bytes
    y: bytes

    def jwk(self) -> dict[str, str]:
        """The key as a JSON Web Key that browsers import as it is; `kid` is `<vintage>-<issuer>-<id>`."""
        return {
            "kty": "EC",
            "crv": "P-256",
            "alg": "ES256",
            "use": "sig",
            "kid": f"{self.vintage}-{self.issuer:03d}-{self.key_id}",
            "x": _base64url(self.x),
            "y": _base64url(self.y),
        }

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, str]) -> Self:
        vintage, issuer, key_id = (int(part) for part in jwk["kid"].split("-"))
        x, y = (base64.urlsafe_b64decode(jwk[axis] + "=") for axis in ("x", "y"))
        return cls(key_id, issuer, vintage, x, y)


class PublicKeys:
    """The keys in force, by id: several are valid at once, old ones stay until the last refund date.

    Raises:
        ValueError: two keys share an id.
    """

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self.keys = tuple(keys)
        self._loaded: dict[int, tuple[PublicKey, ec.EllipticCurvePublicKey]] = {}
        for key in self.keys:
            if key.key_id in self._loaded:
                raise ValueError(f"two keys with the id {key.key_id}")
            numbers = ec.EllipticCurvePublicNumbers(
                int.from_bytes(key.x, "big"), int.from_bytes(key.y, "big"), ec.SECP256R1()
            )
            self._loaded[key.key_id] = (key, numbers.public_key())

    def __reduce__(self) -> tuple[type[PublicKeys], tuple[tuple[PublicKey, ...]]]:
        return PublicKeys, (self.keys,)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The document to publish (RFC 7517)."""
        return {"keys": [key.jwk() for key in self.keys]}

    @classmethod
    def from_jwks(cls, document: Mapping[str, Iterable[Mapping[str, str]]]) -> PublicKeys:
        return cls(PublicKey.from_jwk(jwk) for jwk in document["keys"])

    def find(self, key_id: int) -> tuple[PublicKey, ec.EllipticCurvePublicKey] | None:
        return self._loaded.get(key_id)


class Signer:
    """A private key, open in memory, that signs the vouchers of one issuer and one vintage."""

    def __init__(self, public: PublicKey, private: ec.EllipticCurvePrivateKey) -> None:
        self.public = public
        self._private = private

    @clause("T-2.4-securite")
    def sign(self, content: CodeContent) -> str:
        """The text of the code: the same voucher always gives the same text.

        Raises:
            ValueError: the voucher is of another issuer or vintage, or a field does not fit.
        """
        if (content.number.issuer, content.number.vintage) != (self.public.issuer, self.public.vintage):
            raise ValueError(f"key {self.public.key_id} does not sign {content.number}")
        header = _pack(self.public.key_id, content)
        r, s = decode_dss_signature(self._private.sign(header, _SIGNED))
        s = min(s, _ORDER - s)
        return _base32(header + r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def sign_bytes(self, content: bytes) -> bytes:
        """A detached signature of another document: 64 bytes, r then s, as ES256 (RFC 7518) and browsers want it.

        Raises:
            ValueError: the content could pass for the header of a voucher.
        """
        if len(content) == _HEADER.size:
            raise ValueError("a content of the size of a voucher's header is not signed as a document")
        r, s = decode_dss_signature(self._private.sign(content, _SIGNED))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class KeyPair:
    """A key of one issuer and one vintage, at rest: the private half is encrypted by a passphrase.

    `private` is JSON: scrypt parameters and the PKCS 8 key under AES-256-GCM, bound to the public half.
    """

    public: PublicKey
    private: str

    @classmethod
    def generate(cls, *, key_id: int, issuer: int, vintage: int, passphrase: str) -> Self:
        """A new key. The passphrase is kept apart from the database, in the settings."""
        if not passphrase:
            raise ValueError("an empty passphrase protects nothing")
        if not 0 <= key_id <= 255:
            raise ValueError(f"a key id is one byte, not {key_id}")
        secret = ec.generate_private_key(ec.SECP256R1())
        point = secret.public_key().public_numbers()
        public = PublicKey(key_id, issuer, vintage, point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big"))
        plain = secret.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        salt, nonce, cost = os.urandom(16), os.urandom(12), 2**15
        sealed = AESGCM(_stretch(passphrase, salt, cost)).encrypt(nonce, plain, _bound(public))
        envelope = {
            "kdf": "scrypt",
            "n": cost,
            "salt": salt.hex(),
            "nonce": nonce.hex(),
            "sealed": sealed.hex(),
        }
        return cls(public, json.dumps(envelope))

    def signer(self, passphrase: str) -> Signer:
        """Open the private half.

        Raises:
            WrongPassphrase: it does not open.
        """
        envelope = json.loads(self.private)
        wrapping = AESGCM(_stretch(passphrase, bytes.fromhex(envelope["salt"]), envelope["n"]))
        try:
            plain = wrapping.decrypt(
                bytes.fromhex(envelope["nonce"]), bytes.fromhex(envelope["sealed"]), _bound(self.public)
            )
        except InvalidTag as error:
            raise WrongPassphrase(self.public.key_id) from error
        private = serialization.load_der_private_key(plain, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise WrongPassphrase(self.public.key_id)
        return Signer(self.public, private)


def verify_bytes(content: bytes, signature: bytes, public: PublicKey) -> bool:
    """Whether this key signed this content with `Signer.sign_bytes`."""
    found = PublicKeys([public]).find(public.key_id)
    if len(signature) != 64 or found is None:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        found[1].verify(encode_dss_signature(r, s), content, _VERIFIED)
    except InvalidSignature:
        return False
    return True


@clause("T-2.4-securite")
def verify(text: str, public_keys: PublicKeys) -> VerifiedCode | Refusal:
    """What a genuine code says, or why it is refused. Needs nothing but the public keys.

    Surrounding spaces and the case are forgiven, since hand scanners type what they read. Whether the
    voucher is stopped, expired or used is not in the code: ask the register.
    """
    code = text.strip()
    if len(code) != TEXT_LENGTH or not code.isascii():
        return Refusal.NOT_A_CODE
    code = code.upper()
    try:
        raw = base64.b32decode(code + "====")
    except binascii.Error:
        return Refusal.NOT_A_CODE
    if _base32(raw) != code:
        return Refusal.NOT_A_CODE
    header, signature = raw[: _HEADER.size], raw[_HEADER.size :]
    if header[0] != VERSION:
        return Refusal.UNKNOWN_VERSION
    _, key_id, year, issuer, serial, cents, days = _HEADER.unpack(header)
    found = public_keys.find(key_id)
    if found is None:
        return Refusal.UNKNOWN_KEY
    public, key = found
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if (public.issuer, public.vintage) != (issuer, 2000 + year) or 2 * s > _ORDER:
        return Refusal.FORGED
    try:
        key.verify(encode_dss_signature(r, s), header, _VERIFIED)
    except InvalidSignature:
        return Refusal.FORGED
    try:
        number = Number(2000 + year, issuer, serial)
    except ValueError:  # signed by the key, yet no number of ours
        return Refusal.FORGED
    return VerifiedCode(number, Decimal(cents) / 100, _EPOCH + timedelta(days=days), key_id)


def short_code(secret: bytes, number: Number) -> str:
    """Six characters printed beside the number, to check by telephone; only the secret's holder makes them.

    One try in 729 million succeeds (30⁶), so whoever answers must limit the tries.
    """
    digest = hmac.new(secret, str(number).encode(), hashlib.sha256).digest()
    value, letters = int.from_bytes(digest, "big"), ""
    for _ in range(6):
        value, rest = divmod(value, len(_SHORT_ALPHABET))
        letters += _SHORT_ALPHABET[rest]
    return letters


def short_code_matches(secret: bytes, number: Number, typed: str) -> bool:
    """Whether a typed short code is that of the number; case and spaces do not matter."""
    letters = "".join(typed.split()).upper()
    return hmac.compare_digest(letters.encode(), short_code(secret, number).encode())


def _pack(key_id: int, content: CodeContent) -> bytes:
    number = content.number
    cents = content.face_value * 100
    if cents != int(cents) or not 0 < cents <= 0xFFFF:
        raise ValueError(f"a face value of {content.face_value} does not fit a code")
    days = (content.last_valid_on - _EPOCH).days
    if not 0 <= days <= 0xFFFF:
        raise ValueError(f"a validity until {content.last_valid_on} does not fit a code")
    return _HEADER.pack(
        VERSION, key_id, number.vintage - 2000, number.issuer, number.serial, int(cents), days
    )


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())


def _bound(public: PublicKey) -> bytes:
    return json.dumps(public.jwk(), sort_keys=True).encode()

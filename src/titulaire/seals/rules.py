"""Ed25519 signatures of whole documents, and the private key kept under a passphrase.

A signature is over the very bytes of a document, so that OpenSSL checks it with nothing of ours:

    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in document.json -sigfile document.sig
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

COST = 2**15
KEY_NAME_LENGTH = 16


class WrongPassphrase(Exception):
    """The passphrase of the settings does not open this private key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key at rest. `public` is 32 bytes; `private` is JSON: scrypt parameters and the key under AES-256-GCM."""

    public: bytes
    private: str

    @property
    def name(self) -> str:
        """The first half of the SHA-256 of the public half: what a sealed document calls its key."""
        return key_name(self.public)


def key_name(public: bytes) -> str:
    """The name of a public key."""
    return hashlib.sha256(public).hexdigest()[:KEY_NAME_LENGTH]


def new_key(passphrase: str) -> KeyPair:
    """A new key, its private half under the passphrase and bound to its public half."""
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing")
    secret = Ed25519PrivateKey.generate()
    public = secret.public_key().public_bytes_raw()
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_stretched(passphrase, salt, COST)).encrypt(nonce, secret.private_bytes_raw(), public)
    envelope = {"kdf": "scrypt", "n": COST, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
    return KeyPair(public, json.dumps(envelope))


def sign(pair: KeyPair, passphrase: str, content: bytes) -> bytes:
    """64 bytes: the signature of a document. The same document always has the same.

    Raises:
        WrongPassphrase: it does not open the key.
    """
    envelope = json.loads(pair.private)
    wrapping = AESGCM(_stretched(passphrase, bytes.fromhex(envelope["salt"]), envelope["n"]))
    try:
        secret = wrapping.decrypt(
            bytes.fromhex(envelope["nonce"]), bytes.fromhex(envelope["sealed"]), pair.public
        )
    except InvalidTag as fault:
        raise WrongPassphrase(pair.name) from fault
    return Ed25519PrivateKey.from_private_bytes(secret).sign(content)


def verifies(public: bytes, signature: bytes, content: bytes) -> bool:
    """Did the holder of this key sign these very bytes?"""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def pem(public: bytes) -> bytes:
    """The public key as every tool reads it."""
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _stretched(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())

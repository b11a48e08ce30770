"""Documents signed by the contract's own key, as JSON Web Signatures (RFC 7515) that any browser verifies.

    {"protected": "<base64url of the header>", "payload": "<base64url of the document>", "signature": "<base64url>"}

The header names the key (`kid`) as the published keys do. Anyone holding the public keys can check a document;
only the contract's keys can make one.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date

from django.conf import settings

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.codes import KeyPair, PublicKey, PublicKeys, Signer, verify_bytes
from titulaire.vouchers.issuing.models import SigningKey


class NoSigningKey(LookupError):
    """The contract has issued nothing yet, so that no key of its own can sign."""

    def __init__(self, contract: str) -> None:
        super().__init__(contract)
        self.contract = contract


class NotSigned(ValueError):
    """This is no signed document, its key is unknown, or it was altered. `reason` is a capital code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def document_signer(contract: Contract, *, on: date) -> Signer:
    """The signer of the vintage of a day, or of the newest before it; of the first to come when there is none.

    Raises:
        NoSigningKey: the contract has no key in force.
    """
    keys = SigningKey.objects.filter(contract=contract, retired_at__isnull=True)
    key = keys.filter(vintage__lte=on.year).order_by("-vintage").first() or keys.order_by("vintage").first()
    if key is None:
        raise NoSigningKey(contract.code)
    return KeyPair(PublicKey.from_jwk(key.public), key.private).signer(settings.KEY_PASSPHRASE)


@clause("T-2.4-securite")
def sign_document(signer: Signer, document: Mapping[str, object]) -> dict[str, str]:
    """Sign a document of JSON values: the same document always gives the same signature."""
    header = {"alg": "ES256", "kid": signer.public.jwk()["kid"], "typ": "JOSE+JSON"}
    protected, payload = _encoded(header), _encoded(document)
    signature = signer.sign_bytes(f"{protected}.{payload}".encode())
    return {"protected": protected, "payload": payload, "signature": _base64url(signature)}


@clause("T-2.4-securite")
def read_signed(signed: Mapping[str, object], keys: PublicKeys) -> dict[str, object]:
    """The document, once its signature is verified with the public keys alone.

    Raises:
        NotSigned: NOT_A_DOCUMENT, UNKNOWN_KEY or FORGED.
    """
    try:
        protected, payload, signature = (str(signed[part]) for part in ("protected", "payload", "signature"))
        header, document, raw = _decoded(protected), _decoded(payload), _bytes(signature)
        key = next((key for key in keys.keys if key.jwk()["kid"] == header["kid"]), None)
    except (KeyError, ValueError, TypeError, binascii.Error) as fault:
        raise NotSigned("NOT_A_DOCUMENT") from fault
    if key is None:
        raise NotSigned("UNKNOWN_KEY")
    if header.get("alg") != "ES256" or not verify_bytes(f"{protected}.{payload}".encode(), raw, key):
        raise NotSigned("FORGED")
    return document


def _encoded(value: Mapping[str, object]) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _base64url(text.encode())


def _decoded(text: str) -> dict[str, object]:
    value = json.loads(_bytes(text))
    if not isinstance(value, dict):
        raise TypeError("a signed document is an object")
    return value


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

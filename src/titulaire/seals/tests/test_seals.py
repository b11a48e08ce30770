"""A sealed document: checked with the public key alone, refused when one bit of it changes."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from titulaire.journal.models import Entry
from titulaire.seals.models import SealingKey
from titulaire.seals.queries import UnknownKey, is_sealed, public_key, public_pem
from titulaire.seals.rules import WrongPassphrase, key_name, new_key, sign, verifies
from titulaire.seals.services import Seal, seal

AT = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)
DOCUMENT = b'{"month":"2026-03"}'


def sealed(content: bytes = DOCUMENT, contract: str = "mes") -> Seal:
    with transaction.atomic():
        return seal(content, contract=contract, actor="user:1", at=AT)


def test_a_signature_holds_for_its_document_and_no_other() -> None:
    pair = new_key("passphrase")
    signature = sign(pair, "passphrase", DOCUMENT)
    assert verifies(pair.public, signature, DOCUMENT)
    assert not verifies(pair.public, signature, DOCUMENT + b" ")
    assert not verifies(pair.public, bytes([signature[0] ^ 1]) + signature[1:], DOCUMENT)
    assert not verifies(new_key("passphrase").public, signature, DOCUMENT)
    assert not verifies(pair.public, b"short", DOCUMENT)
    assert sign(pair, "passphrase", DOCUMENT) == signature


def test_another_passphrase_opens_nothing() -> None:
    pair = new_key("passphrase")
    with pytest.raises(WrongPassphrase):
        sign(pair, "another", DOCUMENT)
    with pytest.raises(ValueError, match="empty"):
        new_key("")


@pytest.mark.django_db
def test_the_key_of_a_contract_is_made_once_and_told_to_the_journal() -> None:
    first, second = sealed(), sealed(b"another")
    assert first.key == second.key
    assert SealingKey.objects.count() == Entry.objects.filter(act="SEALING_KEY_MADE").count() == 1
    assert is_sealed(DOCUMENT, key=first.key, signature=first.signature, contract="mes")
    assert not is_sealed(b"another", key=first.key, signature=first.signature, contract="mes")
    assert key_name(public_key(first.key, contract="mes")) == first.key


@pytest.mark.django_db
def test_a_key_of_another_contract_proves_nothing() -> None:
    one = sealed()
    sealed(contract="cpam47")
    assert not is_sealed(DOCUMENT, key=one.key, signature=one.signature, contract="cpam47")
    assert not is_sealed(DOCUMENT, key="no-such-key", signature=one.signature, contract="mes")
    assert not is_sealed(DOCUMENT, key=one.key, signature="not hexadecimal", contract="mes")
    with pytest.raises(UnknownKey):
        public_key("0" * 16, contract="mes")


@pytest.mark.django_db
def test_a_contract_has_one_key_in_force() -> None:
    sealed()
    key = SealingKey.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SealingKey.objects.create(
            contract="mes", name="b" * 16, public=key.public, private=key.private, created_at=AT
        )
    SealingKey.objects.update(retired_at=AT)
    assert sealed().key != key.name
    assert SealingKey.objects.count() == 2


@pytest.mark.django_db
def test_openssl_checks_a_sealed_document_with_nothing_of_ours(tmp_path: Path) -> None:
    made = sealed()
    (tmp_path / "key.pem").write_bytes(public_pem(made.key, contract="mes"))
    (tmp_path / "document").write_bytes(DOCUMENT)
    (tmp_path / "signature").write_bytes(bytes.fromhex(made.signature))
    asked: Any = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin"]
    try:
        said = subprocess.run(
            [*asked, "-in", "document", "-sigfile", "signature"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("openssl is not on this machine")
    assert said.returncode == 0, said.stderr

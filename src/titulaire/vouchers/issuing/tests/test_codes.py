import base64
import json
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from titulaire.vouchers.issuing.codes import (
    TEXT_LENGTH,
    CodeContent,
    KeyPair,
    PublicKeys,
    Refusal,
    VerifiedCode,
    WrongPassphrase,
    short_code,
    short_code_matches,
    verify,
)
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.tests.samples import key, key_pair, public_keys, signer

CONTENT = CodeContent(Number(2027, 47, 521), Decimal("7.50"), date(2028, 1, 31))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.clause("T-2.4-securite")
def test_a_code_says_its_voucher_to_whoever_holds_the_public_key() -> None:
    published = json.loads(json.dumps(public_keys().jwks()))
    code = verify(signer().sign(CONTENT), PublicKeys.from_jwks(published))
    assert code == VerifiedCode(CONTENT.number, CONTENT.face_value, CONTENT.last_valid_on, key_id=1)


def test_the_same_voucher_always_has_the_same_code() -> None:
    texts = {signer().sign(CONTENT) for _ in range(5)} | {key_pair(2027, 1).signer("essai").sign(CONTENT)}
    assert len(texts) == 1
    assert len(texts.pop()) == TEXT_LENGTH


def test_a_scanner_that_types_in_lower_case_with_a_line_end_is_understood() -> None:
    assert isinstance(verify(f" {signer().sign(CONTENT).lower()}\r\n", public_keys()), VerifiedCode)


@pytest.mark.clause("T-2.4-securite")
def test_no_change_of_one_character_is_accepted() -> None:
    text = signer().sign(CONTENT)
    for at in range(TEXT_LENGTH):
        for letter in ALPHABET:
            if letter != text[at]:
                assert isinstance(verify(text[:at] + letter + text[at + 1 :], public_keys()), Refusal)


def mutations(rounds: int) -> list[str]:
    chance = random.Random(2027)
    genuine = [
        signer().sign(CodeContent(Number(2027, 47, serial), Decimal(10), date(2028, 1, 31)))
        for serial in (1, 2, 3)
    ]
    made = []
    for _ in range(rounds):
        kind = chance.randrange(4)
        text = list(chance.choice(genuine))
        if kind == 0:
            text = [chance.choice(ALPHABET) for _ in range(TEXT_LENGTH)]
        elif kind == 1:
            for _ in range(chance.randrange(1, 6)):
                text[chance.randrange(TEXT_LENGTH)] = chance.choice(ALPHABET)
        elif kind == 2:
            other, cut = chance.choice(genuine), chance.randrange(TEXT_LENGTH)
            text = text[:cut] + list(other[cut:])
        else:
            one, two = chance.randrange(TEXT_LENGTH), chance.randrange(TEXT_LENGTH)
            text[one], text[two] = text[two], text[one]
        if "".join(text) not in genuine:
            made.append("".join(text))
    return made


@pytest.mark.clause("T-2.4-securite")
def test_none_of_twenty_thousand_invented_or_altered_codes_is_accepted() -> None:
    assert [text for text in mutations(20_000) if not isinstance(verify(text, public_keys()), Refusal)] == []


@pytest.mark.slow
def test_none_of_a_million_invented_or_altered_codes_is_accepted() -> None:
    assert [
        text for text in mutations(1_000_000) if not isinstance(verify(text, public_keys()), Refusal)
    ] == []


def test_the_twin_signature_that_would_also_verify_is_refused() -> None:
    raw = base64.b32decode(signer().sign(CONTENT) + "====")
    s = ORDER - int.from_bytes(raw[-32:], "big")
    twin = base64.b32encode(raw[:-32] + s.to_bytes(32, "big")).decode().rstrip("=")
    assert verify(twin, public_keys()) is Refusal.FORGED


def test_stray_bits_after_the_signature_are_refused() -> None:
    text = signer().sign(CONTENT)
    last = ALPHABET.index(text[-1])
    assert verify(text[:-1] + ALPHABET[last + 1], public_keys()) is Refusal.NOT_A_CODE


@pytest.mark.parametrize("text", ["", "A" * 123, "A" * 125, "1" * 124, "é" * 124, "ſ" * 124, "=" * 124])
def test_what_has_not_the_shape_of_a_code_is_not_one(text: str) -> None:
    assert verify(text, public_keys()) is Refusal.NOT_A_CODE


def test_a_code_of_another_version_is_said_so() -> None:
    raw = bytearray(base64.b32decode(signer().sign(CONTENT) + "===="))
    raw[0] = 2
    assert verify(base64.b32encode(raw).decode().rstrip("="), public_keys()) is Refusal.UNKNOWN_VERSION


@pytest.mark.clause("T-2.4-securite")
def test_several_keys_are_in_force_at_once_and_a_withdrawn_one_accepts_nothing() -> None:
    renewed = key(2027, 2)
    both = PublicKeys([signer().public, renewed.public])
    for each in (signer(), renewed):
        code = verify(each.sign(CONTENT), both)
        assert isinstance(code, VerifiedCode)
        assert code.key_id == each.public.key_id
    assert verify(signer().sign(CONTENT), PublicKeys([renewed.public])) is Refusal.UNKNOWN_KEY


def test_a_key_under_another_id_forges_nothing() -> None:
    impostor = KeyPair.generate(key_id=1, issuer=47, vintage=2027, passphrase="x").signer("x")
    assert verify(impostor.sign(CONTENT), public_keys()) is Refusal.FORGED


def test_a_key_vouches_for_its_own_vintage_and_issuer_only() -> None:
    with pytest.raises(ValueError, match="does not sign"):
        signer().sign(replace(CONTENT, number=Number(2028, 47, 1)))
    relabelled = PublicKeys([replace(signer().public, issuer=48)])
    assert verify(signer().sign(CONTENT), relabelled) is Refusal.FORGED


def test_two_keys_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="two keys"):
        PublicKeys([signer().public, signer().public])


@pytest.mark.parametrize("face_value", ["0", "-1", "655.36", "0.005"])
def test_a_face_value_that_does_not_fit_is_refused(face_value: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        signer().sign(replace(CONTENT, face_value=Decimal(face_value)))


def test_a_private_key_at_rest_opens_with_its_passphrase_only() -> None:
    pair = key_pair(2027, 1)
    with pytest.raises(WrongPassphrase) as refused:
        pair.signer("autre")
    assert refused.value.key_id == 1
    with pytest.raises(WrongPassphrase):
        KeyPair(replace(pair.public, key_id=9), pair.private).signer("essai")
    assert "PRIVATE" not in pair.private
    with pytest.raises(ValueError, match="empty passphrase"):
        KeyPair.generate(key_id=1, issuer=47, vintage=2027, passphrase="")


def test_the_short_code_answers_a_telephone_call() -> None:
    number = CONTENT.number
    code = short_code(b"secret", number)
    assert len(code) == 6
    assert short_code_matches(b"secret", number, f"{code[:3].lower()} {code[3:]}")
    assert not short_code_matches(b"secret", Number(2027, 47, 522), code)
    assert not short_code_matches(b"autre", number, code)
    assert not short_code_matches(b"secret", number, "é" * 6)

"""Finding vouchers, and judging a number or a code that someone holds out."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.codes import PublicKey, PublicKeys, Refusal, VerifiedCode, verify
from titulaire.vouchers.issuing.models import Booklet, PrintJob, SigningKey, Voucher
from titulaire.vouchers.issuing.rules import InvalidNumber, Number


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said of a code or a number.

    `authentic` is True when a signature proves the issue, None when only a number was given, False otherwise.
    `voucher` is the register's row: the register alone says whether it can still be used. `reason` is a
    capital code when something is wrong: NOT_A_CODE, UNKNOWN_VERSION, UNKNOWN_KEY, FORGED, MISTYPED, UNKNOWN,
    DIFFERS (the signature and the register do not say the same).
    """

    authentic: bool | None
    reason: str
    voucher: Voucher | None
    said: VerifiedCode | None = None


def all_public_keys() -> PublicKeys:
    """The public keys of every contract: a code says alone which one made it."""
    return PublicKeys(PublicKey.from_jwk(jwk) for jwk in SigningKey.objects.values_list("public", flat=True))


@clause("T-2.4-securite")
def judge(text: str) -> Judgement:
    """Judge a signed code, as a reader types it, or a number, as a person does."""
    digits = "".join(text.split())
    if len(digits) <= 24:
        try:
            number = Number.parse(text)
        except InvalidNumber:
            return Judgement(None, "MISTYPED", None)
        voucher = _register().filter(number=str(number)).first()
        return Judgement(None, "" if voucher else "UNKNOWN", voucher)
    said = verify(digits, all_public_keys())
    if isinstance(said, Refusal):
        return Judgement(False, said.value, None)
    voucher = _register().filter(number=str(said.number)).first()
    if voucher is None:
        return Judgement(True, "UNKNOWN", None, said)
    agree = (voucher.face_value, voucher.last_valid_on) == (said.face_value, said.last_valid_on)
    return Judgement(True, "" if agree else "DIFFERS", voucher, said)


def _register() -> QuerySet[Voucher]:
    return Voucher.objects.select_related("contract", "order", "booklet")


def vouchers_of(contract: Contract) -> QuerySet[Voucher]:
    """The contract's vouchers with their booklet and order."""
    return _register().filter(contract=contract)


def booklets_of(contract: Contract) -> QuerySet[Booklet]:
    """The contract's booklets with their order and line."""
    return Booklet.objects.filter(contract=contract).select_related("order", "line")


def print_jobs_of(contract: Contract) -> QuerySet[PrintJob]:
    """The contract's print jobs with their orders."""
    return PrintJob.objects.filter(contract=contract).select_related("order", "paper")

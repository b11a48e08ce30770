"""What the public page says of a voucher that someone holds out: authentic or not, used or free; nobody's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.register import IN_CIRCULATION
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.rules import Given, Note, Proof, Verdict


class Answer(StrEnum):
    """What is answered to anyone who holds a voucher, or pretends to."""

    FREE = "FREE"
    NOT_YET = "NOT_YET"
    USED = "USED"
    STOPPED = "STOPPED"
    EXPIRED = "EXPIRED"
    FORGED = "FORGED"
    UNKNOWN = "UNKNOWN"
    MISTYPED = "MISTYPED"
    NOT_A_CODE = "NOT_A_CODE"
    LETTERS_MISSING = "LETTERS_MISSING"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer, and what is printed on the paper: nothing that its holder cannot read there."""

    answer: Answer
    number: str = ""
    face_value: Decimal | None = None
    valid_from_on: date | None = None
    last_valid_on: date | None = None

    @property
    def accepted(self) -> bool:
        """Whether the register can vouch that the paper is one of its vouchers."""
        return self.answer in {Answer.FREE, Answer.NOT_YET, Answer.USED, Answer.STOPPED, Answer.EXPIRED}


@clause("T-2.4-securite", "T-1.1-avantages")
def check(text: str, *, on: date) -> Checked:
    """Judge a signed code, or a number with its six letters.

    A number alone follows that of another: its letters are asked for, and a wrong guess is answered as a
    number that does not exist.
    """
    (presented,) = queries.examined([Given(text)])
    if presented.note in {Note.MISTYPED, Note.NOT_A_CODE, Note.UNREADABLE}:
        return Checked(Answer.NOT_A_CODE if presented.note is Note.NOT_A_CODE else Answer.MISTYPED)
    if presented.fault is Verdict.FORGED:
        return Checked(Answer.FORGED)
    if presented.proof is Proof.NUMBER:
        return Checked(Answer.LETTERS_MISSING)
    voucher = Voucher.objects.filter(number=presented.number).first()
    if voucher is None or (presented.proof is Proof.LETTERS and presented.letters != voucher.short_code):
        return Checked(Answer.UNKNOWN)
    if presented.proof is Proof.CODE and presented.code != voucher.code:
        return Checked(Answer.FORGED)
    return Checked(
        _state(voucher, on), voucher.grouped, voucher.face_value, voucher.valid_from_on, voucher.last_valid_on
    )


def _state(voucher: Voucher, on: date) -> Answer:
    if voucher.state in {"USED", "PAID"}:
        return Answer.USED
    if voucher.state in {"STOPPED", "REPLACED", "CANCELLED"}:
        return Answer.STOPPED
    if voucher.state not in {state.value for state in IN_CIRCULATION} or on > voucher.last_valid_on:
        return Answer.EXPIRED
    return Answer.NOT_YET if on < voucher.valid_from_on else Answer.FREE

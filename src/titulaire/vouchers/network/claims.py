"""Deciding on a voucher that a shop presented in time, and whose life had ended meanwhile: pay it once, or refuse."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.models import Affiliate, ClaimDecision, Remittance, RemittanceLine
from titulaire.vouchers.network.rules import HEIR_BARS, Bar, Channel, Note, Verdict, bar
from titulaire.vouchers.network.statements import insert_lines, insert_uses, take_rank


class ClaimRefused(Exception):
    """Nothing is decided."""


class NotAClaim(ClaimRefused):
    """This line of a remittance waits for no decision."""


class AlreadyDecided(ClaimRefused):
    """It was decided before; `outcome` says how."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Barred(ClaimRefused):
    """It cannot be paid without paying the same value twice, or against a stop; `bar` says which."""

    def __init__(self, bar: Bar) -> None:
        super().__init__(bar.value)
        self.bar = bar


class NothingSaid(ClaimRefused):
    """A refusal without a reason, or an agreement without its document or its author."""


class AgreedInTheFuture(ClaimRefused):
    """The buyer's agreement bears a date that is still to come."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The buyer's written agreement to pay a voucher as an exception."""

    name: str
    content: bytes
    agreed_by: str
    agreed_on: date


@clause("T-1.1-reseau", "T-2.4-securite", "T-3.3-tracabilite")
def pay_claim(*, line: RemittanceLine, agreement: Agreement, actor: str, at: datetime) -> Remittance:
    """Accept a claim: its value is used now, and a remittance of this voucher alone goes into the next payment.

    The voucher that holds the value (its own heir, or the last that replaced it) becomes used in the same
    transaction: whoever holds that one is answered that it is.

    Raises:
        NotAClaim, AlreadyDecided, Barred, NothingSaid, AgreedInTheFuture: nothing is decided.
    """
    if not agreement.content or not agreement.agreed_by.strip():
        raise NothingSaid
    if agreement.agreed_on > timezone.localdate(at):
        raise AgreedInTheFuture(agreement.agreed_on)
    contract = line.remittance.contract
    kept = files.keep(agreement.content, contract=contract.code)
    with transaction.atomic():
        line = _held(line)
        heir = queries.heir_of(_voucher(line))
        barred = bar(queries.claim_facts(line, heir))
        if barred is not None:
            raise Barred(barred)
        origin = line.remittance
        number = f"R{timezone.localdate(at):%y}-{take_rank(contract.pk, 'remittances'):06d}"
        target = f"remittance:{number}"
        # The register has the last word: whoever used, stopped or replaced the heir since it was read has won.
        moved = register.admit([heir.pk], act="CLAIM_PAID", target=target, at=at)
        if moved.refused:
            raise Barred(HEIR_BARS[moved.refused[heir.pk].value])
        remittance = Remittance.objects.create(
            contract=contract,
            affiliate=origin.affiliate,
            number=number,
            channel=Channel.CLAIM.value,
            state=Remittance.RECORDED,
            fingerprint=hashlib.sha256(f"claim:{line.pk}".encode()).hexdigest(),
            received_on=origin.received_on,
            postmarked_on=origin.postmarked_on,
            presented_on=origin.presented_on,
            letters_required=origin.letters_required,
            given=1,
            accepted=1,
            amount_cents=heir.face_value_cents,
            recorded_at=at,
            recorded_by=actor,
        )
        paid = (
            1,
            line.given,
            line.number,
            heir.pk,
            Verdict.VALID.value,
            Note.CLAIM_PAID.value,
            line.proof,
            0,
        )
        insert_lines(remittance.pk, [(*paid, line.used_on)])
        insert_uses(remittance.pk, at)
        ClaimDecision.objects.create(
            line=line,
            outcome=ClaimDecision.PAID,
            remittance=remittance,
            agreement_name=agreement.name,
            agreement_sha256=kept,
            agreed_by=agreement.agreed_by.strip(),
            agreed_on=agreement.agreed_on,
            decided_at=at,
            decided_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="CLAIM_PAID",
            target=target,
            body={
                "claimed_in": origin.number,
                "voucher": line.number,
                "used": heir.number,
                "amount": str(remittance.amount),
                "agreement": kept,
                "agreed_on": str(agreement.agreed_on),
            },
        )
    return remittance


@clause("T-1.1-reseau", "T-3.3-tracabilite")
def refuse_claim(*, line: RemittanceLine, reason: str, actor: str, at: datetime) -> ClaimDecision:
    """Refuse a claim, with the reason that its shop reads.

    Raises:
        NotAClaim, AlreadyDecided, NothingSaid: nothing is decided.
    """
    if not reason.strip():
        raise NothingSaid
    with transaction.atomic():
        line = _held(line)
        decision = ClaimDecision.objects.create(
            line=line,
            outcome=ClaimDecision.REFUSED,
            reason=reason.strip(),
            decided_at=at,
            decided_by=actor,
        )
        record(
            contract=line.remittance.contract.code,
            actor=actor,
            at=at,
            act="CLAIM_REFUSED",
            target=f"remittance:{line.remittance.number}",
            body={"voucher": line.number, "reason": decision.reason},
        )
    return decision


def _held(line: RemittanceLine) -> RemittanceLine:
    """The claim, once its shop is locked: the decisions on its claims come one after the other."""
    Affiliate.objects.select_for_update(of=("self",)).get(pk=line.remittance.affiliate_id)
    found = queries.late_claims(line.remittance.contract).filter(pk=line.pk).first()
    if found is None:
        raise NotAClaim(line.pk)
    decision = getattr(found, "decision", None)
    if decision is not None:
        raise AlreadyDecided(decision.outcome)
    return found


def _voucher(line: RemittanceLine) -> Voucher:
    assert line.voucher is not None, "a claim is on a voucher of the register"  # noqa: S101 - `late_claims` has no other
    return line.voucher

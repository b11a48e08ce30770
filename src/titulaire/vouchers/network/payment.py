"""Paying affiliates what was accepted, once; then destroying the paid paper, once counted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.affiliation import compact_iban
from titulaire.vouchers.network.documents import DestructionFacts, destruction_pdf
from titulaire.vouchers.network.models import (
    Destruction,
    PayingAccount,
    Payment,
    PaymentRun,
    Remittance,
    Use,
)
from titulaire.vouchers.network.payment_order import Transfer, payment_order
from titulaire.vouchers.network.rules import Concordance
from titulaire.vouchers.network.statements import take_rank

BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class PaymentRefused(Exception):
    """Nothing is paid."""


class NothingToPay(PaymentRefused):
    """No accepted remittance waits for its payment."""


class NoPayingAccount(PaymentRefused):
    """No account to pay from: set one first."""


class ExecutionInThePast(PaymentRefused):
    """A bank executes nothing on a day that is over."""


class RegisterDisagrees(PaymentRefused):
    """Some vouchers are not in the state in which they are paid: `keys` are theirs. Nothing is paid."""

    def __init__(self, keys: Collection[int]) -> None:
        super().__init__(tuple(keys))
        self.keys = tuple(keys)


class InvalidBic(ValueError):
    """This is not a bank's identifier."""


class DestructionRefused(Exception):
    """Nothing is destroyed."""


class NothingToDestroy(DestructionRefused):
    """None of these remittances is paid with its paper still there."""


class CountsDisagree(DestructionRefused):
    """The titles on the table are not as many as the titles paid."""

    def __init__(self, concordance: Concordance) -> None:
        super().__init__(concordance)
        self.concordance = concordance


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment run and the file for the bank."""

    run: PaymentRun
    order: bytes


def set_paying_account(
    *, contract: Contract, name: str, iban: str, bic: str, actor: str, at: datetime
) -> PayingAccount:
    """Set the account from which affiliates are paid from now on.

    Raises:
        InvalidIban, InvalidBic.
    """
    iban, bic = compact_iban(iban), bic.replace(" ", "").upper()
    if bic and not BIC.fullmatch(bic):
        raise InvalidBic(bic)
    with transaction.atomic():
        account = PayingAccount.objects.create(
            contract=contract, name=name.strip(), iban=iban, bic=bic, set_at=at, set_by=actor
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="PAYING_ACCOUNT_SET",
            target=f"account:{account.pk}",
            body={"name": account.name, "ends": iban[-4:]},
        )
    return account


@clause("T-1.1-reseau", "T-3.3-tracabilite")
def pay(*, contract: Contract, execution_on: date, actor: str, at: datetime) -> Paid:
    """Pay every accepted remittance that is not paid: vouchers move to paid, and the bank's file is made.

    Raises:
        NothingToPay, NoPayingAccount, ExecutionInThePast, RegisterDisagrees: nothing is paid.
    """
    if execution_on < timezone.localdate(at):
        raise ExecutionInThePast(execution_on)
    with transaction.atomic():
        account = queries.paying_account(contract)
        if account is None:
            raise NoPayingAccount(contract.code)
        number = f"P{timezone.localdate(at):%y}-{take_rank(contract.pk, 'runs'):05d}"
        # Read under the ledger's lock: two runs at the same instant see each other's payments.
        due = list(queries.unpaid(contract))
        if not due:
            raise NothingToPay
        target = f"payment_run:{number}"
        keys = list(Use.objects.filter(remittance__in=due).values_list("voucher_id", flat=True))
        moved = register.move(keys, to=VoucherState.PAID, act="PAID", target=target, at=at)
        if moved.refused or len(moved.keys) != sum(one.accepted for one in due):
            raise RegisterDisagrees(sorted(moved.refused))
        order = payment_order(
            number=number,
            name=account.name,
            iban=account.iban,
            bic=account.bic,
            execution_on=execution_on,
            transfers=[_transfer(contract, one) for one in due],
        )
        run = PaymentRun.objects.create(
            contract=contract,
            number=number,
            execution_on=execution_on,
            payments_count=len(due),
            vouchers=len(moved.keys),
            amount_cents=sum(one.amount_cents for one in due),
            account=account,
            sha256=files.keep(order, contract=contract.code),
            made_at=at,
            made_by=actor,
        )
        Payment.objects.bulk_create(
            Payment(
                run=run,
                remittance=one,
                affiliate=one.affiliate,
                iban=one.affiliate.iban,
                amount_cents=one.amount_cents,
                vouchers=one.accepted,
                end_to_end=_end_to_end(contract, one),
            )
            for one in due
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="PAID",
            target=target,
            body={
                "remittances": [one.number for one in due],
                "vouchers": run.vouchers,
                "amount": str(run.amount),
                "execution_on": str(execution_on),
                "sha256": run.sha256,
            },
        )
    return Paid(run, order)


def _transfer(contract: Contract, remittance: Remittance) -> Transfer:
    return Transfer(
        name=remittance.affiliate.name,
        iban=remittance.affiliate.iban,
        amount_cents=int(remittance.amount_cents),
        end_to_end=_end_to_end(contract, remittance),
        description=f"Titres-services, remise {remittance.number}, {remittance.accepted} titres",
    )


def _end_to_end(contract: Contract, remittance: Remittance) -> str:
    return f"{contract.code[:18].upper()}-{remittance.number}"


@clause("T-2.4-securite", "T-3.3-tracabilite")
def record_destruction(
    *,
    contract: Contract,
    remittances: Collection[str],
    counted: int,
    destroyed_on: date,
    means: str,
    signed_by: str,
    witnessed_by: str,
    actor: str,
    at: datetime,
) -> Destruction:
    """Record that the paper of some paid remittances, given by number, was counted, then destroyed before a witness.

    Raises:
        NothingToDestroy: one of them is not paid, or its paper is gone already.
        CountsDisagree: the count is not the number of titles paid.
    """
    with transaction.atomic():
        number = f"D{timezone.localdate(at):%y}-{take_rank(contract.pk, 'destructions'):05d}"
        chosen = list(queries.paid_paper(contract).filter(number__in=remittances))
        if not chosen or len(chosen) != len(set(remittances)):
            raise NothingToDestroy
        concordance = Concordance(paid=sum(one.accepted for one in chosen), counted=counted)
        if not concordance.agrees:
            raise CountsDisagree(concordance)
        report = destruction_pdf(
            contract,
            DestructionFacts(
                number=number,
                destroyed_on=destroyed_on,
                means=means,
                signed_by=signed_by,
                witnessed_by=witnessed_by,
                counted=counted,
                amount=sum((one.amount for one in chosen), Decimal(0)),
                remittances=tuple(
                    (one.number, one.affiliate.name, one.accepted, one.amount) for one in chosen
                ),
            ),
        )
        done = Destruction.objects.create(
            contract=contract,
            number=number,
            destroyed_on=destroyed_on,
            means=means,
            vouchers=concordance.paid,
            counted=counted,
            signed_by=signed_by,
            witnessed_by=witnessed_by,
            sha256=files.keep(report, contract=contract.code),
            recorded_at=at,
            recorded_by=actor,
        )
        Remittance.objects.filter(pk__in=[one.pk for one in chosen]).update(destruction=done)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="PAPER_DESTROYED",
            target=f"destruction:{number}",
            body={
                "remittances": sorted(one.number for one in chosen),
                "vouchers": concordance.paid,
                "counted": counted,
                "sha256": done.sha256,
            },
        )
    return done

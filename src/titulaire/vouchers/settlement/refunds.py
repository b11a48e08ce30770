"""Refunds of what the buyer holds or lost: figures side by side, cheques, regularisations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.register import move
from titulaire.vouchers.settlement import queries
from titulaire.vouchers.settlement.letters import cheque_letter
from titulaire.vouchers.settlement.models import Cheque, Refund, RefundedVoucher
from titulaire.vouchers.settlement.rules import IN_CIRCULATION, RefundFigures, refund_figures, regularisation
from titulaire.vouchers.settlement.services import TooEarly


class NotEnded(Exception):
    """Vouchers of the vintage are still in circulation: end it first, then refund."""

    def __init__(self, vintage: int, count: int) -> None:
        super().__init__(vintage, count)
        self.vintage, self.count = vintage, count


class AlreadyRefunded(Exception):
    """The vintage has its refund; what is known since is regularised."""

    def __init__(self, refund: Refund) -> None:
        super().__init__(refund.number)
        self.refund = refund


class NothingToRefund(Exception):
    """Nothing is held, lost, or due any more."""


class CannotRefund(Exception):
    """Some vouchers moved meanwhile: nothing was refunded."""


class NothingToPay(ValueError):
    """The refund pays nothing, or gives back: no cheque is drawn for it."""


class HasItsCheque(ValueError):
    """The refund is already paid by a cheque."""


class AlreadyCashed(ValueError):
    """The cheque is already cashed."""


def figures_of(contract: Contract, vintage: int) -> RefundFigures:
    """Both amounts for a vintage from the facts known now, with the readings retained for it."""
    terms = terms_of(contract.code)
    on = queries.read_on(vintage, terms)
    clients = queries.clients_of(contract, vintage, year_reading=terms.reading("pro_rata_year", on=on))
    return refund_figures(
        contract.code,
        clients,
        basis=terms.reading("refund_basis", on=on),
        weight=terms.reading("pro_rata_weight", on=on),
    )


@clause("T-2.1.4-remboursement", "T-2.1.4-prorata")
def refund_vintage(*, contract: Contract, vintage: int, actor: str, at: datetime) -> Refund:
    """Refund what the buyer holds or lost of a vintage, once.

    Raises:
        TooEarly: merchants may still present the vintage.
        NotEnded: some of its vouchers are still in circulation.
        AlreadyRefunded: it has its refund: see `regularise_refund`.
        NothingToRefund: the buyer holds and lost none.
    """
    opens_on = queries.dates_of(contract, vintage).opens_on
    if timezone.localdate(at) < opens_on:
        raise TooEarly(vintage, opens_on)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        first = Refund.objects.filter(contract=held, vintage=vintage).first()
        if first is not None:
            raise AlreadyRefunded(first)
        return _refund(held, vintage, 0, actor, at)


@clause("T-2.1.4-remboursement")
def regularise_refund(*, contract: Contract, vintage: int, actor: str, at: datetime) -> Refund:
    """Correct a refund by what is known since: vouchers declared later, another client's pool. Up or down.

    Raises:
        NothingToRefund: nothing changed, or there is no refund to correct.
    """
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        last = Refund.objects.filter(contract=held, vintage=vintage).order_by("rank").last()
        if last is None:
            raise NothingToRefund
        return _refund(held, vintage, last.rank + 1, actor, at)


def _refund(contract: Contract, vintage: int, rank: int, actor: str, at: datetime) -> Refund:
    left = Voucher.objects.filter(
        contract=contract, vintage=vintage, state__in=(*IN_CIRCULATION, VoucherState.STOPPED.value)
    ).count()
    if left:
        raise NotEnded(vintage, left)
    found = queries.to_refund(queries.ended(contract, vintage))
    figures = figures_of(contract, vintage)
    paid = Refund.objects.filter(contract=contract, vintage=vintage).aggregate(paid=Sum("amount"))["paid"]
    already = paid or Decimal(0)
    amount = regularisation(figures.retained, [already])
    if not found and not amount:
        raise NothingToRefund
    terms, dates = terms_of(contract.code), queries.dates_of(contract, vintage)
    number = f"RB{vintage}-{rank + 1:02d}"
    moved = move(
        [each.key for each in found], to=VoucherState.REFUNDED, act="REFUND", target=f"refund:{number}", at=at
    )
    if len(moved.keys) != len(found):
        raise CannotRefund(vintage)
    refund = Refund.objects.create(
        contract=contract,
        vintage=vintage,
        rank=rank,
        number=number,
        vouchers=len(found),
        basis=figures.basis,
        weight=figures.weight,
        year_of_orders=terms.reading("pro_rata_year", on=queries.read_on(vintage, terms)),
        pool=figures.pool,
        own_weight=figures.own_weight,
        all_weights=figures.all_weights,
        pro_rata=figures.pro_rata,
        exact=figures.exact,
        already=already,
        amount=amount,
        planned_on=dates.refund_planned_on,
        due_on=dates.refund_by_on,
        decided_at=at,
        decided_by=actor,
    )
    RefundedVoucher.objects.bulk_create(
        [RefundedVoucher(refund=refund, voucher_id=each.key, holding=each.holding.value) for each in found],
        batch_size=500,
    )
    record(
        contract=contract.code,
        actor=actor,
        at=at,
        act="REFUND_DECIDED",
        target=f"refund:{number}",
        body={
            "vintage": vintage,
            "vouchers": len(found),
            "basis": figures.basis,
            "pro_rata": str(figures.pro_rata),
            "exact": str(figures.exact),
            "amount": str(amount),
        },
    )
    return refund


@clause("T-2.1.4-remboursement")
def draw_cheque(
    *, refund: Refund, number: str, bank: str, drawn_on: date, actor: str, at: datetime
) -> Cheque:
    """Pay a refund by a cheque: register it, and keep the letter that goes with it.

    Raises:
        NothingToPay: the refund is nil or negative.
        HasItsCheque: it is paid already.
    """
    if refund.amount <= 0:
        raise NothingToPay(refund.number)
    with transaction.atomic():
        held = Refund.objects.select_for_update(of=("self",)).select_related("contract").get(pk=refund.pk)
        if Cheque.objects.filter(refund=held).exists():
            raise HasItsCheque(held.number)
        letter = cheque_letter(held, number=number, bank=bank, drawn_on=drawn_on)
        cheque = Cheque.objects.create(
            refund=held,
            number=number,
            bank=bank,
            drawn_on=drawn_on,
            amount=held.amount,
            letter_sha256=files.keep(letter, contract=held.contract.code),
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CHEQUE_DRAWN",
            target=f"refund:{held.number}",
            body={
                "number": number,
                "bank": bank,
                "drawn_on": drawn_on.isoformat(),
                "amount": str(held.amount),
                "letter_sha256": cheque.letter_sha256,
            },
        )
    return cheque


def cash_cheque(*, cheque: Cheque, cashed_on: date, actor: str, at: datetime) -> Cheque:
    """Note that the buyer cashed the cheque.

    Raises:
        AlreadyCashed: it was noted before.
    """
    with transaction.atomic():
        held = (
            Cheque.objects.select_for_update(of=("self",))
            .select_related("refund__contract")
            .get(pk=cheque.pk)
        )
        if held.cashed_on is not None:
            raise AlreadyCashed(held.number)
        held.cashed_on = cashed_on
        held.save(update_fields=["cashed_on"])
        record(
            contract=held.refund.contract.code,
            actor=actor,
            at=at,
            act="CHEQUE_CASHED",
            target=f"refund:{held.refund.number}",
            body={"number": held.number, "cashed_on": cashed_on.isoformat()},
        )
    return held

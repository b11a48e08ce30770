"""Vouchers in the place of others: the old one dead before the new one lives, in the same booklets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.codes import CodeContent, short_code
from titulaire.vouchers.issuing.models import Booklet, Voucher, VoucherState
from titulaire.vouchers.issuing.register import move
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import NoSeries, short_code_secret, signer_for
from titulaire.vouchers.issuing.statements import take_serials
from titulaire.vouchers.orders.models import Order


class CannotReplace(Exception):
    """Some vouchers stand where nothing can replace them: nothing was done. `states` says where, by key."""

    def __init__(self, states: dict[int, str]) -> None:
        super().__init__(len(states))
        self.states = states


@dataclass(frozen=True, slots=True)
class Replacements:
    """What was made: as many vouchers as were ended, in how many booklets, numbered from one to another."""

    vouchers: int
    booklets: int
    value_cents: int
    first_number: str
    last_number: str


@clause("T-2.1.4-remplacement")
def replace_vouchers(
    *,
    contract: Contract,
    keys: Collection[int],
    vintage: int,
    act: str,
    target: str,
    actor: str,
    at: datetime,
) -> Replacements:
    """End vouchers as REPLACED and make as many of a vintage in their place, of the same value and order line.

    A booklet of which some vouchers are replaced gives a booklet of those alone. In the caller's transaction,
    with the caller's journal entry.

    Raises:
        CannotReplace: one of them was used, replaced or refunded meanwhile.
        NoSeries: the contract has no series of numbers.
    """
    moved = move(keys, to=VoucherState.REPLACED, act=act, target=target, at=at)
    if moved.refused or len(moved.keys) != len(set(keys)):
        raise CannotReplace({key: state.value for key, state in moved.refused.items()})
    old = list(
        Voucher.objects.filter(pk__in=moved.keys).select_related("booklet", "order").order_by("serial")
    )
    signer = signer_for(contract, vintage, actor=actor, at=at)
    taken = take_serials(contract.pk, len(old))
    if taken is None:
        raise NoSeries(contract.code)
    issuer, first = taken
    by_booklet: dict[int, list[Voucher]] = defaultdict(list)
    for voucher in old:
        by_booklet[voucher.booklet_id].append(voucher)
    booklets = _booklets(contract, list(by_booklet.values()), first)
    on = timezone.localdate(at)
    last_valid_on = terms_of(contract.code).annual_day("validity_end", on=on).of(vintage)
    secret = short_code_secret(contract)
    made: list[Voucher] = []
    for held, booklet in zip(by_booklet.values(), booklets, strict=True):
        for before in held:
            number = Number(vintage, issuer, first + len(made))
            made.append(
                Voucher(
                    contract=contract,
                    order_id=before.order_id,
                    booklet=booklet,
                    number=str(number),
                    serial=number.serial,
                    vintage=vintage,
                    face_value_cents=before.face_value_cents,
                    valid_from_on=on,
                    last_valid_on=last_valid_on,
                    state=VoucherState.ISSUED.value,
                    code=signer.sign(CodeContent(number, before.face_value, last_valid_on)),
                    short_code=short_code(secret, number),
                    issued_at=at,
                    replaces=before,
                )
            )
    Voucher.objects.bulk_create(made, batch_size=500)
    return Replacements(
        len(made),
        len(booklets),
        sum(voucher.face_value_cents for voucher in made),
        made[0].number,
        made[-1].number,
    )


def _booklets(contract: Contract, held: list[list[Voucher]], first: int) -> list[Booklet]:
    """One booklet for each that gives vouchers, at the end of its own order's booklets."""
    orders = sorted({vouchers[0].order_id for vouchers in held})
    # Two acts that add booklets to one order wait for each other: its ranks follow.
    list(Order.objects.select_for_update(of=("self",)).filter(pk__in=orders).order_by("pk"))
    ranks: dict[int, int] = dict(
        Booklet.objects.filter(order__in=orders).values_list("order").annotate(Max("rank")).order_by()
    )
    made = []
    for vouchers in held:
        before = vouchers[0].booklet
        ranks[before.order_id] += 1
        rank = ranks[before.order_id]
        made.append(
            Booklet(
                contract=contract,
                order_id=before.order_id,
                line_id=before.line_id,
                rank=rank,
                reference=f"{vouchers[0].order.number}-{rank:04d}",
                size=len(vouchers),
                first_serial=first,
            )
        )
        first += len(vouchers)
    return Booklet.objects.bulk_create(made, batch_size=500)

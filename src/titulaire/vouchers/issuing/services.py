"""Issuing an order's vouchers: numbers, signatures, booklets, in one transaction with their trace."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.issuing.codes import CodeContent, KeyPair, PublicKey, Signer, short_code
from titulaire.vouchers.issuing.models import PrintJob, PrintState, Series, SigningKey, VoucherState
from titulaire.vouchers.issuing.rules import Number, booklet_sizes
from titulaire.vouchers.issuing.statements import insert_booklets, insert_vouchers, take_serials
from titulaire.vouchers.orders.models import Order, OrderLine
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.orders.services import mark_issued


class IssuingRefused(Exception):
    """The order cannot be issued."""


class NotAcknowledged(IssuingRefused):
    """The order is not acknowledged, or was cancelled: `state` says where it stands."""

    def __init__(self, number: str, state: str) -> None:
        super().__init__(number, state)
        self.number = number
        self.state = state


class NoSeries(IssuingRefused):
    """The contract has no series of numbers yet: open one first."""


class SeriesTaken(ValueError):
    """These three digits already number another contract."""


class CountsDiffer(IssuingRefused):
    """The lines do not add up to what the order says: nothing is issued."""

    def __init__(self, number: str, ordered: int, lines: int) -> None:
        super().__init__(number, ordered, lines)
        self.number = number
        self.ordered = ordered
        self.lines = lines


class VintageOver(IssuingRefused):
    """The order waited too long: its vouchers could no longer be used after today. Nothing is issued."""

    def __init__(self, number: str, last_valid_on: date) -> None:
        super().__init__(number, last_valid_on)
        self.number = number
        self.last_valid_on = last_valid_on


@dataclass(frozen=True, slots=True)
class Issue:
    """What an issue made, or had already made (`already_done`). Serials include both ends."""

    order: Order
    booklets: int
    vouchers: int
    first_number: str
    last_number: str
    already_done: bool


def open_series(*, contract: Contract, issuer: int, actor: str, at: datetime) -> Series:
    """Give a contract its three issuer digits and its continuous series. Opening it twice changes nothing.

    Raises:
        SeriesTaken: another contract is numbered with these digits.
    """
    try:
        with transaction.atomic():
            series, opened = Series.objects.get_or_create(contract=contract, defaults={"issuer": issuer})
            if not opened and series.issuer != issuer:
                raise SeriesTaken(issuer)
            if opened:
                record(
                    contract=contract.code,
                    actor=actor,
                    at=at,
                    act="OPEN_SERIES",
                    target=f"series:{issuer:03d}",
                )
    except IntegrityError as fault:
        raise SeriesTaken(issuer) from fault
    return series


@clause("T-2.4-securite")
def make_key(
    *,
    contract: Contract,
    vintage: int,
    actor: str,
    at: datetime,
    because: str = "",
    replaces: int | None = None,
) -> SigningKey:
    """Make a new signing key for a vintage and retire the one in force: it signs no more, and still verifies.

    `replaces` is the id of the key that the asker saw in force, 0 for none: when another one is by now, it is
    given and nothing is made, so that asking twice rotates once. None: rotate whatever is in force.

    Raises:
        NoSeries: the contract has no issuer digits.
    """
    with transaction.atomic():
        series = Series.objects.select_for_update().filter(contract=contract).first()
        if series is None:
            raise NoSeries(contract.code)
        in_force = SigningKey.objects.filter(
            contract=contract, vintage=vintage, retired_at__isnull=True
        ).first()
        if replaces is not None and in_force is not None and in_force.key_id != replaces:
            return in_force
        last = SigningKey.objects.aggregate(last=Max("key_id"))["last"]
        pair = KeyPair.generate(
            key_id=(last or 0) + 1,
            issuer=series.issuer,
            vintage=vintage,
            passphrase=settings.KEY_PASSPHRASE,
        )
        if in_force is not None:
            in_force.retired_at, in_force.retired_because = at, because
            in_force.save(update_fields=["retired_at", "retired_because"])
        key = SigningKey.objects.create(
            contract=contract,
            key_id=pair.public.key_id,
            vintage=vintage,
            public=pair.public.jwk(),
            private=pair.private,
            created_at=at,
            created_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="MAKE_SIGNING_KEY",
            target=f"key:{key.key_id}",
            body={"vintage": vintage, "because": because},
        )
    return key


def signer_for(contract: Contract, vintage: int, *, actor: str, at: datetime) -> Signer:
    """The signer of a vintage, opened with the passphrase of the settings; makes the key when there is none."""
    key = SigningKey.objects.filter(contract=contract, vintage=vintage, retired_at__isnull=True).first()
    if key is None:
        key = make_key(contract=contract, vintage=vintage, actor=actor, at=at, because="first of its vintage")
    pair = KeyPair(PublicKey.from_jwk(key.public), key.private)
    return pair.signer(settings.KEY_PASSPHRASE)


@clause("T-1.1-emission", "T-2.1.1.1-commande-mensuelle", "T-2.4-carnets", "T-2.4-non-identifies")
def issue_order(*, order: Order, actor: str, at: datetime) -> Issue:
    """Issue exactly the vouchers that an acknowledged order asks for. Issuing it twice issues once.

    Numbers follow one another in the contract's series, booklet by booklet, in the order of the lines.

    Raises:
        NotAcknowledged: the order is not acknowledged yet, or was cancelled.
        NoSeries: the contract has no series of numbers.
        VintageOver: the vouchers would be over on the day they are issued.
        CountsDiffer: the lines do not add up to the order.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("contract").get(pk=order.pk)
        if order.state in {OrderState.ISSUED, OrderState.RELEASED}:
            return _already(order)
        if order.state != OrderState.ACKNOWLEDGED:
            raise NotAcknowledged(order.number, order.state)
        lines = list(order.lines.order_by("position"))
        if sum(line.vouchers for line in lines) != order.vouchers:
            raise CountsDiffer(order.number, order.vouchers, sum(line.vouchers for line in lines))
        valid_from_on, last_valid_on = timezone.localdate(at), order.valid_until_on
        if last_valid_on <= valid_from_on:
            raise VintageOver(order.number, last_valid_on)
        signer = signer_for(order.contract, order.vintage, actor=actor, at=at)
        taken = take_serials(order.contract.pk, order.vouchers)
        if taken is None:
            raise NoSeries(order.contract.code)
        issuer, first = taken
        sizes = _write_booklets(order, lines, first)
        numbers = _write_vouchers(order, sizes, issuer, first, signer, valid_from_on, last_valid_on, at)
        mark_issued(order=order, at=at)
        PrintJob.objects.create(
            contract=order.contract,
            order=order,
            batch=batch_code(order),
            state=PrintState.TO_MAKE.value,
            asked_at=at,
        )
        record(
            contract=order.contract.code,
            actor=actor,
            at=at,
            act="ORDER_ISSUED",
            target=f"order:{order.number}",
            body={
                "vouchers": order.vouchers,
                "booklets": len(sizes),
                "first": numbers[0],
                "last": numbers[-1],
                "key": signer.public.key_id,
                "last_valid_on": str(last_valid_on),
            },
        )
    return Issue(order, len(sizes), order.vouchers, numbers[0], numbers[-1], already_done=False)


def batch_code(order: Order) -> str:
    """The short code printed on every voucher of an order: two letters for the rank, then the vintage.

    A shop can be told « refusez le lot BC27 » by telephone when a parcel is stolen.
    """
    rank, letters = order.rank, ""
    while True:
        rank, rest = divmod(rank, 24)
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"[rest] + letters
        if not rank and len(letters) >= 2:
            return f"{letters}{order.year % 100:02d}"


def _already(order: Order) -> Issue:
    own = order.issued_vouchers.filter(booklet__reissue__isnull=True).order_by("serial")
    found = list(own.values_list("number", flat=True))
    return Issue(
        order,
        order.issued_booklets.filter(reissue__isnull=True).count(),
        len(found),
        found[0],
        found[-1],
        already_done=True,
    )


def _write_booklets(order: Order, lines: Sequence[OrderLine], first: int) -> list[tuple[int, int]]:
    """Write the booklets; gives (key, size) of each, in the order of their serials."""
    rows: list[tuple[object, ...]] = []
    serial = first
    for line in lines:
        for size in booklet_sizes(line.vouchers):
            rank = len(rows) + 1
            rows.append(
                (order.contract.pk, order.pk, line.pk, rank, f"{order.number}-{rank:04d}", size, serial)
            )
            serial += size
    keys = insert_booklets(rows)
    return [(keys[int(str(row[6]))], int(str(row[5]))) for row in rows]


def _write_vouchers(
    order: Order,
    booklets: Sequence[tuple[int, int]],
    issuer: int,
    first: int,
    signer: Signer,
    valid_from_on: date,
    last_valid_on: date,
    at: datetime,
) -> list[str]:
    rows: list[tuple[object, ...]] = []
    secret = short_code_secret(order.contract)
    serial = first
    for booklet, size in booklets:
        for _ in range(size):
            number = Number(order.vintage, issuer, serial)
            code = signer.sign(CodeContent(number, order.face_value, last_valid_on))
            rows.append((booklet, str(number), serial, code, short_code(secret, number)))
            serial += 1
    shared: dict[str, object] = {
        "contract_id": order.contract.pk,
        "order_id": order.pk,
        "vintage": order.vintage,
        "face_value_cents": int(order.face_value * 100),
        "valid_from_on": valid_from_on,
        "last_valid_on": last_valid_on,
        "state": VoucherState.ISSUED.value,
        "issued_at": at,
    }
    insert_vouchers(rows, shared=shared)
    return [str(row[1]) for row in rows]


def short_code_secret(contract: Contract) -> bytes:
    """The secret of a contract's short codes, derived from the passphrase; codes are kept with their vouchers."""
    return hmac.new(settings.KEY_PASSPHRASE.encode(), f"short:{contract.code}".encode(), "sha256").digest()

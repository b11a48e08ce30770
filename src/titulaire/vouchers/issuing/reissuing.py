"""Vouchers in place of dead ones: the old one dies, then the new one is born, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings as configuration
from django.db import connection, transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.codes import CodeContent, KeyPair, PublicKey, Signer, short_code
from titulaire.vouchers.issuing.composition import job_spec, snapshot
from titulaire.vouchers.issuing.models import (
    Booklet,
    PaperBatch,
    Reissue,
    SigningKey,
    Voucher,
    VoucherState,
)
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.printing.spec import JobSpec
from titulaire.vouchers.issuing.production import PaperExpired, public_keys
from titulaire.vouchers.issuing.proofreading import ProofReport, proofread
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import (
    IssuingRefused,
    NoSeries,
    batch_code,
    make_key,
    short_code_secret,
)
from titulaire.vouchers.issuing.statements import take_serials
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import last_day_of_use


class NotReplaceable(IssuingRefused):
    """Some of these vouchers cannot be replaced from where they stand: nothing is issued. `states` by key."""

    def __init__(self, states: Mapping[int, VoucherState]) -> None:
        super().__init__(dict(states))
        self.states = states


class ReissueFaulty(Exception):
    """Proof-reading refuses the pages of this reissue: nothing is kept. `report` says why."""

    def __init__(self, reference: str, report: ProofReport) -> None:
        super().__init__(reference)
        self.reference = reference
        self.report = report


def prepare_keys(contract: Contract, vintages: Sequence[int], *, actor: str, at: datetime) -> None:
    """Make the signing keys that are missing, before the act that signs: a key is an act of its own."""
    for vintage in set(vintages):
        if not _key(contract, vintage):
            make_key(contract=contract, vintage=vintage, actor=actor, at=at, because="first of its vintage")


@clause("T-2.6-perte", "T-2.6-defectueux", "T-2.4-securite", "T-1.1-plafond")
def replace_vouchers(
    *,
    contract: Contract,
    vintages: Mapping[int, int],
    act: str,
    cause: str,
    target: str,
    actor: str,
    at: datetime,
) -> list[Reissue]:
    """Replace vouchers, given by primary key with the vintage of the new one: one reissue per order and kind.

    In the caller's transaction, with the caller's journal entry, after `prepare_keys`. A new voucher keeps the face
    value, the line and, in the same vintage, the dates of the one it stands for; nothing is added to what is ordered.

    Raises:
        NotReplaceable: a voucher cannot be replaced from its state: nothing is done.
        register.MovedOutsideItsAct: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise register.MovedOutsideItsAct(act)
    held = Voucher.objects.filter(contract=contract, pk__in=vintages)
    # Two reissues of one order wait for each other: each gets its rank.
    orders = set(held.values_list("order_id", flat=True))
    list(Order.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=orders).order_by("pk"))
    moved = register.move(list(vintages), to=VoucherState.REPLACED, act=act, target=target, at=at)
    if moved.refused or len(moved.keys) != len(vintages):
        raise NotReplaceable(moved.refused)
    groups: dict[tuple[int, int, int, date, date], list[Voucher]] = defaultdict(list)
    for old in held.select_related("order", "booklet__line").order_by("serial"):
        vintage = vintages[old.pk]
        dates = (
            (old.valid_from_on, old.last_valid_on)
            if vintage == old.vintage
            else (timezone.localdate(at), last_day_of_use(vintage))
        )
        groups[(old.order_id, old.face_value_cents, vintage, *dates)].append(old)
    return [
        _reissue(contract, olds, vintage, (valid_from_on, last_valid_on), cause, target, actor, at)
        for (_, _, vintage, valid_from_on, last_valid_on), olds in groups.items()
    ]


def _reissue(
    contract: Contract,
    olds: Sequence[Voucher],
    vintage: int,
    validity: tuple[date, date],
    cause: str,
    target: str,
    actor: str,
    at: datetime,
) -> Reissue:
    order = olds[0].order
    rank = order.reissues.count() + 1
    reissue = Reissue.objects.create(
        contract=contract,
        order=order,
        rank=rank,
        reference=f"{order.number}-R{rank}",
        batch=f"{batch_code(order)}R{rank}",
        cause=cause,
        target=target,
        vouchers=len(olds),
        issued_at=at,
        issued_by=actor,
    )
    taken = take_serials(contract.pk, len(olds))
    if taken is None:
        raise NoSeries(contract.code)
    issuer, serial = taken
    signer, secret = _signer(contract, vintage), short_code_secret(contract)
    by_booklet: dict[int, list[Voucher]] = defaultdict(list)
    for old in olds:
        by_booklet[old.booklet_id].append(old)
    last = order.issued_booklets.order_by("-rank").values_list("rank", flat=True)[0]
    for place, dead in enumerate(by_booklet.values(), start=last + 1):
        booklet = Booklet.objects.create(
            contract=contract,
            order=order,
            line=dead[0].booklet.line,
            rank=place,
            reference=f"{order.number}-{place:04d}",
            size=len(dead),
            first_serial=serial,
            reissue=reissue,
        )
        rows = []
        for old in dead:
            number = Number(vintage, issuer, serial)
            rows.append(
                Voucher(
                    contract=contract,
                    order=order,
                    booklet=booklet,
                    number=str(number),
                    serial=serial,
                    vintage=vintage,
                    face_value_cents=old.face_value_cents,
                    valid_from_on=validity[0],
                    last_valid_on=validity[1],
                    state=VoucherState.ISSUED.value,
                    code=signer.sign(CodeContent(number, Decimal(old.face_value_cents) / 100, validity[1])),
                    short_code=short_code(secret, number),
                    issued_at=at,
                    replaces=old,
                )
            )
            serial += 1
        Voucher.objects.bulk_create(rows)
    return reissue


def _key(contract: Contract, vintage: int) -> SigningKey | None:
    return SigningKey.objects.filter(contract=contract, vintage=vintage, retired_at__isnull=True).first()


def _signer(contract: Contract, vintage: int) -> Signer:
    key = _key(contract, vintage)
    assert key is not None, "prepare_keys comes first"  # noqa: S101 - a caller's bug
    return KeyPair(PublicKey.from_jwk(key.public), key.private).signer(configuration.KEY_PASSPHRASE)


def reissue_spec(reissue: Reissue) -> JobSpec:
    """What the reissue prints, from its stored texts."""
    return job_spec(
        reissue.order, reissue.settings, batch=reissue.batch, made_at=reissue.issued_at, reissue=reissue
    )


@clause("T-2.6-perte", "T-2.6-defectueux", "T-2.4-papier-durable", "T-5.1-coherence")
def print_reissue(
    *, reissue: Reissue, paper: PaperBatch, actor: str, at: datetime, workshop: Workshop
) -> Reissue:
    """Make the press file of a reissue and proof-read it like any other. Done twice, made once.

    Raises:
        PaperExpired: the evidence of the paper is no longer valid, or the paper is another contract's.
        ReissueFaulty: proof-reading found something.
        NothingToPrintWith: the contract has no imprint.
    """
    if reissue.press_sha256:
        return reissue
    if paper.evidence_expires_on < timezone.localdate(at) or paper.contract_id != reissue.contract_id:
        raise PaperExpired(paper.reference, paper.evidence_expires_on)
    reissue.settings = snapshot(reissue.order, on=timezone.localdate(at), reissue=reissue)
    spec = reissue_spec(reissue)
    press = workshop.print_job(spec).press
    report = proofread(press, spec, public_keys(reissue.contract))
    if not report.passed:
        raise ReissueFaulty(reissue.reference, report)
    contract = reissue.contract.code
    kept = files.keep(press, contract=contract)
    with transaction.atomic():
        held = Reissue.objects.select_for_update(of=("self",)).get(pk=reissue.pk)
        if held.press_sha256:
            return held
        held.settings, held.paper, held.press_sha256 = reissue.settings, paper, kept
        held.printed_at, held.printed_by = at, actor
        held.save()
        record(
            contract=contract,
            actor=actor,
            at=at,
            act="PRINT_REISSUE",
            target=f"reissue:{held.reference}",
            body={"paper": paper.reference, "press": kept, "vouchers": held.vouchers},
        )
    return held

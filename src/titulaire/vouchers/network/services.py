"""What an affiliate sends in becomes uses, once each; uses become payments; paid paper is destroyed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.jobs.services import enqueue
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import (
    MOST_TITLES,
    UNPROVEN,
    AffiliateState,
    Channel,
    Given,
    Presentation,
    Presented,
    Ruling,
    Verdict,
    after_state,
    fingerprint,
    rule_batch,
)
from titulaire.vouchers.network.statements import insert_lines, insert_uses, take_rank, titles_numbered

READ_SCAN = "network.read_scan"


class RemittanceRefused(Exception):
    """The remittance is refused whole; nothing is recorded."""


class NotAccepted(RemittanceRefused):
    """The affiliate is not accepted: `state` says where its affiliation stands."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NothingGiven(RemittanceRefused):
    """No voucher was given."""


class TooMany(RemittanceRefused):
    """More vouchers than one remittance holds."""

    def __init__(self, given: int) -> None:
        super().__init__(given)
        self.given = given


class PostmarkAfterReceipt(RemittanceRefused):
    """The postmark is later than the receipt, or the receipt is still to come."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a remittance came from."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Remitted:
    """A remittance, and whether it was known before."""

    remittance: Remittance
    already_known: bool


@clause("T-1.1-reseau", "T-2.4-securite", "T-2.6-lieu-utilisation", "T-3.3-tracabilite")
def remit(
    *,
    affiliate: Affiliate,
    titles: Sequence[Given],
    channel: Channel,
    actor: str,
    at: datetime,
    received_on: date | None = None,
    postmarked_on: date | None = None,
    letters_required: bool = False,
    source: Source | None = None,
) -> Remitted:
    """Record what an affiliate sends in: each valid voucher becomes used, each other gets its verdict.

    The same content sent again is the same remittance, unless a voucher that was refused could now be accepted.
    `letters_required`: a number alone is not enough (whoever remits does not show the paper).

    Raises:
        NotAccepted, NothingGiven, TooMany, PostmarkAfterReceipt: nothing is recorded.
    """
    received_on = received_on or timezone.localdate(at)
    _check_dates(received_on, postmarked_on, at)
    _check_count(titles)
    # Signatures are checked before any lock is taken: they are the long part, and need nothing but public keys.
    presented = queries.examined(titles)
    presentation = queries.presentation(
        affiliate.contract,
        received_on=received_on,
        postmarked_on=postmarked_on,
        letters_required=letters_required,
    )
    kept = files.keep(source.content, contract=affiliate.contract.code) if source else ""
    with transaction.atomic():
        affiliate = _held(affiliate)
        content = hashlib.sha256(fingerprint(presented).encode()).hexdigest()
        rulings = _rule(affiliate, presented, presentation)
        known = (
            Remittance.objects.filter(affiliate=affiliate, fingerprint=content).order_by("-repeat").first()
        )
        if known is not None and not any(ruling.verdict is Verdict.VALID for ruling in rulings):
            return Remitted(known, already_known=True)
        remittance = Remittance(
            contract=affiliate.contract,
            affiliate=affiliate,
            number=_number(affiliate, at),
            channel=channel.value,
            state=Remittance.RECORDED,
            fingerprint=content,
            repeat=known.repeat + 1 if known else 0,
            source_name=source.name if source else "",
            source_sha256=kept,
            received_on=received_on,
            postmarked_on=postmarked_on,
            presented_on=presentation.on,
            letters_required=letters_required,
            recorded_at=at,
            recorded_by=actor,
        )
        _accept(remittance, rulings, presentation, actor=actor, at=at)
    return Remitted(remittance, already_known=False)


@clause("T-1.1-reseau", "T-2.4-securite")
def deposit_scan(
    *,
    affiliate: Affiliate,
    source: Source,
    actor: str,
    at: datetime,
    received_on: date | None = None,
    postmarked_on: date | None = None,
    declared: int | None = None,
) -> Remitted:
    """Take a scanned batch in; its codes are read by the worker, then ruled as any remittance.

    The same file sent again is the same remittance. `declared` is the number of vouchers that the sender says.

    Raises:
        NotAccepted, PostmarkAfterReceipt: nothing is recorded.
    """
    received_on = received_on or timezone.localdate(at)
    _check_dates(received_on, postmarked_on, at)
    presentation = queries.presentation(
        affiliate.contract, received_on=received_on, postmarked_on=postmarked_on, letters_required=True
    )
    kept = files.keep(source.content, contract=affiliate.contract.code)
    with transaction.atomic():
        affiliate = _held(affiliate)
        known = Remittance.objects.filter(affiliate=affiliate, fingerprint=kept).order_by("-repeat").first()
        if known is not None:
            return Remitted(known, already_known=True)
        remittance = Remittance.objects.create(
            contract=affiliate.contract,
            affiliate=affiliate,
            number=_number(affiliate, at),
            channel=Channel.SCAN.value,
            state=Remittance.READING,
            fingerprint=kept,
            source_name=source.name,
            source_sha256=kept,
            declared=declared,
            received_on=received_on,
            postmarked_on=postmarked_on,
            presented_on=presentation.on,
            letters_required=True,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=affiliate.contract.code,
            actor=actor,
            at=at,
            act="SCAN_RECEIVED",
            target=f"remittance:{remittance.number}",
            body={"affiliate": affiliate.siret, "sha256": kept, "declared": declared},
        )
        enqueue(
            kind=READ_SCAN,
            key=f"{READ_SCAN}:{remittance.pk}",
            at=at,
            contract=affiliate.contract.code,
            payload={"remittance": remittance.pk, "actor": actor},
        )
    return Remitted(remittance, already_known=False)


@clause("T-2.4-securite", "T-1.1-reseau")
def record_scan(*, remittance: Remittance, titles: Sequence[Given], actor: str, at: datetime) -> Remittance:
    """Rule the vouchers read from a scanned batch. Done twice, it is done once.

    Raises:
        TooMany: more vouchers than one remittance holds.
    """
    if len(titles) > MOST_TITLES:
        raise TooMany(len(titles))
    presented = queries.examined(titles)
    with transaction.atomic():
        held = Remittance.objects.select_for_update(of=("self",)).select_related("contract", "affiliate")
        remittance = held.get(pk=remittance.pk)
        if remittance.state != Remittance.READING:
            return remittance
        presentation = queries.presentation(
            remittance.contract,
            received_on=remittance.received_on,
            postmarked_on=remittance.postmarked_on,
            letters_required=True,
        )
        rulings = _rule(remittance.affiliate, presented, presentation)
        remittance.state = Remittance.RECORDED if rulings else Remittance.NOTHING_READ
        _accept(remittance, rulings, presentation, actor=actor, at=at)
    return remittance


def preview(
    *,
    affiliate: Affiliate,
    titles: Sequence[Given],
    at: datetime,
    received_on: date | None = None,
    postmarked_on: date | None = None,
    letters_required: bool = False,
) -> list[Ruling]:
    """The verdicts that a remittance would get, without recording anything.

    Raises:
        NothingGiven, TooMany, PostmarkAfterReceipt.
    """
    received_on = received_on or timezone.localdate(at)
    _check_dates(received_on, postmarked_on, at)
    _check_count(titles)
    presentation = queries.presentation(
        affiliate.contract,
        received_on=received_on,
        postmarked_on=postmarked_on,
        letters_required=letters_required,
    )
    return _rule(affiliate, queries.examined(titles), presentation)


def _check_dates(received_on: date, postmarked_on: date | None, at: datetime) -> None:
    if received_on > timezone.localdate(at) or (postmarked_on is not None and postmarked_on > received_on):
        raise PostmarkAfterReceipt


def _check_count(titles: Sequence[Given]) -> None:
    if not titles:
        raise NothingGiven
    if len(titles) > MOST_TITLES:
        raise TooMany(len(titles))


def _held(affiliate: Affiliate) -> Affiliate:
    """The affiliate, locked: its remittances are recorded one after the other."""
    held = Affiliate.objects.select_for_update(of=("self",)).select_related("contract").get(pk=affiliate.pk)
    if held.state != AffiliateState.ACCEPTED:
        raise NotAccepted(held.state)
    return held


def _number(affiliate: Affiliate, at: datetime) -> str:
    return f"R{timezone.localdate(at):%y}-{take_rank(affiliate.contract.pk, 'remittances'):06d}"


def _rule(affiliate: Affiliate, presented: Sequence[Presented], presentation: Presentation) -> list[Ruling]:
    numbers = sorted({one.number for one in presented if one.number})
    with_codes = any(one.code for one in presented)
    facts = titles_numbered(affiliate.contract.pk, numbers, with_codes=with_codes)
    return rule_batch(presented, facts, presentation)


def _accept(
    remittance: Remittance,
    rulings: list[Ruling],
    presentation: Presentation,
    *,
    actor: str,
    at: datetime,
) -> None:
    """Move the valid vouchers to used, write the lines and the uses, and the journal's entry."""
    target = f"remittance:{remittance.number}"
    wanted = [ruling.key for ruling in rulings if ruling.verdict is Verdict.VALID and ruling.key is not None]
    moved = register.move(wanted, to=VoucherState.USED, act="REMITTED", target=target, at=at)
    # Another act may have taken a voucher since it was ruled: the register's answer is the verdict.
    if moved.refused:
        rulings = [_as_moved(ruling, moved) for ruling in rulings]
    valid = [ruling for ruling in rulings if ruling.verdict is Verdict.VALID]
    remittance.given = len(rulings)
    remittance.accepted = len(valid)
    remittance.amount_cents = sum(ruling.face_value_cents for ruling in valid)
    remittance.save()
    if rulings:
        insert_lines(remittance.pk, [_line(position, ruling) for position, ruling in enumerate(rulings, 1)])
        insert_uses(remittance.pk, at)
    record(
        contract=remittance.contract.code,
        actor=actor,
        at=at,
        act="REMITTED",
        target=target,
        body={
            "affiliate": remittance.affiliate.siret,
            "given": remittance.given,
            "accepted": remittance.accepted,
            "amount": str(remittance.amount),
            "presented_on": str(presentation.on),
            "fingerprint": remittance.fingerprint,
            "vouchers": sorted(ruling.presented.number for ruling in valid),
        },
    )


def _as_moved(ruling: Ruling, moved: register.Moved) -> Ruling:
    if ruling.verdict is not Verdict.VALID or ruling.key is None or ruling.key not in moved.refused:
        return ruling
    verdict, note = after_state(moved.refused[ruling.key], in_time=True)
    return ruling._replace(verdict=verdict, note=note)


def _line(position: int, ruling: Ruling) -> tuple[Any, ...]:
    one = ruling.presented
    return (
        position,
        one.given.text[:140],
        one.number,
        None if ruling.note in UNPROVEN else ruling.key,
        ruling.verdict.value,
        ruling.note.value,
        one.proof.value,
        one.given.page,
        one.given.used_on,
    )

"""The acts on stops: stop, lift, reissue. Each is one transaction, with its entry in the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Reissue, Voucher, VoucherState
from titulaire.vouchers.issuing.reissuing import prepare_keys, replace_vouchers
from titulaire.vouchers.stops.models import Claim, Lift, Stop, StopList, StoppedVoucher
from titulaire.vouchers.stops.queries import NothingNamed, named, replacement_due_on, standing
from titulaire.vouchers.stops.rules import (
    Selection,
    StopReason,
    asked_in_time,
    replacement_vintage,
)

ESCAPED_KEPT = 1000


class StopRefused(Exception):
    """The act cannot be done."""


class NothingToStop(StopRefused):
    """Every voucher named already stands where a stop changes nothing. `states` by number."""

    def __init__(self, states: Mapping[str, str]) -> None:
        super().__init__(dict(states))
        self.states = states


class MoreThanConfirmed(StopRefused):
    """The selection now holds more vouchers than the person confirmed: nothing is stopped."""

    def __init__(self, confirmed: int, found: int) -> None:
        super().__init__(confirmed, found)
        self.confirmed = confirmed
        self.found = found


class NothingToLift(StopRefused):
    """None of these vouchers is stopped any more. `states` by number: replaced, expired, refunded or free."""

    def __init__(self, states: Mapping[str, str]) -> None:
        super().__init__(dict(states))
        self.states = states


class NotEntitled(StopRefused):
    """This reason gives no right to new vouchers."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NothingToReissue(StopRefused):
    """None of these vouchers awaits a replacement. `states` by number."""

    def __init__(self, states: Mapping[str, str]) -> None:
        super().__init__(dict(states))
        self.states = states


class AskedTooLate(StopRefused):
    """The replacement was asked after these vouchers had expired."""

    def __init__(self, numbers: tuple[str, ...], last_valid_on: date) -> None:
        super().__init__(numbers, last_valid_on)
        self.numbers = numbers
        self.last_valid_on = last_valid_on


@clause("T-2.1.5-espace-gestion", "T-2.4-securite", "T-3.3-tracabilite")
def stop_vouchers(
    *,
    contract: Contract,
    selection: Selection,
    reason: StopReason,
    declared_by: str,
    declared_on: date,
    confirmed: int,
    request_key: str,
    actor: str,
    at: datetime,
    note: str = "",
    police_reference: str = "",
) -> Stop:
    """Refuse the vouchers named, from this instant. The same `request_key` again gives the same stop.

    Those that a use or another stop took first are left to it, and told in `escaped`. `confirmed` is the number of
    vouchers that the person saw and confirmed: fewer may be stopped, since some may have been used meanwhile,
    never more.

    Raises:
        NothingNamed: the contract has no such voucher.
        NothingToStop: none of them can be stopped any more.
        MoreThanConfirmed: more vouchers than confirmed would be stopped.
    """
    with transaction.atomic():
        listing = _hold_list(contract)
        known = Stop.objects.filter(contract=contract, request_key=request_key).first()
        if known is not None:
            return known
        keys = list(named(contract, selection).values_list("pk", flat=True))
        if not keys:
            raise NothingNamed(selection)
        year = timezone.localdate(at).year
        rank = _next_rank(contract, year)
        number = f"OPP-{year}-{rank:04d}"
        moved = register.move(keys, to=VoucherState.STOPPED, act="STOP", target=f"stop:{number}", at=at)
        escaped = _by_number(moved.refused)
        if not moved.keys:
            raise NothingToStop(escaped)
        if len(moved.keys) > confirmed:
            raise MoreThanConfirmed(confirmed, len(moved.keys))
        version = _next_version(listing, at)
        stopped = Voucher.objects.filter(pk__in=moved.keys)
        stop = Stop.objects.create(
            contract=contract,
            year=year,
            rank=rank,
            number=number,
            designation=selection.designation.value,
            first=selection.first,
            last=selection.last,
            reason=reason.value,
            note=note,
            declared_by=declared_by,
            declared_on=declared_on,
            police_reference=police_reference,
            effective_at=at,
            stopped_by=actor,
            vouchers=len(moved.keys),
            amount_cents=stopped.aggregate(cents=Sum("face_value_cents"))["cents"],
            escaped=sorted(escaped.items())[:ESCAPED_KEPT],
            request_key=request_key,
        )
        StoppedVoucher.objects.bulk_create(
            StoppedVoucher(stop=stop, voucher_id=key, since_version=version) for key in sorted(moved.keys)
        )
        numbers = stopped.order_by("serial").values_list("number", flat=True)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="STOP",
            target=f"stop:{number}",
            body={
                "designation": selection.designation.value,
                "first": selection.first,
                "last": selection.last,
                "reason": reason.value,
                "declared_by": declared_by,
                "declared_on": str(declared_on),
                "police_reference": police_reference,
                "vouchers": len(moved.keys),
                "numbers": list(numbers),
                "escaped": len(escaped),
                "version": version,
            },
        )
    return stop


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
def lift_stop(
    *, stop: Stop, reason: str, actor: str, at: datetime, numbers: Collection[str] | None = None
) -> Lift:
    """Give stopped vouchers back the state that they had: all those of the stop, or the numbers given.

    A voucher that was replaced, that expired or was refunded meanwhile stays so, and stays on the list.

    Raises:
        NothingToLift: none of them is stopped any more.
    """
    with transaction.atomic():
        listing = _hold_list(stop.contract)
        rows = standing(stop)
        if numbers is not None:
            rows = rows.filter(voucher__number__in=numbers)
        keys = list(rows.values_list("voucher_id", flat=True))
        lifted = register.lift(keys, act="LIFT_STOP", target=f"stop:{stop.number}", at=at)
        if not lifted.keys:
            raise NothingToLift(_by_number(lifted.refused))
        version = _next_version(listing, at)
        lift = Lift.objects.create(
            stop=stop, reason=reason, vouchers=len(lifted.keys), lifted_at=at, lifted_by=actor
        )
        standing(stop).filter(voucher_id__in=lifted.keys).update(until_version=version, lift=lift)
        freed = Voucher.objects.filter(pk__in=lifted.keys).order_by("serial")
        record(
            contract=stop.contract.code,
            actor=actor,
            at=at,
            act="LIFT_STOP",
            target=f"stop:{stop.number}",
            body={
                "reason": reason,
                "vouchers": len(lifted.keys),
                "numbers": list(freed.values_list("number", flat=True)),
                "kept": len(lifted.refused),
                "version": version,
            },
        )
    return lift


@clause("T-2.6-perte", "T-2.6-defectueux", "T-3.3-tracabilite")
def reissue_stopped(
    *, stop: Stop, asked_on: date, actor: str, at: datetime, numbers: Collection[str] | None = None
) -> list[Claim]:
    """Replace the vouchers that a stop holds, all or the numbers given, by new ones: the old die first.

    `asked_on` starts the delay of the contract.

    Raises:
        NotEntitled: the reason of the stop gives no right to new vouchers.
        NothingToReissue: none of them is stopped any more; replaced already, for instance.
        AskedTooLate: some had expired when the replacement was asked: nothing is done.
    """
    contract, reason = stop.contract, StopReason(stop.reason)
    due_on = replacement_due_on(contract, reason, asked_on=asked_on)
    if due_on is None:
        raise NotEntitled(stop.reason)
    awaiting = _awaiting(stop, numbers)
    late = [
        old
        for old in awaiting
        if not asked_in_time(reason, asked_on=asked_on, last_valid_on=old.last_valid_on)
    ]
    if late:
        raise AskedTooLate(tuple(old.number for old in late), late[0].last_valid_on)
    # Asked in time and done late, the new vouchers must be usable on the day they are made.
    ready_on = max(due_on, timezone.localdate(at))
    prepare_keys(contract, list(_vintages(awaiting, ready_on).values()), actor=actor, at=at)
    with transaction.atomic():
        # A lift waits here, or came first: what it freed is no longer awaiting.
        _hold_list(contract)
        vintages = _vintages(_awaiting(stop, numbers), ready_on)
        reissues = replace_vouchers(
            contract=contract,
            vintages=vintages,
            act="REISSUE",
            cause=reason.value,
            target=f"stop:{stop.number}",
            actor=actor,
            at=at,
        )
        made = [
            Claim.objects.create(stop=stop, reissue=reissue, asked_on=asked_on, due_on=due_on)
            for reissue in reissues
        ]
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="REISSUE",
            target=f"stop:{stop.number}",
            body={
                "asked_on": str(asked_on),
                "due_on": str(due_on),
                "reissues": [reissue.reference for reissue in reissues],
                "replaced": _lineage(reissues),
            },
        )
    return made


def _vintages(olds: Collection[Voucher], ready_on: date) -> dict[int, int]:
    return {
        old.pk: replacement_vintage(old.vintage, last_valid_on=old.last_valid_on, ready_on=ready_on)
        for old in olds
    }


def _awaiting(stop: Stop, numbers: Collection[str] | None) -> list[Voucher]:
    rows = standing(stop)
    if numbers is not None:
        rows = rows.filter(voucher__number__in=numbers)
    held = [row.voucher for row in rows]
    olds = [voucher for voucher in held if voucher.state == VoucherState.STOPPED]
    if not olds:
        raise NothingToReissue({voucher.number: voucher.state for voucher in held})
    return olds


def _lineage(reissues: Collection[Reissue]) -> dict[str, str]:
    pairs = Voucher.objects.filter(booklet__reissue__in=reissues).order_by("serial")
    return {old: new for old, new in pairs.values_list("replaces__number", "number") if old}


def _hold_list(contract: Contract) -> StopList:
    """The list's row, held until the end of the transaction: one act changes the list at a time."""
    StopList.objects.get_or_create(contract=contract)
    return StopList.objects.select_for_update(of=("self",)).get(contract=contract)


def _next_version(listing: StopList, at: datetime) -> int:
    listing.version, listing.changed_at = listing.version + 1, at
    listing.save(update_fields=["version", "changed_at"])
    return listing.version


def _next_rank(contract: Contract, year: int) -> int:
    last = Stop.objects.filter(contract=contract, year=year).aggregate(last=Max("rank"))["last"]
    return (last or 0) + 1


def _by_number(states: Mapping[int, VoucherState]) -> dict[str, str]:
    numbers = dict(Voucher.objects.filter(pk__in=states).values_list("pk", "number"))
    return {numbers[key]: state.value for key, state in states.items()}

"""A bearer tells a loss, without an account; the buyer or the issuer stops the vouchers, or says why not."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.stops.models import LossReport, Stop
from titulaire.vouchers.stops.rules import Designation, StopReason

BEARER = "public:bearer"
_BOOKLET = re.compile(r"\d{4}-\d{4}(?:-R\d+)?-\d{4}")


class NotNamed(ValueError):
    """Neither the reference of a booklet nor the number of a voucher."""


class AlreadyFollowed(Exception):
    """The report has its stop, or was dismissed."""


def designated(text: str) -> tuple[Designation, str]:
    """What a bearer names: a booklet by its reference, a voucher by its number.

    Raises:
        NotNamed: the text is neither, or a digit of the number is wrong.
    """
    bare = "".join(text.split()).upper()
    if _BOOKLET.fullmatch(bare):
        return Designation.BOOKLET, bare
    try:
        return Designation.NUMBER, str(Number.parse(bare))
    except ValueError as wrong:
        raise NotNamed(text) from wrong


@clause("T-1.1-avantages", "T-3.3-tracabilite")
def report_loss(
    *, contract: Contract, named: str, reason: StopReason, lost_on: date, at: datetime
) -> LossReport:
    """Record what a bearer says. The same loss told again is the same report.

    Raises:
        NotNamed: neither a booklet nor a voucher is named.
    """
    _, bare = designated(named)
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        known = LossReport.objects.filter(
            contract=contract, named=bare, reason=reason.value, lost_on=lost_on
        ).first()
        if known is not None:
            return known
        year = timezone.localdate(at).year
        last = LossReport.objects.filter(contract=contract, year=year).aggregate(last=Max("rank"))["last"]
        rank = (last or 0) + 1
        report = LossReport.objects.create(
            contract=contract,
            year=year,
            rank=rank,
            number=f"SIG-{year}-{rank:04d}",
            named=bare,
            reason=reason.value,
            lost_on=lost_on,
            received_at=at,
        )
        record(
            contract=contract.code,
            actor=BEARER,
            at=at,
            act="LOSS_REPORTED",
            target=f"loss:{report.number}",
            body={"named": bare, "reason": reason.value, "lost_on": str(lost_on)},
        )
    return report


def dismiss_report(*, report: LossReport, because: str, actor: str, at: datetime) -> LossReport:
    """Say why a report is not followed by a stop.

    Raises:
        AlreadyFollowed: it has its stop, or was dismissed.
    """
    with transaction.atomic():
        held = LossReport.objects.select_for_update(of=("self",)).select_related("contract").get(pk=report.pk)
        if (
            held.dismissed_at
            or Stop.objects.filter(contract=held.contract, request_key=held.stop_key).exists()
        ):
            raise AlreadyFollowed(held.number)
        held.dismissed_at, held.dismissed_by, held.dismissed_because = at, actor, because
        held.save()
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="LOSS_DISMISSED",
            target=f"loss:{held.number}",
            body={"because": because},
        )
    return held


def reports_of(contract: Contract) -> QuerySet[LossReport]:
    """The reports of a contract, each with the number of its stop as `stop_number`."""
    stops = Stop.objects.filter(contract=OuterRef("contract"), request_key=_key())
    return (
        LossReport.objects.filter(contract=contract)
        .annotate(stop_number=Subquery(stops.values("number")[:1]))
        .select_related("contract")
    )


def awaiting(contract: Contract) -> QuerySet[LossReport]:
    """Those that nobody followed or dismissed yet."""
    stops = Stop.objects.filter(contract=OuterRef("contract"), request_key=_key())
    return LossReport.objects.filter(~Exists(stops), contract=contract, dismissed_at=None)


def _key() -> Concat:
    return Concat(Value("loss:"), OuterRef("number"))

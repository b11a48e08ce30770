"""The acts on files: depositing, saying what their columns are, confirming, and erasing them in time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import ColumnMapping, DryRun, SourceFile
from titulaire.vouchers.orders.queries import OrderPlan, Repeat
from titulaire.vouchers.orders.reading.rows import Refusal
from titulaire.vouchers.orders.rules import Delivery, OrderKind, headings_signature
from titulaire.vouchers.orders.services import (
    CeilingPassed,
    Confirmation,
    LineRequest,
    OrderRefused,
    place_order,
)

DRY_RUN_LASTS = timedelta(hours=48)
FILES_KEPT = timedelta(days=30)


@dataclass(eq=False)
class FileRefused(OrderRefused):
    """The file is refused whole."""

    obstacles: tuple[Refusal, ...]


@dataclass(eq=False)
class RowsRefused(OrderRefused):
    """Some rows are refused, and nobody said to order the others without them."""

    refusals: tuple[Refusal, ...]


@dataclass(eq=False)
class RowsRepeated(OrderRefused):
    """People of the file already have titles of that month, and nobody said that this is meant."""

    repeats: tuple[Repeat, ...]


@dataclass(eq=False)
class DryRunClosed(OrderRefused):
    """The examination of this file is over: it lapsed, or its file was erased."""

    expired_at: datetime


def receive_file(*, contract: Contract, data: bytes, name: str, actor: str, at: datetime) -> SourceFile:
    """Keep a file as it was received, for a while. Inside the act that needs it."""
    return SourceFile.objects.create(
        contract=contract,
        name=name[-255:],
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        content=data,
        received_at=at,
        received_by=actor,
    )


@clause("T-2.1.1.1-commande-mensuelle", "T-2.1.1.1-transmission")
def open_dry_run(
    *,
    contract: Contract,
    data: bytes,
    name: str,
    actor: str,
    at: datetime,
    mapping: Mapping[str, str] | None = None,
    default_month: date | None = None,
) -> DryRun:
    """Deposit a file to be examined: nothing is ordered until it is confirmed.

    Raises:
        FileRefused: nothing can come of it; nothing is kept, least of all a social security number.
    """
    file = queries.read_file(contract, data, name, mapping=mapping, default_month=default_month)
    hopeless = tuple(
        refusal for refusal in file.refusals if not refusal.row and refusal.rule not in queries.COLUMN_RULES
    )
    if hopeless:
        raise FileRefused(hopeless)
    with transaction.atomic():
        source = receive_file(contract=contract, data=data, name=file.name, actor=actor, at=at)
        dry_run = DryRun.objects.create(
            contract=contract,
            source=source,
            mapping=dict(mapping) if mapping else None,
            default_month=default_month,
            created_at=at,
            created_by=actor,
            expires_at=at + DRY_RUN_LASTS,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_FILE_RECEIVED",
            target=f"order-file:{source.sha256[:16]}",
            body={"sha256": source.sha256, "size": source.size},
        )
    return dry_run


def map_columns(
    *,
    dry_run: DryRun,
    headings: Sequence[str],
    mapping: Mapping[str, str],
    actor: str,
    at: datetime,
    default_month: date | None = None,
) -> DryRun:
    """Say which heading holds which field, for the deposited file and every later one with these headings."""
    contract = dry_run.contract
    with transaction.atomic():
        saved, _ = ColumnMapping.objects.update_or_create(
            contract=contract,
            signature=headings_signature(headings),
            defaults={"mapping": dict(mapping), "saved_at": at, "saved_by": actor},
        )
        DryRun.objects.filter(pk=dry_run.pk, order__isnull=True).update(
            mapping=dict(mapping), default_month=default_month
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ORDER_COLUMNS_MAPPED",
            target=f"order-columns:{saved.signature[:16]}",
            body={"mapping": dict(mapping)},
        )
    dry_run.refresh_from_db()
    return dry_run


@clause("T-2.1.1.1-commande-mensuelle", "T-1.1-plafond", "T-5.1-coherence")
def confirm_plan(
    *,
    contract: Contract,
    plan: OrderPlan,
    source: SourceFile,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Order what a file asks for, in one act. The same content again gives the same order.

    Raises:
        FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered.
    """
    if plan.known is not None:
        return Confirmation(plan.known, already_known=True)
    if plan.refusals and not plan.obstacles and not accept_partial:
        raise RowsRefused(plan.refusals)
    if not plan.room.fits:
        raise CeilingPassed(plan.room)
    if plan.obstacles or plan.month is None:
        raise FileRefused(plan.obstacles)
    if plan.repeats and not accept_repeats:
        raise RowsRepeated(plan.repeats)
    return place_order(
        contract=contract,
        kind=OrderKind.MONTHLY,
        month=plan.month,
        lines=[
            LineRequest(
                vouchers=row.vouchers,
                delivery=Delivery(row.delivery),
                reference=row.reference,
                civility=row.civility,
                last_name=row.last_name,
                first_name=row.first_name,
                address=row.address,
                campaign=row.campaign,
                source_row=row.row,
            )
            for row in plan.rows
        ],
        fingerprint=plan.file.fingerprint,
        source=source,
        rows_refused=len({(refusal.sheet, refusal.row) for refusal in plan.refusals}),
        actor=actor,
        at=at,
    )


def confirm_dry_run(
    *,
    dry_run: DryRun,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Order what an examined file asks for; the file is read again, so what is ordered is what it says.

    Confirmed twice, it gives the same order.

    Raises:
        DryRunClosed, FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered.
    """
    if dry_run.order is not None:
        return Confirmation(dry_run.order, already_known=True)
    if not dry_run.is_open(at) or dry_run.source.content is None:
        raise DryRunClosed(dry_run.expires_at)
    plan = queries.plan_dry_run(dry_run, at=at)
    with transaction.atomic():
        done = confirm_plan(
            contract=dry_run.contract,
            plan=plan,
            source=dry_run.source,
            actor=actor,
            at=at,
            accept_partial=accept_partial,
            accept_repeats=accept_repeats,
        )
        DryRun.objects.filter(pk=dry_run.pk).update(order=done.order)
    dry_run.refresh_from_db()
    return done


@clause("T-2.1.1.1-transmission")
def import_plan(
    *,
    contract: Contract,
    plan: OrderPlan,
    data: bytes,
    actor: str,
    at: datetime,
    accept_partial: bool = False,
    accept_repeats: bool = False,
) -> Confirmation:
    """Receive a file already planned and confirm it, in one act: the way of a command or another system.

    Raises:
        FileRefused, RowsRefused, RowsRepeated, CeilingPassed: nothing is ordered, nor kept.
    """
    if plan.known is not None:
        return Confirmation(plan.known, already_known=True)
    with transaction.atomic():
        source = receive_file(contract=contract, data=data, name=plan.file.name, actor=actor, at=at)
        return confirm_plan(
            contract=contract,
            plan=plan,
            source=source,
            actor=actor,
            at=at,
            accept_partial=accept_partial,
            accept_repeats=accept_repeats,
        )


def purge_files(*, contract: Contract, actor: str, at: datetime) -> int:
    """Erase the bytes of the files kept long enough and the examinations that lapsed; digests stay.

    Gives the number of files erased.
    """
    with transaction.atomic():
        old = SourceFile.objects.filter(
            contract=contract, content__isnull=False, received_at__lte=at - FILES_KEPT
        )
        erased = old.update(content=None)
        DryRun.objects.filter(contract=contract, order__isnull=True, expires_at__lte=at).delete()
        if erased:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="ORDER_FILES_ERASED",
                target="order-files",
                body={"files": erased, "received_before": (at - FILES_KEPT).isoformat()},
            )
    return erased

"""Making, proof-reading, releasing and reprinting: the acts around a print job."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.jobs.models import Job
from titulaire.jobs.services import enqueue
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing.codes import PublicKey, PublicKeys
from titulaire.vouchers.issuing.composition import job_spec, snapshot
from titulaire.vouchers.issuing.models import (
    Booklet,
    PaperBatch,
    PrintJob,
    PrintState,
    Reprint,
    SigningKey,
    VoucherState,
)
from titulaire.vouchers.issuing.printing.manifest import UnreadableReturn, manifest_csv, reconcile
from titulaire.vouchers.issuing.printing.manifest import manifest as manifest_rows
from titulaire.vouchers.issuing.printing.production import PrintedJob, Workshop
from titulaire.vouchers.issuing.printing.spec import JobSpec
from titulaire.vouchers.issuing.proofreading import ProofReport, proofread
from titulaire.vouchers.orders.services import mark_released

PRINT = "issuing.print"


class JobInWrongState(Exception):
    """The print job is not where this act wants it: `state` says where it stands."""

    def __init__(self, batch: str, state: str) -> None:
        super().__init__(batch, state)
        self.batch = batch
        self.state = state


class PaperExpired(Exception):
    """The evidence of this paper batch held until `last_on`, included: it no longer proves anything."""

    def __init__(self, reference: str, last_on: date) -> None:
        super().__init__(reference, last_on)
        self.reference = reference
        self.last_on = last_on


class PaperOfAnotherContract(ValueError):
    """The paper was recorded, and its evidence given, for another contract."""


class BookletGone(Exception):
    """The booklet left the printer's: what is lost from then on is stopped and issued again, not reprinted."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class ReprintFaulty(Exception):
    """Proof-reading refuses the reprinted booklet: nothing is kept, nothing goes to the printer."""

    def __init__(self, reference: str, report: ProofReport) -> None:
        super().__init__(reference)
        self.reference = reference
        self.report = report


@dataclass(frozen=True, slots=True)
class Made:
    """A job's files and what proof-reading found."""

    printed: PrintedJob
    report: ProofReport


def public_keys(contract: Contract) -> PublicKeys:
    """Every public key of the contract, retired ones too: what they signed stays verifiable."""
    keys = SigningKey.objects.filter(contract=contract).values_list("public", flat=True)
    return PublicKeys(PublicKey.from_jwk(key) for key in keys)


def ask_print(*, job: PrintJob, actor: str, at: datetime) -> Job:
    """Queue the making of a job: one to be made, held by proof-reading, or whose making failed for good.

    Asked twice, made once.

    Raises:
        JobInWrongState: it is ready or released already.
        NothingToPrintWith: the contract has no imprint.
        MissingValue: a mention of the regimes cannot be filled.
    """
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        under_way = queued_work(job)
        if under_way is not None and under_way.state != Job.FAILED:
            return under_way
        job = begin_print(job=job, actor=actor, at=at, anew=under_way is not None)
        return enqueue(
            kind=PRINT,
            key=job.work_key,
            contract=job.contract.code,
            at=at,
            payload={"job": job.pk, "actor": actor},
        )


def begin_print(*, job: PrintJob, actor: str, at: datetime, anew: bool = False) -> PrintJob:
    """Fix the texts of a job that is to be made, or that proof-reading holds. Begun twice, begun once.

    `anew` begins again a job whose making failed for good.

    Raises:
        JobInWrongState: it is ready or released already.
    """
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state == PrintState.QUEUED and not anew:
            return job
        if job.state not in {PrintState.TO_MAKE, PrintState.QUEUED, PrintState.HELD}:
            raise JobInWrongState(job.batch, job.state)
        job.settings = snapshot(job.order, on=timezone.localdate(at))
        job.state, job.attempt, job.asked_at = PrintState.QUEUED.value, job.attempt + 1, at
        job.save(update_fields=["settings", "state", "attempt", "asked_at"])
        record(
            contract=job.contract.code,
            actor=actor,
            at=at,
            act="ASK_PRINT",
            target=f"order:{job.order.number}",
            body={"batch": job.batch, "attempt": job.attempt},
        )
    return job


def queued_work(job: PrintJob) -> Job | None:
    """The work in the queue that makes the job: waiting, running, or failed for good. None when not asked."""
    return Job.objects.filter(key=job.work_key).first() if job.state == PrintState.QUEUED else None


def spec_of(job: PrintJob) -> JobSpec:
    """What the job prints, from its stored texts: the same today as on its first day."""
    return job_spec(job.order, job.settings, batch=job.batch, made_at=job.order.issued_at or job.asked_at)


def make(
    job: PrintJob, workshop: Workshop, *, tell: Callable[[int, int], None] = lambda done, of: None
) -> Made:
    """Make the files and proof-read them. Nothing is stored: `store_made` does, in one transaction."""
    spec = spec_of(job)
    tell(0, 3)
    printed = workshop.print_job(spec)
    tell(1, 3)
    report = proofread(printed.press, spec, public_keys(job.contract))
    tell(2, 3)
    return Made(printed, report)


@clause("T-2.4-mentions", "T-2.4-securite", "T-5.1-coherence")
def store_made(*, job: PrintJob, made: Made, actor: str, at: datetime) -> PrintJob:
    """Keep the files; the job is ready when proof-reading found nothing, held otherwise."""
    contract = job.contract.code
    press = files.keep(made.printed.press, contract=contract)
    archive = files.keep(made.printed.archive, contract=contract)
    listing = files.keep(manifest_bytes(made.printed), contract=contract)
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state != PrintState.QUEUED:
            raise JobInWrongState(job.batch, job.state)
        job.state = (PrintState.READY if made.report.passed else PrintState.HELD).value
        job.press_sha256, job.archive_sha256, job.manifest_sha256 = press, archive, listing
        job.pages, job.made_at = made.report.pages, at
        job.proof = {
            "pages": made.report.pages,
            "vouchers": made.report.vouchers,
            "codes_verified": made.report.codes_verified,
            "findings": [asdict(finding) for finding in made.report.findings],
        }
        job.save()
        record(
            contract=contract, actor=actor, at=at, act="PROOFREAD", target=f"order:{job.order.number}",
            body={
                "state": job.state, "press": press, "archive": archive, "manifest": listing,
                "pages": made.report.pages, "codes_verified": made.report.codes_verified,
                "findings": len(made.report.findings),
            },
        )  # fmt: skip
    return job


def manifest_bytes(printed: PrintedJob) -> bytes:
    """The manifest as the printer opens it in a spreadsheet."""
    return manifest_csv(printed.manifest).encode("utf-8-sig")


@clause("T-2.4-papier-durable", "T-5.1-coherence")
def release_job(*, job: PrintJob, paper: PaperBatch, actor: str, at: datetime) -> PrintJob:
    """Release a proof-read job to the printer, on a paper batch whose evidence holds. Done twice, done once.

    Raises:
        JobInWrongState: it is not ready.
        PaperExpired: the evidence of the paper is no longer valid.
        PaperOfAnotherContract: see the exception.
    """
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state in {PrintState.RELEASED, PrintState.RECONCILED}:
            return job
        if job.state != PrintState.READY:
            raise JobInWrongState(job.batch, job.state)
        if paper.contract_id != job.contract_id:
            raise PaperOfAnotherContract(paper.reference)
        if paper.evidence_expires_on < timezone.localdate(at):
            raise PaperExpired(paper.reference, paper.evidence_expires_on)
        job.state, job.paper, job.released_at, job.released_by = PrintState.RELEASED.value, paper, at, actor
        job.save(update_fields=["state", "paper", "released_at", "released_by"])
        mark_released(order=job.order, at=at)
        record(
            contract=job.contract.code,
            actor=actor,
            at=at,
            act="RELEASE_PRINT",
            target=f"order:{job.order.number}",
            body={"batch": job.batch, "paper": paper.reference, "press": job.press_sha256},
        )
    return job


@clause("T-5.1-coherence")
def reconcile_job(*, job: PrintJob, printer_return: bytes, actor: str, at: datetime) -> PrintJob:
    """Compare what the printer says it made with the manifest; keep its file as it came, and the differences.

    A job with differences stays open: the printer's next file is compared anew.

    Raises:
        JobInWrongState: the job was not released.
        UnreadableReturn: the printer's file cannot be read.
    """
    if job.state not in {PrintState.RELEASED, PrintState.RECONCILED}:
        raise JobInWrongState(job.batch, job.state)
    contract = job.contract.code
    rows = manifest_rows(spec_of(job), files.read(job.press_sha256, contract=contract))
    try:
        differences = reconcile(rows, _decoded(printer_return))
    except csv.Error as error:
        raise UnreadableReturn(()) from error
    kept = files.keep(printer_return, contract=contract)
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.reconciliation.get("file") == kept:
            return job
        job.reconciliation = {
            "file": kept,
            "differences": [asdict(difference) for difference in differences],
        }
        job.reconciled_at = at
        job.state = (PrintState.RELEASED if differences else PrintState.RECONCILED).value
        job.save(update_fields=["reconciliation", "reconciled_at", "state"])
        record(
            contract=contract,
            actor=actor,
            at=at,
            act="RECONCILE_PRINT",
            target=f"order:{job.order.number}",
            body={"file": kept, "differences": len(differences)},
        )
    return job


def _decoded(content: bytes) -> str:
    """The text of a spreadsheet's CSV: UTF-8, or what French Windows writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


@clause("T-2.4-securite", "T-3.3-tracabilite")
def reprint_booklet(
    *, booklet: Booklet, rank: int, reason: str, note: str, actor: str, at: datetime, workshop: Workshop
) -> tuple[Reprint, bytes]:
    """Print one booklet again, traced: the same vouchers on new paper, never new vouchers. Gives its press file.

    `rank` says which reprint is wanted, 1 for the first: asked twice, it is made once. The pages are proof-read
    like those of the job. Only what never left the printer's is printed again: two papers of one live voucher
    must not both be in the world.

    Raises:
        JobInWrongState: the order's job was not released to the printer.
        BookletGone: one of its vouchers is past its issue.
        ReprintFaulty: proof-reading found something.
        ValueError: an earlier rank was not made.
    """
    job = booklet.order.print_job
    if job.state not in {PrintState.RELEASED, PrintState.RECONCILED}:
        raise JobInWrongState(job.batch, job.state)
    contract = job.contract.code
    if made := booklet.reprints.filter(rank=rank).first():
        return made, files.read(made.sha256, contract=contract)
    whole = spec_of(job)
    alone = replace(whole, booklets=tuple(b for b in whole.booklets if b.reference == booklet.reference))
    press = workshop.print_job(alone).press
    report = proofread(press, alone, public_keys(job.contract))
    if not report.passed:
        raise ReprintFaulty(booklet.reference, report)
    kept = files.keep(press, contract=contract)
    with transaction.atomic():
        # Two reprints of a booklet asked together wait for each other: only one gets the rank.
        Booklet.objects.select_for_update(of=("self",)).get(pk=booklet.pk)
        if made := booklet.reprints.filter(rank=rank).first():
            return made, press
        if rank != booklet.reprints.count() + 1:
            raise ValueError(f"reprint {rank} of booklet {booklet.reference} comes too early")
        if booklet.vouchers.exclude(state=VoucherState.ISSUED.value).exists():
            raise BookletGone(booklet.reference)
        reprint = Reprint.objects.create(
            booklet=booklet, rank=rank, reason=reason, note=note, sha256=kept, asked_at=at, asked_by=actor
        )
        record(
            contract=contract,
            actor=actor,
            at=at,
            act="REPRINT_BOOKLET",
            target=f"booklet:{booklet.reference}",
            body={"rank": rank, "reason": reason, "sha256": kept},
        )
    return reprint, press

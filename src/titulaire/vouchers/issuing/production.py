"""Making, proof-reading, releasing and reprinting: the acts around a print job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

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
from titulaire.vouchers.issuing.models import Booklet, PaperBatch, PrintJob, PrintState, Reprint, SigningKey
from titulaire.vouchers.issuing.printing.manifest import manifest as manifest_rows
from titulaire.vouchers.issuing.printing.manifest import manifest_csv, reconcile
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
    """The evidence of this paper batch has expired: give a newer one before printing on it."""


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
    """Queue the making of a job that is to be made, or that proof-reading holds. Asked twice, made once.

    Raises:
        JobInWrongState: it is ready or released already.
    """
    with transaction.atomic():
        job = begin_print(job=job, actor=actor, at=at)
        return enqueue(
            kind=PRINT,
            key=_key(job),
            contract=job.contract.code,
            at=at,
            payload={"job": job.pk, "actor": actor},
        )


def begin_print(*, job: PrintJob, actor: str, at: datetime) -> PrintJob:
    """Fix the texts of a job that is to be made, or that proof-reading holds. Begun twice, begun once.

    Raises:
        JobInWrongState: it is ready or released already.
    """
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state == PrintState.QUEUED:
            return job
        if job.state not in {PrintState.TO_MAKE, PrintState.HELD}:
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


def _key(job: PrintJob) -> str:
    return f"print:{job.pk}:{job.attempt}"


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
    """
    if paper.evidence_expires_on <= timezone.localdate(at):
        raise PaperExpired(paper.reference)
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state == PrintState.RELEASED:
            return job
        if job.state != PrintState.READY or paper.contract_id != job.contract_id:
            raise JobInWrongState(job.batch, job.state)
        job.state, job.paper, job.released_at, job.released_by = PrintState.RELEASED.value, paper, at, actor
        job.save(update_fields=["state", "paper", "released_at", "released_by"])
        mark_released(order=job.order, at=at)
        record(
            contract=job.contract.code, actor=actor, at=at, act="RELEASE_PRINT", target=f"order:{job.order.number}",
            body={"batch": job.batch, "paper": paper.reference, "press": job.press_sha256},
        )  # fmt: skip
    return job


@clause("T-5.1-coherence")
def reconcile_job(*, job: PrintJob, printer_return: str, actor: str, at: datetime) -> PrintJob:
    """Compare what the printer says it made with the manifest, and keep the differences.

    Raises:
        JobInWrongState: the job was not released.
        UnreadableReturn: the printer's file cannot be read.
    """
    spec = spec_of(job)
    differences = reconcile(
        manifest_rows(spec, files.read(job.press_sha256, contract=job.contract.code)), printer_return
    )
    with transaction.atomic():
        job = (
            PrintJob.objects.select_for_update(of=("self",)).select_related("order__contract").get(pk=job.pk)
        )
        if job.state not in {PrintState.RELEASED, PrintState.RECONCILED}:
            raise JobInWrongState(job.batch, job.state)
        job.reconciliation = {
            "file": files.keep(printer_return.encode(), contract=job.contract.code),
            "differences": [asdict(difference) for difference in differences],
        }
        job.reconciled_at = at
        job.state = (PrintState.RELEASED if differences else PrintState.RECONCILED).value
        job.save(update_fields=["reconciliation", "reconciled_at", "state"])
        record(
            contract=job.contract.code, actor=actor, at=at, act="RECONCILE_PRINT",
            target=f"order:{job.order.number}", body={"differences": len(differences)},
        )  # fmt: skip
    return job


@clause("T-2.4-securite", "T-3.3-tracabilite")
def reprint_booklet(
    *, booklet: Booklet, reason: str, note: str, actor: str, at: datetime, workshop: Workshop
) -> tuple[Reprint, bytes]:
    """Print one booklet again, traced: the same vouchers on new paper, never new vouchers. Gives its press file.

    Raises:
        JobInWrongState: the order's job was never made.
    """
    job = booklet.order.print_job
    if job.state not in {PrintState.READY, PrintState.RELEASED, PrintState.RECONCILED}:
        raise JobInWrongState(job.batch, job.state)
    whole = spec_of(job)
    alone = replace(whole, booklets=tuple(b for b in whole.booklets if b.reference == booklet.reference))
    press = workshop.print_job(alone).press
    with transaction.atomic():
        # Two reprints of a booklet asked together wait for each other: each gets its rank.
        Booklet.objects.select_for_update(of=("self",)).get(pk=booklet.pk)
        reprint = Reprint.objects.create(
            booklet=booklet,
            rank=booklet.reprints.count() + 1,
            reason=reason,
            note=note,
            sha256=files.keep(press, contract=job.contract.code),
            asked_at=at,
            asked_by=actor,
        )
        record(
            contract=job.contract.code, actor=actor, at=at, act="REPRINT_BOOKLET",
            target=f"booklet:{booklet.reference}",
            body={"rank": reprint.rank, "reason": reason, "sha256": reprint.sha256},
        )  # fmt: skip
    return reprint, press

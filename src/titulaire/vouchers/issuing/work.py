"""What the worker does for this room."""

from __future__ import annotations

from django.utils import timezone

from titulaire.jobs.services import RefusedForGood, Work, handles
from titulaire.vouchers.issuing.models import PrintJob, PrintState
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.production import PRINT, make, store_made

_workshop: Workshop | None = None


def workshop() -> Workshop:
    """The warm workshop of this process."""
    global _workshop
    if _workshop is None:
        _workshop = Workshop(workers=0)
    return _workshop


@handles(PRINT)
def make_print_job(work: Work) -> None:
    """Make and proof-read the files of an order."""
    job = PrintJob.objects.select_related("order__contract").get(pk=int(str(work.payload["job"])))
    if job.state != PrintState.QUEUED:
        raise RefusedForGood(f"print job {job.batch} is {job.state}")
    made = make(job, workshop(), tell=work.progress)
    with work.finishing() as finish:
        stored = store_made(job=job, made=made, actor=str(work.payload["actor"]), at=timezone.now())
        finish({"state": stored.state, "pages": stored.pages})

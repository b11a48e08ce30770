"""What the worker does for this room."""

from __future__ import annotations

import threading

from django.utils import timezone

from titulaire.jobs.services import RefusedForGood, Work, handles
from titulaire.vouchers.issuing.models import PrintJob, PrintState
from titulaire.vouchers.issuing.printing.press import PagesMissing
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.printing.spec import AddressTooLong, UnknownPlaceholder
from titulaire.vouchers.issuing.printing.typesetting import TypesettingFailed
from titulaire.vouchers.issuing.production import PRINT, make, store_made

PDFIUM = threading.Lock()
"""pdfium, which reads and draws pages, serves one thread of a process at a time."""

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
    job = PrintJob.objects.select_related("order__contract", "contract").get(pk=int(str(work.payload["job"])))
    if job.state != PrintState.QUEUED:
        raise RefusedForGood(f"Le lot {job.batch} n’est plus à fabriquer.")
    try:
        with PDFIUM:
            made = make(job, workshop(), tell=work.progress)
    except TypesettingFailed as failed:
        said = " ; ".join(failed.messages)
        raise RefusedForGood(f"Le carnet {failed.booklet} ne se compose pas : {said}") from failed
    except PagesMissing as failed:
        raise RefusedForGood(
            f"Un texte déborde de sa page : {failed.found} pages au lieu de {failed.expected}. "
            "Raccourcissez le courrier ou les pages d’information."
        ) from failed
    except UnknownPlaceholder as failed:
        raise RefusedForGood(f"Le courrier demande « {failed.name} », que personne ne connaît.") from failed
    except AddressTooLong as failed:
        raise RefusedForGood(
            f"L’adresse « {', '.join(failed.lines)} » ne tient pas dans une enveloppe à fenêtre."
        ) from failed
    with work.finishing() as finish:
        stored = store_made(job=job, made=made, actor=str(work.payload["actor"]), at=timezone.now())
        finish({"state": stored.state, "pages": stored.pages})

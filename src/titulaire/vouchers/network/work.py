"""What the worker does for this room: reading scanned batches."""

from __future__ import annotations

from django.utils import timezone

from titulaire.jobs.services import RefusedForGood, Work, handles
from titulaire.journal import files
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.network.models import Remittance
from titulaire.vouchers.network.scans import ScanRefused, read_scan
from titulaire.vouchers.network.services import READ_SCAN, record_scan


@handles(READ_SCAN)
def read_remittance(work: Work) -> None:
    """Read the codes of a scanned remittance and rule them."""
    remittance = Remittance.objects.select_related("contract").get(pk=int(str(work.payload["remittance"])))
    content = files.read(remittance.source_sha256, contract=remittance.contract.code)
    try:
        titles = read_scan(content, all_public_keys(), declared=remittance.declared, tell=work.progress)
    except ScanRefused as refused:
        titles = []
        if remittance.state != Remittance.READING:
            raise RefusedForGood(refused.reason) from refused
    with work.finishing() as finish:
        done = record_scan(
            remittance=remittance, titles=titles, actor=str(work.payload["actor"]), at=timezone.now()
        )
        finish({"given": done.given, "accepted": done.accepted})

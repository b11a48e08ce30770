"""The dates of production: the evidence of each paper in use, the end of adverts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr
from titulaire.vouchers.issuing.models import PaperBatch

ROOM = "Production"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The day on which the evidence of each batch of paper ends. A later one of the same label takes its place."""
    batches = list(PaperBatch.objects.filter(contract=contract).order_by("evidence_expires_on"))
    for batch in batches:
        after = [
            each.recorded_at
            for each in batches
            if each.label == batch.label and each.evidence_expires_on > batch.evidence_expires_on
        ]
        yield Due(
            key=f"paper-{batch.pk}",
            label=f"Renouveler le justificatif du papier {batch.reference} ({batch.label})",
            who=Who.CONTRACTOR,
            due_on=batch.evidence_expires_on,
            done_on=timezone.localdate(min(after)) if after else None,
            clause="T-2.4-papier-durable",
            url=reverse("paper_batches", args=[contract.code]),
            facts=(
                ("Fournisseur", batch.supplier),
                ("Enregistré le", date_fr(timezone.localdate(batch.recorded_at))),
            ),
        )

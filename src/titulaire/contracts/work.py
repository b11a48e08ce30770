"""What the worker does for this room on its days: tell the journal what silence accepted."""

from __future__ import annotations

from datetime import datetime

from titulaire.contracts.queries import codes_with_terms
from titulaire.contracts.services import note_silences
from titulaire.identity.models import Contract

SYSTEM = "system:contracts"


def plan(at: datetime) -> None:
    """Note the silences that ended. Late or never, what they accepted applies from its own date."""
    for contract in Contract.objects.filter(code__in=codes_with_terms()):
        note_silences(contract=contract, actor=SYSTEM, at=at)

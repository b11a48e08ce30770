"""The keys of the buyer’s software, which sends order files by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.identity.services import end_key, make_key
from titulaire.journal.services import record
from titulaire.vouchers.orders.models import TransmissionToken


@clause("T-2.1.1.1-transmission")
def create_transmission_token(
    *, contract: Contract, label: str, actor: str, at: datetime
) -> tuple[TransmissionToken, str]:
    """Give a key to the buyer's software; its text is shown once and never kept."""
    with transaction.atomic():
        token, secret = make_key(
            TransmissionToken, contract=contract, label=label, created_at=at, created_by=actor
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="TRANSMISSION_KEY_CREATED",
            target=f"transmission-key:{token.pk}",
            body={"label": label},
        )
    return token, secret


def revoke_transmission_token(*, token: TransmissionToken, actor: str, at: datetime) -> TransmissionToken:
    """End a key. Twice is once."""
    with transaction.atomic():
        if end_key(token, actor=actor, at=at):
            record(
                contract=token.contract.code,
                actor=actor,
                at=at,
                act="TRANSMISSION_KEY_REVOKED",
                target=f"transmission-key:{token.pk}",
            )
    return token

"""A thousand lives of vouchers, drawn by their seed, told the same by the product and by a plain model.

TITULAIRE_LIFE=417 .venv/bin/pytest tests/lives      lives the life 417 again, and tells it
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from django.db import connection, transaction

from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.vouchers.issuing import codes
from titulaire.vouchers.issuing.services import make_key, open_series
from titulaire.vouchers.network import payment
from titulaire.vouchers.network import queries as network
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.payment import set_paying_account
from titulaire.vouchers.network.tests.factories import IBAN, make_affiliate
from titulaire.vouchers.orders import queries as orders
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.settlement import balance, refunds, services
from titulaire.vouchers.settlement import queries as settlement
from titulaire.vouchers.stops import queries as stops

from .life import ACTOR, ISSUER, Disagreement, Life

START = datetime(2026, 8, 1, 9, tzinfo=UTC)
LIVES, BATCH = 1000, 100
REPLAYED = os.environ.get("TITULAIRE_LIFE", "")


def batches() -> list[range]:
    """On PostgreSQL a life takes longer: fewer of them, since the rules are the same."""
    if REPLAYED:
        return [range(int(REPLAYED), int(REPLAYED) + 1)]
    lives = LIVES if connection.vendor == "sqlite" else LIVES // 4
    return [range(first, min(first + BATCH, lives)) for first in range(0, lives, BATCH)]


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Contract, list[Affiliate]]]:
    """The contract, its keys of every year and its shops, made once for a batch; what is dear is made cheap.

    Deriving a key from the passphrase is slow by design, a letter needs a typesetter, a transfer its schema, a
    file its disk; the contract is not amended meanwhile: none of them changes what a life does.
    """
    monkeypatch.setattr(codes, "_stretch", cache(codes._stretch))
    monkeypatch.setattr(refunds, "cheque_letter", lambda *told, **more: b"%PDF-1.7")
    monkeypatch.setattr(os, "fsync", lambda file: None)
    monkeypatch.setattr(payment, "payment_order", lambda **told: b"<Document/>")
    read_once = cache(terms_of)
    for module in (balance, network, orders, refunds, services, settlement, stops):
        monkeypatch.setattr(module, "terms_of", read_once)
    contract = make_contract()
    open_series(contract=contract, issuer=ISSUER, actor=ACTOR, at=START)
    for vintage in range(2025, 2031):
        make_key(contract=contract, vintage=vintage, actor=ACTOR, at=START)
    shops = [make_affiliate(contract, rank) for rank in (1, 2)]
    set_paying_account(contract=contract, name="Émetteur", iban=IBAN, bic="", actor=ACTOR, at=START)
    yield contract, shops


@pytest.mark.django_db
@pytest.mark.clause("T-5.1-coherence", "T-5.2-controle", "T-2.4-securite", "T-3.3-tracabilite")
@pytest.mark.parametrize("seeds", batches(), ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_lives_go_as_the_model_says(seeds: range, town: tuple[Contract, list[Affiliate]]) -> None:
    for seed in seeds:
        life = Life(seed, *town)
        with transaction.atomic():
            try:
                life.live()
            except Exception as fault:
                told = "\n".join(life.story)
                raise Disagreement(
                    f"life {seed}: {type(fault).__name__}: {fault}\n{told}\n"
                    f"again: TITULAIRE_LIFE={seed} .venv/bin/pytest tests/lives"
                ) from fault
            finally:
                transaction.set_rollback(True)
        if REPLAYED:
            print("\n".join(life.story))

"""What the network refused is told beside the yearly account, by verdict, and opens to its lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import AT, make_affiliate, make_vouchers
from titulaire.vouchers.network.tests.test_claims import move
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.settlement import accounts

pytestmark = pytest.mark.django_db


@pytest.mark.clause("T-5.2-controle")
def test_refusals_are_counted_by_verdict_and_open_to_their_lines() -> None:
    good, stopped, other = make_vouchers(3)
    move([stopped.pk, other.pk], VoucherState.STOPPED)
    before = accounts.annual_account(make_contract(), 2026)
    for days, vouchers in enumerate(((good, stopped), (good, other))):
        remit(
            affiliate=make_affiliate(rank=days + 1),
            titles=[Given(one.code) for one in vouchers],
            channel=Channel.TYPED,
            actor=ACTOR,
            at=AT + timedelta(days=days),
        )
    told = [(label, one.count, one.cents) for label, one in accounts.rejections(make_contract(), 2026)]
    memo = "Rejetés par le réseau (pour mémoire) : "
    assert told == [(f"{memo}déjà utilisé", 1, 1000), (f"{memo}opposé", 2, 2000)]
    assert len(accounts.annual_account(make_contract(), 2026)) == len(before)
    assert accounts.rejections(make_contract(), 2027) == []
    client = Client()
    client.force_login(person(Role.BUYER_READER, on=make_contract()))
    opened = reverse("rejected", args=["cpam47", 2026])
    assert (
        f"{opened}?reponse=STOPPED"
        in client.get(reverse("settlement_vintage", args=["cpam47", 2026])).content.decode()
    )
    page = client.get(opened, {"reponse": "STOPPED"}).content.decode()
    assert stopped.grouped in page and other.grouped in page and good.grouped not in page
    exported = client.get(reverse("annual_account", args=["cpam47", 2026, "csv"])).content.decode("utf-8-sig")
    assert f"{memo}opposé;2;20,00" in exported
    pdf = client.get(reverse("annual_account", args=["cpam47", 2026, "pdf"])).content
    assert pdf.startswith(b"%PDF")

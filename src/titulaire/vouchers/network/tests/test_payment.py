"""What was accepted is paid once; paid paper is destroyed once it is counted."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import connections

from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.models import Affiliate, Payment, PaymentRun
from titulaire.vouchers.network.payment import (
    CountsDisagree,
    ExecutionInThePast,
    InvalidBic,
    NoPayingAccount,
    NothingToDestroy,
    NothingToPay,
    Paid,
    RegisterDisagrees,
    pay,
    record_destruction,
    set_paying_account,
)
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import AT, IBAN, TODAY, make_affiliate, make_vouchers
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

NAMESPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def ready() -> tuple[Affiliate, Affiliate]:
    """Two shops, of which one sent in three titles and the other two; and the account to pay from."""
    contract, vouchers = make_contract(), make_vouchers(6)
    shops = make_affiliate(rank=1), make_affiliate(rank=2, iban="DE89370400440532013000")
    for shop, part in zip(shops, (vouchers[:3], vouchers[3:5]), strict=True):
        titles = [Given(one.code) for one in part]
        remit(affiliate=shop, titles=titles, channel=Channel.TYPED, actor=ACTOR, at=AT)
    set_paying_account(contract=contract, name="Émetteur", iban=IBAN, bic="AGRIFRPP", actor=ACTOR, at=AT)
    return shops


def run(execution_on: date = TODAY + timedelta(days=2)) -> Paid:
    return pay(contract=make_contract(), execution_on=execution_on, actor=ACTOR, at=AT)


@pytest.mark.django_db
@pytest.mark.clause("T-1.1-reseau")
def test_each_accepted_remittance_is_paid_to_its_own_account_by_a_valid_sepa_file() -> None:
    ready()
    done = run()
    assert (done.run.payments_count, done.run.vouchers, done.run.amount) == (2, 5, Decimal(50))
    assert files.read(done.run.sha256, contract="cpam47") == done.order
    tree = ElementTree.fromstring(done.order)  # noqa: S314 - made here
    transfers = tree.findall(".//p:CdtTrfTxInf", NAMESPACE)
    told = {
        (
            one.findtext(".//p:EndToEndId", "", NAMESPACE),
            one.findtext(".//p:IBAN", "", NAMESPACE),
            one.findtext(".//p:InstdAmt", "", NAMESPACE),
        )
        for one in transfers
    }
    assert told == {
        ("CPAM47-R26-000001", IBAN, "30.00"),
        ("CPAM47-R26-000002", "DE89370400440532013000", "20.00"),
    }
    assert tree.findtext(".//p:GrpHdr/p:CtrlSum", "", NAMESPACE) == "50.00"
    assert Voucher.objects.filter(state="PAID").count() == 5
    assert Entry.objects.get(act="PAID").content.body["amount"] == "50"


@pytest.mark.django_db
def test_what_is_paid_is_not_paid_again() -> None:
    ready()
    run()
    with pytest.raises(NothingToPay):
        run()
    assert (PaymentRun.objects.count(), Payment.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_the_same_instant_pay_once() -> None:
    ready()
    start, told = threading.Barrier(3), []

    def one_run() -> None:
        try:
            start.wait()
            told.append(run().run.vouchers)
        except NothingToPay:
            told.append(0)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one_run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 0, 5]
    assert Payment.objects.count() == 2


@pytest.mark.django_db
def test_a_register_that_disagrees_stops_the_whole_run() -> None:
    ready()
    Voucher.objects.filter(state="USED").order_by("serial")[:1].get()
    Voucher.objects.filter(pk=Voucher.objects.filter(state="USED").first().pk).update(state="STOPPED")  # type: ignore[union-attr]
    with pytest.raises(RegisterDisagrees):
        run()
    assert Payment.objects.count() == Voucher.objects.filter(state="PAID").count() == 0


@pytest.mark.django_db
def test_nothing_is_paid_without_an_account_nor_in_the_past() -> None:
    vouchers, shop = make_vouchers(1), make_affiliate()
    remit(affiliate=shop, titles=[Given(vouchers[0].code)], channel=Channel.TYPED, actor=ACTOR, at=AT)
    with pytest.raises(NoPayingAccount):
        run()
    with pytest.raises(ExecutionInThePast):
        run(TODAY - timedelta(days=1))
    with pytest.raises(InvalidBic):
        set_paying_account(contract=shop.contract, name="x", iban=IBAN, bic="abc", actor=ACTOR, at=AT)


def destroy(*numbers: str, counted: int) -> object:
    return record_destruction(
        contract=make_contract(), remittances=numbers, counted=counted, destroyed_on=TODAY,
        means="broyage", signed_by="Lucienne Garbaye", witnessed_by="Aurèle Montflanquin", actor=ACTOR, at=AT,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.clause("T-2.4-securite")
def test_paid_paper_is_destroyed_once_when_the_counts_agree() -> None:
    ready()
    with pytest.raises(NothingToDestroy):
        destroy("R26-000001", counted=3)
    run()
    with pytest.raises(CountsDisagree) as refused:
        destroy("R26-000001", "R26-000002", counted=4)
    assert refused.value.concordance.paid == 5
    done = destroy("R26-000001", "R26-000002", counted=5)
    assert files.read(done.sha256, contract="cpam47").startswith(b"%PDF")  # type: ignore[attr-defined]
    with pytest.raises(NothingToDestroy):
        destroy("R26-000001", counted=3)

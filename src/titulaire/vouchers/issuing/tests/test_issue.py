"""An order becomes vouchers: as many as were ordered, once, numbered without a gap, each with its signature."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connections

from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import fail_each_statement
from titulaire.vouchers.issuing import statements
from titulaire.vouchers.issuing.codes import PublicKey, PublicKeys, VerifiedCode, verify
from titulaire.vouchers.issuing.models import Booklet, PrintJob, Series, SigningKey, Voucher
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import (
    NoSeries,
    NotAcknowledged,
    SeriesTaken,
    VintageOver,
    batch_code,
    issue_order,
    make_key,
    open_series,
)
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.orders.services import acknowledge_order, cancel_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

LATER = AT + timedelta(hours=2)


def acknowledged(contract: Contract | None = None, **wishes: object) -> Order:
    contract = contract or make_contract()
    if not Series.objects.filter(contract=contract).exists():
        open_series(contract=contract, issuer=47 + Series.objects.count(), actor=ACTOR, at=AT)
    order = make_order(contract, **wishes)  # type: ignore[arg-type]
    return acknowledge_order(order=order, actor=ACTOR, at=AT)


@pytest.mark.django_db
@pytest.mark.clause("T-1.1-emission", "T-2.1.1.1-commande-mensuelle", "T-2.4-carnets")
def test_exactly_what_was_ordered_is_issued() -> None:
    order = acknowledged(lines=3, vouchers=30)
    issue = issue_order(order=order, actor=ACTOR, at=LATER)
    assert (issue.vouchers, issue.booklets) == (90, 6)
    assert list(Booklet.objects.values_list("size", flat=True)) == [15] * 6
    serials = list(Voucher.objects.order_by("serial").values_list("serial", flat=True))
    assert serials == list(range(1, 91))
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED and order.issued_at == LATER
    for booklet in Booklet.objects.all():
        held = list(booklet.vouchers.order_by("serial").values_list("serial", flat=True))
        assert held == list(range(booklet.first_serial, booklet.last_serial + 1))
        assert booklet.line.order_id == order.pk
    assert PrintJob.objects.get().batch == batch_code(order)
    assert Entry.objects.filter(act="ORDER_ISSUED").count() == 1


@pytest.mark.django_db
@pytest.mark.clause("T-2.4-securite")
def test_each_voucher_proves_its_issue_with_the_public_key_alone() -> None:
    issue_order(order=acknowledged(lines=2, vouchers=4), actor=ACTOR, at=LATER)
    keys = PublicKeys(PublicKey.from_jwk(key.public) for key in SigningKey.objects.all())
    for voucher in Voucher.objects.all():
        said = verify(voucher.code, keys)
        assert isinstance(said, VerifiedCode)
        assert str(said.number) == voucher.number
        assert said.face_value == voucher.face_value
        assert said.last_valid_on == voucher.last_valid_on == date(2027, 1, 31)


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.3-millesime", "T-2.4-novembre")
@pytest.mark.parametrize(
    ("month", "vintage", "until"),
    [
        (date(2026, 10, 1), 2026, date(2027, 1, 31)),
        (date(2026, 11, 1), 2027, date(2028, 1, 31)),
        (date(2026, 12, 1), 2027, date(2028, 1, 31)),
    ],
)
def test_titles_of_november_on_bear_the_next_vintage(month: date, vintage: int, until: date) -> None:
    issue_order(order=acknowledged(month=month), actor=ACTOR, at=LATER)
    voucher = Voucher.objects.all()[0]
    assert (voucher.vintage, voucher.last_valid_on) == (vintage, until)
    assert Number.parse(voucher.number).vintage == vintage


@pytest.mark.django_db
def test_issuing_twice_issues_once() -> None:
    order = acknowledged()
    first = issue_order(order=order, actor=ACTOR, at=LATER)
    again = issue_order(order=order, actor=ACTOR, at=LATER + timedelta(days=1))
    assert again.already_done and not first.already_done
    assert (again.first_number, again.last_number) == (first.first_number, first.last_number)
    assert Voucher.objects.count() == 30
    assert Entry.objects.filter(act="ORDER_ISSUED").count() == 1


@pytest.mark.django_db
def test_only_an_acknowledged_order_is_issued() -> None:
    contract = make_contract()
    open_series(contract=contract, issuer=47, actor=ACTOR, at=AT)
    order = make_order(contract)
    with pytest.raises(NotAcknowledged):
        issue_order(order=order, actor=ACTOR, at=LATER)
    cancel_order(order=order, because="doublon", actor=ACTOR, at=LATER)
    with pytest.raises(NotAcknowledged):
        issue_order(order=order, actor=ACTOR, at=LATER)
    assert not Voucher.objects.exists()


@pytest.mark.django_db
def test_a_contract_without_series_issues_nothing() -> None:
    order = acknowledge_order(order=make_order(), actor=ACTOR, at=AT)
    with pytest.raises(NoSeries):
        issue_order(order=order, actor=ACTOR, at=LATER)
    order.refresh_from_db()
    assert order.state == OrderState.ACKNOWLEDGED


@pytest.mark.django_db
def test_two_contracts_never_share_their_digits() -> None:
    open_series(contract=make_contract(), issuer=47, actor=ACTOR, at=AT)
    with pytest.raises(SeriesTaken):
        open_series(contract=make_contract("cpam48"), issuer=47, actor=ACTOR, at=AT)


@pytest.mark.django_db
def test_a_series_opened_twice_keeps_its_digits() -> None:
    open_series(contract=make_contract(), issuer=47, actor=ACTOR, at=AT)
    open_series(contract=make_contract(), issuer=47, actor=ACTOR, at=AT)
    with pytest.raises(SeriesTaken):
        open_series(contract=make_contract(), issuer=48, actor=ACTOR, at=AT)


@pytest.mark.django_db
@pytest.mark.clause("T-2.4-non-identifies")
def test_titles_without_a_name_come_as_booklets_too() -> None:
    issue_order(order=acknowledged(lines=1, vouchers=24, unnamed=2), actor=ACTOR, at=LATER)
    unnamed = Booklet.objects.filter(line__beneficiary__isnull=True)
    assert [booklet.size for booklet in unnamed] == [24, 24]


@pytest.mark.django_db
@pytest.mark.clause("T-2.4-securite")
def test_a_new_key_signs_and_the_old_one_still_verifies() -> None:
    contract = make_contract()
    issue_order(order=acknowledged(contract, key="a"), actor=ACTOR, at=LATER)
    make_key(contract=contract, vintage=2026, actor=ACTOR, at=LATER, because="poste volé")
    issue_order(order=acknowledged(contract, key="b"), actor=ACTOR, at=LATER)
    keys = PublicKeys(PublicKey.from_jwk(key.public) for key in SigningKey.objects.all())
    found = {verify(code, keys).key_id for code in Voucher.objects.values_list("code", flat=True)}  # type: ignore[union-attr]
    assert len(found) == 2
    assert SigningKey.objects.filter(retired_at__isnull=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failure_at_any_statement_issues_nothing_and_leaves_no_gap() -> None:
    order = acknowledged()
    make_key(contract=order.contract, vintage=2026, actor=ACTOR, at=AT)
    assert fail_each_statement(lambda: issue_order(order=order, actor=ACTOR, at=LATER)) > 8
    assert Voucher.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_orders_issued_at_the_same_instant_share_no_number_and_leave_no_gap() -> None:
    contract = make_contract()
    orders = [acknowledged(contract, lines=2, vouchers=7, key=str(n)) for n in range(6)]
    make_key(contract=contract, vintage=2026, actor=ACTOR, at=AT)
    start, failures = threading.Barrier(12), []

    def issue(order: Order) -> None:
        try:
            start.wait()
            issue_order(order=order, actor=ACTOR, at=LATER)
        except Exception as fault:
            failures.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=issue, args=(order,)) for order in orders * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    serials = list(Voucher.objects.order_by("serial").values_list("serial", flat=True))
    assert serials == list(range(1, 6 * 14 + 1))


def test_the_batch_code_is_short_and_unique() -> None:
    codes = {batch_code(Order(year=2026, rank=rank)) for rank in range(1, 2000)}
    assert len(codes) == 1999
    assert batch_code(Order(year=2026, rank=1)) == "AB26"


def test_what_varies_and_what_is_shared_make_every_column() -> None:
    shared: dict[str, object] = {"state": "ISSUED", "vintage": 2026}
    assert {*statements.varying(shared), *shared} == set(statements.VOUCHER_COLUMNS)


@pytest.mark.django_db
@pytest.mark.clause("T-1.1-emission", "T-2.1.3-millesime")
@pytest.mark.parametrize(("day", "issued"), [(date(2027, 1, 30), True), (date(2027, 1, 31), False)])
def test_an_order_that_waited_until_its_vouchers_are_over_is_not_issued(day: date, issued: bool) -> None:
    order = acknowledged(lines=1, vouchers=2)
    at = LATER + (day - LATER.date())
    if issued:
        assert issue_order(order=order, actor=ACTOR, at=at).vouchers == 2
        return
    with pytest.raises(VintageOver) as refused:
        issue_order(order=order, actor=ACTOR, at=at)
    assert refused.value.last_valid_on == date(2027, 1, 31)
    assert not Voucher.objects.exists() and Series.objects.get().next_serial == 1

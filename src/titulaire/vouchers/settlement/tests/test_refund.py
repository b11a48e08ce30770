"""The refund of a vintage: both amounts, the cents, done once, regularised, paid by a registered cheque."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.settlement import queries, refunds, services
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.models import Refund, RefundedVoucher
from titulaire.vouchers.settlement.rules import (
    Client,
    Holding,
    Volume,
    breaches,
    refund_figures,
    regularisation,
)
from titulaire.vouchers.settlement.tests.factories import each_statement_failing, go, issued, world

MARCH = datetime(2027, 3, 12, 9, tzinfo=UTC)
JUNE = datetime(2027, 6, 15, 9, tzinfo=UTC)


def client(code: str, ordered: int, refundable: int) -> Client:
    return Client(code, Volume(ordered, ordered * 1000), Volume(refundable, refundable * 1000))


@pytest.mark.clause("T-2.1.4-prorata")
def test_the_pool_is_shared_in_proportion_of_the_orders() -> None:
    both = [client("a", 300, 10), client("b", 100, 10)]
    figures = refund_figures("a", both, basis="PRO_RATA", weight="VALUE")
    assert (figures.pool, figures.pro_rata, figures.exact) == (
        Decimal("200.00"),
        Decimal("150.00"),
        Decimal("100.00"),
    )
    assert figures.retained == Decimal("150.00") and figures.gap == Decimal("50.00")
    exact = refund_figures("a", both, basis="EXACT_DIFFERENCE", weight="VALUE")
    assert exact.retained == Decimal("100.00")


@pytest.mark.clause("T-2.1.4-prorata", "T-2.1.4-remboursement")
def test_a_vintage_that_holds_nothing_but_replacements_gives_each_client_its_own() -> None:
    both = [client("a", 0, 3), client("b", 0, 1)]
    figures = refund_figures("a", both, basis="PRO_RATA", weight="VALUE")
    assert (figures.pool, figures.pro_rata, figures.exact) == (Decimal(40), Decimal(30), Decimal(30))


@pytest.mark.clause("T-2.1.4-prorata")
def test_value_and_number_differ_once_the_face_value_changed() -> None:
    dear, cheap = (
        Client("a", Volume(10, 20_000), Volume(5, 10_000)),
        Client("b", Volume(10, 10_000), Volume(0, 0)),
    )
    by_value = refund_figures("a", [dear, cheap], basis="PRO_RATA", weight="VALUE")
    by_number = refund_figures("a", [dear, cheap], basis="PRO_RATA", weight="NUMBER")
    assert (by_value.pro_rata, by_number.pro_rata) == (Decimal("66.67"), Decimal("50.00"))


def test_a_client_alone_gets_what_it_holds_by_both_readings() -> None:
    figures = refund_figures("a", [client("a", 520, 7)], basis="PRO_RATA", weight="NUMBER")
    assert figures.pro_rata == figures.exact == Decimal("70.00")


def test_nobody_ordered_and_nothing_is_due() -> None:
    figures = refund_figures("a", [client("a", 0, 0)], basis="PRO_RATA", weight="VALUE")
    assert figures.retained == Decimal("0.00")
    with pytest.raises(LookupError):
        refund_figures("z", [client("a", 1, 0)], basis="PRO_RATA", weight="VALUE")


@pytest.mark.clause("T-2.1.4-prorata")
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 99_999)), min_size=1, max_size=8))
def test_the_shares_of_all_clients_add_up_to_the_pool_to_the_cent(volumes: list[tuple[int, int]]) -> None:
    clients = [
        Client(f"c{rank}", Volume(count, count * 1000), Volume(1, cents))
        for rank, (count, cents) in enumerate(volumes)
    ]
    found = [refund_figures(each.code, clients, basis="PRO_RATA", weight="VALUE") for each in clients]
    if any(count for count, _ in volumes):
        assert sum(each.pro_rata for each in found) == found[0].pool
        assert sum((each.gap for each in found), Decimal(0)) == 0


@pytest.mark.parametrize(
    ("retained", "already", "due"),
    [("100.00", [], "100.00"), ("100.00", ["90.00"], "10.00"), ("80.00", ["90.00", "5.00"], "-15.00")],
)
def test_a_regularisation_pays_or_gives_back_the_difference(
    retained: str, already: list[str], due: str
) -> None:
    assert regularisation(Decimal(retained), map(Decimal, already)) == Decimal(due)


def lived(contract: Contract | None = None) -> list[int]:
    """Ten titles of 2026: four paid, one stopped, two held by the buyer, three unused; the vintage is over."""
    contract = contract or make_contract()
    keys = issued(contract)
    go(keys[:4], VoucherState.USED, VoucherState.PAID)
    go(keys[4:5], VoucherState.STOPPED)
    services.declare(contract=contract, keys=keys[5:7], holding=Holding.HELD, actor=ACTOR, at=MARCH)
    services.expire_vintage(contract=contract, vintage=2026, actor=ACTOR, at=MARCH)
    return keys


def refunded(at: datetime = MARCH) -> Refund:
    return refunds.refund_vintage(contract=make_contract(), vintage=2026, actor=ACTOR, at=at)


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-remboursement")
def test_what_is_held_or_lost_is_refunded_and_the_rest_is_not() -> None:
    keys = lived()
    refund = refunded()
    assert (refund.number, refund.vouchers, refund.amount) == ("RB2026-01", 3, Decimal("30.00"))
    assert (refund.pro_rata, refund.exact, refund.basis) == (Decimal("30.00"), Decimal("30.00"), "PRO_RATA")
    assert (refund.planned_on, refund.due_on) == (date(2027, 4, 15), date(2027, 4, 15))
    assert set(RefundedVoucher.objects.values_list("voucher", "holding")) == {
        (keys[4], "LOST"), (keys[5], "HELD"), (keys[6], "HELD"),
    }  # fmt: skip
    assert Voucher.objects.filter(state="REFUNDED").count() == 3
    run = services.replace_unused(contract=make_contract(), vintage=2026, actor=ACTOR, at=MARCH)
    assert run is not None and run.vouchers == 3
    assert breaches(register_of(make_contract())) == ()


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-remboursement")
def test_a_vintage_is_refunded_once_after_its_end_and_only_if_something_is_due() -> None:
    keys = issued()
    with pytest.raises(refunds.TooEarly):
        refunded(at=datetime(2027, 2, 28, 12, tzinfo=UTC))
    with pytest.raises(refunds.NotEnded) as running:
        refunded()
    assert running.value.count == 10
    services.expire_vintage(contract=make_contract(), vintage=2026, actor=ACTOR, at=MARCH)
    with pytest.raises(refunds.NothingToRefund):
        refunded()
    services.declare(contract=make_contract(), keys=keys[:1], holding=Holding.HELD, actor=ACTOR, at=MARCH)
    refunded()
    before = world()
    with pytest.raises(refunds.AlreadyRefunded):
        refunded()
    assert world() == before


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-remboursement")
def test_a_statement_that_fails_refunds_nothing() -> None:
    lived()
    assert each_statement_failing(refunded, world) >= 5
    assert Refund.objects.count() == 1 and breaches(register_of(make_contract())) == ()


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-remboursement")
def test_what_is_declared_later_is_regularised_once() -> None:
    keys = lived()
    refunded()
    with pytest.raises(refunds.NothingToRefund):
        refunds.regularise_refund(contract=make_contract(), vintage=2026, actor=ACTOR, at=JUNE)
    services.declare(contract=make_contract(), keys=keys[7:8], holding=Holding.HELD, actor=ACTOR, at=JUNE)
    line = refunds.regularise_refund(contract=make_contract(), vintage=2026, actor=ACTOR, at=JUNE)
    assert (line.rank, line.vouchers, line.already, line.amount) == (1, 1, Decimal("30.00"), Decimal("10.00"))
    with pytest.raises(refunds.NothingToRefund):
        refunds.regularise_refund(contract=make_contract(), vintage=2026, actor=ACTOR, at=JUNE)


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-prorata")
def test_two_clients_of_one_issuer_share_its_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "terms_of", lambda code: terms_of("cpam47"))
    monkeypatch.setattr(services, "terms_of", lambda code: terms_of("cpam47"))
    lived()
    other = make_contract("cpam99")
    issued(other, lines=6)  # thirty titles, none refundable
    refund = refunded()
    assert (refund.pool, refund.pro_rata, refund.exact) == (
        Decimal("30.00"),
        Decimal("7.50"),
        Decimal("30.00"),
    )
    assert refund.amount == Decimal("7.50")


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.4-remboursement")
def test_a_cheque_is_drawn_once_with_its_letter_then_cashed_once() -> None:
    lived()
    refund = refunded()
    drawn = {
        "number": "0001234",
        "bank": "Banque exemple",
        "drawn_on": date(2027, 4, 14),
        "actor": ACTOR,
        "at": MARCH,
    }
    cheque = refunds.draw_cheque(refund=refund, **drawn)  # type: ignore[arg-type]
    assert cheque.amount == Decimal("30.00")
    assert files.read(cheque.letter_sha256, contract="cpam47").startswith(b"%PDF")
    with pytest.raises(refunds.HasItsCheque):
        refunds.draw_cheque(refund=refund, **{**drawn, "number": "0001235"})  # type: ignore[arg-type]
    refunds.cash_cheque(cheque=cheque, cashed_on=date(2027, 4, 20), actor=ACTOR, at=JUNE)
    with pytest.raises(refunds.AlreadyCashed):
        refunds.cash_cheque(cheque=cheque, cashed_on=date(2027, 4, 21), actor=ACTOR, at=JUNE)
    assert Entry.objects.filter(act__startswith="CHEQUE").count() == 2
    refund.amount = Decimal(0)
    with pytest.raises(refunds.NothingToPay):
        refunds.draw_cheque(refund=refund, **drawn)  # type: ignore[arg-type]

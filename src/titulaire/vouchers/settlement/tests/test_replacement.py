"""What nobody used is replaced, once, with nobody's act; a failure half-way leaves nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django.db.models import F

from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.models import Booklet, Voucher, VoucherState
from titulaire.vouchers.issuing.queries import judge
from titulaire.vouchers.issuing.reissuing import NotReplaceable, replace_vouchers
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.settlement import services, work
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.models import ReplacementRun
from titulaire.vouchers.settlement.rules import Holding, breaches
from titulaire.vouchers.settlement.tests.factories import each_statement_failing, go, issued, world

pytestmark = pytest.mark.django_db

FEBRUARY_28 = datetime(2027, 2, 28, 22, 59, tzinfo=UTC)
MARCH_1 = datetime(2027, 2, 28, 23, 0, tzinfo=UTC)  # midnight in Paris


def lived() -> list[int]:
    """Ten titles of 2026 in two booklets: two used, one paid; one stopped; one lost, one held by the buyer."""
    keys = issued()
    go(keys, VoucherState.DELIVERED)
    go(keys[:3], VoucherState.USED)
    go(keys[:1], VoucherState.PAID)
    go(keys[3:4], VoucherState.STOPPED)
    services.declare(contract=make_contract(), keys=keys[4:5], holding=Holding.LOST, actor=ACTOR, at=MARCH_1)
    services.declare(contract=make_contract(), keys=keys[5:6], holding=Holding.HELD, actor=ACTOR, at=MARCH_1)
    return keys


def replaced(at: datetime = MARCH_1) -> ReplacementRun | None:
    return services.replace_unused(contract=make_contract(), vintage=2026, actor=ACTOR, at=at)


@pytest.mark.clause("T-2.1.4-remplacement")
def test_nothing_ends_while_merchants_may_still_present() -> None:
    keys = lived()
    for act in (services.replace_unused, services.expire_vintage):
        with pytest.raises(services.TooEarly) as early:
            act(contract=make_contract(), vintage=2026, actor=ACTOR, at=FEBRUARY_28)
        assert early.value.opens_on == date(2027, 3, 1)
    go(keys[6:7], VoucherState.USED, at=FEBRUARY_28)
    assert services.expire_vintage(contract=make_contract(), vintage=2026, actor=ACTOR, at=MARCH_1) == 6


@pytest.mark.clause("T-2.1.4-remplacement")
def test_the_unused_are_replaced_in_the_next_vintage_and_the_others_are_not() -> None:
    keys = lived()
    run = replaced()
    assert run is not None and (run.vouchers, run.booklets) == (4, 1)
    states = dict(Voucher.objects.filter(pk__in=keys).values_list("pk", "state"))
    assert [states[key] for key in keys] == [
        "PAID", "USED", "USED", "EXPIRED", "EXPIRED", "EXPIRED", *["REPLACED"] * 4,
    ]  # fmt: skip
    new = Voucher.objects.filter(replaces__in=keys).order_by("serial")
    assert [voucher.replaces_id for voucher in new] == keys[6:]
    for voucher in new:
        assert (voucher.vintage, voucher.state) == (2027, "ISSUED")
        assert voucher.last_valid_on == date(2028, 1, 31) and voucher.valid_from_on == date(2027, 3, 1)
        assert voucher.face_value_cents == voucher.replaces.face_value_cents  # type: ignore[union-attr]
        assert voucher.booklet.line == voucher.replaces.booklet.line  # type: ignore[union-attr]
        assert judge(voucher.code).reason == "" and judge(voucher.code).authentic
    (booklet,) = Booklet.objects.filter(vouchers__replaces__isnull=False).distinct()
    assert (booklet.size, booklet.rank) == (4, 3)
    assert list(Voucher.objects.order_by("serial").values_list("serial", flat=True)) == list(range(1, 15))
    assert breaches(register_of(make_contract())) == ()
    assert Entry.objects.filter(act="UNUSED_REPLACED").count() == 1


@pytest.mark.clause("T-2.1.4-remplacement")
def test_done_twice_it_replaces_once() -> None:
    lived()
    assert replaced() is not None
    before = world()
    assert replaced() is None and world() == before


def test_a_replacement_is_replaced_in_its_turn() -> None:
    issued(lines=1, vouchers=3)
    replaced()
    run = services.replace_unused(
        contract=make_contract(), vintage=2027, actor=ACTOR, at=datetime(2028, 3, 1, 9, tzinfo=UTC)
    )
    assert run is not None and run.vouchers == 3
    assert Voucher.objects.filter(vintage=2028, replaces__replaces__vintage=2026).count() == 3
    assert Voucher.objects.filter(state="ISSUED").count() == 3
    assert breaches(register_of(make_contract())) == ()


@pytest.mark.clause("T-2.1.4-remplacement")
def test_a_statement_that_fails_leaves_nothing_behind() -> None:
    lived()
    assert each_statement_failing(replaced, world) > 8
    assert ReplacementRun.objects.count() == 1
    assert breaches(register_of(make_contract())) == ()


def test_a_voucher_used_meanwhile_stops_the_whole_act() -> None:
    keys = lived()
    services.expire_vintage(contract=make_contract(), vintage=2026, actor=ACTOR, at=MARCH_1)
    Voucher.objects.filter(pk=keys[9]).update(state="REFUNDED")
    before = world()
    with pytest.raises(NotReplaceable), transaction.atomic():
        replace_vouchers(
            contract=make_contract(),
            vintages=dict.fromkeys(keys[8:], 2027),
            cause=services.UNUSED,
            act="REPLACE_UNUSED",
            target="x",
            actor=ACTOR,
            at=MARCH_1,
        )
    assert world() == before


@pytest.mark.clause("T-2.1.4-remplacement")
def test_the_worker_replaces_on_the_planned_day_with_nobodys_act(monkeypatch: pytest.MonkeyPatch) -> None:
    issued(lines=1, vouchers=2)
    # Ten working days after the cut-off: 12 March 2027.
    for at, queued in (
        (datetime(2027, 3, 11, 22, tzinfo=UTC), 0),
        (datetime(2027, 3, 11, 23, tzinfo=UTC), 1),
    ):
        work.plan(at)
        work.plan(at)
        assert Job.objects.filter(kind=services.REPLACE).count() == queued
    monkeypatch.setattr(work.timezone, "now", lambda: datetime(2027, 3, 12, 5, tzinfo=UTC))
    done = run_one(at=datetime(2027, 3, 12, 5, tzinfo=UTC))
    assert done is not None and done.state == "DONE" and done.result == {"vouchers": 2}
    assert Entry.objects.get(act="UNUSED_REPLACED").actor == services.SYSTEM


def test_only_living_vouchers_of_the_contract_are_declared_and_twice_is_once() -> None:
    keys = lived()
    contract = make_contract()
    with pytest.raises(services.CannotDeclare) as refused:
        services.declare(contract=contract, keys=keys[:2], holding=Holding.LOST, actor=ACTOR, at=MARCH_1)
    assert len(refused.value.numbers) == 2
    stranger = make_contract("cpam99")
    with pytest.raises(services.CannotDeclare):
        services.declare(contract=stranger, keys=keys[6:7], holding=Holding.HELD, actor=ACTOR, at=MARCH_1)
    assert (
        services.declare(contract=contract, keys=keys[4:5], holding=Holding.LOST, actor=ACTOR, at=MARCH_1)
        == 0
    )
    assert (
        services.declare(contract=contract, keys=keys[4:5], holding=Holding.HELD, actor=ACTOR, at=MARCH_1)
        == 1
    )


def test_the_value_of_each_replaced_voucher_is_kept() -> None:
    issued(lines=1, vouchers=2)
    Voucher.objects.update(face_value_cents=750)
    replaced()
    assert not Voucher.objects.filter(replaces__isnull=False).exclude(
        face_value_cents=F("replaces__face_value_cents")
    )

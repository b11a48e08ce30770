"""Confirming, acknowledging, cancelling: the happy way, the wrong moment, twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.vouchers.orders import deposits, queries, services
from titulaire.vouchers.orders.models import Beneficiary, Consumption, Order, OrderLine
from titulaire.vouchers.orders.reading.rows import OrderFile
from titulaire.vouchers.orders.rules import Delivery, OrderState
from titulaire.vouchers.orders.services import Confirmation, LineRequest
from titulaire.vouchers.orders.tests.factories import (
    ACTOR,
    AT,
    OCTOBER,
    make_contract,
    make_order,
    order_file,
    order_row,
    refusal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def confirm(contract: Contract, file: OrderFile, *, at: datetime = AT, **given: bool) -> Confirmation:
    with transaction.atomic():
        source = deposits.receive_file(contract=contract, data=b"x", name=file.name, actor=ACTOR, at=at)
    plan = queries.plan_order(contract, file, at=at)
    return deposits.confirm_plan(contract=contract, plan=plan, source=source, actor=ACTOR, at=at, **given)


def lower_ceiling(monkeypatch: pytest.MonkeyPatch, ceiling: str) -> None:
    terms = queries.order_terms(make_contract(), on=date(2026, 10, 5))
    lowered = replace(terms, ceiling=Decimal(ceiling))
    monkeypatch.setattr(queries, "order_terms", lambda contract, *, on: lowered)


@pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
def test_confirming_a_file_orders_exactly_what_it_asks_for(contract: Contract) -> None:
    done = confirm(contract, order_file(order_row(1, vouchers=10), order_row(2, vouchers=60)))
    order = done.order
    assert not done.already_known
    assert (order.number, order.state, order.vintage) == ("2026-0001", "CONFIRMED", 2026)
    assert (order.vouchers, order.booklets, order.amount) == (70, 4, Decimal("700.00"))
    assert [(line.reference, line.vouchers) for line in order.lines.all()] == [("B00001", 10), ("B00002", 60)]
    assert Beneficiary.objects.count() == 2
    assert queries.committed(contract) == Decimal("700.00")
    assert Entry.objects.get(act="ORDER_CONFIRMED").target == "order:2026-0001"


@pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
def test_the_same_content_under_another_name_is_the_same_order(contract: Contract) -> None:
    rows = order_row(1), order_row(2)
    first = confirm(contract, order_file(*rows))
    again = confirm(contract, order_file(*reversed(rows), name="copie.xlsx"))
    assert again.already_known and again.order == first.order
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 2)
    assert Entry.objects.filter(act="ORDER_CONFIRMED").count() == 1
    assert queries.committed(contract) == Decimal("200.00")


def test_a_plan_made_before_the_same_content_was_ordered_gives_that_order(contract: Contract) -> None:
    file = order_file(order_row(1))
    stale = queries.plan_order(contract, file, at=AT)
    first = confirm(contract, file)
    with transaction.atomic():
        source = deposits.receive_file(contract=contract, data=b"x", name="f", actor=ACTOR, at=AT)
    again = deposits.confirm_plan(contract=contract, plan=stale, source=source, actor=ACTOR, at=AT)
    assert again.already_known and again.order == first.order


def test_refused_rows_stop_the_order_until_someone_says_to_go_without_them(contract: Contract) -> None:
    file = order_file(order_row(1), refusals=(refusal(),))
    with pytest.raises(deposits.RowsRefused) as stopped:
        confirm(contract, file)
    assert stopped.value.refusals == (refusal(),)
    assert not Order.objects.exists()
    order = confirm(contract, file, accept_partial=True).order
    assert (order.vouchers, order.rows_refused) == (10, 1)


def test_a_file_without_any_good_row_is_refused_whole(contract: Contract) -> None:
    with pytest.raises(deposits.FileRefused) as stopped:
        confirm(contract, order_file(refusals=(refusal(),)), accept_partial=True)
    assert [obstacle.rule for obstacle in stopped.value.obstacles] == ["NO_ROW"]


def test_people_already_served_that_month_are_pointed_out(contract: Contract) -> None:
    confirm(contract, order_file(order_row(1), order_row(2)))
    longer = order_file(order_row(1), order_row(2), order_row(3))
    with pytest.raises(deposits.RowsRepeated) as stopped:
        confirm(contract, longer)
    assert [(repeat.row, repeat.number) for repeat in stopped.value.repeats] == [
        (2, "2026-0001"),
        (3, "2026-0001"),
    ]
    assert confirm(contract, longer, accept_repeats=True).order.number == "2026-0002"


@pytest.mark.clause("T-2.4-novembre")
def test_the_november_order_is_made_in_the_next_vintage(contract: Contract) -> None:
    november = date(2026, 11, 1)
    done = confirm(contract, order_file(order_row(1, month=november)), at=datetime(2026, 10, 31, tzinfo=UTC))
    assert done.order.vintage == 2027


@pytest.mark.parametrize(
    ("at", "accepted"),
    [
        (datetime(2024, 12, 1, 22, 59, tzinfo=UTC), False),
        (datetime(2024, 12, 1, 23, 0, tzinfo=UTC), True),
        (datetime(2028, 12, 31, 22, 59, tzinfo=UTC), True),
        (datetime(2028, 12, 31, 23, 0, tzinfo=UTC), False),
    ],
)
def test_orders_are_taken_from_the_notification_to_the_end_of_the_contract(
    contract: Contract, at: datetime, accepted: bool
) -> None:
    if accepted:
        make_order(contract, month=date(2029, 1, 1), at=at)
    else:
        with pytest.raises(services.ContractClosed):
            make_order(contract, month=date(2029, 1, 1), at=at)
        plan = queries.plan_order(contract, order_file(order_row(1, month=date(2029, 1, 1))), at=at)
        assert [obstacle.rule for obstacle in plan.obstacles] == ["CONTRACT_CLOSED"]


def test_titles_dead_at_birth_are_refused(contract: Contract) -> None:
    last_day = datetime(2027, 1, 31, 12, tzinfo=UTC)
    assert confirm(contract, order_file(order_row(1)), at=last_day).order.vintage == 2026
    with pytest.raises(deposits.FileRefused) as stopped:
        confirm(contract, order_file(order_row(2)), at=last_day + timedelta(days=1))
    assert [obstacle.rule for obstacle in stopped.value.obstacles] == ["VINTAGE_EXPIRED"]
    with pytest.raises(services.VintageExpired):
        make_order(contract, at=last_day + timedelta(days=1))


@pytest.mark.clause("T-1.1-plafond")
def test_the_ceiling_is_reached_to_the_cent_and_not_passed(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower_ceiling(monkeypatch, "200.00")
    make_order(contract, lines=1, vouchers=10)
    with pytest.raises(services.CeilingPassed) as stopped:
        confirm(contract, order_file(order_row(1, vouchers=11)))
    assert stopped.value.room.left_before == Decimal("100.00")
    assert Order.objects.count() == 1
    confirm(contract, order_file(order_row(5, vouchers=10)))
    assert queries.committed(contract) == Decimal("200.00")
    with pytest.raises(services.CeilingPassed):
        make_order(contract, lines=1, vouchers=1)
    assert Order.objects.count() == 2


@pytest.mark.clause("T-1.1-plafond")
def test_a_plan_made_before_the_ceiling_was_reached_is_refused_whole(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower_ceiling(monkeypatch, "150.00")
    stale = queries.plan_order(contract, order_file(order_row(1)), at=AT)
    assert stale.can_be_confirmed
    make_order(contract, lines=1, vouchers=10)
    with transaction.atomic():
        source = deposits.receive_file(contract=contract, data=b"x", name="f", actor=ACTOR, at=AT)
    with pytest.raises(services.CeilingPassed) as stopped:
        deposits.confirm_plan(contract=contract, plan=stale, source=source, actor=ACTOR, at=AT)
    assert stopped.value.room.left_before == Decimal("50.00")
    assert (Order.objects.count(), queries.committed(contract)) == (1, Decimal("100.00"))


@pytest.mark.clause("T-1.1-plafond")
def test_the_database_itself_refuses_more_than_the_ceiling(contract: Contract) -> None:
    make_order(contract)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consumption.objects.update(committed_cents=25_000_001)


def test_numbers_follow_each_other_by_year_and_contract(contract: Contract) -> None:
    other = make_contract("autre")
    numbers = [make_order(contract, key=key).number for key in "ab"]
    assert numbers == ["2026-0001", "2026-0002"]
    assert make_order(other).number == "2026-0001"
    new_year = make_order(
        contract, key="c", month=date(2026, 12, 1), at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    )
    assert new_year.number == "2027-0001", "it is already the new year in Paris"


@pytest.mark.clause("T-2.1.1.2-commande-ponctuelle")
def test_the_same_adhoc_request_sent_twice_is_one_order(contract: Contract) -> None:
    first, again = make_order(contract), make_order(contract)
    assert first == again
    assert queries.committed(contract) == Decimal("300.00")


@pytest.mark.clause("T-2.4-non-identifies")
def test_booklets_without_name_hold_1_to_25_titles_and_go_to_the_buyer(contract: Contract) -> None:
    order = make_order(contract, lines=0, unnamed=3, vouchers=25)
    assert (order.booklets, order.vouchers) == (3, 75)
    assert {(line.is_named, line.delivery) for line in order.lines.all()} == {(False, "CPAM")}
    with pytest.raises(services.BookletTooLarge):
        make_order(contract, lines=0, unnamed=1, vouchers=26)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.place_adhoc_order(
            contract=contract,
            month=OCTOBER,
            lines=[LineRequest(vouchers=1, delivery=Delivery.HOME)],
            request_key="k",
            actor=ACTOR,
            at=AT,
        )


def test_an_order_without_a_line_is_refused(contract: Contract) -> None:
    with pytest.raises(services.NothingOrdered):
        make_order(contract, lines=0)


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_acknowledging_starts_the_ten_working_days(contract: Contract) -> None:
    order = make_order(contract, at=datetime(2027, 4, 27, 8, tzinfo=UTC), month=date(2027, 5, 1))
    services.acknowledge_order(order=order, actor=ACTOR, at=datetime(2027, 4, 28, 8, tzinfo=UTC))
    assert order.state == OrderState.ACKNOWLEDGED
    assert (order.acknowledged_on, order.due_on) == (date(2027, 4, 28), date(2027, 5, 13))


def test_acknowledging_twice_keeps_the_first_date(contract: Contract) -> None:
    order = make_order(contract)
    services.acknowledge_order(order=order, actor=ACTOR, at=AT)
    services.acknowledge_order(order=order, actor=ACTOR, at=AT + timedelta(days=3))
    assert order.acknowledged_on == date(2026, 10, 5)
    assert Entry.objects.filter(act="ORDER_ACKNOWLEDGED").count() == 1


def test_a_cancelled_order_is_not_acknowledged(contract: Contract) -> None:
    order = make_order(contract)
    services.cancel_order(order=order, because="erreur de mois", actor=ACTOR, at=AT)
    with pytest.raises(services.WrongState):
        services.acknowledge_order(order=order, actor=ACTOR, at=AT)


@pytest.mark.parametrize(("day", "accepted"), [(4, False), (5, True), (8, True), (9, False)])
def test_an_acknowledgement_dates_from_the_order_to_the_act(
    contract: Contract, day: int, accepted: bool
) -> None:
    order, at = make_order(contract), AT + timedelta(days=3)
    on = date(2026, 10, day)
    if accepted:
        services.acknowledge_order(order=order, actor=ACTOR, at=at, acknowledged_on=on)
        assert order.acknowledged_on == on
    else:
        with pytest.raises(services.ImpossibleDay):
            services.acknowledge_order(order=order, actor=ACTOR, at=at, acknowledged_on=on)


@pytest.mark.clause("T-1.1-plafond")
def test_cancelling_gives_the_amount_back_once(contract: Contract) -> None:
    kept, order = make_order(contract, key="a"), make_order(contract, key="b")
    for _ in range(2):
        services.cancel_order(order=order, because="doublon", actor=ACTOR, at=AT)
    assert order.state == OrderState.CANCELLED
    assert queries.committed(contract) == kept.amount
    assert Entry.objects.filter(act="ORDER_CANCELLED").count() == 1


def test_cancelled_content_can_be_ordered_again_under_a_new_number(contract: Contract) -> None:
    file = order_file(order_row(1))
    first = confirm(contract, file).order
    services.cancel_order(order=first, because="erreur", actor=ACTOR, at=AT)
    again = confirm(contract, file)
    assert not again.already_known and again.order.number == "2026-0002"


def test_an_issued_order_is_not_cancelled(contract: Contract) -> None:
    order = make_order(contract)
    with pytest.raises(services.WrongState):
        services.mark_issued(order=order, at=AT)
    services.acknowledge_order(order=order, actor=ACTOR, at=AT)
    assert services.mark_issued(order=order, at=AT)
    assert not services.mark_issued(order=order, at=AT)
    with pytest.raises(services.WrongState):
        services.cancel_order(order=order, because="trop tard", actor=ACTOR, at=AT)
    assert queries.committed(contract) == order.amount
    assert services.mark_released(order=order, at=AT)
    assert order.state == OrderState.RELEASED


@pytest.mark.parametrize(
    "change",
    [
        {"vouchers": 0},
        {"booklets": 31},
        {"amount": Decimal("0")},
        {"month": date(2026, 10, 2)},
        {"state": "LOST"},
        {"state": "CANCELLED"},
        {"state": "ACKNOWLEDGED"},
        {"kind": "OTHER"},
    ],
)
def test_the_database_refuses_an_order_that_makes_no_sense(
    contract: Contract, change: dict[str, object]
) -> None:
    order = make_order(contract)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**change)


def failing_at(statement: int) -> Callable[..., object]:
    """Lets the statements before this one through, then fails."""
    seen = [0]

    def execute(run: Callable[..., object], *arguments: object) -> object:
        seen[0] += 1
        if seen[0] == statement:
            raise OperationalError
        return run(*arguments)

    return execute


@pytest.mark.clause("T-5.1-coherence")
@pytest.mark.parametrize("act", ["confirm", "acknowledge", "cancel"])
def test_a_failure_at_any_statement_leaves_everything_as_it_was(contract: Contract, act: str) -> None:
    first = make_order(contract, key="first")
    plan = queries.plan_order(contract, order_file(order_row(7), order_row(8)), at=AT)

    def run() -> None:
        match act:
            case "confirm":
                deposits.import_plan(contract=contract, plan=plan, data=b"x", actor=ACTOR, at=AT)
            case "acknowledge":
                services.acknowledge_order(order=first, actor=ACTOR, at=AT)
            case "cancel":
                services.cancel_order(order=first, because="essai", actor=ACTOR, at=AT)

    def state() -> tuple[object, ...]:
        return (
            list(Order.objects.values_list("number", "state")),
            OrderLine.objects.count(),
            queries.committed(contract),
            Entry.objects.count(),
        )

    before = state()
    for statement in range(1, 200):
        try:
            with connection.execute_wrapper(failing_at(statement)):
                run()
        except OperationalError:
            first.refresh_from_db()
            assert state() == before, statement
        else:
            break
    assert statement > 5
    assert state() != before

"""A stop takes every voucher that it can, once, at one instant; a lift gives them back; the list follows."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import fail_each_statement
from titulaire.vouchers.issuing.models import Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers, use
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.stops.models import Lift, Stop, StopList, StoppedVoucher
from titulaire.vouchers.stops.queries import (
    NothingNamed,
    PlaceOfUse,
    UnknownVersion,
    _tellers,
    stop_list,
    stop_plan,
    stopped_numbers,
    tells_places,
)
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import (
    MoreThanConfirmed,
    NothingToLift,
    NothingToStop,
    lift_stop,
    stop_vouchers,
)
from titulaire.vouchers.stops.tests.factories import TODAY, WHEN, by_number, stop

NEXT = WHEN + timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-espace-gestion")
@pytest.mark.parametrize("designation", list(Designation))
def test_vouchers_are_stopped_by_whatever_names_them(designation: Designation) -> None:
    order, other = issued_order(), issued_order(lines=2, vouchers=3)
    own = numbers(order)
    booklet = Voucher.objects.get(number=own[0]).booklet
    selection, expected = {
        Designation.NUMBER: (by_number(own[0]), own[:1]),
        Designation.RANGE: (by_number(own[2], own[5]), own[2:6]),
        Designation.BOOKLET: (Selection(Designation.BOOKLET, booklet.reference), own),
        Designation.ORDER: (Selection(Designation.ORDER, other.number), numbers(other)),
        Designation.BENEFICIARY: (
            Selection(Designation.BENEFICIARY, booklet.line.reference),
            [*own, *numbers(other)[:3]],
        ),
    }[designation]
    made = stop(order.contract, selection)
    stopped = Voucher.objects.filter(state=VoucherState.STOPPED).order_by("serial")
    assert list(stopped.values_list("number", flat=True)) == expected
    assert (made.vouchers, made.amount, made.selection) == (len(expected), 10 * len(expected), selection)
    assert made.effective_at == WHEN and made.number == "OPP-2026-0001"
    assert list(stop_list(order.contract, on=TODAY).added) == expected
    assert Entry.objects.filter(act="STOP").count() == 1
    assert set(VoucherMove.objects.values_list("target", flat=True)) == {"stop:OPP-2026-0001"}


@pytest.mark.django_db
def test_the_same_request_is_one_stop_and_another_finds_nothing_left() -> None:
    order = issued_order()
    selection = Selection(Designation.ORDER, order.number)
    first = stop(order.contract, selection, key="a")
    assert stop(order.contract, selection, key="a") == first
    with pytest.raises(NothingToStop) as refused:
        stop(order.contract, selection, key="b")
    assert set(refused.value.states.values()) == {"STOPPED"}
    assert Stop.objects.count() == Entry.objects.filter(act="STOP").count() == 1
    assert StopList.objects.get().version == 1


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.6-lieu-utilisation")
def test_a_range_over_used_vouchers_takes_the_others_and_tells_where_those_were_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = issued_order()
    own = numbers(order)
    use(own[3:5])
    place = PlaceOfUse(WHEN, "Épicerie inventée", "12345678900011", "1 rue des Exemples, 47000 AGEN")
    monkeypatch.setattr(
        "titulaire.vouchers.stops.queries._tellers", [lambda keys: dict.fromkeys(keys, place)]
    )
    plan = stop_plan(order.contract, by_number(own[0], own[9]))
    assert [voucher.number for voucher in plan.escaped] == own[3:5]
    assert (len(plan.stoppable), plan.amount) == (8, 80)
    assert set(plan.places.values()) == {place}
    made = stop(order.contract, by_number(own[0], own[9]), confirmed=8)
    assert made.vouchers == 8
    made.refresh_from_db()
    assert made.escaped == [[own[3], "USED"], [own[4], "USED"]]
    assert numbers(order, VoucherState.USED) == own[3:5]


@pytest.mark.django_db
def test_more_than_was_confirmed_is_never_stopped() -> None:
    order = issued_order()
    with pytest.raises(MoreThanConfirmed):
        stop(order.contract, Selection(Designation.ORDER, order.number), confirmed=9)
    assert not numbers(order, VoucherState.STOPPED)
    assert not Stop.objects.exists()


@pytest.mark.django_db
def test_another_contract_s_vouchers_do_not_exist_here() -> None:
    order = issued_order()
    other = make_contract("cpam99")
    own = numbers(order)
    for selection in (
        by_number(own[0]),
        by_number(own[0], own[9]),
        Selection(Designation.ORDER, order.number),
    ):
        with pytest.raises(NothingNamed):
            stop_plan(other, selection)
        with pytest.raises(NothingNamed):
            stop(other, selection)
    assert not StoppedVoucher.objects.exists()


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_a_stopped_voucher_is_refused_then_usable_again_once_lifted() -> None:
    order = issued_order()
    own = numbers(order)
    made = stop(order.contract, Selection(Designation.ORDER, order.number))
    assert not use(own[:1]).keys
    lift = lift_stop(stop=made, reason="Carnet retrouvé", actor=ACTOR, at=NEXT, numbers=own[:4])
    assert lift.vouchers == 4 and numbers(order, VoucherState.ISSUED) == own[:4]
    assert len(use(own[:1]).keys) == 1
    rest = lift_stop(stop=made, reason="Tout est retrouvé", actor=ACTOR, at=NEXT)
    assert rest.vouchers == 6
    with pytest.raises(NothingToLift):
        lift_stop(stop=made, reason="Encore", actor=ACTOR, at=NEXT)
    assert stop_list(order.contract, on=TODAY).added == ()
    assert Lift.objects.count() == Entry.objects.filter(act="LIFT_STOP").count() == 2


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_the_list_s_changes_since_any_version_make_the_whole_list() -> None:
    order = issued_order()
    contract, own = order.contract, numbers(order)
    first = stop(contract, by_number(own[0], own[2]))
    stop(contract, by_number(own[5]), reason=StopReason.STOLEN)
    lift_stop(stop=first, reason="Retrouvé", actor=ACTOR, at=NEXT, numbers=[own[1]])
    stop(contract, by_number(own[1]), at=NEXT)
    lift_stop(stop=first, reason="Retrouvé", actor=ACTOR, at=NEXT, numbers=[own[0]])
    whole = stop_list(contract, on=TODAY)
    assert (whole.version, whole.added, whole.removed) == (5, (own[1], own[2], own[5]), ())
    states = [set(), {0, 1, 2}, {0, 1, 2, 5}, {0, 2, 5}, {0, 1, 2, 5}, {1, 2, 5}]
    for version, listed in enumerate(states):
        delta = stop_list(contract, on=TODAY, since=version)
        then = {own[place] for place in listed}
        assert (then | set(delta.added)) - set(delta.removed) == set(whole.added)
        assert not then & set(delta.added) and set(delta.removed) <= then
    with pytest.raises(UnknownVersion):
        stop_list(contract, on=TODAY, since=6)
    assert set(stopped_numbers(contract, own)) == set(whole.added)


@pytest.mark.django_db
@pytest.mark.clause("T-2.1.5-espace-gestion", "T-1.1-reseau")
def test_a_vintage_leaves_the_list_the_day_after_its_last_presentation() -> None:
    order = issued_order()
    contract, own = order.contract, numbers(order)
    stop(contract, by_number(own[0], own[2]))
    Voucher.objects.filter(number=own[1]).update(vintage=2027)
    last_day, after = date(2027, 2, 28), date(2027, 3, 1)
    assert stop_list(contract, on=last_day).added == tuple(own[:3])
    assert stop_list(contract, on=after).added == (own[1],)
    # Whoever holds the same version from before is told what to drop.
    assert stop_list(contract, on=last_day, since=1).removed == ()
    assert stop_list(contract, on=after, since=1).removed == (own[0], own[2])
    # Whoever took a version after that day has nothing more to drop.
    stop(contract, by_number(own[5]), at=datetime(2027, 3, 2, 9, tzinfo=UTC))
    assert stop_list(contract, on=after, since=2).removed == ()
    assert stop_list(contract, on=date(2028, 3, 1)).added == ()


@pytest.mark.django_db
def test_the_database_holds_a_voucher_by_one_stop() -> None:
    order = issued_order()
    made = stop(order.contract, by_number(numbers(order)[0]))
    with pytest.raises(IntegrityError), transaction.atomic():
        StoppedVoucher.objects.create(stop=made, voucher=made.held.get().voucher, since_version=9)


def test_a_teller_of_places_is_declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("titulaire.vouchers.stops.queries._tellers", tellers := [])

    @tells_places
    def nobody(keys):  # type: ignore[no-untyped-def]
        return {}

    tells_places(nobody)
    assert tellers == [nobody] and _tellers is not tellers


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def test_of_a_stop_and_a_use_at_the_same_instant_exactly_one_wins_and_the_other_is_told() -> None:
    order = issued_order(lines=4, vouchers=25)
    own = numbers(order)
    start = threading.Barrier(2)
    stopped: dict[str, object] = {}
    used: dict[str, object] = {}
    failures: list[Exception] = []

    def stopping() -> None:
        for place, number in enumerate(own):
            start.wait()
            try:
                stop(order.contract, by_number(number), key=f"course-{place}")
                stopped[number] = True
            except NothingToStop as told:
                stopped[number] = told.states[number]

    def using() -> None:
        for number in own:
            start.wait()
            moved = use([number])
            used[number] = True if moved.keys else next(iter(moved.refused.values())).value

    def run(act) -> None:  # type: ignore[no-untyped-def]
        try:
            act()
        except Exception as fault:
            failures.append(fault)
            start.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in (stopping, using)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(own) == 100
    for number in own:
        assert (stopped[number], used[number]) in {(True, "STOPPED"), ("USED", True)}, number
    assert VoucherMove.objects.count() == 100
    assert set(stop_list(order.contract, on=TODAY).added) == {
        number for number in own if stopped[number] is True
    }


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_both_win_the_same_race() -> None:
    own = numbers(issued_order(lines=1, vouchers=5))
    start, won = threading.Barrier(2), []

    def take(state: str) -> None:
        try:
            for number in own:
                start.wait()
                stood = Voucher.objects.values_list("state", flat=True).get(number=number)
                # Nobody holds the voucher between the look and the change.
                start.wait()
                if stood == "ISSUED":
                    Voucher.objects.filter(number=number).update(state=state)
                    won.append((number, state))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(state,)) for state in ("STOPPED", "USED")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 2 * len(own)


@pytest.mark.django_db(transaction=True)
def test_a_failure_at_any_statement_stops_nothing_and_lifts_nothing() -> None:
    order = issued_order()
    selection = Selection(Designation.ORDER, order.number)

    def one_stop() -> None:
        stop_vouchers(
            contract=order.contract,
            selection=selection,
            reason=StopReason.LOST,
            declared_by="Le service social",
            declared_on=TODAY,
            confirmed=10,
            request_key="k",
            actor=ACTOR,
            at=WHEN,
        )

    def nothing_stopped() -> bool:
        return (
            len(numbers(order, VoucherState.ISSUED)) == 10
            and not Stop.objects.exists()
            and not StoppedVoucher.objects.exists()
            and not VoucherMove.objects.exists()
            and not StopList.objects.filter(version__gt=0).exists()
            and not Entry.objects.filter(act="STOP").exists()
        )

    assert fail_each_statement(one_stop, nothing_stopped) > 8
    made = Stop.objects.get()

    def nothing_lifted() -> bool:
        return (
            len(numbers(order, VoucherState.STOPPED)) == 10
            and not Lift.objects.exists()
            and VoucherMove.objects.count() == 10
            and StopList.objects.get().version == 1
            and not Entry.objects.filter(act="LIFT_STOP").exists()
        )

    assert (
        fail_each_statement(lambda: lift_stop(stop=made, reason="r", actor=ACTOR, at=NEXT), nothing_lifted)
        > 8
    )

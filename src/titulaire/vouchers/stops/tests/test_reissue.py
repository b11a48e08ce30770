"""The old voucher dies, then the new one lives: one descendant, within three working days, once."""

from __future__ import annotations

import contextlib
import io
import threading
from datetime import UTC, date, datetime, timedelta

import pikepdf
import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from titulaire.deadlines.clocks import State
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import fail_each_statement
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.codes import VerifiedCode, verify
from titulaire.vouchers.issuing.composition import job_spec, snapshot
from titulaire.vouchers.issuing.models import PrintJob, Reissue, Series, Voucher, VoucherState
from titulaire.vouchers.issuing.production import public_keys
from titulaire.vouchers.issuing.reissuing import (
    NotReplaceable,
    prepare_keys,
    print_reissue,
    reissue_spec,
    replace_vouchers,
)
from titulaire.vouchers.issuing.services import issue_order
from titulaire.vouchers.issuing.tests.factories import equip, paper, workshop
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers, use
from titulaire.vouchers.orders.models import Consumption
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.stops.models import Claim, Stop
from titulaire.vouchers.stops.queries import claims, stop_list
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import (
    AskedTooLate,
    NotEntitled,
    NothingToLift,
    NothingToReissue,
    lift_stop,
    reissue_stopped,
)
from titulaire.vouchers.stops.tests.factories import TODAY, WHEN, by_number, stop

NEXT = WHEN + timedelta(days=1)


def stopped_order(reason: StopReason = StopReason.LOST, **wishes: object) -> Stop:
    order = issued_order(**wishes)
    return stop(order.contract, Selection(Designation.ORDER, order.number), reason=reason)


def reissue(made: Stop, **wishes: object) -> list[Claim]:
    return reissue_stopped(stop=made, **{"asked_on": TODAY, "actor": ACTOR, "at": NEXT, **wishes})  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte", "T-2.4-securite")
def test_each_dead_voucher_has_one_new_one_of_the_same_worth_and_the_next_numbers() -> None:
    made = stopped_order(lines=2, vouchers=3)
    spent = Consumption.objects.get().committed_cents
    (claim,) = reissue(made)
    olds = list(Voucher.objects.filter(replaces__isnull=True).order_by("serial"))
    news = list(Voucher.objects.filter(replaces__isnull=False).order_by("serial"))
    assert [new.replaces for new in news] == olds and len(olds) == 6
    assert {old.state for old in olds} == {"REPLACED"} and {new.state for new in news} == {"ISSUED"}
    assert [new.serial for new in news] == [7, 8, 9, 10, 11, 12] and Series.objects.get().next_serial == 13
    keys = public_keys(made.contract)
    for old, new in zip(olds, news, strict=True):
        said = verify(new.code, keys)
        assert isinstance(said, VerifiedCode) and str(said.number) == new.number
        assert (new.face_value, new.vintage, new.valid_from_on, new.last_valid_on) == (
            old.face_value,
            old.vintage,
            old.valid_from_on,
            old.last_valid_on,
        )
        assert new.booklet.line_id == old.booklet.line_id and new.booklet_id != old.booklet_id
    assert claim.reissue.reference == f"{olds[0].order.number}-R1" and claim.reissue.vouchers == 6
    assert Consumption.objects.get().committed_cents == spent
    entry = Entry.objects.get(act="REISSUE")
    assert entry.content.body["replaced"] == {
        old.number: new.number for old, new in zip(olds, news, strict=True)
    }
    # The paper of the old ones may still be held out somewhere.
    assert list(stop_list(made.contract, on=TODAY).added) == [old.number for old in olds]


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte", "T-2.6-defectueux")
@pytest.mark.parametrize(
    ("asked_on", "due_on"),
    [(date(2026, 10, 14), date(2026, 10, 19)), (date(2026, 12, 23), date(2026, 12, 29))],
)
@pytest.mark.parametrize("reason", [StopReason.LOST, StopReason.LOST_IN_POST, StopReason.DEFECTIVE])
def test_the_delay_is_of_three_working_days_from_the_request(
    reason: StopReason, asked_on: date, due_on: date
) -> None:
    made = stopped_order(reason)
    (claim,) = reissue(made, asked_on=asked_on)
    assert claim.due_on == due_on
    (line,) = claims(made.contract)
    midnight = line.clock.calendar.end_of(due_on)
    assert line.clock.due_at == midnight
    assert line.clock.state(line.clock.calendar.end_of(asked_on)) == State.RUNNING
    assert line.clock.state(midnight - timedelta(seconds=1)) == State.AMBER
    assert line.clock.state(midnight) == State.LATE


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte")
def test_the_clock_stops_when_the_last_new_voucher_is_delivered() -> None:
    made = stopped_order()
    reissue(made)
    keys = list(Voucher.objects.filter(state="ISSUED").values_list("pk", flat=True))
    for some, at, met in ((keys[:9], NEXT, None), (keys[9:], NEXT + timedelta(hours=1), True)):
        with transaction.atomic():
            register.move(some, to=VoucherState.DELIVERED, act="DELIVER", target="test", at=at)
        (line,) = claims(made.contract)
        assert line.clock.met_in_time is met
    assert line.delivered_at == NEXT + timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte")
def test_asked_twice_is_made_once_and_a_replaced_voucher_is_never_lifted() -> None:
    made = stopped_order()
    own = numbers(Voucher.objects.first().order)  # type: ignore[union-attr]
    reissue(made, numbers=own[:4])
    with pytest.raises(NothingToReissue):
        reissue(made, numbers=own[:4])
    with pytest.raises(NothingToLift) as refused:
        lift_stop(stop=made, reason="Retrouvé", actor=ACTOR, at=NEXT, numbers=own[:4])
    assert set(refused.value.states.values()) == {"REPLACED"}
    assert lift_stop(stop=made, reason="Retrouvé", actor=ACTOR, at=NEXT).vouchers == 6
    with pytest.raises(NothingToReissue):
        reissue(made)
    assert Voucher.objects.count() == 14 and Reissue.objects.count() == 1
    assert list(stop_list(made.contract, on=TODAY).added) == own[:4]


@pytest.mark.django_db
def test_a_replacement_can_be_lost_in_its_turn() -> None:
    made = stopped_order(vouchers=1)
    reissue(made)
    child = Voucher.objects.get(state="ISSUED")
    again = stop(made.contract, by_number(child.number))
    (claim,) = reissue(again)
    grandchild = Voucher.objects.get(state="ISSUED")
    assert grandchild.replaces == child and child.replaces is not None
    assert claim.reissue.rank == 2 and claim.reissue.batch != Reissue.objects.get(rank=1).batch


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-defectueux")
def test_what_expired_before_the_request_is_not_replaced() -> None:
    made = stopped_order(StopReason.DEFECTIVE)
    with pytest.raises(AskedTooLate) as late:
        reissue(made, asked_on=date(2027, 2, 1))
    assert len(late.value.numbers) == 10 and not Reissue.objects.exists()
    (claim,) = reissue(made, asked_on=date(2027, 1, 31))
    new = Voucher.objects.filter(booklet__reissue=claim.reissue)[0]
    assert (new.vintage, new.last_valid_on) == (2027, date(2028, 1, 31))
    assert new.valid_from_on == timezone.localdate(NEXT)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte")
def test_what_was_asked_in_time_and_made_late_can_still_be_used() -> None:
    made = stopped_order()
    done_at = datetime(2027, 2, 10, 9, tzinfo=UTC)
    (claim,) = reissue(made, asked_on=date(2027, 1, 4), at=done_at)
    new = Voucher.objects.filter(booklet__reissue=claim.reissue)[0]
    assert (new.vintage, new.valid_from_on, new.last_valid_on) == (2027, done_at.date(), date(2028, 1, 31))


@pytest.mark.django_db
@pytest.mark.parametrize("reason", [StopReason.RETURNED, StopReason.OTHER])
def test_other_reasons_give_no_right_to_new_vouchers(reason: StopReason) -> None:
    made = stopped_order(reason)
    with pytest.raises(NotEntitled):
        reissue(made)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte")
def test_a_voucher_has_one_descendant_whatever_the_code_says() -> None:
    made = stopped_order(vouchers=1)
    reissue(made)
    child = Voucher.objects.get(state="ISSUED")
    old = child.replaces
    with pytest.raises(IntegrityError), transaction.atomic():
        child.pk, child.serial, child.number = None, 99, "260470000009912"
        child.save(force_insert=True)
    assert old is not None and Voucher.objects.filter(replaces=old).count() == 1


@pytest.mark.django_db
def test_a_used_voucher_is_not_replaced() -> None:
    order = issued_order()
    own = numbers(order)
    use(own[:1])
    keys = dict.fromkeys(Voucher.objects.values_list("pk", flat=True), 2026)
    prepare_keys(order.contract, [2026], actor=ACTOR, at=NEXT)
    with pytest.raises(NotReplaceable) as refused, transaction.atomic():
        replace_vouchers(
            contract=order.contract, vintages=keys, act="T", cause="LOST", target="t", actor=ACTOR, at=NEXT
        )
    assert list(refused.value.states.values()) == [VoucherState.USED]
    assert Voucher.objects.count() == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("T-2.6-perte")
def test_a_failure_at_any_statement_replaces_nothing() -> None:
    made = stopped_order(lines=2, vouchers=2)

    def untouched() -> bool:
        return (
            Voucher.objects.filter(state="STOPPED").count() == Voucher.objects.count() == 4
            and not Reissue.objects.exists()
            and not Claim.objects.exists()
            and Series.objects.get().next_serial == 5
            and not Entry.objects.filter(act="REISSUE").exists()
        )

    assert fail_each_statement(lambda: reissue(made), untouched) > 15
    assert Voucher.objects.filter(state="REPLACED").count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("T-2.6-perte")
def test_reissues_and_lifts_at_the_same_instant_leave_one_live_voucher() -> None:
    made = stopped_order(vouchers=8)
    own = numbers(Voucher.objects.first().order)  # type: ignore[union-attr]
    start, failures = threading.Barrier(4), []

    def fight(act) -> None:  # type: ignore[no-untyped-def]
        try:
            for number in own:
                start.wait()
                with contextlib.suppress(NothingToReissue, NothingToLift):
                    act(number)
        except Exception as fault:
            failures.append(fault)
            start.abort()
        finally:
            connections.close_all()

    def one_reissue(number: str) -> None:
        reissue(made, numbers=[number])

    def one_lift(number: str) -> None:
        lift_stop(stop=made, reason="Retrouvé", actor=ACTOR, at=NEXT, numbers=[number])

    threads = [threading.Thread(target=fight, args=(act,)) for act in (one_reissue, one_lift) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for number in own:
        old = Voucher.objects.get(number=number)
        new = Voucher.objects.filter(replaces=old)
        assert (old.state, new.count()) in {("REPLACED", 1), ("ISSUED", 0)}
        assert (number in stop_list(made.contract, on=TODAY).added) is (old.state == "REPLACED")
    live = Voucher.objects.filter(state="ISSUED").count()
    assert live == 8


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-perte", "T-2.6-defectueux")
def test_a_reissue_is_printed_alone_and_the_order_prints_as_before() -> None:
    made = stopped_order(lines=2, vouchers=2)
    contract = equip(make_contract())
    order = Voucher.objects.first().order  # type: ignore[union-attr]
    texts = snapshot(order, on=TODAY)
    job = PrintJob.objects.get()
    before = job_spec(order, texts, batch=job.batch, made_at=WHEN)
    (claim,) = reissue(made, numbers=numbers(order)[:3])
    assert job_spec(order, texts, batch=job.batch, made_at=WHEN) == before
    assert issue_order(order=order, actor=ACTOR, at=NEXT).vouchers == 4
    wanted = {"paper": paper(contract), "actor": ACTOR, "at": NEXT, "workshop": workshop()}
    printed = print_reissue(reissue=claim.reissue, **wanted)  # type: ignore[arg-type]
    spec = reissue_spec(printed)
    assert [len(booklet.vouchers) for booklet in spec.booklets] == [2, 1]
    assert {booklet.address[0] for booklet in spec.booklets} == {
        line.address[0] for line in order.lines.all()
    }
    press = files.read(printed.press_sha256, contract=contract.code)
    with pikepdf.open(io.BytesIO(press)) as pdf:
        assert len(pdf.pages) > 5
    again = print_reissue(reissue=Reissue.objects.get(), **wanted)  # type: ignore[arg-type]
    assert again.press_sha256 == printed.press_sha256
    assert Entry.objects.filter(act="PRINT_REISSUE").count() == 1

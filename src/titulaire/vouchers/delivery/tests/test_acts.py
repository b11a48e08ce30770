"""Booklets leave once, are followed, and pass to their owner with a proof."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connections, transaction
from pytest_django import Settings

from titulaire.deadlines.dues import Due
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import fail_each_statement
from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.clocks import dates
from titulaire.vouchers.delivery.models import Dispatch, Packed, Parcel, Proof, TrackingEvent, TrackingFile
from titulaire.vouchers.delivery.queries import delivery_board, postage
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, ProofKind, Risk, Stage
from titulaire.vouchers.delivery.services import (
    AlreadyTransferred,
    CannotBeSent,
    NothingToSend,
    NotPrinted,
    TrackingTaken,
    TransferTooEarly,
    deliver_sleeves,
    dispatch_booklets,
    follow_parcels,
    import_tracking,
    note_sighting,
    order_sleeves,
    prove_transfer,
)
from titulaire.vouchers.delivery.tests.factories import SENT, references, released_order, send
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.tests.lives import issued_order, use
from titulaire.vouchers.orders.tests.factories import ACTOR

ARRIVED = SENT + timedelta(days=2)
NOW = SENT + timedelta(days=5)


def states(order: object) -> set[str]:
    return set(Voucher.objects.filter(order=order).values_list("state", flat=True))


def tracking(*rows: tuple[str, datetime, str]) -> bytes:
    lines = [f"{number};{at.isoformat()};{said}" for number, at, said in rows]
    return "\n".join(["suivi;date;statut", *lines]).encode()


def take(order, content: bytes, at: datetime = NOW):  # type: ignore[no-untyped-def]
    return import_tracking(contract=order.contract, name="suivi.csv", content=content, actor=ACTOR, at=at)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-suivi")
def test_a_number_typed_in_small_letters_with_spaces_is_found_again_in_the_carriers_file() -> None:
    order = released_order()
    first, second = references(order)
    send(order, {"2l 0001 fr": [first], "2L0001FR": [second]})
    parcel = Parcel.objects.get()
    assert (parcel.tracking, parcel.packed.count()) == ("2L0001FR", 2)
    assert take(order, tracking(("2l0001fr", ARRIVED, "Distribué"))).refused == ()
    assert states(order) == {"DELIVERED"}


@pytest.mark.django_db
@pytest.mark.clause("T-1.1-distribution", "T-2.6-domicile", "T-2.6-suivi")
def test_a_dispatch_sends_each_booklet_once_with_its_number_and_its_postage() -> None:
    order = released_order()
    made = send(order, key="k")
    assert send(order, {"X": ("whatever",)}, key="k") == made
    assert (made.number, made.postage, made.parcels.count()) == ("EXP-2026-0001", Decimal("7.5"), 2)
    assert states(order) == {"DISPATCHED"} and references(order) == []
    assert set(VoucherMove.objects.values_list("target", flat=True)) == {"dispatch:EXP-2026-0001"}
    assert Entry.objects.filter(act="DISPATCH").count() == 1
    year = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2027, 1, 1, tzinfo=UTC)}
    assert postage(order.contract, **year) == Decimal("7.5")
    with pytest.raises(CannotBeSent):
        send(order, {"T": (f"{order.number}-0001",)})


@pytest.mark.django_db
def test_nothing_leaves_before_it_is_printed() -> None:
    order = issued_order()
    with pytest.raises(NotPrinted):
        send(order)
    with pytest.raises(NothingToSend):
        send(order, {"S": ()})
    assert states(order) == {"ISSUED"} and not Dispatch.objects.exists()


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-livraison-cpam", "T-2.6-domicile")
def test_a_booklet_goes_where_its_line_says() -> None:
    order = released_order(lines=1, unnamed=2)
    home, buyer = references(order), references(order, Means.SEALED_PARCEL)
    assert (len(home), len(buyer)) == (1, 2)
    for means, wrong in (
        (Means.SEALED_PARCEL, home),
        (Means.TRACKED_LETTER, buyer),
        (Means.TRACKED_LETTER, ["no"]),
    ):
        with pytest.raises(CannotBeSent) as refused:
            send(order, {"S": tuple(wrong)}, means=means)
        assert set(refused.value.references) == set(wrong)
    with pytest.raises(CannotBeSent):
        send(order, {"S": tuple(home), "T": tuple(home)})
    send(order, {"SCELLE-1": tuple(buyer)}, means=Means.SEALED_PARCEL)
    with pytest.raises(TrackingTaken):
        send(order, {"SCELLE-1": tuple(home)})


@pytest.mark.django_db
def test_a_booklet_with_a_stopped_or_used_voucher_stays_here() -> None:
    order = released_order()
    first, second = references(order)
    with transaction.atomic():
        held = list(Voucher.objects.filter(booklet__reference=first).values_list("pk", flat=True))
        register.move(held[:1], to=VoucherState.STOPPED, act="STOP", target="stop:1", at=SENT)
    use([Voucher.objects.filter(booklet__reference=second)[0].number])
    with pytest.raises(CannotBeSent):
        send(order, {"S": (first,), "T": (second,)})
    assert references(order) == []


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-suivi", "T-2.6-propriete")
def test_a_carrier_s_file_delivers_once_and_dates_the_transfer_from_the_carrier_s_instant() -> None:
    order = released_order()
    send(order, {"A1": (references(order)[0],), "B2": (references(order)[1],)})
    content = tracking(
        ("A1", ARRIVED, "Distribué"), ("B2", ARRIVED, "En cours"), ("ZZ", ARRIVED, "Distribué"),
        ("B2", NOW + timedelta(days=1), "Distribué"),
    )  # fmt: skip
    learnt = take(order, content)
    assert (learnt.events, learnt.delivered) == (2, 1)
    assert [(row.row, row.rule) for row in learnt.refused] == [(4, "UNKNOWN_PARCEL"), (5, "FUTURE")]
    proof = Proof.objects.get()
    assert (proof.kind, proof.transferred_at, proof.parcel.tracking) == ("TRACKED_DELIVERY", ARRIVED, "A1")
    delivered = VoucherMove.objects.filter(to_state="DELIVERED")
    assert set(delivered.values_list("at", "target")) == {(ARRIVED, "parcel:A1")} and delivered.count() == 10
    again = take(order, content)
    assert again.already and again.refused == learnt.refused and TrackingFile.objects.count() == 1
    more = take(order, tracking(("A1", ARRIVED, "Distribué"), ("A1", NOW, "Retour à l’expéditeur")))
    assert (more.events, more.delivered) == (1, 0)
    assert Parcel.objects.get(tracking="A1").status == "DELIVERED" and Proof.objects.count() == 1
    assert Entry.objects.filter(act="IMPORT_TRACKING").count() == 2


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-suivi")
def test_a_simulated_carrier_is_followed_to_the_end_and_asked_twice_tells_nothing_new() -> None:
    order = released_order(lines=5, vouchers=2)
    send(order)
    for days, least in ((0, 5), (1, 1), (30, 1)):
        at = SENT + timedelta(days=days, minutes=1)
        learnt = follow_parcels(contract=order.contract, carrier=Simulator(), actor=ACTOR, at=at)
        assert learnt.events >= least
        assert follow_parcels(contract=order.contract, carrier=Simulator(), actor=ACTOR, at=at).events == 0
    assert Parcel.objects.exclude(status__in=["DELIVERED", "RETURNED", "TROUBLE"]).count() == 0


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-propriete", "T-2.6-livraison-cpam")
@pytest.mark.parametrize("kind", [ProofKind.SIGNED_RECEIPT, ProofKind.DELIVERY_SLIP])
def test_a_signed_document_passes_ownership_and_an_altered_one_is_found_out(
    kind: ProofKind, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    order = released_order(lines=0, unnamed=3)
    made = send(order, means=Means.SEALED_PARCEL)
    signed = {
        "dispatch": made, "kind": kind, "signer": "Régie d’Agen", "transferred_at": ARRIVED, "file": b"%PDF-1.7 bon",
        "file_name": "bon.pdf", "actor": ACTOR, "at": NOW,
    }  # fmt: skip
    for early in (SENT - timedelta(seconds=1), NOW + timedelta(seconds=1)):
        with pytest.raises(TransferTooEarly):
            prove_transfer(**{**signed, "transferred_at": early})  # type: ignore[arg-type]
    proofs = prove_transfer(**signed)  # type: ignore[arg-type]
    assert len(proofs) == 3 and {proof.signer for proof in proofs} == {"Régie d’Agen"}
    assert states(order) == {"DELIVERED"}
    assert prove_transfer(**signed) == proofs  # type: ignore[arg-type]
    with pytest.raises(AlreadyTransferred):
        prove_transfer(**{**signed, "file": b"%PDF-1.7 autre"})  # type: ignore[arg-type]
    assert Entry.objects.filter(act="PROVE_TRANSFER").count() == 1
    sha256 = proofs[0].file_sha256
    assert files.read(sha256, contract=order.contract.code) == b"%PDF-1.7 bon"
    (tmp_path / "files" / order.contract.code / sha256[:2] / sha256).write_bytes(b"%PDF-1.7 bin")
    with pytest.raises(files.FileAltered):
        files.read(sha256, contract=order.contract.code)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-propriete")
def test_a_tracked_delivery_is_never_merely_declared() -> None:
    order = released_order()
    made = send(order)
    with pytest.raises(ValueError, match="events"):
        prove_transfer(
            dispatch=made,
            kind=ProofKind.TRACKED_DELIVERY,
            signer="x",
            transferred_at=ARRIVED,
            file=b"x",
            file_name="x",
            actor=ACTOR,
            at=NOW,
        )
    with pytest.raises(ValueError, match="proved"):
        note(made.parcels.all()[0], ParcelStatus.DELIVERED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proof.objects.create(
            parcel=made.parcels.all()[0],
            kind="DELIVERY_SLIP",
            transferred_at=ARRIVED,
            recorded_at=NOW,
            recorded_by=ACTOR,
        )


def note(parcel: Parcel, status: ParcelStatus) -> Parcel:
    return note_sighting(parcel=parcel, status=status, said="Constaté", seen_at=ARRIVED, actor=ACTOR, at=NOW)


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-suivi")
def test_what_came_back_is_sent_again_in_another_parcel() -> None:
    order = released_order(lines=1)
    (reference,) = references(order)
    first = send(order, {"A1": (reference,)})
    note(first.parcels.get(), ParcelStatus.RETURNED)
    (line,) = delivery_board(order.contract, on=NOW.date())
    assert (line.trouble, line.risk) == (1, Risk.AT_RISK)
    send(order, {"A2": (reference,)}, at=NOW)
    assert list(Packed.objects.order_by("pk").values_list("parcel__tracking", "current")) == [
        ("A1", False),
        ("A2", True),
    ]
    take(order, tracking(("A1", NOW, "Distribué"), ("A2", NOW, "Distribué")), at=NOW + timedelta(hours=1))
    assert states(order) == {"DELIVERED"}
    assert VoucherMove.objects.filter(target="parcel:A2").count() == 10


@pytest.mark.django_db
@pytest.mark.clause("T-2.6-livraison-cpam")
def test_the_board_warns_before_the_last_day_and_remembers_what_was_kept() -> None:
    order = released_order()
    assert order.due_on == date(2026, 10, 19)
    contract = order.contract

    def board(day: date) -> tuple[Stage, int | None, Risk]:
        (line,) = delivery_board(contract, on=day)
        return line.stage, line.left, line.risk

    assert board(date(2026, 10, 14)) == (Stage.TO_DISPATCH, 3, Risk.NONE)
    assert board(date(2026, 10, 15)) == (Stage.TO_DISPATCH, 2, Risk.AT_RISK)
    assert board(date(2026, 10, 19)) == (Stage.TO_DISPATCH, 0, Risk.AT_RISK)
    assert board(date(2026, 10, 20)) == (Stage.TO_DISPATCH, -1, Risk.LATE)
    made = send(order)
    assert board(date(2026, 10, 14)) == (Stage.UNDER_WAY, 3, Risk.NONE)
    for parcel, day in zip(made.parcels.all(), (18, 19), strict=True):
        at = datetime(2026, 10, day, 21, 59, tzinfo=UTC)
        take(order, tracking((parcel.tracking, at, "Distribué")), at=at)
    (line,) = delivery_board(contract, on=date(2026, 11, 30))
    assert (line.stage, line.risk, line.in_time, line.done) == (Stage.DONE, Risk.NONE, True, 2)
    Proof.objects.filter(transferred_at__day=19).update(
        transferred_at=datetime(2026, 10, 19, 22, 0, tzinfo=UTC)
    )
    (line,) = delivery_board(contract, on=date(2026, 11, 30))
    assert (line.risk, line.in_time) == (Risk.LATE, False)


@pytest.mark.django_db
@pytest.mark.clause("T-2.5-pochettes")
def test_sleeves_are_ordered_once_and_delivered_once() -> None:
    contract = released_order().contract
    wish = {"contract": contract, "quantity": 50, "request_key": "k", "actor": ACTOR, "at": SENT}
    asked = order_sleeves(**wish)  # type: ignore[arg-type]
    assert order_sleeves(**wish) == asked and asked.number == "POC-2026-0001"  # type: ignore[arg-type]
    assert deliver_sleeves(sleeves=asked, actor=ACTOR, at=ARRIVED).delivered_at == ARRIVED
    assert deliver_sleeves(sleeves=asked, actor=ACTOR, at=NOW).delivered_at == ARRIVED
    assert Entry.objects.filter(act__in=["ORDER_SLEEVES", "DELIVER_SLEEVES"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_failure_at_any_statement_sends_nothing_and_delivers_nothing() -> None:
    order = released_order()
    first, second = references(order)

    def one_dispatch() -> None:
        dispatch_booklets(
            order=order,
            means=Means.TRACKED_LETTER,
            parcels={"A1": (first,), "B2": (second,)},
            carrier="La Poste",
            postage=Decimal(3),
            request_key="k",
            actor=ACTOR,
            at=SENT,
        )

    def nothing_sent() -> bool:
        return states(order) == {"ISSUED"} and not (
            Dispatch.objects.exists()
            or Packed.objects.exists()
            or Entry.objects.filter(act="DISPATCH").exists()
        )

    assert fail_each_statement(one_dispatch, nothing_sent) > 10
    content = tracking(("A1", ARRIVED, "Distribué"), ("B2", ARRIVED, "Distribué"))

    def nothing_delivered() -> bool:
        return states(order) == {"DISPATCHED"} and not (
            Proof.objects.exists() or TrackingEvent.objects.exists() or TrackingFile.objects.exists()
        )

    assert fail_each_statement(lambda: take(order, content), nothing_delivered) > 10
    assert states(order) == {"DELIVERED"}


@pytest.mark.django_db(transaction=True)
def test_two_dispatches_of_the_same_booklets_at_one_instant_are_one() -> None:
    order = released_order(lines=3, vouchers=2)
    held, start, results = references(order), threading.Barrier(4), []

    def race(number: int) -> None:
        try:
            start.wait()
            send(order, {f"R{number}-{rank}": (one,) for rank, one in enumerate(held)})
            results.append("sent")
        except CannotBeSent:
            results.append("refused")
        except Exception as fault:
            results.append(repr(fault))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 3 + ["sent"]
    assert Packed.objects.count() == 3
    assert VoucherMove.objects.filter(to_state=VoucherState.DISPATCHED.value).count() == 6


@pytest.mark.django_db
@pytest.mark.clause("T-2.5-pochettes")
def test_sleeves_are_a_date_of_the_board_until_they_are_delivered() -> None:
    contract = released_order().contract
    asked = order_sleeves(contract=contract, quantity=50, request_key="k", actor=ACTOR, at=SENT)

    def due() -> Due:
        found = dates(contract, since=SENT.date(), until=NOW.date(), at=NOW)
        return next(one for one in found if one.key == asked.number)

    assert due().done_on is None and (due().due_on - SENT.date()).days >= 14
    deliver_sleeves(sleeves=asked, actor=ACTOR, at=ARRIVED)
    assert due().done_on == ARRIVED.date()

"""A remittance uses each valid voucher once, whatever is sent, and however often."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from titulaire.journal.models import Entry
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.network import services
from titulaire.vouchers.network.affiliation import review
from titulaire.vouchers.network.models import Affiliate, Remittance, RemittanceLine, Use
from titulaire.vouchers.network.rules import AffiliateState, Channel, Given, Verdict
from titulaire.vouchers.network.services import (
    NotAccepted,
    NothingGiven,
    PostmarkAfterReceipt,
    Remitted,
    TooMany,
    preview,
    remit,
)
from titulaire.vouchers.network.tests.factories import AT, TODAY, instant, make_affiliate, make_vouchers
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = pytest.mark.django_db


def send(affiliate: Affiliate, *texts: str, **wishes: object) -> Remitted:
    wishes = {"at": AT, "channel": Channel.TYPED} | wishes
    return remit(affiliate=affiliate, titles=[Given(text) for text in texts], actor=ACTOR, **wishes)  # type: ignore[arg-type]


def verdicts(remittance: Remittance) -> list[str]:
    return list(remittance.lines.order_by("position").values_list("verdict", flat=True))


def go(vouchers: list[Voucher], to: VoucherState) -> None:
    with transaction.atomic():
        register.move([one.pk for one in vouchers], to=to, act="TEST", target="test:1", at=AT)


@pytest.mark.clause("T-1.1-reseau", "T-2.4-securite", "T-2.6-lieu-utilisation")
def test_each_voucher_gets_its_verdict_and_the_valid_ones_are_used_where_and_when_is_kept() -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(6)
    go(vouchers[3:4], VoucherState.STOPPED)
    done = send(
        affiliate,
        vouchers[0].code,
        vouchers[1].number,
        f"{vouchers[2].grouped} {vouchers[2].short_code}",
        vouchers[3].code,
        vouchers[0].number,
        vouchers[4].code[:-3] + "AAA",
        "123456789012345",
    ).remittance
    assert verdicts(done) == [
        "VALID", "VALID", "VALID", "STOPPED", "TWICE_IN_BATCH", "FORGED", "UNKNOWN",
    ]  # fmt: skip
    assert (done.given, done.accepted, done.refused, done.amount) == (7, 3, 4, 30)
    assert set(Voucher.objects.filter(state="USED")) == set(vouchers[:3])
    use = Use.objects.get(voucher=vouchers[0])
    assert (use.affiliate, use.remittance, use.presented_on, use.accepted_at) == (affiliate, done, TODAY, AT)
    entry = Entry.objects.get(act="REMITTED")
    assert entry.target == f"remittance:{done.number}"
    assert entry.content.body["vouchers"] == sorted(one.number for one in vouchers[:3])
    assert set(vouchers[0].moves.values_list("act", "target")) == {("REMITTED", f"remittance:{done.number}")}


@pytest.mark.clause("T-2.4-securite")
def test_a_forged_signature_is_told_from_a_misread_code() -> None:
    affiliate, (voucher, other) = make_affiliate(), make_vouchers(2)
    mixed = voucher.code[:21] + other.code[21:]
    done = send(affiliate, mixed, voucher.code[:50]).remittance
    assert list(done.lines.values_list("verdict", "note")) == [("FORGED", ""), ("UNKNOWN", "NOT_A_CODE")]
    assert Use.objects.count() == 0


@pytest.mark.clause("T-1.1-reseau")
def test_the_same_content_sent_again_is_the_same_remittance() -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(3)
    first = send(affiliate, *(one.number for one in vouchers))
    again = send(affiliate, *(one.grouped for one in reversed(vouchers)), at=AT + timedelta(days=2))
    assert (again.already_known, again.remittance) == (True, first.remittance)
    assert (Remittance.objects.count(), Use.objects.count()) == (1, 3)


def test_a_content_whose_refused_voucher_is_free_again_makes_a_new_remittance() -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(2)
    go(vouchers[:1], VoucherState.STOPPED)
    numbers = [one.number for one in vouchers]
    send(affiliate, *numbers)
    with transaction.atomic():
        register.lift([vouchers[0].pk], act="LIFT", target="test:2", at=AT)
    second = send(affiliate, *numbers)
    assert not second.already_known
    assert verdicts(second.remittance) == ["VALID", "ALREADY_USED"]
    assert send(affiliate, *numbers).remittance == second.remittance


@pytest.mark.clause("T-2.4-securite")
def test_another_shop_cannot_use_a_voucher_again() -> None:
    vouchers = make_vouchers(2)
    mine, theirs = make_affiliate(rank=1), make_affiliate(rank=2)
    send(mine, vouchers[0].code)
    done = send(theirs, vouchers[0].code, vouchers[1].code).remittance
    assert verdicts(done) == ["ALREADY_USED", "VALID"]
    assert Use.objects.get(voucher=vouchers[0]).affiliate == mine


def test_a_voucher_of_another_contract_is_unknown_here() -> None:
    affiliate, (voucher,) = make_affiliate(), make_vouchers(1)
    Voucher.objects.update(contract=make_contract("cpam99"))
    assert verdicts(send(affiliate, voucher.code).remittance) == ["UNKNOWN"]


@pytest.mark.parametrize("state", [AffiliateState.SUSPENDED, AffiliateState.REFUSED, AffiliateState.PENDING])
def test_only_an_accepted_affiliate_may_send_vouchers_in(state: AffiliateState) -> None:
    affiliate = make_affiliate(accepted=state is AffiliateState.SUSPENDED)
    if state is not AffiliateState.PENDING:
        review(affiliate=affiliate, outcome=state, reason="Dossier incomplet", actor=ACTOR, at=AT)
    with pytest.raises(NotAccepted) as refused:
        send(affiliate, make_vouchers(1)[0].code)
    assert refused.value.state == state
    assert Voucher.objects.get().state == "ISSUED"


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize(
    ("received", "postmark", "verdict"),
    [
        (date(2027, 2, 28), None, "VALID"),
        (date(2027, 3, 2), date(2027, 2, 28), "VALID"),
        (date(2027, 3, 1), None, "EXPIRED"),
        (date(2027, 3, 2), date(2027, 3, 1), "EXPIRED"),
    ],
)
def test_the_postmark_counts_for_the_cut_off(received: date, postmark: date | None, verdict: str) -> None:
    affiliate, (voucher,) = make_affiliate(), make_vouchers(1)
    Voucher.objects.update(vintage=2026, last_valid_on=date(2027, 1, 31))
    done = send(affiliate, voucher.number, at=instant(received), postmarked_on=postmark).remittance
    assert verdicts(done) == [verdict]


@pytest.mark.parametrize(
    ("wishes", "refusal"),
    [
        ({"postmarked_on": TODAY + timedelta(days=1)}, PostmarkAfterReceipt),
        ({"received_on": TODAY + timedelta(days=1)}, PostmarkAfterReceipt),
        ({"titles": []}, NothingGiven),
        ({"titles": [Given("1")] * 10_001}, TooMany),
    ],
)
def test_a_remittance_that_makes_no_sense_is_refused_whole(
    wishes: dict[str, object], refusal: type[Exception]
) -> None:
    wishes = {"titles": [Given("123456789012345")], "at": AT, "channel": Channel.TYPED} | wishes
    with pytest.raises(refusal):
        remit(affiliate=make_affiliate(), actor=ACTOR, **wishes)  # type: ignore[arg-type]
    assert Remittance.objects.count() == 0


def test_a_preview_gives_the_same_verdicts_and_records_nothing() -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(3)
    titles = [Given(vouchers[0].number), Given(vouchers[0].code), Given("12")]
    rulings = preview(affiliate=affiliate, titles=titles, at=AT)
    assert [ruling.verdict for ruling in rulings] == ["VALID", "TWICE_IN_BATCH", "UNKNOWN"]
    assert (Remittance.objects.count(), Voucher.objects.filter(state="USED").count()) == (0, 0)


def test_the_register_has_the_last_word_when_a_stop_arrives_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(2)
    move = services.register.move

    def stopped_first(keys: list[int], **wishes: object) -> register.Moved:
        move([vouchers[0].pk], to=VoucherState.STOPPED, act="STOP", target="stop:1", at=AT)
        return move(keys, **wishes)  # type: ignore[arg-type]

    monkeypatch.setattr(services.register, "move", stopped_first)
    done = send(affiliate, vouchers[0].code, vouchers[1].code).remittance
    assert verdicts(done) == ["STOPPED", "VALID"]
    assert (done.accepted, Use.objects.count()) == (1, 1)


@pytest.mark.clause("T-2.4-securite")
def test_the_database_itself_refuses_a_second_use() -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(2)
    done = send(affiliate, vouchers[0].code, vouchers[1].number[:-1]).remittance
    use, other = Use.objects.get(), RemittanceLine.objects.get(position=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Use.objects.create(
            voucher=use.voucher, line=other, remittance=done, affiliate=affiliate,
            presented_on=TODAY, accepted_at=AT,
        )  # fmt: skip
        connection.check_constraints()


@pytest.mark.parametrize("fault", range(1, 11))
def test_whichever_statement_fails_nothing_is_half_done(fault: int) -> None:
    affiliate, vouchers = make_affiliate(), make_vouchers(3)
    seen = {"writes": 0}

    def fail(execute: object, sql: str, params: object, many: bool, context: object) -> object:
        if not sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
            seen["writes"] += 1
            if seen["writes"] == fault:
                raise RuntimeError("the power went out")
        return execute(sql, params, many, context)  # type: ignore[operator]

    try:
        with connection.execute_wrapper(fail):
            send(affiliate, *(one.code for one in vouchers))
    except RuntimeError:
        assert (Remittance.objects.count(), Use.objects.count(), RemittanceLine.objects.count()) == (0, 0, 0)
        assert Voucher.objects.filter(state="USED").count() == 0
        assert not Entry.objects.filter(act="REMITTED").exists()
    else:
        assert Use.objects.count() == 3 and seen["writes"] < fault
    assert {Verdict.VALID} >= set(verdicts(send(affiliate, *(one.code for one in vouchers)).remittance))

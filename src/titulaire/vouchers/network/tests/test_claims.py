"""A voucher presented in time whose life had ended meanwhile: paid once, or refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from titulaire.identity.roles import Role
from titulaire.identity.tests.apart import address_apart, race, run, shell
from titulaire.identity.tests.factories import person
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import fail_each_statement
from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.reissuing import prepare_keys, replace_vouchers
from titulaire.vouchers.network import claims, payment, queries
from titulaire.vouchers.network.models import Affiliate, ClaimDecision, Remittance, RemittanceLine, Use
from titulaire.vouchers.network.rules import Bar, Channel, ClaimFacts, Given, bar
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import IBAN, make_affiliate, make_vouchers
from titulaire.vouchers.network.tests.test_pages import address, enter, operator, shopkeeper, words
from titulaire.vouchers.network.wording import explanation
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

__all__ = ["address_apart"]

MARCH_20 = datetime(2027, 3, 20, 9, tzinfo=UTC)
"""After the replacement; what is postmarked in February was presented in time."""
POSTMARK = date(2027, 2, 20)
AGREEMENT = claims.Agreement("accord.pdf", b"%PDF-1.4 accord", "Lucienne Garbaye", date(2027, 3, 18))
CLAUSES = ("T-1.1-reseau", "T-2.4-securite")


# The rule


@pytest.mark.clause(*CLAUSES)
@pytest.mark.parametrize(
    ("heir_state", "forbidden"),
    [
        ("EXPIRED", None),
        ("ISSUED", None),
        ("DISPATCHED", None),
        ("DELIVERED", None),
        ("USED", Bar.ALREADY_PAID),
        ("PAID", Bar.ALREADY_PAID),
        ("REFUNDED", Bar.REFUNDED),
        ("STOPPED", Bar.HEIR_STOPPED),
        ("REPLACED", Bar.HEIR_MOVED),
    ],
)
def test_a_claim_is_payable_while_nobody_used_its_value(heir_state: str, forbidden: Bar | None) -> None:
    facts = ClaimFacts(opposed=False, heir_state=heir_state, last_valid_on=date(2027, 1, 31))
    assert bar(facts) is forbidden


@pytest.mark.clause(*CLAUSES)
@pytest.mark.parametrize(
    ("used_on", "forbidden"),
    [(date(2027, 1, 31), None), (date(2027, 2, 1), Bar.USED_TOO_LATE), (None, None)],
)
def test_a_voucher_used_after_its_last_day_is_never_paid(used_on: date | None, forbidden: Bar | None) -> None:
    facts = ClaimFacts(opposed=False, heir_state="EXPIRED", last_valid_on=date(2027, 1, 31), used_on=used_on)
    assert bar(facts) is forbidden


def test_a_stop_before_the_end_holds_against_the_shop() -> None:
    assert bar(ClaimFacts(opposed=True, heir_state="ISSUED", last_valid_on=date(2027, 1, 31))) is Bar.OPPOSED


# The act


def move(keys: list[int], to: VoucherState) -> None:
    with transaction.atomic():
        moved = register.move(keys, to=to, act="TEST", target="test:1", at=MARCH_20)
    assert not moved.refused


def replaced(vouchers: list[Voucher]) -> list[Voucher]:
    """Their heirs, in the same order."""
    contract = make_contract()
    prepare_keys(contract, [2027], actor=ACTOR, at=MARCH_20)
    with transaction.atomic():
        replace_vouchers(
            contract=contract,
            vintages={one.pk: 2027 for one in vouchers},
            act="REPLACE_UNUSED",
            cause="UNUSED",
            target="test:1",
            actor=ACTOR,
            at=MARCH_20,
        )
    return list(Voucher.objects.filter(replaces__in=vouchers).order_by("replaces__serial"))


def claimed(affiliate: Affiliate, *vouchers: Voucher) -> list[RemittanceLine]:
    done = remit(
        affiliate=affiliate,
        titles=[Given(one.code) for one in vouchers],
        channel=Channel.TYPED,
        postmarked_on=POSTMARK,
        actor=ACTOR,
        at=MARCH_20,
    ).remittance
    assert (done.accepted, set(done.lines.values_list("note", flat=True))) == (0, {"LATE_CLAIM"})
    return list(queries.late_claims(make_contract()).filter(remittance=done).order_by("position"))


def pay(line: RemittanceLine) -> Remittance:
    return claims.pay_claim(line=line, agreement=AGREEMENT, actor=ACTOR, at=MARCH_20)


@pytest.mark.django_db
@pytest.mark.clause(*CLAUSES)
def test_what_replaced_the_voucher_is_used_in_its_place_and_the_shop_is_paid_once() -> None:
    shop, vouchers = make_affiliate(), make_vouchers(2)
    heirs = replaced(vouchers)
    line, _ = claimed(shop, *vouchers)
    done = pay(line)
    assert (done.accepted, done.amount, done.presented_on) == (1, 10, POSTMARK)
    states = {one.pk: one.state for one in Voucher.objects.all()}
    assert [states[one.pk] for one in vouchers] == ["REPLACED", "REPLACED"]
    assert [states[one.pk] for one in heirs] == ["USED", "ISSUED"]
    decision = ClaimDecision.objects.get()
    assert files.read(decision.agreement_sha256, contract="cpam47") == AGREEMENT.content
    assert Entry.objects.get(act="CLAIM_PAID").content.body["used"] == heirs[0].number
    # Whoever holds what replaced it is told; and the ordinary payment pays the shop.
    after = remit(
        affiliate=shop, titles=[Given(heirs[0].code)], channel=Channel.TYPED, actor=ACTOR, at=MARCH_20
    )
    assert list(after.remittance.lines.values_list("verdict", flat=True)) == ["ALREADY_USED"]
    payment.set_paying_account(
        contract=make_contract(), name="Émetteur", iban=IBAN, bic="", actor=ACTOR, at=MARCH_20
    )
    paid = payment.pay(contract=make_contract(), execution_on=date(2027, 3, 22), actor=ACTOR, at=MARCH_20)
    assert (paid.run.vouchers, paid.run.amount) == (1, 10)
    assert Voucher.objects.get(pk=heirs[0].pk).state == "PAID"


@pytest.mark.django_db
@pytest.mark.clause(*CLAUSES)
def test_a_voucher_that_expired_and_was_not_replaced_is_used_itself() -> None:
    shop, vouchers = make_affiliate(), make_vouchers(2)
    move([one.pk for one in vouchers], VoucherState.EXPIRED)
    line, other = claimed(shop, *vouchers)
    pay(line)
    assert Use.objects.get().voucher == vouchers[0]
    assert [one.state for one in Voucher.objects.order_by("serial")] == ["USED", "EXPIRED"]
    assert explanation(queries.lines_of(line.remittance)[0], reader=shop).startswith(
        "Payé à titre exceptionnel"
    )
    assert "examine" in explanation(queries.lines_of(other.remittance)[1], reader=shop)


@pytest.mark.django_db
@pytest.mark.clause(*CLAUSES)
def test_two_shops_that_claim_one_voucher_are_not_both_paid() -> None:
    (voucher,) = make_vouchers(1)
    replaced([voucher])
    (mine,), (theirs,) = (claimed(make_affiliate(rank=rank), voucher) for rank in (1, 2))
    pay(mine)
    with pytest.raises(claims.Barred) as refused:
        pay(theirs)
    assert refused.value.bar is Bar.ALREADY_PAID
    assert (Use.objects.count(), Remittance.objects.filter(accepted=1).count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.clause(*CLAUSES)
@pytest.mark.parametrize(
    ("heir_state", "forbidden"),
    [("USED", Bar.ALREADY_PAID), ("STOPPED", Bar.HEIR_STOPPED)],
)
def test_what_replaced_it_being_used_or_stopped_nothing_is_paid(heir_state: str, forbidden: Bar) -> None:
    (voucher,) = make_vouchers(1)
    (heir,) = replaced([voucher])
    (line,) = claimed(make_affiliate(), voucher)
    move([heir.pk], VoucherState(heir_state))
    with pytest.raises(claims.Barred) as refused:
        pay(line)
    assert refused.value.bar is forbidden
    assert (Use.objects.count(), ClaimDecision.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.clause(*CLAUSES)
def test_an_heir_used_since_it_was_read_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    (voucher,) = make_vouchers(1)
    (heir,) = replaced([voucher])
    (line,) = claimed(make_affiliate(), voucher)
    move([heir.pk], VoucherState.USED)
    monkeypatch.setattr(claims, "bar", lambda facts: None)
    with pytest.raises(claims.Barred) as refused:
        pay(line)
    assert refused.value.bar is Bar.ALREADY_PAID
    assert (Use.objects.count(), ClaimDecision.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_last_of_the_line_pays_and_a_stopped_one_never_does() -> None:
    (voucher, stolen) = make_vouchers(2)
    move([stolen.pk], VoucherState.STOPPED)
    first, _ = replaced([voucher, stolen])
    (heir,) = replaced([first])
    line, refused_line = claimed(make_affiliate(), voucher, stolen)
    pay(line)
    assert Use.objects.get().voucher == heir
    with pytest.raises(claims.Barred) as refused:
        pay(refused_line)
    assert refused.value.bar is Bar.OPPOSED


@pytest.mark.django_db
def test_a_refunded_voucher_is_not_paid_as_well() -> None:
    (voucher,) = make_vouchers(1)
    move([voucher.pk], VoucherState.EXPIRED)
    move([voucher.pk], VoucherState.REFUNDED)
    (line,) = claimed(make_affiliate(), voucher)
    with pytest.raises(claims.Barred) as refused:
        pay(line)
    assert refused.value.bar is Bar.REFUNDED


@pytest.mark.django_db
def test_a_claim_is_decided_once() -> None:
    shop, vouchers = make_affiliate(), make_vouchers(2)
    replaced(vouchers)
    line, other = claimed(shop, *vouchers)
    claims.refuse_claim(line=line, reason="Titre déchiré", actor=ACTOR, at=MARCH_20)
    pay(other)
    for each, outcome in ((line, "REFUSED"), (other, "PAID")):
        for act in (
            lambda each=each: pay(each),
            lambda each=each: claims.refuse_claim(line=each, reason="Encore", actor=ACTOR, at=MARCH_20),
        ):
            with pytest.raises(claims.AlreadyDecided) as refused:
                act()
            assert refused.value.outcome == outcome
    assert explanation(queries.lines_of(line.remittance)[0], reader=shop) == "Demande refusée : Titre déchiré"
    assert Use.objects.count() == 1


@pytest.mark.django_db
def test_neither_a_refusal_without_reason_nor_a_payment_without_agreement() -> None:
    (voucher,) = make_vouchers(1)
    replaced([voucher])
    (line,) = claimed(make_affiliate(), voucher)
    with pytest.raises(claims.NothingSaid):
        claims.refuse_claim(line=line, reason=" ", actor=ACTOR, at=MARCH_20)
    for content, who in ((b"", "Lucienne Garbaye"), (b"%PDF", " ")):
        with pytest.raises(claims.NothingSaid):
            agreement = claims.Agreement("a.pdf", content, who, date(2027, 3, 18))
            claims.pay_claim(line=line, agreement=agreement, actor=ACTOR, at=MARCH_20)
    tomorrow = claims.Agreement("a.pdf", b"%PDF", "Lucienne Garbaye", date(2027, 3, 21))
    with pytest.raises(claims.AgreedInTheFuture):
        claims.pay_claim(line=line, agreement=tomorrow, actor=ACTOR, at=MARCH_20)
    assert not ClaimDecision.objects.exists()


@pytest.mark.django_db
def test_an_ordinary_refusal_is_not_a_claim() -> None:
    (voucher,) = make_vouchers(1)
    move([voucher.pk], VoucherState.STOPPED)
    done = remit(
        affiliate=make_affiliate(),
        titles=[Given(voucher.code)],
        channel=Channel.TYPED,
        actor=ACTOR,
        at=MARCH_20,
    )
    with pytest.raises(claims.NotAClaim):
        pay(done.remittance.lines.get())


@pytest.mark.django_db
@pytest.mark.clause("T-3.3-tracabilite")
def test_a_statement_that_fails_leaves_nothing_of_the_decision() -> None:
    (voucher,) = make_vouchers(1)
    replaced([voucher])
    (line,) = claimed(make_affiliate(), voucher)
    assert fail_each_statement(lambda: pay(line)) > 5
    assert Use.objects.count() == 1


# The pages


@pytest.mark.django_db
def test_the_operator_pays_on_the_page_and_the_shop_reads_it() -> None:
    shop, vouchers = make_affiliate(), make_vouchers(2)
    replaced(vouchers)
    line, other = claimed(shop, *vouchers)
    client = operator()
    listed = words(client.get(address("late_claims"), {"etat": "WAITING"}))
    assert "2 demandes" in listed and vouchers[0].grouped.replace("\u00a0", " ") in listed
    url = reverse_claim("late_claim_decide", line)
    empty = client.post(url, {"outcome": "PAID"})
    assert "Joignez l’accord écrit" in words(empty) and not ClaimDecision.objects.exists()
    agreed = {
        "outcome": "PAID",
        "agreement": SimpleUploadedFile("accord.pdf", b"%PDF-1.4 accord"),
        "agreed_by": "Lucienne Garbaye",
        "agreed_on": "2026-01-05",
    }
    assert client.post(url, agreed).status_code == 302
    refused = client.post(
        reverse_claim("late_claim_decide", other), {"outcome": "REFUSED", "reason": "Déchiré"}
    )
    assert refused.status_code == 302
    assert sorted(ClaimDecision.objects.values_list("outcome", flat=True)) == ["PAID", "REFUSED"]
    page = words(client.get(reverse_claim("late_claim", line)))
    assert "Lucienne Garbaye" in page and "Décider</a>" not in page
    assert client.get(reverse_claim("late_claim_agreement", line)).content == b"%PDF-1.4 accord"
    told = words(shopkeeper(shop).get(address("remittance_detail", line.remittance.number)))
    assert "Payé à titre exceptionnel" in told and "Demande refusée : Déchiré" in told
    assert client.get(url).status_code == 302


def reverse_claim(name: str, line: RemittanceLine) -> str:
    return address(name, str(line.pk))


@pytest.mark.django_db
def test_a_claim_that_cannot_be_paid_offers_nothing_but_a_refusal() -> None:
    (voucher,) = make_vouchers(1)
    (heir,) = replaced([voucher])
    (line,) = claimed(make_affiliate(), voucher)
    move([heir.pk], VoucherState.USED)
    client = operator()
    assert "ne peut pas être payé" in words(client.get(reverse_claim("late_claim", line)))
    page = client.get(reverse_claim("late_claim_decide", line))
    assert "Seul un refus est possible" in words(page) and 'value="PAID"' not in page.content.decode()


@pytest.mark.django_db
def test_the_buyer_reads_but_does_not_decide_and_a_shop_sees_no_list() -> None:
    shop = make_affiliate()
    (voucher,) = make_vouchers(1)
    replaced([voucher])
    (line,) = claimed(shop, voucher)
    buyer = enter(person(Role.BUYER_MANAGER, on=make_contract()))
    assert "Décider</a>" not in words(buyer.get(reverse_claim("late_claim", line)))
    assert buyer.post(reverse_claim("late_claim_decide", line), {"outcome": "REFUSED"}).status_code == 403
    assert shopkeeper(shop).get(address("late_claims")).status_code in {403, 404}


# The race

CREATE = """
from datetime import datetime, UTC
from titulaire.vouchers.network.tests.test_claims import MARCH_20, replaced
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
shops = [make_affiliate(rank=rank) for rank in range(1, 5)]
vouchers = make_vouchers(25)
replaced(vouchers)
Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31", vintage=2030)
for shop in shops[:3]:
    remit(affiliate=shop, titles=[Given(one.number) for one in vouchers], channel=Channel.TYPED, actor="test",
          at=MARCH_20)
"""
COUNT = """
from titulaire.vouchers.issuing.models import Voucher, VoucherMove
from titulaire.vouchers.network.models import Remittance, Use
from django.db.models import Sum
print(Voucher.objects.filter(state="USED").count(), VoucherMove.objects.filter(to_state="USED").count(),
      Use.objects.count(), Remittance.objects.aggregate(t=Sum("accepted"))["t"],
      Remittance.objects.aggregate(t=Sum("amount_cents"))["t"] // 1000)
"""


@pytest.mark.clause(*CLAUSES)
def test_three_claims_and_the_heir_race_for_each_value_and_one_alone_is_paid(address: str) -> None:
    shell(address, CREATE)
    module = "titulaire.vouchers.network.tests.race"
    running = [run(address, "-m", module, str(rank), "claim" if rank < 3 else "heir") for rank in range(4)]
    won = [int(told) for told in race(running)]
    assert sum(won) == 25
    assert shell(address, COUNT).split() == ["25"] * 5

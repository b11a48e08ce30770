"""Every act that touches value, cut at each of its statements: after each cut, no table holds anything of it.

On PostgreSQL issuing writes by COPY: it is cut when it opens and once its first row is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from titulaire.journal import queries as journal
from titulaire.journal.tests.faults import everything, fail_each_statement
from titulaire.vouchers.delivery.rules import Means, ProofKind
from titulaire.vouchers.delivery.services import dispatch_booklets, import_tracking, prove_transfer
from titulaire.vouchers.delivery.tests.factories import released_order, send
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.services import issue_order, make_key
from titulaire.vouchers.issuing.tests.lives import issued_order
from titulaire.vouchers.network import payment
from titulaire.vouchers.network.models import Remittance
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import Source, deposit_scan, record_scan, remit
from titulaire.vouchers.network.tests.factories import AT as LATER
from titulaire.vouchers.network.tests.factories import IBAN, make_affiliate
from titulaire.vouchers.orders import queries as orders
from titulaire.vouchers.orders.agreements import change_face_value
from titulaire.vouchers.orders.deposits import import_plan
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import acknowledge_order, cancel_order
from titulaire.vouchers.orders.tests.factories import (
    ACTOR,
    AT,
    make_contract,
    make_order,
    order_file,
    order_row,
)
from titulaire.vouchers.settlement import refunds, services
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import Holding, breaches
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import lift_stop, reissue_stopped, stop_vouchers

MARCH = datetime(2027, 3, 2, 9, tzinfo=UTC)
Act = Callable[[], object]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def papers_are_made_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typesetting and schemas take their time and touch no table."""
    monkeypatch.setattr(payment, "payment_order", lambda **told: b"<Document/>")
    monkeypatch.setattr(payment, "destruction_pdf", lambda *told: b"%PDF-1.7")
    monkeypatch.setattr(refunds, "cheque_letter", lambda *told, **more: b"%PDF-1.7")


def waiting() -> Order:
    """An acknowledged order whose series and key are ready."""
    issued_order()
    order = make_order(lines=2, vouchers=3, key="waiting")
    return acknowledge_order(order=order, actor=ACTOR, at=AT)


def keys(order: Order) -> list[int]:
    return list(Voucher.objects.filter(order=order).order_by("serial").values_list("pk", flat=True))


def stopping() -> Act:
    order = issued_order()
    return lambda: stop_vouchers(
        contract=order.contract, selection=Selection(Designation.ORDER, order.number),
        reason=StopReason.LOST, declared_by="Le service social", declared_on=AT.date(), confirmed=10,
        request_key="k", actor=ACTOR, at=LATER,
    )  # fmt: skip


def lifting() -> Act:
    stop = stopping()()
    return lambda: lift_stop(stop=stop, reason="Retrouvé", actor=ACTOR, at=LATER)  # type: ignore[arg-type]


def reissuing() -> Act:
    stop = stopping()()
    return lambda: reissue_stopped(stop=stop, asked_on=LATER.date(), actor=ACTOR, at=LATER)  # type: ignore[arg-type]


def ordering() -> Act:
    contract = make_contract()
    return lambda: make_order(contract, key="k")


def ordering_by_file() -> Act:
    contract, file = make_contract(), order_file(order_row(1), order_row(2))
    plan = orders.plan_order(contract, file, at=AT)
    return lambda: import_plan(contract=contract, plan=plan, data=b"x", actor=ACTOR, at=AT)


def changing_value() -> Act:
    contract = make_contract()
    return lambda: change_face_value(
        contract=contract, value=Decimal(12), requested_on=AT.date(), effective_on=AT.date() + timedelta(days=40),
        actor=ACTOR, at=AT,
    )  # fmt: skip


def acknowledging() -> Act:
    order = make_order()
    return lambda: acknowledge_order(order=Order.objects.get(pk=order.pk), actor=ACTOR, at=AT)


def cancelling() -> Act:
    order = make_order()
    return lambda: cancel_order(order=Order.objects.get(pk=order.pk), because="Erreur", actor=ACTOR, at=AT)


def making_a_key() -> Act:
    order = issued_order()
    return lambda: make_key(contract=order.contract, vintage=2026, actor=ACTOR, at=AT, because="Changement")


def issuing() -> Act:
    order = waiting()
    return lambda: issue_order(order=order, actor=ACTOR, at=AT)


def dispatching() -> Act:
    order = released_order()
    references = list(order.issued_booklets.order_by("rank").values_list("reference", flat=True))
    return lambda: dispatch_booklets(
        order=order, means=Means.TRACKED_LETTER, parcels={one: (one,) for one in references},
        carrier="La Poste", postage=Decimal(3), request_key="k", actor=ACTOR, at=LATER,
    )  # fmt: skip


def tracking() -> Act:
    dispatch = send(released_order())
    lines = [f"{one.tracking};{LATER.isoformat()};Distribué" for one in dispatch.parcels.all()]
    content = "\n".join(["suivi;date;statut", *lines]).encode()
    return lambda: import_tracking(
        contract=dispatch.contract, name="suivi.csv", content=content, actor=ACTOR, at=LATER
    )


def proving() -> Act:
    dispatch = send(released_order())
    return lambda: prove_transfer(
        dispatch=dispatch, kind=ProofKind.SIGNED_RECEIPT, signer="Odile Landreau", transferred_at=LATER,
        file=b"recu", file_name="recu.pdf", actor=ACTOR, at=LATER,
    )  # fmt: skip


def titles() -> list[Given]:
    numbers = Voucher.objects.order_by("serial").values_list("number", flat=True)
    return [*map(Given, numbers[:4]), Given("123")]


def remitting() -> Act:
    issued_order()
    shop = make_affiliate()
    return lambda: remit(affiliate=shop, titles=titles(), channel=Channel.FILE, actor=ACTOR, at=LATER)


def depositing() -> Act:
    issued_order()
    shop = make_affiliate()
    return lambda: deposit_scan(affiliate=shop, source=Source("a.pdf", b"%PDF"), actor=ACTOR, at=LATER)


def recording_a_scan() -> Act:
    scan = depositing()()
    codes = [Given(code) for code in Voucher.objects.values_list("code", flat=True)[:4]]
    return lambda: record_scan(remittance=scan.remittance, titles=codes, actor=ACTOR, at=LATER)  # type: ignore[attr-defined]


def paying() -> Act:
    remitting()()
    contract = make_contract()
    payment.set_paying_account(contract=contract, name="Émetteur", iban=IBAN, bic="", actor=ACTOR, at=AT)
    return lambda: payment.pay(contract=contract, execution_on=LATER.date(), actor=ACTOR, at=LATER)


def destroying() -> Act:
    paying()()
    return lambda: payment.record_destruction(
        contract=make_contract(), remittances=[Remittance.objects.get().number], counted=4,
        destroyed_on=LATER.date(), means="Broyage", signed_by="A. Delmas", witnessed_by="B. Roux",
        actor=ACTOR, at=LATER,
    )  # fmt: skip


def declaring() -> Act:
    order = issued_order()
    return lambda: services.declare(
        contract=order.contract, keys=keys(order)[:3], holding=Holding.HELD, actor=ACTOR, at=LATER
    )


def expiring() -> Act:
    order = issued_order()
    return lambda: services.expire_vintage(contract=order.contract, vintage=2026, actor=ACTOR, at=MARCH)


def replacing() -> Act:
    order = issued_order()
    return lambda: services.replace_unused(contract=order.contract, vintage=2026, actor=ACTOR, at=MARCH)


def refunding() -> Act:
    declaring()()
    contract = make_contract()
    services.expire_vintage(contract=contract, vintage=2026, actor=ACTOR, at=MARCH)
    return lambda: refunds.refund_vintage(contract=contract, vintage=2026, actor=ACTOR, at=MARCH)


def regularising() -> Act:
    refunding()()
    left = list(Voucher.objects.filter(state="EXPIRED").values_list("pk", flat=True))
    services.declare(contract=make_contract(), keys=left[:2], holding=Holding.LOST, actor=ACTOR, at=MARCH)
    return lambda: refunds.regularise_refund(contract=make_contract(), vintage=2026, actor=ACTOR, at=MARCH)


def drawing_a_cheque() -> Act:
    refund = refunding()()
    return lambda: refunds.draw_cheque(
        refund=refund, number="123", bank="Banque", drawn_on=date(2027, 3, 3), actor=ACTOR, at=MARCH  # type: ignore[arg-type]
    )  # fmt: skip


def cashing() -> Act:
    cheque = drawing_a_cheque()()
    return lambda: refunds.cash_cheque(cheque=cheque, cashed_on=date(2027, 3, 9), actor=ACTOR, at=MARCH)  # type: ignore[arg-type]


def crediting() -> Act:
    contract = make_contract()
    return lambda: services.issue_credit_note(
        contract=contract, cause="OTHER", cause_reference="essai", label="Geste", amount=Decimal(10),
        actor=ACTOR, at=AT,
    )  # fmt: skip


def agreeing() -> Act:
    note = crediting()()
    return lambda: services.agree_credit_note(note=note, side="BUYER", actor=ACTOR, at=AT)  # type: ignore[arg-type]


ACTS = (
    ordering, ordering_by_file, changing_value, acknowledging, cancelling, making_a_key, issuing, dispatching,
    tracking, proving, stopping, lifting, reissuing, remitting, depositing, recording_a_scan, paying, destroying,
    declaring, expiring,
    replacing, refunding, regularising, drawing_a_cheque, cashing, crediting, agreeing,
)  # fmt: skip


@pytest.mark.clause("T-5.1-coherence", "T-5.2-controle", "T-2.4-securite")
@pytest.mark.parametrize("prepared", ACTS, ids=lambda act: act.__name__)
def test_an_act_cut_at_any_statement_leaves_nothing_behind(prepared: Callable[[], Act]) -> None:
    act = prepared()
    before = everything()
    assert fail_each_statement(act) >= 3
    assert everything() != before
    assert journal.verify().holds and breaches(register_of(make_contract())) == ()


def test_an_act_of_two_transactions_would_be_seen() -> None:
    order = make_order()

    def halves() -> None:
        acknowledge_order(order=Order.objects.get(pk=order.pk), actor=ACTOR, at=AT)
        cancel_order(order=Order.objects.get(pk=order.pk), because="Erreur", actor=ACTOR, at=AT)

    with pytest.raises(AssertionError):
        fail_each_statement(halves)

"""The end of a vintage from the pages and from the command: who may, what is said, what the files hold."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from titulaire.cli.settlement import command
from titulaire.identity.roles import Role
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_person
from titulaire.vouchers.settlement import refunds, reminders, services
from titulaire.vouchers.settlement.models import Cheque, CreditNote, Declaration, Refund, Reminder
from titulaire.vouchers.settlement.rules import Holding
from titulaire.vouchers.settlement.tests.factories import go, issued
from titulaire.vouchers.settlement.views import ends
from titulaire.vouchers.settlement.views.ends import phase

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys() -> list[int]:
    """Ten titles of 2025, over since March 2026: four paid, the rest unused."""
    at = datetime(2025, 3, 3, 9, tzinfo=UTC)
    found = issued(month=date(2025, 3, 1), at=at)
    go(found[:4], VoucherState.USED, VoucherState.PAID, at=at)
    return found


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(make_person(make_contract(), role))
    return client


def url(name: str, *args: object) -> str:
    return reverse(name, args=["cpam47", *args])


@pytest.mark.parametrize(
    ("day", "unused", "to_refund", "code"),
    [
        (date(2026, 1, 31), 5, 0, "IN_USE"),
        (date(2026, 2, 1), 5, 0, "PRESENTING"),
        (date(2026, 2, 28), 5, 0, "PRESENTING"),
        (date(2026, 3, 1), 5, 2, "TO_SETTLE"),
        (date(2026, 3, 31), 5, 0, "TO_SETTLE"),
        (date(2026, 4, 1), 5, 0, "LATE"),
        (date(2026, 4, 15), 0, 2, "TO_REFUND"),
        (date(2026, 4, 16), 0, 2, "REFUND_LATE"),
        (date(2026, 4, 16), 0, 0, "SETTLED"),
    ],
)
def test_a_vintage_stands_where_its_dates_say(day: date, unused: int, to_refund: int, code: str) -> None:
    from titulaire.vouchers.settlement.queries import dates_of

    assert phase(dates_of(make_contract(), 2025), unused=unused, to_refund=to_refund, on=day) == code


@pytest.mark.clause("T-2.1.4-remplacement", "T-2.1.4-remboursement", "T-2.1.4-prorata")
def test_the_buyer_declares_the_operator_settles_and_pays(keys: list[int]) -> None:
    buyer, operator = signed_in(Role.BUYER_MANAGER), signed_in(Role.VOUCHER_OPERATOR)
    held = Voucher.objects.get(pk=keys[9])
    declare = url("settlement_declare", 2025)
    wrong = buyer.post(declare, {"holding": "HELD", "references": "2020-0001-0001"}).content.decode()
    assert "ni un titre ni un carnet du millésime" in wrong and not Declaration.objects.exists()
    paid = Voucher.objects.get(pk=keys[0])
    assert (
        "Rien n’est déclaré"
        in buyer.post(declare, {"holding": "LOST", "references": paid.number}).content.decode()
    )
    assert buyer.post(declare, {"holding": "HELD", "references": held.grouped}).status_code == 302
    assert buyer.post(url("settlement_replace", 2025)).status_code == 403
    assert operator.get(url("settlement_replace", 2025)).status_code == 200
    for _ in range(2):
        assert operator.post(url("settlement_replace", 2025)).status_code == 302
    assert Voucher.objects.filter(replaces__isnull=False).count() == 5
    assert "Lecture retenue" in operator.get(url("settlement_refund", 2025)).content.decode()
    for _ in range(2):
        assert operator.post(url("settlement_refund", 2025)).status_code == 302
    refund = Refund.objects.get()
    cheque = {"number": "77", "bank": "Banque", "drawn_on": "2026-04-14"}
    assert operator.post(url("cheque_new", refund.number), cheque).status_code == 302
    assert operator.post(url("cheque_new", refund.number), {**cheque, "number": "78"}).status_code == 302
    assert Cheque.objects.get().number == "77"
    assert buyer.get(url("cheque_letter", refund.number)).content.startswith(b"%PDF")
    assert buyer.post(url("cheque_cash", refund.number), {"cashed_on": "2026-04-01"}).status_code == 200
    assert buyer.post(url("cheque_cash", refund.number), {"cashed_on": "2026-04-20"}).status_code == 302
    page = buyer.get(url("settlement_vintage", 2025)).content.decode()
    assert "encaissé le" in page and "10,00" in page and refund.number in page
    assert "Soldé" in buyer.get(url("settlement")).content.decode()
    assert "77" in buyer.get(url("cheques")).content.decode()


@pytest.mark.clause("T-5.2-controle")
def test_accounts_open_as_pages_and_files(keys: list[int]) -> None:
    reader = signed_in(Role.BUYER_READER)
    number = Voucher.objects.get(pk=keys[0]).order.number
    assert number in reader.get(url("order_accounts")).content.decode()
    assert reader.get(url("order_account", number)).content.startswith(b"%PDF")
    assert reader.get(url("annual_account", 2025, "pdf")).content.startswith(b"%PDF")
    lines = reader.get(url("annual_account", 2025, "csv")).content.decode("utf-8-sig").splitlines()
    assert lines[1] == "Commandés;10;100,00" and "Utilisés et payés;4;40,00" in lines
    assert reader.get(url("annual_account", 2024, "csv")).status_code == 404


@pytest.mark.clause("T-2.1.4-relances")
def test_only_the_operator_opens_the_letters_and_that_is_recorded(
    keys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime(2026, 1, 1, 9, tzinfo=UTC)
    reminders.send_reminder(
        contract=make_contract(), vintage=2025, days_before=30, channel="LETTER", actor=ACTOR, at=day
    )
    file = url("reminder_file", 2025, 30, "LETTER")
    assert signed_in(Role.BUYER_READER).get(file).status_code == 403
    operator = signed_in(Role.VOUCHER_OPERATOR)
    assert operator.get(file).content.startswith(b"%PDF")
    monkeypatch.setattr(ends.timezone, "now", lambda: datetime(2026, 1, 20, 9, tzinfo=UTC))
    assert operator.post(url("reminder_send", 2025, 15, "EMAIL")).status_code == 302
    assert Reminder.objects.filter(channel="EMAIL").exists()
    assert operator.post(url("reminder_send", 2025, 14, "EMAIL")).status_code == 404


@pytest.mark.clause("T-2.1.2-avoirs")
def test_both_sides_sign_a_credit_note_each_for_itself() -> None:
    buyer, operator = signed_in(Role.BUYER_MANAGER), signed_in(Role.VOUCHER_OPERATOR)
    given = {
        "cause": "DEFECT",
        "cause_reference": "R2026-0003",
        "label": "Défaut",
        "vouchers": "2",
        "amount": "20,00",
    }
    assert buyer.post(url("credit_note_new"), given).status_code == 403
    assert operator.post(url("credit_note_new"), {**given, "amount": "0"}).status_code == 200
    assert operator.post(url("credit_note_new"), given).status_code == 302
    note = CreditNote.objects.get()
    for client in (buyer, buyer, operator):
        assert client.post(url("credit_note_sign", note.number)).status_code == 302
    note.refresh_from_db()
    assert note.is_settled and note.buyer_agreed_by != note.contractor_agreed_by
    assert "Signé des deux parties" in buyer.get(url("credit_notes")).content.decode()
    assert "signé le" in buyer.get(url("credit_note", note.number)).content.decode()
    assert buyer.get(url("credit_note_file", note.number)).content.startswith(b"%PDF")


def _run(*words: str, code: int = 0) -> dict[str, object]:
    run = CliRunner().invoke(command, [*words, "--contract", "cpam47", "--json"])
    assert run.exit_code == code, run.output
    return json.loads(run.output)  # type: ignore[no-any-return]


@pytest.mark.clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
def test_the_command_does_the_same_without_a_browser(keys: list[int]) -> None:
    assert _run("dates", "--vintage", "2027")["refund_planned_on"] == "2028-04-14"
    assert _run("replace", "--vintage", "2099", code=2)["opens_on"] == "2100-03-01"
    held = Voucher.objects.get(pk=keys[9]).number
    assert _run("declare", held, "--vintage", "2025", "--as", "HELD")["declared"] == 1
    assert _run("refund", "--vintage", "2025", "--decide", code=2)["error"]
    assert _run("replace", "--vintage", "2025")["replaced"] == 5
    assert _run("replace", "--vintage", "2025")["replaced"] == 0
    done = _run("refund", "--vintage", "2025", "--decide")
    assert done["pro_rata"] == done["exact_difference"] == done["retained"] == "10.00"
    drawn = _run("cheque", "--vintage", "2025", "--number", "5", "--bank", "B", "--drawn-on", "2026-04-14")
    assert drawn["amount"] == "10.00"
    lines = {line["line"]: line["vouchers"] for line in _run("account", "--vintage", "2025")["lines"]}  # type: ignore[attr-defined, index, union-attr]
    assert lines["Remboursés"] == 1 and lines["Restant à rembourser"] == 0
    assert _run("credit-notes")["credit_notes"] == []
    assert _run("remind", "--vintage", "2025", "--days-before", "30", "--channel", "SMS", code=2)["error"]


def test_what_is_refunded_is_in_the_yearly_report(keys: list[int]) -> None:
    from titulaire.vouchers.settlement import report

    contract, at = make_contract(), datetime(2026, 3, 20, 9, tzinfo=UTC)
    services.declare(contract=contract, keys=keys[8:9], holding=Holding.HELD, actor=ACTOR, at=at)
    services.declare(contract=contract, keys=keys[9:], holding=Holding.LOST, actor=ACTOR, at=at)
    services.replace_unused(contract=contract, vintage=2025, actor=ACTOR, at=at)
    refunds.refund_vintage(contract=contract, vintage=2025, actor=ACTOR, at=at)
    found = report.gather(contract, report.period_of(contract, 2026, on=at.date()), at=at)
    figures = found.values["figures"]
    assert (figures["REFUNDED_EXPIRED"], figures["REFUNDED_LOST"], figures["REISSUED-UNUSED"]) == (
        1,
        1,
        4,
    )
    assert figures["ISSUED"] == 0

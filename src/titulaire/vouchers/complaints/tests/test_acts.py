"""Opening, solving, reopening, judging: each act once, by whom may, with its trace."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.cli.complaints import command
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal.models import Entry
from titulaire.vouchers.complaints import queries, services
from titulaire.vouchers.complaints.models import Complaint, CorrectiveAction
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.services import issue_order
from titulaire.vouchers.issuing.tests.test_issue import LATER, acknowledged
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_person

pytestmark = pytest.mark.django_db


def opened(contract: Contract | None = None, *, at: datetime = AT, **wishes: object) -> Complaint:
    given = {"channel": Channel.PHONE, "typology": Typology.NOT_RECEIVED, "description": "Carnet absent."}
    return services.open_complaint(
        contract=contract or make_contract(),
        received_at=at,
        actor=ACTOR,
        at=at,
        **{**given, **wishes},  # type: ignore[arg-type]
    )


@pytest.mark.clause("T-2.1.2-reclamations")
def test_complaints_are_numbered_by_year_without_a_gap() -> None:
    numbers = [opened(at=AT + timedelta(days=each)).number for each in (0, 1, 100)]
    assert numbers == ["R2026-0001", "R2026-0002", "R2027-0001"]
    assert opened(make_contract("cpam99")).number == "R2026-0001"
    assert Entry.objects.filter(act="COMPLAINT_OPENED").count() == 4


@pytest.mark.clause("T-2.1.2-reclamations")
def test_a_complaint_goes_to_its_end_and_its_steps_tell_it() -> None:
    complaint = opened()
    services.answer_complaint(
        complaint=complaint, answer="Carnet renvoyé.", actor=ACTOR, at=AT + timedelta(days=1)
    )
    services.rate_complaint(complaint=complaint, mark=4, note="", actor=ACTOR, at=AT + timedelta(days=2))
    services.close_complaint(complaint=complaint, actor=ACTOR, at=AT + timedelta(days=2))
    services.reopen_complaint(complaint=complaint, because="Vide.", actor=ACTOR, at=AT + timedelta(days=3))
    complaint.refresh_from_db()
    assert complaint.state == "OPEN" and complaint.satisfaction == 4
    kinds = list(complaint.steps.values_list("kind", flat=True))
    assert kinds == ["OPENED", "ANSWERED", "RATED", "CLOSED", "REOPENED"]
    row = queries.followed(complaint.contract, [complaint], at=AT + timedelta(days=3))[0]
    assert row.on_time is None and row.due_on == date(2026, 10, 13)


@pytest.mark.parametrize("done", [1, 2])
def test_what_is_done_twice_is_refused_the_second_time(done: int) -> None:
    complaint = opened()
    services.answer_complaint(complaint=complaint, answer="Oui.", actor=ACTOR, at=AT)
    if done == 2:
        services.close_complaint(complaint=complaint, actor=ACTOR, at=AT)
    with pytest.raises(services.ComplaintStands):
        services.answer_complaint(complaint=complaint, answer="Encore.", actor=ACTOR, at=AT)
    assert complaint.steps.filter(kind="ANSWERED").count() == 1


def test_a_complaint_is_neither_closed_nor_judged_before_its_solution() -> None:
    complaint = opened()
    with pytest.raises(services.ComplaintStands):
        services.close_complaint(complaint=complaint, actor=ACTOR, at=AT)
    with pytest.raises(services.ComplaintStands):
        services.rate_complaint(complaint=complaint, mark=5, note="", actor=ACTOR, at=AT)
    with pytest.raises(services.ImpossibleInstant):
        services.open_complaint(
            contract=complaint.contract,
            channel=Channel.MAIL,
            typology=Typology.LATE,
            description="x",
            received_at=AT + timedelta(hours=1),
            actor=ACTOR,
            at=AT,
        )


def test_references_find_vouchers_booklets_and_orders_of_this_contract_only() -> None:
    order = acknowledged(lines=1, vouchers=5)
    issue_order(order=order, actor=ACTOR, at=LATER)
    first = Voucher.objects.order_by("serial")[0]
    about = queries.read_references(order.contract, f"{first.grouped}, {first.booklet.reference}")
    assert about.vouchers == (first.pk,) and about.booklet == first.booklet and about.order == order
    assert queries.read_references(order.contract, order.number).order == order
    for foreign in (first.number, order.number, first.booklet.reference):
        with pytest.raises(queries.UnknownReference):
            queries.read_references(make_contract("cpam99"), foreign)


def client_of(contract: Contract, role: Role) -> Client:
    client = Client()
    client.force_login(make_person(contract, role))
    return client


@pytest.mark.clause("T-2.1.2-reclamations")
def test_the_buyer_opens_a_complaint_the_operator_solves_it_the_buyer_judges() -> None:
    contract = make_contract()
    buyer, operator = client_of(contract, Role.BUYER_MANAGER), client_of(contract, Role.VOUCHER_OPERATOR)
    answer = buyer.post(
        reverse("complaint_new", args=["cpam47"]),
        {
            "channel": "PORTAL",
            "typology": "LATE",
            "received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
            "references": "",
            "description": "Rien reçu.",
        },
    )
    number = Complaint.objects.get().number
    assert answer["Location"].endswith(f"/reclamations/{number}/")
    solve = reverse("complaint_answer", args=["cpam47", number])
    assert buyer.get(solve).status_code == 403
    assign = reverse("complaint_assign", args=["cpam47", number])
    assert operator.get(assign).status_code == 200
    assert (
        operator.post(assign, {"owner": User.objects.get(last_name="Voucher_Operator").pk}).status_code == 302
    )
    assert (
        operator.post(solve, {"answer": "Livré demain.", "reissue": "", "credit_note": ""}).status_code == 302
    )
    assert (
        buyer.post(reverse("complaint_rate", args=["cpam47", number]), {"mark": "5", "note": ""}).status_code
        == 302
    )
    page = buyer.get(reverse("complaint_detail", args=["cpam47", number])).content.decode()
    assert "Solution apportée" in page and "très satisfait" in page
    listed = buyer.get(reverse("complaint_list", args=["cpam47"])).content.decode()
    assert number in listed and "Résolue à temps" in listed
    export = buyer.get(reverse("complaint_list", args=["cpam47"]), {"export": "csv"}).content.decode(
        "utf-8-sig"
    )
    assert export.splitlines()[1].startswith(number)


def test_an_unknown_reference_is_explained_and_opens_nothing() -> None:
    buyer = client_of(make_contract(), Role.BUYER_MANAGER)
    page = buyer.post(
        reverse("complaint_new", args=["cpam47"]),
        {"channel": "MAIL", "typology": "LATE", "received_at": "2026-10-05T09:00", "references": "2020-0001",
         "description": "?"},
    )  # fmt: skip
    assert "n’est ni un titre" in page.content.decode() and not Complaint.objects.exists()


@pytest.mark.clause("T-5.1-coherence")
def test_a_corrective_action_is_decided_then_done_once() -> None:
    contract = make_contract()
    complaint = opened(contract)
    operator = client_of(contract, Role.VOUCHER_OPERATOR)
    operator.post(
        reverse("corrective_action_new", args=["cpam47"]),
        {"incident": "Plis perdus", "cause": "Tri", "action": "Suivi de chaque pli", "complaint": complaint.number,
         "decided_on": "2026-10-06", "due_on": "2026-10-30"},
    )  # fmt: skip
    action = CorrectiveAction.objects.get()
    assert action.complaint == complaint
    done = reverse("corrective_action_done", args=["cpam47", action.pk])
    assert operator.post(done, {"done_on": "2026-10-01"}).status_code == 200
    assert operator.post(done, {"done_on": "2026-10-20"}).status_code == 302
    with pytest.raises(services.AlreadyDone):
        services.complete_action(action=action, done_on=date(2026, 10, 21), actor=ACTOR, at=AT)


@pytest.mark.clause("T-2.1.2-reclamations")
def test_the_command_says_what_the_screen_says() -> None:
    complaint = opened()
    answer = CliRunner().invoke(command, ["list", "--contract", "cpam47", "--json"])
    document = json.loads(answer.output)
    assert document["complaints"][0]["number"] == complaint.number
    assert document["complaints"][0]["due_on"] == "2026-10-08"
    solved = CliRunner().invoke(
        command, ["solve", complaint.number, "--contract", "cpam47", "--answer", "Fait.", "--json"]
    )
    assert json.loads(solved.output)["state"] == "ANSWERED"
    again = CliRunner().invoke(
        command, ["solve", complaint.number, "--contract", "cpam47", "--answer", "Fait."]
    )
    assert again.exit_code == 2

"""A bearer tells a loss without an account: it stops nothing, says nothing of what exists, and waits for someone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.network.tests.factories import make_vouchers
from titulaire.vouchers.network.views import public
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.stops.losses import AlreadyFollowed, NotNamed, awaiting, designated, dismiss_report
from titulaire.vouchers.stops.models import LossReport, Stop
from titulaire.vouchers.stops.rules import Designation

pytestmark = [pytest.mark.django_db, pytest.mark.clause("T-1.1-avantages")]


@pytest.fixture(autouse=True)
def _quiet_address() -> None:
    cache.clear()


def told(client: Client, named: str, **said: str) -> tuple[int, str]:
    answer = client.post(
        reverse("loss", args=["cpam47"]),
        {"named": named, "reason": "LOST", "lost_on": f"{timezone.localdate():%d/%m/%Y}", **said},
    )
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("text", "designation"),
    [("2026-0014-0015", Designation.BOOKLET), (" 2026-0014-r2-0001 ", Designation.BOOKLET)],
)
def test_a_booklet_is_named_by_its_reference(text: str, designation: Designation) -> None:
    assert designated(text)[0] is designation


@pytest.mark.parametrize("text", ["", "Mme Aubrespin", "123456789012345", "2026-14"])
def test_anything_else_names_nothing(text: str) -> None:
    with pytest.raises(NotNamed):
        designated(text)


def test_the_answer_is_the_same_whether_the_booklet_exists_or_not() -> None:
    make_contract()
    (one,) = make_vouchers(1)
    known, unknown = told(Client(), one.number), told(Client(), "2019-0001-0001")
    assert known[0] == unknown[0] == 200
    reports = LossReport.objects.order_by("pk")
    pages = [
        page.split("<main", 1)[1].replace(report.number, "")
        for (_, page), report in zip((known, unknown), reports, strict=True)
    ]
    assert "transmis" in pages[0] and pages[0] == pages[1]


def test_a_report_stops_nothing_and_said_twice_is_one() -> None:
    make_contract()
    (one,) = make_vouchers(1)
    for _ in range(2):
        assert told(Client(), one.number)[0] == 200
    assert LossReport.objects.count() == Entry.objects.filter(act="LOSS_REPORTED").count() == 1
    assert not Stop.objects.exists()
    assert Voucher.objects.exclude(state=VoucherState.STOPPED).filter(pk=one.pk).exists()


def test_a_wrong_number_and_a_day_to_come_are_told_in_words() -> None:
    make_contract()
    status, page = told(Client(), "12", lost_on=f"{timezone.localdate() + timedelta(days=1):%d/%m/%Y}")
    assert status == 422 and "ni un numéro de carnet" in page and "dans l’avenir" in page
    assert not LossReport.objects.exists()


def test_too_many_reports_from_one_address_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contract()
    monkeypatch.setattr(public, "CHECKS_PER_MINUTE", 3)
    monkeypatch.setattr("titulaire.identity.access.time.time", lambda: 60.0)
    assert [told(Client(), f"2026-0001-000{n}")[0] for n in range(4)] == [200, 200, 200, 429]
    assert LossReport.objects.count() == 3


def test_the_stop_that_follows_is_tied_to_its_report(client: Client) -> None:
    contract = make_contract()
    (one,) = make_vouchers(1)
    told(Client(), one.number)
    report = LossReport.objects.get()
    client.force_login(person(Role.VOUCHER_OPERATOR, on=contract))
    listed = client.get(reverse("loss_reports", args=[contract.code])).content.decode()
    assert report.number in listed and "À traiter" in listed
    page = client.get(reverse("loss_report", args=[contract.code, report.number])).content.decode()
    link = page.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    form = client.get(link).context["form"].initial
    sent = {name: form[name] for name in ("designation", "first", "reason", "declared_by", "request_key")}
    sent |= {
        "last": "",
        "declared_on": f"{timezone.localdate():%d/%m/%Y}",
        "confirm": "1",
        "count": "1",
        "sure": "on",
    }
    assert client.post(reverse("stop_new", args=[contract.code]), sent).status_code == 302
    assert Voucher.objects.get(pk=one.pk).state == VoucherState.STOPPED
    assert not awaiting(contract).exists()
    assert (
        Stop.objects.get().number
        in client.get(reverse("loss_reports", args=[contract.code])).content.decode()
    )
    with pytest.raises(AlreadyFollowed):
        dismiss_report(report=report, because="Doublon", actor="user:x", at=timezone.now())


def test_a_reader_sees_reports_and_may_not_follow_them(client: Client) -> None:
    contract = make_contract()
    told(Client(), "2026-0001-0001")
    report = LossReport.objects.get()
    client.force_login(person(Role.BUYER_READER, on=contract))
    assert client.get(reverse("loss_reports", args=[contract.code])).status_code == 200
    refused = client.post(reverse("loss_report", args=[contract.code, report.number]), {"because": "Non"})
    assert refused.status_code in {403, 404}
    report.refresh_from_db()
    assert report.dismissed_at is None


def test_a_dismissed_report_says_why_and_waits_no_more(client: Client) -> None:
    contract = make_contract()
    told(Client(), "2026-0001-0001")
    report = LossReport.objects.get()
    client.force_login(person(Role.BUYER_MANAGER, on=contract))
    address = reverse("loss_report", args=[contract.code, report.number])
    assert client.post(address, {"because": ""}).status_code == 422
    assert client.post(address, {"because": "Aucun carnet de ce numéro"}).status_code == 302
    assert not awaiting(contract).exists()
    assert (
        "Aucun carnet de ce numéro"
        in client.get(reverse("loss_reports", args=[contract.code])).content.decode()
    )

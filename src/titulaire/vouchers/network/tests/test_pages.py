"""The pages of the network: what each role does there, and the wall around each shop."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.cli.worker import load_handlers
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.jobs.services import run_one
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network import scans
from titulaire.vouchers.network.affiliation import link_person
from titulaire.vouchers.network.models import Affiliate, Destruction, PaymentRun, Remittance
from titulaire.vouchers.network.rules import UNREADABLE, AffiliateState, Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import (
    AT,
    IBAN,
    establishment,
    make_affiliate,
    make_vouchers,
    siret,
)
from titulaire.vouchers.network.tests.test_scans import file_of, title
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = pytest.mark.django_db


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def operator() -> Client:
    return enter(person(Role.VOUCHER_OPERATOR, on=make_contract()))


def shopkeeper(affiliate: Affiliate) -> Client:
    someone = person()
    link_person(affiliate=affiliate, user=someone, actor=ACTOR, at=AT)
    return enter(someone)


def words(page: object) -> str:
    """The text of a page, its no-break spaces as plain ones."""
    return page.content.decode().replace("\u00a0", " ").replace("\u202f", " ")  # type: ignore[attr-defined]


def address(name: str, *more: str) -> str:
    return reverse(name, args=["cpam47", *more])


def remitted(affiliate: Affiliate, *vouchers: Voucher) -> Remittance:
    titles = [Given(one.code) for one in vouchers]
    return remit(affiliate=affiliate, titles=titles, channel=Channel.TYPED, actor=ACTOR, at=AT).remittance


@pytest.mark.clause("T-1.1-reseau")
def test_an_operator_records_a_request_then_accepts_it() -> None:
    client, asked = operator(), establishment(activity="BAKERY")
    make_contract()
    form = {
        **{name: getattr(asked, name) for name in ("siret", "name", "street", "postcode", "town", "email", "iban")},
        "activity": "BAKERY", "signed_by": "Lucienne Garbaye", "signed_on": "2026-01-02",
    }  # fmt: skip
    paper = SimpleUploadedFile("engagement.pdf", b"%PDF-1.4 x")
    answer = client.post(address("affiliate_new"), {**form, "commitment": paper})
    affiliate = Affiliate.objects.get()
    assert answer["Location"] == address("affiliate_detail", affiliate.siret)
    client.post(address("affiliate_review", affiliate.siret, "accepter"))
    affiliate.refresh_from_db()
    assert affiliate.state == AffiliateState.ACCEPTED
    page = client.get(address("affiliate_detail", affiliate.siret)).content.decode()
    assert "FR•• •••• 0189" in page and IBAN not in page
    assert client.get(address("affiliate_commitment", affiliate.siret)).content == b"%PDF-1.4 x"


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize("activity", ["BAR", "WINE", "HYGIENE", "OTHER"])
def test_an_excluded_activity_is_refused_with_its_reason(activity: str) -> None:
    client = operator()
    page = client.post(address("affiliate_new"), {"activity": activity}).content.decode()
    assert "cette activité est exclue du réseau" in page
    assert Affiliate.objects.count() == 0


def test_a_suspension_without_reason_is_not_taken() -> None:
    client, affiliate = operator(), make_affiliate()
    where = address("affiliate_review", affiliate.siret, "suspendre")
    assert client.post(where, {"reason": ""}).status_code == 200
    client.post(where, {"reason": "Titres acceptés pour de l’alcool"})
    affiliate.refresh_from_db()
    assert affiliate.state == AffiliateState.SUSPENDED
    assert client.post(address("affiliate_review", affiliate.siret, "inconnu")).status_code == 404


@pytest.mark.clause("T-1.1-reseau", "T-2.4-securite")
def test_a_shop_sends_vouchers_in_and_reads_each_answer() -> None:
    vouchers, affiliate = make_vouchers(3), make_affiliate()
    Voucher.objects.update(valid_from_on="2020-01-01")
    client = shopkeeper(affiliate)
    text = f"{vouchers[0].number} {vouchers[0].short_code}\n{vouchers[1].number}\n{vouchers[2].code}"
    sent = {"affiliate": affiliate.pk, "titles": text}
    preview = client.post(address("remit"), {**sent, "preview": "1"}).content.decode()
    assert "Ajoutez les six lettres" in preview and Remittance.objects.count() == 0
    answer = client.post(address("remit"), sent, follow=True)
    remittance = Remittance.objects.get()
    assert (remittance.given, remittance.accepted) == (3, 2)
    assert "2 titres acceptés" in words(answer)
    again = client.post(address("remit"), sent, follow=True).content.decode()
    assert f"déjà la remise {remittance.number}" in again and Remittance.objects.count() == 1
    slip = client.get(address("remittance_slip", remittance.number))
    assert slip.content.startswith(b"%PDF")


@pytest.mark.clause("T-1.1-reseau")
def test_a_shop_sees_its_own_remittances_and_no_other_shop() -> None:
    vouchers = make_vouchers(2)
    mine, theirs = make_affiliate(rank=1), make_affiliate(rank=2)
    own, other = remitted(mine, vouchers[0]), remitted(theirs, vouchers[1])
    client = shopkeeper(mine)
    listed = client.get(address("remittances")).content.decode()
    assert own.number in listed and other.number not in listed
    for name in ("remittance_detail", "remittance_slip", "remittance_progress"):
        assert client.get(address(name, own.number)).status_code == 200
        assert client.get(address(name, other.number)).status_code == 404
    assert client.get(address("affiliate_detail", mine.siret)).status_code == 200
    assert client.get(address("affiliate_detail", theirs.siret)).status_code == 404
    for name in ("affiliates", "payment_runs", "destructions"):
        assert client.get(address(name)).status_code == 403
    refused = client.post(address("remit"), {"affiliate": theirs.pk, "titles": vouchers[0].code})
    assert refused.status_code == 200 and Remittance.objects.count() == 2


def test_a_person_whose_role_has_no_shop_sees_nothing() -> None:
    own = remitted(make_affiliate(), *make_vouchers(1))
    client = enter(person(Role.AFFILIATE, on=make_contract()))
    assert client.get(address("remittance_detail", own.number)).status_code == 404
    assert own.number not in client.get(address("remittances")).content.decode()
    assert "Aucun commerce affilié ne peut remettre" in client.get(address("remit")).content.decode()


@pytest.mark.clause("T-2.6-lieu-utilisation", "T-2.4-securite")
def test_another_shop_learns_when_but_not_where_a_voucher_was_used() -> None:
    (voucher,) = make_vouchers(1)
    first, second = make_affiliate(rank=1), make_affiliate(rank=2)
    remitted(first, voucher)
    other = remitted(second, voucher)
    told = words(shopkeeper(second).get(address("remittance_detail", other.number)))
    assert "4 novembre 2026 par un autre commerce" in told and first.name not in told
    known = operator().get(address("remittance_detail", other.number)).content.decode()
    assert f"par {first.name}" in known


@pytest.mark.clause("T-1.1-reseau")
def test_a_scan_is_read_by_the_worker_and_an_unreadable_page_is_told() -> None:
    vouchers, affiliate = make_vouchers(2), make_affiliate()
    Voucher.objects.update(valid_from_on="2020-01-01")
    client = shopkeeper(affiliate)
    from PIL import Image

    blank = Image.new("RGB", (1260, 630), "white")
    content = file_of([title(vouchers[0].code), blank, title(vouchers[1].code)], "PDF")
    file = io.BytesIO(content)
    file.name = "lot.pdf"
    page = client.post(address("remit"), {"affiliate": affiliate.pk, "file": file}, follow=True)
    assert "Lecture en cours" in page.content.decode()
    load_handlers()
    run_one(at=timezone.now())
    remittance = Remittance.objects.get()
    assert (remittance.state, remittance.given, remittance.accepted) == ("RECORDED", 3, 2)
    shown = client.get(address("remittance_detail", remittance.number)).content.decode()
    assert "Aucun code lisible sur cette page" in shown
    again = io.BytesIO(content)
    again.name = "lot-bis.pdf"
    client.post(address("remit"), {"affiliate": affiliate.pk, "file": again})
    assert Remittance.objects.count() == 1


def test_a_file_that_is_no_scan_ends_the_reading_and_says_so() -> None:
    affiliate = make_affiliate()
    client = shopkeeper(affiliate)
    file = SimpleUploadedFile("lot.pdf", b"not a scan")
    client.post(address("remit"), {"affiliate": affiliate.pk, "file": file})
    load_handlers()
    run_one(at=timezone.now())
    remittance = Remittance.objects.get()
    assert remittance.state == "NOTHING_READ"
    assert "Rien n’est remis" in client.get(address("remittance_detail", remittance.number)).content.decode()


@pytest.mark.clause("T-1.1-reseau")
def test_an_operator_pays_then_destroys_the_paper() -> None:
    remittance = remitted(make_affiliate(), *make_vouchers(3))
    client = operator()
    account = {"name": "Émetteur", "iban": IBAN, "bic": ""}
    assert client.post(address("paying_account"), account).status_code == 302
    client.post(address("pay_affiliates"), {"execution_on": "2099-01-04"})
    run = PaymentRun.objects.get()
    assert b"pain.001.001.09" in client.get(address("payment_file", run.number)).content
    assert remittance.affiliate.name in client.get(address("payment_run", run.number)).content.decode()
    form = {
        "remittances": [remittance.pk], "destroyed_on": "2026-01-02", "means": "broyage",
        "signed_by": "Lucienne Garbaye", "witnessed_by": "Aurèle Montflanquin",
    }  # fmt: skip
    page = client.post(address("destruction_new"), {**form, "counted": 2}).content.decode()
    assert "recomptez avant de détruire" in page
    client.post(address("destruction_new"), {**form, "counted": 3})
    record = Destruction.objects.get()
    assert client.get(address("destruction_report", record.number)).content.startswith(b"%PDF")


@pytest.mark.parametrize("role", [Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR])
def test_the_buyer_and_the_auditor_read_and_do_not_act(role: Role) -> None:
    remittance = remitted(make_affiliate(), *make_vouchers(1))
    client = enter(person(role, on=make_contract()))
    for name in ("affiliates", "remittances", "payment_runs", "destructions"):
        assert client.get(address(name)).status_code == 200
    assert client.get(address("remittance_detail", remittance.number)).status_code == 200
    for name in ("remit", "pay_affiliates", "paying_account", "affiliate_new", "destruction_new"):
        assert client.post(address(name)).status_code == 403


def test_a_list_that_cannot_be_read_is_explained_on_its_field() -> None:
    affiliate = make_affiliate()
    file = SimpleUploadedFile("titres.csv", b"Client;Montant\nx;1")
    page = operator().post(address("remit"), {"affiliate": affiliate.pk, "file": file}).content.decode()
    assert "Aucune colonne « Numéro » ou « Code »" in page


def test_the_words_of_the_scan_and_of_the_rules_agree() -> None:
    assert scans.UNREADABLE == UNREADABLE and len(siret()) == 14

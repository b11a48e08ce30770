"""What anyone may ask without an account, and what nobody may learn there."""

from __future__ import annotations

import random

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.vouchers.issuing import register
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.queries import all_public_keys
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.signing import read_signed
from titulaire.vouchers.network.affiliation import review
from titulaire.vouchers.network.checking import Answer, check
from titulaire.vouchers.network.rules import AffiliateState, Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import AT, TODAY, make_affiliate, make_vouchers
from titulaire.vouchers.network.views.public import CHECKS_PER_MINUTE
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.stops.queries import usage_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


def go(voucher: Voucher, to: VoucherState) -> None:
    with transaction.atomic():
        register.move([voucher.pk], to=to, act="TEST", target="test:1", at=AT)


@pytest.mark.clause("T-2.4-securite", "T-1.1-avantages")
@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (None, Answer.FREE),
        (VoucherState.DELIVERED, Answer.FREE),
        (VoucherState.USED, Answer.USED),
        (VoucherState.STOPPED, Answer.STOPPED),
        (VoucherState.EXPIRED, Answer.EXPIRED),
        (VoucherState.REPLACED, Answer.STOPPED),
    ],
)
def test_the_register_says_whether_a_voucher_is_free(state: VoucherState | None, answer: Answer) -> None:
    (voucher,) = make_vouchers(1)
    if state:
        go(voucher, state)
    assert check(voucher.code, on=TODAY).answer is answer
    assert check(f"{voucher.grouped} {voucher.short_code.lower()}", on=TODAY).answer is answer


@pytest.mark.clause("T-2.4-securite")
def test_a_number_without_its_letters_tells_nothing_not_even_that_it_exists() -> None:
    (voucher,) = make_vouchers(1)
    unknown = str(Number(2026, 47, 9_999_999))
    assert check(voucher.number, on=TODAY) == check(unknown, on=TODAY)
    wrong = "222222" if voucher.short_code != "222222" else "333333"
    assert check(f"{voucher.number}{wrong}", on=TODAY) == check(f"{unknown}{wrong}", on=TODAY)
    assert check(f"{voucher.number}{wrong}", on=TODAY).answer is Answer.UNKNOWN


def random_codes(count: int, seed: int) -> int:
    """How many of these random texts are accepted: half are codes, half are true numbers with guessed letters."""
    rng = random.Random(seed)
    vouchers = make_vouchers(25)
    base32, letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    accepted = 0
    for index in range(count):
        voucher = vouchers[index % len(vouchers)]
        if index % 2:
            # The hardest kind: a true header with a signature drawn at random.
            text = voucher.code[:21] + "".join(rng.choices(base32, k=103))
        else:
            guess = "".join(rng.choices(letters, k=6))
            text = voucher.number + guess
            if guess == voucher.short_code:
                continue
        accepted += check(text, on=TODAY).accepted
    return accepted


@pytest.mark.once
@pytest.mark.clause("T-2.4-securite")
def test_none_of_20_000_random_codes_is_accepted() -> None:
    assert random_codes(20_000, seed=20_270_101) == 0


@pytest.mark.slow
@pytest.mark.clause("T-2.4-securite")
def test_none_of_a_million_random_codes_is_accepted() -> None:
    assert random_codes(1_000_000, seed=20_270_102) == 0


@pytest.mark.clause("T-2.4-securite")
def test_the_page_answers_a_code_from_its_address_and_names_nobody() -> None:
    (voucher,) = make_vouchers(1)
    Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31")
    page = Client().get(reverse("public_check"), {"c": voucher.code})
    text = page.content.decode()
    assert "Titre authentique et libre" in text and "10,00" in text
    line = voucher.booklet.line
    for name in (line.last_name, line.first_name, line.reference, voucher.order.number):
        assert name and name not in text
    assert page["Cache-Control"] == "private, no-store"


def test_the_script_gets_the_same_answer_as_the_page() -> None:
    (voucher,) = make_vouchers(1)
    go(voucher, VoucherState.USED)
    said = Client().get(reverse("public_check_state"), {"c": voucher.code}).json()
    assert (said["answer"], said["accepted"], said["tone"]) == ("USED", True, "bad")


@pytest.mark.clause("T-2.4-securite")
def test_one_address_cannot_ask_without_end() -> None:
    client = Client()
    told = [
        client.get(reverse("public_check_state"), {"c": "x"}).status_code
        for _ in range(CHECKS_PER_MINUTE + 5)
    ]
    assert told.count(429) >= 1 and told[0] == 200
    assert client.get(reverse("public_check"), {"c": "x"}).status_code == 429
    assert client.get(reverse("public_check")).status_code == 200


@pytest.mark.parametrize("text", ["", "\0", "é" * 200, "A" * 124, "9" * 15, "%", "<script>", "'; DROP TABLE"])
def test_whatever_is_typed_the_page_answers(text: str) -> None:
    assert Client().get(reverse("public_check"), {"c": text}).status_code == 200
    assert Client().get(reverse("public_check_state"), {"c": text}).status_code == 200


@pytest.mark.clause("T-1.1-avantages")
def test_what_the_telephone_keeps_is_the_page_and_its_files() -> None:
    client = Client()
    worker = client.get(reverse("check_worker"))
    assert worker["Content-Type"] == "text/javascript"
    assert "network/check.js" in worker.content.decode() and "innerHTML" not in worker.content.decode()
    manifest = client.get(reverse("check_manifest")).json()
    assert manifest["start_url"] == manifest["scope"] == reverse("public_check")
    assert 'rel="manifest"' in client.get(reverse("public_check")).content.decode()


@pytest.mark.clause("T-1.1-reseau", "T-1.1-avantages")
def test_anyone_finds_the_accepted_shops_of_a_town_and_no_other() -> None:
    make_affiliate(rank=1, town="Agen", name="Au Bon Pain Fictif")
    make_affiliate(rank=2, town="Marmande", postcode="47200", name="Primeur Imaginaire")
    pending = make_affiliate(rank=3, town="Agen", name="En Attente", accepted=False)
    suspended = make_affiliate(rank=4, town="Agen", name="En Suspens")
    review(affiliate=suspended, outcome=AffiliateState.SUSPENDED, reason="Alcool", actor=ACTOR, at=AT)
    page = Client().get(reverse("affiliate_search"), {"lieu": "agén"}).content.decode()
    assert "Au Bon Pain Fictif" in page
    for hidden in ("Primeur Imaginaire", pending.name, suspended.name, pending.iban):
        assert hidden not in page
    nothing = Client().get(reverse("affiliate_search"), {"lieu": "Nulle-Part"}).content.decode()
    assert "Aucun commerce affilié trouvé" in nothing


@pytest.mark.clause("T-1.1-avantages")
def test_a_beneficiary_reads_until_when_where_and_what_to_do_when_lost() -> None:
    make_contract()
    make_vouchers(1)
    Voucher.objects.update(vintage=2098, last_valid_on="2099-01-31")
    page = Client().get(reverse("advantages")).content.decode().replace("\u00a0", " ")
    for words in (
        "2098",
        "31 janvier 2099",
        "Perdu ou volé",
        reverse("affiliate_search"),
        reverse("public_check"),
    ):
        assert words in page
    assert Client().get(reverse("advantages_of", args=["inconnu"])).status_code == 404
    make_contract("cpam99")
    assert "Qui vous a remis votre carnet" in Client().get(reverse("advantages")).content.decode()


def test_a_check_writes_nothing() -> None:
    (voucher,) = make_vouchers(1)
    written: list[str] = []

    def watch(execute: object, sql: str, params: object, many: bool, context: object) -> object:
        if not sql.lstrip().upper().startswith("SELECT"):
            written.append(sql)
        return execute(sql, params, many, context)  # type: ignore[operator]

    with connection.execute_wrapper(watch):
        check(voucher.code, on=timezone.localdate())
    assert written == []


@pytest.mark.clause("T-2.6-lieu-utilisation")
def test_a_search_after_a_theft_is_told_where_a_voucher_was_used() -> None:
    used, free = make_vouchers(2)
    affiliate = make_affiliate()
    remit(affiliate=affiliate, titles=[Given(used.code)], channel=Channel.TYPED, actor=ACTOR, at=AT)
    places = usage_of([used.pk, free.pk])
    assert set(places) == {used.pk}
    assert (places[used.pk].siret, places[used.pk].used_at) == (affiliate.siret, AT)


@pytest.mark.clause("T-2.4-securite")
def test_the_lists_that_telephones_keep_are_signed_and_name_nobody() -> None:
    make_vouchers(1)
    lists = Client().get(reverse("public_stop_lists")).json()["lists"]
    document = read_signed(lists[0], all_public_keys())
    assert (document["contract"], document["added"]) == ("cpam47", [])

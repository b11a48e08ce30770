"""The pages of stops: named, checked, confirmed twice; lifted, replaced, listed, searched."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.vouchers.issuing.models import Reissue, Voucher, VoucherState
from titulaire.vouchers.issuing.production import public_keys
from titulaire.vouchers.issuing.signing import read_signed
from titulaire.vouchers.issuing.tests.factories import equip, paper
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers, use
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.tests.factories import make_contract, make_person
from titulaire.vouchers.stops.models import Stop, UseSearch
from titulaire.vouchers.stops.rules import Designation, Selection
from titulaire.vouchers.stops.tests.factories import stop

pytestmark = pytest.mark.django_db


def signed_in(role: Role = Role.BUYER_MANAGER) -> Client:
    client = Client()
    client.force_login(make_person(make_contract(), role))
    return client


def address(name: str, *arguments: object) -> str:
    return reverse(name, args=["cpam47", *arguments])


def text(answer: object) -> str:
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")  # type: ignore[attr-defined]


def request_of(order: Order, **changes: str) -> dict[str, str]:
    own = numbers(order)
    return {
        "designation": "RANGE",
        "first": own[0],
        "last": own[9],
        "reason": "STOLEN",
        "declared_by": "Accueil d’Agen",
        "declared_on": timezone.localdate().isoformat(),
        "police_reference": "",
        "note": "",
        "request_key": "une-seule",
        **changes,
    }


@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_a_manager_checks_then_stops_and_two_presses_are_one_stop() -> None:
    order = issued_order()
    use(numbers(order)[:1])
    client = signed_in()
    assert client.get(address("stop_new") + "?designation=BOOKLET&first=2026-0001-0001").status_code == 200
    checked = client.post(address("stop_new"), request_of(order))
    assert "9 titres à opposer" in text(checked) and "Utilisé" in text(checked)
    assert not Stop.objects.exists()
    wrong = client.post(address("stop_new"), request_of(order, confirm="1", count="10", sure="on"))
    assert "recopiez ce nombre" in text(wrong) and not Stop.objects.exists()
    unsure = client.post(address("stop_new"), request_of(order, confirm="1", count="9"))
    assert "Cochez cette case" in text(unsure) and not Stop.objects.exists()
    for _ in range(2):
        done = client.post(address("stop_new"), request_of(order, confirm="1", count="9", sure="on"))
        made = Stop.objects.get()
        assert done.status_code == 302 and done["Location"] == address("stop", made.number)
    page = text(client.get(address("stop", made.number)))
    assert "hors de portée" in page and "Accueil d’Agen" in page
    assert made.number in text(client.get(address("stops")))
    assert client.get(address("stops") + "?export=xlsx").status_code == 200
    assert client.get(address("stop", made.number) + "?export=csv").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first": "123"}, "mal recopié"),
        ({"last": ""}, "dernier numéro de la suite"),
        ({"designation": "BOOKLET", "first": "inconnu"}, "Aucun titre de ce marché"),
        ({"reason": ""}, "id_reason"),
        ({"declared_on": "2099-01-01"}, "dans l’avenir"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(changes: dict[str, str], said: str) -> None:
    answer = signed_in().post(address("stop_new"), request_of(issued_order(), **changes))
    assert answer.status_code == 200 and said in text(answer)
    assert not Stop.objects.exists()


@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.6-perte")
def test_a_stop_is_lifted_for_some_and_replaced_for_the_others() -> None:
    order = issued_order()
    own = numbers(order)
    made = stop(order.contract, Selection(Designation.ORDER, order.number))
    client = signed_in()
    assert client.get(address("stop_lift", made.number)).status_code == 200
    lifted = client.post(
        address("stop_lift", made.number), {"reason": "Retrouvés", "numbers": "\n".join(own[:2])}
    )
    assert lifted.status_code == 302 and numbers(order, VoucherState.ISSUED) == own[:2]
    again = client.post(address("stop_lift", made.number), {"reason": "Retrouvés", "numbers": own[0]})
    assert "n’est encore opposé" in text(again)
    assert client.get(address("stop_reissue", made.number)).status_code == 200
    asked = {"asked_on": timezone.localdate().isoformat(), "numbers": ""}
    assert client.post(address("stop_reissue", made.number), asked).status_code == 302
    assert Voucher.objects.filter(replaces__isnull=False).count() == 8
    assert "n’est encore opposé" in text(client.post(address("stop_reissue", made.number), asked))
    reissue = Reissue.objects.get()
    for name, arguments in (("claims", ()), ("reissue", (reissue.reference,)), ("stop", (made.number,))):
        assert reissue.reference in text(client.get(address(name, *arguments)))
    old, new = own[2], Voucher.objects.get(replaces__number=own[2])
    assert new.grouped.replace("\u00a0", " ") in text(client.get(address("voucher", old)))
    assert "Remplace le titre" in text(client.get(address("voucher", new.number)))


@pytest.mark.clause("T-2.6-perte")
def test_an_operator_prints_a_reissue() -> None:
    order = issued_order(vouchers=1)
    batch = paper(equip(order.contract))
    made = stop(order.contract, Selection(Designation.ORDER, order.number))
    client = signed_in(Role.VOUCHER_OPERATOR)
    client.post(
        address("stop_reissue", made.number), {"asked_on": timezone.localdate().isoformat(), "numbers": ""}
    )
    reference = Reissue.objects.get().reference
    assert client.get(address("reissue_press", reference)).status_code == 404
    assert client.get(address("reissue_print", reference)).status_code == 200
    assert client.post(address("reissue_print", reference), {"paper": str(batch.pk)}).status_code == 302
    answer = client.get(address("reissue_press", reference))
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    assert client.get(address("reissue_print", reference)).status_code == 302


@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def test_the_signed_list_is_downloaded_whole_or_since_a_version() -> None:
    order = issued_order()
    stop(order.contract, Selection(Designation.ORDER, order.number))
    client = signed_in(Role.AFFILIATE)
    assert client.get(address("stop_list")).status_code == 200
    assert "0 ajout" in text(client.get(address("stop_list") + "?depuis=1"))
    assert "qu’à la version 1" in text(client.get(address("stop_list") + "?depuis=7"))
    keys = public_keys(order.contract)
    whole = read_signed(json.loads(client.get(address("stop_list_json")).content), keys)
    assert whole["added"] == numbers(order)
    delta = read_signed(json.loads(client.get(address("stop_list_json") + "?depuis=1").content), keys)
    assert (delta["since"], delta["added"]) == (1, [])
    assert client.get(address("stop_list_json") + "?depuis=2").status_code == 404
    assert client.get(address("stop_list_csv")).content.count(b"\r\n") == 11
    assert client.get(address("stops")).status_code == 403


@pytest.mark.clause("T-2.6-lieu-utilisation")
def test_a_search_needs_its_police_report_and_gives_a_signed_answer() -> None:
    order = issued_order()
    client = signed_in()
    asked = {
        "designation": "BENEFICIARY",
        "first": order.lines.get().reference,
        "police_reference": "",
        "police_on": timezone.localdate().isoformat(),
        "asked_for": "Service juridique",
        "request_key": "r",
    }
    assert "Sans plainte" in text(client.post(address("use_search_new"), asked))
    assert not UseSearch.objects.exists()
    done = client.post(address("use_search_new"), {**asked, "police_reference": "PV 12"})
    found = UseSearch.objects.get()
    assert done.status_code == 302 and done["Location"] == address("use_search", found.number)
    assert "PV 12" in text(client.get(done["Location"]))
    assert client.get(address("use_search_pdf", found.number)).content.startswith(b"%PDF")
    assert client.get(address("use_search_signature", found.number)).status_code == 200
    assert found.number in text(client.get(address("use_searches")))


@pytest.mark.parametrize("role", [Role.BUYER_READER, Role.AUDITOR])
def test_readers_read_and_do_not_act(role: Role) -> None:
    order = issued_order()
    made = stop(order.contract, Selection(Designation.ORDER, order.number))
    client = signed_in(role)
    assert client.get(address("stop", made.number)).status_code == 200
    assert "Faire opposition" not in text(client.get(address("stops")))
    for name, arguments in (
        ("stop_new", ()),
        ("stop_lift", (made.number,)),
        ("stop_reissue", (made.number,)),
    ):
        assert client.post(address(name, *arguments), {}).status_code == 403

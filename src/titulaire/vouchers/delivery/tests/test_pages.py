"""The pages of delivery: sent, followed, proved; wrong role, twice, unreadable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.vouchers.delivery.models import Dispatch, Parcel, Proof, SleeveOrder
from titulaire.vouchers.delivery.rules import Means
from titulaire.vouchers.delivery.tests.factories import references, released_order, send
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.tests.factories import make_contract, make_person

pytestmark = pytest.mark.django_db


def signed_in(role: Role = Role.VOUCHER_OPERATOR) -> Client:
    client = Client()
    client.force_login(make_person(make_contract(), role))
    return client


def address(name: str, *arguments: object) -> str:
    return reverse(name, args=["cpam47", *arguments])


def text(answer: object) -> str:
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")  # type: ignore[attr-defined]


def csv_file(content: str, name: str = "suivi.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


@pytest.mark.clause("T-2.6-domicile", "T-2.6-suivi", "T-2.6-propriete", "T-3.3-tracabilite")
def test_an_operator_sends_letters_and_follows_them_to_the_homes() -> None:
    order = released_order()
    client = signed_in()
    board = text(client.get(address("deliveries")))
    assert order.number in board and "Expédier" in board
    template = client.get(address("order_packing", order.number)).content.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in template[1:]] == references(order)
    first, second = references(order)
    fields = {
        "means": "TRACKED_LETTER",
        "carrier": "La Poste",
        "seal": "",
        "postage": "14,60",
        "request_key": "k",
    }
    assert client.get(address("order_dispatch", order.number)).status_code == 200
    nothing = client.post(address("order_dispatch", order.number), fields)
    assert "Déposez le fichier" in text(nothing)
    holes = {**fields, "file": csv_file(f"carnet;suivi\n{first};S1\n{second};\n")}
    assert "Cette case est vide" in text(client.post(address("order_dispatch", order.number), holes))
    unknown = {**fields, "file": csv_file("carnet;suivi\ninconnu;S1\n")}
    assert "ne peuvent pas partir" in text(client.post(address("order_dispatch", order.number), unknown))
    assert "Colonne absente" in text(
        client.post(address("order_dispatch", order.number), {**fields, "file": csv_file("a;b\n1;2\n")})
    )
    for _ in range(2):
        good = {**fields, "file": csv_file(f"carnet;suivi\n{first};S1\n{second};S2\n")}
        done = client.post(address("order_dispatch", order.number), good)
        made = Dispatch.objects.get()
        assert done.status_code == 302 and done["Location"] == address("dispatch", made.number)
    assert "S1" in text(client.get(address("dispatch", made.number)))
    # The hour of a file is read in Paris, to the minute: the letters left two hours before.
    Dispatch.objects.update(dispatched_at=timezone.now() - timedelta(hours=2))
    seen = timezone.localtime().strftime("%d/%m/%Y %H:%M")
    told = f"suivi;date;statut\nS1;{seen};Distribué\nS9;{seen};Distribué\n"
    taken = client.post(address("tracking_import"), {"file": csv_file(told)})
    assert taken.status_code == 200 and "Aucun pli de ce marché" in text(taken)
    parcel = Parcel.objects.get(tracking="S1")
    assert parcel.status == "DELIVERED"
    assert "Livraison suivie" in text(client.get(address("parcel", parcel.pk)))
    assert client.get(address("proof_file", parcel.pk)).status_code == 404
    again = client.post(address("tracking_import"), {"file": csv_file(told)}, follow=True)
    assert "déjà connu" in text(again)
    lost = Parcel.objects.get(tracking="S2")
    noted = {
        "status": "LOST",
        "said": "Sac égaré",
        "seen_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }
    assert client.post(address("parcel_note", lost.pk), noted).status_code == 302
    assert f"designation=BOOKLET&amp;first={second}" in text(client.get(address("parcel", lost.pk)))
    for name in ("dispatches", "parcels"):
        assert client.get(address(name)).status_code == 200
        assert client.get(address(name) + "?export=csv").status_code == 200


@pytest.mark.clause("T-2.6-livraison-cpam", "T-2.6-propriete")
def test_a_manager_signs_for_the_sealed_parcel() -> None:
    order = released_order(lines=0, unnamed=2)
    operator = signed_in()
    fields = {
        "means": "SEALED_PARCEL",
        "carrier": "Coursier",
        "seal": "SC-1",
        "postage": "0",
        "request_key": "k",
    }
    assert operator.post(address("order_dispatch", order.number), fields).status_code == 302
    made = Dispatch.objects.get()
    Dispatch.objects.update(dispatched_at=timezone.now() - timedelta(hours=2))
    manager = signed_in(Role.BUYER_MANAGER)
    page = manager.get(address("dispatch_proof", made.number))
    assert page.status_code == 200 and "Bon de livraison" in text(page)
    signed = {
        "kind": "DELIVERY_SLIP",
        "signer": "Régie d’Agen",
        "transferred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "file": SimpleUploadedFile("bon.pdf", b"%PDF-1.7 bon"),
    }
    early = {**signed, "transferred_at": "2020-01-01T10:00", "file": SimpleUploadedFile("b.pdf", b"%PDF")}
    assert "après le départ" in text(manager.post(address("dispatch_proof", made.number), early))
    assert manager.post(address("dispatch_proof", made.number), signed).status_code == 302
    proof = Proof.objects.get()
    file = manager.get(address("proof_file", proof.parcel.pk))
    assert file.content == b"%PDF-1.7 bon" and file["Content-Type"] == "application/pdf"
    assert set(Voucher.objects.values_list("state", flat=True)) == {"DELIVERED"}
    assert "Terminée" in text(manager.get(address("deliveries")))


def test_an_order_not_printed_says_so() -> None:
    order = released_order()
    type(order).objects.update(state="ISSUED")
    assert "rien ne peut partir" in text(signed_in().get(address("order_dispatch", order.number)))


@pytest.mark.clause("T-2.5-pochettes")
def test_sleeves_are_ordered_by_the_buyer_and_delivered_by_the_issuer() -> None:
    manager, operator = signed_in(Role.BUYER_MANAGER), signed_in()
    wish = {"quantity": "40", "request_key": "k"}
    for _ in range(2):
        assert manager.post(address("sleeve_new"), wish).status_code == 302
    made = SleeveOrder.objects.get()
    assert made.number in text(manager.get(address("sleeve_orders")))
    assert manager.post(address("sleeve_delivered", made.number)).status_code == 403
    assert operator.get(address("sleeve_delivered", made.number)).status_code == 200
    assert operator.post(address("sleeve_delivered", made.number)).status_code == 302
    made.refresh_from_db()
    assert made.delivered_at is not None


@pytest.mark.parametrize("role", [Role.BUYER_READER, Role.AUDITOR])
def test_readers_read_and_do_not_act(role: Role) -> None:
    order = released_order()
    made = send(order)
    client = signed_in(role)
    for name, arguments in (("deliveries", ()), ("dispatch", (made.number,)), ("sleeve_orders", ())):
        assert client.get(address(name, *arguments)).status_code == 200
    for name, arguments in (
        ("order_dispatch", (order.number,)),
        ("dispatch_proof", (made.number,)),
        ("tracking_import", ()),
        ("tracking_follow", ()),
        ("sleeve_new", ()),
    ):
        assert client.post(address(name, *arguments)).status_code == 403
    assert Means.TRACKED_LETTER.value in made.means

"""The pages of stops and deliveries in a browser: axe-core, narrow screens."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.vouchers.delivery.models import Parcel
from titulaire.vouchers.delivery.rules import Means, ParcelStatus
from titulaire.vouchers.delivery.services import import_tracking, note_sighting, order_sleeves
from titulaire.vouchers.delivery.tests.factories import references, released_order, send
from titulaire.vouchers.issuing.tests.factories import equip, paper
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers, use
from titulaire.vouchers.orders.tests.factories import ACTOR, AT
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.searching import search_use
from titulaire.vouchers.stops.services import lift_stop, reissue_stopped
from titulaire.vouchers.stops.tests.factories import by_number, stop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "oppositions/",
    "oppositions/nouvelle/",
    "oppositions/{stop}/",
    "oppositions/{stop}/lever/",
    "oppositions/{stop}/reemettre/",
    "oppositions/liste/?depuis=1",
    "oppositions/reemissions/",
    "oppositions/reemissions/{reissue}/",
    "oppositions/reemissions/{reissue}/imprimer/",
    "oppositions/recherches/",
    "oppositions/recherches/nouvelle/",
    "oppositions/recherches/{search}/",
    "livraisons/",
    "livraisons/commandes/{order}/expedier/",
    "livraisons/expeditions/",
    "livraisons/expeditions/{dispatch}/",
    "livraisons/expeditions/{dispatch}/preuve/",
    "livraisons/plis/",
    "livraisons/plis/{lost}/",
    "livraisons/plis/{arrived}/",
    "livraisons/plis/{lost}/constat/",
    "livraisons/suivi/",
    "livraisons/pochettes/",
    "livraisons/pochettes/commander/",
]


def life() -> dict[str, str]:
    """Orders waiting, sent, lost and delivered; vouchers used, stopped, lifted and replaced."""
    now = timezone.now()
    order = issued_order(vouchers=25)
    contract = equip(order.contract)
    paper(contract)
    own = numbers(order)
    use(own[2:4])
    made = stop(contract, by_number(own[0], own[9]), reason=StopReason.STOLEN)
    lift_stop(stop=made, reason="Retrouvés à l’accueil", actor=ACTOR, at=now, numbers=own[:2])
    (claim,) = reissue_stopped(
        stop=made, asked_on=timezone.localdate(), actor=ACTOR, at=now, numbers=own[4:7]
    )
    search = search_use(
        contract=contract, selection=Selection(Designation.ORDER, order.number), police_reference="PV 2026/123",
        police_on=timezone.localdate(), asked_for="Service juridique", request_key="r", actor=ACTOR, at=now,
    )  # fmt: skip
    sent, waiting = released_order(key="b"), released_order(lines=3, unnamed=1, key="c")
    first, second = references(sent)
    dispatch = send(sent, {"1A00000000011": (first,), "1A00000000022": (second,)})
    at = AT + timedelta(days=5)
    content = f"suivi;date;statut\n1A00000000011;{at.isoformat()};Distribué\n".encode()
    import_tracking(contract=contract, name="suivi.csv", content=content, actor=ACTOR, at=now)
    lost = Parcel.objects.get(tracking="1A00000000022")
    note_sighting(parcel=lost, status=ParcelStatus.LOST, said="Sac égaré", seen_at=at, actor=ACTOR, at=now)
    send(waiting, means=Means.SEALED_PARCEL)
    order_sleeves(contract=contract, quantity=40, request_key="k", actor=ACTOR, at=now)
    return {
        "stop": made.number,
        "reissue": claim.reissue.reference,
        "search": search.number,
        "order": waiting.number,
        "dispatch": dispatch.number,
        "lost": str(lost.pk),
        "arrived": str(Parcel.objects.get(tracking="1A00000000011").pk),
        "first": own[0],
        "last": own[24],
    }


def test_every_page_of_stops_and_deliveries_is_accessible_and_fits_a_phone(live_server, page: Page) -> None:  # type: ignore[no-untyped-def]
    known = life()
    client = Client()
    client.force_login(person(Role.VOUCHER_OPERATOR))
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    pictures = os.environ.get("TITULAIRE_PICTURES")
    for address in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        answer = page.goto(f"{live_server.url}/marches/cpam47/{address.format(**known)}")
        assert answer is not None and answer.status == 200, address
        if pictures:
            name = address.format(**known).strip("/").replace("/", "_").replace("?", "_")
            page.screenshot(path=Path(pictures) / f"{name}.png", full_page=True)
        assert [str(each) for each in audit(page)] == [], address
        assert reflow(page) == 0, address


def test_a_stop_is_checked_then_confirmed_from_the_keyboard(live_server, page: Page) -> None:  # type: ignore[no-untyped-def]
    known = life()
    client = Client()
    client.force_login(person(Role.BUYER_MANAGER))
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    page.goto(f"{live_server.url}/marches/cpam47/oppositions/nouvelle/")
    page.get_by_label("Numéro, carnet, commande ou référence").fill(known["first"])
    page.get_by_label("Dernier numéro").fill(known["last"])
    page.get_by_label("Motif").select_option("LOST")
    page.get_by_label("Déclaré par").fill("Accueil d’Agen")
    page.get_by_role("button", name="Contrôler").press("Enter")
    page.get_by_role("heading", name="Ne peuvent plus être opposés").wait_for()
    if pictures := os.environ.get("TITULAIRE_PICTURES"):
        page.screenshot(path=Path(pictures) / "controle.png", full_page=True)
    assert [str(each) for each in audit(page)] == []
    assert reflow(page) == 0
    page.get_by_label("Nombre de titres à opposer").fill("17")
    page.get_by_label("Je confirme").check()
    page.get_by_role("button", name="Opposer 17 titres").press("Enter")
    page.get_by_text("17 titres opposés").wait_for()

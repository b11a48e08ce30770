"""The pages of governance in a browser, on both contracts: axe-core, narrow screens."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.governance import services
from titulaire.governance.rules import EvidenceKind, Matter, MeetingKind
from titulaire.governance.tests.factories import ACTOR, BOTH_SIDES, PDF, contact, notice, support
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.services import open_complaint
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.settlement.tests.factories import issued

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "",
    "pilotage/echeances/",
    "pilotage/echeances/toutes/",
    "pilotage/echeances/mois/?mois={month}",
    "pilotage/echeances/agenda/",
    "pilotage/echeances/{date}/",
    "pilotage/reunions/",
    "pilotage/reunions/demandees/",
    "pilotage/reunions/actions/",
    "pilotage/reunions/prevoir/",
    "pilotage/reunions/{meeting}/",
    "pilotage/reunions/{planned}/tenue/",
    "pilotage/informations/",
    "pilotage/informations/I{year}-0001/",
    "pilotage/informations/adresser/",
    "pilotage/interlocuteurs/",
    "pilotage/interlocuteurs/designer/",
    "pilotage/justificatifs/",
    "pilotage/justificatifs/deposer/",
]


def life(contract: Contract, reader: User) -> dict[str, str]:
    """Contacts, one missing; a notice not read; a meeting held with its minutes; papers that end."""
    now, today = timezone.now(), timezone.localdate()
    contact(contract, Matter.REPRESENTATIVE)
    contact(contract, Matter.OPERATIONS)
    notice(contract, reader, at=now - timedelta(days=12))
    kind = MeetingKind.FOLLOW_UP if contract.kind == "VOUCHERS" else MeetingKind.PRODUCTION
    held_at = now - timedelta(days=1)
    made = services.plan_meeting(
        contract=contract, kind=kind, planned_at=held_at, place="Agen, salle des Tilleuls",
        agenda="Difficultés\nBilan", actor=ACTOR, at=now - timedelta(days=20),
    )  # fmt: skip
    made = services.hold_meeting(meeting=made, held_at=held_at, people=BOTH_SIDES, actor=ACTOR, at=now)
    services.decide_action(
        meeting=made, what="Revoir le modèle du courrier d’accompagnement", side="CONTRACTOR",
        owner="Yann Cazevielle", due_on=today + timedelta(days=9), actor=ACTOR, at=now,
    )  # fmt: skip
    services.send_minutes(
        meeting=made, text="Les délais sont tenus.\n\nLe modèle change.", document=PDF, actor=ACTOR, at=now
    )
    planned = services.plan_meeting(
        contract=contract, kind=MeetingKind.TECHNICAL, planned_at=now + timedelta(days=3), place="Visioconférence",
        agenda="Échanges de fichiers", actor=ACTOR, at=now,
    )  # fmt: skip
    for kind_, issued_on in (
        (EvidenceKind.VIGILANCE, today - timedelta(days=170)),
        (EvidenceKind.QUALITY, today - timedelta(days=800)),
    ):
        services.keep_evidence(
            contract=contract, kind=kind_, title=f"Pièce {kind_.value.lower()}", document=PDF, issued_on=issued_on,
            last_on=None if kind_ is EvidenceKind.VIGILANCE else today - timedelta(days=70), actor=ACTOR, at=now,
        )  # fmt: skip
    return {
        "meeting": made.number,
        "planned": planned.number,
        "year": str((now - timedelta(days=12)).year),
        "month": f"{today:%Y-%m}",
        "date": f"governance.I{(now - timedelta(days=12)).year}-0001",
    }


def visit(page: Page, address: str, user: User, code: str, known: dict[str, str]) -> None:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    pictures = os.environ.get("TITULAIRE_PICTURES")
    for each in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        path = each.format(**known)
        answer = page.goto(f"{address}/marches/{code}/{path}")
        assert answer is not None and answer.status == 200, path
        name = f"{code}_{path}".strip("/").replace("/", "_").replace("?", "_")
        if pictures:
            page.screenshot(path=Path(pictures) / f"{name}.png", full_page=True)
        assert [str(found) for found in audit(page)] == [], path
        assert reflow(page) == 0, path
        if pictures:
            page.set_viewport_size({"width": 320, "height": 700})
            page.screenshot(path=Path(pictures) / f"{name}_320.png", full_page=True)


def test_every_page_of_governance_is_accessible_on_the_voucher_contract(live_server, page: Page) -> None:  # type: ignore[no-untyped-def]
    contract = make_contract()
    issued(contract, month=date(2026, 3, 1), at=datetime(2026, 3, 3, 9, tzinfo=UTC))
    open_complaint(
        contract=contract, channel=Channel.MAIL, typology=Typology.LATE, description="Carnets attendus.",
        received_at=timezone.now() - timedelta(days=1), actor=ACTOR, at=timezone.now(),
    )  # fmt: skip
    known = life(contract, person(Role.BUYER_MANAGER, on=contract))
    visit(page, live_server.url, person(Role.VOUCHER_OPERATOR, on=contract), "cpam47", known)


def test_every_page_of_governance_is_accessible_on_the_support_contract(live_server, page: Page) -> None:  # type: ignore[no-untyped-def]
    contract = support()
    known = life(contract, person(Role.BUYER_MANAGER, on=contract))
    visit(page, live_server.url, person(Role.SUPERVISOR, on=contract), "mes", known)

"""Contracts of both halves, people and acts of governance for tests. Every name is invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from titulaire.governance import services
from titulaire.governance.models import Meeting, Notice
from titulaire.governance.rules import Change, Matter, MeetingKind
from titulaire.governance.services import Person, Upload
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

PARIS = ZoneInfo("Europe/Paris")
ACTOR = "user:00000000-0000-4000-8000-000000000001"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PDF = Upload("piece.pdf", b"%PDF-1.7 piece")
BOTH_SIDES = (Person("BUYER", "Odile Landreau", "responsable"), Person("CONTRACTOR", "Yann Cazevielle"))


def vouchers() -> Contract:
    return contract("cpam47")


def support() -> Contract:
    return contract("mes", "SUPPORT")


def paris(day: int, hour: int, minute: int = 0, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


def buyer(on: Contract) -> User:
    return person(Role.BUYER_MANAGER, on=on)


def contact(on: Contract, matter: Matter = Matter.OPERATIONS, since: date = date(2025, 1, 1)):  # type: ignore[no-untyped-def]
    return services.name_contact(
        contract=on, matter=matter, name="Yann Cazevielle", phone="05 53 00 00 00", email="yann@demo.example",
        since=since, actor=ACTOR, at=AT,
    )  # fmt: skip


def notice(on: Contract, *recipients: User, at: datetime = AT) -> Notice:
    return services.send_notice(
        contract=on, change=Change.REGULATION, title="Nouvelle mention", text="Elle change en mai.",
        recipients=recipients, documents=(PDF,), actor=ACTOR, at=at,
    )  # fmt: skip


def meeting(
    on: Contract,
    kind: MeetingKind = MeetingKind.FOLLOW_UP,
    planned_at: datetime = AT,
    slot: str | None = None,
) -> Meeting:
    return services.plan_meeting(
        contract=on, kind=kind, planned_at=planned_at, place="Agen", agenda="Bilan\nActions", slot=slot,
        actor=ACTOR, at=AT,
    )  # fmt: skip


def held(
    on: Contract,
    kind: MeetingKind = MeetingKind.FOLLOW_UP,
    held_at: datetime = AT,
    at: datetime | None = None,
) -> Meeting:
    made = meeting(on, kind, held_at)
    return services.hold_meeting(
        meeting=made, held_at=held_at, people=BOTH_SIDES, actor=ACTOR, at=at or held_at
    )

"""Texts written, vouched for by another, spread, read and reminded: each once, with its trace and its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import Due, DueState
from titulaire.identity.models import User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.knowledge import services
from titulaire.support.knowledge.clocks import dates
from titulaire.support.knowledge.models import Reading, Version
from titulaire.support.knowledge.queries import to_read, unread, version_on
from titulaire.support.knowledge.rules import Kind
from titulaire.support.training.tests.test_acts import mes
from titulaire.support.training.tests.test_pages import adviser, client

pytestmark = pytest.mark.django_db
WRITER = "user:00000000-0000-4000-8000-000000000008"
SUPERVISOR = "user:00000000-0000-4000-8000-000000000009"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
BASE = "/marches/mes/connaissances/"


def written(text: str = "Bonjour.\nVotre numéro ?", code: str = "SCR-1", **wishes: object) -> Version:
    asked = {
        "contract": mes(), "code": code, "kind": Kind.SCRIPT, "title": "Accueil", "text": text, "actor": WRITER,
        "at": AT,
    }  # fmt: skip
    return services.write_version(**(asked | wishes))  # type: ignore[arg-type]


def vouched(version: Version, on: date = DAY, by: date | None = FRIDAY, at: datetime = AT) -> Version:
    return services.vouch_version(version=version, in_force_on=on, read_by_on=by, actor=SUPERVISOR, at=at)


def found(at: datetime) -> dict[str, Due]:
    return {one.key: one for one in dates(mes(), since=DAY, until=date(2027, 1, 1), at=at)}


@pytest.mark.clause("S-5.3-formation-continue", "S-5.4-encadrement")
def test_a_text_holds_once_another_vouched_for_it() -> None:
    first = written()
    assert written() == first and first.number == 1
    with pytest.raises(services.SameEyes):
        services.vouch_version(version=first, in_force_on=DAY, actor=WRITER, at=AT)
    with pytest.raises(services.InThePast):
        vouched(first, DAY - timedelta(days=1))
    with pytest.raises(services.NotVouched):
        services.say_read(version=first, adviser="C001", actor=WRITER, at=AT)
    assert vouched(first) == vouched(first)
    with pytest.raises(services.AlreadyVouched):
        vouched(first, FRIDAY)
    second = written("Bonjour.\nVotre nom ?")
    assert version_on(second.article, date(2030, 1, 1)) == first
    vouched(second, FRIDAY, None)
    article = Version.objects.get(pk=second.pk).article
    assert [version_on(article, day) for day in (date(2026, 3, 1), date(2026, 3, 5), FRIDAY)] == [
        None, first, second,
    ]  # fmt: skip
    with pytest.raises(services.OtherKind):
        written(kind=Kind.ARTICLE)
    with pytest.raises(services.NothingWritten):
        written(" ")
    acts = list(Entry.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["KNOWLEDGE_WRITTEN", "KNOWLEDGE_VOUCHED"] * 2


@pytest.mark.clause("S-5.3-formation-continue", "S-5.4-encadrement")
def test_the_clock_of_a_reading_ends_with_the_last_adviser_in_place() -> None:
    users = {number: adviser(number) for number in ("C001", "C002")}
    version = vouched(written())
    late = datetime(2026, 3, 7, 9, tzinfo=UTC)

    def state(at: datetime) -> DueState:
        return found(at)["read-SCR-1-1"].state(at, Calendar())

    assert state(datetime(2026, 3, 6, 20, tzinfo=UTC)) is DueState.OPEN and state(late) is DueState.LATE
    assert unread(version, DAY) == ["C001", "C002"]
    for _ in range(2):
        services.say_read(version=version, adviser="C001", actor=users["C001"].actor, at=AT)
    assert Reading.objects.count() == 1 and to_read(mes(), "C001", DAY) == []
    assert to_read(mes(), "C002", DAY) == [version]
    assert services.remind_readers(version=version, actor=SUPERVISOR, at=AT) == ["C002"]
    assert services.remind_readers(version=version, actor=SUPERVISOR, at=AT) == []
    assert [each.to for each in mail.outbox] == [[users["C002"].email]]
    services.say_read(version=version, adviser="C002", actor="user:x", at=late)
    assert state(late) is DueState.DONE_LATE
    # A newer text takes the place of the older before its day: only the newer is awaited.
    newer = vouched(written("Autre texte"), FRIDAY, date(2026, 3, 13))
    assert set(found(late)) == {f"read-SCR-1-{newer.number}"}


def page_of(user: User) -> Client:
    return client(user=user)


@pytest.mark.clause("S-5.3-formation-continue", "S-5.4-encadrement")
def test_a_text_goes_from_its_writing_to_its_readers_on_the_pages() -> None:
    trainer, reader = client(Role.TRAINER), adviser("C001")
    supervisor = client(Role.SUPERVISOR)
    asked = {
        "code": "SCR-OPPO",
        "kind": "SCRIPT",
        "title": "Opposition",
        "text": "Bonjour.\nUn",
        "source": "",
    }
    assert "capitales" in trainer.post(f"{BASE}ecrire/", asked | {"code": "a b"}).content.decode()
    page = f"{BASE}SCR-OPPO/"
    assert trainer.post(f"{BASE}ecrire/", asked)["Location"] == page
    assert "existe déjà" in trainer.post(f"{BASE}ecrire/", asked).content.decode()
    # What nobody vouched for is the contractor's own.
    assert client(Role.BUYER_READER).get(page).status_code == 404
    assert "SCR-OPPO" not in page_of(reader).get(BASE).content.decode()
    today = timezone.localdate()
    days = {"in_force_on": str(today), "read_by_on": str(today)}
    early = days | {"in_force_on": str(today - timedelta(days=1))}
    assert "plus tard" in supervisor.post(f"{page}1/garantir/", early).content.decode()
    assert supervisor.post(f"{page}1/garantir/", days)["Location"] == page
    mine = page_of(reader).get(f"{BASE}a-lire/").content.decode()
    assert "J’ai lu ce texte" in mine
    readers = supervisor.get(f"{page}1/lectures/").content.decode()
    assert "C001" in readers and "Rappeler" in readers and str(reader) not in readers
    assert "Rappel envoyé" in supervisor.post(f"{page}1/rappeler/", follow=True).content.decode()
    for _ in range(2):
        page_of(reader).post(f"{BASE}a-lire/SCR-OPPO/1/")
    assert "Vous avez tout lu" in page_of(reader).get(f"{BASE}a-lire/").content.decode()
    assert "C001" in client(Role.AUDITOR).get(f"{page}1/lectures/?etat=READ").content.decode()
    trainer.post(f"{page}modifier/", asked | {"text": "Bonjour.\nDeux"})
    shown = supervisor.get(page).content.decode()
    assert "<del>Un</del>" in shown and "<ins>Deux</ins>" in shown and "Garantir la version 2" in shown
    assert "Deux" not in client(Role.BUYER_MANAGER).get(page).content.decode()
    assert "Aucune version n’est en vigueur" in supervisor.get(f"{page}?le=2026-01-01").content.decode()
    assert "SCR-OPPO" in supervisor.get(f"{BASE}?q=bonjour").content.decode()
    assert page_of(reader).post(f"{BASE}a-lire/SCR-OPPO/2/").status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "follows", "writes", "vouches"),
    [
        (Role.SUPERVISOR, 200, 200, 200, 200),
        (Role.TRAINER, 200, 200, 200, 403),
        (Role.BUYER_MANAGER, 200, 200, 403, 403),
        (Role.AUDITOR, 200, 200, 403, 403),
        (Role.ADVISER, 200, 403, 403, 403),
        (Role.PLANNER, 200, 403, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(
    role: Role, reads: int, follows: int, writes: int, vouches: int
) -> None:
    vouched(written())
    page = client(role)
    assert {page.get(each).status_code for each in (BASE, f"{BASE}SCR-1/")} == {reads}
    assert page.get(f"{BASE}SCR-1/1/lectures/").status_code == follows
    assert {page.get(each).status_code for each in (f"{BASE}ecrire/", f"{BASE}SCR-1/modifier/")} == {writes}
    assert page.get(f"{BASE}SCR-1/1/garantir/").status_code == vouches
    assert page.post(f"{BASE}SCR-1/1/rappeler/").status_code == (302 if vouches == 200 else vouches)


def test_who_wrote_a_text_is_told_so_when_vouching_for_it() -> None:
    supervisor = person(Role.SUPERVISOR, on=mes())
    written(actor=supervisor.actor)
    days = {"in_force_on": str(timezone.localdate())}
    assert (
        "un autre superviseur" in page_of(supervisor).post(f"{BASE}SCR-1/1/garantir/", days).content.decode()
    )

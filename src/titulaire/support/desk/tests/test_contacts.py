"""Taking and qualifying contacts: acts, pages, the clock, once each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.dues import DueState
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.dashboards.services import tie_adviser
from titulaire.support.desk import services
from titulaire.support.desk.clocks import dates
from titulaire.support.desk.models import Contact, Seat
from titulaire.support.desk.queries import lists_on
from titulaire.support.desk.rules import Outcome, Qualification

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000005"
START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)  # a Monday, 10:00 in Paris
AT = START + timedelta(minutes=5)
DESK = "/marches/mes/bureau/"
SAID = Qualification("Clôture", "Info-Incident « Agenda »", "MSA", Outcome.INFORMED, "Agenda expliqué.")


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def taken(**wishes: object) -> Contact:
    given = {
        "contract": mes(),
        "flow": "3422",
        "started_at": START,
        "adviser": "C014",
        "site": "NORD",
    } | wishes
    return services.open_contact(actor=ACTOR, at=AT, **given)  # type: ignore[arg-type]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def client(*roles: Role, number: str = "") -> Client:
    user = person(*roles, on=mes())
    if number:
        tie_adviser(contract=mes(), user=user, number=number, since=date(2026, 1, 1), actor=ACTOR, at=AT)
        services.take_seat(contract=mes(), site="NORD", actor=user.actor, at=AT)
    return signed_in(user)


FORM = {
    "contact_type": SAID.contact_type,
    "reason": SAID.reason,
    "scheme": SAID.scheme,
    "outcome": "INFORMED",
    "note": SAID.note,
}


# Acts


@pytest.mark.clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes")
def test_a_contact_is_closed_by_its_qualification_with_the_list_of_its_day() -> None:
    found = taken(call_id="88120")
    assert (found.reference, found.state, found.outside_hours) == ("CT-000001", "OPEN", False)
    closed = services.qualify_contact(contact=found, said=SAID, actor=ACTOR, at=AT)
    lists = lists_on(terms_of("mes"), date(2026, 5, 4))
    assert (len(lists.types), len(lists.reasons), len(lists.schemes)) == (6, 17, 18)
    assert (closed.state, closed.list_version, closed.list_since) == ("CLOSED", lists.version, "2025-08-08")
    # The same again is nothing; another says why, and the first instant stays.
    services.qualify_contact(contact=found, said=SAID, actor=ACTOR, at=AT + timedelta(hours=1))
    other = Qualification(SAID.contact_type, "Autres incidents", "MGEN", Outcome.CUT)
    with pytest.raises(services.NoReason):
        services.qualify_contact(contact=found, said=other, actor=ACTOR, at=AT)
    again = services.qualify_contact(
        contact=found, said=other, because="Erreur de saisie", actor=ACTOR, at=AT + timedelta(hours=1)
    )
    assert (again.reason, again.qualified_at, again.qualifications.count()) == ("Autres incidents", AT, 2)
    acts = Entry.objects.filter(target="contact:CT-000001").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["CONTACT_OPENED", "CONTACT_QUALIFIED", "CONTACT_REQUALIFIED"]


def test_the_database_itself_refuses_a_closed_contact_without_qualification() -> None:
    found = taken()
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=found.pk).update(state="CLOSED")


@pytest.mark.clause("S-2.1.2-canaux", "S-2.1.5-horaires")
@pytest.mark.parametrize(
    ("wishes", "faults"),
    [
        ({"flow": "FORM"}, {"flow": "UNLISTED"}),
        ({"flow": "3631"}, {"flow": "UNLISTED"}),
        ({"started_at": AT + timedelta(seconds=1)}, {"started_at": "FUTURE"}),
        ({"started_at": datetime(2025, 8, 1, 9, tzinfo=UTC)}, {"started_at": "BEFORE"}),
        ({"call_id": "1840588123456"}, {"call_id": "NIR"}),
        ({"pseudonym": "0612345678"}, {"pseudonym": "PHONE"}),
    ],
)
def test_a_contact_that_cannot_be_is_refused_and_leaves_nothing(
    wishes: dict[str, object], faults: dict[str, str]
) -> None:
    with pytest.raises(services.ContactRefused) as refused:
        taken(**wishes)
    assert refused.value.faults == faults
    assert not Contact.objects.exists() and not Entry.objects.exists()


@pytest.mark.clause("S-2.1.2-canaux", "S-2.1.5-horaires")
def test_every_flow_is_taken_and_a_call_once_even_when_the_service_is_closed() -> None:
    assert taken(flow="0184903422").outside_hours is False
    assert taken(flow="ELIOZ").outside_hours is False
    evening = START.replace(hour=15, minute=30) - timedelta(days=1)  # a Sunday
    assert taken(started_at=evening).outside_hours is True
    holiday = datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert taken(started_at=holiday, call_id="7").outside_hours is True
    with pytest.raises(services.CallKnown):
        taken(call_id="7")


def test_a_site_is_said_once() -> None:
    services.take_seat(contract=mes(), site="NORD", actor=ACTOR, at=AT)
    services.take_seat(contract=mes(), site="NORD", actor=ACTOR, at=AT)
    assert (Seat.objects.count(), Entry.objects.count()) == (1, 1)


# The clock


@pytest.mark.clause("S-2.1.7-motifs")
def test_the_day_of_a_call_is_the_time_to_qualify_it() -> None:
    first, second = taken(), taken()
    services.qualify_contact(contact=first, said=SAID, actor=ACTOR, at=AT)
    asked = {"since": date(2026, 5, 1), "until": date(2026, 6, 1)}
    midnight = datetime(2026, 5, 4, 22, tzinfo=UTC)
    (due,) = dates(mes(), **asked, at=AT)  # type: ignore[arg-type]
    assert (due.due_on, due.due_at, due.facts[1]) == (date(2026, 5, 4), midnight, ("Reste à qualifier", "1"))
    assert due.state(midnight - timedelta(seconds=1), Calendar()) is DueState.OPEN
    assert due.state(midnight, Calendar()) is DueState.LATE
    services.qualify_contact(contact=second, said=SAID, actor=ACTOR, at=midnight - timedelta(seconds=1))
    (kept,) = dates(mes(), **asked, at=midnight)  # type: ignore[arg-type]
    assert kept.state(midnight, Calendar()) is DueState.DONE
    third = taken()
    services.qualify_contact(contact=third, said=SAID, actor=ACTOR, at=midnight)
    (late,) = dates(mes(), **asked, at=midnight)  # type: ignore[arg-type]
    assert late.state(midnight, Calendar()) is DueState.DONE_LATE


# Pages


@pytest.mark.clause(
    "S-2.1.7-motifs", "S-2.1.2-canaux", "S-2.1.5-typologies", "S-2.1.5-regimes", "S-2.1.5-horaires"
)
def test_an_adviser_says_a_number_takes_a_call_and_qualifies_it() -> None:
    user = person(Role.ADVISER, on=mes())
    page = signed_in(user)
    assert "pas encore de matricule" in page.get(DESK).content.decode()
    tie_adviser(contract=mes(), user=user, number="C014", since=date(2026, 1, 1), actor=ACTOR, at=AT)
    assert page.get(DESK).headers["Location"] == f"{DESK}site/"
    page.post(f"{DESK}site/", {"site": "NORD"})
    shown = page.get(DESK).content.decode()
    for words in ("Conseiller C014", "08 h 30 à 17 h 30", "Relais Elioz", "+33 1 84 90 34 22"):
        assert words in shown
    now = timezone.localtime().replace(second=0, microsecond=0)
    call = {"flow": "3422", "call_id": "88120", "started_at": f"{now:%Y-%m-%dT%H:%M}"}
    assert page.post(DESK, call).headers["Location"] == f"{DESK}contacts/CT-000001/qualifier/"
    assert "a déjà sa fiche" in page.post(DESK, call).content.decode()
    qualify = f"{DESK}contacts/CT-000001/qualifier/"
    assert "17 · Information sécurité" in page.get(qualify).content.decode()
    refused = page.post(qualify, FORM | {"note": "NIR 1 84 05 88 123 456"})
    assert refused.status_code == 422 and "n’entre jamais ici" in refused.content.decode()
    assert page.post(qualify, FORM | {"reason": ""}).status_code == 422
    assert Contact.objects.get().state == "OPEN"
    assert page.post(qualify, FORM).headers["Location"] == DESK
    assert Contact.objects.get().state == "CLOSED"
    detail = page.get(f"{DESK}contacts/CT-000001/").content.decode()
    for words in ("Info-Incident « Agenda »", "MSA", "Clôture", "version"):
        assert words in detail
    assert "obligatoire" in page.post(qualify, FORM | {"scheme": "MGEN"}).content.decode()
    page.post(qualify, FORM | {"scheme": "MGEN", "because": "Régime corrigé"})
    assert Contact.objects.get().scheme == "MGEN"
    listed = page.get(f"{DESK}contacts/?regime=MGEN&canal=3422&export=csv").content.decode()
    assert "CT-000001" in listed and "MGEN" in listed


def test_an_adviser_sees_their_own_contacts_only() -> None:
    taken(adviser="C099")
    mine, other = client(Role.ADVISER, number="C014"), client(Role.ADVISER, number="C099")
    assert "CT-000001" not in mine.get(f"{DESK}contacts/").content.decode()
    for address in ("", "qualifier/"):
        assert mine.get(f"{DESK}contacts/CT-000001/{address}").status_code == 404
        assert other.get(f"{DESK}contacts/CT-000001/{address}").status_code == 200
    # A number given later opens nothing of who held it before.
    later = person(Role.ADVISER, on=mes())
    taken(adviser="C050")
    tie_adviser(contract=mes(), user=later, number="C050", since=date(2026, 5, 5), actor=ACTOR, at=AT)
    assert signed_in(later).get(f"{DESK}contacts/CT-000002/").status_code == 404
    make_contract("autre", "SUPPORT")
    assert client(Role.ADVISER).get("/marches/autre/bureau/contacts/CT-000001/").status_code == 404


@pytest.mark.parametrize(
    ("role", "desk", "qualify", "waiting"),
    [
        (Role.SUPERVISOR, 403, 200, 200),
        (Role.ADVISER, 200, 404, 403),
        (Role.QUALITY_OFFICER, 403, 403, 200),
        (Role.BUYER_MANAGER, 403, 403, 200),
        (Role.BUYER_READER, 403, 403, 200),
        (Role.AUDITOR, 403, 403, 200),
        (Role.PLANNER, 403, 403, 403),
    ],
)
def test_each_role_opens_what_is_its_own(role: Role, desk: int, qualify: int, waiting: int) -> None:
    taken()
    page = client(role)
    assert page.get(DESK).status_code == desk
    assert page.get(f"{DESK}contacts/CT-000001/qualifier/").status_code == qualify
    assert page.get(f"{DESK}a-qualifier/").status_code == waiting


@pytest.mark.clause("S-2.1.7-motifs")
def test_what_waits_is_told_by_adviser_and_day() -> None:
    taken()
    taken()
    taken(adviser="C020")
    shown = client(Role.BUYER_READER).get(f"{DESK}a-qualifier/").content.decode()
    assert "3\xa0contacts d’un jour achevé" in shown and "C020" in shown and "Jour achevé" in shown
    one = client(Role.SUPERVISOR).get(f"{DESK}a-qualifier/?export=csv&q=C014").content.decode()
    assert ";2;" in one

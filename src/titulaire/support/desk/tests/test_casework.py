"""What follows a contact: on the file, to level 2, to level 1+; told to the facts once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.indicators.engine import connect, table_of
from titulaire.journal.models import Entry
from titulaire.support.desk import casework, services
from titulaire.support.desk.casework import CaseRefused
from titulaire.support.desk.models import FileAct, ItemFact, Ticket
from titulaire.support.desk.rules import (
    ActKind,
    ActState,
    Identity,
    age_class,
    execution_fault,
    transfer_fault,
    verification_fault,
)
from titulaire.support.desk.tests.test_contacts import ACTOR, AT, DESK, client, mes, signed_in, taken
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record

OTHER = "user:00000000-0000-4000-8000-000000000006"
WHO = {"adviser": "C014", "site": "NORD", "actor": ACTOR, "at": AT}


def asked(identity: Identity = Identity.AUTHENTICATED) -> FileAct:
    return casework.ask_file_act(contact=taken(), kind=ActKind.CLOSURE, identity=identity, **WHO)  # type: ignore[arg-type]


def ticket() -> Ticket:
    return casework.create_ticket(contact=taken(), what="Document illisible après dépôt", **WHO)  # type: ignore[arg-type]


# Rules


@pytest.mark.clause("S-2.1.5-dossier")
@pytest.mark.parametrize(
    ("state", "identity", "again", "fault"),
    [
        (ActState.ASKED, Identity.AUTHENTICATED, " do-000001 ", ""),
        (ActState.ASKED, Identity.AUTHENTICATED, "DO-000002", "NOT_CONFIRMED"),
        (ActState.ASKED, Identity.AUTHENTICATED, "", "NOT_CONFIRMED"),
        (ActState.ASKED, Identity.NOT_PROVEN, "DO-000001", "NOT_PROVEN"),
        (ActState.EXECUTED, Identity.AUTHENTICATED, "DO-000001", "NOT_WAITING"),
        (ActState.REFUSED, Identity.AUTHENTICATED, "DO-000001", "NOT_WAITING"),
    ],
)
def test_an_intervention_is_executed_once_for_a_known_asker_confirmed_twice(
    state: ActState, identity: Identity, again: str, fault: str
) -> None:
    assert execution_fault(state=state, identity=identity, again=again, reference="DO-000001") == fault


@pytest.mark.clause("S-2.1.5-dossier")
def test_another_person_verifies() -> None:
    assert verification_fault(state=ActState.EXECUTED, executed_by=ACTOR, actor=ACTOR) == "OWN_ACT"
    assert verification_fault(state=ActState.EXECUTED, executed_by=ACTOR, actor=OTHER) == ""
    assert verification_fault(state=ActState.ASKED, executed_by="", actor=OTHER) == "NOT_EXECUTED"


@pytest.mark.clause("S-2.1.5-transfert-n1plus")
@pytest.mark.parametrize(
    ("because", "site", "automatic", "may", "fault"),
    [
        ("Droits AMO à lire", "MSA", False, False, ""),
        (" ", "MSA", False, False, "NO_REASON"),
        ("Droits", "MGEN", False, False, "UNLISTED"),
        ("Droits", "MSA", True, False, "NO_OVERFLOW"),
        ("Droits", "MSA", True, True, ""),
    ],
)
def test_a_call_goes_to_level_1_plus_for_its_identification_and_never_by_itself(
    because: str, site: str, automatic: bool, may: bool, fault: str
) -> None:
    found = transfer_fault(
        because=because, site=site, sites=["MSA", "CPAM de Moselle"], automatic=automatic, may_overflow=may
    )
    assert found == fault


def test_ages_have_their_bounds() -> None:
    assert [age_class(days) for days in (0, 1, 2, 3, 6, 7, 40)] == [
        "D1",
        "D3",
        "D3",
        "D7",
        "D7",
        "OLD",
        "OLD",
    ]


# Acts


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-dossier")
def test_an_intervention_is_asked_executed_and_verified_by_another() -> None:
    act = asked()
    with pytest.raises(CaseRefused, match="ONE_WAITS"):
        casework.ask_file_act(
            contact=act.contact,
            kind=ActKind.CLOSURE,
            identity=Identity.AUTHENTICATED,
            **WHO,  # type: ignore[arg-type]
        )
    with pytest.raises(CaseRefused, match="NOT_CONFIRMED"):
        casework.execute_file_act(act=act, again="DO-9", actor=ACTOR, at=AT)
    done = casework.execute_file_act(act=act, again="DO-000001", actor=ACTOR, at=AT)
    with pytest.raises(CaseRefused, match="NOT_WAITING"):
        casework.execute_file_act(act=act, again="DO-000001", actor=ACTOR, at=AT)
    with pytest.raises(CaseRefused, match="OWN_ACT"):
        casework.verify_file_act(act=done, actor=ACTOR, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        FileAct.objects.filter(pk=act.pk).update(state="VERIFIED", verified_at=AT, verified_by=ACTOR)
    assert casework.verify_file_act(act=done, actor=OTHER, at=AT).state == "VERIFIED"
    acts = list(Entry.objects.filter(target="case:DO-000001").order_by("pk").values_list("act", flat=True))
    assert acts == ["FILE_ACT_ASKED", "FILE_ACT_EXECUTED", "FILE_ACT_VERIFIED"]


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-dossier")
def test_an_unknown_asker_is_refused_with_a_reason_and_leaves_no_number() -> None:
    act = asked(Identity.NOT_PROVEN)
    with pytest.raises(CaseRefused, match="NOT_PROVEN"):
        casework.execute_file_act(act=act, again=act.reference, actor=ACTOR, at=AT)
    with pytest.raises(CaseRefused, match="NIR"):
        casework.refuse_file_act(act=act, because="1 84 05 88 123 456", actor=ACTOR, at=AT)
    assert (
        casework.refuse_file_act(act=act, because="Questions manquées", actor=ACTOR, at=AT).state == "REFUSED"
    )


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-tickets-n2")
def test_a_ticket_is_followed_to_its_end() -> None:
    one = ticket()
    with pytest.raises(CaseRefused, match="WRONG_MOMENT"):
        casework.close_ticket(ticket=one, answer="Corrigé", actor=ACTOR, at=AT)
    casework.send_ticket(ticket=one, other_reference="PSN-77", actor=ACTOR, at=AT)
    with pytest.raises(CaseRefused, match="NO_REASON"):
        casework.note_sent_back(ticket=one, because=" ", actor=ACTOR, at=AT)
    casework.note_sent_back(
        ticket=one, because="Navigateur non précisé", actor=ACTOR, at=AT + timedelta(hours=1)
    )
    casework.send_ticket(ticket=one, other_reference="PSN-77", actor=ACTOR, at=AT + timedelta(hours=2))
    with pytest.raises(CaseRefused, match="REFERENCE_TAKEN"):
        casework.send_ticket(ticket=ticket(), other_reference="PSN-77", actor=ACTOR, at=AT)
    closed = casework.close_ticket(ticket=one, answer="Corrigé", actor=ACTOR, at=AT + timedelta(days=1))
    assert (closed.state, closed.steps.count()) == ("CLOSED", 5)
    with pytest.raises(CaseRefused, match="WRONG_MOMENT"):
        casework.close_ticket(ticket=one, answer="Corrigé", actor=ACTOR, at=AT)


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-transfert-n1plus")
def test_a_call_is_transferred_once() -> None:
    contact = taken()
    sent = {"contact": contact, "to_site": "MSA", "because": "Droits à lire", "adviser": "C014"}
    with pytest.raises(CaseRefused, match="NO_OVERFLOW"):
        casework.transfer_contact(**sent, automatic=True, actor=ACTOR, at=AT)  # type: ignore[arg-type]
    casework.transfer_contact(**sent, actor=ACTOR, at=AT)  # type: ignore[arg-type]
    with pytest.raises(CaseRefused, match="ALREADY_SENT"):
        casework.transfer_contact(**sent, actor=ACTOR, at=AT)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-dossier", "S-2.1.5-tickets-n2")
def test_what_happened_is_told_to_the_facts_once(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    casework.execute_file_act(act=asked(), again="DO-000001", actor=ACTOR, at=AT + timedelta(minutes=1))
    ticket()
    assert services.tell_facts(contract=mes(), actor=ACTOR, at=AT + timedelta(hours=1)).events == 3
    ItemFact.objects.filter(event="EXECUTED").update(told_batch="")  # a cut before the register knew
    assert services.tell_facts(contract=mes(), actor=ACTOR, at=AT + timedelta(hours=2)).events == 1
    assert services.tell_facts(contract=mes(), actor=ACTOR, at=AT + timedelta(hours=3)).events == 0
    files = files_in_force(mes(), Record.ITEMS, since=AT.date(), until=AT.date() + timedelta(days=1))
    with connect() as backend:
        items = table_of(backend, files)
        rows = backend.to_pyarrow(
            items.select("item_id", "kind", "event").order_by("item_id", "event")
        ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("DO-000001", "CLOSURE", "EXECUTED"),
        ("DO-000001", "CLOSURE", "RECEIVED"),
        ("N2-000001", "N2_TICKET", "RECEIVED"),
    ]


# Pages


@pytest.mark.django_db
@pytest.mark.clause("S-2.1.5-dossier", "S-2.1.5-tickets-n2", "S-2.1.5-transfert-n1plus")
def test_an_adviser_follows_a_contact_and_a_supervisor_verifies() -> None:
    taken()
    page, contact = client(Role.ADVISER, number="C014"), f"{DESK}contacts/CT-000001/"
    page.post(f"{contact}intervention/", {"kind": "OPPOSITION", "identity": "FILE_QUESTIONS"})
    act = f"{DESK}interventions/DO-000001/"
    assert "Recopiez la référence" in page.get(f"{act}executer/").content.decode()
    assert page.post(f"{act}executer/", {"again": "non"}).status_code == 422
    page.post(f"{act}executer/", {"again": "DO-000001"})
    assert page.post(f"{act}verifier/").status_code == 403
    supervisor = client(Role.SUPERVISOR)
    assert "À vérifier" in supervisor.get(f"{DESK}interventions/").content.decode()
    assert supervisor.post(f"{act}verifier/").status_code == 302
    assert "Vérifiée" in page.get(act).content.decode()
    page.post(f"{contact}ticket/", {"what": "Agenda vide"})
    one = f"{DESK}tickets/N2-000001/"
    page.post(f"{one}transmettre/", {"other_reference": "PSN-1"})
    page.post(f"{one}retour/", {"because": "Capture manquante"})
    shown = page.get(one).content.decode()
    for words in ("Agenda vide", "PSN-1", "Capture manquante", "Rendu"):
        assert words in shown
    assert "n’en est pas là" in page.post(f"{one}clore/", {"answer": "Fait"}).content.decode()
    page.post(f"{one}transmettre/", {"other_reference": "PSN-1"})
    page.post(f"{one}clore/", {"answer": "Agenda rétabli"})
    assert Ticket.objects.get().state == "CLOSED"
    page.post(f"{contact}transfert/", {"to_site": "MSA", "because": "Droits à lire chez l’autre partie"})
    assert "Droits à lire" in page.get(f"{DESK}transferts/").content.decode()
    assert "Transféré" in page.get(contact).content.decode()
    assert "N2-000001" in page.get(f"{DESK}tickets/?export=csv").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "listed", "acting"),
    [
        (Role.BUYER_READER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.QUALITY_OFFICER, 200, 403),
        (Role.PLANNER, 403, 403),
        (Role.SUPERVISOR, 200, 200),
    ],
)
def test_each_role_opens_the_cases_that_are_its_own(role: Role, listed: int, acting: int) -> None:
    asked()
    ticket()
    page = signed_in(person(role, on=mes()))
    for address in (
        "interventions/",
        "interventions/DO-000001/",
        "tickets/",
        "tickets/N2-000001/",
        "transferts/",
    ):
        assert page.get(f"{DESK}{address}").status_code == listed
    for address in ("interventions/DO-000001/refuser/", "tickets/N2-000001/transmettre/"):
        assert page.get(f"{DESK}{address}").status_code == acting
    other = client(Role.ADVISER, number="C099")
    assert other.get(f"{DESK}interventions/DO-000001/").status_code == 404
    assert other.get(f"{DESK}tickets/N2-000001/").status_code == 404

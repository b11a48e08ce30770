"""Declaring, following, agreeing: each act once, at its moment, with its trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.support.incidents import services
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.incidents.queries import dysfunctions_of, followed
from titulaire.support.incidents.reading import declarations_of
from titulaire.support.incidents.rules import Side
from titulaire.support.incidents.services import Declaration
from titulaire.support.incidents.sheets import SheetRefused

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000005"
START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
AT = START + timedelta(hours=6)
HOUR = timedelta(hours=1)


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def declared(contract: Contract | None = None, **wishes: object) -> Dysfunction:
    given = {"what": "Bandeau indisponible", "side": Side.BUYER, "since_at": START} | wishes
    said = Declaration(**given)  # type: ignore[arg-type]
    return services.declare(contract=contract or mes(), said=said, actor=ACTOR, at=AT)


def claimed(found: Dysfunction, **wishes: object) -> Claim:
    given = {"since_at": START, "until_at": START + HOUR, "because": "Outil absent."} | wishes
    return services.propose_claim(dysfunction=found, actor=ACTOR, at=AT, **given)  # type: ignore[arg-type]


@pytest.mark.clause("S-3.2-incidents")
def test_references_follow_each_other_in_each_contract() -> None:
    assert [declared().reference for _ in range(3)] == ["INC-0001", "INC-0002", "INC-0003"]
    assert declared(make_contract("autre", "SUPPORT")).reference == "INC-0001"
    with pytest.raises(services.ImpossibleInstant):
        declared(since_at=AT + HOUR)
    assert declared().reference == "INC-0004"
    assert Entry.objects.filter(act="INCIDENT_DECLARED").count() == 5


@pytest.mark.clause("S-3.2-incidents", "S-10.1.3-support")
def test_an_incident_is_followed_to_its_end() -> None:
    found = declared(interrupts=True)
    services.tell_buyer(dysfunction=found, told_at=START + HOUR, how="Appel", actor=ACTOR, at=AT)
    services.mobilise(dysfunction=found, done_at=START + HOUR, what="Réseau", actor=ACTOR, at=AT)
    with pytest.raises(services.StillRunning):
        services.resolve(dysfunction=found, resolution="Redémarré.", actor=ACTOR, at=AT)
    services.note_end(dysfunction=found, ended_at=START + 2 * HOUR, actor=ACTOR, at=AT)
    services.resolve(dysfunction=found, resolution="Redémarré.", actor=ACTOR, at=AT)
    services.close(dysfunction=found, actor=ACTOR, at=AT)
    found.refresh_from_db()
    assert (found.state, found.until_at, found.buyer_told_at) == ("CLOSED", START + 2 * HOUR, START + HOUR)
    kinds = [step.kind for step in found.steps.order_by("pk")]
    assert kinds == ["DECLARED", "BUYER_TOLD", "MOBILISED", "ENDED", "RESOLVED", "CLOSED"]
    with pytest.raises(services.DysfunctionStands):
        services.mobilise(dysfunction=found, done_at=START, what="Trop tard", actor=ACTOR, at=AT)
    services.reopen(dysfunction=found, because="Revenu", actor=ACTOR, at=AT)
    with pytest.raises(services.DysfunctionStands):
        services.reopen(dysfunction=found, because="Encore", actor=ACTOR, at=AT)


@pytest.mark.clause("S-3.3.2-continuite")
def test_only_an_interruption_has_a_clock_of_48_hours() -> None:
    declared(), declared(interrupts=True)
    contract = mes()
    clocks = {row.dysfunction.interrupts: row.clock for row in followed(contract, dysfunctions_of(contract))}
    assert clocks[False] is None
    running = clocks[True]
    assert running is not None and running.due_at == START + 48 * HOUR


@pytest.mark.clause("S-9-penalites", "S-3.3.2-accessibilite")
def test_a_claim_is_answered_once() -> None:
    claim = claimed(declared())
    agreed = services.agree_claim(claim=claim, actor=ACTOR, at=AT)
    assert (agreed.state, agreed.answered_by) == ("AGREED", ACTOR)
    for act in (services.agree_claim, services.withdraw_claim):
        with pytest.raises(services.ClaimAnswered):
            act(claim=claim, actor=ACTOR, at=AT)
    with pytest.raises(services.ClaimAnswered):
        services.refuse_claim(claim=claim, because="Non", actor=ACTOR, at=AT)
    assert Entry.objects.filter(act__startswith="INCIDENT_CLAIM").count() == 2


def test_a_refusal_says_why_and_leaves_room_for_another_claim() -> None:
    found = declared()
    claim = claimed(found)
    with pytest.raises(services.NoReason):
        services.refuse_claim(claim=claim, because="  ", actor=ACTOR, at=AT)
    with pytest.raises(services.ClaimRefused, match="ONE_AWAITS"):
        claimed(found)
    services.refuse_claim(claim=claim, because="Rien vu.", actor=ACTOR, at=AT)
    assert claimed(found).state == "PROPOSED"


def test_the_database_keeps_one_claim_waiting_and_every_refusal_explained() -> None:
    claim = claimed(declared())
    claim.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        claim.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.update(state="REFUSED", answered_at=AT)


def test_an_end_does_not_move_before_what_was_agreed() -> None:
    found = declared()
    services.agree_claim(claim=claimed(found), actor=ACTOR, at=AT)
    with pytest.raises(services.ImpossibleInstant):
        services.note_end(dysfunction=found, ended_at=START + HOUR / 2, actor=ACTOR, at=AT)
    services.note_end(dysfunction=found, ended_at=START + HOUR, actor=ACTOR, at=AT)


def test_the_same_document_is_joined_once() -> None:
    found = declared()
    made = [
        services.join_document(dysfunction=found, name=name, content=b"journal", actor=ACTOR, at=AT)
        for name in ("supervision.txt", "copie.txt")
    ]
    assert made[0] == made[1] and found.documents.count() == 1
    assert files.read(made[0].sha256, contract="mes") == b"journal"


SHEET = (
    "constat;origine;debut;fin;interruption;reference externe;flux;sites\n"
    "Coupure du SVI;Réseau national;2026-05-04 09:00;2026-05-04 10:30;oui;CNAM-77;3422, 3423;\n"
    "Outil lent;TITULAIRE;04/05/2026 11:00;;non;;;NORD\n"
)


@pytest.mark.clause("S-3.2-incidents")
def test_a_file_enters_whole_and_once() -> None:
    said = declarations_of(SHEET.encode())
    assert [each.flows for each in said] == [("3422", "3423"), ()]
    assert said[0].since_at == datetime(2026, 5, 4, 7, tzinfo=UTC)
    wanted = {"contract": mes(), "said": said, "source_sha256": "a" * 64, "actor": ACTOR, "at": AT}
    made, known = services.declare_all(**wanted)  # type: ignore[arg-type]
    again, known_again = services.declare_all(**wanted)  # type: ignore[arg-type]
    assert (len(made), known, known_again) == (2, False, True) and made == again
    assert Dysfunction.objects.count() == 2


def test_a_row_that_cannot_enter_leaves_nothing() -> None:
    declared(other_reference="CNAM-77")
    with pytest.raises(services.ReferenceTaken):
        services.declare_all(
            contract=mes(), said=declarations_of(SHEET.encode()), source_sha256="b" * 64, actor=ACTOR, at=AT
        )
    assert Dysfunction.objects.count() == 1


def test_every_fault_of_a_file_is_told_at_once() -> None:
    wrong = (
        SHEET.replace("Réseau national", "Mars")
        .replace("04/05/2026 11:00", "hier")
        .replace("non", "peut-être")
    )
    with pytest.raises(SheetRefused) as refused:
        declarations_of(wrong.encode("cp1252"))
    told = [(fault.row, fault.column, fault.rule) for fault in refused.value.faults]
    assert told == [
        (2, "origine", "UNKNOWN"),
        (3, "debut", "NOT_A_DATE"),
        (3, "interruption", "NOT_YES_OR_NO"),
    ]
    with pytest.raises(SheetRefused) as lacking:
        declarations_of(b"constat;couleur\nx;y\n")
    assert {fault.rule for fault in lacking.value.faults} == {"MISSING_COLUMN", "UNKNOWN_COLUMN"}
    for content in (b"", b"PK\x03\x04broken", b"\x00\x01\x02"):
        with pytest.raises(SheetRefused):
            declarations_of(content)

"""Publishing, choosing whom to ask, answering once, refusing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract
from titulaire.journal.models import Entry
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.satisfaction import services
from titulaire.support.satisfaction.models import Asked, Invitation, OptOut, Reply, Wave
from titulaire.support.satisfaction.reading import contacts_of
from titulaire.support.satisfaction.rules import STANDARD, Contact, Measure, Scale
from titulaire.support.satisfaction.services import Named

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.3-satisfaction")]
AT = datetime(2026, 5, 5, 8, tzinfo=UTC)
DAY = date(2026, 5, 4)
ACTOR = "user:1"
DONE = {"actor": ACTOR, "at": AT}
SHEET = (
    "contact;canal;date;destinataire;motif;flux;site\n"
    "A1;Téléphone;2026-05-04 09:00;01 99 00 12 34;Activation;3422;EST\n"
    "F1;Formulaire;2026-05-04 10:00;lecteur@demo.example;Connexion;;\n"
    "A2;Téléphone;2026-05-04 11:00;+33 1 99 00 12 34;Activation;3422;EST\n"
    "A3;Téléphone;2026-05-04 12:00;;Activation;3422;EST\n"
)


def mes() -> Contract:
    return contract("mes", "SUPPORT")


def named(reference: str, address: str = "", **changes: object) -> Named:
    found = Contact(reference, "", DAY, "PHONE", AT - timedelta(hours=20), "3422", "Activation", "EST")
    return Named(replace(found, **changes), address or f"{reference.casefold()}@demo.example")  # type: ignore[arg-type]


def invited(*contacts: Named, sha256: str = "", at: datetime = AT) -> Wave:
    if not Asked.objects.exists():
        services.publish(contract=mes(), questions=STANDARD, **DONE)
    return services.invite_from_file(
        contract=mes(), named=contacts or (named("A1"),), sha256=sha256, actor=ACTOR, at=at
    )[0]


def token(reference: str = "A1") -> str:
    return services.token_of(services.survey_key(mes()), reference)


def test_a_version_is_published_once_and_keeps_the_lineage_of_what_did_not_change() -> None:
    first = services.publish(contract=mes(), questions=STANDARD, **DONE)
    with pytest.raises(services.SameQuestionnaire):
        services.publish(contract=mes(), questions=STANDARD, **DONE)
    changed = [replace(one, scale=Scale(1, 5)) if one.measure is Measure.CES else one for one in STANDARD]
    second = services.publish(contract=mes(), questions=changed, because="Échelle plus simple", **DONE)
    assert (first.version, second.version) == (1, 2)
    lineages = dict(second.questions.values_list("measure", "lineage"))
    assert lineages.pop("CES") == 2 and set(lineages.values()) == {1}
    third = services.publish(contract=mes(), questions=STANDARD, **DONE)
    assert dict(third.questions.values_list("measure", "lineage"))["CES"] == 1
    with pytest.raises(services.NothingAsked):
        services.publish(contract=mes(), questions=[], **DONE)
    with pytest.raises(services.WrongScale):
        services.publish(contract=mes(), questions=[replace(STANDARD[0], scale=Scale(0, 10))], **DONE)


def test_nobody_is_asked_before_a_questionnaire() -> None:
    with pytest.raises(services.NoQuestionnaire):
        services.invite_from_file(contract=mes(), named=[named("A1")], sha256="", **DONE)


def test_a_file_makes_one_wave_and_keeps_no_address() -> None:
    wave = invited(*contacts_of(SHEET.encode()), sha256="f" * 64)
    assert set(wave.invitations.values_list("reference", flat=True)) in ({"A1", "F1"}, {"A2", "F1"})
    assert (wave.considered, wave.skipped) == (4, {"ASKED_LATELY": 1, "NO_PERSON": 1})
    again, known = services.invite_from_file(contract=mes(), named=[], sha256="f" * 64, **DONE)
    assert known and again == wave and Wave.objects.count() == 1
    kept = str(list(Invitation.objects.values())) + str(list(Entry.objects.values()))
    assert "99 00 12 34" not in kept and "lecteur@" not in kept
    with pytest.raises(SheetRefused):
        contacts_of(SHEET.replace("2026-05-04 09:00", "hier").encode())


def test_rest_refusal_and_plan_hold_from_a_wave_to_the_next() -> None:
    invited(named("A1", "0199001234"))
    later = invited(named("A2", "01 99 00 12 34", day=DAY + timedelta(days=29)))
    assert later.skipped == {"ASKED_LATELY": 1}
    assert invited(named("A3", "0199001234", day=DAY + timedelta(days=30))).invitations.count() == 1
    services.refuse_address(contract=mes(), address="Lecteur@demo.example ", **DONE)
    services.refuse_address(contract=mes(), address="lecteur@demo.example", **DONE)
    assert OptOut.objects.count() == 1
    assert invited(named("A4", "lecteur@demo.example")).skipped == {"OPTED_OUT": 1}
    services.plan(contract=mes(), from_on=date(2026, 5, 6), share=Decimal(1), daily_quota=1, **DONE)
    many = [named(f"B{n}", day=DAY + timedelta(days=n // 3)) for n in range(9)]
    assert invited(*many).skipped == {"OVER_QUOTA": 2}
    with pytest.raises(services.PastPlan):
        services.plan(contract=mes(), from_on=DAY, share=Decimal(1), daily_quota=None, **DONE)


def test_calls_of_the_facts_are_asked_about_by_pseudonym(tmp_path: Path) -> None:
    rows = [
        row(appel="A1"),
        row(appel="A2", arrivee="02/03/2026 11:00:00", decroche="02/03/2026 11:00:05"),
        row(appel="A3", appelant="01 99 00 00 07", motif=""),
        row(appel="A4", appelant="01 99 00 00 08", interne="oui"),
    ]
    import_file(
        contract=mes(), path=acd_csv(tmp_path / "a.csv", rows), connector=find_connector("acd-csv"), **DONE
    )
    services.publish(contract=mes(), questions=STANDARD, **DONE)
    span = {"since": date(2026, 3, 2), "until": date(2026, 3, 3)}
    wave = services.invite_from_facts(contract=mes(), **span, **DONE)
    assert (wave.considered, wave.invitations.count(), wave.skipped) == (3, 2, {"ASKED_LATELY": 1})
    assert services.invite_from_facts(contract=mes(), **span, **DONE).invitations.count() == 0


def test_a_link_answers_once_until_its_last_instant() -> None:
    wave = invited(named("A1"), named("A2"), named("A3"))
    one, two, three = wave.invitations.order_by("reference")
    said = "Merci. Mon numéro : 06 12 34 56 78"
    reply = services.answer(invitation=one, marks={Measure.CSAT: 5, Measure.FCR: 1}, comment=said, at=AT)
    assert (reply.comment, reply.masked, reply.marks.count()) == ("Merci. Mon numéro : […]", 1, 2)
    for later in (timedelta(hours=1), timedelta(days=30)):
        with pytest.raises(services.AlreadyAnswered) as first:
            services.answer(invitation=one, marks={Measure.CSAT: 1}, at=AT + later)
    assert first.value.at == AT and Reply.objects.count() == 1
    end = AT + timedelta(days=7)
    with pytest.raises(services.LinkExpired):
        services.answer(invitation=two, marks={Measure.CSAT: 4}, at=end)
    services.answer(invitation=two, marks={Measure.CSAT: 4}, at=end - timedelta(microseconds=1))
    for marks in ({}, {Measure.CSAT: 6}, {Measure.NPS: -1}):
        with pytest.raises(services.WrongMarks):
            services.answer(invitation=three, marks=marks, at=AT)
    assert Reply.objects.count() == 2


def test_links_are_given_to_the_sender_and_kept_nowhere() -> None:
    wave = invited(named("A1"), named("A2"), named("A3"))
    one = wave.invitations.get(reference="A1")
    services.answer(invitation=one, marks={Measure.CSAT: 5}, at=AT)
    services.refuse_surveys(
        contract=mes(), person=wave.invitations.get(reference="A2").person, actor=services.ASKED_PERSON, at=AT
    )
    links = services.give_links(wave=wave, **DONE)
    assert [(each.reference, given) for each, given in links] == [("A3", token("A3"))]
    assert services.give_links(wave=wave, actor=ACTOR, at=AT + timedelta(days=7)) == []
    assert token("A3") not in str(list(Invitation.objects.values())) + str(list(Entry.objects.values()))


def test_a_comment_that_still_names_somebody_is_put_out_once() -> None:
    one = invited().invitations.get()
    reply = services.answer(invitation=one, marks={Measure.CSAT: 5}, comment="Merci à Zoé", at=AT)
    services.erase_comment(reply=reply, **DONE)
    services.erase_comment(reply=reply, **DONE)
    assert (reply.comment, reply.masked) == ("", 1)
    assert Entry.objects.filter(act="SURVEY_COMMENT_ERASED").count() == 1

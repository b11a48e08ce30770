"""What surveys say of a period, beside what callers did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from titulaire.contracts.services import change_reading
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.satisfaction import services
from titulaire.support.satisfaction.models import Invitation
from titulaire.support.satisfaction.results import (
    Behaviour,
    Followed,
    behaviour_of,
    results_of,
    sides_of,
    trend_of,
)
from titulaire.support.satisfaction.rules import STANDARD, Measure, Question, Scale
from titulaire.support.satisfaction.tests.test_acts import AT, DAY, DONE, invited, mes, named

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.3-satisfaction")]
LATER = datetime(2026, 6, 2, 9, tzinfo=UTC)
MAY = {"since": date(2026, 5, 1), "until": date(2026, 6, 1)}


def replied(reference: str, marks: dict[Measure, int], at: datetime = AT) -> None:
    services.answer(invitation=Invitation.objects.get(reference=reference), marks=marks, at=at)


def test_a_month_by_reason_and_its_totals() -> None:
    invited(
        named("A1"),
        named("A2"),
        named("A3", reason="Connexion"),
        named("A4", reason=""),
        named("A5", day=DAY.replace(day=30, month=4)),
    )
    replied("A1", {Measure.CSAT: 5, Measure.NPS: 9, Measure.FCR: 1})
    replied("A2", {Measure.CSAT: 2, Measure.NPS: 0, Measure.CES: 7})
    replied("A3", {Measure.CSAT: 4})
    replied("A5", {Measure.CSAT: 1})
    found = results_of(mes(), **MAY)
    assert (found.total.invited, found.total.answered, found.total.rate) == (4, 3, Fraction(3, 4))
    said = {one.measure: one.score.value for one in found.total.lines}
    assert said == {Measure.CSAT: Fraction(2, 3), Measure.NPS: 0, Measure.CES: 7, Measure.FCR: 1}
    assert [(one.key, one.invited, one.answered) for one in found.groups] == [
        ("", 1, 0), ("Activation", 2, 2), ("Connexion", 1, 1),
    ]  # fmt: skip
    line = found.total.line(Measure.CSAT)
    assert line and line.rival and (line.rival[0], line.rival[1].value) == ("MEAN", Fraction(11, 3))
    assert [one.key for one in trend_of(mes(), until=MAY["until"])] == [date(2026, 4, 1), date(2026, 5, 1)]


def test_two_wordings_are_two_lines_and_the_page_is_told() -> None:
    invited(named("A1"))
    replied("A1", {Measure.CSAT: 5, Measure.CLARITY: 5})
    services.publish(
        contract=mes(),
        questions=[Question(Measure.CSAT, "Content ?", Scale(1, 5)), STANDARD[1]],
        **DONE,
    )
    invited(named("A2"))
    replied("A2", {Measure.CSAT: 1, Measure.CLARITY: 1})
    found = results_of(mes(), **MAY)
    assert [(one.lineage, one.score.value) for one in found.total.lines if one.measure is Measure.CSAT] == [
        (1, 1), (2, 0),
    ]  # fmt: skip
    clarity = found.total.line(Measure.CLARITY)
    assert clarity and clarity.score.answers == 2 and found.mixed == (Measure.CSAT,)


def test_a_reply_belongs_to_the_month_of_the_contact_unless_read_otherwise() -> None:
    invited(named("A1", day=date(2026, 4, 30)))
    replied("A1", {Measure.CSAT: 5})
    assert results_of(mes(), **MAY).total.answered == 0
    change_reading(
        contract=mes(), reading="survey_month", option="ANSWER_MONTH", from_on=date(2026, 5, 10),
        buyer_agreed_on=DAY, contractor_agreed_on=DAY, document_name="Accord", document_sha256="0" * 64, **DONE,
    )  # fmt: skip
    assert results_of(mes(), **MAY).total.answered == 1


def _brought(tmp_path: Path, *calls: tuple[str, str, str, dict[str, str]]) -> None:
    rows = [
        row(appel=name, arrivee=at, decroche=at, appelant=caller, qualifie_le="", **more)
        for name, at, caller, more in calls
    ]
    done = import_file(
        contract=mes(), path=acd_csv(tmp_path / "a.csv", rows), connector=find_connector("acd-csv"), **DONE
    )
    assert done.batch.state == "ACCEPTED", done.batch.refused_by_rule


def test_a_call_is_kept_without_transfer_nor_new_call_within_seven_days(tmp_path: Path) -> None:
    _brought(
        tmp_path,
        ("R1", "02/03/2026 10:00:00", "01 99 00 00 01", {}),
        ("R2", "09/03/2026 09:59:59", "01 99 00 00 01", {}),  # a second short of seven days: undoes R1
        ("S1", "02/03/2026 10:00:00", "01 99 00 00 02", {}),
        ("S2", "09/03/2026 10:00:00", "01 99 00 00 02", {}),  # seven days: does not
        ("T1", "03/03/2026 10:00:00", "01 99 00 00 03", {"transfert_vers": "N1+", "transfert_resultat": "Abouti"}),
        ("U1", "03/03/2026 11:00:00", "", {}),
        ("V1", "24/03/2026 10:00:00", "01 99 00 00 04", {}),  # the last day that March can follow
        ("W1", "25/03/2026 10:00:00", "01 99 00 00 05", {}),  # its seven days end in April: another key
        ("Z9", "31/03/2026 10:00:00", "01 99 00 00 09", {}),
    )  # fmt: skip
    asked = {"since": date(2026, 3, 1), "until": date(2026, 4, 1), "days": 7}
    found = behaviour_of(mes(), by="site", **asked).total
    assert found == Followed(handled=9, callers=6, unknown=1, followed=6, kept=4)
    assert found.lost == 2 and found.score.value == Fraction(2, 3)
    by_reason = behaviour_of(mes(), by="reason", **asked)
    assert sum(one.kept for one in by_reason.groups.values()) == 4
    assert behaviour_of(mes(), by="day", **asked).groups[date(2026, 3, 2)].kept == 1
    total = results_of(mes(), since=asked["since"], until=asked["until"])
    assert total.coverage("EACH_CONTACT") == 0 and total.total.behaviour == found


def test_facts_that_stop_follow_nothing_past_their_last_day(tmp_path: Path) -> None:
    _brought(
        tmp_path,
        ("A", "02/03/2026 10:00:00", "01 99 00 00 01", {}),
        ("B", "03/03/2026 10:00:00", "01 99 00 00 02", {}),
        ("C", "09/03/2026 10:00:00", "01 99 00 00 03", {}),
    )
    asked = {"since": date(2026, 3, 1), "until": date(2026, 4, 1), "days": 7}
    assert behaviour_of(mes(), by="month", **asked).total.followed == 1
    assert (
        behaviour_of(mes(), since=date(2026, 7, 1), until=date(2026, 8, 1), by="site", days=7) == Behaviour()
    )


@pytest.mark.clause("S-4.1-calibrage")
def test_perceived_stands_beside_produced_by_reason(tmp_path: Path) -> None:
    invited(named("A1"), named("A2", reason="Connexion"))
    replied("A1", {Measure.CSAT: 5}, at=AT + timedelta(hours=1))
    (only,) = sides_of(mes(), results_of(mes(), **MAY))
    assert (only.reason, only.perceived.value, only.produced, only.marks) == ("Activation", 1, None, 0)
    path = tmp_path / "dossiers.csv"
    path.write_text(
        "dossier;nature;evenement;date;motif;site;conseiller;note;note_par;tirage;exclusion;reponse_type\n"
        "Q1;Appel;Noté;04/05/2026 10:00:00;Activation;NORD;C001;80,5;Titulaire;Tiré au sort;;\n"
        "Q1;Appel;Noté;05/05/2026 10:00:00;Activation;NORD;C001;90;Acheteur;Tiré au sort;;\n"
        "Q2;Appel;Noté;06/05/2026 10:00:00;Connexion;SUD;C002;70;Titulaire;Tiré au sort;;\n"
        "Q3;Appel;Noté;01/06/2026 10:00:00;Connexion;SUD;C002;10;Titulaire;Tiré au sort;;\n"
        "Q4;Appel;Reçu;06/05/2026 10:00:00;Connexion;SUD;C002;;;;;\n",
        "utf-8",
    )
    connector = find_connector("dossiers-csv")
    done = import_file(contract=mes(), path=path, connector=connector, actor="user:1", at=LATER)
    assert done.batch.state == "ACCEPTED", done.batch.refused_by_rule
    activation, connexion = sides_of(mes(), results_of(mes(), **MAY))
    assert (activation.perceived.value, activation.produced, activation.marks) == (1, Fraction(341, 4), 2)
    # Nobody answered of it in the month; the mark of June is June's.
    assert (connexion.reason, connexion.perceived.value, connexion.produced) == ("Connexion", None, 70)

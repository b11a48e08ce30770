"""Announcing, counting and explaining: acts and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client

from titulaire.cli.worker import load_handlers
from titulaire.deadlines.clocks import State as ClockState
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as a_contract
from titulaire.identity.tests.factories import person
from titulaire.jobs.services import run_one
from titulaire.journal.models import Entry
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.presence import work
from titulaire.support.presence.models import GapExplanation, MorningCount, StaffPlan
from titulaire.support.presence.queries import Morning, mornings, plan_clock
from titulaire.support.presence.rules import Cause, Origin, PlannedDay, State
from titulaire.support.presence.services import (
    NothingToExplain,
    NotThatWeek,
    NotYetThatDay,
    SaysNothing,
    count_from_facts,
    count_present,
    explain_gap,
    send_staff_plan,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-ressources")]
WEEK, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)
FRIDAY_BEFORE = datetime(2026, 4, 30, 9, 0, tzinfo=UTC)
MORNING = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
"""Ten in Paris."""
AFTERNOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PAGE = "/marches/mes/presence/"


@pytest.fixture
def mes(tmp_path: Path, settings: object) -> Contract:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    return a_contract("mes", "SUPPORT")


def planned(
    mes: Contract, heads: Mapping[str, int] | None = None, *, at: datetime = FRIDAY_BEFORE
) -> StaffPlan:
    days = [PlannedDay(WEEK, site, count) for site, count in (heads or {"NORD": 2, "SUD": 1}).items()]
    return send_staff_plan(
        contract=mes,
        week=WEEK,
        days=days,
        content=repr(days).encode(),
        file_name="plan.csv",
        actor="user:test",
        at=at,
    )


def counted(mes: Contract, present: Mapping[str, int], *, at: datetime = MORNING) -> list[MorningCount]:
    return count_present(
        contract=mes, on=WEEK, present=present, origin=Origin.ENTERED, actor="user:test", at=at
    )


def explained(
    mes: Contract, site: str = "NORD", *, at: datetime = MORNING, text: str = "Grève des trains"
) -> None:
    explain_gap(contract=mes, on=WEEK, site=site, cause=Cause.TRANSPORT, text=text, actor="user:test", at=at)


def morning(mes: Contract, site: str = "NORD", *, at: datetime = AFTERNOON) -> Morning:
    return next(one for one in mornings(mes, WEEK, TUESDAY, at=at) if one.site == site)


def states_file(tmp_path: Path, name: str, *advisers: tuple[str, str, str]) -> Path:
    path = tmp_path / name
    lines = [
        f"{adviser};S1;04/05/2026 {start};3600;Disponible;Téléphone;;N1;{site};non"
        for adviser, site, start in advisers
    ]
    head = "conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail"
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return path


def bring(mes: Contract, path: Path) -> None:
    connector = find_connector("etats-csv")
    imported = import_file(contract=mes, path=path, connector=connector, actor="user:test", at=AFTERNOON)
    assert imported.batch.state == "ACCEPTED", imported.refusals


def test_a_gap_stays_open_until_it_is_explained_and_its_lateness_is_kept(mes: Contract) -> None:
    planned(mes)
    assert morning(mes, at=MORNING).state is State.TO_COUNT
    assert morning(mes).state is State.NOT_COUNTED
    counted(mes, {"NORD": 1, "SUD": 1})
    assert morning(mes, "SUD").state is State.KEPT
    assert morning(mes, at=MORNING).state is State.TO_EXPLAIN
    assert morning(mes).state is State.UNEXPLAINED
    explained(mes, at=AFTERNOON)
    assert morning(mes).state is State.EXPLAINED_LATE
    counted(mes, {"NORD": 0}, at=AFTERNOON)
    assert morning(mes).state is State.UNEXPLAINED, "another figure is another gap"


def test_only_a_gap_is_explained_and_with_words(mes: Contract) -> None:
    with pytest.raises(NothingToExplain):
        explained(mes)
    planned(mes)
    with pytest.raises(NothingToExplain):
        explained(mes)
    counted(mes, {"NORD": 2, "SUD": 0})
    with pytest.raises(NothingToExplain):
        explained(mes, "NORD")
    with pytest.raises(SaysNothing):
        explained(mes, "SUD", text="  ")
    explained(mes, "SUD")
    assert [one.site for one in GapExplanation.objects.all()] == ["SUD"]
    assert Entry.objects.filter(act="PRESENCE_EXPLAINED").count() == 1


def test_a_count_said_twice_is_one_and_tomorrow_is_not_counted(mes: Contract) -> None:
    planned(mes)
    assert len(counted(mes, {"NORD": 1, "SUD": 1})) == 2
    assert counted(mes, {"NORD": 1, "SUD": 1}) == []
    assert [one.site for one in counted(mes, {"NORD": 2, "SUD": 1})] == ["NORD"]
    assert Entry.objects.filter(act="PRESENCE_COUNTED").count() == 2
    with pytest.raises(NotYetThatDay):
        count_present(
            contract=mes,
            on=TUESDAY,
            present={"NORD": 1},
            origin=Origin.ENTERED,
            actor="user:test",
            # Twenty to midnight in Paris, the day before.
            at=datetime(2026, 5, 4, 21, 40, tzinfo=UTC),
        )


def test_facts_count_who_is_signed_in_at_nine_and_prevail(mes: Contract, tmp_path: Path) -> None:
    planned(mes, {"NORD": 2, "SUD": 1, "EST": 1})
    counted(mes, {"NORD": 2, "SUD": 1})
    bring(
        mes,
        states_file(
            tmp_path,
            "a.csv",
            ("C1", "NORD", "08:30:00"),
            ("C2", "NORD", "09:15:00"),
            ("C3", "SUD", "08:05:00"),
            ("C3", "SUD", "09:05:00"),
        ),
    )
    made = count_from_facts(contract=mes, since=WEEK, until=TUESDAY, actor="system:presence", at=AFTERNOON)
    assert {one.site: one.present for one in made} == {"NORD": 1, "SUD": 1, "EST": 0}
    assert (morning(mes).present, morning(mes).entered, morning(mes).origin) == (1, 2, Origin.FACTS)
    assert morning(mes).state is State.UNEXPLAINED
    assert count_from_facts(contract=mes, since=WEEK, until=TUESDAY, actor="x", at=AFTERNOON) == []


def test_the_worker_counts_when_facts_come_and_again_when_they_are_completed(
    mes: Contract, tmp_path: Path
) -> None:
    load_handlers()
    planned(mes)
    bring(mes, states_file(tmp_path, "a.csv", ("C1", "NORD", "08:30:00")))
    for _ in range(2):
        work.plan(AFTERNOON)
    while run_one(at=datetime(2030, 1, 1, tzinfo=UTC)):
        pass
    assert morning(mes).present == 1
    bring(mes, states_file(tmp_path, "b.csv", ("C2", "NORD", "08:30:00")))
    work.plan(AFTERNOON)
    while run_one(at=datetime(2030, 1, 1, tzinfo=UTC)):
        pass
    assert morning(mes).present == 2
    assert MorningCount.objects.filter(site="NORD").count() == 2


def test_a_week_is_announced_in_time_or_late_and_each_version_is_kept(mes: Contract) -> None:
    assert plan_clock(mes, WEEK, at=FRIDAY_BEFORE).due_on == date(2026, 4, 30)
    assert plan_clock(mes, WEEK, at=MORNING).state is ClockState.LATE
    one = planned(mes)
    again = planned(mes)
    two = planned(mes, {"NORD": 3}, at=MORNING)
    assert (one.version, again.version, two.version) == (1, 1, 2)
    assert plan_clock(mes, WEEK, at=MORNING).state is ClockState.MET
    assert [found.site for found in mornings(mes, WEEK, TUESDAY, at=MORNING)] == ["NORD"]
    assert morning(mes).planned == 3


@pytest.mark.parametrize("week", [TUESDAY, date(2026, 5, 11)])
def test_a_plan_names_its_week_by_its_monday(mes: Contract, week: date) -> None:
    with pytest.raises(NotThatWeek):
        send_staff_plan(
            contract=mes,
            week=week,
            days=[PlannedDay(WEEK, "NORD", 1)],
            content=b"x",
            file_name="x.csv",
            actor="user:test",
            at=MORNING,
        )


def signed(mes: Contract, role: Role = Role.SUPERVISOR) -> Client:
    client = Client()
    client.force_login(person(role, on=mes))
    return client


def test_a_supervisor_announces_counts_and_explains_on_the_pages(mes: Contract) -> None:
    client = signed(mes)
    lines = "jour;site;effectif;heures;formation\n04/05/2026;NORD;42;310;14,5\n"
    answer = client.post(f"{PAGE}annoncer/", {"week": "2026-05-06", "lines": lines}, follow=True)
    shown = answer.content.decode()
    assert "Semaine du 4\u00a0mai 2026" in shown and "14,50" in shown and "non compté" in shown
    assert f"{PAGE}2026-05-04/compter/" in shown
    assert client.post(f"{PAGE}2026-05-04/compter/", {}).status_code == 422
    client.post(f"{PAGE}2026-05-04/compter/", {"site_0": "40"})
    explain = f"{PAGE}2026-05-04/NORD/expliquer/"
    assert explain in client.get(f"{PAGE}?semaine=2026-05-04").content.decode()
    assert client.post(explain, {"cause": "ABSENCE", "text": ""}).status_code == 422
    answer = client.post(explain, {"cause": "ABSENCE", "text": "Deux arrêts"}, follow=True)
    shown = answer.content.decode()
    assert "expliqué en retard" in shown and "Absence : Deux arrêts" in shown and "95,2" in shown
    file = client.get(f"{PAGE}?semaine=2026-05-04&export=csv").content.decode()
    assert "2026-05-04;NORD;42;40;-2" in file


def test_a_day_that_no_plan_names_asks_for_one(mes: Contract) -> None:
    assert "Aucun effectif" in signed(mes).get(f"{PAGE}2026-05-04/compter/").content.decode()
    assert signed(mes).get(f"{PAGE}2026-05-04/NORD/expliquer/").status_code == 404
    assert signed(mes).get(f"{PAGE}2015-05-04/compter/").status_code == 404


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.SUPERVISOR, True), (Role.PLANNER, True), (Role.BUYER_MANAGER, False), (Role.AUDITOR, False)],
)
def test_both_sides_read_and_only_the_contractor_acts(mes: Contract, role: Role, may: bool) -> None:
    planned(mes)
    client = signed(mes, role)
    shown = client.get(f"{PAGE}?semaine=2026-05-04").content.decode()
    assert ("compter/" in shown) is may
    assert (client.get(f"{PAGE}annoncer/").status_code == 200) is may


def test_the_home_page_says_what_waits_to_those_who_can_do_it(
    mes: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(mes)
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTERNOON)
    shown = signed(mes).get("/marches/mes/").content.decode()
    assert "Compter ou expliquer 2\u00a0matinées" in shown
    assert "Annoncer les effectifs de la semaine du 11\u00a0mai 2026" in shown
    assert "Compter ou expliquer" not in signed(mes, Role.BUYER_MANAGER).get("/marches/mes/").content.decode()

"""A month told twice: by calls and by a report, through the real imports, on the page and in the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner
from django.test import Client

from titulaire.cli.facts import command
from titulaire.identity.models import Contract, Organisation
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.reconciliation.queries import (
    NothingToOpen,
    facts_behind,
    months_with_reports,
    reconcile,
)
from titulaire.support.reconciliation.rules import Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-10.1-statistiques")]
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)
Bring = Callable[..., None]
OTHER_PERIODS = """
name = "rapport"
record = "AGGREGATES"
[source]
format = "csv"
[fields]
starts_at = { column = "debut", format = "%d/%m/%Y %H:%M" }
period = "periode"
call_group = "groupe"
[measures]
"traites" = "ANSWERED"
"""


@pytest.fixture
def contract(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    return Contract.objects.create(
        code="mes", title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )


@pytest.fixture
def bring(contract: Contract) -> Bring:
    def import_it(path: Path, connector: str = "acd-csv") -> None:
        mapping = parse_connector(connector) if "\n" in connector else find_connector(connector)
        imported = import_file(contract=contract, path=path, connector=mapping, actor="user:test", at=AT)
        assert imported.batch.state == "ACCEPTED", imported.refusals

    return import_it


def report(path: Path, *rows: tuple[str, str, dict[str, object]]) -> Path:
    """A daily report by group, with zero where nothing is said."""
    headings = [measure.heading for measure in find_connector("odigo-xlsx").measures]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Statistiques")
        sheet.write_row(3, 0, ["Date", "Flux", "Groupe", *headings])
        for line, (day, group, said) in enumerate(rows, 4):
            zero = {name: "0:00:00" if name.startswith("Durée") else 0 for name in headings}
            sheet.write_row(line, 0, [day, "3422", group, *(zero | said).values()])
    return path


def calls(tmp_path: Path) -> Path:
    lost = {"issue": "Abandonné", "decroche": "", "conversation": "", "garde": "", "post_appel": ""}
    return acd_csv(tmp_path / "calls.csv", [row(), row(appel="A2"), row(appel="A3", conseiller="", **lost)])


TOLD: dict[str, object] = {
    "Appels présentés": 3,
    "Appels reçus entrants": 3,
    "Appels traités": 2,
    "Appels abandonnés": 1,
    "Durée d’attente": "0:01:15",
    "Durée de communication": "0:07:00",
    "Durée de post-appel": "0:01:20",
}


def test_a_report_that_says_the_calls_agrees(contract: Contract, bring: Bring, tmp_path: Path) -> None:
    bring(calls(tmp_path))
    bring(report(tmp_path / "r.xlsx", ("02/03/2026", "MES_N1", TOLD)), "odigo-xlsx")
    found = reconcile(contract, MARCH)
    assert {one.verdict for one in found.compared} == {Verdict.AGREES}, found.discrepancies
    assert len(found.compared) == 15 and months_with_reports(contract) == [MARCH]


def test_a_difference_opens_to_its_cell_and_to_its_calls(
    contract: Contract, bring: Bring, tmp_path: Path
) -> None:
    bring(calls(tmp_path))
    bring(report(tmp_path / "r.xlsx", ("02/03/2026", "MES_N1", TOLD | {"Appels traités": 5})), "odigo-xlsx")
    [apart] = reconcile(contract, MARCH).discrepancies
    assert (apart.measure, apart.ours, apart.theirs, apart.verdict) == ("ANSWERED", 2, 5, Verdict.APART)
    assert apart.place and (apart.place.file_name, apart.place.sheet, apart.place.cell) == (
        "r.xlsx",
        "Statistiques",
        "H5",
    )
    behind = facts_behind(
        contract,
        apart.measure,
        since=date(2026, 3, 2),
        until=date(2026, 3, 3),
        where=dict(apart.cuts),
        limit=10,
    )
    assert [fact["call_id"] for fact in behind.rows] == ["A1", "A2"] and behind.total == 2


def test_a_day_of_report_without_facts_and_a_group_left_out_are_told(
    contract: Contract, bring: Bring, tmp_path: Path
) -> None:
    bring(calls(tmp_path))
    bring(acd_csv(tmp_path / "more.csv", [row(appel="B1", groupe="MES_N2")]))
    bring(
        report(
            tmp_path / "r.xlsx",
            ("02/03/2026", "MES_N1", TOLD),
            ("03/03/2026", "MES_N1", {"Appels traités": 4}),
        ),
        "odigo-xlsx",
    )
    found = {(one.measure, one.key[-1], one.verdict) for one in reconcile(contract, MARCH).discrepancies}
    assert ("ANSWERED", "MES_N1", Verdict.NO_FACTS) in found
    assert ("ANSWERED", "MES_N2", Verdict.NO_CELL) in found


@pytest.mark.parametrize(
    ("period", "start", "expected"),
    [
        ("MONTH", "01/03/2026 00:00", 2),
        ("WEEK", "02/03/2026 00:00", 2),
        ("DAY", "02/03/2026 00:00", 2),
        ("HOUR", "02/03/2026 10:00", 2),
        ("HOUR", "02/03/2026 11:00", 0),
        ("QUARTER_HOUR", "02/03/2026 10:00", 2),
        ("QUARTER_HOUR", "02/03/2026 10:15", 0),
    ],
)
def test_a_cell_is_compared_over_the_time_that_it_covers(
    contract: Contract, bring: Bring, tmp_path: Path, period: str, start: str, expected: int
) -> None:
    bring(calls(tmp_path))
    path = tmp_path / "r.csv"
    path.write_text(f"debut;periode;groupe;traites\n{start};{period};MES_N1;9\n", "utf-8")
    bring(path, OTHER_PERIODS)
    [one] = [each for each in reconcile(contract, MARCH).compared if each.theirs is not None]
    assert (one.ours, one.theirs) == (expected, 9)


def test_a_week_goes_on_into_the_next_month(contract: Contract, bring: Bring, tmp_path: Path) -> None:
    late = {"arrivee": "01/04/2026 10:00:00", "decroche": "01/04/2026 10:00:25"}
    early = {"arrivee": "31/03/2026 10:00:00", "decroche": "31/03/2026 10:00:25"}
    bring(acd_csv(tmp_path / "w.csv", [row(**early), row(appel="A2", **late)]))
    path = tmp_path / "r.csv"
    path.write_text("debut;periode;groupe;traites\n30/03/2026 00:00;WEEK;MES_N1;2\n", "utf-8")
    bring(path, OTHER_PERIODS)
    assert [one.verdict for one in reconcile(contract, MARCH).compared] == [Verdict.AGREES]


def test_a_report_alone_is_compared_with_nothing(contract: Contract, bring: Bring, tmp_path: Path) -> None:
    bring(report(tmp_path / "r.xlsx", ("02/03/2026", "MES_N1", TOLD)), "odigo-xlsx")
    found = reconcile(contract, MARCH)
    assert (found.compared, found.untold) == ((), 15) and months_with_reports(contract) == []
    with pytest.raises(NothingToOpen):
        facts_behind(contract, "ANSWERED", since=MARCH, until=date(2026, 4, 1), where={}, limit=1)


def test_the_page_shows_each_difference_and_opens_it(
    contract: Contract, bring: Bring, tmp_path: Path
) -> None:
    client = Client()
    client.force_login(person(Role.BUYER_READER, on=contract))
    assert "Importez les deux" in client.get("/marches/mes/rapprochement/").content.decode()
    bring(calls(tmp_path))
    bring(report(tmp_path / "r.xlsx", ("02/03/2026", "MES_N1", TOLD | {"Appels traités": 5})), "odigo-xlsx")
    page = client.get("/marches/mes/rapprochement/").content.decode()
    assert "r.xlsx : Statistiques H5" in page and "appels décrochés" in page
    opened = client.get(
        "/marches/mes/rapprochement/faits/?mesure=ANSWERED&periode=DAY&du=2026-03-02&group=MES_N1"
    ).content.decode()
    assert "A1" in opened and "A3" not in opened and "C001" not in opened
    assert "Tolérance" in page
    within = client.get("/marches/mes/rapprochement/?tolerance=60").content.decode()
    assert "Dans la tolérance" in within
    exported = client.get("/marches/mes/rapprochement/?export=csv&constat=APART").content.decode()
    assert "appels décrochés" in exported and "appels abandonnés" not in exported


@pytest.mark.parametrize(
    "asked", ["mesure=ANSWERED&du=x", "mesure=NOPE&du=2026-03-02", "mesure=ANSWERED&du=2026-03-02&hour=x"]
)
def test_what_cannot_be_opened_is_not_found(contract: Contract, asked: str) -> None:
    client = Client()
    client.force_login(person(Role.BUYER_READER, on=contract))
    assert client.get(f"/marches/mes/rapprochement/faits/?{asked}").status_code == 404


def test_an_adviser_is_opened_by_their_supervisor_alone(
    contract: Contract, bring: Bring, tmp_path: Path
) -> None:
    bring(calls(tmp_path))
    address = "/marches/mes/rapprochement/faits/?mesure=ANSWERED&periode=DAY&du=2026-03-02&adviser=C001"
    for role, status in ((Role.BUYER_READER, 404), (Role.SUPERVISOR, 200)):
        client = Client()
        client.force_login(person(role, on=contract))
        assert client.get(address).status_code == status


def test_the_command_gives_the_same(contract: Contract, bring: Bring, tmp_path: Path) -> None:
    bring(calls(tmp_path))
    bring(report(tmp_path / "r.xlsx", ("02/03/2026", "MES_N1", TOLD | {"Appels traités": 5})), "odigo-xlsx")
    words = ["reconcile", "--contract", "mes", "--month", "2026-03"]
    result = CliRunner().invoke(command, [*words, "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["compared"], told["discrepancies"]) == (1, 15, 1)
    assert told["figures"][0]["place"]["cell"] == "H5" and told["figures"][0]["gap"] == 3
    assert CliRunner().invoke(command, [*words, "--tolerance", "60"]).exit_code == 0

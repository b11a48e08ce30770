"""The simulator's page and command, from facts to euros."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from titulaire.cli.simulate import command
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.penalties.assessing import month_facts
from titulaire.support.simulator import queries

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
PAGE = "/marches/mes/simulateur/"
ASKED = f"{PAGE}?mois=2026-05&effectif=3&telephonie=100000"


@pytest.fixture
def busy(tmp_path: Path, settings: Any) -> Contract:
    """A day of May: an hour of calls, one in five lost. No adviser's state is imported."""
    settings.DATA_DIR = tmp_path / "var"
    made = contract("mes", "SUPPORT")
    nothing = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")
    rows = []
    for n in range(60):
        arrived = f"04/05/2026 10:{n:02}:00"
        if n % 5:
            rows.append(row(appel=f"A{n}", arrivee=arrived, decroche=""))
        else:
            lost = (
                row(appel=f"L{n}", arrivee=arrived, issue="Abandonné", decroche="", attente="0:01:30")
                | nothing
            )
            rows.append(lost)
    import_file(
        contract=made,
        path=acd_csv(tmp_path / "mai.csv", rows),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )
    return made


def page(on: Contract, address: str, role: Role = Role.PLANNER, status: int = 200) -> str:
    client = Client()
    client.force_login(person(role, on=on))
    answer = client.get(address)
    assert answer.status_code == status
    return str(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


def run(*options: str) -> Any:
    return CliRunner().invoke(command, ["--month", "2026-05", *options])


def told(*options: str) -> Any:
    done = run("--staff", "3", "--invoice-phone", "100 000,00", *options, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.clause("S-9-penalites")
def test_nothing_changed_the_month_costs_what_it_costs(busy: Contract) -> None:
    found = told()
    assert found["penalties"]["before"] == found["penalties"]["after"] == "2000.00"
    answer = found["figures"][0]
    assert (answer["code"], answer["fact"], answer["expected"]) == ("I1", 0.8, 0.8)
    assert answer["gap"] == pytest.approx(answer["model"] - 0.8, abs=1e-5)


@pytest.mark.clause("S-9-penalites")
def test_more_advisers_lift_the_answer_rate_and_take_the_penalty_away(busy: Contract) -> None:
    found = told("--advisers", "+5")
    assert found["figures"][0]["expected"] > 0.89
    assert (found["penalties"]["after"], found["penalties"]["difference"]) == ("0.00", "-2000.00")
    states = {one["code"]: (one["before"], one["after"]) for one in found["penalties"]["lines"]}
    assert states["P3"][0] == "TRIGGERED" and states["P3"][1] in {"RESPECTED", "TARGET_MISSED"}
    assert [one["advisers"] for one in found["points"]][:2] == [-2, -1]


def test_a_longer_handling_passes_its_trigger(busy: Contract) -> None:
    found = told("--handling", "+400")
    states = {one["code"]: one["after"] for one in found["penalties"]["lines"]}
    assert states["P5"] == "TRIGGERED"


def test_the_command_says_it_in_words_too(busy: Contract) -> None:
    said = run("--staff", "3", "--invoice-phone", "100000", "--advisers", "+1", "--calls", "+8%").output
    assert "Pénalités : 2\u202f000,00\u00a0€ →" in said and "Patience" in said


@pytest.mark.parametrize(
    "options",
    [
        (),  # no fact tells the advisers, and nobody said how many
        ("--staff", "0"),
        ("--staff", "3", "--advisers", "beaucoup"),
        ("--staff", "3", "--calls", "nan"),
        ("--staff", "3", "--patience", "-1"),
        ("--staff", "3", "--invoice-phone", "1.001"),
        ("--contract", "rien"),
    ],
)
def test_what_cannot_be_simulated_is_refused(busy: Contract, options: tuple[str, ...]) -> None:
    assert run(*options).exit_code == 2


@pytest.mark.clause("S-9-penalites")
def test_the_page_shows_before_after_the_gap_and_the_corridor(busy: Contract) -> None:
    assert "mai 2026" in page(busy, PAGE)
    shown = page(busy, f"{ASKED}&conseillers=5")
    assert "Mai 2026 : +5 conseillers" in shown and "Écart du modèle au fait" in shown
    assert "80,00 %" in shown and "Le couloir" in shown and "<svg" in shown
    assert "2 000,00 €" in shown and "-2 000,00 €" in shown.replace("−", "-")


def test_the_tables_of_a_simulation_are_taken_away(busy: Contract) -> None:
    file = page(busy, f"{ASKED}&conseillers=5&effectifs-export=csv").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(file), delimiter=";"))
    assert rows[0]["Pénalités"] == "2000,00" and rows[-1]["Pénalités"] == "0,00"
    figures = page(busy, f"{ASKED}&export=csv").removeprefix("\ufeff")
    first = next(iter(csv.DictReader(io.StringIO(figures), delimiter=";")))
    assert (first["Code"], float(first["Mesuré"].replace(",", "."))) == ("I1", 80)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("?mois=2026-05", 422),
        ("?mois=2026-04", 422),
        ("?mois=x&effectif=3", 422),
        ("?mois=2026-05&effectif=3&conseillers=beaucoup", 422),
        ("?mois=2026-05&effectif=3&appels=-95", 422),
        ("", 200),
    ],
)
def test_a_wrong_question_is_told(busy: Contract, asked: str, status: int) -> None:
    page(busy, f"{PAGE}{asked}", status=status)


def test_each_figure_opens_to_how_it_was_made_and_stands_beside_its_target(busy: Contract) -> None:
    shown = page(busy, f"{ASKED}&conseillers=5")
    assert "48 ÷ 60 = 80,00 %" in shown
    assert "100 000,00 € × 2,0 % = 2 000,00 €" in page(busy, ASKED)
    assert "Taux de décroché, avant et après" in shown and "Cible : 90 %" in shown


def test_a_moved_slider_is_answered_by_the_result_alone(busy: Contract) -> None:
    client = Client()
    client.force_login(person(Role.PLANNER, on=busy))
    part = client.get(f"{ASKED}&conseillers=5", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "<form" not in part and "Le couloir" in part
    assert 'id="dit" role="status" hx-swap-oob="true">Mai 2026, +5' in part
    wrong = client.get(f"{ASKED}&conseillers=-201", headers={"HX-Request": "true"})
    assert wrong.status_code == 422 and "error-summary" in wrong.content.decode()


def test_the_first_page_is_there_at_once_and_asks_for_the_last_month_by_itself(busy: Contract) -> None:
    shown = page(busy, PAGE)
    assert 'hx-get="?mois=2026-05" hx-trigger="load"' in shown and "Le couloir" not in shown
    assert shown.count('type="range"') == 3 and shown.count("hidden></div>") == 3


def test_the_same_question_is_computed_once_and_another_fact_asks_it_again(
    busy: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(queries, "month_facts", lambda *said: opened.append(said) or month_facts(*said))
    for advisers in (1, 2, 1):
        page(busy, f"{ASKED}&conseillers={advisers}")
    assert len(opened) == 1
    import_file(
        contract=busy,
        path=acd_csv(tmp_path / "suite.csv", [row(appel="B1", arrivee="05/05/2026 10:00:00", decroche="")]),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )
    page(busy, f"{ASKED}&conseillers=1")
    assert len(opened) == 2


@pytest.mark.parametrize("role", [Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR, Role.ADVISER])
def test_what_has_not_happened_is_the_contractors_own_business(busy: Contract, role: Role) -> None:
    page(busy, PAGE, role, 403)

"""`titulaire incidents`: declared, followed, and what both parties set aside."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.cli.main import main
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.support.incidents.models import Dysfunction
from titulaire.support.incidents.queries import incidents_of

pytestmark = pytest.mark.django_db
TIME = ("--since", "2026-05-04T10:00", "--until", "2026-05-04T11:30")
DECLARE = ("declare", "Coupure du serveur vocal", "--side", "OPERATOR", "--flows", "3422, 3646", *TIME)
CLAIM = ("claim", "INC-0001", *TIME, "--line", "p3", "--line", "P4", "--reason", "Panne de l’opérateur")


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract("mes", "SUPPORT")


@pytest.fixture
def buyer(mes: Contract) -> User:
    return person(Role.BUYER_MANAGER, on=mes)


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["incidents", *map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*words: object) -> str:
    return str(run(*words, code=2)["error"])


def set_aside(mes: Contract) -> int:
    return len(incidents_of(mes, since=date(2026, 5, 1), until=date(2026, 6, 1)))


@pytest.mark.clause("S-3.2-incidents", "S-9-penalites")
def test_only_what_the_buyer_agreed_to_is_set_aside(mes: Contract, buyer: User) -> None:
    made = run(*DECLARE)
    assert (made["reference"], made["state"], made["flows"]) == ("INC-0001", "OPEN", ["3422", "3646"])
    (claim,) = run(*CLAIM)["claims"]
    assert (claim["state"], claim["lines"], set_aside(mes)) == ("PROPOSED", ["P3", "P4"], 0)
    agreed = run("agree", "inc-0001", "--note", "Vu avec l’opérateur", "--by", buyer.email)
    assert (agreed["claims"][0]["state"], set_aside(mes)) == ("AGREED", 1)
    assert "la dernière est « neutralise »" in refused(
        "refuse", "INC-0001", "--reason", "Non", "--by", buyer.email
    )
    assert set_aside(mes) == 1


@pytest.mark.clause("S-9-penalites")
def test_neither_a_machine_nor_the_contractor_agrees_for_the_buyer(mes: Contract) -> None:
    supervisor = person(Role.SUPERVISOR, on=mes)
    run(*DECLARE)
    run(*CLAIM, "--by", supervisor.email)
    for words in (("agree", "INC-0001"), ("refuse", "INC-0001", "--reason", "Non")):
        assert "--by" in refused(*words)
        assert "gestionnaire de l’acheteur" in refused(*words, "--by", supervisor.email)
    assert set_aside(mes) == 0


def test_a_claim_is_refused_or_withdrawn_once(buyer: User) -> None:
    run(*DECLARE)
    run(*CLAIM)
    told = run("refuse", "INC-0001", "--reason", "Il n’y paraît rien", "--by", buyer.email)
    assert (told["claims"][0]["state"], told["claims"][0]["answer"]) == ("REFUSED", "Il n’y paraît rien")
    run(*CLAIM)
    assert run("withdraw", "INC-0001")["claims"][1]["state"] == "WITHDRAWN"
    assert "incidents claim" in refused("withdraw", "INC-0001")


@pytest.mark.clause("S-10.1.3-support")
def test_an_incident_is_followed_to_its_end(tmp_path: Path) -> None:
    run("declare", "Poste en panne", "--side", "CONTRACTOR", "--since", "2026-05-04T10:00", "--interrupts")
    assert "incidents end" in refused("resolve", "INC-0001", "--how", "Réparé")
    run("tell", "INC-0001", "--at", "2026-05-04T10:20", "--how", "courriel")
    run("mobilise", "INC-0001", "--at", "2026-05-04T10:30", "--what", "Équipe réseau")
    assert run("end", "INC-0001", "--at", "2026-05-04T12:00")["interruption"] == "MET_IN_TIME"
    paper = tmp_path / "rapport.txt"
    paper.write_text("Rapport")
    assert [one["name"] for one in run("join", "INC-0001", paper)["documents"]] == ["rapport.txt"]
    assert run("resolve", "INC-0001", "--how", "Carte changée")["state"] == "RESOLVED"
    assert run("close", "INC-0001")["state"] == "CLOSED"
    assert "« clos »" in refused("close", "INC-0001")
    assert run("reopen", "INC-0001", "--reason", "Il recommence")["state"] == "OPEN"
    steps = {one["kind"] for one in run("show", "INC-0001")["steps"]}
    assert steps == {
        *("DECLARED", "BUYER_TOLD", "MOBILISED", "ENDED", "DOCUMENTED", "RESOLVED", "CLOSED", "REOPENED")
    }
    assert [one["reference"] for one in run("list", "--state", "OPEN")["incidents"]] == ["INC-0001"]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("show", "12"), "incidents list les donne"),
        (("declare", "Panne", "--side", "OTHER", "--since", "hier"), "une date et une heure comme"),
        (
            ("declare", "Panne", "--side", "OTHER", "--since", "2099-05-04T10:00"),
            "ni début ni fin dans l’avenir",
        ),
        (("declare", "Panne", "--side", "NOBODY", "--since", "2026-05-04T10:00"), "n’est pas parmi"),
    ],
)
def test_a_wrong_input_says_how_to_mend_it(words: tuple[str, ...], how: str) -> None:
    assert how in refused(*words)
    assert not Dysfunction.objects.exists()


def test_a_claim_outside_the_incident_is_refused() -> None:
    run(*DECLARE)
    away = ("--since", "2026-05-05T10:00", "--until", "2026-05-05T11:30", "--reason", "Panne")
    assert "sort de celui de l’incident" in refused("claim", "INC-0001", *away)


def test_a_file_declares_all_or_none(tmp_path: Path) -> None:
    file = tmp_path / "incidents.csv"
    file.write_text(
        "constat;origine;debut\nPanne;Titulaire;04/05/2026 10:00\nAutre;Lune;05/05/2026 10:00\n", "utf-8"
    )
    told = run("import", file, code=2)["refused"]
    assert [(one["row"], one["column"]) for one in told] == [(3, "origine")]
    file.write_text("constat;origine;debut\nPanne;Titulaire;04/05/2026 10:00\n", "utf-8")
    assert [run("import", file)["new"] for _ in range(2)] == [True, False]
    assert Dysfunction.objects.count() == 1

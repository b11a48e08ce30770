"""`titulaire ledger`: orders, prices, quantities and the month's invoice, as their pages make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.billing.services import save_profile
from titulaire.billing.tests.factories import AT, parties
from titulaire.cli.main import main
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.journal.models import Entry
from titulaire.support.ledger.models import Entry as Quantity
from titulaire.support.ledger.models import UnitPrice, WorkOrder

pytestmark = pytest.mark.django_db
MAY = ("--from", "2026-05-04", "--to", "2026-05-15")


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract("mes", "SUPPORT")


@pytest.fixture
def supervisor(mes: Contract) -> User:
    return person(Role.SUPERVISOR, on=mes)


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["ledger", *map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*words: object) -> str:
    return str(run(*words, code=2)["error"])


def priced() -> None:
    run("price", "UO1", "45,50", "--from", "2026-01-01", "--source", "annexe, ligne UO1")


@pytest.mark.clause("S-7.2-commandes", "S-9-penalites")
def test_a_month_is_ordered_entered_closed_and_invoiced(mes: Contract, supervisor: User) -> None:
    by = ("--by", supervisor.email)
    save_profile(contract=mes, parties=parties(), actor=supervisor.actor, at=AT)
    made = run(
        "order", "BC-1", "--unit", "uo1", *MAY, "--quantity", "4200", "--ordered-on", "2026-04-20", *by
    )
    assert (made["version"], made["to"], made["state"]) == (1, "2026-05-15", "DEEMED")
    assert made["objections_until"] == "2026-04-23"
    priced()
    assert run("enter", "2026-05", "--unit", "UO1", *MAY, "--quantity", "4 100,50", *by)["new"] is True
    shown = run("show", "2026-05")
    assert (shown["amount"], shown["state"], shown["fault"]) == ("186572.75", "OPEN", "")
    assert [(one["quantity"], one["price"]) for one in shown["charges"]] == [("4100.50", "45.5000")]
    assert [one["hours"] for one in shown["orders"]] == ["4200"]
    assert run("close", "2026-05", *by)["state"] == "CLOSED"
    assert run("invoice", "2026-05", *by)["invoice"].startswith("brouillon-")
    assert [one["month"] for one in run("list")["months"]] == ["2026-05"]
    assert run("reopen", "2026-05", "--reason", "Une saisie oubliée", *by)["state"] == "OPEN"
    acts = set(Entry.objects.filter(actor=supervisor.actor).values_list("act", flat=True))
    assert {
        "WORK_ORDER_ENTERED",
        "LEDGER_ENTERED",
        "LEDGER_CLOSED",
        "LEDGER_INVOICED",
        "LEDGER_REOPENED",
    } <= acts


@pytest.mark.clause("S-7.2-commandes")
def test_a_file_enters_once_and_its_faults_are_told_by_row(tmp_path: Path) -> None:
    file = tmp_path / "mai.csv"
    file.write_text("du;unite;quantite\n04/05/2026;UO1;12,5\n05/05/2026;UO2;1,5\n", "utf-8")
    told = run("import", "2026-05", file, code=2)["refused"]
    assert [(one["row"], one["column"], one["rule"]) for one in told] == [(3, "quantite", "NOT_WHOLE")]
    assert not Quantity.objects.exists()
    file.write_text("du;unite;quantite\n04/05/2026;UO1;12,5\n05/05/2026;UO2;3\n", "utf-8")
    assert [run("import", "2026-05", file)["new"] for _ in range(2)] == [True, False]
    (again,) = run("enter", "2026-05", "--unit", "UO2", "--from", "2026-05-05", "--quantity", "4", code=2)[
        "refused"
    ]
    assert again["rule"] == "ALREADY_ENTERED"
    run(
        "enter", "2026-05", "--unit", "UO2", "--from", "2026-05-05", "--quantity", "4", "--reason", "Recompte"
    )
    assert sorted(one["quantity"] for one in run("show", "2026-05")["entries"]) == ["12.50", "4.00"]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("show", "2026-05"), "ledger enter, ledger import"),
        (("close", "2026-05"), "ledger enter, ledger import"),
        (("enter", "2026-05", "--unit", "UO2", "--from", "2026-05-04", "--quantity", "1,5"), "en entiers"),
        (("enter", "2026-05", "--unit", "UO1", "--from", "04.13.2026", "--quantity", "1"), "une date comme"),
        (("enter", "2026-05", "--unit", "UO1", "--from", "2026-06-04", "--quantity", "1"), "sortent du mois"),
        (("price", "UO1", "cher", "--from", "2026-01-01", "--source", "annexe"), "un nombre comme"),
        (("order", "B", "--unit", "UO1", "--from", "2026-05-15", "--to", "2026-05-04", "--quantity", "1"), "début"),
        (("cancel-order", "BC-9", "--unit", "UO1", "--reason", "Erreur"), "voir ledger orders"),
    ],
)  # fmt: skip
def test_a_wrong_input_says_how_to_mend_it(words: tuple[str, ...], how: str) -> None:
    assert how in refused(*words)
    assert not WorkOrder.objects.exists() and not Quantity.objects.exists() and not UnitPrice.objects.exists()


def test_an_order_or_a_price_changes_with_a_reason_only() -> None:
    priced()
    priced()
    again = ("price", "UO1", "46", "--from", "2026-01-01", "--source", "avenant")
    assert "--reason" in refused(*again)
    run(*again, "--reason", "Avenant 1")
    assert sorted((one["amount"], one["replaced"]) for one in run("prices")["prices"]) == [
        ("45.5000", True),
        ("46.0000", False),
    ]
    order = ("order", "BC-1", "--unit", "UO1", *MAY, "--quantity")
    run(*order, "4200")
    assert "--reason" in refused(*order, "4300")
    assert run(*order, "4300", "--reason", "Bon rectifié")["version"] == 2
    assert "BC-1 couvre déjà" in refused("order", "BC-2", "--unit", "UO1", *MAY, "--quantity", "1")
    assert run("cancel-order", "BC-1", "--unit", "UO1", "--reason", "Doublon")["state"] == "CANCELLED"
    assert (len(run("orders")["orders"]), len(run("orders", "--all")["orders"])) == (0, 3)


@pytest.mark.parametrize("role", [Role.BUYER_MANAGER, Role.PLANNER])
def test_only_those_of_the_page_act(mes: Contract, role: Role) -> None:
    stranger = person(role, on=mes).email
    assert "superviseur" in refused(
        "price", "UO1", "1", "--from", "2026-01-01", "--source", "x", "--by", stranger
    )
    assert not UnitPrice.objects.exists()


def test_a_month_without_a_price_is_not_closed() -> None:
    run("enter", "2026-05", "--unit", "UO1", *MAY, "--quantity", "10")
    assert "saisissez son prix" in refused("close", "2026-05")
    assert "ledger close" in refused("invoice", "2026-05")

"""`titulaire stops` does what the screens do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.cli.stops import command
from titulaire.vouchers.issuing.models import VoucherState
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers
from titulaire.vouchers.stops.models import Stop

pytestmark = pytest.mark.django_db


def run(*arguments: str, fails: int = 0) -> Any:
    done = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == fails, done.output
    return json.loads(done.output)


@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.6-perte")
def test_a_stop_is_shown_made_lifted_and_replaced(tmp_path: Path) -> None:
    order = issued_order()
    own = numbers(order)
    asked = [
        "add",
        "--contract",
        "cpam47",
        "--range",
        own[0],
        own[4],
        "--reason",
        "LOST",
        "--declared-by",
        "Accueil",
    ]
    plan = run(*asked)
    assert (plan["vouchers"], plan["amount"], plan["numbers"]) == (
        5,
        "50",
        own[:5],
    ) and not Stop.objects.exists()
    assert "error" in run(*asked, "--confirm", "4", fails=2)
    made = run(*asked, "--confirm", "5", "--key", "k")
    assert made == run(*asked, "--confirm", "5", "--key", "k") and made["standing"] == own[:5]
    assert (
        run("lift", made["stop"], "--contract", "cpam47", "--reason", "Retrouvé", "--number", own[0])[
            "lifted"
        ]
        == 1
    )
    (reissue,) = run("reissue", made["stop"], "--contract", "cpam47")
    assert reissue["vouchers"] == 4 and len(numbers(order, VoucherState.REPLACED)) == 4
    assert "error" in run("reissue", made["stop"], "--contract", "cpam47", fails=2)
    (listed,) = run("list", "--contract", "cpam47")
    assert listed["reissues"] == [reissue["reissue"]]
    out = tmp_path / "liste.json"
    assert run("list-file", "--contract", "cpam47", "--out", str(out))["added"] == 4
    assert run("verify", str(out))["document"]["added"] == own[1:5]
    out.write_text(out.read_text().replace("payload", "contenu"))
    assert run("verify", str(out), fails=1)["reason"] == "NOT_A_DOCUMENT"


@pytest.mark.parametrize(
    "named",
    [[], ["--number", "1"], ["--booklet", "inconnu"], ["--order", "a", "--booklet", "b"]],
)
def test_a_designation_that_names_nothing_is_refused(named: list[str]) -> None:
    issued_order()
    asked = ["add", "--contract", "cpam47", *named, "--reason", "LOST", "--declared-by", "Accueil"]
    assert "error" in run(*asked, fails=2)

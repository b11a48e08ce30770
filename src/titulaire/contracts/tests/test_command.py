"""`titulaire contracts`: the same facts as the screens, for people and for machines."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from titulaire.cli.contracts import command
from titulaire.contracts.services import NewValue, record_amendment
from titulaire.identity.tests.factories import contract

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SHA = "ab" * 32


def run(*words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(command, words)
    assert answer.exit_code == code, answer.output
    return answer.output


def test_terms_on_a_day_follow_the_amendments() -> None:
    record_amendment(
        contract=contract(),
        number=1,
        title="Valeur faciale",
        signed_on=date(2026, 11, 2),
        document_name="a.pdf",
        document_sha256=SHA,
        values=[NewValue("face_value", date(2027, 1, 1), Decimal("12.00"))],
        actor="user:1",
        at=NOW,
    )
    for day, value, source in (("2026-12-31", "10.00", "§2.2"), ("2027-01-01", "12.00", "Avenant n° 1")):
        answer = json.loads(run("terms", "cpam47", "--on", day, "--json"))
        face = next(term for term in answer["terms"] if term["name"] == "face_value")
        assert (face["value"], face["source"], face["clause"]) == (value, source, "T-2.2-valeur-faciale")


def test_terms_for_people_are_searched_by_word() -> None:
    text = run("terms", "cpam47", "--search", "faciale")
    assert "face_value" in text and "booklet" not in text


def test_readings_carry_their_question_and_their_rivals() -> None:
    answer = json.loads(run("readings", "mes", "--on", "2026-11-21", "--json"))
    widening = next(one for one in answer["readings"] if one["code"] == "widening_direction")
    assert widening["retained"] == "HANDLED_HERE_ADDED"
    assert set(widening["options"]) == {"HANDLED_HERE_ADDED", "HANDLED_HERE_REMOVED"}
    assert widening["ask"]
    assert "lectures au" in run("readings", "mes")


def test_the_list_names_both_contracts() -> None:
    assert [one["code"] for one in json.loads(run("list", "--json"))] == ["cpam47", "mes"]
    assert "cpam47" in run("list")


@pytest.mark.parametrize("what", ["terms", "readings"])
def test_a_day_before_the_notification_is_refused(what: str) -> None:
    answer = json.loads(run(what, "cpam47", "--on", "2024-12-01", "--json", code=2))
    assert "02/12/2024" in answer["error"]


@pytest.mark.parametrize("what", ["terms", "readings"])
def test_an_unknown_contract_is_refused(what: str) -> None:
    assert "cpam47, mes" in json.loads(run(what, "nope", "--json", code=2))["error"]

"""`titulaire regimes …`, for people and for machines."""

import json

import pytest
from click.testing import CliRunner

from titulaire.cli.regimes import command


def _run(*arguments: str):
    named = () if "--contract" in arguments else ("--contract", "cpam47")
    return CliRunner().invoke(command, [*arguments, *named])


@pytest.mark.clause("T-2.1.3-millesime")
def test_the_timeline_gives_the_contract_s_dates():
    answer = _run("timeline", "--vintage", "2027", "--json")
    assert answer.exit_code == 0
    applied = {stone["subject"]: stone for stone in json.loads(answer.output)["timelines"]["CONTRACT"]}
    assert applied["LAST_USE"]["due_on"] == "2028-01-31"
    assert applied["REFUND_DATE"]["due_on"] == "2028-04-15"
    assert applied["REFUND_DATE"]["planned_on"] == "2028-04-14"


def test_the_register_gives_each_subject_with_its_question():
    answer = _run("conflicts", "--contract", "cpam47", "--json")
    lines = {line["subject"]: line for line in json.loads(answer.output)["conflicts"]}
    assert lines["GOODS"]["regimes"]["CESU"]["provision"] == "C. trav., art. L.1271-1, B"
    assert lines["GOODS"]["question"].endswith("?")
    assert lines["FUNDS"]["regimes"]["CAP"]["certainty"] == "PRIMARY"


def test_the_register_is_read_as_of_a_day():
    answer = _run("conflicts", "--on", "2027-01-01", "--json")
    lines = {line["subject"]: line for line in json.loads(answer.output)["conflicts"]}
    assert lines["GOODS"]["regimes"]["TITRE_RESTAURANT"]["since"] == "2027-01-01"


@pytest.mark.clause("T-2.4-mentions")
def test_the_mentions_say_who_asks_for_them():
    answer = _run("mentions", "--json")
    mentions = {mention["code"]: mention for mention in json.loads(answer.output)["mentions"]}
    assert mentions["SERIAL_NUMBER"]["side"] == "FRONT"
    assert mentions["AUTHORITY_NAME"]["required_by"] == {"CAP": "CGCT, art. R.1611-8, I, 2°"}


@pytest.mark.parametrize("arguments", [("timeline", "--vintage", "2027"), ("conflicts",), ("mentions",)])
def test_people_read_a_table(arguments):
    answer = _run(*arguments)
    assert answer.exit_code == 0
    assert "│" in answer.output or "┃" in answer.output


@pytest.mark.parametrize("arguments", [("timeline", "--vintage", "2027"), ("conflicts",), ("mentions",)])
def test_a_contract_that_nobody_described_is_refused_by_name(arguments):
    answer = _run(*arguments, "--contract", "inconnu", "--json")
    assert answer.exit_code == 2
    assert "inconnu" in json.loads(answer.output)["error"]

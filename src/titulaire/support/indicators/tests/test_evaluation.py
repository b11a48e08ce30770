"""Figures of a contract from batches: months, cuts, corrections, daily sums, and figures opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter
from click.testing import CliRunner

from titulaire.cli.indicators import command
from titulaire.contracts.queries import terms_as_signed
from titulaire.contracts.rules import DatedValue, Retained
from titulaire.identity.models import Contract, Organisation
from titulaire.indicators.rollups import SUFFIX
from titulaire.indicators.rules import Grade, State
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import Correction, import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.indicators.evaluation import Declared, NothingAsked, evaluate, evaluate_month
from titulaire.support.indicators.explaining import NothingToOpen, explain
from titulaire.support.indicators.guide import guide
from titulaire.support.indicators.kept import Reading
from titulaire.support.indicators.tests.rows import REASON

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)
REPORT = {
    "Appels reçus entrants": 1000,
    "Appels reçus en transfert": 20,
    "Appels reçus en débordement": 30,
    "Appels présentés": 1100,
    "Appels traités": 880,
    "Appels abandonnés": 93,
    "Dissuadés télécom": 10,
    "Dissuadés fermeture": 40,
    "Débordés vers": 25,
    "Repris pendant le transfert": 5,
    "Élargissement sur ce groupe": 15,
    "Élargissement sur un autre groupe": 12,
    "Durée d’attente": "1:00:00",
    "Durée de communication": "1:00:00",
    "Durée de post-appel": "0:30:00",
}
GUIDE = Path(__file__).parents[5] / "docs" / "rules" / "indicateurs.md"


@pytest.fixture
def contract(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    return Contract.objects.create(
        code="mes", title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )


@pytest.fixture
def bring(contract: Contract, tmp_path: Path) -> Callable[..., None]:
    files = 0

    def import_it(path: Path | list[dict[str, str]], connector: str = "acd-csv", **asked: Any) -> None:
        nonlocal files
        files += 1
        if not isinstance(path, Path):
            path = acd_csv(tmp_path / f"export-{files}.csv", path)
        imported = import_file(
            contract=contract,
            path=path,
            connector=find_connector(connector),
            actor="user:test",
            at=AT,
            **asked,
        )
        assert imported.batch.state == "ACCEPTED", imported.refusals

    return import_it


def call(key: str, arrival: str = "02/03/2026 10:00:00", **said: str) -> dict[str, str]:
    qualified = {"motif": REASON, "decroche": ""}
    return row(appel=key, arrivee=arrival, **(qualified | said))


def lost(key: str, arrival: str = "02/03/2026 10:00:00", **said: str) -> dict[str, str]:
    nothing = dict.fromkeys(
        ("conversation", "garde", "post_appel", "motif", "qualifie_par", "site", "conseiller"), ""
    )
    return call(key, arrival, **(nothing | {"issue": "Abandonné"} | said))


def states_csv(path: Path, *lines: str) -> Path:
    heading = "conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail"
    path.write_text("\n".join([heading, *lines]) + "\n", "utf-8")
    return path


def test_a_month_without_facts_is_measured_by_nothing(contract: Contract) -> None:
    (found,) = evaluate_month(contract, MARCH)
    assert {one.state for one in found.results} == {State.NOT_MEASURABLE}
    assert {one.grade for one in found.results} == {None}


@pytest.mark.clause("S-3.3.2-decroche")
def test_a_figure_comes_from_its_calls_with_its_grade(contract: Contract, bring: Callable[..., None]) -> None:
    bring([*(call(f"A{n}") for n in range(9)), lost("B1")])
    (found,) = evaluate_month(contract, MARCH)
    one = found["I1"]
    assert (one.exact, one.state, one.grade) == (Fraction(9, 10), State.MET, Grade.A)
    assert found["I8"].exact == 9
    assert found["I5"].state is State.NOT_MEASURABLE


@pytest.mark.clause("S-3.3.2-intraday")
def test_a_day_is_cut_by_hour_and_by_quarter(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), call("B", "02/03/2026 10:20:00"), lost("C", "02/03/2026 11:00:00")])
    by_hour = evaluate_month(contract, MARCH, by=("day", "hour"))
    assert [(row.key[1][1], row["I1"].exact) for row in by_hour] == [(10, 1), (11, 0)]
    by_quarter = evaluate_month(contract, MARCH, by=("quarter",))
    assert [row.key[0][1] for row in by_quarter] == [40, 41, 44]


def test_a_cut_that_means_nothing_is_left_out(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), lost("B")])
    by_site = evaluate_month(contract, MARCH, by=("site",))
    assert [row.key[0][1] for row in by_site] == ["NORD", None]
    with pytest.raises(KeyError):
        by_site[0]["I1"]
    assert by_site[0]["I8"].exact == 1


def test_a_question_without_a_period_or_with_an_unknown_cut_is_refused(contract: Contract) -> None:
    with pytest.raises(NothingAsked):
        evaluate(contract, since=MARCH, until=MARCH)
    with pytest.raises(NothingAsked):
        evaluate_month(contract, MARCH, by=("colour",))


def test_a_quarter_of_a_year_is_the_sum_of_its_months(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), lost("B", "01/04/2026 10:00:00"), call("C", "31/03/2026 23:59:59")])
    (both,) = evaluate(contract, since=MARCH, until=date(2026, 5, 1))
    assert (both["I1"].value.numerator, both["I1"].value.denominator) == (2, 3)
    by_month = evaluate(contract, since=MARCH, until=date(2026, 5, 1), by=("month",))
    assert [row["I1"].exact for row in by_month] == [1, 0]
    by_week = evaluate(contract, since=MARCH, until=date(2026, 5, 1), by=("week",))
    assert [(row.key[0][1].day, row["I1"].exact) for row in by_week] == [(2, 1), (30, Fraction(1, 2))]


@pytest.mark.clause("S-3.3.2-evolution")
def test_each_month_is_read_under_the_terms_of_its_day(
    contract: Contract, bring: Callable[..., None]
) -> None:
    bring([call("A", garde="20"), call("B", "01/04/2026 10:00:00", garde="20")])
    terms = terms_as_signed("mes").amended(
        values=[("answer_rate_target", DatedValue(date(2026, 4, 1), 1, "S-3.3.2-decroche", "Avenant n° 1"))],
        options=[("hold_time", Retained(date(2026, 4, 1), "EXCLUDED"))],
    )
    march, april = evaluate(contract, since=MARCH, until=date(2026, 5, 1), by=("month",), terms=terms)
    assert (march["I1"].target, april["I1"].target) == (Fraction(9, 10), 1)
    assert (march["I6"].exact, april["I6"].exact) == (210, 190)
    (both,) = evaluate(contract, since=MARCH, until=date(2026, 5, 1), terms=terms)
    assert both["I6"].exact == 200


def test_the_day_of_summer_time_has_twenty_three_hours(
    contract: Contract, bring: Callable[..., None], tmp_path: Path
) -> None:
    night = states_csv(
        tmp_path / "nuit.csv",
        "C001;S1;29/03/2026 00:00:00;82800;Disponible;Téléphone;;N1;NORD;non",
    )
    bring(night, "etats-csv")
    by_day = evaluate_month(contract, MARCH, by=("day",))
    assert [(row.key[0][1].day, row["I5"].value.denominator) for row in by_day] == [(29, 23 * 3_600_000)]
    assert len(evaluate_month(contract, MARCH, by=("hour",))) == 23


def test_a_state_past_midnight_of_the_month_is_shared_between_months(
    contract: Contract, bring: Callable[..., None], tmp_path: Path
) -> None:
    night = states_csv(
        tmp_path / "nuit.csv",
        "C001;S1;31/03/2026 23:30:00;3600;Disponible;Téléphone;;N1;NORD;non",
    )
    bring(night, "etats-csv")
    by_month = evaluate(contract, since=MARCH, until=date(2026, 5, 1), by=("month",))
    assert [row["I5"].value.denominator for row in by_month] == [1_800_000, 1_800_000]


@pytest.mark.clause("S-3.3.2-decroche", "S-10.1-statistiques")
def test_a_report_in_excel_stands_for_calls_that_were_not_delivered(
    contract: Contract, bring: Callable[..., None], tmp_path: Path
) -> None:
    headings = ["Date", "Flux", "Groupe", *REPORT]
    book = xlsxwriter.Workbook(str(tmp_path / "rapport.xlsx"))
    sheet = book.add_worksheet("Statistiques")
    sheet.write_row(3, 0, headings)
    sheet.write_row(4, 0, ["2026-03-02", "3422", "N1", *REPORT.values()])
    sheet.write_row(5, 0, ["2026-03-03", "3422", "N1", *REPORT.values()])
    book.close()
    bring(tmp_path / "rapport.xlsx", "odigo-xlsx")
    (found,) = evaluate_month(contract, MARCH)
    assert (found["I1"].exact, found["I1"].grade) == (Fraction(880, 973), Grade.B)
    assert (found["I2"].exact, found["I6"].exact) == (Fraction(2 * 3600, 2 * 1000), Fraction(3600, 880))
    assert [one.option for one in found["I6"].rivals] == []
    assert found["I5"].state is State.NOT_MEASURABLE
    by_day = evaluate_month(contract, MARCH, by=("day",))
    assert [row.key[0][1].day for row in by_day] == [2, 3]
    bring([call("A")])
    assert evaluate_month(contract, MARCH)[0]["I1"].grade is Grade.A


# Daily sums


def values(rows: Any) -> list[Any]:
    return [(row.key, one.indicator.code, one.value) for row in rows for one in row.results]


def test_daily_sums_are_stored_as_whole_numbers(
    contract: Contract, bring: Callable[..., None], settings: Any
) -> None:
    bring([call("A")])
    evaluate_month(contract, MARCH)
    (file,) = (settings.DATA_DIR / "rollups").rglob(f"*{SUFFIX}")
    kinds = {str(field.type) for field in pa.ipc.open_file(file.read_bytes()).schema}
    assert kinds == {"date32[day]", "string", "int64"}


def test_daily_sums_and_facts_give_the_same(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), lost("B"), call("C", "03/03/2026 09:00:00", flux="ELIOZ")])
    from_sums = {row.key: row["I1"].value for row in evaluate_month(contract, MARCH, by=("day", "flow"))}
    from_facts: dict[Any, Any] = {}
    for row_ in evaluate_month(contract, MARCH, by=("day", "flow", "hour")):
        held = from_facts.get(row_.key[:2])
        from_facts[row_.key[:2]] = held + row_["I1"].value if held else row_["I1"].value
    assert from_sums == from_facts


def test_a_corrected_day_is_summed_again_alone(
    contract: Contract, bring: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[list[date]] = []
    original = Reading._made

    def spying(self: Any, grain: Any, days: Any) -> Any:
        summed.append(list(days))
        return original(self, grain, days)

    monkeypatch.setattr(Reading, "_made", spying)
    bring([call("A"), call("B", "03/03/2026 10:00:00"), call("C", "04/03/2026 10:00:00")])
    assert evaluate_month(contract, MARCH)[0]["I1"].exact == 1
    assert evaluate_month(contract, MARCH)[0]["I1"].exact == 1
    bring(
        [lost("B", "03/03/2026 10:00:00")],
        correction=Correction("DAYS", "Export corrigé", (date(2026, 3, 3),)),
    )
    assert evaluate_month(contract, MARCH)[0]["I1"].exact == Fraction(2, 3)
    assert summed == [[date(2026, 3, n) for n in (2, 3, 4)], [date(2026, 3, 3)]]


def test_daily_sums_that_were_deleted_come_back(
    contract: Contract, bring: Callable[..., None], settings: Any
) -> None:
    bring([call("A"), lost("B")])
    before = values(evaluate_month(contract, MARCH))
    files = list((settings.DATA_DIR / "rollups").rglob(f"*{SUFFIX}"))
    assert files
    for file in files:
        file.unlink()
    assert values(evaluate_month(contract, MARCH)) == before


# Figures opened


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
@pytest.mark.parametrize("code", ["I1", "I2", "I3", "I4", "I6", "I7", "I8", "I10"])
def test_a_figure_opens_to_rows_that_add_up_to_it(
    contract: Contract, bring: Callable[..., None], code: str
) -> None:
    bring(
        [
            call("A"),
            call(
                "B", "02/03/2026 07:00:00", interne="oui", transfert_vers="N1+", transfert_resultat="Abouti"
            ),
            call("C", groupe="N1", groupe_conseiller="N2"),
            lost("D", issue="Dissuadé", cause="Fermeture", fermeture_exceptionnelle="oui"),
            lost("E", issue="Dissuadé", cause="Télécom"),
            lost("F"),
        ]
    )
    value = evaluate_month(contract, MARCH)[0][code].value
    opened = explain(contract, code, since=MARCH, until=date(2026, 4, 1), limit=None)
    (listing,) = opened.listings
    assert (listing.numerator, listing.denominator) == (value.numerator, value.denominator or 0)
    assert sum(one["numerator"] for one in listing.rows) == value.numerator
    assert sum(one["denominator"] for one in listing.rows) == (value.denominator or 0)
    assert listing.counted == len(listing.rows)
    assert listing.counted + sum(count for _, count in listing.left_out) == 7
    assert all(one["batch"] and one["source_row"] for one in (*listing.rows, *listing.left_out_rows))


@pytest.mark.clause("S-3.3.2-decroche")
def test_what_is_left_out_says_why(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), lost("B", issue="Dissuadé", cause="Télécom")])
    (listing,) = explain(contract, "I1", since=MARCH, until=date(2026, 4, 1)).listings
    assert listing.left_out == (("dissuadé sur problème télécom : ôté par la formule", 1),)
    assert [one["call_id"] for one in listing.left_out_rows] == ["B"]


@pytest.mark.parametrize("code", ["I19", "I99"])
def test_nothing_opens_behind_a_declaration_or_an_unknown_code(contract: Contract, code: str) -> None:
    with pytest.raises(NothingToOpen):
        explain(contract, code, since=MARCH, until=date(2026, 4, 1))


# What is declared


@pytest.mark.clause("S-3.3.2-formation")
def test_an_adviser_is_trained_before_the_first_productive_day(
    contract: Contract, bring: Callable[..., None], tmp_path: Path
) -> None:
    lines = [
        f"{who};S;{day} 10:00:00;{length};Disponible;Téléphone;;N1;NORD;non"
        for who, day, length in (
            ("C001", "27/02/2026", 600),
            ("C001", "02/03/2026", 600),
            ("C002", "02/03/2026", 600),
            ("C003", "02/03/2026", 59),
            ("C004", "02/03/2026", 60),
        )
    ]
    bring(states_csv(tmp_path / "etats.csv", *lines), "etats-csv")
    trained = {"C001": date(2026, 2, 28), "C002": date(2026, 3, 1)}
    (found,) = evaluate_month(contract, MARCH, declared=Declared(trained_on=trained))
    one = found["I19"]
    assert (one.value.numerator, one.value.denominator, one.grade) == (1, 3, Grade.C)
    assert one.rivals[0].value.numerator == 2


@pytest.mark.clause("S-9-penalites")
def test_hours_produced_are_compared_with_hours_ordered(
    contract: Contract, bring: Callable[..., None], tmp_path: Path
) -> None:
    file = states_csv(
        tmp_path / "etats.csv",
        "C001;S;02/03/2026 10:00:00;3600;Disponible;Téléphone;;N1;NORD;non",
        "C001;S;02/03/2026 11:00:00;3600;Conversation;Téléphone;;N1;NORD;non",
        "C001;S;02/03/2026 12:00:00;1800;Pause;Téléphone;;N1;NORD;non",
    )
    bring(file, "etats-csv")
    (found,) = evaluate_month(contract, MARCH, declared=Declared(ordered_ms=4 * 3_600_000))
    plan = found["PLAN"]
    assert (plan.exact, plan.grade) == (Fraction(1, 2), Grade.C)
    assert [one.value.exact for one in plan.rivals[:2]] == [Fraction(1, 4), Fraction(5, 8)]


# The command and the guide


def test_the_command_gives_exact_figures_to_machines(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), call("B"), lost("C")])
    told = json.loads(CliRunner().invoke(command, ["--month", "2026-03", "--json"]).output)
    one = told["rows"][0]["indicators"][0]
    assert (one["code"], one["numerator"], one["denominator"], one["value"]) == ("I1", 2, 3, "2/3")
    assert (one["display"], one["target"], one["met"], one["trigger"]) == (
        "66,67\u00a0%",
        "9/10",
        False,
        "89/100",
    )
    assert one["reading"] == {"widening_direction": "HANDLED_HERE_ADDED"}
    assert {rival["option"] for rival in one["rivals"]} == {
        "HANDLED_HERE_REMOVED",
        "SIMPLE",
        "SHORT_ABANDONS_OUT",
    }
    by_site = CliRunner().invoke(command, ["--month", "2026-03", "--by", "site", "--json"]).output
    assert [row["key"] for row in json.loads(by_site)["rows"]] == [{"site": "NORD"}, {"site": None}]


def test_the_command_opens_a_figure_and_speaks_to_people(
    contract: Contract, bring: Callable[..., None]
) -> None:
    bring([call("A"), lost("B", issue="Dissuadé", cause="Télécom")])
    said = CliRunner().invoke(command, ["--month", "2026-03", "--explain", "i1"]).output
    assert "numérateur 1, dénominateur 1" in said
    assert "dissuadé sur problème télécom" in said
    told = CliRunner().invoke(command, ["--month", "2026-03", "--explain", "I1", "--json"]).output
    assert json.loads(told)["listings"][0]["left_out_rows"][0]["call_id"] == "B"
    assert CliRunner().invoke(command, ["--month", "2026-03", "--only", "I1"]).exit_code == 0
    assert CliRunner().invoke(command, ["--json"]).exit_code == 2
    assert CliRunner().invoke(command, ["--contract", "rien", "--month", "2026-03"]).exit_code == 2


def asked(*words: str) -> Any:
    return CliRunner().invoke(command, ["--month", "2026-03", *words])


def test_the_command_cuts_by_weekday_and_hour_and_keeps_one_value(
    contract: Contract, bring: Callable[..., None]
) -> None:
    bring([call("A"), lost("B", "03/03/2026 11:00:00")])
    cells = json.loads(asked("--by", "weekday", "--by", "hour", "--only", "i1", "--json").output)["rows"]
    assert [row["key"] for row in cells] == [{"weekday": 0, "hour": 10}, {"weekday": 1, "hour": 11}]
    assert "jour de la semaine mardi" in asked("--by", "weekday", "--only", "I1").output
    for where in ("weekday=Mardi", "day=2026-03-03", "hour=11"):
        (row,) = json.loads(asked("--where", where, "--only", "I1", "--json").output)["rows"]
        assert row["indicators"][0]["value"] == "0", where


def test_the_command_opens_a_figure_part_by_part(contract: Contract, bring: Callable[..., None]) -> None:
    bring([call("A"), call("B", site="SUD"), call("C", site="SUD")])
    told = json.loads(asked("--by", "site", "--explain", "I8", "--json").output)
    assert [(part["key"], part["listings"][0]["numerator"]) for part in told["parts"]] == [
        ({"site": "NORD"}, 1),
        ({"site": "SUD"}, 2),
    ]
    assert "site SUD" in asked("--by", "site", "--explain", "I8").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "I99"], "aucun indicateur « I99 »"),
        (["--only", "I99", "--json"], "aucun indicateur « I99 »"),
        (["--where", "site"], "CHAMP=VALEUR"),
        (["--where", "colour=red"], "CHAMP=VALEUR"),
        (["--where", "hour=dix"], "de 0 à 23"),
        (["--where", "weekday=demain"], "lundi"),
        (["--where", "day=02/03/2026"], "comme 2026-03-02"),
        (["--where", "day=2026-05-01"], "la période est vide"),
        (["--where", "day=2026-05-01", "--explain", "I1"], "la période est vide"),
        (["--contract", "rien"], "aucun marché de support « rien » (ouverts : mes)"),
        (["--from", "2026-03-01", "--to", "2026-03-02"], "pas les deux"),
    ],
)
def test_the_command_says_how_to_mend_what_it_refuses(
    contract: Contract, words: list[str], said: str
) -> None:
    given = asked(*words)
    assert given.exit_code == 2
    assert said in " ".join(given.output.split()).replace("\\u", "")


def test_the_command_says_when_there_is_nothing(contract: Contract, bring: Callable[..., None]) -> None:
    assert "titulaire facts import" in asked().output
    bring([call("A")])
    assert "n’a pas de sens par site" in asked("--by", "site", "--only", "I1").output
    told = json.loads(asked("--by", "site", "--only", "I1", "--only", "I8", "--json").output)
    assert [[one["code"] for one in row["indicators"]] for row in told["rows"]] == [["I8"]]
    (absent,) = told["left_out"]
    assert (absent["code"], absent["why"]) == ("I1", "CUT")
    assert "n’a pas de sens par site : il se découpe par flux et groupe" in absent["reason"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--only", "I1"], []),
        (["--only", "I1", "--by", "flow"], []),
        (["--only", "I1", "--where", "site=NORD"], ["CUT"]),
        (["--only", "I19", "--by", "month"], ["WHOLE"]),
        (["--only", "PLAN", "--by", "day"], ["WHOLE"]),
    ],
)
def test_an_indicator_that_is_in_no_row_says_why(
    contract: Contract, words: list[str], why: list[str]
) -> None:
    assert [one["why"] for one in json.loads(asked(*words, "--json").output)["left_out"]] == why


def test_the_guide_is_written_from_the_code() -> None:
    assert GUIDE.read_text("utf-8") == guide(terms_as_signed("mes"))

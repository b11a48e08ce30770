"""Every page of the figures: periods, one indicator, hours, the day, the files."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from titulaire.contracts.models import AmendedValue, Amendment
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.dashboards.spread import spreads
from titulaire.support.dashboards.tests.opening import AT, BOARD, READERS, exported, page
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.forecasts.rules import Channel, Volume
from titulaire.support.forecasts.services import state_forecast

pytestmark = pytest.mark.django_db
INDICATOR = f"{BOARD}indicateur/"
OF_CLAUSE = {
    "S-3.3.2-decroche": "I1",
    "S-3.3.2-attente": "I2",
    "S-3.3.2-accessibilite": "I3",
    "S-3.3.2-transfert": "I4",
    "S-3.3.2-disponibilite": "I5",
    "S-3.3.2-dmc": "I6",
    "S-3.3.2-dmt": "I7",
    "S-3.3.2-volumes": "I8",
    "S-3.3.2-qualification": "I10",
    "S-3.3.2-qualite-telephonie": "I11",
    "S-3.3.2-qualite-tickets": "I12",
    "S-3.3.2-formulaires-taux": "I13",
    "S-3.3.2-formulaires-productivite": "I14",
    "S-3.3.2-formulaires-volumes": "I17",
    "S-3.3.2-formulaires-qualite": "I18",
}


def workbook(contract: Contract, address: str) -> list[dict[str, object]]:
    client = Client()
    client.force_login(person(Role.SUPERVISOR, on=contract))
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"].endswith("sheet")
    headings, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    )
    return [dict(zip(headings, cells, strict=True)) for cells in rows]


PERIODS = [
    ("2026-05-04", "Lundi 4 mai 2026", "4 ÷ 6"),
    ("2026-05-05", "Mardi 5 mai 2026", "4 ÷ 4"),
    ("2026-S19", "Semaine 19 de 2026", "8 ÷ 10"),
    ("2026-05", "Mai 2026", "8 ÷ 10"),
    ("marche", "Marché du 9 novembre 2025 au 5 mai 2026", "8 ÷ 10"),
]


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_a_day_a_week_a_month_and_the_contract_have_their_dashboard(contract: Contract) -> None:
    for code, title, ratio in PERIODS:
        shown = page(contract, f"{BOARD}?periode={code}")
        assert title in shown and f"<dd>{ratio}</dd>" in shown, code
        assert all(f">{name}</a>" in shown for name in ("Jour", "Semaine", "Mois", "Marché"))
        assert 'class="target"' in shown and 'class="threshold"' in shown, code


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_a_period_stands_beside_the_one_before(contract: Contract) -> None:
    shown = page(contract, f"{BOARD}?periode=2026-05-05")
    assert "Veille" in shown and "66,67 %" in shown and "+33,33 pt" in shown


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_a_chart_leads_to_the_day_the_hour_and_its_calls(contract: Contract) -> None:
    assert "?periode=2026-05-04&amp;indicateur=I1" in page(contract, f"{BOARD}?periode=2026-05")
    assert "2026-05-04/I1/lignes/?heure=14" in page(contract, f"{BOARD}?periode=2026-05-04")
    shown = page(contract, f"{BOARD}2026-05-04/I1/lignes/?heure=14")
    assert "0 ÷ 2" in shown and ">L0</th>" in shown and ">A0</th>" not in shown
    page(contract, f"{BOARD}2026-05-04/I1/lignes/?heure=24", status=404)
    page(contract, f"{BOARD}2026-05-04/I1/lignes/?heure=x", status=404)


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_what_came_stands_beside_what_was_forecast(contract: Contract) -> None:
    volumes = [
        Volume(date(2026, 5, 4), Channel.PHONE, "", 8),
        Volume(date(2026, 5, 6), Channel.PHONE, "", 5),
    ]
    state_forecast(
        contract=contract,
        volumes=volumes,
        source="Comité",
        content=b"x",
        file_name="x.csv",
        actor="user:test",
        at=AT,
    )
    file = page(contract, f"{BOARD}?periode=2026-05&volumes-export=csv").removeprefix("\ufeff")
    rows = {one["Jour"]: one for one in csv.DictReader(io.StringIO(file), delimiter=";")}
    assert (rows["2026-05-04"]["Prévu"], rows["2026-05-04"]["Reçu"]) == ("8", "6")
    assert rows["2026-05-04"]["Écart"].rstrip("0") == "-0,25"
    assert (rows["2026-05-05"]["Prévu"], rows["2026-05-05"]["Reçu"]) == ("", "4")
    assert (rows["2026-05-06"]["Prévu"], rows["2026-05-06"]["Reçu"]) == ("5", "0")
    shown = page(contract, f"{BOARD}?periode=2026-05")
    assert "Appels prévus et reçus" in shown and "10 reçus pour 13 prévus (−23,1 %)" in shown


@pytest.mark.clause("S-10.1-statistiques", "S-3.3.1-tableaux-de-bord")
def test_the_workbook_holds_what_the_page_shows_one_figure_per_row(contract: Contract) -> None:
    rows = workbook(contract, f"{BOARD}classeur/?periode=2026-05&par=flux")
    assert all(set(one) == set(rows[0]) and one["Code"] and one["Clause"] for one in rows)
    assert {one["Découpage"] for one in rows} == {"Ensemble", "Jour", "Flux"}
    (whole,) = [
        one
        for one in rows
        if (one["Code"], one["Découpage"], one["Période"]) == ("I1", "Ensemble", "mai 2026")
    ]
    assert (whole["Valeur"], whole["Numérateur"], whole["Dénominateur"]) == (80, 8, 10)
    assert (whole["Objectif"], whole["Seuil de pénalité"], whole["Unité"]) == (90, 89, "%")
    assert whole["Preuve"] == "A : événements" and whole["Clause"] == "S-3.3.2-decroche"
    days = [one for one in rows if (one["Code"], one["Découpage"]) == ("I1", "Jour")]
    assert sum(float(one["Numérateur"]) for one in days) == 8  # type: ignore[arg-type]
    everything = workbook(contract, f"{BOARD}classeur/?periode=2026-05")
    assert {"Site", "Motif", "Flux"} <= {one["Découpage"] for one in everything}


@pytest.mark.clause("S-10.1-statistiques")
def test_every_fact_behind_a_figure_is_taken_away_counted_or_not(contract: Contract) -> None:
    text = exported(contract, f"{BOARD}2026-05/I7/lignes/?export=csv").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert {one["Appel"]: one["Compté"] for one in rows} == {f"A{n}": "oui" for n in range(8)} | {
        "L0": "non",
        "L1": "non",
    }
    assert sum(int(one["Au dénominateur"]) for one in rows if one["Compté"] == "oui") == 8
    assert all(one["Pourquoi elle ne compte pas"] for one in rows if one["Compté"] == "non")
    assert "Conseiller" not in rows[0]
    sheet = workbook(contract, f"{BOARD}2026-05/I7/lignes/?export=xlsx&site=SUD")
    assert [one["Appel"] for one in sheet] == ["A6", "A7"]


def test_a_list_read_in_several_parts_is_whole(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("titulaire.support.dashboards.views.rows.READ_TOGETHER", 3)
    text = exported(contract, f"{BOARD}2026-05/I7/lignes/?export=csv")
    keys = [line.split(";")[2] for line in text.splitlines()[1:]]
    assert sorted(keys) == [*(f"A{n}" for n in range(8)), "L0", "L1"]


@pytest.mark.clause(
    *("S-3.3.2-decroche", "S-3.3.2-attente", "S-3.3.2-accessibilite", "S-3.3.2-transfert"),
    *("S-3.3.2-disponibilite", "S-3.3.2-dmc", "S-3.3.2-dmt", "S-3.3.2-volumes", "S-3.3.2-qualification"),
    *("S-3.3.2-qualite-telephonie", "S-3.3.2-qualite-tickets", "S-3.3.2-formulaires-taux"),
    *("S-3.3.2-formulaires-productivite", "S-3.3.2-formulaires-volumes", "S-3.3.2-formulaires-qualite"),
)
def test_each_indicator_has_its_page_with_clause_formula_and_target(contract: Contract) -> None:
    for clause, code in OF_CLAUSE.items():
        shown = page(contract, f"{INDICATOR}{code}/?periode=2026-05")
        assert f"/contrat/clauses/{clause}/" in shown and f"{code} – " in shown, code
        assert "Formule" in shown and "Tendance" in shown, code


def test_an_indicator_shows_its_trend_its_cuts_and_its_rivals(contract: Contract) -> None:
    shown = page(contract, f"{INDICATOR}I1/?periode=2026-05-05")
    assert "lundi 4 mai 2026" in shown and "66,67 %" in shown
    assert "Par flux" in shown and "2026-05-05/I1/lignes/?flux=3422" in shown
    assert "Autre façon de compter" in shown and "sans rien ôter" in shown
    cut = page(contract, f"{INDICATOR}I8/?periode=2026-05&site-export=csv")
    assert "NORD;6;6" in cut and "SUD;2;2" in cut
    assert "Par site" not in shown, "the answer rate has no site"
    rows = workbook(contract, f"{INDICATOR}I8/?periode=2026-05&classeur=1")
    assert {one["Code"] for one in rows} == {"I8"}
    page(contract, f"{INDICATOR}I99/", status=404)


@pytest.mark.clause("S-3.3.2-evolution")
def test_a_target_that_is_changed_judges_from_its_date_and_keeps_its_history(contract: Contract) -> None:
    amendment = Amendment.objects.create(
        contract=contract,
        number=1,
        title="Objectif du décroché",
        signed_on=date(2026, 4, 20),
        document_name="avenant-1.pdf",
        document_sha256="0" * 64,
        recorded_at=AT,
        recorded_by="user:test",
    )
    AmendedValue.objects.create(
        amendment=amendment,
        contract=contract,
        term="answer_rate_target",
        from_on=date(2026, 5, 5),
        value="0.75",
        clause="S-3.3.2-decroche",
    )
    was = page(contract, f"{INDICATOR}I1/?periode=2026-05-04")
    now = page(contract, f"{INDICATOR}I1/?periode=2026-05-05")
    assert "objectif ≥ 90 %" in was and "objectif ≥ 75 %" in now
    assert "Avenant n° 1" in was and "5 mai 2026" in was


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_the_week_is_drawn_hour_by_hour_and_durations_are_spread(contract: Contract) -> None:
    address = f"{BOARD}heures/?periode=2026-05"
    shown = page(contract, f"{address}&indicateur=I1")
    assert "Lundi, 14 h : 0 %" in shown.replace("0,0 %", "0 %") and "Mardi, 10 h : 100" in shown
    file = page(contract, f"{address}&indicateur=I1&heures-export=csv")
    assert "lundi;10;100;4;4" in file and "lundi;14;0;0;2" in file and "mardi;10;100;4;4" in file
    found = spreads(contract, date(2026, 5, 1), date(2026, 6, 1))
    assert found["talk"].calls == 8 and found["wait"].calls == 10
    # 3 min 10 s of talk and 20 s of hold: between three and four minutes.
    assert found["talk"].counts[found["talk"].edges.index(180)] == 8
    assert spreads(contract, date(2026, 6, 1), date(2026, 7, 1)) == {}
    assert "Aucun appel" in page(contract, f"{BOARD}heures/?periode=2026-06")


@pytest.mark.clause("S-3.3.2-intraday")
def test_a_point_in_the_day_says_what_must_come_by_the_evening(contract: Contract) -> None:
    address = f"{BOARD}journee/?jour=2026-05-04"
    noon = page(contract, f"{address}&heure=12:00")
    assert "100,00 %" in noon and "rien ne dit combien" in noon
    state_forecast(
        contract=contract,
        volumes=[Volume(date(2026, 5, 4), Channel.PHONE, "", 10)],
        source="Comité",
        content=b"x",
        file_name="x.csv",
        actor="user:test",
        at=AT,
    )
    noon = page(contract, f"{address}&heure=12:00")
    assert "Décrocher au moins 5 des 6 appels attendus, soit 83,3 % : 1 perte permise." in noon
    later = page(contract, f"{address}&heure=15:00")
    assert "4" in later and "l’objectif n’est plus atteint ce soir (4 appels attendus)" in later
    file = page(contract, f"{address}&export=csv")
    assert "10 h" in file and "15 h" in file and "17 h 30" in file


@pytest.mark.clause("S-3.3.2-intraday")
def test_without_forecast_the_rest_of_the_day_takes_the_shape_of_past_ones(
    contract: Contract, tmp_path: Path
) -> None:
    shown = page(contract, f"{BOARD}journee/?jour=2026-05-05&heure=12:00")
    # Monday had four calls in the morning for two after noon: four today leave two to come.
    assert "forme des quatre semaines précédentes" in shown
    assert "Décrocher au moins 2 des 2 appels attendus" in shown
    assert "Aucun fait ce jour-là" in page(contract, f"{BOARD}journee/?jour=2026-05-07")


def test_what_is_remembered_changes_with_the_facts(contract: Contract, tmp_path: Path) -> None:
    assert "8 ÷ 10" in page(contract, f"{BOARD}?periode=2026-05")
    import_file(
        contract=contract,
        path=acd_csv(tmp_path / "suite.csv", [row(appel="Z1", arrivee="06/05/2026 10:00:00", decroche="")]),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )
    assert "9 ÷ 11" in page(contract, f"{BOARD}?periode=2026-05")


def test_every_reader_opens_these_pages_even_without_facts(empty: Contract) -> None:
    for role in READERS:
        for address in (
            "heures/",
            "journee/",
            "indicateur/I1/",
            "classeur/",
            "abonnements/",
            "?periode=marche",
        ):
            exported(empty, BOARD + address, role)

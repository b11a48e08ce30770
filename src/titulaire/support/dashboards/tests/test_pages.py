"""The pages of the figures: a month, the facts behind one of its figures, what it costs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.journal.models import Entry
from titulaire.support.dashboards.tests.opening import AT, BOARD, READERS, exported, page
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file

pytestmark = pytest.mark.django_db
ROWS = "/marches/mes/tableaux/2026-05/I1/lignes/"
PENALTIES = "/marches/mes/tableaux/penalites/"


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_the_last_month_with_facts_opens_with_each_figure_and_why(contract: Contract) -> None:
    shown = page(contract, BOARD)
    assert "mai 2026" in shown and "avril 2026" in shown and "juin 2026" in shown
    assert "Taux de décroché" in shown and "80,00 %" in shown and "8 ÷ 10" in shown
    assert "objectif ≥ 90 %, pénalité si &lt; 89,00 %" in shown
    assert 'data-code="PAST_TRIGGER"' in shown and "A : événements" in shown
    assert ROWS in shown and "/marches/mes/contrat/clauses/S-3.3.2-decroche/" in shown
    assert "<svg" in shown and "Taux de décroché par jour" in shown


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
@pytest.mark.parametrize(
    ("par", "key"), [("site", "NORD"), ("motif", "CV_ILLISIBLE"), ("flux", "3422"), ("conseiller", "NORD")]
)
def test_a_month_is_cut_by_site_reason_or_flow_and_never_by_adviser(
    contract: Contract, par: str, key: str
) -> None:
    shown = page(contract, f"{BOARD}?mois=2026-05&par={par}")
    assert f'<th scope="row">{key}</th>' in shown
    assert "AGENT-" not in shown


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_the_tables_are_taken_away_as_numbers(contract: Contract) -> None:
    file = page(contract, f"{BOARD}?mois=2026-05&export=csv").removeprefix("\ufeff")
    rows = {one["Code"]: one for one in csv.DictReader(io.StringIO(file), delimiter=";")}
    assert float(rows["I1"]["Valeur"].replace(",", ".")) == 80
    assert (rows["I1"]["Numérateur"], rows["I1"]["Dénominateur"]) == ("8", "10")
    by_site = page(contract, f"{BOARD}?mois=2026-05&par=site&coupe-export=csv")
    assert "NORD" in by_site and "SUD" in by_site


@pytest.mark.parametrize("asked", ["2015-01", "2026-13", "x", "9999-12", "-1"])
def test_a_month_that_is_not_one_of_the_contract_gives_the_last_one(contract: Contract, asked: str) -> None:
    assert "mai 2026" in page(contract, f"{BOARD}?mois={asked}")


def test_a_month_without_facts_says_how_to_bring_some(contract: Contract) -> None:
    shown = page(contract, f"{BOARD}?mois=2026-07")
    assert "Aucun fait pour juillet 2026." in shown and "titulaire facts simulate" in shown
    assert "Dernier mois mesuré : mai 2026" in shown
    assert "<svg class=" not in shown


def test_a_contract_without_any_fact_says_so(empty: Contract) -> None:
    assert "Aucun fait pour" in page(empty, BOARD)
    assert "rien n’y est mesurable" in page(empty, PENALTIES)
    assert "Aucun fait pour mai 2026." in page(empty, ROWS)


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_a_figure_opens_to_its_calls(contract: Contract) -> None:
    shown = page(contract, ROWS)
    assert "8 ÷ 10" in shown and "80,00 %" in shown
    assert all(f'<th scope="row">{key}</th>' in shown for key in ("A0", "A7", "L0", "L1"))
    assert "04/05/2026 10:00" in shown
    assert 'Faits comptés <span class="count">10' in shown
    aside = page(contract, "/marches/mes/tableaux/2026-05/I7/lignes/?vue=ecartes")
    assert "L0" in aside and "A0" not in aside and "Pourquoi elle ne compte pas" in aside


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_a_cell_of_a_cut_opens_to_its_own_calls(contract: Contract) -> None:
    shown = page(contract, "/marches/mes/tableaux/2026-05/I7/lignes/?site=SUD")
    assert "A6" in shown and "A7" in shown and "A0" not in shown
    assert "/marches/mes/tableaux/2026-05/I7/lignes/?site=SUD" in page(contract, f"{BOARD}?par=site")


@pytest.mark.parametrize("role", READERS)
def test_no_adviser_is_shown_behind_a_figure(contract: Contract, role: Role) -> None:
    for code, view in (("I1", ""), ("I7", ""), ("I7", "?vue=ecartes"), ("I7", "?export=csv")):
        shown = exported(contract, f"/marches/mes/tableaux/2026-05/{code}/lignes/{view}", role)
        assert "AGENT-" not in shown


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("address", [f"{ROWS}conseillers/", f"{BOARD}conseillers/?periode=2026-05"])
def test_advisers_are_shown_to_their_supervisor_alone_and_it_is_written_down(
    contract: Contract, role: Role, address: str
) -> None:
    shown = page(contract, address, role, 200 if role is Role.SUPERVISOR else 403)
    assert ("AGENT-0" in shown) == (role is Role.SUPERVISOR)
    read = Entry.objects.filter(contract="mes", act="READ", target=address.partition("?")[0])
    assert read.count() == (1 if role is Role.SUPERVISOR else 0)


def test_the_supervisor_alone_is_led_to_the_names(contract: Contract) -> None:
    assert "lignes/conseillers/" in page(contract, ROWS)
    assert "lignes/conseillers/" not in page(contract, ROWS, Role.BUYER_MANAGER)


def test_rows_come_page_by_page(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("titulaire.support.dashboards.views.rows.SHOWN", 4)
    pages = [page(contract, f"{ROWS}?page={n}") for n in (1, 2, 3)]
    keys = [f"A{n}" for n in range(8)] + ["L0", "L1"]
    assert [sum(f">{key}</th>" in one for key in keys) for one in pages] == [4, 4, 2]
    assert [sum(f">{key}</th>" in one for one in pages) for key in keys] == [1] * 10
    assert page(contract, f"{ROWS}?page=99").count("</th><td") == 2


@pytest.mark.parametrize("address", ["2026-05/I99", "2026-13/I1", "1999-01/I1", "x/I1", "2026-05/I19"])
def test_what_has_no_rows_is_not_a_page(contract: Contract, address: str) -> None:
    page(contract, f"{BOARD}{address}/lignes/", status=404)


@pytest.mark.clause("S-9-penalites", "S-9-plafond")
def test_penalties_follow_from_the_invoices(contract: Contract) -> None:
    shown = page(contract, f"{PENALTIES}?mois=2026-05&telephonie=100+000,00&formulaires=&heures=100")
    assert "Taux de décroché" in shown and 'data-code="TRIGGERED"' in shown
    assert "100 000,00 €" in shown and "2 000,00 €" in shown
    assert all(f'<th scope="row">P{n}</th>' in shown for n in range(1, 11))
    assert "Effet" not in page(contract, PENALTIES)
    assert "Ce que changerait une autre lecture" in shown


def test_hours_that_no_fact_tells_are_unknown_and_cost_nothing(contract: Contract, tmp_path: Path) -> None:
    address = f"{PENALTIES}?mois=2026-05&telephonie=1000&heures=100"
    shown = page(contract, address)
    assert "les heures produites sont inconnues" in shown and shown.count('data-code="TRIGGERED"') == 1
    states = tmp_path / "etats.csv"
    states.write_text(
        "conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail\n"
        "C001;S1;04/05/2026 09:00:00;3600;Disponible;Téléphone;;N1;NORD;non\n",
        "utf-8",
    )
    imported = import_file(
        contract=contract, path=states, connector=find_connector("etats-csv"), actor="user:test", at=AT
    )
    assert imported.batch.state == "ACCEPTED", imported.refusals
    shown = page(contract, address)
    assert "les heures produites sont inconnues" not in shown
    assert shown.count('data-code="TRIGGERED"') == 2


@pytest.mark.clause("S-9-plafond")
def test_the_cap_is_said_beside_the_sum_that_it_limits(contract: Contract) -> None:
    shown = page(contract, f"{PENALTIES}?mois=2026-05&telephonie=100000&heures=100")
    assert "Somme avant plafond" in shown and "10 % des factures" in shown and "10 000,00 €" in shown
    assert "peut être résilié" not in shown


@pytest.mark.parametrize("amount", ["", "abc", "-1", "1,234"])
def test_an_amount_that_is_not_one_is_refused(contract: Contract, amount: str) -> None:
    shown = page(contract, f"{PENALTIES}?mois=2026-05&telephonie={amount}", status=422)
    assert "Somme avant plafond" not in shown


@pytest.mark.parametrize("role", READERS)
def test_every_reader_opens_every_page(contract: Contract, role: Role) -> None:
    for address in (BOARD, ROWS, f"{PENALTIES}?telephonie=1"):
        page(contract, address, role)


@pytest.mark.parametrize("address", [BOARD, ROWS, PENALTIES])
def test_no_one_else_does(contract: Contract, address: str) -> None:
    page(contract, address, Role.ADVISER, 403)

"""Tables over a list: filters, sort, pages, and the file that holds what is filtered."""

import csv
import io
from datetime import date

import pytest
from django.test import RequestFactory
from python_calamine import CalamineWorkbook

from titulaire.ui.tables import Column, Table
from titulaire.ui.tests.gallery import ORDERS, order_table


def get(query: str):
    return RequestFactory().get(f"/tableau/{query}")


def references(table: Table) -> list[str]:
    return [row.reference for row in table.filtered]


def test_without_anything_asked_the_given_order_stands():
    table = order_table(get(""))
    assert table.count == 130
    assert references(table)[0] == "CMD-2027-0130"
    assert table.count_text.replace("\u00a0", " ") == "130 commandes, de 1 à 50"


def test_every_word_searched_must_be_found_without_case_or_accent():
    assert {row.site for row in order_table(get("?q=evreux 0005")).filtered} == {"Évreux"}
    assert order_table(get("?q=oermingen")).count == 26
    assert order_table(get("?q=evreux rouen")).count == 0


def test_a_choice_keeps_one_value():
    assert {row.state for row in order_table(get("?etat=LATE")).filtered} == {"LATE"}


def test_a_period_includes_both_its_days():
    found = order_table(get("?recue_du=2027-01-06&recue_au=2027-01-08")).filtered
    assert sorted(row.received_on for row in found) == [date(2027, 1, 6), date(2027, 1, 7), date(2027, 1, 8)]


def test_a_date_that_cannot_be_read_is_said_and_filters_nothing():
    table = order_table(get("?recue_du=demain"))
    assert table.count == 130
    assert "Écrivez une date" in str(table)


@pytest.mark.parametrize(
    ("query", "first"), [("?tri=amount", 0), ("?tri=-amount", max(o.amount for o in ORDERS))]
)
def test_a_heading_sorts_both_ways(query, first):
    table = order_table(get(query))
    assert table.filtered[0].amount == first or query == "?tri=amount"
    amounts = [row.amount for row in table.filtered]
    assert amounts == sorted(amounts, reverse="-" in query)


@pytest.mark.parametrize(
    "query", ["?tri=inconnu", "?tri=share", "?page=999", "?page=x", "?par_page=7", "?etat=NON"]
)
def test_an_address_that_asks_nonsense_still_gives_the_page(query):
    table = order_table(get(query))
    assert table.count == 130
    assert "CMD-2027-" in str(table)


def test_pages_keep_the_filters_and_the_sort():
    table = order_table(get("?etat=LATE&tri=site&par_page=25"))
    assert table.next_url == "?etat=LATE&tri=site&par_page=25&page=2"
    assert ("etat", "LATE") not in table.kept
    assert ("tri", "site") in table.kept
    assert table.clear_url == "?tri=site&par_page=25"


def test_the_file_holds_exactly_what_is_filtered_all_pages_together():
    response = order_table(get("?etat=LATE&tri=reference&export=csv&par_page=25&page=2")).export_response()
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Référence", "Site", "Reçue le", "Titres", "Montant", "Livré", "État"]
    assert len(lines) == 1 + sum(order.state == "LATE" for order in ORDERS)
    assert {line[6] for line in lines[1:]} == {"En retard"}
    assert lines[1][2] == ORDERS[0].received_on.isoformat()
    assert response["Content-Disposition"].startswith('attachment; filename="commandes-')


def test_the_workbook_has_numbers_and_dates():
    response = order_table(get("?q=0001&export=xlsx")).export_response()
    row = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()[1]
    assert row == ["CMD-2027-0001", "Rouen", date(2027, 1, 5), 37.0, 277.5, 0.13, "En retard"]


def test_a_table_that_must_not_leave_does_not():
    table = order_table(get("?export=csv"), exportable=False)
    assert table.export == ""
    assert "export=" not in str(table)


def test_two_tables_on_a_page_do_not_answer_for_each_other():
    request = get("?a-etat=LATE&a-page=1&b-export=csv")
    one, other = order_table(request, prefix="a"), order_table(request, prefix="b")
    assert (one.count, other.count) == (26, 130)
    assert (one.export, other.export) == ("", "csv")


def test_headings_name_their_scope_and_their_sort():
    page = str(order_table(get("?tri=site")))
    assert 'scope="col" aria-sort="ascending"' in page
    assert 'scope="row"' in page
    assert "<caption" in page


def test_nothing_yet_says_what_to_do_and_nothing_found_says_how_to_see_all():
    assert "Déposer une commande" in str(order_table(get(""), []))
    empty = str(order_table(get("?q=introuvable")))
    assert "Aucun résultat" in empty
    assert "Déposer une commande" not in empty


def test_a_cell_is_escaped():
    table = Table(get(""), [{"name": "<b>x</b>"}], columns=[Column("name", "Nom")], caption="Noms")
    assert "&lt;b&gt;x&lt;/b&gt;" in str(table)

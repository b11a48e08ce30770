"""What leaves in a file: typed cells, French spreadsheets, no formula."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from titulaire.ui.exports import csv_bytes, csv_response, csv_value, safe_text, xlsx_bytes


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "  =1+1", "+A1", "-A1", "＝1+1"],
)
def test_text_that_a_spreadsheet_would_compute_is_quoted(text):
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["+33 1 23 45 67 89", "+33123456789", "-12,50", "-3", "Évreux", "", "a=b", "12-3"]
)
def test_phone_numbers_and_negative_numbers_stay_as_they_are(text):
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "oui"),
        (Decimal("-1234.50"), "-1234,50"),
        (0.25, "0,25"),
        (12, "12"),
        (date(2027, 3, 1), "2027-03-01"),
        (datetime(2027, 3, 1, 13, 5, tzinfo=UTC), "2027-03-01 14:05:00"),
    ],
)
def test_a_value_in_csv(value, written):
    assert csv_value(value) == written


def test_a_csv_opens_in_a_french_spreadsheet():
    body = csv_bytes(["Nom", "Montant"], [["Œuvre ; sociale", Decimal("7.5")]])
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.decode("utf-8-sig") == 'Nom;Montant\r\n"Œuvre ; sociale";7,5\r\n'


def test_the_file_keeps_its_french_name():
    header = csv_response("pénalités", ["a"], [])["Content-Disposition"]
    assert "filename*=UTF-8''p%C3%A9nalit%C3%A9s.csv" in header


def test_cells_of_a_workbook_keep_their_type_and_never_compute():
    rows = [
        ["=1+1", Decimal("7.50"), date(2027, 3, 1), 12, 10**16, None, datetime(2027, 3, 1, 13, 5, tzinfo=UTC)]
    ]
    body = xlsx_bytes(
        ["a", "b", "c", "d", "e", "f", "g"], rows, sheet="Commandes [mars]/2027", notes=[("Marché", "x")]
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    assert book.sheet_names == ["Commandes  mars  2027", "À propos"]
    cells = book.get_sheet_by_index(0).to_python()[1]
    assert cells == [
        "=1+1",
        7.5,
        date(2027, 3, 1),
        12.0,
        str(10**16),
        "",
        datetime(2027, 3, 1, 14, 5),
    ]

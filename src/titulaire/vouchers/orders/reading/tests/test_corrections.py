"""The refused rows come back as a file that the reading takes once corrected; the template is such a file too."""

from __future__ import annotations

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from titulaire.vouchers.orders.reading import (
    read_order_file,
    refused_rows_csv,
    refused_rows_xlsx,
    template_csv,
    template_xlsx,
)
from titulaire.vouchers.orders.reading.tests.samples import HEADINGS, OTHER, ROW, csv_bytes, row

pytestmark = [
    pytest.mark.clause("T-2.1.1.1-commande-mensuelle"),
    pytest.mark.clause("T-2.1.1.1-transmission"),
]
BAD = [
    row(reference="B-1", vouchers="0", postal_code="01000"),
    row(reference="B-2", last_name="=SOMME(A1)", campaign="a\tb"),
    row(reference="B-3", address="Rés. Bel Air\n12 rue Haute", month="13/2026"),
]


def as_rows(data: bytes) -> list[list[str]]:
    if data.startswith(b"PK"):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        return [[str(cell) for cell in cells] for cells in sheet.to_python()]
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("write", [refused_rows_csv, refused_rows_xlsx])
def test_refused_rows_come_back_with_why_and_can_be_read_again_as_they_are(write):
    found = read_order_file(csv_bytes([ROW, *BAD, OTHER]), "commande.csv")
    back = write(found)
    table = as_rows(back)
    assert table[0] == [*HEADINGS, "Erreur", "Comment corriger"]
    assert [cells[0] for cells in table[1:]] == ["B-1", "B-2", "B-3"]
    assert "nul" in table[1][-2]
    assert "au moins 1" in table[1][-1]
    again = read_order_file(back, "a-corriger")
    assert [(one.row, one.rule) for one in again.refusals] == [
        (one.row - 1, one.rule) for one in found.refusals
    ]
    assert [one.value.lstrip("'") for one in again.refusals] == [one.value for one in found.refusals]
    assert len(as_rows(write(again))[0]) == len(table[0])


def test_once_corrected_the_rows_are_ordered():
    found = read_order_file(csv_bytes([ROW, *BAD]), "commande.csv")
    text = refused_rows_csv(found).decode("utf-8-sig")
    mended = (
        text.replace("13/2026", "01/2026")
        .replace("'=SOMME(A1)", "Somme")
        .replace(";01000;Agen;0;", ";01000;Agen;7;")
    )
    again = read_order_file(mended.encode("utf-8-sig"), "corrige.csv")
    assert not again.refusals
    assert [(one.reference, one.vouchers) for one in again.rows] == [("B-1", 7), ("B-2", 5), ("B-3", 5)]
    assert again.rows[0].address[-1] == "01000 AGEN"


def test_no_cell_of_the_csv_is_a_formula_for_a_spreadsheet():
    found = read_order_file(
        csv_bytes([row(reference="=cmd|' /C calc'!A0", last_name="+1+1", first_name="@x", city="-2+3")]), "f"
    )
    (_, cells) = as_rows(refused_rows_csv(found))
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "-")]


def test_the_same_refusals_make_the_same_bytes():
    found = read_order_file(csv_bytes(BAD), "f")
    assert refused_rows_xlsx(found) == refused_rows_xlsx(found)


def test_a_file_refused_whole_gives_headings_only():
    assert len(as_rows(refused_rows_csv(read_order_file(b"", "f")))) == 1
    assert refused_rows_xlsx(read_order_file(b"", "f")).startswith(b"PK")


@pytest.mark.parametrize("template", [template_csv, template_xlsx])
def test_the_template_is_recognised_and_its_example_never_ordered(template):
    found = read_order_file(template(), "modele")
    assert [one.rule for one in found.refusals] == ["NO_ROWS"]
    assert not found.missing_fields
    assert len(found.mapping) == 14


def test_a_filled_template_is_an_order_and_its_example_is_ignored():
    text = template_csv().decode("utf-8-sig") + "R1;Mme;Roc;Léa;;;1 rue A;;47000;Agen;5;01/2026;;\r\n"
    found = read_order_file(text.encode(), "f")
    assert [one.reference for one in found.rows] == ["R1"]
    assert [one.rule for one in found.notices] == ["EXAMPLE_IGNORED"]


def test_the_example_would_be_a_good_row():
    text = template_csv().decode("utf-8-sig").replace("EXEMPLE-0001", "R1")
    assert not read_order_file(text.encode(), "f").refusals

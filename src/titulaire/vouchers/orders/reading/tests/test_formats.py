"""Encodings, separators, headings, workbooks: the same table, however it was saved."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from titulaire.vouchers.orders.reading import FIELDS, UnknownField, read_order_file
from titulaire.vouchers.orders.reading.headings import field_of
from titulaire.vouchers.orders.reading.tests.samples import (
    HEADINGS,
    OTHER,
    ROW,
    csv_bytes,
    ods_bytes,
    reworked,
    row,
    unzipped,
    xlsx_bytes,
)

pytestmark = [
    pytest.mark.clause("T-2.1.1.1-commande-mensuelle"),
    pytest.mark.clause("T-2.1.1.1-transmission"),
]
REFERENCE = read_order_file(csv_bytes([ROW, OTHER]), "reference.csv")


def rules(found):
    return [(refusal.row, refusal.rule) for refusal in found.refusals]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
        ("iso8859-15", "ISO-8859-15"),
        ("mac-roman", "Mac"),
    ],
)
def test_the_same_table_in_every_encoding_and_separator(encoding, name, separator):
    found = read_order_file(csv_bytes([ROW, OTHER], separator=separator, encoding=encoding), "f.csv")
    assert (found.format, found.encoding, found.separator) == ("CSV", name, separator)
    assert not found.refusals
    assert found.rows == REFERENCE.rows
    assert found.fingerprint == REFERENCE.fingerprint


@pytest.mark.parametrize("encoding", ["latin-1", "cp850"])
def test_tables_without_the_oe_ligature(encoding):
    rows = [ROW, row(reference="2", last_name="Bézière", first_name="Chloë")]
    assert (
        read_order_file(csv_bytes(rows, encoding=encoding), "f").rows
        == read_order_file(csv_bytes(rows), "f").rows
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_end_of_line(newline):
    assert read_order_file(csv_bytes([ROW, OTHER], newline=newline), "f").rows == REFERENCE.rows


def test_the_separator_that_excel_declares():
    assert [one.row for one in read_order_file(b"sep=;\r\n" + csv_bytes([ROW]), "f").rows] == [3]


def test_a_quoted_separator_stays_in_its_cell():
    found = read_order_file(csv_bytes([row(address="12; rue Haute")]), "f")
    assert found.rows[0].address[2] == "12 RUE HAUTE"


def test_a_quote_left_open_refuses_the_file_and_never_swallows_rows():
    text = csv_bytes([ROW, OTHER]).decode().replace("D-001;Mme;", 'D-001;"Mme;')
    assert rules(read_order_file(text.encode(), "f")) == [(0, "QUOTES_BROKEN")]
    two = csv_bytes([ROW, OTHER, row(reference="3")]).decode().replace(";Nom;", ";Nom;")
    two = two.replace("D-001;Mme;D'", "D-001;Mme;\"D'").replace("D-002;M.;Lecœur", 'D-002;M.;Lecœur"')
    found = read_order_file(two.encode(), "f")
    assert found.refusals
    assert "D-002" not in {one.reference for one in found.rows}


# --- Headings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Réf. bénéficiaire", "reference"),
        ("N° dossier", "reference"),
        ("n°  de DOSSIER", "reference"),
        ("Référence", "reference"),
        ("REFERENCE DOSSIER", "reference"),
        ("Civilité", "civility"),
        ("CIV.", "civility"),
        ("Nom", "last_name"),
        ("NOM *", "last_name"),
        ("Nom de famille", "last_name"),
        ("Nom d’usage", "used_name"),
        ("Nom d'usage", "used_name"),
        ("Prénom", "first_name"),
        ("PRENOM(S)", "first_name"),
        ("Nom et prénom", "full_name"),
        ("Adresse", "address_1"),
        ("Adresse 1", "address_1"),
        ("adresse_2", "address_2"),
        ("Adresse ligne 3", "address_3"),
        ("Complément d’adresse", "complement_1"),
        ("Lieu-dit", "place"),
        ("CP", "postal_code"),
        ("Code Postal", "postal_code"),
        ("Ville", "city"),
        ("Commune", "city"),
        ("CP / Ville", "postal_city"),
        ("Nb titres", "vouchers"),
        ("Nbre de titres", "vouchers"),
        ("Quantité", "vouchers"),
        ("QTE", "vouchers"),
        ("Nombre de titres-services", "vouchers"),
        ("Mois", "month"),
        ("Mois (MM/AAAA)", "month"),
        ("Période", "month"),
        ("Livraison", "delivery"),
        ("Mode de livraison", "delivery"),
        ("Campagne", "campaign"),
        ("Téléphone", ""),
        ("", ""),
        ("Erreur", ""),
        ("Comment corriger", ""),
        ("Date de naissance", ""),
    ],
)
def test_headings_are_recognised(heading, field):
    assert field_of(heading) == field


def test_every_label_and_synonym_announces_its_own_field():
    for field in FIELDS:
        for name in (field.label, *field.synonyms):
            assert field_of(name.upper()) == field.code


def test_columns_may_stand_in_any_order_with_unknown_ones_between():
    order = [11, 3, 8, 0, 6, 2, 5, 10, 7, 1, 4, 9]
    shuffled = [["?", *(cells[at] for at in order)] for cells in (HEADINGS, ROW, OTHER)]
    found = read_order_file(csv_bytes(shuffled[1:], shuffled[0]), "f")
    assert found.rows == REFERENCE.rows


def test_a_missing_column_is_named_with_what_resembles_it():
    headings = [*HEADINGS[:8], "Titres demandés", *HEADINGS[9:]]
    found = read_order_file(csv_bytes([ROW], headings), "f")
    assert found.missing_fields == ("vouchers",)
    assert not found.rows
    (refusal,) = found.refusals
    assert (refusal.row, refusal.rule, refusal.column) == (0, "COLUMN_MISSING", "Nombre de titres")
    assert "« Titres demandés »" in refusal.mend


def test_a_mapping_by_hand_settles_it_and_wins_over_recognition():
    headings = [*HEADINGS[:8], "Droits", *HEADINGS[9:11], "Nb titres"]
    found = read_order_file(csv_bytes([(*ROW[:11], "99")], headings), "f", mapping={"vouchers": "Droits"})
    assert found.rows[0].vouchers == 5
    assert found.mapping["vouchers"] == "Droits"


def test_a_mapping_to_a_heading_that_is_gone_falls_back_on_recognition():
    assert (
        read_order_file(csv_bytes([ROW, OTHER]), "f", mapping={"vouchers": "Droits"}).rows == REFERENCE.rows
    )


def test_a_mapping_of_an_unknown_field_is_a_fault_of_the_caller():
    with pytest.raises(UnknownField):
        read_order_file(csv_bytes([ROW]), "f", mapping={"color": "Nom"})


def test_two_columns_for_one_field_are_settled_by_hand():
    headings = ["Nom" if heading == "Campagne" else heading for heading in HEADINGS]
    found = read_order_file(csv_bytes([ROW], headings), "f")
    assert rules(found) == [(0, "COLUMN_TWICE")]
    assert found.missing_fields == ("last_name",)
    assert "Nom (2)" in found.headings
    assert read_order_file(csv_bytes([ROW], headings), "f", mapping={"last_name": "Nom"}).rows


def test_a_table_without_known_headings_is_mapped_whole_by_hand():
    found = read_order_file(csv_bytes([ROW], [f"c{at}" for at in range(12)]), "f")
    assert rules(found) == [(0, "HEADINGS_MISSING")]
    assert found.headings[:2] == ("c0", "c1")
    assert "reference" in found.missing_fields
    by_hand = {
        "reference": "c0",
        "last_name": "c2",
        "first_name": "c3",
        "address_1": "c5",
        "postal_code": "c6",
        "city": "c7",
        "vouchers": "c8",
        "month": "c9",
    }
    again = read_order_file(csv_bytes([ROW], [f"c{at}" for at in range(12)]), "f", mapping=by_hand)
    assert [one.last_name for one in again.rows] == ["D'Almeïda"]


# --- Workbooks -----------------------------------------------------------------------------------------------


def test_a_workbook_gives_the_same_rows_as_the_text():
    found = read_order_file(xlsx_bytes([ROW, OTHER]), "f.xlsx")
    assert (found.format, found.sheet) == ("XLSX", "Feuil1")
    assert found.rows == REFERENCE.rows
    assert found.fingerprint == REFERENCE.fingerprint


def test_an_open_document_gives_the_same_rows_as_the_text():
    found = read_order_file(ods_bytes([ROW, OTHER]), "f.ods")
    assert found.format == "ODS", found.refusals
    assert found.rows == REFERENCE.rows


def test_numbers_and_dates_of_cells_are_read_as_shown():
    cells = list(ROW)
    cells[6], cells[8], cells[9] = 47000, 5.0, datetime(2026, 1, 1)
    found = read_order_file(xlsx_bytes([cells]), "f.xlsx")
    assert found.rows[0] == REFERENCE.rows[0]


def test_a_code_stored_as_a_number_that_lost_its_zero_is_asked_for():
    cells = list(ROW)
    cells[6] = 1000
    (refusal,) = read_order_file(xlsx_bytes([cells]), "f.xlsx").refusals
    assert (refusal.rule, refusal.value) == ("POSTAL_CODE_INVALID", "1000")


def test_the_first_sheet_that_has_headings_is_read_or_the_one_chosen():
    import io

    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Note").write(0, 0, "Bonjour")
        for name, cells in (("Janvier", ROW), ("Février", OTHER)):
            sheet = book.add_worksheet(name)
            sheet.write(0, 0, "Commande mensuelle")
            sheet.write_row(3, 2, HEADINGS)
            sheet.write_row(5, 2, cells)
    first = read_order_file(out.getvalue(), "f")
    assert (first.sheet, [(one.row, one.reference) for one in first.rows]) == ("Janvier", [(6, "D-001")])
    assert read_order_file(out.getvalue(), "f", sheet="Février").rows[0].reference == "D-002"


def test_a_row_is_numbered_as_the_spreadsheet_numbers_it_and_the_cell_is_named():
    (refusal,) = read_order_file(xlsx_bytes([[], [], row(vouchers="0")]), "f").refusals
    assert refusal.row == 4
    assert "I4" in refusal.message


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "FILE_EMPTY"),
        (b"\r\n;;;\r\n", "FILE_EMPTY"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "FORMAT_OLD"),
        (b"%PDF-1.7 ...", "FORMAT_UNKNOWN"),
        (b"\x89PNG\r\n", "FORMAT_UNKNOWN"),
        (bytes(range(256)) * 20, "FORMAT_UNKNOWN"),
        (b"bonjour", "HEADINGS_MISSING"),
        (b"PK\x03\x04", "ARCHIVE_BROKEN"),
        (xlsx_bytes([]), "NO_ROWS"),
    ],
)
def test_what_is_not_an_order_is_refused_with_how_to_mend(data, rule):
    found = read_order_file(data, "f")
    assert rules(found) == [(0, rule)]
    assert found.refusals[0].mend
    assert not found.rows
    assert found.fingerprint == ""


def test_a_damaged_sheet_is_refused():
    data = xlsx_bytes([ROW])
    sheet = unzipped(data)["xl/worksheets/sheet1.xml"]
    broken = reworked(data, **{"xl/worksheets/sheet1.xml": sheet[: len(sheet) // 2]})
    found = read_order_file(broken, "f")
    assert not found.rows
    assert found.refusals


def test_the_sheet_is_read_at_a_date_of_the_old_mac_calendar_or_not_at_all():
    assert read_order_file(xlsx_bytes([row(month="2026-01-01")]), "f").rows[0].month == date(2026, 1, 1)

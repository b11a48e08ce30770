"""What each row becomes: ordered, or refused with the cell and how to mend it."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.vouchers.orders.reading import LIMITS, RULES, Limits, read_order_file
from titulaire.vouchers.orders.reading.tests.samples import HEADINGS, OTHER, ROW, csv_bytes, row

pytestmark = pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
JANUARY = date(2026, 1, 1)


def read(*rows, **options):
    return read_order_file(csv_bytes(rows), "commande.csv", **options)


def rules(found):
    return [(refusal.row, refusal.rule) for refusal in found.refusals]


def test_a_good_row_is_ordered_as_it_was_written():
    found = read(ROW, OTHER)
    assert not found.refusals
    first, second = found.rows
    assert (first.row, first.reference, first.civility, first.last_name, first.first_name) == (
        2,
        "D-001",
        "MME",
        "D'Almeïda",
        "Zoé",
    )
    assert (first.vouchers, first.month, first.delivery, first.campaign) == (5, JANUARY, "HOME", "")
    assert first.address == ("Mme Zoé D'Almeïda", "Apt 4", "12 BIS RUE DE L EGLISE", "47000 AGEN")
    assert first.address_given == ("Mme Zoé D'Almeïda", "Apt 4", "12, bis rue de l'Église", "47000 Agen")
    assert (second.vouchers, second.month, second.delivery, second.campaign) == (10, JANUARY, "CPAM", "Hiver")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"reference": ""}, "REFERENCE_MISSING"),
        ({"reference": "D|1"}, "REFERENCE_INVALID"),
        ({"reference": "D" * 41}, "REFERENCE_INVALID"),
        ({"last_name": "  "}, "NAME_MISSING"),
        ({"last_name": "Dup0nt"}, "NAME_INVALID"),
        ({"last_name": "DUPОNT"}, "NAME_INVALID"),  # a Cyrillic О
        ({"last_name": "-"}, "NAME_INVALID"),
        ({"last_name": "L" * 37}, "NAME_TOO_LONG"),
        ({"civility": "Docteur"}, "CIVILITY_UNKNOWN"),
        ({"address": ""}, "ADDRESS_MISSING"),
        ({"address": "12 rue " + "Q" * 32}, "ADDRESS_TOO_LONG"),
        (
            {"address": "\n".join(letter * 30 for letter in "abcd") + "\n12 rue Haute"},
            "ADDRESS_TOO_MANY_LINES",
        ),
        ({"address": "12 ул. Ленина"}, "ADDRESS_CHARACTER"),
        ({"city": "Belgique"}, "ADDRESS_FOREIGN"),
        ({"city": ""}, "CITY_MISSING"),
        ({"city": "12"}, "CITY_INVALID"),
        ({"city": "CEDEX"}, "CITY_INVALID"),
        ({"postal_code": ""}, "POSTAL_CODE_MISSING"),
        ({"postal_code": "1000"}, "POSTAL_CODE_INVALID"),
        ({"postal_code": "2A004"}, "POSTAL_CODE_INVALID"),
        ({"postal_code": "99123"}, "POSTAL_CODE_INVALID"),
        ({"vouchers": ""}, "QUANTITY_MISSING"),
        ({"vouchers": "2,5"}, "QUANTITY_NOT_INTEGER"),
        ({"vouchers": "cinq"}, "QUANTITY_NOT_INTEGER"),
        ({"vouchers": "٥"}, "QUANTITY_NOT_INTEGER"),
        ({"vouchers": "1e3"}, "QUANTITY_NOT_INTEGER"),
        ({"vouchers": "0"}, "QUANTITY_ZERO"),
        ({"vouchers": "-3"}, "QUANTITY_NEGATIVE"),
        ({"vouchers": "251"}, "QUANTITY_TOO_LARGE"),
        ({"vouchers": "9" * 30}, "QUANTITY_NOT_INTEGER"),
        ({"month": ""}, "MONTH_MISSING"),
        ({"month": "13/2026"}, "MONTH_UNREADABLE"),
        ({"month": "bientôt"}, "MONTH_UNREADABLE"),
        ({"delivery": "pigeon"}, "DELIVERY_UNKNOWN"),
        ({"delivery": "domicile CPAM"}, "DELIVERY_UNKNOWN"),
        ({"campaign": "c" * 61}, "CAMPAIGN_TOO_LONG"),
        ({"address": "12 rue " + "a" * 500}, "CELL_TOO_LONG"),
        ({"last_name": "Dupont\nDurand"}, "LINE_BREAK"),
        ({"first_name": "=1+1"}, "FORMULA"),
        ({"last_name": "@SUM(A1)"}, "FORMULA"),
        ({"city": "+33"}, "FORMULA"),
        ({"last_name": "Dup\u202eont"}, "BIDI_CHARACTER"),
        ({"last_name": "Dup\ufffdnt"}, "UNREADABLE_CHARACTER"),
        ({"first_name": "ZoÃ©"}, "UNREADABLE_CHARACTER"),
    ],
)
def test_a_bad_cell_refuses_its_row_and_no_other(changed, rule):
    found = read(row(**changed), OTHER)
    assert (2, rule) in rules(found)
    assert [one.row for one in found.rows] == [3]
    assert RULES[rule].scope == "ROW"
    for refusal in found.refusals:
        assert refusal.mend
        assert refusal.message.startswith("Cellule ")
        assert f"{refusal.row} (« {refusal.column} »)" in refusal.message


def test_every_bad_cell_of_a_row_is_told_at_once():
    found = read(row(last_name="", vouchers="0", postal_code="1000"), OTHER)
    assert {rule for _, rule in rules(found)} == {"NAME_MISSING", "QUANTITY_ZERO", "POSTAL_CODE_INVALID"}


def test_a_code_that_lost_its_zero_is_asked_for_and_never_guessed():
    (refusal,) = read(row(postal_code="1000"), OTHER).refusals
    assert "01000" in refusal.mend


def test_a_row_with_more_cells_than_headings_is_refused_since_they_may_have_shifted():
    found = read((*ROW, "", "en trop"), OTHER)
    assert rules(found) == [(2, "ROW_TOO_WIDE")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("5,0", 5),
        ("5.00", 5),
        ("+5", None),
        ("05", 5),
        ("1 000", 1000),
        ("250", 250),
        ("1", 1),
    ],
)
def test_quantities_people_write(text, count):
    found = read(row(vouchers=text), limits=Limits(vouchers=1000))
    assert [one.vouchers for one in found.rows] == ([] if count is None else [count])


@pytest.mark.parametrize(
    "text",
    [
        "01/2026",
        "1/2026",
        "01/26",
        "01-2026",
        "01.2026",
        "2026-01",
        "2026/1",
        "202601",
        "janvier 2026",
        "Janvier 2026",
        "JANVIER 2026",
        "janv. 2026",
        "janv-26",
        "jan 2026",
        "01/01/2026",
        "15/01/2026",
        "2026-01-15",
        "2026-01-01 00:00:00",
        "1er janvier 2026".replace("1er", "1"),
        "46023",
    ],
)
def test_months_people_write(text):
    found = read(row(month=text))
    assert [one.month for one in found.rows] == [JANUARY], found.refusals


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("février 2026", 2),
        ("fevrier 2026", 2),
        ("févr. 2026", 2),
        ("mars 26", 3),
        ("avr 2026", 4),
        ("mai 2026", 5),
        ("juin 2026", 6),
        ("juil. 2026", 7),
        ("août 2026", 8),
        ("sept. 2026", 9),
        ("oct. 2026", 10),
        ("nov 2026", 11),
        ("déc. 2026", 12),
        ("décembre 2026", 12),
    ],
)
def test_french_month_names(text, number):
    assert [one.month for one in read(row(month=text)).rows] == [date(2026, number, 1)]


@pytest.mark.parametrize(
    "text", ["ju 2026", "01/15/2026", "00/2026", "2026-13", "01/1999", "32/01/2026", "ma 2026"]
)
def test_months_that_mean_nothing_or_two_things(text):
    assert rules(read(row(month=text))) == [(2, "MONTH_UNREADABLE")]


def test_a_month_that_is_not_open_is_refused_with_those_that_are():
    (refusal,) = read(row(month="03/2026"), months=[JANUARY, date(2026, 2, 1)]).refusals
    assert refusal.rule == "MONTH_NOT_OPEN"
    assert "janvier 2026, février 2026" in refusal.mend


def test_a_month_without_a_year_is_the_open_one():
    assert read(row(month="janvier"), months=[JANUARY]).rows[0].month == JANUARY
    assert rules(read(row(month="janvier"))) == [(2, "MONTH_UNREADABLE")]


def test_an_empty_month_is_the_one_given_on_screen():
    assert read(row(month=""), default_month=date(2026, 2, 17)).rows[0].month == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ""),
        ("M", "M"),
        ("Mr.", "M"),
        ("Monsieur", "M"),
        ("MME", "MME"),
        ("Madame", "MME"),
        ("Mlle", "MME"),
        ("M. et Mme", "M_MME"),
        ("M. ou Mme", None),
    ],
)
def test_civilities(text, code):
    assert [one.civility for one in read(row(civility=text)).rows] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "HOME"),
        ("Domicile", "HOME"),
        ("à domicile", "HOME"),
        ("Chez le bénéficiaire", "HOME"),
        ("CPAM", "CPAM"),
        ("Accueil de la caisse", "CPAM"),
    ],
)
def test_deliveries(text, code):
    assert [one.delivery for one in read(row(delivery=text)).rows] == [code]


def test_names_keep_their_accents_hyphens_apostrophes_and_case():
    found = read(row(last_name="de  L’Hoëst-Ñuñez ", first_name="Anne\u00a0Cécile"))
    assert (found.rows[0].last_name, found.rows[0].first_name) == ("de L’Hoëst-Ñuñez", "Anne Cécile")


def test_decomposed_letters_and_hidden_signs_are_put_right():
    found = read(row(last_name="Re\u0301my\u200b", first_name="A\x07nne"))
    assert (found.rows[0].last_name, found.rows[0].first_name) == ("Rémy", "Anne")


def test_the_name_in_use_is_printed_rather_than_the_birth_name():
    headings = ("Réf", "Nom de naissance", "Nom d'usage", "Prénom", "Adresse", "CP", "Ville", "Qté")
    rows = [
        ("1", "Bel", "Roc", "Léa", "1 rue A", "47000", "Agen", "5"),
        ("2", "Bel", "", "Léo", "1 rue A", "47000", "Agen", "5"),
    ]
    found = read_order_file(csv_bytes(rows, headings), "f", default_month=JANUARY)
    assert [one.last_name for one in found.rows] == ["Roc", "Bel"]


# --- Twice ---------------------------------------------------------------------------------------------------


def test_the_same_row_twice_is_ordered_once():
    found = read(ROW, OTHER, ROW)
    assert rules(found) == [(4, "DUPLICATE_ROW")]
    assert [one.row for one in found.rows] == [2, 3]


def test_one_reference_with_two_names_refuses_both_rows():
    found = read(ROW, row(last_name="Autre"), OTHER)
    assert rules(found) == [(2, "REFERENCE_TWO_NAMES"), (3, "REFERENCE_TWO_NAMES")]


def test_one_person_with_two_quantities_for_a_month_refuses_both_rows():
    found = read(ROW, row(vouchers="6"), OTHER)
    assert rules(found) == [(2, "REFERENCE_TWICE"), (3, "REFERENCE_TWICE")]


@pytest.mark.parametrize("changed", [{"month": "02/2026"}, {"campaign": "Été"}])
def test_one_person_may_have_two_months_or_two_campaigns(changed):
    assert not read(ROW, row(**changed)).refusals


def test_homonyms_are_pointed_out_and_never_merged():
    same = read(ROW, row(reference="D-009"))
    assert len(same.rows) == 2
    assert [(one.rule, one.row, one.other_rows) for one in same.notices] == [
        ("HOMONYM_SAME_ADDRESS", 2, (3,))
    ]
    apart = read(ROW, row(reference="D-009", city="Foulayronnes", last_name="d'almeida"))
    assert [(one.rule, one.row, one.other_rows) for one in apart.notices] == [("HOMONYM", 2, (3,))]


# --- What is not a row ---------------------------------------------------------------------------------------


def test_blank_lines_titles_totals_and_repeated_headings_are_not_rows():
    table = [
        ("Commande de janvier",),
        (),
        HEADINGS,
        ROW,
        (),
        HEADINGS,
        OTHER,
        ("", "", "Total général", *[""] * 5, "15"),
    ]
    found = read_order_file(csv_bytes(table, ()), "f")
    assert [one.row for one in found.rows] == [4, 7]
    assert [one.rule for one in found.notices] == ["TOTAL_IGNORED"]


def test_a_total_that_differs_is_pointed_out():
    found = read(ROW, ("Total", *[""] * 7, "50"))
    assert [one.rule for one in found.notices] == ["TOTAL_IGNORED", "TOTAL_DIFFERS"]
    assert "50" in found.notices[1].message


def test_a_beneficiary_named_total_is_a_beneficiary():
    assert [one.last_name for one in read(row(last_name="Total")).rows] == ["Total"]


def test_a_file_without_beneficiary_says_so():
    assert rules(read()) == [(0, "NO_ROWS")]


def test_the_limits_are_held():
    many = [row(reference=f"R{number}") for number in range(30)]
    assert len(read(*many, limits=Limits(rows=30)).rows) == 30
    assert rules(read(*many, limits=Limits(rows=29))) == [(0, "TOO_MANY_ROWS")]
    assert rules(read(*many, limits=Limits(columns=11))) == [(0, "TOO_MANY_COLUMNS")]
    assert rules(read(*many, limits=Limits(file_bytes=200))) == [(0, "FILE_TOO_LARGE")]
    assert LIMITS.rows == 20_000

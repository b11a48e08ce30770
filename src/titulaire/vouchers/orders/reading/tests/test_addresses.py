"""NF Z10-011: six lines of 38 characters, capitals without punctuation from the fourth, nothing lost in silence."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titulaire.vouchers.orders.reading import read_order_file
from titulaire.vouchers.orders.reading.addresses import (
    COMPLEMENT_ABBREVIATIONS,
    STREET_ABBREVIATIONS,
    TITLE_ABBREVIATIONS,
    city_line,
    compose,
    postal_code,
    recipient,
)
from titulaire.vouchers.orders.reading.rules import CellRefused
from titulaire.vouchers.orders.reading.tests.samples import csv_bytes, row

WHO, LAST = "Mme Zoé Roc", "47000 AGEN"


def lines(*streets: str, complements: tuple[str, ...] = (), places: tuple[str, ...] = ()) -> tuple[str, ...]:
    return compose(WHO, complements, streets, places, LAST).lines[1:-1]


@pytest.mark.parametrize(
    ("given_line", "printed"),
    [
        ("12, bis rue de l'Église", "12 BIS RUE DE L EGLISE"),
        ("Lieu-dit « Le Bœuf »", "LIEU DIT LE BOEUF"),
        ("3 RUE HAUTE", "3 RUE HAUTE"),
        # 38 characters, the street's own label 32: kept whole
        ("1234A RUE DU FAUBOURG SAINT ANTOINE ABC"[:38], "1234A RUE DU FAUBOURG SAINT ANTOINE AB"),
        ("8 avenue du Maréchal de Lattre de Tassigny", "8 AV DU MAL DE LATTRE DE TASSIGNY"),
        ("125 boulevard de la République et du Progrès", "125 BD DE LA REPUBLIQUE ET DU PROGRES"),
        ("RUE " + "A" * 34, "RUE " + "A" * 34),
        ("14 allée des Grands-Chênes", "14 ALLEE DES GRANDS CHENES"),
    ],
)
def test_streets(given_line, printed):
    assert lines(given_line) == (printed,)
    assert len(printed) <= 38


@pytest.mark.parametrize(("length", "fits"), [(37, True), (38, True), (39, False)])
def test_a_line_of_38_characters_fits_and_one_of_39_does_not(length, fits):
    street = "RUE " + "A" * (length - 4)
    if fits:
        assert lines(street) == (street,)
        return
    with pytest.raises(CellRefused) as refused:
        lines(street)
    assert refused.value.rule == "ADDRESS_TOO_LONG"
    assert "39 caractères" in refused.value.message


def test_nothing_is_shortened_that_fits():
    found = compose(WHO, ("Appartement 12, bâtiment C",), ("12 avenue Haute",), (), LAST)
    assert found.lines[1:3] == ("Appartement 12, bâtiment C", "12 AVENUE HAUTE")
    assert not found.shortened


def test_a_shortened_address_says_so():
    assert compose(WHO, (), ("8 avenue du Maréchal de Lattre de Tassigny",), (), LAST).shortened


@pytest.mark.parametrize(
    ("given_lines", "printed"),
    [
        (("12 rue Haute", "Appt 4"), ("Appt 4", "12 RUE HAUTE")),
        (("Résidence Bel Air", "12 rue Haute"), ("Résidence Bel Air", "12 RUE HAUTE")),
        (("12 rue Haute", "Lieu-dit Mas"), ("12 RUE HAUTE", "LIEU DIT MAS")),
        (("12 rue Haute", "BP 40"), ("12 RUE HAUTE", "BP 40")),
        (("Chez M. Bel", "Le Bourg"), ("Chez M. Bel", "LE BOURG")),
        (("2e étage", "12 rue Haute"), ("2e étage", "12 RUE HAUTE")),
    ],
)
def test_flats_and_buildings_stand_above_the_street(given_lines, printed):
    assert lines(*given_lines) == printed


def test_six_lines_and_no_more():
    four = ("Appt 4" + "x" * 20, "Bât C" + "y" * 20, "12 rue Haute", "Lieu-dit Mas")
    assert len(lines(*four)) == 4
    with pytest.raises(CellRefused, match="ADDRESS_TOO_MANY_LINES"):
        lines("Entrée 3" + "z" * 20, *four)


def test_short_complements_share_a_line_when_lines_are_short():
    assert lines("Appt 4", "Esc 2", "Bât C", "12 rue Haute", "Le Mas") == (
        "Appt 4 Esc 2",
        "Bât C",
        "12 RUE HAUTE",
        "LE MAS",
    )


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("01000", "01000"),
        ("47000", "47000"),
        ("20000", "20000"),
        ("20620", "20620"),
        ("75116", "75116"),
        ("97100", "97100"),
        ("97400", "97400"),
        ("97500", "97500"),
        ("97690", "97690"),
        ("98000", "98000"),
        ("98800", "98800"),
        ("47 000", "47000"),
        ("F-47000", "47000"),
        ("47000 ", "47000"),
        ("00100", "00100"),
    ],
)
def test_postal_codes(code, kept):
    assert postal_code(code) == kept


@pytest.mark.parametrize(
    "code",
    ["1000", "470000", "4700", "96000", "97900", "98100", "99000", "00000", "2A004", "AB123", "B-1000"],
)
def test_codes_that_la_poste_does_not_serve(code):
    with pytest.raises(CellRefused, match="POSTAL_CODE_INVALID"):
        postal_code(code)


@pytest.mark.parametrize(
    ("city", "line"),
    [
        ("Agen", "47000 AGEN"),
        ("L'Île-d'Yeu", "47000 L ILE D YEU"),
        ("AGEN CEDEX 9", "47000 AGEN CEDEX 9"),
        ("Agen (47)", "47000 AGEN"),
        ("47000 Agen", "47000 AGEN"),
        ("Lyon 3e", "47000 LYON 3E"),
        ("Sœurdres", "47000 SOEURDRES"),
        ("Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "47000 ST REMY EN BOUZEMONT ST GENEST ET ISSON"),
    ],
)
def test_cities(city, line):
    if len(line) > 38:
        with pytest.raises(CellRefused, match="ADDRESS_TOO_LONG"):
            city_line("47000", city)
    else:
        assert city_line("47000", city) == line


def test_a_long_first_name_is_reduced_to_its_initials_before_the_name_is_refused():
    assert recipient("MME", "de la Rochefontaine", "Marie-Antoinette") == (
        "Mme M A de la Rochefontaine",
        True,
    )
    assert recipient("M", "R" * 29, "Jo") == ("M Jo " + "R" * 29, False)


def test_an_address_in_one_cell_with_line_breaks_gives_its_code_and_city():
    headings = ("N° dossier", "Nom", "Prénom", "Adresse complète", "Quantité")
    rows = [
        ("1", "Roc", "Léa", "Rés. Bel Air\n12 rue Haute\n47000 Agen", "5"),
        ("2", "Bel", "Léo", "12 rue Haute", "5"),
    ]
    found = read_order_file(csv_bytes(rows, headings), "f", default_month=date(2026, 1, 1))
    assert found.rows[0].address == ("Léa Roc", "Rés. Bel Air", "12 RUE HAUTE", "47000 AGEN")
    assert [(one.row, one.rule) for one in found.refusals] == [(3, "POSTAL_CODE_MISSING")]


def test_code_and_city_in_one_column():
    headings = ("Réf", "Nom", "Prénom", "Adresse", "CP Ville", "Qté", "Mois")
    found = read_order_file(
        csv_bytes([("1", "Roc", "Léa", "12 rue Haute", "47000 Agen", "5", "01/26")], headings), "f"
    )
    assert found.rows[0].address[-1] == "47000 AGEN"


@pytest.mark.parametrize(
    ("country", "refused"), [("", 0), ("France", 0), ("FRANCE", 0), ("La Réunion", 0), ("Suisse", 1)]
)
def test_vouchers_are_sent_to_france_only(country, refused):
    from titulaire.vouchers.orders.reading.tests.samples import HEADINGS

    found = read_order_file(csv_bytes([(*row(), country)], (*HEADINGS, "Pays")), "f")
    assert [one.rule for one in found.refusals] == ["ADDRESS_FOREIGN"] * refused


def test_abbreviations_shorten_and_are_stable():
    for table in (STREET_ABBREVIATIONS, TITLE_ABBREVIATIONS, COMPLEMENT_ABBREVIATIONS):
        assert len({whole for whole, _ in table}) == len(table)
        assert all(len(short) <= len(whole) for whole, short in table)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(codec="cp1252"), max_size=60), max_size=6))
def test_whatever_the_lines_a_printed_address_holds_to_the_norm_or_is_refused(given_lines):
    try:
        found = compose(WHO, (), [line for line in given_lines if line.strip()], (), LAST)
    except CellRefused:
        return
    # An ordinal sign is a letter to Unicode, and nothing to La Poste: a line of nothing else is dropped.
    said = [letter for line in given_lines for letter in line if letter.isalnum() and letter not in "ºª"]
    assert 3 <= len(found.lines) <= 6 or not said
    assert all(0 < len(line) <= 38 for line in found.lines)

"""No NIR ever enters: the whole file is refused, the column named, the value never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titulaire.vouchers.orders.reading import read_order_file, refused_rows_csv
from titulaire.vouchers.orders.reading.nir import has_nir
from titulaire.vouchers.orders.reading.tests.samples import HEADINGS, ROW, csv_bytes, row, xlsx_bytes

BODY = "2550814168025"
KEY = f"{97 - int(BODY) % 97:02d}"
NIR = BODY + KEY
CORSICA = "255082A168025"
CORSICA_NIR = CORSICA + f"{97 - int(CORSICA.replace('2A', '19')) % 97:02d}"


def everything(found) -> str:
    return repr(found) + refused_rows_csv(found).decode("utf-8-sig")


def assert_refused_in_silence(found, value: str, column: str) -> None:
    assert [(one.row, one.rule) for one in found.refusals] == [(0, "NIR_FOUND")]
    assert column in found.refusals[0].column
    assert column in found.refusals[0].message
    assert (found.rows, found.notices, dict(found.source_rows), found.fingerprint) == ((), (), {}, "")
    text = "".join(letter for letter in everything(found) if letter.isalnum())
    assert "".join(letter for letter in value if letter.isalnum()) not in text


@pytest.mark.parametrize(
    "heading", ["NIR", "N° SS", "N° de Sécurité sociale", "NSS", "n° sécu", "Numéro INSEE", "Immatriculation"]
)
def test_a_column_that_announces_a_nir_is_refused_even_when_empty(heading):
    found = read_order_file(csv_bytes([(*ROW, "")], (*HEADINGS, heading)), "f")
    assert_refused_in_silence(found, NIR, heading)


@pytest.mark.parametrize(
    "value",
    [
        NIR,
        BODY,
        "2 55 08 14 168 025 " + KEY,
        "2.55.08.14.168.025." + KEY,
        "2-55-08-14-168-025 " + KEY,
        "2\u00a055\u00a008\u00a014\u00a0168\u00a0025",
        CORSICA_NIR,
        CORSICA_NIR.lower(),
        "Dupont " + NIR,
        "".join(chr(0xFF10 + int(digit)) for digit in NIR),
        BODY + "00",
        "NIR:" + NIR,
        "2\u200b" + NIR[1:],
    ],
)
@pytest.mark.parametrize("place", ["reference", "campaign", "last_name"])
def test_a_nir_in_any_column_refuses_the_file(value, place):
    found = read_order_file(csv_bytes([ROW, row(**{place: value})]), "f")
    assert_refused_in_silence(
        found, value, {"reference": "Réf", "campaign": "Campagne", "last_name": "Nom"}[place]
    )


def test_a_nir_stored_as_a_number_in_a_workbook_is_found():
    cells = [*ROW, int(NIR)]
    assert_refused_in_silence(read_order_file(xlsx_bytes([cells], (*HEADINGS, "Note")), "f"), NIR, "Note")


def test_a_nir_in_a_title_line_a_heading_or_a_file_name_is_never_repeated():
    table = [(f"Dossier {NIR}",), HEADINGS, ROW]
    assert_refused_in_silence(read_order_file(csv_bytes(table, ()), f"{NIR}.csv"), NIR, "Réf")
    found = read_order_file(csv_bytes([(*ROW, "x")], (*HEADINGS, NIR)), "f")
    assert_refused_in_silence(found, NIR, "colonne M")
    found = read_order_file(csv_bytes([(NIR, "x")], ("a", "b")), "f")
    assert_refused_in_silence(found, NIR, "colonne A")


@pytest.mark.parametrize(
    "text",
    [
        "0612345678",
        "+33 6 12 34 56 78",
        "35600000049837",
        "FR7630006000011234567890189",
        "3760123456789",
        "1202600000123",
        "2026-01-0001",
        "47000",
        "D-2550814168025X",
        "20260100001234",
        "12 rue Haute 47000",
        "9 55 08 14 168 025",
    ],
)
def test_what_is_not_a_nir_passes(text):
    assert not has_nir(text)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 2),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 95),
    st.integers(1, 989999),
    st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f"]),
    st.booleans(),
)
def test_every_true_nir_is_found(sex, year, month, department, rest, gap, with_key):
    parts = [
        f"{sex}",
        f"{year:02d}",
        f"{month:02d}",
        f"{department:02d}",
        f"{rest:06d}"[:3],
        f"{rest:06d}"[3:],
    ]
    if with_key:
        parts.append(f"{97 - int(''.join(parts)) % 97:02d}")
    assert has_nir(f"n° {gap.join(parts)} (assuré)")

"""Lists of vouchers, as shops and their software write them."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.network.files import ListRefused, is_scan, read_list
from titulaire.vouchers.network.rules import Given

ONE, TWO = str(Number(2026, 47, 1)), str(Number(2026, 47, 2))


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n{TWO}\n",
        f"\ufeffNuméro;Montant\r\n{ONE};10,00\r\n\r\n{TWO};10,00\r\n",
        f"Montant,N° de titre\n10,{ONE}\n10,{TWO}",
        f"Code\n{ONE}\n{TWO}",
        f'"numéro"\t"x"\n"{ONE}"\t""\n"{TWO}"\t""',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_list_is_read_whatever_wrote_it(text: str, encoding: str) -> None:
    if encoding == "cp1252":
        text = text.removeprefix("\ufeff")
    assert [one.text for one in read_list(text.encode(encoding))] == [ONE, TWO]


def test_letters_and_dates_are_taken_with_their_number() -> None:
    content = f"Date d’utilisation;Numéro;Lettres\n15/03/2027;{ONE};7V3TVB\n2027-03-16;{TWO};\n"
    assert read_list(content.encode()) == [
        Given(f"{ONE} 7V3TVB", used_on=date(2027, 3, 15)),
        Given(TWO, used_on=date(2027, 3, 16)),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EMPTY"),
        (b"\n\n", "EMPTY"),
        (b"PK\x03\x04\x00\x00", "NOT_TEXT"),
        ("Numéro\n".encode(), "EMPTY"),
        (b"Montant;Client\n10;Dupont", "NO_COLUMN"),
        (f"Numéro;Date\n{ONE};31/02/2027".encode(), "BAD_DATE"),
        (b"x" * (4 * 1024 * 1024 + 1), "TOO_HEAVY"),
        ((ONE + "\n").encode() * 10_001, "TOO_LONG"),
    ],
)
def test_what_is_no_list_is_refused_whole(content: bytes, reason: str) -> None:
    with pytest.raises(ListRefused) as refused:
        read_list(content)
    assert refused.value.reason == reason


@given(st.binary(max_size=400))
def test_no_file_makes_the_reading_crash(content: bytes) -> None:
    with contextlib.suppress(ListRefused):
        read_list(content)


@pytest.mark.parametrize(
    ("name", "scan"), [("a.PDF", True), ("b.tiff", True), ("c.csv", False), ("d", False)]
)
def test_a_scan_is_known_by_its_name(name: str, scan: bool) -> None:
    assert is_scan(name) is scan

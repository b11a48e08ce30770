"""The same order is the same order, whatever its name, encoding, separator or sequence; another is another."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titulaire.vouchers.orders.reading import fingerprint, read_order_file
from titulaire.vouchers.orders.reading.tests.samples import HEADINGS, OTHER, ROW, csv_bytes, row, xlsx_bytes

pytestmark = pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzéèêçïôœ")
NAMES = st.text(LETTERS, min_size=1, max_size=12)
ORDERS = st.lists(
    st.tuples(
        NAMES,
        NAMES,
        st.integers(1, 250),
        st.sampled_from(["01/2026", "02/2026"]),
        st.sampled_from(["", "CPAM"]),
    ),
    min_size=1,
    max_size=8,
)


def rows_of(order):
    return [
        row(
            reference=f"R{number}",
            last_name=last,
            first_name=first,
            vouchers=str(count),
            month=month,
            delivery=delivery,
        )
        for number, (last, first, count, month, delivery) in enumerate(order)
    ]


@settings(max_examples=150, deadline=None)
@given(
    ORDERS,
    st.randoms(use_true_random=False),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15", "mac-roman"]),
    st.sampled_from(";,\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_renamed_reencoded_reordered_is_the_same_order(
    order, chance: random.Random, encoding, separator, newline
):
    rows = rows_of(order)
    first = read_order_file(csv_bytes(rows), "janvier.csv")
    columns = list(range(len(HEADINGS)))
    chance.shuffle(columns)
    chance.shuffle(rows)
    again = read_order_file(
        csv_bytes(
            [[cells[at] for at in columns] for cells in rows],
            [HEADINGS[at] for at in columns],
            separator=separator,
            encoding=encoding,
            newline=newline,
        ),
        "copie.txt",
    )
    assert len(again.rows) == len(rows)
    assert again.fingerprint == first.fingerprint


def test_a_workbook_with_its_rows_the_other_way_is_the_same_order():
    assert (
        read_order_file(xlsx_bytes([OTHER, ROW]), "x").fingerprint
        == read_order_file(csv_bytes([ROW, OTHER]), "c").fingerprint
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "12 BIS RUE DE L'EGLISE"},
        {"city": "AGEN"},
        {"month": "janvier 2026"},
        {"delivery": "Domicile"},
        {"vouchers": "5,0"},
        {"last_name": " D'Almeïda"},
    ],
)
def test_the_same_thing_written_otherwise_is_the_same_order(changed):
    assert (
        read_order_file(csv_bytes([row(**changed)]), "f").fingerprint
        == read_order_file(csv_bytes([ROW]), "f").fingerprint
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": "D-003"},
        {"vouchers": "6"},
        {"last_name": "D'Almeïdo"},
        {"first_name": "Zoe"},
        {"civility": ""},
        {"address": "13 rue Haute"},
        {"complement": ""},
        {"postal_code": "47001"},
        {"city": "Boé"},
        {"month": "02/2026"},
        {"delivery": "CPAM"},
        {"campaign": "Été"},
    ],
)
def test_any_change_of_substance_is_another_order(changed):
    found = read_order_file(csv_bytes([row(**changed), OTHER]), "f")
    assert len(found.rows) == 2
    assert found.fingerprint != read_order_file(csv_bytes([ROW, OTHER]), "f").fingerprint


@settings(max_examples=100, deadline=None)
@given(ORDERS, st.data())
def test_any_other_quantity_is_another_order(order, data):
    found = read_order_file(csv_bytes(rows_of(order)), "f")
    at = data.draw(st.integers(0, len(found.rows) - 1))
    changed = list(found.rows)
    changed[at] = replace(changed[at], vouchers=changed[at].vouchers + 1)
    assert fingerprint(changed) != found.fingerprint


def test_the_digest_of_the_bytes_is_that_of_the_bytes():
    data = csv_bytes([ROW])
    assert read_order_file(data, "f").sha256 == hashlib.sha256(data).hexdigest()

"""Archives made to harm: refused in two seconds and 512 MB, child process included."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from titulaire.vouchers.orders.reading import LIMITS, read_order_file
from titulaire.vouchers.orders.reading.rules import RULES
from titulaire.vouchers.orders.reading.tests import measure
from titulaire.vouchers.orders.reading.tests.bombs import BOMBS, good
from titulaire.vouchers.orders.reading.tests.samples import OTHER, ROW, reworked, xlsx_bytes

MEMORY = 512_000_000
SECONDS = 2.0


def cost_of(data: bytes):
    done = subprocess.run(
        [sys.executable, measure.__file__], input=data, capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_there_are_thirty_at_least_and_none_is_stopped_by_its_weight_alone():
    assert len(BOMBS) >= 30


@pytest.mark.parametrize("name", BOMBS)
def test_each_is_refused_in_time_and_memory(name):
    data = BOMBS[name]()
    assert len(data) < LIMITS.file_bytes
    cost = cost_of(data)
    assert cost["rules"], name
    assert cost["rows"] == 0
    assert all(RULES[rule].scope == "FILE" for rule in cost["rules"])
    assert cost["own"] + cost["child"] <= MEMORY, cost
    assert cost["seconds"] <= SECONDS, cost


def test_a_workbook_as_large_as_the_limits_allow_is_read():
    rows = [(f"R{number}", *ROW[1:]) for number in range(20_000)]
    cost = cost_of(xlsx_bytes(rows))
    assert (cost["rules"], cost["rows"]) == ([], 20_000)
    assert cost["own"] + cost["child"] <= MEMORY, cost


def test_the_workbook_they_are_made_from_is_good():
    assert len(read_order_file(good(), "f").rows) == 1
    assert len(read_order_file(reworked(xlsx_bytes([ROW, OTHER])), "f").rows) == 2

"""Archives made to harm: refused in two seconds and 512 MB, child process included."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from titulaire.vouchers.orders.reading import LIMITS, Limits, read_order_file
from titulaire.vouchers.orders.reading.archive import check_archive
from titulaire.vouchers.orders.reading.rules import RULES, FileRefused
from titulaire.vouchers.orders.reading.tests import measure
from titulaire.vouchers.orders.reading.tests.bombs import BOMBS, bomb, good
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
    assert max(len(bomb(name)) for name in BOMBS) < LIMITS.file_bytes


@pytest.mark.parametrize("name", BOMBS)
def test_each_is_refused_in_time_and_memory(name):
    data = bomb(name)
    assert len(data) < LIMITS.file_bytes
    cost = cost_of(data)
    if cost["seconds"] > SECONDS:  # a busy machine: once more
        cost = cost_of(data)
    assert cost["rules"], name
    assert cost["rows"] == 0
    assert all(RULES[rule].scope == "FILE" for rule in cost["rules"])
    assert cost["own"] + cost["child"] <= MEMORY, cost
    assert cost["seconds"] <= SECONDS, cost


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("quoted overlap", "se chevauchent"),
        ("an archive inside a workbook", "une autre archive"),
        ("name that climbs", "chemin interdit"),
        ("absolute name", "chemin interdit"),
        ("name with a drive", "chemin interdit"),
        ("name with backslashes", "chemin interdit"),
        ("symbolic link", "un lien"),
        ("device", "un lien ou un fichier spécial"),
        ("same name twice", "le même nom"),
        ("encrypted entry", "mot de passe"),
        ("unusual compression", "compression inhabituelle"),
        ("entity expansion", "déclaration d’entités"),
        ("entity expansion in UTF-16", "déclaration d’entités"),
        ("local name that differs", "ne correspond pas"),
        ("ratio of one entry", "taux de compression"),
        ("total of many entries", "taille permise"),
        ("60 000 entries", "trop d’éléments"),
    ],
)
def test_each_is_refused_for_its_own_reason(name, why):
    with pytest.raises(FileRefused) as refused:
        check_archive(bomb(name), LIMITS)
    assert why in refused.value.message


def test_a_declared_size_that_lies_is_found_by_inflating():
    with pytest.raises(FileRefused, match="ARCHIVE_TOO_LARGE"):
        check_archive(bomb("declared size that lies"), LIMITS)


def test_a_workbook_as_large_as_the_limits_allow_is_read():
    rows = [(f"R{number}", *ROW[1:]) for number in range(20_000)]
    cost = cost_of(xlsx_bytes(rows))
    assert (cost["rules"], cost["rows"]) == ([], 20_000)
    assert cost["own"] + cost["child"] <= MEMORY, cost


def test_the_workbook_they_are_made_from_is_good():
    assert len(read_order_file(good(), "f").rows) == 1
    assert len(read_order_file(reworked(xlsx_bytes([ROW, OTHER])), "f").rows) == 2


def test_a_reading_that_takes_too_long_is_refused_and_may_be_tried_again():
    found = read_order_file(good(), "f", limits=Limits(wall_seconds=0.001))
    assert [one.rule for one in found.refusals] == ["ARCHIVE_TOO_LARGE"]
    assert "Réessayez" in found.refusals[0].mend

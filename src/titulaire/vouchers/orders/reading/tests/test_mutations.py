"""Thousands of damaged files: never an exception, never half an order, memory bounded. Seeded: a failure repeats."""

from __future__ import annotations

import random
import resource
from collections import Counter
from datetime import date

import pytest

from titulaire.vouchers.orders.reading import RULES, Limits, OrderFile, read_order_file, refused_rows_csv
from titulaire.vouchers.orders.reading.tests.samples import (
    OTHER,
    ROW,
    csv_bytes,
    ods_bytes,
    reworked,
    row,
    unzipped,
    xlsx_bytes,
)

LIMITS = Limits(wall_seconds=20)
JANUARY = date(2026, 1, 1)
ROWS = [ROW, OTHER, *(row(reference=f"R{number}", vouchers=str(number + 1)) for number in range(6))]
SEEDS = [
    csv_bytes(ROWS, separator=separator, encoding=encoding)
    for separator in ";,\t"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252", "mac-roman")
]
PIECES = (
    b'"',
    b'""',
    b";",
    b",",
    b"\t",
    b"|",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=",
    b"'",
    b"\x1a",
    b"=cmd|' /C calc'!A0",
    b"9" * 40,
    b"-1",
    b"1e9",
    b"\xc3",
    b"\xe2\x80\xae",
    b"NIR",
    b"Total",
    b"sep=,",
    b"A" * 5000,
    b"\xf0\x9f\x98\x80",
    b"\xd9\xa1",
    b"2550814168025",
    b"nan",
    b"inf",
    b"0x10",
    b"<",
    b"&#0;",
    b"]]>",
    b"<!DOCTYPE",
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if not out:
            break
        at = chance.randrange(len(out))
        match chance.randrange(7):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at] = chance.randrange(256)
            case 2:
                del out[at : at + chance.choice((1, 2, 10, 200))]
            case 3:
                out[at:at] = chance.choice(PIECES)
            case 4:
                del out[at:]
            case 5:
                end = min(len(out), at + chance.randrange(1, 300))
                out[at:at] = out[at:end] * chance.choice((1, 1, 3))
            case 6:
                other = chance.randrange(len(out))
                out[at], out[other] = out[other], out[at]
    return bytes(out)


def assert_whole(found: OrderFile) -> None:
    """All or nothing: refused whole, or each row of the table ordered or refused, exactly one of both."""
    assert all(refusal.rule in RULES and refusal.mend for refusal in found.refusals)
    assert all(notice.rule in RULES for notice in found.notices)
    ordered = [one.row for one in found.rows]
    refused = {refusal.row for refusal in found.refusals if refusal.row}
    if any(refusal.row == 0 for refusal in found.refusals):
        assert not ordered and not refused and found.fingerprint == ""
        return
    assert len(set(ordered)) == len(ordered)
    assert not set(ordered) & refused
    assert set(ordered) | refused == set(found.source_rows)
    assert bool(found.fingerprint) == bool(ordered)
    for one in found.rows:
        assert 1 <= one.vouchers <= 250 and one.reference and one.last_name and one.month.day == 1
        assert 3 <= len(one.address) <= 6
        assert all(0 < len(line) <= 38 for line in one.address)
        assert one.delivery in ("HOME", "CPAM")


@pytest.mark.parametrize(
    ("texts", "archives", "sheets", "seed"),
    [
        pytest.param(1_650, 300, 50, 20260102, id="two thousand"),
        pytest.param(8_250, 1_500, 250, 20260101, id="ten thousand", marks=pytest.mark.slow),
    ],
)
def test_damaged_files_are_read_or_refused_whole(texts: int, archives: int, sheets: int, seed: int) -> None:
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()

    def read(data: bytes) -> None:
        found = read_order_file(data, "f", default_month=JANUARY, limits=LIMITS)
        assert_whole(found)
        refused_rows_csv(found)
        whole = [refusal.rule for refusal in found.refusals if refusal.row == 0]
        outcomes[whole[0] if whole else "READ"] += 1

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(texts):
        read(damaged(chance.choice(SEEDS), chance))
    workbooks = [xlsx_bytes(ROWS), ods_bytes(ROWS)]
    for _ in range(archives):  # bytes of the archive itself: sums and directory find nearly all of them
        read(damaged(chance.choice(workbooks), chance))
    for _ in range(sheets):  # a good archive around damaged parts: what calamine itself must stand
        book = chance.choice(workbooks)
        part = chance.choice([name for name in unzipped(book) if name.endswith(".xml")])
        read(reworked(book, **{part: damaged(unzipped(book)[part], chance)}))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 256_000_000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < 1_000_000_000
    assert outcomes["READ"] * 5 > texts + archives + sheets, outcomes
    assert len(outcomes) >= 8, outcomes

"""Scanned batches: what the paper says is read, verified, and nothing that is not verified is believed."""

from __future__ import annotations

import contextlib
import io
import random
from functools import cache

import numpy
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from titulaire.vouchers.issuing.codes import CodeContent, KeyPair
from titulaire.vouchers.issuing.tests import samples
from titulaire.vouchers.network.rules import UNREADABLE
from titulaire.vouchers.network.scans import MOST_PAGES, ScanRefused, read_page, read_scan

KEYS = samples.public_keys()


@cache
def code(rank: int) -> str:
    voucher = samples.job((25,), letters=False).booklets[0].vouchers[rank]
    return voucher.code


def title(text: str, *, ink: tuple[int, int, int] = (0, 0, 0)) -> Image.Image:
    """A blank title of 160 by 80 mm at 200 dots per inch, with a code in its corner."""
    paper = Image.new("RGB", (1260, 630), (250, 250, 248))
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, ec_level="")
    drawn = Image.fromarray(numpy.asarray(zxingcpp.write_barcode_to_image(symbol, scale=4)))
    black = Image.new("RGB", drawn.size, ink)
    paper.paste(black, (1260 - 55 - drawn.width, 55), drawn.convert("L").point(lambda level: 255 - level))
    return paper


def file_of(pages: list[Image.Image], format_: str) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, format_, save_all=True, append_images=pages[1:], resolution=200)
    return out.getvalue()


@pytest.mark.clause("T-1.1-reseau", "T-2.4-securite")
@pytest.mark.parametrize("format_", ["PDF", "TIFF"])
def test_each_page_gives_its_voucher_in_order_and_an_empty_page_says_so(format_: str) -> None:
    blank = Image.new("RGB", (1260, 630), "white")
    found = read_scan(file_of([title(code(0)), blank, title(code(1))], format_), KEYS)
    assert [(one.page, one.text) for one in found] == [(1, code(0)), (2, UNREADABLE), (3, code(1))]


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_a_photograph_of_one_title_is_a_batch_of_one(format_: str) -> None:
    out = io.BytesIO()
    title(code(2)).save(out, format_)
    assert [one.text for one in read_scan(out.getvalue(), KEYS)] == [code(2)]


@pytest.mark.parametrize("declared", [None, 5])
def test_several_titles_on_a_sheet_are_all_read(declared: int | None) -> None:
    sheets = []
    for ranks in ((0, 1, 2), (3, 4)):
        sheet = Image.new("RGB", (1654, 2339), "white")
        for place, rank in enumerate(ranks):
            sheet.paste(title(code(rank)), (150, 80 + place * 720))
        sheets.append(sheet)
    found = read_scan(file_of(sheets, "PDF"), KEYS, declared=declared)
    assert sorted((one.page, one.text) for one in found) == sorted(
        [(1, code(0)), (1, code(1)), (1, code(2)), (2, code(3)), (2, code(4))]
    )


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 3, -3])
def test_a_title_is_read_however_it_lies(turn: int) -> None:
    lying = title(code(3)).rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert read_page(numpy.asarray(lying), KEYS).verified == [code(3)]


@pytest.mark.parametrize("colour", [(30, 50, 220), (220, 30, 40), (120, 40, 160)])
def test_a_coloured_stamp_over_the_code_does_not_hide_it(colour: tuple[int, int, int]) -> None:
    paper = numpy.asarray(title(code(4))).copy()
    stamp = numpy.zeros(paper.shape[:2], bool)
    for offset in range(60, 200, 26):
        stamp[offset : offset + 11, 1000:1250] = True
    paper[stamp] = numpy.minimum(paper[stamp], colour)
    assert read_page(paper, KEYS).verified == [code(4)]
    assert not zxingcpp.read_barcodes(paper, formats=zxingcpp.BarcodeFormat.DataMatrix)


def test_a_blurred_title_is_read_by_a_slower_pass() -> None:
    # How much blur the first pass bears depends on the symbol, which changes with the key: blur until it fails.
    for radius in (1.8, 1.9, 2.0, 2.1, 2.2):
        blurred = title(code(5)).filter(ImageFilter.GaussianBlur(radius))
        reading = read_page(numpy.asarray(blurred), KEYS)
        assert reading.verified == [code(5)], radius
        if reading.passes > 1:
            return
    pytest.fail("the first pass read everything: blur more")


@pytest.mark.clause("T-2.4-securite")
def test_a_code_signed_by_nobody_we_know_is_told_and_never_verified() -> None:
    content = samples.job((1,), letters=False).booklets[0].vouchers[0]
    other = KeyPair.generate(key_id=1, issuer=47, vintage=2027, passphrase="x").signer("x")
    job = samples.job((1,), letters=False)
    forged = other.sign(CodeContent(content.number, job.face_value, job.last_valid_on))
    reading = read_page(numpy.asarray(title(forged)), KEYS)
    assert (reading.verified, reading.refused) == ([], [forged])


def test_the_codes_of_others_are_not_ours() -> None:
    assert [one.text for one in read_scan(file_of([title("POSTE 6A 123")], "PDF"), KEYS)] == [UNREADABLE]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "NOT_A_SCAN"),
        (b"%PDF-1.7 nonsense", "NOT_A_SCAN"),
        (b"GIF89a" + b"\0" * 40, "NOT_A_SCAN"),
    ],
)
def test_what_is_no_scan_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ScanRefused) as refused:
        read_scan(content, KEYS)
    assert refused.value.reason == reason


def test_too_many_or_too_large_pages_are_refused_before_they_are_read() -> None:
    tiny = Image.new("1", (8, 8))
    with pytest.raises(ScanRefused, match="TOO_MANY_PAGES"):
        read_scan(file_of([tiny] * (MOST_PAGES + 1), "TIFF"), KEYS)
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG")
    with pytest.raises(ScanRefused, match="TOO_LARGE"):
        read_scan(out.getvalue(), KEYS)


def test_no_mutated_file_makes_the_reading_crash() -> None:
    rng = random.Random(20270101)
    for whole in (file_of([title(code(0))], "PDF"), file_of([title(code(0))], "TIFF")):
        for _ in range(25):
            broken = bytearray(whole)
            for _ in range(rng.randint(1, 30)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            with contextlib.suppress(ScanRefused):
                read_scan(bytes(broken[: rng.randint(10, len(broken))]), KEYS)

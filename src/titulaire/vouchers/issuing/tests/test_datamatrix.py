import random
import shutil
import subprocess

import numpy
import pytest
import zxingcpp
from PIL import Image

from titulaire.vouchers.issuing.codes import TEXT_LENGTH
from titulaire.vouchers.issuing.datamatrix import SIDE, DoesNotFit, Modules, symbol

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def texts(count: int, length: int, alphabet: str = ALPHABET) -> list[str]:
    chance = random.Random(length)
    return ["".join(chance.choices(alphabet, k=length)) for _ in range(count)]


def pixels(modules: Modules, scale: int = 4) -> numpy.ndarray:
    dark = numpy.array([list(row) for row in modules], dtype=numpy.uint8)
    page = numpy.pad(1 - dark, 4, constant_values=1) * 255
    return numpy.kron(page, numpy.ones((scale, scale), dtype=numpy.uint8)).astype(numpy.uint8)


@pytest.mark.parametrize("length", [1, 2, 3, 60, 122, 123, TEXT_LENGTH, 125, 126])
def test_an_independent_reader_reads_what_we_draw(length: int) -> None:
    for text in texts(20, length):
        (found,) = zxingcpp.read_barcodes(pixels(symbol(text)), formats=zxingcpp.BarcodeFormat.DataMatrix)
        assert found.bytes == text.encode()


def test_an_independent_writer_draws_the_same_symbol() -> None:
    for text in texts(20, 123, ALPHABET[:26]):  # the standard leaves it free how digits mix in
        written = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
        theirs = numpy.array(written.to_image(scale=1, add_quiet_zones=False))
        assert theirs.shape == (SIDE, SIDE)
        assert (theirs == pixels(symbol(text), 1)[4:-4, 4:-4]).all()


def test_a_symbol_survives_the_loss_of_a_tenth_of_its_codewords() -> None:
    text = texts(1, TEXT_LENGTH)[0]
    page = pixels(symbol(text), 6)
    page[60:90, 60:150] = 255
    (found,) = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.DataMatrix)
    assert found.bytes == text.encode()


@pytest.mark.parametrize("text", ["", "abc", "A B", "A" * 129, "É"])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(DoesNotFit):
        symbol(text)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dmtxread") is None, reason="libdmtx is not installed")
def test_a_second_independent_reader_agrees(tmp_path) -> None:
    for text in texts(20, TEXT_LENGTH):
        Image.fromarray(pixels(symbol(text), 8)).save(tmp_path / "code.png")
        read = subprocess.run(["dmtxread", "-N1", tmp_path / "code.png"], capture_output=True, check=True)
        assert read.stdout == text.encode()

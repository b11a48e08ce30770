"""A Data Matrix symbol of 36 × 36 modules (ISO/IEC 16022, ECC 200), from base32 text.

Our own writer, for one size and one alphabet, so that the reader that proof-reads a job (zxing-cpp) shares
nothing with what drew it. Base32 packs three characters in two codewords (C40).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import itemgetter

SIDE = 36
"""Modules along a side, finder included; the quiet zone of one module comes on top."""

_DATA_CODEWORDS = 86
_CHECK_CODEWORDS = 42
_REGION = 16
_INNER = 2 * _REGION
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_LATCH_C40, _UNLATCH, _PAD = 230, 254, 129

_BITS = bytes.maketrans(b"01", b"\0\1")

Modules = tuple[bytes, ...]
"""Rows from top to bottom; a byte per module, 1 is dark."""


class DoesNotFit(ValueError):
    """A text too long for the symbol, or with a character outside A–Z and 0–9."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def symbol(text: str) -> Modules:
    """The modules of a text of capitals and digits, up to 126 characters.

    Raises:
        DoesNotFit: see the exception.
    """
    if not text or not _ALPHABET.issuperset(text):
        raise DoesNotFit(text)
    codewords = _codewords(text)
    stream = codewords + _check_codewords(codewords)
    bits = bin(1 << 8 * len(stream) | int.from_bytes(stream, "big"))[3:].encode().translate(_BITS)
    modules = bytes(_picked()(bits + b"\0\1"))
    return tuple(modules[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE))


def _codewords(text: str) -> bytes:
    values = [ord(character) - (44 if character.isdigit() else 51) for character in text]
    whole = len(values) // 3 * 3
    codewords = bytearray([_LATCH_C40])
    for index in range(0, whole, 3):
        packed = 1600 * values[index] + 40 * values[index + 1] + values[index + 2] + 1
        codewords += packed.to_bytes(2, "big")
    codewords.append(_UNLATCH)
    codewords += bytes(ord(character) + 1 for character in text[whole:])
    if len(codewords) > _DATA_CODEWORDS:
        raise DoesNotFit(text)
    if len(codewords) < _DATA_CODEWORDS:
        codewords.append(_PAD)
    while len(codewords) < _DATA_CODEWORDS:  # padding after the first is scrambled by its place
        scrambled = _PAD + 149 * (len(codewords) + 1) % 253 + 1
        codewords.append(scrambled if scrambled <= 254 else scrambled - 254)
    return bytes(codewords)


@cache
def _field() -> tuple[bytes, bytes]:
    """Powers and logarithms of GF(256) with the polynomial 301 of the standard."""
    powers, logarithms = bytearray(510), bytearray(256)
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value > 255:
            value ^= 301
    return bytes(powers), bytes(logarithms)


@cache
def _feedback() -> tuple[int, ...]:
    """For each value of the leading remainder, what the generator polynomial adds to the others."""
    powers, logarithms = _field()
    generator = [1]
    for root in range(1, _CHECK_CODEWORDS + 1):
        product = [*generator, 0]
        for index, coefficient in enumerate(generator):
            if coefficient:
                product[index + 1] ^= powers[logarithms[coefficient] + root]
        generator = product
    tail = generator[1:]
    table = [0]
    for lead in range(1, 256):
        row = bytes(powers[logarithms[c] + logarithms[lead]] if c else 0 for c in tail)
        table.append(int.from_bytes(row, "big"))
    return tuple(table)


def _check_codewords(codewords: bytes) -> bytes:
    feedback = _feedback()
    width = 8 * _CHECK_CODEWORDS
    mask = (1 << width) - 1
    remainder = 0
    for codeword in codewords:
        lead = codeword ^ (remainder >> (width - 8))
        remainder = (remainder << 8 & mask) ^ feedback[lead]
    return remainder.to_bytes(_CHECK_CODEWORDS, "big")


@cache
def _picked() -> Callable[[bytes], tuple[int, ...]]:
    """Takes the bits of the codewords, then a light and a dark module, and gives the modules row by row."""
    light = 8 * (_DATA_CODEWORDS + _CHECK_CODEWORDS)
    source = [light + module for row in _frame() for module in row]
    for bit, (row, column) in enumerate(_placement()):
        source[row * SIDE + column] = bit
    return itemgetter(*source)


@cache
def _frame() -> tuple[bytes, ...]:
    """The finder of each region: solid on the left and below, dotted above and on the right."""
    rows = [bytearray(SIDE) for _ in range(SIDE)]
    step = _REGION + 2
    for top in range(0, SIDE, step):
        for left in range(0, SIDE, step):
            for along in range(step):
                rows[top + along][left] = 1
                rows[top + step - 1][left + along] = 1
                rows[top][left + along] |= 1 - along % 2
                rows[top + along][left + step - 1] |= along % 2
    return tuple(bytes(row) for row in rows)


@cache
def _placement() -> tuple[tuple[int, int], ...]:
    """Where each bit of the codewords goes, most significant first: row and column in the symbol."""
    placed: dict[tuple[int, int], tuple[int, int]] = {}
    size = _INNER

    def module(row: int, column: int, codeword: int, bit: int) -> None:
        if row < 0:
            row, column = row + size, column + 4 - (size + 4) % 8
        if column < 0:
            column, row = column + size, row + 4 - (size + 4) % 8
        placed[row, column] = (codeword, bit)

    def utah(row: int, column: int, codeword: int) -> None:
        offsets = ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0))
        for bit, (down, right) in enumerate(offsets):
            module(row + down, column + right, codeword, bit)

    def corner(codeword: int) -> None:
        last = size - 1
        spots = ((last, 0), (last, 1), (last, 2), (0, last - 1), (0, last), (1, last), (2, last), (3, last))
        for bit, (row, column) in enumerate(spots):
            module(row, column, codeword, bit)

    codeword, row, column = 0, 4, 0
    while row < size or column < size:
        if row == size and column == 0:  # of the standard's four corners, the only one a side of 32 meets
            corner(codeword)
            codeword += 1
        while row >= 0 and column < size:
            if row < size and column >= 0 and (row, column) not in placed:
                utah(row, column, codeword)
                codeword += 1
            row, column = row - 2, column + 2
        row, column = row + 1, column + 3
        while row < size and column >= 0:
            if row >= 0 and column < size and (row, column) not in placed:
                utah(row, column, codeword)
                codeword += 1
            row, column = row + 2, column - 2
        row, column = row + 3, column + 1
    ordered = sorted((codeword, bit, row, column) for (row, column), (codeword, bit) in placed.items())
    step = _REGION + 2
    return tuple(
        (row // _REGION * step + row % _REGION + 1, column // _REGION * step + column % _REGION + 1)
        for _, _, row, column in ordered
    )

"""Numbers, booklets, amounts in words and dates in words: what a voucher says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.contracts.rules import AnnualDay
from titulaire.vouchers.orders.rules import BOOKLET_LIMIT as BOOKLET_LIMIT
from titulaire.vouchers.orders.rules import booklet_sizes as booklet_sizes

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


class InvalidNumber(ValueError):
    """A text that is no voucher number: wrong length, something else than digits, or wrong check digits."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, order=True)
class Number:
    """The number of a voucher, unique for ever: vintage, issuer, rank in the issuer's continuous series.

    Written with 15 digits: vintage (2), issuer (3), serial (8), check (2, ISO 7064 mod 97-10).
    Digits only, since the check then finds every wrong digit and every swap of two neighbours.
    """

    vintage: int
    issuer: int
    serial: int

    DIGITS = 15

    def __post_init__(self) -> None:
        if not (2000 <= self.vintage <= 2099 and 0 <= self.issuer <= 999 and 1 <= self.serial <= 99_999_999):
            raise ValueError(f"no number for vintage {self.vintage}, {self.issuer}, serial {self.serial}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as people write it: spaces, dots and hyphens between digits are ignored.

        Raises:
            InvalidNumber: the text is not a number, or its check digits say that it was mistyped.
        """
        digits = text if text.isdecimal() else re.sub(r"[\s.\-\u2011]", "", text)
        if (
            not (len(digits) == cls.DIGITS and digits.isascii() and digits.isdecimal())
            or int(digits) % 97 != 1
        ):
            raise InvalidNumber(text)
        try:
            return cls(2000 + int(digits[:2]), int(digits[2:5]), int(digits[5:13]))
        except ValueError as error:
            raise InvalidNumber(text) from error

    def __str__(self) -> str:
        body = f"{self.vintage % 100:02d}{self.issuer:03d}{self.serial:08d}"
        return f"{body}{98 - int(body) * 100 % 97:02d}"

    @property
    def grouped(self) -> str:
        """The number as it is printed: `27 047 0001 2345 61`, with spaces that do not break."""
        digits = str(self)
        return NO_BREAK_SPACE.join((digits[:2], digits[2:5], digits[5:9], digits[9:13], digits[13:]))


def checked_number(digits: str) -> str:
    """Fifteen bare digits as the register writes them: `str(Number.parse(digits))`, ten times as fast.

    Raises:
        InvalidNumber: they are no number, or were mistyped.
    """
    if not (len(digits) == Number.DIGITS and digits.isascii() and digits.isdecimal()):
        raise InvalidNumber(digits)
    body = digits[:-2]
    if int(digits) % 97 != 1 or int(body[5:]) == 0:
        raise InvalidNumber(digits)
    return f"{body}{98 - int(body) * 100 % 97:02d}"


@clause("T-1.1-emission", "T-2.4-securite")
def numbers(vintage: int, issuer: int, first_serial: int, count: int) -> Iterator[Number]:
    """The next `count` numbers of an issuer's series, without a gap."""
    for serial in range(first_serial, first_serial + count):
        yield Number(vintage, issuer, serial)


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def date_in_words(day: date) -> str:
    """`1er janvier 2027`: the first of a month is the only ordinal in French; day and month do not part."""
    return f"{'1er' if day.day == 1 else day.day}{NO_BREAK_SPACE}{MONTHS[day.month - 1]} {day.year}"


def validity_text(valid_from_on: date, last_valid_on: date) -> str:
    """The period of use in clear, both days included."""
    if last_valid_on < valid_from_on:
        raise ValueError(f"validity ends on {last_valid_on}, before {valid_from_on}")
    return f"Valable du {date_in_words(valid_from_on)} au {date_in_words(last_valid_on)} inclus"


def face_value_in_figures(amount: Decimal) -> str:
    """`10 €`, `7,50 €`: cents are written only when there are some."""
    euros, cents = divmod(int(to_cents(amount) * 100), 100)
    figures = f"{euros:,}".replace(",", NARROW_SPACE)
    return f"{figures},{cents:02d}{NO_BREAK_SPACE}€" if cents else f"{figures}{NO_BREAK_SPACE}€"


_UNITS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
_TENS = (
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _UNITS[number]
    ten, unit = divmod(number, 10)
    if ten in (7, 9):
        unit += 10
    if unit == 0:
        return _TENS[ten] + ("s" if ten == 8 else "")
    link = "-et-" if unit in (1, 11) and ten < 8 else "-"
    return f"{_TENS[ten]}{link}{_UNITS[unit]}"


def _below_thousand(number: int, *, last: bool) -> str:
    """`last` is false before “mille”, which takes the plural away from “cent” and “vingt”."""
    hundreds, rest = divmod(number, 100)
    words = []
    if hundreds > 1:
        words.append(_UNITS[hundreds])
    if hundreds:
        words.append("cents" if hundreds > 1 and not rest and last else "cent")
    if rest:
        small = _below_hundred(rest)
        words.append(small.removesuffix("s") if rest == 80 and not last else small)
    return "-".join(words)


def integer_in_words(number: int) -> str:
    """A whole number in French words, hyphens everywhere (spelling of 1990), up to 999 999 999.

    Raises:
        ValueError: negative or too large.
    """
    if not 0 <= number < 10**9:
        raise ValueError(f"{number} is not written in words here")
    if number == 0:
        return _UNITS[0]
    millions, rest = divmod(number, 10**6)
    thousands, units = divmod(rest, 1000)
    words = []
    if millions:
        words.append(_below_thousand(millions, last=True) + ("-millions" if millions > 1 else "-million"))
    if thousands:
        words.append("mille" if thousands == 1 else _below_thousand(thousands, last=False) + "-mille")
    if units:
        words.append(_below_thousand(units, last=True))
    return "-".join(words)


def amount_in_words(amount: Decimal) -> str:
    """`dix euros`, `sept euros et cinquante centimes`: an amount in euros, as on a cheque."""
    euros, cents = divmod(int(to_cents(amount) * 100), 100)
    parts = []
    if euros or not cents:
        of = " d’" if euros >= 10**6 and euros % 10**6 == 0 else " "
        parts.append(f"{integer_in_words(euros)}{of}{'euros' if euros > 1 else 'euro'}")
    if cents:
        parts.append(f"{integer_in_words(cents)} {'centimes' if cents > 1 else 'centime'}")
    return " et ".join(parts)


@clause("T-1.1-reseau")
def cutoff_on(vintage: int, *, term: AnnualDay, day_reading: str) -> date:
    """The last day on which a merchant may present vouchers of a vintage, included.

    `day_reading`: LAST_OF_FEBRUARY keeps the term as it is, FEBRUARY_28 stops there in leap years too.
    """
    cutoff = term.of(vintage)
    if day_reading == "FEBRUARY_28" and (cutoff.month, cutoff.day) == (2, 29):
        return date(cutoff.year, 2, 28)
    return cutoff

"""What a print job is made of: values only, complete, frozen. The same spec always gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from titulaire.vouchers.issuing.rules import (
    BOOKLET_LIMIT,
    NO_BREAK_SPACE,
    Number,
    amount_in_words,
    date_in_words,
    face_value_in_figures,
    validity_text,
)

ADDRESS_LINES = 6
ADDRESS_CHARACTERS = 38
BEARER = "Au porteur"
SALUTATIONS = {"Mme": "Madame", "Mme.": "Madame", "Mlle": "Madame", "M.": "Monsieur", "M": "Monsieur"}


class UnknownPlaceholder(ValueError):
    """A letter template asks for something that a booklet does not know."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known


class AddressTooLong(ValueError):
    """An address that does not fit a window envelope: over 6 lines, or over 38 characters in one."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__(lines)
        self.lines = lines


class Side(StrEnum):
    """Where adverts stand in the booklet (T-2.4-publicite)."""

    BEGINNING = "BEGINNING"
    END = "END"


@dataclass(frozen=True)
class Party:
    """A name and its address, as printed."""

    name: str
    address: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return ", ".join((self.name, *self.address))


@dataclass(frozen=True)
class VoucherSpec:
    """One voucher: its number, the text of its signed code, its short code (may be empty)."""

    number: Number
    code: str
    short_code: str = ""


@dataclass(frozen=True)
class Advert:
    """A page of advantages or advertising: the provider's own, at one end of the booklet."""

    title: str
    paragraphs: tuple[str, ...]
    side: Side = Side.END
    address: str = ""
    """An internet address, printed in clear and as a QR code."""


@dataclass(frozen=True)
class LetterTemplate:
    """The accompanying letter, of the buyer or the issuer; `{…}` are placeholders, see `PLACEHOLDERS`."""

    sender: Party
    place: str
    subject: str
    paragraphs: tuple[str, ...]
    closing: str
    signature: str
    reference: str = "{carnet}"
    footer: str = ""

    def filled(self, values: Mapping[str, str]) -> LetterTemplate:
        """The letter for one booklet.

        Raises:
            UnknownPlaceholder: the template uses a name that is not among the values.
        """
        return LetterTemplate(
            sender=self.sender,
            place=_fill(self.place, values),
            subject=_fill(self.subject, values),
            paragraphs=tuple(_fill(paragraph, values) for paragraph in self.paragraphs),
            closing=_fill(self.closing, values),
            signature=_fill(self.signature, values),
            reference=_fill(self.reference, values),
            footer=_fill(self.footer, values),
        )


def _fill(text: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            raise UnknownPlaceholder(name, tuple(values))
        return values[name]

    return re.sub(r"\{([^{}]*)\}", value, text)


@dataclass(frozen=True)
class BookletSpec:
    """One booklet of 1 to 25 vouchers, numbered without a gap.

    `holder` is civility, first name and name; empty for a booklet that is handed over without a name.
    `address` is the letter's, holder's name included on the first line: 6 lines of 38 characters at most;
    a booklet with an address gets the accompanying letter.

    Raises:
        ValueError: no voucher, too many, or a gap in the numbers.
        AddressTooLong: see the exception.
    """

    reference: str
    vouchers: tuple[VoucherSpec, ...]
    holder: str = ""
    civility: str = ""
    address: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.vouchers) <= BOOKLET_LIMIT:
            raise ValueError(f"a booklet of {len(self.vouchers)} vouchers")
        serials = [voucher.number.serial for voucher in self.vouchers]
        if serials != list(range(serials[0], serials[0] + len(serials))):
            raise ValueError(f"the numbers of booklet {self.reference} do not follow one another")
        if len(self.address) > ADDRESS_LINES or any(len(line) > ADDRESS_CHARACTERS for line in self.address):
            raise AddressTooLong(self.address)

    @property
    def printed_holder(self) -> str:
        return self.holder or BEARER


@dataclass(frozen=True)
class JobSpec:
    """One print job: the booklets of an order, and everything that their pages say.

    `presented_to` is the body to which a merchant presents vouchers for payment; `authority` the public body
    that grants them; `goods` what they may buy; `mentions` the other sentences that the regimes require, each
    printed word for word. `made_at` dates the files: give the instant of the order, not the clock's.
    `specimen` prints the word across each voucher; `uv_mark` adds a plate for an ink that UV light shows.
    """

    reference: str
    batch: str
    made_at: datetime
    issuer: Party
    presented_to: Party
    authority: Party
    title: str
    goods: str
    mentions: tuple[str, ...]
    face_value: Decimal
    vintage: int
    valid_from_on: date
    last_valid_on: date
    booklets: tuple[BookletSpec, ...]
    letter: LetterTemplate | None = None
    letter_on: date | None = None
    adverts: tuple[Advert, ...] = ()
    cover_note: str = ""
    specimen: bool = False
    uv_mark: bool = False

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at is an aware instant")
        numbers = [voucher.number for booklet in self.booklets for voucher in booklet.vouchers]
        if not numbers or len(set(numbers)) != len(numbers):
            raise ValueError(f"job {self.reference} has no voucher, or one twice")
        if any(number.vintage != self.vintage for number in numbers):
            raise ValueError(f"job {self.reference} is of vintage {self.vintage}")

    @property
    def voucher_count(self) -> int:
        return sum(len(booklet.vouchers) for booklet in self.booklets)

    @property
    def validity(self) -> str:
        return validity_text(self.valid_from_on, self.last_valid_on)

    def letter_for(self, booklet: BookletSpec) -> LetterTemplate | None:
        """The accompanying letter of a booklet, filled; none without a template or an address."""
        if self.letter is None or not booklet.address:
            return None
        return self.letter.filled(self.placeholders(booklet))

    def placeholders(self, booklet: BookletSpec) -> dict[str, str]:
        """What a letter template may say between braces."""
        count = len(booklet.vouchers)
        return {
            "civilite": SALUTATIONS.get(booklet.civility, booklet.civility) or "Madame, Monsieur",
            "nom": booklet.holder,
            "carnet": booklet.reference,
            "nombre": str(count),
            "titres": f"{count}{NO_BREAK_SPACE}{'titres' if count > 1 else 'titre'}",
            "valeur": face_value_in_figures(self.face_value),
            "montant": face_value_in_figures(self.face_value * count),
            "montant_lettres": amount_in_words(self.face_value * count),
            "millesime": str(self.vintage),
            "debut": date_in_words(self.valid_from_on),
            "fin": date_in_words(self.last_valid_on),
            "premier": booklet.vouchers[0].number.grouped,
            "dernier": booklet.vouchers[-1].number.grouped,
            "organisme": self.authority.name,
            "emetteur": self.issuer.name,
        }


PLACEHOLDERS = (
    "civilite", "nom", "carnet", "nombre", "titres", "valeur", "montant", "montant_lettres", "millesime",
    "debut", "fin", "premier", "dernier", "organisme", "emetteur",
)  # fmt: skip
"""Names that a letter template may put between braces."""

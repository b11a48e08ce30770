"""The national identification number (NIR) never enters: neither in a column, nor inside a text.

A heading that announces it, or a single value that has its shape, refuses the whole file. The value is never
repeated. When in doubt the file is refused: a false alarm costs a deleted column, a miss is a data breach.
"""

from __future__ import annotations

import re
import unicodedata

_GAP = r"[ \u00a0\u202f\u2009.\-/_]?"
_DEPARTMENT = rf"(?:\d{_GAP}\d|2{_GAP}[AaBb])"
_SHAPE = re.compile(
    rf"(?<![0-9A-Za-z])([1-478]){_GAP}(\d{_GAP}\d){_GAP}(\d{_GAP}\d){_GAP}({_DEPARTMENT}){_GAP}"
    rf"((?:\d{_GAP}){{5}}\d)(?:{_GAP}(\d{_GAP}\d))?(?![0-9A-Za-z])",
    re.ASCII,
)
_HIDDEN = frozenset((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_HEADING = re.compile(
    r"\b(nir|nia|nss|n ?ss|no ss|num(ero)? ss|n?insee beneficiaire|num(ero)? insee|no? insee"
    r"|secu|secu sociale|securite sociale|immatriculation)\b"
)
_PLAIN_SUB = re.compile(r"[^0-9AB]")


def is_nir_heading(normalised: str) -> bool:
    """Whether a heading, in lower case without accents or punctuation, announces a NIR."""
    return _HEADING.search(normalised) is not None


def has_nir(text: str) -> bool:
    """Whether a text holds a NIR, with or without its key, spaced, dotted or written with exotic digits."""
    if not text.isascii():
        exotic = {ord(letter): _plain(letter) for letter in set(text) if not letter.isascii()}
        changed = {code: plain for code, plain in exotic.items() if plain is None or plain != chr(code)}
        if changed:
            text = text.translate(changed)
    return any(_is_nir(match) for match in _SHAPE.finditer(text))


def _plain(letter: str) -> str | None:
    """The ASCII digit that a full-width, Arabic or raised digit stands for; nothing for a hidden sign."""
    if ord(letter) in _HIDDEN:
        return None
    digit = unicodedata.digit(letter, None)
    return letter if digit is None else str(digit)


def _is_nir(match: re.Match[str]) -> bool:
    sex, _, month, _, _, key = match.groups()
    number = _PLAIN_SUB.sub("", match.group(0).upper())
    if key is not None and _key(number[:13]) == int(number[13:]):
        return True
    # Without a key, or with a mistyped one: the shape of a civil birth date is enough to refuse.
    birth_month = int(_PLAIN_SUB.sub("", month))
    return sex in "12" and (1 <= birth_month <= 12 or (20 <= birth_month <= 42 and key is not None))


def _key(body: str) -> int:
    """Corsica counts 2A as 19 and 2B as 18."""
    return 97 - int(body.replace("2A", "19").replace("2B", "18").replace("A", "0").replace("B", "0")) % 97


def masked(text: str) -> str:
    """The text with any run of twelve digits or more hidden: for names of files and sheets."""
    return re.sub(r"\d(?:[ .\-_]?\d){11,}", "…", text)

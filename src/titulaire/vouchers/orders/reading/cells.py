"""One cell, one value: quantities, months, names, deliveries as people write them in French files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import lru_cache

from titulaire.vouchers.orders.reading.headings import folded
from titulaire.vouchers.orders.reading.rules import CellRefused

CIVILITIES: Mapping[str, str] = {"": "", "M": "M.", "MME": "Mme", "M_MME": "M. et Mme"}
DELIVERIES: Mapping[str, str] = {"HOME": "Domicile", "CPAM": "CPAM"}
MONTH_NAMES = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HIDDEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\ufe00-\ufe0f]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_TWICE_ENCODED = re.compile("[ÃÂÅ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|â€.")
FORMULA = re.compile(r"[=+@]|-(?!\s*[0-9]+\s*$)(?=.*[\w(])")
_APOSTROPHES = re.compile("[´`‘ʼ′]")
_INTEGER = re.compile(r"([+-]?)([0-9]{1,9})(?:[.,]0{1,9})?", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ÿ][0-9A-Za-zÀ-ÖØ-öø-ÿ .\-/_#:]{0,39}")


def quoted(text: str) -> str:
    """A value as a message shows it: one line, 40 characters, no hidden sign."""
    shown = " ".join(_HIDDEN.sub("", _BIDI.sub("", _CONTROL.sub("", text))).split())
    return f"« {shown[:39]}… »" if len(shown) > 40 else f"« {shown} »"


def clean(cell: str, limit: int = 500) -> str:
    """The text of a cell: NFC, one line, single spaces, no control character.

    Raises:
        CellRefused: too long, a line break, a formula, a direction mark, or letters lost by an encoding.
    """
    if cell.isascii() and cell.isprintable() and len(cell) <= limit:
        text = " ".join(cell.split()) if "  " in cell else cell.strip()
        if text and text[0] in "=+@-'":
            return _without_formula(text)
        return text
    if "\n" in cell.strip() or "\r" in cell.strip():
        raise CellRefused("LINE_BREAK", f"{quoted(cell)} contient un retour à la ligne.")
    return clean_line(cell, limit)


def clean_line(cell: str, limit: int = 500) -> str:
    """The same, for a text whose line breaks were already dealt with."""
    if len(cell) > limit:
        raise CellRefused("CELL_TOO_LONG", f"Le contenu dépasse {limit} caractères.")
    if _BIDI.search(cell):
        raise CellRefused(
            "BIDI_CHARACTER", f"{quoted(cell)} contient un caractère caché qui inverse le texte."
        )
    if "\ufffd" in cell or any(_was_utf8(match.group()) for match in _TWICE_ENCODED.finditer(cell)):
        raise CellRefused(
            "UNREADABLE_CHARACTER", f"{quoted(cell)} contient des lettres perdues par l’encodage."
        )
    text = unicodedata.normalize("NFC", " ".join(_HIDDEN.sub("", _CONTROL.sub("", cell)).split()))
    return _without_formula(_APOSTROPHES.sub("'", text) if not text.isascii() else text)


def _was_utf8(pair: str) -> bool:
    try:
        pair.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return pair.startswith("â€")
    return True


def _without_formula(text: str) -> str:
    if text.startswith("'") and FORMULA.match(text[1:].lstrip()):
        text = text[
            1:
        ].lstrip()  # the apostrophe by which a spreadsheet, or our own export, says "this is text"
    elif text.startswith("'") and text[1:2].isdigit():
        text = text[1:]
    if text and FORMULA.match(text):
        raise CellRefused("FORMULA", f"{quoted(text)} commence comme une formule.")
    return text


def reference(cell: str) -> str:
    """A beneficiary's reference in the CPAM's own numbering.

    Raises:
        CellRefused: REFERENCE_MISSING, REFERENCE_INVALID.
    """
    text = clean(cell)
    if not text:
        raise CellRefused("REFERENCE_MISSING", "La référence est vide.")
    if not _REFERENCE.fullmatch(text):
        raise CellRefused("REFERENCE_INVALID", f"{quoted(text)} n’est pas une référence valide.")
    return text


def civility(cell: str) -> str:
    """M, MME, M_MME or nothing. « Mademoiselle » left the administration's forms in 2012: it reads MME.

    Raises:
        CellRefused: CIVILITY_UNKNOWN.
    """
    text = clean(cell)
    code = _CIVILITY.get(folded(text))
    if code is None:
        raise CellRefused("CIVILITY_UNKNOWN", f"{quoted(text)} n’est pas une civilité connue.")
    return code


_CIVILITY = {
    "": "",
    **dict.fromkeys(("m", "mr", "monsieur", "mons", "h", "homme"), "M"),
    **dict.fromkeys(("mme", "madame", "mlle", "melle", "mademoiselle", "mrs", "f", "femme"), "MME"),
    **dict.fromkeys(
        ("m et mme", "m mme", "mr et mme", "mr mme", "monsieur et madame", "mme et m", "madame et monsieur"),
        "M_MME",
    ),
}


def person_name(cell: str) -> str:
    """A name as its bearer writes it: case, accents, hyphens and apostrophes are kept.

    Raises:
        CellRefused: NAME_INVALID for a digit, a sign or a letter of another alphabet.
    """
    text = clean(cell)
    for letter in "" if text.isascii() and text.isalpha() else text:
        if not is_name_letter(letter):
            raise CellRefused("NAME_INVALID", f"{quoted(text)} contient le caractère « {letter} ».")
    if text and not any(map(str.isalpha, text)):
        raise CellRefused("NAME_INVALID", f"{quoted(text)} ne contient aucune lettre.")
    return text


@lru_cache(maxsize=1024)
def is_name_letter(letter: str) -> bool:
    """Whether a character may stand in a name: Latin letters, space, hyphen, apostrophe, point, comma."""
    if letter in " -'’.,()":
        return True
    return letter.isalpha() and unicodedata.name(letter, "").startswith(("LATIN SMALL", "LATIN CAPITAL"))


def quantity(cell: str, maximum: int) -> int:
    """A number of vouchers, from 1 to `maximum`.

    Raises:
        CellRefused: QUANTITY_*.
    """
    text = cell.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        number = int(text)
    else:
        number = _unusual_quantity(clean(cell))
    if number == 0:
        raise CellRefused("QUANTITY_ZERO", "Le nombre de titres est nul.")
    if number < 0:
        raise CellRefused("QUANTITY_NEGATIVE", f"Le nombre de titres, {number}, est négatif.")
    if number > maximum:
        raise CellRefused(
            "QUANTITY_TOO_LARGE", f"{number} titres demandés : le maximum par ligne est de {maximum}."
        )
    return number


def _unusual_quantity(text: str) -> int:
    if not text:
        raise CellRefused("QUANTITY_MISSING", "Le nombre de titres est vide.")
    compact = re.sub(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))", "", text)
    match = _INTEGER.fullmatch(compact)
    if match is None:
        raise CellRefused("QUANTITY_NOT_INTEGER", f"{quoted(text)} n’est pas un nombre entier.")
    return -int(match.group(2)) if match.group(1) == "-" else int(match.group(2))


def month(cell: str, months: Collection[date] | None, default: date | None) -> date:
    """First day of the month ordered. An empty cell takes the default; a month without a year, the open one.

    Raises:
        CellRefused: MONTH_MISSING, MONTH_UNREADABLE, MONTH_NOT_OPEN.
    """
    text = clean(cell)
    if not text:
        if default is None:
            raise CellRefused("MONTH_MISSING", "Le mois est vide.")
        found = default.replace(day=1)
    else:
        year, number = _month_parts(text)
        if number and not year:
            year = _open_year(number, months, default)
        if not (1 <= number <= 12 and 2000 <= year <= 2099):
            raise CellRefused("MONTH_UNREADABLE", f"{quoted(text)} n’est pas un mois lisible.")
        found = date(year, number, 1)
    if months is not None and found not in {one.replace(day=1) for one in months}:
        listed = ", ".join(month_label(one) for one in sorted(months)) or "aucun"
        raise CellRefused(
            "MONTH_NOT_OPEN",
            f"{month_label(found).capitalize()} n’est pas ouvert à la commande.",
            f"Choisissez parmi les mois ouverts : {listed}.",
        )
    return found


def month_label(day: date) -> str:
    """« janvier 2026 »."""
    return f"{MONTH_NAMES[day.month - 1]} {day.year}"


def _open_year(number: int, months: Collection[date] | None, default: date | None) -> int:
    years = {one.year for one in (months or ()) if one.month == number}
    if not years and months is None and default is not None and default.month == number:
        years = {default.year}
    return years.pop() if len(years) == 1 else 0


@lru_cache(maxsize=2048)
def _month_parts(text: str) -> tuple[int, int]:
    """Year and month; a year of 0 when the text names none, a month of 0 when it is unreadable."""
    plain = folded(text)
    if match := re.fullmatch(r"([a-z]+)(?: (\d{4}|\d{2}))?", plain):
        return _year(match.group(2)), _named_month(match.group(1))
    if match := re.fullmatch(r"\d{1,2} ([a-z]+) (\d{4})", plain):
        return _year(match.group(2)), _named_month(match.group(1))
    if match := re.fullmatch(r"(\d{4}) (\d{1,2})(?: \d{1,2}(?: 00 00 00)?| \d{1,2}t00 00 00)?", plain):
        return int(match.group(1)), int(match.group(2))
    if match := re.fullmatch(r"(?:(\d{1,2}) )?(\d{1,2}) (\d{4}|\d{2})(?: 00 00(?: 00)?)?", plain):
        if match.group(1) and not 1 <= int(match.group(1)) <= 31:
            return 0, 0
        return _year(match.group(3)), int(match.group(2))
    if match := re.fullmatch(r"(20\d\d)(\d\d)", plain):
        return int(match.group(1)), int(match.group(2))
    if match := re.fullmatch(r"[34]\d{4}|5[0-9]{4}", plain):  # the number by which Excel stores a date
        day = date(1899, 12, 30) + timedelta(days=int(match.group()))
        return day.year, day.month
    return 0, 0


def _year(text: str | None) -> int:
    if not text:
        return 0
    return int(text) + 2000 if len(text) == 2 else int(text)


def _named_month(word: str) -> int:
    names = [folded(name) for name in MONTH_NAMES]
    if word in _MONTH_SHORT:
        return _MONTH_SHORT[word]
    found = [at for at, name in enumerate(names, 1) if len(word) >= 3 and name.startswith(word)]
    return found[0] if len(found) == 1 else 0


_MONTH_SHORT = {"juil": 7, "jul": 7, "fev": 2, "fevr": 2, "sept": 9, "aou": 8, "dec": 12}


def delivery(cell: str, default: str) -> str:
    """HOME or CPAM.

    Raises:
        CellRefused: DELIVERY_UNKNOWN.
    """
    text = clean(cell)
    if not text:
        return default
    words = frozenset(folded(text).split())
    home, cpam = bool(words & _HOME_WORDS), bool(words & _CPAM_WORDS)
    if home == cpam:
        raise CellRefused("DELIVERY_UNKNOWN", f"{quoted(text)} n’est pas un mode de livraison connu.")
    return "HOME" if home else "CPAM"


_HOME_WORDS = frozenset(("domicile", "dom", "home", "d", "beneficiaire", "postal", "courrier"))
_CPAM_WORDS = frozenset(("cpam", "caisse", "c", "accueil", "site", "siege", "agence"))


def campaign(cell: str) -> str:
    """A free name, at most 60 characters.

    Raises:
        CellRefused: CAMPAIGN_TOO_LONG.
    """
    text = clean(cell)
    if len(text) > 60:
        raise CellRefused("CAMPAIGN_TOO_LONG", f"{quoted(text)} compte {len(text)} caractères.")
    return text

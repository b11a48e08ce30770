"""Postal addresses to NF Z10-011: at most six lines of 38 characters, from the person to the city.

1 who · 2 flat, floor, door · 3 building, entrance, residence · 4 number and street · 5 locality or box
· 6 code and city.
From line 4 on: capitals, no accent, no punctuation. Nothing is shortened that fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from titulaire.vouchers.orders.reading.cells import CIVILITIES, clean, clean_line, quoted
from titulaire.vouchers.orders.reading.rules import CellRefused

LINES = 6
LINE_LENGTH = 38
STREET_LENGTH = 32

# Applied in this order, one at a time, and only until the line fits; the last word is never touched.
STREET_ABBREVIATIONS: tuple[tuple[str, str], ...] = (
    ("ALLEE", "ALL"), ("ALLEES", "ALL"), ("AVENUE", "AV"), ("BOULEVARD", "BD"), ("CARREFOUR", "CAR"),
    ("CHEMIN", "CHE"), ("CHAUSSEE", "CHS"), ("CORNICHE", "COR"), ("COURS", "CRS"),
    ("DOMAINE", "DOM"), ("DESCENTE", "DSC"), ("ESPLANADE", "ESP"), ("FAUBOURG", "FG"), ("GRANDE RUE", "GR"),
    ("HAMEAU", "HAM"), ("IMPASSE", "IMP"), ("LIEU DIT", "LD"), ("LOTISSEMENT", "LOT"), ("MONTEE", "MTE"),
    ("PASSAGE", "PAS"), ("PLACE", "PL"), ("PLAINE", "PLN"), ("PLATEAU", "PLT"), ("PROMENADE", "PRO"),
    ("QUARTIER", "QUA"), ("RESIDENCE", "RES"), ("ROND POINT", "RPT"), ("ROUTE", "RTE"), ("SENTIER", "SEN"),
    ("SQUARE", "SQ"), ("TRAVERSE", "TRA"), ("VILLAGE", "VLGE"), ("ZONE ARTISANALE", "ZA"),
    ("ZONE INDUSTRIELLE", "ZI"), ("ZONE D ACTIVITES", "ZA"),
)  # fmt: skip
TITLE_ABBREVIATIONS: tuple[tuple[str, str], ...] = (
    ("ADJUDANT", "ADJ"), ("ANCIEN", "ANC"), ("ANCIENNE", "ANC"), ("CAPITAINE", "CAPT"), ("COLONEL", "CL"),
    ("COMMANDANT", "CDT"), ("DOCTEUR", "DR"), ("GENERAL", "GAL"), ("GOUVERNEUR", "GVR"), ("LIEUTENANT", "LT"),
    ("MADAME", "MME"), ("MADEMOISELLE", "MLLE"), ("MARECHAL", "MAL"), ("MONSIEUR", "M"), ("NOTRE DAME", "ND"),
    ("PREFET", "PREF"), ("PRESIDENT", "PDT"), ("PROFESSEUR", "PR"), ("SAINT", "ST"), ("SAINTE", "STE"),
    ("SERGENT", "SGT"), ("GRAND", "GD"), ("GRANDE", "GDE"), ("PETIT", "PT"), ("PETITE", "PTE"),
)  # fmt: skip
COMPLEMENT_ABBREVIATIONS: tuple[tuple[str, str], ...] = (
    ("APPARTEMENT", "APP"), ("BATIMENT", "BAT"), ("ENTREE", "ENT"), ("ESCALIER", "ESC"), ("ETAGE", "ETG"),
    ("IMMEUBLE", "IMM"), ("LOGEMENT", "LOGT"), ("PAVILLON", "PAV"), ("RESIDENCE", "RES"),
)  # fmt: skip

_CITY_ABBREVIATIONS = (*TITLE_ABBREVIATIONS, ("SUR", "S"), ("SOUS", "S"))
_STREET_WORDS = (
    "rue|avenue|av|ave|bd|bld|boul|boulevard|chemin|che|chem|impasse|imp|place|pl|allee|allees|all|route|rte"
    "|quai|cours|crs|square|sq|passage|sentier|faubourg|fg|esplanade|promenade|montee|ruelle|venelle|voie"
    "|chaussee|rond point|traverse|mail|lotissement|cite|hameau|lieu dit"
)
_STREET = re.compile(
    rf"(\d+ ?(bis|ter|quater|[a-z])? )?({_STREET_WORDS})\b|\d+ ?(bis|ter|quater|[a-z])? [a-z]"
)
_COMPLEMENT = re.compile(
    r"(appartement|appt|app|apt|apartement|bat|batiment|bt|esc|escalier|etage|etg|rdc|rez de chaussee|res"
    r"|residence|entree|ent|porte|pte|chez|c o|hall|logement|logt|lgt|immeuble|imm|tour|bal|pavillon"
    r"|boite aux lettres|\d+(er|e|eme|nd) etage)\b"
)
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | dict.fromkeys("°ºª", " ")
)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_PRINTED = re.compile("[A-Z0-9]+(?: [A-Z0-9]+)*")
_COUNTRIES = frozenset(
    (
        "ALLEMAGNE",
        "ANDORRE",
        "ANGLETERRE",
        "BELGIQUE",
        "ESPAGNE",
        "ITALIE",
        "LUXEMBOURG",
        "PORTUGAL",
        "SUISSE",
    )
)
_OVERSEAS = frozenset(
    ("971", "972", "973", "974", "975", "976", "977", "978", "980", "984", "986", "987", "988")
)


@dataclass(frozen=True, slots=True)
class Address:
    """`lines` are those to print, the person first; `shortened` and `reordered` say what was changed."""

    lines: tuple[str, ...]
    shortened: bool
    reordered: bool


def capitals(text: str) -> str:
    """Capitals without accent or punctuation, as lines 4 to 6 are printed.

    Raises:
        CellRefused: ADDRESS_CHARACTER for a letter that has no Latin base.
    """
    if _PRINTED.fullmatch(text):
        return text
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
        text = _ACCENTS.sub("", text)
        if not text.isascii():  # rarer marks
            text = "".join(letter for letter in text if not unicodedata.combining(letter))
    upper = text.upper()
    for letter in "" if upper.isascii() else upper:
        if not letter.isascii() and letter.isalnum():
            raise CellRefused("ADDRESS_CHARACTER", f"{quoted(text)} contient le caractère « {letter} ».")
    return " ".join(re.findall("[A-Z0-9]+", upper))


def _kind(line: str) -> str:
    plain = capitals(line).lower()
    if _STREET.match(plain) and not re.match(r"\d+(er|e|eme|nd) etage", plain):
        return "STREET"
    return "COMPLEMENT" if _COMPLEMENT.match(plain) else "OTHER"


def recipient(civility: str, last_name: str, first_name: str) -> tuple[str, bool]:
    """Line 1 and whether the first name had to be reduced to its initials.

    Raises:
        CellRefused: NAME_TOO_LONG.
    """
    title = CIVILITIES[civility].replace(".", "")
    line = " ".join(part for part in (title, first_name, last_name) if part)
    if len(line) <= LINE_LENGTH:
        return line, False
    initials = " ".join(part[0] for part in re.split(r"[ \-]+", first_name) if part)
    short = " ".join(part for part in (title, initials, last_name) if part)
    if len(short) <= LINE_LENGTH:
        return short, True
    raise CellRefused("NAME_TOO_LONG", f"{quoted(line)} compte {len(line)} caractères : 38 au plus.")


def postal_code(cell: str) -> str:
    """Five digits that La Poste serves: 01 to 95, overseas 971 to 988, Monaco, army sectors (00).

    Raises:
        CellRefused: POSTAL_CODE_MISSING, POSTAL_CODE_INVALID.
    """
    if not (len(cell) == 5 and cell.isascii() and cell.isdigit()):
        cell = _unusual_postal_code(clean(cell))
    department = cell[:2]
    known = cell[:3] in _OVERSEAS if department in ("97", "98") else department != "99" and department != "96"
    if not known or (cell[2:] == "000" and department == "00"):
        raise CellRefused("POSTAL_CODE_INVALID", f"« {cell} » n’est pas un code postal français.")
    return cell


def _unusual_postal_code(text: str) -> str:
    compact = re.sub(r"^F[- ]?|[ .]", "", text, flags=re.IGNORECASE) if text else ""
    if not compact:
        raise CellRefused("POSTAL_CODE_MISSING", "Le code postal est vide.")
    if re.fullmatch("[0-9]{5}", compact):
        return compact
    if re.fullmatch("[0-9]{4}", compact):
        raise CellRefused(
            "POSTAL_CODE_INVALID",
            f"« {compact} » n’a que quatre chiffres.",
            f"S’il manque le zéro initial, écrivez 0{compact} dans une cellule au format Texte.",
        )
    if re.match("2[ABab]", compact):
        raise CellRefused(
            "POSTAL_CODE_INVALID",
            f"{quoted(text)} est un code de commune et non un code postal.",
            "En Corse, le code postal s’écrit en cinq chiffres et commence par 20, par exemple 20000.",
        )
    raise CellRefused("POSTAL_CODE_INVALID", f"{quoted(text)} n’est pas un code postal de cinq chiffres.")


def city_line(code: str, city: str) -> str:
    """Line 6.

    Raises:
        CellRefused: CITY_MISSING, CITY_INVALID, ADDRESS_FOREIGN.
    """
    name = capitals(re.sub(r"\(\s*\d[\dABab]{1,2}\s*\)", " ", city))
    if name.startswith(code):
        name = name[len(code) :].strip()
    if not name:
        raise CellRefused("CITY_MISSING", "La ville est vide.")
    if name in _COUNTRIES:
        raise CellRefused("ADDRESS_FOREIGN", f"{quoted(city)} est un pays, non une commune de France.")
    place = re.sub(r" (\d{1,2}(E|ER|EME)? ?(ARR\w*)?|CEDEX( \d{1,2})?)$", "", name)
    if not re.search("[A-Z]", place) or re.search(r"\d", place) or place == "CEDEX":
        raise CellRefused("CITY_INVALID", f"{quoted(city)} n’est pas un nom de commune.")
    line = f"{code} {name}"
    if len(line) > LINE_LENGTH:
        line = _shorten(line, _CITY_ABBREVIATIONS, LINE_LENGTH)
    if len(line) > LINE_LENGTH:
        raise CellRefused("ADDRESS_TOO_LONG", f"{quoted(line)} compte {len(line)} caractères : 38 au plus.")
    return line


def split_lines(cell: str) -> list[str]:
    """The lines of one address cell, cleaned, blank ones left out."""
    if "\n" not in cell and "\r" not in cell:
        line = clean(cell)
        return [line] if line else []
    return [line for part in re.split(r"[\r\n]+", cell.strip()) if (line := clean_line(part))]


def split_code_and_city(text: str) -> tuple[str, str]:
    """« 47000 AGEN » in two; both empty when the text does not start with a code."""
    match = re.match(
        r"\s*(?:F[- ])?([0-9]{2} ?[0-9]{3}|[0-9]{4}|2[ABab][0-9]{3})[\s,\-]+(.+)", text, re.DOTALL
    )
    return (match.group(1), match.group(2).strip()) if match else ("", "")


def compose(
    who: str, complements: Sequence[str], streets: Sequence[str], places: Sequence[str], last: str
) -> Address:
    """The six lines. `streets` are the file's address lines in their order, complements possibly among them.

    Raises:
        CellRefused: ADDRESS_MISSING, ADDRESS_TOO_LONG, ADDRESS_TOO_MANY_LINES, ADDRESS_CHARACTER.
    """
    if not streets and not places:
        raise CellRefused("ADDRESS_MISSING", "L’adresse est vide.")
    before, below, reordered = _roles(streets)
    upper = [_fit_complement(line) for line in (*complements, *before)]
    lower = [_fit_street(line) for line in (*below, *places)]
    lines = [line for line in (*_joined(upper, LINES - 2 - len(lower)), *lower) if line]
    if len(lines) > LINES - 2:
        raise CellRefused(
            "ADDRESS_TOO_MANY_LINES", f"L’adresse compte {len(lines) + 2} lignes : six au plus."
        )
    for line in lines:
        if len(line) > LINE_LENGTH:
            raise CellRefused(
                "ADDRESS_TOO_LONG", f"{quoted(line)} compte {len(line)} caractères : 38 au plus."
            )
    given = {capitals(line) for line in (*complements, *streets, *places)}
    shortened = any(line not in given and capitals(line) not in given for line in lines)
    return Address((who, *lines, last), shortened, reordered)


def _roles(streets: Sequence[str]) -> tuple[list[str], list[str], bool]:
    """Lines that belong above the street, those from the street down, and whether one had to move up."""
    if len(streets) < 2:
        return [], list(streets), False
    kinds = [_kind(line) for line in streets]
    street = kinds.index("STREET") if "STREET" in kinds else len(streets) - 1
    moved = [
        line
        for line, kind in zip(streets[street + 1 :], kinds[street + 1 :], strict=True)
        if kind == "COMPLEMENT"
    ]
    below = [
        line
        for line, kind in zip(streets[street + 1 :], kinds[street + 1 :], strict=True)
        if kind != "COMPLEMENT"
    ]
    return [*streets[:street], *moved], [streets[street], *below], bool(moved)


def _fit_complement(line: str) -> str:
    capitals(line)  # refuses what cannot be printed
    if len(line) <= LINE_LENGTH:
        return line
    return _shorten(capitals(line), COMPLEMENT_ABBREVIATIONS + TITLE_ABBREVIATIONS, LINE_LENGTH)


def _fit_street(line: str) -> str:
    text = capitals(line)
    number = re.match(r"\d+[A-Z]?( (BIS|TER|QUATER|[A-Z]))?(?= )", text)
    kept = number.end() + 1 if number else 0
    if len(text) <= LINE_LENGTH and len(text) - kept <= STREET_LENGTH:
        return text
    return _shorten(text, STREET_ABBREVIATIONS + TITLE_ABBREVIATIONS, min(LINE_LENGTH, STREET_LENGTH + kept))


def _shorten(text: str, table: tuple[tuple[str, str], ...], length: int) -> str:
    for whole, short in table:
        if len(text) <= length:
            break
        text = re.sub(rf"\b{whole}\b(?=.)", short, text, count=1)
    return text


def _joined(lines: list[str], room: int) -> list[str]:
    """Complements put two by two on a line, from the first, when there are more than the room left."""
    lines = list(lines)
    at = 0
    while len(lines) > max(room, 0) and at < len(lines) - 1:
        if len(lines[at]) + 1 + len(lines[at + 1]) <= LINE_LENGTH:
            lines[at : at + 2] = [f"{lines[at]} {lines[at + 1]}"]
        else:
            at += 1
    return lines

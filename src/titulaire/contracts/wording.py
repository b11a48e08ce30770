"""The value of a term in French: as a page shows it, as a person types it."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation

from titulaire.contracts.loading import NotAValue, value_of
from titulaire.contracts.rules import AnnualDay, Kind, TermSpec, Value
from titulaire.ui import formats

UNITS = {
    "CALENDAR_DAYS": ("jour calendaire", "jours calendaires"),
    "CALLS": ("appel", "appels"),
    "DAYS": ("jour", "jours"),
    "EVALUATIONS": ("évaluation", "évaluations"),
    "FORMS": ("formulaire", "formulaires"),
    "GIGABYTES": ("Go", "Go"),
    "HOURS": ("heure", "heures"),
    "IDENTIFIERS": ("identifiant", "identifiants"),
    "LINES": ("ligne", "lignes"),
    "MEETINGS": ("réunion", "réunions"),
    "MINUTES": ("minute", "minutes"),
    "MONTHS": ("mois", "mois"),
    "PEOPLE": ("personne", "personnes"),
    "POINTS": ("point sur 100", "points sur 100"),
    "RENEWALS": ("reconduction", "reconductions"),
    "SESSIONS": ("session", "sessions"),
    "VOUCHERS": ("titre", "titres"),
    "WEEKS": ("semaine", "semaines"),
    "WORKING_DAYS": ("jour ouvré", "jours ouvrés"),
    "WORKING_HOURS": ("heure ouvrée", "heures ouvrées"),
    "YEARS": ("an", "ans"),
}

HOW_TO_TYPE = {
    Kind.AMOUNT: "un montant, comme 12,50",
    Kind.RATE: "un pourcentage, comme 95 %",
    Kind.NUMBER: "un nombre, comme 8,5",
    Kind.COUNT: "un nombre entier, comme 10",
    Kind.COUNTS: "des nombres entiers séparés par des points-virgules, comme 30 ; 15 ; 7",
    Kind.FLAG: "oui ou non",
    Kind.TEXT: "un texte",
    Kind.TEXTS: "des textes séparés par des points-virgules",
    Kind.CODE: "un des choix du contrat",
    Kind.CODES: "un ou plusieurs choix du contrat, séparés par des points-virgules",
    Kind.DATE: "une date, comme 31/12/2027",
    Kind.TIME: "une heure, comme 8 h 30",
    Kind.ANNUAL_DAY: "un jour et un mois, puis les années après le millésime, comme 31/01 +1 ou fin/02 +1",
    Kind.TABLE: "des lignes « libellé = nombre » séparées par des points-virgules",
}


def shown(spec: TermSpec, value: Value) -> str:
    """The value as a page writes it, with its unit."""
    match value:
        case bool():
            return "oui" if value else "non"
        case AnnualDay():
            return _annual_day(value)
        case time():
            return f"{value:%H:%M}".replace(":", " h ")
        case date():
            return formats.date_fr(value)
        case Decimal() | int():
            return _number(spec, value)
        case str():
            return dict(spec.choices).get(value, value)
    cells = [row for row in value if isinstance(row, tuple)]
    if cells:
        return " ; ".join(f"{label} : {_number(spec, number)}" for label, number in cells)
    return formats.list_fr([_item(spec, item) for item in value])


def _item(spec: TermSpec, item: object) -> str:
    if isinstance(item, int):
        return formats.DAYS[item - 1] if spec.unit == "ISO_WEEKDAY" else _number(spec, item)
    return dict(spec.choices).get(str(item), str(item))


def _number(spec: TermSpec, value: Decimal | int) -> str:
    if spec.unit == "EUR":
        return formats.money(value)
    if spec.kind is Kind.RATE:
        return f"{formats.number((Decimal(value) * 100).normalize() + 0)}{formats.NO_BREAK}%"
    if spec.unit == "MONTH":
        return formats.MONTHS[int(value) - 1]
    if spec.unit == "SECONDS":
        return formats.duration_fr(value)
    if spec.unit == "DAY_OF_MONTH":
        return f"le {value}"
    if spec.unit not in UNITS:
        return formats.number(value)
    singular, plural = UNITS[spec.unit]
    return f"{formats.number(value)}{formats.NO_BREAK}{singular if value < 2 else plural}"


def _annual_day(value: AnnualDay) -> str:
    month = formats.MONTHS[value.month - 1]
    last = f"dernier jour {'d’' if month[0] in 'ao' else 'de '}{month}"
    day = last if value.day is None else f"{'1er' if value.day == 1 else value.day} {month}"
    after = ("", " de l’année suivante")[value.years_after] if value.years_after < 2 else None
    return day + (after if after is not None else f", {value.years_after} ans après")


def typed(spec: TermSpec, text: str) -> Value:
    """The value that a person typed, as `HOW_TO_TYPE` says.

    Raises:
        NotAValue: the text is not a value of that term.
    """
    text = " ".join(text.split())
    match spec.kind:
        case Kind.AMOUNT | Kind.NUMBER:
            return value_of(spec, _decimal(text.replace("€", "")))
        case Kind.RATE:
            if not text.endswith("%"):
                raise NotAValue(text)
            return value_of(spec, _decimal(text.removesuffix("%")) / 100)
        case Kind.COUNT:
            return value_of(spec, _whole(text))
        case Kind.COUNTS:
            return value_of(spec, [_whole(part) for part in _parts(text)])
        case Kind.FLAG:
            return value_of(spec, {"oui": True, "non": False}.get(text.lower()))
        case Kind.TEXT:
            return value_of(spec, text)
        case Kind.TEXTS:
            return value_of(spec, _parts(text))
        case Kind.CODE:
            return value_of(spec, _code(spec, text))
        case Kind.CODES:
            return value_of(spec, [_code(spec, part) for part in _parts(text)])
        case Kind.DATE:
            return value_of(spec, _date(text))
        case Kind.TIME:
            return value_of(spec, _time(text))
        case Kind.ANNUAL_DAY:
            return value_of(spec, _annual_day_typed(text))
        case Kind.TABLE:
            return value_of(spec, _rows(text))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _decimal(text: str) -> Decimal:
    try:
        return Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation as error:
        raise NotAValue(text) from error


def _whole(text: str) -> int:
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        raise NotAValue(text)
    return int(digits)


def _code(spec: TermSpec, text: str) -> str:
    by_words = {words.casefold(): code for code, words in spec.choices}
    return by_words.get(text.casefold(), text)


def _date(text: str) -> date:
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)
    except ValueError as error:
        raise NotAValue(text) from error


def _time(text: str) -> time:
    found = re.fullmatch(r"(\d{1,2}) ?[h:] ?(\d{2})?", text)
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else time.fromisoformat(text)
    except ValueError as error:
        raise NotAValue(text) from error


def _annual_day_typed(text: str) -> dict[str, object]:
    found = re.fullmatch(r"(\d{1,2}|fin)/(\d{1,2})(?: ?\+ ?(\d))?", text)
    if not found:
        raise NotAValue(text)
    day: object = "last" if found[1] == "fin" else int(found[1])
    return {"month": int(found[2]), "day": day, "years_after": int(found[3] or 0)}


def _rows(text: str) -> dict[str, Decimal]:
    rows = [part.partition("=") for part in _parts(text)]
    return {label.strip(): _decimal(number) for label, _, number in rows}

"""A terms file (TOML) read into `Terms`, or refused as a whole with every problem, its file and its line."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import TypeVar

from titulaire.contracts.catalogue import CATALOGUE, READINGS
from titulaire.contracts.rules import (
    AnnualDay,
    DatedValue,
    Head,
    Kind,
    Option,
    Reading,
    Retained,
    Term,
    Terms,
    TermSpec,
    Value,
    in_order,
    options_in_order,
)

Path = tuple[str | int, ...]
T = TypeVar("T")

VALUE_KEYS = {"from", "until", "value", "unit", "clause", "source", "note"}
READING_KEYS = {"clause", "source", "question", "options", "why", "effect", "ask", "retained"}
HEAD_KEYS = {
    "code": str,
    "kind": str,
    "title": str,
    "buyer": str,
    "contractor": str,
    "notified_on": date,
    "starts_on": date,
    "ends_on": date,
    "firm_until_on": date,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a terms file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class TermsRefused(ValueError):
    """The file does not say exactly one thing on every day: nothing of it is used."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NotAValue(ValueError):
    """What is written is not a value of the term's kind; the text says what was expected."""


@dataclass
class _Reader:
    """The file being read: where each thing stands, and what is wrong so far."""

    file: str
    lines: Mapping[Path, int]
    clauses: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    def line(self, *path: str | int) -> int:
        """The line of a key or table, or of the nearest thing above it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def refuse(self, reason: str, *path: str | int) -> None:
        self.problems.append(Problem(self.file, self.line(*path), reason))

    def take(self, table: Mapping[str, object], kind: type[T], key: str, *path: str | int) -> T | None:
        value = table.get(key)
        if type(value) is kind and (value or kind is not str):
            return value
        what = "is missing" if value is None else f"must be a {kind.__name__}"
        self.refuse(f"{'.'.join(map(str, path))}: `{key}` {what}", *path, key)
        return None

    def known_keys(self, table: Mapping[str, object], known: Collection[str], *path: str | int) -> None:
        for key in table:
            if key not in known:
                self.refuse(f"{'.'.join(map(str, path))}: unknown key `{key}`", *path, key)

    def known_clause(self, clause: str, *path: str | int) -> None:
        if clause and clause not in self.clauses:
            self.refuse(f"{'.'.join(map(str, path[:2]))}: unknown clause `{clause}`", *path, "clause")


def load(text: str, *, file: str, clauses: Collection[str]) -> Terms:
    """Read a terms file; `clauses` are the clause ids that exist.

    Raises:
        TermsRefused: bad TOML, an unknown term, reading or clause, a value of the wrong kind or unit, a gap,
            an overlap, a missing term: all of them at once, each with its line.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise TermsRefused([Problem(file, line, f"not TOML: {error}")]) from error
    reader = _Reader(file, lines_of(text), clauses)
    reader.known_keys(document, {"contract", "terms", "readings"})
    head = _head(reader, _table(document.get("contract")))
    if head is None:
        raise TermsRefused(reader.problems)
    terms = _terms(reader, head, _table(document.get("terms")))
    readings = _readings(reader, head, _table(document.get("readings")))
    if reader.problems:
        raise TermsRefused(sorted(reader.problems, key=lambda problem: problem.line))
    return Terms(head, terms, readings)


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _head(reader: _Reader, table: dict[str, object]) -> Head | None:
    reader.known_keys(table, {*HEAD_KEYS, "assumption"}, "contract")
    texts = {
        key: reader.take(table, str, key, "contract") or "" for key, kind in HEAD_KEYS.items() if kind is str
    }
    days = {key: reader.take(table, date, key, "contract") for key, kind in HEAD_KEYS.items() if kind is date}
    if texts["kind"] not in READINGS:
        reader.refuse(f"contract: `kind` must be one of {', '.join(sorted(READINGS))}", "contract", "kind")
    notified, starts, ends, firm = (
        days[key] for key in ("notified_on", "starts_on", "ends_on", "firm_until_on")
    )
    if notified is None or starts is None or ends is None or firm is None or reader.problems:
        return None
    if not notified <= starts < firm <= ends:
        reader.refuse("contract: notified_on ≤ starts_on < firm_until_on ≤ ends_on does not hold", "contract")
    return Head(
        **texts,
        notified_on=notified,
        starts_on=starts,
        ends_on=ends,
        firm_until_on=firm,
        assumption=str(table.get("assumption", "")),
    )


def _terms(reader: _Reader, head: Head, tables: dict[str, object]) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for name, rows in tables.items():
        spec = CATALOGUE.get(name)
        if spec is None or head.kind not in spec.contracts:
            reader.refuse(f"unknown term `{name}`", "terms", name, 0)
            continue
        values = _values(reader, spec, _tables(rows))
        if values:
            _covers(reader, head, spec, _tables(rows), values)
            try:
                found[name] = Term(spec, in_order(name, values))
            except ValueError:
                continue  # an overlap, already reported with its line
    for spec in CATALOGUE.values():
        if head.kind in spec.contracts and spec.name not in tables:
            reader.refuse(f"the term `{spec.name}` is missing", "terms")
    return found


def _values(reader: _Reader, spec: TermSpec, rows: list[dict[str, object]]) -> list[DatedValue]:
    values: list[DatedValue] = []
    if not rows:
        reader.refuse(f"`{spec.name}` has no value", "terms", spec.name)
    for index, row in enumerate(rows):
        where: Path = ("terms", spec.name, index)
        reader.known_keys(row, VALUE_KEYS, *where)
        from_on = reader.take(row, date, "from", *where)
        clause = reader.take(row, str, "clause", *where) or ""
        source = reader.take(row, str, "source", *where) or ""
        reader.known_clause(clause, *where)
        if row.get("unit", "") != spec.unit:
            reader.refuse(
                f"`{spec.name}`: the unit is {spec.unit or 'none'}, not {row.get('unit')}", *where, "unit"
            )
        try:
            value = value_of(spec, row.get("value"))
        except NotAValue as error:
            reader.refuse(f"`{spec.name}`: {error}", *where, "value")
            continue
        if from_on is not None:
            line = reader.line(*where)
            note = str(row.get("note", ""))
            values.append(DatedValue(from_on, value, clause, source, note, line=line))
    return values if len(values) == len(rows) else []


def _covers(
    reader: _Reader, head: Head, spec: TermSpec, rows: list[dict[str, object]], values: list[DatedValue]
) -> None:
    """Refuse a file where some day of the contract has no value, or two."""
    name = spec.name
    if values[0].from_on > head.notified_on:
        reader.refuse(
            f"`{name}` has no value from {head.notified_on} to {values[0].from_on}", "terms", name, 0, "from"
        )
    for index, (row, value) in enumerate(zip(rows, values, strict=True)):
        until = row.get("until")
        if until is not None and (type(until) is not date or until <= value.from_on):
            reader.refuse(f"`{name}`: `until` is a date after `from`", "terms", name, index, "until")
            continue
        following = values[index + 1].from_on if index + 1 < len(values) else None
        if following is None:
            if isinstance(until, date) and until < head.ends_on:
                reader.refuse(
                    f"`{name}` has no value from {until} to {head.ends_on}", "terms", name, index, "until"
                )
        elif following <= value.from_on:
            reader.refuse(
                f"`{name}`: two values overlap from {following}; write them by date, one per day",
                "terms",
                name,
                index + 1,
                "from",
            )
        elif isinstance(until, date) and until > following:
            reader.refuse(
                f"`{name}`: two values overlap from {following} to {until}", "terms", name, index, "until"
            )
        elif isinstance(until, date) and until < following:
            reader.refuse(f"`{name}` has no value from {until} to {following}", "terms", name, index, "until")


def _readings(reader: _Reader, head: Head, tables: dict[str, object]) -> dict[str, Reading]:
    known = READINGS[head.kind]
    found: dict[str, Reading] = {}
    for code, content in tables.items():
        if code not in known:
            reader.refuse(f"unknown reading `{code}`", "readings", code)
            continue
        reading = _reading(reader, head, code, _table(content))
        if reading is not None:
            found[code] = reading
    for code in known:
        if code not in tables:
            reader.refuse(f"the reading `{code}` is missing", "readings")
    return found


def _reading(reader: _Reader, head: Head, code: str, table: dict[str, object]) -> Reading | None:
    where: Path = ("readings", code)
    before = len(reader.problems)
    reader.known_keys(table, READING_KEYS, *where)
    words = {
        key: reader.take(table, str, key, *where) or ""
        for key in ("clause", "source", "question", "why", "effect", "ask")
    }
    reader.known_clause(words["clause"], *where)
    options = tuple(Option(key, str(text)) for key, text in _table(table.get("options")).items())
    known = READINGS[head.kind][code]
    if {option.code for option in options} != known:
        reader.refuse(f"readings.{code}: the options are {', '.join(sorted(known))}", *where, "options")
    retained: list[Retained] = []
    for index, row in enumerate(_tables(table.get("retained"))):
        place: Path = (*where, "retained", index)
        reader.known_keys(row, {"from", "option", "agreement"}, *place)
        from_on = reader.take(row, date, "from", *place)
        option = reader.take(row, str, "option", *place) or ""
        if option and option not in known:
            reader.refuse(f"readings.{code}: unknown option `{option}`", *place, "option")
        if from_on is not None:
            retained.append(
                Retained(from_on, option, str(row.get("agreement", "")), line=reader.line(*place))
            )
    if not retained:
        reader.refuse(f"readings.{code}: no option is retained", *where)
    elif retained[0].from_on > head.notified_on:
        reader.refuse(
            f"readings.{code}: no option is retained from {head.notified_on} to {retained[0].from_on}",
            *where, "retained", 0, "from",
        )  # fmt: skip
    for index, (one, following) in enumerate(itertools.pairwise(retained)):
        if following.from_on <= one.from_on:
            reader.refuse(
                f"readings.{code}: two options overlap from {following.from_on}",
                *where, "retained", index + 1, "from",
            )  # fmt: skip
    if len(reader.problems) > before:
        return None
    return Reading(code, options=options, retained=options_in_order(code, retained), **words)


def value_of(spec: TermSpec, raw: object) -> Value:
    """A value as TOML gives it (decimals as Decimal), in the form the rules use.

    Raises:
        NotAValue: it is not of the term's kind, or stands out of its bounds.
    """
    match spec.kind, raw:
        case _, None:
            raise NotAValue("`value` is missing")
        case ((Kind.AMOUNT | Kind.RATE | Kind.NUMBER), (Decimal() | int())) if not isinstance(raw, bool):
            return _number(spec, Decimal(raw))
        case Kind.COUNT, int() if not isinstance(raw, bool) and raw >= 0:
            return raw
        case Kind.FLAG, bool():
            return raw
        case Kind.TEXT, str() if raw.strip():
            return raw
        case Kind.CODE, str() if raw in dict(spec.choices):
            return raw
        case ((Kind.CODE | Kind.CODES), _) if not _are_codes(spec, raw):
            raise NotAValue(f"a code must be one of {', '.join(dict(spec.choices))}")
        case ((Kind.CODES | Kind.TEXTS), list()) if raw and all(isinstance(x, str) and x for x in raw):
            return _distinct(tuple(str(item) for item in raw))
        case Kind.COUNTS, list() if raw and all(type(item) is int and item >= 0 for item in raw):
            return _distinct(tuple(int(item) for item in raw))
        case Kind.DATE, date() if type(raw) is date:
            return raw
        case Kind.TIME, time():
            return raw
        case Kind.ANNUAL_DAY, dict():
            return _annual_day(raw)
        case Kind.TABLE, dict() if raw and all(type(cell) in {int, Decimal} for cell in raw.values()):
            return tuple((str(key), Decimal(cell)) for key, cell in raw.items())
    raise NotAValue(f"{raw!r} is not {EXPECTED[spec.kind]}")


EXPECTED = {
    Kind.AMOUNT: "an amount in euros, such as 10.00",
    Kind.RATE: "a rate, such as 0.90 for 90 %",
    Kind.NUMBER: "a number",
    Kind.COUNT: "a whole number, zero or more",
    Kind.COUNTS: "a list of whole numbers",
    Kind.FLAG: "true or false",
    Kind.TEXT: "a text",
    Kind.TEXTS: "a list of texts",
    Kind.CODE: "a code",
    Kind.CODES: "a list of codes",
    Kind.DATE: "a date, such as 2025-11-09",
    Kind.TIME: "a time of day, such as 08:30:00",
    Kind.ANNUAL_DAY: 'a day of the year, such as { month = 1, day = 31, years_after = 1 } or day = "last"',
    Kind.TABLE: "a table of numbers by label",
}


def _are_codes(spec: TermSpec, raw: object) -> bool:
    known = dict(spec.choices)
    return spec.kind is Kind.CODES and isinstance(raw, list) and all(item in known for item in raw)


def _number(spec: TermSpec, number: Decimal) -> Decimal:
    if not number.is_finite() or number < 0:
        raise NotAValue(f"{number} is not {EXPECTED[spec.kind]}")
    if spec.kind is Kind.AMOUNT and number != number.quantize(Decimal("0.01")):
        raise NotAValue(f"{number} is finer than a cent")
    if spec.kind is Kind.RATE and number > 2:
        raise NotAValue(f"{number} is not a rate: write 0.90 for 90 %")
    return number


D = TypeVar("D", tuple[str, ...], tuple[int, ...])


def _distinct(items: D) -> D:
    if len(set(items)) != len(items):
        raise NotAValue("an item is there twice")
    return items


def _annual_day(raw: Mapping[str, object]) -> AnnualDay:
    month, day, years = raw.get("month"), raw.get("day"), raw.get("years_after", 0)
    if (
        set(raw) <= {"month", "day", "years_after"}
        and type(month) is int
        and type(years) is int
        and 0 <= years <= 9
        and 1 <= month <= 12
    ):
        if day == "last":
            return AnnualDay(month, None, years)
        # 29 February would not exist every year: "last" says what is meant.
        longest = 28 if month == 2 else 30 if month in {4, 6, 9, 11} else 31
        if type(day) is int and 1 <= day <= longest:
            return AnnualDay(month, day, years)
    raise NotAValue(f"{raw!r} is not {EXPECTED[Kind.ANNUAL_DAY]}")


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table and key of a TOML text that `tomllib` accepts; array items by number.

    Keys are bare ones, as terms files write them; the inside of a multi-line string or list is skipped.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quoted:
            quoted = "" if line.count(quoted) % 2 else quoted
            continue
        if header := _HEADER.match(line):
            path = _with_indices(tuple(header[2].replace(" ", "").split(".")), counts, header[1] == "[[")
            table = path
            for size in range(1, len(path) + 1):
                found.setdefault(path[:size], number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *key[1].replace(" ", "").split(".")), number)
        quoted = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
    return found


def _with_indices(names: tuple[str, ...], counts: dict[Path, int], is_array: bool) -> Path:
    """The path of a header with, after each array of tables, the number of the item in hand."""
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if is_array and place == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def literal(value: Value) -> str:
    """The TOML text of a value: what a terms file would write after `value =`."""
    match value:
        case bool():
            return "true" if value else "false"
        case AnnualDay():
            day = value.day if value.day is not None else '"last"'
            return f"{{ month = {value.month}, day = {day}, years_after = {value.years_after} }}"
        case tuple() if value and isinstance(value[0], tuple):
            rows = [row for row in value if isinstance(row, tuple)]
            return "{ " + ", ".join(f"{_quoted(label)} = {cell}" for label, cell in rows) + " }"
        case tuple():
            return "[" + ", ".join(_quoted(item) for item in value) + "]"
        case date() | time():
            return value.isoformat()
    return _quoted(value)


def _quoted(item: object) -> str:
    if not isinstance(item, str):
        return str(item)
    # What JSON escapes, TOML reads alike; TOML wants one more character escaped.
    return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")


def value_written(spec: TermSpec, text: str) -> Value:
    """A value from its TOML text, as `literal` writes it.

    Raises:
        NotAValue: it is not TOML, or not of the term's kind.
    """
    try:
        document = tomllib.loads(f"value = {text}", parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise NotAValue(f"{text!r} is not TOML") from error
    if set(document) != {"value"}:
        raise NotAValue(f"{text!r} is more than a value")
    return value_of(spec, document["value"])

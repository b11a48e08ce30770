"""Reads the profiles and overrides of this room, and refuses what it does not know, naming file and line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from titulaire.contracts.rules import AnnualDay
from titulaire.vouchers.regimes.rules import (
    CONTRACT,
    OWN_CHOICE,
    UNION,
    AffixedBy,
    Certainty,
    Decision,
    Fact,
    Mention,
    Overrides,
    Profile,
    Requirement,
    Side,
    State,
    Subject,
)

HERE = Path(__file__).parent
E = TypeVar("E", bound=StrEnum)
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


class RefusedFile(ValueError):
    """A file of this room says something that nobody defined: nothing of it is used."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path.name}:{line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Table:
    """A table of the file, its line and its keys' lines; a key that nobody takes has the table refused."""

    path: Path
    line: int
    lines: Mapping[str, int]
    values: dict[str, object]
    taken: set[str] = field(default_factory=set)

    def refuse(self, key: str, reason: str) -> RefusedFile:
        return RefusedFile(self.path, self.lines.get(key, self.line), f"{key}: {reason}")

    def optional(self, key: str) -> object | None:
        self.taken.add(key)
        return self.values.get(key)

    def text(self, key: str) -> str:
        value = self.optional(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, "a text is wanted")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self.values else None

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.optional(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.refuse(key, "a list of texts is wanted")
        return tuple(value)

    def day(self, key: str) -> date:
        value = self.optional(key)
        if type(value) is not date:
            raise self.refuse(key, "a date is wanted, as 2027-01-31")
        return value

    def code(self, key: str, codes: type[E]) -> E:
        value = self.text(key)
        try:
            return codes(value)
        except ValueError:
            raise self.refuse(key, f"{value!r} is not one of {', '.join(codes)}") from None

    def vintage_date(self, key: str) -> AnnualDay | None:
        value = self.optional(key)
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != {"month", "day", "years_after"}:
            raise self.refuse(key, 'write { month = 2, day = 28, years_after = 1 }, or day = "last"')
        day = None if value["day"] == "last" else value["day"]
        rule = AnnualDay(value["month"], day, value["years_after"])
        try:
            rule.of(2027), rule.of(2028)
        except (TypeError, ValueError):
            raise self.refuse(key, f"{value} is no date of every year") from None
        return rule

    def end(self) -> None:
        for key in self.values:
            if key not in self.taken:
                raise self.refuse(key, "unknown key")


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file: its root table and its lists of tables."""

    root: Table
    lists: Mapping[str, tuple[Table, ...]]
    fingerprint: str


def read(path: Path, *lists: str, tables: Iterable[str] = ()) -> Document:
    """Read a TOML file made of a root, the given lists of tables and the given plain tables.

    Raises:
        RefusedFile: the file is not TOML, or holds a table that is not expected.
    """
    content = path.read_bytes()
    try:
        parsed = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = re.search(r"line (\d+)", str(error))
        raise RefusedFile(path, int(where[1]) if where else 1, str(error)) from None
    positions = _positions(content.decode())
    root: dict[str, object] = {}
    found: dict[str, tuple[Table, ...]] = {}
    for key, value in parsed.items():
        if key in lists and isinstance(value, list):
            found[key] = tuple(
                _table(path, positions, key, number, item) for number, item in enumerate(value)
            )
        elif isinstance(value, dict) and key in tables:
            found[key] = (_table(path, positions, key, 0, value),)
        else:
            root[key] = value
    _, root_lines = positions.get(("", 0), (1, {}))
    headers = {name: line for (name, _), (line, _) in reversed(positions.items())}
    return Document(
        Table(path, 1, {**headers, **root_lines}, root), found, hashlib.sha256(content).hexdigest()
    )


Positions = dict[tuple[str, int], tuple[int, dict[str, int]]]


def _positions(content: str) -> Positions:
    """Where each table and each of its keys stands, since `tomllib` keeps no line."""
    found: Positions = {("", 0): (1, {})}
    seen: Counter[str] = Counter()
    here = ("", 0)
    for number, line in enumerate(content.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = (header[1], seen[header[1]])
            seen[header[1]] += 1
            found[here] = (number, {})
        elif key := _KEY.match(line):
            found[here][1].setdefault(key[1], number)
    return found


def _table(path: Path, positions: Positions, name: str, number: int, values: object) -> Table:
    line, lines = positions.get((name, number), (1, {}))
    if not isinstance(values, dict):
        raise RefusedFile(path, line, f"{name}: a table is wanted")
    return Table(path, line, lines, values)


def load_wordings(path: Path = HERE / "mentions.toml") -> dict[str, Mention]:
    """The catalogue of mentions, by code; nobody asks for them yet."""
    document = read(path, "mention")
    document.root.end()
    wordings: dict[str, Mention] = {}
    for rank, table in enumerate(document.lists.get("mention", ())):
        code = table.text("code")
        if code in wordings:
            raise table.refuse("code", f"{code} is defined twice")
        wordings[code] = Mention(
            code=code,
            label=table.text("label"),
            template=table.text("template"),
            affixed_by=table.code("affixed_by", AffixedBy),
            rank=rank,
            required_by=(),
        )
        table.end()
    return wordings


def load_profile(path: Path, wordings: Mapping[str, Mention]) -> Profile:
    """One regime.

    Raises:
        RefusedFile: an unknown key, code, subject or mention; two facts on a subject from the same day.
    """
    document = read(path, "fact", "mention")
    root = document.root
    code = root.text("code")
    profile = Profile(
        code=code,
        name=root.text("name"),
        summary=root.text("summary"),
        version=root.text("version"),
        fingerprint=document.fingerprint,
        facts=tuple(_fact(table) for table in document.lists.get("fact", ())),
        mentions=_mentions(document.lists.get("mention", ()), wordings, asked_by=code),
    )
    root.end()
    _once(document.lists.get("fact", ()), "subject")
    return profile


def _fact(table: Table) -> Fact:
    told = table.vintage_date("date")
    position = table.optional_text("position")
    if (told is None) == (position is None):
        raise table.refuse("position", "give either a date or a position")
    fact = Fact(
        subject=table.code("subject", Subject),
        since=table.day("from"),
        position=_position(told) if told else position or "",
        text=table.text("text"),
        provision=table.text("provision"),
        certainty=table.code("certainty", Certainty),
        date=told,
    )
    table.end()
    return fact


def _position(told: AnnualDay) -> str:
    """A code that two equal dates share: `M+1-02-LAST` is not `M+1-02-28`."""
    day = "LAST" if told.day is None else f"{told.day:02}"
    return f"M{told.years_after:+}-{told.month:02}-{day}"


def _mentions(
    tables: Iterable[Table], wordings: Mapping[str, Mention], *, asked_by: str
) -> tuple[Mention, ...]:
    found = []
    for table in tables:
        code = table.text("code")
        if code not in wordings:
            raise table.refuse("code", f"{code} is not in mentions.toml")
        asked = Requirement(
            asked_by=asked_by,
            provision=table.text("provision"),
            certainty=table.code("certainty", Certainty),
            side=table.code("side", Side),
            since=table.day("from"),
        )
        table.end()
        found.append(replace(wordings[code], required_by=(asked,)))
    _once(tables, "code")
    return tuple(found)


def _once(tables: Iterable[Table], key: str) -> None:
    seen = set()
    for table in tables:
        entry = (table.values[key], table.values["from"])
        if entry in seen:
            raise table.refuse(key, f"{entry[0]} is told twice from {entry[1]}")
        seen.add(entry)


def load_overrides(path: Path, wordings: Mapping[str, Mention], profiles: Mapping[str, Profile]) -> Overrides:
    """One contract's decisions.

    Raises:
        RefusedFile: an unknown key, code, regime or mention; a decision that applies what nobody says.
    """
    document = read(path, "mention", "decision", tables=["values"])
    root = document.root
    regimes = root.texts("regimes")
    mention_regimes = root.texts("mention_regimes")
    for key, codes, known in (
        ("regimes", regimes, set(profiles)),
        ("mention_regimes", mention_regimes, set(regimes)),
    ):
        for code in codes:
            if code not in known:
                raise root.refuse(key, f"{code} is not one of {', '.join(sorted(known))}")
    decisions = document.lists.get("decision", ())
    values = document.lists.get("values", ())
    overrides = Overrides(
        contract=root.text("contract"),
        version=root.text("version"),
        fingerprint=document.fingerprint,
        regimes=regimes,
        mention_regimes=mention_regimes,
        values=tuple((key, table.text(key)) for table in values for key in table.values),
        mentions=_mentions(document.lists.get("mention", ()), wordings, asked_by=CONTRACT),
        decisions=tuple(_decision(table, {code: profiles[code] for code in regimes}) for table in decisions),
    )
    root.end()
    _once(decisions, "subject")
    return overrides


def _decision(table: Table, profiles: Mapping[str, Profile]) -> Decision:
    decision = Decision(
        subject=table.code("subject", Subject),
        since=table.day("from"),
        clauses=table.texts("clauses"),
        contract_text=table.optional_text("contract_text"),
        contract_date=table.vintage_date("contract_date"),
        applied_from=table.text("applied_from"),
        own_text=table.optional_text("applied"),
        own_date=table.vintage_date("applied_date"),
        why=table.text("why"),
        consequence=table.text("consequence"),
        question=table.text("question"),
        state=table.code("state", State),
        agreed_on=table.day("agreed_on") if "agreed_on" in table.values else None,
    )
    table.end()
    if decision.contract_date and decision.contract_text is None:
        raise table.refuse("contract_date", "goes with contract_text")
    if (decision.state == State.AGREED) != (decision.agreed_on is not None):
        raise table.refuse("state", "AGREED goes with agreed_on, and only it")
    chosen = decision.applied_from in {UNION, OWN_CHOICE}
    if chosen != (decision.own_text is not None):
        raise table.refuse("applied", "is written for UNION and OWN_CHOICE, and only for them")
    if decision.own_date and not chosen:
        raise table.refuse("applied_date", "is written for UNION and OWN_CHOICE, and only for them")
    if decision.applied_from == CONTRACT and decision.contract_text is None:
        raise table.refuse("applied_from", "the contract is silent here")
    if not chosen and decision.applied_from != CONTRACT:
        profile = profiles.get(decision.applied_from)
        if profile is None or profile.fact(decision.subject, on=decision.since) is None:
            raise table.refuse("applied_from", f"{decision.applied_from} says nothing on {decision.subject}")
    return decision

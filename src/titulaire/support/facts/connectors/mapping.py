"""Reading a connector: every key known, every field possible, every mistake given with its line. Pure."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from titulaire.support.facts.schema import RECORD_TYPES, Field, Kind, Measure, Record, RecordType

FORMATS = ("csv", "xlsx", "parquet", "json")
UNITS = ("hms", "ms", "milliseconds", "seconds", "minutes", "hours", "days")
AMBIGUOUS = ("earlier", "later", "refuse")
SPECIAL_FORMATS = ("iso", "iso_offset", "epoch", "epoch_ms")
TAKES = ("first", "last")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a connector, and on which line of its file (0: the file as a whole)."""

    line: int
    message: str


class InvalidConnector(ValueError):
    """A connector that cannot be used: carries its path and every mistake."""

    def __init__(self, path: str, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(f"{path}:{mistake.line}: {mistake.message}" for mistake in mistakes))
        self.path, self.mistakes = path, mistakes


@dataclass(frozen=True, slots=True)
class Source:
    """How the file itself is read."""

    format: str
    delimiter: str
    quote: str
    encoding: str
    heading_row: int
    columns: tuple[str, ...]
    sheet: str
    zone: str
    ambiguous: str
    decimal: str
    empty: tuple[str, ...]
    skip: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where a field comes from: columns, a constant, or the time between two instants."""

    field: Field
    columns: tuple[str, ...]
    joined_with: str
    constant: str | None
    between: tuple[tuple[str, ...], tuple[str, ...]] | None
    codes: Mapping[str, str]
    otherwise: str | None
    formats: tuple[str, ...]
    unit: str
    never: tuple[str, ...]
    after: str
    zone: str
    times: int


@dataclass(frozen=True, slots=True)
class Derived:
    """A column made from events: `take` the value of a column, at the first or last of some events."""

    name: str
    take: str
    on: tuple[str, ...]
    which: str


@dataclass(frozen=True, slots=True)
class Events:
    """How lines that are events become one row per leg. A `start` event opens a new row of its key."""

    key: tuple[str, ...]
    name: str
    start: tuple[str, ...]
    derived: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class MeasureColumn:
    """A column of a report whose cells are each a fact."""

    heading: str
    measure: Measure
    unit: str


@dataclass(frozen=True, slots=True)
class Connector:
    """A declared mapping. `digest` is that of its text: a changed mapping is another connector."""

    name: str
    title: str
    path: str
    digest: str
    kind: RecordType
    source: Source
    fields: tuple[FieldSource, ...]
    events: Events | None
    measures: tuple[MeasureColumn, ...]

    @property
    def record(self) -> Record:
        return self.kind.record

    def mapped(self, name: str) -> FieldSource | None:
        return next((source for source in self.fields if source.field.name == name), None)

    @property
    def headings(self) -> tuple[str, ...]:
        """Every column that the mapping reads from the rows, in order of first use."""
        named = [column for source in self.fields for column in source.columns]
        named += [measure.heading for measure in self.measures]
        named += list(self.source.skip)
        return tuple(dict.fromkeys(named))


def parse_connector(text: str, *, path: str = "") -> Connector:
    """The connector that a TOML text declares.

    Raises:
        InvalidConnector: with every mistake found.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise InvalidConnector(
            path, (Mistake(int(line[1]) if line else 0, f"TOML illisible : {error}"),)
        ) from error
    return _Reader(text, document, path).connector()


class _Reader:
    """Walks one document, gathers every mistake, and gives them together."""

    def __init__(self, text: str, document: dict[str, Any], path: str) -> None:
        self.lines = text.splitlines()
        self.document, self.path = document, path
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self.mistakes: list[Mistake] = []

    def connector(self) -> Connector:
        self.known(self.document, (), ("name", "title", "record", "source", "fields", "events", "measures"))
        name = self.text(self.document, (), "name")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
            self.wrong(("name",), "name : lettres minuscules, chiffres et tirets, 40 au plus")
        record = self.choice(self.document, (), "record", tuple(Record), default="")
        kind = RECORD_TYPES[Record(record)] if record in tuple(Record) else None
        source = self.source(self.table((), "source"))
        events = self.events(self.table((), "events")) if "events" in self.document else None
        measures = self.measures(self.table((), "measures"), kind)
        fields = self.fields(self.table((), "fields"), kind, source) if kind else ()
        if self.mistakes or kind is None:
            raise InvalidConnector(self.path, tuple(sorted(self.mistakes, key=lambda mistake: mistake.line)))
        return Connector(
            name=name,
            title=str(self.document.get("title", name)),
            path=self.path,
            digest=self.digest,
            kind=kind,
            source=source,
            fields=fields,
            events=events,
            measures=measures,
        )

    # Places in the text

    def wrong(self, place: tuple[str, ...], message: str) -> None:
        self.mistakes.append(Mistake(self.line_of(place), message))

    def line_of(self, place: tuple[str, ...]) -> int:
        """The line where a key stands, or the nearest of its parents that is found."""
        for depth in range(len(place), 0, -1):
            if line := self._find(place[:depth]):
                return line
        return 1 if self.lines else 0

    def _find(self, place: tuple[str, ...]) -> int:
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.lines, 1):
            if heading := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$", line):
                table = tuple(part.strip().strip("\"'") for part in heading[1].split("."))
                if table == place:
                    return number
                continue
            key = re.match(r"\s*(\"[^\"]*\"|'[^']*'|[\w.-]+)\s*=", line)
            if not key:
                continue
            here = (*table, *(_unquoted(key[1])))
            if here == place:
                return number
            if here == place[:-1] and re.search(
                rf"[{{,\s\"']{re.escape(place[-1])}[\"']?\s*=", line[key.end() :]
            ):
                return number
        return 0

    # Values

    def known(self, table: Mapping[str, object], place: tuple[str, ...], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                self.wrong((*place, key), f"clé inconnue « {key} » ; clés possibles : {', '.join(keys)}")

    def table(self, place: tuple[str, ...], key: str) -> dict[str, Any]:
        value = self.document.get(key, {})
        if not isinstance(value, dict):
            self.wrong((*place, key), f"{key} est une table : écrivez [{key}]")
            return {}
        return value

    def text(
        self, table: Mapping[str, object], place: tuple[str, ...], key: str, default: str | None = None
    ) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            self.wrong(
                (*place, key), f"{key} manque" if value is None else f"{key} est un texte entre guillemets"
            )
            return ""
        return value

    def choice(
        self,
        table: Mapping[str, object],
        place: tuple[str, ...],
        key: str,
        among: tuple[str, ...],
        default: str,
    ) -> str:
        value = table.get(key, default)
        if value not in among:
            self.wrong((*place, key), f"{key} : {value!r} n’est pas l’un de {', '.join(among)}")
            return among[0]
        return str(value)

    def texts(self, table: Mapping[str, object], place: tuple[str, ...], key: str) -> tuple[str, ...]:
        value = table.get(key, ())
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            self.wrong((*place, key), f"{key} est un texte ou une liste de textes")
            return ()
        return tuple(value)

    # Parts

    def source(self, table: dict[str, Any]) -> Source:
        place = ("source",)
        self.known(
            table,
            place,
            (
                "format", "delimiter", "quote", "encoding", "heading_row", "columns", "sheet",
                "zone", "ambiguous", "decimal", "empty", "skip",
            ),
        )  # fmt: skip
        heading_row = table.get("heading_row", 1)
        columns = self.texts(table, place, "columns")
        if not isinstance(heading_row, int) or heading_row < 0:
            self.wrong(
                (*place, "heading_row"), "heading_row est un numéro de ligne, 0 s’il n’y a pas d’en-tête"
            )
            heading_row = 1
        if heading_row == 0 and not columns:
            self.wrong((*place, "heading_row"), 'sans ligne d’en-tête, donnez les noms : columns = ["…"]')
        delimiter = self.text(table, place, "delimiter", ";")
        if len(delimiter) != 1:
            self.wrong((*place, "delimiter"), "delimiter est un seul caractère")
        encoding = self.text(table, place, "encoding", "utf-8")
        try:
            "".encode(encoding)
        except LookupError:
            self.wrong((*place, "encoding"), f"encodage inconnu « {encoding} »")
        skip = table.get("skip", {})
        if not isinstance(skip, dict):
            self.wrong((*place, "skip"), "skip associe une colonne aux valeurs des lignes à laisser")
            skip = {}
        return Source(
            format=self.choice(table, place, "format", FORMATS, "csv"),
            delimiter=delimiter,
            quote=self.text(table, place, "quote", '"'),
            encoding=encoding,
            heading_row=heading_row,
            columns=columns,
            sheet=self.text(table, place, "sheet", ""),
            zone=self.zone(table, place, "Europe/Paris"),
            ambiguous=self.choice(table, place, "ambiguous", AMBIGUOUS, "earlier"),
            decimal=self.choice(table, place, "decimal", (".", ","), "."),
            empty=self.texts(table, place, "empty"),
            skip={column: self.texts(skip, (*place, "skip"), column) for column in skip},
        )

    def zone(self, table: Mapping[str, object], place: tuple[str, ...], default: str) -> str:
        name = self.text(table, place, "zone", default)
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            self.wrong((*place, "zone"), f"fuseau horaire inconnu « {name} » (exemple : Europe/Paris)")
        return name

    def events(self, table: dict[str, Any]) -> Events:
        place = ("events",)
        self.known(table, place, ("key", "name", "start", "columns"))
        derived = []
        for name, spec in (table.get("columns") or {}).items():
            here = (*place, "columns", name)
            if not isinstance(spec, dict):
                self.wrong(here, f'{name} = {{ take = "colonne", on = ["ÉVÉNEMENT"] }}')
                continue
            self.known(spec, here, ("take", "on", "which"))
            derived.append(
                Derived(
                    name=name,
                    take=self.text(spec, here, "take"),
                    on=self.texts(spec, here, "on"),
                    which=self.choice(spec, here, "which", TAKES, "first"),
                )
            )
        return Events(
            key=self.texts(table, place, "key"),
            name=self.text(table, place, "name"),
            start=self.texts(table, place, "start"),
            derived=tuple(derived),
        )

    def measures(self, table: dict[str, Any], kind: RecordType | None) -> tuple[MeasureColumn, ...]:
        place = ("measures",)
        if table and kind is not None and kind.record != Record.AGGREGATES:
            self.wrong(place, 'measures ne sert qu’aux agrégats : record = "AGGREGATES"')
        found = []
        for heading, spec in table.items():
            here = (*place, heading)
            spec = {"measure": spec} if isinstance(spec, str) else spec
            if not isinstance(spec, dict):
                self.wrong(here, 'donnez une mesure : "Appels reçus" = "RECEIVED_INBOUND"')
                continue
            self.known(spec, here, ("measure", "unit"))
            measure = self.choice(spec, here, "measure", tuple(Measure), "")
            if measure in tuple(Measure):
                unit = self.choice(spec, here, "unit", UNITS, "hms") if measure.endswith("_MS") else ""
                found.append(MeasureColumn(heading, Measure(measure), unit))
        return tuple(found)

    def fields(self, table: dict[str, Any], kind: RecordType, source: Source) -> tuple[FieldSource, ...]:
        place = ("fields",)
        names = tuple(field.name for field in kind.fields)
        self.known(table, place, names)
        found = [self.field(field, table[field.name], source) for field in kind.fields if field.name in table]
        filled = {item.field.name for item in found}
        if "measures" in self.document:
            filled |= {"measure", "value"}
        for field in kind.fields:
            if field.required and field.name not in filled:
                self.wrong(place, f"le champ obligatoire « {field.name} » ({field.label}) manque")
        self.together(found, kind.record)
        return tuple(found)

    def together(self, found: list[FieldSource], record: Record) -> None:
        """What fields may not do side by side."""
        names = {item.field.name for item in found}
        instants = {item.field.name for item in found if item.field.kind == Kind.INSTANT}
        for item in found:
            place = ("fields", item.field.name)
            if item.after and item.after not in instants:
                self.wrong(
                    (*place, "after"), f"after : « {item.after} » n’est pas un instant de ce connecteur"
                )
            for name in (name for side in item.between or () for name in side):
                if name not in instants:
                    self.wrong(
                        (*place, "between"), f"between : « {name} » n’est pas un instant de ce connecteur"
                    )
        if {"talk", "communication"} <= names:
            self.wrong(
                ("fields", "communication"),
                "talk et communication disent la même chose : gardez l’un des deux",
            )
        if record == Record.STATES and not names & {"ended_at", "duration"}:
            self.wrong(("fields",), "un état a une fin (ended_at) ou une durée (duration)")

    def field(self, field: Field, spec: object, source: Source) -> FieldSource:
        place = ("fields", field.name)
        if isinstance(spec, str):
            spec = {"column": spec}
        if not isinstance(spec, dict):
            self.wrong(place, f'{field.name} = "colonne" ou {field.name} = {{ column = "colonne", … }}')
            spec = {"column": ""}
        keys = _KEYS_OF.get(field.kind, ())
        self.known(spec, place, ("column", "columns", "joined_with", "constant", "never", *keys))
        columns = self.texts(spec, place, "columns") or self.texts(spec, place, "column")
        constant = spec.get("constant")
        if isinstance(constant, bool):
            constant = "true" if constant else "false"
        if constant is not None and not isinstance(constant, str | int):
            self.wrong((*place, "constant"), "constant est un texte, un nombre entier, true ou false")
        between = self.between(spec, place) if "between" in spec else None
        if sum((bool(columns), constant is not None, between is not None)) != 1:
            self.wrong(
                place, f"{field.name} : donnez column, columns, constant ou between, un seul des quatre"
            )
        codes: Any = spec.get("codes", {})
        if not isinstance(codes, dict) or not all(isinstance(value, str | bool) for value in codes.values()):
            self.wrong((*place, "codes"), "codes associe une valeur de la source à un code")
            codes = {}
        codes = {
            key: str(value).lower() if isinstance(value, bool) else value for key, value in codes.items()
        }
        otherwise = self.text(spec, place, "otherwise") if "otherwise" in spec else None
        given = [*codes.items(), *([("otherwise", otherwise)] if otherwise is not None else [])]
        if constant is not None:
            given.append(("constant", str(constant)))
        allowed = field.codes if field.choices else ("true", "false") if field.kind == Kind.FLAG else ()
        for key, value in given:
            if allowed and value not in allowed:
                where = (*place, key) if key in ("otherwise", "constant") else (*place, "codes", key)
                self.wrong(where, f"{field.name} : « {value} » n’est pas l’un de {', '.join(allowed)}")
        formats = self.texts(spec, place, "format") or (("iso",) if field.kind == Kind.INSTANT else ())
        for text in formats:
            if text not in SPECIAL_FORMATS and "%" not in text:
                self.wrong(
                    (*place, "format"), f'format : « {text} » ; écrivez par exemple "%d/%m/%Y %H:%M:%S"'
                )
        zone = self.zone(spec, place, source.zone) if "zone" in spec else source.zone
        times = spec.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            self.wrong((*place, "times"), "times est un nombre entier par lequel multiplier la valeur")
            times = 1
        return FieldSource(
            field=field,
            columns=columns,
            joined_with=self.text(spec, place, "joined_with", " " if field.kind == Kind.INSTANT else "/"),
            constant=None if constant is None else str(constant),
            between=between,
            codes=codes,
            otherwise=otherwise,
            formats=formats,
            unit=self.choice(spec, place, "unit", UNITS, "hms") if field.kind == Kind.DURATION else "",
            never=self.texts(spec, place, "never"),
            after=self.text(spec, place, "after", ""),
            zone="UTC" if formats and formats[0] in ("epoch", "epoch_ms", "iso_offset") else zone,
            times=times,
        )

    def between(
        self, spec: Mapping[str, object], place: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        value = spec["between"]
        if isinstance(value, list) and len(value) == 2:
            sides = [[side] if isinstance(side, str) else side for side in value]
            if all(
                isinstance(side, list) and side and all(isinstance(n, str) for n in side) for side in sides
            ):
                return tuple(sides[0]), tuple(sides[1])
        self.wrong((*place, "between"), 'between = ["début", "fin"] ou ["début", ["fin", "sinon"]]')
        return ("",), ("",)


def _unquoted(key: str) -> tuple[str, ...]:
    return (key[1:-1],) if key[0] in "\"'" else tuple(key.split("."))


_KEYS_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.CODE: ("codes", "otherwise"),
    Kind.LABEL: ("codes", "otherwise"),
    Kind.CHOICE: ("codes", "otherwise"),
    Kind.FLAG: ("codes", "otherwise"),
    Kind.INSTANT: ("format", "zone", "after"),
    Kind.DURATION: ("unit", "between"),
    Kind.NUMBER: ("times",),
}

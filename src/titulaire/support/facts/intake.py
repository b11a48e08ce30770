"""From a connector to SQL: reading each field, refusing what cannot be a fact, and shaping what is stored.

Everything is set-wise: one expression per field and per rule, evaluated by the engine on whole columns. Only
the rows that are refused are ever looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from titulaire.support.facts.connectors.mapping import Connector, FieldSource
from titulaire.support.facts.schema import INSTANT_OF, Kind, Record
from titulaire.support.facts.zones import Offsets, offsets_of

LONGEST_MS = 24 * 3600 * 1000
OLDEST_YEARS = 10
CODE_PATTERN = r"[A-Za-z0-9+][A-Za-z0-9_.:+-]{0,39}"
QUARTER_MS = 900_000
ROW = "__row"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to refuse a row: `condition` is SQL over one read row; `code` never changes."""

    code: str
    field: str
    column: str
    condition: str
    message: str
    mend: str
    value: str = ""
    limit: tuple[str, str] | None = None
    """When the condition is no more than a value past a limit: the value, and the sign and the limit."""


def _past(
    code: str, field: str, column: str, value: str, sign: str, limit: int, message: str, mend: str
) -> Rule:
    """A rule that refuses a value past a limit."""
    return Rule(code, field, column, f"{value} {sign} {limit}", message, mend, value, (sign, str(limit)))


@dataclass(frozen=True, slots=True)
class Intake:
    """The SQL of one connector. `reading` gives one read row per source row, from a relation named `raw`."""

    reading: str
    rules: tuple[Rule, ...]
    texts: tuple[str, ...]
    secret_texts: frozenset[str]
    shape: tuple[str, ...]

    @property
    def accepted(self) -> str:
        """SQL: whether a read row breaks no rule. A null condition breaks none.

        True wins over null in an OR: one `coalesce` around them all says the same as one around each.
        """
        broken = " OR ".join(f"({condition})" for condition in self.broken)
        return f"NOT coalesce({broken}, false)" if broken else "true"

    @property
    def broken(self) -> Iterator[str]:
        """What refuses a row: the rules, those that say "more" or "less" of many fields asked all at once.

        `greatest` and `least` leave nulls out: one is past the limit when any of its fields is.
        """
        limits: dict[tuple[str, str], list[str]] = {}
        for rule in self.rules:
            if rule.limit:
                limits.setdefault(rule.limit, []).append(rule.value)
            else:
                yield rule.condition
        for (sign, limit), values in limits.items():
            extreme = "greatest" if sign == ">" else "least"
            said = f"{extreme}({', '.join(values)})" if len(values) > 1 else values[0]
            yield f"{said} {sign} {limit}"


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def span_query(connector: Connector, *, padded: bool = True) -> str:
    """SQL: the first and last instants of `raw`, so that only their years' changes of time are compiled."""
    compiler = _Compiler(connector, "UTC", datetime(2000, 1, 1), None, padded)  # noqa: DTZ001 - neither is read
    return compiler.span()


def compile_intake(
    connector: Connector,
    *,
    civil_zone: str,
    received_at: datetime,
    span: tuple[datetime | None, datetime | None] | None = None,
    padded: bool = True,
) -> Intake:
    """The SQL that reads, refuses and shapes what a connector brings.

    `civil_zone` is that of the contract: it says which day a fact belongs to. Dates past `received_at` by
    more than a day, or older than ten years, are taken for a wrong format and refused. `span` is what
    `span_query` gave: without it, the changes of time of all those years are compiled. Not `padded`: no cell
    begins or ends with a space, and none is looked for.
    """
    return _Compiler(connector, civil_zone, received_at, span, padded).intake()


class _Compiler:
    def __init__(
        self,
        connector: Connector,
        civil_zone: str,
        received_at: datetime,
        span: tuple[datetime | None, datetime | None] | None,
        padded: bool,
    ) -> None:
        self.connector, self.civil_zone, self.padded = connector, civil_zone, padded
        self.latest = received_at.replace(tzinfo=None) + timedelta(days=1)
        self.oldest = datetime(received_at.year - OLDEST_YEARS, 1, 1)  # noqa: DTZ001 - naive UTC, as stored
        first, last = received_at.year - OLDEST_YEARS - 1, received_at.year + 1
        if span and span[0] and span[1]:
            # A qualification or a wrap-up may fall in the year after.
            first, last = max(first, min(span[0].year, last)), max(first, min(span[1].year + 1, last))
        self.years = (first, last)
        self.zones: dict[str, Offsets] = {}
        self.sources = list(connector.fields)

    def offsets(self, zone: str) -> Offsets:
        if zone not in self.zones:
            self.zones[zone] = offsets_of(zone, *self.years)
        return self.zones[zone]

    def span(self) -> str:
        source = self.connector.mapped(INSTANT_OF[self.connector.record])
        assert source is not None  # noqa: S101 - the instant of a record is a required field
        value = self.typed(source, "said") if source.columns else self.constant(source)
        text = self.text(source) if source.columns else "NULL"
        said = f"SELECT {value} AS moment FROM (SELECT {text} AS said FROM {self.trimmed(source.columns)})"
        return f"SELECT min(moment), max(moment) FROM ({said})"

    def intake(self) -> Intake:
        from_columns = [source for source in self.sources if source.columns]
        texts = [f"{self.text(source)} AS {_t(source)}" for source in from_columns]
        cells = ""
        if self.connector.record == Record.AGGREGATES:
            nowhere = "NULL::VARCHAR AS __sheet, NULL::VARCHAR AS __cell,"
            cells = "__unit, __sheet, __cell," if self.connector.measures else nowhere
        if self.connector.measures:
            texts += ["__measure AS t_measure", f"{self.emptied('__value')} AS t_value"]
        columns = [column for source in from_columns for column in source.columns]
        trimmed = self.trimmed(columns, "__value" if self.connector.measures else "")
        read = f"SELECT {ROW}, {cells} {', '.join(texts) or 'NULL AS t_nothing'} FROM {trimmed}"
        if self.connector.measures:
            read += f" WHERE {self.emptied('__value')} IS NOT NULL"
        typed = f"SELECT *, {', '.join(self.values())} FROM ({read})"
        rolled = f"SELECT *, {', '.join(self.rolled())} FROM ({typed})"
        instants = f"SELECT *, {', '.join(self.instants())} FROM ({rolled})"
        reading = f"SELECT *, {', '.join(self.measured())} FROM ({instants})"
        named = tuple(_t(source) for source in from_columns)
        if self.connector.measures:
            named += ("t_measure", "t_value")
        return Intake(
            reading=reading,
            rules=tuple(self.rules()),
            texts=named,
            secret_texts=frozenset(_t(source) for source in from_columns if source.field.kind == Kind.CALLER),
            shape=_SHAPES[self.connector.record],
        )

    # Reading a field

    def trimmed(self, columns: Iterable[str], value: str = "") -> str:
        """`raw`, its cells without the spaces around them."""
        names = [*(quoted(column) for column in dict.fromkeys(columns)), *([value] if value else [])]
        if not self.padded or not names:
            return "raw"
        cells = ", ".join(f"trim({name}) AS {name}" for name in names)
        return f"(SELECT * REPLACE ({cells}) FROM raw)"

    def emptied(self, column: str, never: tuple[str, ...] = ()) -> str:
        empty = ("", *self.connector.source.empty, *never)
        if len(set(empty)) == 1:
            return f"nullif({column}, '')"
        words = ", ".join(literal(word) for word in dict.fromkeys(empty))
        return f"CASE WHEN {column} IN ({words}) THEN NULL ELSE {column} END"

    def text(self, source: FieldSource) -> str:
        parts = [self.emptied(quoted(column), source.never) for column in source.columns]
        if len(parts) == 1:
            return parts[0]
        return f"nullif(concat_ws({literal(source.joined_with)}, {', '.join(parts)}), '')"

    def values(self) -> Iterator[str]:
        for field in self.connector.kind.fields:
            source = self.connector.mapped(field.name)
            if self.connector.measures and field.name in ("measure", "value"):
                yield self.cell(field.name)
            elif source is None or source.between:
                yield f"{_NULL_OF[field.kind]} AS v_{field.name}"
            elif source.constant is not None:
                yield f"{self.constant(source)} AS v_{field.name}"
            else:
                yield f"{self.value(source)} AS v_{field.name}"

    def cell(self, name: str) -> str:
        if name == "measure":
            return "t_measure AS v_measure"
        units = sorted({measure.unit for measure in self.connector.measures})
        cases = [f"WHEN {literal(unit)} THEN {self.amount('t_value', unit)}" for unit in units]
        return f"CASE __unit {' '.join(cases)} END AS v_value"

    def amount(self, text: str, unit: str) -> str:
        return self.duration(text, unit) if unit else self.number(text, 1)

    def constant(self, source: FieldSource) -> str:
        text = literal(source.constant or "")
        kind = source.field.kind
        if kind in (Kind.TEXT, Kind.CODE, Kind.LABEL, Kind.CHOICE, Kind.CALLER):
            return text
        if kind == Kind.FLAG:
            return f"{text} = 'true'"
        return self.typed(source, text)

    def value(self, source: FieldSource) -> str:
        return self.typed(source, _t(source))

    def typed(self, source: FieldSource, text: str) -> str:
        match source.field.kind:
            case Kind.INSTANT:
                return self.instant(text, source.formats)
            case Kind.DURATION:
                return self.duration(text, source.unit)
            case Kind.NUMBER:
                return self.number(text, source.times)
            case Kind.FLAG:
                return self.flag(source, text)
            case Kind.CHOICE:
                return self.choice(source, text)
            case Kind.CODE | Kind.LABEL:
                return self.coded(source, text, text)
            case _:
                return text

    def coded(self, source: FieldSource, text: str, unlisted: str) -> str:
        """The code of a text: as listed, else `otherwise`, else `unlisted`. A listed "" is no value."""
        if not source.codes and source.otherwise is None:
            return unlisted
        absent = source.codes.get("")
        cases = [f"WHEN {text} IS NULL THEN {literal(absent) if absent else 'NULL'}"]
        cases += [
            f"WHEN {text} = {literal(key)} THEN {literal(code)}" for key, code in source.codes.items() if key
        ]
        last = literal(source.otherwise) if source.otherwise is not None else unlisted
        return f"CASE {' '.join(cases)} ELSE {last} END"

    def choice(self, source: FieldSource, text: str) -> str:
        allowed = ", ".join(literal(code) for code in source.field.codes)
        return self.coded(source, text, f"CASE WHEN {text} IN ({allowed}) THEN {text} END")

    def flag(self, source: FieldSource, text: str) -> str:
        if source.codes or source.otherwise is not None:
            return f"({self.coded(source, text, 'NULL')} = 'true')"
        yes = "'1', 'true', 'oui', 'o', 'yes', 'y', 'vrai'"
        no = "'0', 'false', 'non', 'n', 'no', 'faux'"
        return f"CASE WHEN lower({text}) IN ({yes}) THEN true WHEN lower({text}) IN ({no}) THEN false END"

    def number(self, text: str, times: int) -> str:
        plain = self.decimal(f"translate({text}, ' \u00a0\u202f', '')")
        exact = f"(try_cast({plain} AS DECIMAL(24, 6)) * {times})"
        return f"CASE WHEN {exact} = floor({exact}) THEN CAST({exact} AS BIGINT) END"

    def decimal(self, text: str) -> str:
        return f"replace({text}, ',', '.')" if self.connector.source.decimal == "," else text

    def duration(self, text: str, unit: str) -> str:
        """Milliseconds of a duration, or null when it is none."""
        if unit == "hms":
            shape = r"\d{1,4}:[0-5]\d:[0-5]\d([.,]\d{1,6})?"
            whole = f"replace({text}, ',', '.')"
            return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN {_interval_ms(whole)} END"
        if unit == "ms":
            shape = r"\d{1,4}:[0-5]\d([.,]\d{1,6})?"
            minutes = f"try_cast(split_part({text}, ':', 1) AS BIGINT) * 60000"
            seconds = f"try_cast(replace(split_part({text}, ':', 2), ',', '.') AS DECIMAL(12, 3)) * 1000"
            total = f"CAST({minutes} + {seconds} AS BIGINT)"
            return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN {total} END"
        factor = {
            "milliseconds": 1,
            "seconds": 1000,
            "minutes": 60_000,
            "hours": 3_600_000,
            "days": 86_400_000,
        }[unit]
        return f"CAST(round(try_cast({self.decimal(text)} AS DECIMAL(18, 6)) * {factor}) AS BIGINT)"

    def instant(self, text: str, formats: tuple[str, ...]) -> str:
        """The civil time of an instant in the zone of its field; UTC for epochs."""
        special = {
            # The engine drops an offset in silence when it makes a TIMESTAMP: each format refuses the other's.
            "iso": f"CASE WHEN NOT {_has_offset(text)} THEN try_cast({text} AS TIMESTAMP) END",
            "iso_offset": f"CASE WHEN {_has_offset(text)} "
            f"THEN make_timestamp(epoch_us(try_cast({text} AS TIMESTAMPTZ))) END",
            "epoch": f"make_timestamp(CAST(round(try_cast({text} AS DECIMAL(20, 6)) * 1000000) AS BIGINT))",
            "epoch_ms": f"make_timestamp(try_cast({text} AS BIGINT) * 1000)",
        }
        parts = [special[one] for one in formats if one in special]
        written = [literal(one) for one in formats if one not in special]
        if written:
            parts.append(f"try_strptime({text}, [{', '.join(written)}])")
        return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

    # From civil times to instants, and between instants

    def instant_sources(self) -> list[FieldSource]:
        return [source for source in self.sources if source.field.kind == Kind.INSTANT]

    def rolled(self) -> list[str]:
        """A time earlier than the one it follows is of the next day."""
        made = []
        for source in self.instant_sources():
            name = source.field.name
            if source.after:
                made.append(
                    f"CASE WHEN v_{name} < v_{source.after} THEN v_{name} + INTERVAL 1 DAY "
                    f"ELSE v_{name} END AS r_{name}"
                )
            else:
                made.append(f"v_{name} AS r_{name}")
        return made or ["NULL AS r_nothing"]

    def instants(self) -> list[str]:
        main = INSTANT_OF[self.connector.record]
        made = []
        for field in self.connector.kind.fields:
            if field.kind != Kind.INSTANT:
                continue
            source = self.connector.mapped(field.name)
            if source is None:
                made.append(f"CAST(NULL AS TIMESTAMP) AS u_{field.name}")
                continue
            later = self.connector.source.ambiguous == "later"
            utc = self.offsets(source.zone).to_utc_sql(f"r_{field.name}", later=later)
            made.append(f"{utc} AS u_{field.name}")
            if field.name == main:
                civil = f"r_{main}"
                if source.zone != self.civil_zone:
                    civil = self.offsets(self.civil_zone).to_civil_sql(f"({utc})")
                made.append(f"{civil} AS civil")
        return made

    def measured(self) -> Iterator[str]:
        for field in self.connector.kind.fields:
            if field.kind != Kind.DURATION:
                continue
            source = self.connector.mapped(field.name)
            if source is not None and source.between:
                low, high = (self.earliest(names) for names in source.between)
                yield f"(epoch_ms({high}) - epoch_ms({low})) AS d_{field.name}"
            else:
                yield f"v_{field.name} AS d_{field.name}"
        yield f"{self.key()} AS source_key"

    def earliest(self, names: tuple[str, ...]) -> str:
        instants = ", ".join(f"u_{name}" for name in names)
        return f"coalesce({instants})" if len(names) > 1 else instants

    def key(self) -> str:
        match self.connector.record:
            case Record.LEGS:
                return "v_call_id || '/' || coalesce(v_leg, 1)"
            case Record.STATES:
                return "v_adviser || '/' || epoch_ms(u_started_at)"
            case Record.ITEMS:
                return "concat_ws('/', v_item_id, v_kind, v_event, epoch_ms(u_occurred_at), v_marked_by)"
            case _:
                parts = ("measure", "period", "flow", "call_group", "site", "adviser", "reason", "report")
                told = ", ".join(f"coalesce(v_{part}, '')" for part in parts)
                return f"concat_ws('/', epoch_ms(u_starts_at), {told})"

    # Refusing

    def rules(self) -> Iterator[Rule]:
        for source in self.sources:
            yield from self.field_rules(source)
        if self.connector.measures:
            yield Rule(
                "BAD_NUMBER",
                "value",
                "",
                "v_value IS NULL",
                "La valeur de la cellule n’est ni un nombre entier ni une durée.",
                "Corrigez la cellule, ou l’unité de cette mesure dans le connecteur.",
            )
        yield from self.date_rules()
        yield from _ROW_RULES[self.connector.record]

    def field_rules(self, source: FieldSource) -> Iterator[Rule]:
        name, label = source.field.name, source.field.label
        column = " + ".join(source.columns)
        value = f"d_{name}" if source.field.kind == Kind.DURATION else f"v_{name}"
        if source.columns:
            if source.field.required and source.field.kind != Kind.FLAG:
                yield Rule(
                    "MISSING_VALUE",
                    name,
                    column,
                    f"{_t(source)} IS NULL AND {value} IS NULL",
                    f"« {label} » est vide.",
                    'Renseignez la valeur, ou donnez dans le connecteur le code d’une valeur vide ("" = …).',
                )
            code, message, mend = _UNREADABLE.get(source.field.kind, ("", "", ""))
            if code:
                yield Rule(
                    code,
                    name,
                    column,
                    f"{_t(source)} IS NOT NULL AND {value} IS NULL",
                    message.format(label=label),
                    mend,
                )
            if source.field.kind == Kind.CODE:
                yield Rule(
                    "BAD_CODE",
                    name,
                    column,
                    f"NOT regexp_full_match({value}, '{CODE_PATTERN}')",
                    f"« {label} » n’est pas un code (lettres sans accent, chiffres, _ . : + -, 40 au plus).",
                    "Associez cette valeur à un code dans « codes » du connecteur.",
                )
            if source.field.kind in (Kind.TEXT, Kind.LABEL, Kind.CALLER):
                yield _past(
                    "TOO_LONG",
                    name,
                    column,
                    f"length({value})",
                    ">",
                    200,
                    f"« {label} » dépasse 200 caractères.",
                    "Raccourcissez la valeur, ou associez une autre colonne.",
                )
        if source.field.kind == Kind.DURATION:
            yield _past(
                "NEGATIVE_DURATION",
                name,
                column,
                value,
                "<",
                0,
                f"« {label} » est négatif.",
                "Vérifiez l’ordre des instants, et « after » si l’heure passe minuit.",
            )
            yield _past(
                "DURATION_TOO_LONG",
                name,
                column,
                value,
                ">",
                LONGEST_MS,
                f"« {label} » dépasse 24 heures.",
                "Vérifiez l’unité (« unit ») dans le connecteur.",
            )

    def date_rules(self) -> Iterator[Rule]:
        main = INSTANT_OF[self.connector.record]
        for source in self.instant_sources():
            name, label, column = source.field.name, source.field.label, " + ".join(source.columns)
            offsets = self.offsets(source.zone)
            if offsets.changes:
                yield Rule(
                    "NONEXISTENT_TIME",
                    name,
                    column,
                    offsets.in_gap_sql(f"r_{name}"),
                    f"« {label} » tombe dans l’heure sautée au passage à l’heure d’été.",
                    "Vérifiez le fuseau (« zone ») du connecteur : la source est peut-être en UTC.",
                )
                if self.connector.source.ambiguous == "refuse":
                    yield Rule(
                        "AMBIGUOUS_TIME",
                        name,
                        column,
                        offsets.in_fold_sql(f"r_{name}"),
                        f"« {label} » tombe dans l’heure qui existe deux fois au passage à l’heure d’hiver.",
                        'Choisissez ambiguous = "earlier" ou "later", ou exportez en UTC.',
                    )
            if name != main:
                continue
            yield Rule(
                "IN_THE_FUTURE",
                name,
                column,
                f"u_{name} > TIMESTAMP '{self.latest}'",
                f"« {label} » est dans l’avenir.",
                "Vérifiez le format de date (jour et mois inversés ?) et le fuseau.",
            )
            yield Rule(
                "TOO_OLD",
                name,
                column,
                f"u_{name} < TIMESTAMP '{self.oldest}'",
                f"« {label} » a plus de dix ans.",
                "Vérifiez le format de date (année sur deux chiffres ?) et l’unité de l’instant.",
            )


def _t(source: FieldSource) -> str:
    return f"t_{source.field.name}"


def _has_offset(text: str) -> str:
    """SQL: whether an ISO instant says how far it is from UTC."""
    return f"regexp_matches(substr({text}, 11), '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"


def _interval_ms(text: str) -> str:
    return f"CAST(epoch_ms(try_cast({text} AS INTERVAL)) AS BIGINT)"


def _ms(name: str) -> str:
    return f"CAST(coalesce(d_{name}, 0) AS INTEGER) AS {name}_ms"


_NULL_OF = {
    Kind.TEXT: "CAST(NULL AS VARCHAR)",
    Kind.CODE: "CAST(NULL AS VARCHAR)",
    Kind.LABEL: "CAST(NULL AS VARCHAR)",
    Kind.CHOICE: "CAST(NULL AS VARCHAR)",
    Kind.CALLER: "CAST(NULL AS VARCHAR)",
    Kind.NUMBER: "CAST(NULL AS BIGINT)",
    Kind.DURATION: "CAST(NULL AS BIGINT)",
    Kind.INSTANT: "CAST(NULL AS TIMESTAMP)",
    Kind.FLAG: "CAST(NULL AS BOOLEAN)",
}

_UNREADABLE = {
    Kind.INSTANT: (
        "BAD_INSTANT",
        "« {label} » n’est pas une date et une heure du format attendu.",
        "Corrigez la valeur, ou ajoutez son format à « format » dans le connecteur.",
    ),
    Kind.DURATION: (
        "BAD_DURATION",
        "« {label} » n’est pas une durée de l’unité attendue.",
        "Corrigez la valeur, ou l’unité (« unit ») ; « jamais » s’écrit dans « never ».",
    ),
    Kind.NUMBER: (
        "BAD_NUMBER",
        "« {label} » n’est pas un nombre entier.",
        "Corrigez la valeur ; une note à décimales se multiplie par « times = 100 ».",
    ),
    Kind.FLAG: (
        "BAD_FLAG",
        "« {label} » n’est ni oui ni non.",
        "Associez cette valeur à true ou false dans « codes » du connecteur.",
    ),
    Kind.CHOICE: (
        "UNKNOWN_CODE",
        "« {label} » a une valeur que le connecteur ne connaît pas.",
        "Associez cette valeur à un code dans « codes » du connecteur.",
    ),
}

_CIVIL = (
    "CAST(civil AS DATE) AS day",
    "CAST(extract('hour' FROM civil) * 4 + extract('minute' FROM civil) // 15 AS SMALLINT) AS quarter",
)
_KEYS = ("source_key", f"CAST({ROW} AS INTEGER) AS source_row")
_QUEUED = ("ANSWERED", "ABANDONED", "OVERFLOWED_OUT", "WIDENED_OUT", "TIMED_OUT")

_SHAPES: dict[Record, tuple[str, ...]] = {
    Record.LEGS: (
        "v_call_id AS call_id",
        "CAST(coalesce(v_leg, 1) AS SMALLINT) AS leg",
        "u_arrived_at AS arrived_at",
        *_CIVIL,
        "v_flow AS flow",
        "v_call_group AS call_group",
        "v_answering_group AS answering_group",
        "v_origin AS origin",
        "v_outcome AS outcome",
        "(v_origin NOT IN ('WIDENED', 'IVR_ONLY') AND "
        f"(u_queued_at IS NOT NULL OR v_outcome IN {_QUEUED})) AS queued",
        "coalesce(v_exceptional_closure, false) AS exceptional_closure",
        "v_incident AS incident",
        _ms("ivr"),
        _ms("wait"),
        _ms("ring"),
        "CAST(coalesce(d_talk, d_communication - coalesce(d_hold, 0), 0) AS INTEGER) AS talk_ms",
        _ms("hold"),
        _ms("wrapup"),
        "u_answered_at AS answered_at",
        "u_ended_at AS ended_at",
        "v_transferred_to AS transferred_to",
        "v_transfer_result AS transfer_result",
        "v_reason AS reason",
        "CASE WHEN v_reason IS NOT NULL THEN coalesce(v_qualified_by, 'PERSON') END AS qualified_by",
        "u_qualified_at AS qualified_at",
        "v_site AS site",
        "v_adviser AS adviser",
        "coalesce(v_remote, false) AS remote",
        "coalesce(v_internal, false) AS internal",
        "v_caller AS caller",
        *_KEYS,
    ),
    Record.STATES: (
        "v_adviser AS adviser",
        "u_started_at AS started_at",
        "coalesce(u_ended_at, u_started_at + to_milliseconds(d_duration)) AS ended_at",
        *_CIVIL,
        "v_state AS state",
        "v_activity AS activity",
        "v_state_reason AS state_reason",
        "v_session AS session",
        "v_call_group AS call_group",
        "v_site AS site",
        "coalesce(v_remote, false) AS remote",
        *_KEYS,
    ),
    Record.ITEMS: (
        "v_item_id AS item_id",
        "v_kind AS kind",
        "v_event AS event",
        "u_occurred_at AS occurred_at",
        *_CIVIL,
        "v_flow AS flow",
        "v_reason AS reason",
        "v_site AS site",
        "v_adviser AS adviser",
        "v_call_group AS call_group",
        "CAST(v_mark AS INTEGER) AS mark",
        "v_marked_by AS marked_by",
        "v_sampling AS sampling",
        "v_exclusion AS exclusion",
        "v_template AS template",
        *_KEYS,
    ),
    Record.AGGREGATES: (
        "v_measure AS measure",
        "v_value AS value",
        "v_period AS period",
        "u_starts_at AS starts_at",
        *_CIVIL,
        "v_flow AS flow",
        "v_call_group AS call_group",
        "v_site AS site",
        "v_adviser AS adviser",
        "v_reason AS reason",
        "v_report AS report",
        "__sheet AS sheet",
        "__cell AS cell",
        *_KEYS,
    ),
}

_ROW_RULES: dict[Record, tuple[Rule, ...]] = {
    Record.LEGS: (
        Rule(
            "ANSWERED_BEFORE_ARRIVAL",
            "answered_at",
            "",
            "u_answered_at < u_arrived_at",
            "Le décroché précède l’arrivée.",
            "Vérifiez les colonnes associées, et « after » si l’heure passe minuit.",
        ),
        Rule(
            "ENDED_BEFORE_ARRIVAL",
            "ended_at",
            "",
            "u_ended_at < coalesce(u_answered_at, u_arrived_at)",
            "La fin précède l’arrivée ou le décroché.",
            "Vérifiez les colonnes associées, et « after » si l’heure passe minuit.",
        ),
        Rule(
            "TALK_WITHOUT_ANSWER",
            "outcome",
            "",
            "v_outcome <> 'ANSWERED' AND (coalesce(d_talk, 0) > 0 OR coalesce(d_communication, 0) > 0)",
            "Il y a une conversation, mais l’issue n’est pas « décroché ».",
            "Vérifiez les codes de l’issue, ou la valeur qui veut dire « jamais » (« never ») de la durée.",
        ),
        Rule(
            "GROUP_MISSING",
            "call_group",
            "",
            "v_origin <> 'IVR_ONLY' AND v_call_group IS NULL",
            "Aucun groupe, alors que l’appel n’est pas resté dans le serveur vocal.",
            "Renseignez le groupe, ou donnez l’origine IVR_ONLY.",
        ),
        Rule(
            "ANSWERED_IN_THE_MENU",
            "origin",
            "",
            "v_origin = 'IVR_ONLY' AND v_outcome IN ('ANSWERED', 'OVERFLOWED_OUT', 'WIDENED_OUT')",
            "Un appel resté dans le serveur vocal ne peut pas être décroché ni débordé.",
            "Vérifiez les codes de l’origine.",
        ),
        Rule(
            "RING_EXCEEDS_WAIT",
            "ring",
            "",
            "d_ring > d_wait",
            "La sonnerie dure plus que l’attente, qui la comprend.",
            "Vérifiez les colonnes associées à « ring » et « wait ».",
        ),
        Rule(
            "HOLD_EXCEEDS_COMMUNICATION",
            "hold",
            "",
            "d_hold > d_communication",
            "La mise en garde dure plus que la communication, qui la comprend.",
            "Si la durée exclut la garde, associez-la à « talk » et non à « communication ».",
        ),
        Rule(
            "BAD_LEG",
            "leg",
            "",
            "v_leg NOT BETWEEN 1 AND 999",
            "Le rang du segment n’est pas entre 1 et 999.",
            "Corrigez la valeur.",
        ),
    ),
    Record.STATES: (
        Rule(
            "ENDED_BEFORE_START",
            "ended_at",
            "",
            "coalesce(u_ended_at, u_started_at + to_milliseconds(d_duration)) < u_started_at",
            "La fin de l’état précède son début.",
            "Vérifiez les colonnes, et « after » si l’heure passe minuit.",
        ),
        Rule(
            "STATE_TOO_LONG",
            "ended_at",
            "",
            f"epoch_ms(u_ended_at) - epoch_ms(u_started_at) > {LONGEST_MS}",
            "L’état dure plus de 24 heures.",
            "Vérifiez les formats de date.",
        ),
        Rule(
            "NO_END",
            "ended_at",
            "",
            "u_ended_at IS NULL AND d_duration IS NULL",
            "L’état n’a ni fin ni durée.",
            "Renseignez l’une des deux : un état en cours s’importe quand il est fini.",
        ),
    ),
    Record.ITEMS: (
        Rule(
            "MARK_MISSING",
            "mark",
            "",
            "v_event = 'MARKED' AND (v_mark IS NULL OR v_marked_by IS NULL)",
            "Une note de qualité a une valeur et un notateur.",
            "Renseignez la note et qui l’a donnée.",
        ),
        Rule(
            "BAD_MARK",
            "mark",
            "",
            "v_mark NOT BETWEEN 0 AND 10000",
            "La note n’est pas entre 0 et 100 points.",
            "Les notes sont en centièmes de point : « times = 100 » pour des points.",
        ),
        Rule(
            "EXCLUSION_WITHOUT_REASON",
            "exclusion",
            "",
            "v_event = 'EXCLUDED' AND v_exclusion IS NULL",
            "Un dossier écarté sans raison codée.",
            "Renseignez le code de l’exclusion.",
        ),
    ),
    Record.AGGREGATES: (
        Rule(
            "NEGATIVE_VALUE",
            "value",
            "",
            "v_value < 0",
            "La valeur de la cellule est négative.",
            "Corrigez la cellule, ou l’association de la colonne.",
        ),
    ),
}

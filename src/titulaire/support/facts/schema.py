"""The neutral schema of facts: what a source may say, and what is stored. Pure.

A *record* is one kind of fact. Its `fields` are what a connector maps from a source; its `columns` are what
the Parquet files hold: codes, flags, integers and instants only, so that any grain is an exact sum.

- Instants (`_at`) are in UTC without a zone; `day` and `quarter` are those of the contract's civil time.
- Durations (`_ms`) are whole milliseconds, never null. Codes are null when the source does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Record(StrEnum):
    """The kinds of facts, and the names of their tables in small letters."""

    LEGS = "LEGS"
    STATES = "STATES"
    ITEMS = "ITEMS"
    AGGREGATES = "AGGREGATES"

    @property
    def table(self) -> str:
        return self.value.lower()


class Kind(StrEnum):
    """What a value of a field is."""

    TEXT = "TEXT"
    CODE = "CODE"
    LABEL = "LABEL"
    CHOICE = "CHOICE"
    NUMBER = "NUMBER"
    INSTANT = "INSTANT"
    DAY = "DAY"
    DURATION = "DURATION"
    FLAG = "FLAG"
    CALLER = "CALLER"


class Origin(StrEnum):
    """How a leg reached its group. Received: INBOUND, TRANSFER, OVERFLOW. Presented: INBOUND, IVR_ONLY."""

    INBOUND = "INBOUND"
    TRANSFER = "TRANSFER"
    OVERFLOW = "OVERFLOW"
    WIDENED = "WIDENED"
    IVR_ONLY = "IVR_ONLY"


class Outcome(StrEnum):
    """How a leg left its group."""

    ANSWERED = "ANSWERED"
    ABANDONED = "ABANDONED"
    OVERFLOWED_OUT = "OVERFLOWED_OUT"
    WIDENED_OUT = "WIDENED_OUT"
    RECOVERED_IN_TRANSFER = "RECOVERED_IN_TRANSFER"
    DISSUADED_TELECOM = "DISSUADED_TELECOM"
    DISSUADED_CLOSURE = "DISSUADED_CLOSURE"
    DISSUADED_SATURATION = "DISSUADED_SATURATION"
    DISSUADED_OUT_OF_SCOPE = "DISSUADED_OUT_OF_SCOPE"
    DISSUADED_OTHER = "DISSUADED_OTHER"
    TIMED_OUT = "TIMED_OUT"


class Level(StrEnum):
    """Where a leg was transferred to."""

    N1_PLUS = "N1_PLUS"
    N2 = "N2"
    INTERNAL = "INTERNAL"
    OTHER = "OTHER"


class TransferResult(StrEnum):
    """How a transfer ended."""

    COMPLETED = "COMPLETED"
    RECOVERED = "RECOVERED"
    FAILED = "FAILED"


class QualifiedBy(StrEnum):
    """Who chose the contact reason: a default put by the tool is no qualification."""

    PERSON = "PERSON"
    DEFAULT = "DEFAULT"


class Activity(StrEnum):
    """What an adviser is signed in for."""

    PHONE = "PHONE"
    FORMS = "FORMS"
    OTHER = "OTHER"


class State(StrEnum):
    """What an adviser does."""

    AVAILABLE = "AVAILABLE"
    RINGING = "RINGING"
    TALK = "TALK"
    HOLD = "HOLD"
    WRAPUP = "WRAPUP"
    PAUSE = "PAUSE"
    OUTBOUND = "OUTBOUND"
    FORM = "FORM"
    TRAINING = "TRAINING"
    MEETING = "MEETING"
    TOOL_OUTAGE = "TOOL_OUTAGE"


class ItemKind(StrEnum):
    """What a work item is."""

    FORM = "FORM"
    N2_TICKET = "N2_TICKET"
    OPPOSITION = "OPPOSITION"
    CLOSURE = "CLOSURE"
    DEVICE = "DEVICE"
    CALL = "CALL"


class ItemEvent(StrEnum):
    """What happened to a work item."""

    RECEIVED = "RECEIVED"
    ASSIGNED = "ASSIGNED"
    ANSWERED = "ANSWERED"
    REOPENED = "REOPENED"
    ESCALATED = "ESCALATED"
    EXECUTED = "EXECUTED"
    REFUSED = "REFUSED"
    EXCLUDED = "EXCLUDED"
    MARKED = "MARKED"


class Marker(StrEnum):
    """Which side gave a quality mark."""

    BUYER = "BUYER"
    CONTRACTOR = "CONTRACTOR"


class Sampling(StrEnum):
    """How a marked item was chosen: only DRAWN items are a sample."""

    DRAWN = "DRAWN"
    PICKED = "PICKED"


class Period(StrEnum):
    """What a vendor's cell covers, from its first day."""

    QUARTER_HOUR = "QUARTER_HOUR"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class Measure(StrEnum):
    """What a vendor's cell counts: the terms of the telephony and forms formulas."""

    PRESENTED = "PRESENTED"
    PRESENTED_EXCEPTIONAL_CLOSURE = "PRESENTED_EXCEPTIONAL_CLOSURE"
    RECEIVED_INBOUND = "RECEIVED_INBOUND"
    RECEIVED_TRANSFER = "RECEIVED_TRANSFER"
    RECEIVED_OVERFLOW = "RECEIVED_OVERFLOW"
    ANSWERED = "ANSWERED"
    ABANDONED = "ABANDONED"
    OVERFLOWED_OUT = "OVERFLOWED_OUT"
    WIDENED_IN = "WIDENED_IN"
    WIDENED_OUT = "WIDENED_OUT"
    RECOVERED_IN_TRANSFER = "RECOVERED_IN_TRANSFER"
    DISSUADED_TELECOM = "DISSUADED_TELECOM"
    DISSUADED_CLOSURE = "DISSUADED_CLOSURE"
    DISSUADED_OTHER = "DISSUADED_OTHER"
    TIMED_OUT = "TIMED_OUT"
    QUEUED = "QUEUED"
    QUALIFIED = "QUALIFIED"
    TRANSFERRED_N1_PLUS = "TRANSFERRED_N1_PLUS"
    WAIT_MS = "WAIT_MS"
    TALK_MS = "TALK_MS"
    HOLD_MS = "HOLD_MS"
    COMMUNICATION_MS = "COMMUNICATION_MS"
    WRAPUP_MS = "WRAPUP_MS"
    AVAILABLE_MS = "AVAILABLE_MS"
    PAUSE_MS = "PAUSE_MS"
    LOGGED_MS = "LOGGED_MS"
    FORMS_RECEIVED = "FORMS_RECEIVED"
    FORMS_ANSWERED = "FORMS_ANSWERED"
    FORMS_STOCK = "FORMS_STOCK"


@dataclass(frozen=True, slots=True)
class Field:
    """What a connector may map. `label` and `meaning` are in French: they are for users."""

    name: str
    kind: Kind
    label: str
    meaning: str
    required: bool = False
    choices: type[StrEnum] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices) if self.choices else ()


@dataclass(frozen=True, slots=True)
class Column:
    """What a Parquet file holds. `meaning` is for whoever computes with it."""

    name: str
    sql_type: str
    meaning: str
    nullable: bool = True
    choices: type[StrEnum] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices) if self.choices else ()


@dataclass(frozen=True, slots=True)
class RecordType:
    """One kind of fact: what it is, what a source may say of it, what is stored of it."""

    record: Record
    title: str
    meaning: str
    fields: tuple[Field, ...]
    columns: tuple[Column, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


_LINEAGE = (
    Column("source", "VARCHAR", "Name of the connector that read it.", nullable=False),
    Column("source_key", "VARCHAR", "Identity of the fact in its source; unique in force.", nullable=False),
    Column("source_row", "INTEGER", "Line of the file, as a spreadsheet numbers it.", nullable=False),
    Column("batch", "VARCHAR", "Key of the batch that brought it.", nullable=False),
)

LEGS = RecordType(
    Record.LEGS,
    "Call leg",
    "One stay of one call in one group. A transferred, overflowed or widened call has several legs.",
    fields=(
        Field("call_id", Kind.TEXT, "Appel", "Identifiant de l’appel dans la source", required=True),
        Field(
            "leg", Kind.NUMBER, "Segment", "Rang du segment dans l’appel, à partir de 1 (1 s’il est absent)"
        ),
        Field(
            "arrived_at",
            Kind.INSTANT,
            "Arrivée",
            "Instant où le segment arrive ; il fixe le jour et le mois du fait",
            required=True,
        ),
        Field("queued_at", Kind.INSTANT, "Mise en file", "Instant d’entrée en file d’attente"),
        Field("answered_at", Kind.INSTANT, "Décroché", "Instant où un conseiller décroche"),
        Field("ended_at", Kind.INSTANT, "Fin", "Instant où le segment quitte le conseiller ou la file"),
        Field("wrapped_up_at", Kind.INSTANT, "Fin de post-appel", "Instant où le post-appel se termine"),
        Field("flow", Kind.CODE, "Flux", "Numéro ou flux appelé", required=True),
        Field("call_group", Kind.CODE, "Groupe", "Groupe qui reçoit le segment"),
        Field(
            "answering_group",
            Kind.CODE,
            "Groupe du conseiller",
            "Groupe du conseiller qui décroche ; s’il diffère du groupe, l’appel est traité en élargissement",
        ),
        Field(
            "origin",
            Kind.CHOICE,
            "Origine",
            "Comment le segment arrive dans le groupe",
            required=True,
            choices=Origin,
        ),
        Field(
            "outcome",
            Kind.CHOICE,
            "Issue",
            "Comment le segment quitte le groupe",
            required=True,
            choices=Outcome,
        ),
        Field(
            "exceptional_closure",
            Kind.FLAG,
            "Fermeture exceptionnelle",
            "L’appel se présente pendant une fermeture exceptionnelle",
        ),
        Field(
            "incident",
            Kind.TEXT,
            "Incident",
            "Référence de l’incident qui explique la fermeture ou la coupure",
        ),
        Field("ivr", Kind.DURATION, "Durée SVI", "Temps passé dans le serveur vocal, avant la file"),
        Field("wait", Kind.DURATION, "Attente", "Temps en file, sonnerie comprise, décroché ou non"),
        Field("ring", Kind.DURATION, "Sonnerie", "Part de l’attente où un poste sonne"),
        Field("talk", Kind.DURATION, "Conversation", "Temps de conversation, mise en garde exclue"),
        Field(
            "communication",
            Kind.DURATION,
            "Communication",
            "Conversation et mise en garde ensemble, si la source ne les sépare pas",
        ),
        Field("hold", Kind.DURATION, "Mise en garde", "Temps de garde et de consultation"),
        Field("wrapup", Kind.DURATION, "Post-appel", "Temps après l’appel, rattaché à l’appel qui le cause"),
        Field(
            "transferred_to", Kind.CHOICE, "Transfert vers", "Niveau vers lequel l’appel part", choices=Level
        ),
        Field(
            "transfer_result",
            Kind.CHOICE,
            "Résultat du transfert",
            "Abouti, repris ou échoué",
            choices=TransferResult,
        ),
        Field("reason", Kind.LABEL, "Motif", "Motif de contact, écrit comme dans la liste du marché"),
        Field(
            "qualified_by", Kind.CHOICE, "Qualifié par", "Personne ou valeur par défaut", choices=QualifiedBy
        ),
        Field("qualified_at", Kind.INSTANT, "Qualifié le", "Instant de la dernière qualification"),
        Field("site", Kind.CODE, "Site", "Site de rattachement du conseiller au décroché"),
        Field("adviser", Kind.CODE, "Conseiller", "Matricule du conseiller, jamais son nom"),
        Field("remote", Kind.FLAG, "Télétravail", "Le conseiller travaille à distance"),
        Field(
            "internal",
            Kind.FLAG,
            "Interne ou test",
            "Appel interne ou d’essai : ôté des appels traités (I8, I9), compté ailleurs",
        ),
        Field("caller", Kind.CALLER, "Appelant", "Numéro de l’appelant ; seul un pseudonyme est conservé"),
    ),
    columns=(
        Column("call_id", "VARCHAR", "The call, shared by its legs.", nullable=False),
        Column("leg", "SMALLINT", "Place of the leg in the call, from 1.", nullable=False),
        Column("arrived_at", "TIMESTAMP", "Instant the leg arrived (UTC).", nullable=False),
        Column("day", "DATE", "Civil day of the arrival: the day the leg belongs to.", nullable=False),
        Column("quarter", "SMALLINT", "Civil quarter-hour of the arrival, 0 to 95.", nullable=False),
        Column("flow", "VARCHAR", "The number or flow that was called.", nullable=False),
        Column("call_group", "VARCHAR", "The group; null for an IVR_ONLY leg."),
        Column("origin", "VARCHAR", "How the leg came to the group.", nullable=False, choices=Origin),
        Column("outcome", "VARCHAR", "How the leg left the group.", nullable=False, choices=Outcome),
        Column("queued", "BOOLEAN", "The leg entered the group's queue.", nullable=False),
        Column("exceptional_closure", "BOOLEAN", "Presented during an exceptional closure.", nullable=False),
        Column("incident", "VARCHAR", "Reference of the incident that explains a closure or a cut."),
        Column("ivr_ms", "INTEGER", "Time in the voice menu.", nullable=False),
        Column("wait_ms", "INTEGER", "Queue entry to answer or leave, ringing included.", nullable=False),
        Column("ring_ms", "INTEGER", "Part of the wait while a set rang.", nullable=False),
        Column("talk_ms", "INTEGER", "Conversation, hold excluded.", nullable=False),
        Column(
            "hold_ms", "INTEGER", "Hold and consultation: communication is talk_ms + hold_ms.", nullable=False
        ),
        Column(
            "wrapup_ms", "INTEGER", "Work after the call, whole, on the call that caused it.", nullable=False
        ),
        Column("answered_at", "TIMESTAMP", "Instant of the answer (UTC)."),
        Column("ended_at", "TIMESTAMP", "Instant the leg left the adviser or the queue (UTC)."),
        Column("transferred_to", "VARCHAR", "Where the leg was sent.", choices=Level),
        Column("transfer_result", "VARCHAR", "How that transfer ended.", choices=TransferResult),
        Column("reason", "VARCHAR", "Contact reason, as the contract's list writes it."),
        Column("qualified_by", "VARCHAR", "Who chose the reason.", choices=QualifiedBy),
        Column("qualified_at", "TIMESTAMP", "Instant of the last qualification (UTC)."),
        Column("site", "VARCHAR", "Site of the adviser at the answer."),
        Column("adviser", "VARCHAR", "The adviser's number, never a name."),
        Column("remote", "BOOLEAN", "The adviser worked from a distance.", nullable=False),
        Column("internal", "BOOLEAN", "An internal or test call.", nullable=False),
        Column("caller", "VARCHAR", "Keyed hash of the caller's number; the key changes every month."),
        *_LINEAGE,
    ),
)

STATES = RecordType(
    Record.STATES,
    "Adviser state",
    "What one adviser did, cut at every quarter-hour so that any grain is an exact sum.",
    fields=(
        Field("adviser", Kind.CODE, "Conseiller", "Matricule du conseiller, jamais son nom", required=True),
        Field("started_at", Kind.INSTANT, "Début", "Début de l’état", required=True),
        Field("ended_at", Kind.INSTANT, "Fin", "Fin de l’état (ou bien sa durée)"),
        Field("duration", Kind.DURATION, "Durée", "Durée de l’état (ou bien sa fin)"),
        Field("state", Kind.CHOICE, "État", "Ce que fait le conseiller", required=True, choices=State),
        Field("activity", Kind.CHOICE, "Activité", "Activité sur laquelle il est connecté", True, Activity),
        Field("state_reason", Kind.TEXT, "Raison", "Raison de la pause ou de la coupure"),
        Field("session", Kind.TEXT, "Session", "Identifiant de la connexion"),
        Field("call_group", Kind.CODE, "Groupe", "Groupe du conseiller"),
        Field("site", Kind.CODE, "Site", "Site de rattachement"),
        Field("remote", Kind.FLAG, "Télétravail", "Le conseiller travaille à distance"),
    ),
    columns=(
        Column("adviser", "VARCHAR", "The adviser's number, never a name.", nullable=False),
        Column("started_at", "TIMESTAMP", "Start of this piece (UTC).", nullable=False),
        Column("day", "DATE", "Civil day of this piece.", nullable=False),
        Column("quarter", "SMALLINT", "Civil quarter-hour of this piece, 0 to 95.", nullable=False),
        Column("duration_ms", "INTEGER", "Length of this piece, at most 900 000.", nullable=False),
        Column(
            "piece", "SMALLINT", "Place of this piece in the interval of the source, from 1.", nullable=False
        ),
        Column("state", "VARCHAR", "What the adviser did.", nullable=False, choices=State),
        Column(
            "activity", "VARCHAR", "What the adviser was signed in for.", nullable=False, choices=Activity
        ),
        Column("state_reason", "VARCHAR", "Reason of a pause or an outage."),
        Column("session", "VARCHAR", "The sign-in it belongs to."),
        Column("call_group", "VARCHAR", "The adviser's group."),
        Column("site", "VARCHAR", "The adviser's site."),
        Column("remote", "BOOLEAN", "The adviser worked from a distance.", nullable=False),
        *_LINEAGE,
    ),
)

ITEMS = RecordType(
    Record.ITEMS,
    "Work item event",
    "One thing that happened to a form, a ticket, a request or a marked contact. A new event says more.",
    fields=(
        Field(
            "item_id",
            Kind.TEXT,
            "Dossier",
            "Identifiant du formulaire, du ticket ou du contact",
            required=True,
        ),
        Field("kind", Kind.CHOICE, "Nature", "Nature du dossier", required=True, choices=ItemKind),
        Field(
            "event", Kind.CHOICE, "Événement", "Ce qui arrive au dossier", required=True, choices=ItemEvent
        ),
        Field("occurred_at", Kind.INSTANT, "Date", "Instant de l’événement", required=True),
        Field("flow", Kind.CODE, "Flux", "Canal d’entrée"),
        Field("reason", Kind.LABEL, "Motif", "Motif de contact, écrit comme dans la liste du marché"),
        Field("site", Kind.CODE, "Site", "Site de rattachement du conseiller"),
        Field("adviser", Kind.CODE, "Conseiller", "Matricule du conseiller"),
        Field("call_group", Kind.CODE, "Groupe", "Groupe du conseiller"),
        Field("mark", Kind.NUMBER, "Note", "Note de qualité, en centièmes de point (8550 pour 85,5)"),
        Field("marked_by", Kind.CHOICE, "Noté par", "Acheteur ou titulaire", choices=Marker),
        Field("sampling", Kind.CHOICE, "Tirage", "Tiré au sort ou choisi", choices=Sampling),
        Field("exclusion", Kind.CODE, "Exclusion", "Code de la raison qui écarte le dossier"),
        Field("template", Kind.TEXT, "Réponse type", "Réponse type et sa version"),
    ),
    columns=(
        Column("item_id", "VARCHAR", "The item, shared by its events.", nullable=False),
        Column("kind", "VARCHAR", "What the item is.", nullable=False, choices=ItemKind),
        Column("event", "VARCHAR", "What happened.", nullable=False, choices=ItemEvent),
        Column("occurred_at", "TIMESTAMP", "When it happened (UTC).", nullable=False),
        Column("day", "DATE", "Civil day of the event.", nullable=False),
        Column("quarter", "SMALLINT", "Civil quarter-hour of the event, 0 to 95.", nullable=False),
        Column("flow", "VARCHAR", "Channel it came by."),
        Column("reason", "VARCHAR", "Contact reason, as the contract's list writes it."),
        Column("site", "VARCHAR", "Site of the adviser."),
        Column("adviser", "VARCHAR", "The adviser's number."),
        Column("call_group", "VARCHAR", "The adviser's group."),
        Column("mark", "INTEGER", "Quality mark in hundredths of a point (MARKED only)."),
        Column("marked_by", "VARCHAR", "Which side marked.", choices=Marker),
        Column("sampling", "VARCHAR", "Drawn or picked.", choices=Sampling),
        Column("exclusion", "VARCHAR", "Coded reason that sets the item aside (EXCLUDED only)."),
        Column("template", "VARCHAR", "Typed answer and its version (ANSWERED only)."),
        *_LINEAGE,
    ),
)

AGGREGATES = RecordType(
    Record.AGGREGATES,
    "Vendor aggregate",
    "One cell of a report made by the telephony: a figure we cannot open to its calls.",
    fields=(
        Field("measure", Kind.CHOICE, "Mesure", "Ce que compte la cellule", required=True, choices=Measure),
        Field("value", Kind.NUMBER, "Valeur", "Nombre, ou millisecondes", required=True),
        Field("period", Kind.CHOICE, "Période", "Ce que couvre la cellule", required=True, choices=Period),
        Field("starts_at", Kind.INSTANT, "Début", "Premier instant de la période", required=True),
        Field("flow", Kind.CODE, "Flux", "Flux ou numéro"),
        Field("call_group", Kind.CODE, "Groupe", "Groupe"),
        Field("site", Kind.CODE, "Site", "Site"),
        Field("adviser", Kind.CODE, "Conseiller", "Matricule du conseiller"),
        Field("reason", Kind.LABEL, "Motif", "Motif de contact, écrit comme dans la liste du marché"),
        Field("report", Kind.TEXT, "Rapport", "Nom du rapport de la source"),
    ),
    columns=(
        Column("measure", "VARCHAR", "What the cell counts.", nullable=False, choices=Measure),
        Column("value", "BIGINT", "A count, or milliseconds for the measures in _MS.", nullable=False),
        Column("period", "VARCHAR", "What the cell covers.", nullable=False, choices=Period),
        Column("starts_at", "TIMESTAMP", "First instant of the period (UTC).", nullable=False),
        Column("day", "DATE", "First civil day of the period.", nullable=False),
        Column("quarter", "SMALLINT", "First civil quarter-hour of the period, 0 to 95.", nullable=False),
        Column("flow", "VARCHAR", "Flow; null: all."),
        Column("call_group", "VARCHAR", "Group; null: all."),
        Column("site", "VARCHAR", "Site; null: all."),
        Column("adviser", "VARCHAR", "Adviser; null: all."),
        Column("reason", "VARCHAR", "Contact reason; null: all."),
        Column("report", "VARCHAR", "Name of the vendor's report."),
        Column("sheet", "VARCHAR", "Sheet of the file the cell is in."),
        Column("cell", "VARCHAR", "Reference of the cell, such as D12."),
        *_LINEAGE,
    ),
)

RECORD_TYPES: Mapping[Record, RecordType] = {kind.record: kind for kind in (LEGS, STATES, ITEMS, AGGREGATES)}

INSTANT_OF: Mapping[Record, str] = {
    Record.LEGS: "arrived_at",
    Record.STATES: "started_at",
    Record.ITEMS: "occurred_at",
    Record.AGGREGATES: "starts_at",
}
"""The field that says to which day, and so to which month, a fact belongs."""

_JSON: Mapping[str, dict[str, object]] = {
    "VARCHAR": {"type": "string"},
    "SMALLINT": {"type": "integer"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP": {"type": "string", "format": "date-time"},
}


def json_schema(kind: RecordType) -> dict[str, object]:
    """The published JSON Schema (2020-12) of a stored record."""
    properties = {column.name: _property(column) for column in kind.columns}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:titulaire:facts:{kind.record.table}:1",
        "title": kind.title,
        "description": kind.meaning,
        "type": "object",
        "properties": properties,
        "required": [column.name for column in kind.columns if not column.nullable],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, object]:
    value = dict(_JSON[column.sql_type])
    if column.name.endswith("_ms"):
        value["minimum"] = 0
    if column.name == "quarter":
        value |= {"minimum": 0, "maximum": 95}
    if column.codes:
        value["enum"] = [*column.codes, *([None] if column.nullable else [])]
    if column.nullable:
        value["type"] = [value["type"], "null"]
    return {**value, "description": column.meaning}


def guide_table(kind: RecordType) -> str:
    """The fields of a record as the French guide lists them, in Markdown."""
    lines = ["| champ | valeur | sens |", "|---|---|---|"]
    for field in kind.fields:
        name = f"`{field.name}`" + (" **obligatoire**" if field.required else "")
        value = ", ".join(f"`{code}`" for code in field.codes) or _VALUES[field.kind]
        lines.append(f"| {name} | {value} | {field.meaning} |")
    return "\n".join(lines)


def with_field_tables(guide: str) -> str:
    """The guide with the table of each record, between its marks, made anew."""
    for kind in RECORD_TYPES.values():
        start, end = f"<!-- champs {kind.record} -->", f"<!-- fin {kind.record} -->"
        before, _, rest = guide.partition(start)
        _, _, after = rest.partition(end)
        guide = f"{before}{start}\n{guide_table(kind)}\n{end}{after}"
    return guide


_VALUES: Mapping[Kind, str] = {
    Kind.TEXT: "texte",
    Kind.CODE: "code",
    Kind.LABEL: "libellé",
    Kind.NUMBER: "nombre entier",
    Kind.INSTANT: "instant",
    Kind.DAY: "jour",
    Kind.DURATION: "durée",
    Kind.FLAG: "oui ou non",
    Kind.CALLER: "numéro, remplacé par un pseudonyme",
}

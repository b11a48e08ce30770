"""What a machine sends live: one JSON message, checked, made into lines that the import reads. Pure.

The facts of a message are those of the neutral schema, by the names of its fields: nothing is mapped. Instants
bear their offset from UTC, durations are whole milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from titulaire.support.facts.checking import Refusal
from titulaire.support.facts.connectors.mapping import Connector, parse_connector
from titulaire.support.facts.schema import RECORD_TYPES, Kind, Record, RecordType

LARGEST_MESSAGE = 8 * 1024 * 1024
MOST_FACTS = 20_000
MESSAGES_PER_MINUTE = 60
CLOCK = timedelta(minutes=15)
"""How far `sent_at` may be from our clock: a message taken from the wire is of no use later."""
MOST_TOLD = 1_000
NAME = re.compile(r"[\w.:+-]{1,80}", re.ASCII)
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KEYS = ("id", "sent_at", "record", "facts", "partial", "corrects")


class BadMessage(ValueError):
    """The message as a whole cannot be read: why, by key or by fact."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(", ".join(refusal.rule for refusal in refusals))
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Message:
    """A batch of facts of one record. `name` is the sender's own: sent again, it is the same batch."""

    name: str
    sent_at: datetime
    record: Record
    facts: tuple[Mapping[str, Any], ...]
    partial: bool = False
    mode: str = ""
    reason: str = ""
    days: tuple[date, ...] = ()

    @property
    def hold_apart(self) -> bool:
        """Whether conversations are told without the hold."""
        return not any(fact.get("communication") is not None for fact in self.facts)

    @property
    def lines(self) -> bytes:
        """The facts, one JSON object per line, written in one way whatever the sender's order and spaces."""
        names = [field.name for field in RECORD_TYPES[self.record].fields]
        written = (
            json.dumps({name: fact.get(name) for name in names}, separators=(",", ":")) for fact in self.facts
        )
        return "".join(line + "\n" for line in written).encode()


def read_message(body: bytes) -> Message:
    """The message that a request brings.

    Raises:
        BadMessage: with everything that is wrong in it; the facts' own values are checked by the import.
    """
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadMessage(
            (_wrong("", "NOT_JSON", f"Le corps n’est pas du JSON en UTF-8 : {error}.", "Vérifiez-le."),)
        ) from error
    if not isinstance(document, dict):
        raise BadMessage((_wrong("", "NOT_JSON", "Le corps n’est pas un objet JSON.", "Voyez l’exemple."),))
    wrong = [*_wrong_keys(document)]
    facts = document.get("facts")
    if not wrong:
        wrong = [*_wrong_facts(RECORD_TYPES[Record(document["record"])], facts)]
    if wrong:
        raise BadMessage(tuple(wrong[:MOST_TOLD]))
    corrects = document.get("corrects") or {}
    return Message(
        name=document["id"],
        sent_at=datetime.fromisoformat(document["sent_at"]),
        record=Record(document["record"]),
        facts=tuple(document["facts"]),
        partial=document.get("partial", False),
        mode=corrects.get("mode", ""),
        reason=corrects.get("reason", "").strip(),
        days=tuple(date.fromisoformat(day) for day in corrects.get("days", ())),
    )


def is_timely(sent_at: datetime, at: datetime) -> bool:
    """Whether a message was sent just now, by our clock."""
    return abs(at - sent_at) <= CLOCK


@cache
def live_connector(record: Record, source: str, *, hold_apart: bool = True) -> Connector:
    """The mapping of the neutral schema onto itself, for a source.

    `hold_apart`: conversations are told by `talk`; otherwise by `communication`, hold included.
    """
    unused = "communication" if hold_apart else "talk"
    kept = [field for field in RECORD_TYPES[record].fields if field.name != unused]
    fields = "\n".join(f"{field.name} = {_as_sent(field.kind, field.name)}" for field in kept)
    return parse_connector(
        f'name = "{source}"\ntitle = "Réception en direct"\nrecord = "{record}"\n\n'
        f'[source]\nformat = "json"\nzone = "UTC"\n\n[fields]\n{fields}\n'
    )


def _as_sent(kind: Kind, name: str) -> str:
    match kind:
        case Kind.INSTANT:
            return f'{{ column = "{name}", format = "iso_offset" }}'
        case Kind.DURATION:
            return f'{{ column = "{name}", unit = "milliseconds" }}'
        case _:
            return f'"{name}"'


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} n’est pas du JSON")


def _wrong(column: str, rule: str, message: str, mend: str, *, row: int = 0, value: str = "") -> Refusal:
    return Refusal(row, column, rule, message, mend, value)


def _wrong_keys(document: Mapping[str, Any]) -> Iterator[Refusal]:
    """What is wrong outside the facts."""
    for key in document:
        if key not in KEYS:
            yield _wrong(str(key)[:80], "UNKNOWN_KEY", f"Clé inconnue « {str(key)[:80]} ».", _LISTED)
    if not isinstance(document.get("id"), str) or not NAME.fullmatch(document["id"]):
        yield _wrong(
            "id",
            "BAD_KEY",
            "« id » nomme l’envoi : 1 à 80 lettres sans accent, chiffres ou _ . : + -.",
            "Donnez un nom neuf à chaque envoi, et le même quand vous le répétez.",
        )
    if not _is_instant(document.get("sent_at")):
        yield _wrong(
            "sent_at",
            "BAD_KEY",
            "« sent_at » est l’instant de l’envoi, avec son décalage (2026-03-02T10:00:00+01:00).",
            "Écrivez-le au moment d’envoyer.",
        )
    if document.get("record") not in tuple(Record):
        yield _wrong(
            "record",
            "BAD_KEY",
            f"« record » n’est pas l’un de {', '.join(Record)}.",
            "Un envoi porte une seule sorte de faits.",
        )
    if not isinstance(document.get("partial", False), bool):
        yield _wrong("partial", "BAD_KEY", "« partial » est true ou false.", "Corrigez la valeur.")
    yield from _wrong_correction(document.get("corrects"))
    facts = document.get("facts")
    if not isinstance(facts, list) or not facts or len(facts) > MOST_FACTS:
        yield _wrong(
            "facts",
            "BAD_KEY",
            f"« facts » est une liste de 1 à {MOST_FACTS} faits.",
            "Coupez l’envoi en plusieurs, chacun avec son « id » ; n’envoyez pas de liste vide.",
        )


def _wrong_correction(corrects: object) -> Iterator[Refusal]:
    if corrects is None:
        return
    good = (
        isinstance(corrects, dict)
        and set(corrects) <= {"mode", "reason", "days"}
        and corrects.get("mode") in ("ROWS", "DAYS")
        and isinstance(corrects.get("reason"), str)
        and 0 < len(corrects["reason"].strip()) <= 500
        and isinstance(corrects.get("days", []), list)
        and all(_is_day(day) for day in corrects.get("days", []))
    )
    if not good:
        yield _wrong(
            "corrects",
            "BAD_KEY",
            "« corrects » a un « mode » (ROWS ou DAYS), une « reason » et, si besoin, des « days ».",
            "Une correction dit toujours pourquoi.",
        )


def _wrong_facts(kind: RecordType, facts: Any) -> Iterator[Refusal]:
    """What the lines could not show: a key that is no field, a value that is no value."""
    names = {field.name for field in kind.fields}
    told = {
        name for fact in facts if isinstance(fact, dict) for name, value in fact.items() if value is not None
    }
    if {"talk", "communication"} <= told:
        yield _wrong(
            "facts",
            "BAD_KEY",
            "« talk » et « communication » disent la même chose.",
            "Gardez le même des deux dans tout l’envoi.",
        )
    for row, fact in enumerate(facts, 1):
        if not isinstance(fact, dict):
            yield _wrong("", "BAD_FACT", "Un fait est un objet JSON.", "Voyez le schéma publié.", row=row)
            continue
        for name in fact.keys() - names:
            yield _wrong(
                str(name)[:80], "UNKNOWN_FIELD", "Ce champ n’existe pas.", "Voyez le schéma publié.", row=row
            )
        for name, value in fact.items():
            if isinstance(value, dict | list):
                yield _wrong(
                    str(name)[:80], "BAD_FACT", "Un champ a une seule valeur.", "Mettez-la à plat.", row=row
                )


def _is_instant(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


_LISTED = f"Clés possibles : {', '.join(KEYS)}."


def message_schema() -> dict[str, object]:
    """The published JSON Schema (2020-12) of a message."""
    kinds = RECORD_TYPES.values()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:titulaire:facts:message:1",
        "title": "Live message",
        "description": "A batch of facts of one record, as a machine sends it.",
        "type": "object",
        "properties": {
            "id": {
                "type": "string",
                "pattern": f"^{NAME.pattern}$",
                "description": "The sender's name for it.",
            },
            "sent_at": {"type": "string", "format": "date-time", "description": "When it is sent."},
            "record": {"enum": list(Record)},
            "facts": {"type": "array", "minItems": 1, "maxItems": MOST_FACTS},
            "partial": {"type": "boolean", "description": "Take the good facts though others are refused."},
            "corrects": {
                "type": "object",
                "properties": {
                    "mode": {"enum": ["ROWS", "DAYS"]},
                    "reason": {"type": "string", "minLength": 1, "maxLength": 500},
                    "days": {"type": "array", "items": {"type": "string", "format": "date"}},
                },
                "required": ["mode", "reason"],
                "additionalProperties": False,
            },
        },
        "required": ["id", "sent_at", "record", "facts"],
        "additionalProperties": False,
        "oneOf": [
            {
                "properties": {
                    "record": {"const": kind.record},
                    "facts": {"items": {"$ref": f"#/$defs/{kind.record.table}"}},
                }
            }
            for kind in kinds
        ],
        "$defs": {kind.record.table: _fact_schema(kind) for kind in kinds},
    }


def _fact_schema(kind: RecordType) -> dict[str, object]:
    properties = {}
    for field in kind.fields:
        value: dict[str, object] = dict(_JSON.get(field.kind, {"type": "string"}))
        if field.codes:
            value = {"enum": [*field.codes] if field.required else [*field.codes, None]}
        elif not field.required:
            value["type"] = [value["type"], "null"]
        properties[field.name] = value | {"description": field.meaning}
    return {
        "title": kind.title,
        "type": "object",
        "properties": properties,
        "required": [field.name for field in kind.fields if field.required],
        "additionalProperties": False,
    }


_JSON: Mapping[Kind, Mapping[str, object]] = {
    Kind.INSTANT: {"type": "string", "format": "date-time"},
    Kind.DURATION: {"type": "integer", "minimum": 0},
    Kind.NUMBER: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
}

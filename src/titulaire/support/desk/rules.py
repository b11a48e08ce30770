"""What a contact may say, in which words of the contract, until when it is qualified, and what never enters. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from hashlib import sha256

from titulaire.clauses import clause

FORM = "FORM"
"""The flow of the contact forms, beside the numbers that are called."""


class ContactState(StrEnum):
    """Whether a contact still waits for its qualification. There is no other way out of OPEN."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Outcome(StrEnum):
    """How a contact ended."""

    INFORMED = "INFORMED"
    FILE_ACT = "FILE_ACT"
    N2_TICKET = "N2_TICKET"
    N1_PLUS = "N1_PLUS"
    DIRECTED = "DIRECTED"
    CUT = "CUT"


# What is listed


@dataclass(frozen=True, slots=True)
class Lists:
    """The words of the contract in force on a day. `since` is the day from which these very words apply."""

    since: str
    types: tuple[str, ...]
    reasons: tuple[str, ...]
    schemes: tuple[str, ...]
    flows: tuple[tuple[str, str], ...]

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with any word a contact is qualified by."""
        words = json.dumps([self.types, self.reasons, self.schemes], ensure_ascii=False)
        return sha256(words.encode()).hexdigest()[:12]


@clause("S-2.1.2-canaux")
def flows_of(numbers: Iterable[str], *, relay: str, forms: bool) -> tuple[tuple[str, str], ...]:
    """The flows of a contract, (code, label): each number as telephony writes it, the text relay, the forms.

    A relayed call is an ordinary call: it has its own flow only to be counted.
    """
    found = [(_dialled(number), number) for number in numbers]
    if name := relay.partition("(")[0].strip():
        found.append((re.sub(r"\W+", "_", name).upper(), f"Relais {name}"))
    if forms:
        found.append((FORM, "Formulaire"))
    return tuple(found)


def _dialled(number: str) -> str:
    digits = re.sub(r"[^\d+]", "", number)
    return "0" + digits[3:] if digits.startswith("+33") else digits


@dataclass(frozen=True, slots=True)
class Qualification:
    """What an adviser says of a contact."""

    contact_type: str
    reason: str
    scheme: str
    outcome: Outcome
    note: str = ""


@clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes")
def qualification_faults(said: Qualification, lists: Lists) -> dict[str, str]:
    """By field, why a qualification is refused: a word that the contract does not list that day, or a person's
    number in the note. Empty when it may be kept.
    """
    faults = {
        name: "UNLISTED"
        for name, value, listed in (
            ("contact_type", said.contact_type, lists.types),
            ("reason", said.reason, lists.reasons),
            ("scheme", said.scheme, lists.schemes),
        )
        if value not in listed
    }
    if fault := told_of_a_person(said.note):
        faults["note"] = fault
    return faults


# When


@clause("S-2.1.5-horaires")
def is_open(
    local: datetime, *, weekdays: Iterable[int], opens: time, closes: time, holiday: bool, holidays_open: bool
) -> bool:
    """Whether the service is open at an instant of the contract's own clocks; the closing minute is not.

    `weekdays`: 1 is Monday. `holidays_open`: the reading of what the text does not say.
    """
    if holiday and not holidays_open:
        return False
    return local.isoweekday() in weekdays and opens <= local.time() < closes


def qualified_in_time(qualified_at: datetime | None, *, day_ends_at: datetime, at: datetime) -> bool | None:
    """Whether a contact was qualified before its day ended; None while it may still be."""
    if qualified_at is not None:
        return qualified_at < day_ends_at
    return None if at < day_ends_at else False


# What is done on a file, and what goes to another level


class ActKind(StrEnum):
    """What can be asked on a file, in the codes of the contract's term."""

    OPPOSITION = "OPPOSITION"
    CLOSURE = "CLOSURE"
    UNLINK_DEVICE = "UNLINK_DEVICE"


class Identity(StrEnum):
    """How the identity of the asker was checked: the way, never the data."""

    FILE_QUESTIONS = "FILE_QUESTIONS"
    AUTHENTICATED = "AUTHENTICATED"
    REPRESENTATIVE = "REPRESENTATIVE"
    NOT_PROVEN = "NOT_PROVEN"


class ActState(StrEnum):
    """Where a request on a file stands."""

    ASKED = "ASKED"
    EXECUTED = "EXECUTED"
    REFUSED = "REFUSED"
    VERIFIED = "VERIFIED"


@clause("S-2.1.5-dossier")
def execution_fault(*, state: ActState, identity: Identity, again: str, reference: str) -> str:
    """Why a request cannot be executed: a code, "" when it can.

    It still waits, the asker is known, and the adviser copied the request's own reference: the second confirmation.
    """
    if state is not ActState.ASKED:
        return "NOT_WAITING"
    if identity is Identity.NOT_PROVEN:
        return "NOT_PROVEN"
    return "" if again.strip().upper() == reference else "NOT_CONFIRMED"


@clause("S-2.1.5-dossier")
def verification_fault(*, state: ActState, executed_by: str, actor: str) -> str:
    """Why an execution cannot be verified by a person: nothing was executed, or by this very person."""
    if state is not ActState.EXECUTED:
        return "NOT_EXECUTED"
    return "OWN_ACT" if executed_by == actor else ""


class TicketState(StrEnum):
    """Where a ticket for another level stands."""

    CREATED = "CREATED"
    SENT = "SENT"
    SENT_BACK = "SENT_BACK"
    CLOSED = "CLOSED"


TICKET_NEXT: Mapping[TicketState, frozenset[TicketState]] = {
    TicketState.SENT: frozenset({TicketState.CREATED, TicketState.SENT_BACK}),
    TicketState.SENT_BACK: frozenset({TicketState.SENT}),
    TicketState.CLOSED: frozenset({TicketState.SENT}),
}
"""For each state after the first, those from which a ticket comes to it: none ends before it was sent."""

AGES = ((1, "D1"), (3, "D3"), (7, "D7"))
"""Classes of age in whole days, upper bound not included; older is "OLD". The contract gives no delay."""


@clause("S-2.1.5-tickets-n2")
def age_class(days: int) -> str:
    """The class of age of a ticket that is still to end."""
    return next((code for bound, code in AGES if days < bound), "OLD")


@clause("S-2.1.5-transfert-n1plus")
def transfer_fault(
    *, because: str, site: str, sites: Iterable[str], automatic: bool, may_overflow: bool
) -> str:
    """Why a transfer to level 1+ is refused: a code, "" when it may be kept.

    Only a call whose identification needs the tools of the other side goes there, and a person sends it.
    """
    if automatic and not may_overflow:
        return "NO_OVERFLOW"
    if site not in tuple(sites):
        return "UNLISTED"
    return "" if because.strip() else "NO_REASON"


# What never enters

_GAP = r"(?:[^\w:\n]|_){0,2}"
_RUN = re.compile(rf"\d(?:{_GAP}\d){{12,}}", re.ASCII)
_NIR = re.compile(
    rf"(?<![0-9A-Za-z])[1-478]{_GAP}\d{_GAP}\d{_GAP}\d{_GAP}\d{_GAP}(?:\d{_GAP}\d|2{_GAP}[AaBb])"
    rf"(?:{_GAP}\d){{6}}(?:{_GAP}\d{_GAP}\d)?(?![0-9A-Za-z])",
    re.ASCII,
)
_PHONE = re.compile(
    rf"(?<!\d)(?:\+{_GAP}3{_GAP}3|0{_GAP}0{_GAP}3{_GAP}3|0){_GAP}[1-9](?:{_GAP}\d){{8}}(?!\d)", re.ASCII
)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_HIDDEN = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
CALLER = re.compile(r"[A-Za-z0-9][\w.:/-]{0,63}", re.ASCII)


@clause("S-2.1.5-dossier")
def told_of_a_person(text: str) -> str:
    """What a free text tells of a person that this desk never keeps: a code, "" for nothing.

    NIR: its shape, or thirteen digits and more; PHONE; MAIL. The value is never repeated. In doubt, refused: a
    false alarm costs a few signs, a miss is a leak.
    """
    plain = "".join(_digit(sign) for sign in text.translate(_HIDDEN))
    if _RUN.search(plain) or _NIR.search(plain):
        return "NIR"
    if _PHONE.search(plain):
        return "PHONE"
    return "MAIL" if _MAIL.search(plain) else ""


def _digit(sign: str) -> str:
    """A digit of any script as ours: a full-width number is a number."""
    value = unicodedata.digit(sign, None)
    return sign if value is None else str(value)


def caller_fault(reference: str) -> str:
    """Why a caller's reference is refused: it is a call's identity or a pseudonym, never a number of theirs.

    A telephony may name its calls by long numbers: only the shape of a NIR, of a telephone or of an address refuses.
    """
    if not reference:
        return ""
    if not CALLER.fullmatch(reference):
        return "NOT_A_REFERENCE"
    if reference.isdigit() and len(reference) in (13, 15) and _is_nir(reference):
        return "NIR"
    if not reference.isdigit() and _NIR.search(reference) and not re.fullmatch(r"\d+\.\d+", reference):
        return "NIR"
    return "PHONE" if _PHONE.fullmatch(reference) else ""


def _is_nir(digits: str) -> bool:
    if len(digits) == 15 and 97 - int(digits[:13]) % 97 == int(digits[13:]):
        return True
    return digits[0] in "12" and 1 <= int(digits[3:5]) <= 12


def reference_of(prefix: str, rank: int) -> str:
    """`CT-000012`: the rank in the contract, without a gap."""
    return f"{prefix}-{rank:06}"

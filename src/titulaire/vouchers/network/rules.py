"""Who may join the network, until when a voucher may be sent in, and the verdict on each voucher sent in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from titulaire.clauses import clause
from titulaire.vouchers.issuing.rules import InvalidNumber, Number, checked_number
from titulaire.vouchers.issuing.rules import cutoff_on as cutoff_on

MOST_TITLES = 10_000
"""In one remittance."""
UNREADABLE = "?"
"""What a scanned page hands in when nothing on it can be read, so that nothing is lost in silence."""


class Activity(StrEnum):
    """What an affiliate sells first."""

    RESTAURANT = "RESTAURANT"
    CATERER = "CATERER"
    BAKERY = "BAKERY"
    BUTCHER = "BUTCHER"
    GREENGROCER = "GREENGROCER"
    GROCERY = "GROCERY"
    SUPERMARKET = "SUPERMARKET"
    MARKET = "MARKET"
    SOCIAL_GROCERY = "SOCIAL_GROCERY"
    BAR = "BAR"
    WINE = "WINE"
    HYGIENE = "HYGIENE"
    OTHER = "OTHER"


EXCLUDED = frozenset({Activity.BAR, Activity.WINE, Activity.HYGIENE, Activity.OTHER})
"""Alcohol, hygiene, and whatever is not food: no affiliation, whatever is promised."""


@clause("T-1.1-reseau")
def may_join(activity: Activity) -> bool:
    """Whether shops of this activity may be affiliates: meals and food, never alcohol or hygiene alone."""
    return activity not in EXCLUDED


class AffiliateState(StrEnum):
    """Where an affiliation stands. Only an accepted affiliate may send vouchers in."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"


REVIEWS: Mapping[AffiliateState, frozenset[AffiliateState]] = {
    AffiliateState.ACCEPTED: frozenset({AffiliateState.PENDING, AffiliateState.SUSPENDED}),
    AffiliateState.REFUSED: frozenset({AffiliateState.PENDING}),
    AffiliateState.SUSPENDED: frozenset({AffiliateState.ACCEPTED}),
}
"""For each outcome of a review, the states that it may follow."""


class Channel(StrEnum):
    """How the vouchers of a remittance reached us."""

    TYPED = "TYPED"
    FILE = "FILE"
    SCAN = "SCAN"
    CLAIM = "CLAIM"
    """One voucher, paid by the decision on a claim that came after its end."""


class Proof(StrEnum):
    """What shows that whoever presents a voucher holds it."""

    CODE = "CODE"
    """Its signed code."""
    LETTERS = "LETTERS"
    """Its number with the six letters printed beside it."""
    NUMBER = "NUMBER"
    """Its number alone, which follows that of another and can be guessed."""
    NONE = "NONE"


class Verdict(StrEnum):
    """What is answered for one voucher sent in. VALID alone is paid."""

    VALID = "VALID"
    ALREADY_USED = "ALREADY_USED"
    STOPPED = "STOPPED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"
    FORGED = "FORGED"
    WRONG_PERIOD = "WRONG_PERIOD"
    TWICE_IN_BATCH = "TWICE_IN_BATCH"


class Note(StrEnum):
    """What a verdict alone does not say."""

    NOTHING = ""
    MISTYPED = "MISTYPED"
    NOT_A_CODE = "NOT_A_CODE"
    UNREADABLE = "UNREADABLE"
    LETTERS_MISSING = "LETTERS_MISSING"
    LETTERS_WRONG = "LETTERS_WRONG"
    DIFFERS = "DIFFERS"
    AFTER_CUTOFF = "AFTER_CUTOFF"
    REPLACED = "REPLACED"
    CANCELLED = "CANCELLED"
    LATE_CLAIM = "LATE_CLAIM"
    """Replaced, expired or refunded meanwhile, though it was presented in time: someone must decide."""
    CLAIM_PAID = "CLAIM_PAID"
    """Someone decided to pay it, as an exception."""


@dataclass(frozen=True, slots=True)
class Given:
    """A voucher as it was handed in: a signed code, or a number with or without its six letters.

    `page` counts from 1 in a scanned batch, 0 elsewhere. `used_on` when the shop knows it.
    """

    text: str
    page: int = 0
    used_on: date | None = None


# What a batch makes by thousands is a named tuple: as frozen as a dataclass, and made in a third of the time.


class Presented(NamedTuple):
    """A voucher handed in, once its signature or its check digits were looked at; the register is not asked yet."""

    given: Given
    number: str = ""
    proof: Proof = Proof.NONE
    letters: str = ""
    code: str = ""
    fault: Verdict | None = None
    note: Note = Note.NOTHING


class TitleFacts(NamedTuple):
    """What the register says of one voucher."""

    key: int
    state: str
    vintage: int
    valid_from_on: date
    last_valid_on: date
    face_value_cents: int
    letters: str
    code: str = ""
    """Empty when no signed code was handed in: nothing compares it."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """When vouchers were presented, and the last day on which each vintage may be."""

    on: date
    cutoffs: Mapping[int, date]
    letters_required: bool = False


class Ruling(NamedTuple):
    """The verdict on one voucher. `key` is the register's when it knows the voucher."""

    presented: Presented
    verdict: Verdict
    note: Note = Note.NOTHING
    key: int | None = None
    face_value_cents: int = 0


UNPROVEN = (Note.LETTERS_WRONG, Note.LETTERS_MISSING)
"""Whoever handed the voucher in did not show that they hold it."""
SEPARATORS = re.compile(r"[\s.\-\u2011/]+")


def typed(given: Given) -> Presented | None:
    """A number with or without its letters; None when the text has the length of a signed code."""
    if given.text == UNREADABLE:
        return Presented(given, fault=Verdict.UNKNOWN, note=Note.UNREADABLE)
    text = (given.text if given.text.isalnum() else SEPARATORS.sub("", given.text)).upper()
    if len(text) > Number.DIGITS + 6:
        return None
    digits, letters = text[: Number.DIGITS], text[Number.DIGITS :]
    try:
        number = checked_number(digits)
    except InvalidNumber:
        return Presented(given, fault=Verdict.UNKNOWN, note=Note.MISTYPED)
    if letters and len(letters) != 6:
        return Presented(given, number=number, fault=Verdict.UNKNOWN, note=Note.MISTYPED)
    return Presented(given, number, Proof.LETTERS if letters else Proof.NUMBER, letters)


@clause("T-1.1-reseau")
def presented_on(*, received_on: date, postmarked_on: date | None, proof_reading: str) -> date:
    """The day that counts as the presentation: POSTMARK (the deposit when there is none) or ARRIVAL."""
    if proof_reading == "POSTMARK" and postmarked_on is not None:
        return postmarked_on
    return received_on


@clause("T-2.4-securite", "T-1.1-reseau")
def rule_batch(
    presented: Sequence[Presented], register: Mapping[str, TitleFacts], presentation: Presentation
) -> list[Ruling]:
    """The verdict on each voucher of a batch, in its order. The second time a voucher appears is never valid."""
    rulings: list[Ruling] = []
    seen: set[str] = set()
    for one in presented:
        facts = register.get(one.number)
        if one.number and one.fault is None and one.number in seen:
            rulings.append(Ruling(one, Verdict.TWICE_IN_BATCH, key=facts.key if facts else None))
            continue
        rulings.append(rule_one(one, facts, presentation))
        if one.fault is None and rulings[-1].note not in UNPROVEN:
            seen.add(one.number)
    return rulings


def rule_one(one: Presented, facts: TitleFacts | None, presentation: Presentation) -> Ruling:
    """The verdict on one voucher, whatever else is in its batch."""
    if one.fault is not None:
        return Ruling(one, one.fault, one.note)
    if facts is None:
        return Ruling(one, Verdict.UNKNOWN)
    if one.proof is Proof.CODE and one.code != facts.code:
        return Ruling(one, Verdict.FORGED, Note.DIFFERS, facts.key)
    # Whoever does not hold the paper learns nothing of a number that could have been guessed.
    if one.proof is Proof.LETTERS and one.letters != facts.letters:
        return Ruling(one, Verdict.FORGED, Note.LETTERS_WRONG)
    if one.proof is Proof.NUMBER and presentation.letters_required:
        return Ruling(one, Verdict.UNKNOWN, Note.LETTERS_MISSING)
    verdict, note = _in_register(facts, presentation, one.given.used_on)
    return Ruling(one, verdict, note, facts.key, facts.face_value_cents)


def _in_register(facts: TitleFacts, presentation: Presentation, used_on: date | None) -> tuple[Verdict, Note]:
    cutoff_on = presentation.cutoffs.get(facts.vintage)
    # A vintage that is not among them is over for long, or not begun.
    begun = cutoff_on is not None or facts.vintage < max(presentation.cutoffs)
    in_time = presentation.on <= cutoff_on if cutoff_on is not None else not begun
    if facts.state in ENDED:
        return after_state(facts.state, in_time=in_time)
    if not begun or (used_on or presentation.on) < facts.valid_from_on:
        return Verdict.WRONG_PERIOD, Note.NOTHING
    if used_on is not None and used_on > facts.last_valid_on:
        return Verdict.EXPIRED, Note.NOTHING
    if not in_time:
        return Verdict.EXPIRED, Note.AFTER_CUTOFF
    return Verdict.VALID, Note.NOTHING


ENDED: Mapping[str, tuple[Verdict, Note]] = {
    "USED": (Verdict.ALREADY_USED, Note.NOTHING),
    "PAID": (Verdict.ALREADY_USED, Note.NOTHING),
    "STOPPED": (Verdict.STOPPED, Note.NOTHING),
    "REPLACED": (Verdict.STOPPED, Note.REPLACED),
    "CANCELLED": (Verdict.STOPPED, Note.CANCELLED),
    "EXPIRED": (Verdict.EXPIRED, Note.NOTHING),
    "REFUNDED": (Verdict.EXPIRED, Note.NOTHING),
}
"""The verdict on a voucher that can no longer be used, by its state."""


def after_state(state: str, *, in_time: bool) -> tuple[Verdict, Note]:
    """The verdict on a voucher whose life is over; a claim presented in time is told apart."""
    verdict, note = ENDED[state]
    if in_time and state in {"REPLACED", "EXPIRED", "REFUNDED"}:
        return verdict, Note.LATE_CLAIM
    return verdict, note


class Bar(StrEnum):
    """What forbids paying a claim that came after the voucher's end, whoever agrees."""

    OPPOSED = "OPPOSED"
    """The voucher was stopped before it ended: the stop holds against the shop."""
    USED_TOO_LATE = "USED_TOO_LATE"
    ALREADY_PAID = "ALREADY_PAID"
    """Its value was already used, by itself or by the voucher that took its place."""
    REFUNDED = "REFUNDED"
    HEIR_STOPPED = "HEIR_STOPPED"
    """The voucher that took its place is stopped: its holder may still have it replaced or refunded."""
    HEIR_MOVED = "HEIR_MOVED"
    """What took its place changes at this very instant: ask again."""


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """A voucher claimed after its end, and the state of its heir: the last of its line, which holds its value.

    `opposed`: it was stopped when it was replaced or expired. A voucher that nothing replaced is its own heir.
    """

    opposed: bool
    heir_state: str
    last_valid_on: date
    used_on: date | None = None


HEIR_BARS: Mapping[str, Bar] = {
    "USED": Bar.ALREADY_PAID,
    "PAID": Bar.ALREADY_PAID,
    "REFUNDED": Bar.REFUNDED,
    "STOPPED": Bar.HEIR_STOPPED,
    "REPLACED": Bar.HEIR_MOVED,
    "CANCELLED": Bar.HEIR_MOVED,
}


@clause("T-1.1-reseau", "T-2.4-securite")
def bar(facts: ClaimFacts) -> Bar | None:
    """What forbids paying this claim; None when it may be paid, with the buyer's agreement.

    One value has one heir: paying the claim uses the heir, so that nothing is ever paid twice.
    """
    if facts.opposed:
        return Bar.OPPOSED
    if facts.used_on is not None and facts.used_on > facts.last_valid_on:
        return Bar.USED_TOO_LATE
    return HEIR_BARS.get(facts.heir_state)


def fingerprint(titles: Sequence[Presented]) -> str:
    """The content of a remittance, whatever the order, the spelling and the file of its vouchers."""
    words = sorted(one.number + one.letters or SEPARATORS.sub("", one.given.text).upper() for one in titles)
    return "\n".join(words)


@dataclass(frozen=True, slots=True)
class Concordance:
    """The titles paid by some remittances, and those counted on the table before they are destroyed."""

    paid: int
    counted: int

    @property
    def agrees(self) -> bool:
        """Nothing is destroyed until the two counts are one."""
        return self.paid == self.counted > 0

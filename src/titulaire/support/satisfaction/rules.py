"""Whom to ask, what an answer is worth, and what answers say together. Pure."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from titulaire.clauses import clause

CONFIDENCE = 0.95
"""Of every interval: an estimate's, which nothing in the contract hangs on."""
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


class Measure(StrEnum):
    """What a question measures. There is one question of each at most in a questionnaire."""

    CSAT = "CSAT"
    CLARITY = "CLARITY"
    COURTESY = "COURTESY"
    RESOLUTION = "RESOLUTION"
    FCR = "FCR"
    CES = "CES"
    NPS = "NPS"


class Kind(StrEnum):
    """What answers give together."""

    SHARE = "SHARE"
    MEAN = "MEAN"
    NET = "NET"


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole marks from `least` to `most`; `high_is_good` says which end is the better one."""

    least: int
    most: int
    high_is_good: bool = True

    def holds(self, value: int) -> bool:
        return self.least <= value <= self.most

    def turned(self, value: int) -> int:
        """The same mark on the scale where high is good."""
        return value if self.high_is_good else self.least + self.most - value


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in the words people read."""

    measure: Measure
    wording: str
    scale: Scale


YES_NO = Scale(0, 1)
OUT_OF_FIVE = Scale(1, 5)
SCALES: Mapping[Measure, tuple[Scale, ...]] = {
    **dict.fromkeys((Measure.CSAT, Measure.CLARITY, Measure.COURTESY, Measure.RESOLUTION), (OUT_OF_FIVE,)),
    Measure.FCR: (YES_NO,),
    Measure.CES: (Scale(1, 7), Scale(1, 7, high_is_good=False), OUT_OF_FIVE, Scale(1, 5, high_is_good=False)),
    Measure.NPS: (Scale(0, 10),),
}
"""The scales that each measure may be asked on, the usual one first."""

KINDS: Mapping[Measure, Kind] = {
    **dict.fromkeys(Measure, Kind.SHARE),
    Measure.CES: Kind.MEAN,
    Measure.NPS: Kind.NET,
}


class WrongScale(ValueError):
    """The measure cannot be asked on this scale."""

    def __init__(self, measure: Measure, scale: Scale) -> None:
        super().__init__(measure.value)
        self.measure, self.scale = measure, scale


def lineage_of(question: Question, version: int, earlier: Iterable[tuple[int, Question]]) -> int:
    """The version where this question was first asked, word for word and on the same scale.

    `earlier` are the questions of past versions with their own lineage. Answers of two lineages are not
    answers to the same question: they are never added up.
    """
    return min((lineage for lineage, asked in earlier if asked == question), default=version)


# Whom to ask


class Skip(StrEnum):
    """Why a contact is not followed by a survey."""

    NO_PERSON = "NO_PERSON"
    ALREADY_ASKED = "ALREADY_ASKED"
    OPTED_OUT = "OPTED_OUT"
    ASKED_LATELY = "ASKED_LATELY"
    NOT_DRAWN = "NOT_DRAWN"
    OVER_QUOTA = "OVER_QUOTA"


@dataclass(frozen=True, slots=True)
class Contact:
    """A finished contact. `person` is a keyed hash, never an address; empty when nobody can be known."""

    reference: str
    person: str
    day: date
    channel: str
    contacted_at: datetime
    flow: str = ""
    reason: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contacts to follow by a survey, and how many are not, by reason."""

    contacts: tuple[Contact, ...]
    skipped: Mapping[Skip, int]


@clause("S-3.3.3-satisfaction")
def choose(
    contacts: Iterable[Contact],
    *,
    known: Collection[str],
    opted_out: Collection[str],
    last_asked: Mapping[str, date],
    quiet_days: int,
    share: Decimal,
    daily_quota: int | None,
    draw_key: bytes,
) -> Chosen:
    """Which contacts are followed by a survey: each one, less those that a rule sets aside.

    A person asked on a day may be asked again `quiet_days` days later, not before. The draw depends on the
    contact's reference and the key alone: neither the order of a file nor who runs it changes it.
    """
    asked = dict(last_asked)
    seen = set(known)
    quiet = timedelta(days=quiet_days)
    skipped: Counter[Skip] = Counter()
    taken: Counter[date] = Counter()
    chosen = []
    for contact in sorted(contacts, key=lambda one: (one.day, _drawn(one, draw_key))):
        last = asked.get(contact.person)
        if contact.reference in seen:
            skipped[Skip.ALREADY_ASKED] += 1
        elif not contact.person:
            skipped[Skip.NO_PERSON] += 1
        elif contact.person in opted_out:
            skipped[Skip.OPTED_OUT] += 1
        elif last is not None and abs(contact.day - last) < quiet:
            skipped[Skip.ASKED_LATELY] += 1
        elif Decimal(_drawn(contact, draw_key)) >= share * 2**64:
            skipped[Skip.NOT_DRAWN] += 1
        elif daily_quota is not None and taken[contact.day] >= daily_quota:
            skipped[Skip.OVER_QUOTA] += 1
        else:
            chosen.append(contact)
            taken[contact.day] += 1
            asked[contact.person] = contact.day
        seen.add(contact.reference)
    return Chosen(tuple(chosen), dict(skipped))


def _drawn(contact: Contact, key: bytes) -> int:
    return int.from_bytes(hmac.digest(key, contact.reference.encode(), "sha256")[:8])


@clause("S-3.3.3-satisfaction")
def link_open(*, expires_at: datetime, at: datetime) -> bool:
    """Whether a link still takes an answer: until its last instant, not included."""
    return at < expires_at


# What answers say


@dataclass(frozen=True, slots=True)
class Score:
    """What the answers to one question say. `low` and `high` bound the interval; None where nothing is known.

    SHARE: from 0 to 1. MEAN: in marks of the scale asked. NET: from −1 to 1. `kept` is what the numerator
    counts: good marks, the sum of marks, or promoters less detractors.
    """

    kind: Kind
    kept: int
    answers: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> Fraction | None:
        """Exact; None when nobody answered: not measurable, not nought."""
        return Fraction(self.kept, self.answers) if self.answers else None


Counts = Mapping[int, int]
"""How many answers gave each mark."""


@clause("S-3.3.3-satisfaction")
def share_score(good: int, answers: int) -> Score:
    """A share with its Wilson interval, which holds for few answers and near 0 and 1."""
    if not answers:
        return Score(Kind.SHARE, 0, 0)
    p, z2 = good / answers, Z * Z
    middle = (p + z2 / (2 * answers)) / (1 + z2 / answers)
    half = Z * sqrt(p * (1 - p) / answers + z2 / (4 * answers * answers)) / (1 + z2 / answers)
    low, high = middle - half if good else 0.0, middle + half if good < answers else 1.0
    return Score(Kind.SHARE, good, answers, low, high)


@clause("S-3.3.3-satisfaction")
def mean_score(counts: Counts, scale: Scale) -> Score:
    """A mean with its normal interval, kept on the scale; one answer alone has no interval."""
    answers, total = sum(counts.values()), sum(value * n for value, n in counts.items())
    if answers < 2:
        return Score(Kind.MEAN, total, answers)
    mean = total / answers
    spread = sum(n * (value - mean) ** 2 for value, n in counts.items()) / (answers - 1)
    half = Z * sqrt(spread / answers)
    return Score(Kind.MEAN, total, answers, max(scale.least, mean - half), min(scale.most, mean + half))


@clause("S-3.3.3-satisfaction")
def net_score(counts: Counts) -> Score:
    """Promoters (9 and 10) less detractors (0 to 6), with the variance p + d − (p − d)²."""
    answers = sum(counts.values())
    if not answers:
        return Score(Kind.NET, 0, 0)
    promoters = sum(n for value, n in counts.items() if value >= 9)
    detractors = sum(n for value, n in counts.items() if value <= 6)
    p, d = promoters / answers, detractors / answers
    half = Z * sqrt(max(0.0, p + d - (p - d) ** 2) / answers)
    return Score(Kind.NET, promoters - detractors, answers, max(-1.0, p - d - half), min(1.0, p - d + half))


# The readings of what the text leaves open, side by side


def top_two(counts: Counts, scale: Scale) -> Score:
    """The share of the two best marks: 4 and 5 out of 5."""
    good = sum(n for value, n in counts.items() if scale.turned(value) >= scale.most - 1)
    return share_score(good, sum(counts.values()))


def yes(counts: Counts, scale: Scale) -> Score:
    """The share of yes."""
    return share_score(counts.get(scale.most, 0), sum(counts.values()))


def share_easy(counts: Counts, scale: Scale) -> Score:
    """The share of marks past the middle of the scale, on the side of little effort."""
    good = sum(n for value, n in counts.items() if 2 * scale.turned(value) > scale.least + scale.most)
    return share_score(good, sum(counts.values()))


SATISFACTION_READINGS = {"TOP_TWO": top_two, "MEAN": mean_score}
EFFORT_READINGS = {"MEAN": mean_score, "SHARE_EASY": share_easy}


@clause("S-3.3.3-satisfaction")
def score(measure: Measure, counts: Counts, scale: Scale, readings: Mapping[str, str]) -> Score:
    """What the answers to one question say under the readings retained: `satisfaction_score`, `effort_score`."""
    match measure:
        case Measure.FCR:
            return yes(counts, scale)
        case Measure.NPS:
            return net_score(counts)
        case Measure.CES:
            return EFFORT_READINGS[readings["effort_score"]](counts, scale)
    return SATISFACTION_READINGS[readings["satisfaction_score"]](counts, scale)


def rival_score(
    measure: Measure, counts: Counts, scale: Scale, readings: Mapping[str, str]
) -> tuple[str, Score] | None:
    """The same answers under the reading not retained, with its code; None where the text leaves nothing open."""
    if measure in {Measure.FCR, Measure.NPS}:
        return None
    code = "effort_score" if measure is Measure.CES else "satisfaction_score"
    ways = EFFORT_READINGS if measure is Measure.CES else SATISFACTION_READINGS
    other = next(name for name in ways if name != readings[code])
    return other, ways[other](counts, scale)


# What people write

MASK = "[…]"
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|https?://\S+"
    r"|\+?\d(?:[\s.\-/]?\d){5,}"  # a telephone, a social security number, a file's number
    r"|\b(?:[Mm]onsieur|[Mm]adame|[Mm]ademoiselle|M\.|Mme|Mlle|Mr|Dr|[Dd]octeur)\s+(?:[A-ZÀ-Ý][\w’'-]*\s*)+"
)


@clause("S-3.3.3-satisfaction")
def without_personal_data(text: str) -> tuple[str, int]:
    """A comment with what looks like an address, a number or a name put out, and how many were.

    It knows forms, not people: a first name alone passes. What passes is still read by people, who can erase it.
    """
    said, found = _PERSONAL.subn(lambda seen: MASK + (" " if seen.group().endswith(" ") else ""), text)
    return said.strip(), found


# Perceived and produced


@dataclass(frozen=True, slots=True)
class Sides:
    """What callers perceived of a reason and what evaluators gave it: a share from 0 to 1, a mark out of 100."""

    reason: str
    perceived: Score
    produced: Fraction | None
    marks: int


@clause("S-4.1-calibrage")
def gap_points(sides: Sides) -> Fraction | None:
    """Perceived less produced, both out of 100; None when one of them is not known."""
    if sides.perceived.kind is not Kind.SHARE or sides.perceived.value is None or sides.produced is None:
        return None
    return sides.perceived.value * 100 - sides.produced


STANDARD: tuple[Question, ...] = (
    Question(
        Measure.CSAT, "Globalement, êtes-vous satisfait de votre échange avec le support\u00a0?", OUT_OF_FIVE
    ),
    Question(Measure.CLARITY, "Les explications étaient-elles claires\u00a0?", OUT_OF_FIVE),
    Question(Measure.COURTESY, "Votre interlocuteur a-t-il été aimable\u00a0?", OUT_OF_FIVE),
    Question(Measure.RESOLUTION, "La réponse apportée règle-t-elle votre demande\u00a0?", OUT_OF_FIVE),
    Question(Measure.FCR, "Votre demande a-t-elle été réglée dès ce premier contact\u00a0?", YES_NO),
    Question(Measure.CES, "Obtenir une réponse a été facile.", Scale(1, 7)),
    Question(
        Measure.NPS,
        "Recommanderiez-vous Mon espace santé (le site ou l’application) à un proche\u00a0?",
        Scale(0, 10),
    ),
)
"""The questionnaire proposed before the first is published."""

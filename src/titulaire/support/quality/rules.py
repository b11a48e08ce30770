"""What a mark is, which items a draw takes, who sees a mark, what is owed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from titulaire.clauses import clause
from titulaire.support.facts.schema import ItemKind, Marker

KINDS = (ItemKind.CALL, ItemKind.FORM, ItemKind.N2_TICKET)
"""What is evaluated: calls by I11, forms by I18, both marked by both sides; tickets by I12, by the contractor."""
TWO_SIDED = (ItemKind.CALL, ItemKind.FORM)
FULL_MARK = 10_000
"""Marks are on 100, in hundredths of a point."""


class Answer(StrEnum):
    """What an evaluator says of a criterion. NOT_APPLICABLE sets its weight aside."""

    YES = "YES"
    PARTLY = "PARTLY"
    NO = "NO"
    NOT_APPLICABLE = "NOT_APPLICABLE"


WORTH = {Answer.YES: Fraction(1), Answer.PARTLY: Fraction(1, 2), Answer.NO: Fraction(0)}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a scorecard. `eliminatory`: a NO there makes the whole mark zero."""

    code: str
    label: str
    weight: int
    eliminatory: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in hundredths of a point, and the eliminatory criteria that were missed."""

    hundredths: int
    missed: tuple[str, ...] = ()


class AnswersMissing(ValueError):
    """Some criteria have no answer, or answers speak of criteria that the scorecard has not."""

    def __init__(self, codes: Collection[str]) -> None:
        super().__init__(", ".join(sorted(codes)))
        self.codes = tuple(sorted(codes))


class NothingApplies(ValueError):
    """Every criterion is set aside: there is nothing to mark."""


@clause("S-4.1-controles")
def mark_of(criteria: Sequence[Criterion], answers: Mapping[str, Answer]) -> Mark:
    """The mark on 100 of some answers, exact then rounded half up to the hundredth of a point.

    Raises:
        AnswersMissing, NothingApplies
    """
    wrong = {each.code for each in criteria} ^ set(answers)
    if wrong:
        raise AnswersMissing(wrong)
    applied = [each for each in criteria if answers[each.code] is not Answer.NOT_APPLICABLE]
    weights = sum(each.weight for each in applied)
    if not weights:
        raise NothingApplies
    missed = tuple(each.code for each in applied if each.eliminatory and answers[each.code] is Answer.NO)
    if missed:
        return Mark(0, missed)
    earned = sum((each.weight * WORTH[answers[each.code]] for each in applied), Fraction())
    return Mark(int(earned / weights * FULL_MARK + Fraction(1, 2)))


# Draws


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """An item that may be drawn. `group` stands for one adviser, whom it does not tell."""

    item: str
    group: str
    reason: str = ""


def seed_digest(seed: str) -> str:
    """What is shown of a seed while it is sealed: its SHA-256."""
    return sha256(seed.encode()).hexdigest()


def ticket(seed: str, item: str) -> str:
    """The place of an item in the lottery: the SHA-256 of the seed, a bar and the item's identity."""
    return sha256(f"{seed}|{item}".encode()).hexdigest()


def population_digest(population: Iterable[Candidate]) -> str:
    """The SHA-256 of a population, written one `item;group;reason` per line, in order."""
    hashed = sha256()
    for each in sorted(population):
        hashed.update(f"{each.item};{each.group};{each.reason}\n".encode())
    return hashed.hexdigest()


@clause("S-4.1-controles")
def drawn(population: Iterable[Candidate], *, seed: str, per_adviser: int) -> list[Candidate]:
    """The items that a seed draws: as many for each adviser, going round his or her reasons in turn.

    Each group takes the first ticket of each of its reasons, the smallest first, then the second ones, until it
    has `per_adviser`. Nothing but the seed and the population decides: anyone finds the same list.
    """
    groups: dict[str, dict[str, list[tuple[str, Candidate]]]] = {}
    for each in population:
        of_reason = groups.setdefault(each.group, {}).setdefault(each.reason, [])
        of_reason.append((ticket(seed, each.item), each))
    found: list[Candidate] = []
    for group in sorted(groups):
        turns = [
            (turn, number, each)
            for of_reason in groups[group].values()
            for turn, (number, each) in enumerate(sorted(of_reason))
        ]
        found += [each for _, _, each in sorted(turns)[:per_adviser]]
    return found


def sealing_fault(*, since: date, until: date, closes_at: datetime, at: datetime) -> str:
    """Why a seed cannot be sealed for a period: a code, "" when it can. `closes_at`: its end, not included."""
    if until <= since:
        return "NO_PERIOD"
    return "ALREADY_CLOSED" if at >= closes_at else ""


# Marks


def other_side(side: Marker) -> Marker:
    return Marker.BUYER if side is Marker.CONTRACTOR else Marker.CONTRACTOR


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands: who marked it, who said it will not, and whether a session still hides it."""

    kind: ItemKind
    marked_by: frozenset[Marker] = frozenset()
    waived_by: frozenset[Marker] = frozenset()
    in_session: bool = False

    @property
    def settled(self) -> bool:
        """Whether no mark can still come of an item that has one, and so nothing is to be hidden any more."""
        if not self.marked_by or self.in_session:
            return False
        return self.kind not in TWO_SIDED or self.marked_by | self.waived_by == frozenset(Marker)


@clause("S-4.1-controles", "S-4.1-calibrage")
def sees_mark(standing: Standing, *, reader: Marker, marker: Marker) -> bool:
    """Whether one side reads a mark: its own always; the other's once nothing can be influenced by it."""
    return marker in standing.marked_by and (reader is marker or standing.settled)


def marking_fault(standing: Standing, side: Marker) -> str:
    """Why a side cannot mark an item: a code, "" when it can."""
    if side in standing.marked_by:
        return "ALREADY_MARKED"
    if side in standing.waived_by:
        return "WAIVED"
    if side is Marker.BUYER and standing.kind not in TWO_SIDED:
        return "NOT_ITS_KIND"
    return ""


# What is owed


@dataclass(frozen=True, slots=True)
class Owed:
    """What a month owes an adviser, and what was done."""

    adviser: str
    evaluations: int
    evaluations_owed: int
    sessions: int
    sessions_owed: int

    @property
    def evaluations_missing(self) -> int:
        return max(0, self.evaluations_owed - self.evaluations)

    @property
    def sessions_missing(self) -> int:
        return max(0, self.sessions_owed - self.sessions)

    @property
    def kept(self) -> bool:
        return not (self.evaluations_missing or self.sessions_missing)


@clause("S-4.1-controles")
def owed_to(
    advisers: Iterable[str],
    *,
    evaluations: Mapping[str, int],
    sessions: Mapping[str, int],
    evaluations_owed: int,
    sessions_owed: int,
) -> list[Owed]:
    """The ledger of a month: one line per adviser who was followed in it."""
    return [
        Owed(each, evaluations.get(each, 0), evaluations_owed, sessions.get(each, 0), sessions_owed)
        for each in sorted(set(advisers))
    ]

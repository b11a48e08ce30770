"""What each way of reading the contract gives on a month, in figures and in euros, and what was asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Option, Reading, Retained, Terms
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Result, Unit
from titulaire.support.indicators.evaluation import evaluate_month
from titulaire.support.penalties.assessing import Entered, Proposal, propose
from titulaire.support.readings.models import ReadingQuestion


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure of the month that another option would move. `other` None: it could not be measured so."""

    code: str
    name: str
    unit: Unit
    retained: Fraction | None
    other: Fraction | None

    @property
    def gap(self) -> Fraction | None:
        """By how much; None where that means nothing."""
        return None if self.retained is None or self.other is None else self.other - self.retained


@dataclass(frozen=True, slots=True)
class Rival:
    """Another option: the figures that depend on it, and what it would add to the penalties (None: not known)."""

    option: Option
    figures: tuple[Moved, ...]
    euros: Decimal | None

    @property
    def moves(self) -> bool:
        """Does it change anything this month?"""
        return bool(self.euros) or any(one.gap for one in self.figures)


@dataclass(frozen=True, slots=True)
class Read:
    """A reading on a month: what is retained, the rivals and their effect, the last question asked."""

    reading: Reading
    kept: Retained
    rivals: tuple[Rival, ...]
    question: ReadingQuestion | None

    @property
    def option(self) -> Option:
        """The option retained."""
        return self.reading.option(self.kept.option)

    @property
    def stakes(self) -> Decimal | None:
        """The largest effect in euros, up or down; None when no invoice is known."""
        known = [abs(one.euros) for one in self.rivals if one.euros is not None]
        return max(known, default=None)

    @property
    def standing(self) -> str:
        """AGREED by both, ANSWERED, ASKED, or OPEN: nothing was asked."""
        if self.kept.agreed:
            return "AGREED"
        if self.question is None:
            return "OPEN"
        return "ASKED" if self.question.answered_on is None else "ANSWERED"


@clause("S-3.3.2-evolution")
def read_month(
    contract: Contract, month: date, *, entered: Entered | None = None, terms: Terms | None = None
) -> tuple[Read, ...]:
    """Every reading of a contract on a month, in the order of its text; in euros where an invoice is given."""
    month = month.replace(day=1)
    terms = terms or terms_of(contract.code)
    (whole,) = evaluate_month(contract, month, terms=terms)
    proposal = propose(contract, month, entered, terms=terms) if entered else None
    day = max(month, terms.head.notified_on)
    asked = last_questions(contract)
    return tuple(
        Read(
            reading,
            reading.on(day),
            tuple(
                Rival(
                    option,
                    _moved(whole.results, reading.code, option.code),
                    _euros(proposal, reading, option),
                )
                for option in reading.rivals(day)
            ),
            asked.get(reading.code),
        )
        for reading in terms.readings.values()
    )


def _moved(results: tuple[Result, ...], reading: str, option: str) -> tuple[Moved, ...]:
    return tuple(
        Moved(one.indicator.code, one.indicator.name, one.indicator.unit, one.exact, rival.value.exact)
        for one in results
        if one.grade is not None
        for rival in one.rivals
        if (rival.reading, rival.option) == (reading, option)
    )


def _euros(proposal: Proposal | None, reading: Reading, option: Option) -> Decimal | None:
    if proposal is None:
        return None
    for effect in proposal.effects:
        if (effect.reading, effect.option) == (reading.code, option.code):
            return effect.difference
    return Decimal("0.00")


def last_questions(contract: Contract) -> dict[str, ReadingQuestion]:
    """The last question asked about each reading."""
    found = ReadingQuestion.objects.filter(contract=contract).order_by("asked_on", "pk")
    return {one.reading: one for one in found}

"""What must always be true of the register, and what the contract says of the end of a voucher's life. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from titulaire.clauses import clause

IN_CIRCULATION = ("ISSUED", "DISPATCHED", "DELIVERED")
ENDS = ("USED", "PAID", "STOPPED", "REPLACED", "EXPIRED", "REFUNDED", "CANCELLED")
STATES = (*IN_CIRCULATION, *ENDS)


# The balance


class Invariant(StrEnum):
    """What is never false, checked at any time."""

    ONE_STATE = "ONE_STATE"
    ADDS_UP = "ADDS_UP"
    ONE_DESCENDANT = "ONE_DESCENDANT"
    UNDER_CEILING = "UNDER_CEILING"
    HAS_ORDER_LINE = "HAS_ORDER_LINE"
    HISTORY = "HISTORY"


@dataclass(frozen=True, slots=True)
class Volume:
    """A number of vouchers and their face value in cents."""

    count: int = 0
    cents: int = 0

    def __add__(self, other: Volume) -> Volume:
        return Volume(self.count + other.count, self.cents + other.cents)


@dataclass(frozen=True, slots=True)
class VintageLine:
    """A vintage: what was ordered in it, what it received in replacement, and where all of it stands.

    `to_issue` is ordered and not issued yet; `states` holds every voucher of the vintage, by state.
    """

    vintage: int
    ordered: Volume = Volume()
    to_issue: Volume = Volume()
    replacing: Volume = Volume()
    states: Mapping[str, Volume] = field(default_factory=dict)

    @property
    def entered(self) -> Volume:
        """What must be found again: ordered, or received in the place of older vouchers."""
        return self.ordered + self.replacing

    @property
    def found(self) -> Volume:
        """What is found: not issued yet, or in some state."""
        return sum(self.states.values(), self.to_issue)

    @property
    def in_circulation(self) -> Volume:
        """Issued, on the way or in someone's hands."""
        return sum((self.of(state) for state in IN_CIRCULATION), Volume())

    def of(self, state: str) -> Volume:
        """The vouchers in a state."""
        return self.states.get(state, Volume())


@dataclass(frozen=True, slots=True)
class Offenders:
    """Vouchers or orders that break an invariant: how many, and the first of them."""

    count: int = 0
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ceiling:
    """In cents: what the contract allows, what its consumption says, what its live orders and issues add up to."""

    allowed: int
    committed: int
    ordered: int
    issued: int


@dataclass(frozen=True, slots=True)
class Register:
    """What the register says of a contract, as the balance needs it."""

    lines: tuple[VintageLine, ...]
    ceiling: Ceiling
    two_lives: Offenders = Offenders()
    orphans: Offenders = Offenders()
    incoherent: Offenders = Offenders()


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that does not hold: where (a vintage, or 0), by how much, and the first offenders."""

    invariant: Invariant
    vintage: int = 0
    count: int = 0
    cents: int = 0
    sample: tuple[str, ...] = ()


@clause("T-5.1-coherence", "T-5.2-controle")
def breaches(register: Register) -> tuple[Breach, ...]:
    """Every invariant that does not hold, in the order of `Invariant`; none when all is well."""
    found = [
        *_unknown_states(register.lines),
        *_unbalanced(register.lines),
        *_told(Invariant.ONE_DESCENDANT, register.two_lives),
        *_past_ceiling(register.ceiling),
        *_told(Invariant.HAS_ORDER_LINE, register.orphans),
        *_told(Invariant.HISTORY, register.incoherent),
    ]
    order = list(Invariant)
    return tuple(sorted(found, key=lambda breach: order.index(breach.invariant)))


def _unknown_states(lines: Iterable[VintageLine]) -> list[Breach]:
    return [
        Breach(Invariant.ONE_STATE, line.vintage, volume.count, volume.cents, (state,))
        for line in lines
        for state, volume in line.states.items()
        if state not in STATES
    ]


def _unbalanced(lines: Iterable[VintageLine]) -> list[Breach]:
    """Value and number both: a wrong value could hide behind a right number, and the reverse."""
    found = [
        Breach(
            Invariant.ADDS_UP,
            line.vintage,
            line.entered.count - line.found.count,
            line.entered.cents - line.found.cents,
        )
        for line in lines
        if line.entered != line.found
    ]
    replaced = sum((line.of("REPLACED") for line in lines), Volume())
    replacing = sum((line.replacing for line in lines), Volume())
    if replaced != replacing:
        found.append(
            Breach(
                Invariant.ADDS_UP,
                0,
                replaced.count - replacing.count,
                replaced.cents - replacing.cents,
                ("REPLACED",),
            )
        )
    return found


def _past_ceiling(ceiling: Ceiling) -> list[Breach]:
    over = max(ceiling.ordered, ceiling.committed, ceiling.issued) - ceiling.allowed
    if over > 0:
        return [Breach(Invariant.UNDER_CEILING, cents=over)]
    if ceiling.committed != ceiling.ordered:
        return [
            Breach(Invariant.UNDER_CEILING, cents=ceiling.committed - ceiling.ordered, sample=("COMMITTED",))
        ]
    if ceiling.issued > ceiling.ordered:
        return [Breach(Invariant.UNDER_CEILING, cents=ceiling.issued - ceiling.ordered, sample=("ISSUED",))]
    return []


def _told(invariant: Invariant, offenders: Offenders) -> Sequence[Breach]:
    return [Breach(invariant, count=offenders.count, sample=offenders.sample)] if offenders.count else []

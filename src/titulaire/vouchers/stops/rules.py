"""What is stopped, why, and what a stop entitles to: designations, reasons, delays of replacement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.vouchers.issuing.rules import Number


class Designation(StrEnum):
    """How the vouchers of a stop or of a search are named."""

    NUMBER = "NUMBER"
    RANGE = "RANGE"
    BOOKLET = "BOOKLET"
    ORDER = "ORDER"
    BENEFICIARY = "BENEFICIARY"


class StopReason(StrEnum):
    """Why vouchers are refused from now on."""

    LOST = "LOST"
    STOLEN = "STOLEN"
    LOST_IN_POST = "LOST_IN_POST"
    DEFECTIVE = "DEFECTIVE"
    RETURNED = "RETURNED"
    OTHER = "OTHER"


class EmptyRange(ValueError):
    """The last number of a range comes before its first, or belongs to another issuer."""

    def __init__(self, first: Number, last: Number) -> None:
        super().__init__(str(first), str(last))
        self.first = first
        self.last = last


@dataclass(frozen=True, slots=True)
class Selection:
    """Vouchers as someone names them. A range includes both ends; `last` is empty for all other designations.

    Numbers are kept in their bare form, so that the same words typed with spaces are the same selection.

    Raises:
        InvalidNumber: a number is mistyped.
        EmptyRange: the range holds nothing.
        ValueError: nothing is named.
    """

    designation: Designation
    first: str
    last: str = ""

    def __post_init__(self) -> None:
        first, last = self.first.strip(), self.last.strip()
        if not first:
            raise ValueError("a selection names something")
        if self.designation in {Designation.NUMBER, Designation.RANGE}:
            start = Number.parse(first)
            first = str(start)
            if self.designation is Designation.RANGE:
                end = Number.parse(last)
                if end.issuer != start.issuer or end.serial < start.serial:
                    raise EmptyRange(start, end)
                last = str(end)
        if self.designation is not Designation.RANGE:
            last = ""
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", last)

    @property
    def serials(self) -> tuple[int, int]:
        """The first and last serial of a number or a range, both included."""
        first = Number.parse(self.first)
        return first.serial, (Number.parse(self.last) if self.last else first).serial


REPLACEMENT_TERMS = {
    StopReason.LOST: "lost_replacement_working_days",
    StopReason.STOLEN: "lost_replacement_working_days",
    StopReason.LOST_IN_POST: "lost_replacement_working_days",
    StopReason.DEFECTIVE: "defective_replacement_working_days",
}
"""The term that holds the delay of a replacement, for the reasons that entitle to one."""


def replacement_term(reason: StopReason) -> str | None:
    """The contract's term for the delay of a replacement; None when this reason entitles to none."""
    return REPLACEMENT_TERMS.get(reason)


@clause("T-2.6-defectueux", "T-2.6-perte")
def asked_in_time(reason: StopReason, *, asked_on: date, last_valid_on: date) -> bool:
    """Whether a replacement was asked before the voucher expired, its last day of use included.

    What was lost on its way to the bearer is replaced whenever it is asked: the contractor still owned it.
    """
    return reason is StopReason.LOST_IN_POST or asked_on <= last_valid_on


@clause("T-2.6-defectueux", "T-2.6-perte")
def replacement_vintage(vintage: int, *, last_valid_on: date, ready_on: date) -> int:
    """The vintage of the new voucher: the old one's, or a later one when it would arrive too late to be used."""
    return vintage if ready_on < last_valid_on else max(vintage + 1, ready_on.year)

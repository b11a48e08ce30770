"""This room's facts as JSON documents, the same for commands and for other systems. Nobody is named."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from titulaire.vouchers.settlement.models import YearlyReport
from titulaire.vouchers.settlement.report import Gathered
from titulaire.vouchers.settlement.rules import STATES, Breach, Invariant, Register, Volume


def euros(cents: int) -> Decimal:
    """Cents as an amount in euros."""
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))


def volume_document(volume: Volume) -> dict[str, object]:
    """A number of vouchers and their value."""
    return {"vouchers": volume.count, "value": euros(volume.cents)}


def balance_document(register: Register, broken: Sequence[Breach]) -> dict[str, object]:
    """The balance: every vintage, every invariant, every breach."""
    return {
        "balanced": not broken,
        "vintages": [
            {
                "vintage": line.vintage,
                "ordered": volume_document(line.ordered),
                "received_in_replacement": volume_document(line.replacing),
                "to_issue": volume_document(line.to_issue),
                "in_circulation": volume_document(line.in_circulation),
                "states": {state: volume_document(line.of(state)) for state in STATES},
            }
            for line in register.lines
        ],
        "ceiling": {
            "allowed": euros(register.ceiling.allowed),
            "committed": euros(register.ceiling.committed),
            "issued": euros(register.ceiling.issued),
        },
        "invariants": [
            {
                "invariant": invariant.value,
                "holds": all(breach.invariant is not invariant for breach in broken),
                "breaches": [
                    {
                        "vintage": breach.vintage or None,
                        "count": breach.count,
                        "value": euros(breach.cents),
                        "sample": breach.sample,
                    }
                    for breach in broken
                    if breach.invariant is invariant
                ],
            }
            for invariant in Invariant
        ],
    }


def report_document(gathered: Gathered, last: YearlyReport | None, *, stale: bool) -> dict[str, object]:
    """A year's report: the live figures with what is behind each, and the last frozen issue."""
    period = gathered.period
    return {
        "year": period.year,
        "start_on": period.start_on,
        "end_on": period.end_on,
        "due_on": period.due_on,
        **gathered.values,
        "sources": {figure: sorted(found) for figure, found in gathered.sources.items()},
        "frozen": {
            "issue": last.issue,
            "frozen_at": last.frozen_at,
            "figures": last.values["figures"],
            "values_sha256": last.values_sha256,
            "sources_sha256": last.sources_sha256,
            "entry_hash": last.entry_hash,
            "differences": last.differences,
            "facts_changed_since": stale,
        }
        if last
        else None,
    }
